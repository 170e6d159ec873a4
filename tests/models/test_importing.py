"""Ready-made ONNX folders of other programs become model packages, or are refused with a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from PIL import Image

from engine.api import Engine
from engine.cli.main import main
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.imaging.preprocess import InputSpec, preprocess
from engine.models.encoder import Encoder
from engine.models.importing import Naming, import_folder
from engine.models.package import ModelCard, image_fingerprint, read_card, verify, write_card
from engine.protocol import ErrorKind
from tests.onnx_factory import FLOAT, INT32, INT64, UINT8, Node, Value, graph
from tests.photo_factory import write_photo

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 8
WORDS = {"[UNK]": 0, "<pad>": 1, "red": 2, "blue": 3, "balloon": 4}
# One row per word: the colour it means once pixels are (value / 255 - 0.5) / 0.5; padding and the rest say nothing.
COLOURS = np.asarray([[0, 0, 0.1], [0, 0, 0], [1, -1, -1], [-1, -1, 1], [0.1, 0, 0]], dtype=np.float32)


def image_graph(name: str, output: str, batch: int | str = "n", kind: int = FLOAT) -> bytes:
    """The mean colour of a picture."""
    if kind == UINT8:
        steps: tuple[Node, ...] = (
            Node("Cast", (name,), "wide", (("to", FLOAT),)),
            Node("ReduceMean", ("wide",), output, AXES_OF_PIXELS),
        )
        shape: tuple[int | str, ...] = (batch, SIZE, SIZE, 3)
    else:
        steps = (Node("ReduceMean", (name,), output, (("axes", (2, 3)), ("keepdims", 0))),)
        shape = (batch, 3, SIZE, SIZE)
    return graph((Value(name, kind, shape),), (Value(output, FLOAT, (batch, 3)),), steps, {})


AXES_OF_PIXELS = (("axes", (1, 2)), ("keepdims", 0))


def text_graph(
    value: Value, output: str, table: np.ndarray[Any, np.dtype[np.float32]] = COLOURS, outside: str | None = None
) -> bytes:
    """The sum of the words' colours; ``outside`` names the file that the colours lie in instead of the graph."""
    steps = (
        Node("Gather", ("table", value.name), "rows"),
        Node("ReduceMean", ("rows",), output, (("axes", (1,)), ("keepdims", 0))),
    )
    outputs = (Value(output, FLOAT, (value.shape[0], table.shape[1])),)
    return graph((value,), outputs, steps, {"table": table}, outside)


def write_tokenizer(folder: Path) -> None:
    tokenizer: dict[str, Any] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": WORDS, "unk_token": "[UNK]"},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    settings = {"pad_token": {"content": "<pad>"}, "model_max_length": 1e30}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def write_immich(folder: Path, batch: int | str = 1, kind: int = FLOAT) -> Path:
    """As Immich publishes them: one picture and one text at a time, ids of 32 bits, texts of full length."""
    for name in ("visual", "textual"):
        (folder / name).mkdir(parents=True)
    (folder / "visual" / "model.onnx").write_bytes(image_graph("image", "embedding", batch, kind))
    (folder / "textual" / "model.onnx").write_bytes(text_graph(Value("text", INT32, (batch, 6)), "embedding"))
    pictures = {
        "size": [SIZE, SIZE], "mode": "RGB", "mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic",
        "resize_mode": "squash", "fill_color": 0,
    }  # fmt: skip
    (folder / "visual" / "preprocess_cfg.json").write_text(json.dumps(pictures))
    texts = {"context_length": 6, "tokenizer_kwargs": {"clean": "canonicalize"}}
    (folder / "config.json").write_text(json.dumps({"embed_dim": 3, "text_cfg": texts}))
    write_tokenizer(folder / "textual")
    return folder


