"""Published promotions: for all stores, some regions or some stores; what each store's tills get of them.

A promotion is kept once with whom it goes to; the streams of the stores follow, in the same transaction, and
a store that is new or moves to another region gets its own. Also which goods have so many promotions at once
that pricing them takes long.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, select

from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.goods.index import PromotionIndex, touched_sets
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Traits
from posapp.domain.pricing.terms.promotion import AllOf, AnyOf, GoodsSet, Having, Promotion
from sync.hub.database import insert_rows
from sync.hub.feeds.snapshots import want_snapshot
from sync.hub.feeds.streams import changed_rows, held_bodies, put_rows
from sync.hub.goods.promotion_files import Published
from sync.hub.goods.shop_rules import stream_bodies
from sync.hub.goods.store_facts import StoreFacts, all_stores
from sync.hub.schema.prices import PROMOTION
from sync.protocol.messages import TraitsBody
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PROMOTIONS

#: From this many live item promotions of one SKU on the owner is told: the number of them per item, and not
#: how many there are in all, is what prices cost.
DENSE_FROM: Final = 9
_SKUS_LOOKED_AT: Final = 20_000
_KEYS_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Held:
    """A published promotion: its document and whom it goes to (both empty: all stores)."""

    promotion_id: str
    body: bytes
    stores: frozenset[str]
    regions: frozenset[str]

    def goes_to(self, store: StoreFacts) -> bool:
        """Whether a store gets it."""
        if not self.stores and not self.regions:
            return True
        return store.store_id in self.stores or (bool(store.region) and store.region in self.regions)


@dataclass(frozen=True, slots=True)
class Put:
    """What became of promotions that were put; `same_version`: changed, but still of the version before."""

    changed: int
    unchanged: int
    rows: int
    same_version: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dense:
    """Goods that many live item promotions touch; `what` is "sku 4711" or "category dairy"."""

    what: str
    count: int


def published(connection: Connection, promotion_ids: Sequence[str] | None = None) -> dict[str, Held]:
    """The published promotions (all by default), by id."""
    query = select(PROMOTION).order_by(PROMOTION.c.promotion_id)
    found: dict[str, Held] = {}
    for some in _chunks(promotion_ids) if promotion_ids is not None else (None,):
        asked = query if some is None else query.where(PROMOTION.c.promotion_id.in_(some))
        for row in connection.execute(asked):
            places = (frozenset(json.loads(row.stores)), frozenset(json.loads(row.regions)))
            found[row.promotion_id] = Held(row.promotion_id, bytes(row.body), *places)
    return found


def put_promotions(
    connection: Connection,
    promotions: Sequence[Published],
    *,
    stores: frozenset[str],
    regions: frozenset[str],
    now_ms: int,
) -> Put:
    """Publish promotions to stores and regions (neither: to all), in the place of those with their ids."""
    wanted = [Held(one.promotion.promotion_id, one.body, stores, regions) for one in promotions]
    before = published(connection, [one.promotion_id for one in wanted])
    changed = [one for one in wanted if before.get(one.promotion_id) != one]
    places = (json.dumps(sorted(stores)), json.dumps(sorted(regions)))
    rows = [(one.promotion_id, *places, one.body, now_ms) for one in changed]
    insert_rows(connection, PROMOTION, rows, replace=True)
    count = _fit(connection, all_stores(connection), {one.promotion_id: one for one in wanted}, now_ms)
    same = [
        one.promotion_id
        for one in changed
        if (old := before.get(one.promotion_id)) is not None
        and old.body != one.body
        and _version(old.body) == _version(one.body)
    ]
    return Put(len(changed), len(wanted) - len(changed), count, tuple(same))


def remove_promotions(connection: Connection, promotion_ids: Sequence[str], now_ms: int) -> tuple[str, ...]:
    """Take promotions back from every store that has them; the ids that nobody knew."""
    known = set(published(connection, promotion_ids))
    for some in _chunks(promotion_ids):
        connection.execute(delete(PROMOTION).where(PROMOTION.c.promotion_id.in_(some)))
    gone: dict[str, Held | None] = dict.fromkeys(promotion_ids)
    stores = all_stores(connection)
    for store in stores:
        known |= set(held_bodies(connection, store.store_id, STREAM_PROMOTIONS, list(promotion_ids)))
    _fit(connection, stores, gone, now_ms)
    return tuple(one for one in promotion_ids if one not in known)


def fit_all_promotions(connection: Connection, store: StoreFacts, now_ms: int) -> int:
    """Give a store that is new or moved its promotions, and take others' back; how many rows changed."""
    return _fit(connection, (store,), published(connection), now_ms)


