"""What goes into the bundle and what stays out: pure decisions about names, which ``balloon.spec`` carries out.

A library comes along when something that comes along needs it. On Linux what belongs to the system (graphics, fonts,
GLib, OpenSSL) is the system's: a second copy, older than the one that the drivers ask for, breaks portable programs.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

UNUSED_MODULES = (
    # optional parts of Balloon and of its libraries
    "torch", "transformers", "onnx", "onnxscript", "safetensors", "rapidocr", "huggingface_hub", "scipy", "yaml",
    "onnxruntime.quantization", "onnxruntime.tools", "onnxruntime.transformers", "onnxruntime.datasets",
    "numpy.f2py", "numpy.testing", "numpy.distutils", "numpy._pyinstaller", "numpy.ctypeslib",
    "numpy._core._multiarray_tests", "numpy._core._operand_flag_tests", "numpy._core._struct_ufunc_tests",
    "numpy._core._rational_tests", "numpy._core._umath_tests",
    "pygments", "markdown_it", "httpx", "anyio", "typer", "click",
    "PIL.ImageTk", "PIL._imagingtk", "PIL.ImageQt", "PIL.ImageFont", "PIL._imagingft", "PIL.SpiderImagePlugin",
    "PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtOpenGL", "PySide6.QtPrintSupport",
    "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtXml",
    # of Python: for terminals, developers and other databases
    "tkinter", "curses", "readline", "sqlite3", "dbm", "pdb", "pydoc", "pydoc_data", "doctest", "unittest", "xmlrpc",
    "lib2to3", "distutils", "setuptools", "pkg_resources", "pip", "pytest", "ensurepip", "idlelib", "turtle",
)  # fmt: skip

UNUSED_FILES = (
    "libQt6Network", "libQt6Qml", "libQt6Quick", "libQt6Pdf", "libQt6VirtualKeyboard", "libQt6OpenGL.",
    "libQt6EglFS", "libQt6WlShell", "plugins/tls", "plugins/networkinformation", "plugins/egldeviceintegrations",
    "plugins/platforms/libqeglfs", "plugins/platforms/libqlinuxfb", "plugins/platforms/libqvnc",
    "plugins/platforms/libqminimalegl", "plugins/platforms/libqvkkhrdisplay", "plugins/imageformats/libqpdf",
    "plugins/imageformats/libqtiff", "plugins/imageformats/libqicns", "plugins/imageformats/libqwbmp",
    "plugins/imageformats/libqtga", "plugins/platforminputcontexts/libqtvirtualkeyboard", "plugins/generic",
    "plugins/wayland-graphics-integration-client", "plugins/wayland-shell-integration/libwl-shell",
    "plugins/wayland-shell-integration/libivi", "plugins/wayland-shell-integration/libqt-shell",
    "plugins/wayland-shell-integration/libfullscreen", "plugins/qmltooling", "plugins/platformthemes/libqgtk3",
    "opengl32sw.dll", "D3Dcompiler_47.dll", "onnxruntime_providers_tensorrt",
)  # fmt: skip
"""Parts of Qt that come along because a plugin that Balloon has no use for asks for them."""

KEPT_TRANSLATIONS = ("qtbase_zh_CN", "qtbase_en", "qt_zh_CN", "qt_en")

KEPT_SYSTEM_LIBRARIES = (
    "libpython", "libexpat.", "libbz2.", "libxcb-cursor.", "libxcb-icccm.", "libxcb-image.",
    "libxcb-keysyms.", "libxcb-render-util.", "libxcb-util.", "libxkbcommon.", "libxkbcommon-x11.",
)  # fmt: skip
"""Libraries of the build machine that a desktop may lack, or has under another name, and that nothing else shares."""

SYSTEM_FOLDERS = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")
LOADED_BY_NAME = ("/plugins/", "onnxruntime/capi/", "sqlite_vec/", "libpython")
"""Libraries that no other file names, and that are opened while the program runs."""


def is_wanted(name: str) -> bool:
    """Whether a file, by its path in the bundle, is for Balloon and not only for a part of Qt it never opens."""
    path = name.replace("\\", "/")
    if "PySide6/Qt/translations/" in path or "PySide6/translations/" in path:
        return Path(path).stem in KEPT_TRANSLATIONS
    return not any(part in path for part in UNUSED_FILES)


def is_of_the_system(source: str) -> bool:
    """Whether a library of the build machine is one that every desktop has, in a version of its own."""
    name = PurePosixPath(source).name
    of_system = source.startswith(SYSTEM_FOLDERS) and name.startswith("lib") and ".so" in name
    return of_system and not name.startswith(KEPT_SYSTEM_LIBRARIES)


def needed_names(files: dict[str, str], imports: Callable[[str], Iterable[str]]) -> set[str]:
    """The paths in the bundle (keys of ``files``; the values are their sources) that something needs.

    What is no plain library is needed of itself; ``imports`` gives the names of the libraries a file asks for.
    """
    by_name: dict[str, list[str]] = {}
    for name in files:
        by_name.setdefault(PurePosixPath(name).name, []).append(name)
    needed: set[str] = set()
    waiting = [name for name in files if not _is_plain_library(name)]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        waiting += [found for wish in imports(files[name]) for found in by_name.get(PurePosixPath(wish).name, ())]
    return needed


def _is_plain_library(name: str) -> bool:
    path = name.replace("\\", "/")
    file = PurePosixPath(path).name
    return file.startswith("lib") and ".so" in file and not any(part in path for part in LOADED_BY_NAME)


def runtime_distributions(dependencies: Iterable[str]) -> list[str]:
    """The names of the distributions in requirement lines, each once, in the form that compares."""
    return list(dict.fromkeys(normal_name(re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0]) for line in dependencies))


def normal_name(name: str) -> str:
    """A distribution's name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
