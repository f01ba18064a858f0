"""What the flows need to read from the world, as protocols; nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Literal, Protocol

from posapp.domain.cart import Cart
from posapp.domain.catalog import Item
from posapp.domain.codes.reading import Reading
from posapp.domain.members.terms import MemberCard
from posapp.domain.price_facts import SetAside
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.items.prices import PriceAnswer
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import PointsRules
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import GoodsSet, Promotion
from posapp.domain.shop import Shop


class Clock(Protocol):
    """Time as given, never as taken from the system inside a rule."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back."""


class Ids(Protocol):
    """Source of identities."""

    def new_id(self) -> str:
        """A fresh UUIDv7 as text."""


class CatalogueUnreadable(Exception):  # noqa: N818 - a state of the file
    """The items cannot be read now; nothing can be said about a code."""


class CatalogReader(Protocol):
    """Items at the scan: reads only, answers in well under a millisecond.

    Both look-ups raise CatalogueUnreadable where the file is damaged.
    """

    def by_key(self, key: str, at_ms: int) -> Item | None:
        """The item that a normalised look-up key (domain.codes) belongs to, priced at a time."""

    def by_sku(self, sku: str, at_ms: int) -> Item | None:
        """The item with this SKU, priced at a time."""

    def why_price(self, sku: str, at_ms: int, *, level: str | None = None) -> PriceAnswer | None:
        """Which list an item's price stands in and since when; None where it has none.

        `level` is that of the member who asks, "" for one without, None for anybody else.
        """


class CodeReaderPort(Protocol):
    """Says what a text is by itself; asks no catalogue and never raises."""

    def read(self, raw: str, *, today: date) -> Reading:
        """What a raw text is; `today` places two-digit years."""


#: The reader that a shop's rules make; asked at every scan, so it keeps what it made.
CodeReaders = Callable[[Shop], CodeReaderPort]


class Pricing(Protocol):
    """Prices of a basket: deterministic, reads nothing but what it is given."""

    def lines(self, cart: Cart, shop: Shop) -> tuple[BasketLine, ...]:
        """The lines as promotions see them; one that stands as it stood is the same object."""

    def price(
        self,
        basket: Basket,
        promotions: PromotionIndex,
        shop: Shop,
        *,
        earning: PointsRules = PointsRules(),
        own: Promotion | None = None,
    ) -> tuple[PricedBasket, datetime | None]:
        """The basket with its prices, and when the clock may change them (None: it does not).

        `earning` are the rules by which it earns points, `own` prices of the member's own lists.
        """

    def faulty(self) -> tuple[SetAside, ...]:
        """Promotions that prices are made without since they could not be computed, in the order found."""


class Shelf(Protocol):
    """What the shop has to sell, by the sets that promotions speak of; may take some milliseconds."""

    def goods_of(self, of: GoodsSet, at_ms: int) -> Sequence[Item]:
        """Some items that may be in a set, priced at a time; none where it names no goods."""


class MemberReader(Protocol):
    """Members that this till knows: reads only, answers in well under a millisecond."""

    def by_id(self, member_id: str) -> MemberCard | None:
        """The member with this id, a former identity included, or None."""

    def by_ref(self, kind: Literal["phone", "card"], text: str) -> MemberCard | None:
        """The member with this phone or card number as keyed or scanned, or None."""

    def last_step(self, member_id: str) -> int | None:
        """The newest time step of this member's codes that was taken here, or None."""

    def revoked_before_ms(self, member_id: str) -> int:
        """Codes of this member from before this time (epoch milliseconds) are not taken; 0: all are."""

    def hub_now_ms(self) -> tuple[int, int]:
        """The hub's time as this till knows it (epoch ms) and by how much it may be wrong (ms)."""


class NoMembers:
    """A till that knows no members, and trusts its own clock by nothing."""

    def by_id(self, member_id: str) -> MemberCard | None:
        """None."""
        return None

    def by_ref(self, kind: Literal["phone", "card"], text: str) -> MemberCard | None:
        """None."""
        return None

    def last_step(self, member_id: str) -> int | None:
        """None."""
        return None

    def revoked_before_ms(self, member_id: str) -> int:
        """All codes count."""
        return 0

    def hub_now_ms(self) -> tuple[int, int]:
        """No time at all: no code that hangs on it is taken."""
        return 0, 0


class SoldReader(Protocol):
    """Which pieces with a serial number this till has sold: reads only, answers in microseconds."""

    def sold_at_ms(self, gtin14: str, serial: str) -> int | None:
        """When this piece was last sold (epoch milliseconds), or None; also None where it cannot be read."""
