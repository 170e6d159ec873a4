"""Another model is chosen while the engine runs: it answers at once, or as soon as it has seen all photos."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.models.package import image_fingerprint, read_card, write_card
from tests.engine_process import EngineProcess
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path

PHOTOS = 3
DOC_STRING = b"\x32\x01x"  # ModelProto.doc_string: another file, and the same model


@pytest.fixture
def models(mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The embedded model under two more names: with an image tower of its own, and with the same one."""
    folder = tmp_path / "models"
    for key in ("other", "learnt"):
        shutil.copytree(mini, folder / key)
        card = replace(read_card(folder / key), key=key, name=key.title())
        if key == "other":
            with (folder / key / card.image.file).open("ab") as image:
                image.write(DOC_STRING)
            card = replace(card, fingerprint=image_fingerprint(folder / key, card.image))
        write_card(folder / key, card)
    monkeypatch.setenv("BALLOON_MODELS", str(folder))
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(PHOTOS):
        write_photo(tmp_path / "photos" / f"{number}.jpg", scene((160, 120), number))
    return tmp_path / "photos"


def started(tmp_path: Path) -> EngineProcess:
    return EngineProcess(tmp_path / "library", log=tmp_path / "engine.log")


def indexed(engine: EngineProcess, photos: Path) -> None:
    engine.hello()
    engine.result("settings.set", {"key": "captions.bank", "value": "false"})  # encoding it takes seconds
    engine.result("folders.add", {"path": str(photos)})
    engine.notified("index.finished", lambda report: report["embedded"] == PHOTOS)


def rows(engine: EngineProcess) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in engine.result("models.list")["models"]}


def answering(engine: EngineProcess) -> tuple[str, int]:
    result = engine.result("search", {"text": "circles"})
    return result["model"], result["covered"]


@pytest.mark.usefixtures("models")
def test_new_model_takes_over_when_it_has_seen_all_photos(tmp_path: Path, photos: Path) -> None:
    with started(tmp_path) as engine:
        indexed(engine, photos)
        engine.result("index.pause")
        chosen = {row["key"]: row for row in engine.result("models.use", {"key": "other"})["models"]}
        assert (chosen["other"]["is_coming"], chosen["other"]["in_use"]) == (True, False)
        assert answering(engine) == ("balloon-mini", PHOTOS), "the one before answers meanwhile"
    with started(tmp_path) as engine:  # it comes though the engine was ended before it had begun
        engine.hello()
        engine.notified("library.changed", lambda change: change["status"]["model"] == "other")
        assert answering(engine) == ("other", PHOTOS)
        assert (rows(engine)["other"]["in_use"], rows(engine)["other"]["is_coming"]) == (True, False)
        engine.result("models.use", {"key": "balloon-mini"})
        assert answering(engine) == ("balloon-mini", PHOTOS), "that one has seen them all already"
    with started(tmp_path) as engine:
        assert engine.hello()["model"] == "balloon-mini"


@pytest.mark.usefixtures("models")
def test_model_with_the_same_image_side_answers_at_once(tmp_path: Path, photos: Path) -> None:
    with started(tmp_path) as engine:
        indexed(engine, photos)
        before = len(engine.heard)
        engine.result("models.use", {"key": "learnt"})
        assert answering(engine) == ("learnt", PHOTOS)
        engine.notified("library.changed", since=before)


def test_coming_model_that_was_removed_does_not_come(tmp_path: Path, photos: Path, models: Path) -> None:
    with started(tmp_path) as engine:
        indexed(engine, photos)
        engine.result("index.pause")
        engine.result("models.use", {"key": "other"})
        engine.result("models.use", {"key": "balloon-mini"})
        assert not any(row["is_coming"] for row in rows(engine).values()), "it was thought better of"
        engine.result("models.use", {"key": "other"})
    shutil.rmtree(models / "other")
    with started(tmp_path) as engine:
        engine.hello()
        engine.result("index.resume")
        engine.notified("index.finished")
        assert answering(engine) == ("balloon-mini", PHOTOS)


@pytest.mark.usefixtures("models")
def test_unknown_model_is_refused_and_the_one_before_goes_on(tmp_path: Path, photos: Path) -> None:
    with started(tmp_path) as engine:
        indexed(engine, photos)
        assert engine.error("models.use", {"key": "absent"})["data"]["kind"] == "model_missing"
        assert answering(engine) == ("balloon-mini", PHOTOS)
