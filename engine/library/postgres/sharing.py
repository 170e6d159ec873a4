"""Who may do what in a shared library: rights for readers and writers, given by the owner of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors, sql

from engine.errors import KnownError
from engine.library.postgres.schema import SCHEMA
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.library.postgres.connection import PostgresConnection

_TAKEN = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
    "REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}",
    "REVOKE ALL ON FUNCTION index_vectors(BIGINT) FROM {role}",
    "REVOKE ALL ON SCHEMA {schema} FROM {role}",
)
_READER = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
)
_WRITER = (
    *_READER,
    "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "GRANT EXECUTE ON FUNCTION index_vectors(BIGINT) TO {role}",
    # Which form the library has is the owner's to say.
    "REVOKE INSERT, UPDATE, DELETE ON library_version FROM {role}",
)


def make_reader(connection: PostgresConnection, role: str) -> None:
    """Let a role search and nothing else; raises ``KnownError`` for an unknown role."""
    _say(connection, role, (*_TAKEN, *_READER))


def make_writer(connection: PostgresConnection, role: str) -> None:
    """Let a role index and change captions; raises ``KnownError`` for an unknown role."""
    _say(connection, role, _WRITER)


def shut_out(connection: PostgresConnection, role: str) -> None:
    """Take all rights back; raises ``KnownError`` for an unknown role."""
    _say(connection, role, _TAKEN)


def _say(connection: PostgresConnection, role: str, statements: tuple[str, ...]) -> None:
    names = {"schema": sql.Identifier(SCHEMA), "role": sql.Identifier(role)}
    try:
        with connection.transaction():
            for statement in statements:
                connection.execute_composed(sql.SQL(statement).format(**names))
    except errors.UndefinedObject as error:
        raise KnownError(
            ErrorKind.NOT_FOUND, f"The database knows no role {role}. Whoever runs it makes one: CREATE ROLE ... LOGIN"
        ) from error


RIGHTS: dict[str, Callable[[PostgresConnection, str], None]] = {
    "reader": make_reader,
    "writer": make_writer,
    "none": shut_out,
}
