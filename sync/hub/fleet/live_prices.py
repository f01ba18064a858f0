"""What the tills of a store price by now: its shop, its promotions as they read them, its goods and prices.

Reading thousands of promotions takes a moment, so they are kept until their stream or the shop changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from posapp.domain.codes import normalise
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.basket import Traits
from posapp.domain.shop import Shop
from sync.hub.feeds.streams import heads, held_bodies
from sync.hub.goods.promotion_admin import store_promotions
from sync.hub.goods.shop_admin import stored_shop
from sync.hub.goods.store_facts import StoreFacts, facts_of
from sync.hub.schema.events import ITEM_CODE
from sync.protocol.messages import ItemBody
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PRICES, STREAM_PROMOTIONS, STREAM_SETTINGS

_KEPT: Final = 8
_KEYS_AT_ONCE: Final = 2_000
_ITEM: Final = msgspec.json.Decoder(ItemBody).decode


@dataclass(frozen=True, slots=True)
class LiveStore:
    """A store with its live promotions; `unread` are ids of those that its tills leave out."""

    shop: Shop
    facts: StoreFacts
    index: PromotionIndex
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Goods:
    """An item of a store's catalogue; `prices` is its row of the prices stream, None where it has none."""

    item: ItemBody
    traits: Traits
    prices: bytes | None


class LiveStores:
    """Stores as they are now; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[tuple[str, str], LiveStore]] = OrderedDict()

    def of(self, connection: Connection, store_id: str) -> LiveStore | None:
        """A store, or None where this hub has no such."""
        now = heads(connection, store_id)
        stands = (now[STREAM_PROMOTIONS], now[STREAM_SETTINGS])
        with self._lock:
            kept = self._kept.get(store_id)
            if kept is not None and kept[0] == stands:
                self._kept.move_to_end(store_id)
                return kept[1]
        live = read_live(connection, store_id)
        if live is not None:
            with self._lock:
                self._kept[store_id] = (stands, live)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return live


def read_live(connection: Connection, store_id: str) -> LiveStore | None:
    """A store with everything read anew, or None."""
    shop = stored_shop(connection, store_id)
    if shop is None:
        return None
    facts = facts_of(shop)
    promotions, unread = store_promotions(connection, facts)
    return LiveStore(shop, facts, PromotionIndex(promotions), tuple(unread))


def goods_of_store(connection: Connection, store_id: str, skus: Sequence[str]) -> dict[str, Goods]:
    """Items by SKU; those that the store does not have are left out."""
    found: dict[str, Goods] = {}
    for start in range(0, len(skus), _KEYS_AT_ONCE):
        some = list(skus[start : start + _KEYS_AT_ONCE])
        prices = held_bodies(connection, store_id, STREAM_PRICES, some)
        for sku, body in held_bodies(connection, store_id, STREAM_CATALOGUE, some).items():
            item = _ITEM(body)
            traits = Traits(item.category, item.brand, frozenset(item.tags))
            found[sku] = Goods(item, traits, prices.get(sku))
    return found


def sku_of(connection: Connection, store_id: str, text: str) -> str:
    """The SKU that a text names: itself, or the item that has it as its code."""
    if held_bodies(connection, store_id, STREAM_CATALOGUE, [text]):
        return text
    query = select(ITEM_CODE.c.sku).where(
        ITEM_CODE.c.store_id == store_id, ITEM_CODE.c.key == normalise(text).key
    )
    return connection.execute(query).scalar() or text
