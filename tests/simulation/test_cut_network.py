"""A till sells while its line to the hub is cut at random bytes: the hub has each sale once, in the end."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from posapp.flows.intents import NextSale, OpenShift, ScanCode, Settle, StartTender
from posapp.flows.state import Done
from posapp.store.engine import open_reader
from sync.hub.schema.events import EVENT, RETAIL_TRANSACTION
from sync.protocol.versions import SNAPSHOT_STREAMS, STREAMS
from tests.domain.shops import SHOP
from tests.simulation.audit import audit
from tests.simulation.counter import Counter, Hooks, furnish, settings_in
from tests.simulation.goods import CODES, COLA, GOODS
from tests.simulation.hubs import Hub, Link
from tests.sync.conftest import DroppingProxy

SALES = 60
DROPS_LEAST = 6
#: The hub of this test has no goods: a till that got its catalogue would have nothing left to sell.
PULLED = tuple(stream for stream in STREAMS if stream not in SNAPSHOT_STREAMS)


# An answer cut in the middle makes the HTTP client warn; it is asked again like any other.
@pytest.mark.expected_logs
@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(2))
def test_sixty_sales_over_a_line_that_is_cut_again_and_again(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Many small batches: the cuts then fall into every part of the talk.
    monkeypatch.setattr("sync.engine.push.BATCH_EVENTS", 3)
    settings = settings_in(tmp_path / "till", store_id="S0217")
    furnish(settings, SHOP, GOODS)
    hub = Hub(tmp_path)
    key = hub.enrol(SHOP, "T03")
    address = urlsplit(hub.url)
    assert address.hostname is not None
    assert address.port is not None
    proxy = DroppingProxy((address.hostname, address.port), random.Random(seed))
    links: list[Link] = []
    counter = Counter(settings, Hooks(wake_sync=lambda: links[0].wake() if links else None))
    chance = random.Random(seed)
    try:
        counter.start()
        links.append(Link(counter, proxy.url, key, seed=seed, streams=PULLED))
        counter.sign_on()
        counter.do(OpenShift())
        counter.stored()
        sell(counter, chance, SALES // 2)
        cut_often(proxy, links[0])
        proxy.dropping = False
        sell(counter, chance, SALES - SALES // 2)
        links[0].wake()
        links[0].drained()
    finally:
        for link in links:
            link.close()
        counter.close()
        proxy.close()
        hub.stop()
    assert audit(settings.ledger) == []
    connection = open_reader(settings.ledger)
    lines = [bytes(body) for (body,) in connection.execute("SELECT body FROM journal ORDER BY seq")]
    sales, total = connection.execute("SELECT count(*), sum(total_minor) FROM retail_transaction").fetchone()
    (acked,) = connection.execute("SELECT acked_no FROM till").fetchone()
    connection.close()
    assert sales == SALES
    hub = Hub(tmp_path)
    try:
        held = sorted(hub.rows(EVENT, "S0217"), key=lambda row: row["seq"])
        assert [bytes(row["line"]) for row in held] == lines, "the very bytes, each once, in order"
        assert [row["seq"] for row in held] == list(range(1, acked + 1))
        summary = hub.summary("S0217", "T03")
        assert (summary.sales_count, summary.sales_total_minor) == (sales, total)
        assert (summary.quarantined, summary.fork_alarms) == (0, 0)
        exploded = {
            row["transaction_id"]: row["total_minor"] for row in hub.rows(RETAIL_TRANSACTION, "S0217")
        }
        bodies = [msgspec.json.decode(line) for line in lines]
        assert exploded == {
            body["body"]["transaction_id"]: body["body"]["total_minor"]
            for body in bodies
            if body["kind"] == "TransactionCompleted"
        }
    finally:
        hub.stop()


def cut_often(proxy: DroppingProxy, link: Link, within_s: float = 60.0) -> None:
    """Wait, on a machine however slow, until the line was cut in several parts of the talk."""
    until_s = time.monotonic() + within_s
    while proxy.drops < DROPS_LEAST:
        assert time.monotonic() < until_s, "the line was hardly cut at all"
        link.wake()
        threading.Event().wait(0.02)


def sell(counter: Counter, chance: random.Random, sales: int) -> None:
    """So many sales, each with its pause."""
    for _ in range(sales):
        counter.do(ScanCode(COLA), *(ScanCode(chance.choice(CODES)) for _ in range(chance.randrange(4))))
        counter.do(StartTender(), Settle())
        counter.until(Done)
        counter.do(NextSale())
        threading.Event().wait(chance.random() * 0.06)
