from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.pricing.sequences.sequence import in_sequence
from posapp.domain.pricing.terms.applications import ItemChoice, Lot, Right
from posapp.domain.pricing.terms.basket import BasketLine, LineTax, Traits
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    Condition,
    Deposit,
    EachUnit,
    Every,
    Except,
    GoodsSet,
    Having,
    Kind,
    Limits,
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
)

ORDER_KINDS = (OrderOff, SpendTier, Deposit)


def holds(goods: GoodsSet, line: BasketLine) -> bool:
    match goods:
        case Every():
            return True
        case Having("sku", values):
            return line.sku in values
        case AnyOf(parts):
            return any(holds(part, line) for part in parts)
        case AllOf(parts):
            return all(holds(part, line) for part in parts)
        case Except(of):
            return not holds(of, line)
        case _:
            return bool(isinstance(goods, Having) and goods.values & line.traits.tags)


def sku(*names: str) -> GoodsSet:
    return Having("sku", frozenset(names))


def lots(*goods: tuple[str, int, int], locked: tuple[str, ...] = ()) -> list[Lot]:
    return [
        Lot(
            BasketLine(number, name, quantity, price, Traits(), is_locked=name in locked),
            0,
            quantity,
            price,
            name in locked,
        )
        for number, (name, price, quantity) in enumerate(goods, 1)
    ]


def promotion(name: str, kind: Kind, on: GoodsSet = Every(), **more: Any) -> Right:
    layer = "order" if isinstance(kind, ORDER_KINDS) else "item"
    return Right(Promotion(name, layer, kind, on, **more))  # type: ignore[arg-type]


def percent(name: str, ppm: int, **more: Any) -> Right:
    return promotion(name, EachUnit(Off(ppm=ppm)), **more)


def run(goods: list[Lot], rights: list[Right], **policy: Any) -> ItemChoice:
    return in_sequence(goods, rights, Policy(choose="sequence", **policy), holds)


def amounts(choice: ItemChoice) -> dict[str, int]:
    return {each.promotion.promotion_id: each.amount_minor for each in choice.applications}


def units(choice: ItemChoice) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for application in choice.applications:
        for unit in application.units:
            key = (unit.line_no, unit.index)
            found[key] = found.get(key, 0) + unit.gain_minor
    return {key: gain for key, gain in found.items() if gain}


def test_each_stands_on_what_the_earlier_left() -> None:
    goods = lots(("a", 10_000, 1))
    rights = [percent("ten", 100_000), promotion("two", EachUnit(Off(minor=200)), stack=Stack(priority=5))]
    assert amounts(run(goods, rights, percent_of="left")) == {"two": 200, "ten": 980}
    assert amounts(run(goods, rights, percent_of="base")) == {"two": 200, "ten": 1000}
    assert [each.promotion.promotion_id for each in run(goods, rights).applications] == ["two", "ten"]


def test_the_free_order_is_the_best_one() -> None:
    goods = lots(("a", 10_000, 1))
    rights = [promotion("two", EachUnit(Off(minor=2000))), percent("half", 500_000)]
    assert run(goods, rights, percent_of="left").value_minor == 6000
    free = run(goods, rights, percent_of="left", sequence_order="free")
    assert (free.value_minor, free.is_proven) == (7000, True)


def test_where_the_states_end_the_best_found_is_told_as_such() -> None:
    goods = lots(("a", 100_000, 1))
    rights = [percent(f"p{n}", 10_000 * n) for n in range(1, 8)]
    free = run(goods, rights, percent_of="left", sequence_order="free", states_max=40)
    assert not free.is_proven
    assert free.value_minor > 0
    assert free == run(goods, rights, percent_of="left", sequence_order="free", states_max=40)


@pytest.mark.parametrize(
    ("stacking", "expected"),
    [("all", {"p": 1000, "q": 500}), ("exclusive", {"p": 1000}), ("single", {"p": 1000})],
)
def test_what_goes_together(stacking: str, expected: dict[str, int]) -> None:
    rights = [percent("p", 100_000), percent("q", 50_000)]
    assert amounts(run(lots(("a", 10_000, 1)), rights, stacking=stacking)) == expected


def test_exclusive_leaves_other_units_to_the_next() -> None:
    rights = [percent("p", 100_000, on=sku("a")), percent("q", 50_000)]
    choice = run(lots(("a", 10_000, 1), ("b", 2000, 1)), rights, stacking="exclusive")
    assert amounts(choice) == {"p": 1000, "q": 100}


def test_one_that_goes_with_no_other_comes_first_and_alone() -> None:
    rights = [percent("p", 100_000), percent("q", 50_000, stack=Stack(alone=True))]
    assert amounts(run(lots(("a", 10_000, 1)), rights)) == {"q": 500}
    free = run(lots(("a", 10_000, 1)), rights, sequence_order="free")
    assert amounts(free) == {"p": 1000}


