"""A till whose folder was lost begins a new life: the hub counts what both of them sold."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from posapp.flows.effects import Commit
from posapp.store.engine import open_ledger
from posapp.store.feeds import LedgerOutbox
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from posapp.store.writer import LedgerWriter
from sync.engine.device_key import DeviceKey
from sync.engine.hub_link import HttpLink
from sync.engine.push import Pusher
from sync.hub.fleet.summary import terminal_summary
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import EmbeddedHub
from sync.protocol.messages import TerminalSummary
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.devices import enrol_device
from tests.store.conftest import PLACE, Answers, CountedIds, RealClock, commit_of, sale, shift_opened


@dataclass
class HubClock:
    now_ms: int = NOW_MS


@dataclass
class Shop:
    """A served hub and the key of the one terminal, which is all that outlives a lost folder."""

    hub: EmbeddedHub
    url: str
    key: DeviceKey
    clock: HubClock

    def summary(self) -> TerminalSummary:
        with self.hub.database.reading() as connection:
            return terminal_summary(connection, PLACE.store_id, PLACE.terminal_id)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    clock = HubClock()
    hub = EmbeddedHub(tmp_path / "hub.db", now_ms=lambda: clock.now_ms)
    with hub.database.writing() as connection:
        document = shop_document(PLACE.store_id, terminals=[{"id": PLACE.terminal_id}])
        put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
    key = enrol_device(hub.database, PLACE.store_id, PLACE.terminal_id, NOW_MS)
    shop = Shop(hub, hub.start(), key, clock)
    yield shop
    hub.stop()


def live(folder: Path, shop: Shop, clock: Any, *, sales: int, first_id: int) -> None:
    """One life of the till: made or found in a folder, sells, and sends everything up."""
    folder.mkdir(exist_ok=True)
    path = folder / "ledger.db"
    migrate(path, epoch=clock.now_ms())
    ledger = Ledger(lambda: open_ledger(path), place=PLACE, clock=clock, ids=CountedIds(first_id))
    writer = LedgerWriter(ledger, RealClock(), on_draft_failed=lambda _trouble: None)
    writer.start()
    outbox = LedgerOutbox(path, writer)
    link = HttpLink(
        shop.url,
        store_id=PLACE.store_id,
        terminal_id=PLACE.terminal_id,
        key=shop.key,
        clock=RealClock(),
    )
    try:
        answers = Answers()
        shift = f"shift-{first_id}"
        writer.commit(Commit(f"open-{first_id}", (shift_opened(shift),)), answers)
        for number in range(sales):
            writer.commit(commit_of(sale(shift, f"sale-{first_id}-{number}")), answers)
        answers.wait(sales + 1)
        pusher = Pusher(link, outbox)
        while pusher.push_once().acked_through is not None:
            pass
        assert outbox.backlog() == (0, None)
    finally:
        link.close()
        outbox.close()
        writer.close()


@pytest.mark.parametrize("clock_step_ms", [1, -86_400_000])
def test_a_till_that_lost_its_folder_is_counted_on(
    tmp_path: Path, shop: Shop, clock: Any, clock_step_ms: int
) -> None:
    folder = tmp_path / "till"
    live(folder, shop, clock, sales=10, first_id=0)
    assert shop.summary().sales_count == 10
    shutil.rmtree(folder)
    clock.jump(clock_step_ms)
    shop.clock.now_ms += 1
    live(folder, shop, clock, sales=3, first_id=1_000)
    found = shop.summary()
    assert (found.sales_count, found.events) == (13, 15)
    assert (found.fork_alarms, found.quarantined) == (0, 0)
    assert found.acked_through == 4, "of the life that was heard last, also where the clock was set back"


def test_a_ledger_keeps_the_life_it_was_made_with(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    migrate(path, epoch=NOW_MS)
    migrate(path, epoch=NOW_MS + 5)
    held = open_ledger(path)
    assert held.execute("SELECT epoch FROM till").fetchone()[0] == NOW_MS
    held.close()
