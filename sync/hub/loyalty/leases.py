"""Leases: what one terminal may give away without asking, granted so that no outage costs more than agreed.

What a terminal could still have given away is its exposure: the amount of each lease less what the hub has
heard of being spent; of a closed one what the till says it spent. A lease that is over counts on while its
terminal is silent: it may have been spent while it held. Leases are granted only as far as the exposure of
terminal and store stays within their limits, and a question that is asked again gets the same ones. Refuses
no sale: what was spent beyond a lease is told, not undone.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, or_, select, update

from posapp.domain.members.leases import LEASE_KINDS, LeaseKind
from posapp.domain.members.programme import PointsWorth
from sync.hub.database import upsert
from sync.hub.doubts.exception_list import note_exception
from sync.hub.doubts.record import put_on_record
from sync.hub.goods.store_facts import one_store
from sync.hub.loyalty.lease_limits import limits_of
from sync.hub.loyalty.programme_admin import programme_of_store
from sync.hub.schema.leases import CLOSED, LEASE, LEASE_SPEND, LEASE_STORE, OPEN, OVER
from sync.hub.trust.hub_keys import signing_key
from sync.protocol.loyalty import LeaseBody, LeaseHeld, LeasesReply, LeasesRequest
from sync.protocol.signing import lease_statement, sign
from sync.protocol.trust import to_text

#: How far the clocks of tills may be behind: so long after its end a lease may still have been spent from.
END_SLACK_MS: Final = 10 * 60_000
HOUR_MS: Final = 3_600_000
#: What a column of the database and a sum of many of them hold with ease.
SPENT_MAX: Final = 10**12
_ID_BYTES: Final = 12
_ENCODER: Final = msgspec.json.Encoder()

#: A store and a terminal of it.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What leases that are out can still cost, in their own units by (terminal, kind)."""

    by_terminal: Mapping[tuple[str, str], int]
    worth: PointsWorth = field(default_factory=PointsWorth)

    def of(self, kind: str, terminal_id: str | None = None) -> int:
        """Points or minor units of one kind, of one terminal or of the whole store."""
        found = (
            amount
            for (place, what), amount in self.by_terminal.items()
            if what == kind and terminal_id in (None, place)
        )
        return sum(found)

    def minor(self, terminal_id: str | None = None) -> int:
        """All kinds in minor units: the most that an outage can cost from now on."""
        other = sum(self.of(kind, terminal_id) for kind in LEASE_KINDS if kind != "points")
        return other + self.worth.of(self.of("points", terminal_id))


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease as the hub has it; `left` is what it still exposes."""

    store_id: str
    terminal_id: str
    lease_id: str
    kind: LeaseKind
    state: str
    amount: int
    settled: int
    spent: int
    left: int
    granted_at_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a spend that a fact told: `is_new`, and how far the lease is overdrawn with it.

    `is_known`: the hub granted such a lease to that terminal.
    """

    is_new: bool
    is_known: bool = True
    over: int = 0


# ------------------------------------------------------------------ what is out
_MAY_COST: Final = case((LEASE.c.state == OPEN, LEASE.c.amount), else_=LEASE.c.spent) - LEASE.c.settled


def _counts(now_ms: int) -> ColumnElement[bool]:
    """Leases that may cost something: those that nobody closed, and those that are not over for sure."""
    return or_(LEASE.c.state == OPEN, and_(LEASE.c.state == CLOSED, LEASE.c.until_ms > now_ms - END_SLACK_MS))


