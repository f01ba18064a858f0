"""A basket with its prices: what was taken off, by what, of which unit, who pays it, and why.

Everything that screen, paper, journal, hub and refund say is read from here, so that they cannot differ. Sums
hold by construction and are asserted where a result is made.
"""

from __future__ import annotations

from dataclasses import field

from posapp.domain.shop import Words
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class UnitRun:
    """Units of one line that came out the same: `count` of them, each paying `paid_minor`.

    `shares` is what each discount (its index in `PricedBasket.discounts`) took off one such unit.
    """

    count: int
    paid_minor: int
    shares: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line: list amount, what is paid for it, and its units in runs (quantities add up to the line's)."""

    line_no: int
    sku: str
    quantity: int
    list_minor: int
    paid_minor: int
    runs: tuple[UnitRun, ...]

    @property
    def unit_shares(self) -> tuple[int, ...]:
        """What each unit pays, unit by unit; their sum is `paid_minor`."""
        return tuple(run.paid_minor for run in self.runs for _ in range(run.count))


@dataclass(frozen=True, slots=True)
class Discount:
    """One promotion's effect on the basket: its amount (above 0), the lines it fell on, who pays it.

    `applications` is how often it was applied; `code` the coupon it used; `base_minor` what the goods it was
    computed on came to. `lines` are (line number, amount) and add up to the amount, as `funding` does.
    `points` paid its amount; `cost_points` is what the use of it cost the member besides.
    """

    promotion_id: str
    version: int
    names: Words
    layer: str
    rule: str
    amount_minor: int
    lines: tuple[tuple[int, int], ...]
    funding: tuple[tuple[str, str, int], ...]
    applications: int = 1
    code: str = ""
    base_minor: int = 0
    points: int = 0
    gl_code: str = ""
    cost_points: int = 0


@dataclass(frozen=True, slots=True)
class Gift:
    """Goods that the shopper gets; where not `in_basket`, the till is to give them.

    `code` is the coupon that such a gift used: no discount says it.
    """

    promotion_id: str
    sku: str
    quantity: int
    in_basket: bool
    code: str = ""
    version: int = 1
    names: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lost:
    """A promotion that touched the basket and was not used: why, and what it would have given by itself.

    `reason`: "beaten" (another choice gives more), "condition" (see `missing_*`), "group", "alone", "limit",
    "no_code", "locked", "saves_nothing".
    """

    promotion_id: str
    names: Words
    reason: str
    would_give_minor: int = 0
    missing_minor: int = 0
    missing_qty: int = 0
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextStep:
    """What one more piece would bring: add `add_qty` of `skus` (or goods for an amount) and save so much.

    It was priced with the first of `skus`, which `item_names` and `unit_minor` are about; the others would do
    too, and may save more or less. `is_new`: that item does not lie in the basket yet.
    """

    promotion_id: str
    names: Words
    saves_minor: int
    add_qty: int = 0
    add_minor: int = 0
    skus: tuple[str, ...] = ()
    is_new: bool = False
    item_names: Words = field(default_factory=dict)
    unit_minor: int = 0


@dataclass(frozen=True, slots=True)
class TaxSum:
    """Tax of one rate: net it falls on, and the tax; `line_shares` are (line number, net, tax)."""

    rate_id: str
    ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int
    line_shares: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """The whole answer. goods − discounts = Σ lines' paid; + added tax + rounding = total.

    `is_proven`: nothing better exists under the rules; else the work limit was reached and `states` says
    where. `points_earned` and `points_used` are whole points; lines that are `silent` earned none of them,
    and without the codes of `earned_by` it would be fewer.
    """

    lines: tuple[PricedLine, ...]
    discounts: tuple[Discount, ...]
    taxes: tuple[TaxSum, ...]
    goods_minor: int
    discount_minor: int
    tax_added_minor: int
    rounding_minor: int
    total_minor: int
    gifts: tuple[Gift, ...] = ()
    lost: tuple[Lost, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    points_earned: int = 0
    points_used: int = 0
    is_proven: bool = True
    states: int = 0
    silent: tuple[int, ...] = ()
    earned_by: tuple[str, ...] = ()
