"""The hub's promotions as the till's file of items and prices has them, read anew where they changed.

Knows how far the stream had come when it was read, so that looking costs nothing while all stays as it is.
Used by one thread of its own: tens of thousands of documents take seconds, and no scan waits for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from posapp.domain.catalog import Item
from posapp.domain.pricing.terms.promotion import GoodsSet
from posapp.exchange.promotions import PromotionReader
from posapp.flows.intents import PromotionsSent
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import open_reader
from posapp.store.goods_shelf import GoodsShelf
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.versions import STREAM_PROMOTIONS

_HEARD: Final = "SELECT cursor, life, rows, unreadable, updated_ms FROM stream WHERE stream = ?"
_BODIES: Final = "SELECT key, body FROM document WHERE stream = ? AND deleted = 0 ORDER BY key"


class PromotionFeed:
    """The promotions of one till; `changed` tells them where they are otherwise than told last."""

    def __init__(self, catalogue: CatalogPlace, currency: Callable[[], str]) -> None:
        """Nothing is read yet; `currency` is the shop's, "" before there is one."""
        self._hold = catalogue.hold(open_reader, patient=True)
        self._currency = currency
        self._reader = PromotionReader()
        self._heard: Any = None
        self._shelf = GoodsShelf(catalogue)

    def changed(self) -> PromotionsSent | None:
        """All promotions, or None where nothing changed or the file cannot be read now."""
        currency = self._currency()
        if not currency:
            return None  # without a shop there is no amount to read
        try:
            with self._hold as connection:
                heard = (currency, connection.execute(_HEARD, (STREAM_PROMOTIONS,)).fetchone())
                if heard == self._heard:
                    return None
                rows = connection.execute(_BODIES, (STREAM_PROMOTIONS,))
                documents = [(str(key), bytes(body)) for key, body in rows]
        except (DatabaseError, *UNFIT):
            # The file is asked again at the next look, and a scan says by itself that it cannot be read.
            return None
        self._heard = heard
        return PromotionsSent(*self._reader.read(documents, currency))

    def goods_of(self, of: GoodsSet, at_ms: int) -> Sequence[Item]:
        """Some items that may be in a set of a promotion, priced at a time."""
        return self._shelf.goods_of(of, at_ms)

    def close(self) -> None:
        """Let the file go."""
        self._shelf.close()
        self._hold.close()
