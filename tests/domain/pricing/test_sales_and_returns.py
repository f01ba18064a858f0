"""Sales through the engine in both ways to choose, and their returns: every subset and order up to six."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.answers.refunds import UnitName, refund
from posapp.domain.pricing.cases.answer import answer
from posapp.domain.pricing.cases.reading import Case, read_case
from posapp.domain.pricing.cases.running import price_case, sale_of
from posapp.domain.pricing.terms.priced import PricedBasket
from tests.domain.pricing.peers import added, included, line, promo

AMOUNTS = st.integers(1, 3000).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
TAXES = st.sampled_from([[], included("19"), included("7"), added("5"), included("9") + added("3.5")])
PROMOTIONS = (
    promo("pct", "pct", pct="12.5", on={"sku": ["a", "b"]}),
    promo("off", "amount", amount="0.77", stack={"agrees": ["*"], "tags": ["x"]}),
    promo("half", "nth", n=2, pct=50),
    promo("three", "n_for", n=3, price="9.99"),
    promo("set", "bundle", parts=[{"of": {"sku": ["a"]}}, {"of": {"sku": ["b"]}}], amount="1.11"),
    promo("gift", "gift", buy=[{"of": {"sku": ["a"]}, "qty": 2}], get={"of": {"sku": ["c"]}}, adds=["c"]),
    promo("tier", "qty_tier", steps=[{"least": 2, "pct": 5}, {"least": 4, "pct": 15}], on={"sku": ["c"]}),
    promo("order", "order_pct", pct="3.3", needs={"coupon": {"code": "C"}}),
    promo(
        "spend", "spend_tier", by="amount", every=True, steps=[{"least": "10", "amount": "1.01"}], cap="3",
        needs={"judged_on": "after_items"},
    ),
    promo("pay", "points_pay", points=7, worth="0.10"),
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn, most_units: int = 6) -> dict[str, Any]:
    basket: list[dict[str, Any]] = []
    left = most_units
    while left and (not basket or draw(st.booleans())):
        qty = draw(st.integers(1, min(left, 3)))
        left -= qty
        basket.append(line(draw(st.sampled_from("abc")), draw(AMOUNTS), qty, tax=draw(TAXES)))
    policy: dict[str, Any] = {
        "tax_rounding": draw(
            st.sampled_from(["total", "line", "line_kept", "unit", "kept", "net_total", "net_document"])
        ),
        "tax_base": draw(st.sampled_from(["paid", "list"])),
        "points": {"points": 1, "for": "1"},
    }
    if draw(st.booleans()):
        policy |= {
            "choose": "sequence",
            "sequence_order": draw(st.sampled_from(["priority", "free"])),
            "percent_of": draw(st.sampled_from(["base", "left", "list"])),
            "stacking": draw(st.sampled_from(["all", "exclusive", "single"])),
            "share_over": draw(st.sampled_from(["taking_part", "reduced"])),
        }
    if draw(st.booleans()):
        policy["cash"] = {"step": "0.05"}
    return {
        "currency": "EUR",
        "basket": basket,
        "promotions": draw(
            st.lists(st.sampled_from(PROMOTIONS), unique_by=lambda each: each["id"], max_size=4)
        ),
        "policy": policy,
        "codes": ["C"],
        "member": "m",
        "points": draw(st.integers(0, 300)),
    }


def case_and_price(document: dict[str, Any]) -> tuple[Case, PricedBasket]:
    case = read_case(json.dumps(document))
    return case, price(case.basket, case.promotions, case.policy)


def units_of(priced: PricedBasket) -> list[UnitName]:
    return [(each.line_no, n) for each in priced.lines for n in range(each.quantity)]


@settings(max_examples=150, deadline=None)
@given(documents())
def test_what_is_printed_adds_up(document: dict[str, Any]) -> None:
    case = read_case(json.dumps(document))
    priced = price_case(case)
    told = answer(case, priced)
    assert json.loads(json.dumps(told)) == told

    def minor(text: str) -> int:
        return int(text.replace(".", ""))

    paid = sum(minor(each["amount"]) for each in told["lines"])
    assert minor(told["goods"]) - minor(told["discount"]) == paid
    assert paid + minor(told["tax_added"]) + minor(told["rounding"]) == minor(told["total"])
    for each in told["lines"]:
        assert sum(map(minor, each["unit_shares"])) == minor(each["amount"])
        assert all(minor(share) >= 0 for share in each["unit_shares"])
    for each in told["discounts"]:
        assert sum(minor(part["amount"]) for part in each["lines"]) == minor(each["amount"])
        assert sum(minor(part["amount"]) for part in each["funding"]) == minor(each["amount"])
    assert told["unread"] == []
    assert all(sentence.endswith((".", ":")) or ": " in sentence for sentence in told["explanation"])


def test_tax_of_the_list_price_gives_back_what_was_paid_and_no_list_price() -> None:
    document = {
        "currency": "EUR",
        "basket": [line("a", "10.00", 2, tax=added("10")), line("c", "5.00", 2, tax=included("25"))],
        "promotions": [promo("half", "pct", pct="50", on={"sku": ["a", "c"]})],
        "policy": {"tax_base": "list"},
    }
    case, priced = case_and_price(document)
    sale = sale_of(case, priced)
    assert priced.total_minor == 1000 + 200 + 500
    for order in permutations(units_of(priced)):
        steps = [refund(sale, [unit], earlier=[[one] for one in order[:n]]) for n, unit in enumerate(order)]
        assert [one.total_minor for one in steps] == [600 if line_no == 1 else 250 for line_no, _ in order]
        assert sum(tax.tax_minor for one in steps for tax in one.taxes) == 200 + 200


@settings(max_examples=60, deadline=None)
@given(documents(most_units=4))
def test_every_order_of_returns_gives_back_what_was_paid(document: dict[str, Any]) -> None:
    case, priced = case_and_price(document)
    sale = sale_of(case, priced)
    spent = sum(each.points for each in priced.discounts)
    for order in permutations(units_of(priced)):
        steps = [
            refund(sale, [unit], earlier=[[other] for other in order[:n]]) for n, unit in enumerate(order)
        ]
        assert sum(one.total_minor for one in steps) == priced.total_minor
        assert sum(one.points_back for one in steps) == spent
        assert sum(one.points_taken for one in steps) == priced.points_earned
        assert sum(tax.tax_minor for one in steps for tax in one.taxes) == sum(
            tax.tax_minor for tax in priced.taxes
        )
        assert [code for one in steps for code in one.coupons_back] == [
            each.code for each in priced.discounts if each.code
        ]


@settings(max_examples=40, deadline=None)
@given(documents(), st.data())
def test_every_subset_of_six_is_the_sum_of_its_units(document: dict[str, Any], data: st.DataObject) -> None:
    case, priced = case_and_price(document)
    sale = sale_of(case, priced)
    units = units_of(priced)
    alone = {unit: refund(sale, [unit]).amount_minor for unit in units}
    for mask in range(1, 2 ** len(units)):
        subset = [unit for n, unit in enumerate(units) if mask >> n & 1]
        assert refund(sale, subset).amount_minor == sum(alone[unit] for unit in subset)
    order = data.draw(st.permutations(units))
    cut = data.draw(st.integers(1, len(order)))
    first = refund(sale, order[:cut])
    rest = [refund(sale, order[cut:], earlier=[order[:cut]])] if order[cut:] else []
    assert first.total_minor + sum(one.total_minor for one in rest) == priced.total_minor


@settings(max_examples=60, deadline=None)
@given(documents(), st.data())
def test_priced_again_in_any_split_gives_back_what_was_paid(
    document: dict[str, Any], data: st.DataObject
) -> None:
    document["policy"]["refund"] = "reprice"
    case, priced = case_and_price(document)
    sale = sale_of(case, priced)
    order = data.draw(st.permutations(units_of(priced)))
    steps: list[list[UnitName]] = []
    while order:
        cut = data.draw(st.integers(1, len(order)))
        steps.append(order[:cut])
        order = order[cut:]
    back = [refund(sale, step, earlier=steps[:n]) for n, step in enumerate(steps)]
    assert all(one.total_minor >= 0 for one in back)
    assert sum(one.total_minor for one in back) == priced.total_minor


@settings(max_examples=40, deadline=None)
@given(documents())
def test_bought_returned_and_bought_again_leaves_money_as_it_was(document: dict[str, Any]) -> None:
    case, priced = case_and_price(document)
    back = refund(sale_of(case, priced), units_of(priced))
    _, again = case_and_price(document)
    assert (back.total_minor, back.points_taken) == (priced.total_minor, priced.points_earned)
    assert again == priced
