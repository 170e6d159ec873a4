"""What the computer is doing besides Balloon: whether it runs on its battery, and whether somebody is at it.

No operating system tells the second in the same way: Windows, macOS and X11 are asked through their own libraries,
GNOME over the session bus. Where nobody can say, a computer whose processors have little to do counts as idle.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import os
import sys
from typing import Final

import psutil

logger = logging.getLogger(__name__)

IDLE_AFTER_S: Final = 120.0
LITTLE_TO_DO: Final = 20.0  # per cent of all processors, Balloon's own part taken off
_BUS_PATIENCE_S: Final = 1.0
_ANY_INPUT, _HID_STATE = 0xFFFFFFFF, 1  # CoreGraphics: kCGAnyInputEventType, kCGEventSourceStateHIDSystemState


def is_on_battery() -> bool:
    """Whether the computer has a battery and lives on it."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and battery.power_plugged is False


def is_in_use() -> bool:
    """Whether somebody has touched keyboard or mouse in the last two minutes, or other programs are busy."""
    seconds = seconds_since_input()
    return _others_load() > LITTLE_TO_DO if seconds is None else seconds < IDLE_AFTER_S


def seconds_since_input() -> float | None:
    """How long keyboard and mouse have rested; None where this system does not tell."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _macos()
    if os.environ.get("WAYLAND_DISPLAY") or "GNOME" in os.environ.get("XDG_CURRENT_DESKTOP", ""):
        return _gnome()
    return _x11() if os.environ.get("DISPLAY") else None


def _others_load() -> float:
    """Per cent of the processors that other programs used since the last call; 100 at the first."""
    times = psutil.cpu_times()
    now = (times.user + times.system, times.idle, _own_seconds())
    before, _LAST[:] = _LAST[:], [now]
    if not before:
        return 100.0
    busy, idle, own = (new - old for new, old in zip(now, before[0], strict=True))
    return 100.0 * max(0.0, busy - own) / (busy + idle) if busy + idle > 0 else 100.0


_LAST: list[tuple[float, float, float]] = []


def _own_seconds() -> float:
    own = psutil.Process()
    total = sum(own.cpu_times()[:2])
    for child in own.children(recursive=True):
        try:
            total += sum(child.cpu_times()[:2])
        except psutil.Error:  # it ended meanwhile
            continue
    return total


if sys.platform == "win32":

    class _LastInput(ctypes.Structure):
        _fields_ = (("size", ctypes.c_uint), ("ticks_ms", ctypes.c_uint))

    def _windows() -> float | None:
        last = _LastInput(ctypes.sizeof(_LastInput), 0)
        if not ctypes.windll.user32.GetLastInputInfo(ctypes.byref(last)):
            return None
        # Both count 32 bits of milliseconds and begin anew after 49 days.
        return ((ctypes.windll.kernel32.GetTickCount() - last.ticks_ms) & 0xFFFFFFFF) / 1000

else:

    def _windows() -> float | None:
        return None


def _macos() -> float | None:
    services = _library("/System/Library/Frameworks/ApplicationServices.framework/ApplicationServices")
    if services is None:
        return None
    ask = services.CGEventSourceSecondsSinceLastEventType
    ask.restype, ask.argtypes = ctypes.c_double, [ctypes.c_int32, ctypes.c_uint32]
    return float(ask(_HID_STATE, _ANY_INPUT))


def _gnome() -> float | None:
    # Pure Python, and installed on Linux only.
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    name = "org.gnome.Mutter.IdleMonitor"
    where: dict[str, str] = {"bus_name": name, "interface": name}
    monitor = DBusAddress("/org/gnome/Mutter/IdleMonitor/Core", **where)  # type: ignore[no-untyped-call]  # no types
    question = new_method_call(monitor, "GetIdletime")  # type: ignore[no-untyped-call]  # likewise
    try:
        with open_dbus_connection() as connection:
            answer = connection.send_and_get_reply(question, timeout=_BUS_PATIENCE_S)
    except (OSError, KeyError, RuntimeError, ValueError) as error:  # no bus, or not one that we can speak with
        logger.debug("the session bus does not answer: %s", error)
        return None
    value = answer.body[0] if answer.body else None
    return value / 1000 if isinstance(value, int) else None  # else it is the text of an error


class _ScreenSaverInfo(ctypes.Structure):
    # X11/extensions/scrnsaver.h, XScreenSaverInfo.
    _fields_ = (
        ("window", ctypes.c_ulong), ("state", ctypes.c_int), ("kind", ctypes.c_int), ("til_or_since", ctypes.c_ulong),
        ("idle_ms", ctypes.c_ulong), ("event_mask", ctypes.c_ulong),
    )  # fmt: skip


def _x11() -> float | None:
    x11, saver = _library("libX11.so.6"), _library("libXss.so.1")
    if x11 is None or saver is None:
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = x11.XOpenDisplay(None)
    if not display:
        return None
    try:
        return _screen_saver_idle(x11, saver, ctypes.c_void_p(display))
    finally:
        x11.XCloseDisplay(ctypes.c_void_p(display))


def _screen_saver_idle(x11: ctypes.CDLL, saver: ctypes.CDLL, display: ctypes.c_void_p) -> float | None:
    first, second = ctypes.c_int(), ctypes.c_int()
    if not saver.XScreenSaverQueryExtension(display, ctypes.byref(first), ctypes.byref(second)):
        return None
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    info = _ScreenSaverInfo()
    window = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    is_told = saver.XScreenSaverQueryInfo(display, window, ctypes.byref(info))
    return info.idle_ms / 1000 if is_told else None


@functools.cache
def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None
