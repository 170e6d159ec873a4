from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.config import LibraryPaths
from engine.errors import KnownError
from engine.library.captions import Captions
from engine.library.database import Database
from tests.conftest import ROOT
from tests.photo_factory import Metadata, scene, write_photo, xmp_packet

pytestmark = pytest.mark.usefixtures("mini")
COMMAND = [sys.executable, "-m", "engine.cli"]


class Balloon:
    """The command over one library, as a user runs it."""

    def __init__(self, library: Path) -> None:
        self.library = library

    def words(self, *arguments: str | Path) -> list[str]:
        return [*COMMAND, *map(str, arguments), "--library", str(self.library)]

    def run(self, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.words(*arguments), cwd=ROOT, capture_output=True, check=False, timeout=180, encoding="utf-8"
        )
        assert done.returncode == code, done.stderr
        return done

    def document(self, *arguments: str | Path, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def texts(self, *arguments: str | Path) -> list[str]:
        return [row["text"] for row in self.document("caption", "list", *arguments)["captions"]]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "my photos 照片"
    for seed in range(1, 4):
        write_photo(folder / f"{seed}.jpg", scene((320, 240), seed=seed))
    return folder


@pytest.fixture
def balloon(tmp_path: Path) -> Balloon:
    return Balloon(tmp_path / "library")


def test_nearest_captions_come_as_one_exact_document(balloon: Balloon, photos: Path) -> None:
    write_photo(photos / "4.jpg", scene((320, 240), seed=4), Metadata(description="painted circles"))
    (photos / "1.txt").write_text("coloured discs\n彩色圆圈\n", encoding="utf-8")
    balloon.document("index", photos)
    found = balloon.document("captions", photos / "1.jpg", "--limit", "8")
    assert set(found) == {"photo", "captions"}
    assert found["photo"] == str(photos / "1.jpg")
    assert len(found["captions"]) == 8
    own = found["captions"][:2]
    assert {(row["text"], row["lang"], row["source"]) for row in own} == {
        ("coloured discs", "en", "sidecar"), ("彩色圆圈", "zh", "sidecar"),
    }  # fmt: skip
    assert all(set(row) == {"text", "lang", "source", "score"} for row in own)
    assert all(-1 <= row["score"] <= 1 for row in found["captions"])
    others = balloon.document("captions", photos / "1.jpg", "--source", "library")["captions"]
    assert [row["text"] for row in others if "path" in row] == ["painted circles"]
    assert others[-1]["path"] == str(photos / "4.jpg")
    assert others[-1]["source"] == "exif"


def test_captions_can_be_limited_to_the_bank_and_to_a_language(balloon: Balloon, photos: Path) -> None:
    (photos / "1.txt").write_text("coloured discs\n彩色圆圈\n", encoding="utf-8")
    balloon.document("index", photos)
    bank = balloon.document("captions", photos / "1.jpg", "--source", "bank")["captions"]
    assert {row["source"] for row in bank} == {"bank"}
    chinese = balloon.document("captions", photos / "1.jpg", "--lang", "zh", "--limit", "5")["captions"]
    assert {row["lang"] for row in chinese} == {"zh"}
    assert chinese[0]["text"] == "彩色圆圈"
    assert "彩色圆圈" in balloon.run("captions", photos / "1.jpg", "--lang", "zh").stdout


def test_photo_outside_the_library_has_nearest_captions_too(balloon: Balloon, photos: Path, tmp_path: Path) -> None:
    (photos / "1.txt").write_text("coloured discs", encoding="utf-8")
    balloon.document("index", photos)
    outside = write_photo(tmp_path / "outside.png", scene((300, 200), seed=8))
    found = balloon.document("captions", outside, "--source", "library")["captions"]
    assert [(row["text"], row["path"]) for row in found] == [("coloured discs", str(photos / "1.jpg"))]
    refused = balloon.document("captions", photos / "1.txt", code=1)
    assert refused["error"]["kind"] == "photo_unusable"


def test_captions_are_found_while_another_process_indexes(balloon: Balloon, photos: Path) -> None:
    (photos / "1.txt").write_text("coloured discs", encoding="utf-8")
    balloon.document("index", photos)
    watching = subprocess.Popen(balloon.words("index", photos, "--watch"), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert watching.stderr is not None
        assert any("Watching" in line for line in watching.stderr)
        assert balloon.document("captions", photos / "1.jpg")["captions"][0]["text"] == "coloured discs"
        assert balloon.texts() == ["coloured discs"]
        refused = balloon.document("caption", "add", photos / "1.jpg", "mine", code=1)
        assert refused["error"]["kind"] == "library_busy"
    finally:
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=60)


def test_own_captions_are_added_listed_compared_and_removed(balloon: Balloon, photos: Path, tmp_path: Path) -> None:
    balloon.document("index", photos)
    added = balloon.document("caption", "add", photos / "1.jpg", "  Grandma, \n the “red” one 🎂 ")
    assert added == {"id": added["id"], "text": "Grandma, the “red” one 🎂", "lang": "en", "source": "user"}
    copy = tmp_path / "copy.jpg"
    copy.write_bytes((photos / "1.jpg").read_bytes())
    assert balloon.document("caption", "add", copy, "balloon", "--lang", "zh")["lang"] == "zh"
    assert balloon.texts(photos / "1.jpg") == ["Grandma, the “red” one 🎂", "balloon"]
    assert balloon.document("caption", "list", photos / "2.jpg", code=1)["captions"] == []
    near = balloon.document("captions", photos / "2.jpg", "--source", "library")["captions"]
    assert {row["text"] for row in near} == {"Grandma, the “red” one 🎂", "balloon"}
    assert balloon.document("caption", "remove", str(added["id"])) == {"removed": [added["id"]]}
    assert balloon.document("caption", "remove", photos / "1.jpg", "balloon")["removed"]
    assert balloon.document("caption", "list", code=1)["captions"] == []


def test_what_cannot_be_done_is_said_in_a_sentence(balloon: Balloon, photos: Path) -> None:
    balloon.document("index", photos)
    photo = str(photos / "1.jpg")
    wrong_usage = [
        ["caption"],
        ["caption", "export"],
        ["caption", "export", "x.csv", "--sidecars"],
        ["caption", "export", "x.doc"],
        ["caption", "export", "x.csv", "--source", "gossip"],
        ["caption", "remove", "seven"],
        ["caption", "remove", "9" * 40],
        ["caption", "add", photo, " \n "],
        ["caption", "add", photo, "x" * 2001],
    ]
    impossible = [
        ["caption", "export", "/no/such/place/x.csv"],
        ["caption", "remove", "7"],
        ["caption", "remove", photo, "never said"],
        ["caption", "add", "gone.jpg", "x"],
        ["caption", "import", "gone.csv"],
        ["captions", "gone.jpg"],
    ]
    for words, code in [*((words, 2) for words in wrong_usage), *((words, 1) for words in impossible)]:
        said = balloon.run(*words, code=code).stderr
        assert "Traceback" not in said
        assert said.strip()
    assert not list((balloon.library / "cache").glob("bank-*")), "no photo, so the caption bank is not read for it"
    assert balloon.document("status")["photos"] == 3


def test_import_counts_what_it_added_knew_missed_and_could_not_read(
    balloon: Balloon, photos: Path, tmp_path: Path
) -> None:
    balloon.document("index", photos)
    file = tmp_path / "captions.csv"
    file.write_text(
        'file,caption,caption_zh\n1.jpg,"one, two",圆圈\n2.jpg,three,\n9.jpg,nobody,\n,lost,\n', encoding="utf-8-sig"
    )
    report = balloon.document("caption", "import", file, "--photos", photos)
    assert {key: report[key] for key in ("added", "already_there", "unmatched", "bad")} == {
        "added": 3, "already_there": 0, "unmatched": 1, "bad": 1,
    }  # fmt: skip
    assert [(row["line"], row["file"]) for row in report["unmatched_rows"]] == [(4, "9.jpg")]
    assert report["bad_rows"][0]["line"] == 5
    again = balloon.run("caption", "import", file, "--photos", photos, "--verbose").stderr
    assert "0 captions added, 3 were there already" in again
    assert "line 4: no photo of the library has this name: 9.jpg" in again
    assert "line 5: no photo is named" in again
    found = balloon.document("captions", photos / "3.jpg", "--source", "library")["captions"]
    assert {row["text"] for row in found} == {"one, two", "圆圈", "three"}
    assert {row["source"] for row in found} == {"imported"}


def test_import_killed_midway_keeps_its_rows_and_is_completed_by_the_next(
    balloon: Balloon, photos: Path, tmp_path: Path
) -> None:
    balloon.document("index", photos)
    file = tmp_path / "captions.csv"
    # One photo can hold few different captions, so most rows repeat one: the reading takes its time all the same.
    rows = (f"{1 + row % 3}.jpg,number {row // 1000}\n" for row in range(120_000))
    file.write_text("file,caption\n" + "".join(rows), encoding="utf-8")
    process = subprocess.Popen(balloon.words("caption", "import", file, "--photos", photos), cwd=ROOT)
    deadline = time.monotonic() + 180
    while not stored(balloon.library) and time.monotonic() < deadline:
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may have the core meanwhile
            process.wait(0.02)
        assert process.returncode is None
    process.kill()
    process.wait(60)
    kept = stored(balloon.library)
    assert 0 < kept < 360
    report = balloon.document("caption", "import", file, "--photos", photos)
    assert (report["added"], report["added"] + report["already_there"]) == (360 - kept, 120_000)
    assert balloon.document("check")["sound"] is True


def stored(library: Path) -> int:
    try:
        database = Database.open_reader(LibraryPaths(library))
    except KnownError:
        return 0
    try:
        return len(Captions(database).all())
    finally:
        database.close()


@pytest.mark.parametrize("name", ["captions.csv", "captions.jsonl"])
def test_exported_captions_come_back_in_a_fresh_library(
    balloon: Balloon, photos: Path, tmp_path: Path, name: str
) -> None:
    (photos / "2.txt").write_text("from a sidecar", encoding="utf-8")
    balloon.document("index", photos)
    for text in ('one, "two"; three\nfour', "海上的红气球🎈", "=1+1"):
        balloon.document("caption", "add", photos / "1.jpg", text)
    file = tmp_path / name
    assert balloon.document("caption", "export", file, "--excel")["captions"] == 4
    if name.endswith("jsonl"):
        first = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
        assert set(first) == {"file", "text", "lang", "source"}
    else:
        assert file.read_bytes().startswith(b"\xef\xbb\xbffile,text,lang,source\r\n")
    (photos / "2.txt").unlink()
    other = Balloon(tmp_path / "other library")
    other.document("index", photos)
    assert other.document("caption", "import", file)["added"] == 4
    assert set(other.texts()) == set(balloon.texts())
    assert {row["lang"] for row in other.document("caption", "list")["captions"]} == {"en", "zh"}


def test_export_takes_only_the_sources_asked_for(balloon: Balloon, photos: Path, tmp_path: Path) -> None:
    (photos / "2.txt").write_text("from a sidecar", encoding="utf-8")
    balloon.document("index", photos)
    balloon.document("caption", "add", photos / "1.jpg", "mine")
    file = tmp_path / "captions.jsonl"
    assert balloon.document("caption", "export", file, "--source", "user", "--photos", photos)["captions"] == 1
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "file": "1.jpg", "text": "mine", "lang": "en", "source": "user",
    }  # fmt: skip


