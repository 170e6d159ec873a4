"""The engine process with a part that prints wherever it can, as libraries do: noisy_engine.py --library PATH."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from engine.__main__ import main
from engine.api import Engine

if TYPE_CHECKING:
    from engine.protocol import SearchResult
    from engine.protocol.methods import SearchRequest


class NoisyEngine(Engine):
    """Prints before each search, and reads what it takes for a person's answer."""

    def search_request(self, request: SearchRequest) -> SearchResult:
        print("a library prints")  # noqa: T201 - the very thing that is tested
        os.write(1, b"another writes to the descriptor\n")
        subprocess.run([sys.executable, "-c", "print('so does a child, which reads', input)"], check=True)
        sys.stdin.read()
        os.read(0, 1000)
        return super().search_request(request)

    def sibling(self, *, write: bool) -> Engine:
        plain = super().sibling(write=write)
        plain.__class__ = NoisyEngine
        return plain


if __name__ == "__main__":
    import engine.api

    engine.api.Engine = NoisyEngine  # type: ignore[misc]
    sys.exit(main())
