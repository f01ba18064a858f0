"""What is kept of coupons and points for sales that are open at tills, and how that ends.

A till asks for just what its sale is to use; what was kept for the same sale before is let go of. A hold ends
by a fact of the till, by a person, or after its time once the till was heard with everything folded that it
did: a silent till's sale may lie on its disk, so nothing that is held is ever given to another meanwhile.
Asking again under the same id gets the same answer, as long as anything was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, exists, insert, or_, select, update

from posapp.domain.members.programme import Programme
from posapp.domain.members.programme_document import parse_programme
from sync.hub.database import upsert
from sync.hub.loyalty.coupons import Sale, lock, release
from sync.hub.loyalty.members import canonical, member_of
from sync.hub.loyalty.points import account_of, bring_up, has_account, hold, is_due, let_go, take_accounts
from sync.hub.loyalty.programme_rows import stored_programme
from sync.hub.loyalty.rights_facts import RELEASED_KIND
from sync.hub.schema.events import PROGRESS
from sync.hub.schema.feeds import JOB
from sync.hub.schema.members import BLOCKED, PROGRAMME
from sync.hub.schema.rights import (
    ENDED,
    FOLDED,
    HELD,
    MEMBER_STEP,
    REPLACED,
    RIGHTS_FACT,
    RIGHTS_HOLD,
)
from sync.hub.schema.status import TERMINAL_STATUS
from sync.protocol.loyalty import HoldReply, HoldRequest, RefusedRight

LOYALTY_JOB: Final = "loyalty"
MINUTE_MS: Final = 60_000
#: A till whose payment is still open asks anew as soon as it is back: so long it has for it.
TAKEN_ANEW_MS: Final = 2 * MINUTE_MS
#: Long after any clock would take it again.
STEPS_KEPT_MS: Final = 7 * 86_400_000
#: Long after any question is sent again: what ended is only kept so that such a one is answered alike.
HOLDS_KEPT_MS: Final = 7 * 86_400_000
#: Coupons of one sale.
COUPONS_MOST: Final = 50
_ENCODER: Final = msgspec.json.Encoder()
_REPLIES: Final = msgspec.json.Decoder(HoldReply)
_IDS: Final = msgspec.json.Decoder(list[str])

_KNOWN: Final = select(RIGHTS_HOLD.c.reply).where(
    RIGHTS_HOLD.c.store_id == bindparam("store"),
    RIGHTS_HOLD.c.terminal_id == bindparam("terminal"),
    RIGHTS_HOLD.c.hold_id == bindparam("hold"),
)
_FORMER: Final = (
    select(RIGHTS_HOLD)
    .where(
        RIGHTS_HOLD.c.store_id == bindparam("store"),
        RIGHTS_HOLD.c.terminal_id == bindparam("terminal"),
        RIGHTS_HOLD.c.transaction_id == bindparam("sale"),
        RIGHTS_HOLD.c.state == HELD,
    )
    .order_by(RIGHTS_HOLD.c.made_at_ms, RIGHTS_HOLD.c.hold_id)
)
#: At one look: whether anything was kept for the sale before, whether it is over (or this very hold was let
#: go of before it was asked for), and the programme.
_GLANCE: Final = select(
    exists().where(
        RIGHTS_HOLD.c.store_id == bindparam("store"),
        RIGHTS_HOLD.c.terminal_id == bindparam("terminal"),
        or_(RIGHTS_HOLD.c.transaction_id == bindparam("sale"), RIGHTS_HOLD.c.hold_id == bindparam("hold")),
    ),
    exists().where(RIGHTS_FACT.c.source_id.in_((bindparam("sale"), bindparam("hold")))),
    PROGRAMME.c.document,
).select_from(PROGRAMME)


@dataclass(frozen=True, slots=True)
class _Member:
    """Who stands at the till: all their ids (none: nobody may spend theirs), and the word why not."""

    member_id: str = ""
    ids: tuple[str, ...] = ()
    why: str = ""


def hold_rights(
    connection: Connection, asked: HoldRequest, place: tuple[str, str], *, now_ms: int
) -> HoldReply:
    """Keep just these rights for a sale of the terminal at (store, terminal), as far as they are free."""
    sale = Sale(asked.transaction_id, *place)
    for hold_id in asked.undone:
        _never(connection, hold_id, place, now_ms)
    named = {"store": place[0], "terminal": place[1], "sale": asked.transaction_id, "hold": asked.hold_id}
    has_holds, is_over, document = connection.execute(_GLANCE, named).one()
    known = connection.execute(_KNOWN, named).scalar() if has_holds else None
    if known is not None:
        return _REPLIES.decode(known)
    if is_over:
        gone = tuple(RefusedRight(one, "used") for one in asked.coupons)
        return HoldReply(asked.hold_id, now_ms, refused=gone, points_why="used" if asked.points else "")
    until_ms = now_ms + _terms(bytes(document)).hold_minutes * MINUTE_MS
    who = _member(connection, asked, sale, now_ms)
    former = connection.execute(_FORMER, named).all() if has_holds else ()
    points, why, free = _points(connection, asked.points, who, former, now_ms)
    coupons, refused = _coupons(connection, asked, sale, who, until_ms, now_ms)
    for coupon_id in sorted(_coupons_of(former) - set(coupons)):
        release(connection, coupon_id, sale, now_ms=now_ms)
    end_rows(connection, former, REPLACED, now_ms)
    reply = HoldReply(asked.hold_id, until_ms, tuple(coupons), tuple(refused), points, why, free)
    if coupons or points:
        row = {
            "store_id": place[0],
            "terminal_id": place[1],
            "hold_id": asked.hold_id,
            "transaction_id": asked.transaction_id,
            "state": HELD,
            "member_id": who.member_id,
            "coupons": _ENCODER.encode(coupons).decode(),
            "who": "",
            "points": points,
            "made_at_ms": now_ms,
            "until_ms": until_ms,
            "ended_at_ms": 0,
            "reply": _ENCODER.encode(reply),
        }
        connection.execute(insert(RIGHTS_HOLD), row)
    return reply


def _never(connection: Connection, hold_id: str, place: tuple[str, str], now_ms: int) -> None:
    """Whatever comes late under this id keeps nothing; the fact that says so may come later still."""
    where = {"store_id": place[0], "terminal_id": place[1]}
    row = {"source_id": hold_id, "kind": RELEASED_KIND, "sale_id": "", "state": FOLDED, "line": b"", **where}
    known = upsert(connection, RIGHTS_FACT).values(at_ms=now_ms, **row)
    connection.execute(known.on_conflict_do_nothing())


def terms(connection: Connection) -> Programme:
    """The programme as far as no amounts are asked of it."""
    return _terms(stored_programme(connection).document)


@lru_cache(maxsize=4)
def _terms(document: bytes) -> Programme:
    return parse_programme(msgspec.json.decode(document), "CNY", ignore_unknown=True)


# ------------------------------------------------------------------ who
def _member(connection: Connection, asked: HoldRequest, sale: Sale, now_ms: int) -> _Member:
    if not asked.member_id:
        return _Member(why="unknown")
    member_id = canonical(connection, asked.member_id)
    known = member_of(connection, member_id)
    if known is None and not has_account(connection, member_id):
        return _Member(member_id, why="unknown")
    if known is not None and not known.is_there:
        return _Member(member_id, why="unknown")
    if known is not None and known.status == BLOCKED:
        return _Member(member_id, why="blocked")
    if asked.proof not in terms(connection).spending:
        return _Member(member_id, why="proof")
    if asked.step is not None and not _take_step(connection, member_id, asked.step, sale, now_ms):
        return _Member(member_id, why="used")
    return _Member(member_id, tuple(dict.fromkeys((member_id, asked.member_id))))


def _take_step(connection: Connection, member_id: str, step: int, sale: Sale, now_ms: int) -> bool:
    """Use a code up for a sale; whether no other sale has it, in whatever store."""
    row = {"transaction_id": sale.transaction_id, "store_id": sale.store_id, "terminal_id": sale.terminal_id}
    taken = upsert(connection, MEMBER_STEP).values(member_id=member_id, step=step, at_ms=now_ms, **row)
    if connection.execute(taken.on_conflict_do_nothing()).rowcount == 1:
        return True
    query = select(MEMBER_STEP.c.transaction_id).where(
        MEMBER_STEP.c.member_id == member_id, MEMBER_STEP.c.step == step
    )
    return bool(connection.execute(query).scalar() == sale.transaction_id)


def forget_steps(connection: Connection, now_ms: int) -> int:
    """Forget codes that are too old for any clock; how many there were."""
    old = delete(MEMBER_STEP).where(MEMBER_STEP.c.at_ms < now_ms - STEPS_KEPT_MS)
    return int(connection.execute(old).rowcount)


def forget_holds(connection: Connection, now_ms: int) -> int:
    """Let go of holds that ended long ago; how many there were. What facts did with them is kept."""
    ended = RIGHTS_HOLD.c.ended_at_ms
    old = delete(RIGHTS_HOLD).where(RIGHTS_HOLD.c.state != HELD, ended < now_ms - HOLDS_KEPT_MS)
    return int(connection.execute(old).rowcount)


# ------------------------------------------------------------------ points and coupons
def _points(
    connection: Connection, wanted: int, who: _Member, former: Sequence[Any], now_ms: int
) -> tuple[int, str, int]:
    """How many points are kept now, why not all, and how many could be."""
    mine = sum(int(row.points) for row in former if row.member_id == who.member_id)
    for row in former:
        if row.points and row.member_id != who.member_id:
            let_go(connection, row.member_id, int(row.points), now_ms)
    if not wanted or who.why:
        if mine:
            let_go(connection, who.member_id, mine, now_ms)
        return 0, who.why if wanted else "", 0
    if is_due(connection, who.member_id, now_ms):
        take_accounts(connection, (who.member_id,))
        bring_up(connection, who.member_id, now_ms)
    if hold(connection, who.member_id, wanted - mine, now_ms):
        return wanted, "", wanted
    if mine:
        let_go(connection, who.member_id, mine, now_ms)
    return 0, "balance", account_of(connection, who.member_id).free


def _coupons(
    connection: Connection, asked: HoldRequest, sale: Sale, who: _Member, until_ms: int, now_ms: int
) -> tuple[list[str], list[RefusedRight]]:
    kept: list[str] = []
    refused: list[RefusedRight] = []
    # In one order everywhere, so that two sales with the same coupons wait for each other and not in a ring.
    for coupon_id in sorted(set(asked.coupons)):
        why = lock(connection, coupon_id, sale, member_ids=who.ids, until_ms=until_ms, now_ms=now_ms)
        if why is None:
            kept.append(coupon_id)
        elif why.why == "other_member" and who.member_id and who.why in ("blocked", "proof", "used"):
            refused.append(RefusedRight(coupon_id, "blocked" if who.why == "blocked" else "proof"))
        else:
            refused.append(why)
    return kept, refused


def _coupons_of(rows: Iterable[Any]) -> set[str]:
    return {coupon_id for row in rows for coupon_id in _IDS.decode(row.coupons)}


# ------------------------------------------------------------------ the end of a hold
def live_holds(connection: Connection, sale: Sale) -> Sequence[Any]:
    """What is kept for a sale now; rows of `rights_hold`."""
    named = {"store": sale.store_id, "terminal": sale.terminal_id, "sale": sale.transaction_id}
    return connection.execute(_FORMER, named).all()


def end_rows(connection: Connection, rows: Iterable[Any], state: str, now_ms: int, who: str = "") -> None:
    """Mark holds as over; what they kept is the caller's."""
    for row in rows:
        ended = update(RIGHTS_HOLD).where(*_this(row)).values(state=state, ended_at_ms=now_ms, who=who)
        connection.execute(ended)