def test_sidecars_are_written_beside_photos_which_stay_as_they_were(balloon: Balloon, photos: Path) -> None:
    balloon.document("index", photos)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.iterdir()}
    balloon.document("caption", "add", photos / "1.jpg", "a red balloon")
    assert balloon.document("caption", "export", "--sidecars") == {
        "captions": 1, "files": 1, "left_out": 0, "elsewhere": [],
    }  # fmt: skip
    sidecar = photos / "1.jpg.xmp"
    assert "a red balloon" in sidecar.read_text(encoding="utf-8")
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.iterdir() if path != sidecar}
    assert after == before
    balloon.document("index", photos)
    assert balloon.texts() == ["a red balloon"]  # not once more as the sidecar's
    balloon.document("caption", "add", photos / "1.jpg", "海")
    assert balloon.document("caption", "export", "--sidecars")["elsewhere"] == []
    assert "海" in sidecar.read_text(encoding="utf-8")


def test_sidecar_of_another_hand_is_never_overwritten(balloon: Balloon, photos: Path) -> None:
    foreign = xmp_packet({"en": "another program's"})
    (photos / "1.jpg.xmp").write_bytes(foreign)
    balloon.document("index", photos)
    for number in (1, 2):
        balloon.document("caption", "add", photos / f"{number}.jpg", "mine")
    balloon.document("caption", "export", "--sidecars")
    edited = photos / "2.jpg.xmp"
    edited.write_text(edited.read_text(encoding="utf-8").replace("mine", "edited by hand"), encoding="utf-8")
    report = balloon.document("caption", "export", "--sidecars")
    assert (photos / "1.jpg.xmp").read_bytes() == foreign
    assert "edited by hand" in edited.read_text(encoding="utf-8")
    elsewhere = [Path(path) for path in report["elsewhere"]]
    assert [path.name for path in elsewhere] == ["1.jpg.xmp", "2.jpg.xmp"]
    assert all(path.is_relative_to(balloon.library / "exports") for path in elsewhere)
    assert all("mine" in path.read_text(encoding="utf-8") for path in elsewhere)
    assert str(elsewhere[0]) in balloon.run("caption", "export", "--sidecars").stdout


