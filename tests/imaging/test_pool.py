"""The pool: whatever a photo does to its worker, exactly that photo fails and all others come back."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engine.errors import KnownError
from engine.imaging import worker
from engine.imaging.feed import JobFeed
from engine.imaging.pool import Decoded, DecodeJob, DecodePool, Failed
from engine.imaging.preprocess import InputSpec, preprocess
from engine.protocol import ErrorKind, IssueReason
from tests.imaging import hostile_workers
from tests.imaging.heic_factory import SIZE, write_heic
from tests.imaging.raw_factory import write_dng
from tests.photo_factory import CORNERS, Metadata, scene, write_photo, write_png_bomb, write_truncated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.imaging.worker_process import WorkerMain

ROOT = Path(__file__).parents[2]
SPECS = (InputSpec(32),)


def jobs_of(paths: Iterable[Path]) -> list[DecodeJob]:
    return [DecodeJob(key, path, SPECS) for key, path in enumerate(paths)]


def photos(folder: Path, *names: str) -> list[Path]:
    return [write_photo(folder / f"{name}.png", size=(64, 48)) for name in names]


def run_all(
    paths: list[Path], workers: int = 1, deadline_s: float = 30.0, worker_main: WorkerMain = worker.main
) -> dict[str, Decoded | Failed]:
    """Decode with a pool of its own; results by the photo's name. Every job must come back exactly once."""
    with DecodePool(workers, deadline_s=deadline_s, worker_main=worker_main) as pool:
        results = list(pool.run(jobs_of(paths)))
    assert sorted(result.key for result in results) == list(range(len(paths)))
    return {paths[result.key].stem: result for result in results}


def reasons_of(results: dict[str, Decoded | Failed]) -> dict[str, IssueReason | None]:
    return {name: result.reason if isinstance(result, Failed) else None for name, result in results.items()}


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    with DecodePool(2) as shared:
        yield shared


def test_photos_come_back_with_pixels_facts_and_thumbnail(pool: DecodePool, tmp_path: Path) -> None:
    metadata = Metadata(taken_at="2023:07:14 12:34:56", description="海上的红气球", place=(31.25, 121.5))
    path = write_photo(tmp_path / "a.jpg", metadata=metadata)
    job = DecodeJob(41, path, (InputSpec(32), InputSpec(48, "squash")))
    result = pool.decode_one(job)
    assert isinstance(result, Decoded)
    assert result.key == 41
    assert result.facts.captions[0].text == "海上的红气球"
    assert (result.facts.latitude, result.facts.taken_at) == (31.25, "2023-07-14T12:34:56")
    assert [pixels.shape for pixels in result.inputs] == [(32, 32, 3), (48, 48, 3)]
    expected = preprocess(scene(), InputSpec(48, "squash")).astype(int)
    assert np.abs(result.inputs[1].astype(int) - expected).mean() < 3
    assert result.thumbnail is not None
    assert result.thumbnail.startswith(b"\xff\xd8\xff")


def test_pictures_that_need_arrays_come_back_too(pool: DecodePool, tmp_path: Path) -> None:
    values = np.tile(np.linspace(-3, 700, 64), (48, 1))
    deep = Image.frombytes("I;16", (64, 48), np.tile(np.linspace(0, 65535, 64).astype("<u2"), (48, 1)).tobytes())
    for picture in (deep, Image.fromarray(values.astype(np.float32))):
        path = write_photo(tmp_path / "a.tif", picture)
        result = pool.decode_one(DecodeJob(1, path, (InputSpec(48, "squash"),)))
        assert isinstance(result, Decoded)
        assert result.inputs[0][5, 0, 0] <= 2
        assert result.inputs[0][5, -1, 0] >= 253


def test_a_job_may_want_facts_alone(pool: DecodePool, tmp_path: Path) -> None:
    result = pool.decode_one(DecodeJob(1, write_photo(tmp_path / "a.jpg"), (), thumbnail=False))
    assert isinstance(result, Decoded)
    assert (result.inputs, result.thumbnail, result.facts.width) == ((), None, 640)


