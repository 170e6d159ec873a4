"""What photos are encoded on is asked for and chosen over the wire, and takes effect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.models.accelerators import PROVIDERS
from engine.models.session import available_providers
from tests.engine_process import EngineProcess

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SETTING = "models.accelerator"


def choose(engine: EngineProcess, key: str | None) -> None:
    engine.result("settings.set", {"key": SETTING, "value": key})


def found(engine: EngineProcess, method: str = "accelerators.list") -> Any:
    engine.hello()
    return engine.result(method)


def test_choice_is_kept_and_tried(tmp_path: Path) -> None:
    with EngineProcess(tmp_path / "library", log=tmp_path / "engine.log") as engine:
        before = found(engine)
        offered = [row["key"] for row in before["offered"]]
        assert offered == [key for key, provider in PROVIDERS.items() if provider in available_providers()]
        assert (before["chosen"], before["is_given"], before["is_tried"], before["used"]) == (
            "auto",
            False,
            False,
            None,
        )
        assert offered[-1] == "cpu"
        choose(engine, "cpu")
        assert (found(engine)["chosen"], found(engine)["used"]) == ("cpu", "cpu")
        choose(engine, "coreml")
        tried = found(engine, "accelerators.try")
        if "coreml" not in offered:
            assert (tried["chosen"], tried["is_tried"], tried["used"]) == ("coreml", True, "cpu")
        refused = engine.error("settings.set", {"key": SETTING, "value": "abacus"})
        assert refused["data"]["kind"] == "usage"
        assert found(engine)["chosen"] == "coreml", "what is no accelerator is not kept"
        choose(engine, None)
        assert found(engine, "accelerators.try")["is_tried"] is True
        choose(engine, "cpu")
    with EngineProcess(tmp_path / "library", log=tmp_path / "engine.log") as engine:
        assert (found(engine)["chosen"], found(engine)["used"]) == ("cpu", "cpu")


def test_what_whoever_started_it_says_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BALLOON_ACCELERATOR", "CPU")
    with EngineProcess(tmp_path / "library", log=tmp_path / "engine.log") as engine:
        choose(engine, "cuda")
        answer = found(engine)
        assert (answer["chosen"], answer["is_given"], answer["used"]) == ("cpu", True, "cpu")
