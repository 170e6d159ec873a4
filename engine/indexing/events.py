"""File events of one folder, from the system; on Linux it also tells when the system lost some, or has no more to give.

watchdog watches every directory below a root. It passes over those that the system's limit leaves no watch for, and
rebuilds its watches after an overflow without a word: both are told here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
)
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

# Not that files are opened and read: our own workers do that to every photo.
CHANGES: Final[list[type[FileSystemEvent]]] = [
    FileCreatedEvent, FileModifiedEvent, FileClosedEvent, FileMovedEvent, FileDeletedEvent,
    DirCreatedEvent, DirMovedEvent, DirDeletedEvent,
]  # fmt: skip

MOUNTS: Final = "/proc/self/mountinfo"
# File systems whose files others can change without this computer's kernel noticing.
REMOTE: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "9p", "davfs", "vboxsf",
        "prl_fs", "virtiofs", "fuse.sshfs", "fuse.rclone", "fuse.davfs2", "fuse.glusterfs", "fuse.s3fs",
        "fuse.gvfsd-fuse", "fuse.smbnetfs", "fuse.curlftpfs", "fuse.vmhgfs-fuse",
    }
)  # fmt: skip
_IN_CREATE: Final = 0x100


def observer(tell_lost: Callable[[], None]) -> BaseObserver:
    """An observer for one root; ``tell_lost`` is called, from a thread of its own, when events were lost."""
    if sys.platform != "linux":
        return Observer()
    from watchdog.observers.api import BaseObserver
    from watchdog.observers.inotify import InotifyEmitter, InotifyWatchGroup

    @dataclass
    class Group(InotifyWatchGroup):
        def on_queue_overflow(self) -> None:
            super().on_queue_overflow()
            tell_lost()

    class Emitter(InotifyEmitter):
        def on_thread_start(self) -> None:
            self._inotify = Group(
                self._inotify_fd,
                os.fsencode(self.watch.path),
                is_recursive=self.watch.is_recursive,
                event_mask=self.get_event_mask_from_filter(),
                follow_symlink=self.watch.follow_symlink,
            )

    return BaseObserver(Emitter)


def is_exhausted(folder: Path) -> bool:
    """Whether the system refuses this user one more watched directory (inotify's limits)."""
    if sys.platform != "linux":
        return False
    system = ctypes.CDLL(None, use_errno=True)
    descriptor = system.inotify_init1(os.O_CLOEXEC)
    if descriptor < 0:
        return ctypes.get_errno() in {errno.EMFILE, errno.ENFILE}
    try:
        watch = system.inotify_add_watch(descriptor, os.fsencode(folder), _IN_CREATE)
        return watch < 0 and ctypes.get_errno() == errno.ENOSPC
    finally:
        os.close(descriptor)


def is_remote(folder: Path, mounts: Iterable[str] | None = None) -> bool:
    """Whether a folder lies on a network file system or one shared with a host. ``mounts``: lines of mountinfo."""
    if mounts is None:
        try:
            with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as stream:
                mounts = stream.readlines()
        except OSError:  # no Linux
            return False
    return _file_system(os.path.realpath(folder), mounts) in REMOTE


def _file_system(path: str, mounts: Iterable[str]) -> str:
    """The type of the mount that holds ``path``: the longest mount point above it, the latest of equals."""
    best, kind = "", ""
    for line in mounts:
        mount, _, rest = line.partition(" - ")
        point = mount.split()[4].replace("\\040", " ")
        if len(point) >= len(best) and (path + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, rest.split()[0]
    return kind
