"""A chain over the lines to send, marks of how far the hub has each epoch, and a way for old lines to go.

Old lines get their chain as if it had always been kept, so the whole journal can be proven from its first
line on.
"""

from __future__ import annotations

import hashlib
from typing import Any

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PIECE = 1_000
#: Guarded here and not by a clock: the newest line tells what time it is.
_KEPT_MS = 14 * 24 * 3_600_000

# `first_no` is the journal row of an epoch's first line: a line's row is found by counting, also where
# the rows before it are gone.
EPOCH_MARK = """CREATE TABLE epoch_mark (
    epoch INTEGER NOT NULL PRIMARY KEY,
    first_no INTEGER NOT NULL,
    acked_through INTEGER NOT NULL,
    backed_up_through INTEGER NOT NULL)"""

# Receipt numbers that were left out, so that no number is given twice: a gap that is none.
NUMBERS_SKIPPED = """CREATE TABLE numbers_skipped (
    after_seq INTEGER NOT NULL PRIMARY KEY,
    through_seq INTEGER NOT NULL,
    CHECK (through_seq > after_seq))"""

OUTBOX = """CREATE VIEW outbox AS
    SELECT journal.epoch, journal.seq, fact_id AS event_id, kind, body AS bytes, at_ms,
        journal.journal_no, journal.journal_no <= till.acked_no AS acked
    FROM till JOIN journal"""

MAY_GO = f"""CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
    WHEN NOT EXISTS (
            SELECT 1 FROM epoch_mark
            WHERE epoch = OLD.epoch AND OLD.seq <= min(acked_through, backed_up_through))
        OR OLD.at_ms > (SELECT at_ms FROM journal ORDER BY journal_no DESC LIMIT 1) - {_KEPT_MS}
    BEGIN SELECT RAISE(ABORT, 'journal is append-only up to what is backed up'); END"""  # noqa: S608 - a number

_REFERENCE = " REFERENCES journal (journal_no)"


def upgrade() -> None:
    op.execute("DROP VIEW outbox")
    op.execute("ALTER TABLE till ADD COLUMN acked_no INTEGER NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE till ADD COLUMN chain BLOB NOT NULL DEFAULT x''")
    op.execute("ALTER TABLE till ADD COLUMN hub_id TEXT NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE journal ADD COLUMN chain BLOB NOT NULL DEFAULT x''")
    op.execute(EPOCH_MARK)
    op.execute(NUMBERS_SKIPPED)
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER numbers_skipped_no_{act.lower()} BEFORE {act} ON numbers_skipped "
            "BEGIN SELECT RAISE(ABORT, 'numbers_skipped is append-only'); END"
        )
    _mark_epochs()
    _forge_chain()
    op.execute("ALTER TABLE till DROP COLUMN acked_through")
    op.execute(OUTBOX)
    op.execute("DROP TRIGGER journal_no_delete")
    op.execute(MAY_GO)
    _let_lines_go()


def _mark_epochs() -> None:
    op.execute(
        "INSERT INTO epoch_mark SELECT epoch, min(journal_no), max(seq), 0 FROM journal "
        "WHERE epoch <> (SELECT epoch FROM till) GROUP BY epoch"
    )
    op.execute("INSERT INTO epoch_mark SELECT epoch, journal_no - seq + 1, acked_through, 0 FROM till")
    op.execute("UPDATE till SET acked_no = journal_no - seq + acked_through")


def _forge_chain() -> None:
    connection = op.get_bind()
    op.execute("DROP TRIGGER journal_no_update")
    epoch, chain, last = -1, bytes(32), 0
    while True:
        rows: list[Any] = connection.exec_driver_sql(
            "SELECT journal_no, epoch, body FROM journal WHERE journal_no > ? ORDER BY journal_no LIMIT ?",
            (last, _PIECE),
        ).fetchall()
        links = []
        for journal_no, life, body in rows:
            chain = hashlib.sha256((chain if life == epoch else bytes(32)) + body).digest()
            epoch, last = life, journal_no
            links.append((chain, journal_no))
        if not links:
            break
        connection.exec_driver_sql("UPDATE journal SET chain = ? WHERE journal_no = ?", links)
    (now,) = connection.exec_driver_sql("SELECT epoch FROM till").one()
    connection.exec_driver_sql("UPDATE till SET chain = ?", (chain if now == epoch else bytes(32),))
    op.execute(
        "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal "
        "BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END"
    )


def _let_lines_go() -> None:
    """A sale outlives its line; the way to drop a reference that SQLite itself describes."""
    connection = op.get_bind()
    (version,) = connection.exec_driver_sql("PRAGMA schema_version").one()
    op.execute("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, '') "
        "WHERE type = 'table' AND name = 'retail_transaction' AND instr(sql, ?) > 0",
        (_REFERENCE, _REFERENCE),
    )
    if changed.rowcount != 1:
        raise RuntimeError("the table of sales is not as it was made")
    op.execute(f"PRAGMA schema_version={version + 1}")
    op.execute("PRAGMA writable_schema=OFF")
