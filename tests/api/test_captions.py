"""The user's own captions, and the captions nearest to a photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import KnownError
from engine.protocol import Confidence, ErrorKind, PhotoPath
from engine.protocol.methods import CaptionAdd, CaptionEdit, CaptionsRequest
from tests.api.conftest import names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Desk


@pytest.fixture
def two(desk: Desk) -> Desk:
    """A red photo and a blue one."""
    desk.photo("red.png")
    desk.photo("blue.png", "#283cdc")
    desk.index()
    return desk


def test_added_caption_is_found_by_its_words_and_offered_for_other_photos(two: Desk) -> None:
    red, blue = two.hit("red").photo_id, two.hit("blue").photo_id
    added = two.engine.add_caption(CaptionAdd(red, "  our red \n tent "))
    assert (added.text, added.language, added.source) == ("our red tent", "en", "user")
    assert names(two.engine.search("tent", 5)) == ["red.png"]
    of_red = two.engine.nearest_captions(CaptionsRequest(photo_id=red))
    assert [row.text for row in of_red.own] == ["our red tent"]
    assert [row.text for row in of_red.nearest] == ["a red kite"], "each line of the bank once"
    of_blue = two.engine.nearest_captions(CaptionsRequest(photo_id=blue, source="library"))
    ((text, source, path),) = [(row.text, row.source, row.path) for row in of_blue.nearest]
    assert (text, source) == ("our red tent", "user")
    assert path is not None
    assert path.to_path().name == "red.png"


def test_language_is_told_from_the_words_unless_it_is_given(two: Desk) -> None:
    photo = two.hit("red").photo_id
    assert two.engine.add_caption(CaptionAdd(photo, "海上的红气球")).language == "zh"
    assert two.engine.add_caption(CaptionAdd(photo, "a 红 lantern", "en")).language == "en"


def test_same_caption_twice_is_one(two: Desk) -> None:
    photo = two.hit("red").photo_id
    once = two.engine.add_caption(CaptionAdd(photo, "our tent"))
    assert two.engine.add_caption(CaptionAdd(photo, "our  tent")) == once
    assert len(two.engine.photo_details(photo).captions) == 1


def test_edited_caption_is_found_by_its_new_words_alone(two: Desk) -> None:
    photo = two.hit("red").photo_id
    added = two.engine.add_caption(CaptionAdd(photo, "our tent"))
    assert added.caption_id is not None
    edited = two.engine.edit_caption(CaptionEdit(added.caption_id, "红帐篷"))
    assert (edited.caption_id, edited.text, edited.language) == (added.caption_id, "红帐篷", "zh")
    assert two.engine.search("tent", 5).confidence is Confidence.NONE
    assert two.engine.search("红帐篷", 5).confidence is Confidence.MATCH
    two.engine.remove_caption(added.caption_id)
    assert two.engine.search("红帐篷", 5).confidence is Confidence.NONE
    assert two.engine.photo_details(photo).captions == ()


@pytest.mark.parametrize("text", ["", "  \n\t ", "x" * 2001])
def test_caption_without_words_or_without_end_is_refused(two: Desk, text: str) -> None:
    photo = two.hit("red").photo_id
    caption = two.engine.add_caption(CaptionAdd(photo, "kept"))
    assert caption.caption_id is not None
    with pytest.raises(KnownError) as raised:
        two.engine.add_caption(CaptionAdd(photo, text))
    assert raised.value.kind is ErrorKind.USAGE
    with pytest.raises(KnownError) as raised:
        two.engine.edit_caption(CaptionEdit(caption.caption_id, text))
    assert raised.value.kind is ErrorKind.USAGE
    assert [row.text for row in two.engine.photo_details(photo).captions] == ["kept"]


def test_unknown_photo_or_caption_is_not_found(two: Desk) -> None:
    for ask in (
        lambda: two.engine.add_caption(CaptionAdd(99, "tent")),
        lambda: two.engine.edit_caption(CaptionEdit(99, "tent")),
        lambda: two.engine.remove_caption(99),
        lambda: two.engine.nearest_captions(CaptionsRequest(photo_id=99)),
    ):
        with pytest.raises(KnownError) as raised:
            ask()
        assert raised.value.kind is ErrorKind.NOT_FOUND
    with pytest.raises(KnownError) as raised:
        two.engine.nearest_captions(CaptionsRequest())
    assert raised.value.kind is ErrorKind.USAGE


def test_odd_characters_in_a_caption_are_no_bug(two: Desk) -> None:
    photo = two.hit("red").photo_id
    for text in ("half \ud83d pair", "🎈 balloon", "quote ' \" %_", "e\u0301t\u00e9"):
        assert two.engine.add_caption(CaptionAdd(photo, text)).text
    assert names(two.engine.search("balloon", 5)) == ["red.png"]


def test_captions_of_a_file_outside_the_library_leave_no_trace(two: Desk, tmp_path: Path) -> None:
    from tests.photo_factory import write_photo

    outside = write_photo(tmp_path / "outside.png", size=(30, 30), colour="#e01e1e")
    found = two.engine.nearest_captions(CaptionsRequest(path=PhotoPath.of(outside), limit=1, language="en"))
    assert (found.photo.to_path(), found.own) == (outside, ())
    assert [(row.text, row.caption_id) for row in found.nearest] == [("a red kite", None)]
    assert found.nearest[0].score == pytest.approx(1.0, abs=1e-3)
    assert two.engine.status().photos == 2


def test_copy_outside_the_library_has_the_captions_of_its_bytes(two: Desk, tmp_path: Path) -> None:
    two.engine.add_caption(CaptionAdd(two.hit("red").photo_id, "our tent"))
    copy = tmp_path / "copy.png"
    copy.write_bytes((two.root / "red.png").read_bytes())
    found = two.engine.nearest_captions(CaptionsRequest(path=PhotoPath.of(copy), source="library"))
    assert ([row.text for row in found.own], found.nearest) == (["our tent"], ())


def test_reader_may_ask_and_not_write(two: Desk) -> None:
    photo = two.hit("red").photo_id
    with two.engine.sibling(write=False) as reader:
        assert reader.nearest_captions(CaptionsRequest(photo_id=photo)).nearest
        with pytest.raises(KnownError) as raised:
            reader.add_caption(CaptionAdd(photo, "tent"))
        assert raised.value.kind is ErrorKind.LIBRARY_READ_ONLY
