"""What Balloon is made of, and under which licences. The packages' versions are asked for at run time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

DISTRIBUTION = "balloon-photos"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that comes with Balloon; ``distribution`` is its Python package, "" for what comes inside another."""

    name: str
    licence: str
    address: str
    distribution: str = ""


PARTS = (
    Part("Qt", "LGPL-3.0", "https://www.qt.io/licensing"),
    Part("PySide6", "LGPL-3.0", "https://pypi.org/project/PySide6-Essentials/", "PySide6-Essentials"),
    Part("ONNX Runtime", "MIT", "https://onnxruntime.ai", "onnxruntime-gpu"),
    Part("NumPy", "BSD-3-Clause", "https://numpy.org", "numpy"),
    Part("Pillow", "MIT-CMU", "https://python-pillow.github.io", "pillow"),
    Part("pi-heif", "BSD-3-Clause", "https://pypi.org/project/pi-heif/", "pi-heif"),
    Part("libheif, libde265", "LGPL-3.0", "https://github.com/strukturag/libheif"),
    Part("rawpy", "MIT", "https://pypi.org/project/rawpy/", "rawpy"),
    Part("LibRaw", "LGPL-2.1 / CDDL-1.0", "https://www.libraw.org"),
    Part("APSW", "OSI, any", "https://pypi.org/project/apsw/", "apsw"),
    Part("SQLite", "Public domain", "https://sqlite.org/copyright.html"),
    Part("sqlite-vec", "MIT / Apache-2.0", "https://pypi.org/project/sqlite-vec/", "sqlite-vec"),
    Part("watchdog", "Apache-2.0", "https://pypi.org/project/watchdog/", "watchdog"),
    Part("tokenizers", "Apache-2.0", "https://pypi.org/project/tokenizers/", "tokenizers"),
    Part("truststore", "MIT", "https://truststore.readthedocs.io/", "truststore"),
    Part("platformdirs", "MIT", "https://pypi.org/project/platformdirs/", "platformdirs"),
    Part("filelock", "MIT", "https://pypi.org/project/filelock/", "filelock"),
    Part(
        "python-dateutil", "Apache-2.0 / BSD-3-Clause", "https://pypi.org/project/python-dateutil/", "python-dateutil"
    ),
    Part("Rich", "MIT", "https://pypi.org/project/rich/", "rich"),
    Part("defusedxml", "PSF-2.0", "https://pypi.org/project/defusedxml/", "defusedxml"),
    Part("NumKong", "Apache-2.0", "https://pypi.org/project/numkong/", "numkong"),
    Part("psutil", "BSD-3-Clause", "https://pypi.org/project/psutil/", "psutil"),
    Part("jeepney", "MIT", "https://pypi.org/project/jeepney/", "jeepney"),
    Part("Python", "PSF-2.0", "https://docs.python.org/3/license.html"),
    Part("EfficientNet-Lite0", "Apache-2.0", "https://github.com/tensorflow/tpu"),
    Part("all-MiniLM-L6-v2", "Apache-2.0", "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2"),
)


def version_of(distribution: str) -> str:
    """The installed version, "" where the package's description is not there (as in some bundles)."""
    try:
        return metadata.version(distribution) if distribution else ""
    except metadata.PackageNotFoundError:
        return ""
