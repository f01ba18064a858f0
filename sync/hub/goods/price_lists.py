"""Price lists of the chain, and the rows of the prices stream that come out of them for each store.

What a list says is kept once, with its scope; a store's tills get the rows that reach them, as instants, and
beside them the plain prices that come out for who is no member, as tills of before read them. The prices
of an owner's goods file are one of the lists: the store's own, of the widest scope that still counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, delete, select

from posapp.domain.pricing.items.prices import SCOPES, Asking, PriceAnswer, PriceRow, PriceRows
from sync.hub.database import insert_rows
from sync.hub.feeds.streams import changed_rows, held_bodies, put_rows
from sync.hub.goods.store_facts import StoreFacts, all_stores
from sync.hub.schema.prices import PRICE_LIST_ROW
from sync.protocol.messages import PriceBody, PriceRowBody
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PRICES

#: How the rows that stand for the prices of the goods file are named.
LISTED: Final = "list@"
#: A till sells in the store; rows of other channels are none of its business.
CHANNEL: Final = "store"
#: Rows that ended are told for a while, so that "why this price" can say so.
_TOLD_AFTER_MS: Final = 30 * 86_400_000
_AT_ONCE: Final = 2_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_UTC: Final = ZoneInfo("UTC")
_ENCODER: Final = msgspec.json.Encoder()
_DECODE: Final = msgspec.json.Decoder(PriceBody).decode

Prices = tuple[tuple[int, int], ...]


# ------------------------------------------------------------------ the lists
def put_list_rows(connection: Connection, rows: Iterable[PriceRow], now_ms: int) -> int:
    """Keep rows, each in the place of the one with its id; how many are new or changed."""
    latest = {row.row_id: row for row in rows}
    held: dict[str, PriceRow] = {}
    for ids in _chunks(list(latest)):
        query = select(PRICE_LIST_ROW).where(PRICE_LIST_ROW.c.row_id.in_(ids))
        held.update((row.row_id, _read(row)) for row in connection.execute(query))
    changed = [row for row in latest.values() if held.get(row.row_id) != row]
    insert_rows(connection, PRICE_LIST_ROW, [(*_written(row), now_ms) for row in changed], replace=True)
    return len(changed)


def remove_list_rows(connection: Connection, row_ids: Sequence[str]) -> tuple[str, ...]:
    """Take rows out; the SKUs that they spoke of."""
    skus: set[str] = set()
    for ids in _chunks(list(row_ids)):
        query = select(PRICE_LIST_ROW.c.sku).where(PRICE_LIST_ROW.c.row_id.in_(ids))
        skus.update(connection.execute(query).scalars())
        connection.execute(delete(PRICE_LIST_ROW).where(PRICE_LIST_ROW.c.row_id.in_(ids)))
    return tuple(sorted(skus))


def list_rows(connection: Connection, skus: Sequence[str] | None = None) -> dict[str, list[PriceRow]]:
    """Every row of these items (all by default), by SKU."""
    found: dict[str, list[PriceRow]] = {}
    query = select(PRICE_LIST_ROW).order_by(PRICE_LIST_ROW.c.row_id)
    for some in _chunks(list(skus)) if skus is not None else (None,):
        asked = query if some is None else query.where(PRICE_LIST_ROW.c.sku.in_(some))
        for row in connection.execute(asked):
            found.setdefault(row.sku, []).append(_read(row))
    return found


# ------------------------------------------------------------------ what stores get
def fit_prices(connection: Connection, stores: Iterable[StoreFacts], skus: Sequence[str], now_ms: int) -> int:
    """Bring the prices streams of stores up to date with the lists; how many rows changed."""
    count = 0
    lists = list_rows(connection, skus)
    for store in stores:
        for some in _chunks(sorted(set(skus))):
            held = held_bodies(connection, store.store_id, STREAM_PRICES, some)
            rows = [
                (sku, price_body(store, sku, listed_prices(held.get(sku)), lists.get(sku, ()), now_ms))
                for sku in some
            ]
            wanted = [(sku, body) for sku, body in rows if body is not None or sku in held]
            changed = changed_rows(connection, store.store_id, STREAM_PRICES, wanted)
            count += put_rows(connection, store.store_id, STREAM_PRICES, changed, now_ms)
    return count


def fit_all_prices(connection: Connection, store: StoreFacts, now_ms: int) -> int:
    """The same for one store and every item of the lists: it is new, or its region or clock changed."""
    skus = connection.execute(select(PRICE_LIST_ROW.c.sku).distinct()).scalars().all()
    return fit_prices(connection, (store,), sorted(skus), now_ms) if skus else 0


def listed_prices(held: bytes | None) -> Prices:
    """The prices of the goods file in a row of the stream."""
    if held is None:
        return ()
    body = _DECODE(held)
    if not body.rows:
        return body.prices
    return tuple((row.from_ms or 0, row.minor) for row in body.rows if row.id.startswith(LISTED))


def price_body(
    store: StoreFacts, sku: str, listed: Prices, rows: Iterable[PriceRow], now_ms: int
) -> bytes | None:
    """The row of a store's prices stream, or None where the item has no price there."""
    own = [body for row in rows if (body := _reaching(row, store, now_ms)) is not None]
    if not own:
        return _ENCODER.encode(PriceBody(sku, listed)) if listed else None
    base = [PriceRowBody(f"{LISTED}{since}", minor, from_ms=since or None) for since, minor in listed]
    told = (*base, *sorted(own, key=lambda row: row.id))
    return _ENCODER.encode(PriceBody(sku, _plain(sku, told, now_ms), told))


