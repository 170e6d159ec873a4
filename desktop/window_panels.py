"""The panels at the right of the window: which there are, and how photos and folders come into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.captions_panel import CaptionsPanel
from desktop.folder_panel import FolderPanel
from desktop.properties_panel import PropertiesPanel
from desktop.side_panel import PanelEntry, SidePanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from desktop.engine_client import EngineClient
    from desktop.photo_grid import PhotoGrid


class WindowPanels(QObject):
    """Makes the panels when they are first wanted and keeps those about a photo at the one that is chosen.

    Signals:
        search_asked(object): a text to search for.
    """

    search_asked = Signal(object)

    def __init__(self, client: EngineClient, grid: PhotoGrid, side: SidePanel) -> None:
        super().__init__(side)
        self._client, self._side = client, side
        self._photo_id: int | None = None
        side.register(PanelEntry("captions", self.tr("Captions"), self._make_captions))
        side.register(PanelEntry("folders", self.tr("Folders"), lambda: FolderPanel(client)))
        side.register(PanelEntry("properties", self.tr("Properties"), self._make_properties))
        grid.chosen.connect(self.follow)

    def open_about(self, key: str, photo_id: int) -> None:
        """Open a panel about one photo."""
        panel = self._side.open_panel(key)
        if isinstance(panel, (CaptionsPanel, PropertiesPanel)):
            panel.show_photo(photo_id)

    def follow(self, photo_id: int | None) -> None:
        """Let an open panel tell of this photo: it is chosen in the grid, or shown large."""
        self._photo_id = photo_id
        if photo_id is not None and self._side.key in ("captions", "properties"):
            self.open_about(self._side.key, photo_id)

    def leave_facts(self) -> None:
        """Close the properties, where a large photo's own facts come in their place."""
        if self._side.key == "properties":
            self._side.close_panel()

    def write_caption(self, photo_id: int) -> None:
        """Let the person write a caption for a photo."""
        self.open_about("captions", photo_id)
        panel = self._side.panel("captions")
        if isinstance(panel, CaptionsPanel):
            panel.adder.setFocus()

    def toggle_captions(self) -> None:
        """Open or close the captions, of the photo that is chosen or shown large if there is one."""
        self._side.toggle_panel("captions")
        self.follow(self._photo_id)

    def offer_folders(self, folders: Sequence[str]) -> None:
        """Ask whether these folders are to be watched."""
        panel = self._side.open_panel("folders")
        if isinstance(panel, FolderPanel):
            panel.offer(folders)

    def _make_captions(self) -> QWidget:
        panel = CaptionsPanel(self._client)
        panel.search_requested.connect(self.search_asked.emit)
        return panel

    def _make_properties(self) -> QWidget:
        panel = PropertiesPanel(self._client)
        panel.captions_requested.connect(lambda photo_id: self.open_about("captions", photo_id))
        return panel
