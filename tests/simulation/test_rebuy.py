"""Bought and brought back, in small: nothing is left otherwise, and what is planted to be left is seen."""

from __future__ import annotations

import pytest

from tests.simulation.rebuy import MUTANTS, run

pytestmark = pytest.mark.expected_logs


def test_rounds_leave_money_points_coupons_and_value_as_they_were() -> None:
    happened, faults = run(12)
    assert faults == []
    assert happened["points used"] > 3
    assert happened["coupon used"] > 3


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_caught(mutant: str) -> None:
    assert run(6, mutant=mutant)[1]
