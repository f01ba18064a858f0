"""The outage campaign: what tills without their hub give away never costs more than was shown beforehand.

    python -m tests.simulation.outages --seeds 0:1000 --jobs 2
    python -m tests.simulation.outages --seeds 0:1000 --from-seed 400 --jobs 2     # go on
    python -m tests.simulation.outages --seeds 0:40 --mutant hold_released_early   # must be caught

A seed is one outage, of minutes to more than a day, over four tills of two stores that sell to the same
few members: some tills or all are cut off, the others' lines lie, clocks are wrong by up to ten minutes, both
ends die, ledgers are put back. Beforehand it is noted what the hub and each till say that it can
cost. Then the sky clears, everything comes up and is folded, and all is counted anew from the facts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync.hub.jobs import Job
from sync.hub.loyalty.clock_work import pass_time
from sync.hub.loyalty.leases import exposure
from sync.hub.schema.feeds import JOB
from sync.hub.schema.leases import LEASE
from sync.hub.serving.job_handlers import all_handlers, job_runner
from tests.simulation.network import one_process
from tests.simulation.network_hub import Hub
from tests.simulation.network_world import WEATHER
from tests.simulation.outages_counter import DONE, MINUTE_MS, Shoppers
from tests.simulation.outages_judge import LEASE_OF, Judge, spends
from tests.simulation.outages_mutants import MUTANTS, planted
from tests.simulation.outages_shop import PLACES, STORES, chain
from tests.simulation.outages_sky import OutageSky
from tests.simulation.outages_till import Till
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds

ROUNDS_TO_REST: Final = 30
#: What happens besides the weather of requests and what people do.
EVENTS: Final = (
    "a till dies", "the hub dies", "a clock jumps", "a ledger is put back", "a job is done twice",
)  # fmt: skip
#: An outage is this long at most, and at least (minutes).
LONGEST_MIN: Final = 30 * 60
SHORTEST_MIN: Final = 3


@dataclass
class Outcome:
    """What some seeds did, what they cost, and what was wrong."""

    happened: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    #: Of each (seed, store): minutes, shown beforehand, given away under leases, lost (minor units).
    outages: list[tuple[int, str, int, int, int, int]] = field(default_factory=list)


class Play:
    """One seed."""

    def __init__(self, seed: int, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._seed, self._folder = seed, folder
        self._chance = random.Random(seed)
        self._sky = OutageSky(self._chance)
        made = chain()
        shutil.copy(made.hub, folder / "hub.db")
        self._hub = Hub(folder / "hub.db", self._sky.now_ms, loop)
        self._late: list[Callable[[], Any]] = []
        self._tills = [
            Till(folder, made, self._hub, self._sky, self._late, number) for number in range(len(PLACES))
        ]
        self._happened = self._sky.happened
        self._shoppers = Shoppers(made, self._sky, self._chance, self._happened)
        self._copies: dict[int, tuple[Path, int]] = {}
        self.outcome = Outcome(self._happened)

    def run(self) -> Outcome:
        self._before()
        self._outage()
        self._rest()
        with self._hub.database.reading() as connection:
            judge = Judge(connection, self._tills)
            judge.judge()
            self.outcome.faults += judge.faults
            self._bound(judge, connection)
        for till in self._tills:
            till.close()
        self._hub.database.close()
        return self.outcome

    # ------------------------------------------------------------------ before
    def _before(self) -> None:
        """A working day with a good line; at its end everybody has what they may have."""
        self._sky.is_calm = True
        for _ in range(2):
            self._each_visits()
        self._sky.is_calm = False
        for _ in range(self._chance.randrange(6)):
            till = self._chance.choice(self._tills)
            # A short outage before the one that is judged: its leases are renewed.
            till.cut(self._chance.random() < 0.4)
            till.visit()
            self._shoppers.serve(till)
            till.cut(False)
            till.visit()
        self._sky.is_calm = True
        self._each_visits()
        if self._chance.random() < 0.5:
            self._jobs()
            self._each_visits()
        for till in self._tills:
            if self._chance.random() < 0.3:
                self._shoppers.begin_payment(till)
        self._sky.is_calm = False
        self._began_ms = self._sky.now_ms()
        with self._hub.database.reading() as connection:
            out = {store: exposure(connection, store, self._began_ms) for store in STORES}
        self._shown = {store: one.minor() for store, one in out.items()}
        self._out = {store: one.by_terminal for store, one in out.items()}
        self._shown_at_tills = [till.shown_minor[1] for till in self._tills]
        self._sold_before = {name for till in self._tills for name, kind, _line in till.facts()}

    def _each_visits(self) -> None:
        for till in self._tills:
            till.visit()

    # ------------------------------------------------------------------ the outage
    def _outage(self) -> None:
        chance = self._chance
        share = chance.choice((1.0, 1.0, 0.75, 0.5))
        self._cut = [till for till in self._tills if chance.random() < share] or self._tills[:1]
        for till in self._cut:
            till.cut(True)
            till.visit()
        self.minutes = int(SHORTEST_MIN * math.exp(chance.random() * math.log(LONGEST_MIN / SHORTEST_MIN)))
        acts = min(14 + self.minutes // 30, 34)
        apart_ms = self.minutes * MINUTE_MS // acts
        what = {
            self._serve: 60, self._visit: 14, self._jobs: 4, self._till_dies: 4, self._hub_dies: 2,
            self._clock_jumps: 3, self._copy: 3, self._put_back: 4,
        }  # fmt: skip
        for act in chance.choices(list(what), list(what.values()), k=acts):
            self._wait(chance.randrange(2 * apart_ms))
            if chance.random() < 0.5:
                self._passes()
            act()

    def _wait(self, ms: int) -> None:
        """Let time go by; a till whose payment is open looks at its clock meanwhile."""
        while ms > 0:
            paying = [till for till in self._tills if till.at == "Tendering" and not till.is_cut]
            step = min(ms, 5 * MINUTE_MS) if paying else ms
            self._sky.pass_by(step)
            ms -= step
            for till in paying:
                till.tick()

    def _serve(self) -> None:
        till = self._chance.choice(self._tills)
        for _ in range(self._chance.randint(1, 2)):
            self._shoppers.serve(till)
        if till not in self._cut:
            till.visit()

    def _visit(self) -> None:
        self._chance.choice(self._tills).visit()

    def _jobs(self) -> None:
        """The hub does what waits; a process may die after its work and before it is noted."""
        runner = job_runner(self._hub.database, self._sky.now_ms)
        if self._chance.random() < 0.3:
            with self._hub.database.reading() as connection:
                rows = connection.execute(select(JOB).where(JOB.c.kind == "loyalty").limit(2)).all()
            handlers = all_handlers(self._hub.database, self._sky.now_ms)
            for row in rows:
                handlers["loyalty"].prepare(Job(row.store_id, row.kind, row.key, bytes(row.body)))
                self._happened["a job is done twice"] += 1
        while runner.run_once():
            pass

    def _passes(self) -> None:
        """The hub's own clock work: whatever is overdue ends, if it may."""
        pass_time(self._hub.database, self._sky.now_ms())

    def _till_dies(self) -> None:
        self._happened["a till dies"] += 1
        self._chance.choice(self._tills).die()

    def _hub_dies(self) -> None:
        self._happened["the hub dies"] += 1
        self._hub.database.close()
        self._hub.open()

    def _clock_jumps(self) -> None:
        """By up to five minutes to either side of what it was: two such differ by ten at most."""
        self._happened["a clock jumps"] += 1
        till = self._chance.choice(self._tills)
        base_ms = till.base_off_ms
        till.clock.off_ms = base_ms + self._chance.randrange(-5 * MINUTE_MS, 5 * MINUTE_MS)
        if self._chance.random() < 0.5:
            till.die()

    def _copy(self) -> None:
        number = self._chance.randrange(len(self._tills))
        if self._tills[number] in self._cut:
            copy = self._folder / f"copy-{number}-{self._sky.new_id()}.db"
            self._tills[number].back_up(copy)
            self._copies[number] = (copy, self._tills[number].holds)

    def _put_back(self) -> None:
        """A cut-off till's ledger is put back; not where sales with the hub's word would go with it."""
        for number, (copy, holds) in list(self._copies.items()):
            till = self._tills[number]
            del self._copies[number]
            if holds == till.holds:
                self._happened["a ledger is put back"] += 1
                till.restore(copy)
                return

    # ------------------------------------------------------------------ the end
    def _rest(self) -> None:
        self._sky.is_calm = True
        while self._late:
            self._late.pop(0)()
        for till in self._tills:
            till.cut(False)
        for _ in range(ROUNDS_TO_REST):
            self._sky.pass_by(2 * MINUTE_MS)
            self._each_visits()
            if not any(till.waiting() for till in self._tills):
                break
        self._all_jobs()
        for till in self._tills:
            self._shoppers.end_payment(till)
        # What was kept for a sale that never came is over at last, and its till was heard: twice, since one
        # whose payment is still open is waited for.
        for minutes in (150, 10, 10):
            self._sky.pass_by(minutes * MINUTE_MS)
            self._each_visits()
            self._all_jobs()
            self._passes()
        self._all_jobs()

    def _all_jobs(self) -> None:
        runner = job_runner(self._hub.database, self._sky.now_ms)
        while runner.run_once():
            pass

    def _bound(self, judge: Judge, connection: Any) -> None:
        """What was lost, and what was given away at all, is within what was shown."""
        granted: Counter[str] = Counter()
        for row in connection.execute(select(LEASE).where(LEASE.c.granted_at_ms >= self._began_ms)).all():
            granted[row.store_id] += int(row.amount)
        lost: Counter[tuple[str, str]] = Counter()
        for row in judge.losses:
            if row.noted_at_ms >= self._began_ms:
                lost[row.store_id, row.terminal_id] += int(row.amount_minor)
        away: Counter[str] = Counter()
        for till, shown in zip(self._tills, self._shown_at_tills, strict=True):
            store, terminal = place = (till.place.store_id, till.place.terminal_id)
            # What went with a ledger that was put back is lost for sure.
            lost[place] += sum(self._given(till.gone).values())
            given = self._given((*till.facts(), *till.gone))
            away[store] += sum(given.values())
            if till not in self._cut:
                continue
            if max(lost[place], sum(given.values())) > shown:
                self.outcome.faults.append(f"{place}: {given} given away, {lost[place]} lost, {shown} shown")
            for kind, amount in given.items():
                if amount > (out := self._out[store].get((terminal, kind), 0)):
                    self.outcome.faults.append(f"{place}: {amount} of {kind} given away, {out} were out")
        for store in STORES:
            shown, cost = self._shown[store], sum(lost[place] for place in lost if place[0] == store)
            if cost > shown + granted[store]:
                more = f"{cost} lost, {shown} shown, {granted[store]} granted since"
                self.outcome.faults.append(f"{store}: {more}")
            self.outcome.outages.append((self._seed, store, self.minutes, shown, away[store], cost))

    def _given(self, lines: Sequence[tuple[str, str, bytes]]) -> Counter[str]:
        """What sales of the outage gave away under leases, by kind of lease; a point is worth a cent here."""
        given: Counter[str] = Counter()
        for name, kind, line in lines:
            if kind == "TransactionCompleted" and name not in self._sold_before:
                for lease, what, _right, amount in spends(msgspec.json.decode(line)["body"]):
                    given[LEASE_OF[what]] += amount if lease else 0
        return given


