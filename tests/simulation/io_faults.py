"""The fault campaign: disk full and I/O error at every call that the ledger makes to its disk.

    python -m tests.simulation.io_faults --seeds 0:20 --jobs 2

One seed is one short day. It is lived once without a fault to count its calls, and then once for every call,
every error that the call may give, and once or until somebody mends the disk.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock

from posapp.store import tidying
from tests.simulation.faulty_day import ERRORS, IMAGES, MUTANTS, FaultyDay, Point
from tests.simulation.ledger_files import make_templates
from tests.simulation.memory_disk import DiskVfs
from tests.simulation.recovered import Examiner
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds

FAULTS_SHOWN: Final = 8
#: Shorter than a till's, so that a day of few calls has everything in it.
LIMITS: Final = {"STRETCH_FRAMES": 6, "CHECKPOINT_FRAMES": 12, "FORCED_FRAMES": 60}


@dataclass
class Result:
    """What a campaign did: runs by call and error, what people were told, and what was wrong."""

    runs: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    told_failed: int = 0
    starts_refused: int = 0
    images: int = 0
    faulty: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: dict[str, Any]) -> None:
        """Put the figures of another process to these."""
        for name in ("runs", "told_failed", "starts_refused", "images", "faulty"):
            setattr(self, name, getattr(self, name) + other[name])
        self.hit.update(other["hit"])
        self.faults = (self.faults + other["faults"])[:FAULTS_SHOWN]

    def as_dict(self) -> dict[str, Any]:
        """The figures for another process, or for a test."""
        return {**vars(self), "hit": dict(self.hit)}

    def empty(self) -> list[str]:
        """Calls that never failed."""
        return [kind for kind in ERRORS if not any(name.startswith(f"{kind} ") for name in self.hit)]


def points_of(seed: int, calls: Sequence[str]) -> Iterator[Point]:
    """Every fault that a day can have."""
    for number, kind in enumerate(calls, 1):
        for error in ERRORS[kind]:
            for stays in (False, True):
                yield Point(seed, number, kind, error, stays)


def campaign(seeds: Sequence[int], every: int, mutant: str = "") -> Iterator[Result]:
    """Live every day with every fault, or with every n-th; the result so far, after each."""
    base, vfs, result = make_templates().new, DiskVfs(), Result()
    with mock.patch.multiple(tidying, **LIMITS):
        for seed in seeds:
            quiet = FaultyDay(vfs, base, seed, None, mutant)
            faults = quiet.live()
            if faults:
                result.faulty += 1
                result.faults.append(f"seed {seed}, without a fault: {'; '.join(faults[:3])}")
                yield result
            seen: Counter[str] = Counter()
            for point in points_of(seed, quiet.guard.calls):
                turn = seen[point.kind]
                seen[point.kind] += 1
                # Of every call the first, so that the rare ones are always there.
                if turn == 0 or (turn + seed) % every == 0:
                    _one(vfs, base, point, mutant, result)
                    yield result


def _one(vfs: DiskVfs, base: bytes, point: Point, mutant: str, result: Result) -> None:
    day = FaultyDay(vfs, base, point.seed, point, mutant)
    faults = day.live() + day.images(Examiner(vfs))
    result.runs += 1
    result.images += IMAGES
    result.hit[f"{point.kind} {point.error}"] += day.guard.hits > 0
    result.told_failed += day.told.failed
    result.starts_refused += day.starts_refused
    if faults:
        result.faulty += 1
        result.faults = [*result.faults, f"{point}: {'; '.join(faults[:3])}"][:FAULTS_SHOWN]


# ------------------------------------------------------------------ the command


def report(result: Result, seconds: float) -> str:
    """The histogram and the verdict, for people."""
    lines = [f"{name:40}{count:9}" for name, count in sorted(result.hit.items())]
    lines += [
        "",
        f"{'days lived with a fault':40}{result.runs:9}",
        f"{'times a cashier was told of a failure':40}{result.told_failed:9}",
        f"{'starts refused':40}{result.starts_refused:9}",
        f"{'power losses after it':40}{result.images:9}",
        f"{'days with something wrong':40}{result.faulty:9}",
        f"{'days a second':40}{result.runs / max(seconds, 0.001):9.0f}",
    ]
    return "\n".join([*lines, *result.faults])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; 0 where nothing was wrong and every call had failed."""
    parser = argparse.ArgumentParser(prog="io_faults", description=__doc__)
    with_seeds(parser, "0:4")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every n-th fault")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    began_s = time.monotonic()
    result = Result()
    if options.jobs > 1:
        for told in in_processes("io_faults", options, ("every", "mutant")):
            result.add(told)
    else:
        for result in campaign(seeds_of(options), options.every, options.mutant):
            if options.mutant and result.faulty:
                break
    wrong = bool(result.faulty) or bool(result.empty())
    if options.json:
        print(json.dumps(result.as_dict()))
        return int(wrong)
    print(report(result, time.monotonic() - began_s))
    if result.empty():
        print("never failed: " + ", ".join(result.empty()))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
