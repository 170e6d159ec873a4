"""Installing a model from the hub: over a loopback server, from name to search hit; called off, it leaves nothing."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from engine.api import Engine
from engine.cli.main import main
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.models import installing
from engine.models.catalogue import offered
from engine.models.hub import is_hub_name
from engine.models.hub_files import choose_files
from engine.models.importing import Naming
from engine.models.installing import Order, Watcher, install
from engine.models.package import read_card, verify
from engine.protocol import ErrorKind
from tests.models.hub_server import COMMIT, HubServer
from tests.models.test_importing import write_immich
from tests.photo_factory import write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HubServer]:
    served = write_immich(tmp_path / "served")
    (served / "README.md").write_text("---\nlicense: mit\n---\n")
    (served / "textual" / "padding.txt").write_bytes(os.urandom(50_000))  # something to be in the middle of
    with HubServer(served).running() as running:
        yield running


def order(server: HubServer, source: str = "owner/name", key: str = "") -> Order:
    return Order(source, Naming(key=key), endpoint=server.address)


def left_in(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.name != installing.LOCK) if models.exists() else []


def test_model_of_the_hub_becomes_a_package(server: HubServer, tmp_path: Path) -> None:
    phases: list[str] = []
    found = install(order(server), tmp_path / "models", (), Watcher(lambda phase, *_: phases.append(phase)))
    package = tmp_path / "models" / "name"
    verify(package, read_card(package))
    assert (found.card.key, found.card.licence) == ("name", "mit")
    assert found.card.sources[0]["url"] == f"{server.address}/owner/name"
    assert COMMIT[:12] in found.card.sources[0]["name"]
    assert list(dict.fromkeys(phases)) == ["asking", "fetching", "copying", "trying", "installing"]
    assert left_in(tmp_path / "models") == ["name"]


@pytest.mark.parametrize("phase", ["asking", "fetching", "copying", "trying", "installing"])
def test_installation_that_is_called_off_leaves_nothing(phase: str, server: HubServer, tmp_path: Path) -> None:
    reached: list[str] = []
    watcher = Watcher(lambda now, *_: reached.append(now), lambda: phase in reached)
    if phase == "installing":  # from there on it is done
        install(order(server), tmp_path / "models", (), watcher)
        assert left_in(tmp_path / "models") == ["name"]
        return
    with pytest.raises(KnownError) as raised:
        install(order(server), tmp_path / "models", (), watcher)
    assert raised.value.kind is ErrorKind.CANCELLED
    assert left_in(tmp_path / "models") == []


def test_broken_off_download_is_kept_and_taken_up_again(server: HubServer, tmp_path: Path) -> None:
    def gone(_: str, done: int, __: int) -> None:
        server.status = 503 if done else None

    with pytest.raises(KnownError):
        install(order(server), tmp_path / "models", (), Watcher(gone))
    kept = {path.name for path in (tmp_path / "models" / installing.DOWNLOADS).rglob("*") if path.is_file()}
    assert kept
    server.status = None
    server.asked.clear()
    install(order(server), tmp_path / "models")
    asked = [path for path, *_ in server.asked if "/resolve/" in path]
    assert not [name for name in kept if not name.endswith(".part") and any(path.endswith(name) for path in asked)]
    assert left_in(tmp_path / "models") == ["name"]


def test_week_old_downloads_and_leftovers_are_cleared_up(server: HubServer, tmp_path: Path) -> None:
    old = tmp_path / "models" / installing.DOWNLOADS / "someone--else@1"
    leftover = tmp_path / "models" / ".importing-abc"
    for folder in (old, leftover):
        folder.mkdir(parents=True)
    eight_days_ago = time.time() - 8 * 24 * 3600
    os.utime(old, (eight_days_ago, eight_days_ago))
    install(order(server), tmp_path / "models")
    assert left_in(tmp_path / "models") == ["name"]


def test_one_installation_at_a_time(server: HubServer, tmp_path: Path) -> None:
    def another(*_: object) -> None:
        with pytest.raises(KnownError, match="Another model is being installed"):
            install(order(server, key="second"), tmp_path / "models")

    install(order(server), tmp_path / "models", (), Watcher(another))


@pytest.mark.parametrize("name", ["nothing", "no/such/thing", "../up"])
def test_name_of_nothing_is_refused_with_what_there_is(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # what lies beside the checkout is nobody's affair
    with pytest.raises(KnownError, match="no model of that name is offered") as raised:
        install(Order(name), tmp_path / "models")
    assert raised.value.kind is ErrorKind.NOT_FOUND
    assert "siglip2-b16" in str(raised.value)


def test_name_that_is_taken_is_refused_before_the_download(server: HubServer, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="already a model called name"):
        install(order(server), tmp_path / "models", ["name"])
    assert server.asked == []


def test_command_installs_and_the_model_finds_photos(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    assert main(["models", "import", "owner/name", "--languages", "en", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["key"] == "name"
    write_photo(tmp_path / "photos" / "rot.png", Image.new("RGB", (64, 48), (230, 20, 20)))
    write_photo(tmp_path / "photos" / "blau.png", Image.new("RGB", (64, 48), (20, 20, 230)))
    with Engine.open_writer(LibraryPaths(tmp_path / "library"), "name") as engine:
        engine.index([engine.add_folder(tmp_path / "photos")])
        assert engine.search("blue", 2).hits[0].path.to_path().stem == "blau"


def test_hub_that_cannot_be_reached_is_one_sentence_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    assert main(["models", "install", "vit-b32", "--hub", "http://127.0.0.1:9"]) == 1
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert "127.0.0.1:9 cannot be reached" in said


def test_catalogue_states_a_source_for_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    models = offered()
    assert {model.key for model in models} >= {"siglip2-b16", "xlm-roberta-b32", "chinese-clip-b16", "vit-b32"}
    for model in models:
        assert model.licence_source.startswith("https://")
        assert model.recall
        assert all(each.source.startswith("https://") and 0 < each.percent < 100 for each in model.recall)
        assert is_hub_name(model.repository)
    assert main(["models", "catalogue"]) == 0
    assert "Chinese 72.5 %" in capsys.readouterr().out


def test_every_offered_form_is_one_that_can_be_chosen() -> None:
    graphs = ["visual/model.onnx", "textual/model.onnx", "config.json"]
    assert choose_files(graphs, "o/n", checkpoints=False) == set(graphs)
    assert {model.form for model in offered()} == {"onnx", "checkpoint"}
