"""Old lines leave the journal once a backup of the hub has them: a few at a time, in idle moments.

The rows of their sales stay. The space is used again by later lines, so the file keeps the size of its
busiest two weeks; giving it back to the disk would make every sale keep a map of its pages.
"""

from __future__ import annotations

from typing import Final

from posapp.store.engine import Connection

#: As the trigger that guards the journal has it.
KEPT_MS: Final = 14 * 24 * 3_600_000
#: Lines that go at once: a sale that comes meanwhile waits for no more than these.
PIECE: Final = 100

_OLDEST: Final = """SELECT journal.journal_no,
        seq <= min(acked_through, backed_up_through)
        AND at_ms <= (SELECT at_ms FROM journal ORDER BY journal_no DESC LIMIT 1) - ?
    FROM journal JOIN epoch_mark USING (epoch)
    WHERE journal_no < coalesce(
        (SELECT min(first_journal_no) FROM shift
            WHERE settled_at_ms IS NULL OR shift_no = (SELECT max(shift_no) FROM shift)), 0)
    ORDER BY journal_no LIMIT ?"""


def prune(connection: Connection, limit: int = PIECE) -> int:
    """Drop the oldest lines that may go; how many went. Those of an open shift and of the last one stay.

    Lines go from the first on without a gap, so that what is left is always the end of the chain.
    """
    last = count = 0
    for journal_no, may_go in connection.execute(_OLDEST, (KEPT_MS, limit)).fetchall():
        if not may_go:
            break
        last, count = journal_no, count + 1
    if count:
        connection.execute("DELETE FROM journal WHERE journal_no <= ?", (last,))
    return count
