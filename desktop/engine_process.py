"""The engine as a child process: lines in, lines out, restarted when it dies, stopped when it keeps dying."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from engine.protocol.methods import MAX_LINE_BYTES

logger = logging.getLogger(__name__)

_LOG_LIMIT_BYTES = 2 * 1024 * 1024


class EngineState(Enum):
    """What the engine process is doing. STOPPED: it died too often, or refused; nothing restarts it but a person."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """How to start the engine, and how patient to be with it (times in seconds).

    The engine keeps its own log; what it writes to stderr besides (a crash of a library) goes to ``stderr``.
    """

    program: str
    arguments: tuple[str, ...]
    stderr: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)
    first_delay_s: float = 0.25
    longest_delay_s: float = 8.0
    quick_death_s: float = 10.0
    quick_deaths: int = 5
    farewell_s: float = 5.0

    @classmethod
    def usual(cls, library: str | Path | None, log: Path) -> EngineCommand:
        """The engine that came with this program: the sibling executable of a bundle, else this Python."""
        arguments = ("--log-file", str(log), *_library_arguments(library))
        if getattr(sys, "frozen", False):
            sibling = Path(sys.executable).with_name("balloon-engine").with_suffix(Path(sys.executable).suffix)
            return cls(str(sibling), arguments, _crash_log(log))
        return cls(sys.executable, ("-m", "engine", *arguments), _crash_log(log))


class EngineProcess(QObject):
    """Owns the child process.

    Signals:
        line_read(object): one line of its standard output, bytes without the end of line.
        started(): a new process runs; nothing has been written to it.
        died(): it is gone though nobody asked; ``state`` says whether it will be restarted.
        state_changed(object): the new ``EngineState``.
    """

    line_read = Signal(object)
    started = Signal()
    died = Signal()
    state_changed = Signal(object)

    def __init__(self, command: EngineCommand, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = EngineState.CLOSED
        self._command = command
        self._buffer = bytearray()
        self._deaths = 0
        self._lifetime = QElapsedTimer()
        self._restart = QTimer(self, singleShot=True)
        self._restart.timeout.connect(self._launch)
        self._process = self._make_process()

    def start(self) -> None:
        """Start, or start again after STOPPED, with a clean record."""
        if self.state in (EngineState.CLOSED, EngineState.STOPPED):
            self._deaths = 0
            self._set_state(EngineState.STARTING)
            self._launch()

    def mark_ready(self) -> None:
        """The engine has answered: it is up."""
        self._set_state(EngineState.READY)

    def refuse(self) -> None:
        """The engine runs but cannot work (a library it may not open): end it and do not restart it."""
        self._set_state(EngineState.STOPPED)
        self._process.closeWriteChannel()

    def write_line(self, line: bytes) -> None:
        """Hand over one line; Qt keeps what the pipe does not take yet."""
        if self._process.state() == QProcess.ProcessState.Running:
            self._process.write(line + b"\n")

    def close(self) -> None:
        """Say EOF, wait a little, then kill; returns when the process is gone."""
        self._restart.stop()
        self._set_state(EngineState.CLOSED)
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(round(self._command.farewell_s * 1000)):
            logger.info("the engine did not leave in time and was killed")
            self._process.kill()
            self._process.waitForFinished(2000)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return self._process.processId()

    def _make_process(self) -> QProcess:
        process = QProcess(self)
        process.setProgram(self._command.program)
        process.setArguments(list(self._command.arguments))
        process.setWorkingDirectory(str(Path(__file__).resolve().parent.parent))
        process.setProcessEnvironment(self._environment())
        process.readyReadStandardOutput.connect(self._on_output)
        process.started.connect(self.started)
        process.finished.connect(self._on_gone)
        process.errorOccurred.connect(self._on_error)
        return process

    def _environment(self) -> QProcessEnvironment:
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in ({"ORT_DISABLE_TELEMETRY": "1"} | self._command.environment).items():
            environment.insert(name, value)
        return environment

    def _launch(self) -> None:
        self._buffer.clear()
        self._route_stderr()
        self._lifetime.start()
        self._process.start()

    def _route_stderr(self) -> None:
        if self._command.stderr is None:
            self._process.setStandardErrorFile(QProcess.nullDevice())
            return
        self._command.stderr.parent.mkdir(parents=True, exist_ok=True)
        is_long = self._command.stderr.exists() and self._command.stderr.stat().st_size > _LOG_LIMIT_BYTES
        mode = QProcess.OpenModeFlag.Truncate if is_long else QProcess.OpenModeFlag.Append
        self._process.setStandardErrorFile(str(self._command.stderr), mode)

    def _on_output(self) -> None:
        searched = len(self._buffer)
        self._buffer += self._process.readAllStandardOutput().data()
        while (end := self._buffer.find(b"\n", searched)) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            searched = 0
            if line.strip():
                self.line_read.emit(line)
        if len(self._buffer) > MAX_LINE_BYTES:
            logger.error("the engine wrote a line without end and was killed")
            self._process.kill()

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            logger.error("the engine could not be started: %s", self._process.errorString())
            self._on_gone()

    def _on_gone(self) -> None:
        if self.state in (EngineState.CLOSED, EngineState.STOPPED):
            return
        is_quick = self._lifetime.elapsed() < self._command.quick_death_s * 1000
        self._deaths = self._deaths + 1 if is_quick else 1
        if self._deaths >= self._command.quick_deaths:
            logger.error("the engine died %d times in a row: giving up", self._deaths)
            self._set_state(EngineState.STOPPED)
        else:
            delay_s = min(self._command.first_delay_s * 2 ** (self._deaths - 1), self._command.longest_delay_s)
            logger.info("the engine is gone (exit code %d); restart in %.2f s", self._process.exitCode(), delay_s)
            self._set_state(EngineState.RESTARTING)
            self._restart.start(round(delay_s * 1000))
        self.died.emit()

    def _set_state(self, state: EngineState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def _library_arguments(library: str | Path | None) -> tuple[str, ...]:
    if not library:
        return ()
    is_address = "://" in str(library)  # of a shared library
    return ("--library", str(library) if is_address else os.path.abspath(library))


def _crash_log(log: Path) -> Path:
    return log.with_name("engine-crash.log")
