"""What a decode worker gives up on Linux: writing, starting programs and the network, through Landlock and seccomp.

Both are asked of the kernel directly: the package for seccomp on PyPI wants a system library that most computers lack,
and there is none for Landlock. Constants from linux/landlock.h, linux/seccomp.h, linux/filter.h and linux/audit.h.
A kernel without them (before 5.13; or a container that hides them) leaves the limits of ``worker``; ``trial`` tells.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
import tempfile

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _SECCOMP_FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture we ship for
_VERSION_ONLY, _PATH_BENEATH = 1, 1

_WRITE_FILE = 1 << 1
_CHANGES = 0b1_1111_1111_0011  # run a program, write, and remove or make any kind of file: since the first version
_SINCE = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # version: right to link elsewhere, truncate, talk to a device
_NETWORK_VERSION, _TCP = 4, 0b11
_SCOPE_VERSION, _SCOPES = 6, 0b11  # abstract sockets and signals of processes outside

_ARCHITECTURES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # audit number, number of socket()
_IO_URING_SETUP, _X32_BIT = 425, 0x40000000  # io_uring can make sockets too; x32 counts its calls from here
_ALLOW, _REFUSE_WITH_EPERM = 0x7FFF0000, 0x00050001
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06


def lock_down() -> None:
    """Give up for good whatever this kernel lets us give up; reading files and the pipe to the engine stay."""
    if sys.platform != "linux":
        return
    kernel = ctypes.CDLL(None, use_errno=True)
    zero, one = ctypes.c_ulong(0), ctypes.c_ulong(1)
    if kernel.prctl(_NO_NEW_PRIVILEGES, one, zero, zero, zero) == 0:
        _forbid_changes(kernel)
        _forbid_sockets(kernel)


def _forbid_changes(kernel: ctypes.CDLL) -> None:
    version = kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_ONLY)
    if version < 1:
        return
    rights = _CHANGES | sum(right for since, right in _SINCE.items() if version >= since)
    attributes = struct.pack("=Q", rights)
    attributes += struct.pack("=Q", _TCP) if version >= _NETWORK_VERSION else b""
    attributes += struct.pack("=Q", _SCOPES) if version >= _SCOPE_VERSION else b""
    ruleset = kernel.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return
    devnull = os.open(os.devnull, os.O_PATH)  # where the worker's own output goes
    kernel.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", _WRITE_FILE, devnull), 0)
    kernel.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(devnull)
    os.close(ruleset)


def _forbid_sockets(kernel: ctypes.CDLL) -> None:
    """Let socket() fail: Landlock knows TCP only. A line is (code, jump if true, jump if false, constant)."""
    audit, socket_call = _ARCHITECTURES.get(platform.machine(), (0, 0))
    if not audit:
        return
    lines = (
        (_LOAD, 0, 0, 4),  # the architecture
        (_IF_EQUAL, 0, 5, audit),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_IF_AT_LEAST, 3, 0, _X32_BIT),
        (_IF_EQUAL, 2, 0, socket_call),
        (_IF_EQUAL, 1, 0, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE_WITH_EPERM),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    program = struct.pack("@HP", len(lines), ctypes.addressof(code))
    zero = ctypes.c_ulong(0)
    kernel.prctl(_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_FILTER), program, zero, zero)


def trial() -> tuple[bool, bool]:
    """Try it out: (may this process make a file, may it open a network socket)."""
    return _may_make_a_file(), _may_open_a_socket()


def _may_make_a_file() -> bool:
    try:
        handle, name = tempfile.mkstemp(prefix="balloon-")
    except OSError:
        return False
    os.close(handle)
    os.unlink(name)
    return True


def _may_open_a_socket() -> bool:
    import socket

    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError:
        return False
    return True
