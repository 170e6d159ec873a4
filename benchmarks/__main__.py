"""``python -m benchmarks``: measure, and print one table (see the package's docstring)."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks import plan, report
from benchmarks.runner import ROOT, make_heics, run_all


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; 1 where a measurement has failed."""
    options = _parse(arguments)
    sizes = plan.SHORT if options.short else plan.FULL
    if options.largest is not None:
        sizes = _up_to(sizes, options.largest)
    if options.rest is not None:
        sizes = replace(sizes, rest_s=options.rest)
    place = options.out / "data"
    if options.peers is not None and "indexing" in options.sections:
        make_heics(options.peers, place, sizes.heics)
    measurements = [one for name in options.sections for one in getattr(plan, name)(place, sizes)]
    if options.only:
        measurements = [one for one in measurements if one.section == "prepare" or _is_named(one, options.only)]
    results = run_all(measurements, runs=options.runs, peers=options.peers, minutes=options.minutes)
    print(report.write(results, options.out))
    return int(any(result.trouble for result in results))


def _is_named(one: plan.Measurement, words: list[str]) -> bool:
    return any(word.lower() in f"{one.subject} {one.what} {one.size}".lower() for word in words)


def _up_to(sizes: plan.Sizes, largest: int) -> plan.Sizes:
    def kept(counts: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(count for count in counts if count <= largest) or (largest,)

    return replace(sizes, vectors=kept(sizes.vectors), library=kept(sizes.library), files=kept(sizes.files))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", default=plan.SECTIONS, metavar="SECTION", help=", ".join(plan.SECTIONS))
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", help="for the table, the plots and data")
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured; the middle counts")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter with peers.txt; without it no peers")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="subjects, kinds or sizes with one of these words")
    parser.add_argument("--largest", type=int, metavar="N", help="no library or collection of more than N")
    parser.add_argument(
        "--rest", type=float, metavar="S", help="seconds that an engine rests before its memory is read"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, metavar="M", help="begin nothing after so many")
    parser.add_argument("--short", action="store_true", help="tiny sizes: does everything still run?")
    options = parser.parse_args(arguments)
    unknown = set(options.sections) - set(plan.SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
