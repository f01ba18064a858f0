"""Carts drawn by seed, with promotions of every kind, a policy, codes, members, points, taxes and a currency.

All that is drawn is well-formed: each promotion could have been read from its document. Small amounts and odd
shares, so that every rounding and every end of a limit comes up. Three of four carts are small (up to three
units, few promotions): most of what two promotions do to each other is there already. Knows no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final, TypeVar

from posapp.domain.money import MODES, minor_digits
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, LineTax, Member, Traits, Uses
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    Condition,
    Deposit,
    EachUnit,
    Every,
    Except,
    Funding,
    GoodsSet,
    Having,
    Kind,
    Layer,
    Limits,
    Needs,
    NFor,
    Nth,
    Off,
    OrderOff,
    Part,
    PointsAdd,
    PointsPay,
    PointsTimes,
    PriceBook,
    Priced,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Stack,
    Step,
    Who,
)

T = TypeVar("T")
AT: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SKUS: Final = "ABCDEF"
CURRENCIES: Final = ("CNY", "EUR", "EUR", "JPY", "KWD")
CASH_STEPS: Final = (1, 1, 1, 5, 10, 25, 50)
_PRICES: Final = (0, 1, 2, 3, 5, 7, 50, 99, 100, 101, 333, 499, 1000, 1999, 12_345)
_SHARES: Final = (10_000, 33_300, 50_000, 100_000, 125_000, 200_000, 333_333, 500_000, 999_999, 1_000_000)
_AMOUNTS: Final = (1, 2, 3, 10, 33, 50, 99, 100, 250, 1000)
_TAXES: Final = (
    (), (),
    (("vat", 130_000, 0, 0),), (("vat", 190_000, 0, 0),), (("low", 70_000, 0, 0),),
    (("gst", 50_000, 0, 0), ("pst", 99_750, 1, 0)), (("vat", 100_000, 0, 0), ("fee", 0, 0, 7)),
    (("fee", 0, 0, 9), ("old", 0, 0, 2), ("vat", 190_000, 1, 0)),
)  # fmt: skip
_FUNDING: Final = (
    (Funding("store", 1_000_000),),
    (Funding("platform", 300_000), Funding("store", 700_000)),
    (Funding("brand", 333_333, "Acme"), Funding("platform", 333_333), Funding("store", 333_334)),
)


@dataclass(frozen=True, slots=True)
class Cart:
    """What one seed draws."""

    basket: Basket
    promotions: tuple[Promotion, ...]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Size:
    """How many units and promotions there may be; each list is drawn from."""

    units: tuple[int, ...]
    items: tuple[int, ...]
    orders: tuple[int, ...]
    points: tuple[int, ...]
    book: float


FULL: Final = Size((1, 2, 3, 4, 5, 6, 6, 7, 9), (0, 1, 1, 2, 2, 3), (0, 0, 1, 1, 2), (0, 0, 0, 1, 2), 0.25)
SMALL: Final = Size((1, 1, 2, 2, 3), (0, 0, 1, 1, 1, 2), (0, 0, 0, 1), (0, 0, 0, 0, 0, 1), 0.2)
#: One cart of so many is of full size.
FULL_EVERY: Final = 4


class Drawing:
    """Draws one cart."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.size = SMALL if seed % FULL_EVERY else FULL
        self.worth = 0

    def maybe(self, chance: float, value: T) -> T | None:
        return value if self.dice.random() < chance else None

    def cart(self) -> Cart:
        dice = self.dice
        currency = dice.choice(CURRENCIES)
        included = dice.random() < 0.6
        lines = self._lines(included)
        self.worth = sum(line.amount_minor for line in lines)
        codes = tuple(
            Code(code, dice.choice(("", "B")), dice.choice((1, 1, 1, 0)))
            for code in ("C0", "C1", "C2")
            if dice.random() < 0.6
        )
        size = self.size
        layers: list[Layer] = ["item"] * dice.choice(size.items) + ["order"] * dice.choice(size.orders)
        layers += ["price"] * (dice.random() < size.book) + ["points"] * dice.choice(size.points)
        dice.shuffle(layers)
        promotions = tuple(self._promotion(layer, f"p{n}") for n, layer in enumerate(layers))
        member = None
        if dice.random() < 0.5:
            member = Member("m-1", dice.choice(("", "gold")), frozenset({"new"}), dice.choice((None, 0, 4)))
        basket = Basket(
            lines, currency, AT, member=member, codes=codes,
            uses={"p0": Uses(by_member=dice.choice((0, 1)), campaign_minor=dice.choice((0, 40, None)))},
            deposits={"p1": 100} if dice.random() < 0.5 else {},
            points=dice.choice((0, 0, 3, 50, 1000, 100_000)),
            points_wanted=dice.choice((0, None, None, 40)),
        )  # fmt: skip
        return Cart(basket, promotions, self._policy(currency, included))

    # ------------------------------------------------------------------ goods and policy
    def _lines(self, included: bool) -> tuple[BasketLine, ...]:
        dice = self.dice
        prices = dice.sample(_PRICES, dice.randint(1, 4))
        left = dice.choice(self.size.units)
        lines: list[BasketLine] = []
        numbers = list(range(1, 10))
        if dice.random() < 0.2:
            dice.shuffle(numbers)
        while left > 0:
            quantity = dice.randint(1, min(left, 4))
            is_weighed = dice.random() < 0.1
            quantity = 1 if is_weighed else quantity
            left -= quantity
            traits = Traits(
                (("food", "dairy"), ("food",), ("wear",), ())[dice.randrange(4)],
                dice.choice(("Acme", "Alm", "")),
                frozenset({"t"}) if dice.random() < 0.4 else frozenset(),
            )
            taxes = tuple(
                LineTax(name, ppm, included, level, fixed) for name, ppm, level, fixed in dice.choice(_TAXES)
            )
            price = dice.choice(prices)
            lines.append(
                BasketLine(
                    numbers[len(lines)], dice.choice(SKUS), quantity, price, traits, taxes,
                    is_locked=dice.random() < 0.06, is_weighed=is_weighed,
                    floor_minor=dice.choice((0,) * 12 + (1, 60)),
                )
            )  # fmt: skip
        return tuple(lines)

    def _policy(self, currency: str, included: bool) -> Policy:
        dice = self.dice
        step = dice.choice(CASH_STEPS) if minor_digits(currency) else 1
        points = PointsRules(
            dice.choice((0, 1, 3)), 100, dice.choice(("floor", "half_up")),
            dice.choice(("paid", "list", "before_points")), dice.choice(("order", "line")),
        )  # fmt: skip
        own = Policy(
            tax_mode="included" if included else "added",
            tax_rounding=dice.choice(("line", "unit", "total", "kept", "net_total", "net_document")),
            tax_round_mode=dice.choice(MODES), cash_step_minor=step, cash_mode=dice.choice(MODES),
            refund=dice.choice(("keep_shares", "reprice")), points=points, percent_mode=dice.choice(MODES),
        )  # fmt: skip
        if dice.random() < 0.75:
            return own
        return Policy(
            choose="sequence", sequence_order=dice.choice(("priority", "free")),
            stacking=dice.choice(("all", "exclusive", "single")),
            percent_of=dice.choice(("base", "left", "list")),
            percent_per=dice.choice(("unit", "line", "rate", "application", "order")),
            order_percent_per=dice.choice(("unit", "line", "rate", "order")),
            share_over=dice.choice(("taking_part", "reduced")),
            sharing=dice.choice((
                "largest_remainder", "equal_per_unit", "largest_ratio", "first_takes_rest",
                "truncate_from_end", "last_takes_rest",
            )),
            share_by=dice.choice(("gross", "net", "quantity")),
            takes=dice.choice(("best", "dearest", "cheapest", "listed")),
            tax_mode=own.tax_mode, tax_rounding=own.tax_rounding, tax_round_mode=own.tax_round_mode,
            cash_step_minor=step, cash_mode=own.cash_mode, refund=own.refund, points=points,
            percent_mode=own.percent_mode,
        )  # fmt: skip

    # ------------------------------------------------------------------ promotions
    def _promotion(self, layer: Layer, name: str) -> Promotion:
        dice = self.dice
        draw = {
            "price": self._book, "item": self._item, "order": self._order, "points": self._points
        }[layer]  # fmt: skip
        kind = draw()
        limits = self._limits(layer, kind)
        tags = frozenset({"x"}) if dice.random() < 0.35 else frozenset[str]()
        stack = Stack(
            dice.choice(("",) * 6 + ("g", "h")), tags, frozenset({dice.choice("xy*")}) if tags else tags,
            dice.random() < 0.04, dice.choice((0, 0, 1, 2)),
        )  # fmt: skip
        has_differ = isinstance(kind, Nth | NFor) and dice.random() < 0.15
        return Promotion(
            name, layer, kind, self._goods(), version=dice.randint(1, 9), needs=self._needs(layer),
            who=Who(members=True) if dice.random() < 0.1 else Who(), limits=limits, stack=stack,
            ends=datetime(2026, 11, dice.randint(23, 30), tzinfo=UTC) if dice.random() < 0.3 else None,
            funding=dice.choice(_FUNDING), gl_code=dice.choice(("", "4711")),
            same=dice.choice(("sku", "brand", "price")) if dice.random() < 0.07 else "",
            differ="sku" if has_differ else "",
        )  # fmt: skip

    def _limits(self, layer: Layer, kind: Kind) -> Limits:
        """Those that the kind keeps: a tier has no applications."""
        dice = self.dice
        has_no_end = isinstance(kind, Reward) and not kind.buy and kind.buy_minor is None
        is_tier = isinstance(kind, QtyTier)
        is_unitwise = layer != "item" or is_tier or isinstance(kind, EachUnit)
        return Limits(
            per_order=1 if has_no_end else self.maybe(0 if is_tier else 0.15, dice.randint(1, 3)),
            per_member=self.maybe(0.05, 1),
            max_units=self.maybe(0.1, dice.randint(1, 3)),
            max_units_per_line=self.maybe(0.08 if is_unitwise else 0, 1),
            max_minor=self.maybe(0.15, dice.choice(_AMOUNTS)),
            floor_minor=self.maybe(0.06, dice.choice((0, 1, 60, 90))),
            floor_ppm=self.maybe(0.06, dice.choice((100_000, 700_000))),
            campaign_minor=self.maybe(0.1, dice.choice((50, 90))),
        )

    def _goods(self) -> GoodsSet:
        dice = self.dice
        some = Having("sku", frozenset(dice.sample(SKUS, dice.randint(1, 4))))
        pick = dice.randrange(14)
        if pick < 5:
            return Every()
        others: tuple[GoodsSet, ...] = (
            some, some, some, Having("tag", frozenset({"t"})), Having("category", frozenset({"food"})),
            Having("brand", frozenset({"Acme"})), Except(some), AllOf((Every(), Except(some))),
            AnyOf((some, Having("tag", frozenset({"t"})))) if pick % 2 else Priced(5, 1000),
        )  # fmt: skip
        return others[pick - 5]

    def _needs(self, layer: Layer) -> Needs:
        dice = self.dice
        codes = frozenset({dice.choice(("C0", "C1", "c2"))}) if dice.random() < 0.2 else frozenset[str]()
        conditions: tuple[Condition, ...] = ()
        if dice.random() < (0.45 if layer == "order" else 0.12):
            least = dice.randint(0, max(1, self.worth))
            conditions = (
                (
                    Condition(
                        self._goods(), min_minor=least, tax=dice.choice(("as_priced", "with", "without"))
                    ),
                )
                if dice.random() < 0.7
                else (Condition(self._goods(), min_qty=dice.randint(1, 3), max_minor=least + 5000),)
            )
        after = layer == "order" and dice.random() < 0.5
        return Needs(
            codes, "B" if not codes and dice.random() < 0.03 else "", conditions,
            "after_items" if after else "list", points=dice.choice((5, 60)) if dice.random() < 0.03 else 0,
        )  # fmt: skip

    def _off(self, *, price: bool = True) -> Off:
        dice = self.dice
        pick = dice.randrange(5 if price else 4)
        if pick < 2:
            return Off(ppm=dice.choice(_SHARES))
        return Off(minor=dice.choice(_AMOUNTS)) if pick < 4 else Off(price_minor=dice.choice(_PRICES))

    def _part(self) -> Part:
        return Part(self._goods(), self.dice.choice((1, 1, 1, 2)))

    def _book(self) -> Kind:
        dice = self.dice
        prices = {sku: dice.choice(_PRICES) for sku in dice.sample(SKUS, 2)} if dice.random() < 0.5 else {}
        return PriceBook(
            prices, self._off() if not prices or dice.random() < 0.5 else None, dice.random() < 0.3
        )

    def _item(self) -> Kind:
        dice = self.dice
        pick = dice.randrange(9)
        if pick <= 2:
            return EachUnit(self._off())
        if pick == 3:
            n = dice.randint(1, 3)
            return Nth(n, self._off(), dice.choice(("cheapest", "dearest")), dice.randint(1, n))
        if pick == 4:
            return NFor(dice.randint(1, 4), self._off())
        if pick == 5:
            return Bundle(tuple(self._part() for _ in range(dice.randint(1, 3))), self._off())
        if pick == 6:
            steps = zip((1, 2, 4), sorted(dice.sample(_SHARES, 3)), strict=True)
            kept = tuple(Step(n, Off(ppm=share)) for n, share in steps)[dice.randrange(2) :]
            return QtyTier(kept, dice.choice(("used", "used", "basket", "line", "sku")))
        buy = tuple(self._part() for _ in range(dice.choice((0, 1, 1, 2))))
        worth = None if buy else dice.choice((None, 50, 500))
        is_free = dice.random() < 0.5
        return Reward(
            buy, self._part(), Off(ppm=1_000_000) if is_free else self._off(), worth,
            self._goods() if worth is not None else Every(), dice.random() < 0.2,
            ("E",) if is_free and dice.random() < 0.4 else (), 1 if buy and dice.random() < 0.1 else 0,
        )  # fmt: skip

    def _order(self) -> Kind:
        dice = self.dice
        cap = self.maybe(0.25, dice.choice(_AMOUNTS))
        per = dice.choice(("order", "order", "order", "line"))
        pick = dice.randrange(7)
        if pick == 0:
            paid = dice.choice((0, 50, 100))
            return Deposit(paid, paid + dice.choice(_AMOUNTS))
        if pick <= 3:
            which = dice.choice(("all", "all", "all", "cheapest", "dearest"))
            return OrderOff(self._off(price=False), cap, per, which, dice.randint(1, 2))
        if pick <= 5:
            least = sorted(dice.sample(range(1, max(3, self.worth)), 2))
            return SpendTier(
                "amount", tuple(Step(n, self._off(price=False)) for n in least)[dice.randrange(2) :],
                dice.random() < 0.3, cap, per,
            )  # fmt: skip
        every = dice.random() < 0.3
        more = 0 if every else dice.choice((0, 0, 5))
        return SpendTier("qty", (Step(dice.randint(1, 3), self._off(price=False), more),), every, cap, per)

    def _points(self) -> Kind:
        dice = self.dice
        pick = dice.randrange(5)
        if pick == 0:
            return PointsTimes(dice.choice((0, 1_500_000, 2_000_000)))
        if pick == 1:
            per = dice.choice(("order", "unit", "amount"))
            return PointsAdd(dice.randint(1, 9), per, 30 if per == "amount" else 0)
        return PointsPay(
            dice.choice((1, 7, 100)), dice.choice((1, 10, 100)), dice.choice((1, 1, 10)),
            dice.choice((1_000_000, 500_000, 333_300)),
        )  # fmt: skip


def drawn_cart(seed: int) -> Cart:
    """The cart of a seed."""
    return Drawing(seed).cart()
