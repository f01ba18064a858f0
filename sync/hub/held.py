"""What the hub holds already of a batch: events and sales by their ids, found in one question each.

The questions are spelled for each database, since five hundred ids in a list are the hot path of every
batch. They name the dates too, so that only the months concerned are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

_EVENT: Final = "SELECT event_id, is_fork, line FROM event WHERE store_id = {one} AND event_id {among}"
_SALE: Final = (
    "SELECT transaction_id FROM retail_transaction WHERE store_id = {one} AND transaction_id {among}"
)
_OF_DAYS: Final = " AND business_date {among}"
_SPELT: Final = {
    # Lists in binary form: as text each of their items is searched for what to escape.
    "postgresql": {"one": "%s", "among": "= ANY(%b)"},
    "sqlite": {"one": "?", "among": "IN (SELECT value FROM json_each(?))"},
}


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event that is held: its exact line, and whether its place was another's already."""

    line: bytes
    is_fork: bool


def held_events(
    connection: Connection, store_id: str, event_ids: Sequence[str], *, days: Iterable[str] | None
) -> dict[str, HeldEvent]:
    """Those of these events that are held, by id; without `days` every month is looked through."""
    rows = _asked(connection, _EVENT, store_id, event_ids, days)
    return {event_id: HeldEvent(bytes(line), bool(is_fork)) for event_id, is_fork, line in rows}


def held_sales(
    connection: Connection, store_id: str, transaction_ids: Sequence[str], *, days: Iterable[str]
) -> set[str]:
    """Those of these sales that are held under these days."""
    return {row[0] for row in _asked(connection, _SALE, store_id, transaction_ids, days)}


def _asked(
    connection: Connection, question: str, store_id: str, ids: Sequence[str], days: Iterable[str] | None
) -> list[Any]:
    if not ids:
        return []
    dialect = connection.dialect.name
    statement = (question if days is None else question + _OF_DAYS).format(**_SPELT[dialect])
    lists = [list(ids)] if days is None else [list(ids), sorted(days)]
    raw: Any = connection.connection.driver_connection
    if dialect == "postgresql":
        with raw.cursor(binary=True) as cursor:
            cursor.execute(statement, (store_id, *lists))
            found: list[Any] = cursor.fetchall()
            return found
    return list(raw.execute(statement, (store_id, *(msgspec.json.encode(one).decode() for one in lists))))
