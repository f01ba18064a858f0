"""What the hub holds already of a batch: events and sales by their ids, found in one question each.

The questions are spelled for each database, since five hundred ids in a list are the hot path of every
batch. They name the dates too, so that only the months concerned are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

_HELD: Final = "SELECT event_id, is_fork, line FROM event WHERE store_id = {one}"
_EVENTS: Final = _HELD + " AND event_id {among} AND business_date {among}"
_PLACES: Final = _HELD + " AND terminal_id = {one} AND epoch = {one} AND seq {among}"
_SALES: Final = (
    "SELECT transaction_id FROM retail_transaction"
    " WHERE store_id = {one} AND transaction_id {among} AND business_date {among}"
)
_SPELT: Final = {
    # Lists in binary form: as text each of their items is searched for what to escape.
    "postgresql": {"one": "%s", "among": "= ANY(%b)"},
    "sqlite": {"one": "?", "among": "IN (SELECT value FROM json_each(?))"},
}


class HeldEvent(msgspec.Struct, frozen=True, gc=False):
    """An event that is held: its exact line, and whether its place was another's already."""

    line: bytes
    is_fork: bool


def held_events(
    connection: Connection, store_id: str, event_ids: Sequence[str], *, days: Iterable[str]
) -> dict[str, HeldEvent]:
    """Those of these events that are held under these days, by id."""
    return _by_id(_asked(connection, _EVENTS, store_id, list(event_ids), sorted(days)))


def held_at(connection: Connection, place: tuple[str, str, int], seqs: Sequence[int]) -> dict[str, HeldEvent]:
    """The events that are held at these places of a terminal's epoch, of whatever day, by id."""
    return _by_id(_asked(connection, _PLACES, *place, list(seqs)))


def held_sales(
    connection: Connection, store_id: str, transaction_ids: Sequence[str], *, days: Iterable[str]
) -> set[str]:
    """Those of these sales that are held under these days."""
    return {row[0] for row in _asked(connection, _SALES, store_id, list(transaction_ids), sorted(days))}


def _by_id(rows: Iterable[Any]) -> dict[str, HeldEvent]:
    return {event_id: HeldEvent(bytes(line), bool(is_fork)) for event_id, is_fork, line in rows}


def _asked(connection: Connection, question: str, *values: Any) -> list[Any]:
    if not all(value or not isinstance(value, list) for value in values):
        return []
    dialect = connection.dialect.name
    statement = question.format(**_SPELT[dialect])
    raw: Any = connection.connection.driver_connection
    if dialect == "postgresql":
        with raw.cursor(binary=True) as cursor:
            # Never prepared: a plan for any list would look through every month, and by the wrong index.
            cursor.execute(statement, values, prepare=False)
            found: list[Any] = cursor.fetchall()
            return found
    spelled = (msgspec.json.encode(one).decode() if isinstance(one, list) else one for one in values)
    return list(raw.execute(statement, tuple(spelled)))
