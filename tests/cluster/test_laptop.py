"""What a laptop never loads, and what the shared SQL must keep to: these run without a server."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import KnownError
from engine.library.postgres import schema
from engine.library.postgres.address import conninfo_of, named
from engine.library.postgres.dialect import PackedVector, spelled
from engine.protocol import ErrorKind, PhotoPath, is_remote
from tests.conftest import ROOT
from tests.photo_factory import scene, write_photo

if TYPE_CHECKING:
    from pathlib import Path

OF_THE_CLUSTER = {"ray", "psycopg", "fsspec", "s3fs", "engine.cluster", "engine.library.postgres"}
SQLITE_ALONE = re.compile(
    r"INSERT OR|UPDATE OR|IS NOT \?|\?\d|\w NOT NULL\b(?<!IS NOT NULL)|group_concat|GLOB|PRAGMA|rowid"
)
# And what speaks to apsw itself.
WRITTEN_FOR_SQLITE = {"check.py", "compacting.py", "moving.py", "selection.py", "text_index.py"}


@pytest.mark.usefixtures("mini")
def test_indexing_and_searching_a_folder_load_nothing_of_the_cluster(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos" / "a.jpg", scene((64, 48), seed=1))
    script = (
        "import sys; from engine.cli.main import main\n"
        f"main(['index', {str(tmp_path / 'photos')!r}, '--library', {str(tmp_path / 'library')!r}])\n"
        f"main(['search', 'discs', '--quiet', '--library', {str(tmp_path / 'library')!r}])\n"
        "import engine.server.service, engine.__main__; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not OF_THE_CLUSTER.intersection(done.stdout.split())


def test_shared_sql_is_what_both_databases_speak() -> None:
    odd = {
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "engine" / "library").glob("*.py")
        if path.name not in WRITTEN_FOR_SQLITE and "apsw" not in (text := path.read_text(encoding="utf-8"))
        for line in text.splitlines()
        if SQLITE_ALONE.search(line)
    }
    assert odd == set()


def test_every_table_of_the_library_is_made_in_postgresql_too() -> None:
    ours = (ROOT / "engine" / "library" / "schema.sql").read_text(encoding="utf-8")
    theirs = schema.statements()
    # The stock module may lack FTS5 and strict tables: tables and columns need neither.
    plain = re.sub(r"\) STRICT(, WITHOUT ROWID)?;", ");", ours[: ours.index("CREATE VIRTUAL TABLE")])
    connection = sqlite3.connect(":memory:")
    connection.executescript(plain)
    tables = [name for (name,) in connection.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'table'")]
    tables.remove("sqlite_sequence")
    assert len(tables) > 10
    for table in tables:
        made = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", theirs, flags=re.DOTALL)
        assert made is not None, table
        for _, column, *_ in connection.execute(f"PRAGMA table_info({table})"):
            assert re.search(rf"^\s+{column}\s", made.group(1), flags=re.MULTILINE), f"{table}.{column}"
    connection.close()
    assert not re.search(r"\b(BLOB|STRICT|AUTOINCREMENT|INTEGER)\b", theirs.split("CREATE TABLE library_version")[0])
    assert re.search(r"vector +vector +NOT NULL", theirs)


def test_statements_are_spelled_for_postgresql() -> None:
    assert spelled("SELECT a FROM b WHERE c LIKE ? AND d = :name AND e::text = '%Y'") == (
        "SELECT a FROM b WHERE c ILIKE %s AND d = %(name)s AND e::text = '%%Y'"
    )


def test_packed_vector_is_pgvectors_binary_form() -> None:
    packed = PackedVector.of(np.array([1.0, -2.0], dtype=np.float32))
    assert packed == bytes.fromhex("0002 0000 3f800000 c0000000")


def test_password_in_an_address_is_refused_with_a_sentence() -> None:
    with pytest.raises(KnownError, match="password file") as caught:
        conninfo_of("postgresql://anna:secret@example.org/photos")
    assert caught.value.kind is ErrorKind.USAGE
    assert "secret" not in str(caught.value)


def test_another_host_must_prove_its_name_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PGSSLMODE", "PGSSLROOTCERT"):
        monkeypatch.delenv(variable, raising=False)
    assert "sslmode=verify-full" in conninfo_of("postgresql://anna@photos.example/archive")
    assert "sslmode=require" in conninfo_of("postgresql://anna@photos.example/archive?sslmode=require")
    for here in ("127.0.0.1", "localhost", "[::1]"):
        assert "sslmode" not in conninfo_of(f"postgresql://anna@{here}/archive")


def test_library_is_named_by_host_and_database() -> None:
    assert named("postgresql://anna@photos.example/archive") == "archive at photos.example"


def test_what_is_no_address_is_said() -> None:
    with pytest.raises(KnownError, match="postgresql://USER@HOST/DATABASE"):
        conninfo_of("postgresql://anna@[broken/archive")


def test_photo_in_a_storage_is_shown_by_its_address() -> None:
    from pathlib import Path

    photo = Path("s3://bucket/2023/a.jpg")
    assert is_remote(photo)
    assert PhotoPath.of(photo).path == "s3://bucket/2023/a.jpg"
    assert PhotoPath.of(photo).to_path() == photo
    assert not is_remote(Path("/home/ann/s3:/a.jpg"))
    assert not is_remote(Path("C:/Photos/a.jpg"))


def test_hit_in_a_storage_arrives_at_the_window() -> None:
    from pathlib import Path

    from engine.protocol import Confidence, Hit
    from engine.protocol.json_values import BadValueError, from_json, to_json

    hit = Hit(1, PhotoPath.of(Path("s3://bucket/2023/a.jpg")), 0.5, Confidence.MATCH, 1, ("vectors",))
    assert from_json(Hit, to_json(hit)) == hit
    for path in ("2023/a.jpg", "s3:", "s3://bucket/a\0.jpg", ""):
        with pytest.raises(BadValueError):
            from_json(Hit, to_json(hit) | {"path": path})


def test_paths_that_are_no_text_have_texts_of_their_own() -> None:
    from pathlib import Path

    paths = [PhotoPath.of(Path(os.fsdecode(name))) for name in (b"/a/\xff.jpg", b"/a/\xfe.jpg", b"/a/b.jpg")]
    assert len({path.as_text() for path in paths}) == 3
    assert paths[0].path == paths[1].path
