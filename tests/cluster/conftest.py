"""Fixtures of the cluster's tests: a server that `make test-cluster` started, and Ray where it is installed."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cluster.databases import fresh_database, server_of
from tests.cluster.server import running
from tests.conftest import SERVER_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.server import Server


@pytest.fixture(scope="session")
def server() -> Server:
    """The running server; the test is skipped without one."""
    return server_of(_told())


@pytest.fixture
def address() -> Iterator[str]:
    """A shared library with nothing in it, as its owner reaches it."""
    with fresh_database(_told()) as address:
        yield address


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server that a test may stop, kill and fill up."""
    _told()
    tmp_path.chmod(0o755)
    with running(buffers="16MB", settings="") as server:
        yield server


@pytest.fixture(scope="session")
def ray_installed() -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: make test-cluster")


def _told() -> Path:
    told = os.environ.get(SERVER_VARIABLE)
    if told is None:
        pytest.skip("no PostgreSQL server was started for tests: make test-cluster")
    return Path(told)
