"""The last value that may stand at each key of a promotion, and the first that may not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from posapp.domain.money import MODES, allocate, parse_amount, round_div
from posapp.domain.pricing.cases.reading import BadCase, case_of
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.reading_values import percent_text, times_text
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.goods.reductions import floor_of, off_gain, share_gain
from posapp.domain.pricing.terms.promotion import (
    Condition,
    EachUnit,
    Funding,
    Limits,
    Needs,
    NFor,
    Off,
    PointsAdd,
    PointsPay,
    PointsTimes,
    Priced,
    Promotion,
    Stack,
    Step,
    Weekly,
    Who,
)

Document = dict[str, Any]


def read(**keys: Any) -> Promotion | None:
    found = read_promotion({"id": "P", "kind": {"type": "pct", "pct": "10"}} | keys, currency="EUR")
    return found if isinstance(found, Promotion) else None


def kind(name: str, **keys: Any) -> Document:
    return {"kind": {"type": name} | keys}


BUY: Document = {"buy": [{}], "get": {}}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"id": "x" * 64}, {"id": "x" * 65}),
        ({"id": "x"}, {"id": ""}),
        ({"version": 1_000_000_000}, {"version": 1_000_000_001}),
        ({"version": Decimal("3.0")}, {"version": Decimal("3.5")}),
        ({"version": Decimal("1E+9")}, {"version": Decimal("1E+10")}),
        ({"version": 1}, {"version": "1"}),
        ({"name": "x" * 200}, {"name": "x" * 201}),
        ({"name": {"x" * 32: "a"}}, {"name": {"x" * 33: "a"}}),
        ({"currency": "USD"}, {"currency": "US1"}),
        ({"currency": "USD"}, {"currency": "US"}),
        ({"currency": "USD"}, {"currency": "usd"}),
        (kind("pct", pct=100), kind("pct", pct=Decimal("100.0001"))),
        (kind("pct", pct="0.0001"), kind("pct", pct="0.00001")),
        (kind("pct", pct=Decimal("1E+1")), kind("pct", pct=Decimal("Infinity"))),
        (kind("points_x", times=1000), kind("points_x", times="1000.000001")),
        (kind("points_x", times="0.000001"), kind("points_x", times="many")),
        (kind("nth", n=1000, pct=1), kind("nth", n=1001, pct=1)),
        (kind("nth", n=1, pct=1), kind("nth", n=0, pct=1)),
        (kind("nth", n=2, count=2, pct=1), kind("nth", n=2, count=3, pct=1)),
        (kind("nth", n=2, count=1, pct=1), kind("nth", n=2, count=0, pct=1)),
        (kind("n_for", n=1000, price=1), kind("n_for", n=1001, price=1)),
        (kind("n_for", n=1, price=1), kind("n_for", n=0, price=1)),
        (kind("n_pct", n=1000, pct=1), kind("n_pct", n=1001, pct=1)),
        (kind("n_pct", n=1, pct=1), kind("n_pct", n=0, pct=1)),
        (kind("bundle", parts=[{"qty": 1}], pct=1), kind("bundle", parts=[{"qty": 0}], pct=1)),
        (kind("gift", **BUY, over=0), kind("gift", **BUY, over=-1)),
        (kind("gift", **BUY, adds=["x"]), kind("gift", **BUY, adds=[5])),
        (kind("gift", get={}) | {"limits": {"per_order": 1}}, kind("gift", get={})),
        (kind("gift", get={}, buy_amount=0), kind("gift", get={}, buy=[])),
        (kind("deposit", paid=2, worth=2), kind("deposit", paid=2, worth="1.99")),
        (
            kind("points_add", points=1, per="amount", amount="0.01"),
            kind("points_add", points=1, per="amount", amount=0),
        ),
        (kind("points_pay", points=1, worth=1, step=1), kind("points_pay", points=1, worth=1, step=0)),
        (kind("points_pay", points=1, worth=1), kind("points_pay", points=0, worth=1)),
        (
            kind("spend_tier", every=True, steps=[{"least": "0.01", "pct": 1}]),
            kind("spend_tier", every=True, steps=[{"least": 0, "pct": 1}]),
        ),
        (kind("spend_tier", steps=[{"least": 0, "pct": 1}]), kind("spend_tier", steps=[])),
        (kind("order_pct", pct=1, count=1), kind("order_pct", pct=1, count=0)),
        (kind("price_book", prices={"a": 1}), kind("price_book", prices={"": 1})),
        (kind("price_book", pct=1), kind("price_book", pct=1, amount=1)),
        ({"on": {"price": {"from": 2, "to": 2}}}, {"on": {"price": {"from": 2, "to": "1.99"}}}),
        ({"on": {"price": {"to": 0}}}, {"on": {"price": {}}}),
        ({"on": {"all": True}}, {"on": {"all": 1}}),
        (
            {"valid": {"from": "2026-02-02", "to": "2026-02-02"}},
            {"valid": {"from": "2026-02-02T10:00", "to": "2026-02-02T10:00"}},
        ),
        (
            {"valid": {"from": "2026-02-02T10:00Z", "to": "2026-02-02T11:00+00:00"}},
            {"valid": {"from": "2026-02-02T10:00", "to": "2026-02-02T11:00Z"}},
        ),
        ({"valid": {"from": "1900-01-01"}}, {"valid": {"from": "1899-12-31"}}),
        ({"valid": {"from": "2999-12-31"}}, {"valid": {"from": "3000-01-01"}}),
        ({"valid": {"from": "2026-02-28"}}, {"valid": {"from": "2026-02-29"}}),
        ({"weekly": [{"from": "23:59", "to": "24:00"}]}, {"weekly": [{"from": "23:59", "to": "24:01"}]}),
        ({"weekly": [{"from": "22:00", "to": "02:00"}]}, {"weekly": [{"from": "2:00", "to": "03:00"}]}),
        ({"weekly": [{"to": "00:01"}]}, {"weekly": [{"to": "00:00"}]}),
        ({"who": {"nth_order": 1}}, {"who": {"nth_order": 0}}),
        ({"who": {"first_order": True, "nth_order": 1}}, {"who": {"first_order": True, "nth_order": 2}}),
        ({"needs": {"basket": [{"min_qty": 0}]}}, {"needs": {"basket": [{}]}}),
        ({"needs": {"basket": [{"min_qty": 2, "max_qty": 2}]}}, {"needs": {"basket": [{"min_qty": -1}]}}),
        (
            {"needs": {"basket": [{"min_amount": 2, "max_amount": 2}]}},
            {"needs": {"basket": [{"min_amount": 2, "max_amount": "1.99"}]}},
        ),
        ({"needs": {"basket": [{"max_qty": 1}]}}, {"needs": {"basket": [{"tax": "with"}]}}),
        ({"needs": {"coupon": {"codes": ["A"]}}}, {"needs": {"coupon": {"codes": []}}}),
        ({"needs": {"points": 0}}, {"needs": {"points": -1}}),
        ({"limits": {"max_units": 1}}, {"limits": {"max_units": 0}}),
        ({"limits": {"max_units_per_line": 1}}, {"limits": {"max_units_per_line": 0}}),
        ({"limits": {"per_member": 1, "per_day": 1, "campaign": 1}}, {"limits": {"per_day": 0}}),
        ({"limits": {"per_order": 1}}, {"limits": {"per_member": 0}}),
        ({"limits": {"max_discount": 0}}, {"limits": {"campaign": 0}}),
        ({"limits": {"floor_pct": 100}}, {"limits": {"floor_pct": 101}}),
        ({"stack": {"priority": 1_000_000}}, {"stack": {"priority": 1_000_001}}),
        ({"stack": {"priority": -1_000_000}}, {"stack": {"priority": -1_000_001}}),
        (
            {"funding": [{"party": "brand", "share": "99.9999"}, {"party": "store", "share": "0.0001"}]},
            {"funding": [{"party": "brand", "share": "99.9999"}, {"party": "store", "share": "0.0002"}]},
        ),
        ({"same": "tag:x"}, {"same": "tag:"}),
        (kind("nth", n=2, pct=1) | {"differ": "sku"}, kind("pct", pct=1) | {"differ": "sku"}),
        (
            kind("amount", amount=1) | {"layer": "order"},
            kind("fixed_unit", price=1) | {"layer": "order"},
        ),
    ],
)
def test_the_last_that_may_and_the_first_that_may_not(good: Document, bad: Document) -> None:
    assert read(**good) is not None, read_promotion({"id": "P"} | good, currency="EUR")
    assert read(**bad) is None


def test_what_stands_for_nothing_said() -> None:
    plain = read()
    assert plain == Promotion("P", "item", EachUnit(Off(ppm=100_000)))
    assert (plain.version, plain.enabled, plain.who, plain.needs) == (1, True, Who(), Needs())
    assert (plain.limits, plain.stack, plain.funding) == (Limits(), Stack(), (Funding("store", 1_000_000),))
    assert read(weekly=[{}]).weekly == (Weekly(frozenset(range(7)), 0, 1440),)  # type: ignore[union-attr]
    assert read(**kind("points_add", points=3)).kind == PointsAdd(3, "order", 0)  # type: ignore[union-attr]
    pay = read(**kind("points_pay", points=3, worth="0.02", cap_pct=0))
    assert pay is not None
    assert pay.kind == PointsPay(3, 2, 1, 0)
    assert read(**kind("points_pay", points=3, worth=1)).kind == PointsPay(3, 100)  # type: ignore[union-attr]
    assert read(**kind("points_x", times="1.5")).kind == PointsTimes(1_500_000)  # type: ignore[union-attr]


def test_values_as_they_are_meant() -> None:
    window = {"days": ["mon", "sun"], "from": "08:05", "to": "24:00"}
    found = read(
        valid={"from": "2026-11-01", "to": "2026-11-30"}, weekly=[window], on={"price": {"from": "1.50"}},
        needs={"basket": [{"max_amount": "9.99"}], "coupon": {"code": "A", "codes": ["B"]}},
        who={"first_order": True}, limits={"floor": "0.50", "floor_pct": "12.5", "campaign_amount": 7},
    )  # fmt: skip
    assert found is not None
    assert found.begins == datetime(2026, 11, 1)  # noqa: DTZ001 - the clock on the wall
    assert found.ends == datetime(2026, 12, 1)  # noqa: DTZ001
    assert found.weekly == (Weekly(frozenset({0, 6}), 485, 1440),)
    assert found.on == Priced(150, None)
    assert found.needs == Needs(frozenset({"A", "B"}), conditions=(Condition(max_minor=999),))
    assert found.who == Who(nth_order=1)
    assert found.limits == Limits(floor_minor=50, floor_ppm=125_000, campaign_minor=700)
    timed = read(valid={"to": "2026-11-30T08:00:30Z"})
    assert timed is not None
    assert timed.ends == datetime(2026, 11, 30, 8, 0, 30, tzinfo=UTC)
    # Steps are in the order of what they begin at, whatever order they came in.
    steps = [{"least": 5, "pct": 20}, {"least": 2, "pct": 10}]
    tier = read(**kind("qty_tier", steps=steps))
    assert tier is not None
    assert set(tier.kind.steps) == {Step(2, Off(ppm=100_000)), Step(5, Off(ppm=200_000))}  # type: ignore[union-attr]
    assert read(**kind("n_for", n=2, amount="0.10")).kind == NFor(2, Off(minor=10))  # type: ignore[union-attr]


@pytest.mark.parametrize(("ppm", "percent", "times"), [
    (0, "0", "0"), (1, "0.0001", "0.000001"), (125_000, "12.5", "0.125"), (1_000_000, "100", "1"),
    (1_500_000, "150", "1.5"), (10_000, "1", "0.01"),
])  # fmt: skip
def test_shares_in_words(ppm: int, percent: str, times: str) -> None:
    assert (percent_text(ppm), times_text(ppm)) == (percent, times)


@pytest.mark.parametrize(
    ("policy", "is_good"),
    [
        ({"states_max": 1}, True),
        ({"states_max": 0}, False),
        ({"states_max": 100_000_000}, True),
        ({"states_max": 100_000_001}, False),
        ({"cash": {"step": "0.01"}}, True),
        ({"cash": {}}, False),
        ({"cash": "FI"}, True),
        ({"cash": "EUR"}, True),
        ({"cash": "SE"}, False),
        ({"cash": 5}, False),
        ({"points": {"for": "0.01"}}, True),
        ({"points": {"for": 0}}, False),
        ({"points": {"per": "day"}}, False),
        ({"points": {"points": 0}}, True),
        ({"points": {"points": -1}}, False),
    ],
)
def test_bounds_of_a_policy(policy: Document, is_good: bool) -> None:
    try:
        case_of({"currency": "EUR", "basket": [], "policy": policy})
    except BadCase:
        assert not is_good
    else:
        assert is_good


# ------------------------------------------------------------------ small sums
@pytest.mark.parametrize(
    ("mode", "gains"),
    [
        ("half_up", (3, 2, 8)), ("half_even", (2, 2, 8)), ("half_odd", (3, 2, 7)), ("half_down", (2, 2, 7)),
        ("up", (3, 3, 8)), ("down", (2, 2, 7)), ("ceiling", (3, 3, 8)), ("floor", (2, 2, 7)),
    ],
)  # fmt: skip
def test_a_share_of_a_price_by_every_mode(mode: Any, gains: tuple[int, int, int]) -> None:
    # 2.5, 2.4 and 7.5.
    assert mode in MODES
    assert tuple(share_gain(price, 100_000, mode) for price in (25, 24, 75)) == gains


@pytest.mark.parametrize(
    ("off", "gain"),
    [
        (Off(ppm=1_000_000), 100), (Off(ppm=0), 0), (Off(minor=100), 100), (Off(minor=101), 100),
        (Off(minor=0), 0), (Off(price_minor=0), 100), (Off(price_minor=99), 1), (Off(price_minor=100), 0),
        (Off(price_minor=101), 0),
    ],
)  # fmt: skip
def test_no_reduction_is_more_than_the_price_or_less_than_nothing(off: Off, gain: int) -> None:
    assert off_gain(off, 100, "half_up") == gain


@pytest.mark.parametrize(
    ("limits", "base", "own", "floor"),
    [
        (Limits(), 100, 0, 0), (Limits(), 100, 30, 30), (Limits(floor_minor=20), 100, 30, 30),
        (Limits(floor_minor=40), 100, 30, 40), (Limits(floor_ppm=333_333), 100, 30, 34),
        (Limits(floor_ppm=300_000), 100, 30, 30), (Limits(floor_ppm=310_000, floor_minor=32), 100, 30, 32),
    ],
)  # fmt: skip
def test_the_highest_floor_holds(limits: Limits, base: int, own: int, floor: int) -> None:
    assert floor_of(limits, base, own) == floor


def test_money_at_its_ends() -> None:
    good, bad = ("1", " 1.2 ", ".5", "5."), ("1.234", "", ".", "-1", "1e2")
    assert [parse_amount(text, "EUR") for text in good] == [100, 120, 50, 500]
    assert [parse_amount(text, "EUR") for text in bad] == [None] * 5
    assert [parse_amount(text, "JPY") for text in ("12", "12.", "1.0")] == [12, None, None]
    assert parse_amount("1.234", "KWD") == 1234
    assert [round_div(7, -2, mode) for mode in MODES] == [round_div(-7, 2, mode) for mode in MODES]
    assert allocate(0, ()) == ()
    assert allocate(5, (0, 0)) == (5, 0)
    assert allocate(-5, (1, 1, 1)) == (-2, -2, -1)


def test_a_word_that_is_a_coupon_of_some_promotion() -> None:
    every = Promotion("e", "item", EachUnit(Off(minor=1)), needs=Needs(codes=frozenset({"Spring"})))
    index = PromotionIndex([every, Promotion("p", "item", EachUnit(Off(minor=1)))])
    assert [index.opens(word) for word in ("SPRING", "spring", "sprin", "")] == [True, True, False, False]
    index.remove("e")
    assert not index.opens("SPRING")
    part = Promotion(
        "x", "item", EachUnit(Off(minor=1)), Priced(1, 5), needs=Needs(codes=frozenset({"Autumn"}))
    )
    index.replace(part)
    assert index.opens("autumn")