def let_go_of(connection: Connection, rows: Sequence[Any], state: str, now_ms: int, who: str = "") -> int:
    """Let go of all that these holds keep, unless somebody did so already; how many there were."""
    count = 0
    for row in rows:
        ended = update(RIGHTS_HOLD).where(*_this(row), RIGHTS_HOLD.c.state == HELD)
        done = connection.execute(ended.values(state=state, ended_at_ms=now_ms, who=who))
        if done.rowcount == 0:
            continue
        count += 1
        if row.points:
            let_go(connection, canonical(connection, row.member_id), int(row.points), now_ms)
        sale = Sale(row.transaction_id, row.store_id, row.terminal_id)
        # A question that came late may have been answered beside the one that counts.
        still = _coupons_of(live_holds(connection, sale))
        for coupon_id in sorted(set(_IDS.decode(row.coupons)) - still):
            release(connection, coupon_id, sale, now_ms=now_ms, who=who)
    return count


def end_overdue(connection: Connection, now_ms: int, *, most: int = 500) -> int:
    """Let go of what is past its time and whose till has told everything since, twice; how many ended."""
    is_its = (TERMINAL_STATUS.c.store_id == RIGHTS_HOLD.c.store_id) & (
        TERMINAL_STATUS.c.terminal_id == RIGHTS_HOLD.c.terminal_id
    )
    # Holds of silent tills stay for as long as it takes, and must not stand in the way of the others.
    query = (
        select(RIGHTS_HOLD)
        .join(TERMINAL_STATUS, is_its)
        .where(
            RIGHTS_HOLD.c.state == HELD,
            RIGHTS_HOLD.c.until_ms <= now_ms,
            TERMINAL_STATUS.c.last_seen_ms > RIGHTS_HOLD.c.until_ms,
        )
    )
    told: dict[tuple[str, str, int], bool] = {}
    over, seen = [], []
    for row in connection.execute(query.order_by(RIGHTS_HOLD.c.until_ms).limit(most)).all():
        # Looked at twice: in between, a till whose payment is still open takes the hold anew.
        since_ms = max(int(row.until_ms), int(row.ended_at_ms))
        key = (row.store_id, row.terminal_id, since_ms)
        if key not in told:
            told[key] = has_told(connection, key[:2], since_ms)
        if told[key] and not row.ended_at_ms:
            seen.append(row)
        elif told[key] and now_ms - int(row.ended_at_ms) >= TAKEN_ANEW_MS:
            over.append(row)
    for row in seen:
        is_held = (*_this(row), RIGHTS_HOLD.c.state == HELD)
        connection.execute(update(RIGHTS_HOLD).where(*is_held).values(ended_at_ms=now_ms))
    over.sort(key=lambda row: (row.member_id, row.coupons))
    return let_go_of(connection, over, ENDED, now_ms)


