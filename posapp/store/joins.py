"""Wishes to join that the hub has not answered yet: the only place of a till with personal data in clear.

They stand apart from all facts, are written over when they are deleted, and are deleted as soon as the hub
has them. What happened (that somebody joined, under which id) is a fact of the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from posapp.domain.members.terms import Joining
from posapp.exchange.members import join_request
from posapp.store.engine import Connection
from posapp.store.tidying import owe_wiping
from sync.protocol.loyalty import JoinRequest

#: So few rows are written anew with each that goes; of more the last ones do it.
_WRITTEN_ANEW_MOST: Final = 30


def put_join(connection: Connection, joining: Joining) -> None:
    """Keep a wish to join until the hub has it; the same one again replaces itself."""
    body = msgspec.json.encode(join_request(joining))
    connection.execute(
        "INSERT INTO pending_join (join_id, body) VALUES (?1, ?2) "
        "ON CONFLICT (join_id) DO UPDATE SET body = ?2",
        (joining.join_id, body),
    )


def pending_joins(connection: Connection, limit: int = 100) -> Sequence[JoinRequest]:
    """The oldest wishes that wait; one that cannot be read is left out, and stays."""
    found = []
    rows = connection.execute("SELECT body FROM pending_join ORDER BY join_no LIMIT ?", (limit,))
    for (body,) in rows.fetchall():
        try:
            found.append(msgspec.json.decode(bytes(body), type=JoinRequest))
        except msgspec.MsgspecError:
            continue
    return found


def count_joins(connection: Connection) -> int:
    """How many wait."""
    return int(connection.execute("SELECT count(*) FROM pending_join").fetchone()[0])


def _others(connection: Connection, join_id: str) -> Sequence[tuple[int, str, bytes]]:
    query = "SELECT join_no, join_id, body FROM pending_join WHERE join_id <> ? LIMIT ?"
    return connection.execute(query, (join_id, _WRITTEN_ANEW_MOST + 1)).fetchall()


def forget_joins(connection: Connection, join_id: str | None = None) -> None:
    """Delete a wish that the hub has, or all of them, so that nothing of it is left in the file.

    Pages that rows were moved between keep copies of them, which only emptying the table writes over; the
    log is wiped in the next idle moment.
    """
    others = [] if join_id is None else _others(connection, join_id)
    connection.execute("PRAGMA secure_delete=ON")
    try:
        if len(others) > _WRITTEN_ANEW_MOST:
            connection.execute("DELETE FROM pending_join WHERE join_id = ?", (join_id,))
        else:
            connection.execute("DELETE FROM pending_join")
            connection.executemany("INSERT INTO pending_join VALUES (?, ?, ?)", others)
        owe_wiping(connection)
    finally:
        connection.execute("PRAGMA secure_delete=OFF")
