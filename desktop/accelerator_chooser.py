"""What photos are encoded on: the choice, and in words what trying it out has shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from desktop import notices
from desktop.asking import Asker
from engine.protocol.methods import Empty, SettingValue

if TYPE_CHECKING:
    from desktop.engine_client import EngineClient
    from desktop.reply_decoder import EngineFailure
    from engine.protocol.model_methods import AcceleratorList, AcceleratorRow

SETTING: Final = "models.accelerator"
AUTOMATIC: Final = "auto"
NAMES: Final = {
    "cpu": "CPU",
    "cuda": "CUDA (NVIDIA)",
    "tensorrt": "TensorRT (NVIDIA)",
    "directml": "DirectML",
    "coreml": "CoreML (Apple)",
    "openvino": "OpenVINO (Intel)",
}
ON_REQUEST: Final = frozenset(("tensorrt",))
"""Never tried by itself, so nobody who did not choose it is told why it does not work."""


class AcceleratorChooser(QComboBox):
    """Offers what the engine offers. A choice is stored at once, works from the next photos on, and is tried out.

    ``hint`` is a label of its own, for the form to place.

    Signals:
        failed(failure): an ``EngineFailure``; the choice was taken back.
    """

    failed = Signal(object)

    def __init__(self, client: EngineClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = Asker(client, self)
        self._found: AcceleratorList | None = None
        self.hint = QLabel()
        self.hint.setObjectName("muted")
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint.setWordWrap(True)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.addItem(self.tr("Automatic"), AUTOMATIC)
        self.setEnabled(False)
        self.activated.connect(self._on_activated)

    def load(self) -> None:
        """Ask what there is, and have it tried out where that was not done yet."""
        self._asker.ask_anew("accelerators.list", Empty(), self._on_list, self._on_failed)

    def _on_list(self, found: AcceleratorList) -> None:
        self._show(found)
        if not found.is_tried:
            self._try()

    def _try(self) -> None:
        name = NAMES.get(self.currentData())
        self._say(self.tr("Trying {name}…").format(name=name) if name else self.tr("Finding out what works here…"))
        self._asker.ask_anew("accelerators.try", Empty(), self._show, self._on_untried)

    def _show(self, found: AcceleratorList) -> None:
        self._found = found
        with QSignalBlocker(self):
            self.clear()
            self.addItem(self.tr("Automatic"), AUTOMATIC)
            for row in sorted(found.offered, key=lambda row: row.key != "cpu"):
                self.addItem(NAMES.get(row.key, row.key), row.key)
        self._put_back()
        self.setEnabled(not found.is_given)
        self._say(self._words(found))

    def _words(self, found: AcceleratorList) -> str:
        """What is used, and why something better is not."""
        sentences = [self.tr("BALLOON_ACCELERATOR decides this.")] if found.is_given else []
        if found.used is not None:
            sentences.append(notices.accelerator_text(NAMES.get(found.used, found.used)))
        for row in found.offered:
            if row.key == found.used:
                break  # what follows is no better
            if row.trouble is not None and _is_missed(row, found.chosen):
                sentences.append(notices.left_out_text(NAMES.get(row.key, row.key), row.trouble, row.detail))
        return "\n".join(sentences)

    def _say(self, words: str) -> None:
        self.hint.setText(words)
        self.hint.setVisible(bool(words))
        self.setAccessibleDescription(words)

    def _on_activated(self) -> None:
        key = self.currentData()
        if self._found is None or key == self._found.chosen:
            return
        setting = SettingValue(SETTING, None if key == AUTOMATIC else key)
        self._asker.ask_anew("settings.set", setting, lambda _stored: self._try(), self._on_failed)

    def _put_back(self) -> None:
        if self._found is not None:
            self.setCurrentIndex(max(0, self.findData(self._found.chosen)))

    def _on_untried(self, failure: EngineFailure) -> None:
        self._say("")
        self.failed.emit(failure)

    def _on_failed(self, failure: EngineFailure) -> None:
        self._put_back()
        self.failed.emit(failure)


def _is_missed(row: AcceleratorRow, chosen: str) -> bool:
    return row.key == chosen if chosen != AUTOMATIC else row.key not in ON_REQUEST
