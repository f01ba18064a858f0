"""Tills and hubs put back from copies agree again by themselves; a rule that is left out is noticed."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.healing import MUTANTS, play

# A ledger that goes on with new numbers says so in the log.
pytestmark = pytest.mark.expected_logs


@pytest.mark.campaign
def test_nothing_is_lost_or_doubled_whatever_is_put_back() -> None:
    reasons = Counter[str]()
    for seed in range(20):
        outcome = play(seed)
        assert outcome.faults == [], f"seed {seed}"
        reasons += outcome.reasons
    assert all(reasons[reason] for reason in ("restored", "forked", "set_up")), reasons


@pytest.mark.campaign
@pytest.mark.parametrize("seed", [3, 13, 21, 77])
def test_the_real_hub_keeps_the_same_rules(seed: int) -> None:
    assert play(seed, real=True).faults == []


@pytest.mark.parametrize("mutant", MUTANTS[1:])
def test_a_rule_that_is_left_out_is_noticed(mutant: str) -> None:
    assert any(play(seed, mutant=mutant).faults for seed in (3, 21, 22, 24))
