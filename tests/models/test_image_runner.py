"""The image tower on the provider that really works: chosen by trial, left when it fails, given back when idle."""

from __future__ import annotations

import logging
import os
import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest

from engine.models import image_runner, session
from engine.models.accelerators import CPU, CUDA, LeftOut, ProviderChoice
from engine.models.batching import BatchSize
from engine.models.image_runner import ImageRunner, Standing, trial_rows
from engine.models.package import read_card
from engine.models.probing import Outcome, Trial, run_apart, verdict
from engine.models.session import AcceleratorError, Session, provider_shares
from engine.protocol.model_methods import AcceleratorTrouble as Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

Photos: TypeAlias = "Callable[[int], NDArray[np.uint8]]"
EYE = np.eye(4, dtype=np.float32)


def trial(path: Path) -> Trial:
    return Trial(path / "image.onnx", CUDA, "pixels", "vector", np.zeros((4, 2, 2, 3), np.uint8))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(EYE, {CUDA: 0.99, CPU: 0.01}), ""),
        (Outcome(EYE * 7, {CUDA: 1.0}), ""),
        (Outcome(EYE, {CUDA: 0.2, CPU: 0.8}), "CUDA: it left 80% of the work to the CPU"),
        (
            Outcome(np.ones((4, 4), np.float32), {CUDA: 1.0}),
            "CUDA: its vectors are not those of the CPU (cosine 0.5000)",
        ),
        (Outcome(EYE * np.nan, {CUDA: 1.0}), "CUDA: its vectors are not those of the CPU (cosine nan)"),
        (Outcome(EYE[:2], {CUDA: 1.0}), "CUDA: its vectors are not those of the CPU (cosine nan)"),
        (Outcome(trouble=Trouble.CRASHED, detail="SIGSEGV"), "CUDA: the driver crashed (SIGSEGV)"),
        (Outcome(trouble=Trouble.NO_ANSWER, detail="120"), "CUDA: no answer within 120 s"),
        (Outcome(detail="CUDA error 999 {}"), "CUDA: CUDA error 999 {}"),
    ],
)
def test_accelerator_is_judged_by_what_it_did(outcome: Outcome, expected: str, tmp_path: Path) -> None:
    assert str(verdict(trial(tmp_path), EYE, lambda _: outcome) or "") == expected


def crash(pipe: Connection, _: Trial) -> None:
    """Like a driver that brings its process down."""
    os.kill(os.getpid(), signal.SIGSEGV)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_crashing_driver_costs_a_sentence(tmp_path: Path) -> None:
    told = run_apart(trial(tmp_path), crash)
    assert (told.trouble, told.detail) == (Trouble.CRASHED, "SIGSEGV")


def test_provider_that_is_not_there_costs_a_sentence(mini: Path) -> None:
    found = run_apart(Trial(mini / "image.onnx", CUDA, "pixels", "vector", trial_rows(read_card(mini))))
    if found.vectors is not None:
        pytest.skip("there is a GPU here")
    assert found.detail


