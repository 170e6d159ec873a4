"""Checkpoints of every family, from a folder with random weights to a search hit, as near to PyTorch as must be."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.api import Engine
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.imaging.preprocess import preprocess
from engine.imaging.trial_pictures import photographs
from engine.models import importing
from engine.models.checkpoints import family_of, is_checkpoint
from engine.models.encoder import Encoder
from engine.models.export_process import can_export, export_apart
from engine.models.importing import Naming, Work, import_folder
from engine.models.package import read_card
from engine.models.tokenizer import TextTokenizer
from engine.protocol import ErrorKind
from tests.models.checkpoint_factory import FAMILIES
from tests.photo_factory import write_photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.models.importing import Imported

pytestmark = [
    pytest.mark.skipif(not can_export(), reason="needs the extra 'models'"),
    pytest.mark.filterwarnings("ignore"),  # of torch and transformers, about their own insides
]
WORDS = (
    "a red balloon over the sea", "海上的红气球", "🎈👨‍👩‍👧‍👦", "Two dogs, and a cat: who's there?", "red " * 400,
    "一只猫坐在沙发上。" * 60, "", "  a   red  ", "ＡＢＣ ａ", "naïve café",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What torch and transformers have to say goes nowhere: it runs in the test's own process here."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    yield
    logging.disable(level)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Imported]]:
    """Each family's checkpoint and what became of it: exporting takes seconds, so it is done once."""
    return {}


