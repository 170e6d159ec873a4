"""Bringing the towers together: the image tower's late stages first, then the text tower, on captions and labels.

A batch holds photos and, for each, some of its texts drawn anew every time. All texts of a photo are right for it; part
of the target goes to other photos of the batch whose captions the teacher finds alike, since these are hardly wrong.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from engine.training.data import PackPhoto
    from engine.training.phrases import Phrases


@dataclass(frozen=True, slots=True)
class Album:
    """Photos with all their texts: ``texts`` each once, ``english`` and ``chinese`` the rows of each photo's own.

    ``classes`` are label sets: two photos of a labelled batch with equal sets are right for each other's texts.
    """

    texts: tuple[str, ...]
    english: tuple[tuple[int, ...], ...]
    chinese: tuple[tuple[int, ...], ...]
    classes: tuple[frozenset[str], ...] = field(default=())

    def __len__(self) -> int:
        return len(self.english)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A batch: rows of ``photos`` (P,), rows of ``texts`` (T,), and each text's place in ``photos``, ``owner`` (T,)."""

    photos: NDArray[np.int64]
    texts: NDArray[np.int64]
    owner: NDArray[np.int64]


def captioned_album(photos: Sequence[PackPhoto]) -> Album:
    """Take captions, and the tags joined to one more short caption, in both languages."""
    english = [[*photo.en, *_joined(photo.tags_en, ", ")] for photo in photos]
    chinese = [[*photo.zh, *_joined(photo.tags_zh, "、")] for photo in photos]
    return _album(english, chinese, [frozenset({f"{photo.shard}/{photo.file}"}) for photo in photos])


def labelled_album(photos: Sequence[PackPhoto], phrases: Sequence[Phrases]) -> Album:
    """Take the phrases said for each photo's labels."""
    english = [list(said.en) for said in phrases]
    chinese = [list(said.zh) for said in phrases]
    return _album(english, chinese, [frozenset(photo.labels) for photo in photos])


def _joined(tags: Sequence[str], by: str) -> list[str]:
    return [by.join(tags)] if len(tags) > 1 else []


def _album(
    english: Sequence[Sequence[str]], chinese: Sequence[Sequence[str]], classes: Sequence[frozenset[str]]
) -> Album:
    rows: dict[str, int] = {}

    def number(texts: Sequence[str]) -> tuple[int, ...]:
        return tuple(rows.setdefault(text, len(rows)) for text in texts)

    en, zh = tuple(map(number, english)), tuple(map(number, chinese))
    return Album(tuple(rows), en, zh, tuple(classes))


def draw(album: Album, order: NDArray[np.int64], batch: int, each: int, chance: np.random.Generator) -> Iterator[Drawn]:
    """Go through the photos once in the given order; draw ``each`` texts of either language for every photo."""
    for start in range(0, len(order), batch):
        photos = order[start : start + batch]
        if len(photos) == 1:
            continue  # one photo alone has nothing to be told apart from
        texts: list[int] = []
        owner: list[int] = []
        for place, photo in enumerate(photos):
            for pool in (album.english[photo], album.chinese[photo]):
                picked = chance.permutation(len(pool))[:each]
                texts.extend(pool[number] for number in picked)
                owner.extend([place] * len(picked))
        yield Drawn(photos, np.array(texts), np.array(owner))


def right_answers(album: Album, drawn: Drawn) -> torch.Tensor:
    """Return (T, P) bool: the text's own photo, and photos of the batch with the same set of labels."""
    classes = [album.classes[photo] for photo in drawn.photos]
    numbers = {labels: number for number, labels in enumerate(dict.fromkeys(classes))}
    of_photo = np.array([numbers[labels] for labels in classes])
    return torch.from_numpy(of_photo[drawn.owner][:, None] == of_photo[None, :])


def softened(right: torch.Tensor, alike: torch.Tensor, share: float, scale: float = 20.0) -> torch.Tensor:
    """Return the target (N, M): ``1 - share`` evenly on right answers, ``share`` by the softmax of ``alike`` (N, M)."""
    hard = right.float() / right.sum(dim=1, keepdim=True)
    if not share:
        return hard
    return (1 - share) * hard + share * functional.softmax(alike * scale, dim=1)


def two_way_loss(scores: torch.Tensor, over_photos: torch.Tensor, over_texts: torch.Tensor) -> torch.Tensor:
    """Symmetric cross-entropy of scaled ``scores`` (T, P) against targets (T, P) over photos and (P, T) over texts."""
    there = -(over_photos * functional.log_softmax(scores, dim=1)).sum(dim=1).mean()
    back = -(over_texts * functional.log_softmax(scores.T, dim=1)).sum(dim=1).mean()
    return (there + back) / 2


class Average:
    """An exponential moving average of a module's weights, which generalises better than the last step's."""

    def __init__(self, module: nn.Module, decay: float = 0.995) -> None:
        self._shadow = copy.deepcopy(module).eval()
        self._decay = decay
        self._steps = 0

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take one step's weights in; the first steps count more, so that the start is forgotten."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        mine, theirs = ([one.data for one in whole.parameters()] for whole in (self._shadow, module))
        torch._foreach_lerp_(mine, theirs, 1 - decay)

    @property
    def module(self) -> nn.Module:
        """The averaged module, in evaluation mode."""
        return self._shadow
