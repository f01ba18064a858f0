"""Baskets taken apart into pieces: what counts by line still does, and equal pieces are looked at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.items.losses import Watch
from posapp.domain.pricing.orders import by_unit
from posapp.domain.pricing.terms.applications import LinePart
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    Kind,
    Limits,
    NFor,
    Nth,
    Off,
    OrderOff,
    Promotion,
    QtyTier,
    SpendTier,
    Stack,
    Step,
)
from tests.domain.pricing.adversarial_baskets import AT
from tests.domain.pricing.brute_force import most_off

DEAREST = Promotion("o", "order", OrderOff(Off(ppm=500_000), units="dearest"))
FLOORED = Promotion(
    "o", "order", SpendTier("amount", (Step(1, Off(minor=200)),)), limits=Limits(floor_minor=60)
)  # fmt: skip


def _basket(*lines: tuple[int, int]) -> Basket:
    made = [BasketLine(n, f"S{n}", quantity, price) for n, (quantity, price) in enumerate(lines, 1)]
    return Basket(tuple(made), "CNY", AT)


@pytest.mark.parametrize("order", [DEAREST, FLOORED])
@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        (EachUnit(Off(ppm=300_000)), Limits(max_units_per_line=1)),
        (EachUnit(Off(ppm=300_000)), Limits(max_units=3, max_units_per_line=2)),
        (Nth(2, Off(ppm=500_000)), Limits(max_units_per_line=1)),
        (NFor(2, Off(price_minor=120)), Limits(max_units_per_line=2)),
    ],
)
def test_what_counts_by_line_is_proven_too(kind: Kind, limits: Limits, order: Promotion) -> None:
    """Its pieces still count with their line."""
    basket = _basket((3, 100), (2, 90))
    promotions = [Promotion("i", "item", kind, limits=limits), order]
    priced = price(basket, promotions)
    assert priced.is_proven
    assert priced.discount_minor == most_off(basket, promotions)


def test_a_tier_by_line_counts_the_pieces_of_the_line() -> None:
    tier = QtyTier((Step(3, Off(ppm=200_000)),), "line")
    priced = price(_basket((3, 100), (2, 100)), [Promotion("i", "item", tier), DEAREST])
    # Three times 20, and half of a piece that it does not touch.
    assert (priced.discount_minor, priced.is_proven) == (110, True)


def test_reductions_of_equal_pieces_are_held_once() -> None:
    parts = [LinePart(frozenset({n}), is_counted_low=False, alike=n < 4) for n in range(1, 5)]
    watch = Watch(parts, {1, 2, 3, 4, 5}, 100)
    losses = {(5, 0, 0, 0): 0b11, (0, 5, 0, 0): 0b110, (0, 0, 5, 0): 0b10, (0, 0, 0, 5): 0b1}
    kept = watch.unbeaten(losses)
    assert sum(1 for reduced in kept if sorted(reduced[:3]) == [0, 0, 5]) == 1
    assert (0, 0, 0, 5) in kept
    # While groups are open they are told apart.
    assert len(watch.unbeaten(losses, is_open=True)) == 4


def test_many_equal_pieces_are_proven() -> None:
    """Thirty pieces of three sorts."""
    basket = _basket((12, 199), (10, 100), (8, 101))
    promotions = [
        Promotion("i", "item", EachUnit(Off(ppm=300_000)), limits=Limits(max_units=5)),
        DEAREST,
    ]
    assert 24 < 30 <= by_unit.UNITS_MAX
    assert price(basket, promotions).is_proven


def test_the_cheapest_where_a_line_gives_one_only() -> None:
    """Its rival is no better, though the cheapest two come to less."""
    cheapest = OrderOff(Off(ppm=1_000_000), units="cheapest", count=2)
    one = Promotion("a", "order", cheapest, limits=Limits(max_units_per_line=1), stack=Stack(group="g"))
    other = replace(one, promotion_id="b", kind=OrderOff(Off(minor=50)), limits=Limits())
    assert price(_basket((2, 1), (1, 100)), [one, other]).discount_minor == 101
