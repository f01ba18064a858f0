"""Rows of price lists as the catalogue's file keeps them, asked through the domain's own resolver.

The hub sends a store the rows that reach it and no others, their times as instants, so nothing about the shop
is needed here: which price holds, since when, what comes next, and why, is answered offline. Rows of a kind
that this till does not know are told apart from none: then the plain prices beside them count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from posapp.domain.pricing.items.prices import SCOPES, Asking, PriceAnswer, PriceRow, PriceRows
from sync.protocol.messages import PriceRowBody, PriceRowsBody

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_UTC: Final = ZoneInfo("UTC")
_decode: Final = msgspec.json.Decoder(PriceRowsBody).decode


class ItemPriceRows:
    """The rows of one item; times go in and come out as epoch milliseconds."""

    __slots__ = ("_places", "_rows", "_sku")

    def __init__(self, sku: str, rows: Iterable[PriceRow]) -> None:
        told = tuple(rows)
        self._sku = sku
        self._rows = PriceRows(told)
        #: The store's own places: it is sent no rows of others.
        self._places = {row.scope: row.place for row in told}

    def price_at(self, at_ms: int) -> tuple[int | None, int | None]:
        """The price in force for who is no member, and since when its row holds."""
        row = self._rows.price(self._sku, self._asking(at_ms, None))
        if row is None:
            return None, None
        return row.amount_minor, 0 if row.begins is None else (row.begins - _EPOCH) // _MS

    def coming(self, at_ms: int) -> tuple[int | None, int | None]:
        """The next price that differs and when it begins, where there is one."""
        answer = self.why(at_ms)
        if answer is None or answer.coming is None or answer.coming.amount_minor is None:
            return None, None
        return answer.coming.amount_minor, (answer.coming.at - _EPOCH) // _MS

    def why(self, at_ms: int, *, level: str | None = None) -> PriceAnswer | None:
        """The price with its reason, for a member of a level or (None) for anybody."""
        return self._rows.why(self._sku, self._asking(at_ms, level))

    def _asking(self, at_ms: int, level: str | None) -> Asking:
        places = self._places
        return Asking(
            at=_EPOCH + at_ms * _MS,
            zone=_UTC,
            store_id=places.get("store", ""),
            region=places.get("region", ""),
            channel=places.get("channel", ""),
            level=level,
        )


@lru_cache(maxsize=4096)
def read_rows(sku: str, body: bytes) -> ItemPriceRows | None:
    """The rows of an item, or None where this till cannot read all of them."""
    try:
        told = _decode(body)
        return ItemPriceRows(sku, [_row(sku, each) for each in told.rows])
    except (msgspec.DecodeError, ValueError, OverflowError):
        # A hub of a later version says more than this till knows; its plain prices stand beside.
        return None


def listed_rows(sku: str, prices: Iterable[tuple[int, int]]) -> ItemPriceRows:
    """The same for plain prices: pairs of (from in epoch milliseconds, minor units)."""
    return ItemPriceRows(
        sku, [PriceRow(f"list@{from_ms}", sku, minor, begins=_time(from_ms)) for from_ms, minor in prices]
    )


def _row(sku: str, told: PriceRowBody) -> PriceRow:
    scope = next((scope for scope in SCOPES if scope == told.scope), None)
    if scope is None:
        raise ValueError(f"there is no scope {told.scope!r}")
    return PriceRow(
        row_id=told.id,
        sku=sku,
        amount_minor=told.minor,
        scope=scope,
        place=told.place,
        begins=None if told.from_ms is None else _time(told.from_ms),
        ends=None if told.to_ms is None else _time(told.to_ms),
        for_members=told.members,
        levels=frozenset(told.levels),
        least_qty=told.least_qty,
    )


def _time(at_ms: int) -> datetime:
    return _EPOCH + at_ms * _MS
