"""The stages as Ray Data runs them, and the batches that come out, handed over one by one.

An actor iterates: Ray Data does that only in a process that belongs to the cluster, and who comes by ``ray://`` does
not. And an answer can be waited for with patience: Ray itself begins anew for ever what its memory monitor ends.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.cluster import rays
from engine.cluster.stages import Decoding, Encoding

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from engine.cluster.stages import Batch
    from engine.imaging.preprocess import InputSpec

logger = logging.getLogger(__name__)

BLOCK = 32  # photos that are lost with a worker and given again
COMMIT = 128  # photos in one transaction
TRIES = 3  # without a single batch: one machine that is lost is no reason to give up
PATIENCE_S = 900.0  # without a single batch; a machine that is started first takes minutes


@dataclass(frozen=True, slots=True)
class Assignment:
    """Photos for the cluster (``stages.rows_of``), and what to do with them.

    ``workers`` bounds the decoding actors; None: one for each core that the cluster has.
    """

    rows: Sequence[dict[str, Any]]
    spec: InputSpec
    deadline_s: float
    model: str
    fingerprint: str
    workers: int | None


class Feed:
    """An actor that iterates inside the cluster."""

    def __init__(self, assignment: Assignment) -> None:
        dataset = _dataset(assignment)
        self._batches = iter(dataset.iter_batches(batch_size=COMMIT, batch_format="numpy", prefetch_batches=1))

    def next(self) -> Batch | None:
        """The next batch, None after the last."""
        return next(self._batches, None)


def batches(assignment: Assignment) -> Generator[Batch]:
    """What ``stages.results`` reads, ``COMMIT`` photos at a time, as soon as they are done.

    What was lost with the process that iterates is given again. Raises Ray's error when that happens ``TRIES`` times
    without a batch in between, and its ``GetTimeoutError`` when nothing comes back for ``PATIENCE_S``.
    """
    left = {int(row["photo"]): row for row in assignment.rows}
    tries = TRIES
    while True:
        try:
            for batch in _fed(replace(assignment, rows=list(left.values()))):
                for photo in batch["photo"]:
                    left.pop(int(photo), None)
                tries = TRIES
                yield batch
        except rays.deaths() as error:
            tries -= 1
            if not tries or rays.said_by_worker(error) is not None:
                raise
            logger.info("the cluster is asked again for %d photos: %s", len(left), error)
        else:
            return


def _fed(assignment: Assignment) -> Generator[Batch]:
    ray = rays.module()
    feed = ray.remote(Feed).options(num_cpus=0).remote(assignment)
    try:
        waiting = feed.next.remote()
        while (batch := ray.get(waiting, timeout=PATIENCE_S)) is not None:
            waiting = feed.next.remote()  # made while this one is stored
            yield batch
    finally:
        ray.kill(feed)


def widths(wanted: int | None, resources: Mapping[str, float]) -> tuple[int, int]:
    """How many actors decode and how many encode at most: as many as asked for, else one a core. GPUs encode alone."""
    decoding = wanted or max(1, int(resources.get("CPU", 1)))
    return decoding, int(resources.get("GPU", 0)) or decoding


def _dataset(assignment: Assignment) -> Any:
    data = rays.module("ray.data")
    data.DataContext.get_current().enable_progress_bars = False
    rays.keep_quiet()
    resources = rays.module().cluster_resources()
    decoding, encoding = widths(assignment.workers, resources)
    blocks = max(1, -(-len(assignment.rows) // BLOCK))
    decoded = data.from_items(list(assignment.rows), override_num_blocks=blocks).map_batches(
        Decoding, fn_constructor_args=(assignment.spec, assignment.deadline_s),
        batch_size=BLOCK, batch_format="numpy", zero_copy_batch=True,
        num_cpus=0.9, compute=data.ActorPoolStrategy(min_size=1, max_size=decoding),
    )  # fmt: skip
    # Beside decoders that keep every core busy an encoder on the CPU is given a small share on paper: cores are what
    # Ray counts, and on a computer of one or two it would wait for ever.
    share = {"num_gpus": 1} if resources.get("GPU", 0) >= 1 else {"num_cpus": 0.1}
    return decoded.map_batches(
        Encoding, fn_constructor_args=(assignment.model, assignment.fingerprint, 1),
        batch_size=BLOCK, batch_format="numpy", zero_copy_batch=True,
        compute=data.ActorPoolStrategy(min_size=1, max_size=encoding), **share,
    )  # fmt: skip