def test_profile_tells_who_ran_the_nodes(tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text(
        '[{"cat": "Session", "dur": 9, "args": {}}, {"cat": "Node", "dur": 30, "args": {"provider": "CUDA"}},'
        '{"cat": "Node", "dur": 10, "args": {"provider": "CPU"}}]'
    )
    assert provider_shares(profile) == {"CUDA": 0.75, "CPU": 0.25}
    assert provider_shares(tmp_path / "none") == {}


class FakeGpu(Session):
    """A session that says it is CUDA: it counts, and fails when it is told to."""

    at_once = 1000
    is_broken = False
    batches: list[int]

    def __init__(self, path: Path, *, threads: int = 0, provider: str = CPU, binding: bool = True) -> None:
        super().__init__(path, threads=1)
        self.claimed = provider
        self.batches = []

    @property
    def provider(self) -> str:
        return self.claimed

    def run(self, output: str, feeds: Any) -> NDArray[np.float32]:
        count = len(next(iter(feeds.values())))
        if self.claimed == CUDA:
            if type(self).is_broken or count > type(self).at_once:
                raise AcceleratorError("out of memory")
            self.batches.append(count)
        return super().run(output, feeds)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> type[FakeGpu]:
    kind: type[FakeGpu] = type("Gpu", (FakeGpu,), {})
    monkeypatch.setattr(image_runner, "Session", kind)
    offered = {CPU: ProviderChoice((CPU,))}
    monkeypatch.setattr(
        image_runner, "choose_providers", lambda _, wanted: offered.get(wanted, ProviderChoice((CUDA, CPU)))
    )
    return kind


@pytest.fixture
def photos(mini: Path) -> Callable[[int], NDArray[np.uint8]]:
    """So many photos of noise, as the embedded model takes them."""
    size = read_card(mini).image.input_spec.size
    return lambda count: np.random.default_rng(1).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def runner(mini: Path, trouble: LeftOut | None = None) -> ImageRunner:
    return ImageRunner(mini, read_card(mini), judge=lambda *_: trouble)


def test_accelerator_that_passed_runs_the_photos(mini: Path, photos: Photos, gpu: type[FakeGpu]) -> None:
    found = runner(mini)
    pixels = photos(6)
    vectors = found.run("vector", pixels)
    np.testing.assert_allclose(vectors, Session(mini / "image.onnx").run("vector", {"pixels": pixels}), atol=1e-4)
    assert (found.facts.provider, found.facts.batch, found.facts.left_out) == (CUDA, 6, ())


def test_accelerator_that_failed_its_trial_is_left_out_and_named(
    mini: Path, photos: Photos, gpu: type[FakeGpu]
) -> None:
    crashed = LeftOut(CUDA, Trouble.CRASHED, "SIGSEGV")
    found = runner(mini, crashed)
    found.run("vector", photos(4))
    assert (found.facts.provider, found.facts.left_out) == (CPU, (crashed,))


def test_single_photo_does_not_wake_the_accelerator(mini: Path, photos: Photos, gpu: type[FakeGpu]) -> None:
    found = runner(mini)
    found.run("vector", photos(1))
    assert found.facts.provider == CPU


def test_batch_that_does_not_fit_is_tried_by_halves(mini: Path, photos: Photos, gpu: type[FakeGpu]) -> None:
    gpu.at_once = 5
    found = runner(mini)
    pixels = photos(12)
    assert found.run("vector", pixels).shape == (12, found._card.dim)
    assert (found.facts.provider, found.batch_size) == (CUDA, 3)


def test_accelerator_that_breaks_is_left_for_the_cpu(
    mini: Path, photos: Photos, gpu: type[FakeGpu], caplog: pytest.LogCaptureFixture
) -> None:
    found = runner(mini)
    found.run("vector", photos(4))
    gpu.is_broken = True
    assert np.isfinite(found.run("vector", photos(4))).all()
    assert (found.facts.provider, found.facts.left_out) == (CPU, (LeftOut(CUDA, Trouble.FAILED, "out of memory"),))
    assert [record.levelno for record in caplog.records if record.levelno >= logging.WARNING] == [logging.WARNING]
    caplog.clear()


def test_released_tower_comes_back_without_another_trial(mini: Path, photos: Photos, gpu: type[FakeGpu]) -> None:
    trials: list[Trial] = []

    def judge(asked: Trial, _: NDArray[np.float32]) -> None:
        trials.append(asked)

    found = ImageRunner(mini, read_card(mini), judge=judge)
    before = found.run("vector", photos(4))
    found.release()
    assert found._fast is None
    np.testing.assert_allclose(found.run("vector", photos(4)), before, atol=1e-5)
    assert found.facts.provider == CUDA
    assert len(trials) == 1


def test_another_accelerator_can_be_asked_for_while_it_works(mini: Path, photos: Photos, gpu: type[FakeGpu]) -> None:
    found = runner(mini)
    found.run("vector", photos(4))
    assert found.standing == Standing(CUDA)
    found.ask_for(CPU)
    assert found.standing == Standing(CPU)
    found.run("vector", photos(4))
    assert found.facts.provider == CPU
    found.ask_for(None)
    assert found.standing == Standing(None), "nothing is said before it was tried again"
    assert found.decide() == Standing(CUDA)


def test_photo_by_itself_does_not_wait_for_a_trial(mini: Path, photos: Photos, gpu: type[FakeGpu]) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def judge(*_: object) -> LeftOut:
        begun.set()
        assert go_on.wait(60)
        return LeftOut(CUDA, Trouble.NO_ANSWER, "120")

    found = ImageRunner(mini, read_card(mini), judge=judge)
    trial = threading.Thread(target=found.decide)
    trial.start()
    try:
        assert begun.wait(60)
        assert found.run("vector", photos(1)).shape[0] == 1
        assert found.facts.provider == CPU
        found.ask_for(CPU)
        assert found.run("vector", photos(4)).shape[0] == 4, "who asks for the CPU has it at once"
    finally:
        go_on.set()
        trial.join()
    assert found.standing == Standing(CPU), "a trial that nobody asks for any more decides nothing"


def test_float16_copy_runs_on_a_gpu_and_the_original_on_the_cpu(
    mini: Path, photos: Photos, tmp_path: Path, gpu: type[FakeGpu], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Trial] = []
    (tmp_path / "image.onnx").write_bytes((mini / "image.onnx").read_bytes())
    (tmp_path / "half.onnx").write_bytes((mini / "image.onnx").read_bytes())
    card = read_card(mini)
    card = replace(card, image=replace(card.image, half_file="half.onnx"))
    monkeypatch.setattr(image_runner, "verify", lambda *_: None)
    found = ImageRunner(tmp_path, card, judge=lambda trial, _: asked.append(trial))
    found.run("vector", photos(4))
    assert [trial.graph.name for trial in asked] == ["half.onnx"]
    assert (found.facts.provider, found.facts.half_precision) == (CUDA, True)
    found.ask_for(CPU)
    found.run("vector", photos(4))
    assert (found.facts.provider, found.facts.half_precision) == (CPU, False)


NEAR = np.array([[1.0, 0.12]], np.float32)  # cosine 0.993 to the first axis


@pytest.mark.parametrize(("is_rounded", "is_trusted"), [(False, False), (True, True)])
def test_int8_graph_may_be_rounded_otherwise_than_on_the_cpu(
    is_rounded: bool, is_trusted: bool, tmp_path: Path
) -> None:
    axis = np.array([[1.0, 0.0]], np.float32)
    found = verdict(replace(trial(tmp_path), is_rounded=is_rounded), axis, lambda _: Outcome(NEAR, {CUDA: 1.0}))
    assert (found is None) is is_trusted
    other = np.array([[1.0, 0.5]], np.float32)
    assert verdict(replace(trial(tmp_path), is_rounded=True), axis, lambda _: Outcome(other, {CUDA: 1.0})) is not None


def test_session_on_a_missing_provider_is_refused(mini: Path) -> None:
    if session.available_providers()[0] == CPU:
        pytest.skip("this build of ONNX Runtime has the CPU alone")
    with pytest.raises(AcceleratorError):
        Session(mini / "image.onnx", provider="TensorrtExecutionProvider")


def test_batch_grows_while_that_pays() -> None:
    batch = BatchSize(32, 256)
    for rate in (100, 200, 300):  # photos per second at 32, 64, 128
        batch.succeeded(batch.size, 99.0)  # warming up does not count
        batch.succeeded(batch.size, batch.size / rate)
    assert batch.size == 256
    batch.succeeded(256, 1.0)
    batch.succeeded(256, 256 / 301)
    assert batch.size == 128, "256 was no faster"


def test_batch_never_comes_near_a_size_that_failed() -> None:
    batch = BatchSize(64, 256)
    assert batch.failed(64)
    for _ in range(8):
        batch.succeeded(batch.size, 0.001)
    assert batch.size == 32
    assert not batch.failed(1)


def test_part_of_a_batch_tells_nothing() -> None:
    batch = BatchSize(32, 256)
    for _ in range(8):
        batch.succeeded(5, 0.001)
    assert batch.size == 32
