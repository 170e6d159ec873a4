"""A real engine process, asked over its own wire as the window asks it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from engine.protocol.methods import PROTOCOL_VERSION

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[1]


class EngineProcess:
    """Starts ``python -m engine`` on a library; requests one after the other, notifications passed over."""

    def __init__(self, library: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", "--library", str(library)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
            env=os.environ | {"ORT_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        self._last = 0
        self.ask("hello", {"protocol_version": PROTOCOL_VERSION})

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None  # both are pipes
        self._process.stdin.close()
        self._process.wait(60)

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Send a request and give its result; raises ``RuntimeError`` for an error."""
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        self._last += 1
        message = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}
        self._process.stdin.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self._last and "method" not in answer:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]
        raise RuntimeError("the engine has ended")
