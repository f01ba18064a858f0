from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.quantity import GRAMS_MAX, PIECES_MAX, Quantity, Unit, extended_amount, quantity_max


def test_weighed_goods_are_one_piece() -> None:
    assert Quantity(3).pieces == 3
    assert Quantity(1286, "g").pieces == 1


@pytest.mark.parametrize(
    ("value", "unit"), [(0, "pcs"), (-1, "g"), (PIECES_MAX + 1, "pcs"), (GRAMS_MAX + 1, "g")]
)
def test_no_sellable_quantity(value: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match="no sellable"):
        Quantity(value, unit)


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        (Quantity(3), 1290, 3870),
        (Quantity(1286, "g"), 1000, 1286),
        (Quantity(1, "g"), 500, 1),  # half a fen is rounded up
        (Quantity(1, "g"), 499, 0),
        (Quantity(GRAMS_MAX, "g"), 0, 0),
    ],
)
def test_extended_amount(quantity: Quantity, price: int, amount: int) -> None:
    assert extended_amount(quantity, price) == amount


@given(st.integers(1, GRAMS_MAX), st.integers(0, 10**7))
def test_a_weight_is_off_by_half_a_minor_unit_at_most(grams: int, price: int) -> None:
    assert abs(1000 * extended_amount(Quantity(grams, "g"), price) - grams * price) <= 500


def test_bounds_by_unit() -> None:
    assert quantity_max("pcs") == PIECES_MAX
    assert quantity_max("g") == GRAMS_MAX
