"""What prices and promotions depend on at a store: its region, currency and clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from sqlalchemy import Connection, select

from posapp.domain.shop import Shop
from sync.hub.schema.events import STORE


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """One store; `zone` is UTC where the system does not know the shop's."""

    store_id: str
    region: str
    currency: str
    zone: ZoneInfo

    def now(self, now_ms: int) -> datetime:
        """A time (epoch milliseconds) on the store's own clock."""
        return datetime.fromtimestamp(now_ms // 1000, UTC).astimezone(self.zone)


class PlaceError(ValueError):
    """A store or region that this hub does not have; the text names those that it has."""


class _Place(msgspec.Struct):
    currency: str = ""
    region: str = ""
    time_zone: str = "UTC"


class _Settings(msgspec.Struct):
    store: _Place


_DECODE = msgspec.json.Decoder(_Settings).decode


def all_stores(connection: Connection) -> tuple[StoreFacts, ...]:
    """Every store of this hub, by its id."""
    query = select(STORE.c.store_id, STORE.c.settings).order_by(STORE.c.store_id)
    return tuple(_facts(row.store_id, bytes(row.settings)) for row in connection.execute(query))


def one_store(connection: Connection, store_id: str) -> StoreFacts | None:
    """One store, or None."""
    query = select(STORE.c.settings).where(STORE.c.store_id == store_id)
    settings = connection.execute(query).scalar()
    return None if settings is None else _facts(store_id, bytes(settings))


def facts_of(shop: Shop) -> StoreFacts:
    """The same of a shop that was read already."""
    return StoreFacts(shop.store_id, shop.region, shop.currency, _zone(shop.time_zone))


def chosen(
    stores: tuple[StoreFacts, ...], store_ids: frozenset[str], regions: frozenset[str]
) -> tuple[StoreFacts, ...]:
    """The stores with these ids or of these regions, all where neither is named; raises PlaceError."""
    for what, wanted, known in (
        ("store", store_ids, {one.store_id for one in stores}),
        ("region", regions, {one.region for one in stores if one.region}),
    ):
        missing = sorted(wanted - known)
        if missing:
            has = ", ".join(sorted(known)) or "none yet"
            raise PlaceError(f"there is no {what} {missing[0]!r}; this hub has: {has}")
    if not store_ids and not regions:
        return stores
    return tuple(one for one in stores if one.store_id in store_ids or one.region in regions)


def _facts(store_id: str, settings: bytes) -> StoreFacts:
    place = _DECODE(settings).store
    return StoreFacts(store_id, place.region, place.currency, _zone(place.time_zone))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
