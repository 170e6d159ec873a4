"""Does what the menu over a photo says. What needs another part of the window is asked for by signal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from desktop import notices
from desktop.launching import open_file, show_in_file_manager, start_program
from desktop.open_with import Program, chooser_folder
from desktop.photo_actions import PhotoAction
from desktop.photo_files import files_mime
from desktop.search_query import PhotoTerm, Query

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from desktop.photo_model import PhotoModel
    from desktop.search_bar import SearchBar
    from engine.protocol import Hit


@dataclass(frozen=True, slots=True)
class Launchers:
    """How files are handed to other programs; tests put their own here."""

    open_file: Callable[[Path], bool] = open_file
    show_in_file_manager: Callable[[Path], bool] = show_in_file_manager
    start_program: Callable[[str, list[str]], bool] = start_program


class PhotoCommands(QObject):
    """One method for each ``PhotoAction``.

    Signals:
        viewer_asked(object, object): a photo id, and the words to explain it by or "".
        preview_asked(object): a photo id.
        panel_asked(object, object): the key of a side panel, a photo id.
        caption_asked(object): the photo that the person wants to write a caption for.
        notice(object): a sentence about what could not be done.
    """

    viewer_asked = Signal(object, object)
    preview_asked = Signal(object)
    panel_asked = Signal(object, object)
    caption_asked = Signal(object)
    notice = Signal(object)

    def __init__(self, model: PhotoModel, bar: SearchBar, launchers: Launchers | None = None) -> None:
        super().__init__(bar)
        self._model = model
        self._bar = bar
        self._launchers = launchers or Launchers()
        self._single: dict[PhotoAction, Callable[[Hit], None]] = {
            PhotoAction.OPEN: lambda hit: self.viewer_asked.emit(hit.photo_id, ""),
            PhotoAction.PREVIEW: lambda hit: self.preview_asked.emit(hit.photo_id),
            PhotoAction.SIMILAR: lambda hit: self._bar.set_query(Query("", (PhotoTerm.of(hit),))),
            PhotoAction.CAPTIONS: lambda hit: self.panel_asked.emit("captions", hit.photo_id),
            PhotoAction.ADD_CAPTION: lambda hit: self.caption_asked.emit(hit.photo_id),
            PhotoAction.SEARCH_WITH: self._search_with,
            PhotoAction.OPEN_IN_SYSTEM: self._open_in_system,
            PhotoAction.SHOW_IN_FOLDER: self._show_in_folder,
            PhotoAction.EXPLAIN: lambda hit: self.viewer_asked.emit(hit.photo_id, self._bar.query.text),
            PhotoAction.PROPERTIES: lambda hit: self.panel_asked.emit("properties", hit.photo_id),
        }

    def run(self, action: PhotoAction, photo_ids: tuple[int, ...], value: object = None) -> None:
        """Do it. Photos that are no longer in the list are left out."""
        hits = [hit for hit in map(self._model.hit, photo_ids) if hit is not None]
        if not hits:
            return
        if action == PhotoAction.COPY_FILES:
            QGuiApplication.clipboard().setMimeData(files_mime(_paths(hits)))
        elif action == PhotoAction.COPY_PATHS:
            QGuiApplication.clipboard().setText("\n".join(map(str, _paths(hits))))
        elif action == PhotoAction.OPEN_WITH:
            self._open_with(hits[0], value)
        else:
            self._single[action](hits[0])

    def _search_with(self, hit: Hit) -> None:
        query = self._bar.query
        term = PhotoTerm.of(hit)
        photos = query.photos if term in query.photos else (*query.photos, term)
        self._bar.set_query(replace(query, photos=photos))
        self._bar.focus_words()

    def _open_in_system(self, hit: Hit) -> None:
        self._hand_over(hit, self._launchers.open_file)

    def _show_in_folder(self, hit: Hit) -> None:
        self._hand_over(hit, self._launchers.show_in_file_manager)

    def _open_with(self, hit: Hit, program: object) -> None:
        if isinstance(program, Program):
            self._start(hit, program)
            return
        parent = self._bar.window()
        dialog = QFileDialog(parent, self.tr("Choose a program"), chooser_folder())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self._start(hit, Program(file, (file,))))
        dialog.open()

    def _start(self, hit: Hit, program: Program) -> None:
        first, *rest = program.command_for(hit.path.to_path())
        self._hand_over(hit, lambda _path: self._launchers.start_program(first, rest))

    def _hand_over(self, hit: Hit, launch: Callable[[Path], bool]) -> None:
        path = hit.path.to_path()
        if not path.exists():
            self.notice.emit(notices.sentence_for("file_missing"))
        elif not launch(path):
            self.notice.emit(notices.sentence_for("no_program"))


def _paths(hits: list[Hit]) -> list[Path]:
    return [hit.path.to_path() for hit in hits]
