"""The data pack, its split, the phrases for labels, near-copies and views, on a small pack made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engine.training.corpus import TeacherStore, gather, pairs_of
from engine.training.data import (
    PackPhoto,
    Parallel,
    read_captioned,
    read_english_lines,
    read_labelled,
    read_parallel,
    read_pictures,
    split,
)
from engine.training.near_copies import find_near_copies, hash_folder, perceptual_hash
from engine.training.phrases import Phrases, read_phrases, spoken
from engine.training.views import ViewPlan, cache_views, centre_view, random_view, speaks_of_sides
from tests.training.small_pack import made_picture, write_pack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of six captioned and two labelled photos, with sentences."""
    return write_pack(tmp_path / "pack", captioned=6, labelled=2)


def test_pictures_come_with_the_row_they_belong_to(pack: Path) -> None:
    photos = read_captioned(pack)
    seen = dict(read_pictures(pack, photos[1:]))
    assert sorted(seen) == [0, 1, 2, 3, 4]
    for row, shown in seen.items():
        assert np.abs(np.asarray(shown, float) - np.asarray(made_picture(row + 1), float)).mean() < 8
    assert photos[0].en == ("a photo 0 in red",)
    assert read_labelled(pack)[0].labels == ("sky",)


def test_sentences_in_both_languages_are_read(pack: Path) -> None:
    assert read_english_lines(pack) == ["a dog", "two cats"]
    assert read_parallel(pack) == [Parallel(("a dog",), ("一只狗",)), Parallel(("a boy", "a child"), ("男孩",))]


def test_corpus_pairs_captions_and_tags_one_by_one(pack: Path) -> None:
    photo = read_captioned(pack)[0]
    assert pairs_of(photo) == [
        Parallel(("a photo 0 in red",), ("红色的照片0",)),
        Parallel(("red",), ("红",)),
        Parallel(("sea",), ("海",)),
    ]
    corpus = gather(pack, [photo], [Phrases(("sky",), ("天空",))])
    assert corpus.english_texts() == ["a dog", "two cats", "a boy", "a child", "a photo 0 in red", "red", "sea", "sky"]
    assert "天空" in corpus.chinese_texts()


def test_split_is_a_share_of_every_source_and_stays_the_same() -> None:
    photos = [PackPhoto("s", str(row), "a" if row < 60 else "b") for row in range(100)]
    first, again, other = (split(photos, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert sum(row < 60 for row in first.held_out) == 6
    assert len(first.held_out) == 10
    assert not set(first.train) & set(first.held_out)


def test_teacher_is_asked_only_once_for_a_text(tmp_path: Path) -> None:
    class Teacher:
        dim = 2

        def __init__(self) -> None:
            self.asked: list[str] = []

        def encode(self, texts: list[str]) -> np.ndarray:
            self.asked.extend(texts)
            return np.array([[len(text), 1.0] for text in texts], np.float32)

    teacher = Teacher()
    TeacherStore(tmp_path).learn(["a", "bb", "a"], teacher)  # type: ignore[arg-type]
    store = TeacherStore(tmp_path)
    store.learn(["bb", "ccc"], teacher)  # type: ignore[arg-type]
    assert teacher.asked == ["a", "bb", "ccc"]
    np.testing.assert_allclose(store.vectors(["ccc", "a"]), [[3, 1], [1, 1]])
    np.testing.assert_allclose(np.linalg.norm(store.mean(["a", "bb"])), 1, rtol=1e-5)


def test_every_label_has_several_wordings_in_both_languages() -> None:
    table = read_phrases()
    assert len(table) > 600
    assert all(phrases.en and phrases.zh for phrases in table.values())
    assert all(any("一" <= sign <= "鿿" for text in phrases.zh for sign in text) for phrases in table.values())
    assert sum(len(phrases.en) > 1 for phrases in table.values()) > 0.99 * len(table)


def test_several_labels_are_said_in_one_line() -> None:
    table = {"sky": Phrases(("sky", "blue sky"), ("天空",)), "sun": Phrases(("sun",), ("太阳",))}
    assert spoken(["sky"], table) == table["sky"]
    assert spoken(["sky", "sun"], table) == Phrases(("sky, sun",), ("天空、太阳",))
    assert spoken(["unheard of"], table) == Phrases(("unheard of",), ())


def test_near_copy_is_found_after_scaling_and_recompression(pack: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    made_picture(3).resize((300, 200), Image.Resampling.BICUBIC).save(folder / "copy.jpg", quality=60)
    made_picture(77).save(folder / "other.jpg")
    found = find_near_copies(pack, read_captioned(pack), hash_folder(folder))
    assert [(copy.row, copy.like) for copy in found] == [(3, "copy.jpg")]


def test_perceptual_hash_tells_pictures_apart() -> None:
    hashes = [perceptual_hash(made_picture(seed)) for seed in range(6)]
    distances = [(a != b).sum() for place, a in enumerate(hashes) for b in hashes[:place]]
    assert min(distances) > 10


def test_photos_described_by_sides_are_not_mirrored() -> None:
    assert speaks_of_sides(PackPhoto("s", "f", "x", en=("a man on the left",)))
    assert speaks_of_sides(PackPhoto("s", "f", "x", zh=("右边有树",)))
    assert not speaks_of_sides(PackPhoto("s", "f", "x", en=("bright leftovers",)))


def test_random_views_are_square_and_differ() -> None:
    chance = np.random.default_rng(0)
    views = [random_view(made_picture(1), ViewPlan(), chance, may_mirror=True) for _ in range(3)]
    assert all(view.shape == (224, 224, 3) for view in views)
    assert not np.array_equal(views[0], views[1])


def test_views_are_cached_once_with_the_centre_first(pack: Path, tmp_path: Path) -> None:
    calls = []

    def early(pixels: np.ndarray) -> np.ndarray:
        calls.append(len(pixels))
        return pixels[:, ::32, ::32].astype(np.float16)

    photos, path = read_captioned(pack), tmp_path / "views.npy"
    cache_views(pack, photos, early, path, ViewPlan(views=3))
    cache_views(pack, photos, early, path, ViewPlan(views=3))
    views = np.load(path)
    assert views.shape == (6, 3, 7, 7, 3)
    assert sum(calls) == 18
    for row, shown in read_pictures(pack, photos):
        np.testing.assert_array_equal(views[row, 0], centre_view(shown)[::32, ::32])
