"""Order promotions that pick units: which of equal ones it is, and that what is proven is the most."""

from __future__ import annotations

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import Limits, Off, OrderOff, Promotion
from tests.domain.pricing.adversarial_baskets import AT
from tests.domain.pricing.brute_force import most_off
from tests.domain.pricing.picking_baskets import picking_case


def _basket(*lines: tuple[int, int]) -> Basket:
    """Lines of (pieces, price)."""
    return Basket(
        tuple(BasketLine(n, f"S{n}", quantity, price) for n, (quantity, price) in enumerate(lines, 1)),
        "CNY",
        AT,
    )


def _off(name: str, minor: int, units: str = "all", **limits: int) -> Promotion:
    return Promotion(
        name, "order", OrderOff(Off(minor=minor), units=units), limits=Limits(**limits),  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("units", ["cheapest", "dearest"])
def test_two_promotions_on_one_unit_of_a_line_take_different_ones(units: str) -> None:
    """Each finds a unit that nothing was taken of, whichever way it looks."""
    priced = price(_basket((2, 100)), [_off("a", 80, units), _off("b", 80, units)])
    assert priced.discount_minor == 160
    assert priced.lines[0].unit_shares == (20, 20)


def test_so_many_units_are_those_of_which_most_may_be_taken() -> None:
    priced = price(_basket((3, 100)), [_off("a", 70, max_units=1), _off("b", 150, max_units=2)])
    assert priced.discount_minor == 220
    assert sorted(priced.lines[0].unit_shares) == [25, 25, 30]


def test_of_lines_of_one_price_the_dearest_come_from_the_front_and_the_cheapest_from_the_back() -> None:
    """Also where more could be taken of the other line: the order of lines goes before."""
    basket = _basket((1, 100), (1, 100))
    dearest = price(basket, [_off("a", 80, "dearest"), _off("b", 80, "dearest")])
    assert [line.paid_minor for line in dearest.lines] == [0, 100]
    cheapest = price(basket, [_off("a", 80, "cheapest"), _off("b", 80, "cheapest")])
    assert [line.paid_minor for line in cheapest.lines] == [100, 0]


def test_a_floor_is_no_room() -> None:
    """Of two units the one that is not yet at its floor."""
    promotions = [_off("a", 60, max_units=1), _off("b", 60, max_units=1, floor_minor=40)]
    assert price(_basket((2, 100)), promotions).discount_minor == 120


def test_what_is_proven_is_the_most() -> None:
    """By brute force; `python -m tests.simulation.optimality --judge picks` runs any range of these."""
    by_unit = 0
    for seed in range(300):
        basket, promotions, policy = picking_case(seed)
        is_by_unit = policy.order_percent_per == "unit"
        by_unit += is_by_unit
        priced = price(basket, promotions, policy)
        assert priced.is_proven, seed
        assert priced.discount_minor == most_off(basket, promotions, per_unit=is_by_unit), seed
    assert by_unit > 40
