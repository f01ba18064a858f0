"""What lost and why, what one more piece would bring; nothing is told that pricing does not bear out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Member, Traits
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Lost, NextStep
from posapp.domain.pricing.terms.promotion import (
    AnyOf,
    Bundle,
    Condition,
    EachUnit,
    GoodsSet,
    Having,
    Needs,
    NFor,
    Nth,
    Off,
    OrderOff,
    Part,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Stack,
    Step,
    Who,
)

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
COLA, CRISPS, HAT = (Having("sku", frozenset({sku})) for sku in ("cola", "crisps", "hat"))


def basket(*lines: tuple[str, int, int]) -> Basket:
    return Basket(
        tuple(BasketLine(no, sku, qty, unit) for no, (sku, qty, unit) in enumerate(lines, 1)), "EUR", AT
    )


def told(
    goods: Basket, *promotions: Promotion, more: tuple[BasketLine, ...] = ()
) -> tuple[dict[str, Lost], tuple[NextStep, ...]]:
    priced = explained(goods, promotions, Policy(), price(goods, promotions), goods=lambda _of: more)
    return {each.promotion_id: each for each in priced.lost}, priced.next_steps


def item(name: str, minor: int, **more: object) -> Promotion:
    return Promotion(name, "item", EachUnit(Off(minor=minor)), COLA, **more)  # type: ignore[arg-type]


def test_why_a_promotion_lost_and_what_it_would_have_given() -> None:
    goods = replace(basket(("cola", 2, 500), ("hat", 1, 3_000)), member=Member("m"))
    lost, _ = told(
        goods,
        item("best", 100),
        item("beaten", 90),
        item("coupon", 120, needs=Needs(codes=frozenset({"X"}))),
        item("staff", 300, who=Who(staff=True)),
        item("g1", 10, stack=Stack(group="g", agrees=frozenset({"*"}))),
        Promotion("o1", "order", OrderOff(Off(minor=50)), stack=Stack(group="og")),
        Promotion("o2", "order", OrderOff(Off(minor=40)), stack=Stack(group="og")),
        item("alone", 20, stack=Stack(alone=True)),
        item("later", 400, begins=datetime(2027, 1, 1, tzinfo=UTC)),
        Promotion("crisps", "item", EachUnit(Off(minor=10)), CRISPS),
    )
    assert lost["beaten"] == Lost("beaten", {}, "beaten", 180, by=("best",))
    assert lost["coupon"] == Lost("coupon", {}, "no_code", 240)
    assert (lost["staff"].reason, lost["staff"].would_give_minor) == ("who", 600)
    assert lost["o2"] == Lost("o2", {}, "group", 40, by=("o1",))
    assert (lost["alone"].reason, lost["alone"].would_give_minor) == ("alone", 40)
    assert set(lost) == {"beaten", "coupon", "staff", "g1", "o2", "alone"}


def test_a_threshold_that_is_missed_says_by_how_much() -> None:
    goods = basket(("cola", 2, 500))
    tier = Promotion("tier", "order", SpendTier("amount", (Step(1_500, Off(minor=300)),)))
    whole = Promotion(
        "cond", "order", OrderOff(Off(minor=70)), needs=Needs(conditions=(Condition(COLA, min_qty=3),))
    )
    lost, steps = told(goods, tier, whole)
    assert (lost["tier"].reason, lost["tier"].missing_minor) == ("condition", 500)
    assert (lost["cond"].reason, lost["cond"].missing_qty, lost["cond"].would_give_minor) == (
        "condition",
        1,
        70,
    )
    assert steps == (
        NextStep("cond", {}, 370, 1, 0, ("cola",), unit_minor=500),
        NextStep("tier", {}, 300, 0, 500, ("cola",)),
    )


@pytest.mark.parametrize(
    ("kind", "quantity", "pieces", "saves"),
    [
        (Nth(2, Off(ppm=500_000)), 1, 1, 250),
        (Nth(2, Off(ppm=500_000)), 3, 1, 250),
        (NFor(3, Off(price_minor=1_200)), 2, 1, 300),
        (QtyTier((Step(2, Off(ppm=100_000)), Step(3, Off(ppm=200_000)))), 2, 1, 200),
        (Reward((Part(COLA, 2),), Part(COLA, 1), Off(ppm=1_000_000)), 2, 1, 500),
    ],
)
def test_the_piece_that_is_missing(kind: object, quantity: int, pieces: int, saves: int) -> None:
    promotion = Promotion("p", "item", kind, COLA)  # type: ignore[arg-type]
    _, steps = told(basket(("cola", quantity, 500)), promotion)
    assert steps == (NextStep("p", {}, saves, pieces, 0, ("cola",), unit_minor=500),)


FREE = Off(ppm=1_000_000)
#: What the shop has besides: dearer crisps first, so that the order of asking does not decide.
SHELF = (
    BasketLine(1, "chips", 1, 450, Traits(("snacks",)), names={"en": "Chips"}),
    BasketLine(2, "crisps", 1, 300, Traits(("snacks",)), names={"en": "Crisps"}),
    BasketLine(3, "nuts", 1, 290, Traits(("snacks",)), is_weighed=True),
    BasketLine(4, "hat", 1, 3_000),
)
SNACKS = Having("category", frozenset({"snacks"}))


@pytest.mark.parametrize(
    ("promotion", "saves", "pieces"),
    [
        (Promotion("p", "item", Bundle((Part(COLA), Part(SNACKS)), Off(price_minor=600))), 200, 1),
        (Promotion("p", "item", Bundle((Part(COLA), Part(SNACKS, 2)), Off(minor=70))), 70, 2),
        (Promotion("p", "item", Reward((Part(COLA),), Part(SNACKS), FREE)), 300, 1),
        (Promotion("p", "item", Reward((Part(COLA),), Part(SNACKS), Off(price_minor=100))), 200, 1),
        (
            Promotion("p", "item", Reward((), Part(SNACKS), FREE, buy_minor=400, buy_of=COLA)),
            300,
            1,
        ),
        (Promotion("p", "item", NFor(2, Off(ppm=100_000)), AnyOf((COLA, SNACKS))), 80, 1),
        (Promotion("p", "item", Nth(2, Off(ppm=500_000)), AnyOf((COLA, SNACKS))), 150, 1),
        (Promotion("p", "item", NFor(2, Off(minor=20)), AnyOf((COLA, SNACKS)), differ="sku"), 40, 1),
        (
            Promotion(
                "p", "item", EachUnit(Off(minor=50)), COLA, needs=Needs(conditions=(Condition(SNACKS, 1),))
            ),
            50,
            1,
        ),
        (
            Promotion(
                "p", "order", OrderOff(Off(minor=90)), needs=Needs(conditions=(Condition(min_items=2),))
            ),
            90,
            1,
        ),
    ],
)
def test_goods_that_are_not_in_the_basket_are_named(promotion: Promotion, saves: int, pieces: int) -> None:
    one = basket(("cola", 1, 500))
    lost, steps = told(one, promotion, more=SHELF)
    assert steps == (NextStep("p", {}, saves, pieces, 0, steps[0].skus, True, {"en": "Crisps"}, 300),)
    # The cheapest is the one it was priced with; what is sold by weight is no piece.
    assert steps[0].skus[0] == "crisps"
    assert "nuts" not in steps[0].skus
    # It lost so far, and is named; without a shelf nobody can say what to add that is new.
    assert list(lost) == ["p"]
    assert not any(step.is_new for step in told(one, promotion)[1])
    # It is as it was told: the basket with it costs so much less.
    line = BasketLine(9, "crisps", pieces, 300, Traits(("snacks",)))
    then = price(replace(one, lines=(*one.lines, line)), [promotion])
    assert then.discount_minor == saves


def test_a_threshold_on_goods_that_do_not_lie_there_yet() -> None:
    off = Promotion(
        "p",
        "item",
        EachUnit(Off(minor=50)),
        COLA,
        needs=Needs(conditions=(Condition(SNACKS, min_minor=700),)),
    )
    assert told(basket(("cola", 1, 500)), off)[1] == ()
    (step,) = told(basket(("cola", 1, 500)), off, more=SHELF)[1]
    assert (step.saves_minor, step.add_qty, step.add_minor) == (50, 0, 700)
    assert step.skus == ("crisps", "chips")


def test_alike_goods_are_looked_at_by_themselves() -> None:
    brand = Promotion("p", "item", NFor(3, Off(price_minor=1_000)), same="sku")
    # Together three pieces lie there; of neither item three do.
    goods = basket(("cola", 2, 500), ("hat", 1, 600))
    _, steps = told(goods, brand)
    assert [(step.skus, step.add_qty, step.saves_minor) for step in steps] == [
        (("cola",), 1, 500),
        (("hat",), 2, 800),
    ]
    tier = Promotion("t", "item", QtyTier((Step(3, Off(minor=10)),), "sku"))
    assert [(step.skus[0], step.add_qty) for step in told(goods, tier)[1]] == [("cola", 1)]


def test_an_addition_is_told_once_and_the_work_is_bounded() -> None:
    ways = [Promotion(f"p{n:02}", "item", Nth(2, Off(minor=100 + n)), COLA) for n in range(60)]
    asked: list[GoodsSet] = []

    def more(of: GoodsSet) -> tuple[BasketLine, ...]:
        asked.append(of)
        return SHELF

    goods = basket(("cola", 1, 500))
    steps = explained(goods, ways, Policy(), price(goods, ways), goods=more).next_steps
    # All of them ask for one more cola; the best of them takes most off.
    assert [(step.promotion_id, step.saves_minor) for step in steps] == [("p59", 159)]
    # One set is asked for once.
    assert asked == [COLA]


def test_no_step_that_saves_nothing_more() -> None:
    # The next piece of a group is beaten by what each piece gets anyway.
    worse = Promotion("worse", "item", NFor(2, Off(price_minor=999)), COLA)
    assert told(basket(("cola", 1, 500)), worse, item("each", 100))[1] == ()
    # Nor what a coupon would do that was not shown.
    coupon = replace(worse, needs=Needs(codes=frozenset({"X"})))
    assert told(basket(("cola", 1, 500)), coupon)[1] == ()
    shown = replace(basket(("cola", 1, 500)), codes=(Code("X"),))
    assert [each.saves_minor for each in told(shown, coupon)[1]] == [1]


def test_each_multiple_has_a_next_one() -> None:
    every = Promotion("e", "order", SpendTier("amount", (Step(1_000, Off(minor=100)),), every=True))
    _, steps = told(basket(("hat", 1, 2_300)), every)
    assert steps == (NextStep("e", {}, 100, 0, 700, ("hat",)),)