def test_one_of_a_group() -> None:
    rights = [percent("p", 100_000, stack=Stack("g")), percent("q", 50_000, stack=Stack("g"))]
    assert amounts(run(lots(("a", 10_000, 1)), rights)) == {"p": 1000}


@pytest.mark.parametrize(
    ("per", "amount"), [("unit", 9), ("line", 9), ("rate", 8), ("application", 8), ("order", 8)]
)
def test_where_a_share_is_rounded(per: str, amount: int) -> None:
    # 15 % of 10 and 10 and 33: units 2 + 2 + 5, lines 3 (of 20) + 5 (4.95), all of 53: 7.95.
    goods = lots(("a", 10, 2), ("b", 33, 1))
    expected = 8 if per == "line" else amount
    assert run(goods, [percent("p", 150_000)], percent_per=per).value_minor == expected


def test_where_a_share_of_an_order_is_rounded() -> None:
    goods = lots(("a", 10, 2), ("b", 33, 1))
    right = promotion("o", OrderOff(Off(ppm=150_000)))
    found = {per: run(goods, [right], order_percent_per=per).value_minor for per in ("unit", "line", "order")}
    assert found == {"unit": 9, "line": 8, "order": 8}
    assert run(goods, [right], order_percent_per="line", percent_mode="down").value_minor == 7


def test_a_coupon_with_few_uses_takes_the_units_that_the_policy_says() -> None:
    goods = lots(("a", 100, 2), ("b", 300, 2))
    right = percent("p", 500_000, limits=Limits(max_units=1))
    taken = {
        takes: units(run(goods, [right], takes=takes)) for takes in ("best", "dearest", "cheapest", "listed")
    }
    assert taken == {
        "best": {(2, 0): 150},
        "dearest": {(2, 0): 150},
        "cheapest": {(1, 0): 50},
        "listed": {(1, 0): 50},
    }


def test_second_at_half_price_is_shared_over_both_or_not() -> None:
    goods, right = lots(("a", 10_000, 2)), promotion("n", Nth(2, Off(ppm=500_000)))
    assert units(run(goods, [right])) == {(1, 0): 2500, (1, 1): 2500}
    assert units(run(goods, [right], share_over="reduced")) == {(1, 0): 5000}


def test_three_for_two_groups_by_price_or_takes_the_cheapest_of_all() -> None:
    goods = lots(("a", 100, 1), ("b", 200, 1), ("c", 300, 1), ("d", 400, 1), ("e", 500, 1), ("f", 600, 1))
    right = promotion("n", Nth(3, Off(ppm=1_000_000)))
    found = {
        takes: run(goods, [right], takes=takes).value_minor
        for takes in ("best", "dearest", "cheapest", "listed")
    }
    assert found == {"best": 500, "dearest": 500, "cheapest": 300, "listed": 500}


def test_any_three_for_a_price_and_a_bundle() -> None:
    goods = lots(("a", 500, 2), ("b", 400, 2))
    any_three = promotion("n", NFor(3, Off(price_minor=1000)))
    assert run(goods, [any_three]).value_minor == 400
    bundle = promotion("b", Bundle((Part(sku("a")), Part(sku("b"))), Off(price_minor=700)))
    choice = run(goods, [bundle])
    assert (choice.value_minor, choice.applications[0].times) == (400, 2)
    less = promotion(
        "b", Bundle((Part(sku("a")), Part(sku("b"))), Off(minor=100)), limits=Limits(per_order=1)
    )
    assert run(goods, [less]).value_minor == 100


def test_buy_two_get_one() -> None:
    goods = lots(("a", 500, 4), ("b", 300, 1))
    other = promotion("g", Reward((Part(sku("a"), 2),), Part(sku("b")), Off(ppm=1_000_000), adds=("b",)))
    choice = run(goods, [other])
    assert (choice.value_minor, [gift.quantity for gift in choice.gifts]) == (300, [1])
    half = promotion("h", Reward((Part(sku("a"), 2),), Part(sku("b")), Off(ppm=500_000), adds=("b",)))
    assert run(lots(("a", 500, 4)), [half]).gifts == ()
    choice = run(lots(("a", 500, 4)), [half, other], stacking="exclusive")
    assert [(gift.promotion.promotion_id, gift.quantity) for gift in choice.gifts] == [("g", 2)]
    same = promotion("g", Reward((Part(sku("a"), 2),), Part(sku("a")), Off(ppm=1_000_000), cheaper=True))
    assert run(goods, [same]).value_minor == 500
    spend = promotion("g", Reward((), Part(sku("b")), Off(price_minor=1), buy_minor=1900, buy_of=sku("a")))
    assert run(goods, [spend]).value_minor == 299
    assert run(lots(("a", 500, 3), ("b", 300, 1)), [spend]).value_minor == 0


