"""A library that an earlier release made is opened by this one, and nothing in it is lost or made anew."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.api import Engine
from engine.config import LibraryPaths
from engine.indexing.pipeline import DecodeOptions
from tests.upgrades import keep

if TYPE_CHECKING:
    from engine.protocol import IndexReport

pytestmark = pytest.mark.usefixtures("mini")
KEPT = sorted(Path(__file__).parent.glob("*.tar.xz"))


@pytest.fixture(params=KEPT, ids=lambda path: path.name.removesuffix(".tar.xz"))
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the library of one release was unpacked, with its photos."""
    with tarfile.open(request.param) as archive:
        if hasattr(tarfile, "data_filter"):  # since Python 3.11.4; the archives are our own
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(tmp_path)
    return tmp_path


def index(engine: Engine, photos: Path) -> IndexReport:
    # The folder that the release watched is gone: its photos lie here now.
    engine.add_folder(photos)
    return engine.indexer(DecodeOptions(workers=1)).run(engine.folders(), lambda _: None)


def own_captions(engine: Engine) -> set[str]:
    return {caption.text for caption in engine.caption_exchange().captions(("user", "imported"))}


def test_a_release_is_kept() -> None:
    assert KEPT


def test_what_a_person_wrote_and_chose_is_there(home: Path) -> None:
    with Engine.open_writer(LibraryPaths(home / "library")) as engine:
        assert own_captions(engine) == {*keep.OWN_CAPTIONS.values(), *keep.IMPORTED.values()}
        assert [(item.name, item.text) for item in engine.saved_searches().items] == [("kept", keep.SAVED)]
        assert [item.text for item in engine.history().items] == [keep.SAVED]
        assert engine.get_setting("index.workers") == "1"
        assert engine.check(repair=False).sound


def test_photos_are_found_by_words_of_their_captions(home: Path) -> None:
    with Engine.open_reader(LibraryPaths(home / "library")) as engine:
        for name, words in {**keep.OWN_CAPTIONS, **keep.IMPORTED}.items():
            assert engine.search(words, 1).hits[0].path.to_path().name == name


def test_nothing_is_embedded_anew_where_the_model_is_the_same(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Engine.open_writer(LibraryPaths(home / "library")) as engine:
        had = next(row.indexed for row in engine.models().models if row.in_use)
        report = index(engine, home / "photos")
        caplog.clear()  # which names the folder that is gone

        assert report.embedded == len(keep.PHOTOS) - had
        assert report.issues == 0
        assert engine.status().contents == len(keep.PHOTOS)
        assert own_captions(engine) == {*keep.OWN_CAPTIONS.values(), *keep.IMPORTED.values()}
