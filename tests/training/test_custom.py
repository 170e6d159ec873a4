"""Learning a user's field on top of a base package, with a fake base whose towers are tiny ONNX graphs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine.errors import KnownError
from engine.imaging.preprocess import InputSpec
from engine.models.package import ImageTower, ModelCard, TextTower, image_fingerprint, read_card, verify, write_card
from engine.training.captions_file import read_captions_file
from engine.training.custom import LEAST_PHOTOS, fold_mapping, learn, write_package
from engine.training.packaging import open_graph

if TYPE_CHECKING:
    from pathlib import Path

DIM = 12


class Base:
    """A base model for which a text about photo <number> begins with 'n<number>'."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self._turned = np.eye(DIM)[[1, 2, 3, 4, 5, 0, *range(6, DIM)]]  # six directions change places

    def vector(self, text: str) -> np.ndarray:
        made = np.random.default_rng(int(text.split(maxsplit=1)[0][1:])).normal(size=DIM)
        unit: np.ndarray = made / np.linalg.norm(made)
        return unit

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        """The user's field is the base's, turned: a linear mapping can learn it."""
        noise = 0.1 * np.random.default_rng(len(texts)).normal(size=(len(texts), DIM))
        vectors = np.stack([self.vector(text) for text in texts]) @ self._turned + noise
        scaled: np.ndarray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return scaled


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A valid package whose text tower adds up the ids' rows of a table."""
    folder = tmp_path / "base"
    folder.mkdir()
    table = np.random.default_rng(0).normal(size=(10, DIM)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
            helper.make_node("ReduceSum", ["rows", "axes"], ["vector"], keepdims=0),
        ],
        "text",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "length"])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["texts", DIM])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "axes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / "text.onnx")
    (folder / "image.onnx").write_bytes(b"an image tower")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    image = ImageTower("image.onnx", InputSpec(32))
    text = TextTower("text.onnx", "tokenizer.json", 16, attention_mask=None)
    card = ModelCard("base", "Base", DIM, ("en",), "Apache-2.0", image, text, 20.0, image_fingerprint(folder, image))
    write_card(folder, card)
    return folder


def made_captions(base: Base, photos: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    texts = [f"n{photo} {wording}" for photo in range(photos) for wording in ("a", "b")]
    images = np.stack([base.vector(f"n{photo}") for photo in range(photos)]).astype(np.float32)
    return texts, images, np.repeat(np.arange(photos), 2)


def test_learning_improves_the_held_out_photos(package: Path) -> None:
    base = Base(read_card(package))
    learned = learn(base, *made_captions(base, 150))
    assert learned.improved
    assert learned.after.text_to_image.r1 > learned.before.text_to_image.r1 + 0.1
    assert learned.held_out == 30
    assert learned.before.text_to_image.queries == 60


def test_learning_from_too_few_photos_is_refused_in_a_sentence(package: Path) -> None:
    base = Base(read_card(package))
    with pytest.raises(KnownError, match=f"at least {LEAST_PHOTOS} photos; these captions are about 5"):
        learn(base, *made_captions(base, 5))
    with pytest.raises(KnownError):
        learn(base, [], np.zeros((0, DIM), np.float32), np.zeros(0, np.int64))


def test_captions_that_say_nothing_change_nothing(package: Path) -> None:
    base = Base(read_card(package))
    texts, images, owner = made_captions(base, 60)
    images = np.random.default_rng(8).normal(size=images.shape).astype(np.float32)
    learned = learn(base, texts, images, owner)
    assert learned.after.text_to_image.r10 >= learned.before.text_to_image.r10 - 0.2


def test_new_package_shares_the_image_tower_and_maps_the_texts(package: Path, tmp_path: Path) -> None:
    card = read_card(package)
    base = Base(card)
    learned = learn(base, *made_captions(base, 60))
    made = write_package(package, card, learned, tmp_path / "mine", "mine")
    again = read_card(tmp_path / "mine")
    verify(tmp_path / "mine", again)
    assert again == made
    assert again.key == "mine"
    assert again.fingerprint == card.fingerprint
    ids = {"input_ids": np.array([[1, 2], [3, 4]])}
    (before,), (after,) = (open_graph(folder / "text.onnx")(ids) for folder in (package, tmp_path / "mine"))
    mapped = before @ learned.weight.T + learned.bias
    np.testing.assert_allclose(after, mapped / np.linalg.norm(mapped, axis=1, keepdims=True), atol=1e-5)
    with pytest.raises(KnownError, match="already something"):
        write_package(package, card, learned, tmp_path / "mine", "mine")


def test_mapping_can_be_folded_on_top_of_a_mapping(package: Path, tmp_path: Path) -> None:
    base = Base(read_card(package))
    learned = learn(base, *made_captions(base, 60))
    for source, target in ((package / "text.onnx", tmp_path / "1.onnx"), (tmp_path / "1.onnx", tmp_path / "2.onnx")):
        fold_mapping(source, target, "vector", learned)
    assert open_graph(tmp_path / "2.onnx")({"input_ids": np.array([[1]])})[0].shape == (1, DIM)


def photos_in(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"photo")
    return folder


def test_csv_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "photos", "a.jpg", "b.jpg")
    lines = [
        "File;Caption",
        "a.jpg;a red  balloon",
        "b.jpg;海上的红气球",
        "c.jpg;gone",
        "b.jpg;",
        "a.jpg;A red balloon",
    ]
    (tmp_path / "my.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    read = read_captions_file(tmp_path / "my.csv", folder)
    assert [(row.photo.name, row.text) for row in read.rows] == [("a.jpg", "a red balloon"), ("b.jpg", "海上的红气球")]
    assert read.left_out == {"photo not found": 1, "without a photo or a caption": 1, "repeated": 1}
    assert read.photos == (folder / "a.jpg", folder / "b.jpg")


def test_jsonl_may_hold_several_captions_and_broken_lines(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "photos", "a.jpg")
    lines = [json.dumps({"image": "a.jpg", "caption": ["one", "two", "x" * 2000]}), "{broken", "[1]", ""]
    (tmp_path / "my.jsonl").write_text("\n".join(lines), encoding="utf-8")
    read = read_captions_file(tmp_path / "my.jsonl", folder)
    assert [row.text for row in read.rows] == ["one", "two"]
    assert read.left_out == {"caption too long": 1, "not readable": 2}


def test_file_without_the_right_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(KnownError, match="columns file and caption"):
        read_captions_file(tmp_path / "my.csv", tmp_path)
    with pytest.raises(KnownError, match="cannot be read"):
        read_captions_file(tmp_path / "none.csv", tmp_path)
