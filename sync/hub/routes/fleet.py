"""The fleet page: tills, stores, and one of each; who did what. What is shown is read in `fleet_reading`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select
from starlette.routing import Route

from sync.hub.database import Database
from sync.hub.doubts.settling import count_open
from sync.hub.fleet.fleet_reading import (
    FILTERS,
    PAGE_ROWS,
    SORTS,
    Till,
    Wanted,
    figures,
    one_till,
    stores,
    tills,
)
from sync.hub.fleet.pages import labels as words
from sync.hub.fleet.pages.member_labels import MEMBER_ACTS, MEMBER_DONE
from sync.hub.fleet.pages.words import Speech
from sync.hub.fleet.statements import statements
from sync.hub.fleet.store_labels import StoreLabels
from sync.hub.fleet.till_reading import last_batches, marks
from sync.hub.routes.fleet_door import HOME, Answer, Door, MissingError, Visit
from sync.hub.routes.fleet_members import FleetMemberRoutes
from sync.hub.routes.fleet_prices import FleetPriceRoutes
from sync.hub.routes.fleet_rewards import FleetRewardRoutes
from sync.hub.routes.fleet_work import FleetWorkRoutes
from sync.hub.schema.status import FLEET_RECORD

REFRESH_S: Final = 10
_WORDS: Final = {
    "filters": words.FILTERS,
    "sorts": words.SORTS,
    "printer_states": words.PRINTER_STATES,
    "key_states": words.KEY_STATES,
    "page_rows": PAGE_ROWS,
}


def fleet_routes(database: Database, now_ms: Callable[[], int]) -> list[Route]:
    """Every route of the fleet page."""
    door = Door(database, now_ms, common_values(database))
    names = StoreLabels()
    pages, work = FleetRoutes(database, door, names), FleetWorkRoutes(database, door, names)
    prices = FleetPriceRoutes(database, door, names)
    members = FleetMemberRoutes(database, door, names)
    rewards = FleetRewardRoutes(database, door)
    tables = (door, pages, work, prices, members, rewards)
    return [route for one in tables for route in one.table()]


def common_values(database: Database) -> Callable[[Visit], dict[str, Any]]:
    """What every page shows: what waits, and what was just done."""

    def values(_visit: Visit) -> dict[str, Any]:
        with database.reading() as connection:
            waiting, lines = count_open(connection)
        return {
            "open_exceptions": waiting,
            "open_lines": lines,
            "done_words": words.DONE | MEMBER_DONE,
            "done_tones": words.DONE_TONES,
            "messages": words.MESSAGES,
        }

    return values


class FleetRoutes:
    """Pages to look at."""

    def __init__(self, database: Database, door: Door, labels: StoreLabels) -> None:
        self._database = database
        self._door = door
        self._labels = labels

    def table(self) -> list[Route]:
        """The routes."""
        page = self._door.page
        return [
            Route(HOME, page(self._tills), methods=["GET"]),
            Route(f"{HOME}/stores", page(self._stores), methods=["GET"]),
            Route(f"{HOME}/stores/{{store_id}}", page(self._store), methods=["GET"]),
            Route(f"{HOME}/stores/{{store_id}}/tills/{{terminal_id}}", page(self._till), methods=["GET"]),
            Route(f"{HOME}/record", page(self._record), methods=["GET"]),
        ]

    def _tills(self, visit: Visit) -> Answer:
        wanted = _wanted(visit)
        with self._database.reading() as connection:
            found, total = self._found(connection, visit, wanted)
            sums = figures(connection, now_ms=visit.now_ms)
        return "tills.html", {
            "here": "tills",
            "refresh_s": REFRESH_S,
            "wanted": wanted,
            "tills": found,
            "total": total,
            "figures": sums,
            **_WORDS,
        }

    def _stores(self, visit: Visit) -> Answer:
        text = visit.query.get("q", "").strip()
        with self._database.reading() as connection:
            found, total = stores(
                connection,
                self._labels,
                text=text,
                page=visit.page_no(),
                language=visit.language,
                now_ms=visit.now_ms,
            )
        values = {"here": "stores", "refresh_s": REFRESH_S, "text": text, "stores": found, "total": total}
        return "stores.html", {**values, **_WORDS}

    def _store(self, visit: Visit) -> Answer:
        store_id = visit.places["store_id"]
        wanted = _wanted(visit, store_id)
        with self._database.reading() as connection:
            found, total = self._found(connection, visit, wanted)
            if not self._labels.knows(store_id):
                raise MissingError
            sums = figures(connection, now_ms=visit.now_ms, store_id=store_id)
            made = statements(connection, store_id)
        label = self._labels.of(store_id, visit.language)
        return "store.html", {
            "here": "stores",
            "refresh_s": REFRESH_S,
            "speech": Speech(visit.language, label.time_zone),
            "store_id": store_id,
            "store_name": label.name,
            "wanted": wanted,
            "tills": found,
            "total": total,
            "figures": sums,
            "statements": made,
            "yesterday": _day_before(visit.now_ms),
            **_WORDS,
        }

    def _till(self, visit: Visit) -> Answer:
        store_id, terminal_id = visit.places["store_id"], visit.places["terminal_id"]
        with self._database.reading() as connection:
            till = one_till(
                connection, store_id, terminal_id, self._labels, language=visit.language, now_ms=visit.now_ms
            )
            if till is None:
                raise MissingError
            held = marks(connection, store_id, terminal_id)
            batches = last_batches(connection, store_id, terminal_id, held[0].epoch) if held else []
        zone = self._labels.of(store_id, visit.language).time_zone
        return "till.html", {
            "here": "stores",
            "refresh_s": REFRESH_S,
            "speech": Speech(visit.language, zone),
            "till": till,
            "marks": held,
            "batches": batches,
            **_WORDS,
        }

    def _record(self, visit: Visit) -> Answer:
        text = visit.query.get("q", "").strip()
        record = FLEET_RECORD.c
        conditions: list[Any] = []
        if text:
            columns = (record.who, record.store_id, record.subject, record.note)
            conditions = [or_(*(column.icontains(text, autoescape=True) for column in columns))]
        with self._database.reading() as connection:
            query = select(func.count()).select_from(FLEET_RECORD).where(*conditions)
            total = connection.execute(query).scalar_one()
            rows = connection.execute(
                select(FLEET_RECORD)
                .where(*conditions)
                .order_by(record.at_ms.desc(), record.record_id.desc())
                .limit(PAGE_ROWS)
                .offset((visit.page_no() - 1) * PAGE_ROWS)
            ).all()
        values = {
            "here": "record",
            "text": text,
            "rows": rows,
            "total": total,
            "acts": words.ACTS | MEMBER_ACTS,
        }
        values["notes"] = words.NOTES
        return "record.html", {**values, **_WORDS}

    def _found(self, connection: Connection, visit: Visit, wanted: Wanted) -> tuple[list[Till], int]:
        return tills(connection, wanted, self._labels, language=visit.language, now_ms=visit.now_ms)


def _wanted(visit: Visit, store_id: str | None = None) -> Wanted:
    chosen, sort = visit.query.get("filter", "all"), visit.query.get("sort", "worst")
    return Wanted(
        text=visit.query.get("q", "").strip(),
        filter=chosen if chosen in FILTERS else "all",
        sort=sort if sort in SORTS else "worst",
        page=visit.page_no(),
        store_id=store_id or visit.query.get("store", "").strip() or None,
    )


def _day_before(now_ms: int) -> str:
    return (datetime.fromtimestamp(now_ms // 1000, UTC).date() - timedelta(days=1)).isoformat()
