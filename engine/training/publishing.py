"""From trained towers to the finished package: export, quantise, compare with PyTorch, calibrate, write the card."""

from __future__ import annotations

import json
import logging
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from engine.imaging.preprocess import preprocess
from engine.models.calibration import calibrate
from engine.models.package import ImageTower as ImageCard
from engine.models.package import ModelCard, TextTower, image_fingerprint, write_card
from engine.models.recall import recall
from engine.training.batches import pad, tokenise
from engine.training.card_text import SOURCES, card_text
from engine.training.data import CAPTIONS, read_pictures
from engine.training.held_out import HeldOut, held_out, measure_held_out, one_number
from engine.training.packaging import export_image_tower, export_text_tower, largest_difference, open_graph
from engine.training.quantising import quantise_static, quantise_weights, store_half
from engine.training.text_tuning import text_vectors
from engine.training.vocabulary import MAX_LENGTH
from engine.training.workshop import plain

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.batches import Tokens
    from engine.training.workshop import Workshop

logger = logging.getLogger(__name__)

IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE = "image.onnx", "text.onnx", "tokenizer.json"
CALIBRATION_PHOTOS = 256
AGREEMENT = 2e-3
INT8_MAY_LOSE = 0.004  # of the mean of R@1, R@5 and R@10, for less than half the time and half the size


@dataclass(frozen=True, slots=True)
class Publication:
    """Name of the finished model."""

    key: str = "balloon-mini"
    name: str = "Balloon mini"


def publish(shop: Workshop, out: Path, publication: Publication, test: Path | None = None) -> None:
    """Write the package to ``out``, measured on the held-out photos at every step of making it smaller.

    ``test`` is a folder of photos with a captions.jsonl, measured at the very end for the card and for nothing else.
    """
    folder = shop.path("package")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    part = held_out(shop)
    pixels = _pixels(shop, part.photos)
    images = _publish_image(shop, folder, part, pixels, publication)
    texts = _publish_text(shop, folder, part, images)
    shutil.copyfile(shop.path(TOKENIZER_FILE), folder / TOKENIZER_FILE)
    if test is not None and (test / CAPTIONS).is_file():
        shop.note("test", measure_test(shop, folder, test))
    _write_model_card(shop, folder, part, (texts, images), publication)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(folder, out)


