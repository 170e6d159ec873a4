"""Exporting captions: one CSV or JSONL file, or an XMP sidecar beside each photo. Photos are never touched."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.indexing.caption_writing import is_own_packet, whole_file, write_csv, write_jsonl, xmp_packet
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.library.captions import Captions, StoredCaption

_WRITERS = {".csv": write_csv, ".jsonl": write_jsonl}


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Write captions of ``sources`` to ``file``; photos inside ``photos`` are named relative to it.

    ``marked`` puts a byte order mark at the head of a CSV: Excel takes a file without one for another encoding.
    """

    file: Path
    sources: tuple[str, ...]
    photos: Path | None = None
    marked: bool = False


@dataclass(slots=True)
class ExportReport:
    """What an export came to. ``left_out`` captions have no photo, or one that is away or cannot be named in a CSV.

    ``elsewhere`` are sidecars written into the library's folder, because another program's lies beside the photo or
    nothing may be written there.
    """

    captions: int = 0
    files: int = 0
    left_out: int = 0
    elsewhere: tuple[str, ...] = ()


def export_file(captions: Captions, request: ExportRequest) -> ExportReport:
    """Write one CSV or JSONL file, whole or not at all; raises ``KnownError``."""
    file = request.file.expanduser()
    write = _WRITERS.get(file.suffix.lower())
    if write is None:
        raise KnownError(ErrorKind.USAGE, f"{file} must end in .csv or .jsonl, or use --sidecars.")
    base = None if request.photos is None else Path(os.path.realpath(request.photos.expanduser()))
    report = ExportReport(files=1)

    def rows() -> Iterator[tuple[Path, StoredCaption]]:
        for caption, path in captions.with_photos(request.sources):
            if path is None:
                report.left_out += 1
            else:
                is_inside = base is not None and path.is_relative_to(base)
                yield (path.relative_to(base) if is_inside and base is not None else path), caption

    try:
        with whole_file(file, encoding="utf-8-sig" if request.marked and write is write_csv else "utf-8") as stream:
            report.captions, unnamed = write(stream, rows())
    except OSError as error:
        raise _unwritable(file, error) from error
    report.left_out += unnamed
    return report


def export_sidecars(captions: Captions, sources: Sequence[str], elsewhere: Path) -> ExportReport:
    """Write ``photo.jpg.xmp`` beside each photo; what may not go there goes below ``elsewhere``."""
    report = ExportReport()
    away: list[str] = []
    for path, rows in groupby(captions.with_photos(sources), key=lambda row: row[1]):
        told = [caption for caption, _ in rows]
        if path is None or not os.path.isfile(path):
            report.left_out += len(told)
            continue
        packet = xmp_packet(told)
        if not _write_beside(path, packet):
            away.append(str(_write_elsewhere(path, packet, elsewhere)))
        report.captions += len(told)
        report.files += 1
    report.elsewhere = tuple(away)
    return report


def _write_beside(photo: Path, packet: bytes) -> bool:
    """Whether the sidecar lies beside the photo now: only one that Balloon wrote, and nobody edited, is replaced."""
    sidecar = photo.with_name(photo.name + ".xmp")
    try:
        if os.path.lexists(sidecar):
            present = sidecar.read_bytes()
            if present == packet:
                return True  # written again it would be read again
            if sidecar.is_symlink() or not is_own_packet(present):
                return False
        with whole_file(sidecar) as stream:
            stream.write(packet.decode())
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _unwritable(sidecar, error) from error
        return False
    return True


def _write_elsewhere(photo: Path, packet: bytes, folder: Path) -> Path:
    drive = photo.drive.strip("\\/:").replace(":", "")
    sidecar = folder.joinpath(*filter(None, [drive]), *photo.parts[1:-1], photo.name + ".xmp")
    try:
        sidecar.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_file(sidecar) as stream:
            stream.write(packet.decode())
    except OSError as error:
        raise _unwritable(sidecar, error) from error
    return sidecar


def _unwritable(file: Path, error: OSError) -> KnownError:
    if error.errno == errno.ENOSPC:
        return KnownError(ErrorKind.DISK_FULL, f"There is no room left on the disk for {file}. Free some space.")
    return KnownError(ErrorKind.FOLDER_REFUSED, f"{file} cannot be written: {error.strerror}. Choose another place.")
