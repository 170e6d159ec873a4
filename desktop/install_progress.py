"""How the installation of a model goes on: what is being done, how far it is, and a button that stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from desktop import notices
from desktop.asking import Asker
from desktop.wording import byte_size
from engine.protocol.methods import Empty

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from engine.protocol.model_methods import ModelProgress

DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
_STEPS: Final = 1000  # a bar counts in 32 bits, a download in bytes


class InstallProgress(QWidget):
    """Hidden while nothing is installed.

    Signals:
        ended(object, object): the key of the new model, or None, and a sentence about how it ended.
    """

    ended = Signal(object, object)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cancels = Asker(client, self)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName(self.tr("Progress of the installation"))
        self.cancel = QPushButton(self.tr("Stop"))
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self._on_cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 2)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self.hide()
        client.model_progress.connect(self._on_progress)
        client.state_changed.connect(lambda _state: self.stop())  # an installation dies with the engine

    @property
    def is_under_way(self) -> bool:
        """Whether a model is being installed."""
        return not self.isHidden()

    def begin(self) -> None:
        """Something was asked for."""
        self.label.setText(self.tr("One moment…"))
        self.bar.setRange(0, 0)
        self.cancel.setEnabled(True)
        self.show()

    def stop(self) -> None:
        """Nothing goes on any more."""
        self.hide()

    def _on_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._cancels.ask_anew("models.cancel", Empty(), lambda _: None)

    def _on_progress(self, progress: ModelProgress) -> None:
        if progress.phase in (DONE, FAILED, CANCELLED):
            self.stop()
            self.ended.emit(progress.key if progress.phase == DONE else None, self._end_text(progress))
            return
        if self.isHidden():
            self.begin()  # begun elsewhere, or before this window was made
        self.label.setText(self._phase_text(progress))
        self.bar.setRange(0, _STEPS if progress.total else 0)
        self.bar.setValue(_STEPS * progress.done // progress.total if progress.total else 0)

    def _phase_text(self, progress: ModelProgress) -> str:
        if progress.phase == "fetching" and progress.total:
            words = self.tr("Downloading: {done} of {total}")
            return words.format(done=byte_size(progress.done), total=byte_size(progress.total))
        texts = {
            "asking": self.tr("Asking the hub…"),
            "fetching": self.tr("Downloading…"),
            "copying": self.tr("Copying…"),
            "trying": self.tr("Trying the model out…"),
            "installing": self.tr("Installing…"),
        }
        return texts.get(progress.phase, self.tr("Converting the model…"))

    def _end_text(self, progress: ModelProgress) -> str:
        if progress.phase == DONE:
            return self.tr("The model {model} is installed.").format(model=progress.key)
        if progress.phase == CANCELLED or progress.kind is None:
            return notices.sentence_for("cancelled")
        sentence = notices.sentence_for(progress.kind)
        return f"{sentence} ({progress.message})" if progress.message else sentence
