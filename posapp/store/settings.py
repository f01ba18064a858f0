"""Small things kept between runs: the shop's set-up, the language, cursors of streams, lockouts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posapp.domain.facts import Fact, OperatorSignedOn, OverrideGiven, SignOnRefused, TerminalUnlocked
from posapp.domain.members.clock import HubClock
from posapp.store.engine import Connection

SHOP = "shop"
LANGUAGE = "language"
PLACE = "place"
SCANNERS = "scanners"


def put_setting(connection: Connection, name: str, value: bytes) -> None:
    """Keep a value under a name."""
    connection.execute(
        "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", (name, value)
    )


def get_setting(connection: Connection, name: str) -> bytes | None:
    """The value under a name, or None."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def put_scanners(connection: Connection, lines: Sequence[str]) -> None:
    """Keep which scanners were paired at this till, by their lines."""
    put_setting(connection, SCANNERS, msgspec.json.encode(list(lines)))


def get_scanners(connection: Connection) -> tuple[str, ...]:
    """The paired scanners; none where that cannot be read, since pairing is done again in a moment."""
    value = get_setting(connection, SCANNERS)
    if value is None:
        return ()
    try:
        return msgspec.json.decode(value, type=tuple[str, ...])
    except msgspec.MsgspecError:
        return ()


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
    """Keep wrong PINs and lock-outs of an operator, and forget them when they got it right."""
    match fact:
        case SignOnRefused(operator_id, _, None):
            connection.execute(
                "INSERT INTO operator_lock VALUES (?1, 1, 0) "
                "ON CONFLICT (operator_id) DO UPDATE SET wrong_pins = wrong_pins + 1",
                (operator_id,),
            )
        case SignOnRefused(operator_id, _, until_ms):
            connection.execute(
                "INSERT INTO operator_lock VALUES (?1, 0, ?2) "
                "ON CONFLICT (operator_id) DO UPDATE SET wrong_pins = 0, locked_until_ms = ?2",
                (operator_id, until_ms),
            )
        case OperatorSignedOn() | TerminalUnlocked():
            connection.execute("DELETE FROM operator_lock WHERE operator_id = ?", (fact.operator_id,))
        case OverrideGiven():
            connection.execute("DELETE FROM operator_lock WHERE operator_id = ?", (fact.approver_id,))
        case _:
            return


def lockouts(connection: Connection, now_ms: int) -> tuple[tuple[str, int], ...]:
    """Operators locked out at this moment, with the epoch millisecond it ends."""
    rows = connection.execute(
        "SELECT operator_id, locked_until_ms FROM operator_lock WHERE locked_until_ms > ? ORDER BY 1",
        (now_ms,),
    )
    return tuple((str(operator_id), int(until)) for operator_id, until in rows)


def wrong_pins(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Operators with wrong PINs since they last got it right, and how many."""
    rows = connection.execute(
        "SELECT operator_id, wrong_pins FROM operator_lock WHERE wrong_pins > 0 ORDER BY operator_id"
    )
    return tuple((str(operator_id), int(count)) for operator_id, count in rows)


def read_clock(connection: Connection) -> HubClock:
    """What was kept of the hub's time."""
    row = connection.execute("SELECT floor_ms, offset_ms FROM clock").fetchone()
    return HubClock() if row is None else HubClock(floor_ms=row[0], offset_ms=row[1])


def put_clock(connection: Connection, floor_ms: int, offset_ms: int) -> None:
    """Keep the latest time that the hub said, and what it was ahead of the wall clock then."""
    connection.execute(
        "INSERT INTO clock VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE "
        "SET floor_ms = max(floor_ms, ?1), offset_ms = ?2",
        (floor_ms, offset_ms),
    )
