"""Members plugged into a till: their file, the hub's time, the programme, and the desk that asks the hub.

Plugged together here so that a till has one thing to start, tell and close. Knows neither screens nor rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from posapp.clocks import SystemClock
from posapp.config import Settings
from posapp.domain.facts import Fact
from posapp.domain.members.programme import Programme
from posapp.flows.intents import Intent
from posapp.flows.member_answers import LeasesChanged, ProgrammeSent
from posapp.flows.member_effects import MemberEffect
from posapp.rights_desk.chores import ChoreHost, Chores
from posapp.rights_desk.desk import DeskHost, RightsDesk
from posapp.rights_desk.questions import RightsLink
from posapp.store.catalog_place import CatalogPlace
from posapp.store.hub_time import HubTimeKeeper
from posapp.store.leases import HeldLeases
from posapp.store.members import MemberSearch, SqliteMembers
from posapp.store.members_file import MEMBERS_NAME, MembersFile
from posapp.store.rights_store import RightsStore
from posapp.store.writer import LedgerWriter

if TYPE_CHECKING:
    from posapp.flows.state import Desk


class Membership:
    """Everything of members of one till. `start` lets it ask the hub, `stop` ends its thread."""

    def __init__(
        self,
        settings: Settings,
        clock: SystemClock,
        *,
        writer: LedgerWriter,
        desk: Callable[[], Desk],
        post: Callable[[Intent], None],
    ) -> None:
        """`desk` is the till's desk as it is now, asked from any thread once the till is made."""
        self._settings = settings
        self._clock = clock
        self._state = desk
        self._post = post
        self._spent = 0
        place = CatalogPlace(settings.data / MEMBERS_NAME)
        self.time = HubTimeKeeper(writer, lambda: self._programme().codes)
        self.reader = SqliteMembers(place, settings.ledger, programme=self._programme, hub_time=self.time.now)
        self.file = MembersFile(
            place, lambda: self.time.now().now_ms, keep_days=lambda: self._programme().keep_days
        )
        writer.on_leases = self.on_leases
        store = RightsStore(settings.ledger, writer)
        chores = Chores(
            store,
            ChoreHost(post, self._programme, lambda: self.time.now().now_ms, self._may_close_leases),
        )
        self._desk = RightsDesk(
            DeskHost(post, self._link, self._programme, self._currency, self.time.told),
            clock,
            store=store,
            members=MemberSearch(place, self._programme),
            chores=chores,
        )

    # --- what the till tells and asks ------------------------------------------------------------

    def ask(self, effect: MemberEffect) -> None:
        """Carry out a question of the terminal (a RightsPort)."""
        self._desk.ask(effect)

    def note(self, facts: Sequence[Fact]) -> None:
        """Facts are on their way to the ledger (a RightsPort)."""
        self.reader.note(facts)

    def overdue(self) -> tuple[Intent, ...]:
        """The answers of questions that nobody answered in time; called every second."""
        return self._desk.overdue()

    def on_link(self, is_online: bool) -> None:
        """The line to the hub is up, or it is not."""
        self._desk.note_link(is_online)

    def on_leases(self, held: HeldLeases) -> None:
        """The ledger's leases are otherwise: told to the till, and renewed where sales spent from them."""
        self._post(LeasesChanged(held.open, *held.worst_minor))
        spent = sum(lease.spent for lease in held.open)
        if spent > self._spent:
            self._desk.wake()
        self._spent = spent

    def on_programme(self, programme: Programme, unreadable: str) -> None:
        """The hub sent rules: those in force are told to the till, and why newer ones are not."""
        was_on = self._programme().is_on
        self._post(ProgrammeSent(programme, unreadable))
        if programme.is_on and not was_on:
            self._desk.wake()

    # --- start and end ----------------------------------------------------------------------------

    def load(self) -> None:
        """Take up what the last run of the till knew; the ledger is open."""
        self.time.load(self._settings.ledger)

    def start(self) -> None:
        """Ask the hub from now on."""
        self._desk.start()

    def stop(self) -> None:
        """End the thread; nothing is posted afterwards."""
        self._desk.stop()

    def close(self) -> None:
        """Let the files go; the file of members itself is closed by the link that writes it."""
        self._desk.close()
        self.reader.close()
        self.file.close()

    # --- what the desk asks of the till -----------------------------------------------------------

    def _programme(self) -> Programme:
        return self._state().programme

    def _currency(self) -> str:
        shop = self._state().shop
        return "" if shop is None else shop.currency

    def _may_close_leases(self) -> bool:
        """Whether no payment is going on, which may count on what a lease has left."""
        cart = self._state().cart
        return cart is None or (cart.priced_at_ms is None and not cart.rights.is_offline)

    def _link(self) -> RightsLink:
        # Loaded on the worker: no first picture waits for sockets and certificates.
        from sync.engine.loyalty_link import LoyaltyLink

        settings = self._settings
        return LoyaltyLink(
            settings.hub_url,
            place=(settings.store_id, settings.terminal_id),
            key_file=settings.device_key_file,
            clock=self._clock,
            ca_file=settings.hub_ca_file,
        )
