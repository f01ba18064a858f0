"""Small things kept between runs: the shop's set-up, the language, cursors of streams, lockouts."""

from __future__ import annotations

from posapp.domain.facts import Fact, OperatorSignedOn, SignOnRefused
from posapp.store.engine import Connection

SHOP = "shop"
LANGUAGE = "language"


def put_setting(connection: Connection, name: str, value: bytes) -> None:
    """Keep a value under a name."""
    connection.execute(
        "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", (name, value)
    )


def drop_setting(connection: Connection, name: str) -> None:
    """Forget a value."""
    connection.execute("DELETE FROM setting WHERE name = ?", (name,))


def get_setting(connection: Connection, name: str) -> bytes | None:
    """The value under a name, or None."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def put_cursor(connection: Connection, stream: str, value: str | None) -> None:
    """Keep how far a stream was read, in the same transaction as what was read; None forgets it."""
    if value is None:
        connection.execute("DELETE FROM cursor WHERE stream = ?", (stream,))
        return
    connection.execute(
        "INSERT INTO cursor VALUES (?1, ?2) ON CONFLICT (stream) DO UPDATE SET value = ?2", (stream, value)
    )


def get_cursor(connection: Connection, stream: str) -> str | None:
    """How far a stream was read, or None where it never was."""
    row = connection.execute("SELECT value FROM cursor WHERE stream = ?", (stream,)).fetchone()
    return None if row is None else str(row[0])


def note_lockout(connection: Connection, fact: Fact) -> None:
    """Keep that an operator is locked out, and forget it when they are in again."""
    if isinstance(fact, SignOnRefused) and fact.locked_until_ms is not None:
        connection.execute(
            "INSERT INTO operator_lock VALUES (?1, ?2) "
            "ON CONFLICT (operator_id) DO UPDATE SET locked_until_ms = ?2",
            (fact.operator_id, fact.locked_until_ms),
        )
    elif isinstance(fact, OperatorSignedOn):
        connection.execute("DELETE FROM operator_lock WHERE operator_id = ?", (fact.operator_id,))


def lockouts(connection: Connection, now_ms: int) -> tuple[tuple[str, int], ...]:
    """Operators locked out at this moment, with the epoch millisecond it ends."""
    rows = connection.execute(
        "SELECT operator_id, locked_until_ms FROM operator_lock WHERE locked_until_ms > ? ORDER BY 1",
        (now_ms,),
    )
    return tuple((str(operator_id), int(until)) for operator_id, until in rows)
