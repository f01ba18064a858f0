"""The healing campaign: tills and their hub are put back from copies at seeded moments, and must agree again.

    python -m tests.simulation.healing --seeds 0:2000 [--hub real]

A seed plays a hundred acts: sales, rounds of the link with lost answers, restarts, copies of the ledger kept
and put back, a second till on a copy, a till set up anew, the hub saved and put back. Then everything is let
come to rest and counted: every line of every ledger that is alive is at the hub once, byte by byte.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from posapp.store.engine import open_ledger
from posapp.store.epochs import mark_restored
from tests.simulation.audit import audit
from tests.simulation.healing_till import Till, World
from tests.simulation.twin_hubs import Hub, RealHub, TwinHub

ACTS = 100
ROUNDS_TO_REST = 12
MUTANTS = ("", "no_new_epoch", "acks_stay", "numbers_stay")


@dataclass
class Outcome:
    """What one seed did and what was wrong."""

    acts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    sales: int = 0


class Play:
    """One seed."""

    def __init__(self, seed: int, folder: Path, hub: Hub, mutant: str = "") -> None:
        self._chance = random.Random(seed)
        self._world = World(self._chance)
        self._folder = folder
        self._hub = hub
        self._mutant = mutant
        self._tills = [Till(folder / "till-0", hub, self._world, mutant)]
        self._copy = folder / "copy.db"
        self._ever: dict[str, bytes] = {}
        self._was_cloned = False
        self.outcome = Outcome()

    def run(self) -> Outcome:
        acts = {
            self._sell: 40, self._round: 25, self._cut_round: 15, self._keep_copy: 5, self._put_copy_back: 3,
            self._restore: 2, self._restart: 4, self._save_hub: 3, self._put_hub_back: 2, self._clone: 1,
            self._set_up_anew: 0.5,
        }  # fmt: skip
        for act in self._chance.choices(list(acts), list(acts.values()), k=ACTS):
            self.outcome.acts[act.__name__.strip("_")] += 1
            act()
        self._rest()
        self._judge()
        for till in self._tills:
            till.close()
        return self.outcome

    # ------------------------------------------------------------------ acts
    def _till(self) -> Till:
        return self._chance.choice(self._tills)

    def _sell(self) -> None:
        till = self._till()
        for _ in range(self._chance.randrange(1, 6)):
            number, _total = till.sell()
            self.outcome.sales += 1
            if till.has_heard and not self._was_cloned:
                given = {line for _event_id, line in self._hub.events() if f'"{number}"'.encode() in line}
                if given:
                    self.outcome.faults.append(f"{number} was given twice")

    def _round(self) -> None:
        self._till().round(cut=False)

    def _cut_round(self) -> None:
        self._till().round(cut=True)

    def _keep_copy(self) -> None:
        till = self._till()
        till.close()
        shutil.copy(till.path, self._copy)

    def _put_copy_back(self) -> None:
        """The ledger's file copied back by hand."""
        if self._copy.exists():
            self._replace(self._till())

    def _restore(self) -> None:
        """The ledger put back by the command, which leaves its note in it."""
        if self._copy.exists():
            till = self._till()
            self._replace(till, restored=True)

    def _replace(self, till: Till, *, restored: bool = False) -> None:
        self._ever |= dict(till.lines())
        till.close()
        for file in till.folder.glob("ledger.db*"):
            file.unlink()
        shutil.copy(self._copy, till.path)
        if restored:
            connection = open_ledger(till.path)
            mark_restored(connection)
            connection.close()
        till.open()

    def _restart(self) -> None:
        till = self._till()
        till.close()
        till.open()

    def _set_up_anew(self) -> None:
        till = self._till()
        self._ever |= dict(till.lines())
        till.close()
        shutil.rmtree(till.folder)
        till.folder.mkdir()
        till.open()

    def _clone(self) -> None:
        """A second till begins on a copy, at the same place."""
        if len(self._tills) > 2 or not self._copy.exists():
            return
        self._was_cloned = True
        folder = self._folder / f"till-{len(self._tills)}"
        folder.mkdir()
        shutil.copy(self._copy, folder / "ledger.db")
        self._tills.append(Till(folder, self._hub, self._world, self._mutant))

    def _save_hub(self) -> None:
        self._hub.save()

    def _put_hub_back(self) -> None:
        """What the hub alone had of ledgers that are gone is lost with it; all else comes again."""
        self._hub.put_back(by_hand=self._chance.random() < 0.5)
        for till in self._tills:
            # It was away for that; a till without anything to send may not have noticed.
            till.line.is_away = till.waiting() > 0 or self._chance.random() < 0.5

    # ------------------------------------------------------------------ the end
    def _rest(self) -> None:
        for _ in range(ROUNDS_TO_REST):
            for till in self._tills:
                till.round(cut=False)

    def _judge(self) -> None:
        faults = self.outcome.faults
        at_hub = self._hub.events()
        held = dict(at_hub)
        if len(held) != len(at_hub):
            faults.append("an event is held twice")
        alive: dict[str, bytes] = {}
        sales: dict[str, int] = {}
        for till in self._tills:
            alive |= dict(till.lines())
            sales |= till.sales()
            waiting = till.waiting()
            if waiting:
                faults.append(f"{till.folder.name}: {waiting} still wait")
            faults += [f"{till.folder.name}: {fault}" for fault in audit_rows(till.path)]
            self.outcome.reasons.update(till.reasons())
        missing = [event_id for event_id in alive if event_id not in held]
        other = [event_id for event_id, line in alive.items() if held.get(event_id, line) != line]
        unknown = [event_id for event_id in held if event_id not in alive | self._ever]
        totals = self._hub.sales()
        wrong = [key for key, total in sales.items() if totals.get(key) != total]
        for what, found in (("lost", missing), ("changed", other), ("unheard of", unknown), ("money", wrong)):
            if found:
                faults.append(f"{what}: {len(found)}, such as {found[:3]}")


