"""What is to be priced: lines of goods, whose they are to be, when and where, and the codes that were shown.

Plain values for both ends: the till makes them of its cart, the hub of a stored sale, the command of a file.
Amounts are integer minor units, rates parts per million. Knows no promotion and no currency's digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from posapp.domain.shop import Words
from posapp.values import dataclass

PPM_OF_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class LineTax:
    """One rate on a line: 13 % is 130000; `included` where the line's price has it in it already.

    Rates of one `level` stand beside each other; one of a higher level falls on the price and on the taxes of
    the lower ones (compound), or on those it names in `on`. `per_unit_minor` is a fixed amount a piece, which
    no discount lowers. `of_price`: the rate is a share of the price with this tax and those beside it. A rate
    below 0 is withheld.
    """

    rate_id: str
    ppm: int
    included: bool
    level: int = 0
    per_unit_minor: int = 0
    on: frozenset[str] | None = None
    of_price: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """What a set may pick an item by: its category from the widest to the narrowest, its brand, its tags."""

    category: tuple[str, ...] = ()
    brand: str = ""
    tags: frozenset[str] = frozenset()


#: The price reason of value that is put on a gift card: it is locked, and earns nothing until it is spent.
GIFT_VALUE = "gift_card"


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Goods of one kind at one price: `quantity` pieces at `unit_minor` each.

    Goods by weight are one piece whose `unit_minor` is their whole amount (`is_weighed`). `is_locked`: no
    discount touches them (gift cards, a price that the code itself fixed). `price_reason` says where the
    unit price comes from. No promotion takes a unit below `floor_minor`, the goods' own lowest price.
    """

    line_no: int
    sku: str
    quantity: int
    unit_minor: int
    traits: Traits = Traits()
    taxes: tuple[LineTax, ...] = ()
    names: Words = field(default_factory=dict)
    is_locked: bool = False
    is_weighed: bool = False
    price_reason: str = "list"
    floor_minor: int = 0

    @property
    def amount_minor(self) -> int:
        """All pieces before any promotion."""
        return self.quantity * self.unit_minor


@dataclass(frozen=True, slots=True)
class Member:
    """The shopper as far as prices go; an id, never a name. `orders_before` decides first-purchase rights."""

    member_id: str
    level: str = ""
    tags: frozenset[str] = frozenset()
    orders_before: int | None = None
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class Uses:
    """How many baskets used a promotion before this one, and what it took off; None is not known here.

    The member's earlier goods (pieces, amount) count in the promotion's conditions besides this basket's.
    """

    by_member: int | None = 0
    today: int | None = 0
    campaign: int | None = 0
    campaign_minor: int | None = 0
    earlier_qty: int = 0
    earlier_minor: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """A coupon's code that was shown: the batch it is of, and how often it may still be used."""

    code: str
    batch: str = ""
    uses_left: int = 1


@dataclass(frozen=True, slots=True)
class Basket:
    """All that a price depends on. `at` is local time with its zone: weekdays and hours are the shop's own.

    `deposits` are presale deposits already paid, by promotion; `points` what the member may spend, and
    `points_wanted` how many of them at most (None: as many as are allowed, 0: none). `tender` is the way to
    pay where it has been chosen.
    """

    lines: tuple[BasketLine, ...]
    currency: str
    at: datetime
    store_id: str = ""
    region: str = ""
    channel: str = "store"
    member: Member | None = None
    codes: tuple[Code, ...] = ()
    uses: Mapping[str, Uses] = field(default_factory=dict)
    deposits: Mapping[str, int] = field(default_factory=dict)
    points: int = 0
    points_wanted: int | None = 0
    tender: str = ""
