"""Bought, brought back, bought again: after every round money, points, coupons and value are as they were.

    python -m tests.simulation.rebuy --loops 1000
    python -m tests.simulation.rebuy --loops 100 --mutant coupon_stays_used     # must be caught

One member with coupons, points and a gift card buys goods at one of two tills, over the real flows, with or
without the network; all of it comes back, at once or in parts, there or at the other till; the hub folds it.
What everybody has is then compared with what they had before the first round, to the cent and the point.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import msgspec
from sqlalchemy import select

from posapp.flows.intents import (
    ChooseTender,
    GoTo,
    KeyIn,
    NextSale,
    ScanCode,
    Settle,
    StartTender,
)
from posapp.flows.member_wishes import ChangeReturn, ConfirmReturn, StartReturn
from sync.hub.loyalty import coupons, points
from sync.hub.schema.coupons import COUPON
from sync.hub.schema.events import EVENT
from sync.hub.schema.gift_cards import GIFT_CARD
from sync.hub.schema.leases import COMPENSATION
from sync.hub.schema.points import MEMBER_SPEND, POINTS_ACCOUNT, POINTS_BUCKET
from sync.hub.serving.job_handlers import job_runner
from tests.flows.fakes import COLA, MILK
from tests.simulation.network import one_process
from tests.simulation.network_hub import Hub
from tests.simulation.outages_counter import MINUTE_MS
from tests.simulation.outages_shop import CARDS, chain
from tests.simulation.outages_sky import OutageSky
from tests.simulation.outages_till import Till

#: What a campaign has to have seen.
SEEN: Final = (
    "points used", "points earned", "coupon used", "gift card used", "offline", "in parts", "at another till",
)  # fmt: skip


class Rebuy:
    """Two tills of a store and one member who cannot decide."""

    def __init__(self, seed: int, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._chance = random.Random(seed)
        self._sky = OutageSky(self._chance, is_calm=True)
        self._chain = chain()
        shutil.copy(self._chain.hub, folder / "hub.db")
        self._hub = Hub(folder / "hub.db", self._sky.now_ms, loop)
        self._tills = [Till(folder, self._chain, self._hub, self._sky, [], number) for number in range(2)]
        self.happened: Counter[str] = Counter()
        self._rest()
        self._before = self.state()

    def close(self) -> None:
        for till in self._tills:
            till.close()
        self._hub.database.close()

    def once(self) -> str:
        """One round; what is otherwise afterwards, "" where nothing is."""
        till = self._chance.choice(self._tills)
        is_offline = self._chance.random() < 0.25
        till.cut(is_offline)
        till.visit()
        self.happened["offline"] += is_offline
        receipt, lines = self._buy(till)
        if self._chance.random() < 0.5:
            till.cut(False)
            self._rest()
        self._bring_back(till, receipt, lines)
        till.cut(False)
        self._rest()
        now = self.state()
        return "; ".join(f"{name}: {now[name]}, was {was}" for name, was in self._before.items()
                         if now[name] != was)  # fmt: skip

    # ------------------------------------------------------------------ buying
    def _buy(self, till: Till) -> tuple[str, list[tuple[int, int]]]:
        chance = self._chance
        for _ in range(chance.randint(1, 5)):
            till.do(ScanCode(chance.choice((COLA, MILK, MILK))))
        self._sky.pass_by(chance.randint(2, 40) * MINUTE_MS)
        who = 0
        is_code = chance.random() < 0.5
        till.do(
            ScanCode(self._chain.code(self._chain.members[who], self._sky.now_ms_) if is_code else CARDS[who])
        )
        if chance.random() < 0.3:
            till.do(ScanCode(chance.choice(self._chain.bearers)))
        till.do(StartTender())
        assert till.at == "Tendering", (till.at, till.desk.refusal)
        if chance.random() < 0.4:
            if chance.random() < 0.5:
                till.do(KeyIn("3"))
            till.do(ScanCode(self._chain.gifts[0][1]))
        if till.at == "Tendering" and chance.random() < 0.2:
            till.do(ChooseTender("card"), KeyIn("1"), Settle(), ChooseTender("cash"))
        if till.at == "Tendering":
            till.do(Settle())
        assert till.at == "Done", (till.at, till.desk.refusal)
        sale = till.terminal.state.phase.sale
        member = sale.member
        self.happened["points used"] += bool(member and member.points_used)
        self.happened["points earned"] += bool(member and member.points_earned)
        self.happened["coupon used"] += bool(sale.coupons)
        self.happened["gift card used"] += any(each.kind == "gift" for each in sale.tenders)
        till.do(NextSale())
        return till.desk.last_sale.receipt_number, [(each.line_no, each.quantity) for each in sale.lines]

    # ------------------------------------------------------------------ bringing it back
    def _bring_back(self, till: Till, receipt: str, lines: Sequence[tuple[int, int]]) -> None:
        pieces = [line_no for line_no, count in lines for _ in range(count)]
        parts = [pieces]
        if len(pieces) > 1 and self._chance.random() < 0.4:
            self._chance.shuffle(pieces)
            cut = self._chance.randrange(1, len(pieces))
            parts = [pieces[:cut], pieces[cut:]]
            self.happened["in parts"] += 1
        for part in parts:
            where = till
            # The same piece never comes back twice: whoever asks where it lies hears of it first.
            self._rest()
            if not till.is_cut and self._chance.random() < 0.3:
                where = next(each for each in self._tills if each is not till)
                self.happened["at another till"] += 1
            where.do(GoTo("returns"), StartReturn(receipt), *(ChangeReturn(line_no, 1) for line_no in part))
            where.do(ConfirmReturn())
            assert where.at == "Returned", (where.at, where.desk.refusal)
            where.do(NextSale(), GoTo("sell"))
            self._sky.pass_by(MINUTE_MS)

    def _rest(self) -> None:
        """Everything comes up, is folded, and comes down again."""
        for _ in range(2):
            for till in self._tills:
                till.visit()
            runner = job_runner(self._hub.database, self._sky.now_ms)
            while runner.run_once():
                pass

    # ------------------------------------------------------------------ what everybody has
    def state(self) -> dict[str, Any]:
        """All that a round may not change."""
        with self._hub.database.reading() as connection:

            def rows(*columns: Any) -> list[tuple[Any, ...]]:
                return sorted(tuple(row) for row in connection.execute(select(*columns)).all())

            account, card = POINTS_ACCOUNT.c, GIFT_CARD.c
            points_of = (account.member_id, account.active, account.pending, account.debt, account.held)
            left: Counter[str] = Counter()
            for member_id, some in rows(POINTS_BUCKET.c.member_id, POINTS_BUCKET.c.left_over):
                left[member_id] += some
            spend = sum(amount for (amount,) in rows(MEMBER_SPEND.c.amount_minor))
            money: Counter[str] = Counter()
            for (line,) in connection.execute(select(EVENT.c.line)).all():
                _count(money, msgspec.json.decode(bytes(line)))
            return {
                "points": rows(*points_of),
                "points in buckets": +left,
                "coupons": rows(COUPON.c.coupon_id, COUPON.c.state),
                "gift cards": rows(card.card_id, card.balance_minor, card.held_minor),
                "net spend": spend,
                "money by tender": {name: amount for name, amount in money.items() if amount},
                "losses": rows(COMPENSATION.c.transaction_id, COMPENSATION.c.amount_minor),
            }


def _count(money: Counter[str], event: dict[str, Any]) -> None:
    """What a fact put into the drawer or took out of it, by way of paying."""
    body, sign = event["body"], {"TransactionCompleted": 1, "ReturnCompleted": -1}.get(event["kind"], 0)
    if sign:
        for tender in body["tenders"]:
            money[tender["kind"]] += sign * tender["amount_minor"]
        money["cash"] -= sign * body.get("change_minor", 0)


MUTANTS: Final[dict[str, Callable[[], Any]]] = {
    "coupon_stays_used": lambda: patch.object(coupons, "reissue", lambda *_, **__: False),
    "points_stay_used": lambda: patch.object(points, "give_back", lambda *_, **__: ("", 0)),
    "points_stay_earned": lambda: patch.object(points, "take_back", lambda *_, **__: ("", 0)),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """With a fault, or without."""
    if not name:
        yield
        return
    with MUTANTS[name]():
        yield


def run(loops: int, *, seed: int = 0, mutant: str = "") -> tuple[Counter[str], list[str]]:
    """So many rounds; what happened, and the first that left something otherwise."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="rebuy-", dir=memory if memory.is_dir() else None))
    try:
        with one_process() as loop, planted(mutant):
            play = Rebuy(seed, folder, loop)
            for number in range(loops):
                wrong = play.once()
                play.happened["rounds"] += 1
                if wrong:
                    return play.happened, [f"round {number} of seed {seed}: {wrong}"]
            play.close()
            return play.happened, []
    finally:
        shutil.rmtree(folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Go round and round; 0 where nothing was left otherwise and everything that can happen happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loops", type=int, default=1_000, help="rounds (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    happened, faults = run(options.loops, seed=options.seed, mutant=options.mutant)
    print(*(f"{what:24}{happened[what]:>8,}" for what in ("rounds", *SEEN)), *faults, sep="\n")
    return int(bool(faults) or any(not happened[what] for what in SEEN))


if __name__ == "__main__":
    sys.exit(main())
