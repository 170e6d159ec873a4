"""A model package is read whole or refused with a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import KnownError
from engine.imaging.preprocess import InputSpec
from engine.models.catalog import find_package, installed
from engine.models.encoder import Encoder
from engine.models.package import CARD_NAME, Calibration, image_fingerprint, read_card, verify, write_card
from engine.protocol import ErrorKind
from tests.models.conftest import make_package

if TYPE_CHECKING:
    from pathlib import Path


def rewrite(package: Path, **changes: Any) -> None:
    """Change values of the card; a dotted name such as ``text__file`` reaches into a tower."""
    values = json.loads((package / CARD_NAME).read_text(encoding="utf-8"))
    for name, value in changes.items():
        *outer, last = name.split("__")
        owner = values
        for key in outer:
            owner = owner[key]
        owner[last] = value
    (package / CARD_NAME).write_text(json.dumps(values), encoding="utf-8")


def refusal(package: Path) -> KnownError:
    with pytest.raises(KnownError) as raised:
        verify(package, read_card(package))
    assert raised.value.kind is ErrorKind.MODEL_DAMAGED
    assert str(raised.value).endswith("Install it again.")
    return raised.value


def test_card_is_read_as_it_was_written(package: Path) -> None:
    card = read_card(package)
    assert sorted(card.files) == ["README.md", "image.onnx", "text.onnx", "tokenizer.json"]
    again = package.parent / "again"
    package.rename(again)
    write_card(again, card)
    assert read_card(again) == card
    assert replace(card, files={}) == make_package(package.parent / "other")
    verify(again, card)


def test_thresholds_of_languages_are_kept_and_a_card_without_them_has_one_pair_for_all(package: Path) -> None:
    card = read_card(package)
    assert card.calibration is not None
    assert card.calibration.of("zh") == card.calibration.of("en") == card.calibration
    own = {"zh": Calibration(0.35, 0.25, photos=200, rise=((5, -0.1), (200, 0.0)))}
    limits = replace(card.calibration, languages=own)
    write_card(package, replace(card, calibration=limits))
    assert read_card(package).calibration == limits
    assert (limits.of("zh"), limits.of("en"), limits.of("mixed")) == (own["zh"], limits, limits)


def test_embedded_model_is_sound(mini: Path) -> None:
    card = read_card(mini)
    verify(mini, card)
    assert card.fingerprint == image_fingerprint(mini, card.image)
    assert card.key == mini.name


def test_fingerprint_follows_whatever_changes_a_photos_vector(package: Path) -> None:
    image = read_card(package).image
    before = image_fingerprint(package, image)
    assert image_fingerprint(package, image) == before
    others = [
        replace(image, input_spec=InputSpec(64)), replace(image, dtype="uint8"), replace(image, mean=(0.0, 0.0, 0.0)),
        replace(image, output="other"),
    ]  # fmt: skip
    assert len({before, *(image_fingerprint(package, other) for other in others)}) == 5
    (package / "image.onnx").write_bytes(b"trained again")
    assert image_fingerprint(package, image) != before


def test_learned_text_tower_has_another_name_and_the_photos_keep_theirs(package: Path) -> None:
    before = read_card(package)
    (package / "text.onnx").write_bytes(b"learned from captions")
    write_card(package, before)
    after = read_card(package)
    assert after.text_fingerprint != before.text_fingerprint
    assert after.fingerprint == before.fingerprint


@pytest.mark.parametrize("name", ["image.onnx", "text.onnx", "tokenizer.json", "README.md"])
def test_changed_byte_is_found(package: Path, name: str) -> None:
    data = bytearray((package / name).read_bytes())
    data[7] ^= 1
    (package / name).write_bytes(data)
    assert f"{name} has been changed" in str(refusal(package))


@pytest.mark.parametrize("name", ["image.onnx", "text.onnx", "tokenizer.json"])
def test_missing_or_cut_file_is_found(package: Path, name: str) -> None:
    data = (package / name).read_bytes()
    (package / name).write_bytes(data[:-1])
    assert f"{name} is missing or has another size" in str(refusal(package))
    (package / name).unlink()
    assert f"{name} is missing" in str(refusal(package))
    (package / name).mkdir()
    assert f"{name} is missing" in str(refusal(package))


@pytest.mark.parametrize(
    "name", ["../image.onnx", "/etc/passwd", "a/../../b", "..\\image.onnx", "C:image.onnx", "a/.."]
)
def test_name_that_leaves_the_folder_is_refused(package: Path, name: str) -> None:
    facts = read_card(package).files["image.onnx"]
    rewrite(package, image__file=name, files={name: facts})
    assert "leaves the folder" in str(refusal(package))


def test_file_that_is_not_listed_is_refused(package: Path) -> None:
    (package / "extra.onnx").write_bytes(b"not in the card")
    rewrite(package, text__file="extra.onnx")
    assert "extra.onnx is not listed" in str(refusal(package))


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_unknown_format_is_refused(package: Path, version: object) -> None:
    rewrite(package, format=version)
    assert "format" in str(refusal(package))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"card"', "\x00", "[" * 100_000, '{"format": 1}', '{"format": 1, "image": []}']
)
def test_card_that_is_no_card_is_refused(package: Path, text: str) -> None:
    (package / CARD_NAME).write_text(text, encoding="utf-8")
    refusal(package)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": 5}, {"key": ""}, {"dim": "8"}, {"dim": 0}, {"dim": True}, {"languages": 3}, {"languages": [1]},
        {"licence": None}, {"logit_scale": "hot"}, {"logit_scale": float("nan")}, {"image": "image.onnx"},
        {"image__file": 7}, {"image__mean": [0.1]}, {"image__mean": "abc"}, {"image__std": [1, 1, 0]},
        {"image__dtype": "int4"}, {"image__input_spec": None}, {"image__input_spec__size": "32"},
        {"image__input_spec__size": -1}, {"image__input_spec__resize": "stretch"},
        {"image__input_spec__interpolation": "magic"}, {"image__input_spec__crop_fraction": 0},
        {"image__grid_output": 4}, {"image__surprise": 1}, {"surprise": 1}, {"text__tokenizer": None},
        {"text__max_length": 0}, {"text__padding": "none"}, {"text__pad_id": "0"}, {"text__lowercase": "no"},
        {"text__attention_mask": 1}, {"calibration": [1]}, {"calibration": {"match": 0.1, "possible": 0.5}},
        {"calibration": {"match": 0.5, "possible": 0.4, "photos": 0}},
        {"calibration": {"match": 0.5, "possible": 0.4, "rise": [[20, 0.1], [10, 0.2]]}},
        {"calibration": {"match": 0.5, "possible": 0.4, "rise": [[20, "much"]]}},
        {"calibration": {"match": 0.5, "possible": 0.4, "rise": [20]}},
        {"calibration": {"match": 0.5, "possible": 0.4, "languages": ["zh"]}},
        {"calibration": {"match": 0.5, "possible": 0.4, "languages": {"zh": {"match": 0.1, "possible": 0.4}}}},
        {"reranker": {"file": "text.onnx"}},  # and no grid for it
        {"reranker": {"file": "text.onnx", "head": 0}, "image__grid_output": "grid"},
        {"reranker": {"file": 3}, "image__grid_output": "grid"},
        {"reranker": "text.onnx", "image__grid_output": "grid"},
        {"calibration": {"match": "high", "possible": 0.5}}, {"files": []}, {"files": None},
        {"files__image.onnx": None}, {"files__image.onnx": {"sha256": "00"}}, {"sources": 1},
    ],
    ids=str,
)  # fmt: skip
def test_value_of_the_wrong_kind_is_refused(package: Path, changes: dict[str, Any]) -> None:
    rewrite(package, **changes)
    refusal(package)


def test_folder_without_a_card_has_no_model(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as raised:
        read_card(tmp_path)
    assert raised.value.kind is ErrorKind.MODEL_MISSING


def test_package_is_found_by_its_key_in_the_first_folder_that_has_it(tmp_path: Path) -> None:
    for folder in ("own", "shipped"):
        make_package(tmp_path / folder)
    make_package(tmp_path / "shipped", "large")
    folders = (tmp_path / "own", tmp_path / "absent", tmp_path / "shipped")
    assert find_package("tiny", folders) == tmp_path / "own" / "tiny"
    assert find_package("large", folders) == tmp_path / "shipped" / "large"
    assert [card.key for card in installed(folders)] == ["tiny", "large"]


@pytest.mark.parametrize("key", ["", "unknown", "..", ".", "../own/tiny", "a\\b", "tiny/"])
def test_unknown_model_is_a_sentence_that_names_those_there_are(tmp_path: Path, key: str) -> None:
    make_package(tmp_path / "own")
    (tmp_path / CARD_NAME).write_text("{}")
    (tmp_path / "own" / CARD_NAME).write_text("{}")
    with pytest.raises(KnownError, match="tiny") as raised:
        find_package(key, (tmp_path / "own",))
    assert raised.value.kind is ErrorKind.MODEL_MISSING


def test_damaged_package_is_not_offered(tmp_path: Path) -> None:
    make_package(tmp_path)
    (tmp_path / "tiny" / CARD_NAME).write_text("{")
    assert installed((tmp_path,)) == []


def test_damaged_tower_is_refused_before_it_is_loaded(package: Path) -> None:
    (package / "text.onnx").write_bytes(b"?" * (package / "text.onnx").stat().st_size)
    with pytest.raises(KnownError) as raised:
        Encoder.open(package).encode_texts(["red"])
    assert raised.value.kind is ErrorKind.MODEL_DAMAGED
    assert "text.onnx has been changed" in str(raised.value)
