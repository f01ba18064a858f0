"""Lets go of old business days, whole months at a time, and keeps the months ahead ready.

On PostgreSQL a month is a part of each big table and is dropped at once; on SQLite its rows are deleted,
store by store and day by day, so that no sale waits. Only what lies in a backup may go. What waits for people
is kept, and so is what has no date that makes sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, delete, func, select, text, tuple_

from sync.hub.database import Database
from sync.hub.schema.events import EVENT, METADATA, PARTITIONED, PROGRESS, STORE
from sync.hub.schema.partitions import ensure_partitions, partition_name
from sync.hub.schema.returns import GOODS_RETURN, REFUND_TAX, REFUND_TENDER, RETURN_LINE, RETURN_UNIT

#: Months made ahead: a hub that does not serve for a while still finds them.
MONTHS_AHEAD: Final = 3
#: Texts before it are no dates of a shop's: an empty one, or a clock that was never set.
_FIRST_DAY: Final = "2000-01-01"


class RetentionError(Exception):
    """Why nothing may be let go of, in a sentence."""


def prepare_months(connection: Connection, today: date) -> tuple[str, ...]:
    """Make the months from the last one to some ahead; the names of what was made."""
    return ensure_partitions(
        connection, today - timedelta(days=31), today + timedelta(days=31 * MONTHS_AHEAD)
    )


def first_kept_month(today: date, months: int) -> date:
    """The first month that stays when so many whole months before this one are kept."""
    count = today.year * 12 + today.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def let_go_before(database: Database, first_kept: date) -> int:
    """Let go of every business day before a month's first; how many months or days that were.

    Raises RetentionError where a record that would go is in no backup; looked at again where nobody can add
    one any more, since a till that was away may hand in an old day at any moment.
    """
    with database.reading() as connection:
        _refuse_unsaved(connection, *_before(first_kept))
        if connection.dialect.name == "postgresql":
            months = sorted(_months_held(connection, first_kept))
    if database.dialect == "postgresql":
        for month in months:
            with database.writing() as connection:
                name = partition_name(EVENT.name, month)
                connection.exec_driver_sql(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
                _refuse_unsaved(
                    connection, *_before(first_kept), EVENT.c.business_date.startswith(f"{month:%Y-%m}")
                )
                for table in PARTITIONED:
                    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {partition_name(table, month)}")
                _let_go_of_returns(connection, GOODS_RETURN.c.business_date.startswith(f"{month:%Y-%m}"))
        return len(months)
    return sum(_delete_day(database, store_id, day) for store_id, day in list(_days(database, first_kept)))


def _refuse_unsaved(connection: Connection, *which: Any) -> None:
    at_place = and_(*(PROGRESS.c[name] == EVENT.c[name] for name in ("store_id", "terminal_id", "epoch")))
    through = func.coalesce(PROGRESS.c.backed_up_through, 0)
    unsaved = select(EVENT.c.business_date).outerjoin(PROGRESS, at_place).where(*which, EVENT.c.seq > through)
    day = connection.execute(unsaved.limit(1)).scalar()
    if day is not None:
        raise RetentionError(f"no backup holds everything of {day}: run `poshub backup` first")


def _before(first_kept: date) -> tuple[Any, Any]:
    return EVENT.c.business_date >= _FIRST_DAY, EVENT.c.business_date < first_kept.isoformat()


def _months_held(connection: Connection, first_kept: date) -> Iterator[date]:
    prefix = f"{PARTITIONED[0]}_y"
    names = connection.execute(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE :name"),
        {"name": prefix.replace("_", r"\_") + "____m__"},
    ).scalars()
    for name in names:
        year, month = name[len(prefix) :].split("m")
        held = date(int(year), int(month), 1)
        if held < first_kept:
            yield held


def _days(database: Database, first_kept: date) -> Iterator[tuple[str, str]]:
    with database.reading() as connection:
        for store_id in connection.execute(select(STORE.c.store_id)).scalars().all():
            query = (
                select(EVENT.c.business_date)
                .where(EVENT.c.store_id == store_id, *_before(first_kept))
                .distinct()
            )
            for day in connection.execute(query).scalars().all():
                yield store_id, day


def _delete_day(database: Database, store_id: str, day: str) -> int:
    with database.writing() as connection:
        _refuse_unsaved(connection, EVENT.c.store_id == store_id, EVENT.c.business_date == day)
        for name in PARTITIONED:
            table: Table = METADATA.tables[name]
            connection.execute(
                delete(table).where(table.c.store_id == store_id, table.c.business_date == day)
            )
        _let_go_of_returns(
            connection, GOODS_RETURN.c.store_id == store_id, GOODS_RETURN.c.business_date == day
        )
    return 1


def _let_go_of_returns(connection: Connection, *which: Any) -> None:
    """Their sales were made no later and are gone too, so nobody can ask for their pieces again."""
    back = GOODS_RETURN.c
    sales = select(back.store_id, back.sale_id).where(*which)
    ids = select(back.store_id, back.return_id).where(*which)
    units = RETURN_UNIT.c
    # By their sales, under which they are kept: no index leads to them by the return.
    of_sales = tuple_(units.store_id, units.sale_id).in_(sales)
    connection.execute(delete(RETURN_UNIT).where(of_sales, tuple_(units.store_id, units.return_id).in_(ids)))
    for table in (RETURN_LINE, REFUND_TENDER, REFUND_TAX):
        connection.execute(delete(table).where(tuple_(table.c.store_id, table.c.return_id).in_(ids)))
    connection.execute(delete(GOODS_RETURN).where(*which))
