"""A cluster that is there already, asked by ``ray://``: its head takes only those who know its token."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.library import opening
from tests.cluster.runs import PATIENCE_S, balloon, done, library_of, photos, stored
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.usefixtures("ray_installed", "mini"), pytest.mark.timeout(600)]
CORES = "2"


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextlib.contextmanager
def running_head(place: Path, token: str) -> Iterator[str]:
    """A head on the loopback alone while inside; its address."""
    port = free_port()
    words = (
        "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={free_port()}", f"--num-cpus={CORES}",
        f"--ray-client-server-port={port}", "--include-dashboard=false", "--disable-usage-stats",
        f"--object-store-memory={256 << 20}", f"--temp-dir={place}",
    )  # fmt: skip
    # The cluster's machines have the Balloon that is tested, whatever is installed beside this Python.
    known = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {
        **os.environ, "PYTHONPATH": known, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token,
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",  # nobody is left to be waited for
    }  # fmt: skip
    ray = Path(sys.executable).with_name("ray")
    with (place / "head.log").open("w") as log:
        head = subprocess.Popen([str(ray), *words], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield f"ray://127.0.0.1:{port}"
    finally:
        head.terminate()  # what it started ends with it
        head.wait(timeout=PATIENCE_S)


@pytest.fixture
def token() -> str:
    return secrets.token_hex(32)


@pytest.fixture
def head(token: str) -> Iterator[str]:
    # Not in the tests' own folder: the name of a socket may not be longer than 107 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as place,
        running_head(Path(place), token) as address,
    ):
        yield address


def test_running_cluster_is_reached_by_its_address_and_token(
    address: str, tmp_path: Path, head: str, token: str
) -> None:
    folder = photos(tmp_path / "photos", 40)
    (folder / "broken.jpg").write_bytes((folder / "1.jpg").read_bytes()[:300])
    words = ("index", folder, "--on", head, "--workers", "1", "--library", address)
    # The client waits half a minute for a head, which may take longer to come up here.
    for _ in range(3):
        code, errors = done(balloon(*words, RAY_AUTH_TOKEN=token))
        if "cannot be reached" not in errors:
            break
    assert code == 0, errors
    watching = opening.open_reader(library_of(address, tmp_path))
    assert stored(watching) == (41, 41, 40)
    watching.close()
    code, errors = done(balloon(*words, RAY_AUTH_TOKEN=secrets.token_hex(32)))
    assert code == 0, "there is nothing left to do: nobody is asked"
    (folder / "new.jpg").write_bytes((folder / "1.jpg").read_bytes() + b"more")
    code, errors = done(balloon(*words, RAY_AUTH_TOKEN=secrets.token_hex(32)))
    assert (code, "Traceback" in errors) == (1, False), errors
    assert "RAY_AUTH_TOKEN" in errors
