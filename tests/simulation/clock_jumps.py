"""The clock campaign: a till whose wall clock is set, by hand or by a server, at any moment of a sale.

    python -m tests.simulation.clock_jumps --seeds 0:500 --jobs 2

The clock goes a day forth or back, behind the last sale, to 1970 and to 2100, between sales and inside
them, and the till is started anew now and then. However wrong the times are, the ledger's order is the order
in which things happened, receipts and numbers have no gaps, the money adds up, and a sale belongs to the
business day of the shift that it was made in.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from unittest import mock

from posapp.config import Settings
from posapp.domain.facts import Fact, TransactionCompleted
from posapp.domain.shifts import business_date
from posapp.exchange.outgoing import occurred_at
from posapp.flows.effects import Commit
from posapp.flows.intents import Intent
from posapp.store import journal
from posapp.store.engine import open_reader
from tests.domain.shops import SHOP
from tests.simulation import selling
from tests.simulation.audit import audit
from tests.simulation.claims import Log, lives
from tests.simulation.counter import Hooks, SystemClock, furnish, settings_in
from tests.simulation.goods import GOODS, OFFERS, some_code
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds
from tests.simulation.selling import Cashier

DAY_MS: Final = 86_400_000
TODAY_MS: Final = 1_780_000_000_000
JUMPS: Final = ("a day forth", "a day back", "behind the last sale", "to 1970", "to 2100", "right again")
#: What was going on when the clock was set, by the last claim.
MOMENTS: Final = ("idle", "scanning", "tendering")
_FULL: Final = {"1970": 0, "2100": 4_102_444_800_000}


def _day_of_the_moment(fact: Fact, _otherwise: str) -> str:
    """A mutant: a fact belongs to the day that the clock says."""
    return business_date(occurred_at(fact), SHOP)


MUTANTS: Final = ("day_of_the_moment",)
_DAYS: Final = {"": journal.business_date_of, "day_of_the_moment": _day_of_the_moment}


class SetClock(SystemClock):
    """A wall clock that people set; the steady one goes on."""

    def __init__(self) -> None:
        self.offset_ms = TODAY_MS - super().now_ms()
        self.last_sale_ms = TODAY_MS

    def now_ms(self) -> int:
        return super().now_ms() + self.offset_ms

    def set(self, jump: str) -> None:
        """Set it in one of the ways."""
        now_ms = self.now_ms()
        wanted_ms = {
            "a day forth": now_ms + DAY_MS,
            "a day back": max(0, now_ms - DAY_MS),
            "behind the last sale": max(0, self.last_sale_ms - 60_000),
            "to 1970": _FULL["1970"],
            "to 2100": _FULL["2100"],
            "right again": TODAY_MS,
        }[jump]
        self.offset_ms += wanted_ms - now_ms


class JumpyCashier(Cashier):
    """Sells as ever while somebody sets the clock."""

    def __init__(
        self, settings: Settings, claims: Path, seed: int, log: Log, clock: SetClock, result: Result
    ) -> None:
        self._clock = clock
        self._result = result
        self._told = claims
        self._luck = random.Random(f"clock {seed}")
        self.sold: list[str] = []
        super().__init__(settings, claims, seed, log)

    def _hooks(self) -> Hooks:
        return replace(super()._hooks(), clock=self._clock)

    def _linger(self) -> None:
        """Every place between two presses."""
        if self._luck.random() < 0.3:
            jump = self._luck.choice(JUMPS)
            self._clock.set(jump)
            told = [words[0] for words in lives(self._told)[-1] if words[0] in MOMENTS]
            self._result.jumps[jump] += 1
            self._result.moments[told[-1] if told else MOMENTS[0]] += 1
        if self._luck.random() < 0.3:
            self.till.writer.flush()

    def _handled(self, intent: Intent, effects: tuple[Any, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Commit):
                for fact in effect.facts:
                    if isinstance(fact, TransactionCompleted):
                        self.sold.append(fact.transaction_id)
                        self._clock.last_sale_ms = fact.completed_at_ms
        super()._handled(intent, effects)

    def work(self, turns: int) -> None:
        """Start, do so many things, and end properly."""
        self.till.start()
        try:
            self.till.sign_on()
            for _ in range(turns):
                self._one()
        finally:
            self.till.close()


@dataclass
class Result:
    """What a campaign did, and what was wrong."""

    tills: int = 0
    sales: int = 0
    jumps: Tally[str] = field(default_factory=Tally)
    moments: Tally[str] = field(default_factory=Tally)
    faulty: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: dict[str, Any]) -> None:
        """Put the figures of another process to these."""
        for name in ("tills", "sales", "faulty"):
            setattr(self, name, getattr(self, name) + other[name])
        self.jumps.update(other["jumps"])
        self.moments.update(other["moments"])
        self.faults = (self.faults + other["faults"])[:8]

    def empty(self) -> list[str]:
        """Jumps that never came, and moments at which none came."""
        return [name for name in JUMPS if not self.jumps[name]] + [
            name for name in MOMENTS if not self.moments[name]
        ]


def _order(ledger: Path, sold: list[str]) -> list[str]:
    """What is wrong with the order of sales and with their business days."""
    reader = open_reader(ledger)
    faults = []
    rows = reader.execute(
        "SELECT retail_transaction.transaction_id, receipt_seq, journal.business_date, "
        "shift.business_date, shift.opened_at_ms FROM retail_transaction JOIN journal USING (journal_no) "
        "JOIN shift ON shift.shift_no = retail_transaction.shift_no ORDER BY receipt_seq"
    ).fetchall()
    stored = [row[0] for row in rows]
    if stored != [key for key in sold if key in set(stored)]:
        faults.append("receipts are not in the order of the sales")
    if set(sold) != set(stored):
        faults.append(f"{len(set(sold))} sales, {len(stored)} stored")
    for key, _seq, day, of_shift, opened_at_ms in rows:
        expected = business_date(opened_at_ms, SHOP)
        if not day == of_shift == expected:
            faults.append(f"{key} is of {day}, its shift of {of_shift}, opened on {expected}")
    reader.close()
    return faults


def _undated_code(chance: random.Random) -> str:
    """A code of something that no date makes unfit: what is past its day in 2100 may be sold in 1970."""
    return next(code for code in iter(lambda: some_code(chance), "") if not code.endswith("17200101"))


def campaign(seeds: Sequence[int], folder: Path, result: Result) -> None:
    """One till a seed, started three times."""
    for seed in seeds:
        settings = settings_in(folder / f"till-{seed}", store_id="S0217")
        furnish(settings, SHOP, GOODS, offers=OFFERS)
        clock, claims, sold = SetClock(), settings.data / "claims", list[str]()
        faults: list[str] = []
        for life in range(3):
            log = Log(claims, None, -1)
            log.say("life", seed)
            cashier = JumpyCashier(settings, claims, seed * 3 + life, log, clock, result)
            try:
                cashier.work(6)
            except Exception as error:  # noqa: BLE001 - whatever stops a till is a finding
                faults.append(f"the till stops: {error!r}")
            sold += cashier.sold
            faults += audit(settings.ledger, claims)
            clock.set(random.Random(f"between {seed} {life}").choice(JUMPS))
        faults += _order(settings.ledger, sold)
        result.tills += 1
        result.sales += len(sold)
        if faults:
            result.faulty += 1
            result.faults = [*result.faults, f"seed {seed}: {'; '.join(faults[:3])}"][:8]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; 0 where nothing was wrong and every jump came at every moment."""
    parser = argparse.ArgumentParser(prog="clock_jumps", description=__doc__)
    with_seeds(parser, "0:20")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    began_s, result = time.monotonic(), Result()
    if options.jobs > 1:
        for told in in_processes("clock_jumps", options, ("mutant",)):
            result.add(told)
    else:
        with (
            tempfile.TemporaryDirectory(prefix="clock-jumps-") as folder,
            mock.patch.object(selling, "some_code", _undated_code),
            mock.patch.object(journal, "business_date_of", _DAYS[options.mutant]),
        ):
            campaign(seeds_of(options), Path(folder), result)
    wrong = bool(result.faulty) or bool(result.empty())
    if options.json:
        print(json.dumps(vars(result)))
        return int(wrong)
    lines = [f"{name:34}{count:9}" for name, count in (*result.jumps.items(), *result.moments.items())]
    lines += [
        "",
        f"{'tills':34}{result.tills:9}",
        f"{'sales':34}{result.sales:9}",
        f"{'tills with something wrong':34}{result.faulty:9}",
        f"{'seconds':34}{time.monotonic() - began_s:9.1f}",
    ]
    print("\n".join([*lines, *result.faults]))
    if result.empty():
        print("never: " + ", ".join(result.empty()))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