@pytest.mark.skipif(os.name == "nt", reason="file names there are always Unicode")
def test_photo_whose_name_is_no_text_goes_out_and_in_by_its_bytes(
    balloon: Balloon, photos: Path, tmp_path: Path
) -> None:
    odd = write_photo(photos / os.fsdecode(b"caf\xe9.jpg"), scene((64, 48), seed=7))
    balloon.document("index", photos)
    balloon.document("caption", "add", odd, "a coffee")
    file = tmp_path / "captions.jsonl"
    balloon.document("caption", "export", file)
    other = Balloon(tmp_path / "other library")
    other.document("index", photos)
    assert other.document("caption", "import", file)["added"] == 1
    found = other.document("captions", odd, "--source", "library")
    assert found["captions"][0]["text"] == "a coffee"
    assert "photo_b64" in found


@pytest.mark.photos
def test_imported_captions_are_near_the_photos_they_describe(
    balloon: Balloon, shared_photos: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (shared_photos / "captions.jsonl").read_text(encoding="utf-8").splitlines()]
    folder = tmp_path / "some"
    folder.mkdir()
    for row in rows[:24]:
        (folder / row["file"]).write_bytes((shared_photos / row["file"]).read_bytes())
    balloon.document("index", folder)
    report = balloon.document(
        "caption", "import", shared_photos / "captions.jsonl", "--photos", folder, "--text-field", "sentence_en"
    )
    assert (report["added"], report["unmatched"], report["bad"]) == (24, len(rows) - 24, 0)
    first = balloon.document("captions", folder / rows[0]["file"], "--source", "library", "--limit", "24")["captions"]
    assert first[0]["text"] == rows[0]["sentence_en"]
    assert first[0]["score"] > first[-1]["score"]
    # The same photo from outside the library: its caption is among the nearest of all.
    assert balloon.document("captions", shared_photos / rows[0]["file"], "--limit", "3")["captions"][0] == first[0]
