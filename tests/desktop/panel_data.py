"""Answers of the engine as they look in a real library, in English and Chinese."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QImage, QPainter

from engine.protocol import (
    FolderState,
    FolderStatus,
    IndexProgress,
    IndexReport,
    IssueReason,
    IssueRow,
    LibraryStatus,
    PhotoPath,
)
from engine.protocol.methods import (
    CaptionRow,
    CaptionsResult,
    DoctorLine,
    DoctorResult,
    Explanation,
    ModelList,
    ModelRow,
    PhotoDetails,
    WordRelevance,
)

if TYPE_CHECKING:
    from pathlib import Path

HOME = "/home/ann"


def picture(folder: Path, name: str = "picture.jpg", size: tuple[int, int] = (320, 240)) -> str:
    """A picture file as the engine writes thumbnails and previews: sky, sea, a red circle."""
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(120, 170, 220))
    painter = QPainter(image)
    painter.fillRect(0, size[1] * 2 // 3, size[0], size[1], QColor(30, 80, 140))
    painter.setBrush(QColor(220, 40, 40))
    painter.drawEllipse(size[0] // 2, size[1] // 5, size[0] // 6, size[0] // 6)
    painter.end()
    file = folder / name
    assert image.save(str(file))
    return str(file)


def details(photo_id: int = 7, thumbnail: str | None = None, **changes: object) -> PhotoDetails:
    values: dict[str, object] = {
        "photo_id": photo_id,
        "paths": (
            PhotoPath(f"{HOME}/Pictures/2023/beach/IMG_{photo_id:04}.jpg"),
            PhotoPath(f"{HOME}/Pictures/最爱/海上的红气球.jpg"),
        ),
        "format": "JPEG",
        "width": 4000,
        "height": 3000,
        "byte_size": 3_412_233,
        "taken_at": "2023-07-14T18:22:05",
        "camera": "FUJIFILM X-T4",
        "latitude": 36.0671,
        "longitude": 120.3826,
        "is_offline": False,
        "thumbnail": thumbnail,
        "captions": OWN,
    }
    return PhotoDetails(**(values | changes))  # type: ignore[arg-type]  # the names above are the fields'


OWN = (
    CaptionRow("海上的红气球", "zh", "user", caption_id=11),
    CaptionRow("Qingdao, last evening of the holidays", "en", "iptc", caption_id=12),
)
NEAREST = (
    CaptionRow("a red balloon drifting over the sea at dusk", "en", "bank", 0.412),
    CaptionRow("傍晚海面上飘着一只红色的气球", "zh", "bank", 0.398),
    CaptionRow("a child lets go of a balloon on the beach, and everybody looks up to see where the wind takes it",
               "en", "user", 0.371, 41, PhotoPath(f"{HOME}/Pictures/2019/IMG_2210.jpg")),
    CaptionRow("a hot-air balloon above calm water", "en", "bank", 0.334),
    CaptionRow("海边的日落", "zh", "imported", 0.301, 57, PhotoPath(f"{HOME}/Pictures/2021/日落.heic")),
    CaptionRow("a kite in the blue sky", "en", "bank", 0.188),
)  # fmt: skip


def captions(own: tuple[CaptionRow, ...] = OWN, nearest: tuple[CaptionRow, ...] = NEAREST) -> CaptionsResult:
    return CaptionsResult(PhotoPath(f"{HOME}/Pictures/2023/beach/IMG_0007.jpg"), own, nearest)


def _bump(row: float, column: float, rows: int, columns: int) -> tuple[float, ...]:
    cells = [(r, c) for r in range(rows) for c in range(columns)]
    return tuple(math.exp(-((r - row) ** 2 + (c - column) ** 2) / 2.5) for r, c in cells)


def explanation(
    photo_id: int = 7, text: str = "red balloon over the sea", shape: tuple[int, int] = (9, 9)
) -> Explanation:
    """Maps of ``shape`` (rows, columns), as the model's grid has them: the balloon above, the sea below."""
    rows, columns = shape
    balloon = _bump(rows * 0.3, columns * 0.6, rows, columns)
    sea = tuple(0.9 if cell >= (rows - 2) * columns else 0.05 for cell in range(rows * columns))
    maps = ((text, 1.0, balloon), ("red", 0.44, balloon), ("balloon", 0.72, balloon), ("sea", 0.31, sea))
    return Explanation(photo_id, 0.41, tuple(WordRelevance(word, weight, *shape, map_) for word, weight, map_ in maps))


