"""The programs that can open a photo: on Linux from the desktop entries of the system (freedesktop.org)."""

from __future__ import annotations

import configparser
import os
import shlex
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLocale, QMimeDatabase, QStandardPaths

_MOST: Final = 12


@dataclass(frozen=True, slots=True)
class Program:
    """A program by its name and its command line; the file's path goes where the field code stands, or at the end."""

    name: str
    command: tuple[str, ...]

    def command_for(self, path: Path) -> list[str]:
        """The command line that opens ``path`` (Desktop Entry Specification, "The Exec key")."""
        words = [str(path) if word.lower() in ("%f", "%u") else word for word in self.command]
        kept = [word for word in words if not word.startswith("%")]
        return kept if str(path) in kept else [*kept, str(path)]


def programs_for(path: Path) -> list[Program]:
    """Programs that say they open files of this kind, by name."""
    if not sys.platform.startswith("linux"):
        return []
    kind = QMimeDatabase().mimeTypeForFile(str(path), QMimeDatabase.MatchMode.MatchExtension).name()
    found = {program.name: program for program in map(_read_entry, _entries_for(kind)) if program is not None}
    return sorted(found.values(), key=lambda program: program.name.casefold())[:_MOST]


@lru_cache(maxsize=16)
def _entries_for(kind: str) -> tuple[Path, ...]:
    folders = QStandardPaths.standardLocations(QStandardPaths.StandardLocation.ApplicationsLocation)
    names: dict[str, Path] = {}
    for folder in folders:
        for name in _names_in(Path(folder) / "mimeinfo.cache", kind):
            file = Path(folder) / name
            if file.is_file():
                names.setdefault(name, file)
    return tuple(names.values())


def _names_in(cache: Path, kind: str) -> list[str]:
    entries = _read_ini(cache)
    if entries is None:
        return []
    return [name for name in entries.get("MIME Cache", kind, fallback="").split(";") if name]


def _read_entry(file: Path) -> Program | None:
    entries = _read_ini(file)
    if entries is None or not entries.has_section("Desktop Entry"):
        return None
    entry = entries["Desktop Entry"]
    if entry.get("NoDisplay") == "true" or entry.get("Terminal") == "true":
        return None
    locale = QLocale().name()
    name = entry.get(f"Name[{locale}]") or entry.get(f"Name[{locale.split('_')[0]}]") or entry.get("Name", "")
    try:
        command = tuple(shlex.split(entry.get("Exec", "")))
    except ValueError:
        return None
    return Program(name, command) if name and command else None


def _read_ini(file: Path) -> configparser.ConfigParser | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # keys keep their case
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return None
    return parser


def chooser_folder() -> str:
    """Where a person looks for a program that is not in the list."""
    if sys.platform == "darwin":
        return "/Applications"
    return os.environ.get("PROGRAMFILES", "C:/") if sys.platform == "win32" else "/usr/bin"
