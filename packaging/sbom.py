"""What is in a bundle, as a CycloneDX document (JSON, 1.6): `sbom.py BUNDLE FILE`. It is checked against the schema.

Told are the Python packages by their own metadata, Python, the embedded model by the digests of its files, and the
libraries of the build machine.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "balloon-photos"


def sha256(file: Path) -> HashType:
    """The digest of a file."""
    with file.open("rb") as stream:
        return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.file_digest(stream, "sha256").hexdigest())


def _licence(dist: metadata.Distribution) -> list[DisjunctiveLicense]:
    """What the package itself says: an SPDX expression where it is a new one, words where it is not."""
    said = dist.metadata.get("License-Expression") or dist.metadata.get("License") or ""
    first = said.strip().splitlines()[0] if said.strip() else ""
    return [DisjunctiveLicense(name=first[:120])] if first else []


def _package(dist: metadata.Distribution, kind: ComponentType) -> Component:
    name, version = dist.metadata["Name"], dist.version
    purl = PackageURL("pypi", name=name.lower().replace("_", "-"), version=version)
    return Component(
        name=name, version=version, type=kind, purl=purl, bom_ref=str(purl), licenses=_licence(dist),
        description=dist.metadata.get("Summary"),
    )  # fmt: skip


def packages(internal: Path) -> dict[str, metadata.Distribution]:
    """The Python packages of the bundle, by name."""
    found = metadata.distributions(path=[str(internal)])
    return {dist.metadata["Name"]: dist for dist in sorted(found, key=lambda dist: dist.metadata["Name"].lower())}


def models(internal: Path) -> Iterator[Component]:
    """The embedded models, each with the digests of its files."""
    for card in sorted(internal.glob("engine/resources/models/*/model.json")):
        facts = json.loads(card.read_text(encoding="utf-8"))
        files = [
            Component(
                name=file.name, type=ComponentType.FILE, hashes=[sha256(file)], bom_ref=f"{facts['name']}/{file.name}"
            )
            for file in sorted(card.parent.iterdir())
        ]
        yield Component(
            name=facts["name"], type=ComponentType.MACHINE_LEARNING_MODEL, components=files, bom_ref=facts["name"],
            licenses=[DisjunctiveLicense(name=facts["licence"])],
        )  # fmt: skip


def libraries(internal: Path) -> Iterator[Component]:
    """The libraries that belong to no Python package: they came from the machine the bundle was built on."""
    for file in sorted(internal.glob("lib*.so*")):
        if not file.is_symlink():
            yield Component(name=file.name, type=ComponentType.LIBRARY, hashes=[sha256(file)], bom_ref=file.name)


def document(bundle: Path) -> str:
    """The whole document."""
    internal = bundle / "_internal"
    found = packages(internal)
    bom = Bom()
    bom.metadata.component = _package(found.pop(OURS), ComponentType.APPLICATION)
    parts = [_package(dist, ComponentType.LIBRARY) for dist in found.values()]
    python = Component(
        name="Python", version=platform.python_version(), type=ComponentType.PLATFORM, bom_ref="python",
        licenses=[DisjunctiveLicense(name="PSF-2.0")],
    )  # fmt: skip
    parts += [python, *models(internal), *libraries(internal)]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(bom.metadata.component, parts)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        raise ValueError(str(wrong))
    return text


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(document(Path(sys.argv[1])), encoding="utf-8")
    sys.exit(0)
