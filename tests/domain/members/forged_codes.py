"""Forged, replayed, mutated and old codes among genuine ones, through the till's own reader and real keys.

    python -m tests.domain.members.forged_codes --seeds 0:100

Each seed is a till at a moment of its own with a key of the hub's, and sees 1,000 codes that are wrong in one
of many ways, mixed with 10 that are right: of members, coupons and gift cards. A wrong one that is taken, or
a right one that is not, is a finding. Prints one JSON object; the exit code tells whether it is clean.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.domain.members.code_forgeries import WAYS
from tests.domain.members.code_scenes import CodeTill, as_scanned, scene_of, valid_code

FORGED_A_SEED: Final = 1_000
VALID_A_SEED: Final = 10
_SHOWN: Final = 10


@dataclass(slots=True)
class Outcome:
    """What a campaign found; `findings` say seed, way and text."""

    forged: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    wrong_taken: int = 0
    valid_refused: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing wrong was taken and nothing right refused."""
        return not self.wrong_taken and not self.valid_refused


Plant = Callable[[CodeTill], None]


def run_seed(seed: int, outcome: Outcome, *, plant: Plant | None = None, forged: int = FORGED_A_SEED) -> None:
    """One seed; `plant` puts a fault into its till."""
    scene = scene_of(seed)
    till = scene.till()
    if plant is not None:
        plant(till)
    names = list(WAYS)
    deck = [names[n % len(names)] for n in range(forged)] + [""] * VALID_A_SEED
    scene.random.shuffle(deck)
    for way in deck:
        if way:
            text = WAYS[way](scene, till)
            outcome.forged[way] += 1
            if till.show(text) is not None:
                outcome.wrong_taken += 1
                outcome.findings.append(f"seed {seed}, {way}, taken: {text}")
            continue
        text, given = valid_code(scene)
        outcome.valid[type(given).__name__] += 1
        if till.show(as_scanned(scene, text)) != given:
            outcome.valid_refused += 1
            outcome.findings.append(f"seed {seed}, valid, refused: {text}")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="forged_codes", description=__doc__)
    parser.add_argument("--seeds", default="0:100", metavar="FROM:TO", help="default: %(default)s")
    first, last = (int(part) for part in parser.parse_args().seeds.split(":"))
    outcome = Outcome()
    for seed in range(first, last):
        run_seed(seed, outcome)
    told = {
        "forged": outcome.forged.total(), "valid": outcome.valid.total(), "ways": dict(outcome.forged),
        "kinds": dict(outcome.valid), "wrong_taken": outcome.wrong_taken,
        "valid_refused": outcome.valid_refused, "findings": outcome.findings[:_SHOWN],
    }  # fmt: skip
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
