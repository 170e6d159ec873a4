"""Exporting in a process of its own: torch stays out of the app, its memory is given back, and it can be called off."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
from typing import TYPE_CHECKING, Any

from engine.errors import KnownError
from engine.models.layouts import refused
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from engine.models.exporting import Exported

NEEDED = ("torch", "transformers", "onnx", "onnxscript", "safetensors", "sentencepiece")
LOOK_EVERY_S = 0.2


def can_export() -> bool:
    """Whether the extra ``models`` is installed."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def export_apart(
    source: Path, target: Path, tell: Callable[[str], None], is_called_off: Callable[[], bool]
) -> Exported:
    """Export the checkpoint ``source`` into ``target``; ``tell`` hears each step.

    Raises ``KnownError``: BAD_FILE for a checkpoint that cannot be taken, EXTRA_MISSING, CANCELLED.
    """
    if not can_export():
        raise KnownError(
            ErrorKind.EXTRA_MISSING,
            "Converting a checkpoint of PyTorch needs the extra 'models'. Install it: "
            "pip install 'balloon-photos[models]'",
        )
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(theirs, source, target), name="balloon-export", daemon=True)
    process.start()
    theirs.close()
    try:
        return _listen(ours, source, tell, is_called_off)
    finally:
        ours.close()
        process.kill()
        process.join()


def _listen(pipe: Connection, source: Path, tell: Callable[[str], None], is_called_off: Callable[[], bool]) -> Exported:
    try:
        while True:
            if is_called_off():
                raise KnownError(ErrorKind.CANCELLED, "The import was called off. Nothing was installed.")
            if not pipe.poll(LOOK_EVERY_S):
                continue
            what, value = pipe.recv()  # from our own process; nothing foreign is ever unpickled
            if what == "done":
                exported: Exported = value
                return exported
            if what == "refused":
                raise KnownError(*value)
            tell(value)
    except EOFError as error:
        raise refused(source, "converting it did not work (the process ended: most likely memory ran out)") from error


def serve(pipe: Connection, source: Path, target: Path) -> None:
    """The process: export and tell. Whatever it prints goes nowhere, and it reaches no network."""
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TRANSFORMERS_VERBOSITY="error")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)

    def tell(step: str) -> None:
        pipe.send(("step", step))

    try:
        from engine.models.exporting import export_checkpoint

        pipe.send(("done", export_checkpoint(source, target, tell)))
    except KnownError as error:
        pipe.send(("refused", _facts(error)))
    except Exception as error:  # noqa: BLE001 - the border of this process: whatever torch raises becomes a sentence
        why = f"converting it did not work ({type(error).__name__}: {str(error).strip()[:200]})"
        pipe.send(("refused", _facts(refused(source, why))))


def _facts(error: KnownError) -> tuple[Any, str]:
    return error.kind, str(error)
