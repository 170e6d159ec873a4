"""The models that can be had, as rows: name, and in a line what one decides by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.caption_model import LANGUAGE_NAMES
from desktop.row_view import RowRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.protocol.model_methods import OfferedModel

ModelIndex = QModelIndex | QPersistentModelIndex
MB_PER_GB = 1000


class OfferModel(QAbstractListModel):
    """Offers that are not installed, as ``RowRole`` has them; the value behind a row is the ``OfferedModel``."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._offers: tuple[OfferedModel, ...] = ()

    def show_offers(self, offers: Sequence[OfferedModel]) -> None:
        """Show these instead of those before."""
        self.beginResetModel()
        self._offers = tuple(offers)
        self.endResetModel()

    def rowCount(self, parent: ModelIndex | None = None) -> int:
        """One row an offer."""
        return 0 if parent is not None and parent.isValid() else len(self._offers)

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, detail, both for screen readers, and the offer itself."""
        if not index.isValid() or index.row() >= len(self._offers):
            return None
        offer = self._offers[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return offer.name
        if role == RowRole.DETAIL:
            return self.detail(offer)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{offer.name}, {self.detail(offer)}"
        return offer if role == RowRole.VALUE else None

    def detail(self, offer: OfferedModel) -> str:
        """Languages, licence and size in a line."""
        names = LANGUAGE_NAMES | {"multilingual": self.tr("many languages")}
        languages = ", ".join(names.get(code, code) for code in offer.languages)
        return " · ".join((languages, offer.licence, self._size(offer.megabytes)))

    def _size(self, megabytes: int) -> str:
        if megabytes < MB_PER_GB:
            return self.tr("about {size} MB").format(size=megabytes)
        return self.tr("about {size} GB").format(size=QLocale().toString(megabytes / MB_PER_GB, "f", 1))

    def about(self, offer: OfferedModel) -> str:
        """What is known of it, and where that stands."""
        figures = [
            self.tr("{set}: {percent} % (published in {source})").format(
                set=figure.set, percent=f"{figure.percent:g}", source=figure.source
            )
            for figure in offer.recall
        ]
        return "\n".join([part for part in (offer.note, offer.licence_source) if part] + figures)
