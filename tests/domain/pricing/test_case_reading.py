from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.money import MODES
from posapp.domain.pricing.cases.reading import DEFAULT_AT, BadCase, case_of, read_case
from posapp.domain.pricing.terms.basket import Code, LineTax, Member, Uses
from posapp.domain.pricing.terms.policy import PointsRules, Policy

PLAIN: dict[str, Any] = {"currency": "EUR", "basket": [{"sku": "a", "unit_price": "1.50", "qty": 2}]}


def read(**more: Any) -> Any:
    return read_case(json.dumps(PLAIN | more))


def line(**more: Any) -> Any:
    return read(basket=[PLAIN["basket"][0] | more]).basket.lines[0]


def problem(**more: Any) -> str:
    with pytest.raises(BadCase) as raised:
        read(**more)
    return str(raised.value)


def test_the_least_that_a_case_needs() -> None:
    case = read()
    (only,) = case.basket.lines
    assert (only.sku, only.quantity, only.unit_minor, only.taxes) == ("a", 2, 150, ())
    assert (case.basket.currency, case.basket.at, case.basket.channel) == ("EUR", DEFAULT_AT, "store")
    assert case.policy == Policy()
    assert (case.basket.member, case.basket.codes, case.promotions) == (None, (), ())


def test_everything_a_case_may_say() -> None:
    case = read(
        at="2026-11-11T08:00+08:00",
        store="s1",
        region="north",
        channel="web",
        member={"id": "m", "level": "gold", "tags": ["vip"], "orders_before": 0, "staff": True},
        codes=["A", {"code": "B", "batch": "b", "uses_left": 3}],
        points={"balance": 100, "use": 40},
        uses={"p": {"by_member": 1, "today": 2, "campaign": 3, "campaign_amount": "4.00"}},
        deposits={"p": "5"},
        tender="card",
        gift_values={"cup": "3.00"},
        paid_otherwise="0.68",
        tax_mode="exclusive",
        tax_rounding="per_line",
        policy={
            "choose": "sequence",
            "cash": {"step": "0.05", "mode": "down"},
            "points": {"points": 1, "for": "10", "mode": "half_up", "base": "list", "per": "line"},
            "states_max": 10,
            "refund": "reprice",
        },
        promotions=[{"id": "p", "kind": {"type": "pct", "pct": 10}}, {"id": "q", "kind": {"type": "magic"}}],
    )
    basket = case.basket
    assert (basket.store_id, basket.region, basket.channel, basket.tender) == ("s1", "north", "web", "card")
    assert basket.member == Member("m", "gold", frozenset({"vip"}), 0, True)
    assert basket.codes == (Code("A"), Code("B", "b", 3))
    assert (basket.points, basket.points_wanted) == (100, 40)
    assert basket.uses == {"p": Uses(1, 2, 3, 400)}
    assert basket.deposits == {"p": 500}
    assert (case.gift_values, case.paid_otherwise_minor) == ({"cup": 300}, 68)
    assert case.policy == Policy(
        choose="sequence",
        tax_mode="added",
        tax_rounding="line",
        cash_step_minor=5,
        cash_mode="down",
        points=PointsRules(1, 1000, "half_up", "list", "line"),
        states_max=10,
        refund="reprice",
    )
    assert [each.promotion_id for each in case.promotions] == ["p"]
    assert [(each.promotion_id, each.path) for each in case.unread] == [("q", "promotions[1].kind.type")]


def test_goods_of_every_kind() -> None:
    taxes = [
        {"rate_pct": "19", "price_includes": True},
        {"rate_pct": 5.5, "price_includes": False, "level": 1, "id": "gst"},
        {"per_unit": "0.35"},
    ]
    found = line(
        category=["food", "fruit"], brand="b", tags=["t"], locked=True, name={"en": "A"}, floor="1", tax=taxes
    )
    assert found.traits.category == ("food", "fruit")
    assert (found.is_locked, found.floor_minor, found.names) == (True, 100, {"en": "A"})
    assert found.taxes == (
        LineTax("19", 190_000, True),
        LineTax("gst", 55_000, False, level=1),
        LineTax("0+35", 0, True, per_unit_minor=35),
    )
    assert line(tags=[], tax=[], category="food").traits.category == ("food",)


def test_goods_by_weight_and_fine_prices_are_one_piece() -> None:
    case = read(basket=[{"sku": "w", "unit_price": "12.90", "qty": "0.534"}])
    (weighed,) = case.basket.lines
    assert (weighed.quantity, weighed.unit_minor, weighed.is_weighed) == (1, 689, True)
    assert case.quantities == {1: "0.534"}
    fine = line(unit_price="0.1255", qty=3)
    assert (fine.quantity, fine.unit_minor, fine.is_weighed) == (1, 38, True)
    assert line(qty="2.0").quantity == 2


def test_numbers_are_decimals_and_never_binary() -> None:
    text = '{"currency":"EUR","basket":[{"sku":"a","unit_price":0.29,"qty":1}]}'
    assert read_case(text).basket.lines[0].unit_minor == 29
    assert read_case(text.replace("0.29", "2.9e1")).basket.lines[0].unit_minor == 2900
    assert (
        read(minor_digits=3, basket=[{"sku": "a", "unit_price": "1.234"}]).basket.lines[0].unit_minor == 1234
    )
    assert read(currency="JPY", basket=[{"sku": "a", "unit_price": "100"}]).basket.lines[0].unit_minor == 100


