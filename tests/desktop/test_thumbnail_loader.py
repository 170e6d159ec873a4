"""Thumbnails are read outside the GUI thread, kept by photo id, and never shown at the wrong photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QColor

from desktop.thumbnail_loader import ThumbnailLoader, read_tile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

RED = QColor("#b33")


@pytest.fixture
def loader(qtbot: QtBot) -> Iterator[ThumbnailLoader]:
    made = ThumbnailLoader(cache_bytes=4 * 64 * 64 * 3)
    made.set_size(64, 8)
    yield made
    made.stop()


def _colour(loader: ThumbnailLoader, photo_id: int, path: str) -> QColor:
    pixmap = loader.pixmap(photo_id, path)
    assert pixmap is not None
    return pixmap.toImage().pixelColor(32, 32)


def _is_like(first: QColor, second: QColor) -> bool:
    steps = (first.red() - second.red(), first.green() - second.green(), first.blue() - second.blue())
    return max(map(abs, steps)) < 12


def test_tile_is_square_with_round_corners(thumbnails: list[str]) -> None:
    tile = read_tile(thumbnails[0], 64, 8)
    assert (tile.width(), tile.height()) == (64, 64)
    assert tile.pixelColor(0, 0).alpha() == 0
    assert _is_like(tile.pixelColor(32, 32), RED)


@pytest.mark.qt_log_ignore("Not a JPEG file", "JPEG", "Premature end", extend=True)
@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_file_that_is_no_jpeg_gives_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "thumbnail.jpg"
    file.write_bytes(content)
    assert read_tile(str(file), 64, 8).isNull()


def test_picture_comes_later_and_is_announced_by_photo_id(
    loader: ThumbnailLoader, thumbnails: list[str], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(loader.ready) as ready:
        assert loader.pixmap(7, thumbnails[0]) is None
    assert ready.args == [7]
    assert _is_like(_colour(loader, 7, thumbnails[0]), RED)


def test_each_photo_gets_its_own_picture(loader: ThumbnailLoader, thumbnails: list[str], qtbot: QtBot) -> None:
    came: set[int] = set()
    loader.ready.connect(came.add)
    for number in (1, 2, 3):
        loader.pixmap(number, thumbnails[number])
    qtbot.waitUntil(lambda: came == {1, 2, 3})
    colours = {number: _colour(loader, number, thumbnails[number]).name() for number in (1, 2, 3)}
    assert len(set(colours.values())) == 3
    assert _is_like(QColor(colours[1]), QColor("#3b3"))


def test_edited_photo_is_read_anew(loader: ThumbnailLoader, thumbnails: list[str], qtbot: QtBot) -> None:
    with qtbot.waitSignal(loader.ready):
        loader.pixmap(1, thumbnails[1])
    with qtbot.waitSignal(loader.ready):
        assert loader.pixmap(1, thumbnails[0]) is None
    assert _is_like(_colour(loader, 1, thumbnails[0]), RED)


def test_other_size_keeps_the_old_picture_until_the_new_one_comes(
    loader: ThumbnailLoader, thumbnails: list[str], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(loader.ready):
        loader.pixmap(1, thumbnails[0])
    loader.set_size(96, 8)
    with qtbot.waitSignal(loader.ready):
        old = loader.pixmap(1, thumbnails[0])
    assert old is not None
    assert old.width() == 64
    new = loader.pixmap(1, thumbnails[0])
    assert new is not None
    assert new.width() == 96


def test_missing_file_is_asked_for_once_until_the_library_changes(loader: ThumbnailLoader, qtbot: QtBot) -> None:
    with qtbot.waitSignal(loader.ready):
        loader.pixmap(1, "/no/such.jpg")
    assert loader.has_failed(1)
    with qtbot.assertNotEmitted(loader.ready, wait=50):
        assert loader.pixmap(1, "/no/such.jpg") is None
    loader.retry_failed()
    with qtbot.waitSignal(loader.ready):
        loader.pixmap(1, "/no/such.jpg")


def test_oldest_pictures_make_room(loader: ThumbnailLoader, thumbnails: list[str], qtbot: QtBot) -> None:
    came: list[int] = []
    loader.ready.connect(came.append)
    for number in range(5):
        loader.pixmap(number, thumbnails[number])
        qtbot.waitUntil(lambda: len(came) > number)  # noqa: B023  # called before the loop goes on
    assert loader.pixmap(4, thumbnails[4]) is not None
    assert loader.pixmap(0, thumbnails[0]) is None


def test_stopping_waits_for_the_workers(thumbnails: list[str], qtbot: QtBot) -> None:
    loader = ThumbnailLoader()
    loader.set_size(64, 8)
    for number in range(100):
        loader.pixmap(number, thumbnails[number % 6])
    loader.stop()
    assert loader._pool.activeThreadCount() == 0
