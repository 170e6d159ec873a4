"""What doctor and status say of the model at work: who really ran it, how fast, and what memory it took."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from engine.cli.main import main
from engine.config import LibraryPaths
from engine.diagnosis import _who_ran, diagnose
from engine.models.accelerators import CPU, CUDA, LeftOut
from engine.models.encoder import Encoder
from engine.models.image_runner import RunnerFacts
from engine.protocol.model_methods import AcceleratorTrouble
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (RunnerFacts(CPU, shares={}), "CPU ran the last batch"),
        (
            RunnerFacts(CUDA, shares={CUDA: 0.98, CPU: 0.02}, half_precision=True),
            "CUDA ran the last batch in float16 (98% of a batch's time by its profile)",
        ),
        (RunnerFacts(CPU, (LeftOut(CUDA, AcceleratorTrouble.FAILED, "out of memory"),), {}), "CPU ran the last batch"),
    ],
)
def test_provider_line_tells_what_ran(facts: RunnerFacts, expected: str) -> None:
    assert _who_ran(facts) == expected


def test_doctor_tries_the_model_and_measures(mini: Path, tmp_path: Path) -> None:
    found = {
        item.name: item for item in diagnose(LibraryPaths(tmp_path / "library"), lambda: Encoder.open(mini, wanted=CPU))
    }
    assert found["provider"].text == "CPU ran the last batch"
    assert "photos/s encoded in batches of " in found["speed"].text
    assert " MB at work, " in found["memory"].text
    assert "left out" not in found, "nobody misses an accelerator where the CPU was asked for"


@pytest.mark.skipif(sys.platform != "linux", reason="how memory comes back is the system's affair")
def test_released_image_tower_gives_its_memory_back(mini: Path) -> None:
    encoder, process = Encoder.open(mini, wanted=CPU), psutil.Process()
    size = encoder.card.image.input_spec.size
    pixels = np.zeros((32, size, size, 3), dtype=np.uint8)
    vectors = encoder.encode_images(pixels)
    busy = process.memory_info().rss
    assert not encoder.release_images(idle_s=3600)
    assert encoder.release_images()
    assert busy - process.memory_info().rss > 50e6
    np.testing.assert_allclose(encoder.encode_images(pixels), vectors, atol=1e-5)


@pytest.mark.usefixtures("mini")
def test_status_tells_what_encoded_the_photos_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("BALLOON_ACCELERATOR", "cpu")
    for number in range(9):
        write_photo(tmp_path / "photos" / f"{number}.jpg", scene((64, 48), number))
    assert main(["index", str(tmp_path / "photos"), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["provider"] == CPU
    assert told["batch"] in range(1, 10)
    assert main(["status"]) == 0
    assert "encoded on" in capsys.readouterr().out


def test_accelerator_that_does_not_exist_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("BALLOON_ACCELERATOR", "abacus")
    write_photo(tmp_path / "photos" / "0.jpg", scene((64, 48), 1))
    assert main(["index", str(tmp_path / "photos")]) == 2
    assert "no accelerator called 'abacus'" in capsys.readouterr().err
