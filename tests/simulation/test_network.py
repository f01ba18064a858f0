"""The network campaign in small: nothing is lost or doubled, and every planted fault is caught."""

from __future__ import annotations

import pytest

from tests.simulation.network import EVENTS, MUTANTS, run
from tests.simulation.network_world import WEATHER

pytestmark = pytest.mark.expected_logs


def test_lines_that_lie_lose_and_double_nothing() -> None:
    whole = run(range(14))
    assert whole.faults == []
    assert whole.sales > 200
    assert [what for what in (*WEATHER, *EVENTS) if not whole.happened[what]] == []


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_caught(mutant: str) -> None:
    assert run(range(4), mutant).faults