def _fit(
    connection: Connection, stores: Iterable[StoreFacts], wanted: Mapping[str, Held | None], now_ms: int
) -> int:
    """Bring the streams of stores up to date with these promotions (None: it is gone)."""
    count = 0
    for store in stores:
        held = held_bodies(connection, store.store_id, STREAM_PROMOTIONS, list(wanted))
        rows: list[tuple[str, bytes | None]] = []
        for promotion_id, one in wanted.items():
            if one is not None and one.goes_to(store):
                rows.append((promotion_id, one.body))
            elif promotion_id in held:
                rows.append((promotion_id, None))
        changed = changed_rows(connection, store.store_id, STREAM_PROMOTIONS, rows)
        if changed:
            count += put_rows(connection, store.store_id, STREAM_PROMOTIONS, changed, now_ms)
            want_snapshot(connection, store.store_id, now_ms)
    return count


def _version(body: bytes) -> Any:
    return msgspec.json.decode(body).get("version", 1)


# ------------------------------------------------------------------ what a store has
def store_promotions(connection: Connection, store: StoreFacts) -> tuple[list[Promotion], list[str]]:
    """The promotions of a store as its tills read them, and the ids of those that they cannot read."""
    read: list[Promotion] = []
    unread: list[str] = []
    for key, body in stream_bodies(connection, store.store_id, STREAM_PROMOTIONS):
        found = read_promotion(read_strictly(body.decode()), currency=store.currency)
        if isinstance(found, Promotion):
            read.append(found)
        else:
            unread.append(key)
    return read, unread


def dense_goods(
    connection: Connection, store: StoreFacts, about: Sequence[Promotion], now_ms: int
) -> list[Dense]:
    """Goods of these promotions that many live item promotions of a store touch, the most first."""
    now = store.now(now_ms)
    index = PromotionIndex(
        each for each in store_promotions(connection, store)[0] if each.layer == "item" and _lives(each, now)
    )
    found = []
    for what, line in _goods_of(connection, store, about):
        basket = Basket((line,), store.currency, now, store.store_id, store.region)
        count = len(index.touching(basket))
        if count >= DENSE_FROM:
            found.append(Dense(what, count))
    return sorted(found, key=lambda one: (-one.count, one.what))


def _lives(promotion: Promotion, now: Any) -> bool:
    ends = promotion.ends
    if ends is not None and ends.tzinfo is None:
        ends = ends.replace(tzinfo=now.tzinfo)
    return promotion.enabled and (ends is None or ends > now)


def _goods_of(
    connection: Connection, store: StoreFacts, about: Sequence[Promotion]
) -> list[tuple[str, BasketLine]]:
    """A line for each SKU and each other word that promotions name."""
    named: dict[str, set[str]] = {"sku": set(), "category": set(), "brand": set(), "tag": set()}
    for promotion in about:
        for goods in touched_sets(promotion):
            _collect(goods, named)
    skus = sorted(named["sku"])[:_SKUS_LOOKED_AT]
    traits = traits_of(connection, store.store_id, skus)
    lines = [(f"sku {sku}", BasketLine(1, sku, 1, 1, traits.get(sku, Traits()))) for sku in skus]
    for what, made in (
        ("category", lambda word: Traits(category=(word,))),
        ("brand", lambda word: Traits(brand=word)),
        ("tag", lambda word: Traits(tags=frozenset({word}))),
    ):
        lines += [(f"{what} {word}", BasketLine(1, "", 1, 1, made(word))) for word in sorted(named[what])]
    return lines


def _collect(goods: GoodsSet, named: dict[str, set[str]]) -> None:
    if isinstance(goods, Having):
        named[goods.what] |= goods.values
    elif isinstance(goods, AnyOf | AllOf):
        for each in goods.sets:
            _collect(each, named)


def traits_of(connection: Connection, store_id: str, skus: Sequence[str]) -> dict[str, Traits]:
    """What promotions pick these items by; items that a store does not have are left out."""
    found: dict[str, Traits] = {}
    for some in _chunks(skus):
        for sku, body in held_bodies(connection, store_id, STREAM_CATALOGUE, some).items():
            told = msgspec.json.decode(body, type=TraitsBody)
            found[sku] = Traits(told.category, told.brand, frozenset(told.tags))
    return found


def _chunks(keys: Sequence[str]) -> list[list[str]]:
    return [list(keys[start : start + _KEYS_AT_ONCE]) for start in range(0, len(keys), _KEYS_AT_ONCE)]
