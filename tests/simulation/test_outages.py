"""The outage campaign in small: no loss beyond what was shown, some loss at all, planted faults caught."""

from __future__ import annotations

import pytest

from tests.simulation.outages import run
from tests.simulation.outages_mutants import MUTANTS

pytestmark = pytest.mark.expected_logs
#: Seeds in which a fault shows itself.
SEEN: dict[str, int] = {"hold_released_early": 3, "renewed_without_closing": 3, "clock_ignored": 2,
                        "earn_not_idempotent": 2, "lease_not_counted": 2}  # fmt: skip


def test_an_outage_never_costs_more_than_was_shown() -> None:
    whole = run(range(6))
    assert whole.faults == []
    assert sum(lost > 0 for *_, lost in whole.outages) >= 4
    assert max(lost / shown for *_, shown, _given, lost in whole.outages) > 0.05
    assert whole.happened["sale under a lease"] > 20


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_caught(mutant: str) -> None:
    assert run([SEEN.get(mutant, 1)], mutant).faults
