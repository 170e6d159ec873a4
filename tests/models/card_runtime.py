"""ONNX Runtime as it would be on a computer with an NVIDIA card: the CPU does the work, and everything says CUDA did.

It shows that sessions, binding, profile and trial fit together; what a card makes of a graph it cannot show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.models.accelerators import CPU, CUDA


class CardRuntime:
    """Stands in for the module. ``bound`` counts batches that went through I/O binding."""

    def __init__(self, onnxruntime: Any, *, is_honest: bool = True) -> None:
        self._real = onnxruntime
        self._is_honest = is_honest
        self.bound = 0
        self.asked: list[Any] = []
        self.OrtValue = _Places(onnxruntime)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def preload_dlls(self) -> None:
        """The real one prints, and finds nothing here."""
        print("found CUDA")  # noqa: T201 - as the real one does

    def InferenceSession(self, path: str, options: Any, providers: list[Any], **_: Any) -> Any:  # noqa: N802
        """A session on the card, or one on the CPU that nobody asked for."""
        self.asked += providers
        if providers == [CPU] or not self._is_honest:
            return self._real.InferenceSession(path, options, providers=[CPU])
        return _CardSession(self, self._real.InferenceSession(path, options, providers=[CPU]))


class _Places:
    def __init__(self, onnxruntime: Any) -> None:
        self._real = onnxruntime

    def ortvalue_from_numpy(self, rows: Any, device: str, number: int) -> Any:
        assert (device, number) == ("cuda", 0)
        return self._real.OrtValue.ortvalue_from_numpy(rows.copy(), "cpu", 0)  # on the CPU it would share them


class _CardSession:
    def __init__(self, runtime: CardRuntime, session: Any) -> None:
        self._runtime, self._session = runtime, session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def run_with_iobinding(self, binding: Any) -> None:
        self._runtime.bound += 1
        self._session.run_with_iobinding(binding)

    def end_profiling(self) -> str:
        profile = Path(self._session.end_profiling())
        profile.write_text(profile.read_text().replace(CPU, CUDA))
        return str(profile)
