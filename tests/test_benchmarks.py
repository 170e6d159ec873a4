"""The benchmarks still run, tell what they saw, and tell when something failed; how fast anything is, is no test."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from benchmarks import report, runner
from benchmarks.corpus import made
from benchmarks.negation import Tally, pairs, read_shown
from benchmarks.plan import Measurement
from benchmarks.runner import Result, run_all
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def result(size: int, value: float, subject: str = "Balloon", figure: str = "p50_ms") -> Result:
    measurement = Measurement("search", "512-d", subject, size, "nowhere:nothing")
    return Result(measurement, {figure: value}, ({figure: value},), (0.5,))


def test_short_search_benchmark_gives_one_table_as_text_and_json(tmp_path: Path) -> None:
    command = ["-m", "benchmarks", "search", "--short", "--runs", "2", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "table.txt").read_text("utf-8") in done.stdout
    results = json.loads((tmp_path / "table.json").read_text("utf-8"))["results"]
    assert [one["what"] for one in results] == ["64-d", "64-d, even"]
    for balloon in results:
        assert balloon["figures"]["recall"] == 1.0
        assert balloon["figures"]["p50_ms"] > 0
        assert len(balloon["runs"]) == len(balloon["loads"]) == 2


@pytest.mark.usefixtures("mini")
def test_indexing_and_new_photo_are_measured_on_real_files(tmp_path: Path) -> None:
    photos = {"photos": str(made(tmp_path, "0.3 MP JPEG", 3)), "model": "balloon-mini"}
    measured = run_all(
        [
            Measurement("indexing", "0.3 MP JPEG", "Balloon, mini", 3, "measure_indexing:whole", photos),
            Measurement("upkeep", "rescan", "Balloon", 20, "measure_upkeep:rescan", {"photos": 20}),
        ],
        runs=1,
        peers=None,
    )
    assert [one.trouble for one in measured] == ["", ""]
    assert measured[0].figures["photos_per_s"] > 0
    assert 0 < measured[0].figures["encoder_busy"] < 1


def test_failed_measurement_is_told_with_its_last_words(tmp_path: Path) -> None:
    lost = Measurement(
        "search", "512-d", "Balloon", 7, "peers_search:numpy_float32", {"vectors": str(tmp_path / "none")}
    )
    (found,) = run_all([lost], runs=3, peers=None)
    assert "numpy_float32" in found.trouble
    assert len(found.loads) == 1, "it is not tried again"
    assert "failed" in report.write([found], tmp_path)


def test_what_takes_long_is_run_once_and_nothing_is_begun_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rescan = Measurement("upkeep", "rescan", "Balloon", 5, "measure_upkeep:rescan", {"photos": 5})
    monkeypatch.setattr(runner, "LONG_S", 0.0)
    (found,) = run_all([rescan], runs=3, peers=None)
    assert len(found.runs) == 1
    assert run_all([rescan], runs=1, peers=None, minutes=-1) == []


def test_peers_are_left_out_where_there_are_none() -> None:
    assert (
        run_all([Measurement("search", "512-d", "faiss flat", 7, "peers_search:exact", peer=True)], runs=1, peers=None)
        == []
    )


def test_exponent_tells_a_quadratic_from_a_straight_line() -> None:
    sizes = (10, 100, 1000)
    found = report.growth(
        [result(size, 3.0 * size, "straight") for size in sizes]
        + [result(size, size**2 / 7, "square") for size in sizes]
    )
    assert {key[2]: round(value, 6) for key, value in found.items()} == {"straight": 1.0, "square": 2.0}
    assert report.growth([result(10, 1.0), result(100, 2.0)]) == {}, "two sizes are no growth"


def test_plot_is_an_svg_with_a_line_for_each_subject() -> None:
    results = [result(size, value, who) for who in ("A & B", "C") for size, value in ((10, 1.0), (1000, math.pi))]
    ((name, drawing),) = report.plots(results).items()
    assert name == "search-512-d-p50_ms.svg"
    root = ET.fromstring(drawing)
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A & B", "C", "search, 512-d: p50_ms"} <= set(words)
    assert report.plots([result(10, 1.0)]) == {}, "one size is no line"


def test_what_a_photo_shows_is_taken_from_all_its_captions(tmp_path: Path) -> None:
    rows = [
        {"file": "1.jpg", "en": ["Two dogs", "on the beach"], "tags": ["sky"]},
        {"file": "2.jpg", "en": "a man with his dog"},
        {"file": "2.jpg", "en": "a manor"},
        {"file": "3.jpg", "en": "a skyscraper, a dark skirt on its surface"},
    ]
    (tmp_path / "captions.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    shown = {thing.english: names for thing, names in read_shown(tmp_path / "captions.jsonl", ["en", "tags"]).items()}
    expected = {
        "dog": {"1.jpg", "2.jpg"},
        "people": {"2.jpg"},
        "sky": {"1.jpg"},
        "buildings": {"3.jpg"},
        "snow": set(),
        "night": set(),
        "water": {"1.jpg"},
    }
    assert {name: shown[name] for name in expected} == expected
    found = pairs(read_shown(tmp_path / "captions.jsonl", ["en", "tags"]), both=1, alone=1)
    assert ("dog", "people") in [(wanted.english, unwanted.english) for wanted, unwanted in found]
    assert ("people", "dog") not in [(wanted.english, unwanted.english) for wanted, unwanted in found]


def test_hits_of_a_negation_are_counted_by_what_they_show() -> None:
    tally = Tally()
    tally.add([("1", True), ("2", True), ("3", False)], frozenset({"1", "2", "3"}), frozenset({"2"}))
    assert (tally.first, tally.first_unwanted) == (3, 1)
    assert (tally.matches, tally.matches_unwanted, tally.matches_right, tally.right) == (2, 1, 1, 2)
