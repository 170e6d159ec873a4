"""The stage after the towers are trained: the image tower learns to see the whole photo in one view, or stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.training.batches import tokenise
from engine.training.early import EarlySession
from engine.training.held_out import held_out, measure_held_out, one_number
from engine.training.image_tuning import image_vectors
from engine.training.one_view import CENTRE, WHOLE, Seen, Told, both_views, teach_one_view
from engine.training.text_tuning import text_vectors
from engine.training.views import cache_views
from engine.training.workshop import IMAGE_WEIGHTS, WHOLE_WEIGHTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.training.image_tower import LateStages
    from engine.training.text_tower import TextTower
    from engine.training.workshop import Workshop

LATE_PHOTOS = 512  # so many photos' activations fit into memory at once


def cut_whole_views(shop: Workshop) -> None:
    """Run whole photos, centres and stretched cut-outs through the fixed early stages."""
    settings = shop.settings
    early = EarlySession.make(shop.image_tower(), shop.path("early.onnx"))
    cache_views(shop.data, shop.captioned, early, shop.path("whole_captioned.npy"), settings.whole_captioned_views)
    cache_views(shop.data, shop.labelled, early, shop.path("whole_labelled.npy"), settings.whole_labelled_views)


def learn_one_view(shop: Workshop) -> None:
    """Teach the late stages; whether it helped is measured on the held-out photos and written down."""
    path = shop.path(WHOLE_WEIGHTS)
    if path.is_file():
        return
    late = shop.image_tower(IMAGE_WEIGHTS).late
    captioned, labelled = shop.views("captioned", "whole"), shop.views("labelled", "whole")
    told = told_texts(shop, shop.text_tower("text.pt"), shop.noted("text")["scale"])
    part = held_out(shop)
    shown = captioned[part.photos]
    seen = {
        "centre": image_vectors(late, shown[:, CENTRE]),
        "whole": image_vectors(late, shown[:, WHOLE]),
        "both": both_views(late, shown),
    }
    before = {name: measure_held_out(part, told.vectors.numpy(), images) for name, images in seen.items()}
    taught = teach_one_view(
        late,
        Seen(captioned, _targets(late, captioned), np.array(shop.split.train)),
        Seen(labelled, _targets(late, labelled), shop.labelled_rows),
        told,
        shop.settings.one_view_course,
    )
    torch.save(taught.state_dict(), path)
    after = measure_held_out(part, told.vectors.numpy(), image_vectors(taught, shown[:, WHOLE]))
    better = one_number(after) > one_number(before["centre"])
    shop.note("one_view", after | {"before": before, "better": better})


def told_texts(shop: Workshop, text: TextTower, scale: float) -> Told:
    """All texts of the captioned photos under a text tower, whose scores have a scale."""
    sentences = text_vectors(text, tokenise(shop.tokenizer, shop.album.texts), sentences=True)
    with torch.no_grad():
        vectors = torch.nn.functional.normalize(text.mapping(torch.from_numpy(sentences)), dim=-1)
    return Told(shop.album, vectors, torch.from_numpy(sentences), scale)


def _targets(late: LateStages, states: NDArray[np.float16]) -> torch.Tensor:
    parts = [both_views(late, states[start : start + LATE_PHOTOS]) for start in range(0, len(states), LATE_PHOTOS)]
    return torch.from_numpy(np.concatenate(parts))
