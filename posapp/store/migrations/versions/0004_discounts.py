"""What promotions took off a sale: a row for each, what lines paid, and the sum in the sale's own row."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Shares by line and by payer are read together with the row or not at all, so they stand in it as JSON.
PRICE_MODIFIER = """CREATE TABLE price_modifier (
    modifier_id INTEGER NOT NULL PRIMARY KEY CHECK (modifier_id = receipt_seq * 16384 + modifier_no),
    receipt_seq INTEGER NOT NULL REFERENCES retail_transaction (receipt_seq),
    modifier_no INTEGER NOT NULL CHECK (modifier_no BETWEEN 1 AND 16383),
    promotion_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    names TEXT NOT NULL,
    layer TEXT NOT NULL,
    rule TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    lines TEXT NOT NULL,
    funding TEXT NOT NULL,
    applications INTEGER NOT NULL,
    code TEXT NOT NULL,
    base_minor INTEGER NOT NULL,
    points INTEGER NOT NULL,
    gl_code TEXT NOT NULL)"""

SALE_LINE = """CREATE VIEW sale_line AS
    SELECT receipt_seq, line_no, what AS sku, names, text AS code, number AS quantity, kind AS unit,
        base_minor AS unit_price_minor, amount_minor, category AS tax_category, reason AS price_reason,
        coalesce(paid_minor, amount_minor) AS paid_minor, runs
    FROM transaction_line WHERE part = 1"""

_SUM = "CHECK (goods_minor + tax_added_minor + rounding_minor = total_minor)"
_SUM_NOW = "CHECK (goods_minor - discount_minor + tax_added_minor + rounding_minor = total_minor)"


def upgrade() -> None:
    op.execute("ALTER TABLE retail_transaction ADD COLUMN discount_minor INTEGER NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE transaction_line ADD COLUMN paid_minor INTEGER")
    op.execute("ALTER TABLE transaction_line ADD COLUMN runs TEXT NOT NULL DEFAULT ''")
    op.execute("DROP VIEW sale_line")
    op.execute(SALE_LINE)
    op.execute(PRICE_MODIFIER)
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER price_modifier_no_{act.lower()} BEFORE {act} ON price_modifier "
            "BEGIN SELECT RAISE(ABORT, 'price_modifier is append-only'); END"
        )
    _subtract_discounts()


def _subtract_discounts() -> None:
    """The check of a sale's sum, changed the way that SQLite itself describes: what held still holds."""
    connection = op.get_bind()
    (version,) = connection.exec_driver_sql("PRAGMA schema_version").one()
    op.execute("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) "
        "WHERE type = 'table' AND name = 'retail_transaction' AND instr(sql, ?) > 0",
        (_SUM, _SUM_NOW, _SUM),
    )
    if changed.rowcount != 1:
        raise RuntimeError("the table of sales is not as it was made")
    op.execute(f"PRAGMA schema_version={version + 1}")
    op.execute("PRAGMA writable_schema=OFF")
