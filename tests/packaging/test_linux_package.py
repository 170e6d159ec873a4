"""What the packages are built from agrees with the project; no package is built here."""

from __future__ import annotations

import configparser
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def requirements() -> list[str]:
    command = [sys.executable, str(PACKAGING / "requirements.py")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_bundle_takes_the_runtime_for_the_cpu_alone(requirements: list[str]) -> None:
    runtimes = [line for line in requirements if line.startswith("onnxruntime")]

    assert len(runtimes) == 1
    assert runtimes[0].startswith("onnxruntime>=")
    assert ";" not in runtimes[0]


def test_bundle_takes_every_other_dependency_as_it_is(requirements: list[str]) -> None:
    expected = [line for line in PROJECT["dependencies"] if not line.startswith("onnxruntime")]

    assert [line for line in requirements if not line.startswith("onnxruntime")] == expected


def test_launcher_starts_the_program_and_speaks_chinese() -> None:
    launcher = configparser.ConfigParser(interpolation=None)
    launcher.optionxform = str  # type: ignore[assignment, method-assign]  # the documented way to keep the case
    launcher.read(PACKAGING / "linux" / "balloon.desktop", encoding="utf-8")
    entry = launcher["Desktop Entry"]

    assert entry["Exec"] in PROJECT["scripts"]
    assert entry["Icon"] == "balloon"
    assert entry["Comment[zh_CN]"]


def test_metainfo_and_man_page_tell_the_version_of_the_project() -> None:
    metainfo = ElementTree.parse(PACKAGING / "linux" / "balloon.metainfo.xml")
    release = metainfo.find("./releases/release")
    title = (PACKAGING / "linux" / "balloon.1").read_text(encoding="utf-8").splitlines()[0]

    assert release is not None
    assert release.get("version") == PROJECT["version"]
    assert f'"Balloon {PROJECT["version"]}"' in title


def test_entry_scripts_hide_no_package_of_ours() -> None:
    names = {file.stem for file in (PACKAGING / "entry").glob("*.py")}

    assert names == {"balloon_entry", "engine_entry"}
    assert not any((ROOT / name).exists() for name in names)


def test_spec_names_entry_scripts_that_exist() -> None:
    spec = (PACKAGING / "balloon.spec").read_text(encoding="utf-8")

    for file in (PACKAGING / "entry").glob("*.py"):
        assert f'"{file.name}"' in spec
    compile(spec, "balloon.spec", "exec")


def test_app_icon_is_a_drawing_without_outside_references() -> None:
    text = (PACKAGING / "icons" / "balloon.svg").read_text(encoding="utf-8")

    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "href" not in text


@pytest.mark.parametrize("name", ["package.sh", "deb.sh", "try_deb.sh"])
def test_shell_scripts_are_sound(name: str) -> None:
    if sys.platform == "win32":
        pytest.skip("no POSIX shell")
    assert subprocess.run(["sh", "-n", str(PACKAGING / "linux" / name)], check=False).returncode == 0
