"""A whole till over real HTTP: its ledger put back by hand, then its hub; they agree again by themselves."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from posapp.config import Settings
from posapp.flows.intents import NextSale, OpenShift, ScanCode, Settle, StartTender
from posapp.flows.state import Done
from posapp.store.engine import open_reader
from posapp.store.outbox import backlog
from sync.engine.device_key import DeviceKey
from sync.hub.schema.events import EVENT, RETAIL_TRANSACTION
from tests.domain.shops import SHOP
from tests.simulation.audit import audit
from tests.simulation.counter import Counter, furnish, settings_in
from tests.simulation.goods import COLA, GOODS
from tests.simulation.hubs import Hub, Link


@contextmanager
def at_work(settings: Settings, hub: Hub | None, key: DeviceKey) -> Iterator[Counter]:
    """The till while it is open; with a hub everything is sent before it closes."""
    counter = Counter(settings)
    link: Link | None = None
    try:
        counter.start()
        counter.sign_on()
        if hub is not None:
            # This hub has no goods: nothing is to come down.
            link = Link(counter, hub.url, key, streams=())
            link.drained()
        yield counter
        if link is not None:
            counter.writer.flush()
            link.wake()
            wait_for("an empty queue", lambda: waiting(settings) == 0)
    finally:
        if link is not None:
            link.close()
        counter.close()


def sell(counter: Counter, count: int) -> list[str]:
    """So many sales; their receipt numbers."""
    numbers = []
    for _ in range(count):
        counter.do(ScanCode(COLA), StartTender(), Settle())
        counter.until(Done)
        last = counter.terminal.state.desk.last_sale
        assert last is not None
        numbers.append(last.receipt_number.rpartition("-")[2])
        counter.do(NextSale())
    return numbers


def wait_for(what: str, holds: Callable[[], bool]) -> None:
    """Ask again and again, for a minute at most."""
    for _ in range(6_000):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"waited in vain for {what}")


def waiting(settings: Settings) -> int:
    connection = open_reader(settings.ledger)
    count, _oldest_ms = backlog(connection)
    connection.close()
    return count


def has_begun(settings: Settings) -> bool:
    """Whether the ledger has begun a new epoch, which takes one more round of the link."""
    return any(b'"kind":"EpochBegun"' in line for line in lines(settings).values())


def lines(settings: Settings) -> dict[str, bytes]:
    connection = open_reader(settings.ledger)
    found = {event: bytes(body) for event, body in connection.execute("SELECT fact_id, body FROM journal")}
    connection.close()
    return found


def put_back(copy: Path, path: Path) -> None:
    for file in path.parent.glob(path.name + "*"):
        file.unlink()
    shutil.copy(copy, path)


# Each new epoch is told in the log.
@pytest.mark.expected_logs
def test_a_till_and_then_its_hub_are_put_back_by_hand(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "till", store_id="S0217")
    furnish(settings, SHOP, GOODS)
    (tmp_path / "hub").mkdir()
    hub = Hub(tmp_path / "hub")
    key = hub.enrol(SHOP, "T03")
    try:
        with at_work(settings, hub, key) as counter:
            counter.do(OpenShift())
            counter.stored()
            assert sell(counter, 2) == ["000001", "000002"]
        shutil.copy(settings.ledger, tmp_path / "ledger-copy.db")
        hub.stop()
        shutil.copy(tmp_path / "hub" / "hub.db", tmp_path / "hub-copy.db")
        hub = Hub(tmp_path / "hub")
        with at_work(settings, hub, key) as counter:
            assert sell(counter, 2) == ["000003", "000004"]
        lost_life = lines(settings)

        put_back(tmp_path / "ledger-copy.db", settings.ledger)
        with at_work(settings, None, key) as counter:
            assert sell(counter, 3) == ["000003", "000004", "000005"], "nobody was there to tell it"
        with at_work(settings, hub, key) as counter:
            wait_for("a new epoch", lambda: has_begun(settings))
            assert sell(counter, 2) == ["010001", "010002"]
        held = {row["event_id"]: bytes(row["line"]) for row in hub.rows(EVENT, "S0217")}
        assert held == lost_life | lines(settings)
        assert hub.summary("S0217", "T03").sales_count == 2 + 2 + 3 + 2
        assert hub.summary("S0217", "T03").quarantined == 0

        hub.stop()
        put_back(tmp_path / "hub-copy.db", tmp_path / "hub" / "hub.db")
        hub = Hub(tmp_path / "hub")
        with at_work(settings, hub, key):
            wait_for("what the hub lost", lambda: len(hub.rows(EVENT, "S0217")) >= len(lines(settings)))
        held = {row["event_id"]: bytes(row["line"]) for row in hub.rows(EVENT, "S0217")}
        mine = lines(settings)
        assert mine.items() <= held.items(), "sent again without a sale, what came as a fork too"
        totals = {row["transaction_id"]: row["total_minor"] for row in hub.rows(RETAIL_TRANSACTION, "S0217")}
        assert len(totals) == 2 + 3 + 2
    finally:
        hub.stop()
    connection = open_reader(settings.ledger)
    sales = dict(connection.execute("SELECT transaction_id, total_minor FROM retail_transaction").fetchall())
    connection.close()
    assert sales == totals
    assert audit(settings.ledger) == []