def exposure(connection: Connection, store_id: str, now_ms: int) -> Exposure:
    """What the leases of a store can still cost."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    query = select(LEASE.c.terminal_id, LEASE.c.kind, _MAY_COST.label("left")).where(
        LEASE.c.store_id == store_id, _counts(now_ms)
    )
    for row in connection.execute(query):
        found[row.terminal_id, row.kind] += max(0, int(row.left))
    store = one_store(connection, store_id)
    worth = PointsWorth() if store is None else programme_of_store(connection, store).worth
    return Exposure(dict(found), worth)


def leases_out(connection: Connection, now_ms: int, store_id: str | None = None) -> list[LeaseRow]:
    """The leases that can still cost something, by store, terminal and kind; of all stores or of one."""
    query = select(LEASE, _MAY_COST.label("left")).where(_counts(now_ms))
    if store_id is not None:
        query = query.where(LEASE.c.store_id == store_id)
    order = (LEASE.c.store_id, LEASE.c.terminal_id, LEASE.c.kind, LEASE.c.granted_at_ms, LEASE.c.lease_id)
    return [
        LeaseRow(
            row.store_id, row.terminal_id, row.lease_id, row.kind, row.state, int(row.amount),
            int(row.settled), int(row.spent), max(0, int(row.left)), int(row.granted_at_ms),
            int(row.until_ms),
        )
        for row in connection.execute(query.order_by(*order))
    ]  # fmt: skip


# ------------------------------------------------------------------ granting
def answer_leases(connection: Connection, asked: LeasesRequest, place: Place, *, now_ms: int) -> LeasesReply:
    """All leases that a terminal may use from now on, new ones among them where its limits leave room.

    Leases of an earlier life of its ledger are not its own any more: what it spent of them nobody knows.
    """
    store_id, terminal_id = place
    _take_store(connection, store_id)
    for held in asked.held:
        if held.is_closed:
            close_lease(connection, place, held, now_ms=now_ms)
    _end_own(connection, place, now_ms)
    own = _usable(connection, place, asked.epoch, now_ms)
    out = exposure(connection, store_id, now_ms)
    limits = limits_of(connection, store_id)
    for kind in LEASE_KINDS:
        limit = limits.get(kind)
        if limit is None or any(each.kind == kind for each in own):
            continue
        room = min(limit.terminal_amount - out.of(kind, terminal_id), limit.store_amount - out.of(kind))
        if room > 0:
            until_ms = now_ms + limit.valid_hours * HOUR_MS
            _grant(connection, place, asked.epoch, _new_lease(kind, room, until_ms), now_ms)
    own = _usable(connection, place, asked.epoch, now_ms)
    out = exposure(connection, store_id, now_ms)
    return LeasesReply(
        tuple((each.body, each.key_id, each.signature) for each in own),
        worst_minor=out.minor(),
        terminal_worst_minor=out.minor(terminal_id),
    )


@dataclass(frozen=True, slots=True)
class _Own:
    """A lease that its terminal may use, as it was signed."""

    kind: str
    body: str
    key_id: str
    signature: str


def _take_store(connection: Connection, store_id: str) -> None:
    """Wait for whoever grants in this store: their leases are counted by us, or ours by them."""
    first = upsert(connection, LEASE_STORE).values(store_id=store_id, version=1)
    counted = {LEASE_STORE.c.version: LEASE_STORE.c.version + 1}
    connection.execute(first.on_conflict_do_update(index_elements=[LEASE_STORE.c.store_id], set_=counted))


def _end_own(connection: Connection, place: Place, now_ms: int) -> int:
    """Leases of a terminal that is heard of count no more once they are over: what it spent it tells."""
    over = (
        update(LEASE)
        .where(
            LEASE.c.store_id == place[0],
            LEASE.c.terminal_id == place[1],
            LEASE.c.state == OPEN,
            LEASE.c.until_ms <= now_ms - END_SLACK_MS,
        )
        .values(state=OVER)
    )
    return int(connection.execute(over).rowcount)


def _usable(connection: Connection, place: Place, epoch: int, now_ms: int) -> list[_Own]:
    query = (
        select(LEASE.c.kind, LEASE.c.body, LEASE.c.key_id, LEASE.c.signature)
        .where(
            LEASE.c.store_id == place[0],
            LEASE.c.terminal_id == place[1],
            LEASE.c.epoch == epoch,
            LEASE.c.state == OPEN,
            LEASE.c.until_ms > now_ms,
        )
        .order_by(LEASE.c.kind, LEASE.c.lease_id)
    )
    return [_Own(*row) for row in connection.execute(query)]


def _new_lease(kind: LeaseKind, amount: int, until_ms: int) -> LeaseBody:
    return LeaseBody(f"L-{secrets.token_hex(_ID_BYTES)}", kind, amount, until_ms)


def _grant(connection: Connection, place: Place, epoch: int, lease: LeaseBody, now_ms: int) -> None:
    key_id, private_key = signing_key(connection)
    body = _ENCODER.encode(lease).decode()
    signature = to_text(sign(private_key, lease_statement(*place, body)))
    connection.execute(
        LEASE.insert().values(
            store_id=place[0], terminal_id=place[1], lease_id=lease.lease_id, kind=lease.kind, state=OPEN,
            body=body, key_id=key_id, signature=signature, epoch=epoch, amount=lease.amount, settled=0,
            spent=0, granted_at_ms=now_ms, until_ms=lease.until_ms, closed_at_ms=0,
        )
    )  # fmt: skip


# ------------------------------------------------------------------ spending and ending
def close_lease(connection: Connection, place: Place, held: LeaseHeld, *, now_ms: int) -> bool:
    """A terminal gives nothing more away under a lease, having spent so much; whether that is news."""
    closed = (
        update(LEASE)
        .where(
            LEASE.c.store_id == place[0],
            LEASE.c.terminal_id == place[1],
            LEASE.c.lease_id == held.lease_id,
            LEASE.c.state == OPEN,
        )
        .values(state=CLOSED, spent=max(0, min(held.spent, SPENT_MAX)), closed_at_ms=now_ms)
    )
    return connection.execute(closed).rowcount > 0


def settle_spend(
    connection: Connection,
    place: Place,
    lease_id: str,
    amount: int,
    *,
    transaction_id: str,
    part: str,
    now_ms: int,
) -> Settled:
    """Count what a fact spent under a lease, once for each (transaction, part).

    More than the lease, or a lease that this terminal never had, waits for a person: the till is broken or a
    copy. What it cost is another question, answered by the balance.
    """
    amount = max(0, min(amount, SPENT_MAX))
    key = {"store_id": place[0], "lease_id": lease_id, "transaction_id": transaction_id, "part": part}
    noted = upsert(connection, LEASE_SPEND).values(**key, amount=amount, at_ms=now_ms)
    if connection.execute(noted.on_conflict_do_nothing().returning(LEASE_SPEND.c.part)).first() is None:
        return Settled(is_new=False)
    counted = (
        update(LEASE)
        .where(LEASE.c.store_id == place[0], LEASE.c.terminal_id == place[1], LEASE.c.lease_id == lease_id)
        .values(settled=LEASE.c.settled + amount)
        .returning(LEASE.c.amount, LEASE.c.settled, LEASE.c.kind)
    )
    row = connection.execute(counted).first()
    over = amount if row is None else max(0, int(row.settled) - int(row.amount))
    if over:
        detail = {"lease_id": lease_id, "over": over, "transaction_id": transaction_id}
        detail |= {} if row is None else {"lease_kind": row.kind, "lease_amount": int(row.amount)}
        note_exception(
            connection, place[0], "lease_overspent", lease_id, terminal_id=place[1], detail=detail,
            now_ms=now_ms,
        )  # fmt: skip
    return Settled(is_new=True, is_known=row is not None, over=over)


def end_leases(connection: Connection, now_ms: int) -> int:
    """Closed leases whose time is over for certain count no more; how many those were."""
    over = (
        update(LEASE)
        .where(LEASE.c.state == CLOSED, LEASE.c.until_ms <= now_ms - END_SLACK_MS)
        .values(state=OVER)
    )
    return int(connection.execute(over).rowcount)


def give_up_leases(connection: Connection, place: Place, *, who: str, note: str, now_ms: int) -> int:
    """A person says that a silent terminal comes back no more: its leases that are over count no more.

    How many those were. Should it have spent from them after all, that is a loss that no bound told.
    """
    ended = _end_own(connection, place, now_ms)
    if ended:
        subject = f"{place[1]}: {ended}"
        put_on_record(
            connection, place[0], who=who, act="leases_given_up", subject=subject, note=note, now_ms=now_ms
        )
    return ended
