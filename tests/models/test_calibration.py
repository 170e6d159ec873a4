from __future__ import annotations

import numpy as np
import pytest

from engine.models.calibration import calibrate
from engine.models.encoder import unit
from engine.models.package import Calibration


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


def test_thresholds_rise_with_the_photos_and_hold_in_small_and_in_large_galleries() -> None:
    texts, images, owner = paired(noise=1.2, photos=1200)
    found = calibrate(texts, images, owner)
    assert found.photos == 200
    assert [size for size, _ in found.rise] == [5, 10, 20, 40, 80, 160, 320, 8000]
    chance = np.random.default_rng(3)
    for size in (7, 40, 500):
        called_none = []
        for _ in range(20):
            gallery = np.sort(chance.choice(1200, size, replace=False))
            scores = texts[gallery] @ images[gallery].T
            is_found = (scores >= np.diag(scores)[:, None]).sum(axis=1) <= 10
            called_none.append((scores.max(axis=1)[is_found] < found.among(size).possible).mean())
        assert 0.06 <= np.mean(called_none) <= 0.18, f"{np.mean(called_none):.2f} among {size} photos"


def test_thresholds_between_measured_sizes_are_even_and_beyond_them_steady() -> None:
    limits = Calibration(match=0.5, possible=0.4, photos=200, rise=((50, -0.1), (200, 0.0), (400, 0.02)))
    for photos, possible in ((0, 0.3), (50, 0.3), (100, 0.35), (200, 0.4), (400, 0.42), (10**7, 0.42)):
        found = limits.among(photos)
        assert found.possible == pytest.approx(possible)
        assert found.match == 0.5
    steep = Calibration(match=0.5, possible=0.4, rise=((200, 0.0), (400, 0.3)))
    assert steep.among(400) == Calibration(match=0.5, possible=0.5, photos=400)
    assert Calibration(0.5, 0.4).among(10) == Calibration(0.5, 0.4), "a card without a rise has one pair for all"


@pytest.mark.parametrize("photos", [2, 5, 30])
def test_few_photos_still_give_thresholds_in_range(photos: int) -> None:
    found = calibrate(*paired(noise=0.8, photos=photos))
    assert -1.0 <= found.possible <= found.match <= 1.0


def two_languages() -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """The same photos with clear texts in English and vague ones in Chinese, which score lower."""
    clear, images, owner = paired(noise=0.6, photos=120)
    vague, _, _ = paired(noise=1.2, photos=120)
    return np.concatenate([clear, vague]), images, np.tile(owner, 2), ["en"] * 120 + ["zh"] * 120


def test_each_language_is_judged_by_thresholds_of_its_own_and_others_by_the_shared_ones() -> None:
    texts, images, owner, languages = two_languages()
    found = calibrate(texts, images, owner, languages)
    english, chinese = found.of("en"), found.of("zh")
    assert chinese.possible < found.possible < english.possible
    assert found.of("mixed") is found
    for limits, rows in ((english, slice(0, 120)), (chinese, slice(120, 240))):
        scores = texts[rows] @ images.T
        is_found = (scores >= np.diag(scores)[:, None]).sum(axis=1) <= 10
        called_none = (scores.max(axis=1)[is_found] < limits.among(120).possible).mean()
        assert 0.06 <= called_none <= 0.2


def test_language_with_few_captioned_photos_is_judged_by_the_shared_thresholds() -> None:
    texts, images, owner, _ = two_languages()
    rows = np.r_[0:120, 120:139]
    found = calibrate(texts[rows], images, owner[rows], ["en"] * 120 + ["zh"] * 19)
    assert list(found.languages) == ["en"]
    assert found.of("zh") is found


def test_language_the_model_knows_nothing_of_still_gives_thresholds_in_range() -> None:
    texts, images, owner = paired(noise=0.5, photos=120)
    unknown = np.repeat(texts[:1], 25, axis=0)
    languages = ["en"] * 120 + ["zh"] * 25
    found = calibrate(np.concatenate([texts, unknown]), images, np.r_[owner, 90:115], languages)
    for limits in (found.of("zh"), *(found.of("zh").among(size) for size in (1, 50, 10**6))):
        assert -1.0 <= limits.possible <= limits.match <= 1.0