def test_cash_by_the_rule_of_a_country() -> None:
    policy = read(currency="NZD", policy={"cash": "NZ"}).policy
    assert (policy.cash_step_minor, policy.cash_mode) == (10, "half_down")


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ({"currency": "eur"}, "currency: must be three capital letters"),
        ({"minor_digits": 10}, "minor_digits: must be a whole number from 0 to 9"),
        ({"basket": {}}, "basket: must be a list"),
        ({"basket": [[]]}, "basket[0]: must be a table"),
        ({"basket": [{"sku": "a"}]}, "basket[0].unit_price: is missing"),
        ({"basket": [{"unit_price": "1"}]}, "basket[0].sku: is missing"),
        ({"basket": [{"sku": "a", "unit_price": "1 "}]}, "basket[0].unit_price: must be an amount"),
        (
            {"basket": [{"sku": "a", "unit_price": "1", "qty": 1_000_001}]},
            "basket[0].qty: must be a number such as 2",
        ),
        (
            {"basket": [{"sku": "a", "unit_price": "1", "quantity": 1}]},
            "basket[0].quantity: is not known here",
        ),
        (
            {"basket": [{"sku": "a", "unit_price": "1", "category": [1]}]},
            "basket[0].category: must be a text",
        ),
        (
            {"basket": [{"sku": "a", "unit_price": "1", "tax": [{}]}]},
            'basket[0].tax[0]: must have "rate_pct"',
        ),
        (
            {"basket": [{"sku": "a", "unit_price": "1", "tax": [{"rate_pct": 5}, {"rate_pct": 5}]}]},
            "basket[0].tax: has two of the same rate",
        ),
        ({"at": "tomorrow"}, "at: must be a day"),
        ({"tax_mode": "both"}, "tax_mode: must be one of"),
        ({"tax_rounding": "never"}, "tax_rounding: must be one of"),
        ({"policy": {"choose": "luck"}}, "policy.choose: must be one of: best, sequence"),
        ({"policy": {"cash": "US"}}, "policy.cash: is not known"),
        ({"policy": {"cash": "CH"}}, "policy.cash: is for CHF, and the amounts are in EUR"),
        ({"policy": {"cash": {"step": "0"}}}, "policy.cash.step: must be more than nothing"),
        ({"policy": {"points": {"for": "0"}}}, "policy.points.for: must be more than nothing"),
        (
            {"policy": {"percentmode": "up"}},
            'policy.percentmode: is not known here; did you mean "percent_mode"?',
        ),
        ({"promotions": {}}, "promotions: must be a list"),
        (
            {"promotions": [{"id": "p", "kind": {"type": "pct", "pct": 1}}] * 2},
            "promotions[1].id: stands twice",
        ),
        ({"member": 5}, "member: must be a table"),
        ({"codes": [5]}, "codes[0]: must be a table"),
        ({"points": "many"}, "points: must be a whole number"),
        ({"uses": {"p": {"times": 1}}}, "uses.p.times: is not known here"),
        ({"deposits": {"p": "x"}}, "deposits.p: must be an amount"),
        ({"colour": 1}, "colour: is not known here"),
    ],
)
def test_every_bad_input_is_a_sentence_with_its_path(case: dict[str, Any], sentence: str) -> None:
    assert problem(**case).startswith(sentence)
    assert problem(**case)[-1] in ".?"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"currency": NaN}', "[]", "5", '"x"', "null"])
def test_what_is_no_case_at_all(text: str) -> None:
    with pytest.raises(BadCase):
        read_case(text)


def test_every_rounding_mode_has_its_word() -> None:
    assert [read(policy={"percent_mode": mode}).policy.percent_mode for mode in MODES] == list(MODES)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.decimals(allow_nan=True).map(Decimal),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["currency", "minor_digits", "tax_mode", "at", "member", "basket", "promotions", "codes", "points"]
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=3), st.dictionaries(KEYS, JSON, max_size=2))
def test_no_document_ends_otherwise_than_with_a_sentence(top: dict[str, Any], inner: dict[str, Any]) -> None:
    for document in (
        PLAIN | top,
        PLAIN | {"basket": [PLAIN["basket"][0] | inner]},
        PLAIN | {"policy": inner},
    ):
        sentence = "read"
        try:
            case_of(document)
        except BadCase as refused:
            sentence = str(refused)
        assert sentence


def test_what_is_taken_back_is_below_nothing_and_no_promotion_counts_it() -> None:
    back = line(qty=-2)
    assert (back.quantity, back.unit_minor, back.is_locked, back.is_weighed) == (1, -300, True, True)
    assert line(unit_price="-0.505", qty="1").unit_minor == -51
    assert (
        read(policy={"price_mode": "half_ceiling"}, basket=[{"sku": "a", "unit_price": "-0.505"}])
        .basket.lines[0]
        .unit_minor
        == -50
    )
    assert line(unit_price="-1", qty=-1).unit_minor == 100


def test_amounts_with_tax_put_the_tax_into_the_price() -> None:
    taxes = [{"rate_pct": 10}, {"rate_pct": 5, "level": 1}, {"per_unit": "0.20", "id": "bottle"}]
    found = read(
        tax_mode="added",
        policy={"amounts": "with_tax"},
        basket=[{"sku": "a", "unit_price": "10", "qty": 3, "tax": taxes}],
    ).basket.lines[0]
    # 10 + 1 + 0.20, and 5 % of that.
    assert (found.unit_minor, found.quantity) == (1176, 3)
    assert all(tax.included for tax in found.taxes)
