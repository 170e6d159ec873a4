"""An engine client without an engine: tests see what was asked and answer when they like, or never."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest

from desktop.reply_decoder import EngineFailure
from engine.protocol.methods import Empty, Welcome
from engine.protocol.registry import METHODS

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel, QPoint
    from PySide6.QtWidgets import QWidget
    from pytestqt.modeltest import ModelTester

    from desktop.engine_client import EngineClient


# The offscreen platform complains about windows with a smallest size, menus and raised windows.
offscreen = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


class FakeReply(QObject):
    """One request: ``method`` and ``params`` as they were asked."""

    finished = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject, method: str, params: Any) -> None:
        super().__init__(parent)
        self.method = method
        self.params = params
        self.is_done = False
        self.was_cancelled = False

    def cancel(self) -> None:
        self.was_cancelled = not self.is_done

    def answer(self, value: Any) -> None:
        """Answer even what was cancelled: a real answer may be on its way already."""
        assert isinstance(value, METHODS[self.method][1])
        self.is_done = True
        self.finished.emit(value)

    def fail(self, kind: str = "internal") -> None:
        self.is_done = True
        self.failed.emit(EngineFailure(kind, "for the log"))


class FakeClient(QObject):
    """The shape of ``EngineClient``; ``answers`` holds what is answered at once when ``settle`` is called."""

    state_changed = Signal(object)
    welcomed = Signal(object)
    index_progress = Signal(object)
    index_finished = Signal(object)
    search_improved = Signal(object)
    library_changed = Signal(object)
    model_progress = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[FakeReply] = []
        self.answers: dict[str, Any] = {}
        self.welcome: Welcome | None = None

    @property
    def real(self) -> EngineClient:
        """Itself, as the panels know it."""
        return cast("EngineClient", self)

    def request(self, method: str, params: Any = None) -> FakeReply:
        value = Empty() if params is None else params
        assert isinstance(value, METHODS[method][0])
        reply = FakeReply(self, method, value)
        self.asked.append(reply)
        return reply

    def all_of(self, method: str) -> list[FakeReply]:
        return [reply for reply in self.asked if reply.method == method]

    def last(self, method: str) -> FakeReply:
        """The newest request of this method."""
        return self.all_of(method)[-1]

    def waiting(self) -> list[str]:
        """Methods that are neither answered nor cancelled."""
        return [reply.method for reply in self.asked if not reply.is_done and not reply.was_cancelled]

    def settle(self) -> None:
        """Answer all that ``answers`` knows, and what is asked because of that, until nothing is left."""
        while True:
            known = [r for r in self.asked if not r.is_done and not r.was_cancelled and r.method in self.answers]
            if not known:
                return
            for reply in known:
                if not reply.was_cancelled:
                    value = self.answers[reply.method]
                    reply.answer(value(reply.params) if callable(value) else value)


def press(widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press and release a key."""
    QTest.keyClick(widget, key, modifier)


def click(widget: QWidget, where: QPoint | None = None) -> None:
    """Click with the left button, in the middle unless told otherwise."""
    place = widget.rect().center() if where is None else where
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def check_model(tester: ModelTester, model: QAbstractItemModel) -> None:
    """Watch a model with Qt's own conformance test; pytest-qt has no types for it."""
    cast("Any", tester).check(model)
