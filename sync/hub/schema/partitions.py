"""Months of the tables that grow with every sale, on PostgreSQL; SQLite has no parts and needs none.

A month is made before its first row arrives, so that routing never fails and old months can be taken off
whole. Rows whose date no month was made for lie in a part of their own and move once it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import Connection, text

from sync.hub.schema.events import PARTITIONED

#: Any one number, the same for every process that makes months.
_PARTITION_LOCK = 7_046_912_358_814_202


def ensure_partitions(
    connection: Connection, from_date: date, to_date: date, tables: Sequence[str] = PARTITIONED
) -> tuple[str, ...]:
    """Make every month that is missing from one date to another; the names of the parts that were made."""
    if connection.dialect.name != "postgresql":
        return ()
    wanted = [(table, month) for month in _months(from_date, to_date) for table in tables]
    made = _missing(connection, wanted)
    if not made:
        return ()
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PARTITION_LOCK})
    made = _missing(connection, made)
    for table, month in made:
        _make(connection, table, month)
    return tuple(partition_name(table, month) for table, month in made)


def partition_name(table: str, month: date) -> str:
    """What the part of a month is called."""
    return f"{table}_y{month:%Ym%m}"


def _months(from_date: date, to_date: date) -> Iterator[date]:
    month = from_date.replace(day=1)
    while month <= to_date:
        yield month
        month = _next(month)


def _next(month: date) -> date:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _missing(connection: Connection, wanted: list[tuple[str, date]]) -> list[tuple[str, date]]:
    names = [partition_name(*one) for one in wanted]
    held = set(
        connection.execute(
            text(
                "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE to_regclass(name) IS NOT NULL"
            ),
            {"names": names},
        ).scalars()
    )
    return [one for one, name in zip(wanted, names, strict=True) if name not in held]


def _make(connection: Connection, table: str, month: date) -> None:
    """One part, with the rows that came before it was there."""
    # Names and dates are this module's own; nothing from outside is put into these texts.
    name, other = partition_name(table, month), f"{table}_other"
    first, after = month.isoformat(), _next(month).isoformat()
    rows = f"business_date >= '{first}' AND business_date < '{after}'"
    moved = f"DELETE FROM {other} WHERE {rows} RETURNING *"  # noqa: S608
    for statement in (
        f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)",
        f"WITH moved AS ({moved}) INSERT INTO {name} SELECT * FROM moved",  # noqa: S608
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{after}')",
    ):
        connection.exec_driver_sql(statement)