def test_many_photos_all_come_back_once(pool: DecodePool, tmp_path: Path) -> None:
    paths = [write_photo(tmp_path / f"{seed}.jpg", size=(64, 48), seed=seed) for seed in range(60)]
    results = list(pool.run(jobs_of(paths)))
    assert sorted(result.key for result in results) == list(range(60))
    assert all(isinstance(result, Decoded) for result in results)


def test_unusable_photos_fail_with_their_reason_and_cost_no_worker(pool: DecodePool, tmp_path: Path) -> None:
    paths = [write_truncated(tmp_path / "a.jpg"), write_png_bomb(tmp_path / "b.png"), tmp_path / "gone.jpg"]
    results = {result.key: result for result in pool.run(jobs_of(paths))}
    reasons = [result.reason for _, result in sorted(results.items()) if isinstance(result, Failed)]
    assert reasons == [IssueReason.DAMAGED, IssueReason.TOO_LARGE, IssueReason.VANISHED]


def test_a_name_that_is_not_utf_8_survives_the_pipe(pool: DecodePool, tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg").rename(tmp_path / os.fsdecode(b"\xff\xe9\xba.jpg"))
    assert isinstance(pool.decode_one(DecodeJob(1, path, SPECS)), Decoded)


def test_jobs_are_pulled_only_when_there_is_room(pool: DecodePool, tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", size=(64, 48))
    pulled = 0

    def source() -> Iterator[DecodeJob]:
        nonlocal pulled
        for key in range(50):
            pulled += 1
            yield DecodeJob(key, path, SPECS)

    returned = 0
    for _ in pool.run(source(), ahead=6):
        assert pulled <= returned + 6
        returned += 1
    assert returned == 50


def test_a_run_that_is_left_early_leaves_the_pool_usable(pool: DecodePool, tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", size=(64, 48))
    run = pool.run(DecodeJob(key, path, SPECS) for key in range(100))
    next(run)
    run.close()  # type: ignore[attr-defined]
    result = pool.decode_one(DecodeJob(1000, path, SPECS))
    assert result.key == 1000


def test_one_run_at_a_time(pool: DecodePool, tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", size=(64, 48))
    run = pool.run(jobs_of([path, path]))
    next(run)
    with pytest.raises(RuntimeError, match="one run"):
        pool.decode_one(DecodeJob(1, path, SPECS))
    assert len(list(run)) == 1


def test_a_pool_works_in_a_thread_that_ends_before_it(tmp_path: Path) -> None:
    paths = photos(tmp_path, "a", "b", "c")
    results: list[Decoded | Failed] = []
    with DecodePool(1) as own:
        for _ in range(2):
            thread = threading.Thread(target=lambda: results.extend(own.run(jobs_of(paths))))
            thread.start()
            thread.join()
    assert [type(result) for result in results] == [Decoded] * 6


@pytest.mark.parametrize("name", ["abort", "exit", "alarm"])
def test_a_crash_loses_exactly_one_photo(tmp_path: Path, name: str) -> None:
    paths = photos(tmp_path, "a", name, "b", "c")
    reasons = reasons_of(run_all(paths, worker_main=hostile_workers.harmed_by_photos))
    fatal = IssueReason.TIMEOUT if name == "alarm" else IssueReason.CRASHED
    assert reasons == {"a": None, name: fatal, "b": None, "c": None}


def test_worker_killed_from_outside_costs_no_photo(tmp_path: Path) -> None:
    paths = photos(tmp_path, "a", "once", "b", "c")
    reasons = reasons_of(run_all(paths, worker_main=hostile_workers.harmed_by_photos))
    assert reasons == dict.fromkeys(("a", "once", "b", "c"))


def test_photo_whose_workers_are_killed_twice_is_given_up(tmp_path: Path) -> None:
    paths = photos(tmp_path, "a", "killed", "b")
    reasons = reasons_of(run_all(paths, worker_main=hostile_workers.harmed_by_photos))
    assert reasons == {"a": None, "killed": IssueReason.CRASHED, "b": None}


def test_the_issue_says_how_the_decoder_died(tmp_path: Path) -> None:
    results = run_all(photos(tmp_path, "abort"), worker_main=hostile_workers.harmed_by_photos)
    assert isinstance(results["abort"], Failed)
    assert "SIGABRT" in results["abort"].detail


def test_many_crashes_in_a_row_lose_only_the_crashing(tmp_path: Path) -> None:
    names = ["abort1", "a", "abort2", "abort3", "b", "abort4", "c"]
    results = run_all(photos(tmp_path, *names), workers=2, worker_main=hostile_workers.harmed_by_photos)
    crashed = {name for name, reason in reasons_of(results).items() if reason is IssueReason.CRASHED}
    assert crashed == {"abort1", "abort2", "abort3", "abort4"}
    assert sum(isinstance(result, Decoded) for result in results.values()) == 3


def test_a_hang_ends_at_the_deadline_and_loses_one_photo(tmp_path: Path) -> None:
    paths = photos(tmp_path, "a", "hang", "b")
    reasons = reasons_of(run_all(paths, deadline_s=0.5, worker_main=hostile_workers.harmed_by_photos))
    assert reasons == {"a": None, "hang": IssueReason.TIMEOUT, "b": None}


def test_a_slow_caller_is_no_hang(tmp_path: Path) -> None:
    paths = [write_photo(tmp_path / f"{number}.jpg") for number in range(4)]
    jobs = [DecodeJob(key, path, (InputSpec(384),)) for key, path in enumerate(paths)]
    busy = threading.Event()
    with DecodePool(1, deadline_s=0.4) as own:
        results = []
        for result in own.run(jobs):
            busy.wait(0.5)  # longer than the deadline: the caller is thinking
            results.append(result)
    assert [type(result) for result in results] == [Decoded] * 4


def test_a_memory_bomb_fails_and_the_worker_lives(tmp_path: Path) -> None:
    paths = [*photos(tmp_path, "a"), write_png_bomb(tmp_path / "bomb.png", edge=15_000), *photos(tmp_path, "b")]
    reasons = reasons_of(run_all(paths, worker_main=hostile_workers.short_of_memory))
    assert reasons == {"a": None, "bomb": IssueReason.MEMORY, "b": None}


def test_a_lying_worker_is_not_believed(tmp_path: Path) -> None:
    names = [*hostile_workers.LIES, "lie-giant"]
    reasons = reasons_of(run_all(photos(tmp_path, "a", *names, "b"), worker_main=hostile_workers.lying, workers=2))
    assert reasons == {"a": None, "b": None} | dict.fromkeys(names, IssueReason.CRASHED)


def test_a_worker_that_stops_in_mid_answer_blocks_nobody(tmp_path: Path) -> None:
    paths = photos(tmp_path, "a", "lie-half", "b")
    reasons = reasons_of(run_all(paths, deadline_s=1.0, worker_main=hostile_workers.lying))
    assert reasons == {"a": None, "lie-half": IssueReason.TIMEOUT, "b": None}


def test_an_answer_to_no_question_ends_the_worker(tmp_path: Path) -> None:
    reasons = reasons_of(run_all(photos(tmp_path, "lie-twice"), worker_main=hostile_workers.lying))
    assert reasons == {"lie-twice": None}


def test_workers_that_cannot_start_are_a_known_error(tmp_path: Path) -> None:
    with DecodePool(1, worker_main=hostile_workers.stillborn) as own, pytest.raises(KnownError) as caught:
        own.decode_one(DecodeJob(1, tmp_path / "a.png", SPECS))
    assert caught.value.kind is ErrorKind.INTERNAL


def test_workers_are_replaced_after_their_share_of_photos(tmp_path: Path) -> None:
    paths = photos(tmp_path, *(f"p{number}" for number in range(7)))
    with DecodePool(1, recycle_after=3, worker_main=hostile_workers.telling_its_process) as own:
        processes = [result.detail for result in own.run(jobs_of(paths)) if isinstance(result, Failed)]
    assert len(processes) == 7
    assert [processes.count(process) for process in dict.fromkeys(processes)] == [3, 3, 1]


def test_a_worker_killed_while_idle_costs_nothing(tmp_path: Path) -> None:
    (path,) = photos(tmp_path, "a")
    with DecodePool(1, worker_main=hostile_workers.telling_its_process) as own:
        first = own.decode_one(DecodeJob(1, path, SPECS))
        assert isinstance(first, Failed)
        _end_process(int(first.detail))
        second = own.decode_one(DecodeJob(2, path, SPECS))
    assert isinstance(second, Failed)
    assert second.reason is IssueReason.DAMAGED
    assert second.detail != first.detail


def _end_process(process: int) -> None:
    handle = os.pidfd_open(process)
    os.kill(process, signal.SIGKILL)
    assert select.select([handle], [], [], 10)[0]
    os.close(handle)


SCRIPT = """
import sys
from pathlib import Path
from engine.imaging.feed import JobFeed
from engine.imaging.pool import DecodeJob, DecodePool
from tests.imaging.hostile_workers import telling_its_state

if __name__ == "__main__":
    with DecodePool(1, worker_main=telling_its_state) as pool:
        print(pool.decode_one(DecodeJob(1, Path(sys.argv[1]), ())).detail)
"""


def test_a_worker_is_light_silent_and_restricted(tmp_path: Path) -> None:
    """Started as from a console script, where the main module is imported again in the worker."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    (path,) = photos(tmp_path, "a")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script), str(path)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "heavy=[] may_write=False nice=True ignores_interrupt=True\n"
    assert done.stderr == ""


def test_the_worker_ends_when_the_engine_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    tail = "\n        print(flush=True)\n        sys.stdin.read()\n"
    script.write_text(SCRIPT.replace("telling_its_state", "telling_its_process").rstrip() + tail, encoding="utf-8")
    (path,) = photos(tmp_path, "a")
    command = [sys.executable, str(script), str(path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as engine:
        assert engine.stdout is not None
        process = int(engine.stdout.readline())
        handle = os.pidfd_open(process)
        engine.kill()
    assert select.select([handle], [], [], 10) == ([handle], [], [])
    os.close(handle)


FORMATS = ("jpg", "png", "webp", "gif", "bmp", "tif", "jp2", "avif", "heic", "dng")


def _sound(path: Path) -> Path:
    if path.suffix == ".heic":
        return write_heic(path, scene(SIZE), exif=Metadata(model="X100").exif().tobytes())
    if path.suffix == ".dng":
        return write_dng(path, scene((64, 48)), preview=scene((64, 48)))
    has_exif = path.suffix not in {".gif", ".bmp", ".jp2"}
    metadata = Metadata(model="X100", place=(1.5, 2.5), description="Hello") if has_exif else None
    return write_photo(path, None, metadata, size=(61, 47), seed=9)


def mutations(folder: Path, suffix: str, count: int = 200) -> Iterator[Path]:
    """Sound photos in which a few bytes, a stretch or the order of two parts have been changed."""
    sound = _sound(folder / f"sound.{suffix}").read_bytes()
    numbers = np.random.default_rng(20261123)
    for number in range(count):
        data = bytearray(sound)
        for at in numbers.integers(0, len(data), numbers.integers(1, 12)):
            data[at] = numbers.integers(0, 256)
        if number % 4 == 1:
            start = int(numbers.integers(0, len(data)))
            data[start : start + 16] = b"\xff" * 16
        elif number % 4 == 2:
            del data[int(numbers.integers(12, len(data))) :]
        elif number % 4 == 3:
            cut = int(numbers.integers(12, len(data)))
            data = data[:12] + data[cut:] + data[12:cut]
        path = folder / f"{number}.{suffix}"
        path.write_bytes(data)
        yield path


@pytest.mark.parametrize("suffix", FORMATS)
def test_mutated_photos_decode_or_fail_but_never_surprise(pool: DecodePool, tmp_path: Path, suffix: str) -> None:
    paths = list(mutations(tmp_path, suffix))
    results = list(pool.run(jobs_of(paths)))
    assert len(results) == len(paths)
    expected = {IssueReason.DAMAGED, IssueReason.NOT_AN_IMAGE, IssueReason.TOO_LARGE, IssueReason.MEMORY}
    surprises = [result for result in results if isinstance(result, Failed) and result.reason not in expected]
    assert surprises == []


def test_the_corners_of_the_model_input_are_those_of_the_photo(pool: DecodePool, tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", size=(480, 480))
    result = pool.decode_one(DecodeJob(1, path, (InputSpec(64),)))
    assert isinstance(result, Decoded)
    corners = result.inputs[0][[0, 0, -1, -1], [0, -1, 0, -1]].astype(int)
    assert np.abs(corners - np.array(CORNERS)).max() < 20


def test_photos_fed_while_others_are_decoded_come_back_as_well(tmp_path: Path) -> None:
    first, second = photos(tmp_path, "a", "b", "c"), photos(tmp_path, "d", "e")
    feed, found = JobFeed(), []
    feed.put(jobs_of(first))
    with DecodePool(2) as pool:
        for result in pool.run(feed):
            found.append(result.key)
            if len(found) == len(first):
                feed.put(DecodeJob(10 + key, path, SPECS) for key, path in enumerate(second))
            if len(found) == len(first) + len(second):
                feed.close()
    assert sorted(found) == [0, 1, 2, 10, 11]


def test_feed_wakes_a_pool_that_has_nothing_to_do(pool: DecodePool, tmp_path: Path) -> None:
    (path,) = photos(tmp_path, "a")
    feed, found = JobFeed(), threading.Event()

    def put_and_close() -> None:
        feed.put(jobs_of([path]))
        assert found.wait(30)
        feed.close()

    thread = threading.Thread(target=put_and_close)
    keys = []
    for result in _started(pool.run(feed), thread):
        keys.append(result.key)
        found.set()
    thread.join()
    assert keys == [0]


def _started(results: Iterator[Decoded | Failed], thread: threading.Thread) -> Iterator[Decoded | Failed]:
    thread.start()
    yield from results


def test_slow_photo_keeps_no_other_worker_waiting_for_jobs_that_come_later(tmp_path: Path) -> None:
    slow, quick, later = photos(tmp_path, "hang", "quick", "later")
    feed, order = JobFeed(), []
    feed.put([*jobs_of([slow]), DecodeJob(1, quick, SPECS)])
    with DecodePool(2, deadline_s=3, worker_main=hostile_workers.harmed_by_photos) as pool:
        for result in pool.run(feed):
            order.append(result.key)
            if result.key == 1:
                feed.put([DecodeJob(2, later, SPECS)])
            if result.key == 0:
                feed.close()
    assert order == [1, 2, 0]


class InsistentFeed(JobFeed):
    """Rings for another job whenever one is taken."""

    def take(self) -> DecodeJob | None:
        job = super().take()
        if job is not None:
            self.put([job])
        return job


def test_pool_that_has_enough_to_do_is_not_kept_awake_by_further_jobs(tmp_path: Path) -> None:
    feed = InsistentFeed()
    feed.put(jobs_of(photos(tmp_path, "hang")))
    with DecodePool(1, deadline_s=2, worker_main=hostile_workers.harmed_by_photos) as pool:
        results = pool.run(feed)
        next(results)
        begun = time.thread_time()
        next(results)
        assert time.thread_time() - begun < 1, "two seconds of waiting"
        feed.close()


def test_closed_feed_lets_go_of_what_waits(pool: DecodePool, tmp_path: Path) -> None:
    feed = JobFeed()
    feed.put(jobs_of(photos(tmp_path, "a")))
    feed.close()
    assert list(pool.run(feed)) == []
