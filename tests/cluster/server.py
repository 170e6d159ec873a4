"""A PostgreSQL server for tests: a cluster directory of its own, loopback alone, TLS, roles, a password file.

Where the tests run as root it runs as the system's user ``postgres``, as PostgreSQL demands. It is stopped afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ADMIN, OWNER, READER, WRITER = "balloon_admin", "curator", "anna", "robot"
TEMPLATE = "balloon_template"
_RULES = """\
local   all all                 scram-sha-256
hostssl all all 127.0.0.1/32    scram-sha-256
"""
_SETTINGS = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
ssl = on
ssl_cert_file = '{folder}/server.crt'
ssl_key_file = '{folder}/server.key'
shared_buffers = {buffers}
maintenance_work_mem = {buffers}
max_connections = 60
{more}
"""
# Of a test's library nothing needs to survive the machine.
QUICK = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off"


def binaries() -> Path | None:
    """Where PostgreSQL's programs are: on the path, or where Debian puts them, the newest."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    by_version = sorted(found, key=lambda path: int(path.parent.name) if path.parent.name.isdecimal() else 0)
    return by_version[-1] if by_version else Path(on_path).parent if on_path else None


@dataclass
class Server:
    """A running server."""

    folder: Path
    programs: Path
    port: int
    password: str
    user: str | None

    @classmethod
    def of_told(cls, text: str) -> Server:
        """The server that another process has started."""
        values = json.loads(text)
        return cls(Path(values["folder"]), Path(values["programs"]), values["port"], values["password"], values["user"])

    def told(self) -> str:
        """What another process needs to know."""
        return json.dumps({**asdict(self), "folder": str(self.folder), "programs": str(self.programs)})

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    def address(self, database: str, role: str = OWNER) -> str:
        """A library's address: TLS, with the server's name checked against its certificate."""
        return (
            f"postgresql://{role}@127.0.0.1:{self.port}/{database}"
            f"?sslmode=verify-full&sslrootcert={self.certificate}&passfile={self.folder / 'pgpass'}"
        )

    def admin(self, statement: str, database: str = "postgres") -> None:
        """Run a statement as the superuser."""
        with psycopg.connect(self.address(database, ADMIN), autocommit=True) as connection:
            connection.execute(statement.encode())

    def make(self, database: str, *, template: str = TEMPLATE) -> str:
        """A fresh database that the curator owns, with the extension in it; its address."""
        self.admin(f"CREATE DATABASE {database} OWNER {OWNER} TEMPLATE {template}")
        return self.address(database)

    def drop(self, database: str) -> None:
        self.admin(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def start(self) -> None:
        self._control("start", "-w", "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """``immediate`` is a crash: what was not committed is gone."""
        self._control("stop", "-w", "-m", mode)

    def kill(self) -> None:
        """Kill every process of the server, as the kernel does when memory runs out."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        os.kill(leader, signal.SIGKILL)

    def _control(self, *words: str) -> None:
        run([str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), *words], self.user)


def run(words: Sequence[str], user: str | None) -> None:
    """Run a program, as another user where one is named; its words are shown when it fails."""
    done = subprocess.run(
        words, user=user, group=user, extra_groups=[] if user else None, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}")


@contextlib.contextmanager
def running(*, buffers: str = "128MB", settings: str = QUICK, folder: Path | None = None) -> Iterator[Server]:
    """A server while inside; needs PostgreSQL's programs and pgvector."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed")
    place = folder or Path(tempfile.mkdtemp(prefix="balloon-postgres-"))
    server = Server(place, programs, _free_port(), secrets.token_hex(16), "postgres" if os.geteuid() == 0 else None)
    try:
        _prepare(server, buffers, settings)
        server.start()
        try:
            _make_roles(server)
            yield server
        finally:
            with contextlib.suppress(RuntimeError):  # a test may have stopped it
                server.stop("immediate")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _prepare(server: Server, buffers: str, settings: str) -> None:
    folder = server.folder
    folder.mkdir(exist_ok=True)
    for place in (folder, *folder.parents[:2]):  # the server's user must get there
        place.chmod(place.stat().st_mode | 0o055)
    _write_certificate(folder)
    passwords = folder / "pgpass"
    passwords.write_text(f"127.0.0.1:*:*:*:{server.password}\n", encoding="ascii")
    passwords.chmod(0o600)
    first = folder / "first"
    first.write_text(server.password, encoding="ascii")
    if server.user is not None:
        for path in (folder, folder / "server.crt", folder / "server.key", first):
            shutil.chown(path, server.user, server.user)
    run(
        [
            str(server.programs / "initdb"), "-D", str(folder / "data"), "-U", ADMIN, "--auth=scram-sha-256",
            f"--pwfile={first}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        ],
        server.user,
    )  # fmt: skip
    first.unlink()
    with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as stream:
        stream.write(_SETTINGS.format(port=server.port, folder=folder, buffers=buffers, more=settings))
    (folder / "data" / "pg_hba.conf").write_text(_RULES, encoding="utf-8")


def _write_certificate(folder: Path) -> None:
    run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt"),
        ],
        None,
    )  # fmt: skip
    (folder / "server.key").chmod(0o600)


def _make_roles(server: Server) -> None:
    for role in (OWNER, READER, WRITER):
        server.admin(f"CREATE ROLE {role} LOGIN PASSWORD '{server.password}'")
    server.admin(f"CREATE DATABASE {TEMPLATE}")
    # The one step that takes a superuser; pg_trgm the library's owner may take in by themselves.
    server.admin("CREATE EXTENSION vector", TEMPLATE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
