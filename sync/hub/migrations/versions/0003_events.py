"""Events by their ids, forks kept beside what they fork from, chains, marks of backups, exceptions, months.

What a hub of before held is carried over row by row. Packs of sold lines are read out from now on; those of
before stand in the events as they came.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Connection, Index, LargeBinary, MetaData, Table, Text, text

from sync.hub.schema.partitions import ensure_partitions

revision = "0003"
down_revision = "0002"

METADATA = MetaData()
MONTHS_BACK_DAYS = 31
MONTHS_AHEAD_DAYS = 62
_BY_MONTH: dict[str, Any] = {"postgresql_partition_by": "RANGE (business_date)"}
_OLD = ("quarantine", "event", "retail_transaction", "sale_line", "tender_line", "tax_line")


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _number_key(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, primary_key=True, autoincrement=False) for name in names)


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


def _day() -> Column[str]:
    return Column("business_date", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True)


EVENT = Table(
    "event",
    METADATA,
    *_key("store_id"),
    _day(),
    *_key("event_id"),
    *_text("terminal_id"),
    *_number("epoch", "seq"),
    *_text("kind"),
    *_number("occurred_at_ms", "received_at_ms", "is_fork"),
    Column("line", LargeBinary, nullable=False),
    Index("event_by_place", "store_id", "terminal_id", "epoch", "seq"),
    **_BY_MONTH,
)
QUARANTINE = Table(
    "quarantine",
    METADATA,
    *_key("store_id", "terminal_id"),
    *_number_key("epoch", "seq"),
    Column("line_sha256", LargeBinary, primary_key=True),
    *_text("reason"),
    *_number("received_at_ms"),
    Column("line", LargeBinary, nullable=False),
)
TERMINAL_NUMBERS = Table(
    "terminal_numbers",
    METADATA,
    *_key("store_id", "terminal_id"),
    *_number("receipt_seq", "shift_number"),
    sqlite_with_rowid=False,
)
EXCEPTION = Table(
    "exception",
    METADATA,
    *_key("store_id", "kind", "key"),
    *_text("terminal_id", "detail"),
    *_number("noted_at_ms"),
    sqlite_with_rowid=False,
)
RETAIL_TRANSACTION = Table(
    "retail_transaction",
    METADATA,
    *_key("store_id"),
    _day(),
    *_key("transaction_id"),
    *_text("terminal_id"),
    *_number("epoch", "seq"),
    *_text("receipt_number", "shift_id", "operator_id", "currency"),
    *_number("opened_at_ms", "completed_at_ms", "goods_minor", "tax_added_minor"),
    *_number("rounding_minor", "total_minor", "tendered_minor", "change_minor"),
    Index("retail_transaction_by_day", "store_id", "terminal_id", "business_date"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
SALE_LINE = Table(
    "sale_line",
    METADATA,
    *_key("store_id"),
    _day(),
    *_key("transaction_id"),
    *_number_key("line_no"),
    *_text("sku", "names", "code", "unit", "tax_category", "price_reason"),
    *_number("quantity", "unit_price_minor", "amount_minor"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
TENDER_LINE = Table(
    "tender_line",
    METADATA,
    *_key("store_id"),
    _day(),
    *_key("transaction_id"),
    *_number_key("tender_no"),
    *_text("tender_id", "kind", "reference"),
    *_number("amount_minor"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
TAX_LINE = Table(
    "tax_line",
    METADATA,
    *_key("store_id"),
    _day(),
    *_key("transaction_id", "rate_id"),
    *_number("ppm", "included", "taxable_minor", "tax_minor"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
SALE_LINE_PACK = Table(
    "sale_line_pack",
    METADATA,
    *_key("store_id"),
    _day(),
    *_key("transaction_id"),
    *_number_key("line_no"),
    *_text("gtin14", "lot", "serial", "expires_on", "best_before_on", "sell_by_on"),
    Index("sale_line_pack_by_item", "store_id", "gtin14", "serial", "lot"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
_PARTITIONED = (EVENT, RETAIL_TRANSACTION, SALE_LINE, TENDER_LINE, TAX_LINE, SALE_LINE_PACK)


def upgrade() -> None:
    """Make the new tables, carry the rows over, drop the old ones."""
    connection = op.get_bind()
    op.drop_index("retail_transaction_by_day", "retail_transaction")
    for name in _OLD:
        op.rename_table(name, f"old_{name}")
    METADATA.create_all(connection)
    if connection.dialect.name == "postgresql":
        _make_parts(connection)
    op.add_column("progress", Column("chain", LargeBinary))
    op.add_column(
        "progress", Column("backed_up_through", BigInteger, nullable=False, server_default=text("0"))
    )
    _carry_over(connection)
    for name in _OLD:
        op.drop_table(f"old_{name}")


def _make_parts(connection: Connection) -> None:
    """A part for dates that no month was made for, and the months about now."""
    for table in _PARTITIONED:
        connection.exec_driver_sql(f"CREATE TABLE {table.name}_other PARTITION OF {table.name} DEFAULT")
    today = connection.execute(text("SELECT current_date")).scalar_one()
    ensure_partitions(
        connection,
        today - timedelta(days=MONTHS_BACK_DAYS),
        today + timedelta(days=MONTHS_AHEAD_DAYS),
        [table.name for table in _PARTITIONED],
    )


def _carry_over(connection: Connection) -> None:
    day = "CASE WHEN length(e.business_date) = 10 THEN e.business_date ELSE '' END"
    place = " AND ".join(f"t.{name} = e.{name}" for name in ("store_id", "terminal_id", "epoch", "seq"))
    sale = "x.store_id = t.store_id AND x.transaction_id = t.transaction_id"
    sources = {
        EVENT: ("e", "old_event e"),
        RETAIL_TRANSACTION: ("t", f"old_retail_transaction t JOIN old_event e ON {place}"),
    }
    for table in (SALE_LINE, TENDER_LINE, TAX_LINE):
        joined = f"old_{table.name} x JOIN old_retail_transaction t ON {sale} JOIN old_event e ON {place}"
        sources[table] = ("x", joined)
    for table, (alias, source) in sources.items():
        known = {"business_date": day, "is_fork": "0"}
        names = [column.name for column in table.columns]
        values = ", ".join(known.get(name, f"{alias}.{name}") for name in names)
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM {source}"  # noqa: S608
        )
    for row in connection.execute(text("SELECT * FROM old_quarantine")).mappings().all():
        digest = hashlib.sha256(row["line"]).digest()
        connection.execute(QUARANTINE.insert().values(**row, line_sha256=digest))
    _count_numbers(connection)


def _count_numbers(connection: Connection) -> None:
    """The highest receipt and shift number of each terminal."""
    highest: dict[tuple[str, str], list[int]] = {}
    receipts = text("SELECT store_id, terminal_id, receipt_number FROM retail_transaction")
    for store_id, terminal_id, number in connection.execute(receipts):
        last = number.rpartition("-")[2]
        if last.isascii() and last.isdigit() and len(last) < 16:
            numbers = highest.setdefault((store_id, terminal_id), [0, 0])
            numbers[0] = max(numbers[0], int(last))
    shifts = text("SELECT store_id, terminal_id, line FROM event WHERE kind = 'ShiftOpened'")
    for store_id, terminal_id, line in connection.execute(shifts):
        number = json.loads(bytes(line))["body"].get("number")
        if isinstance(number, int) and 0 < number < 10**15:
            numbers = highest.setdefault((store_id, terminal_id), [0, 0])
            numbers[1] = max(numbers[1], number)
    for (store_id, terminal_id), (receipt_seq, shift_number) in highest.items():
        connection.execute(
            TERMINAL_NUMBERS.insert().values(
                store_id=store_id,
                terminal_id=terminal_id,
                receipt_seq=receipt_seq,
                shift_number=shift_number,
            )
        )
