"""The ledger as first shipped: what happened is append-only, what is now may change."""

from __future__ import annotations

from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# CHECKs avoid IN with three values: SQLite would build a table for it at every row of every sale.
STATE = (
    # One row, written by every sale: numbers given out and the open shift's figures share a page.
    """CREATE TABLE till (
        one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        acked_through INTEGER NOT NULL,
        journal_no INTEGER NOT NULL,
        receipt_seq INTEGER NOT NULL,
        shift_number INTEGER NOT NULL,
        scan_no INTEGER NOT NULL,
        printed_through INTEGER NOT NULL,
        tidied INTEGER NOT NULL,
        shift_no INTEGER REFERENCES shift (shift_no),
        shift_totals BLOB)""",
    """CREATE TABLE shift (
        shift_no INTEGER NOT NULL PRIMARY KEY,
        shift_id TEXT NOT NULL UNIQUE,
        number INTEGER NOT NULL,
        business_date TEXT NOT NULL,
        operator_id TEXT NOT NULL,
        operator_name TEXT NOT NULL,
        currency TEXT NOT NULL,
        float_minor INTEGER NOT NULL,
        opened_at_ms INTEGER NOT NULL,
        first_receipt_seq INTEGER NOT NULL,
        first_journal_no INTEGER NOT NULL,
        settled_at_ms INTEGER,
        settled_by TEXT,
        expected_minor INTEGER,
        counted_minor INTEGER,
        variance_minor INTEGER,
        variance_reason TEXT,
        totals BLOB)""",
    """CREATE TABLE draft (
        draft_no INTEGER NOT NULL PRIMARY KEY,
        transaction_id TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'parked')),
        label TEXT NOT NULL,
        suspended_ms INTEGER NOT NULL,
        operator_name TEXT NOT NULL,
        goods_minor INTEGER NOT NULL,
        pieces INTEGER NOT NULL,
        cart BLOB NOT NULL)""",
    """CREATE TABLE print_job (
        job_no INTEGER NOT NULL PRIMARY KEY,
        job_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        transaction_id TEXT,
        state TEXT NOT NULL
            CHECK (state = 'queued' OR state = 'printing' OR state = 'printed'),
        queued_ms INTEGER NOT NULL,
        document BLOB NOT NULL)""",
    "CREATE TABLE setting (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE cursor (stream TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE operator_lock (
        operator_id TEXT NOT NULL PRIMARY KEY,
        wrong_pins INTEGER NOT NULL,
        locked_until_ms INTEGER NOT NULL) WITHOUT ROWID""",
)

FACTS = (
    """CREATE TABLE journal (
        journal_no INTEGER NOT NULL PRIMARY KEY,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        fact_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        transaction_id TEXT,
        shift_no INTEGER,
        at_ms INTEGER NOT NULL,
        business_date TEXT NOT NULL,
        body BLOB NOT NULL)""",
    """CREATE TABLE retail_transaction (
        receipt_seq INTEGER NOT NULL PRIMARY KEY,
        transaction_id TEXT NOT NULL UNIQUE,
        receipt_number TEXT NOT NULL,
        shift_no INTEGER NOT NULL REFERENCES shift (shift_no),
        journal_no INTEGER NOT NULL REFERENCES journal (journal_no),
        job_no INTEGER,
        operator_id TEXT NOT NULL,
        opened_at_ms INTEGER NOT NULL,
        completed_at_ms INTEGER NOT NULL,
        goods_minor INTEGER NOT NULL,
        tax_added_minor INTEGER NOT NULL,
        rounding_minor INTEGER NOT NULL,
        total_minor INTEGER NOT NULL,
        tendered_minor INTEGER NOT NULL,
        change_minor INTEGER NOT NULL,
        voided_lines INTEGER NOT NULL,
        CHECK (goods_minor + tax_added_minor + rounding_minor = total_minor),
        CHECK (tendered_minor - change_minor = total_minor))""",
    # Goods, tenders and taxes are lines of one transaction and stand on one page; views tell them apart.
    # `line_id` is receipt, part and number in one integer: rows are appended, pages are split cheaply.
    """CREATE TABLE transaction_line (
        line_id INTEGER NOT NULL PRIMARY KEY CHECK (line_id = receipt_seq * 65536 + part * 16384 + line_no),
        receipt_seq INTEGER NOT NULL REFERENCES retail_transaction (receipt_seq),
        part INTEGER NOT NULL CHECK (part BETWEEN 1 AND 3),
        line_no INTEGER NOT NULL CHECK (line_no BETWEEN 1 AND 16383),
        what TEXT NOT NULL,
        names TEXT NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        number INTEGER NOT NULL,
        base_minor INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL,
        category TEXT NOT NULL,
        reason TEXT NOT NULL)""",
    """CREATE TABLE shift_count (
        shift_no INTEGER NOT NULL REFERENCES shift (shift_no),
        denomination_minor INTEGER NOT NULL,
        pieces INTEGER NOT NULL,
        PRIMARY KEY (shift_no, denomination_minor)) WITHOUT ROWID""",
    """CREATE TABLE override_given (
        override_no INTEGER NOT NULL PRIMARY KEY,
        override_id TEXT NOT NULL UNIQUE,
        shift_no INTEGER,
        permission TEXT NOT NULL,
        operator_id TEXT NOT NULL,
        approver_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        transaction_id TEXT,
        at_ms INTEGER NOT NULL,
        CHECK (approver_id <> operator_id))""",
    """CREATE TABLE quarantine (
        quarantine_no INTEGER NOT NULL PRIMARY KEY,
        source TEXT NOT NULL,
        source_key TEXT NOT NULL,
        reason TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        body BLOB,
        UNIQUE (source, source_key))""",
)

VIEWS = (
    """CREATE VIEW sale_line AS
        SELECT receipt_seq, line_no, what AS sku, names, text AS code, number AS quantity, kind AS unit,
            base_minor AS unit_price_minor, amount_minor, category AS tax_category, reason AS price_reason
        FROM transaction_line WHERE part = 1""",
    """CREATE VIEW tender_line AS
        SELECT receipt_seq, line_no AS tender_no, what AS tender_id, kind, names, amount_minor,
            text AS reference
        FROM transaction_line WHERE part = 2""",
    """CREATE VIEW tax_line AS
        SELECT receipt_seq, line_no AS tax_no, what AS rate_id, names, number AS ppm,
            kind = 'included' AS included, base_minor AS taxable_minor, amount_minor AS tax_minor
        FROM transaction_line WHERE part = 3""",
    # The bytes to send stand in the journal once; how far the hub has them is one number in `till`.
    """CREATE VIEW outbox AS
        SELECT journal.epoch, journal.seq, fact_id AS event_id, kind, body AS bytes, at_ms,
            journal.journal_no, journal.epoch <> till.epoch OR journal.seq <= till.acked_through AS acked
        FROM till JOIN journal""",
)

APPEND_ONLY = (
    "journal",
    "retail_transaction",
    "transaction_line",
    "shift_count",
    "override_given",
    "quarantine",
)


def upgrade() -> None:
    for statement in (*STATE, *FACTS, *VIEWS):
        op.execute(statement)
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # Numbers of events begin anew with every ledger: its epoch keeps them apart from an earlier one's.
    epoch = int(context.config.attributes["epoch"])
    op.execute(f"INSERT INTO till VALUES (1, {epoch}, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL)")  # noqa: S608 - a number
