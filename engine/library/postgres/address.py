"""Where a shared library lies: ``postgresql://USER@HOST:PORT/DATABASE``, as libpq reads it, with safe defaults."""

from __future__ import annotations

import ipaddress
import os
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from engine.errors import KnownError
from engine.protocol import ErrorKind

CONNECT_TIMEOUT_S = 10
# A connection on which nothing comes back is given up after about a minute: a cable was pulled, a server was cut off.
_KEEPALIVES = {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}


def conninfo_of(address: str) -> str:
    """What to connect with; raises ``KnownError`` (USAGE) for an address that is none or that holds a password.

    Other hosts are reached by TLS and must prove their name (``sslmode=verify-full``) unless the address says
    otherwise. The password comes from the password file, as libpq finds it.
    """
    given = _parameters(address)
    if "password" in given:
        raise KnownError(
            ErrorKind.USAGE,
            "Leave the password out of the library's address, where others can read it: it belongs into the password "
            "file (~/.pgpass, or the one that PGPASSFILE names).",
        )
    defaults: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "balloon", **_KEEPALIVES}
    if "sslmode" not in given and "PGSSLMODE" not in os.environ and not _is_here(given.get("host", "")):
        defaults["sslmode"] = "verify-full"
        if "sslrootcert" not in given and "PGSSLROOTCERT" not in os.environ:
            defaults["sslrootcert"] = "system"
    return make_conninfo("", **{**defaults, **given})


def named(address: str) -> str:
    """The library as sentences name it: host and database."""
    given = _parameters(address)
    return f"{given.get('dbname') or given.get('user') or 'the database'} at {given.get('host') or 'this computer'}"


def _parameters(address: str) -> dict[str, Any]:
    try:
        return {key: value for key, value in conninfo_to_dict(address).items() if value is not None}
    except psycopg.ProgrammingError as error:
        raise KnownError(
            ErrorKind.USAGE, f"{address} is no address of a library. It should read postgresql://USER@HOST/DATABASE"
        ) from error


def _is_here(hosts: str) -> bool:
    return all(not host or host.startswith("/") or _is_loopback(host) for host in hosts.split(","))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
