"""Check finds every kind of damage, and repair drops only what can be made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.library.check import check_database, contents_to_show, forget_vectors
from tests.library.conftest import DIM, digest_of, vector_of

if TYPE_CHECKING:
    from engine.library.connection import Connection
    from tests.library.conftest import Shelf


@pytest.fixture
def filled(shelf: Shelf) -> Shelf:
    """Three photos with vectors, one with a caption that has a vector too."""
    for number in range(3):
        _, content = shelf.photo(f"trip/{number}.jpg")
        shelf.embeddings.add([content], vector_of(number)[None])
    caption = shelf.caption(1, "a red balloon")
    shelf.captions.add_vectors(shelf.embeddings.model, "text", [caption], vector_of(9)[None])
    return shelf


def unsound(database: Connection, *, repair: bool = False) -> dict[str, tuple[int, bool]]:
    """How many are wrong and whether they were repaired, by finding."""
    findings = check_database(database, repair=repair)
    return {item.name: (item.count, item.repaired) for item in findings if not item.sound}


def what_a_person_wrote(shelf: Shelf) -> list[tuple[object, ...]]:
    return [
        *shelf.database.rows("SELECT id, path, content FROM photo"),
        *shelf.database.rows("SELECT content, text, source FROM caption"),
    ]


def test_sound_library_has_no_finding(filled: Shelf) -> None:
    assert unsound(filled.database) == {}
    assert [content for content, _ in contents_to_show(filled.database)] == [1, 2, 3]


@pytest.mark.parametrize(
    "blob",
    [
        np.zeros(DIM, "<f4").tobytes(),
        np.full(DIM, np.nan, "<f4").tobytes(),
        np.full(DIM, 7.0, "<f4").tobytes(),
        vector_of(1).tobytes()[:-1],
        b"",
    ],
    ids=["zero", "nan", "long", "cut", "empty"],
)
@pytest.mark.parametrize("table", ["embedding", "caption_embedding"])
def test_bad_vector_is_found_and_dropped(filled: Shelf, table: str, blob: bytes) -> None:
    before = what_a_person_wrote(filled)
    filled.database.run(f"UPDATE {table} SET vector = ? WHERE id = 1", (blob,))
    assert unsound(filled.database) == {"vectors": (1, False)}
    assert unsound(filled.database, repair=True) == {"vectors": (1, True)}
    assert unsound(filled.database) == {}
    assert what_a_person_wrote(filled) == before
    assert filled.embeddings.version()[1] == (2 if table == "embedding" else 3)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM text_index WHERE rowid = 1",
        "UPDATE text_index SET captions = 'something else' WHERE rowid = 1",
        "UPDATE text_index SET directory = '' WHERE rowid = 1",
        "INSERT INTO text_index (rowid, name) VALUES (99, 'ghost.jpg')",
    ],
)
def test_wrong_row_of_the_text_index_is_found_and_rebuilt(filled: Shelf, damage: str) -> None:
    before = filled.database.rows("SELECT rowid, * FROM text_index")
    filled.database.run(damage)
    assert unsound(filled.database) == {"text index": (1, False)}
    assert unsound(filled.database, repair=True) == {"text index": (1, True)}
    assert unsound(filled.database) == {}
    assert filled.database.rows("SELECT rowid, * FROM text_index") == before


def test_broken_references_are_found_and_mended(filled: Shelf) -> None:
    filled.database.value("PRAGMA foreign_keys = OFF")
    filled.database.run("DELETE FROM model")
    filled.database.value("PRAGMA foreign_keys = ON")
    assert unsound(filled.database, repair=True) == {"references": (4, True)}
    assert unsound(filled.database, repair=False) == {}


def test_forgotten_vectors_make_their_contents_pending_again(filled: Shelf) -> None:
    model = filled.embeddings.model
    assert filled.contents.count_without_embedding(model) == 0
    forget_vectors(filled.database, [2])
    assert [row.digest for row in filled.contents.without_embedding(model, limit=9)] == [digest_of(b"trip/1.jpg".hex())]
