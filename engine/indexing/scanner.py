"""What changed in a folder: a walk over the disk, and a pure comparison with what the library knows.

Paths are bytes relative to the folder's root, as ``os.fsencode`` gives them.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.indexing.exclusion import Exclusion
from engine.indexing.sidecars import FoundSidecar, may_be_sidecar, pair
from engine.library.database import NO_MEDIA
from engine.library.folders import RootStamp
from engine.library.photos import FileStamp, KnownPhoto
from engine.protocol import IssueReason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from engine.library.photos import PhotoId

# Folders that hold other programs' thumbnails and bookkeeping, never a person's photos.
SKIPPED_NAMES = frozenset(
    {
        b"@eaDir", b"#recycle", b"#snapshot", b"@Recycle", b"@Recently-Snapshot", b"$RECYCLE.BIN",
        b"System Volume Information", b"lost+found", b"__MACOSX", b"__pycache__", b"node_modules",
    }
)  # fmt: skip
SKIPPED_SUFFIXES = (b".lrdata", b".lrprev", b".cocatalogdb", b".dtrash")
CACHE_TAG, CACHE_SIGNATURE = b"CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55"
"""How programs mark a directory as a cache: https://bford.info/cachedir/"""

INODE_BITS = 2**63 - 1
NOTHING_EXCLUDED = Exclusion()

_REASONS = {
    errno.ELOOP: IssueReason.LINK_LOOP,
    errno.ENOENT: IssueReason.VANISHED,
    errno.ENOTDIR: IssueReason.VANISHED,
}


@dataclass(frozen=True, slots=True)
class ScanIssue:
    """A file or directory that the walk could not look at."""

    path: bytes
    reason: IssueReason
    detail: str


@dataclass(slots=True)
class Walk:
    """What lies on disk: photo files and their sidecars by path, trouble met, and directories that could not be seen.

    ``entries`` counts everything in the root itself, photos or not: 0 is what an unplugged disk leaves behind.
    ``root`` tells which directory it is.
    """

    files: dict[bytes, FileStamp] = field(default_factory=dict)
    sidecars: dict[bytes, FoundSidecar] = field(default_factory=dict)
    issues: list[ScanIssue] = field(default_factory=list)
    unseen: set[bytes] = field(default_factory=set)
    entries: int = 0
    root: RootStamp = field(default_factory=lambda: RootStamp(0, 0))


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between disk and library. ``moved`` pairs the known photo with its new path.

    ``sidecars`` are all there are, and ``unseen`` the directories that could not be looked into.
    """

    added: tuple[tuple[bytes, FileStamp], ...] = ()
    changed: tuple[tuple[KnownPhoto, FileStamp], ...] = ()
    moved: tuple[tuple[KnownPhoto, bytes, FileStamp], ...] = ()
    missing: tuple[KnownPhoto, ...] = ()
    back: tuple[KnownPhoto, ...] = ()
    unchanged: int = 0
    sidecars: Mapping[bytes, FoundSidecar] = field(default_factory=dict)
    unseen: frozenset[bytes] = frozenset()

    def is_unseen(self, path: bytes) -> bool:
        """Whether ``path`` lies in a directory that could not be looked into."""
        return _is_unseen(path, self.unseen)


def walk(
    root: Path,
    suffixes: frozenset[str],
    *,
    stop: Callable[[], bool] = lambda: False,
    exclusion: Exclusion = NOTHING_EXCLUDED,
) -> Walk:
    """Find every photo file below ``root`` by suffix (lower case, with dot). Hidden names are left out.

    Links to directories are followed once, after all real directories, so a photo is listed under its real path; a link
    that leads back above itself is an issue. ``stop`` is asked once a directory. Never raises for what it meets; raises
    ``OSError`` only if ``root`` itself cannot be listed.
    """
    walker = _Walker(root, frozenset(suffix.encode("ascii") for suffix in suffixes), exclusion)
    walker.visit(b"", must=True)
    while (walker.pending or walker.links) and not stop():
        if walker.pending:
            walker.visit(walker.pending.pop())
        else:
            walker.follow(walker.links.pop(0))
    return walker.found


class _Walker:
    def __init__(self, root: Path, suffixes: frozenset[bytes], exclusion: Exclusion) -> None:
        self.found = Walk()
        self._exclusion = exclusion
        self.pending: list[bytes] = []
        self.links: list[bytes] = []
        self._photos: list[bytes] = []  # of the directory being visited, by name; so are the sidecars
        self._sidecars: dict[bytes, FileStamp] = {}
        self._root = os.fsencode(root)
        self._suffixes = suffixes
        self._seen: set[tuple[int, int]] = set()

    def visit(self, directory: bytes, *, must: bool = False) -> None:
        absolute = os.path.join(self._root, directory) if directory else self._root
        self._photos, self._sidecars = [], {}
        try:
            about = os.stat(absolute)
            if not directory:
                self.found.root = RootStamp.of(absolute)
            if not self._is_new(about) or (directory and is_marked(absolute)):
                return
            with os.scandir(absolute) as entries:
                for entry in entries:
                    self.found.entries += not directory
                    self._look_at(entry, directory)
            self._pair_sidecars(directory)
        except OSError as error:
            if must:
                raise
            self.found.unseen.add(directory)
            self._trouble(directory, error)

    def follow(self, link: bytes) -> None:
        target = os.path.realpath(os.path.join(self._root, link))
        real_place = os.path.realpath(os.path.join(self._root, os.path.dirname(link)))
        if real_place == target or real_place.startswith(target.rstrip(b"/") + b"/"):
            detail = "a link that leads back to a folder above it"
            self.found.issues.append(ScanIssue(link, IssueReason.LINK_LOOP, detail))
        else:
            self.pending.append(link)

    def _is_new(self, about: os.stat_result) -> bool:
        identity = (about.st_dev, about.st_ino)
        if identity in self._seen and about.st_ino:
            return False
        self._seen.add(identity)
        return True

    def _look_at(self, entry: os.DirEntry[bytes], directory: bytes) -> None:
        if is_passed_over(entry.name):
            return
        path = os.path.join(directory, entry.name) if directory else entry.name
        if path in self._exclusion:
            return
        is_photo = os.path.splitext(entry.name)[1].lower() in self._suffixes
        try:
            if entry.is_dir(follow_symlinks=False):
                self.pending.append(path)
                return
            about = entry.stat()
        except OSError as error:
            # A dangling link of another kind is nobody's photo; a link to itself could be anything, so it is said.
            if is_photo or error.errno == errno.ELOOP:
                self._trouble(path, error)
            return
        if stat.S_ISDIR(about.st_mode):
            self.links.append(path)
        elif stat.S_ISREG(about.st_mode):
            stamp = FileStamp(about.st_size, about.st_mtime_ns, about.st_ino & INODE_BITS)
            if is_photo:
                self.found.files[path] = stamp
                self._photos.append(entry.name)
            elif may_be_sidecar(entry.name, stamp.byte_size):
                self._sidecars[entry.name] = stamp

    def _pair_sidecars(self, directory: bytes) -> None:
        if self._photos and self._sidecars:
            for name, beside in pair(self._sidecars, self._photos).items():
                paths = tuple(os.path.join(directory, photo) for photo in beside)
                self.found.sidecars[os.path.join(directory, name)] = FoundSidecar(self._sidecars[name], paths)

    def _trouble(self, path: bytes, error: OSError) -> None:
        reason = _REASONS.get(error.errno or 0, IssueReason.UNREADABLE)
        self.found.issues.append(ScanIssue(path, reason, error.strerror or str(error)))


def is_passed_over(name: bytes) -> bool:
    """Whether a file or directory of this name is nobody's photo: hidden, or kept by another program for itself."""
    return name.startswith(b".") or name in SKIPPED_NAMES or name.endswith(SKIPPED_SUFFIXES)


