"""Questions of one widget to the engine: an answer that nobody waits for any more reaches nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktop.engine_client import EngineClient, Reply
    from desktop.reply_decoder import EngineFailure

    Answered = Callable[[Any], None]
    Failed = Callable[[EngineFailure], None]


class _Question(QObject):
    """One request under way. It lives until it is answered or dropped, and keeps its reply alive."""

    def __init__(self, reply: Reply, answered: Answered, failed: Failed | None, parent: Asker) -> None:
        super().__init__(parent)
        self._reply = reply
        self._answered: Answered | None = answered
        self._failed = failed
        self._asker = parent
        reply.finished.connect(self._on_finished)
        reply.failed.connect(self._on_failed)

    def drop(self) -> None:
        """Forget the answer and ask the engine to stop working on it."""
        self._answered = self._failed = None
        self._reply.cancel()
        self.deleteLater()

    def _on_finished(self, value: object) -> None:
        answered, self._answered, self._failed = self._answered, None, None
        if answered is not None:
            self._asker.forget(self)
            answered(value)

    def _on_failed(self, failure: EngineFailure) -> None:
        was_waiting = self._answered is not None
        failed, self._answered, self._failed = self._failed, None, None
        if was_waiting:
            self._asker.forget(self)
        if failed is not None:
            failed(failure)


class Asker(QObject):
    """Asks for one owner. It is the owner's child, so nothing is delivered to a widget that is gone."""

    def __init__(self, client: EngineClient, parent: QObject) -> None:
        super().__init__(parent)
        self._client = client
        self._questions: list[_Question] = []

    @property
    def is_waiting(self) -> bool:
        """True while an answer is expected."""
        return bool(self._questions)

    def ask(self, method: str, params: object, answered: Answered, failed: Failed | None = None) -> None:
        """Ask beside whatever else is under way; ``failed`` None means that a failure needs no words."""
        self._questions.append(_Question(self._client.request(method, params), answered, failed, self))

    def ask_anew(self, method: str, params: object, answered: Answered, failed: Failed | None = None) -> None:
        """Ask in place of all earlier questions: their answers are dropped."""
        self.drop()
        self.ask(method, params, answered, failed)

    def drop(self) -> None:
        """Expect no answer any more."""
        questions, self._questions = self._questions, []
        for question in questions:
            question.drop()

    def forget(self, question: _Question) -> None:
        """Called by a question that has its answer."""
        if question in self._questions:
            self._questions.remove(question)
        question.deleteLater()