def test_quantity_tiers_and_spend_tiers() -> None:
    tiers = promotion("t", QtyTier((Step(2, Off(ppm=100_000)), Step(4, Off(ppm=200_000)))))
    assert [run(lots(("a", 100, n)), [tiers]).value_minor for n in (1, 3, 4)] == [0, 30, 80]
    spend = SpendTier("amount", (Step(1000, Off(minor=100)), Step(3000, Off(minor=500))))
    assert [run(lots(("a", 1000, n)), [promotion("s", spend)]).value_minor for n in (1, 2, 3)] == [
        100,
        100,
        500,
    ]
    each = promotion("s", SpendTier("amount", (Step(1000, Off(minor=100)),), every=True, cap_minor=250))
    assert [run(lots(("a", 1000, n)), [each]).value_minor for n in (1, 2, 3)] == [100, 200, 250]


def test_a_condition_may_be_judged_on_what_is_left() -> None:
    needs = Needs(conditions=(Condition(min_minor=9500),), judged_on="after_items")
    order = promotion("o", OrderOff(Off(minor=500)), needs=needs)
    goods = lots(("a", 10_000, 1))
    assert amounts(run(goods, [percent("p", 100_000), order])) == {"p": 1000}
    both = run(goods, [percent("p", 100_000), order], sequence_order="free")
    assert amounts(both) == {"o": 500, "p": 1000}


def test_locked_goods_and_floors() -> None:
    assert run(lots(("a", 100, 1), locked=("a",)), [percent("p", 500_000)]).applications == ()
    floor = percent("p", 500_000, limits=Limits(floor_minor=80))
    assert run(lots(("a", 100, 1)), [floor]).value_minor == 20
    assert run(lots(("a", 100, 1)), [percent("p", 500_000, limits=Limits(max_minor=7))]).value_minor == 7


KINDS: tuple[Kind, ...] = (
    EachUnit(Off(ppm=155_000)),
    EachUnit(Off(minor=77)),
    EachUnit(Off(price_minor=90)),
    Nth(2, Off(ppm=500_000)),
    NFor(3, Off(price_minor=700)),
    Bundle((Part(sku("a")), Part(sku("b"), 2)), Off(minor=111)),
    Reward((Part(sku("a")),), Part(Every()), Off(ppm=1_000_000)),
    QtyTier((Step(2, Off(ppm=333_333)),)),
    OrderOff(Off(ppm=123_456)),
    OrderOff(Off(minor=999), cap_minor=500),
    SpendTier("amount", (Step(500, Off(minor=130)),), every=True),
)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 900), st.integers(1, 4)), min_size=1, max_size=4
    ),
    st.lists(st.sampled_from(KINDS), max_size=4),
    st.fixed_dictionaries(
        {
            "percent_of": st.sampled_from(["base", "left", "list"]),
            "percent_per": st.sampled_from(["unit", "line", "rate", "application", "order"]),
            "stacking": st.sampled_from(["all", "exclusive", "single"]),
            "takes": st.sampled_from(["best", "dearest", "cheapest", "listed"]),
            "share_over": st.sampled_from(["taking_part", "reduced"]),
            "share_by": st.sampled_from(["gross", "net", "quantity"]),
            "sharing": st.sampled_from(["largest_remainder", "equal_per_unit", "last_takes_rest"]),
            "percent_mode": st.sampled_from(["half_up", "down", "half_even"]),
        }
    ),
)
def test_no_unit_falls_below_nothing_and_free_is_never_worse(
    goods: list[tuple[str, int, int]], kinds: list[Kind], policy: dict[str, Any]
) -> None:
    rights = [promotion(f"p{n}", kind) for n, kind in enumerate(kinds)]
    choice = run(lots(*goods), rights, **policy)
    prices = {(number, n): price for number, (_, price, qty) in enumerate(goods, 1) for n in range(qty)}
    assert all(0 <= gain <= prices[key] for key, gain in units(choice).items())
    assert choice.value_minor == sum(units(choice).values())
    for application in choice.applications:
        assert application.amount_minor == sum(unit.gain_minor for unit in application.units) > 0
        assert all(unit.gain_minor >= 0 for unit in application.units)
    assert run(lots(*goods), rights, sequence_order="free", **policy).value_minor >= choice.value_minor


def test_promotions_on_different_goods_are_not_tried_in_every_order() -> None:
    names = "abcdefgh"
    goods = lots(*[(name, 1000, 1) for name in names])
    rights = [percent(f"p{name}", 100_000, on=sku(name)) for name in names]
    free = run(goods, rights, sequence_order="free", states_max=50_000)
    assert (free.value_minor, free.is_proven) == (800, True)


