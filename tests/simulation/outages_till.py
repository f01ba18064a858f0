"""A till of the outage campaign: the real terminal, ledger, writer, members and chores, without threads.

Its questions and its rounds go over the network campaign's line, through the same weather; a till that is cut
off reaches nothing. Time is made up, and so is how wrong this till's clock is. What the till was shown of its
bound is read where its manager reads it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from posapp.domain.facts import Fact
from posapp.domain.member_facts import MemberIdentified
from posapp.flows.effects import Commit, ParkDraft, Record, SaveDraft, UnparkDraft, VerifyPin
from posapp.flows.intents import (
    Intent,
    KeyIn,
    LinkChanged,
    LinkStatus,
    OpenShift,
    PinChecked,
    SelectOperator,
    SignOn,
    Tick,
)
from posapp.flows.member_answers import LeasesChanged
from posapp.flows.member_effects import AskGiftCard, FindMember, FindSale, HoldGift, HoldRights, KeepJoin
from posapp.flows.steps import Ports
from posapp.flows.terminal import Terminal
from posapp.rights_desk.chores import ChoreHost, Chores
from posapp.rights_desk.desk import DeskHost
from posapp.store.backups import back_up, put_back
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import open_ledger
from posapp.store.hub_time import HubTimeKeeper
from posapp.store.leases import HeldLeases
from posapp.store.ledger import Ledger
from posapp.store.members import MemberSearch, SqliteMembers
from posapp.store.members_file import MembersFile
from posapp.store.rights_store import RightsStore
from posapp.store.serials import SqliteSoldReader
from sync.engine.loop import Host, SyncLoop
from sync.protocol.versions import STREAM_MEMBERS
from tests.domain.shops import LIN
from tests.flows.fakes import FakeCatalogue, speech
from tests.simulation.network_hub import Hub
from tests.simulation.network_world import MortalQueue, TillDied
from tests.simulation.outages_line import Inbox, QuickDesk, QuickWriter, RightsLine, TillClock
from tests.simulation.outages_shop import PLACES, Chain, shop_of
from tests.simulation.outages_sky import OutageSky

#: Chores at one visit: joins, leases closed and asked for.
_CHORES_MOST: Final = 12


class Till:
    """One terminal. `do` presses something; every question is answered before it returns."""

    def __init__(
        self, folder: Path, chain: Chain, hub: Hub, sky: OutageSky, late: list[Callable[[], Any]], number: int
    ) -> None:
        """The till at the place of this number."""
        self.place, self._key = PLACES[number], chain.keys[number]
        self._chain, self._hub, self._sky, self._late = chain, hub, sky, late
        self.folder = folder / f"{self.place.store_id}-{self.place.terminal_id}"
        self.folder.mkdir()
        self.path = self.folder / "ledger.db"
        shutil.copy(chain.ledger, self.path)
        #: How wrong the clock is by and large; the hub's word corrects it.
        self.base_off_ms = sky.chance.randrange(-3_600_000, 3_600_000)
        self.clock = TillClock(sky, self.base_off_ms)
        #: Questions to keep something that were asked so far.
        self.holds = 0
        self.is_cut = False
        #: Facts that went with a ledger that was put back: nobody will ever hear of them.
        self.gone: list[tuple[str, str, bytes]] = []
        #: How late each member code was that was taken here (milliseconds, against the true time).
        self.code_ages: list[tuple[int, int]] = []
        self.faults: list[str] = []
        self._shop = shop_of(self.place)
        self.open()

    # ------------------------------------------------------------------ the process
    def open(self) -> None:
        """Start as found."""
        chain, sky = self._chain, self._sky
        self._late_answers: list[Intent] = []
        self.ledger = Ledger(lambda: open_ledger(self.path), place=self.place, clock=self.clock, ids=sky)
        self.writer = QuickWriter(self.ledger, self.clock, on_draft_failed=lambda _trouble: None)
        self.writer.on_leases = self._on_leases
        self.time = HubTimeKeeper(
            self.writer, lambda: chain.programme.codes, wall=self.clock.now_ms, steady=sky.monotonic_ms
        )
        place = CatalogPlace(self.folder / "members.db")
        self.members = MembersFile(place, sky.now_ms)
        self.members.hurry()
        self._search = MemberSearch(place, lambda: chain.programme)
        self._reader = SqliteMembers(
            place, self.path, programme=lambda: chain.programme, hub_time=self.time.now
        )
        self._sold = SqliteSoldReader(self.path)
        self._connect()
        ports = Ports(
            self.clock, sky, FakeCatalogue(), speech,
            lambda shop: chain.readers.of(shop, chain.programme.codes.public_keys), self._sold,
            members=self._reader, gift_used=self._sold.gift_used,
        )  # fmt: skip
        number = self.place.terminal_number
        self.terminal = Terminal(self.place.terminal_id, ports, number=number, language="en")
        held, _slips = self.writer.start()
        self.time.load(self.path)
        self.do(replace(held, shop=self._shop, programme=chain.programme), chain.offers)
        self._sign_on()

    def _connect(self) -> None:
        """The line, and what goes over it."""
        chain, sky = self._chain, self._sky
        self.line = RightsLine(self._hub, sky, self.place, self._key, self._late)
        self.line.hub_keys = {
            name: bytes.fromhex(key) for name, key in chain.programme.codes.public_keys.items()
        }
        self.line.heard = self.time.told  # type: ignore[method-assign]
        self.line.is_cut = self.is_cut
        self.store = RightsStore(self.path, self.writer)
        self.chores = Chores(
            self.store,
            ChoreHost(
                self._late_answers.append, lambda: chain.programme, lambda: self.time.now().now_ms,
                self._may_close,
            ),
        )  # fmt: skip
        host = DeskHost(self._late_answers.append, lambda: self.line, lambda: chain.programme, lambda: "CNY")
        self._rights = QuickDesk(host, self.clock, store=self.store, members=self._search, chores=self.chores)
        self._rights.line, self._rights.sky = self.line, sky
        self.loop = SyncLoop(
            self.line, Host(MortalQueue(self.ledger, self.line, ""), Inbox(self.members)), clock=self.clock,
            random=sky.chance.random, on_status=self._on_status, streams=(STREAM_MEMBERS,), pull_every_ms=0,
        )  # fmt: skip

    def close(self) -> None:
        """The process is gone; what it told the ledger is there."""
        self.ledger.close()
        self.members.close()
        self._search.close()
        self._reader.close()
        self._sold.close()
        self.store.close()

    def die(self) -> None:
        """The power goes and comes back; the clock may be wrong by some minutes more."""
        self.close()
        self.open()

    def restore(self, copy: Path) -> None:
        """An earlier copy of the ledger is put back by our own command; sales since then are gone."""
        before = self.facts()
        self.close()
        put_back(copy, self.path, stamp=str(self._sky.now_ms()))
        self.open()
        kept = {self._name(fact) for fact in self.facts()}
        self.gone += [fact for fact in before if self._name(fact) not in kept]

    def back_up(self, copy: Path) -> None:
        back_up(self.path, copy)

    def _sign_on(self) -> None:
        self.do(SelectOperator(LIN.operator_id), *(KeyIn(sign) for sign in "1357"), SignOn())
        if self.at == "ShiftClosed":
            self.do(OpenShift())

    # ------------------------------------------------------------------ pressing
    @property
    def at(self) -> str:
        return type(self.terminal.state.phase).__name__

    @property
    def desk(self) -> Any:
        return self.terminal.state.desk

    def do(self, *intents: Intent) -> None:
        """Press one after the other; raises TillDied where the power goes in a question."""
        for intent in intents:
            for effect in self.terminal.handle(intent).effects:
                self._carry_out(effect)
            while self._late_answers:
                self.do(self._late_answers.pop(0))

    def _carry_out(self, effect: Any) -> None:
        match effect:
            case Commit():
                self._note(effect.facts)
                self.writer.commit(effect, self._late_answers.append)
            case Record():
                self._note(effect.facts)
                self._reader.note(effect.facts)
                self.writer.record(effect)
            case SaveDraft() | ParkDraft() | UnparkDraft():
                self.writer.draft(effect)
            case VerifyPin():
                self._late_answers.append(PinChecked(effect.operator_id, True))
            case KeepJoin() | FindMember() | FindSale() | HoldRights() | AskGiftCard() | HoldGift():
                self.holds += self.is_online and isinstance(effect, HoldRights | HoldGift)
                self._rights.note_link(self.is_online)
                self._rights.ask(effect)

    def _note(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, MemberIdentified) and fact.step is not None:
                shown_ms = fact.step * self._chain.programme.codes.step_s * 1000
                unsure_ms = self.time.now().unsure_ms
                self.code_ages.append((self._sky.now_ms_ - shown_ms, unsure_ms))

    # ------------------------------------------------------------------ the link
    @property
    def is_online(self) -> bool:
        return bool(self.desk.link.state == "online")

    def cut(self, is_so: bool) -> None:
        """The line to the hub goes, or comes back."""
        self.is_cut = self.line.is_cut = is_so

    def visit(self) -> None:
        """A round of the link, then the chores of rights; a till that dies in it is started again."""
        try:
            self.loop.run_round()
            if self.is_online:
                for _ in range(_CHORES_MOST):
                    if self.chores.step(self.line) > 0:
                        break
            while self._late_answers:
                self.do(self._late_answers.pop(0))
            self.do(Tick())
        except TillDied:
            self.die()

    def tick(self) -> None:
        """A look at the clock, as every second has one."""
        try:
            self.do(Tick())
        except TillDied:
            self.die()

    def _on_status(self, status: LinkStatus) -> None:
        came_up = status.state == "online" and not self.is_online
        self.do(LinkChanged(status))
        if came_up:
            self.chores.wake()

    def _on_leases(self, held: HeldLeases) -> None:
        self._late_answers.append(LeasesChanged(held.open, *held.worst_minor))
        self.chores.wake()

    def _may_close(self) -> bool:
        cart = self.desk.cart
        return cart is None or (cart.priced_at_ms is None and not cart.rights.is_offline)

    # ------------------------------------------------------------------ looking
    @property
    def shown_minor(self) -> tuple[int, int]:
        """What the Status page says that an outage costs at most: the store's, this till's."""
        store, mine = self.desk.lease_worst_minor
        return int(store), int(mine)

    def facts(self) -> list[tuple[str, str, bytes]]:
        """(event's id, kind, line) of the whole journal, in order."""
        query = "SELECT fact_id, kind, body FROM journal ORDER BY journal_no"
        found = self.ledger.connection().execute(query)
        return [(str(name), str(kind), bytes(body)) for name, kind, body in found]

    @staticmethod
    def _name(fact: tuple[str, str, bytes]) -> str:
        return fact[0]

    def waiting(self) -> int:
        """Lines that the hub is not known to hold."""
        return int(self.ledger.connection().execute("SELECT journal_no - acked_no FROM till").fetchone()[0])
