"""What a till asks the hub of itself: wishes to join are sent until they are answered, leases are renewed.

One step at a time, so that a question from the counter never waits for more than one of them. A lease that
was spent from, or is nearly over, is closed first, durably and as a fact, and only then is another asked for:
at no moment may both be given away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Protocol

from posapp.domain.member_facts import LeaseClosed
from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import Programme
from posapp.exchange.members import member_of, read_lease
from posapp.flows.intents import Intent
from posapp.flows.member_answers import JoinAnswered
from posapp.rights_desk.questions import RightsLink
from posapp.store.leases import GrantedLease, HeldLeases
from posapp.store.rights_store import RightsStore
from posapp.values import dataclass
from sync.engine.link import LinkError
from sync.engine.ports import StoreUnavailable
from sync.protocol.loyalty import LeaseHeld, LeasesReply, LeasesRequest

LOGGER = logging.getLogger(__name__)

#: How often leases are asked for while all is well.
LEASES_EVERY_MS: Final = 180_000
#: A lease is renewed this long before its end.
RENEW_BEFORE_MS: Final = 15 * 60_000
#: Waits after a failure: the first, and the longest; and after a refusal, which a person has to mend.
FIRST_WAIT_MS: Final = 5_000
LONGEST_WAIT_MS: Final = 60_000
REFUSED_WAIT_MS: Final = 600_000


class HubTimed(Protocol):
    """The hub's time."""

    def __call__(self) -> int:
        """Epoch milliseconds."""


@dataclass(frozen=True, slots=True)
class ChoreHost:
    """What the chores need of the till besides its store; all may be called from the worker's thread.

    `may_close` says whether no payment is going on that may count on a lease.
    """

    post: Callable[[Intent], None]
    programme: Callable[[], Programme]
    hub_now_ms: HubTimed
    may_close: Callable[[], bool]


class Chores:
    """The chores of one till; used by its worker."""

    def __init__(self, store: RightsStore, host: ChoreHost) -> None:
        self._store = store
        self._host = host
        self._wait_ms = FIRST_WAIT_MS
        self._refused: set[str] = set()
        self._has_looked_for_joins = False
        self._has_leases = False
        self._woken = self._seen = 0

    def wake(self) -> None:
        """There is something new, on any thread: look for wishes to join, and ask for leases."""
        self._woken += 1

    def step(self, link: RightsLink) -> int:
        """Do one thing; after how many milliseconds the next is due."""
        if self._seen != self._woken:
            self._seen = self._woken
            self._begin_anew()
        try:
            if not self._has_looked_for_joins:
                self._has_looked_for_joins = not self._send_join(link)
                return 0
            if not self._has_leases:
                self._has_leases = self._renew(link)
            self._wait_ms = FIRST_WAIT_MS
            if self._has_leases:
                # The next time all is looked at again.
                self._begin_anew()
                return LEASES_EVERY_MS
            return FIRST_WAIT_MS
        except LinkError as trouble:
            if trouble.sort in ("look", "upgrade", "stop"):
                # An older hub, or one that wants none of it: sales go on without.
                self._begin_anew()
                return REFUSED_WAIT_MS
            return self._later(trouble.retry_after_ms)
        except StoreUnavailable:
            return self._later(None)

    def _begin_anew(self) -> None:
        self._has_looked_for_joins = self._has_leases = False

    def _later(self, after_ms: int | None) -> int:
        wait_ms = max(self._wait_ms, after_ms or 0)
        self._wait_ms = min(2 * self._wait_ms, LONGEST_WAIT_MS)
        return wait_ms

    def _send_join(self, link: RightsLink) -> bool:
        """Send the oldest wish; whether there may be another one."""
        waiting = [each for each in self._store.pending_joins() if each.join_id not in self._refused]
        if not waiting:
            self._refused.clear()
            return False
        request = waiting[0]
        try:
            reply = link.join(request)
        except LinkError as trouble:
            if trouble.sort != "look":
                raise
            # What one hub refuses another one may take: it stays, and does not hold up the others.
            LOGGER.warning("a wish to join was refused: %s (%s)", request.join_id, trouble.word)
            self._refused.add(request.join_id)
            return True
        card = member_of(reply.member, self._host.programme())
        self._host.post(JoinAnswered(request.join_id, card, reply.is_merged))
        self._store.forget_join(request.join_id)
        return True

    def _renew(self, link: RightsLink) -> bool:
        """Close what is to be renewed and ask for what this till may have; False while a payment goes on."""
        if not self._host.programme().is_on:
            return True
        held = self._store.leases()
        now_ms = self._host.hub_now_ms()
        over = [each for each in held.open if each.spent or each.until_ms - now_ms < RENEW_BEFORE_MS]
        if over:
            if not self._host.may_close():
                return False
            # Asked before anything is closed: a till whose hub just went must keep what it was granted.
            link.leases(LeasesRequest(held.epoch, _told(held)))
            self._store.close_leases(tuple(LeaseClosed(each.lease_id, each.spent, now_ms) for each in over))
            held = self._store.leases()
        reply = link.leases(LeasesRequest(held.epoch, _told(held)))
        self._store.take_leases(
            self._granted(link, reply),
            epoch=held.epoch,
            worst_minor=(reply.worst_minor, reply.terminal_worst_minor),
            now_ms=now_ms,
        )
        return True

    def _granted(self, link: RightsLink, reply: LeasesReply) -> tuple[GrantedLease, ...]:
        granted = []
        for body, key_id, signature in reply.leases:
            lease: Lease | None = None
            if link.is_granted(body, key_id, signature):
                lease = read_lease(body)
            if lease is None:
                LOGGER.warning("a lease was not taken: it is not signed by this hub, or of no known kind")
                continue
            granted.append(GrantedLease(lease, body, key_id, signature))
        return tuple(granted)


def _told(held: HeldLeases) -> tuple[LeaseHeld, ...]:
    still = tuple(LeaseHeld(each.lease_id, each.spent) for each in held.open)
    return (*still, *(LeaseHeld(lease_id, spent, is_closed=True) for lease_id, spent in held.closed))
