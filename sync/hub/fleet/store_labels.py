"""What people call the stores, read out of their set-ups once and again only where one changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from sync.hub.schema.events import STORE

_STORES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class StoreLabel:
    """What people call a store, the zone of its clock, and what it is paid in."""

    name: str
    time_zone: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a store, and at which revision of its set-up."""

    rev: int
    names: dict[str, str]
    time_zone: str
    currency: str


class StoreLabels:
    """Names of stores by language, read again only where a shop changed; safe to use from any thread."""

    def __init__(self) -> None:
        self._known: Mapping[str, _Known] = {}

    def read(self, connection: Connection) -> None:
        """Learn what is new."""
        revs = {
            row.store_id: row.settings_rev
            for row in connection.execute(select(STORE.c.store_id, STORE.c.settings_rev))
        }
        known = {store_id: held for store_id, held in self._known.items() if revs.get(store_id) == held.rev}
        missing = [store_id for store_id in revs if store_id not in known]
        for start in range(0, len(missing), _STORES_AT_ONCE):
            query = select(STORE.c.store_id, STORE.c.settings_rev, STORE.c.settings)
            for row in connection.execute(
                query.where(STORE.c.store_id.in_(missing[start : start + _STORES_AT_ONCE]))
            ):
                store = msgspec.json.decode(row.settings)["store"]
                names = store["names"]
                by_language = names if isinstance(names, dict) else {"": str(names)}
                zone, currency = store.get("time_zone", "UTC"), store.get("currency", "")
                known[row.store_id] = _Known(row.settings_rev, by_language, zone, currency)
        self._known = known

    def of(self, store_id: str, language: str) -> StoreLabel:
        """What to call a store; its id where it has no name."""
        known = self._known.get(store_id)
        if known is None:
            return StoreLabel(store_id, "UTC")
        name = known.names.get(language) or next(iter(known.names.values()), store_id)
        return StoreLabel(name, known.time_zone, known.currency)

    def knows(self, store_id: str) -> bool:
        """Whether there was such a store when it was read last."""
        return store_id in self._known

    def ids_named(self, text: str) -> list[str]:
        """Stores one of whose names holds a text."""
        wanted = text.casefold()
        return [
            store_id
            for store_id, known in self._known.items()
            if any(wanted in name.casefold() for name in known.names.values())
        ]
