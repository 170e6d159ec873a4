"""The facade: folders, siblings, lists, and opening with a model."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.api import Engine
from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library.embeddings import Embeddings
from engine.library.opening import is_held
from engine.protocol import ErrorKind, FolderState, PhotoPath
from engine.protocol.methods import (
    BrowseRequest,
    CaptionAdd,
    CaptionsRequest,
    MonthCount,
    SearchRequest,
    SimilarRequest,
    TextItem,
)
from tests.api.conftest import names
from tests.conftest import sqlite_alone
from tests.photo_factory import write_text_as, write_truncated

if TYPE_CHECKING:
    from tests.api.conftest import Desk

BLUE = "#283cdc"


def refused(raised: pytest.ExceptionInfo[KnownError], kind: ErrorKind) -> str:
    sentence = str(raised.value)
    assert raised.value.kind is kind, sentence
    assert sentence.endswith((".", "FOLDER", "folders")), "a sentence, or a command to type"
    return sentence


# Folders


def test_file_and_absent_folder_are_refused(desk: Desk) -> None:
    file = desk.photo("a.png")
    with pytest.raises(KnownError) as raised:
        desk.engine.add_folder(file)
    assert "is a file" in refused(raised, ErrorKind.FOLDER_REFUSED)
    with pytest.raises(KnownError) as raised:
        desk.engine.add_folder(desk.root / "absent")
    refused(raised, ErrorKind.FOLDER_GONE)
    assert desk.engine.folders() == []


def test_library_itself_is_no_folder_of_photos(desk: Desk, tmp_path: Path) -> None:
    library = desk.engine.paths.root
    (library / "thumbnails").mkdir()
    (tmp_path / "link").symlink_to(library)
    for path in (library, library / "thumbnails", tmp_path / "link"):
        with pytest.raises(KnownError) as raised:
            desk.engine.add_folder(path)
        refused(raised, ErrorKind.FOLDER_REFUSED)


def test_folder_is_known_by_its_real_path(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(desk.root)
    added = desk.engine.add_folder(desk.root)
    assert desk.engine.add_folder(tmp_path / "link") == added
    assert desk.engine.folders() == [added]
    desk.engine.remove_folder(tmp_path / "link")
    assert desk.engine.folders() == []


def test_folders_inside_each_other_are_refused(desk: Desk) -> None:
    (desk.root / "sub").mkdir()
    desk.engine.add_folder(desk.root / "sub")
    with pytest.raises(KnownError) as raised:
        desk.engine.add_folder(desk.root)
    refused(raised, ErrorKind.FOLDER_REFUSED)


def test_folder_that_is_not_watched_cannot_be_removed(desk: Desk) -> None:
    with pytest.raises(KnownError) as raised:
        desk.engine.remove_folder(desk.root)
    refused(raised, ErrorKind.NOT_FOUND)
    with pytest.raises(KnownError) as raised:
        desk.engine.pause_folder(99, paused=True)
    refused(raised, ErrorKind.NOT_FOUND)


def test_folder_rests_while_it_is_paused(desk: Desk) -> None:
    folder = desk.engine.add_folder(desk.root)
    desk.engine.pause_folder(folder.id, paused=True)
    assert desk.engine.folders()[0].state is FolderState.PAUSED
    desk.engine.pause_folder(folder.id, paused=False)
    assert desk.engine.folders()[0].state is FolderState.ONLINE


def test_removed_folder_leaves_the_photos_on_disk(desk: Desk) -> None:
    file = desk.photo("a.png")
    desk.index()
    desk.engine.remove_folder(desk.root)
    assert file.exists()
    assert desk.engine.search("red", 10).hits == ()


# Threads


def test_siblings_share_the_matrix_and_see_each_others_writes(desk: Desk) -> None:
    desk.photo("a.png")
    seen: list[object] = []

    def ask(step: threading.Event, answered: threading.Event) -> None:
        with desk.engine.sibling(write=False) as reader:
            seen.append(names(reader.search("red", 10)))
            answered.set()
            step.wait(30)
            seen.append(names(reader.search("red", 10)))
            seen.append(names(reader.search("birthday", 10)))
            with reader.sibling(write=False) as third:
                seen.append(third.search("red", 10).covered)

    step, answered = threading.Event(), threading.Event()
    thread = threading.Thread(target=ask, args=(step, answered))
    thread.start()
    assert answered.wait(30)
    desk.index()
    desk.engine.add_caption(CaptionAdd(desk.hit("a.png").photo_id, "birthday"))
    step.set()
    thread.join(30)
    assert seen == [[], ["a.png"], ["a.png"], 1]


def test_writing_sibling_writes_and_a_reading_one_may_not(desk: Desk) -> None:
    with desk.engine.sibling(write=True) as writer:
        writer.set_setting("theme", "dark")
    assert desk.engine.get_setting("theme") == "dark"
    with desk.engine.sibling(write=False) as reader:
        with pytest.raises(KnownError) as raised:
            reader.set_setting("theme", "light")
        refused(raised, ErrorKind.LIBRARY_READ_ONLY)


def test_closing_a_sibling_keeps_the_lock_and_closing_the_first_lets_it_go(desk: Desk) -> None:
    desk.engine.sibling(write=True).close()
    assert is_held(desk.engine.paths)
    desk.engine.close()
    desk.engine.close()
    assert not is_held(desk.engine.paths)


# Searching


def test_photos_like_a_photo_leave_out_itself_and_its_copies(desk: Desk) -> None:
    original = desk.photo("red.png")
    (desk.root / "copy.png").write_bytes(original.read_bytes())
    desk.photo("pink.png", "#e01e1e")
    desk.photo("blue.png", BLUE)
    desk.index()
    assert names(desk.engine.similar(original, 10))[0] == "pink.png"
    by_id = desk.engine.similar_request(SimilarRequest(photo_id=desk.hit("pink.png").photo_id))
    assert names(by_id)[0] in {"red.png", "copy.png"}
    assert len({"red.png", "copy.png"} & set(names(by_id))) == 1, "the same bytes are shown once"
    outside = desk.root.parent / "outside.png"
    outside.write_bytes(original.read_bytes())
    assert not {"red.png", "copy.png"} & set(names(desk.engine.similar(outside, 10)))


def test_photo_from_outside_is_decoded_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.photo("red.png")
    desk.photo("blue.png", BLUE)
    desk.index()
    from tests.photo_factory import write_photo

    outside = write_photo(tmp_path / "query.png", size=(50, 50), colour="#e01e1e")
    found = desk.engine.search_request(SearchRequest(photos=(PhotoPath.of(outside),)))
    assert names(found)[0] == "red.png"
    assert desk.engine.status().photos == 2


def test_unusable_query_photo_is_a_sentence(desk: Desk, tmp_path: Path) -> None:
    bad = [
        write_text_as(tmp_path / "text.jpg"), write_truncated(tmp_path / "cut.jpg", 0.1), tmp_path,
        tmp_path / "absent.jpg", Path("zero\0byte.jpg"),
    ]  # fmt: skip
    for path in bad:
        with pytest.raises(KnownError) as raised:
            desk.engine.similar(path, 10)
        assert "cannot be used as a photo" in refused(raised, ErrorKind.PHOTO_UNUSABLE)
    with pytest.raises(KnownError) as raised:
        desk.engine.similar_request(SimilarRequest())
    refused(raised, ErrorKind.USAGE)
    with pytest.raises(KnownError) as raised:
        desk.engine.similar_request(SimilarRequest(photo_id=99))
    refused(raised, ErrorKind.NOT_FOUND)


def test_months_are_counted_in_the_order_of_the_photos_when_asked_for(desk: Desk) -> None:
    for number, day in enumerate(("2021-03-05", "2020-12-31", "2021-03-20")):
        moment = datetime.fromisoformat(f"{day}T12:00:00").timestamp()
        os.utime(desk.photo(f"{number}.png", f"#{number}00000"), (moment, moment))
    desk.index()
    result = desk.engine.browse(BrowseRequest(0, 10, months=True))
    assert [Path(hit.path.path).stem for hit in result.hits] == ["2", "0", "1"]
    assert result.months == (MonthCount("2021-03", 2), MonthCount("2020-12", 1))
    assert not desk.engine.browse(BrowseRequest(0, 1)).months


def test_all_photos_are_browsed_page_by_page(desk: Desk) -> None:
    for number in range(5):
        desk.photo(f"{number}.png", f"#{number}00000")
    desk.index()
    pages = [desk.engine.browse(BrowseRequest(offset, 2)) for offset in (0, 2, 4, 6)]
    assert [len(page.hits) for page in pages] == [2, 2, 1, 0]
    assert [hit.rank for page in pages for hit in page.hits] == [1, 2, 3, 4, 5]
    assert {page.total for page in pages} == {5}
    assert all(Path(hit.thumbnail or "").is_file() for page in pages for hit in page.hits)
    assert len({hit.photo_id for page in pages for hit in page.hits}) == 5


@pytest.mark.parametrize("number", [-1, 0, 10**30])
def test_odd_limits_are_no_bug(desk: Desk, number: int) -> None:
    desk.photo("red.png")
    desk.index()
    expected = 1 if number > 0 else 0
    for text in ("red", "name:red", "-blue"):
        assert len(desk.engine.search_request(SearchRequest(text, limit=number)).hits) == expected
    assert len(desk.engine.browse(BrowseRequest(0, number)).hits) == expected
    assert len(desk.engine.browse(BrowseRequest(number, 10)).hits) == 1 - expected
    photo = desk.hit("red").photo_id
    assert desk.engine.similar_request(SimilarRequest(photo_id=photo, limit=number)).hits == ()
    assert len(desk.engine.nearest_captions(CaptionsRequest(photo_id=photo, limit=number)).nearest) == expected


def test_what_is_understood_is_told_without_searching(desk: Desk) -> None:
    assert [clause.kind for clause in desk.engine.understand("red -blue 2020").clauses] == ["words", "negated", "date"]


def test_vectors_come_with_a_file_each(desk: Desk) -> None:
    desk.photo("red.png")
    desk.index()
    contents, vectors, paths = desk.engine.vectors()
    assert vectors.shape == (1, 64)
    assert paths == {int(contents[0]): desk.root / "red.png"}


# Lists and status


def test_status_counts_what_there_is(desk: Desk) -> None:
    original = desk.photo("red.png")
    (desk.root / "copy.png").write_bytes(original.read_bytes())
    write_text_as(desk.root / "text.jpg")
    desk.index()
    status = desk.engine.status()
    assert (status.folders, status.contents, status.indexed, status.issues) == (1, 2, 1, 1)
    assert (status.photos, status.pending) == (3, 0)
    assert status.byte_size >= 16_384
    (folder,) = desk.engine.folder_status()
    assert (folder.photos, folder.indexed, folder.missing, folder.issues) == (3, 2, 0, 1)
    assert [row.path.to_path().name for row in desk.engine.issues()] == ["text.jpg"]
    assert desk.engine.retry_issues() == 1
    assert desk.engine.issues() == []
    report = desk.engine.check(repair=False)
    assert [finding.name for finding in report.findings if not finding.sound] == ["model"], "a fake has no files"


def test_searches_are_remembered_saved_and_forgotten(desk: Desk) -> None:
    for text in ("red", "blue"):
        desk.engine.remember_search(text)
    desk.engine.save_search(TextItem("red -blue", "warm"))
    desk.engine.save_search(TextItem("no name"))
    assert [item.text for item in desk.engine.history().items] == ["blue", "red"]
    assert [(item.name, item.text) for item in desk.engine.saved_searches().items] == [
        ("no name", "no name"), ("warm", "red -blue"),
    ]  # fmt: skip
    desk.engine.clear_history()
    desk.engine.remove_saved_search("warm")
    assert (desk.engine.history().items, len(desk.engine.saved_searches().items)) == ((), 1)


# Opening


def test_second_writer_is_refused_and_a_reader_is_not(desk: Desk, mini: Path) -> None:
    desk.photo("red.png")
    desk.index()
    with pytest.raises(KnownError) as raised:
        Engine.open_writer(desk.engine.paths)
    refused(raised, ErrorKind.LIBRARY_BUSY)
    with Engine.open_reader(desk.engine.paths, mini.name) as reader:
        assert reader.status().indexed == 0, "another model has no vectors yet"
        assert reader.search("name:red", 5).hits != ()


def test_writer_that_cannot_open_its_model_lets_the_lock_go(library: LibraryPaths) -> None:
    with pytest.raises(KnownError) as raised:
        Engine.open_writer(library, "no-such-model")
    refused(raised, ErrorKind.MODEL_MISSING)
    assert not is_held(library)


def test_reader_without_a_library_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as raised:
        Engine.open_reader(LibraryPaths(tmp_path / "library"))
    assert "balloon index" in refused(raised, ErrorKind.NOT_FOUND)


def test_chosen_model_is_used_from_the_next_start_on(library: LibraryPaths, mini: Path) -> None:
    with Engine.open_writer(library) as engine:
        with pytest.raises(KnownError) as raised:
            engine.use_model("no-such-model")
        refused(raised, ErrorKind.MODEL_MISSING)
        rows = engine.use_model(mini.name).models
        assert [row.key for row in rows if row.in_use] == [mini.name]
    with Engine.open_reader(library) as engine:
        assert engine.encoder.card.key == mini.name


@sqlite_alone
def test_vectors_of_a_replaced_model_are_told_and_dropped(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BALLOON_MODELS", str(tmp_path / "models"))
    desk.photo("a.png")
    desk.index()
    database = desk.engine._parts.database
    for key in ("fake", "own", "gone"):  # an earlier version of the model at work, and two imported ones
        earlier = Embeddings.of_model(database, key, f"earlier-{key}", desk.encoder.card.dim)
        earlier.add([1], desk.encoder.encode_texts(["red"]))
    damaged = tmp_path / "models" / "own" / "model.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{", encoding="utf-8")
    assert {(model.key, model.vectors) for model in desk.engine.left_models()} == {("fake", 1), ("gone", 1)}
    removed = desk.engine.forget_left_models()
    assert [model.fingerprint for model in removed] == ["earlier-fake", "earlier-gone"]
    assert desk.engine.left_models() == ()
    assert desk.engine._parts.embeddings().counts() == {desk.encoder.card.fingerprint: 1, "earlier-own": 1}
    assert names(desk.engine.search("red", 10)) == ["a.png"]


def test_opening_an_engine_loads_no_tower_and_no_decoder(library: LibraryPaths, mini: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from engine.api import Engine
from engine.config import LibraryPaths
from engine.config import LibraryPaths
with Engine.open_writer(LibraryPaths(Path({str(library.root)!r})), {mini.name!r}) as engine:
    engine.status()
heavy = {{"onnxruntime", "tokenizers", "PIL", "torch", "rawpy", "pi_heif"}} & set(sys.modules)
assert not heavy, heavy
"""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script], cwd=root, check=True, timeout=60)


def test_live_photo_is_one_and_its_film_no_issue(desk: Desk) -> None:
    photo = desk.photo("IMG_1.jpg")
    (photo.with_suffix(".MOV")).write_bytes(b"\0\0\0\x14ftypqt  " + b"film" * 100)
    desk.index()
    assert [hit.path.to_path().name for hit in desk.engine.browse(BrowseRequest()).hits] == ["IMG_1.jpg"]
    assert desk.engine.issues() == []
