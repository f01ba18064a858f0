"""When, where, who, code, uses and conditions: open or closed, with the reason and what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.goods.gates import Closed, Open, gate, unmet
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, LineTax, Member, Traits, Uses
from posapp.domain.pricing.terms.promotion import Promotion

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: A Wednesday.
NOON = datetime(2026, 11, 4, 12, 0, tzinfo=SHANGHAI)
GOODS = (
    BasketLine(1, "A", 2, 1000, Traits(tags=frozenset({"t"}))),
    BasketLine(2, "B", 1, 500),
    BasketLine(3, "CARD", 1, 9000, is_locked=True),
)


def promotion(**keys: Any) -> Promotion:
    read = read_promotion({"id": "P", "kind": {"type": "order_pct", "pct": "10"}} | keys, currency="CNY")
    assert isinstance(read, Promotion), read
    return read


def basket(**keys: Any) -> Basket:
    return replace(Basket(GOODS, "CNY", NOON, "S1", "east", "store"), **keys)


def reason(keys: dict[str, Any], **of_basket: Any) -> str:
    answer = gate(promotion(**keys), basket(**of_basket))
    return "" if isinstance(answer, Open) else answer.reason


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ""),
        ({"enabled": False}, "disabled"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "CNY"}, ""),
        ({"stores": ["S2"]}, "store"),
        ({"stores": ["S2", "S1"]}, ""),
        ({"regions": ["west"]}, "region"),
        ({"channels": ["web"]}, "channel"),
        ({"valid": {"from": "2026-11-05"}}, "time"),
        ({"valid": {"from": "2026-11-04", "to": "2026-11-04"}}, ""),
        ({"valid": {"to": "2026-11-03"}}, "time"),
        ({"valid": {"to": "2026-11-04T12:00"}}, "time"),
        ({"valid": {"from": "2026-11-04T12:00"}}, ""),
        ({"valid": {"from": "2026-11-04T04:00Z"}}, ""),
        ({"valid": {"from": "2026-11-04T12:00+07:00"}}, "time"),
        ({"needs": {"tenders": ["wallet"]}}, "tender"),
        ({"needs": {"points": 1}}, "points"),
    ],
)
def test_where_and_when(keys: dict[str, Any], expected: str) -> None:
    assert reason(keys) == expected


@pytest.mark.parametrize(
    ("day", "hour", "is_open"),
    [
        (6, 21, False),
        (6, 22, True),
        (7, 1, True),
        (7, 2, False),
        (7, 22, False),
        (5, 23, False),
        (6, 1, False),
    ],
)
def test_hours_may_run_over_midnight(day: int, hour: int, is_open: bool) -> None:
    late = {"weekly": [{"days": ["fri"], "from": "22:00", "to": "02:00"}]}
    at = datetime(2026, 11, day, hour, 0, tzinfo=SHANGHAI)
    assert (reason(late, at=at) == "") is is_open


def test_hours_are_the_shop_s_own_and_several_windows_may_hold() -> None:
    happy = {"weekly": [{"days": ["mon"]}, {"days": ["wed"], "from": "11:30", "to": "12:30"}]}
    assert reason(happy) == ""
    assert reason(happy, at=NOON.replace(minute=30)) == "time"
    assert reason(happy, at=NOON.replace(day=2)) == ""
    assert reason(happy, at=NOON.astimezone(UTC)) == "time"


ANNA = Member("m1", "gold", frozenset({"student"}), orders_before=0)


@pytest.mark.parametrize(
    ("who", "anna", "stranger"),
    [
        ({"members": True}, "", "who"),
        ({"member_ids": ["m1"]}, "", "who"),
        ({"member_ids": ["m2"]}, "who", "who"),
        ({"levels": ["gold", "silver"]}, "", "who"),
        ({"levels": ["silver"]}, "who", "who"),
        ({"tags": ["student"]}, "", "who"),
        ({"tags": ["teacher"]}, "who", "who"),
        ({"except_tags": ["student"]}, "who", ""),
        ({"except_tags": ["teacher"]}, "", ""),
        ({"first_order": True}, "", "who"),
        ({"nth_order": 2}, "who", "who"),
        ({"staff": True}, "who", "who"),
        ({}, "", ""),
    ],
)
def test_whose_right_it_is(who: dict[str, Any], anna: str, stranger: str) -> None:
    assert (reason({"who": who}, member=ANNA), reason({"who": who})) == (anna, stranger)


def test_orders_that_nobody_counted_are_not_the_first() -> None:
    assert reason({"who": {"first_order": True}}, member=Member("m2")) == "who"
    assert reason({"who": {"staff": True}}, member=Member("m2", is_staff=True)) == ""


# ------------------------------------------------------------------ codes and uses
def test_a_coupon_needs_its_code() -> None:
    generic = promotion(needs={"coupon": {"codes": ["MAY", "JUNE"]}})
    unique = promotion(needs={"coupon": {"batch": "b1"}})
    shown = basket(codes=(Code("JUNE"), Code("x-17", "b1")))
    assert gate(generic, basket()) == Closed("no_code")
    assert gate(generic, basket(codes=(Code("may"),))) == Open("may")
    assert gate(generic, basket(codes=(Code("JULY"),))) == Closed("no_code")
    assert gate(unique, basket(codes=(Code("x", "B1"),))) == Closed("no_code")
    assert gate(generic, shown) == Open("JUNE")
    assert gate(unique, shown) == Open("x-17")
    assert gate(unique, basket(codes=(Code("JUNE"),))) == Closed("no_code")


def test_a_code_that_is_used_up_opens_nothing_and_a_fresh_one_does() -> None:
    unique = promotion(needs={"coupon": {"batch": "b1"}})
    used = Code("x-1", "b1", uses_left=0)
    assert gate(unique, basket(codes=(used,))) == Closed("limit")
    assert gate(unique, basket(codes=(used, Code("x-2", "b1")))) == Open("x-2")


@pytest.mark.parametrize(
    ("limits", "uses", "expected"),
    [
        ({"per_member": 1}, Uses(by_member=1), "limit"),
        ({"per_member": 2}, Uses(by_member=1), ""),
        ({"per_day": 5}, Uses(today=5), "limit"),
        ({"campaign": 5}, Uses(campaign=6), "limit"),
        ({"campaign_amount": "10"}, Uses(campaign_minor=1000), "limit"),
        ({"campaign": 5}, None, ""),
        ({"campaign": 5, "when_unknown": "refuse"}, None, "limit"),
        ({"campaign": 5, "when_unknown": "refuse"}, Uses(campaign=None), "limit"),
        ({"campaign": 5, "when_unknown": "refuse"}, Uses(campaign=4, today=None), ""),
        ({"per_order": 1, "when_unknown": "refuse"}, None, ""),
    ],
)
def test_uses_before_this_basket(limits: dict[str, Any], uses: Uses | None, expected: str) -> None:
    known = {} if uses is None else {"P": uses}
    assert reason({"limits": limits}, uses=known, member=ANNA) == expected


def test_a_limit_by_member_is_unknown_for_a_stranger() -> None:
    limits = {"per_member": 1}
    assert reason({"limits": limits}, uses={"P": Uses(by_member=1)}) == ""
    assert reason({"limits": limits | {"when_unknown": "refuse"}}, uses={"P": Uses()}) == "limit"


def test_a_budget_leaves_its_rest() -> None:
    budget = promotion(limits={"campaign_amount": "10"})
    assert gate(budget, basket(uses={"P": Uses(campaign_minor=900)})) == Open(most_minor=100)
    assert gate(budget, basket()) == Open(most_minor=1000)


def test_points_that_are_missing_are_counted() -> None:
    assert gate(promotion(needs={"points": 50}), basket(points=20)) == Closed("points", missing_qty=30)
    assert gate(promotion(needs={"points": 50}), basket(points=50)) == Open()
    assert reason({"needs": {"tenders": ["wallet"]}}, tender="wallet") == ""


# ------------------------------------------------------------------ conditions
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"min_qty": 3}, Open()),
        ({"min_qty": 4}, Closed("condition", missing_qty=1)),
        ({"max_qty": 3}, Open()),
        ({"max_qty": 2}, Closed("condition")),
        ({"min_amount": "25"}, Open()),
        ({"min_amount": "25.01"}, Closed("condition", missing_minor=1)),
        ({"max_amount": "24.99"}, Closed("condition")),
        ({"max_amount": "25"}, Open()),
        ({"min_items": 2}, Open()),
        ({"min_items": 3}, Closed("condition", missing_qty=1)),
        ({"of": {"tag": ["t"]}, "min_qty": 3}, Closed("condition", missing_qty=1)),
        ({"of": {"sku": ["CARD"]}, "max_qty": 0}, Open()),
        ({"min_qty": 5, "min_amount": "30"}, Closed("condition", 500, 2)),
    ],
)
def test_what_the_basket_must_hold(condition: dict[str, Any], expected: Open | Closed) -> None:
    assert gate(promotion(needs={"basket": [condition]}), basket()) == expected


def test_all_conditions_or_any() -> None:
    far, near, never = {"min_qty": 9}, {"min_qty": 4}, {"max_qty": 1}
    both = promotion(needs={"basket": [far, near]})
    assert gate(both, basket()) == Closed("condition", missing_qty=6)
    either = promotion(needs={"basket": [never, far, near], "match": "any"})
    assert gate(either, basket()) == Closed("condition", missing_qty=1)
    assert gate(promotion(needs={"basket": [far, {"min_qty": 1}], "match": "any"}), basket()) == Open()


def test_conditions_are_judged_on_the_amounts_given() -> None:
    least = promotion(needs={"basket": [{"min_amount": "20"}]})
    assert gate(least, basket(), amounts=(1500, 499, 9000)) == Closed("condition", missing_minor=1)
    after = promotion(needs={"basket": [{"min_amount": "30"}], "judged_on": "after_items"})
    assert gate(after, basket()) == Open()
    assert unmet(after.needs, GOODS) == Closed("condition", missing_minor=500)
    assert unmet(after.needs, GOODS, (2500, 500, 0)) is None


@pytest.mark.parametrize(
    ("tax", "included", "missing"),
    [
        ("as_priced", True, 0),
        ("with", True, 0),
        ("without", True, 100),
        ("as_priced", False, 0),
        ("with", False, 0),
        ("without", False, 0),
    ],
)
def test_amounts_with_and_without_tax(tax: str, included: bool, missing: int) -> None:
    line = BasketLine(1, "A", 2, 550, taxes=(LineTax("v", 100_000, included),))
    needs = promotion(needs={"basket": [{"min_amount": "11", "tax": tax}]}).needs
    closed = unmet(needs, (line,))
    assert (0 if closed is None else closed.missing_minor) == missing
    dearer = promotion(needs={"basket": [{"min_amount": "12.10", "tax": tax}]}).needs
    assert (unmet(dearer, (line,)) is None) is (tax == "with" and not included)
