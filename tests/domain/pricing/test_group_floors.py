"""What a group's share never brings a unit below: its promotion's floor and the goods' own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    GoodsSet,
    Having,
    Kind,
    Limits,
    NFor,
    Off,
    Part,
    Promotion,
    Reward,
)

AT = datetime(2026, 11, 22, tzinfo=UTC)
CUP = BasketLine(1, "CUP", 1, 100, floor_minor=90)
COFFEE = BasketLine(2, "COFFEE", 1, 900)


def only(sku: str) -> GoodsSet:
    return Having("sku", frozenset({sku}))


def paid(kind: Kind, limits: Limits = Limits(), *lines: BasketLine, policy: Policy = Policy()) -> list[int]:
    promotion = Promotion("p", "item", kind, limits=limits)
    answer = price(Basket(lines or (CUP, COFFEE), "EUR", AT), [promotion], policy)
    return [each.paid_minor for each in answer.lines]


@pytest.mark.parametrize("sharing", ["largest_remainder", "equal_per_unit", "last_takes_rest"])
@pytest.mark.parametrize("choose", ["best", "sequence"])
def test_the_others_bear_what_a_floor_holds_up(sharing: str, choose: str) -> None:
    policy = Policy(sharing=sharing, choose=choose)  # type: ignore[arg-type]
    off = [*paid(NFor(2, Off(price_minor=500)), Limits(), policy=policy)]
    assert off == [90, 410]


def test_goods_that_are_bought_keep_their_floor_too() -> None:
    gift = Reward((Part(only("CUP")),), Part(only("COFFEE")), Off(ppm=500_000))
    assert paid(gift) == [90, 460]
    assert paid(gift, policy=Policy(choose="sequence")) == [90, 460]


def test_a_promotions_own_floors() -> None:
    bundle = Bundle((Part(only("CUP")), Part(only("COFFEE"))), Off(minor=400))
    lines = (BasketLine(1, "CUP", 1, 100), COFFEE)
    assert paid(bundle, Limits(floor_minor=80), *lines) == [80, 520]
    assert paid(bundle, Limits(floor_ppm=995_000), *lines) == [100, 896]


def test_a_floor_above_the_price_lets_nothing_fall_off() -> None:
    assert paid(NFor(2, Off(ppm=100_000)), Limits(floor_minor=95), BasketLine(1, "A", 1, 90), COFFEE) == [
        90,
        810,
    ]


def test_without_floors_shares_go_by_price() -> None:
    assert paid(NFor(2, Off(price_minor=500)), Limits(), BasketLine(1, "CUP", 1, 100), COFFEE) == [50, 450]