def _reaching(row: PriceRow, store: StoreFacts, now_ms: int) -> PriceRowBody | None:
    """The row as the store's tills get it, None where it is of another place or long over."""
    here = {"store": store.store_id, "region": store.region, "channel": CHANNEL, "chain": ""}[row.scope]
    if row.place != here or (row.currency and row.currency != store.currency):
        return None
    to_ms = _instant_ms(row.ends, store.zone)
    if to_ms is not None and to_ms < now_ms - _TOLD_AFTER_MS:
        return None
    return PriceRowBody(
        id=row.row_id,
        minor=row.amount_minor,
        scope=row.scope,
        place=row.place,
        from_ms=_instant_ms(row.begins, store.zone),
        to_ms=to_ms,
        members=row.for_members,
        levels=tuple(sorted(row.levels)),
        least_qty=row.least_qty,
    )


def _plain(sku: str, told: Sequence[PriceRowBody], now_ms: int) -> Prices:
    """What who is no member pays for one piece, by time; an end without a successor cannot be said here."""
    rows = PriceRows(_domain_row(sku, row) for row in told)
    turns = sorted({0, *(turn for row in told for turn in (row.from_ms, row.to_ms) if turn is not None)})
    places = {row.scope: row.place for row in told}
    asking = Asking(
        at=_EPOCH, zone=_UTC, store_id=places.get("store", ""), region=places.get("region", ""),
        channel=places.get("channel", ""),
    )  # fmt: skip
    found: list[tuple[int, int]] = []
    for turn in turns:
        row = rows.price(sku, replace(asking, at=_EPOCH + turn * _MS))
        if row is not None and (not found or found[-1][1] != row.amount_minor):
            found.append((turn, row.amount_minor))
    in_force = max((since for since, _minor in found if since <= now_ms), default=0)
    return tuple(pair for pair in found if pair[0] >= in_force)


def _domain_row(sku: str, row: PriceRowBody) -> PriceRow:
    scope = next(scope for scope in SCOPES if scope == row.scope)
    return PriceRow(
        row.id, sku, row.minor, scope, row.place,
        begins=None if row.from_ms is None else _EPOCH + row.from_ms * _MS,
        ends=None if row.to_ms is None else _EPOCH + row.to_ms * _MS,
        for_members=row.members, levels=frozenset(row.levels), least_qty=row.least_qty,
    )  # fmt: skip


def _instant_ms(when: datetime | None, zone: ZoneInfo) -> int | None:
    if when is None:
        return None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=zone)
    return max(0, (aware - _EPOCH) // _MS)


# ------------------------------------------------------------------ rows of the table
def _written(row: PriceRow) -> tuple[Any, ...]:
    return (
        row.row_id, row.sku, row.scope, row.place, row.currency,
        "" if row.begins is None else row.begins.isoformat(),
        "" if row.ends is None else row.ends.isoformat(),
        json.dumps(sorted(row.levels), ensure_ascii=False),
        row.amount_minor, int(row.for_members), row.least_qty,
    )  # fmt: skip


def _read(row: Any) -> PriceRow:
    return PriceRow(
        row.row_id, row.sku, int(row.amount_minor), row.scope, row.place, row.currency,
        begins=datetime.fromisoformat(row.begins) if row.begins else None,
        ends=datetime.fromisoformat(row.ends) if row.ends else None,
        for_members=bool(row.for_members), levels=frozenset(json.loads(row.levels)),
        least_qty=int(row.least_qty),
    )  # fmt: skip


def _chunks(keys: list[str]) -> list[list[str]]:
    return [keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE)]


def put_price_list(
    connection: Connection, rows: Sequence[PriceRow], gone: Sequence[str], now_ms: int
) -> tuple[int, int, int]:
    """Put rows and take others out, for all stores: rows changed, taken out, and that went down."""
    removed = remove_list_rows(connection, gone)
    changed = put_list_rows(connection, rows, now_ms)
    skus = sorted({row.sku for row in rows} | set(removed))
    return changed, len(removed), fit_prices(connection, all_stores(connection), skus, now_ms)


def unknown_skus(connection: Connection, skus: Iterable[str]) -> tuple[str, ...]:
    """Those that no store of this hub has goods of, in order."""
    unknown = sorted(skus)
    for store in all_stores(connection):
        if not unknown:
            break
        known = held_bodies(connection, store.store_id, STREAM_CATALOGUE, unknown)
        unknown = [sku for sku in unknown if sku not in known]
    return tuple(unknown)


def why_price(
    connection: Connection, store: StoreFacts, sku: str, at: datetime, *, level: str | None = None
) -> PriceAnswer | None:
    """Why an item costs what it does in a store at a time, as its tills say it; None: it has no price."""
    held = held_bodies(connection, store.store_id, STREAM_PRICES, [sku]).get(sku)
    return None if held is None else answer_of(store, held, at, level=level)


def answer_of(
    store: StoreFacts, held: bytes, at: datetime, *, level: str | None = None
) -> PriceAnswer | None:
    """The same out of a row of the prices stream."""
    body = _DECODE(held)
    told = body.rows or tuple(
        PriceRowBody(f"{LISTED}{since}", minor, from_ms=since or None) for since, minor in body.prices
    )
    asking = Asking(
        at=at, zone=_UTC, store_id=store.store_id, region=store.region, channel=CHANNEL, level=level
    )
    return PriceRows(_domain_row(body.sku, row) for row in told).why(body.sku, asking)
