"""What speaks against photos is the likeliest of what is not wanted, however many clauses share their thresholds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.models.package import Calibration
from engine.search.negation import Unwanted, against, probability
from tests.search.held_vectors import view_of

LIMITS = (
    Calibration(match=0.4, possible=0.2),
    Calibration(match=0.3, possible=0.1),
    Calibration(match=0.1, possible=0),
)


@given(st.integers(0, 2**32), st.lists(st.sampled_from(LIMITS), min_size=1, max_size=5))
def test_unwanted_is_the_likeliest_of_all_clauses(seed: int, limits: list[Calibration]) -> None:
    random = np.random.default_rng(seed)
    drawn = random.normal(size=(20 + len(limits), 8)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    vectors, asked = drawn[:20], drawn[20:]
    written = frozenset({int(random.integers(20))})
    clauses = tuple(Unwanted(vector, one, showing=written) for vector, one in zip(asked, limits, strict=True))
    view = view_of(range(20), vectors)

    found = against(view, clauses, range(20)).likelihood
    columns = [view.scores(vector, range(20)) for vector in asked]
    for content in range(20):
        each = [probability(column[content], one) for column, one in zip(columns, limits, strict=True)]
        assert found[content] == (1.0 if content in written else max(each))
