from __future__ import annotations

import numpy as np
import pytest

from engine.models.calibration import calibrate
from engine.models.encoder import unit


def paired(noise: float, photos: int = 400, dim: int = 32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photos at random, and for each a text that points its way, blurred by ``noise``."""
    chance = np.random.default_rng(7)
    images = unit(chance.normal(size=(photos, dim)).astype(np.float32))
    texts = unit(images + noise * chance.normal(size=(photos, dim)).astype(np.float32) / dim**0.5)
    return texts, images, np.arange(photos)


def test_real_queries_pass_and_strangers_do_not() -> None:
    texts, images, owner = paired(noise=0.8)
    found = calibrate(texts, images, owner)
    gallery = np.arange(0, 200)
    best_real = (texts[:200] @ images[gallery].T).max(axis=1)
    best_strange = (texts[200:] @ images[gallery].T).max(axis=1)
    assert (best_real < found.possible).mean() <= 0.15
    assert (best_strange < found.possible).mean() >= 0.8
    assert found.match >= found.possible


def test_the_same_pairs_give_the_same_thresholds() -> None:
    pairs = paired(noise=1.0)
    assert calibrate(*pairs) == calibrate(*pairs)


def test_what_a_match_is_gets_stricter_where_texts_say_less() -> None:
    clear, vague = calibrate(*paired(noise=0.5)), calibrate(*paired(noise=1.6))
    assert clear.possible > vague.possible
    assert clear.match - clear.possible <= vague.match - vague.possible + 1e-6


@pytest.mark.parametrize("photos", [2, 5, 30])
def test_few_photos_still_give_thresholds_in_range(photos: int) -> None:
    found = calibrate(*paired(noise=0.8, photos=photos))
    assert -1.0 <= found.possible <= found.match <= 1.0
