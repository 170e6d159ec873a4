"""One command from the data pack to the finished balloon-mini: ``python -m engine.training.mini``.

Seeds are fixed and every stage leaves a file in the work folder: run again, it goes on where it was. Where
there is a GPU, both towers are at last trained together, end to end from pixels.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.training.workshop import Settings, Workshop

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: the pack, the work folder, the package to write, and a folder of test photos.

    Near-copies of ``keep_away`` are left out of training; with a captions.jsonl it also gives the card's last figures.
    """

    data: Path
    work: Path
    out: Path
    keep_away: Path | None = None
    until: str | None = None


def build(order: Order, settings: Settings | None = None) -> None:
    """Run all stages up to ``order.until``; what is there already is not done again."""
    from engine.training.workshop import Settings, Workshop

    shop = Workshop(order.data, order.work, settings or Settings.for_this_machine())
    for name, stage in stages(order, on_gpu=shop.settings.joint is not None).items():
        with _on_the_clock(shop, name):
            stage(shop)
        if name == order.until:
            return


@contextlib.contextmanager
def _on_the_clock(shop: Workshop, name: str) -> Iterator[None]:
    """Add what a stage takes to what earlier runs of it took, failed or interrupted (not killed) ones too."""
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - started
        logger.info("stage %s: %.0f s", name, seconds)
        taken: dict[str, float] = shop.noted("seconds") or {}
        shop.write_down("seconds", {**taken, name: round(taken.get(name, 0.0) + seconds, 1)})


def stages(order: Order, *, on_gpu: bool = False) -> dict[str, Callable[[Workshop], None]]:
    """The stages by name, in order."""
    from engine.training import (
        comparisons,
        joint_stages,
        larger_view_stage,
        one_view_stage,
        publishing,
        rounding_stage,
        stages,
    )

    together: dict[str, Callable[[Workshop], None]] = {
        "pixels": joint_stages.squash_photos,
        "members": joint_stages.train_members,
        "mean": joint_stages.average_members,
    }

    return {
        "keep_away": lambda shop: stages.keep_away(shop, order.keep_away),
        "teacher": stages.ask_teacher,
        "vocabulary": stages.make_vocabulary,
        "views": stages.cut_views,
        "baseline": stages.baseline,
        "images": stages.tune_images,
        "distil": stages.distil,
        "sentences": stages.encode_sentences,
        "images_further": stages.tune_images_further,
        "image_vectors": stages.encode_images,
        "texts": stages.tune_texts,
        "whole_views": one_view_stage.cut_whole_views,
        "one_view": one_view_stage.learn_one_view,
        "looks": larger_view_stage.look_at_photos,
        "large_views": larger_view_stage.cut_larger_views,
        "large_view": larger_view_stage.learn_larger_view,
        **(together if on_gpu else {}),
        "rounding": rounding_stage.learn_rounding,
        "comparison": comparisons.compare_methods,
        "curve": comparisons.draw_curve,
        "fusion": comparisons.try_reranking,
        "package": lambda shop: publishing.publish(shop, order.out, publishing.Publication(), order.keep_away),
    }


def read_order(arguments: Sequence[str] | None = None) -> tuple[Order, int]:
    """Read the command line: the order and the seed."""
    parser = argparse.ArgumentParser(prog="python -m engine.training.mini", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="PACK", help="the data pack")
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="where stages leave their files")
    parser.add_argument("--out", type=Path, required=True, metavar="PACKAGE", help="the model package to write")
    parser.add_argument("--keep-away", type=Path, metavar="PHOTOS", help="photos whose near-copies must not be used")
    parser.add_argument("--until", metavar="STAGE", help="stop after this stage")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    return Order(given.data, given.work, given.out, given.keep_away, given.until), given.seed


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the package; exit status 0, or 2 where the extra ``models`` is not installed."""
    from engine.errors import KnownError

    order, seed = read_order(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("onnxscript").setLevel(logging.WARNING)
    logging.getLogger("onnx_ir").setLevel(logging.WARNING)
    try:
        from engine.training.workshop import Settings

        build(order, replace(Settings.for_this_machine(), seed=seed))
    except KnownError as error:
        logger.error("%s", error)  # noqa: TRY400  # a sentence for a person, not a traceback
        return 2
    except ImportError as error:
        logger.error("Training needs the extra 'models': %s.", error)  # noqa: TRY400
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
