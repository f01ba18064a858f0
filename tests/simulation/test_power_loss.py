"""The power-loss and fault campaigns in their short forms, and proof that they can fail.

Each runs as a process of its own: the campaign's SQLite must not meet the product's in the test run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.campaign
ROOT = Path(__file__).resolve().parents[2]
POWER_LOSS_MUTANTS = ("synchronous_normal", "synchronous_off", "answers_early", "unsynced_tidying")
IO_FAULT_MUTANTS = ("answers_anyway", "keeps_numbers", "forgets_records")


def campaign(name: str, *options: str) -> tuple[int, dict[str, Any]]:
    """Run it; its exit code and what it told."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.simulation.{name}", "--json", *options],
        capture_output=True, text=True, cwd=ROOT, timeout=280,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_power_loss_takes_nothing_that_was_told_of_and_leaves_nothing_half() -> None:
    code, told = campaign("power_loss", "--seeds", "0:8", "--images", "240")
    print(json.dumps(told["phases"], indent=1))
    assert (told["faulty"], told["faults"]) == (0, [])
    assert told["images"] == 8 * 240
    assert code == 0, "a phase was never hit"
    # Commits whose sync was still to come, and which the disk had taken all the same.
    assert told["ahead"] > 20
    assert len(told["fates"]) == 8


@pytest.mark.parametrize("mutant", POWER_LOSS_MUTANTS)
def test_the_power_loss_campaign_catches_a_planted_fault(mutant: str) -> None:
    code, told = campaign("power_loss", "--seeds", "1:40", "--images", "100", "--mutant", mutant)
    assert told["faulty"], f"{mutant} lived through {told['images']} images"
    assert code == 1


def test_a_disk_that_fails_at_any_call_costs_nothing_that_was_told_of() -> None:
    code, told = campaign("io_faults", "--seeds", "0:3", "--every", "60")
    assert (told["faulty"], told["faults"]) == (0, [])
    assert code == 0, "a call never failed"
    assert told["told_failed"] > 20


@pytest.mark.parametrize("mutant", IO_FAULT_MUTANTS)
def test_the_fault_campaign_catches_a_planted_fault(mutant: str) -> None:
    code, told = campaign("io_faults", "--seeds", "0:3", "--every", "17", "--mutant", mutant)
    assert told["faulty"], f"{mutant} lived through {told['runs']} days"
    assert code == 1