def export_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Export in this process: one for each family would import torch each time."""
    from engine.models import exporting

    def here(source: Path, target: Path, tell: Any, _: Any) -> Any:
        return exporting.export_checkpoint(source, target, tell)

    monkeypatch.setattr(importing, "export_apart", here)


@pytest.fixture(params=sorted(FAMILIES))
def family(
    request: pytest.FixtureRequest,
    made: dict[str, tuple[Path, Imported]],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    name: str = request.param
    if name not in made:
        import torch

        export_here(monkeypatch)
        torch.manual_seed(1)
        folder = tmp_path_factory.mktemp(name)
        source = FAMILIES[name](folder / name)
        made[name] = source, import_folder(source, folder / "models", Naming(languages=("en", "zh")))
    return name


def test_family_is_told_and_exported_as_pytorch_computes_it(
    family: str, made: dict[str, tuple[Path, Imported]]
) -> None:
    source, imported = made[family]
    assert is_checkpoint(source)
    assert [each.tower for each in imported.parity] == ["image", "text"]
    for each in imported.parity:
        assert each.cosine > 0.99999
        assert each.difference < 1e-5
        assert each.rows >= 4
    assert imported.card.image.dtype == "uint8", "the graph normalises itself"
    assert "cosine 1.0000" in (source.parent / "models" / family / "README.md").read_text()


def test_texts_become_the_very_tokens_of_the_original(family: str, made: dict[str, tuple[Path, Imported]]) -> None:
    from transformers import AutoTokenizer

    source, imported = made[family]
    original: Any = AutoTokenizer.from_pretrained(source)
    tower = imported.card.text
    ours = TextTokenizer(source.parent / "models" / family, tower)
    for text in WORDS:
        ids, mask = ours.encode([text])
        wanted = original(text, truncation=True, max_length=tower.max_length)["input_ids"]
        assert ids[0][mask[0] == 1].tolist() == list(wanted), text


def test_photos_are_prepared_as_the_original_does(family: str, made: dict[str, tuple[Path, Imported]]) -> None:
    if family == "naflex":
        pytest.skip("its processor cuts photos of any shape into patches; the vectors were compared")
    from transformers import AutoImageProcessor

    source, imported = made[family]
    processor: Any = AutoImageProcessor.from_pretrained(source, backend="pil")
    for picture in photographs():
        values = np.asarray(processor([picture], return_tensors="np")["pixel_values"])[0]
        mean, std = (np.reshape(getattr(processor, name), (3, 1, 1)) for name in ("image_mean", "image_std"))
        theirs = (values * std + mean).transpose(1, 2, 0) * 255
        assert np.abs(theirs - preprocess(picture, imported.card.image.input_spec)).max() <= 2


def test_photo_is_found(
    family: str, made: dict[str, tuple[Path, Imported]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, imported = made[family]
    monkeypatch.setenv("BALLOON_MODELS", str(source.parent / "models"))
    for number, picture in enumerate(photographs()):
        write_photo(tmp_path / "photos" / f"{number}.png", picture)
    with Engine.open_writer(LibraryPaths(tmp_path / "library"), imported.card.key) as engine:
        report = engine.index([engine.add_folder(tmp_path / "photos")])
        assert report.embedded == 2
        assert {hit.path.to_path().name for hit in engine.search("a red balloon", 5).hits} == {"0.png", "1.png"}


def test_half_and_int8_graphs_stay_near(made: dict[str, tuple[Path, Imported]], tmp_path: Path) -> None:
    if "clip" not in made:
        pytest.skip("the export of CLIP did not run")
    source, _ = made["clip"]
    exported = source.parent / "models" / "clip"
    ready = tmp_path / "ready"
    (ready / "onnx").mkdir(parents=True)
    (ready / "onnx" / "vision_model.onnx").write_bytes((exported / "image.onnx").read_bytes())
    (ready / "onnx" / "text_model.onnx").write_bytes((exported / "text.onnx").read_bytes())
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (ready / name).write_bytes((source / name).read_bytes())
    (ready / "preprocessor_config.json").write_text(
        '{"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}, "resample": 3}'
    )
    half = import_folder(ready, tmp_path / "models", Naming(key="half"), precision="fp16")
    assert half.card.image.half_file == "image.half.onnx"
    assert half.parity[0].cosine > 0.9999
    assert read_card(tmp_path / "models" / "half").image.half_file == "image.half.onnx"
    small = import_folder(ready, tmp_path / "models", Naming(key="small"), precision="int8")
    assert [each.tower for each in small.parity] == ["image, int8", "text, int8"]
    assert min(each.cosine for each in small.parity) > 0.99
    encoder = Encoder.open(tmp_path / "models" / "small")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    alone = np.concatenate([encoder.encode_images(row[None]) for row in pixels])
    np.testing.assert_allclose(encoder.encode_images(pixels), alone, atol=1e-6)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = FAMILIES["clip"](tmp_path / "clip")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(KnownError, match="are a pickle") as raised:
        import_folder(folder, tmp_path / "models", Naming())
    assert raised.value.kind is ErrorKind.BAD_FILE


def test_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(KnownError, match="it is a llama model"):
        family_of(tmp_path)


def test_export_runs_in_a_process_of_its_own_and_tells_its_steps(tmp_path: Path) -> None:
    source = FAMILIES["bert-resnet"](tmp_path / "tiny")
    steps: list[str] = []
    found = import_folder(source, tmp_path / "models", Naming(), work=Work(steps.append))
    assert found.parity[0].cosine > 0.9999
    assert steps == [
        "converting", "reading", "image tower", "text tower", "comparing", "copying", "trying", "installing",
    ]  # fmt: skip


def test_damaged_weights_are_a_sentence_and_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_here(monkeypatch)
    source = FAMILIES["clip"](tmp_path / "clip")
    (source / "model.safetensors").write_bytes(b"\xff" * 300)
    with pytest.raises(KnownError, match="its files cannot be read"):
        import_folder(source, tmp_path / "models", Naming())
    assert list((tmp_path / "models").iterdir()) == []


def test_export_that_is_called_off_ends_its_process(tmp_path: Path) -> None:
    source = FAMILIES["clip"](tmp_path / "clip")
    with pytest.raises(KnownError) as raised:
        export_apart(source, tmp_path, lambda _: None, lambda: True)
    assert raised.value.kind is ErrorKind.CANCELLED
