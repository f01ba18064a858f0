"""What makes a sale doubtful: figures that do not add up, another currency, another day than its event's.

A doubtful sale counts like any other, since the customer has paid it; a person looks at it later.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from sync.hub.intake.explode import SaleBody
from sync.hub.schema.events import STORE

_ISO_DAY_CHARS: Final = 10


class _StoreSettings(msgspec.Struct):
    currency: str = ""


class _Settings(msgspec.Struct):
    store: _StoreSettings = msgspec.field(default_factory=_StoreSettings)


_SETTINGS: Final = msgspec.json.Decoder(_Settings)


def day_of(business_date: str) -> str:
    """The ISO date of an event, or "" where it names none that there is."""
    return business_date if len(business_date) == _ISO_DAY_CHARS and _is_day(business_date) else ""


@lru_cache(maxsize=512)
def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def store_currency(connection: Connection, store_id: str) -> str:
    """The currency of a store, or "" where the hub does not know it."""
    settings = connection.execute(select(STORE.c.settings).where(STORE.c.store_id == store_id)).scalar()
    return "" if settings is None else _SETTINGS.decode(settings).store.currency


def doubts(sale: SaleBody, *, day: str, currency: str) -> tuple[str, ...]:
    """What does not fit in a sale, as fixed words; `currency` is the store's, `day` the event's."""
    found = []
    if sum([line.amount_minor for line in sale.lines]) != sale.goods_minor:
        found.append("goods")
    if sum([tax.tax_minor for tax in sale.taxes if not tax.included]) != sale.tax_added_minor:
        found.append("tax")
    if sale.goods_minor + sale.tax_added_minor + sale.rounding_minor != sale.total_minor:
        found.append("total")
    if sum([tender.amount_minor for tender in sale.tenders]) != sale.tendered_minor:
        found.append("tenders")
    if sale.tendered_minor - sale.change_minor != sale.total_minor:
        found.append("change")
    if currency and sale.currency != currency:
        found.append("currency")
    if not day or sale.business_date != day:
        found.append("business_date")
    return tuple(found)
