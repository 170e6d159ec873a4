"""The window. Only composition: which parts there are, and which signal goes where."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop.footer import Footer
from desktop.icons import icon_pixmap
from desktop.index_status import IndexStatus
from desktop.library_state import LibraryState
from desktop.photo_commands import PhotoCommands
from desktop.photo_files import photo_files
from desktop.photo_grid import PhotoGrid
from desktop.photo_model import PhotoModel
from desktop.photo_viewer import PhotoViewer
from desktop.quick_preview import QuickPreview
from desktop.results_page import ResultsPage
from desktop.search_bar import SearchBar
from desktop.search_edit import PhotoDrops
from desktop.search_session import SearchSession
from desktop.side_panel import SidePanel
from desktop.thumbnail_loader import ThumbnailLoader
from desktop.window_dialogs import WindowDialogs
from desktop.window_menu import Command, add_commands, tool_button
from desktop.window_panels import WindowPanels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from desktop.engine_client import EngineClient
    from desktop.search_query import Query
    from desktop.search_session import Found
    from desktop.settings import AppSettings

_SEARCH_WIDTH: Final = 760


class MainWindow(QMainWindow):
    """Composes the parts over one engine client.

    Signals:
        closed(): the window is gone for good.
    """

    closed = Signal()

    def __init__(self, client: EngineClient, settings: AppSettings) -> None:
        super().__init__()
        self._client, self._settings = client, settings
        self.dialogs = WindowDialogs(client, settings, self)
        self.setWindowTitle("Balloon")
        self.setMinimumSize(560, 420)
        self.setWindowIcon(QIcon(icon_pixmap("balloon", 64, "#000000")))
        self.session = SearchSession(client, self)
        self.library = LibraryState(client, self)
        self.model = PhotoModel(self)
        self.loader = ThumbnailLoader(self)
        self.grid = PhotoGrid(self.model, self.loader)
        self.search = SearchBar(client)
        self.results = ResultsPage(client, self.session, self.library, self.model, self.grid)
        self.viewer = PhotoViewer(client)
        self.preview = QuickPreview(client, self.model, self.grid)
        self.side = SidePanel()
        self.status = IndexStatus(client)
        self.footer = Footer(self.status, settings.tile_edge)
        self.commands = PhotoCommands(self.model, self.search)
        self.panels = WindowPanels(client, self.grid, self.side)
        self.panels.search_asked.connect(self.search.set_text)
        self._lay_out()
        self._connect_search()
        self._connect_photos()
        self._add_keys()
        self._restore()

    def show_viewer(self, photo_id: int, explain: str = "") -> None:
        """Show a photo large; words lay the map of what they match over it, those of the search when asked."""
        self.panels.leave_facts()
        self.viewer.show_photo(photo_id, self.model.viewing_order())
        words = self.search.query.text if self.grid.is_search else ""
        self.viewer.explain(explain or words, at_once=bool(explain))
        self.pages.setCurrentWidget(self.viewer)
        self.viewer.setFocus()

    def show_photos(self) -> None:
        """Go back from the viewer to the grid."""
        self.pages.setCurrentWidget(self.results)
        if self.viewer.photo_id is not None:
            self.grid.choose(self.viewer.photo_id)
        self.grid.setFocus()

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Search by the photos among these, whatever was searched for before, and offer to watch the folders."""
        photos, folders = photo_files(paths), [str(path) for path in paths if path.is_dir()]
        if photos:
            self.search.set_files(photos)
        if folders:
            self.panels.offer_folders(folders)

    def take_over(self, query: Query) -> None:
        """Go on where an earlier window of the same engine was."""
        self.library.reload()
        if query.is_empty:
            self._ask(query)
        else:
            self.search.set_query(query)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember how the window was, and let nothing run on."""
        self._settings.geometry = self.saveGeometry()
        self._settings.splitter = self._splitter.saveState()
        self._settings.save()
        self.session.stop()
        self.library.stop()
        self.loader.stop()
        super().closeEvent(event)
        self.closed.emit()

    def _lay_out(self) -> None:
        self._folders_button = tool_button("folder", self.tr("Folders"), is_checkable=True)
        self._captions_button = tool_button("caption", self.tr("Captions"), is_checkable=True)
        self._menu_button = tool_button("menu", self.tr("Menu"))
        top = QHBoxLayout()
        top.setContentsMargins(16, 12, 16, 4)
        top.addWidget(self._folders_button, 0, Qt.AlignmentFlag.AlignTop)
        top.addStretch(1)
        top.addWidget(self.search, 100, Qt.AlignmentFlag.AlignTop)
        top.addStretch(1)
        for button in (self._captions_button, self._menu_button):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.search.setMaximumWidth(_SEARCH_WIDTH)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.results)
        self.pages.addWidget(self.viewer)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self.pages)
        self._splitter.addWidget(self.side)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setChildrenCollapsible(False)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.footer)
        centre = QWidget()
        centre.setLayout(column)
        self.setCentralWidget(centre)

    def _connect_search(self) -> None:
        self.search.query_changed.connect(self._ask)
        self.search.query_submitted.connect(lambda query: self._ask(query, remember=True))
        self.search.left_downwards.connect(self.grid.enter)
        self.grid.typed.connect(self.search.type_words)
        self.session.found.connect(self._on_found)
        self.results.order.order_chosen.connect(lambda _order: self._ask(self.search.query))
        self.results.example_chosen.connect(self.search.set_text)
        self.results.recovery_told = self._settings.recovery_told
        self.results.recovery_seen.connect(lambda place: setattr(self._settings, "recovery_told", place))
        self.results.folders_asked.connect(lambda: self.side.open_panel("folders"))
        drops = PhotoDrops(self.grid.viewport(), self.grid)
        for target in (drops, PhotoDrops(self.results, self.grid)):
            target.photos_given.connect(self.search.add_files)
            target.folders_given.connect(self.panels.offer_folders)

    def _connect_photos(self) -> None:
        self.grid.action_asked.connect(self.commands.run)
        self.commands.viewer_asked.connect(self.show_viewer)
        self.commands.preview_asked.connect(self.preview.show_photo)
        self.commands.panel_asked.connect(self.panels.open_about)
        self.commands.caption_asked.connect(self.panels.write_caption)
        self.commands.notice.connect(self.results.banner.say)
        self.viewer.closed.connect(self.show_photos)
        self.viewer.photo_changed.connect(self.panels.follow)
        self.viewer.captions_requested.connect(lambda photo_id: self.panels.open_about("captions", photo_id))
        self.footer.tile_edge_changed.connect(self._on_tile_edge)
        self._client.library_changed.connect(self.loader.retry_failed)
        self.side.opened.connect(self._on_panel)
        self._folders_button.clicked.connect(lambda: self.side.toggle_panel("folders"))
        self._captions_button.clicked.connect(self.panels.toggle_captions)

    def _add_keys(self) -> None:
        menu = QMenu(self)
        commands = (
            Command(self.tr("Search"), "Ctrl+F", self.search.focus_words, is_in_menu=False),
            Command(self.tr("Folders"), "Ctrl+L", lambda: self.side.toggle_panel("folders")),
            Command(self.tr("Captions"), "Ctrl+T", self.panels.toggle_captions),
            Command(),
            Command(self.tr("Preferences…"), "Ctrl+,", self.dialogs.show_preferences),
            Command(self.tr("Keyboard shortcuts"), "F1", self.dialogs.show_keys),
            Command(self.tr("Diagnostic report…"), "", self.dialogs.show_report),
            Command(self.tr("About Balloon"), "", self.dialogs.show_about),
            Command(),
            Command(self.tr("Quit"), "Ctrl+Q", self.close),
        )
        add_commands(self, menu, commands)
        self._menu_button.setMenu(menu)
        self._menu_button.setPopupMode(self._menu_button.ToolButtonPopupMode.InstantPopup)

    def _restore(self) -> None:
        if self._settings.geometry.isEmpty() or not self.restoreGeometry(self._settings.geometry):
            self.resize(1180, 780)
        self.grid.set_tile_edge(self._settings.tile_edge)
        if self.side.has_panel(self._settings.side_panel):
            self.side.open_panel(self._settings.side_panel)
        self._splitter.restoreState(self._settings.splitter)
        self.search.edit.setFocus()

    def _ask(self, query: Query, *, remember: bool = False) -> None:
        if self.pages.currentWidget() is self.viewer:
            self.pages.setCurrentWidget(self.results)
        self.session.ask(replace(query, order=self.results.order.order), remember=remember)

    def _on_found(self, found: Found) -> None:
        self.search.show_understood(found.query.text, found.result.understood)

    def _on_panel(self, key: str) -> None:
        self._settings.side_panel = key
        self._folders_button.setChecked(key == "folders")
        self._captions_button.setChecked(key == "captions")

    def _on_tile_edge(self, edge: int) -> None:
        self._settings.tile_edge = edge
        self.grid.set_tile_edge(edge)
