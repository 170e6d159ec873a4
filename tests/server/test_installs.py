"""The window installs a model over the wire: progress, calling it off, what is offered, removing it again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine_process import EngineProcess
from tests.models.hub_server import HubServer
from tests.models.test_importing import write_immich

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HubServer]:
    served = write_immich(tmp_path / "served")
    (served / "textual" / "padding.txt").write_bytes(os.urandom(30_000))
    with HubServer(served).running() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path, server: HubServer, monkeypatch: pytest.MonkeyPatch, mini: Path) -> Iterator[EngineProcess]:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    with EngineProcess(tmp_path / "library", log=tmp_path / "engine.log") as started:
        started.hello()
        started.result("settings.set", {"key": "captions.bank", "value": "false"})  # encoding it takes seconds
        started.result("settings.set", {"key": "models.endpoint", "value": server.address})
        yield started


def ended(progress: dict[str, Any]) -> bool:
    return progress["phase"] in {"done", "failed", "cancelled"}


def test_window_installs_a_model_and_removes_it(engine: EngineProcess, tmp_path: Path) -> None:
    assert engine.result("models.install", {"source": "owner/name", "languages": ["en"]}) == {}
    assert engine.notified("models.progress", lambda told: told["phase"] == "fetching")["total"] > 30_000
    told = engine.notified("models.progress", ended)
    assert (told["phase"], told["key"], told["source"]) == ("done", "name", "owner/name")
    rows = {row["key"]: row for row in engine.result("models.list")["models"]}
    assert rows["name"]["languages"] == ["en"]
    left = engine.result("models.remove", {"key": "name"})["models"]
    assert "name" not in {row["key"] for row in left}
    assert not (tmp_path / "models" / "name").exists()


def test_window_is_told_why_an_installation_failed(engine: EngineProcess, server: HubServer) -> None:
    server.status = 503
    engine.result("models.install", {"source": "owner/name"})
    told = engine.notified("models.progress", ended)
    assert (told["phase"], told["kind"]) == ("failed", "hub_unreachable")
    assert server.address in told["message"]


def test_window_calls_an_installation_off(engine: EngineProcess, server: HubServer, tmp_path: Path) -> None:
    server.gate.clear()
    engine.result("models.install", {"source": "owner/name"})
    engine.notified("models.progress", lambda told: told["phase"] == "asking")
    assert engine.result("models.cancel") == {}
    server.gate.set()
    assert engine.notified("models.progress", ended)["phase"] == "cancelled"
    assert not list((tmp_path / "models").rglob("*.onnx"))


def test_second_installation_waits_for_the_first(engine: EngineProcess, server: HubServer) -> None:
    server.gate.clear()
    engine.result("models.install", {"source": "owner/name"})
    assert engine.error("models.install", {"source": "owner/name"})["data"]["kind"] == "usage"
    server.gate.set()
    assert engine.notified("models.progress", ended)["phase"] == "done"


def test_window_sees_what_is_offered(engine: EngineProcess, server: HubServer) -> None:
    found = engine.result("models.catalogue")
    assert found["endpoint"] == server.address
    assert {model["key"] for model in found["models"]} >= {"siglip2-b16", "vit-b32"}
    assert all(model["recall"][0]["source"].startswith("https://") for model in found["models"])


def test_model_in_use_is_not_removed(engine: EngineProcess) -> None:
    assert engine.error("models.remove", {"key": "balloon-mini"})["data"]["kind"] == "usage"
