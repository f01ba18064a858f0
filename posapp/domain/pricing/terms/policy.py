"""The conventions that a chain (or another system whose results are to be reproduced) declares.

Every choice that a legal rule, a habit or an older system makes differently stands here by name, with our own
as the default; the engine reads them and decides nothing else by itself.
"""

from __future__ import annotations

from typing import Literal

from posapp.domain.money import Mode as Mode
from posapp.domain.pricing.terms.promotion import GoodsSet
from posapp.values import dataclass

Sharing = Literal[
    "largest_remainder", "equal_per_unit", "largest_ratio", "first_takes_rest", "truncate_from_end",
    "last_takes_rest", "in_order", "rounded_from_first",
]  # fmt: skip


PointsBase = Literal["paid", "list", "before_points"]
PointsPer = Literal["order", "line"]


@dataclass(frozen=True, slots=True)
class PointsRules:
    """Earning: so many points for so much money (minor units), rounded as stated, on which base."""

    points: int = 0
    per_minor: int = 100
    mode: Mode = "floor"
    base: PointsBase = "paid"
    #: Whether the rounding happens once or line by line.
    per: PointsPer = "order"
    #: Goods that earn nothing, not by promotions either; None is without any.
    but: GoodsSet | None = None
    #: What one order earns at most, promotions included; 0 is without a limit.
    most: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """Conventions; the defaults are our own.

    `choose`: "best" looks for the best combination under the layers; "sequence" computes promotions one after
    the other, each on what is left, in the order of their priority (high first, then as listed), or, with
    `sequence_order` "free", in the order that is best for the customer. `stacking` (of a sequence): "all" go
    together, "exclusive": a unit that one took is not there for the next, "single": one promotion in all.
    `percent_of`: a share is of the price that the layer began with ("base"), of what is left ("left") or of
    the list price ("list"); `item_percent_of` says it for the item layer of a sequence where that differs.
    """

    choose: Literal["best", "sequence"] = "best"
    sequence_order: Literal["priority", "free"] = "priority"
    #: "rewards": a unit that a reward took part in is not there for the next reward.
    stacking: Literal["all", "exclusive", "rewards", "single"] = "all"
    #: Of a sequence: which promotion of a group is used, the first that takes something off or the best; or
    #: all of them, and their `max_discount` is for all together.
    of_group: Literal["first", "best", "share"] = "first"
    #: Of a sequence: what conditions count, the prices that it began with or what is left.
    judged_on: Literal["list", "left"] = "list"
    #: Of a sequence: what falls off where less is left of a campaign's amount: that part, or nothing.
    short_budget: Literal["part", "nothing"] = "part"
    percent_of: Literal["base", "left", "list"] = "base"
    item_percent_of: Literal["same", "base", "left", "list"] = "same"
    #: What is rounded at once where a share is taken off goods: a unit, a line, all goods of the same tax
    #: rates, the units of one application, or all that the promotion takes. The second: in the order layer.
    percent_per: Literal["unit", "line", "rate", "application", "order"] = "unit"
    order_percent_per: Literal["unit", "line", "rate", "order"] = "order"
    percent_mode: Mode = "half_up"
    #: Whom an application's value is shared out to: all units that took part in it, or those it reduces.
    share_over: Literal["taking_part", "reduced"] = "taking_part"
    sharing: Sharing = "largest_remainder"
    #: What amounts are shared out by: what the goods still cost, that without the tax in it, or with all tax.
    share_by: Literal["gross", "net", "with_tax", "quantity"] = "gross"
    #: Of a sequence: amounts go over the units at once, or over lines and within a line over its units.
    share_among: Literal["units", "lines"] = "units"
    #: Which units a promotion with a limit takes first.
    takes: Literal["best", "dearest", "cheapest", "listed"] = "best"
    #: Of a sequence: what chooses its units first where the same goods are bought and got.
    reward_first: Literal["got", "bought"] = "got"
    #: Of a sequence: groups of different goods as listed, or from the values with most units, cheapest and
    #: dearest by turns; what is left over joins a group that has none of its value.
    differing: Literal["listed", "balanced"] = "listed"
    #: "with_tax": where a basket is read, added taxes are put into its prices: amounts off are amounts
    #: with tax. "without_tax": included ones are taken out, line by line.
    amounts: Literal["as_priced", "with_tax", "without_tax"] = "as_priced"
    #: How the amount of goods by weight is rounded, and of prices that are finer than the currency.
    price_mode: Mode = "half_up"
    tax_mode: Literal["included", "added"] = "included"
    #: Where tax is rounded: by line, by unit, or once by rate over the document. "total" rounds the tax and
    #: "kept" the net (tax is the rest); with both a price that includes its tax stays. "net_total": each
    #: line's net is rounded, tax is that of their sum, and what is to be paid moves with it.
    #: "net_document": the document's net is rounded and tax is that of it; the price moves where they differ.
    #: "line_kept": each line's net is rounded and the last of its included taxes is what the others leave.
    tax_rounding: Literal["line", "unit", "total", "kept", "line_kept", "net_total", "net_document"] = "total"
    tax_round_mode: Mode = "half_up"
    #: Taxes (with "kept" and the nets: what is rounded) are whole numbers of this step.
    tax_step_minor: int = 1
    #: Tax of what is paid, or of the price before any discount (as where the coupon's maker pays for it).
    tax_base: Literal["paid", "list"] = "paid"
    cash_step_minor: int = 1
    cash_mode: Mode = "half_up"
    #: Where the rounding of cash stands: by itself, or on the largest tax.
    cash_to: Literal["rounding", "largest_tax"] = "rounding"
    refund: Literal["keep_shares", "reprice"] = "keep_shares"
    points: PointsRules = PointsRules()
    #: Work limit in search states of one basket: the same on every till, whatever its speed.
    states_max: int = 200_000
