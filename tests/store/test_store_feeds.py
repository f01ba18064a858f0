"""What the link sees of the store: the queue in order, and changes that land once."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posapp.domain.members.programme import Programme
from posapp.domain.shop import Shop
from posapp.domain.shop_document import hash_pins, parse_shop, shop_to_document
from posapp.flows.effects import Commit, Record
from posapp.flows.intents import CatalogueStatus
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.engine import open_ledger
from posapp.store.feeds import LedgerOutbox, StoreInbox
from posapp.store.ledger import Ledger
from posapp.store.programme import read_programme
from posapp.store.writer import LedgerWriter, Patience
from sync.engine.ports import InboxPort, OutboxPort, StoreUnavailable
from sync.protocol.codec import decode_envelope
from sync.protocol.messages import Change
from tests.store.conftest import PLACE, Answers, LedgerKit, RealClock, commit_of, sale, shift_opened

DEMO = Path(__file__).parents[2] / "resources" / "demo" / "shop.toml"


@dataclass
class Ends:
    """Both ports over one ledger, and what they told."""

    kit: LedgerKit
    writer: LedgerWriter
    catalogue: CatalogFile
    shops: list[Shop] = field(default_factory=list)
    statuses: list[CatalogueStatus] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = LedgerOutbox(self.kit.path, self.writer)
        self.lander = StoreInbox(
            self.kit.path,
            self.writer,
            self.catalogue,
            on_shop=self.shops.append,
            on_catalogue=self.statuses.append,
        )
        self.outbox: OutboxPort = self.reader
        self.inbox: InboxPort = self.lander

    def sell(self, count: int) -> None:
        answers = Answers()
        self.writer.commit(Commit("open", (shift_opened(),)), answers)
        for number in range(1, count + 1):
            self.writer.commit(commit_of(sale(transaction_id=f"sale-{number}")), answers)
        answers.wait(count + 1)

    def close(self) -> None:
        self.reader.close()
        self.lander.close()
        self.writer.close()
        self.catalogue.close()


@pytest.fixture
def ends(kit: LedgerKit) -> Iterator[Ends]:
    ledger = Ledger(lambda: open_ledger(kit.path, busy_ms=20), place=PLACE, clock=kit.clock, ids=kit.ids)
    writer = LedgerWriter(
        ledger, RealClock(), on_draft_failed=lambda trouble: None, patience=Patience(0.02, 0.02)
    )
    writer.start()
    made = Ends(kit, writer, open_catalog_file(CatalogPlace(kit.path.with_name("catalog.db")), kit.clock))
    yield made
    made.close()


def shop_change(rev: int = 1, **store: Any) -> Change:
    document = hash_pins(
        tomllib.loads(DEMO.read_text("utf-8")), lambda who, pin: f"$argon2id$test${who}{pin}"
    )
    document["store"] = document["store"] | store
    return Change("upsert", "shop", rev, msgspec.Raw(json.dumps(document).encode()))


def numbers(ends: Ends, limit: int = 10, max_bytes: int = 10**6) -> list[int]:
    """What would be sent next, by the numbers that the lines themselves say."""
    batch = ends.outbox.pending(limit, max_bytes)
    assert batch is not None
    found = [decode_envelope(line) for line in batch.lines]
    assert {one.epoch for one in found} == {batch.epoch}
    assert found[0].seq == batch.first_seq
    return [one.seq for one in found]


def test_the_queue_is_sent_in_order_and_only_once_acknowledged_it_shrinks(ends: Ends) -> None:
    assert (ends.outbox.held().epoch, ends.outbox.backlog(), ends.outbox.pending(10, 10**6)) == (
        1,
        (0, None),
        None,
    )
    ends.sell(5)
    assert ends.outbox.backlog() == (6, 1_780_000_000_000)
    assert numbers(ends, 4) == [1, 2, 3, 4]
    ends.outbox.acknowledge(1, 4, backed_up_through=0)
    assert numbers(ends) == [5, 6]
    assert ends.outbox.backlog() == (2, 1_780_000_060_000)
    ends.outbox.acknowledge(1, 2, backed_up_through=0)
    assert ends.outbox.backlog()[0] == 2
    ends.outbox.acknowledge(1, 900, backed_up_through=0)
    assert (ends.outbox.backlog(), ends.outbox.pending(10, 10**6)) == ((0, None), None)
    ends.writer.record(Record((shift_opened("other", 9),)))


def test_a_batch_is_bounded_by_bytes_but_never_empty(ends: Ends) -> None:
    ends.sell(3)
    whole = ends.outbox.pending(10, 10**6)
    assert whole is not None
    sizes = [len(line) for line in whole.lines]
    assert numbers(ends, max_bytes=1) == [1]
    assert numbers(ends, max_bytes=sizes[0] + sizes[1]) == [1, 2]
    assert numbers(ends, max_bytes=sum(sizes) - 1) == [1, 2, 3]


def test_a_shop_is_kept_with_its_cursor_and_told(ends: Ends) -> None:
    assert ends.inbox.cursor("settings") is None
    ends.inbox.apply("settings", [shop_change()], "f:1")
    assert ends.inbox.cursor("settings") == "f:1"
    assert [shop.store_id for shop in ends.shops] == ["S0217"]
    stored = ends.kit.one("SELECT value FROM setting WHERE name = 'shop'")
    assert parse_shop(json.loads(stored)) == ends.shops[0]
    assert shop_to_document(ends.shops[0])["store"]["id"] == "S0217"


def test_a_broken_shop_never_replaces_the_last_good_one(ends: Ends) -> None:
    ends.inbox.apply("settings", [shop_change()], "f:1")
    broken = [
        shop_change(2, currency="not money"),
        Change("upsert", "shop", 3, msgspec.Raw(b"[]")),
        Change("delete", "shop", 4),
        Change("upsert", "loyalty", 5, msgspec.Raw(b'{"points": 1}')),
    ]
    ends.inbox.apply("settings", broken, "f:5")
    assert (ends.inbox.cursor("settings"), len(ends.shops)) == ("f:5", 1)
    assert (
        parse_shop(json.loads(ends.kit.one("SELECT value FROM setting WHERE name = 'shop'"))) == ends.shops[0]
    )
    assert ends.kit.one("SELECT value FROM setting WHERE name = 'hub:loyalty'") == b'{"points": 1}'
    assert ends.kit.one("SELECT value FROM setting WHERE name = 'unreadable:shop'") == b""
    assert ends.kit.one("SELECT value FROM setting WHERE name = 'unreadable-reason:shop'") == (
        b"the shop was taken away"
    )
    ends.inbox.apply("settings", (), None)
    assert ends.inbox.cursor("settings") is None


def test_what_cannot_be_read_is_kept_whole_with_the_reason(ends: Ends) -> None:
    broken = shop_change(2, currency="not money")
    ends.inbox.apply("settings", [broken], "f:2")
    assert ends.kit.one("SELECT value FROM setting WHERE name = 'unreadable:shop'") == bytes(broken.body)
    reason = ends.kit.one("SELECT value FROM setting WHERE name = 'unreadable-reason:shop'")
    assert b"currency" in reason


@pytest.mark.parametrize("held", [None, b"", b"[]", b'{"store": 1}', b"\xff", b"[" * 100_000])
def test_a_till_without_a_shop_it_can_read_asks_for_it_again(ends: Ends, held: bytes | None) -> None:
    ends.inbox.apply("settings", [shop_change()], "f:1")
    ledger = open_ledger(ends.kit.path)
    ledger.execute("DELETE FROM setting WHERE name = 'shop'")
    if held is not None:
        ledger.execute("INSERT INTO setting VALUES ('shop', ?)", (held,))
    ledger.close()
    restarted = StoreInbox(
        ends.kit.path, ends.writer, ends.catalogue, on_shop=ends.shops.append, on_catalogue=lambda _: None
    )
    assert restarted.cursor("settings") is None
    restarted.apply("settings", [shop_change()], "f:1")
    assert restarted.cursor("settings") == "f:1"
    assert [shop.store_id for shop in ends.shops] == ["S0217"] * 2
    restarted.close()


def test_a_shop_that_never_can_be_read_is_asked_for_but_not_written_each_time(ends: Ends) -> None:
    broken = shop_change(1, currency="not money")
    ends.inbox.apply("settings", [broken], "f:1")
    held = open_ledger(ends.kit.path)
    before = held.execute("PRAGMA data_version").fetchone()
    for _pull in range(3):
        assert ends.inbox.cursor("settings") is None
        ends.inbox.apply("settings", [broken], "f:1")
    assert held.execute("PRAGMA data_version").fetchone() == before
    held.close()


def test_items_land_in_their_own_file(ends: Ends) -> None:
    body = {
        "sku": "1",
        "names": {},
        "pinyin": "",
        "unit": "pcs",
        "tax_category": "",
        "codes": [],
        "prices": [],
    }
    change = Change("upsert", "1", 1, msgspec.Raw(json.dumps(body).encode()))
    ends.inbox.apply("catalogue", [change], "f:1")
    assert ends.inbox.cursor("catalogue") == "f:1"
    assert [status.items for status in ends.statuses] == [1]
    assert ends.kit.one("SELECT count(*) FROM cursor") == 0


def test_a_store_that_cannot_now_says_so(ends: Ends) -> None:
    other = open_ledger(ends.kit.path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        ends.inbox.apply("settings", [shop_change()], "f:1")
    with pytest.raises(StoreUnavailable, match="locked"):
        ends.outbox.acknowledge(1, 1, backed_up_through=0)
    assert ends.shops == []
    other.execute("ROLLBACK")
    other.close()


def test_a_stream_of_a_newer_hub_is_let_pass(ends: Ends) -> None:
    ends.inbox.apply("weather", [Change("upsert", "x", 1)], "f:1")
    assert ends.inbox.cursor("weather") is None
    assert ends.kit.one("SELECT count(*) FROM cursor") == 0


def test_rows_of_the_other_streams_are_kept_as_they_came(ends: Ends) -> None:
    told: list[str] = []
    place = CatalogPlace(ends.kit.path.with_name("catalog.db"))
    lander = StoreInbox(
        ends.kit.path,
        ends.writer,
        ends.catalogue,
        on_shop=ends.shops.append,
        on_catalogue=ends.statuses.append,
        on_documents=told.append,
    )
    body = msgspec.Raw(b'{"lot": "A 1"}')
    lander.apply("recalls", [Change("upsert", "r1", 1, body), Change("upsert", "r2", 2, body)], "f:2")
    lander.apply("recalls", [Change("delete", "r2", 3)], "f:3")
    lander.apply("recalls", (), "f:4")
    assert (told, lander.cursor("recalls"), ends.statuses) == (["recalls", "recalls"], "f:4", [])
    reader = SqliteCatalogReader(place)
    assert reader.documents("recalls") == (("r1", b'{"lot": "A 1"}'),)
    assert (reader.document("recalls", "r1"), reader.document("recalls", "r2")) == (b'{"lot": "A 1"}', None)
    assert (reader.document("stock", "r1"), reader.documents("stock")) == (None, ())
    reader.close()
    lander.close()


# --- members and their rules --------------------------------------------------------------------


def programme_change(rev: int, **document: Any) -> Change:
    return Change("upsert", "members", rev, msgspec.Raw(json.dumps({"is_on": True} | document).encode()))


@pytest.fixture
def told(ends: Ends) -> list[tuple[Programme, str]]:
    """What was told of the programme."""
    heard: list[tuple[Programme, str]] = []
    ends.lander._on_programme = lambda programme, unreadable: heard.append((programme, unreadable))
    return heard


def kept(ends: Ends) -> tuple[Programme, str]:
    reader = open_ledger(ends.kit.path)
    try:
        return read_programme(reader)
    finally:
        reader.close()


def test_a_programme_waits_for_its_shop_and_is_told_with_it(
    ends: Ends, told: list[tuple[Programme, str]]
) -> None:
    ends.inbox.apply("settings", [programme_change(1, offline={"coupon": "12.50"})], "hub:1")
    assert told == []
    assert kept(ends) == (Programme(), "there is no shop yet")
    ends.inbox.apply("settings", [shop_change(2)], "hub:2")
    programme, unreadable = told[-1]
    assert (programme.is_on, programme.offline.coupon_minor, unreadable) == (True, 1250, "")
    assert kept(ends) == (programme, "")


def test_a_programme_that_cannot_be_read_keeps_the_one_before_and_says_why(
    ends: Ends, told: list[tuple[Programme, str]]
) -> None:
    ends.inbox.apply("settings", [shop_change(1), programme_change(2, keep_days=30)], "hub:2")
    ends.inbox.apply("settings", [programme_change(3, keep_days="long")], "hub:3")
    programme, why = told[-1]
    assert (programme.keep_days, "keep_days" in why) == (30, True)
    assert kept(ends) == (programme, why)
    assert ends.inbox.cursor("settings") == "hub:3"
    ends.inbox.apply("settings", [programme_change(4, keep_days=60)], "hub:4")
    assert (told[-1][0].keep_days, told[-1][1]) == (60, "")


def test_a_programme_that_is_taken_away_is_off(ends: Ends, told: list[tuple[Programme, str]]) -> None:
    ends.inbox.apply("settings", [shop_change(1), programme_change(2)], "hub:2")
    ends.inbox.apply("settings", [Change("delete", "members", 3)], "hub:3")
    assert told[-1] == (Programme(), "")
    assert kept(ends) == (Programme(), "")


def test_a_programme_that_a_till_of_before_only_kept_is_read(ends: Ends) -> None:
    ends.inbox.apply("settings", [shop_change(1)], "hub:1")
    writer = open_ledger(ends.kit.path)
    writer.execute("INSERT INTO setting VALUES ('hub:members', ?)", (b'{"is_on": true}',))
    assert read_programme(writer)[0].is_on
    writer.close()


def test_members_land_in_a_file_of_their_own(ends: Ends) -> None:
    heard: list[str] = []
    ends.lander._on_documents = heard.append
    row = Change("upsert", "M1", 1, msgspec.Raw(b'{"member_id":"M1","points":5}'))
    ends.inbox.apply("members", [row], "hub:1")
    assert ends.inbox.cursor("members") == "hub:1"
    assert heard == ["members"]
    ends.inbox.caught_up("members")
    reader = SqliteCatalogReader(CatalogPlace(ends.kit.path.with_name("catalog.db")))
    assert reader.documents("members") == ()
    reader.close()
    assert ends.lander.wipe_members()
    assert not ends.kit.path.with_name("members.db").exists()
    assert ends.inbox.cursor("members") is None


def test_a_damaged_file_of_members_is_had_again(ends: Ends) -> None:
    ends.kit.path.with_name("members.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreUnavailable):
        ends.inbox.cursor("members")
    assert ends.inbox.cursor("members") is None


def test_members_that_a_till_of_before_put_with_the_goods_are_taken_out(ends: Ends) -> None:
    row = Change("upsert", "M1", 1, msgspec.Raw(b'{"member_id":"M-SECRET"}'))
    ends.catalogue.apply("members", [row], "hub:1")
    ends.catalogue.apply("recalls", [row], "hub:1")
    ends.catalogue.close()
    path = ends.kit.path.with_name("catalog.db")
    again = open_catalog_file(CatalogPlace(path), ends.kit.clock)
    assert (again.cursor("members"), again.cursor("recalls")) == (None, "hub:1")
    again.close()
    reader = SqliteCatalogReader(CatalogPlace(path))
    assert (reader.documents("members"), len(reader.documents("recalls"))) == ((), 1)
    reader.close()
