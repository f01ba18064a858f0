"""The power-loss campaign: the ledger's writer on a recording disk, and the power going at any moment of it.

    python -m tests.simulation.power_loss --seeds 0:1000 --images 1000 --jobs 2

One seed is one ledger with several lives, each beginning on what a power loss left of the one before. Every
image is opened by SQLite itself, and must hold exactly a state that the ledger went through: none older
than the last one anybody was told of, none that was not begun, nothing in between. What was recovered is
looked at once for each content (rows, sums, claims); images with the same content are the same ledger.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock

from posapp.store import tidying
from tests.simulation.ledger_files import Templates, make_templates
from tests.simulation.memory_disk import LEDGER, DiskVfs
from tests.simulation.platter import Platter
from tests.simulation.recorded_life import MUTANTS, PHASES, RecordedLife, phase_of
from tests.simulation.recovered import Content, Examiner
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds

LIVES: Final = 4
FAULTS_SHOWN: Final = 5


@dataclass
class Result:
    """What a campaign did: images by phase and fate, and what was wrong."""

    images: int = 0
    contents: int = 0
    sales: int = 0
    ahead: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    faulty: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: dict[str, Any]) -> None:
        """Put the figures of another process to these."""
        for name in ("images", "contents", "sales", "ahead", "faulty"):
            setattr(self, name, getattr(self, name) + other[name])
        self.phases.update(other["phases"])
        self.fates.update(other["fates"])
        self.faults = (self.faults + other["faults"])[:FAULTS_SHOWN]

    def as_dict(self) -> dict[str, Any]:
        """The figures for another process, or for a test."""
        return {
            "images": self.images, "contents": self.contents, "sales": self.sales, "ahead": self.ahead,
            "faulty": self.faulty, "phases": dict(self.phases), "fates": dict(self.fates),
            "faults": self.faults,
        }  # fmt: skip

    def empty(self) -> list[str]:
        """Phases in which the power never went."""
        return [phase for phase in PHASES if not self.phases[phase]]


class Campaign:
    """Lives and images of one seed after the other."""

    def __init__(self, templates: Templates, mutant: str = "") -> None:
        self._templates = templates
        self._mutant = mutant
        self._vfs = DiskVfs()
        self.result = Result()

    def seed(self, seed: int, images: int) -> None:
        """All lives of one ledger."""
        chance = random.Random(seed)
        examiner = Examiner(self._vfs)
        is_old = seed % 4 == 0
        files = {LEDGER: self._templates.old if is_old else self._templates.new}
        claims: dict[str, tuple[str, int]] = {}
        for number in range(LIVES):
            # Shorter limits than a till's in most lives: its housekeeping comes up more often.
            is_real = chance.random() < 0.1
            short = chance.choice((8, 24, 64))
            with (
                mock.patch.object(tidying, "STRETCH_FRAMES", tidying.STRETCH_FRAMES if is_real else short),
                mock.patch.object(tidying, "CHECKPOINT_FRAMES", 128 if is_real else chance.choice((6, 40))),
                mock.patch.object(tidying, "FORCED_FRAMES", chance.choice((90, 200, 4096))),
            ):
                life = RecordedLife(self._vfs, files, seed, number, self._mutant)
                steps = self._templates.steps if is_old else None
                self._live(life, seed, number, chance.randrange(6, 24), steps)
            count = images // LIVES + (number < images % LIVES)
            files, is_old = self._cut(life, files, claims, (seed, number, count), chance, examiner)
            if not files:
                break
        self.result.contents += examiner.contents

    def _live(self, life: RecordedLife, seed: int, number: int, acts: int, steps: list[str] | None) -> None:
        try:
            life.run(acts, steps)
        except Exception as error:  # noqa: BLE001 - whatever stops a till is a finding
            # A till that cannot go on from what a power loss left: the log up to there is cut all the same.
            self.result.faulty += 1
            self.result.faults.append(f"seed {seed}, life {number}: the till stops: {error!r}")

    def _cut(
        self,
        life: RecordedLife,
        files: dict[str, bytes],
        claims: dict[str, tuple[str, int]],
        which: tuple[int, int, int],
        chance: random.Random,
        examiner: Examiner,
    ) -> tuple[dict[str, bytes], bool]:
        """Let the power go at many places of a life; gives the disk on which the next life begins.

        Besides, whether its ledger still has the schema of before.
        """
        seed, number, count = which
        platter, taken = Platter.holding(files), 0
        places = sorted(_places(life, count, chance))
        going_on = chance.randrange(count) if count else -1
        after: dict[str, bytes] = {}
        is_old = False
        for turn, place in enumerate(places):
            while taken < place:
                platter.take(life.log[taken])
                taken += 1
            disk, fate = platter.image(chance)
            kept = disk.files() if turn == going_on else None
            content = examiner.examine(disk)
            faults = [*content.faults, *_word_kept(life, place, content), *_claims_kept(life, place, content)]
            self.result.images += 1
            self.result.phases[phase_of(life.log[place])] += 1
            self.result.fates[fate] += 1
            self.result.ahead += (
                not faults and content.digest != life.word.digests[life.word.allowed(place)[0]]
            )
            if faults:
                self._fault(seed, number, life, place, fate, faults)
            if kept is not None and not faults:
                after, is_old = kept, content.is_old
                lost = [key for key, sale in claims.items() if content.sales.get(key) != sale]
                if lost:
                    self._fault(seed, number, life, place, fate, [f"sales of earlier lives: {lost[:3]}"])
                claims.update(content.sales)
        self.result.sales += len(life.told.sales)
        return after, is_old

    def _fault(
        self, seed: int, number: int, life: RecordedLife, place: int, fate: str, faults: list[str]
    ) -> None:
        self.result.faulty += 1
        if len(self.result.faults) < FAULTS_SHOWN:
            where = f"seed {seed}, life {number}, call {place} ({phase_of(life.log[place])}, {fate})"
            self.result.faults.append(f"{where}: {'; '.join(faults[:3])}")


def _places(life: RecordedLife, count: int, chance: random.Random) -> Iterator[int]:
    """Places of a log: half of them anywhere, half in a phase that was chosen first."""
    by_phase: dict[str, list[int]] = {}
    for place, op in enumerate(life.log):
        by_phase.setdefault(phase_of(op), []).append(place)
    phases = list(by_phase.values())
    for _ in range(count):
        yield (
            chance.choice(chance.choice(phases)) if chance.random() < 0.5 else chance.randrange(len(life.log))
        )


def _word_kept(life: RecordedLife, place: int, content: Content) -> list[str]:
    """What is wrong with a recovered state, by what the till had said before the power went."""
    oldest, newest = life.word.allowed(place)
    faults = []
    digests = life.word.digests
    if content.digest not in digests[oldest : newest + 1]:
        if content.digest in digests:
            found = len(digests) - 1 - digests[::-1].index(content.digest)
            faults.append(f"state {found} was found, {oldest} to {newest} may be")
        else:
            faults.append(f"a state that never was ({oldest} to {newest} may be)")
    return faults


def _claims_kept(life: RecordedLife, place: int, content: Content) -> list[str]:
    """Sales that somebody was told of by then, and that are not there with their number and total."""
    told = itertools.islice(life.told.sales.items(), bisect_right(life.told.at, place))
    return [
        f"sale {key} was told of, {content.sales.get(key)} found"
        for key, sale in told
        if content.sales.get(key) != sale
    ]


# ------------------------------------------------------------------ the command


def report(result: Result, seconds: float) -> str:
    """The histogram and the verdict, for people."""
    lines = [f"{phase:34}{result.phases[phase]:9}" for phase in PHASES]
    lines.append("")
    lines += [f"unsynced writes {fate:18}{count:9}" for fate, count in sorted(result.fates.items())]
    lines += [
        "",
        f"{'images':34}{result.images:9}",
        f"{'different ledgers recovered':34}{result.contents:9}",
        f"{'sales told of':34}{result.sales:9}",
        f"{'images ahead of what was told':34}{result.ahead:9}",
        f"{'images with faults':34}{result.faulty:9}",
        f"{'images a second':34}{result.images / max(seconds, 0.001):9.0f}",
    ]
    return "\n".join([*lines, *result.faults])


def work(seeds: Sequence[int], images: int, mutant: str) -> Iterator[tuple[int, Result]]:
    """Run seeds in this process; after each, the result so far."""
    campaign = Campaign(make_templates(), mutant)
    for seed in seeds:
        campaign.seed(seed, images)
        yield seed, campaign.result
        if mutant and campaign.result.faulty:
            return


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; 0 where nothing was wrong and every phase was hit."""
    parser = argparse.ArgumentParser(prog="power_loss", description=__doc__)
    with_seeds(parser, "0:100")
    parser.add_argument("--images", type=int, default=1000, help="power losses of one seed (%(default)s)")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    began_s = time.monotonic()
    result = Result()
    if options.jobs > 1:
        for told in in_processes("power_loss", options, ("images", "mutant")):
            result.add(told)
    else:
        for seed, so_far in work(seeds_of(options), options.images, options.mutant):
            result = so_far
            if seed % 20 == 0:
                print(f"through seed {seed}: {so_far.images} images", file=sys.stderr, flush=True)
    wrong = bool(result.faulty) or bool(result.empty())
    if options.json:
        print(json.dumps(result.as_dict()))
        return int(wrong)
    print(report(result, time.monotonic() - began_s))
    if result.empty():
        print("never hit: " + ", ".join(result.empty()))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