TEN, FIVE = Off(ppm=100_000), Off(ppm=50_000)
GOODS = (("a", 1000, 2), ("b", 500, 1), ("a", 800, 1))


@pytest.mark.parametrize(
    ("kind", "off"),
    [
        # Of the line, the item, the basket: 2 + 1 + 1 pieces of a, b, a.
        (QtyTier((Step(2, TEN),), counts="line"), 200),
        (QtyTier((Step(3, TEN),), counts="sku"), 280),
        (QtyTier((Step(3, FIVE), Step(4, TEN)), counts="basket"), 330),
        (QtyTier((Step(5, TEN),), counts="basket"), 0),
        (SpendTier("amount", (Step(1000, Off(minor=100)),), per="line"), 100),
        (SpendTier("amount", (Step(800, Off(minor=100)),), per="line", every=True), 300),
        (SpendTier("qty", (Step(3, Off(minor=100), more_minor=40),)), 140),
        (SpendTier("qty", (Step(1, TEN),), every=True, cap_minor=700), 700),
        (SpendTier("amount", (Step(1, Off(price_minor=3000)),)), 300),
        (OrderOff(Off(minor=600), per="line"), 600 + 500 + 600),
        (OrderOff(TEN, cap_minor=60, per="line"), 60 + 50 + 60),
        (OrderOff(Off(ppm=1_000_000), units="cheapest", count=2), 1300),
        (OrderOff(Off(ppm=1_000_000), units="dearest"), 1000),
        (OrderOff(Off(price_minor=1)), 3299),
        (Deposit(2000, 3000), 1000),
        (Nth(3, Off(minor=50), "dearest", 2), 100),
        (NFor(2, Off(minor=50)), 200),
        (Reward((Part(sku("b")),), Part(sku("a"), 2), Off(ppm=1_000_000)), 2000),
        (Reward((Part(sku("a")),), Part(sku("b")), Off(ppm=1_000_000), over=2), 500),
        (Reward((Part(sku("a")),), Part(sku("b")), Off(ppm=1_000_000), over=3), 0),
        (Reward((), Part(sku("b")), Off(price_minor=100)), 400),
    ],
)
def test_every_kind_by_hand(kind: Kind, off: int) -> None:
    more: dict[str, Any] = {"limits": Limits(per_order=1)} if isinstance(kind, Reward) else {}
    assert run(lots(*GOODS), [promotion("p", kind, **more)]).value_minor == off


@pytest.mark.parametrize(
    ("limits", "off"),
    [
        (Limits(max_units_per_line=1), 230),
        (Limits(per_order=2), 200),
        (Limits(floor_ppm=950_000), 165),
        (Limits(max_minor=33), 33),
    ],
)
def test_limits_of_a_sequence(limits: Limits, off: int) -> None:
    assert run(lots(*GOODS), [percent("p", 100_000, limits=limits)]).value_minor == off


def test_what_is_left_of_a_right_limits_it() -> None:
    right = percent("p", 100_000)
    assert run(lots(*GOODS), [Right(right.promotion, left_minor=50)]).value_minor == 50
    assert run(lots(*GOODS), [Right(right.promotion, uses_max=1)]).value_minor == 100


def test_sets_of_different_goods_and_of_alike_ones() -> None:
    pair = NFor(2, Off(price_minor=1000))
    assert run(lots(*GOODS), [promotion("p", pair, differ="sku")]).value_minor == 500
    assert run(lots(*GOODS), [promotion("p", pair, same="sku")]).value_minor == 1000
    assert run(lots(*GOODS), [promotion("p", pair, same="price")]).value_minor == 1000


def test_conditions_on_what_is_left_count_it_with_and_without_tax() -> None:
    goods = lots(("a", 1190, 1))
    taxed = Lot(replace(goods[0].line, taxes=(LineTax("vat", 190_000, True),)), 0, 1, 1190)
    table = (("without", 1000, 100), ("without", 1001, 0), ("with", 1190, 100), ("with", 1191, 0))
    for tax, least, off in table:
        condition = Condition(min_minor=least, tax=tax)  # type: ignore[arg-type]
        needs = Needs(conditions=(condition,), judged_on="after_items")
        right = promotion("o", OrderOff(Off(minor=100)), needs=needs)
        assert run([taxed], [right]).value_minor == off
    either = Needs(
        conditions=(Condition(min_qty=9), Condition(min_items=1, max_qty=1, max_minor=5000)),
        judged_on="after_items",
        match="any",
    )
    assert run([taxed], [promotion("o", OrderOff(Off(minor=100)), needs=either)]).value_minor == 100
    both = replace(either, match="all")
    assert run([taxed], [promotion("o", OrderOff(Off(minor=100)), needs=both)]).value_minor == 0