def play(seed: int, loop: asyncio.AbstractEventLoop) -> Outcome:
    """Play one seed in a folder of its own, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix=f"outage-{seed}-", dir=memory if memory.is_dir() else None))
    try:
        return Play(seed, folder, loop).run()
    finally:
        shutil.rmtree(folder)


def run(seeds: Sequence[int], mutant: str = "") -> Outcome:
    """Play many seeds."""
    whole = Outcome()
    with ExitStack() as stack:
        loop = stack.enter_context(one_process())
        stack.enter_context(planted(mutant))
        for seed in seeds:
            try:
                outcome = play(seed, loop)
            except Exception as error:  # noqa: BLE001 - that nothing at all is raised is part of the claim
                whole.faults.append(f"seed {seed}: {type(error).__name__}: {error}"[:400])
                continue
            whole.happened += outcome.happened
            whole.outages += outcome.outages
            whole.faults += [f"seed {seed}: {fault}" for fault in outcome.faults]
    return whole


def told(whole: Outcome) -> list[str]:
    """The statistics as lines: what happened, what was lost of what was shown."""
    lines = [f"{what:42}{whole.happened[what]:>10,}" for what in (*WEATHER, *EVENTS, *DONE, "sales")]
    ratios = sorted(lost / shown for *_, shown, _away, lost in whole.outages if shown)
    worst = max(whole.outages, key=lambda one: one[5] / max(1, one[3]), default=(0, "", 0, 0, 0, 0))
    with_loss = sum(bool(one[5]) for one in whole.outages)
    lines += [
        f"{'outages of a store':42}{len(whole.outages):>10,}",
        f"{'  with a loss':42}{with_loss:>10,}",
        f"{'shown beforehand, minor units':42}{sum(one[3] for one in whole.outages):>10,}",
        f"{'given away under leases':42}{sum(one[4] for one in whole.outages):>10,}",
        f"{'lost':42}{sum(one[5] for one in whole.outages):>10,}",
        f"{'worst loss / shown':42}{(ratios or [0])[-1]:>10.3f}  seed {worst[0]}, {worst[1]}, {worst[2]} min",
    ]
    if ratios:
        lines.append(f"{'median and 95th percentile of it':42}{ratios[len(ratios) // 2]:>10.3f}"
                     f"{ratios[len(ratios) * 95 // 100]:>8.3f}")  # fmt: skip
    return lines


def never(whole: Outcome) -> list[str]:
    """What a campaign has to see and did not."""
    return [what for what in (*WEATHER, *EVENTS, *DONE) if not whole.happened[what]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Play seeds; 0 where nothing was wrong, everything that can happen happened, and something was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    with_seeds(parser, "0:100")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    if options.jobs > 1:
        whole = Outcome()
        for part in in_processes("outages", options, ("mutant",)):
            whole.happened += Counter(part["happened"])
            whole.faults += part["faults"]
            whole.outages += [tuple(one) for one in part["outages"]]
    else:
        whole = run(seeds_of(options), options.mutant)
    if options.json:
        told_ = {"happened": whole.happened, "faults": whole.faults[:200], "outages": whole.outages}
        print(json.dumps(told_))
        return 0
    empty = never(whole)
    print(*told(whole), f"{'faults':42}{len(whole.faults):>10,}", *whole.faults[:40], sep="\n")
    if empty:
        print(f"never happened: {empty}")
    return int(bool(whole.faults or empty or not any(one[5] for one in whole.outages)))


if __name__ == "__main__":
    sys.exit(main())
