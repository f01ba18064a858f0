"""CASEs at the ends of what may stand in them: returns by name, gift cards, sums, sentences, numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posapp.domain.pricing.cases.answer import answer, refund_answer
from posapp.domain.pricing.cases.reading import BadCase, Case, read_case
from posapp.domain.pricing.cases.running import price_case, refund_of
from tests.domain.pricing.peers import included, line, promo

Document = dict[str, Any]


def case(basket: list[Document], *promotions: Document, **more: Any) -> Case:
    document = {"currency": "EUR", "basket": basket, "promotions": list(promotions)} | more
    return read_case(json.dumps(document))


def answered(basket: list[Document], *promotions: Document, **more: Any) -> Document:
    found = case(basket, *promotions, **more)
    return answer(found, price_case(found))


def returned(found: Case, returns: Any) -> Document:
    priced = price_case(found)
    return refund_answer(found, priced, refund_of(found, priced, returns))


def problem(**more: Any) -> str:
    with pytest.raises(BadCase) as raised:
        read_case(json.dumps({"currency": "EUR", "basket": []} | more))
    return str(raised.value)


# ------------------------------------------------------------------ returns
TWO_LINES = [line("a", "3.00", 2), line("b", "5.00"), line("a", "4.00")]


def test_returns_by_sku_and_by_line() -> None:
    found = case(TWO_LINES)
    for returns, units in (
        ([{"a": 1}], [(1, 1)]),
        ([{"a": 3}], [(1, 1), (1, 2), (3, 1)]),
        ([{"#3": 1}], [(3, 1)]),
        ([{"#1": 2, "b": 1}], [(1, 1), (1, 2), (2, 1)]),
        ([{"#3": 1}, {"a": 2}], [(1, 1), (1, 2)]),
        ([{"a": 1}, {"a": 2}], [(1, 2), (3, 1)]),
        ({"returns": [{"b": 1}]}, [(2, 1)]),
    ):
        told = returned(found, returns)["units"]
        assert [(each["line"], each["unit"]) for each in told] == units
    named = case([line("#1", "1.00"), line("a", "2.00")])
    assert returned(named, [{"#1": 1}])["total"] == "1.00"


@pytest.mark.parametrize(
    ("returns", "sentence"),
    [
        ([], "returns: must be a list of returns"),
        ({}, "returns: must be a list"),
        ("a", "returns: must be"),
        ([{}], "returns[0]: must be pieces by SKU"),
        ([5], "returns[0]: must be pieces"),
        ([{"a": 0}], "returns[0].a: must be"),
        ([{"a": True}], "returns[0].a: must be"),
        ([{"a": "1"}], "returns[0].a: must be"),
        ([{"x": 1}], "returns[0].x: no line of the"),
        ([{"#4": 1}], "returns[0].#4: no line"),
        ([{"a": 4}], "returns[0].a: only 3 can come back, not 4"),
        ([{"a": 2}, {"a": 2}], "returns[1].a: only 1 can come back, not 2"),
        ({"returns": [{"a": 1}], "gift": {}}, "gift is not known; what may stand here: returns"),
        ({"returns": [{"a": 1}], "gifts_back": {"CUP": 0}}, "gifts_back: must be pieces"),
        ({"returns": [{"a": 1}], "gifts_back": 1}, "gifts_back: must be pieces"),
        ({"returns": [{"a": 1}], "faulty": 1}, "faulty: must be true or false"),
    ],
)
def test_returns_that_cannot_be(returns: Any, sentence: str) -> None:
    found = case(TWO_LINES)
    with pytest.raises(BadCase) as raised:
        refund_of(found, price_case(found), returns)
    assert str(raised.value).startswith(sentence)


def test_faulty_goods_give_back_their_shares_and_gifts_are_kept_back() -> None:
    pair = promo("p", "n_for", n=2, price="5.00")
    found = case([line("a", "4.00", 2)], pair, policy={"refund": "reprice"})
    # What remains costs 4.00 again.
    assert returned(found, [{"a": 1}])["total"] == "1.00"
    assert returned(found, {"returns": [{"a": 1}], "faulty": True})["total"] == "2.50"
    assert returned(found, [{"a": 1}, {"a": 1}])["total"] == "4.00"
    gift = promo(
        "g", "gift", buy=[{"of": {"sku": ["a"]}, "qty": 2}], get={"of": {"sku": ["CUP"]}}, adds=["CUP"]
    )
    found = case([line("a", "4.00", 4)], gift, gift_values={"CUP": "1.50"})
    assert returned(found, [{"a": 2}])["kept_for_gifts"] == "1.50"
    assert returned(found, [{"a": 1}])["gifts_due"] == [{"promotion": "g", "sku": "CUP", "qty": 1}]
    back = returned(found, {"returns": [{"a": 4}], "gifts_back": {"CUP": 1}})
    assert (back["kept_for_gifts"], back["total"]) == ("1.50", "14.50")
    back = returned(found, {"returns": [{"a": 4}], "gifts_back": {"CUP": 5}})
    assert (back["kept_for_gifts"], back["total"]) == ("0.00", "16.00")


def test_points_that_a_gift_cost_come_back_whole() -> None:
    bought = {"buy": [{"of": {"sku": ["a"]}}], "get": {"of": {"sku": ["CUP"]}}, "adds": ["CUP"]}
    gift = promo("g", "gift", needs={"points": 200}, **bought)
    off = promo("p", "amount", amount="1.00", on={"sku": ["b"]})
    pay = promo("pay", "points_pay", points=1, worth="0.01")
    found = case([line("a", "4.00"), line("b", "4.00"), line("c", "4.00")], gift, off, pay, points=500)
    told = answer(found, price_case(found))
    assert [(each["sku"], each["qty"]) for each in told["gifts"]] == [("CUP", 1)]
    # What the gift costs is not there to pay with.
    assert (told["points_used"], told["total"]) == (500, "8.00")
    for steps in ([{"a": 1}, {"b": 1}, {"c": 1}], [{"c": 1, "a": 1}, {"b": 1}], [{"b": 1, "a": 1, "c": 1}]):
        back = [returned(found, steps[: n + 1])["points_back"] for n in range(len(steps))]
        assert sum(back) == 500


@pytest.mark.parametrize(
    ("amount", "cups"), [("10.00", 2), ("10.01", 1), ("19.99", 1), ("20.00", 1), ("20.01", 0)]
)
def test_goods_for_an_amount_give_a_gift_that_lies_in_no_line(amount: str, cups: int) -> None:
    gift = promo("g", "gift", buy_amount=amount, get={"of": {"sku": ["CUP"]}}, adds=["CUP"])
    told = answered([line("a", "5.00", 4)], gift)
    assert sum(each["qty"] for each in told["gifts"]) == cups


@pytest.mark.parametrize(
    ("condition", "uses", "off"),
    [
        ({"min_amount": "15.00"}, {"earlier_amount": "5.00"}, "1.00"),
        ({"min_amount": "15.00"}, {"earlier_amount": "4.99"}, "0.00"),
        ({"max_amount": "15.00"}, {"earlier_amount": "5.00"}, "1.00"),
        ({"max_amount": "15.00"}, {"earlier_amount": "5.01"}, "0.00"),
        ({"min_qty": 3}, {"earlier_qty": 2}, "1.00"),
        ({"min_qty": 3}, {"earlier_qty": 1}, "0.00"),
        ({"max_qty": 3}, {"earlier_qty": 3}, "0.00"),
    ],
)
def test_what_was_bought_earlier_counts_in_conditions(condition: Document, uses: Document, off: str) -> None:
    order = promo("p", "order_amount", amount="1.00", needs={"basket": [condition]})
    assert answered([line("a", "10.00")], order, uses={"p": uses})["discount"] == off


# ------------------------------------------------------------------ gift cards and cash
def test_gift_cards_pay_one_after_the_other_until_nothing_is_due() -> None:
    cards = ["3.00", {"code": "B", "balance": "4.00"}, {"balance": "9.00"}]
    told = answered([line("a", "9.00")], gift_cards=cards)
    assert told["gift_cards"] == [
        {"code": "", "amount": "3.00"},
        {"code": "B", "amount": "4.00"},
        {"code": "", "amount": "2.00"},
    ]
    assert (told["total"], told["due"]) == ("9.00", "0.00")
    assert "Gift card B pays 4.00." in told["explanation"]
    assert "Gift card pays 3.00." in told["explanation"]
    assert answered([line("a", "9.00", -1)], gift_cards=["3.00"])["gift_cards"][0]["amount"] == "0.00"


def test_only_what_is_paid_in_cash_is_rounded() -> None:
    policy = {"cash": {"step": "0.05"}}
    told = answered([line("a", "9.02")], policy=policy)
    assert (told["total"], told["rounding"], told["due"]) == ("9.00", "-0.02", "9.00")
    assert "Paid in cash it is rounded down by 0.02." in told["explanation"]
    told = answered([line("a", "9.02")], policy=policy, gift_cards=["2.00"])
    assert (told["total"], told["rounding"], told["due"]) == ("9.00", "-0.02", "7.00")
    told = answered([line("a", "9.02")], policy=policy, gift_cards=["2.04"])
    assert (told["total"], told["rounding"], told["due"]) == ("9.04", "0.02", "7.00")
    assert "Paid in cash it is rounded up by 0.02." in told["explanation"]
    told = answered([line("a", "9.02")], policy=policy, gift_cards=["20"])
    assert (told["total"], told["rounding"], told["due"]) == ("9.02", "0.00", "0.00")
    told = answered([line("a", "9.02")], policy=policy, paid_otherwise="1.00", gift_cards=["2.01"])
    assert (told["total"], told["rounding"]) == ("9.01", "-0.01")


# ------------------------------------------------------------------ sentences
def test_sentences_of_a_whole_answer() -> None:
    told = answered(
        [line("w", "2.00", "0.534"), line("a", "10.00", 2, tax=included("25")), line("c", "1.00")],
        promo("half", "nth", n=2, pct="50", on={"sku": ["a"]})
        | {
            "name": {"zh_CN": "半价", "en": "Half"},
            "funding": [{"party": "brand", "share": "40", "name": "Acme"}, {"party": "store", "share": "60"}],
        },
        promo("zh", "amount", amount="0.10", on={"sku": ["c"]}, stack={"group": "g"})
        | {"name": {"zh_CN": "减"}},
        promo("less", "amount", amount="0.05", on={"sku": ["c"]}, stack={"group": "g"}) | {"name": "Less"},
        promo("code", "amount", amount="1", on={"sku": ["c"]}, needs={"coupon": {"code": "X"}}),
        promo("used", "order_amount", amount="2", needs={"coupon": {"code": "Y"}}),
        promo("more", "spend_tier", steps=[{"least": "25", "amount": "3"}]),
        promo("three", "n_for", n=2, price="1.50", on={"sku": ["c"]}, stack={"group": "h"}),
        {"id": "odd", "kind": {"type": "magic"}},
        codes=["Y"],
    )
    for sentence in (
        "0.534 × w: 1.07, less 0.13 is 0.94.",
        "2 × a: 20.00, less 6.77 is 13.23.",
        "half (Half) takes 5.00 off: 5.00 on line 2. Paid by brand Acme 2.00, store 3.00.",
        "zh (减) takes 0.10 off: 0.10 on line 3.",
        "used takes 2.00 off with code Y: 0.13 on line 1, 1.77 on line 2, 0.10 on line 3.",
        "Tax 25: 2.65 is in the price of 10.58 net.",
        "less (Less) is not used: another of its group is used (zh). By itself it would give 0.05.",
        "code is not used: its code was not shown. By itself it would give 1.00.",
        "three is not used: its condition is not met. 1 more of its goods is missing.",
    ):
        assert sentence in told["explanation"], told["explanation"]
    assert told["explanation"][-1].startswith("odd cannot be read and was left out: kind.type: ")
    assert any(
        each.startswith("more is not used: its condition is not met. Goods for ")
        for each in told["explanation"]
    )
    assert any(each.startswith("Add goods for ") and " and save " in each for each in told["explanation"])


def test_a_sentence_says_how_often_and_for_how_many_points() -> None:
    told = answered(
        [line("a", "10.00", 4)],
        promo("pair", "n_for", n=2, price="15"),
        promo("pay", "points_pay", points=1, worth="1"),
        points=7,
    )
    assert "pair takes 10.00 off, applied 2 times: 10.00 on line 1." in told["explanation"]
    assert "pay takes 7.00 off for 7 points: 7.00 on line 1." in told["explanation"]
    assert told["explanation"][0] == "4 × a: 40.00, less 17.00 is 23.00."
    gift = promo("g", "gift", buy=[{"of": {"sku": ["a"]}}], get={"of": {"sku": ["c"]}}, adds=["c"])
    assert "1 × c is a gift of g and is to be given." in answered([line("a", "1")], gift)["explanation"]
    told = answered([line("a", "1"), line("c", "1")], gift)
    assert "1 × c is a gift of g and lies in the basket." in told["explanation"]
    (step,) = answered([line("a", "2")], promo("p", "n_for", n=2, price="3"))["next_steps"]
    assert (step["saves"], step["add_qty"], step["add_amount"], step["skus"]) == ("1.00", 1, "0.00", ["a"])
    few = answered([line("a", "10.00", 4)], promo("p", "n_for", n=2, price="15"), policy={"states_max": 1})
    if not few["proven"]:
        assert any(each.startswith("The work limit of 1 states was reached") for each in few["explanation"])


# ------------------------------------------------------------------ sums by themselves
@pytest.mark.parametrize(
    ("asked", "policy", "parts"),
    [
        ({"amount": "1.00", "parts": 3}, {}, ["0.34", "0.33", "0.33"]),
        ({"amount": "-1.00", "parts": 3}, {}, ["-0.33", "-0.33", "-0.34"]),
        ({"amount": "1.00", "weights": ["0.5", 1]}, {}, ["0.33", "0.67"]),
        ({"amount": "1.00", "weights": [0, 0]}, {}, ["0.00", "0.00"]),
        ({"amount": "1.00", "weights": ["-1", "-3"]}, {}, ["0.25", "0.75"]),
        ({"amount": "0.05", "weights": [3, 7]}, {"sharing": "truncate_from_end"}, ["0.02", "0.03"]),
        ({"amount": "-0.05", "weights": [3, 7]}, {"sharing": "last_takes_rest"}, ["-0.02", "-0.03"]),
    ],
)
def test_amounts_that_are_shared_out(asked: Document, policy: Document, parts: list[str]) -> None:
    assert sorted(answered([], allocate=[asked], policy=policy)["allocated"][0]) == sorted(parts)


@pytest.mark.parametrize(
    ("asked", "policy", "rounded"),
    [
        ({"amount": "1.005"}, {}, "1.01"),
        ({"amount": "-1.005"}, {}, "-1.01"),
        ({"amount": "1.005"}, {"price_mode": "half_down"}, "1.00"),
        ({"amount": "1.03", "step": "0.05"}, {}, "1.05"),
        ({"amount": "10", "times": "0.3335"}, {}, "3.34"),
        ({"amount": "10", "by": "3"}, {}, "3.33"),
        ({"amount": "10", "by": "3", "times": "2", "step": "0.10"}, {}, "6.70"),
    ],
)
def test_amounts_that_are_rounded(asked: Document, policy: Document, rounded: str) -> None:
    told = answered([], round=[asked], policy=policy)
    assert told["rounded"] == [rounded]
    assert "allocated" not in told


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"allocate": [{"amount": "1.005", "parts": 2}]}, "allocate[0].amount: is too fine"),
        ({"allocate": [{"amount": "1"}]}, 'allocate[0]: must have one of "weights" and "parts"'),
        ({"allocate": [{"amount": "1", "parts": 1, "weights": [1]}]}, "allocate[0]: must have one of"),
        ({"allocate": [{"amount": "1", "parts": 0}]}, "allocate[0].parts: must be a whole number from 1"),
        ({"allocate": [{"amount": "1", "weights": "12"}]}, "allocate[0].weights: must be a list"),
        ({"allocate": [{"amount": "1", "weights": [1, None]}]}, "allocate[0].weights: must be a list"),
        ({"allocate": [{"amount": "1", "weights": [1, -1]}]}, "allocate[0].weights: must not be above and"),
        ({"round": [{"amount": "1", "by": 0}]}, "round[0].by: must not be 0"),
        ({"round": [{"amount": "1", "step": "0"}]}, "round[0].step: must be more than nothing"),
        ({"round": [{"amount": "x"}]}, "round[0].amount: must be a number"),
        ({"round": [{"amount": "1", "times": "x"}]}, "round[0].times: must be a number"),
        ({"currency": "E1R"}, "currency: must be three capital letters"),
        ({"currency": "EU"}, "currency: must be three capital letters"),
        ({"currency": "ÉUR"}, "currency: must be three capital letters"),
        ({"gift_cards": [{"code": "x"}]}, "gift_cards[0].balance: is missing"),
        ({"points": {"balance": 1, "uses": 1}}, "points.uses: is not known here"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(more: Document, sentence: str) -> None:
    assert problem(**more).startswith(sentence)


# ------------------------------------------------------------------ lines
@pytest.mark.parametrize(
    ("price", "quantity", "pieces", "unit"),
    [
        ("0", 3, 3, 0),
        ("-0.00", 1, 1, 0),
        ("2.00", "1.0", 1, 200),
        ("2.00", "0.5", 1, 100),
        ("2.00", "1.5", 1, 300),
        ("2.00", 1_000_000, 1_000_000, 200),
        ("2.005", 1, 1, 201),
        ("2.00", -3, 1, -600),
        ("-2.00", 3, 1, -600),
        ("-2.00", -3, 1, 600),
    ],
)
def test_pieces_and_prices(price: str, quantity: Any, pieces: int, unit: int) -> None:
    (found,) = case([line("a", price, quantity)]).basket.lines
    assert (found.quantity, found.unit_minor) == (pieces, unit)
    assert found.is_locked == (unit < 0)


@pytest.mark.parametrize("quantity", ["x", "", 1_000_001, -1_000_001, True])
def test_no_number_of_pieces(quantity: Any) -> None:
    assert problem(basket=[line("a", "1", quantity)]).startswith("basket[0].qty: must be a number")


def test_fixed_taxes_go_with_the_piece() -> None:
    taxes = [{"per_unit": "0.30", "id": "f", "price_includes": True}]
    for quantity, price, fixed in (
        (2, "1.00", 30),
        ("0.5", "1.00", 15),
        (-2, "1.00", -60),
        ("2", "1.005", 60),
    ):
        (found,) = case([line("a", price, quantity, tax=taxes)]).basket.lines
        assert [tax.per_unit_minor for tax in found.taxes] == [fixed]
