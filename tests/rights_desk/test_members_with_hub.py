"""A till's members against the real hub: what comes down, what is asked, what a revoked device keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from posapp.clocks import SystemClock
from posapp.config import PrinterSettings, Settings
from posapp.domain.member_facts import MemberJoined
from posapp.domain.members.terms import Joining
from posapp.exchange.outgoing import Place
from posapp.flows.effects import Commit
from posapp.flows.intents import CatalogueStatus, LinkStatus
from posapp.flows.member_answers import (
    JoinAnswered,
    JoinKept,
    LeasesChanged,
    MembersChanged,
    MembersFound,
    ProgrammeSent,
    RightsAnswered,
)
from posapp.flows.member_effects import FindMember, HoldRights, KeepJoin
from posapp.flows.state import Desk
from posapp.linking import Linking, MemberSide, Reporting, TillFigures
from posapp.membership import Membership
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import open_catalog_file
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from posapp.store.writer import LedgerWriter, Patience
from sync.engine.device_key import write_ring
from sync.hub.goods.shop_admin import put_shop
from sync.hub.loyalty.accounts import Cause, take_accounts
from sync.hub.loyalty.lease_limits import LeaseLimit, put_limit
from sync.hub.loyalty.member_admin import put_member
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_stream import refresh_member
from sync.hub.loyalty.members import add_store
from sync.hub.loyalty.points import adjust
from sync.hub.loyalty.programme_admin import put_programme, read_programme
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.trust.enrolment import revoke
from sync.protocol.versions import STREAM_MEMBERS
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.devices import enrol_device
from tests.store.conftest import CountedIds, shift_opened

PROGRAMME = (Path(__file__).parents[2] / "resources" / "demo" / "programme.json").read_bytes()
PHONE = "13800136027"


class Counter:
    """A till without a window: ledger, link and members, and everything that was posted to it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.settings = Settings("S1", "T1", 1, folder, url, folder / "device.key", PrinterSettings("none"))
        self.desk = Desk("T1")
        self.status = LinkStatus()
        self.posted: list[Any] = []
        self._changed = threading.Condition()
        clock = SystemClock()
        migrate(self.settings.ledger, epoch=1)
        place = Place("S1", "T1", 1)
        ledger = Ledger(lambda: open_ledger(self.settings.ledger), place=place, clock=clock, ids=CountedIds())
        self.writer = LedgerWriter(
            ledger, clock, on_draft_failed=lambda _trouble: None, patience=Patience(0.02, 0.02)
        )
        self.members = Membership(
            self.settings, clock, writer=self.writer, desk=lambda: self.desk, post=self.post
        )
        self.catalogue = open_catalog_file(CatalogPlace(self.settings.catalogue), clock)
        self.linking = Linking(
            self.settings,
            clock,
            writer=self.writer,
            catalogue=self.catalogue,
            on_shop=lambda shop: self._become(shop=shop),
            on_catalogue=lambda _status: None,
            on_documents=lambda stream: self.post(MembersChanged()) if stream == STREAM_MEMBERS else None,
            reporting=Reporting(
                self._on_link,
                lambda: TillFigures(catalogue=CatalogueStatus()),
                lambda _status: None,
                self.members.time.told,
                MemberSide(self.members.file, self.members.on_programme),
            ),
        )
        self.writer.start()
        opened = replace(shift_opened(), store_id="S1", terminal_id="T1")
        self.writer.commit(Commit("open", (opened,)), lambda _answer: None)
        self.members.load()

    def start(self) -> None:
        self.members.start()
        self.linking.start()

    def _become(self, **changes: Any) -> None:
        self.desk = replace(self.desk, **changes)

    def _on_link(self, status: LinkStatus) -> None:
        with self._changed:
            self.status = status
            self._changed.notify_all()
        self.members.on_link(status.state == "online")

    def post(self, intent: Any) -> None:
        with self._changed:
            if isinstance(intent, ProgrammeSent):
                self._become(programme=intent.programme)
            if isinstance(intent, LeasesChanged):
                self._become(leases=intent.leases)
            self.posted.append(intent)
            self._changed.notify_all()

    def until(self, holds: Callable[[], Any]) -> Any:
        with self._changed:
            assert self._changed.wait_for(holds, 30), (self.status, self.posted)
            return holds()

    def answer(self, kind: type[Any]) -> Any:
        return self.until(lambda: next((one for one in self.posted if isinstance(one, kind)), None))

    def close(self) -> None:
        self.linking.stop()
        self.members.stop()
        self.writer.close()
        self.linking.close()
        self.members.close()
        self.catalogue.close()


