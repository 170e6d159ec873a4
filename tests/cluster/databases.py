"""Databases for tests, each a copy of one that holds an empty library: making the tables anew would take longer."""

from __future__ import annotations

import contextlib
import itertools
import os
from functools import cache
from typing import TYPE_CHECKING

from engine.library.postgres.connection import PostgresConnection
from tests.cluster.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_numbers = itertools.count(1)


@cache
def server_of(told: Path) -> Server:
    """The server that `make test-cluster` started."""
    return Server.of_told(told.read_text(encoding="utf-8"))


@cache
def _empty_library(told: Path) -> str:
    name = f"empty_{os.getpid()}"
    PostgresConnection.open_writer(server_of(told).make(name)).close()
    return name


@contextlib.contextmanager
def fresh_database(told: Path) -> Iterator[str]:
    """The address of a database with an empty library, dropped afterwards."""
    server = server_of(told)
    name = f"test_{os.getpid()}_{next(_numbers)}"
    address = server.make(name, template=_empty_library(told))
    try:
        yield address
    finally:
        server.drop(name)
