"""Indexing on a local Ray: what comes out is what this computer makes, whoever is killed on the way."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from engine.api import Engine
from engine.cluster import feeding, rays
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library import opening
from engine.models.encoder import Encoder
from tests.cluster.runs import balloon, done, library_of, photos, stored, until, workers_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("ray_installed", "mini"), pytest.mark.timeout(600)]


def test_hits_are_those_of_this_computer(address: str, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 24)
    (folder / "copy.jpg").write_bytes((folder / "0.jpg").read_bytes())
    (folder / "broken.jpg").write_bytes((folder / "1.jpg").read_bytes()[:300])
    code, errors = done(balloon("index", folder, "--on", "ray", "--workers", "2", "--library", address))
    assert code == 0, errors
    with Engine.open_writer(LibraryPaths(tmp_path / "here")) as here:
        here.index([here.add_folder(folder)])
        with Engine.open_reader(library_of(address, tmp_path)) as there:
            assert (there.status().indexed, there.status().issues) == (here.status().indexed, here.status().issues)
            for text in ("colourful discs", "a dog", "红色"):
                one, other = here.search(text, 10), there.search(text, 10)
                assert [hit.path for hit in one.hits] == [hit.path for hit in other.hits]
                assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits], abs=2e-3)
            assert all(hit.thumbnail for hit in there.search("discs", 5).hits)


def test_killed_workers_and_a_killed_driver_lose_nothing_and_double_nothing(address: str, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 1000)  # so many that the first run cannot be done before it is killed
    words = ("index", folder, "--on", "ray", "--workers", "1", "--library", address)
    watching = opening.open_reader(library_of(address, tmp_path))
    first = balloon(*words)
    until(lambda: stored(watching)[2] > 0, first)
    first.kill()
    first.communicate()
    begun = stored(watching)[2]
    second = balloon(*words)
    until(lambda: bool(workers_of(second)), second)  # who hands over is the first to be there
    kill(workers_of(second))
    until(lambda: stored(watching)[2] > begun, second)
    kill(workers_of(second))
    code, errors = done(second)
    assert (code, begun < 1000) == (0, True), errors
    assert stored(watching) == (1000, 1000, 1000)
    watching.close()


def kill(processes: list[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def test_cluster_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 2)
    process = balloon("index", folder, "--on", "ray://127.0.0.1:9", "--library", tmp_path / "library")
    code, errors = done(process)
    assert code == 1
    assert "The cluster ray://127.0.0.1:9 cannot be reached" in errors
    assert "Traceback" not in errors


def test_worker_that_runs_out_of_memory_is_one_sentence_and_loses_nothing(address: str, tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", 40)
    words = ("index", folder, "--on", "ray", "--workers", "1", "--library", address)
    # Ray's own memory monitor ends workers on a machine that is fuller than so, which every machine is.
    code, errors = done(balloon(*words, RAY_memory_usage_threshold="0.01"))
    assert code == 1, errors
    assert "ran out of memory" in errors
    assert "Traceback" not in errors
    code, errors = done(balloon(*words))
    assert code == 0, errors
    watching = opening.open_reader(library_of(address, tmp_path))
    assert stored(watching) == (40, 40, 40)
    watching.close()


def test_cluster_that_sends_nothing_back_is_not_waited_for_for_ever(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Encoder.open(mini).card
    monkeypatch.setattr(feeding, "PATIENCE_S", 0.5)  # before an encoder has been loaded
    assignment = feeding.Assignment((), card.image.input_spec, 30.0, card.key, card.fingerprint, 1)
    with pytest.raises(KnownError, match="Nothing comes back"), rays.connected("ray", 1):
        next(feeding.batches(assignment))


def test_what_a_machine_of_the_cluster_lacks_is_its_own_sentence(mini: Path, tmp_path: Path) -> None:
    card = Encoder.open(mini).card
    photo = photos(tmp_path, 1) / "0.jpg"
    rows = ({"photo": 1, "path": os.fsencode(photo), "byte_size": photo.stat().st_size},)
    assignment = feeding.Assignment(rows, card.image.input_spec, 30.0, card.key, "that of another", 1)
    with pytest.raises(KnownError, match="have another model"), rays.connected("ray", 1):
        next(feeding.batches(assignment))


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An S3-compatible server of this computer's own, with photos in a bucket; the environment that leads to it."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed: make test-cluster")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed: make test-cluster")
    served = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    served.start()
    host, port = served.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    client: Any = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name="us-east-1",
                               aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip
    client.create_bucket(Bucket="archive")
    for path in photos(tmp_path / "made", 12).iterdir():
        client.put_object(Bucket="archive", Key=f"2023/{path.name}", Body=path.read_bytes())
    yield environment
    served.stop()


def test_photos_of_an_s3_bucket_are_indexed_and_found(address: str, tmp_path: Path, bucket: dict[str, str]) -> None:
    words = ("index", "s3://archive/2023", "--on", "ray", "--workers", "1", "--library", address)
    code, errors = done(balloon(*words, **bucket))
    assert code == 0, errors
    with Engine.open_reader(library_of(address, tmp_path)) as anna:
        hits = anna.search("type:jpeg", 20).hits
        assert len(hits) == 12
        assert hits[0].path.path.startswith("s3://archive/2023/")
        assert hits[0].is_offline
        assert hits[0].thumbnail is not None, "seen without the storage"
    code, errors = done(balloon(*words, **{**bucket, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}))
    assert code == 1
    assert "cannot be listed" in errors
    assert "Nothing was changed" in errors
    with Engine.open_reader(library_of(address, tmp_path)) as anna:
        assert len(anna.search("type:jpeg", 20).hits) == 12
