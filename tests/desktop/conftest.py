"""Fixtures for the desktop: Qt without a screen, a fake engine process, a window over it, and nothing left running."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QThreadPool, QTimer

from desktop.balloon_app import BalloonApp
from desktop.engine_client import EngineClient, EngineCommand, EngineState
from desktop.main_window import MainWindow
from desktop.settings import AppSettings
from tests.desktop.fake_engine import FakePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

ROOT = Path(__file__).resolve().parents[2]
START_MS = 30_000  # a process is started, on a machine that may be busy
COLOURS = ("#b33", "#3b3", "#33b", "#bb3", "#3bb", "#b3b")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform says at each popup what it cannot do; that is no failure of ours."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@dataclass
class Fake:
    """The fake engine's plan and what it heard."""

    file: Path
    now: FakePlan

    def plan(self, **changes: Any) -> None:
        """Behave like this from the next start on."""
        self.now = replace(self.now, **changes)
        self.now.write(self.file)

    def command(self, **patience: Any) -> EngineCommand:
        script = str(ROOT / "tests" / "desktop" / "fake_engine.py")
        quick = {"first_delay_s": 0.01, "longest_delay_s": 0.05, "farewell_s": 3.0} | patience
        return EngineCommand(sys.executable, (script, str(self.file)), environment={"PYTHONPATH": str(ROOT)}, **quick)

    def heard(self, method: str) -> list[dict[str, Any]]:
        """The messages of this method, oldest first."""
        file = self.file.with_suffix(".heard")
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [message for message in map(json.loads, lines) if message["method"] == method]

    def pids(self) -> list[int]:
        file = self.file.with_suffix(".pids")
        return [int(line) for line in file.read_text().split()] if file.exists() else []


@pytest.fixture(scope="session")
def qapp_cls() -> type[BalloonApp]:
    """The application as the program makes it."""
    return BalloonApp


@pytest.fixture(scope="session")
def thumbnails(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """JPEGs as the engine writes them, one colour each."""
    folder = tmp_path_factory.mktemp("thumbnails")
    files = []
    for number, colour in enumerate(COLOURS):
        file = folder / f"{number}.jpg"
        Image.new("RGB", (320, 240), colour).save(file)
        files.append(str(file))
    return files


@pytest.fixture
def fake(tmp_path: Path, thumbnails: list[str]) -> Iterator[Fake]:
    made = Fake(tmp_path / "plan.json", FakePlan(thumbnails=thumbnails))
    made.plan()
    yield made
    alive = [pid for pid in made.pids() if _is_alive(pid)]
    assert not alive, "an engine process was left running"


@pytest.fixture
def client(fake: Fake, qtbot: QtBot) -> Iterator[EngineClient]:
    """A client over the fake engine, not started."""
    made = EngineClient(fake.command())
    yield made
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "engine-decoder"]


@pytest.fixture
def settings(tmp_path: Path, qtbot: QtBot) -> AppSettings:
    return AppSettings(tmp_path / "desktop.ini")


@pytest.fixture
def open_window(client: EngineClient, settings: AppSettings, qtbot: QtBot) -> Iterator[Callable[[], MainWindow]]:
    """Makes the window once the test has made its plan; waits until the first photos or pages are there."""
    made: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow(client, settings)
        window.resize(1000, 700)
        made.append(window)
        window.show()
        client.start()
        qtbot.waitUntil(
            lambda: client.state == EngineState.READY and window.library.status is not None, timeout=START_MS
        )
        qtbot.waitUntil(lambda: not window.session.is_busy, timeout=START_MS)
        return window

    yield make
    for window in made:
        window.close()
        running = [timer.parent() for timer in window.findChildren(QTimer) if timer.isActive()]
        assert not running, "a timer was left running"
        window.deleteLater()


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


@pytest.fixture(scope="package", autouse=True)
def _collect_in_this_thread() -> Iterator[None]:
    """As the application does: a thread that decodes must not be the one that destroys widgets."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _nothing_left_running(qapp: QApplication) -> Iterator[None]:
    """Threads of Qt's pool have come to rest and no window is left open when a test ends."""
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)
    shown = [widget for widget in qapp.topLevelWidgets() if widget.isVisible()]
    for widget in shown:
        widget.close()
    gc.collect()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
