"""Fixtures for all tests: a library in tmp_path, a fast fake encoder, the shared photos, and a strict log."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# Before torch and NumPy are imported: test processes side by side would only wait for one another's threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.pop("BALLOON_LIBRARY", None)

from engine.config import LibraryPaths
from tests.fakes import FakeEncoder

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each test process has settings, caches and models of its own: neither the person's nor those of one beside it.
HOMES = tempfile.TemporaryDirectory(prefix="balloon-tests-")
for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
    os.environ[name] = os.path.join(HOMES.name, name.lower())
    os.mkdir(os.environ[name], mode=0o700)

# CI judges a change by the same examples each time; at home new ones are tried.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent
SERVER_VARIABLE = "BALLOON_TEST_SERVER"  # a file that says how to reach a PostgreSQL server
PHOTOS_VARIABLE = "BALLOON_TEST_PHOTOS"


# Of several test processes each takes the next file: what takes longest comes first, so that none is waited for alone.
LONGEST = (
    "training/test_mini.py",
    "test_cli_captions.py",
    "server/test_process.py",
    "models/test_exporting.py",
    "test_self_test.py",
    "indexing/test_recognizing.py",
    "test_cli.py",
    "calamities/test_soak.py",
    "test_privacy.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        first = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: first.get(item.path, len(first)))


def pytest_unconfigure() -> None:
    HOMES.cleanup()


sqlite_alone = pytest.mark.skipif(SERVER_VARIABLE in os.environ, reason="looks into the SQLite library's own files")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LibraryPaths]:
    """A library's place, with nothing in it yet: a folder, or under `make test-cluster` a database."""
    told = os.environ.get(SERVER_VARIABLE)
    if told is None:
        yield LibraryPaths(tmp_path / "library")
        return
    from tests.cluster.databases import fresh_database

    with fresh_database(Path(told)) as address:
        yield LibraryPaths(tmp_path / "library", address)


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """The folder of real test photos; the test is skipped where there is none."""
    folder = Path(os.environ.get(PHOTOS_VARIABLE, ROOT.parent / "shared" / "photos"))
    if not (folder / "captions.jsonl").is_file():
        pytest.skip(f"the shared test photos are not in {folder} (set {PHOTOS_VARIABLE})")
    return folder


@pytest.fixture(scope="session")
def mini() -> Path:
    """The embedded model's package."""
    package = ROOT / "resources" / "models" / "balloon-mini"
    if not (package / "model.json").is_file():
        pytest.skip("the embedded model is not in resources/")
    return package


@pytest.fixture(autouse=True)
def _no_unexpected_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning that no test asked for is a failure; a test that expects one clears ``caplog``."""
    yield
    unexpected = [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    if unexpected:
        pytest.fail("unexpected log: " + "; ".join(record.getMessage() for record in unexpected))