class Shop:
    """A hub with a programme, a member with points, and limits of leases."""

    def __init__(self, folder: Path) -> None:
        self.hub = EmbeddedHub(folder / "hub.db")
        with self.hub.database.writing() as connection:
            put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
            put_programme(connection, read_programme(PROGRAMME, ("CNY",)), NOW_MS)
            told = Told(phone=PHONE, name="陈思雨")
            self.member_id = put_member(connection, told, who="test", now_ms=NOW_MS).member_id
            add_store(connection, "S1", self.member_id, NOW_MS)
            take_accounts(connection, (self.member_id,))
            adjust(connection, Cause("gift"), self.member_id, 800, ends_ms=2**53, now_ms=NOW_MS)
            refresh_member(connection, self.member_id, NOW_MS)
            put_limit(connection, LeaseLimit("points", 500, 800), NOW_MS)
        self.key = enrol_device(self.hub.database, "S1", "T1", NOW_MS)
        write_ring(folder / "device.key", self.key.ring)
        self.url = self.hub.start()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.hub.stop()


@pytest.fixture
def counter(tmp_path: Path, shop: Shop) -> Iterator[Counter]:
    made = Counter(tmp_path, shop.url)
    yield made
    made.close()


def test_members_the_programme_and_leases_come_by_themselves(shop: Shop, counter: Counter) -> None:
    counter.start()
    counter.answer(MembersChanged)
    assert counter.answer(ProgrammeSent).unreadable == ""
    card = counter.members.reader.by_ref("phone", "138 0013 6027")
    assert card is not None
    assert (card.member_id, card.name, card.points, card.phone_tail) == (shop.member_id, "陈**", 800, "6027")
    assert counter.members.reader.by_id(shop.member_id) == card
    (lease,) = counter.until(lambda: counter.desk.leases)
    assert (lease.kind, lease.amount, lease.spent) == ("points", 500, 0)
    told = counter.answer(LeasesChanged)
    assert told.worst_minor == told.terminal_worst_minor > 0
    now_ms, unsure_ms = counter.members.reader.hub_now_ms()
    assert unsure_ms < 100_000
    assert abs(now_ms - SystemClock().now_ms()) < 60_000


def test_rights_are_held_and_members_found_at_the_hub(shop: Shop, counter: Counter) -> None:
    counter.start()
    counter.answer(MembersChanged)
    counter.until(lambda: counter.status.state == "online")
    counter.members.ask(FindMember("A1", "tail", "6027", at_hub=True))
    found = counter.answer(MembersFound)
    assert (found.asked_hub, [card.member_id for card in found.cards]) == ("yes", [shop.member_id])
    counter.members.ask(HoldRights("H1", "sale-1", shop.member_id, "card", None, ("C-NONE",), 300))
    kept = counter.answer(RightsAnswered)
    assert (kept.answered, kept.points, kept.points_why) == (True, 300, "")
    assert [(refused[0], refused[1]) for refused in kept.refused] == [("C-NONE", "unknown")]


def test_whoever_joins_without_a_network_is_a_member_once_it_is_there(shop: Shop, counter: Counter) -> None:
    joining = Joining("J1", "T0123456789AB", PHONE, "陈", consents={"terms": "2026-11"}, at_ms=NOW_MS)
    fact = MemberJoined("J1", joining.member_id, (("terms", "2026-11"),), "1", NOW_MS)
    counter.members.ask(KeepJoin(joining, fact))
    assert counter.answer(JoinKept).trouble == ""
    counter.start()
    answered = counter.answer(JoinAnswered)
    assert (answered.card.member_id, answered.is_merged) == (shop.member_id, True)
    counter.until(
        lambda: (card := counter.members.reader.by_id("T0123456789AB")) and card.member_id == shop.member_id
    )


def test_a_revoked_device_knows_nobody_any_more(shop: Shop, counter: Counter) -> None:
    counter.start()
    counter.answer(MembersChanged)
    assert counter.members.reader.by_id(shop.member_id) is not None
    with shop.hub.database.writing() as connection:
        revoke(connection, "S1", "T1", now_ms=NOW_MS)
    counter.until(lambda: counter.status.detail == "revoked")
    assert counter.members.reader.by_id(shop.member_id) is None
    assert not (counter.settings.data / "members.db").exists()


def test_the_key_file_is_the_links_to_write(shop: Shop, counter: Counter) -> None:
    before = counter.settings.device_key_file.read_bytes()
    link = counter.members._link()
    try:
        from sync.protocol.loyalty import FindRequest

        assert len(link.find_members(FindRequest("tail", "6027")).members) == 1
    finally:
        link.close()
    assert counter.settings.device_key_file.read_bytes() == before
