"""Texts into token ids, through the ``tokenizers`` library and the package's own ``tokenizer.json``."""

from __future__ import annotations

import string
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.models.package import TextTower

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class TextTokenizer:
    """A package's tokenizer with its padding and length; the file adds its special tokens itself."""

    def __init__(self, folder: Path, tower: TextTower) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(folder / tower.tokenizer))
        except Exception as error:  # the library raises bare Exception for any unreadable file
            raise KnownError(
                ErrorKind.MODEL_DAMAGED, f"The tokenizer of {folder.name} cannot be read. Install the model again."
            ) from error
        self._tower = tower
        self._tokenizer.enable_truncation(tower.max_length)
        length = tower.max_length if tower.padding == "max_length" else None
        self._tokenizer.enable_padding(pad_id=tower.pad_id, length=length)

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ids and attention mask (1 for a token, 0 for padding), both of shape (N, L)."""
        cleaned = [_clean(text, self._tower) for text in texts]
        encodings = self._tokenizer.encode_batch(cleaned)
        ids = np.asarray([encoding.ids for encoding in encodings], dtype=np.int64)
        mask = np.asarray([encoding.attention_mask for encoding in encodings], dtype=np.int64)
        return ids, mask


def _clean(text: str, tower: TextTower) -> str:
    # A lone surrogate (from an undecodable file name) is no Unicode text: the tokenizer would refuse it.
    text = text.encode("utf-8", "replace").decode("utf-8")
    if tower.cleaning == "nfkc":
        text = unicodedata.normalize("NFKC", text)
    elif tower.cleaning != "none":
        text = " ".join(text.split())
    if tower.cleaning == "canonical":
        text = text.translate(_NO_PUNCTUATION).lower()
    return text.lower() if tower.lowercase else text