def write_transformers_js(folder: Path, family: Literal["clip", "siglip"] = "clip", **pictures: Any) -> Path:
    (folder / "onnx").mkdir(parents=True)
    image, text = ("image_embeds", "text_embeds") if family == "clip" else ("pooler_output", "pooler_output")
    (folder / "onnx" / "vision_model.onnx").write_bytes(image_graph("pixel_values", image))
    ids = Value("input_ids", INT64, ("n", "length"))
    (folder / "onnx" / "text_model.onnx").write_bytes(text_graph(ids, text))
    shape = {"size": {"shortest_edge": SIZE}, "crop_size": {"height": SIZE, "width": SIZE}, "do_center_crop": True}
    values = shape | {"resample": 3, "image_mean": [0.5] * 3, "image_std": [0.5] * 3} | pictures
    (folder / "preprocessor_config.json").write_text(json.dumps(values))
    config = {"model_type": family, "text_config": {"max_position_embeddings": 9, "model_type": "x"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    write_tokenizer(folder)
    return folder


def imported(source: Path, tmp_path: Path, naming: Naming | None = None) -> ModelCard:
    return import_folder(source, tmp_path / "models", naming or Naming()).card


def refusal(source: Path, tmp_path: Path) -> str:
    with pytest.raises(KnownError) as raised:
        imported(source, tmp_path)
    assert raised.value.kind is ErrorKind.BAD_FILE
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").iterdir()), "half a model is left"
    return str(raised.value)


def test_immich_folder_becomes_a_package(tmp_path: Path) -> None:
    card = imported(write_immich(tmp_path / "ViT-B-32__tiny"), tmp_path, Naming(languages=("en",), licence="MIT"))
    package = tmp_path / "models" / "ViT-B-32__tiny"
    verify(package, read_card(package))
    assert sorted(path.name for path in package.iterdir()) == [
        "README.md",
        "image.onnx",
        "model.json",
        "text.onnx",
        "tokenizer.json",
    ]
    assert (card.key, card.dim, card.languages, card.licence) == ("ViT-B-32__tiny", 3, ("en",), "MIT")
    assert card.image.input_spec == InputSpec(SIZE, "squash", "bicubic")
    assert (card.image.mean, card.image.std) == ((0.5,) * 3, (0.5,) * 3)
    assert (card.text.max_length, card.text.padding, card.text.pad_id, card.text.cleaning) == (
        6, "max_length", 1, "canonical",
    )  # fmt: skip


def test_graph_for_one_picture_takes_a_batch(tmp_path: Path) -> None:
    imported(write_immich(tmp_path / "one"), tmp_path)
    encoder = Encoder.open(tmp_path / "models" / "one")
    pixels = np.stack([np.full((SIZE, SIZE, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255))])
    np.testing.assert_allclose(
        encoder.encode_images(pixels), np.asarray([[1, -1, -1], [-1, -1, 1]]) / np.sqrt(3), atol=1e-4
    )
    texts = encoder.encode_texts(["Red!", " blue,", "red blue"])
    np.testing.assert_allclose(texts[:2], encoder.encode_images(pixels), atol=1e-4)


def test_graph_that_normalises_itself_takes_pixels(tmp_path: Path) -> None:
    card = imported(write_immich(tmp_path / "bytes", "n", UINT8), tmp_path)
    assert card.image.dtype == "uint8"


def test_transformers_js_folder_becomes_a_package(tmp_path: Path) -> None:
    card = imported(write_transformers_js(tmp_path / "clip tiny"), tmp_path)
    assert (card.key, card.licence) == ("clip-tiny", "apache-2.0")
    assert card.image.input_spec == InputSpec(SIZE, "shortest", "bicubic", 1.0)
    assert (card.text.max_length, card.text.padding, card.text.cleaning) == (9, "longest", "none")


def test_siglip_pads_to_its_full_length(tmp_path: Path) -> None:
    source = write_transformers_js(
        tmp_path / "siglip", "siglip", size={"height": SIZE, "width": SIZE}, do_center_crop=False, resample=2
    )
    card = imported(source, tmp_path)
    assert card.text.padding == "max_length"
    assert card.image.input_spec == InputSpec(SIZE, "squash", "bilinear")


@pytest.mark.parametrize("write", [write_immich, write_transformers_js])
def test_imported_model_finds_the_right_photo(write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    imported(write(tmp_path / "colours"), tmp_path)
    for name, colour in (("rot", (230, 20, 20)), ("blau", (20, 20, 230))):
        write_photo(tmp_path / "photos" / f"{name}.png", Image.new("RGB", (64, 48), colour))
    with Engine.open_writer(LibraryPaths(tmp_path / "library"), "colours") as engine:
        engine.index([engine.add_folder(tmp_path / "photos")])
        for word, name in (("red", "rot"), ("blue", "blau")):
            assert engine.search(word, 2).hits[0].path.to_path().stem == name


def test_command_imports_and_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    source = write_transformers_js(tmp_path / "tiny")
    assert main(["models", "import", str(source), "--languages", "en, zh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["key"] == "tiny"
    assert main(["models", "list", "--json"]) == 0
    listed = {row["key"]: row for row in json.loads(capsys.readouterr().out)["models"]}
    assert listed["tiny"]["languages"] == ["en", "zh"]
    assert main(["models", "import", str(source)]) != 0
    assert "already a model called tiny" in capsys.readouterr().err


def test_vectors_of_a_model_that_is_gone_are_told_and_pruned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    imported(write_transformers_js(tmp_path / "first"), tmp_path)
    write_photo(tmp_path / "photos" / "rot.png", Image.new("RGB", (64, 48), "red"))
    assert main(["index", str(tmp_path / "photos"), "--model", "first"]) == 0
    (tmp_path / "models" / "first").rename(tmp_path / "gone")
    capsys.readouterr()
    assert main(["models", "list"]) == 0
    assert "first (1 photos, 0.0 MB)" in capsys.readouterr().err
    assert main(["models", "prune", "--json"]) == 0
    assert [row["key"] for row in json.loads(capsys.readouterr().out)["removed"]] == ["first"]
    assert main(["models", "list"]) == 0
    assert "prune" not in capsys.readouterr().err
    assert main(["models", "prune"]) == 0
    assert "Nothing was removed" in capsys.readouterr().out


def test_two_models_stand_side_by_side_until_one_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BALLOON_LIBRARY", str(tmp_path / "library"))
    imported(write_transformers_js(tmp_path / "first"), tmp_path)
    swapped = write_immich(tmp_path / "second")  # its texts say red where the first's say blue
    table = COLOURS[[0, 1, 3, 2, 4]]
    (swapped / "textual" / "model.onnx").write_bytes(text_graph(Value("text", INT32, (1, 6)), "embedding", table))
    removed = imported(swapped, tmp_path).fingerprint
    for name, colour in (("rot", "red"), ("blau", "blue")):  # a file's name is searched, too
        write_photo(tmp_path / "photos" / f"{name}.png", Image.new("RGB", (64, 48), colour))

    def run(*words: str) -> int:
        capsys.readouterr()
        return main([*words])

    assert run("index", str(tmp_path / "photos"), "--model", "first") == 0
    asked = ("models", "compare", "first", "second", "--query", "red")
    assert run(*asked) != 0
    assert "No photo is embedded with second yet" in capsys.readouterr().err
    assert run("index", str(tmp_path / "photos"), "--model", "second") == 0
    assert run(*asked, "--json") == 0
    lists = json.loads(capsys.readouterr().out)["models"]
    assert [found["model"] for found in lists] == ["first", "second"]
    best = [found["hits"][0]["path"] for found in lists]
    assert "rot.png" in str(best[0])
    assert "blau.png" in str(best[1])
    assert run(*asked) == 0
    shown = capsys.readouterr()
    assert "first (2 photos)" in shown.out
    assert "2 photos are in both lists" in shown.err
    assert "captions of your own" in shown.err

    for name, text in (("rot", "red balloon"), ("blau", "blue")):
        assert run("caption", "add", str(tmp_path / "photos" / f"{name}.png"), text, "--model", "first") == 0
    assert run(*asked, "--json") == 0
    recall = {found["model"]: found["text_to_image"]["r1"] for found in json.loads(capsys.readouterr().out)["recall"]}
    assert recall == {"first": 1.0, "second": 0.0}, "the second's texts say red where they mean blue"
    assert run(*asked) == 0
    assert "by your own captions" in capsys.readouterr().out
    assert run("models", "list") == 0
    assert capsys.readouterr().out.count("2 of 2 photos") == 2

    assert run("models", "remove", "second") == 0
    assert not (tmp_path / "models" / "second").exists()
    assert not list((tmp_path / "library" / "cache").glob(f"vectors-{removed[:16]}*"))
    with Engine.open_reader(LibraryPaths(tmp_path / "library"), "first") as engine:
        assert sum(engine._parts.embeddings().counts().values()) == 2, "the removed model's vectors are still there"
    assert run(*asked) != 0


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("onnx/text_model.onnx", "onnx/text_model.onnx is missing"),
        ("tokenizer.json", "tokenizer.json is missing"),
        ("preprocessor_config.json", "preprocessor_config.json is missing"),
        ("onnx/vision_model.onnx", "it holds neither"),
    ],
)
def test_missing_file_is_named(name: str, why: str, tmp_path: Path) -> None:
    source = write_transformers_js(tmp_path / "tiny")
    (source / name).unlink()
    assert why in refusal(source, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("onnx/vision_model.onnx", b"version https://git-lfs.github.com/spec/v1", "no graph that ONNX Runtime loads"),
        ("onnx/vision_model.onnx", b"", "no graph that ONNX Runtime loads"),
        ("config.json", b"{", "config.json cannot be read"),
        ("config.json", b"[]", "config.json is not as expected"),
        ("tokenizer.json", b"{}", "its tokenizer cannot be read"),
        ("tokenizer_config.json", b'{"pad_token": "<none>"}', "does not know the token"),
    ],
)
def test_damaged_file_is_refused(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    source = write_transformers_js(tmp_path / "tiny")
    (source / name).write_bytes(content)
    assert why in refusal(source, tmp_path)


@pytest.mark.parametrize(
    ("pictures", "why"),
    [
        ({"rescale_factor": 1.0}, "rescale_factor"),
        ({"resample": 4}, "resample 4"),
        ({"crop_size": {"height": 8, "width": 4}}, "no square"),
        ({"do_center_crop": False}, "without a centre crop"),
        ({"image_mean": [0.5]}, "not as expected"),
        ({"size": None}, "not as expected"),
    ],
)
def test_preprocessing_that_cannot_be_done_is_refused(pictures: dict[str, Any], why: str, tmp_path: Path) -> None:
    assert why in refusal(write_transformers_js(tmp_path / "tiny", **pictures), tmp_path)


def test_towers_of_two_models_are_refused(tmp_path: Path) -> None:
    source = write_transformers_js(tmp_path / "tiny")
    table = np.ones((len(WORDS), 5), dtype=np.float32)
    ids = Value("input_ids", INT64, ("n", "length"))
    (source / "onnx" / "text_model.onnx").write_bytes(text_graph(ids, "text_embeds", table))
    assert "vectors of different lengths" in refusal(source, tmp_path)


def test_tower_that_heeds_padding_is_refused(tmp_path: Path) -> None:
    source = write_transformers_js(tmp_path / "tiny")
    table = COLOURS.copy()
    table[WORDS["<pad>"]] = [-1, 1, 0]
    ids = Value("input_ids", INT64, ("n", "length"))
    (source / "onnx" / "text_model.onnx").write_bytes(text_graph(ids, "text_embeds", table))
    assert "changes with what is encoded beside it" in refusal(source, tmp_path)


def test_tower_without_a_usable_vector_is_refused(tmp_path: Path) -> None:
    source = write_transformers_js(tmp_path / "tiny")
    ids = Value("input_ids", INT64, ("n", "length"))
    (source / "onnx" / "text_model.onnx").write_bytes(text_graph(ids, "text_embeds", COLOURS * 0))
    assert "no usable vector" in refusal(source, tmp_path)


def test_graph_of_another_picture_size_is_refused(tmp_path: Path) -> None:
    source = write_transformers_js(tmp_path / "tiny", size={"shortest_edge": 9}, crop_size=9)
    assert "fails on a trial" in refusal(source, tmp_path)


def test_name_that_leaves_the_folder_stays_inside(tmp_path: Path) -> None:
    card = imported(write_immich(tmp_path / "tiny"), tmp_path, Naming("../../up"))
    assert (tmp_path / "models" / card.key / "model.json").is_file()
    with pytest.raises(KnownError, match="may hold letters"):
        imported(tmp_path / "tiny", tmp_path, Naming("../.."))


def test_smaller_crop_than_edge_keeps_its_share(tmp_path: Path) -> None:
    card = imported(write_transformers_js(tmp_path / "tiny", size={"shortest_edge": 10}), tmp_path)
    assert card.image.input_spec == InputSpec(SIZE, "shortest", "bicubic", 0.8)
    assert preprocess(Image.new("RGB", (90, 50)), card.image.input_spec).shape == (SIZE, SIZE, 3)


def test_other_weights_under_the_same_name_are_another_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed file is noticed before it is used, and what was installed anew has vectors of its own."""
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    write_photo(tmp_path / "photos" / "rot.png", Image.new("RGB", (64, 48), "red"))
    first = imported(write_transformers_js(tmp_path / "model"), tmp_path)
    library = LibraryPaths(tmp_path / "library")
    with Engine.open_writer(library, "model") as engine:
        engine.index([engine.add_folder(tmp_path / "photos")])
    image = tmp_path / "models" / "model" / "image.onnx"
    image.write_bytes(image.read_bytes() + b"\x32\x01x")  # ModelProto.doc_string: another file, and the same model
    with Engine.open_reader(library, "model") as engine, pytest.raises(KnownError, match=r"image\.onnx") as raised:
        engine.encoder.encode_images(np.zeros((1, SIZE, SIZE, 3), np.uint8))
    assert raised.value.kind is ErrorKind.MODEL_DAMAGED
    card = read_card(image.parent)
    write_card(image.parent, replace(card, fingerprint=image_fingerprint(image.parent, card.image)))
    assert read_card(image.parent).fingerprint != first.fingerprint
    with Engine.open_writer(library, "model") as engine:
        assert {row.key: row.indexed for row in engine.models().models}["model"] == 0
        assert engine.index(engine.folders()).embedded == 1


@pytest.mark.parametrize("write", [write_immich, write_transformers_js])
def test_weights_in_a_second_file_come_along(write: Any, tmp_path: Path) -> None:
    source = write(tmp_path / "large")
    graph = next(source.rglob("*model.onnx")).parent.parent  # the layout's own place of the text tower
    text = graph / "textual" / "model.onnx" if write is write_immich else graph / "onnx" / "text_model.onnx"
    value = Value("text", INT32, (1, 6)) if write is write_immich else Value("input_ids", INT64, ("n", "length"))
    output = "embedding" if write is write_immich else "text_embeds"
    text.write_bytes(text_graph(value, output, outside="weights.bin"))
    (text.parent / "weights.bin").write_bytes(COLOURS.astype("<f4").tobytes())
    card = imported(source, tmp_path)
    assert card.text.data_files == ("text/weights.bin",)
    package = tmp_path / "models" / "large"
    assert card.text_fingerprint == card.files["text/weights.bin"]["sha256"]
    assert np.isfinite(Encoder.open(package).encode_texts(["red"])).all()
    (package / "text" / "weights.bin").write_bytes(COLOURS[::-1].astype("<f4").tobytes())
    with pytest.raises(KnownError, match=r"weights\.bin has been changed"):
        Encoder.open(package).encode_texts(["red"])


@pytest.mark.parametrize("place", ["../../secret.bin", "/etc/passwd", "a\\b", "C:secret"])
def test_weights_outside_the_folder_are_refused(place: str, tmp_path: Path) -> None:
    source = write_immich(tmp_path / "sly")
    (tmp_path / "secret.bin").write_bytes(COLOURS.astype("<f4").tobytes())
    graph = text_graph(Value("text", INT32, (1, 6)), "embedding", outside=place)
    (source / "textual" / "model.onnx").write_bytes(graph)
    assert "outside its folder" in refusal(source, tmp_path)


def test_missing_second_file_is_named(tmp_path: Path) -> None:
    source = write_immich(tmp_path / "half")
    graph = text_graph(Value("text", INT32, (1, 6)), "embedding", outside="weights.bin")
    (source / "textual" / "model.onnx").write_bytes(graph)
    assert "keeps its weights in weights.bin, which is missing" in refusal(source, tmp_path)
