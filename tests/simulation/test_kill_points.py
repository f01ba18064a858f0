"""The kill campaign in its short form, and proof that it can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.selling import MUTANTS

pytestmark = pytest.mark.campaign
ROOT = Path(__file__).resolve().parents[2]
BLOCKS = ("0:64", "64:128", "128:192", "192:256")


def campaign(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run it as its own process: it forks, and a test run has threads."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.kill_points", "--json", "--folder", str(folder), *options],
        capture_output=True, text=True, cwd=ROOT, timeout=280,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_till_that_is_killed_loses_doubles_and_halves_nothing(tmp_path: Path) -> None:
    hit: Counter[str] = Counter()
    for seeds in BLOCKS:
        _, told = campaign(tmp_path, "--seeds", seeds)
        assert told["faults"] == []
        assert told["points"] == 64
        assert told["sales"] > 64
        hit += Counter(told["phases"])
        # Where a kill lands is a matter of how fast the PC is; a phase missed here is due in the next block.
        if set(hit) == set(told["phases"]):
            break
    print(json.dumps(hit, indent=1))
    assert set(told["phases"]) - set(hit) == set()


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_campaign_catches_a_planted_fault(mutant: str, tmp_path: Path) -> None:
    code, told = campaign(tmp_path, "--seeds", "0:300", "--mutant", mutant)
    assert told["faults"], f"{mutant} lived through {told['points']} kills"
    assert code == 1
