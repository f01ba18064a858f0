"""What stands for threads and wires at a till of the outage campaign: each does at once what it is asked.

The writer is the ledger's own, the desk is the desk of rights itself, the line is the network campaign's with
questions about rights beside the queue; only when they take a turn is made up here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from posapp.flows.effects import Commit, ParkDraft, Record, SaveDraft, UnparkDraft
from posapp.flows.member_effects import KeepJoin
from posapp.rights_desk.desk import ANSWER_WITHIN_MS, RightsDesk
from posapp.rights_desk.questions import Question
from posapp.store.members_file import MembersFile
from sync.engine.link import LinkError
from sync.protocol import codec, loyalty, signing
from sync.protocol.messages import Change
from sync.protocol.trust import from_text
from sync.protocol.versions import JSON_MEDIA_TYPE
from tests.simulation.network_world import Line, TillDied
from tests.simulation.outages_sky import OutageSky
from tests.simulation.stepped_writer import SteppedWriter


@dataclass
class TillClock:
    """The true time as this till's clock tells it."""

    sky: OutageSky
    off_ms: int = 0

    def now_ms(self) -> int:
        return self.sky.now_ms() + self.off_ms

    def monotonic_ms(self) -> int:
        return self.sky.monotonic_ms()


class QuickWriter(SteppedWriter):
    """The ledger's writer, which does at once what it is asked."""

    def commit(self, effect: Commit, done: Callable[[Any], None]) -> None:
        super().commit(effect, done)
        self.work_off()

    def change(self, things: Sequence[Any], done: Callable[[Any], None]) -> None:
        super().change(things, done)
        self.work_off()

    def record(self, effect: Record) -> None:
        super().record(effect)
        self.work_off()

    def keep_join(self, effect: KeepJoin, done: Callable[[Any], None]) -> None:
        super().keep_join(effect, done)
        self.work_off()

    def draft(self, act: SaveDraft | ParkDraft | UnparkDraft) -> None:
        super().draft(act)
        self.work_off()


class RightsLine(Line):
    """The way to the hub, for questions about rights as well."""

    is_cut = False
    heard: Callable[[int], None] = staticmethod(lambda _hub_ms: None)  # type: ignore[assignment]
    hub_keys: dict[str, bytes]

    def _through(self, method: str, path: str, *, believed: int | None = None, **rest: Any) -> bytes:
        if self.is_cut:
            raise LinkError("later", "network")
        body = super()._through(method, path, believed=believed, **rest)
        self.heard(self._sky.now_ms_)
        return body

    def ask(self, what: str, request: Any, kind: type[Any]) -> Any:
        path = loyalty.loyalty_path(*self._place, what)
        headers = [("Content-Type", JSON_MEDIA_TYPE)]
        body = self._through("POST", path, data=codec.encode_message(request), headers=headers)
        if self.dies_after_answer:
            self.dies_after_answer = False
            raise TillDied
        return codec.decode_message(body, kind)

    def find_members(self, request: loyalty.FindRequest) -> Any:
        return self.ask(loyalty.FIND_MEMBER, request, loyalty.FindReply)

    def join(self, request: loyalty.JoinRequest) -> Any:
        return self.ask(loyalty.JOIN, request, loyalty.JoinReply)

    def hold(self, request: loyalty.HoldRequest) -> Any:
        return self.ask(loyalty.HOLD, request, loyalty.HoldReply)

    def tell_gift(self, request: loyalty.GiftTellRequest) -> Any:
        return self.ask(loyalty.GIFT_TELL, request, loyalty.GiftReply)

    def hold_gift(self, request: loyalty.GiftHoldRequest) -> Any:
        return self.ask(loyalty.GIFT_HOLD, request, loyalty.GiftReply)

    def leases(self, request: loyalty.LeasesRequest) -> Any:
        return self.ask(loyalty.LEASES, request, loyalty.LeasesReply)

    def find_sale(self, request: loyalty.FindSaleRequest) -> Any:
        return self.ask(loyalty.FIND_SALE, request, loyalty.FindSaleReply)

    def is_granted(self, lease: str, key_id: str, signature: str) -> bool:
        signed = from_text(signature)
        statement = signing.lease_statement(*self._place, lease)
        return signed is not None and signing.is_signed(self.hub_keys[key_id], statement, signed)


class QuickDesk(RightsDesk):
    """The desk of rights without its thread: each question is answered before the next press."""

    line: RightsLine
    sky: OutageSky

    @property
    def _is_reached(self) -> bool:
        return self._is_online

    def _put(self, question: Question) -> None:
        answer = question.unanswered
        if self._is_online:
            try:
                answer = question.ask(self.line)
            except LinkError:
                # The watch: nobody at the counter waits longer.
                self.sky.pass_by(ANSWER_WITHIN_MS)
        self._host.post(answer)


class Inbox:
    """What comes down: the members."""

    def __init__(self, members: MembersFile) -> None:
        self._members = members

    def cursor(self, stream: str) -> str | None:
        return self._members.cursor()

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        self._members.apply(changes, cursor)

    def caught_up(self, stream: str) -> None:
        self._members.tidy()
