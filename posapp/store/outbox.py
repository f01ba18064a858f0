"""The terminal's queue of exact bytes, read for sending; how far the hub has them is one number.

Nothing here is ever changed but that number, and it only grows.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.store.engine import Connection


def epoch_of(connection: Connection) -> int:
    """Which life of this till's queue the numbers belong to: minted when the ledger was made."""
    return int(connection.execute("SELECT epoch FROM till").fetchone()[0])


def pending(connection: Connection, limit: int, max_bytes: int) -> Sequence[tuple[int, bytes]]:
    """The oldest lines that the hub does not have, in order: at least one if any waits."""
    # The journal's numbers grow with seq, so the first one that waits is found by counting.
    rows = connection.execute(
        "SELECT journal.seq, body FROM till JOIN journal "
        "ON journal.journal_no > till.journal_no - till.seq + till.acked_through "
        "WHERE journal.epoch = till.epoch ORDER BY journal.journal_no LIMIT ?",
        (limit,),
    )
    found: list[tuple[int, bytes]] = []
    size = 0
    for seq, body in rows:
        size += len(body)
        if found and size > max_bytes:
            break
        found.append((seq, bytes(body)))
    return found


def backlog(connection: Connection) -> tuple[int, int | None]:
    """How many lines wait, and when the oldest of them happened (epoch milliseconds)."""
    waiting, oldest = connection.execute(
        "SELECT seq - acked_through, (SELECT at_ms FROM journal "
        "WHERE journal_no = till.journal_no - till.seq + till.acked_through + 1) FROM till"
    ).fetchone()
    return waiting, oldest if waiting else None


def acknowledge(connection: Connection, through: int) -> None:
    """Remember that the hub has everything up to a seq; never goes back, never beyond what there is."""
    connection.execute(
        "UPDATE till SET acked_through = min(seq, max(acked_through, ?)) WHERE one = 1", (through,)
    )
