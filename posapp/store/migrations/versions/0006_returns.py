"""Goods that came back: a row for each return, its lines, its pieces (each once), its tenders and taxes."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# A return takes the next receipt number, so its key is that of sales.
TABLES = (
    """CREATE TABLE return_transaction (
    receipt_seq INTEGER NOT NULL PRIMARY KEY,
    return_id TEXT NOT NULL UNIQUE,
    receipt_number TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    sale_receipt TEXT NOT NULL,
    shift_no INTEGER NOT NULL REFERENCES shift (shift_no),
    journal_no INTEGER NOT NULL,
    job_no INTEGER,
    operator_id TEXT NOT NULL,
    completed_at_ms INTEGER NOT NULL,
    goods_minor INTEGER NOT NULL,
    kept_minor INTEGER NOT NULL,
    tax_added_minor INTEGER NOT NULL,
    rounding_minor INTEGER NOT NULL,
    total_minor INTEGER NOT NULL CHECK (total_minor >= 0),
    CHECK (goods_minor - kept_minor + tax_added_minor + rounding_minor = total_minor))""",
    """CREATE TABLE return_line (
    line_id INTEGER NOT NULL PRIMARY KEY CHECK (line_id = receipt_seq * 16384 + line_no),
    receipt_seq INTEGER NOT NULL REFERENCES return_transaction (receipt_seq),
    line_no INTEGER NOT NULL CHECK (line_no BETWEEN 1 AND 16383),
    sku TEXT NOT NULL,
    names TEXT NOT NULL,
    unit TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    reason TEXT NOT NULL,
    disposition TEXT NOT NULL,
    is_faulty INTEGER NOT NULL)""",
    # The one place that makes a second return of the same piece impossible.
    """CREATE TABLE return_unit (
    sale_id TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    unit_no INTEGER NOT NULL,
    receipt_seq INTEGER NOT NULL REFERENCES return_transaction (receipt_seq),
    PRIMARY KEY (sale_id, line_no, unit_no)) WITHOUT ROWID""",
    # Pieces with a serial number may be sold again after they came back.
    """CREATE TABLE serial_back (
    gtin14 TEXT NOT NULL,
    serial TEXT NOT NULL,
    receipt_seq INTEGER NOT NULL REFERENCES return_transaction (receipt_seq),
    PRIMARY KEY (gtin14, serial, receipt_seq)) WITHOUT ROWID""",
    """CREATE TABLE refund_line (
    receipt_seq INTEGER NOT NULL REFERENCES return_transaction (receipt_seq),
    part INTEGER NOT NULL CHECK (part BETWEEN 2 AND 3),
    line_no INTEGER NOT NULL,
    what TEXT NOT NULL,
    names TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    number INTEGER NOT NULL,
    base_minor INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    PRIMARY KEY (receipt_seq, part, line_no)) WITHOUT ROWID""",
)


def upgrade() -> None:
    for table in TABLES:
        op.execute(table)
    for name in ("return_transaction", "return_line", "return_unit", "serial_back", "refund_line"):
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{act.lower()} BEFORE {act} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            )
