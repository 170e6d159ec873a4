"""What goes into the bundle: decided by names, and by who needs whom."""

from __future__ import annotations

import pytest

from tests.packaging.loading import load

contents = load("contents.py")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6\\plugins\\platforms\\qwindows.dll", True),
        ("PySide6/Qt/plugins/tls/libqopensslbackend.so", False),
        ("PySide6/Qt/lib/libQt6Network.so.6", False),
        ("PySide6/Qt/translations/qtbase_zh_CN.qm", True),
        ("PySide6/Qt/translations/qtbase_de.qm", False),
        ("engine/resources/translations/balloon_zh_CN.qm", True),
    ],
)
def test_parts_of_qt_that_nothing_opens_stay_out(name: str, *, wanted: bool) -> None:
    assert contents.is_wanted(name) is wanted


@pytest.mark.parametrize(
    ("source", "of_system"),
    [
        ("/lib/x86_64-linux-gnu/libglib-2.0.so.0", True),
        ("/usr/lib/x86_64-linux-gnu/libstdc++.so.6", True),
        ("/lib/x86_64-linux-gnu/libssl.so.3", True),
        ("/lib/x86_64-linux-gnu/libxcb-cursor.so.0", False),
        ("/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", False),
        ("/usr/lib/python3.11/lib-dynload/_ssl.so", False),
        ("/home/x/venv/lib/python3.11/site-packages/numpy.libs/libscipy_openblas64_.so", False),
    ],
)
def test_libraries_that_every_desktop_has_stay_the_systems(source: str, *, of_system: bool) -> None:
    assert contents.is_of_the_system(source) is of_system


def test_library_stays_out_when_the_plugin_that_asked_for_it_does() -> None:
    asks = {
        "/s/module.so": ["/s/liba.so.1"],
        "/s/liba.so.1": ["/s/libb.so.1", "/lib/libc.so.6"],
        "/s/libb.so.1": ["/s/liba.so.1"],
        "/s/libgtk.so.3": ["/s/libpango.so.0"],
        "/s/plugins/libq.so": ["/s/libc.so.2"],
    }
    files = {
        "pkg/module.cpython-311.so": "/s/module.so", "liba.so.1": "/s/liba.so.1", "x.libs/libb.so.1": "/s/libb.so.1",
        "libgtk.so.3": "/s/libgtk.so.3", "libpango.so.0": "/s/libpango.so.0",
        "Qt/plugins/libq.so": "/s/plugins/libq.so", "libc.so.2": "/s/libc.so.2",
    }  # fmt: skip
    needed = contents.needed_names(files, lambda source: asks.get(source, []))

    assert needed == files.keys() - {"libgtk.so.3", "libpango.so.0"}


def test_names_of_distributions_are_told_from_requirement_lines() -> None:
    lines = [
        "PySide6-Essentials==6.11.3",
        "onnxruntime>=1; sys_platform == 'x'",
        "pi_heif >=1",
        "a[b]>2",
        "onnxruntime-gpu",
    ]

    assert contents.runtime_distributions(lines) == [
        "pyside6-essentials",
        "onnxruntime",
        "pi-heif",
        "a",
        "onnxruntime-gpu",
    ]
