"""Reciprocal rank fusion against its formula."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.search.fusion import RANK_CONSTANT, WEIGHTS, fuse


def test_score_is_the_sum_of_weights_over_ranks() -> None:
    fused = fuse({"vectors": [7, 8, 9], "captions": [8], "directory": [9, 7]})
    assert fused == {
        7: pytest.approx(1 / 61 + 0.3 / 62),
        8: pytest.approx(1 / 62 + 1 / 61),
        9: pytest.approx(1 / 63 + 0.3 / 61),
    }


def test_one_channel_keeps_its_order_and_none_gives_nothing() -> None:
    fused = fuse({"vectors": list(range(300))})
    assert sorted(fused, key=lambda content: -fused[content]) == list(range(300))
    assert fuse({}) == fuse({"vectors": []}) == {}


def test_words_a_person_wrote_weigh_more_than_a_folders_name() -> None:
    assert WEIGHTS["captions"] > WEIGHTS["name"] > WEIGHTS["directory"] > 0


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.lists(st.integers(0, 20), unique=True, max_size=12)),
    st.integers(0, 20),
)
def test_another_channel_never_makes_a_content_worse(channels: dict[str, list[int]], content: int) -> None:
    before = fuse(channels)
    others = {name: found for name, found in channels.items() if name != "ocr"}
    after = fuse(others | {"ocr": [content]})
    assert after[content] > fuse(others).get(content, 0.0)
    most = sum(WEIGHTS.values()) / (RANK_CONSTANT + 1)
    assert all(0 < score <= most * (1 + 1e-12) for score in before.values())
