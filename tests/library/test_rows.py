"""Photos, contents, captions, issues, folders, searches, settings: what their rows promise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import KnownError
from engine.library import opening
from engine.library.captions import Caption
from engine.library.folders import FolderCounts, Folders
from engine.library.photos import FileStamp
from engine.library.searches import HISTORY_KEPT, Searches
from engine.library.settings import Settings
from engine.protocol import ErrorKind, FolderState, IssueReason
from tests.library.conftest import DIM, ROOT, digest_of, vector_of

if TYPE_CHECKING:
    from tests.library.conftest import Shelf

# Captions


def texts(shelf: Shelf, content: int) -> list[str]:
    return [caption.text for caption in shelf.captions.of(content)]


def test_same_caption_twice_is_one_row(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    assert shelf.caption(content, "a dog") == shelf.caption(content, "a dog")
    shelf.caption(content, "a dog", source="exif")
    assert len(shelf.captions.of(content)) == 2


def test_removed_caption_is_not_read_in_again_and_comes_back_by_hand(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    _, other = shelf.photo("b.jpg")
    read = [Caption("a red balloon", "en", "exif"), Caption("a dog", "en", "iptc")]
    with shelf.database.transaction():
        shelf.captions.add(content, read)
        first, second = shelf.captions.of(content)
        shelf.captions.remove(first.id)
        shelf.captions.edit(second.id, "my dog", "en")
        shelf.captions.add(content, [*read, Caption("a red balloon", "en", "xmp")])
        shelf.captions.add(other, read)
    assert texts(shelf, content) == ["my dog"]
    assert texts(shelf, other) == ["a red balloon", "a dog"]
    shelf.caption(content, "a red balloon")
    assert texts(shelf, content) == ["my dog", "a red balloon"]


@pytest.mark.parametrize("source", ["user", "imported"])
def test_caption_of_a_persons_own_can_be_given_again_after_its_removal(shelf: Shelf, source: str) -> None:
    _, content = shelf.photo("a.jpg")
    caption = shelf.caption(content, "a dog", source)
    with shelf.database.transaction():
        shelf.captions.remove(caption)
        shelf.captions.add(content, [Caption("a dog", "en", "exif")])
    assert texts(shelf, content) == ["a dog"]


def test_own_captions_come_first(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    for text, source in (("from the camera", "exif"), ("imported", "imported"), ("mine", "user")):
        shelf.caption(content, text, source)
    assert texts(shelf, content) == ["mine", "from the camera", "imported"]


def test_edited_caption_is_the_users_own_and_forgets_its_vectors(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    caption = shelf.caption(content, "DSC 4711", source="exif")
    model = shelf.embeddings.model
    shelf.captions.add_vectors(model, "tower", [caption], vector_of(1)[None])
    assert shelf.captions.without_vector(model, "tower", limit=9) == []
    shelf.captions.edit(caption, "海上的红气球", "zh")
    (pending,) = shelf.captions.without_vector(model, "tower", limit=9)
    assert (pending.id, pending.text, pending.language, pending.source) == (caption, "海上的红气球", "zh", "user")
    assert list(shelf.captions.vectors(model, "tower", DIM)) == []


def test_caption_edited_into_another_one_leaves_a_single_row(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    shelf.caption(content, "a dog")
    other = shelf.caption(content, "a wolf")
    shelf.captions.edit(other, "a dog", "en")
    assert [(row.id, row.text) for row in shelf.captions.of(content)] == [(other, "a dog")]
    assert shelf.database.rows("SELECT captions FROM text_index") == [("a dog",)]


def test_recognised_text_is_no_caption(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    shelf.caption(content, "TOTAL 12.50", source="ocr")
    assert shelf.captions.all() == []
    assert shelf.captions.without_vector(shelf.embeddings.model, "tower", limit=9) == []


def test_another_text_tower_needs_vectors_of_its_own(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    caption, model = shelf.caption(content, "a dog"), shelf.embeddings.model
    shelf.captions.add_vectors(model, "old tower", [caption], vector_of(1)[None])
    assert [row.id for row in shelf.captions.without_vector(model, "new tower", limit=9)] == [caption]
    ((rows, vectors),) = shelf.captions.vectors(model, "old tower", DIM)
    assert [row.id for row in rows] == [caption]
    np.testing.assert_array_equal(vectors, vector_of(1)[None])
    assert list(shelf.captions.vectors(model, "new tower", DIM)) == []


def test_caption_takes_its_vectors_along(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    caption = shelf.caption(content, "a dog")
    shelf.captions.add_vectors(shelf.embeddings.model, "tower", [caption], vector_of(1)[None])
    shelf.captions.remove(caption)
    assert shelf.database.value("SELECT count(*) FROM caption_embedding") == 0
    assert shelf.captions.get(caption) is None


def test_find_gives_just_this_caption(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    shelf.caption(content, "a dog")
    assert shelf.captions.find(content, Caption("a dog", "en", "exif")) is None
    found = shelf.captions.find(content, Caption("a dog", None, "user"))
    assert found is not None
    assert found.content == content


# Photos, contents and issues


def test_issue_of_the_bytes_is_inherited_by_copies(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg", "broken")
    shelf.issues.record_content(content, IssueReason.DAMAGED, "cut short")
    shelf.photo("copy.jpg", "broken")
    assert {row.path.to_path().name: row.reason for row in shelf.issues.all()} == {
        "a.jpg": IssueReason.DAMAGED,
        "copy.jpg": IssueReason.DAMAGED,
    }
    assert shelf.contents.without_embedding(shelf.embeddings.model, limit=9) == []


def test_issue_of_a_path_is_not_inherited(shelf: Shelf) -> None:
    shelf.photo("a.jpg", "fine")
    shelf.issues.record(shelf.folder(), b"a.jpg", IssueReason.UNREADABLE, "permission denied")
    shelf.photo("copy.jpg", "fine")
    assert [row.path.to_path().name for row in shelf.issues.all()] == ["a.jpg"]
    (pending,) = shelf.contents.without_embedding(shelf.embeddings.model, limit=9)
    assert pending.path == b"copy.jpg"


def test_changed_file_leaves_its_issue_behind(shelf: Shelf) -> None:
    photo, content = shelf.photo("a.jpg", "broken")
    shelf.issues.record_content(content, IssueReason.DAMAGED, "cut short")
    shelf.issues.clear(shelf.folder(), [b"a.jpg"])
    shelf.photos.change(photo, FileStamp(7, 7, 7))
    assert [row.path for row in shelf.photos.unread(limit=9)] == [b"a.jpg"]
    assert shelf.issues.count() == 0


def test_issue_is_recorded_once_for_a_path_and_the_latest_counts(shelf: Shelf) -> None:
    odd = b"caf\xe9.jpg"
    shelf.photo(odd)
    for reason in (IssueReason.TIMEOUT, IssueReason.CRASHED):
        shelf.issues.record(shelf.folder(), odd, reason, reason.value)
    (row,) = shelf.issues.all()
    assert (row.reason, row.detail, row.path.to_path()) == (IssueReason.CRASHED, "crashed", ROOT / os.fsdecode(odd))
    assert (shelf.issues.retry(), shelf.issues.count()) == (1, 0)


def test_moved_photo_keeps_its_row(shelf: Shelf) -> None:
    photo, content = shelf.photo("a.jpg", "same")
    shelf.photos.mark_missing([photo])
    again, same = shelf.photo("sub/b.jpg", "same")
    assert same == content
    assert [(row.id, row.path, row.is_missing) for row in shelf.photos.known(shelf.folder())] == [
        (photo, b"sub/b.jpg", False)
    ]
    found = shelf.contents.find(photo)
    assert found is not None
    assert found.path == ROOT / "sub/b.jpg"
    assert shelf.contents.find(again if again != photo else 999) is None


def test_many_digests_at_once_come_to_what_each_alone_would(shelf: Shelf) -> None:
    (one, twice), (other, _) = shelf.photo("old/1.jpg", "twice"), shelf.photo("old/2.jpg", "twice")
    broken, content = shelf.photo("broken.jpg", "broken")
    shelf.issues.record_content(content, IssueReason.DAMAGED, "")
    shelf.photos.mark_missing([one, other])
    new = [(name.encode(), FileStamp(100, 1, 50 + at)) for at, name in enumerate(("a", "b", "c", "d", "e", "f"))]
    with shelf.database.transaction():
        shelf.photos.add(shelf.folder(), ROOT.name, new)
        a, b, c, d, e, f = [photo.id for photo in shelf.photos.unread(limit=9)]
        reads = [(a, "twice"), (b, "new"), (c, "twice"), (d, "new"), (e, "twice"), (f, "broken")]
        contents = shelf.photos.assign_all([(photo, digest_of(data), 100) for photo, data in reads])
    assert [contents[at] for at in (0, 2, 4)] == [twice] * 3
    assert (contents[1], contents[5]) == (contents[3], content)
    paths = {row.id: row.path for row in shelf.photos.known(shelf.folder()) if not row.is_missing}
    assert (paths[one], paths[other]) == (b"a", b"c"), "two moved, in their order, and the third is a copy"
    assert set(paths) == {one, other, broken, b, d, e, f}
    broken_ones = {Path(row.path.path).name for row in shelf.issues.all()}
    assert broken_ones == {"broken.jpg", "f"}, "bytes once found broken stay broken"


def test_photo_that_is_missing_or_unread_cannot_be_shown(shelf: Shelf) -> None:
    photo, _ = shelf.photo("a.jpg")
    shelf.photos.mark_missing([photo])
    assert shelf.contents.find(photo) is None
    shelf.photos.mark_present([photo])
    assert shelf.contents.find(photo) is not None
    shelf.photos.change(photo, FileStamp(1, 1, 1))
    assert shelf.contents.find(photo) is None
    assert (shelf.photos.count(), shelf.photos.count_unread(), shelf.contents.count()) == (1, 1, 0)


def test_content_tells_its_facts_and_all_its_files(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg", "same", taken_at="2020-02-02T02:02:02", camera="Canon")
    shelf.photo("b/c.jpg", "same", taken_at="2020-02-02T02:02:02", camera="Canon")
    assert shelf.contents.paths(content) == [ROOT / "a.jpg", ROOT / "b/c.jpg"]
    facts = shelf.contents.facts(content)
    assert (facts.format, facts.width, facts.camera) == ("JPEG", 40, "Canon")
    assert shelf.contents.byte_size(content) == 100
    assert shelf.contents.of_digest(digest_of("same")) == content
    assert shelf.contents.of_digest(digest_of("unknown")) is None
    with pytest.raises(LookupError):
        shelf.contents.facts(999)


def test_thousands_of_contents_are_looked_up_at_once(shelf: Shelf) -> None:
    pairs = [shelf.photo(f"{number}.jpg") for number in range(620)]
    found = shelf.contents.present([content for _, content in pairs] + [10**9])
    assert len(found) == 620
    assert len(shelf.contents.dated([photo for photo, _ in pairs])) == 620


# Folders


def test_folders_inside_each_other_are_refused(shelf: Shelf) -> None:
    folders = Folders(shelf.database)
    watched = folders.add(Path("/photos/2020"))
    assert folders.add(Path("/photos/2020")) == watched
    for other in ("/photos", "/photos/2020/may"):
        with pytest.raises(KnownError) as raised:
            folders.add(Path(other))
        assert raised.value.kind is ErrorKind.FOLDER_REFUSED
    assert folders.add(Path("/photos/2020b")).id != watched.id
    with pytest.raises(KnownError) as raised:
        folders.get(Path("/photos"))
    assert raised.value.kind is ErrorKind.NOT_FOUND
    with pytest.raises(KnownError) as raised:
        folders.by_id(99)
    assert raised.value.kind is ErrorKind.NOT_FOUND


def test_removed_folder_takes_its_photos_and_issues_and_leaves_what_is_known_of_contents(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    caption = shelf.caption(content, "a dog")
    shelf.embeddings.add([content], vector_of(1)[None])
    shelf.issues.record(shelf.folder(), b"b.jpg", IssueReason.EMPTY, "")
    Folders(shelf.database).remove(shelf.folder())
    assert (shelf.photos.count(), shelf.issues.count()) == (0, 0)
    assert shelf.database.value("SELECT count(*) FROM text_index") == 0
    assert shelf.embeddings.get(content) is not None
    assert shelf.captions.get(caption) is not None


def test_folder_counts_its_photos_by_what_became_of_them(shelf: Shelf) -> None:
    _, content = shelf.photo("a.jpg")
    shelf.embeddings.add([content], vector_of(1)[None])
    shelf.photo("b.jpg")
    gone, _ = shelf.photo("c.jpg")
    shelf.photos.mark_missing([gone])
    shelf.issues.record(shelf.folder(), b"d.jpg", IssueReason.EMPTY, "")
    assert Folders(shelf.database).counts(shelf.folder(), shelf.embeddings.model) == FolderCounts(2, 1, 1, 1)


@pytest.mark.parametrize("state", [FolderState.OFFLINE, FolderState.PAUSED])
def test_nothing_is_pending_in_a_folder_that_is_not_online(shelf: Shelf, state: FolderState) -> None:
    photo, content = shelf.photo("a.jpg")
    model = shelf.embeddings.model
    assert shelf.contents.pending_among([content], model) == {content}
    Folders(shelf.database).set_state(shelf.folder(), state)
    assert shelf.contents.pending_among([content], model) == set()
    assert shelf.contents.count_without_embedding(model) == 0
    shelf.photos.change(photo, FileStamp(1, 1, 1))
    assert shelf.photos.unread(limit=9) == []


# Searches and settings


def test_history_has_the_latest_first_and_each_query_once(shelf: Shelf) -> None:
    searches = Searches(shelf.database)
    for query in ("dog", "红气球", "cat", "dog"):
        searches.remember(query)
    assert searches.history() == ["dog", "cat", "红气球"]
    searches.clear_history()
    assert searches.history() == []


def test_history_is_kept_to_its_cap(shelf: Shelf) -> None:
    searches = Searches(shelf.database)
    with shelf.database.transaction():
        for number in range(HISTORY_KEPT + 30):
            searches.remember(f"query {number}")
    history = searches.history()
    assert (len(history), history[0]) == (HISTORY_KEPT, f"query {HISTORY_KEPT + 29}")


def test_saved_search_of_the_same_name_is_replaced(shelf: Shelf) -> None:
    searches = Searches(shelf.database)
    for name, query in (("sea", "blue sea"), ("cats", "cat"), ("sea", "sea at night")):
        searches.save(name, query)
    assert searches.saved() == [("cats", "cat"), ("sea", "sea at night")]
    searches.remove("cats")
    searches.remove("never saved")
    assert searches.saved() == [("sea", "sea at night")]


def test_text_that_is_not_unicode_is_remembered_without_what_cannot_be_written(shelf: Shelf) -> None:
    searches = Searches(shelf.database)
    searches.remember("cat \ud83d")
    searches.save("a \ud800", "b \udfff")
    assert searches.history() == ["cat ?"]
    assert searches.saved() == [("a ?", "b ?")]
    searches.remove("a \ud800")
    assert searches.saved() == []


def test_setting_is_kept_changed_and_forgotten(shelf: Shelf) -> None:
    settings = Settings(shelf.database)
    for value in ("a", "b", None):
        settings.set("key", value)
        assert settings.get("key") == value
    settings.set("key", "kept")
    reader = opening.open_reader(shelf.paths)
    assert Settings(reader).get("key") == "kept"
    reader.close()
