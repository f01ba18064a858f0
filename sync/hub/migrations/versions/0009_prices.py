"""Discounts read out of sales with who pays them; promotions and price lists of the chain; what-if runs.

Sales of before have no discounts, so nothing is carried over.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Connection, Index, LargeBinary, MetaData, Table, Text, text

from sync.hub.schema.partitions import ensure_partitions

revision = "0009"
down_revision = "0008"

METADATA = MetaData()
_BY_MONTH: dict[str, Any] = {"postgresql_partition_by": "RANGE (business_date)"}


def _key(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _number_key(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, primary_key=True, autoincrement=False) for name in names)


def _text(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _number(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


def _bytes(*names: str) -> tuple[Column[bytes], ...]:
    return tuple(Column(name, LargeBinary, nullable=False) for name in names)


def _sale() -> tuple[Column[str], ...]:
    day = Column("business_date", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True)
    return (*_key("store_id"), day, *_key("transaction_id"))


PRICE_MODIFIER = Table(
    "price_modifier",
    METADATA,
    *_sale(),
    *_number_key("modifier_no"),
    *_text("promotion_id", "layer", "rule", "code", "gl_code", "names", "lines"),
    *_number("version", "amount_minor", "base_minor", "applications", "points"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
PRICE_MODIFIER_FUNDING = Table(
    "price_modifier_funding",
    METADATA,
    *_sale(),
    *_number_key("modifier_no", "funding_no"),
    *_text("party", "name"),
    *_number("amount_minor"),
    sqlite_with_rowid=False,
    **_BY_MONTH,
)
_PARTITIONED = (PRICE_MODIFIER, PRICE_MODIFIER_FUNDING)
Table(
    "promotion",
    METADATA,
    *_key("promotion_id"),
    *_text("stores", "regions"),
    *_bytes("body"),
    *_number("changed_at_ms"),
)
Table(
    "price_list_row",
    METADATA,
    *_key("row_id"),
    *_text("sku", "scope", "place", "currency", "begins", "ends", "levels"),
    *_number("amount_minor", "for_members", "least_qty", "changed_at_ms"),
    Index("price_list_row_by_sku", "sku"),
)
Table(
    "what_if",
    METADATA,
    *_key("run_id"),
    *_text("made_by", "state"),
    *_number("made_at_ms", "done_at_ms"),
    *_bytes("asked", "answer"),
)


def upgrade() -> None:
    """Make the tables; on PostgreSQL with a part for each month that other tables have one for."""
    connection = op.get_bind()
    METADATA.create_all(connection)
    if connection.dialect.name == "postgresql":
        _make_parts(connection)


def _make_parts(connection: Connection) -> None:
    for table in _PARTITIONED:
        connection.exec_driver_sql(f"CREATE TABLE {table.name}_other PARTITION OF {table.name} DEFAULT")
    names = connection.execute(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'event\\_y____m__'")
    ).scalars()
    for name in names:
        year, month = name.removeprefix("event_y").split("m")
        first = date(int(year), int(month), 1)
        ensure_partitions(connection, first, first, [table.name for table in _PARTITIONED])
