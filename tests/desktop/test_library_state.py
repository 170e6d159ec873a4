"""What the desktop believes of the library between two pieces of news."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from desktop.library_state import LibraryState
from engine.protocol.methods import LibraryChanged
from tests.desktop import panel_data as data
from tests.desktop.panel_client import FakeClient, offscreen

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = offscreen


def test_folder_just_added_is_not_called_empty_before_somebody_has_looked(qtbot: QtBot) -> None:
    client = FakeClient()
    library = LibraryState(client.real)
    nothing = replace(data.status(), folders=0, photos=0)
    believed = []
    for news in (LibraryChanged(nothing), LibraryChanged(replace(nothing, folders=1))):
        client.real.library_changed.emit(news)
        believed.append(library.is_indexing)
    client.real.index_finished.emit(data.report())
    assert [*believed, library.is_indexing] == [False, True, False]


def test_folder_that_nobody_looks_through_is_called_empty_in_the_end(qtbot: QtBot) -> None:
    client = FakeClient()
    library = LibraryState(client.real)
    nothing = replace(data.status(), folders=0, photos=0)
    client.real.library_changed.emit(LibraryChanged(nothing))
    library._news.setInterval(1)
    client.real.library_changed.emit(LibraryChanged(replace(nothing, folders=1)))
    qtbot.waitUntil(lambda: not library.is_indexing)
