"""Conventions of a sequence one by one, on small baskets to the cent: which units, what counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case
from posapp.domain.pricing.terms.priced import PricedBasket
from tests.domain.pricing.peers import added, included, line, promo

Document = dict[str, Any]


def priced(basket: list[Document], *promotions: Document, **policy: Any) -> PricedBasket:
    case = read_case(
        json.dumps(
            {
                "currency": "EUR", "basket": basket, "promotions": list(promotions),
                "policy": {"choose": "sequence"} | policy,
            }
        )
    )  # fmt: skip
    assert not case.unread
    return price_case(case)


def offs(basket: list[Document], *promotions: Document, **policy: Any) -> dict[str, int]:
    return {each.promotion_id: each.amount_minor for each in priced(basket, *promotions, **policy).discounts}


def units(basket: list[Document], *promotions: Document, **policy: Any) -> list[list[int]]:
    """What each unit pays, line by line, the dearest first."""
    found = priced(basket, *promotions, **policy)
    return [sorted(each.unit_shares, reverse=True) for each in found.lines]


THREE = [line("a", "9.00"), line("b", "6.00"), line("c", "3.00")]
SIX = [*THREE, line("d", "8.00"), line("e", "5.00"), line("f", "2.00")]


# ------------------------------------------------------------------ which units
@pytest.mark.parametrize(
    ("takes", "off"), [("best", 800), ("dearest", 800), ("cheapest", 500), ("listed", 500)]
)
def test_the_second_at_half_price_in_the_order_that_is_taken(takes: str, off: int) -> None:
    basket = [line("e", "4.00"), line("a", "10.00"), line("c", "6.00"), line("d", "6.00"), line("b", "10.00")]
    assert offs(basket, promo("p", "nth", n=2, pct="50"), takes=takes) == {"p": off}


def test_of_each_group_the_cheapest_or_the_dearest() -> None:
    free = promo("p", "nth", n=3, pct="100")
    # Dearest first: (9, 8, 6) and (5, 3, 2).
    assert offs(SIX, free) == {"p": 600 + 200}
    assert offs(SIX, promo("p", "nth", n=3, pct="100", which="dearest")) == {"p": 900 + 500}
    assert offs(SIX, promo("p", "nth", n=3, pct="100", count=2)) == {"p": 800 + 600 + 300 + 200}
    # The cheapest of all of them are the free ones.
    assert offs(SIX, free, takes="cheapest") == {"p": 200 + 300}
    assert offs(SIX, promo("p", "nth", n=3, pct="100", count=2), takes="cheapest") == {"p": 1600}
    assert offs(SIX, promo("p", "nth", n=3, pct="100", which="dearest"), takes="cheapest") == {"p": 1400}
    assert offs(SIX[:5], free) == {"p": 600}
    assert offs(SIX[:2], free) == {}
    assert offs(SIX, promo("p", "nth", n=3, pct="100", limits={"per_order": 1})) == {"p": 600}


def test_cheapest_groups_hold_the_dearest_of_the_others() -> None:
    free = promo("p", "nth", n=3, pct="100")
    found = priced(SIX, free, takes="cheapest", share_over="taking_part")
    # 2.00 with 9.00 and 8.00, 3.00 with 6.00 and 5.00: each amount over the units of its group.
    assert [each.paid_minor for each in found.lines] == [805, 471, 236, 716, 393, 179]
    only = priced(SIX, free, takes="cheapest", share_over="reduced")
    assert [each.paid_minor for each in only.lines] == [900, 600, 0, 800, 500, 0]


def test_groups_whose_units_all_differ() -> None:
    basket = [line("a", "9.00", 2), line("b", "4.00"), line("c", "3.00")]
    pick = promo("p", "n_for", n=2, price="5.00", differ="sku")
    # (9, 4) and (9, 3), where it would be (9, 9) and (4, 3) otherwise.
    assert offs(basket, pick) == {"p": 800 + 700}
    assert offs(basket, promo("p", "n_for", n=2, price="5.00")) == {"p": 1300 + 200}
    three = promo("p", "n_for", n=3, price="5.00", differ="sku")
    assert offs(basket, three) == {"p": 1100}
    assert offs(basket[:2], three) == {}


def test_groups_that_need_not_differ_are_never_balanced() -> None:
    goods = (("a", "9.00", "x"), ("b", "8.00", "x"), ("c", "7.00", "y"), ("d", "6.00", "y"))
    basket = [line(sku, price, tags=[tag]) for sku, price, tag in goods]
    assert offs(basket, promo("p", "nth", n=2, pct="100"), differing="balanced") == {"p": 800 + 600}
    assert offs(basket, promo("p", "nth", n=2, pct="100", differ="tag:x"), differing="balanced") == {
        "p": 1300
    }
    # The first two that differ, and nothing is left for another group; balanced, each takes one of the a.
    pairs = promo("p", "nth", n=2, pct="100", differ="sku")
    few = [line("b", "9.00"), line("c", "8.00"), line("a", "7.00", 2)]
    assert offs(few, pairs) == {"p": 800}
    assert offs(few, pairs, differing="balanced") == {"p": 700 + 700}


def test_a_price_for_all_is_shared_over_all_of_a_group() -> None:
    pick = promo("p", "n_for", n=3, price="9.00")
    assert units(THREE, pick) == [[450], [300], [150]]
    assert offs(THREE, promo("p", "n_for", n=3, price="20.00")) == {}
    assert offs(THREE, promo("p", "n_for", n=3, amount="1.00")) == {"p": 300}
    assert offs(THREE, promo("p", "n_for", n=3, pct="10")) == {"p": 180}
    floor = promo("p", "n_for", n=3, price="1.00", limits={"floor": "2.50"})
    assert units(THREE, floor) == [[250], [250], [250]]


def test_bundles_again_and_again() -> None:
    basket = [line("a", "9.00", 2), line("b", "6.00", 3), line("c", "3.00")]
    parts = [{"of": {"sku": ["a"]}}, {"of": {"sku": ["b"]}}]
    assert offs(basket, promo("p", "bundle", parts=parts, price="10.00")) == {"p": 1000}
    assert offs(basket, promo("p", "bundle", parts=parts, amount="1.00")) == {"p": 200}
    assert offs(basket, promo("p", "bundle", parts=parts, pct="10")) == {"p": 300}
    once = promo("p", "bundle", parts=parts, price="10.00", limits={"per_order": 1})
    assert offs(basket, once) == {"p": 500}
    two = [{"of": {"sku": ["b"]}, "qty": 2}, {}]
    assert offs(basket, promo("p", "bundle", parts=two, amount="1.00")) == {"p": 100}
    # The part that few goods fit chooses first: else b would be gone to the part of all goods.
    few = [{"qty": 2}, {"of": {"sku": ["a"]}, "qty": 2}]
    assert offs(basket, promo("p", "bundle", parts=few, amount="1.00")) == {"p": 100}
    assert offs(basket, promo("p", "bundle", parts=[{"of": {"sku": ["x"]}}], amount="1.00")) == {}


# ------------------------------------------------------------------ rewards
def reward(**more: Any) -> Document:
    bought = {} if "buy_amount" in more else {"buy": [{"of": {"sku": ["a"]}}]}
    return promo("p", "reward", **(bought | {"get": {}, "pct": "100"} | more))


@pytest.mark.parametrize(
    ("takes", "off"), [("best", 800), ("dearest", 800), ("cheapest", 200), ("listed", 300)]
)
def test_which_unit_is_the_reward(takes: str, off: int) -> None:
    basket = [line("c", "3.00"), line("a", "5.00"), line("b", "8.00"), line("d", "2.00")]
    assert offs(basket, reward(get={"of": {"sku": ["b", "c", "d"]}}), takes=takes) == {"p": off}


def test_a_reward_is_bought_by_other_units() -> None:
    assert offs([line("a", "5.00")], reward()) == {}
    assert offs([line("a", "5.00", 2)], reward()) == {"p": 500}
    assert offs([line("a", "5.00", 3)], reward()) == {"p": 500}
    assert offs([line("a", "5.00", 4)], reward()) == {"p": 1000}
    assert offs([line("a", "5.00", 3)], reward(buy=[{"of": {"sku": ["a"]}, "qty": 2}])) == {"p": 500}
    both = reward(buy=[{"of": {"sku": ["a"]}}, {"of": {"sku": ["a", "b"]}}], get={"of": {"sku": ["c"]}})
    # One a cannot be both of what is bought.
    assert offs([line("a", "5.00"), line("c", "1.00")], both) == {}
    assert offs([line("a", "5.00", 2), line("c", "1.00")], both) == {"p": 100}
    assert offs([line("a", "5.00"), line("b", "5.00"), line("c", "1.00")], both) == {"p": 100}


def test_a_reward_that_is_never_dearer_than_what_was_bought() -> None:
    cheaper = reward(buy=[{}], cheaper=True)
    assert offs(THREE, cheaper) == {"p": 600}
    assert offs(THREE, reward(buy=[{"of": {"sku": ["b"]}}], cheaper=True)) == {"p": 300}
    assert offs(THREE[:2], reward(buy=[{"of": {"sku": ["b"]}}], cheaper=True)) == {}
    assert offs(SIX, cheaper) == {"p": 800 + 500 + 200}
    assert offs([line("a", "4.00", 2)], cheaper) == {"p": 400}


def test_pieces_that_are_bought_once_beyond_the_counting() -> None:
    over = reward(buy=[{"of": {"sku": ["a"]}, "qty": 2}], over=2, get={"of": {"sku": ["b"]}})
    for pieces, off in ((3, {}), (4, {"p": 100}), (5, {"p": 100}), (6, {"p": 200})):
        assert offs([line("a", "5.00", pieces), line("b", "1.00", 9)], over) == off


def test_goods_for_an_amount_buy_a_reward() -> None:
    spend = reward(buy_of={"sku": ["a"]}, buy_amount="10.00", get={"of": {"sku": ["b"]}})
    for pieces, off in ((1, {}), (2, {"p": 100}), (3, {"p": 100}), (4, {"p": 200})):
        assert offs([line("a", "5.00", pieces), line("b", "1.00", 9)], spend) == off
    dear = [line("a", "9.99"), line("b", "1.00")]
    assert offs(dear, spend) == {}


def test_gifts_that_lie_in_no_basket() -> None:
    gift = promo(
        "p", "gift", buy=[{"of": {"sku": ["a"]}, "qty": 2}], get={"of": {"sku": ["CUP"]}}, adds=["CUP"]
    )
    for pieces, given in ((1, []), (2, [("CUP", 1)]), (5, [("CUP", 2)])):
        found = priced([line("a", "5.00", pieces)], gift)
        assert [(each.sku, each.quantity) for each in found.gifts] == given
    here = priced([line("a", "5.00", 4), line("CUP", "2.00")], gift)
    assert here.discount_minor == 200
    # In a sequence what was reduced in the basket is its discount; the other cup is told.
    assert [(each.sku, each.quantity) for each in here.gifts if not each.in_basket] == [("CUP", 1)]
    pair = gift | {"kind": gift["kind"] | {"get": {"of": {"sku": ["CUP"]}, "qty": 2}}}
    assert [each.quantity for each in priced([line("a", "5.00", 4)], pair).gifts] == [4]
    once = gift | {"limits": {"per_order": 1}}
    assert [each.quantity for each in priced([line("a", "5.00", 9)], once).gifts] == [1]


# ------------------------------------------------------------------ limits on units
@pytest.mark.parametrize(
    ("takes", "off"), [("best", 900), ("dearest", 900), ("cheapest", 300), ("listed", 600)]
)
def test_limited_units_in_the_order_that_is_taken(takes: str, off: int) -> None:
    listed = [THREE[1], THREE[0], THREE[2]]
    one = promo("p", "pct", pct="100", limits={"max_units": 1})
    assert offs(listed, one, takes=takes) == {"p": off}
    assert offs(listed, promo("p", "pct", pct="100", limits={"per_order": 1}), takes=takes) == {"p": off}


def test_best_takes_the_units_that_give_most() -> None:
    basket = [line("a", "9.00", floor="8.50"), line("b", "6.00"), line("c", "3.00")]
    two = promo("p", "fixed_unit", price="2.00", limits={"max_units": 2})
    assert units(basket, two) == [[900], [200], [200]]
    # By price the dearest comes first, though its own floor leaves little to take.
    assert units(basket, two, takes="dearest") == [[850], [200], [300]]


def test_limits_line_by_line_and_of_groups() -> None:
    basket = [line("a", "9.00", 3), line("b", "6.00", 2)]
    per_line = promo("p", "amount", amount="1.00", limits={"max_units_per_line": 2})
    assert units(basket, per_line) == [[900, 800, 800], [500, 500]]
    both = promo("p", "amount", amount="1.00", limits={"max_units_per_line": 2, "max_units": 3})
    assert units(basket, both) == [[900, 800, 800], [600, 500]]
    thirds = promo("p", "n_pct", n=2, pct="50", limits={"max_units": 3})
    assert offs(basket, thirds) == {"p": 900}
    assert offs(basket, promo("p", "n_pct", n=2, pct="50", limits={"max_units": 4})) == {"p": 900 + 750}
    assert offs(basket, promo("p", "pct", pct="50", limits={"max_discount": "10.00"})) == {"p": 1000}


# ------------------------------------------------------------------ tiers by pieces
@pytest.mark.parametrize(
    ("counts", "off"),
    [("used", {"p": 200 * 4}), ("basket", {"p": 200 * 4}), ("line", {"p": 100 * 2}), ("sku", {"p": 100 * 3})],
)
def test_what_a_tier_counts(counts: str, off: dict[str, int]) -> None:
    basket = [line("a", "9.00", 2), line("a", "9.00"), line("b", "6.00")]
    steps = [{"least": 2, "amount": "1.00"}, {"least": 4, "amount": "2.00"}]
    assert offs(basket, promo("p", "qty_tier", counts=counts, steps=steps)) == off


def test_a_tier_of_the_basket_counts_what_is_gone() -> None:
    basket = [line("a", "9.00", 2), line("b", "6.00")]
    first = promo("f", "amount", amount="1.00", on={"sku": ["b"]}, stack={"priority": 1})
    steps = [{"least": 3, "amount": "2.00"}]
    for counts, off in (("basket", {"f": 100, "p": 400}), ("used", {"f": 100})):
        tier = promo("p", "qty_tier", counts=counts, steps=steps)
        assert offs(basket, first, tier, stacking="exclusive") == off


# ------------------------------------------------------------------ one after the other
def test_of_what_a_share_is() -> None:
    basket = [line("a", "10.00")]
    book = promo("book", "price_book", prices={"a": "8.00"})
    two = [promo(name, "pct", pct="50", stack={"priority": -n + 9}) for n, name in enumerate("pq")]
    assert offs(basket, book, *two, percent_of="base") == {"book": 200, "p": 400, "q": 400}
    assert offs(basket, book, *two, percent_of="left") == {"book": 200, "p": 400, "q": 200}
    assert offs(basket, book, *two, percent_of="list") == {"book": 200, "p": 500, "q": 300}


def test_shares_are_rounded_at_once_for_what_is_declared() -> None:
    basket = [
        line("a", "0.25", 2, tax=included("19")), line("b", "0.25", tax=included("19")),
        line("c", "0.25", tax=included("7")),
    ]  # fmt: skip
    tenth = promo("p", "pct", pct="10")
    found = {
        per: offs(basket, tenth, percent_per=per)["p"]
        for per in ("unit", "line", "rate", "application", "order")
    }
    # 2.5 a unit; 5, 2.5 and 2.5; 7.5 and 2.5; 10 in all.
    assert found == {"unit": 12, "line": 11, "rate": 11, "application": 10, "order": 10}
    pair = promo("p", "n_pct", n=2, pct="10")
    assert offs(basket, pair, percent_per="application") == {"p": 10}
    assert offs(basket, pair, percent_per="unit") == {"p": 12}
    order = promo("p", "order_pct", pct="10")
    by = {per: offs(basket, order, order_percent_per=per)["p"] for per in ("unit", "line", "rate", "order")}
    assert by == {"unit": 12, "line": 11, "rate": 11, "order": 10}


def test_stacking_all_exclusive_single() -> None:
    first = promo("f", "amount", amount="1.00", on={"sku": ["a"]}, stack={"priority": 2})
    second = promo("s", "amount", amount="2.00", stack={"priority": 1})
    assert offs(THREE, first, second) == {"f": 100, "s": 600}
    assert offs(THREE, second, first, stacking="exclusive") == {"f": 100, "s": 400}
    assert offs(THREE, second, first, stacking="single") == {"f": 100}
    alone = promo("x", "amount", amount="0.50", stack={"alone": True})
    assert offs(THREE, first, alone) == {"x": 150}
    free = {"sequence_order": "free"}
    assert offs(THREE, first, second, alone, **free) == {"f": 100, "s": 600}
    assert offs(THREE, first, second, stacking="exclusive", **free) == {"s": 600}
    group = {"group": "g"}
    one, two = first | {"stack": group | {"priority": 2}}, second | {"stack": group}
    assert offs(THREE, one, two) == {"f": 100}
    assert offs(THREE, one, two, **free) == {"s": 600}


def test_an_order_promotion_begins_with_what_the_items_left() -> None:
    item = promo("i", "amount", amount="1.00", stack={"priority": 9})
    orders = [promo(name, "order_pct", pct="50", stack={"priority": 8 - n}) for n, name in enumerate("op")]
    assert offs(THREE, item, *orders, percent_of="base") == {"i": 300, "o": 750, "p": 750}
    assert offs(THREE, item, *orders, percent_of="left") == {"i": 300, "o": 750, "p": 375}
    assert offs(THREE, item, *orders, percent_of="list") == {"i": 300, "o": 900, "p": 600}


@pytest.mark.parametrize(("judged_on", "off"), [("list", {"i": 300, "o": 100}), ("after_items", {"i": 300})])
def test_conditions_and_thresholds_before_or_after_what_was_taken(
    judged_on: str, off: dict[str, int]
) -> None:
    item = promo("i", "amount", amount="1.00", stack={"priority": 9})
    tier = promo(
        "o", "spend_tier", steps=[{"least": "18.00", "amount": "1.00"}], needs={"judged_on": judged_on}
    )
    assert offs(THREE, item, tier) == off
    needs = {"judged_on": judged_on, "basket": [{"min_amount": "18.00"}]}
    assert offs(THREE, item, promo("o", "order_amount", amount="1.00", needs=needs)) == off


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"min_qty": 3}, True), ({"min_qty": 4}, False), ({"max_qty": 3}, True), ({"max_qty": 2}, False),
        ({"min_amount": "15.00"}, True), ({"min_amount": "15.01"}, False), ({"max_amount": "15.00"}, True),
        ({"max_amount": "14.99"}, False), ({"min_items": 3}, True), ({"min_items": 4}, False),
        ({"min_qty": 3, "min_items": 4}, False), ({"of": {"sku": ["a"]}, "min_amount": "8.01"}, False),
    ],
)  # fmt: skip
def test_each_bound_of_a_condition_after_the_items(condition: Document, holds: bool) -> None:
    item = promo("i", "amount", amount="1.00", stack={"priority": 9})
    needs = {"judged_on": "after_items", "basket": [condition]}
    found = offs(THREE, item, promo("o", "order_amount", amount="1.00", needs=needs))
    assert found == ({"i": 300, "o": 100} if holds else {"i": 300})
    either = needs | {"match": "any", "basket": [condition, {"min_qty": 99}]}
    assert ("o" in offs(THREE, item, promo("o", "order_amount", amount="1.00", needs=either))) == holds


def test_amounts_with_and_without_tax() -> None:
    basket = [line("a", "11.90", tax=included("19"))]
    for tax, most in (("without", "10.00"), ("with", "11.90")):
        for least in (most, f"{most[:-1]}1"):
            needs = {"judged_on": "after_items", "basket": [{"min_amount": least, "tax": tax}]}
            order = promo("o", "order_amount", amount="1.00", needs=needs)
            assert bool(offs(basket, order)) == (least == most)
    on_top = [line("a", "10.00", tax=added("19"))]
    needs = {"judged_on": "after_items", "basket": [{"min_amount": "11.90", "tax": "with"}]}
    assert offs(on_top, promo("o", "order_amount", amount="1.00", needs=needs)) == {"o": 100}


# ------------------------------------------------------------------ the order layer
@pytest.mark.parametrize(
    ("kind", "off"),
    [
        ({"type": "order_amount", "amount": "5.00"}, 500),
        ({"type": "order_amount", "amount": "50.00"}, 1800),
        ({"type": "order_amount", "amount": "4.00", "per": "line"}, 400 + 400 + 300),
        ({"type": "order_amount", "amount": "4.00", "per": "line", "cap": "2.00"}, 600),
        ({"type": "order_pct", "pct": "50", "units": "cheapest"}, 150),
        ({"type": "order_pct", "pct": "50", "units": "dearest", "count": 2}, 750),
        ({"type": "order_pct", "pct": "50", "cap": "1.23"}, 123),
        ({"type": "spend_tier", "steps": [{"least": "6", "amount": "1"}, {"least": "18", "pct": "50"}]}, 900),
        ({"type": "spend_tier", "steps": [{"least": "6", "amount": "1"}], "every": True}, 300),
        ({"type": "spend_tier", "steps": [{"least": "6", "amount": "1"}], "per": "line"}, 200),
        ({"type": "spend_tier", "steps": [{"least": "6", "amount": "1"}], "per": "line", "every": True}, 200),
        ({"type": "spend_tier", "steps": [{"least": "5", "amount": "1"}], "every": True, "cap": "2.50"}, 250),
        ({"type": "spend_tier", "by": "qty", "steps": [{"least": 2, "amount": "1", "more": "0.3"}]}, 130),
        ({"type": "spend_tier", "by": "qty", "steps": [{"least": 4, "amount": "1"}]}, 0),
        ({"type": "spend_tier", "steps": [{"least": "9", "pct": "10"}], "every": True}, 360),
    ],
)
def test_amounts_of_the_order_layer(kind: Document, off: int) -> None:
    assert offs(THREE, {"id": "o", "kind": kind}) == ({"o": off} if off else {})


def test_an_order_amount_is_shared_by_what_is_declared() -> None:
    basket = [line("a", "9.00", tax=included("20")), line("b", "6.00"), line("c", "3.00")]
    five = promo("o", "order_amount", amount="5.00")
    shares = {
        by: [each.list_minor - each.paid_minor for each in priced(basket, five, share_by=by).lines]
        for by in ("gross", "net", "quantity")
    }
    assert shares == {"gross": [250, 167, 83], "net": [227, 182, 91], "quantity": [167, 167, 166]}


def test_at_most_so_much_of_several_groups_is_cut_by_what_each_took() -> None:
    basket = [line("a", "9.00", 2), line("b", "6.00", 2)]
    same = promo("p", "nth", n=2, pct="100", same="sku", limits={"max_discount": "5.00"})
    assert units(basket, same, share_over="reduced") == [[900, 600], [600, 400]]
    assert offs(basket, promo("p", "nth", n=2, pct="100", same="sku")) == {"p": 1500}


@pytest.mark.parametrize(
    ("same", "off", "small"), [("sku", 600, 600), ("brand", 1500, 600), ("category", 600, 600)]
)
def test_alike_goods_by_themselves(same: str, off: int, small: int) -> None:
    basket = [
        line("a", "9.00", brand="X", category=["food", "dairy"]),
        line("b", "9.00", brand="X", category=["food"]),
        line("c", "6.00", 2, brand="Y", category=["wear"]),
    ]
    assert offs(basket, promo("p", "nth", n=2, pct="100", same=same)) == {"p": off}
    # Conditions hold for the goods of one value: those of X come to more, all together as well.
    needs = {"basket": [{"min_qty": 2, "max_amount": "15.00"}]}
    assert offs(basket, promo("p", "nth", n=2, pct="100", same=same, needs=needs)) == {"p": small}
