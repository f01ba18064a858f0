"""Pieces with a serial number of their own, so that a scan can ask whether one was sold."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The receipt is part of the key: a piece that came back may be sold again, and no sale is ever refused.
SERIAL_SOLD = """CREATE TABLE serial_sold (
    gtin14 TEXT NOT NULL,
    serial TEXT NOT NULL,
    receipt_seq INTEGER NOT NULL REFERENCES retail_transaction (receipt_seq),
    PRIMARY KEY (gtin14, serial, receipt_seq)) WITHOUT ROWID"""


def upgrade() -> None:
    op.execute(SERIAL_SOLD)
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER serial_sold_no_{act.lower()} BEFORE {act} ON serial_sold "
            "BEGIN SELECT RAISE(ABORT, 'serial_sold is append-only'); END"
        )
