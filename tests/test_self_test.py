"""Measuring on one's own captions, calibrating, replacing: with the embedded model and one that was really imported."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from engine.cli.main import main
from engine.models.importing import Naming, import_folder
from engine.models.package import image_fingerprint, read_card, write_card
from tests.models.test_importing import write_transformers_js
from tests.photo_factory import write_photo

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Shell:
    """The commands, in this process; ``run`` gives back their JSON document."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def photos(self) -> Path:
        return self.root / "photos"

    def run(self, *words: str, code: int = 0) -> dict[str, Any]:
        assert main([*words, "--json"]) == code
        document: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        return document


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Twelve red photos, twelve blue ones, no two alike, and a small imported model that tells red from blue."""
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    (tmp_path / "photos").mkdir()
    for number in range(24):
        colour = (255 - number, 0, 0) if number % 2 else (0, 0, 255 - number)
        write_photo(tmp_path / "photos" / f"{number}.png", Image.new("RGB", (16, 16), colour))
    import_folder(write_transformers_js(tmp_path / "tiny"), tmp_path / "models", Naming(languages=("en",)), [])
    return Shell(tmp_path, capsys)


def captions(shell: Shell, numbers: range) -> str:
    file = shell.root / "captions.jsonl"
    rows = [
        {"file": f"{number}.png", "caption": "red red red" if number % 2 else "blue blue blue"} for number in numbers
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("by", ["file", "library"])
def test_imported_model_is_calibrated_by_one_command_and_then_says_none(shell: Shell, by: str) -> None:
    shell.run("index", str(shell.photos), "--model", "tiny")
    absent = ("search", "balloon balloon balloon", "--model", "tiny")
    assert shell.run(*absent)["confidence"] == "possible", "nothing is known yet"
    file = captions(shell, range(24))
    if by == "file":
        found = shell.run("models", "calibrate", "tiny", file, "--photos", str(shell.photos))
    else:
        shell.run("caption", "import", file, "--photos", str(shell.photos))
        found = shell.run("models", "calibrate", "tiny")
    limits = read_card(shell.root / "models" / "tiny").calibration
    assert limits is not None
    english = limits.of("en")
    assert english is not limits, "24 captions are enough for the language they are in"
    assert found == {
        "model": "tiny",
        "match": limits.match,
        "possible": limits.possible,
        "languages": {"en": {"match": english.match, "possible": english.possible}},
    }
    assert limits.rise, "thresholds for other numbers of photos are kept as well"
    assert shell.run(*absent)["confidence"] == "none"
    assert shell.run("search", "red red red", "--model", "tiny")["confidence"] in {"match", "possible"}


def test_too_few_captions_calibrate_nothing(shell: Shell) -> None:
    file = captions(shell, range(6))
    result = shell.run("models", "calibrate", "tiny", file, "--photos", str(shell.photos), code=1)
    assert "at least 20" in result["error"]["message"]
    assert read_card(shell.root / "models" / "tiny").calibration is None


def test_self_test_ranks_among_all_photos_and_for_every_model(shell: Shell) -> None:
    shell.run("index", str(shell.photos))
    file = shell.root / "two.jsonl"
    rows = [{"file": "1.png", "caption": "blue"}, {"file": "0.png", "caption": "blue"}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    shell.run("caption", "import", str(file), "--photos", str(shell.photos))
    alone = shell.run("evaluate")
    assert (alone["photos"], alone["searched"], alone["model"]) == (2, 24, "balloon-mini")
    assert alone["others"] == []
    shell.run("index", str(shell.photos), "--model", "tiny")
    both = shell.run("evaluate")
    assert [other["model"] for other in both["others"]] == ["tiny"]
    (tiny,) = both["others"]
    assert tiny["text_to_image"]["queries"] == 2
    assert tiny["text_to_image"]["r10"] <= 0.5, "ten blue photos and more stand before a red one called blue"
    assert shell.run("evaluate", "--model", "tiny")["model"] == "tiny"


DOC_STRING = b"\x32\x01x"  # ModelProto.doc_string: another image tower, which sees the same


def update_model(shell: Shell) -> None:
    """What a newer version does that brings a newer model under the same name."""
    package = shell.root / "models" / "tiny"
    card = read_card(package)
    with (package / card.image.file).open("ab") as image:
        image.write(DOC_STRING)
    write_card(package, replace(card, fingerprint=image_fingerprint(package, card.image)))


def test_after_a_model_was_replaced_words_answer_until_photos_are_seen_again(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = ("--model", "tiny")
    shell.run("index", str(shell.photos), *tiny)
    shell.run("caption", "add", str(shell.photos / "7.png"), "grandma in the garden", *tiny)
    assert shell.run("search", "grandma garden", *tiny)["covered"] == 24
    update_model(shell)
    by_caption = shell.run("search", "grandma garden", *tiny)
    assert [(hit["path"], hit["channels"]) for hit in by_caption["hits"]] == [
        (str(shell.photos / "7.png"), ["captions"])
    ]
    assert (by_caption["confidence"], by_caption["covered"], by_caption["known"]) == ("match", 0, 24)
    assert len(shell.run("search", "photos", "name:7", *tiny)["hits"]) == 2, "7.png and 17.png"
    assert shell.run("status", *tiny)["pending"] == 24
    assert shell.run("search", "red red red", *tiny, code=1)["hits"] == []
    assert main(["search", "red red red", *tiny]) == 1
    assert "tiny has seen 0 of 24 photos" in capsys.readouterr().err
    shell.run("index", str(shell.photos), *tiny)
    again = shell.run("search", "red red red", *tiny)
    assert (again["covered"], {tuple(hit["channels"]) for hit in again["hits"]}) == (24, {("vectors",)})
    assert main(["search", "red red red", *tiny]) == 0
    assert "has seen" not in capsys.readouterr().err
