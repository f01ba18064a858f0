"""The terminal's queue of exact bytes, read for sending; how far the hub has them is a few numbers.

The queue is the journal behind one row number, across all epochs of the ledger. What the hub said of each
epoch stands in `epoch_mark`; only its own word ever takes an acknowledgement back.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.store.engine import Connection
from sync.engine.ports import Batch, Gone, Held
from sync.protocol.messages import EpochMark

_MARKS = "SELECT epoch, first_no, acked_through, backed_up_through FROM epoch_mark ORDER BY first_no"


def held(connection: Connection) -> Held:
    """Where the ledger stands."""
    # One statement: a sale between two would give numbers of two moments.
    rows = connection.execute(
        "SELECT till.epoch, seq, receipt_seq, shift_number, hub_id, "
        "mark.epoch, mark.acked_through, mark.backed_up_through "
        "FROM till JOIN epoch_mark AS mark ORDER BY mark.first_no"
    ).fetchall()
    epoch, seq, receipt_seq, shift_number, hub_id = rows[0][:5]
    marks = tuple(EpochMark(*row[5:]) for row in rows)
    return Held(epoch, seq, receipt_seq, shift_number, hub_id, marks)


def pending(connection: Connection, limit: int, max_bytes: int) -> Batch | None:
    """The oldest lines that the hub does not have, of one epoch, in order: at least one if any waits."""
    rows = connection.execute(
        "SELECT epoch, seq, body, chain, journal_no FROM journal "
        "WHERE journal_no > (SELECT acked_no FROM till) ORDER BY journal_no LIMIT ?",
        (limit,),
    )
    lines: list[bytes] = []
    epoch = first_seq = first_no = size = 0
    chain = b""
    for row_epoch, seq, body, row_chain, journal_no in rows:
        size += len(body)
        if not lines:
            epoch, first_seq, first_no = row_epoch, seq, journal_no
        elif size > max_bytes or row_epoch != epoch:
            break
        lines.append(bytes(body))
        chain = bytes(row_chain)
    if not lines:
        return None
    (oldest_no,) = connection.execute("SELECT min(journal_no) FROM journal").fetchone()
    return Batch(epoch, first_seq, lines, chain, is_oldest=first_no == oldest_no)


def gone_epochs(connection: Connection) -> tuple[Gone, ...]:
    """Epochs that the hub does not hold whole, and of which nothing is left to send."""
    oldest_no, spans = _spans(connection)
    return tuple(
        Gone(epoch, end - first_no + 2)
        for epoch, first_no, end, acked in spans
        if end < oldest_no and acked < end - first_no + 1
    )


def chain_at(connection: Connection, epoch: int, seq: int) -> bytes | None:
    """The chain's head after a line, or None where that line is not in the ledger."""
    row = connection.execute(
        "SELECT chain FROM journal JOIN epoch_mark AS mark ON journal_no = mark.first_no - 1 + ?2 "
        "WHERE mark.epoch = ?1 AND journal.epoch = ?1 AND seq = ?2",
        (epoch, seq),
    ).fetchone()
    return None if row is None else bytes(row[0])


def backlog(connection: Connection) -> tuple[int, int | None]:
    """How many lines wait, and when the oldest of them happened (epoch milliseconds)."""
    waiting, oldest = connection.execute(
        "SELECT journal_no - acked_no, (SELECT at_ms FROM journal "
        "WHERE journal_no > till.acked_no ORDER BY journal_no LIMIT 1) FROM till"
    ).fetchone()
    return waiting, oldest if waiting else None


def acknowledge(connection: Connection, epoch: int, through: int, *, backed_up_through: int) -> None:
    """Remember that the hub has an epoch up to a seq; never goes back, never beyond what there is."""
    connection.execute(
        "UPDATE epoch_mark SET acked_through = max(acked_through, ?2), "
        "backed_up_through = min(max(acked_through, ?2), ?3) WHERE epoch = ?1",
        (epoch, through, backed_up_through),
    )
    _settle(connection)


def take_marks(connection: Connection, hub_id: str, marks: Sequence[EpochMark]) -> None:
    """Take the hub's word for each epoch: what it no longer has is sent again."""
    said = {mark.epoch: mark for mark in marks}
    for epoch, _first, acked, _backed in connection.execute(_MARKS).fetchall():
        mark = said.get(epoch, EpochMark(epoch, 0, 0))
        acked = min(acked, mark.acked_through)
        connection.execute(
            "UPDATE epoch_mark SET acked_through = ?, backed_up_through = ? WHERE epoch = ?",
            (acked, min(acked, mark.backed_up_through), epoch),
        )
    connection.execute("UPDATE till SET hub_id = ? WHERE one = 1", (hub_id,))
    _settle(connection)


def _settle(connection: Connection) -> None:
    """Keep the row up to which the hub has everything, epoch after epoch, without a gap."""
    oldest_no, spans = _spans(connection)
    acked_no = 0
    for _epoch, first_no, end, acked in spans:
        # Rows that are gone were backed up at the hub; they cannot be sent again, nor hold up what can.
        acked_no = max(min(first_no - 1 + acked, end), min(oldest_no - 1, end))
        if acked_no < end:
            break
    connection.execute("UPDATE till SET acked_no = ? WHERE one = 1", (acked_no,))


def _spans(connection: Connection) -> tuple[int, list[tuple[int, int, int, int]]]:
    """The oldest row that is left, and of each epoch: its first and last row, and how far the hub has it."""
    marks = connection.execute(_MARKS).fetchall()
    last_no, oldest_no = connection.execute(
        "SELECT journal_no, coalesce((SELECT min(journal_no) FROM journal), journal_no + 1) FROM till"
    ).fetchone()
    ends = [first_no - 1 for _epoch, first_no, _acked, _backed in marks[1:]] + [last_no]
    return oldest_no, [
        (epoch, first_no, end, acked)
        for (epoch, first_no, acked, _backed), end in zip(marks, ends, strict=True)
    ]