def has_told(connection: Connection, place: tuple[str, str], since_ms: int) -> bool:
    """Whether a till was heard after a time and all that it had done by then is folded."""
    status = connection.execute(
        select(TERMINAL_STATUS.c.last_seen_ms, TERMINAL_STATUS.c.epoch, TERMINAL_STATUS.c.seq).where(
            TERMINAL_STATUS.c.store_id == place[0], TERMINAL_STATUS.c.terminal_id == place[1]
        )
    ).one_or_none()
    if status is None or status.last_seen_ms <= since_ms:
        return False
    acked = connection.execute(
        select(PROGRESS.c.acked_through).where(
            PROGRESS.c.store_id == place[0],
            PROGRESS.c.terminal_id == place[1],
            PROGRESS.c.epoch == status.epoch,
        )
    ).scalar()
    if (acked or 0) < status.seq:
        return False
    # Wished for in the transaction that raised the mark, and gone in the one that folded.
    waits = exists().where(
        JOB.c.store_id == place[0],
        JOB.c.kind == LOYALTY_JOB,
        JOB.c.key.startswith(f"{place[1]}:", autoescape=True),
    )
    return not connection.execute(select(waits)).scalar()


def open_holds(connection: Connection, *, store_id: str = "", most: int = 200) -> Sequence[Any]:
    """Holds that are not over, the oldest first; rows of `rights_hold`."""
    query = select(RIGHTS_HOLD).where(RIGHTS_HOLD.c.state == HELD)
    if store_id:
        query = query.where(RIGHTS_HOLD.c.store_id == store_id)
    return connection.execute(query.order_by(RIGHTS_HOLD.c.until_ms).limit(most)).all()


def _this(row: Any) -> tuple[Any, ...]:
    return tuple(RIGHTS_HOLD.c[name] == getattr(row, name) for name in ("store_id", "terminal_id", "hold_id"))
