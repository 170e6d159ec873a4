"""How many photos at once: as many as make the accelerator faster and fit into its memory, found out while working."""

from __future__ import annotations

import threading

FIRST = 32
ON_CPU = 8  # more at once leave a core's cache: measured 5 to 20 % slower
MOST = 256
WORTH_IT = 1.05
"""A larger batch must be at least this many times as fast, or the smaller one stays."""


class BatchSize:
    """Grows from ``first`` to at most ``most`` while that pays; after a failure it never comes near that size again.

    The first batch of a size only warms up (kernels are chosen, memory is taken), the second is timed. From any thread.
    """

    def __init__(self, first: int = FIRST, most: int = MOST) -> None:
        self._sole = threading.Lock()
        self._size = min(first, most)
        self._most = most
        self._best_rate = 0.0
        self._is_warm = False
        self._is_settled = first >= most
        self._last_good = self._size

    @property
    def size(self) -> int:
        """How many photos to hand over at once."""
        with self._sole:
            return self._size

    def succeeded(self, count: int, seconds: float) -> None:
        """A batch of ``count`` took ``seconds``."""
        with self._sole:
            if self._is_settled or count < self._size:
                return
            if not self._is_warm:
                self._is_warm = True
                return
            self._weigh(count / max(seconds, 1e-9))

    def _weigh(self, rate: float) -> None:
        if rate < self._best_rate * WORTH_IT:
            self._size, self._is_settled = self._last_good, True
            return
        self._best_rate, self._last_good = rate, self._size
        self._size = min(2 * self._size, self._most)
        self._is_settled = self._size == self._last_good
        self._is_warm = False

    def failed(self, count: int) -> bool:
        """A batch of ``count`` did not work, most likely for want of memory; False when there is no smaller one."""
        with self._sole:
            if count <= 1:
                return False
            self._size = self._most = self._last_good = max(1, count // 2)
            self._is_settled = True
            return True
