from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.photo_factory import scene, write_empty, write_photo, write_png_bomb, write_text_as, write_truncated

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.usefixtures("mini")
COMMAND = [sys.executable, "-m", "engine.cli"]


def balloon(*arguments: str | Path, library: Path | None = None, code: int = 0, **options: Any) -> str:
    """Run the command as a user would, from the checkout; gives its standard output."""
    words = [*COMMAND, *map(str, arguments), *(("--library", str(library)) if library else ())]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False, timeout=180, **options)
    assert done.returncode == code, done.stderr.decode("utf-8", "replace")
    return str(done.stdout, "utf-8")


def document(*arguments: str | Path, library: Path | None = None, code: int = 0) -> Any:
    return json.loads(balloon(*arguments, "--json", library=library, code=code))


def names(result: Any) -> list[str]:
    return [Path(hit["path"]).name for hit in result["hits"]]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "my photos 照片"
    for seed in range(1, 4):
        write_photo(folder / f"{seed}.jpg", scene((320, 240), seed=seed))
    return folder


def test_small_library_has_no_room_to_give_back(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    balloon("index", photos, library=library)
    told = document("library", "compact", library=library)
    assert told["given_back"] == 0
    assert told["byte_size"] > 0
    assert "Nothing was changed." in balloon("library", "compact", library=library)


def test_a_folder_becomes_searchable_in_two_commands(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    report = document("index", photos, library=library)
    assert (report["added"], report["embedded"], report["issues"]) == (3, 3, 0)
    result = document("search", "coloured", "circles", library=library)
    assert set(result) >= {"query", "model", "confidence", "took_ms", "hits"}
    assert result["query"] == "coloured circles"
    assert sorted(names(result)) == ["1.jpg", "2.jpg", "3.jpg"]
    first = result["hits"][0]
    assert set(first) >= {"path", "score", "confidence", "rank", "channels"}
    assert first["rank"] == 1
    assert balloon("search", "圆圈", library=library)


def test_minus_before_a_word_needs_no_quotes(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    balloon("index", photos, library=library)
    for words in (["circles", "-horses"], ["circles", "-草地"], ["-horses"], ["circles", "-people", "--limit", "2"]):
        result = document("search", *words, library=library)
        assert result["query"] == " ".join(word for word in words if word not in {"--limit", "2"})
        assert "negated" in {clause["kind"] for clause in result["understood"]}
    assert "usage:" in balloon("search", "-h")
    photo = photos / "1.jpg"
    assert balloon("search", "circles", "--photo", photo, "--weight", "-1", library=library)


def test_what_is_only_possible_is_called_so_where_nothing_matches(photos: Path, tmp_path: Path) -> None:
    write_photo(photos / "birthday" / "1.jpg", scene((320, 240), seed=9))
    library = tmp_path / "library"
    balloon("index", photos, library=library)
    assert document("search", "birthday", library=library)["confidence"] == "possible"
    assert balloon("search", "birthday", library=library).splitlines()[0] == "possible:"
    assert balloon("similar", photos / "1.jpg", library=library).splitlines()[0] != "possible:"


def test_json_is_one_document_and_nothing_else(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    document("index", photos, library=library)
    for command in (["folders"], ["status"], ["issues"], ["check"], ["search", "x"], ["doctor"]):
        assert isinstance(document(*command, library=library), dict)
    assert document("status", library=library)["indexed"] == 3


def test_similar_takes_files_in_and_outside_the_library(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    document("index", photos, library=library)
    outside = write_photo(tmp_path / "outside.png", scene((300, 200), seed=2))
    assert "1.jpg" not in names(document("similar", photos / "1.jpg", library=library))
    assert names(document("similar", outside, library=library))[0] == "2.jpg"


def test_searching_before_indexing_says_what_to_do(tmp_path: Path) -> None:
    result = document("search", "x", library=tmp_path / "nothing", code=1)
    assert "balloon index" in result["error"]["message"]


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    balloon("search", code=2)
    balloon("fly", code=2)
    balloon("search", "x", "--limit", "0", code=2)
    balloon("index", tmp_path / "not there", library=tmp_path / "library", code=1)


@pytest.mark.skipif(sys.platform == "win32", reason="file names there are always Unicode")
def test_bad_files_are_issues_and_everything_else_is_indexed(photos: Path, tmp_path: Path) -> None:
    write_truncated(photos / "cut.jpg")
    write_text_as(photos / "text.jpg")
    write_empty(photos / "empty.jpg")
    write_png_bomb(photos / "bomb.png")
    (photos / "loop").symlink_to(photos)
    write_photo(photos / os.fsdecode(b"caf\xe9.jpg"), scene((64, 48), seed=7))
    library = tmp_path / "library"
    assert document("index", photos, library=library)["embedded"] == 4
    issues = document("issues", library=library)["issues"]
    assert {Path(row["path"]).name: row["reason"] for row in issues} == {
        "cut.jpg": "damaged", "text.jpg": "not_an_image", "empty.jpg": "empty", "bomb.png": "too_large",
        "loop": "link_loop",
    }  # fmt: skip
    odd = [hit for hit in document("search", "circles", library=library)["hits"] if "path_b64" in hit]
    assert len(odd) == 1
    assert balloon("issues", "--retry", library=library) == ""


# Root may read everything, unless it gives that right up.
WITHOUT_RIGHTS = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
]


@pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions")
def test_directory_that_may_not_be_read_is_one_issue(tmp_path: Path) -> None:
    is_root = os.getuid() == 0
    if is_root and shutil.which("setpriv") is None:
        pytest.skip("root may read everything, and setpriv is not here to give that up")
    write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    locked = write_photo(tmp_path / "photos" / "locked" / "b.jpg", scene((64, 48), seed=2)).parent
    locked.chmod(0)
    library = tmp_path / "library"
    words = [
        *(WITHOUT_RIGHTS if is_root else []),
        *COMMAND,
        "index",
        str(tmp_path / "photos"),
        "--library",
        str(library),
    ]
    try:
        done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        rows = document("issues", library=library)["issues"]
        assert [(Path(row["path"]).name, row["reason"]) for row in rows] == [("locked", "unreadable")]
        assert document("status", library=library)["indexed"] == 1
    finally:
        locked.chmod(0o700)


def test_interrupted_index_exits_130_and_the_next_run_completes_it(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for seed in range(1, 121):
        write_photo(folder / f"{seed}.jpg", scene((800, 600), seed=seed))
    library = tmp_path / "library"
    process = subprocess.Popen([*COMMAND, "index", str(folder), "--library", str(library)], cwd=ROOT)
    while process.poll() is None and not (library / "thumbnails").exists():
        pass  # the first batch is being stored
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    done = document("status", library=library)["indexed"]
    assert document("index", folder, library=library)["embedded"] == 120 - done
    assert document("status", library=library)["indexed"] == 120


def test_second_indexer_is_refused_with_a_sentence_while_searching_works(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    document("index", photos, library=library)
    watching = subprocess.Popen(
        [*COMMAND, "index", str(photos), "--watch", "--library", str(library)],
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert watching.stderr is not None
        for line in watching.stderr:
            if "Watching" in line:
                break
        refused = document("index", photos, library=library, code=1)
        assert refused["error"]["kind"] == "library_busy"
        assert document("search", "circles", library=library)["hits"]
        assert document("status", library=library)["writer_active"] is True
    finally:
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=60)
    assert watching.returncode == 130, said


def test_watching_finds_a_new_photo(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    watching = subprocess.Popen(
        [*COMMAND, "index", str(photos), "--watch", "--library", str(library)],
        cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert watching.stderr is not None
        lines = iter(watching.stderr)
        _until(lines, "Watching")
        write_photo(photos / "new.jpg", scene((320, 240), seed=50))
        assert "1 new" in _until(lines, "This time")
        (photos / "new.jpg").rename(photos / "renamed.jpg")
        assert "1 moved" in _until(lines, "This time")
    finally:
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=60)
    assert "renamed.jpg" in names(document("search", "circles", library=library))


def _until(lines: Any, word: str) -> str:
    return str(next(line for line in lines if word in line))


def test_check_finds_and_repairs_a_lost_thumbnail(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    document("index", photos, library=library)
    next((library / "thumbnails").rglob("*.jpg")).unlink()
    assert document("check", library=library, code=1)["sound"] is False
    assert document("check", "--repair", library=library)["sound"] is True
    assert document("index", photos, library=library)["decoded"] == 1
    assert document("check", library=library)["sound"] is True


def test_folder_can_be_removed_and_its_photos_stay_on_disk(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    document("index", photos, library=library)
    balloon("folders", "--remove", photos, library=library, code=0)
    assert len(list(photos.glob("*.jpg"))) == 3
    assert document("search", "circles", library=library, code=1)["hits"] == []


@pytest.mark.photos
def test_embedded_model_finds_the_shared_photos(shared_photos: Path, tmp_path: Path) -> None:
    result = document(
        "evaluate", shared_photos / "captions.jsonl", "--photos", shared_photos, "--text-field", "query_en"
    )
    assert result["photos"] == 160
    assert result["text_to_image"]["r10"] >= 0.93
    assert result["image_to_text"]["r10"] >= 0.93


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "Line 1"),
        ('{"file": "a.jpg"}', '"caption"'),
        ('{"file": "gone.jpg", "caption": "x"}', "None of the captioned photos"),
    ],
)
def test_captions_file_that_is_wrong_is_explained(photos: Path, tmp_path: Path, line: str, says: str) -> None:
    captions = tmp_path / "captions.jsonl"
    captions.write_text(line + "\n", encoding="utf-8")
    result = document("evaluate", captions, "--photos", photos, code=1)
    assert says in result["error"]["message"]


def test_evaluation_counts_every_caption_of_a_photo(photos: Path, tmp_path: Path) -> None:
    captions = tmp_path / "captions.jsonl"
    rows: Sequence[dict[str, Any]] = [
        {"file": "1.jpg", "caption": ["red and green", "four corners"]},
        {"file": "1.jpg", "caption": "discs"},
        {"file": "2.jpg", "caption": "circles"},
    ]
    captions.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    result = document("evaluate", captions, "--photos", photos)
    assert (result["photos"], result["text_to_image"]["queries"], result["image_to_text"]["queries"]) == (2, 4, 2)


def test_damaged_library_is_set_aside_its_captions_recovered_and_the_user_told(photos: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    balloon("index", photos, library=library)
    balloon("caption", "add", photos / "1.jpg", "grandmother's garden", library=library)
    file = library / "library.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'embedding'").fetchone()
    connection.close()
    with file.open("r+b") as stream:
        stream.seek((page - 1) * 16_384)
        stream.write(b"\xaa" * 16_384)
    damaged = file.read_bytes()
    said = balloon("check", library=library, code=1)
    assert "damaged" in said or "cannot be read" in said
    told = document("check", "--repair", library=library)
    assert (told["recovered"]["captions"], told["recovered"]["photos"], told["sound"]) == (1, 3, True)
    assert Path(told["recovered"]["set_aside"], "library.db").read_bytes() == damaged
    assert document("status", library=library)["recovered_from"] == told["recovered"]["set_aside"]
    assert document("index", photos, library=library)["embedded"] == 3
    captions = document("caption", "list", photos / "1.jpg", library=library)["captions"]
    assert [caption["text"] for caption in captions] == ["grandmother's garden"]
