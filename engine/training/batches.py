"""Token ids in padded batches, sentences of like length together, and the words that are left out while learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

FIRST_WORD_ID = 4  # below are padding, unknown, start and end


@dataclass(frozen=True, slots=True)
class Tokens:
    """A padded batch: ``ids`` and ``mask`` (N, L) int64."""

    ids: torch.Tensor
    mask: torch.Tensor


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids of each text, start and end included, without padding."""
    tokenizer.no_padding()
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]


def pad(rows: Sequence[Sequence[int]]) -> Tokens:
    """Pad rows of ids with zeros to the longest."""
    length = max(len(row) for row in rows)
    ids = np.zeros((len(rows), length), np.int64)
    mask = np.zeros((len(rows), length), np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return Tokens(torch.from_numpy(ids), torch.from_numpy(mask))


def drop_words(row: list[int], share: float, chance: np.random.Generator) -> list[int]:
    """Leave out each word piece with probability ``share``, never all of them."""
    kept = [token for token in row if token < FIRST_WORD_ID or chance.random() >= share]
    return kept if any(token >= FIRST_WORD_ID for token in kept) else row


def by_length(
    order: NDArray[np.int64], lengths: NDArray[np.int64], batch: int, chance: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Cut ``order`` into batches whose texts have about the same length, and hand them out in random order.

    Sorting happens within stretches of 40 batches, so that batches differ from epoch to epoch.
    """
    stretch = batch * 40
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), stretch):
        part = order[start : start + stretch]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches.extend(part[first : first + batch] for first in range(0, len(part), batch))
    for number in chance.permutation(len(batches)):
        yield batches[number]
