"""Learning a user's own field: a Balloon mapping z = W x + b behind the base's text tower, photos left as they are.

x is the base's text vector. W starts as the identity, so the mapping starts as good as the base and is drawn back to
it; where held-out photos are found no better, it stays the identity. The new package has the base's image tower, byte
for byte: it shares its fingerprint and so all stored vectors.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from engine.errors import KnownError
from engine.models.package import ModelCard, image_fingerprint, read_card, write_card
from engine.models.recall import Recall, recall
from engine.protocol import ErrorKind
from engine.training.mapping import LinearMapping
from engine.training.trainer import Pairs, Recipe, measure, train_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

LEAST_PHOTOS = 40
HELD_OUT_SHARE = 0.2
RECIPE = Recipe(learning_rate=2e-3, weight_decay=0.0, batch=64, epochs=80, patience=15, anchor=0.0003)


class TextEncoder(Protocol):
    """What is needed of an encoder: its card, and texts to unit vectors."""

    card: ModelCard

    def encode_texts(self, texts: list[str]) -> NDArray[np.float32]:
        """Return (N, dim) unit vectors."""
        ...


@dataclass(frozen=True, slots=True)
class Learned:
    """What learning gave: recall on the held-out photos before and after, and the mapping (dim, dim) and (dim,)."""

    photos: int
    captions: int
    held_out: int
    epochs: int
    before: Recall
    after: Recall
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    @property
    def improved(self) -> bool:
        """True when the held-out photos are found better than with the base."""
        return _mean_rank_score(self.after) > _mean_rank_score(self.before)


def learn(
    encoder: TextEncoder, texts: Sequence[str], images: NDArray[np.float32], owner: NDArray[np.int64], seed: int = 1
) -> Learned:
    """Learn from ``texts`` about ``images`` (M, dim), ``owner`` (T,) naming each text's photo.

    A fifth of the photos is held out for stopping early and for the figures. Raises ``KnownError`` (USAGE) below
    ``LEAST_PHOTOS`` photos with captions.
    """
    photos = len(np.unique(owner)) if len(owner) else 0
    if photos < LEAST_PHOTOS:
        raise KnownError(
            ErrorKind.USAGE,
            f"Learning needs captions for at least {LEAST_PHOTOS} photos; these captions are about {photos}.",
        )
    pairs = Pairs(encoder.encode_texts(list(texts)), images.astype(np.float32), np.asarray(owner, np.int64))
    train, held_out = _parted(pairs, seed)
    mapping = identity_mapping(pairs.texts.shape[1])
    before = recall(held_out.texts @ held_out.images.T, held_out.owner)
    training = train_mapping(mapping, train, replace(RECIPE, seed=seed), held_out)
    after = measure(mapping, held_out)
    weight, bias = (parameter.detach().numpy() for parameter in (mapping.linear.weight, mapping.linear.bias))
    logger.info("learned from %d photos in %d epochs", photos, training.epochs)
    return Learned(photos, len(texts), len(held_out.images), training.epochs, before, after, weight, bias)


def identity_mapping(dim: int) -> LinearMapping:
    """The mapping that changes nothing: where learning starts."""
    mapping = LinearMapping(dim, dim)
    with torch.no_grad():
        mapping.linear.weight.copy_(torch.eye(dim))
        mapping.linear.bias.zero_()
    return mapping


def write_package(base: Path, card: ModelCard, learned: Learned, folder: Path, key: str) -> ModelCard:
    """Write a package with the base's image tower and tokenizer, and the mapping folded into its text tower.

    Raises ``KnownError`` (USAGE) when ``folder`` exists.
    """
    if folder.exists():
        raise KnownError(ErrorKind.USAGE, f"There is already something at {folder}; choose another name.")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in (card.image.file, card.text.tokenizer):
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(base / name, partial / name)
    (partial / card.text.file).parent.mkdir(parents=True, exist_ok=True)
    fold_mapping(base / card.text.file, partial / card.text.file, card.text.output, learned)
    (partial / "README.md").write_text(_readme(card, learned, key), encoding="utf-8")
    made = replace(card, key=key, name=key, fingerprint=image_fingerprint(partial, card.image), files={})
    made = replace(made, sources=(*card.sources, {"name": f"{card.name}, the base", "licence": card.licence}))
    write_card(partial, made)
    partial.rename(folder)
    return read_card(folder)


def fold_mapping(source: Path, target: Path, output: str, learned: Learned) -> None:
    """Write ``source`` with z = W x + b and a division by |z| behind its output ``output``, under the same name.

    May be done again on the result: a field learned on top of a learned field.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source)
    prefix = f"balloon{len(model.graph.node)}"
    inner = f"{prefix}.base"
    for node in model.graph.node:
        node.output[:] = [inner if name == output else name for name in node.output]
        node.input[:] = [inner if name == output else name for name in node.input]
    arrays = {
        "weight": np.ascontiguousarray(learned.weight.T, np.float32),
        "bias": learned.bias.astype(np.float32),
        "tiny": np.array([1e-12], np.float32),
    }
    for name, array in arrays.items():
        model.graph.initializer.append(numpy_helper.from_array(array, f"{prefix}.{name}"))
    steps = [
        ("MatMul", [inner, f"{prefix}.weight"], f"{prefix}.product"),
        ("Add", [f"{prefix}.product", f"{prefix}.bias"], f"{prefix}.mapped"),
        ("Mul", [f"{prefix}.mapped", f"{prefix}.mapped"], f"{prefix}.squares"),
        ("MatMul", [f"{prefix}.squares", f"{prefix}.ones"], f"{prefix}.sum"),
        ("Sqrt", [f"{prefix}.sum"], f"{prefix}.length"),
        ("Max", [f"{prefix}.length", f"{prefix}.tiny"], f"{prefix}.divisor"),
        ("Div", [f"{prefix}.mapped", f"{prefix}.divisor"], output),
    ]
    # A product with ones adds up the squares in every opset; ReduceL2 changed its signature on the way.
    ones = np.ones((len(learned.bias), 1), np.float32)
    model.graph.initializer.append(numpy_helper.from_array(ones, f"{prefix}.ones"))
    model.graph.node.extend(helper.make_node(kind, inputs, [made]) for kind, inputs, made in steps)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def _parted(pairs: Pairs, seed: int) -> tuple[Pairs, Pairs]:
    photos = np.random.default_rng(seed).permutation(np.unique(pairs.owner))
    held = max(8, round(len(photos) * HELD_OUT_SHARE))
    return pairs.of_photos(photos[held:]), pairs.of_photos(photos[:held])


def _mean_rank_score(figures: Recall) -> float:
    rows = (figures.text_to_image, figures.image_to_text)
    return sum(row.r1 + row.r5 + row.r10 for row in rows) / 6


def _readme(card: ModelCard, learned: Learned, key: str) -> str:
    lines = [
        f"# {key}",
        "",
        f"Learned on this computer from {learned.captions} captions of {learned.photos} photos, on top of {card.name}.",
        "The photos' vectors are those of the base: nothing is indexed again.",
        "",
        f"Held-out photos: {learned.held_out}.",
        "",
        "| | R@1 | R@5 | R@10 |",
        "|---|---|---|---|",
    ]
    for name, figures in (("before", learned.before), ("after", learned.after)):
        for direction, row in (("text to photo", figures.text_to_image), ("photo to text", figures.image_to_text)):
            lines.append(f"| {direction}, {name} | {row.r1:.3f} | {row.r5:.3f} | {row.r10:.3f} |")
    return "\n".join(lines) + "\n"
