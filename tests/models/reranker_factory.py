"""A model package with a re-ranker, tiny and true: photos by their mean colour, re-ranked by their best quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.imaging.preprocess import InputSpec
from engine.models.package import (
    Calibration,
    ImageTower,
    ModelCard,
    Reranker,
    TextTower,
    image_fingerprint,
    write_card,
)
from tests.models.test_importing import COLOURS, SIZE, write_tokenizer
from tests.onnx_factory import FLOAT, INT64, Node, Value, graph

if TYPE_CHECKING:
    from pathlib import Path


def write_package(folder: Path, key: str = "attentive", *, reranker: Reranker | None) -> ModelCard:
    """Write the package into ``folder`` / ``key``."""
    package = folder / key
    package.mkdir(parents=True)
    (package / "image.onnx").write_bytes(image_graph())
    (package / "text.onnx").write_bytes(text_graph())
    (package / "reranker.onnx").write_bytes(reranker_graph())
    write_tokenizer(package)
    image = ImageTower("image.onnx", InputSpec(SIZE, "squash"), "float32", (0.5,) * 3, (0.5,) * 3, grid_output="grid")
    card = ModelCard(
        key=key, name="Attentive", dim=3, languages=("fr",), licence="Apache-2.0", image=image,
        text=TextTower("text.onnx", "tokenizer.json", 6, pad_id=1, lowercase=True), logit_scale=1.0,
        fingerprint=image_fingerprint(package, image), calibration=Calibration(0.99, 0.1), reranker=reranker,
    )  # fmt: skip
    write_card(package, card)
    return card


def image_graph() -> bytes:
    """The mean colour, and the mean colours of the left and the right half."""
    steps = (
        Node("ReduceMean", ("pixels",), "vector", (("axes", (2, 3)), ("keepdims", 0))),
        Node(
            "AveragePool", ("pixels",), "halves", (("kernel_shape", (SIZE, SIZE // 2)), ("strides", (SIZE, SIZE // 2)))
        ),
        Node("Transpose", ("halves",), "turned", (("perm", (0, 2, 3, 1)),)),
        Node("ReduceMean", ("turned",), "grid", (("axes", (1,)), ("keepdims", 0))),
    )
    outputs = (Value("vector", FLOAT, ("n", 3)), Value("grid", FLOAT, ("n", 2, 3)))
    return graph((Value("pixels", FLOAT, ("n", 3, SIZE, SIZE)),), outputs, steps, {})


def text_graph() -> bytes:
    """The words' colours, and their mean."""
    steps = (
        Node("Gather", ("table", "input_ids"), "states"),
        Node("ReduceMean", ("states",), "vector", (("axes", (1,)), ("keepdims", 0))),
        Node("Identity", ("attention_mask",), "mask_seen"),
    )
    inputs = (Value("input_ids", INT64, ("n", "l")), Value("attention_mask", INT64, ("n", "l")))
    outputs = (
        Value("vector", FLOAT, ("n", 3)), Value("states", FLOAT, ("n", "l", 3)), Value("mask_seen", INT64, ("n", "l")),
    )  # fmt: skip
    return graph(inputs, outputs, steps, {"table": COLOURS})


def reranker_graph() -> bytes:
    """How near the best cell of each photo is to the text."""
    steps = (
        Node("ReduceMean", ("words",), "meant", (("axes", (1,)), ("keepdims", 0))),
        Node("Transpose", ("meant",), "column", (("perm", (1, 0)),)),
        Node("MatMul", ("cells", "column"), "near"),
        Node("ReduceMax", ("near",), "scores", (("axes", (1, 2)), ("keepdims", 0))),
    )
    inputs = (Value("words", FLOAT, ("t", "l", 3)), Value("cells", FLOAT, ("n", "c", 3)))
    return graph(inputs, (Value("scores", FLOAT, ("n",)),), steps, {})
