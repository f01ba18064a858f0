"""What makes a sale doubtful: figures that do not add up, another currency, another day than its event's.

A doubtful sale counts like any other, since the customer has paid it; a person looks at it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from sync.hub.intake.explode import LineBody, SaleBody
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
    found += _discount_doubts(sale)
    due = sale.goods_minor - sale.discount_minor + sale.tax_added_minor + sale.rounding_minor
    if due != sale.total_minor:
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


def _discount_doubts(sale: SaleBody) -> list[str]:
    """What does not fit in the discounts, to the minor unit: their sum, their lines, units, and who pays."""
    found = []
    if sum([one.amount_minor for one in sale.discounts]) != sale.discount_minor:
        found.append("discounts")
    if any(sum([part for *_who, part in one.payers]) != one.amount_minor for one in sale.discounts):
        found.append("funding")
    off: dict[int, int] = {}
    by_line: dict[int, dict[int, int]] = {}
    for one in sale.discounts:
        for line_no, part in one.lines:
            off[line_no] = off.get(line_no, 0) + part
            numbers = by_line.setdefault(line_no, {})
            numbers[one.modifier_no] = numbers.get(one.modifier_no, 0) + part
    known = {line.line_no for line in sale.lines}
    if (
        any(sum([part for _no, part in one.lines]) != one.amount_minor for one in sale.discounts)
        or any(line.amount_minor - off.get(line.line_no, 0) != _paid(line) for line in sale.lines)
        or not known.issuperset(off)
    ):
        found.append("discount_lines")
    if any(not _units_fit(line, by_line.get(line.line_no, {})) for line in sale.lines if line.runs):
        found.append("units")
    return found


def _paid(line: LineBody) -> int:
    return line.amount_minor if line.paid_minor is None else line.paid_minor


def _units_fit(line: LineBody, off: Mapping[int, int]) -> bool:
    """Whether what single units paid, and what each modifier took `off` them, adds up to the line's."""
    shares: dict[int, int] = {}
    for run in line.runs:
        for number, share in run.shares:
            shares[number] = shares.get(number, 0) + run.count * share
    pieces = sum([run.count for run in line.runs])
    # What is weighed, and what the code fixed one amount for, is one unit to a promotion.
    return (
        sum([run.count * run.paid_minor for run in line.runs]) == _paid(line)
        and {n: part for n, part in shares.items() if part} == {n: part for n, part in off.items() if part}
        and pieces in (1, line.quantity)
    )
