"""An engine over real files with the fake encoder: everything but the model is the real thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from engine.api import Engine
from engine.api.parts import Shared
from engine.imaging.thumbnails import ThumbnailStore
from engine.indexing.pipeline import DecodeOptions
from engine.library import opening
from engine.search.vectors import HotMatrix
from tests.photo_factory import write_photo
from tests.search.gallery import Palette

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.config import LibraryPaths
    from engine.protocol import Hit, SearchResult

BANK = '{"id": "x-1", "topic": "x", "en": "a red kite", "zh": "红色的风筝 red"}\n'


@dataclass
class Desk:
    """An engine, and the folder that it watches."""

    engine: Engine
    root: Path
    encoder: Palette

    def photo(self, name: str, colour: str = "#e61e1e", **options: Any) -> Path:
        return write_photo(self.root / name, size=(40, 30), colour=colour, **options)

    def index(self) -> None:
        self.engine.add_folder(self.root)
        options = DecodeOptions(workers=1, deadline_s=30.0)
        self.engine.indexer(options).run(self.engine.folders(), lambda _: None)

    def hit(self, name: str) -> Hit:
        """The photo called ``name``."""
        (found,) = self.engine.search(f"name:{name}", 10).hits
        return found


def names(result: SearchResult) -> list[str]:
    return [hit.path.to_path().name for hit in result.hits]


@pytest.fixture
def desk(library: LibraryPaths, tmp_path: Path) -> Iterator[Desk]:
    encoder: Any = Palette()
    bank = tmp_path / "bank.jsonl"
    bank.write_text(BANK, encoding="utf-8")
    root = tmp_path / "photos"
    root.mkdir()
    shared = Shared(
        paths=library,
        encoder=encoder,
        matrix=HotMatrix(),
        thumbnails=ThumbnailStore(library.thumbnails),
        bank_file=bank,
    )
    lock = opening.take_lock(library)
    engine = Engine(opening.open_writer(library), shared, lock)
    yield Desk(engine, root, encoder)
    engine.close()
