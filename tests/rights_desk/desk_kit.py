"""A desk of rights with a scripted link, a store in memory and a clock that the test moves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from posapp.domain.members.programme import Level, Programme
from posapp.domain.members.terms import MemberCard
from posapp.domain.return_facts import ReturnCompleted
from posapp.flows.member_answers import (
    JoinKept,
)
from posapp.flows.member_effects import HoldRights, KeepJoin
from posapp.rights_desk.chores import (
    ChoreHost,
    Chores,
)
from posapp.rights_desk.desk import DeskHost, RightsDesk
from posapp.store.leases import HeldLeases
from posapp.store.returns import FoundSale
from sync.engine.link import LinkClosed
from sync.protocol.loyalty import (
    HoldReply,
    JoinRequest,
    LeasesReply,
)

NOW_MS = 1_000_000_000
PROGRAMME = Programme(is_on=True, levels=(Level("gold", {"en": "Gold"}),))
HELD = HoldRights("H1", "sale-1", "M1", "code", 7, ("C1", "C2"), 100)


def eventually(look: Callable[[], Any], wanted: Any) -> None:
    """The hub's jobs come to it soon."""
    pause = threading.Event()
    for _ in range(400):
        if look() == wanted:
            return
        pause.wait(0.05)
    assert look() == wanted


@dataclass
class Clock:
    ms: int = 0

    def now_ms(self) -> int:
        return NOW_MS + self.ms

    def monotonic_ms(self) -> int:
        return self.ms


class Posted:
    """Intents as the till gets them, from any thread."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, intent: Any) -> None:
        with self._changed:
            self.values.append(intent)
            self._changed.notify_all()

    def wait(self, count: int) -> list[Any]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.values) >= count, 20), self.values
            return list(self.values)


@dataclass
class ScriptedLink:
    """A link whose answers the test gives; one that hangs does so until it is closed."""

    answers: dict[str, Any]
    asked: list[Any] = field(default_factory=list)
    hangs: bool = False
    closed: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def _answer(self, what: str, request: Any) -> Any:
        self.asked.append(request)
        self.reached.set()
        if self.hangs:
            self.closed.wait(20)
            raise LinkClosed
        answer = self.answers[what]
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def find_members(self, request: Any) -> Any:
        return self._answer("find", request)

    def join(self, request: Any) -> Any:
        return self._answer("join", request)

    def hold(self, request: Any) -> Any:
        return self._answer("hold", request)

    def tell_gift(self, request: Any) -> Any:
        return self._answer("gift", request)

    def hold_gift(self, request: Any) -> Any:
        return self._answer("gift", request)

    def leases(self, request: Any) -> Any:
        return self._answer("leases", request)

    def find_sale(self, request: Any) -> Any:
        return self._answer("sale", request)

    def is_granted(self, lease: str, key_id: str, signature: str) -> bool:
        return signature == "good"

    def last_heard(self) -> tuple[int | None, int | None]:
        return (5, 60_000) if self.asked else (None, None)

    def close(self) -> None:
        self.closed.set()


@dataclass
class MemoryStore:
    """A RightsStore in memory."""

    held: HeldLeases = HeldLeases(epoch=3)
    joins: list[JoinRequest] = field(default_factory=list)
    acts: list[Any] = field(default_factory=list)
    trouble: str = ""
    sales: dict[str, FoundSale] = field(default_factory=dict)
    returned: dict[str, tuple[ReturnCompleted, ...]] = field(default_factory=dict)
    is_unreadable: bool = False

    def leases(self) -> HeldLeases:
        return self.held

    def close_leases(self, facts: Any) -> None:
        self.acts.append(facts)
        gone = {fact.lease_id: fact.spent for fact in facts}
        still = tuple(lease for lease in self.held.open if lease.lease_id not in gone)
        self.held = HeldLeases(still, (*self.held.closed, *gone.items()), epoch=self.held.epoch)

    def take_leases(self, granted: Any, *, epoch: int, worst_minor: Any, now_ms: int) -> None:
        self.acts.append(("take", tuple(granted), epoch, worst_minor))

    def keep_join(self, effect: KeepJoin, done: Callable[[JoinKept], None]) -> None:
        if not self.trouble:
            self.joins.append(JoinRequest(effect.joining.join_id, effect.joining.member_id, "1"))
        done(JoinKept(effect.joining.join_id, self.trouble))

    def pending_joins(self) -> list[JoinRequest]:
        return list(self.joins)

    def forget_join(self, join_id: str) -> None:
        self.joins = [join for join in self.joins if join.join_id != join_id]

    def find_sale(self, receipt: str) -> FoundSale | None:
        return self.sales.get(receipt)

    def returns_of(self, sale_id: str) -> tuple[ReturnCompleted, ...] | None:
        return None if self.is_unreadable else self.returned.get(sale_id, ())

    def close(self) -> None:
        return


@dataclass
class Found:
    """Members of the till's own file, by what was keyed."""

    cards: dict[str, tuple[MemberCard, ...]] = field(default_factory=dict)

    def find(self, by: str, text: str) -> tuple[MemberCard, ...]:
        return self.cards.get(text, ())

    def close(self) -> None:
        return


class Till:
    """A desk with all that it stands on."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.posted = Posted()
        self.store = MemoryStore()
        self.members = Found()
        self.link = ScriptedLink({"leases": LeasesReply(), "hold": HoldReply("H1", 9)})
        self.made: list[ScriptedLink] = []
        self.contacts: list[int] = []
        self.may_close = True
        self.programme = PROGRAMME
        self.chores = Chores(
            self.store,  # type: ignore[arg-type]
            ChoreHost(self.posted, lambda: self.programme, self.clock.now_ms, lambda: self.may_close),
        )
        host = DeskHost(self.posted, self._made, lambda: self.programme, lambda: "CNY", self.contacts.append)
        self.desk = RightsDesk(
            host,
            self.clock,
            store=self.store,  # type: ignore[arg-type]
            members=self.members,  # type: ignore[arg-type]
            chores=self.chores,
        )

    def _made(self) -> ScriptedLink:
        self.made.append(self.link)
        return self.link

    def start(self, *, online: bool = True) -> None:
        self.programme = Programme()
        self.desk.start()
        self.desk.note_link(online)

    def step(self) -> int:
        return self.chores.step(self.link)
