"""What the window paints of promoted sales is what is stored and printed: reduced; and that this can fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.e2e.window_sales import MUTANTS, campaign, planted

pytestmark = pytest.mark.e2e


def test_painted_figures_are_those_that_are_stored(application: QApplication, tmp_path: Path) -> None:
    outcome = campaign(range(3), tmp_path, sales=3)
    assert outcome.wrong == []
    assert (outcome.shops, outcome.sales) == (3, 9)
    assert outcome.discounted >= 4
    assert outcome.texts > 100 * outcome.sales


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_figure_that_is_not_painted_is_seen(mutant: str, application: QApplication, tmp_path: Path) -> None:
    with planted(mutant):
        assert any(
            campaign(range(seed, seed + 1), tmp_path / f"shop-{seed}", sales=3).wrong for seed in range(1, 5)
        )
