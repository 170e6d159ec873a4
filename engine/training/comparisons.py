"""The measurements beside the way to the package: the method's table, the curve of recall by data, and re-ranking."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine.models.recall import recall
from engine.training.batches import pad, tokenise
from engine.training.evaluation import candidates, compare, curve
from engine.training.features import best_device
from engine.training.fusion import AttentionFusion, FusionCourse, FusionData, FusionShape, rerank, train_fusion
from engine.training.held_out import HeldOut, held_out
from engine.training.image_tuning import as_states
from engine.training.pixels import batches, whole_views
from engine.training.trainer import Pairs
from engine.training.workshop import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.training.image_tower import ImageTower
    from engine.training.workshop import Workshop

TABLE_EPOCHS = 8
CURVE_PHOTOS = (500, 1000, 2000, 4000, 8000)
FUSION_PHOTOS = 700  # on a CPU; a GPU takes all


def compare_methods(shop: Workshop) -> None:
    """Train every mapping, loss and similarity on the same frozen vectors; English and Chinese captions together."""
    if shop.noted("comparison") is not None:
        return
    train, part = frozen_pairs(shop)
    rows = [
        {"mapping": row.name, "loss": row.loss.value, "similarity": row.similarity.value} | plain(row.figures)
        for row in compare(candidates(TABLE_EPOCHS), train, part)
    ]
    shop.note("comparison", rows)


def draw_curve(shop: Workshop) -> None:
    """Measure recall on the held-out photos after training on growing parts of the data."""
    if shop.noted("curve") is not None:
        return
    train, part = frozen_pairs(shop)
    row = next(row for row in candidates(TABLE_EPOCHS) if row.name.startswith("linear, both"))
    counts = [count for count in CURVE_PHOTOS if count < len(train.images)] + [len(train.images)]
    points = curve(row, train, part, counts)
    shop.note("curve", [{"pairs": point.pairs, "photos": point.photos} | plain(point.figures) for point in points])


def frozen_pairs(shop: Workshop) -> tuple[Pairs, Pairs]:
    """Frozen vectors of the taught text tower and of EfficientNet-Lite0: training and held-out part, tags left out."""
    features = np.load(shop.path("pooled.npy"))
    features = ((features - features.mean(axis=0)) / (features.std(axis=0) + 1e-3)).astype(np.float32)
    vectors = np.load(shop.path("sentences.npz"))["captioned"]
    album = shop.album
    rows = [
        (text, photo)
        for photo, told in enumerate(shop.captioned)
        for text in album.english[photo] + album.chinese[photo]
        if album.texts[text] in told.en or album.texts[text] in told.zh
    ]
    pairs = Pairs(vectors[[text for text, _ in rows]], features, np.array([photo for _, photo in rows]))
    return pairs.of_photos(np.array(shop.split.train)), pairs.of_photos(np.array(shop.split.held_out))


def try_reranking(shop: Workshop) -> None:
    """Train the attention re-ranker on the finished towers and say what it adds on the held-out photos."""
    if shop.noted("fusion") is not None:
        return
    chance = np.random.default_rng(shop.settings.seed)
    joint = shop.settings.joint is not None
    some = chance.permutation(np.array(shop.split.train))[: None if joint else FUSION_PHOTOS]
    train = fusion_data(shop, some)
    part = held_out(shop)
    test = fusion_data(shop, part.photos)
    torch.manual_seed(shop.settings.seed)
    fusion = AttentionFusion(FusionShape(train.words.shape[2], train.cells.shape[2]))
    before = recall(test.texts @ test.images.T, test.owner)
    course = FusionCourse(epochs=8 if joint else 2, batch=96 if joint else 32, seed=shop.settings.seed)
    train_fusion(fusion, train, course)
    after = recall(rerank(fusion, test), test.owner)
    torch.save(fusion.state_dict(), shop.path("fusion.pt"))
    shop.note("fusion", {"before": plain(before), "after": plain(after), "course": asdict(course), "photos": len(some)})


def fusion_data(shop: Workshop, photos: NDArray[np.int64]) -> FusionData:
    """Word states, cells and vectors of some photos and of all their captions."""
    part = _captions_of(shop, photos)
    rows = np.concatenate(list(part.texts.values()))
    owner = np.concatenate(list(part.owner.values()))
    words, mask, texts = _word_states(shop, rows)
    cells, images = _cells(shop.finished_image_tower(), _seen(shop, photos), shop.input_spec.size)
    return FusionData(words, mask, cells, texts, images, owner)


def _captions_of(shop: Workshop, photos: NDArray[np.int64]) -> HeldOut:
    place = {int(photo): number for number, photo in enumerate(photos)}
    album = shop.album
    pairs = [
        (text, place[photo])
        for photo in place
        for text in album.english[photo] + album.chinese[photo]
        if album.texts[text] in shop.captioned[photo].en + shop.captioned[photo].zh
    ]
    texts, owner = (np.array(column) for column in zip(*pairs, strict=True))
    return HeldOut(photos, {"both": texts}, {"both": owner})


@torch.inference_mode()
def _word_states(
    shop: Workshop, rows: NDArray[np.int64], batch: int = 256
) -> tuple[NDArray[np.float16], NDArray[np.int64], NDArray[np.float32]]:
    device = best_device()
    tower = shop.finished_text_tower().to(device)
    tokens = pad(tokenise(shop.tokenizer, [shop.album.texts[row] for row in rows]))
    words, texts = [], []
    for some in batches(len(rows), batch):
        ids, mask = tokens.ids[some].to(device), tokens.mask[some].to(device)
        words.append(tower.word_states(ids, mask).half().cpu().numpy())
        texts.append(tower(ids, mask).cpu().numpy())
    return np.concatenate(words), tokens.mask.numpy(), np.concatenate(texts)


def _seen(shop: Workshop, photos: NDArray[np.int64]) -> NDArray[Any]:
    """What the finished image tower takes of some captioned photos: cached activations, or pixels of whole photos."""
    if shop.takes_joint:
        return shop.pixels("captioned")[photos]
    kind = "large" if shop.takes_large_view else "whole" if shop.takes_one_view else "views"
    states: NDArray[np.float16] = shop.views("captioned", kind)[photos, 0]
    return states


@torch.inference_mode()
def _cells(
    tower: ImageTower, seen: NDArray[Any], size: int, batch: int = 128
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    device = best_device()
    tower.to(device).eval()
    cells, images = [], []
    for some in batches(len(seen), batch):
        if seen.dtype == np.uint8:
            states = tower.early(whole_views(torch.from_numpy(seen[some]).to(device), size))
        else:
            states = as_states(seen[some]).to(device)
        grid = tower.late(states).float()
        cells.append(grid.half().cpu().numpy())
        images.append(torch.nn.functional.normalize(grid.mean(dim=1), dim=-1).cpu().numpy())
    return np.concatenate(cells), np.concatenate(images)
