"""The engine against the real hub over the loopback, with the network cut at any moment."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from sqlalchemy import select

from sync.engine.device_key import DeviceKey
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkClosed, LinkError
from sync.engine.loop import Host, SyncLoop
from sync.engine.ports import Gone
from sync.hub.goods.catalogue_import import CatalogueImport, ImportOptions
from sync.hub.goods.catalogue_rows import CatalogueFile, RowRules
from sync.hub.goods.shop_admin import put_shop
from sync.hub.schema.events import EVENT, EXCEPTION
from sync.hub.serving.embedded import EmbeddedHub
from sync.protocol.messages import ItemBody, PriceBody
from tests.hub.conftest import NOW_MS, event_line, sale_body, shop_document
from tests.hub.devices import enrol_device, new_device_key
from tests.sync.conftest import DroppingProxy, MemoryInbox, MemoryOutbox, SystemClock, Watched, address_of

RULES = RowRules("CNY", frozenset({"vat13"}), "vat13", "UTC", True)


@dataclass
class Served:
    hub: EmbeddedHub
    url: str
    key: DeviceKey

    def link(self, url: str = "", key: DeviceKey | None = None, **timeouts: float) -> HttpLink:
        return HttpLink(
            url or self.url,
            store_id="S1",
            terminal_id="T1",
            key=key or self.key,
            clock=SystemClock(),
            **timeouts,
        )

    def lines(self) -> list[bytes]:
        with self.hub.database.reading() as connection:
            return list(connection.execute(select(EVENT.c.line).order_by(EVENT.c.seq)).scalars())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    hub = EmbeddedHub(tmp_path / "hub.db")
    with hub.database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    key = enrol_device(hub.database, "S1", "T1", NOW_MS)
    (tmp_path / "items.tsv").write_text("".join(f"{n}\tItem {n}\n" for n in range(1, 301)), "utf-8")
    work = CatalogueImport(hub.database, "S1", RULES, now_ms=NOW_MS)
    work.run(CatalogueFile(tmp_path / "items.tsv"), ImportOptions(columns=("code", "name")))
    yield Served(hub, hub.start(), key)
    hub.stop()


def run_until_drained(
    link: HttpLink, outbox: MemoryOutbox, inbox: MemoryInbox, chance: random.Random
) -> Watched:
    watched = Watched()
    loop = SyncLoop(
        link,
        Host(outbox, inbox),
        clock=SystemClock(),
        random=lambda: chance.random() / 50,
        on_status=watched,
        pull_every_ms=20,
    )
    loop.start()
    try:
        watched.until(
            lambda one: (
                one.state == "online"
                and one.to_send == 0
                and all(len(inbox.rows.get(stream, ())) == 300 for stream in ("catalogue", "prices"))
            ),
            within_s=60,
        )
    finally:
        loop.stop()
    return watched


def test_everything_goes_up_and_comes_down(served: Served) -> None:
    outbox, inbox = MemoryOutbox([event_line(seq) for seq in range(1, 1_201)]), MemoryInbox()
    watched = run_until_drained(served.link(), outbox, inbox, random.Random(1))
    assert served.lines() == outbox.lines
    assert len(inbox.rows["catalogue"]) == 300
    body = msgspec.json.decode(inbox.rows["catalogue"]["7"].body, type=ItemBody)
    assert (body.sku, body.codes) == ("7", ("=7",))
    price = msgspec.json.decode(inbox.rows["prices"]["7"].body, type=PriceBody)
    assert (price.sku, len(price.prices)) == ("7", 1)
    assert b'"id":"S1"' in bytes(inbox.rows["settings"]["shop"].body)
    last = watched.seen[-1]
    assert last.last_received_ms is not None
    assert last.clock_offset_ms is not None
    assert abs(last.clock_offset_ms) < 60_000


# A head cut in two makes urllib3 warn; the answer is then tried again like any other.
@pytest.mark.expected_logs
@pytest.mark.parametrize("seed", range(6))
def test_a_network_cut_at_any_moment_loses_and_doubles_nothing(
    served: Served, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Many small batches: the cuts then fall into every part of the talk.
    monkeypatch.setattr("sync.engine.push.BATCH_EVENTS", 4)
    address = urlsplit(served.url)
    assert address.hostname is not None
    assert address.port is not None
    proxy = DroppingProxy((address.hostname, address.port), random.Random(seed))
    healer = threading.Timer(2.0, lambda: setattr(proxy, "dropping", False))
    healer.start()
    outbox, inbox = MemoryOutbox([event_line(seq) for seq in range(1, 61)]), MemoryInbox()
    link = served.link(proxy.url, read_timeout_s=1.0)
    try:
        run_until_drained(link, outbox, inbox, random.Random(seed))
    finally:
        healer.cancel()
        healer.join()
        proxy.close()
    assert served.lines() == outbox.lines
    assert outbox.acked == 60
    assert outbox.acknowledgements == sorted(outbox.acknowledgements)
    assert len(inbox.rows["catalogue"]) == 300


@pytest.mark.expected_logs
def test_a_hub_put_back_from_before_what_the_till_let_go_of_gets_all_that_there_is(served: Served) -> None:
    lines = [event_line(seq) for seq in range(1, 9)]
    first = MemoryOutbox(lines[:2])
    inbox = MemoryInbox()
    run_until_drained(served.link(), first, inbox, random.Random(1))
    run_until_drained(served.link(), MemoryOutbox(lines, acked=7, gone=5), inbox, random.Random(2))
    assert served.lines() == [*lines[:2], *lines[5:]]
    with served.hub.database.reading() as connection:
        told = connection.execute(select(EXCEPTION.c.kind, EXCEPTION.c.key)).all()
    assert told == [("lines_missing", "T1:1:3-5")]


@pytest.mark.expected_logs
def test_an_epoch_of_which_nothing_is_left_is_told_as_missing(served: Served) -> None:
    run_until_drained(served.link(), MemoryOutbox([event_line(1)]), MemoryInbox(), random.Random(1))
    lines = [event_line(seq, epoch=2, event_id=f"later-{seq}", body=sale_body(seq + 10)) for seq in (1, 2)]
    outbox = MemoryOutbox(lines, epoch=2, lost_epochs=(Gone(1, 5),))
    run_until_drained(served.link(), outbox, MemoryInbox(), random.Random(2))
    assert outbox.lost_epochs == ()
    assert sorted(served.lines()) == sorted([event_line(1), *lines])
    with served.hub.database.reading() as connection:
        told = connection.execute(select(EXCEPTION.c.kind, EXCEPTION.c.key)).all()
    assert told == [("lines_missing", "T1:1:2-4")]


@pytest.mark.expected_logs
def test_the_drops_really_happen(served: Served) -> None:
    address = urlsplit(served.url)
    assert address.hostname is not None
    assert address.port is not None
    proxy = DroppingProxy((address.hostname, address.port), random.Random(0))
    failures = 0
    try:
        for _try in range(12):
            link = served.link(proxy.url, read_timeout_s=1.0)
            try:
                link.push([event_line(1)], epoch=1, first_seq=1)
            except LinkError as trouble:
                failures += trouble.sort == "later"
            finally:
                link.close()
    finally:
        proxy.close()
    assert failures >= 3
    assert proxy.drops >= 3


def test_close_ends_a_request_that_hangs() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    link = HttpLink(
        address_of(listener),
        store_id="S1",
        terminal_id="T1",
        key=new_device_key("S1", "T1"),
        clock=SystemClock(),
        read_timeout_s=60,
    )
    ended: list[type[BaseException]] = []

    def ask() -> None:
        try:
            link.feed("settings", after=None, limit=1)
        except (LinkClosed, LinkError) as trouble:
            ended.append(type(trouble))

    asking = threading.Thread(target=ask)
    asking.start()
    peer, _address = listener.accept()
    assert peer.recv(10)
    link.close()
    asking.join(10)
    assert not asking.is_alive()
    assert ended == [LinkClosed]
    with pytest.raises(LinkClosed):
        link.feed("settings", after=None, limit=1)
    peer.close()
    listener.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n<html>login</html>",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"\x00\x01\x02 no http at all\r\n\r\n",
        b"",
    ],
)
def test_answers_that_are_no_hub_s_are_tried_again_later(answer: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def portal() -> None:
        peer, _address = listener.accept()
        peer.recv(65_536)
        peer.sendall(answer)
        peer.close()

    thread = threading.Thread(target=portal)
    thread.start()
    link = HttpLink(
        address_of(listener),
        store_id="S1",
        terminal_id="T1",
        key=new_device_key("S1", "T1"),
        clock=SystemClock(),
    )
    try:
        with pytest.raises(LinkError) as trouble:
            link.feed("settings", after=None, limit=1)
    finally:
        link.close()
        thread.join(5)
        listener.close()
    assert trouble.value.sort == "later"


def test_only_http_addresses_are_taken() -> None:
    with pytest.raises(ValueError, match="http"):
        HttpLink("ftp://x", store_id="S", terminal_id="T", key=DeviceKey(), clock=SystemClock())
