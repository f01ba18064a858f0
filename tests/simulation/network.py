"""The network campaign: several tills and their hub over lines that lie, both ends dying at any moment.

    python -m tests.simulation.network --seeds 0:100000 --jobs 2
    python -m tests.simulation.network --seeds 0:100000 --from-seed 41800 --jobs 2   # go on
    python -m tests.simulation.network --seeds 0:200 --mutant no_idempotency         # must be caught

A seed plays some forty acts on three tills of two stores: sales, rounds of the link, deaths, prices changed
at the hub, clocks that jump. Then the sky clears, everything comes to rest, and all is counted: every line of
every ledger is at the hub once, byte by byte, money equal to the cent, and every price of the hub is at its
tills.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import msgspec
from sqlalchemy import Connection, func, select, update

from posapp.exchange.outgoing import Place
from posapp.store.migrate import migrate
from sync.hub.database import Database, insert_rows
from sync.hub.feeds import streams
from sync.hub.goods.shop_admin import put_shop
from sync.hub.intake.ingest import Batch, Ingested, ingest
from sync.hub.intake.progress import lock_progress
from sync.hub.schema.events import EVENT, EXCEPTION, PRICE_MODIFIER, PROGRESS, QUARANTINE, RETAIL_TRANSACTION
from sync.hub.schema.feeds import FEED_ROW
from sync.protocol.codec import decode_envelope, encode_envelope
from tests.hub.conftest import shop_document
from tests.hub.devices import enrol_device
from tests.simulation.network_hub import Hub
from tests.simulation.network_world import NOW_MS, STREAM, WEATHER, Sky, Till, price_body
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds

ACTS: Final = 40
ROUNDS_TO_REST: Final = 40
STORES: Final = ("S001", "S002")
PLACES: Final = (Place("S001", "T03", 3), Place("S001", "T04", 4), Place("S002", "T03", 3))
MUTANTS: Final = ("no_idempotency", "ack_before_commit", "acks_on_send", "naive_watermark")
#: What happens besides the weather of requests.
EVENTS: Final = ("a till dies between rounds", "the hub dies between requests", "a clock jumps")


@dataclass
class Outcome:
    """What one seed did and what was wrong."""

    happened: Counter[str] = field(default_factory=Counter)
    sales: int = 0
    faults: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def _models() -> tuple[Path, Path, tuple[Any, ...]]:
    """A hub with its shops and devices and an empty ledger, to be copied: making them takes long."""
    folder = Path(tempfile.mkdtemp(prefix="network-models-"))
    database = Database(folder / "hub.db")
    with database.writing() as connection:
        for store_id in STORES:
            document = shop_document(store_id, terminals=[{"id": "T03"}, {"id": "T04"}])
            put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
    keys = tuple(enrol_device(database, place.store_id, place.terminal_id, NOW_MS) for place in PLACES)
    database.close()
    migrate(folder / "ledger.db", epoch=NOW_MS)
    return folder / "hub.db", folder / "ledger.db", keys


class Play:
    """One seed."""

    def __init__(self, seed: int, folder: Path, loop: asyncio.AbstractEventLoop, mutant: str) -> None:
        self._chance = random.Random(seed)
        self._sky = Sky(self._chance)
        self._mutant = mutant
        hub_model, ledger_model, keys = _models()
        shutil.copy(hub_model, folder / "hub.db")
        self._hub = Hub(folder / "hub.db", self._sky.now_ms, loop)
        late: list[Callable[[], Any]] = []
        self._late = late
        self._tills = [
            Till(folder, ledger_model, place, key, self._hub, self._sky, late, mutant)
            for place, key in zip(PLACES, keys, strict=True)
        ]
        self._prices: dict[str, dict[str, bytes]] = {store_id: {} for store_id in STORES}
        self._unwritten: list[tuple[Any, ...]] = []
        self.outcome = Outcome(self._sky.happened)

    def run(self) -> Outcome:
        acts = {
            self._sell: 30, self._round: 45, self._price: 12, self._till_dies: 4, self._hub_dies: 4,
            self._clock_jumps: 4,
        }  # fmt: skip
        for act in self._chance.choices(list(acts), list(acts.values()), k=ACTS):
            act()
        self._rest()
        self._judge()
        for till in self._tills:
            till.ledger.close()
        self._hub.database.close()
        return self.outcome

    # ------------------------------------------------------------------ acts
    def _sell(self) -> None:
        till = self._chance.choice(self._tills)
        for _ in range(self._chance.randrange(1, 5)):
            till.sell()

    def _round(self) -> None:
        self._chance.choice(self._tills).round()

    def _price(self) -> None:
        """Prices change at the hub, some are taken away."""
        store_id = self._chance.choice(STORES)
        rows: list[tuple[str, bytes | None]] = []
        for _ in range(self._chance.randrange(1, 6)):
            sku = f"sku-{self._chance.randrange(12)}"
            gone = self._chance.random() < 0.2
            rows.append((sku, None if gone else price_body(sku, self._chance.randrange(1, 9_999))))
        with self._hub.database.writing() as connection:
            if self._mutant == "naive_watermark" and self._chance.random() < 0.5:
                self._take_revisions_now_and_write_later(connection, store_id, rows)
            else:
                streams.put_rows(connection, store_id, STREAM, rows, self._sky.now_ms_)
        for sku, body in rows:
            if body is None:
                self._prices[store_id].pop(sku, None)
            else:
                self._prices[store_id][sku] = body

    def _take_revisions_now_and_write_later(
        self, connection: Connection, store_id: str, rows: Sequence[tuple[str, bytes | None]]
    ) -> None:
        """As with a sequence: numbers are given at once, rows are seen whenever their writer commits."""
        self._write_what_was_left(connection)
        latest = dict(rows)
        first = streams._take(connection, store_id, STREAM, len(latest)) - len(latest) + 1
        self._unwritten += [
            (store_id, STREAM, key, rev, int(body is None), NOW_MS, body or b"")
            for rev, (key, body) in enumerate(latest.items(), first)
        ]

    def _write_what_was_left(self, connection: Connection) -> None:
        insert_rows(connection, FEED_ROW, self._unwritten, replace=True)
        self._unwritten = []

    def _till_dies(self) -> None:
        self._sky.happened[EVENTS[0]] += 1
        self._chance.choice(self._tills).die()

    def _hub_dies(self) -> None:
        self._sky.happened[EVENTS[1]] += 1
        self._hub.database.close()
        self._hub.open()

    def _clock_jumps(self) -> None:
        self._sky.happened[EVENTS[2]] += 1
        self._sky.now_ms_ += self._chance.choice((86_400_000, 3_600_000, -600_000))

    # ------------------------------------------------------------------ the end
    def _rest(self) -> None:
        self._sky.is_calm = True
        with self._hub.database.writing() as connection:
            self._write_what_was_left(connection)
        # Whatever still hung somewhere arrives in the end.
        while self._late:
            self._late.pop(0)()
        for _ in range(ROUNDS_TO_REST):
            for till in self._tills:
                till.round()
            if not any(till.waiting() for till in self._tills):
                break
        for till in self._tills:
            till.round()

    def _judge(self) -> None:
        faults = self.outcome.faults
        with self._hub.database.reading() as connection:
            events = connection.execute(select(EVENT.c.store_id, EVENT.c.event_id, EVENT.c.line)).all()
            table = RETAIL_TRANSACTION
            at_hub = connection.execute(
                select(table.c.store_id, table.c.transaction_id, table.c.total_minor)
            ).all()
            off = connection.execute(
                select(PRICE_MODIFIER.c.transaction_id, func.sum(PRICE_MODIFIER.c.amount_minor))
                .group_by(PRICE_MODIFIER.c.transaction_id)
            ).all()  # fmt: skip
            kinds = connection.execute(select(EXCEPTION.c.kind).distinct()).scalars().all()
            # Clocks do jump here, and the hub may say so.
            faults += [f"exception {kind}" for kind in kinds if kind != "clock_off"]
            if connection.execute(select(func.count()).select_from(QUARANTINE)).scalar_one():
                faults.append("lines in quarantine")
        held = {row.event_id: bytes(row.line) for row in events}
        lines: dict[str, bytes] = {}
        sold: dict[str, int] = {}
        for till in self._tills:
            lines |= till.lines()
            sold |= till.sold
            if till.waiting():
                faults.append(f"{till.path.name}: {till.waiting()} still wait: {till.told[-1]}")
            if till.shelf.live() != self._prices[till.place.store_id]:
                faults.append(f"{till.path.name}: other prices than the hub's")
        self.outcome.sales = len(sold)
        if len(held) != len(events):
            faults.append("an event is held twice")
        if held != lines:
            lost, more = len(lines.keys() - held.keys()), len(held.keys() - lines.keys())
            faults.append(f"lines: {lost} lost, {more} more, or some changed")
        totals = {row.transaction_id: row.total_minor for row in at_hub}
        if len(totals) != len(at_hub) or totals != sold:
            faults.append(f"sales: {len(at_hub)} at the hub, {len(sold)} sold")
        if {name: int(amount) for name, amount in off} != {
            n: a for till in self._tills for n, a in till.off.items()
        }:
            faults.append("other discounts at the hub")
        if sum(row.total_minor for row in at_hub) != sum(sold.values()):
            faults.append("the money is not the same")


# ---------------------------------------------------------------------- planted faults
def ingest_without_idempotency(connection: Connection, batch: Batch, *, now_ms: int) -> Ingested:
    """Takes in whatever comes as if it were new."""
    lines, through = [], 0
    count = connection.execute(select(func.count()).select_from(EVENT)).scalar_one()
    for number, line in enumerate(batch.lines):
        envelope = decode_envelope(line)
        through = max(through, envelope.seq)
        body = msgspec.json.decode(envelope.body)
        if "transaction_id" in body:
            body["transaction_id"] += f"-{count + number}"
        lines.append(
            encode_envelope(
                msgspec.structs.replace(
                    envelope, event_id=f"{count + number}", epoch=count + 1, seq=number + 1,
                    body=msgspec.Raw(msgspec.json.encode(body)),
                )
            )
        )  # fmt: skip
    naive = Batch(batch.store_id, batch.terminal_id, count + 1, 1, lines)
    ingest(connection, naive, now_ms=now_ms)
    lock_progress(connection, (batch.store_id, batch.terminal_id, batch.epoch))
    connection.execute(
        update(PROGRESS)
        .where(PROGRESS.c.terminal_id == batch.terminal_id, PROGRESS.c.epoch == batch.epoch)
        .where(PROGRESS.c.store_id == batch.store_id, PROGRESS.c.acked_through < through)
        .values(acked_through=through)
    )
    return Ingested(through)


@contextmanager
def one_process() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop, and routes that do their work in it instead of in threads: time stands still there."""

    async def at_once(work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)

    logging.disable(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    with ExitStack() as stack:
        stack.callback(logging.disable, logging.NOTSET)
        stack.callback(loop.close)
        for name, module in list(sys.modules.items()):
            if name.startswith("sync.hub.") and hasattr(module, "run_in_threadpool"):
                stack.enter_context(patch.object(module, "run_in_threadpool", at_once))
        yield loop


def play(seed: int, loop: asyncio.AbstractEventLoop, mutant: str = "") -> Outcome:
    """Play one seed in a folder of its own, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix=f"network-{seed}-", dir=memory if memory.is_dir() else None))
    try:
        if mutant == "no_idempotency":
            with patch("sync.hub.routes.events.ingest", ingest_without_idempotency):
                return Play(seed, folder, loop, mutant).run()
        return Play(seed, folder, loop, mutant).run()
    finally:
        shutil.rmtree(folder)


def run(seeds: range, mutant: str = "") -> Outcome:
    """Play many seeds."""
    whole = Outcome()
    with one_process() as loop:
        for seed in seeds:
            outcome = play(seed, loop, mutant)
            whole.happened += outcome.happened
            whole.sales += outcome.sales
            whole.faults += [f"seed {seed}: {fault}" for fault in outcome.faults]
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Play seeds; 0 where nothing was wrong and everything that can happen happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    with_seeds(parser, "0:200")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    if options.jobs > 1:
        whole = Outcome()
        for told in in_processes("network", options, ("mutant",)):
            whole.happened += Counter(told["happened"])
            whole.sales += told["sales"]
            whole.faults += told["faults"]
    else:
        whole = run(seeds_of(options), options.mutant)
    if options.json:
        print(json.dumps({"happened": whole.happened, "sales": whole.sales, "faults": whole.faults[:200]}))
        return 0
    for what in (*WEATHER, *EVENTS):
        print(f"{what:42}{whole.happened[what]:>10,}")
    print(f"{'seeds':42}{len(seeds_of(options)):>10,}")
    print(f"{'sales':42}{whole.sales:>10,}")
    print(f"{'faults':42}{len(whole.faults):>10,}", *whole.faults[:40], sep="\n")
    empty = [what for what in (*WEATHER, *EVENTS) if not whole.happened[what]]
    if empty:
        print(f"never happened: {empty}")
    return int(bool(whole.faults or empty))


if __name__ == "__main__":
    sys.exit(main())
