"""A few points of the campaign that kills a till while its catalogue is replaced; it finds faults."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.snapshot_kills import MUTANTS, PHASES


def campaign(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run it in a process of its own, since it forks."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.snapshot_kills", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        cwd=Path(__file__).parents[2],
    )
    return done.returncode, json.loads(done.stdout)


def test_killed_anywhere_the_catalogue_is_the_old_one_or_the_new_one() -> None:
    code, outcome = campaign("--seeds", "0:36")
    assert outcome["faults"] == []
    assert code == 0
    assert set(outcome["hit"]) == set(PHASES)
    assert set(outcome["found"]) == {"old", "new"}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str) -> None:
    code, outcome = campaign("--seeds", "0:12", "--phase", "replace", "--mutant", mutant)
    assert code == 1
    assert outcome["faults"]
