"""The road of a batch on a card, from the driver's answer to what doctor says, over a runtime that plays one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.diagnosis import _who_ran
from engine.models import image_runner, session
from engine.models.accelerators import CPU, CUDA, Machine, choose_providers
from engine.models.image_runner import ImageRunner, Standing, trial_rows
from engine.models.package import read_card
from engine.models.parity import compare
from engine.models.probing import Outcome, Trial, verdict
from engine.models.session import AcceleratorError, Session
from tests.models.card_runtime import CardRuntime

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.models.accelerators import LeftOut


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> CardRuntime:
    made = CardRuntime(session.runtime())
    monkeypatch.setattr(session, "runtime", lambda: made)
    return made


def here(trial: Trial) -> Outcome:
    """As the trial's own process does it, in this one."""
    tried = Session(trial.graph, provider=trial.provider)
    vectors = tried.run(trial.output, {trial.input: trial.rows})
    return Outcome(vectors, tried.shares)


def judge(trial: Trial, expected: NDArray[np.float32]) -> LeftOut | None:
    return verdict(trial, expected, here)


@pytest.mark.usefixtures("card")
def test_int8_tower_computes_in_floats_on_cuda_and_says_nearly_the_same(mini: Path) -> None:
    rows = {"pixels": trial_rows(read_card(mini))}
    whole_numbers = Session(mini / "image.onnx").run("vector", rows)
    floats = Session(mini / "image.onnx", provider=CUDA, binding=False).run("vector", rows)
    assert not np.array_equal(floats, whole_numbers)
    assert compare("image", whole_numbers, floats).cosine > 0.999


def test_bound_batches_give_the_same_vectors(mini: Path, card: CardRuntime, capsys: pytest.CaptureFixture[str]) -> None:
    rows = trial_rows(read_card(mini))
    expected = Session(mini / "image.onnx", provider=CUDA, binding=False).run("vector", {"pixels": rows})
    on_card = Session(mini / "image.onnx", provider=CUDA)
    assert on_card.provider == CUDA
    everything, backwards, some = slice(None), slice(None, None, -1), slice(2)
    for part in (everything, backwards, some, everything):  # the place on the device is filled anew, and made anew
        np.testing.assert_allclose(on_card.run("vector", {"pixels": rows[part]}), expected[part], atol=1e-4)
    assert card.bound == 4
    assert on_card.shares == {CUDA: 1.0}
    assert card.asked[-2:] == [
        (CUDA, {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}),
        CPU,
    ]
    assert capsys.readouterr().out == "", "our stdout may be a document or the wire"


def test_card_that_answers_runs_the_photos_and_doctor_says_so(
    mini: Path, card: CardRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(cuda=lambda: (1, None))
    choice = choose_providers((CUDA, CPU), None, machine)
    monkeypatch.setattr(image_runner, "choose_providers", lambda *_: choice)
    runner = ImageRunner(mini, read_card(mini), judge=judge)
    assert runner.decide() == Standing(CUDA)
    rows = trial_rows(read_card(mini))
    runner.run("vector", np.concatenate([rows, rows, rows]))
    assert runner.facts.provider == CUDA
    assert runner.facts.batch == 12
    assert _who_ran(runner.facts) == "CUDA ran the last batch (100% of a batch's time by its profile)"


def test_runtime_that_goes_over_to_the_cpu_unasked_is_noticed(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lying = CardRuntime(session.runtime(), is_honest=False)
    monkeypatch.setattr(session, "runtime", lambda: lying)
    with pytest.raises(AcceleratorError, match="without a word"):
        Session(mini / "image.onnx", provider=CUDA)


def test_card_that_fails_in_the_middle_says_why(mini: Path, card: CardRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    on_card = Session(mini / "image.onnx", provider=CUDA)
    rows = trial_rows(read_card(mini))
    on_card.run("vector", {"pixels": rows})

    def out_of_memory(*_: object) -> None:
        raise RuntimeError("CUDA failure 2: out of memory\nin a file of its own")

    monkeypatch.setattr(on_card._session, "run_with_iobinding", out_of_memory)
    with pytest.raises(AcceleratorError, match=r"^CUDA failure 2: out of memory$"):
        on_card.run("vector", {"pixels": rows})
