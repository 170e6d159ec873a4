from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.library import opening
from tests.library.conftest import Shelf
from tests.search.gallery import Gallery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.config import LibraryPaths


@pytest.fixture
def gallery(library: LibraryPaths) -> Iterator[Gallery]:
    database = opening.open_writer(library)
    yield Gallery(Shelf(library, database))
    database.close()


@pytest.fixture
def colours(gallery: Gallery) -> Gallery:
    """One photo of each colour and one of red and blue."""
    gallery.photo("redish.jpg", red=1.0)
    gallery.photo("greenish.jpg", green=1.0)
    gallery.photo("blueish.jpg", blue=1.0)
    gallery.photo("yellowish.jpg", yellow=1.0)
    gallery.photo("both.jpg", red=0.5, blue=0.5)
    return gallery
