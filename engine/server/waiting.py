"""The thread that knows whether indexing has to wait: for the mains, or until nobody uses the computer.

Both are wishes of the person, kept in the library's settings. Without them nothing is looked at.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.server import surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.api import Engine

MAINS_SETTING: Final = "index.on_mains"
IDLE_SETTING: Final = "index.when_idle"
WISHES: Final = (MAINS_SETTING, IDLE_SETTING)
MAINS, IDLE = "mains", "idle"
"""What indexing waits for."""

LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """When the person wants indexing to go on."""

    on_mains: bool = False
    when_idle: bool = False

    @classmethod
    def of(cls, engine: Engine) -> Wishes:
        """Those kept in the library."""
        return cls(engine.get_setting(MAINS_SETTING) == "true", engine.get_setting(IDLE_SETTING) == "true")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How the computer is asked; tests put their own here."""

    is_on_battery: Callable[[], bool] = surroundings.is_on_battery
    is_in_use: Callable[[], bool] = surroundings.is_in_use


class WaitingThread:
    """Calls ``on_change`` when ``reason`` is another one. The methods may be called from any thread."""

    def __init__(
        self, on_change: Callable[[], None], asked: Surroundings | None = None, look_every_s: float | None = None
    ) -> None:
        self.reason: str | None = None
        self._on_change = on_change
        self._asked = asked or Surroundings()
        self._look_every_s = LOOK_EVERY_S if look_every_s is None else look_every_s
        self._changed = threading.Condition()
        self._one_look = threading.Lock()
        self._wishes = Wishes()
        self._is_closing = False
        self.thread = threading.Thread(target=self._work, name="waiting", daemon=True)

    def want(self, wishes: Wishes) -> None:
        """Follow these wishes from now on; looks at once."""
        with self._changed:
            is_news, self._wishes = wishes != self._wishes, wishes
            self._changed.notify_all()
        if is_news:
            self.look()

    def look(self) -> None:
        """See how things are now."""
        with self._one_look:
            before, self.reason = self.reason, self._see(self._wishes)
            if self.reason != before:
                self._on_change()

    def _see(self, wishes: Wishes) -> str | None:
        if wishes.on_mains and self._asked.is_on_battery():
            return MAINS
        return IDLE if wishes.when_idle and self._asked.is_in_use() else None

    def stop(self) -> None:
        """Let the thread end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                # Nobody who has no wish pays for looking.
                self._changed.wait_for(lambda: self._is_closing or self._wishes != Wishes())
                if self._is_closing or self._changed.wait_for(lambda: self._is_closing, self._look_every_s):
                    return
            self.look()