def folder(folder_id: int = 1, name: str = "Pictures", **changes: object) -> FolderStatus:
    values: dict[str, object] = {
        "folder_id": folder_id,
        "path": PhotoPath(f"{HOME}/{name}"),
        "state": FolderState.ONLINE,
        "photos": 3010,
        "indexed": 3006,
        "missing": 0,
        "issues": 4,
        "full_scan_at": "2026-11-23T08:00:00",
    }
    return FolderStatus(**(values | changes))  # type: ignore[arg-type]  # the names above are the fields'


def folders() -> tuple[FolderStatus, ...]:
    return (
        folder(),
        folder(2, "手机照片", photos=12840, indexed=5521, issues=0),
        folder(3, "Old camera", state=FolderState.OFFLINE, photos=811, indexed=811, issues=0),
        folder(4, "Scans", state=FolderState.PAUSED, photos=240, indexed=12, missing=3, issues=0),
    )


def status(**changes: object) -> LibraryStatus:
    values: dict[str, object] = {
        "library": f"{HOME}/.local/share/balloon/library",
        "model": "balloon-mini",
        "folders": 4,
        "photos": 16901,
        "contents": 16400,
        "indexed": 9350,
        "pending": 7050,
        "issues": 5,
        "byte_size": 213_909_504,
        "writer_active": True,
    }
    return LibraryStatus(**(values | changes))  # type: ignore[arg-type]  # the names above are the fields'


def progress(**changes: object) -> IndexProgress:
    values: dict[str, object] = {"phase": "index", "done": 1240, "pending": 1770, "issues": 0, "rate": 38.4}
    return IndexProgress(**(values | changes))  # type: ignore[arg-type]  # the names above are the fields'


def report(seconds: float = 75.0, *, interrupted: bool = False) -> IndexReport:
    return IndexReport(3010, 0, 0, 0, 0, 3006, 3006, 4, seconds, interrupted)


ISSUES = (
    IssueRow(PhotoPath(f"{HOME}/Pictures/2018/IMG_0412.JPG"), IssueReason.DAMAGED, "broken data stream",
             "2026-11-23T08:01:00"),
    IssueRow(PhotoPath(f"{HOME}/Pictures/微信图片/全家福.png"), IssueReason.EMPTY, "", "2026-11-23T08:01:00"),
    IssueRow(PhotoPath(f"{HOME}/Pictures/scan of the whole atlas.tif"), IssueReason.TOO_LARGE, "1.2 Gpx",
             "2026-11-23T08:02:00"),
    IssueRow(PhotoPath(f"{HOME}/Pictures/private/a.jpg"), IssueReason.UNREADABLE, "", "2026-11-23T08:02:00"),
)  # fmt: skip

MODELS = ModelList(
    (
        ModelRow("balloon-mini", "Balloon mini", ("en", "zh"), "Apache-2.0", in_use=True, indexed=16400),
        ModelRow("cn-clip-b16", "Chinese-CLIP ViT-B/16", ("zh",), "MIT", in_use=False, indexed=2210),
        ModelRow("siglip2-base", "SigLIP 2 base", ("en", "zh"), "Apache-2.0", in_use=False, indexed=0),
    )
)

DOCTOR = DoctorResult(
    (
        DoctorLine("model", "balloon-mini, 384 numbers a photo, en and zh, files as published", fine=True),
        DoctorLine("provider", "CPU really used", fine=True),
        DoctorLine("library", f"{HOME}/.local/share/balloon/library, 0.4 GB free", fine=False),
    )
)