def _publish_image(
    shop: Workshop, folder: Path, part: HeldOut, pixels: NDArray[np.uint8], publication: Publication
) -> NDArray[np.float32]:
    """Write the image tower: int8 where that finds about as much, else float16 on disk and float32 at work."""
    path = folder / IMAGE_FILE
    tower = shop.finished_image_tower()
    texts = encode_with_tower(shop, part)
    export_image_tower(tower, path, shop.input_spec.size)
    difference = largest_difference(path, tower, {"pixels": pixels[:8]})
    if difference > AGREEMENT:
        raise RuntimeError(f"the exported image tower differs from PyTorch by {difference:.4f}")
    seen = {"float32": _image_facts(part, path, pixels, texts)}
    store_half(path)
    seen["float16 on disk"] = _image_facts(part, path, pixels, texts)
    half = path.read_bytes()
    export_image_tower(shop.rounded_image_tower(), path, shop.input_spec.size)
    train = np.array(shop.split.train[:: max(1, len(shop.split.train) // CALIBRATION_PHOTOS)])
    quantise_static(path, _pixels(shop, train))
    seen["int8, static"] = _image_facts(part, path, pixels, texts)
    lost = one_number(seen["float16 on disk"]["recall"]) - one_number(seen["int8, static"]["recall"])
    if lost > INT8_MAY_LOSE:
        path.write_bytes(half)
    shop.note("image_sizes", seen | {"difference": difference, "int8": lost <= INT8_MAY_LOSE})
    return encode_photos(path, pixels)


def _publish_text(shop: Workshop, folder: Path, part: HeldOut, images: NDArray[np.float32]) -> NDArray[np.float32]:
    path = folder / TEXT_FILE
    tower = shop.finished_text_tower()
    export_text_tower(tower, path)
    tokens = pad(tokenise(shop.tokenizer, shop.album.texts[:16]))
    difference = largest_difference(
        path, tower, {"input_ids": tokens.ids.numpy(), "attention_mask": tokens.mask.numpy()}
    )
    if difference > AGREEMENT:
        raise RuntimeError(f"the exported text tower differs from PyTorch by {difference:.4f}")
    seen: dict[str, Any] = {"difference": difference}
    for name, change in (("float32", None), ("int8 weights", quantise_weights)):
        if change is not None:
            change(path)
        texts = encode_held_out(shop, part, path)
        seen[name] = {
            "byte_size": path.stat().st_size,
            "milliseconds": _milliseconds(path, tokens),
            "recall": measure_held_out(part, texts, images),
        }
    shop.note("text_sizes", seen)
    return texts


def encode_photos(path: Path, pixels: NDArray[np.uint8], batch: int = 32) -> NDArray[np.float32]:
    """Run the image graph over (N, S, S, 3) pixels; unit vectors (N, dim)."""
    starts = range(0, len(pixels), batch)
    encode = open_graph(path)
    vectors = np.concatenate([encode({"pixels": pixels[start : start + batch]})[0] for start in starts])
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def encode_held_out(shop: Workshop, part: HeldOut, path: Path) -> NDArray[np.float32]:
    """Run the text graph, a text at a time as a search does, over the held-out captions; zeros for all other texts."""
    out = np.zeros((len(shop.album.texts), shop.settings.dim), np.float32)
    rows = np.unique(np.concatenate(list(part.texts.values())))
    encode = open_graph(path)
    for row, ids in zip(rows, tokenise(shop.tokenizer, [shop.album.texts[row] for row in rows]), strict=True):
        tokens = pad([ids])
        out[row] = encode({"input_ids": tokens.ids.numpy(), "attention_mask": tokens.mask.numpy()})[0][0]
    return out


def measure_test(shop: Workshop, folder: Path, test: Path) -> dict[str, Any]:
    """Measure the package on photos of ``test`` by each kind of text in its captions.jsonl (one text per photo)."""
    rows = [json.loads(line) for line in (test / CAPTIONS).read_text(encoding="utf-8").splitlines() if line.strip()]
    pixels = []
    for row in rows:
        with Image.open(test / row["file"]) as opened:
            pixels.append(preprocess(ImageOps.exif_transpose(opened).convert("RGB"), shop.input_spec))
    images = encode_photos(folder / IMAGE_FILE, np.stack(pixels))
    encode = open_graph(folder / TEXT_FILE)
    figures = {}
    for field in [key for key, value in rows[0].items() if key != "file" and isinstance(value, str)]:
        tokens = [pad([ids]) for ids in tokenise(shop.tokenizer, [row[field] for row in rows])]
        inputs = [{"input_ids": one.ids.numpy(), "attention_mask": one.mask.numpy()} for one in tokens]
        texts = np.concatenate([encode(one)[0] for one in inputs])
        figures[field] = plain(recall(texts @ images.T, np.arange(len(rows))))
    return {"photos": len(rows), "fields": figures}


def encode_with_tower(shop: Workshop, part: HeldOut) -> NDArray[np.float32]:
    """Encode the held-out captions with the tower in PyTorch; zeros for all other texts of the album."""
    rows = np.unique(np.concatenate(list(part.texts.values())))
    out = np.zeros((len(shop.album.texts), shop.settings.dim), np.float32)
    ids = tokenise(shop.tokenizer, [shop.album.texts[row] for row in rows])
    out[rows] = text_vectors(shop.finished_text_tower(), ids)
    return out


def _milliseconds(path: Path, tokens: Tokens) -> float:
    """The median time of one short text, session ready."""
    encode = open_graph(path)
    inputs = {"input_ids": tokens.ids[:1, :12].numpy(), "attention_mask": tokens.mask[:1, :12].numpy()}
    times = []
    for _ in range(30):
        started = time.perf_counter()
        encode(inputs)
        times.append(time.perf_counter() - started)
    return round(1000 * float(np.median(times)), 2)


def _image_facts(part: HeldOut, path: Path, pixels: NDArray[np.uint8], texts: NDArray[np.float32]) -> dict[str, Any]:
    """Size, speed in batches, and recall of an image graph."""
    encode = open_graph(path)
    batch = pixels[:32]
    encode({"pixels": batch})
    started = time.perf_counter()
    for _ in range(4):
        encode({"pixels": batch})
    speed = 4 * len(batch) / (time.perf_counter() - started)
    return {
        "byte_size": path.stat().st_size,
        "photos_per_second": round(speed),
        "recall": measure_held_out(part, texts, encode_photos(path, pixels)),
    }


def _pixels(shop: Workshop, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the views (N, S, S, 3) that the package will see of the captioned photos ``rows``, in that order."""
    photos, spec = [shop.captioned[row] for row in rows], shop.input_spec
    out = np.zeros((len(photos), spec.size, spec.size, 3), np.uint8)
    for place, picture in read_pictures(shop.data, photos):
        out[place] = preprocess(picture, spec)
    return out


def _write_model_card(
    shop: Workshop,
    folder: Path,
    part: HeldOut,
    vectors: tuple[NDArray[np.float32], NDArray[np.float32]],
    publication: Publication,
) -> None:
    texts, images = vectors
    rows = np.concatenate(list(part.texts.values()))
    owner = np.concatenate(list(part.owner.values()))
    languages = [language for language, rows in part.texts.items() for _ in rows]
    calibration = calibrate(texts[rows], images, owner, languages)
    shop.note("calibration", {"match": calibration.match, "possible": calibration.possible})
    image = ImageCard(IMAGE_FILE, shop.input_spec, grid_output="grid")
    card = ModelCard(
        key=publication.key,
        name=publication.name,
        dim=shop.settings.dim,
        languages=("en", "zh"),
        licence="Apache-2.0",
        image=image,
        text=TextTower(TEXT_FILE, TOKENIZER_FILE, MAX_LENGTH),
        logit_scale=round(shop.finished_scale, 3),
        fingerprint=image_fingerprint(folder, image),
        sources=SOURCES,
        calibration=calibration,
    )
    (folder / "README.md").write_text(card_text(shop), encoding="utf-8")
    write_card(folder, card)