def audit_rows(ledger: Path) -> list[str]:
    """The audit, but for the store's name, and the numbers of scans, which are the same in these sales."""
    mine = ("receipt numbers", "scan numbers")
    return [fault for fault in audit(ledger) if not any(words in fault for words in mine)]


def play(seed: int, *, real: bool = False, mutant: str = "") -> Outcome:
    """Play one seed in a folder of its own."""
    # Nothing here loses power, so nothing has to reach a disk.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix=f"healing-{seed}-", dir=memory if memory.is_dir() else None))
    hub: Hub = RealHub(folder) if real else TwinHub()
    try:
        outcome = Play(seed, folder, hub, mutant).run()
    finally:
        hub.close()
    if isinstance(hub, TwinHub) and hub.broken_chains and not outcome.acts["clone"]:
        outcome.faults.append(f"{hub.broken_chains} chains do not fit")
    shutil.rmtree(folder)
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Play seeds; 0 where nothing was wrong and every way of healing was needed."""
    parser = argparse.ArgumentParser(prog="healing", description=__doc__)
    parser.add_argument("--seeds", default="0:200", metavar="FROM:TO", help="default: %(default)s")
    parser.add_argument("--hub", choices=("twin", "real"), default="twin")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition(":")
    acts, reasons, faults, sales = Counter[str](), Counter[str](), [], 0
    for seed in range(int(first), int(last)):
        outcome = play(seed, real=options.hub == "real", mutant=options.mutant)
        acts += outcome.acts
        reasons += outcome.reasons
        sales += outcome.sales
        faults += [f"seed {seed}: {fault}" for fault in outcome.faults]
    print(f"sales {sales}", dict(acts), dict(reasons), f"faults {len(faults)}", *faults[:40], sep="\n")
    return int(bool(faults) or not all(reasons[reason] for reason in ("restored", "forked", "set_up")))


if __name__ == "__main__":
    sys.exit(main())
