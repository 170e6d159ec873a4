from __future__ import annotations

import numpy as np
import pytest

from engine.search.grouping import Shot, group

X = np.array([1, 0, 0], dtype=np.float32)
NEAR_X = np.array([0.95, 0.3122499, 0], dtype=np.float32)
LIKE_X = np.array([0.88, 0.4749737, 0], dtype=np.float32)
Y = np.array([0, 0, 1], dtype=np.float32)


def shot(name: str, vector: np.ndarray | None = None, taken_at: str | None = None) -> Shot:
    return Shot(f"/photos/{name}", taken_at, vector)


def test_raw_and_jpeg_of_one_name_are_one() -> None:
    assert group([shot("a.jpg", X), shot("b.jpg", Y), shot("a.arw", Y)]) == [[0, 2], [1]]


def test_pictures_of_one_name_that_show_other_things_are_two() -> None:
    assert group([shot("1.jpg", X), shot("1.png", Y), shot("1.webp", LIKE_X)]) == [[0, 2], [1]]
    assert group([shot("1.jpg", X), shot("1.HEIC", Y)]) == [[0, 1]]


def test_same_name_in_another_folder_is_another_photo() -> None:
    assert group([shot("one/a.jpg", X), shot("two/a.jpg", Y)]) == [[0], [1]]


def test_copy_saved_anew_joins_its_original() -> None:
    assert group([shot("a.jpg", X), shot("copy.jpg", NEAR_X)]) == [[0, 1]]


@pytest.mark.parametrize(("second", "groups"), [("2023-05-01T10:00:08", [[0, 1]]), ("2023-05-02T10:00:00", [[0], [1]])])
def test_burst_is_one_and_the_same_view_a_day_later_is_not(second: str, groups: list[list[int]]) -> None:
    assert group([shot("a.jpg", X, "2023-05-01T10:00:00"), shot("b.jpg", LIKE_X, second)]) == groups


def test_offset_of_one_camera_alone_does_not_matter() -> None:
    one, other = shot("a.jpg", X, "2023-05-01T10:00:00+02:00"), shot("b.jpg", LIKE_X, "2023-05-01T10:00:03")
    assert group([one, other]) == [[0, 1]]


def test_photos_without_vectors_stay_apart() -> None:
    assert group([shot("a.jpg"), shot("b.jpg")]) == [[0], [1]]
