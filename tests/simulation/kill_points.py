"""The kill campaign: a till is killed with SIGKILL at one seeded moment after the other, and audited.

    python -m tests.simulation.kill_points --seeds 0:1000

A ledger lives through twenty kills, so that every life begins on what the last one left. One kind of
moment after the other is aimed at (the till stops itself there and is killed), and every third seed is
killed at a moment of chance. The last claims tell which phase was hit; an empty phase fails.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from posapp.config import Settings
from tests.domain.shops import SHOP
from tests.simulation.audit import audit
from tests.simulation.claims import PHASES, Aim, Log, lives, phase_of
from tests.simulation.counter import furnish, settings_in
from tests.simulation.goods import GOODS, OFFERS
from tests.simulation.selling import MUTANTS, Cashier

KILLS_OF_ONE_LEDGER = 20
PATIENCE_S = 20.0
AIMS = (
    ("statement", 40),
    ("syncing", 5),
    ("synced", 5),
    ("settle", 5),
    ("shown", 5),
    ("begun", 5),
    ("drafting", 12),
    ("tendering", 5),
    ("scanning", 5),
    ("idle", 4),
    ("idle", 1),
    ("life", 1),
    ("closing", 1),
    ("paper", 5),
    ("drawer", 5),
    ("answered", 5),
    ("storing", 5),
)


@dataclass
class Result:
    """What a campaign did: points by phase, sales that were stored, and what was wrong."""

    points: int = 0
    sales: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    unreported: int = 0
    faults: list[str] = field(default_factory=list)

    def empty(self) -> list[str]:
        """Phases that no kill hit."""
        return [phase for phase in PHASES if not self.phases[phase]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one seed ends: at an aim, or after some time; an aim may be followed by a short wait."""

    aim: Aim | None
    wait_s: float


