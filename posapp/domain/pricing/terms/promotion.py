"""Promotions as data: what each says, in plain values; its reading and its effect are known elsewhere.

A promotion belongs to one layer and has one kind. Layers follow each other: price (one book per unit), item
(each unit in at most one application), order, points. Amounts are minor units, shares parts per million.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Literal

from posapp.domain.shop import Words
from posapp.values import dataclass

Layer = Literal["price", "item", "order", "points"]
LAYERS: tuple[Layer, ...] = ("price", "item", "order", "points")


# ------------------------------------------------------------------ sets of goods
@dataclass(frozen=True, slots=True)
class Every:
    """All goods."""


@dataclass(frozen=True, slots=True)
class Having:
    """Goods with one of these values: of `what` a sku, category (at any depth), brand or tag is asked."""

    what: Literal["sku", "category", "brand", "tag"]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Priced:
    """Goods whose unit price is from one amount to another, both included; None is without an end."""

    from_minor: int | None
    to_minor: int | None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Goods in one of the sets."""

    sets: tuple[GoodsSet, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Goods in all of the sets."""

    sets: tuple[GoodsSet, ...]


@dataclass(frozen=True, slots=True)
class Except:
    """Goods in no part of a set."""

    of: GoodsSet


GoodsSet = Every | Having | Priced | AnyOf | AllOf | Except


# ------------------------------------------------------------------ who, when, under what condition
@dataclass(frozen=True, slots=True)
class Weekly:
    """A window of the week: days 0 (Monday) to 6; minutes of the day, the last not included (to 1440)."""

    days: frozenset[int]
    from_minute: int = 0
    to_minute: int = 1440


@dataclass(frozen=True, slots=True)
class Who:
    """Whose right it is; every part that is stated must hold. Empty is for all."""

    members: bool = False
    member_ids: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    #: Who has one of these is left out.
    except_tags: frozenset[str] = frozenset()
    #: Which order of the member it must be: 1 is the first purchase.
    nth_order: int | None = None
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What the basket must hold of a set: pieces and amount within bounds (both included).

    `tax`: the amount as the goods are priced, or with or without the tax that falls on them. Locked lines
    count in no condition.
    """

    of: GoodsSet = Every()
    min_qty: int | None = None
    max_qty: int | None = None
    min_minor: int | None = None
    max_minor: int | None = None
    #: Different items (SKUs), not pieces.
    min_items: int | None = None
    tax: Literal["as_priced", "with", "without"] = "as_priced"


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be there besides the goods: a coupon (by code or batch), and the conditions.

    Conditions are judged on the amounts after the price layer ("list"), or after the item layer
    ("after_items", order promotions only).
    """

    codes: frozenset[str] = frozenset()
    batch: str = ""
    conditions: tuple[Condition, ...] = ()
    judged_on: Literal["list", "after_items"] = "list"
    match: Literal["all", "any"] = "all"
    #: Ways to pay of which one must have been chosen.
    tenders: frozenset[str] = frozenset()
    #: Points of the member that one use costs.
    points: int = 0

    @property
    def is_coupon(self) -> bool:
        """Whether a code has to be shown."""
        return bool(self.codes or self.batch)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often and how much at most; None is without a limit.

    `per_order` counts applications in one basket; `per_member`, `per_day` and `campaign` count baskets that
    used it, `campaign_minor` what it took off in all of them. `max_units` (also line by line) counts units
    that get money off; `floor_minor` and `floor_ppm` (of the unit's price) is what a unit never falls below.
    `when_unknown`: whether it holds where nobody knows how often it was used.
    """

    per_order: int | None = None
    per_member: int | None = None
    per_day: int | None = None
    campaign: int | None = None
    max_units: int | None = None
    max_minor: int | None = None
    floor_minor: int | None = None
    floor_ppm: int | None = None
    max_units_per_line: int | None = None
    campaign_minor: int | None = None
    when_unknown: Literal["allow", "refuse"] = "allow"


@dataclass(frozen=True, slots=True)
class Stack:
    """What it goes together with.

    Of one `group` at most one promotion is used in a basket. On one unit two item promotions go together
    only if each names a tag of the other in `agrees` ("*" names all). `alone`: with no other at all, or
    only with those that go alone by the same name (`alone_with`), which are of no group.
    `priority` (high first) is the order in which those that go together are computed.
    """

    group: str = ""
    tags: frozenset[str] = frozenset()
    agrees: frozenset[str] = frozenset()
    alone: bool = False
    priority: int = 0
    alone_with: str = ""


@dataclass(frozen=True, slots=True)
class Funding:
    """Who pays a share of what is taken off; shares of a promotion add up to a million."""

    party: Literal["platform", "brand", "store"]
    ppm: int
    name: str = ""


# ------------------------------------------------------------------ kinds
@dataclass(frozen=True, slots=True)
class Off:
    """What happens to a price: so much off (share or amount), or down to a price; exactly one is set."""

    ppm: int | None = None
    minor: int | None = None
    price_minor: int | None = None


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Layer price: a price by SKU, or one price or reduction for all; `locks` keeps other promotions away."""

    prices: Mapping[str, int] = field(default_factory=dict)
    off: Off | None = None
    locks: bool = False


@dataclass(frozen=True, slots=True)
class EachUnit:
    """Layer item: every unit of the set by itself."""

    off: Off


@dataclass(frozen=True, slots=True)
class Nth:
    """Layer item: of every `n` units `count` get the reduction, the cheapest or the dearest ones."""

    n: int
    off: Off
    which: Literal["cheapest", "dearest"] = "cheapest"
    count: int = 1


@dataclass(frozen=True, slots=True)
class NFor:
    """Layer item: any `n` units of the set together: for a price, or each with a share or amount off."""

    n: int
    off: Off


@dataclass(frozen=True, slots=True)
class Part:
    """So many units of a set."""

    of: GoodsSet
    qty: int = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """Layer item: the parts together: for a price, with an amount off the whole, or a share off each unit."""

    parts: tuple[Part, ...]
    off: Off


@dataclass(frozen=True, slots=True)
class Reward:
    """Layer item: who takes the `buy` parts (or goods for an amount) gets units of `get` reduced.

    A gift is `off` of all (a million ppm), a purchase with purchase a price. `cheaper`: a reward is never
    dearer than what was bought for it. `adds`: the gift is put into the basket where it lies in none: the
    till is told to give it (SKUs, in the order of choice). `over`: so many pieces of the first part have to
    be bought once, beyond those of the applications.
    """

    buy: tuple[Part, ...]
    get: Part
    off: Off
    buy_minor: int | None = None
    buy_of: GoodsSet = Every()
    cheaper: bool = False
    adds: tuple[str, ...] = ()
    over: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """From `least` (pieces, or minor units) on, this is what falls off.

    `more_minor` (spend tiers by pieces) falls off besides for each piece beyond `least`.
    """

    least: int
    off: Off
    more_minor: int = 0


@dataclass(frozen=True, slots=True)
class QtyTier:
    """Layer item: the more units of the set, the more falls off each of them; the highest step reached holds.

    `counts` "used": units count that this promotion itself gets; "basket": all of the set in the basket;
    "line", "sku": all of the unit's own line or item.
    """

    steps: tuple[Step, ...]
    counts: Literal["used", "basket", "line", "sku"] = "used"


@dataclass(frozen=True, slots=True)
class OrderOff:
    """Layer order: a share or an amount off what the goods of the set come to, `cap_minor` at most.

    `per` "line": off each line of the set by itself, the cap as well. `units`: off the `count` cheapest or
    dearest units of the set only.
    """

    off: Off
    cap_minor: int | None = None
    per: Literal["order", "line"] = "order"
    units: Literal["all", "cheapest", "dearest"] = "all"
    count: int = 1


@dataclass(frozen=True, slots=True)
class SpendTier:
    """Layer order: the highest step that the set's amount (or pieces) reaches; `every`: for each multiple.

    `per` "line": judged and taken off line by line.
    """

    by: Literal["amount", "qty"]
    steps: tuple[Step, ...]
    every: bool = False
    cap_minor: int | None = None
    per: Literal["order", "line"] = "order"


@dataclass(frozen=True, slots=True)
class Deposit:
    """Layer order: a presale deposit counts for more than was paid; the difference falls off."""

    paid_minor: int
    worth_minor: int


@dataclass(frozen=True, slots=True)
class PointsTimes:
    """Layer points: goods of the set earn so many times the points (ppm: 2× is 2,000,000)."""

    times_ppm: int


@dataclass(frozen=True, slots=True)
class PointsAdd:
    """Layer points: so many points besides, once, for each unit of the set, or for each `per_minor` of it."""

    points: int
    per: Literal["order", "unit", "amount"] = "order"
    per_minor: int = 0


@dataclass(frozen=True, slots=True)
class PointsPay:
    """Layer points: `points` buy `worth_minor`, in steps of `step_points`, up to a share of what is due."""

    points: int
    worth_minor: int
    step_points: int = 1
    cap_ppm: int = 1_000_000


Kind = (
    PriceBook | EachUnit | Nth | NFor | Bundle | Reward | QtyTier | OrderOff | SpendTier | Deposit
    | PointsTimes | PointsAdd | PointsPay
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion, whole. `version` goes with every discount, so that a sale says what it was priced by.

    `begins` and `ends` (not included) are instants where they have a zone, else wall-clock times of the shop.
    Empty sets of stores, regions, channels are for all of them. `same` ("sku", "category", "brand", "price",
    "tag:PREFIX"): it acts on the goods of each value by itself. `differ` (the same words): the units of one
    group all differ in it.
    """

    promotion_id: str
    layer: Layer
    kind: Kind
    on: GoodsSet = Every()
    version: int = 1
    names: Words = field(default_factory=dict)
    enabled: bool = True
    begins: datetime | None = None
    ends: datetime | None = None
    weekly: tuple[Weekly, ...] = ()
    stores: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    currency: str = ""
    who: Who = Who()
    needs: Needs = Needs()
    limits: Limits = Limits()
    stack: Stack = Stack()
    funding: tuple[Funding, ...] = (Funding("store", 1_000_000),)
    gl_code: str = ""
    same: str = ""
    differ: str = ""


@dataclass(frozen=True, slots=True)
class UnreadablePromotion:
    """A promotion that this program cannot act on: kept as it came, told in the journal, never a stop."""

    promotion_id: str
    problem: str
    path: str = ""
