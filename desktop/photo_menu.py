"""The menu over a photo. It is shown with ``popup``, never ``exec``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from desktop.icons import icon
from desktop.open_with import programs_for
from desktop.photo_actions import PhotoAction

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktop.open_with import Program
    from engine.protocol import Hit

    Act = Callable[[PhotoAction, object], None]


class PhotoMenu(QMenu):
    """Entries for the chosen photos; ``act`` gets the action and, for a program to open with, that program."""

    def __init__(self, hits: list[Hit], act: Act, *, is_search: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._act = act
        self.actions_by_name: dict[PhotoAction, QAction] = {}
        is_one = len(hits) == 1
        self.setAccessibleName(self.tr("Photo"))
        if is_one:
            self._add_search_entries(is_search=is_search)
            self._add_open_entries(hits[0])
        self._add(PhotoAction.SHOW_IN_FOLDER, self.tr("Show in file manager"))
        files = self.tr("Copy file") if is_one else self.tr("Copy %Ln file(s)", "", len(hits))
        paths = self.tr("Copy path") if is_one else self.tr("Copy %Ln path(s)", "", len(hits))
        self._add(PhotoAction.COPY_FILES, files, "Ctrl+C")
        self._add(PhotoAction.COPY_PATHS, paths)
        if is_one:
            self.addSeparator()
            self._add(PhotoAction.PROPERTIES, self.tr("Properties"), "Alt+Return")

    def _add_search_entries(self, *, is_search: bool) -> None:
        self._add(PhotoAction.SIMILAR, self.tr("Find similar photos")).setIcon(icon("similar"))
        self._add(PhotoAction.CAPTIONS, self.tr("Find similar captions")).setIcon(icon("caption"))
        self._add(PhotoAction.SEARCH_WITH, self.tr("Search with this photo and words…")).setIcon(icon("search"))
        self.addSeparator()
        self._add(PhotoAction.ADD_CAPTION, self.tr("Add a caption…"))
        self._add(PhotoAction.EXPLAIN, self.tr("Why did this match?")).setEnabled(is_search)
        self.addSeparator()

    def _add_open_entries(self, hit: Hit) -> None:
        self._add(PhotoAction.OPEN, self.tr("Open"), "Return")
        menu = self.addMenu(self.tr("Open with"))
        default = menu.addAction(self.tr("Default program"))
        default.triggered.connect(lambda: self._act(PhotoAction.OPEN_IN_SYSTEM, None))
        menu.aboutToShow.connect(lambda: self._fill_programs(menu, hit))

    def _fill_programs(self, menu: QMenu, hit: Hit) -> None:
        if len(menu.actions()) > 1:
            return
        menu.addSeparator()
        for program in programs_for(hit.path.to_path()):
            self._add_program(menu, program.name, program)
        self._add_program(menu, self.tr("Other program…"), None)

    def _add_program(self, menu: QMenu, text: str, program: Program | None) -> None:
        menu.addAction(text).triggered.connect(lambda: self._act(PhotoAction.OPEN_WITH, program))

    def _add(self, name: PhotoAction, text: str, key: str = "") -> QAction:
        action = self.addAction(text)
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda: self._act(name, None))
        self.actions_by_name[name] = action
        return action
