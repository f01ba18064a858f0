"""What is told of promotions that lost, and of next steps, at the ends of their rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.terms.basket import Basket, BasketLine, LineTax, Member, Traits, Uses
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Lost, PricedBasket
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    Bundle,
    Condition,
    EachUnit,
    Except,
    Having,
    Limits,
    Needs,
    NFor,
    Off,
    OrderOff,
    Part,
    PointsPay,
    PriceBook,
    Priced,
    Promotion,
    Reward,
    SpendTier,
    Stack,
    Step,
)

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FREE = Off(ppm=1_000_000)


def sku(*values: str) -> Having:
    return Having("sku", frozenset(values))


def basket(*lines: tuple[str, int, int]) -> Basket:
    made = (BasketLine(no, sku, qty, unit) for no, (sku, qty, unit) in enumerate(lines, 1))
    return Basket(tuple(made), "EUR", AT)


def told(goods: Basket, *promotions: Promotion, more: Sequence[BasketLine] = ()) -> PricedBasket:
    return explained(goods, promotions, Policy(), price(goods, promotions), goods=lambda _: more)


def reasons(goods: Basket, *promotions: Promotion) -> dict[str, str]:
    return {each.promotion_id: each.reason for each in told(goods, *promotions).lost}


def item(name: str, minor: int, *of: str, **more: object) -> Promotion:
    return Promotion(name, "item", EachUnit(Off(minor=minor)), sku(*of), **more)  # type: ignore[arg-type]


GOODS = basket(("a", 2, 500), ("b", 1, 300), ("c", 1, 900))


# ------------------------------------------------------------------ what lost
def test_what_would_have_given_most_comes_first() -> None:
    best = item("best", 200, "a", "b")
    lost = told(
        GOODS, best, item("x", 10, "b"), item("z", 50, "b"), item("y", 50, "b"), item("w", 90, "a")
    ).lost
    assert [(each.promotion_id, each.would_give_minor) for each in lost] == [
        ("w", 180), ("y", 50), ("z", 50), ("x", 10),
    ]  # fmt: skip
    assert {each.by for each in lost} == {("best",)}


def test_only_those_of_the_asked_lines() -> None:
    promotions = (
        item("best", 200, "a", "b", "c"), item("of-a", 10, "a"), item("of-ab", 10, "a", "b"),
        Promotion("bundle", "item", Bundle((Part(sku("a")), Part(sku("c"))), Off(minor=1))),
        Promotion("book", "price", PriceBook({"b": 299})),
        Promotion("all", "price", PriceBook({}, Off(minor=1))),
    )  # fmt: skip
    priced = price(GOODS, promotions)
    everything = {each.promotion_id for each in explained(GOODS, promotions, Policy(), priced).lost}

    def on(*places: int) -> set[str]:
        lines = [GOODS.lines[at] for at in places]
        found = explained(GOODS, promotions, Policy(), priced, lost_on=lines).lost
        return {each.promotion_id for each in found}

    assert on(0) == everything & {"of-a", "of-ab", "bundle", "all"}
    assert on(1) == everything & {"of-ab", "book", "all"}
    assert on(0, 1) == everything
    assert on() == set()
    assert {"of-a", "of-ab", "bundle"} <= everything


def test_price_books_are_judged_from_the_list() -> None:
    lower = Promotion("lower", "price", PriceBook({"a": 400}))
    higher = Promotion("higher", "price", PriceBook({"a": 450}))
    lost = told(GOODS, lower, higher).lost
    assert lost == (Lost("higher", {}, "beaten", 100, by=("lower",)),)
    # After the books: 10 % of what is left of a, b and c.
    tenth = Promotion("tenth", "item", EachUnit(Off(ppm=100_000)), stack=Stack(group="g"))
    quarter = Promotion("quarter", "item", EachUnit(Off(ppm=250_000)), stack=Stack(group="g"))
    assert told(GOODS, lower, tenth, quarter).lost == (Lost("tenth", {}, "group", 200, by=("quarter",)),)


@pytest.mark.parametrize(
    ("promotion", "lost"),
    [
        (item("p", 10, "a", needs=Needs(codes=frozenset({"X"}))), Lost("p", {}, "no_code", 20)),
        (item("p", 10, "a", limits=Limits(campaign=1)), Lost("p", {}, "limit", 0)),
        (item("p", 0, "a"), Lost("p", {}, "saves_nothing")),
        (
            item("p", 10, "a", needs=Needs(conditions=(Condition(sku("a"), min_qty=5),))),
            Lost("p", {}, "condition", 20, missing_qty=3),
        ),
        (
            Promotion("p", "item", NFor(4, Off(minor=10)), sku("a", "b")),
            Lost("p", {}, "condition", missing_qty=1),
        ),
        (
            Promotion("p", "order", SpendTier("amount", (Step(2_500, Off(minor=10)),))),
            Lost("p", {}, "condition", missing_minor=300),
        ),
        (
            Promotion(
                "p", "order", OrderOff(Off(minor=10)),
                needs=Needs(conditions=(Condition(min_minor=2_300),), judged_on="after_items"),
            ),
            Lost("p", {}, "condition", 10, missing_minor=100),
        ),
    ],
)  # fmt: skip
def test_why_nothing_came_of_it(promotion: Promotion, lost: Lost) -> None:
    goods = replace(GOODS, uses={"p": Uses(campaign=1)})
    assert told(goods, promotion).lost == (lost,)


def test_goods_whose_price_is_locked() -> None:
    first = replace(GOODS.lines[0], is_locked=True)
    goods = replace(GOODS, lines=(first, *GOODS.lines[1:]))
    assert reasons(goods, item("p", 10, "a")) == {"p": "locked"}
    assert reasons(goods, item("p", 0, "a", "b")) == {"p": "saves_nothing"}


def test_what_is_no_loss_is_not_told() -> None:
    later = item("later", 10, "a", begins=datetime(2027, 1, 1, tzinfo=UTC))
    elsewhere = (
        item("store", 10, "a", stores=frozenset({"S"})), item("region", 10, "a", regions=frozenset({"R"})),
        item("channel", 10, "a", channels=frozenset({"web"})), item("currency", 10, "a", currency="USD"),
        item("off", 10, "a", enabled=False),
    )  # fmt: skip
    gift = Promotion("gift", "item", Reward((Part(sku("a"), 2),), Part(sku("CUP")), FREE, adds=("CUP",)))
    points = Promotion("points", "points", PointsPay(1, 1))
    assert told(GOODS, later, *elsewhere, gift, points).lost == ()


def test_alone_and_those_it_shuts_out() -> None:
    alone = item("alone", 400, "a", stack=Stack(alone=True))
    other = item("other", 30, "b")
    lost = told(GOODS, alone, other).lost
    assert lost == (Lost("other", {}, "alone", 30, by=("alone",)),)
    small = replace(alone, kind=EachUnit(Off(minor=1)))
    assert told(GOODS, small, other).lost == (Lost("alone", {}, "alone", 2, by=("other",)),)


def test_beaten_by_those_of_its_layer_on_its_goods() -> None:
    of_c = item("of-c", 100, "c")
    order = Promotion("order", "order", OrderOff(Off(minor=100)))
    best = item("best", 60, "a")
    lost = told(GOODS, of_c, order, best, item("worse", 50, "a")).lost
    assert lost == (Lost("worse", {}, "beaten", 100, by=("best",)),)


# ------------------------------------------------------------------ next steps
def pack(n: int, minor: int, *of: str) -> Promotion:
    return Promotion(f"{n}-of-{''.join(of)}", "item", NFor(n, Off(minor=minor)), sku(*of))


def test_three_steps_at_most_and_the_best_first() -> None:
    goods = basket(("a", 1, 500), ("b", 1, 500), ("c", 1, 500), ("d", 1, 500))
    packs = (pack(2, 10, "a"), pack(2, 40, "b"), pack(2, 30, "c"), pack(2, 20, "d"))
    steps = told(goods, *packs).next_steps
    assert [(each.skus, each.saves_minor, each.add_qty) for each in steps] == [
        (("b",), 80, 1), (("c",), 60, 1), (("d",), 40, 1),
    ]  # fmt: skip


def test_three_pieces_are_a_step_and_four_are_none() -> None:
    assert [each.add_qty for each in told(basket(("a", 1, 500)), pack(4, 10, "a")).next_steps] == [3]
    assert told(basket(("a", 1, 500)), pack(5, 10, "a")).next_steps == ()


def test_the_fewest_pieces_where_as_much_is_saved() -> None:
    goods = basket(("a", 2, 500), ("b", 1, 500))
    steps = told(goods, pack(4, 15, "a"), pack(2, 30, "b")).next_steps
    assert [(each.promotion_id, each.saves_minor, each.add_qty) for each in steps] == [
        ("2-of-b", 60, 1), ("4-of-a", 60, 2),
    ]  # fmt: skip


def test_a_step_names_the_cheapest_goods_and_those_that_would_do() -> None:
    goods = basket(("a", 1, 500), ("b", 1, 300))
    both = pack(3, 10, "a", "b", "x", "y")
    (step,) = told(goods, both, more=[BasketLine(1, "x", 1, 100), BasketLine(2, "y", 1, 700)]).next_steps
    assert (step.skus[0], step.is_new, step.unit_minor) == ("x", True, 100)
    assert set(step.skus) == {"a", "b", "x", "y"}
    (step,) = told(goods, both, more=[BasketLine(1, "y", 1, 700)]).next_steps
    assert (step.skus, step.is_new, step.unit_minor) == (("b", "a", "y"), False, 300)
    locked = replace(goods, lines=(goods.lines[0], replace(goods.lines[1], is_locked=True)))
    (step,) = told(locked, replace(both, kind=NFor(2, Off(minor=10)))).next_steps
    assert step.skus == ("a",)


def test_an_amount_that_is_missing_keeps_to_the_set() -> None:
    tier = Promotion("t", "order", SpendTier("amount", (Step(1_000, Off(minor=50)),)), sku("a"))
    (step,) = told(basket(("a", 1, 600), ("b", 1, 900)), tier).next_steps
    assert (step.add_minor, step.add_qty, step.skus, step.saves_minor) == (400, 0, ("a",), 50)
    # By weight too: what is missing is money, not pieces.
    weighed = basket(("a", 1, 600))
    weighed = replace(weighed, lines=(replace(weighed.lines[0], is_weighed=True),))
    assert [(each.add_minor, each.skus) for each in told(weighed, tier).next_steps] == [(400, ())]
    # Goods for an amount are not of every SKU.
    other = replace(tier, on=AllOf((Except(sku("b")), Priced(1, 9_999))))
    assert [each.add_minor for each in told(basket(("a", 1, 600)), other).next_steps] == [400]


def test_steps_are_priced_with_everything_else() -> None:
    # The third piece brings a pack, and 10 % of it are lost to the share that each had.
    goods = basket(("a", 2, 500))
    share = Promotion("share", "item", EachUnit(Off(ppm=100_000)), sku("a"))
    (step,) = told(
        goods, share, Promotion("pack", "item", NFor(3, Off(price_minor=1_200)), sku("a"))
    ).next_steps
    assert (step.promotion_id, step.saves_minor) == ("pack", 300 - 100)
    # Without points: those are the shopper's own money.
    paying = replace(goods, member=Member("m"), points=900, points_wanted=None)
    points = Promotion("points", "points", PointsPay(1, 1))
    steps = told(paying, share, Promotion("pack", "item", NFor(3, Off(price_minor=1_200)), sku("a")), points)
    assert [(each.promotion_id, each.saves_minor) for each in steps.next_steps] == [("pack", 200)]


def test_after_items_a_step_is_judged_on_what_is_left() -> None:
    goods = basket(("a", 1, 1_000))
    goods = replace(
        goods,
        lines=(replace(goods.lines[0], traits=Traits(brand="B"), taxes=(LineTax("v", 190_000, True),)),),
    )
    off = item("off", 100, "a")
    tier = Promotion(
        "t",
        "order",
        SpendTier("amount", (Step(1_000, Off(minor=150)),)),
        needs=Needs(judged_on="after_items"),
    )
    # Either 150 by the tier or 100 off; with goods for 100 more both.
    priced = told(goods, off, tier)
    assert priced.discount_minor == 150
    assert priced.next_steps == ()
    cheap = replace(tier, kind=SpendTier("amount", (Step(1_000, Off(minor=50)),)))
    (step,) = told(goods, off, cheap).next_steps
    assert (step.add_minor, step.saves_minor) == (100, 50)
