"""Lines, discounts, taxes and tenders add up and are the same on screen, paper, journal, ledger, Z and hub.

The campaign of promoted sales, reduced; and that it can fail.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.promoted_sales import MUTANTS, campaign, planted

SHOPS = 12
SALES = 4


@pytest.fixture(autouse=True)
def no_leaked_threads() -> None:
    """Threads that the hub makes for a first request live as long as the hub, which is longer than a test."""


@pytest.mark.campaign
@pytest.mark.parametrize("first", range(0, SHOPS, 6))
def test_a_sale_is_the_same_everywhere(first: int, tmp_path: Path) -> None:
    outcome = campaign(range(first, first + 6), tmp_path / "shops", sales=SALES)
    assert outcome.wrong == []
    assert (outcome.shops, outcome.sales) == (6, 6 * SALES)
    assert outcome.discounted > outcome.sales // 3


@pytest.mark.campaign
@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_planted_fault_is_seen_in_sales(mutant: str, tmp_path: Path) -> None:
    with planted(mutant):
        for seed in range(8):
            if campaign(range(seed, seed + 1), tmp_path / f"shop-{seed}", sales=3).wrong:
                return
    pytest.fail("nothing was seen")
