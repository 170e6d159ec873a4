"""What is too far from its origin is not installed: graphs, tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from engine.errors import KnownError
from engine.models.checkpoint_tokens import write_tokenizer
from engine.models.package import TextTower
from engine.models.parity import Parity, compare
from engine.models.trying import refuse_far
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from pathlib import Path

NEAR = Parity("image", 4, 0.999999, 1e-6)
WORDS = {"[UNK]": 0, "a": 1, "red": 2, "balloon": 3}


@pytest.mark.parametrize(
    "far",
    [
        Parity("text", 4, 0.9998, 1e-6),
        Parity("text", 4, 0.999999, 2e-3),
        Parity("text", 4, float("nan"), float("nan")),
    ],
)
def test_graph_that_is_not_pytorchs_is_refused_with_the_figures(far: Parity, tmp_path: Path) -> None:
    refuse_far(tmp_path, (NEAR,))
    with pytest.raises(KnownError, match="does not give PyTorch's vectors") as raised:
        refuse_far(tmp_path, (NEAR, far))
    assert raised.value.kind is ErrorKind.BAD_FILE
    assert far.describe() in str(raised.value)


def test_parity_is_of_unit_vectors() -> None:
    ones = np.ones((2, 4), np.float32)
    assert compare("x", ones, 7 * ones).cosine == pytest.approx(1)
    assert compare("x", ones, 7 * ones).difference == pytest.approx(0, abs=1e-6)
    assert np.isnan(compare("x", ones, 0 * ones).cosine)
    assert np.isnan(compare("x", ones, ones[:1]).cosine)


class Original:
    """A checkpoint's tokenizer; ``shift`` makes it cut otherwise than its own file says."""

    def __init__(self, shift: int) -> None:
        model = {"type": "WordLevel", "vocab": WORDS, "unk_token": "[UNK]"}
        parts = {"pre_tokenizer": {"type": "Whitespace"}, "model": model, "added_tokens": []}
        self.backend_tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0"} | parts))
        self._shift = shift

    def __call__(self, text: str, *, truncation: bool, max_length: int) -> Any:
        ids = self.backend_tokenizer.encode(text).ids[:max_length]
        return {"input_ids": [number + self._shift for number in ids]}


def test_tokenizer_that_cannot_be_followed_is_refused_with_the_text(tmp_path: Path) -> None:
    tower = TextTower("text.onnx", "tokenizer.json", 16)
    assert write_tokenizer(Original(0), tmp_path, tmp_path, tower) == "none"
    with pytest.raises(KnownError, match="is cut into other tokens"):
        write_tokenizer(Original(1), tmp_path, tmp_path, tower)
