"""What the packages are built from agrees with the project; no package is built here."""

from __future__ import annotations

import configparser
import plistlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.cli.parser import build_parser

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(*accelerator: str) -> list[str]:
    command = [sys.executable, str(PACKAGING / "requirements.py"), *accelerator]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("accelerator", "runtime"),
    [((), "onnxruntime>="), (("cpu",), "onnxruntime>="), (("cuda",), "onnxruntime-gpu>=")],
)
def test_bundle_takes_the_one_runtime_of_its_flavour(accelerator: tuple[str, ...], runtime: str) -> None:
    runtimes = [line for line in requirements(*accelerator) if line.startswith("onnxruntime")]

    assert len(runtimes) == 1
    assert runtimes[0].startswith(runtime)
    assert ";" not in runtimes[0]


def test_bundle_takes_every_other_dependency_as_it_is() -> None:
    expected = [line for line in PROJECT["dependencies"] if not line.startswith("onnxruntime")]

    assert [line for line in requirements() if not line.startswith("onnxruntime")] == expected


def test_launcher_starts_the_program_and_speaks_chinese() -> None:
    launcher = configparser.ConfigParser(interpolation=None)
    launcher.optionxform = str  # type: ignore[assignment, method-assign]  # the documented way to keep the case
    launcher.read(PACKAGING / "linux" / "balloon.desktop", encoding="utf-8")
    entry = launcher["Desktop Entry"]

    assert entry["Exec"].split()[0] in PROJECT["scripts"]
    assert build_parser().parse_args([*entry["Exec"].split()[1:-1], "a.jpg"]).paths == [Path("a.jpg")]
    assert {"image/jpeg", "image/heic", "inode/directory"} <= set(entry["MimeType"].split(";"))
    assert entry["Icon"] == "balloon"
    assert entry["Comment[zh_CN]"]


def test_metainfo_tells_the_version_of_the_project() -> None:
    metainfo = ElementTree.parse(PACKAGING / "linux" / "balloon.metainfo.xml")
    release = metainfo.find("./releases/release")

    assert release is not None
    assert release.get("version") == PROJECT["version"]


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


@pytest.mark.skipif(sys.platform == "win32", reason="no POSIX shell")
@pytest.mark.parametrize("script", sorted(PACKAGING.rglob("*.sh")), ids=lambda path: path.name)
def test_shell_scripts_are_sound(script: Path) -> None:
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


def test_mac_asks_for_folders_in_both_languages() -> None:
    strings = {
        language: re.findall(
            r'^(\w+) = ".+";$',
            (PACKAGING / "macos" / f"{language}.lproj" / "InfoPlist.strings").read_text("utf-8"),
            re.M,
        )
        for language in ("en", "zh-Hans")
    }
    assert strings["en"] == strings["zh-Hans"] != []
    entitlements = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())
    assert entitlements == {"com.apple.security.cs.allow-unsigned-executable-memory": True}


def test_windows_installer_says_all_of_its_own_words_in_both_languages() -> None:
    installer = (PACKAGING / "windows" / "balloon.iss").read_text(encoding="utf-8-sig")
    own = installer.partition("[CustomMessages]")[2]
    said = {language: set(re.findall(rf"^{language}\.(\w+)=.+$", own, re.M)) for language in ("en", "zh")}

    assert said["en"] == said["zh"]
    assert set(re.findall(r"\{cm:(\w+)", installer)) <= said["en"] | {"CreateDesktopIcon", "LaunchProgram"}