def plan_of(seed: int) -> Plan:
    """The moment that a seed stands for."""
    chance = random.Random(seed)
    if seed % 3 == 2:
        return Plan(None, chance.random() * 0.15)
    kind, most = AIMS[(seed - seed // 3) % len(AIMS)]
    nth = chance.randint(1, most)
    if kind == "syncing" or chance.random() < 0.15:
        return Plan(Aim(kind, nth, go_on=True), chance.random() * 0.0006)
    return Plan(Aim(kind, nth), 0.0)


class Campaign:
    """Kills tills; one template of a furnished shop is copied for every new ledger."""

    def __init__(self, folder: Path, mutant: str = "") -> None:
        self._folder = folder
        self._mutant = mutant
        self._settings = self._of("template")
        furnish(self._settings, SHOP, GOODS, offers=OFFERS)

    def _of(self, name: str) -> Settings:
        return settings_in(self._folder / name, store_id="S0217")

    def run(self, seeds: range, *, keep_going: bool = True) -> Result:
        """Kill once for every seed."""
        result = Result()
        ledger = ""
        for seed in seeds:
            name = f"ledger-{seed // KILLS_OF_ONE_LEDGER}"
            settings = self._of(name)
            if name != ledger:
                self._forget(ledger)
                shutil.copytree(self._settings.data, settings.data)
                ledger = name
            faults = self._point(seed, settings, result)
            result.faults += [f"seed {seed}: {fault}" for fault in faults]
            if faults:
                # What a fault left behind would be found again after every further kill.
                shutil.move(settings.data, self._folder / f"fault-at-seed-{seed}")
                ledger = ""
                if not keep_going:
                    break
        self._forget(ledger)
        return result

    def _forget(self, ledger: str) -> None:
        if ledger:
            shutil.rmtree(self._of(ledger).data)

    def _point(self, seed: int, settings: Settings, result: Result) -> list[str]:
        plan, claims = plan_of(seed), settings.data / "claims"
        before = len(lives(claims))
        with child(settings, claims, seed, plan.aim, self._mutant) as life:
            early = life.kill(plan)
        # A till may be killed before it claimed anything; then the last claims are of another life.
        told = lives(claims)[before:] or [[]]
        result.points += 1
        result.phases[phase_of(told[-1])] += 1
        faults = [early] if early else []
        faults += audit(settings.ledger, claims)
        shown = {words[1] for words in told[-1] if words[0] == "shown"}
        synced = sum(words[0] == "synced" for words in told[-1])
        result.sales += synced
        result.unreported += synced > len(shown)
        return faults


@dataclass
class Life:
    """A till in a child process, and the pipe on which it may say that a moment has come."""

    pid: int
    ear: int

    def kill(self, plan: Plan) -> str:
        """End it as planned; "" or why the plan did not work."""
        if plan.aim is None:
            ended = self._watch(plan.wait_s)
        elif plan.aim.go_on:
            ready, _, _ = select.select([self.ear], [], [], PATIENCE_S)
            ended = "" if ready and os.read(self.ear, 1) else "the till ended by itself"
            until_s = time.perf_counter() + plan.wait_s
            while time.perf_counter() < until_s:
                pass
        else:
            ended = self._await_stop()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return ended

    def _watch(self, wait_s: float) -> str:
        ready, _, _ = select.select([self.ear], [], [], wait_s)
        return "the till ended by itself" if ready else ""

    def _await_stop(self) -> str:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            # Looked at only: the child is waited for once, after it was killed.
            news = os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if news is not None:
                stopped = news.si_code == os.CLD_STOPPED
                return "" if stopped else f"the till ended by itself: {news.si_status}"
            # The end of the pipe is the end of the child.
            if select.select([self.ear], [], [], 0.001)[0]:
                return "the till ended by itself"
        return "the moment that was aimed at did not come"


@contextmanager
def child(settings: Settings, claims: Path, seed: int, aim: Aim | None, mutant: str) -> Iterator[Life]:
    """A till that sells until it is killed; its last words, if it fails, are in the file `trouble`."""
    ear, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(ear)
            log = Log(claims, aim, mouth)
            log.say("life", seed)
            Cashier(settings, claims, seed, log, mutant).run()
        except BaseException:  # noqa: BLE001 - a child process has nobody above it to tell
            (settings.data / "trouble").write_text(traceback.format_exc())
        finally:
            os._exit(1)
    os.close(mouth)
    try:
        yield Life(pid, ear)
    finally:
        os.close(ear)


def report(result: Result) -> str:
    """The histogram and the verdict, for people."""
    lines = [f"{phase:32}{result.phases[phase]:6}" for phase in PHASES]
    lines += [
        f"{'kills':32}{result.points:6}",
        f"{'sales stored':32}{result.sales:6}",
        f"{'killed with a sale stored, not told':36}{result.unreported:2}",
        f"{'faults':32}{len(result.faults):6}",
    ]
    return "\n".join([*lines, *result.faults])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; 0 where nothing was wrong and every phase was hit."""
    parser = argparse.ArgumentParser(prog="kill_points", description=__doc__)
    parser.add_argument("--seeds", default="0:1000", metavar="FROM:TO", help="default: %(default)s")
    parser.add_argument("--from-seed", type=int, metavar="N", help="go on at this seed of them")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    parser.add_argument("--folder", type=Path, help="where the ledgers lie; kept if something is wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition(":")
    seeds = range(options.from_seed if options.from_seed is not None else int(first), int(last))
    folder = Path(tempfile.mkdtemp(prefix="kill-points-", dir=options.folder))
    result = Campaign(folder, options.mutant).run(seeds, keep_going=not options.mutant)
    if options.json:
        print(json.dumps({
            "points": result.points, "sales": result.sales, "unreported": result.unreported,
            "phases": {phase: result.phases[phase] for phase in PHASES}, "faults": result.faults,
        }))  # fmt: skip
    else:
        print(report(result))
    wrong = bool(result.faults) or bool(result.empty())
    if result.empty() and not options.json:
        print("never hit: " + ", ".join(result.empty()))
    if result.faults:
        print(f"kept: {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