def is_marked(directory: bytes) -> bool:
    """Whether a directory says that it holds no photos, or that it is a cache."""
    if os.path.exists(os.path.join(directory, os.fsencode(NO_MEDIA))):
        return True
    try:
        with open(os.path.join(directory, CACHE_TAG), "rb") as stream:
            return stream.read(len(CACHE_SIGNATURE)) == CACHE_SIGNATURE
    except OSError:
        return False


def compare(known: Sequence[KnownPhoto], disk: Walk) -> Changes:
    """Compare photo rows with a walk; a pure function.

    A row whose path is gone and a new path with the same inode, size and time are one moved file. Rows inside a
    directory that could not be seen are left as they are.
    """
    rows = {photo.path: photo for photo in known}
    gone = [photo for photo in known if photo.path not in disk.files and not _is_unseen(photo.path, disk.unseen)]
    fresh = {path: stamp for path, stamp in disk.files.items() if path not in rows}
    moved = _pair_moves(gone, fresh)
    moved_ids = {photo.id for photo, _, _ in moved}
    moved_paths = {path for _, path, _ in moved}
    here = [(photo, disk.files[photo.path]) for photo in known if photo.path in disk.files]
    swapped = _swapped(known, here)
    same = [(photo, stamp) for photo, stamp in here if _same(photo.stamp, stamp) and photo.id not in swapped]
    same_ids = {photo.id for photo, _ in same}
    return Changes(
        added=tuple((path, stamp) for path, stamp in fresh.items() if path not in moved_paths),
        changed=tuple((photo, stamp) for photo, stamp in here if photo.id not in same_ids),
        moved=tuple(moved),
        missing=tuple(photo for photo in gone if photo.id not in moved_ids and not photo.is_missing),
        back=tuple(photo for photo, _ in same if photo.is_missing),
        unchanged=sum(not photo.is_missing for photo, _ in same),
        sidecars=disk.sidecars,
        unseen=frozenset(disk.unseen),
    )


def _same(old: FileStamp, new: FileStamp) -> bool:
    # The inode is no witness: restoring a backup or remounting a share changes it without touching a byte.
    return (old.byte_size, old.mtime_ns) == (new.byte_size, new.mtime_ns)


def _swapped(known: Sequence[KnownPhoto], here: Iterable[tuple[KnownPhoto, FileStamp]]) -> frozenset[PhotoId]:
    # Another inode alone says nothing, but one that was another row's, with its size and time, is that row's file.
    strangers = [(photo, stamp) for photo, stamp in here if stamp.inode not in {0, photo.stamp.inode}]
    stamps = {photo.stamp for photo in known} if strangers else set()
    return frozenset(photo.id for photo, stamp in strangers if stamp in stamps)


def _pair_moves(gone: Iterable[KnownPhoto], fresh: dict[bytes, FileStamp]) -> list[tuple[KnownPhoto, bytes, FileStamp]]:
    by_stamp: dict[FileStamp, list[bytes]] = {}
    for path, stamp in fresh.items():
        if stamp.inode:
            by_stamp.setdefault(stamp, []).append(path)
    moved: list[tuple[KnownPhoto, bytes, FileStamp]] = []
    for photo in gone:
        candidates = by_stamp.get(photo.stamp)
        if candidates:
            moved.append((photo, candidates.pop(), photo.stamp))
    return moved


def _is_unseen(path: bytes, unseen: Collection[bytes]) -> bool:
    while unseen and path:
        path = os.path.dirname(path)
        if path in unseen:
            return True
    return False
