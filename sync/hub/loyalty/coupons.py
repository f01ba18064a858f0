"""Single-use coupons: each change of one is a single conditional update with its event in one transaction.

Issued, locked for a sale, redeemed by it or released again; expired, voided, and issued anew where a batch
says so. Who sees a coupon taken is told so by a fixed word; who sees it free has to win the update still, so
two tills can never both have it. Knows no members but their ids, and no promotions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Update, and_, bindparam, case, func, insert, or_, select, update

from sync.hub.database import insert_rows, upsert
from sync.hub.schema.coupons import (
    COUPON,
    COUPON_BATCH,
    COUPON_EVENT,
    EXPIRED,
    ISSUED,
    LOCKED,
    REDEEMED,
    VOIDED,
)
from sync.protocol.loyalty import CouponBody, RefusedRight

REISSUED: Final = "reissued"
RELEASED: Final = "released"
DAY_MS: Final = 86_400_000
#: Ids of one question, and coupons that end in one transaction.
_IDS_AT_ONCE: Final = 5_000
_OF_A_MEMBER_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch, which a promotion asks for by name; `reissue_days` 0: a coupon is never good again."""

    batch: str
    names: dict[str, str]
    value_minor: int = 0
    store_id: str = ""
    until_ms: int = 0
    reissue_days: int = 7


@dataclass(frozen=True, slots=True)
class NewCoupon:
    """A coupon to be issued; what is not said here (None) is as in its batch."""

    coupon_id: str
    member_id: str = ""
    store_id: str | None = None
    until_ms: int | None = None
    value_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """The sale for which something is done with a coupon, and where it is rung up."""

    transaction_id: str
    store_id: str = ""
    terminal_id: str = ""


@dataclass(frozen=True, slots=True)
class CouponRow:
    """A coupon as it stands; times in epoch milliseconds, 0 for none."""

    coupon_id: str
    batch: str
    state: str
    member_id: str
    store_id: str
    locked_by: str
    redeemed_by: str
    at_store: str
    at_terminal: str
    value_minor: int
    until_ms: int
    locked_until_ms: int
    changed_at_ms: int
    changes: int


# ------------------------------------------------------------------ the changes, each one statement
_THIS: Final = COUPON.c.coupon_id == bindparam("which")
_NOT_OVER: Final = or_(COUPON.c.until_ms == 0, COUPON.c.until_ms > bindparam("now_ms"))
_LOCKED_BY_IT: Final = and_(COUPON.c.state == LOCKED, COUPON.c.locked_by == bindparam("sale"))
_PLACE: Final[dict[str, Any]] = {"at_store": bindparam("store"), "at_terminal": bindparam("terminal")}


def _to(state: str, **values: Any) -> dict[Any, Any]:
    return {
        "state": state,
        "changed_at_ms": bindparam("now_ms"),
        "changes": COUPON.c.changes + 1,
        **values,
    }


def _change(where: Any, values: dict[Any, Any]) -> Update:
    return update(COUPON).where(_THIS, where).values(values).returning(COUPON.c.changes)


_LOCK: Final = _change(
    and_(
        or_(COUPON.c.state == ISSUED, _LOCKED_BY_IT),
        _NOT_OVER,
        or_(COUPON.c.store_id == "", COUPON.c.store_id == bindparam("store")),
        or_(COUPON.c.member_id == "", COUPON.c.member_id.in_(bindparam("members", expanding=True))),
    ),
    _to(LOCKED, locked_by=bindparam("sale"), locked_until_ms=bindparam("lock_until_ms"), **_PLACE),
)
#: A till may ring up before a coupon ends and be heard of after it.
_REDEEM: Final = _change(
    or_(
        _LOCKED_BY_IT,
        COUPON.c.state == ISSUED,
        and_(COUPON.c.state == EXPIRED, COUPON.c.until_ms > bindparam("sold_at_ms")),
    ),
    _to(REDEEMED, redeemed_by=bindparam("sale"), locked_by="", locked_until_ms=0, **_PLACE),
)
_RELEASE: Final = _change(_LOCKED_BY_IT, _to(ISSUED, locked_by="", locked_until_ms=0))
_VOID: Final = _change(COUPON.c.state.in_((ISSUED, EXPIRED)), _to(VOIDED))
_REISSUE: Final = _change(
    and_(COUPON.c.state == REDEEMED, COUPON.c.redeemed_by == bindparam("sale")),
    _to(
        ISSUED,
        redeemed_by="",
        until_ms=case(
            (COUPON.c.until_ms == 0, 0),
            (COUPON.c.until_ms > bindparam("least_until_ms"), COUPON.c.until_ms),
            else_=bindparam("least_until_ms"),
        ),
    ),
)
_EVENT: Final = insert(COUPON_EVENT)
_ROW: Final = select(*(COUPON.c[name] for name in CouponRow.__slots__))
_ONE: Final = _ROW.where(_THIS)


def lock(
    connection: Connection,
    coupon_id: str,
    sale: Sale,
    *,
    member_ids: Sequence[str],
    until_ms: int,
    now_ms: int,
) -> RefusedRight | None:
    """Keep a coupon for a sale, again too; None, or why it cannot be kept.

    `member_ids` are all ids of who stands at the till. The lock holds until it is released or used:
    `until_ms` is only told to others.
    """
    why = _refusal(coupon_id, coupon_of(connection, coupon_id), sale, member_ids, now_ms)
    if why is not None:
        return why
    values = {"members": list(member_ids) or ["\x01"], "lock_until_ms": until_ms}
    if _done(connection, _LOCK, LOCKED, coupon_id, sale, now_ms, values):
        return None
    return _why(connection, coupon_id, sale, member_ids, now_ms)


def redeem(
    connection: Connection, coupon_id: str, sale: Sale, *, sold_at_ms: int, now_ms: int
) -> RefusedRight | None:
    """Use a coupon up for a sale that stands; None, or why it was not free any more."""
    if _done(connection, _REDEEM, REDEEMED, coupon_id, sale, now_ms, {"sold_at_ms": sold_at_ms}):
        return None
    row = coupon_of(connection, coupon_id)
    if row is not None and row.state == REDEEMED and row.redeemed_by == sale.transaction_id:
        return None
    return _refusal(coupon_id, row, sale, (), now_ms) or RefusedRight(coupon_id, "locked", now_ms)


def release(connection: Connection, coupon_id: str, sale: Sale, *, now_ms: int, who: str = "") -> bool:
    """Let go of a coupon that is kept for this sale; whether it was."""
    return _done(connection, _RELEASE, RELEASED, coupon_id, sale, now_ms, {}, who)


def void(connection: Connection, coupon_id: str, *, who: str, now_ms: int) -> RefusedRight | None:
    """Make a coupon worthless that no sale has; None, or why it cannot be."""
    if _done(connection, _VOID, VOIDED, coupon_id, Sale(""), now_ms, {}, who):
        return None
    return _why(connection, coupon_id, Sale(""), (), now_ms)


def reissue(connection: Connection, coupon_id: str, sale: Sale, *, now_ms: int, who: str = "") -> bool:
    """Make a coupon good again that this sale used up, where its batch says so; whether it was."""
    days = connection.execute(
        select(COUPON_BATCH.c.reissue_days)
        .join(COUPON, COUPON.c.batch == COUPON_BATCH.c.batch)
        .where(COUPON.c.coupon_id == coupon_id)
    ).scalar()
    if not days:
        return False
    values = {"least_until_ms": now_ms + int(days) * DAY_MS}
    return _done(connection, _REISSUE, REISSUED, coupon_id, sale, now_ms, values, who)


def expire_due(connection: Connection, now_ms: int, *, most: int = _IDS_AT_ONCE) -> tuple[list[str], int]:
    """End coupons whose time is over and which no sale has; whose they were, and how many."""
    query = select(COUPON.c.coupon_id).where(
        COUPON.c.state == ISSUED, COUPON.c.until_ms > 0, COUPON.c.until_ms <= now_ms
    )
    due = connection.execute(query.order_by(COUPON.c.until_ms).limit(most)).scalars().all()
    over = (
        update(COUPON)
        .where(COUPON.c.coupon_id.in_(due), COUPON.c.state == ISSUED, COUPON.c.until_ms <= now_ms)
        .values(state=EXPIRED, changed_at_ms=now_ms, changes=COUPON.c.changes + 1)
        .returning(COUPON.c.coupon_id, COUPON.c.changes, COUPON.c.member_id)
    )
    if not due:
        return [], 0
    done = connection.execute(over).all()
    insert_rows(connection, COUPON_EVENT, [(row[0], row[1], EXPIRED, "", "", "", "", now_ms) for row in done])
    return sorted({row.member_id for row in done} - {""}), len(done)


def _done(
    connection: Connection,
    change: Update,
    kind: str,
    coupon_id: str,
    sale: Sale,
    now_ms: int,
    values: dict[str, Any],
    who: str = "",
) -> bool:
    told = {"sale": sale.transaction_id, "store": sale.store_id, "terminal": sale.terminal_id}
    changed = connection.execute(change, {"which": coupon_id, "now_ms": now_ms} | told | values).first()
    if changed is None:
        return False
    event = {
        "coupon_id": coupon_id,
        "change_no": changed[0],
        "kind": kind,
        "transaction_id": sale.transaction_id,
        "store_id": sale.store_id,
        "terminal_id": sale.terminal_id,
        "who": who,
        "at_ms": now_ms,
    }
    connection.execute(_EVENT, event)
    return True


# ------------------------------------------------------------------ why not
def _why(
    connection: Connection, coupon_id: str, sale: Sale, member_ids: Sequence[str], now_ms: int
) -> RefusedRight:
    why = _refusal(coupon_id, coupon_of(connection, coupon_id), sale, member_ids, now_ms)
    # Free again since it was asked for: whoever asks once more gets it.
    return why or RefusedRight(coupon_id, "locked", now_ms)


def _refusal(
    coupon_id: str, row: CouponRow | None, sale: Sale, member_ids: Sequence[str], now_ms: int
) -> RefusedRight | None:
    """Why a sale cannot have a coupon as it stands; None where it looks free."""
    if row is None:
        return RefusedRight(coupon_id, "unknown")
    if row.state == REDEEMED:
        return RefusedRight(coupon_id, "used", row.changed_at_ms)
    if row.state == VOIDED:
        return RefusedRight(coupon_id, "voided", row.changed_at_ms)
    if row.member_id and row.member_id not in member_ids and row.state != LOCKED:
        return RefusedRight(coupon_id, "other_member")
    if row.store_id and row.store_id != sale.store_id:
        return RefusedRight(coupon_id, "store")
    if row.state == EXPIRED or 0 < row.until_ms <= now_ms:
        return RefusedRight(coupon_id, "expired", row.until_ms)
    if row.state == LOCKED and row.locked_by != sale.transaction_id:
        return RefusedRight(coupon_id, "locked", row.locked_until_ms)
    return None


# ------------------------------------------------------------------ batches, issuing
def put_batch(connection: Connection, batch: Batch, *, who: str, now_ms: int) -> None:
    """Make a batch, or change what it says from now on; coupons that are out keep their own terms."""
    names = msgspec.json.encode(batch.names, order="sorted").decode()
    told = {
        "names": names,
        "store_id": batch.store_id,
        "value_minor": batch.value_minor,
        "until_ms": batch.until_ms,
        "reissue_days": batch.reissue_days,
    }
    statement = upsert(connection, COUPON_BATCH).values(
        batch=batch.batch, made_by=who, made_at_ms=now_ms, **told
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["batch"], set_=told))


def batch_of(connection: Connection, batch: str) -> Batch | None:
    """A batch by its name, or None."""
    row = connection.execute(select(COUPON_BATCH).where(COUPON_BATCH.c.batch == batch)).one_or_none()
    if row is None:
        return None
    return Batch(
        row.batch,
        msgspec.json.decode(row.names, type=dict[str, str]),
        int(row.value_minor),
        row.store_id,
        int(row.until_ms),
        int(row.reissue_days),
    )


def issue(
    connection: Connection, batch: Batch, coupons: Iterable[NewCoupon], *, who: str, now_ms: int
) -> int:
    """Issue coupons of a batch that is there; how many were new. An id that is known stays as it is."""
    wanted = {one.coupon_id: one for one in coupons}
    ids = list(wanted)
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = COUPON.c.coupon_id.in_(ids[start : start + _IDS_AT_ONCE])
        for known in connection.execute(select(COUPON.c.coupon_id).where(some)).scalars():
            del wanted[known]
    rows = []
    for one in wanted.values():
        store_id = batch.store_id if one.store_id is None else one.store_id
        value_minor = batch.value_minor if one.value_minor is None else one.value_minor
        until_ms = batch.until_ms if one.until_ms is None else one.until_ms
        texts = (one.coupon_id, batch.batch, ISSUED, one.member_id, store_id, "", "", "", "")
        rows.append((*texts, value_minor, until_ms, 0, now_ms, 1))
    insert_rows(connection, COUPON, rows)
    insert_rows(connection, COUPON_EVENT, [(one, 1, ISSUED, "", "", "", who, now_ms) for one in wanted])
    return len(rows)


# ------------------------------------------------------------------ reading
def coupon_of(connection: Connection, coupon_id: str) -> CouponRow | None:
    """A coupon as it stands, or None."""
    row = connection.execute(_ONE, {"which": coupon_id}).one_or_none()
    return None if row is None else CouponRow(*row)


def coupons_of(connection: Connection, member_id: str, now_ms: int) -> tuple[CouponBody, ...]:
    """What a till may know of a member's coupons that can be used now or are kept for an open sale."""
    return coupons_by_member(connection, (member_id,), now_ms).get(member_id, ())


def coupons_by_member(
    connection: Connection, member_ids: Sequence[str], now_ms: int
) -> dict[str, tuple[CouponBody, ...]]:
    """The same of several, by member; who has none is left out."""
    query = (
        select(COUPON, COUPON_BATCH.c.names)
        .join(COUPON_BATCH, COUPON_BATCH.c.batch == COUPON.c.batch)
        .where(COUPON.c.member_id.in_(member_ids), COUPON.c.state.in_((ISSUED, LOCKED)), _NOT_OVER)
        # The first to end first: of more than a till is told, these matter most.
        .order_by(case((COUPON.c.until_ms == 0, 1), else_=0), COUPON.c.until_ms, COUPON.c.coupon_id)
    )
    found: dict[str, list[CouponBody]] = {}
    for row in connection.execute(query, {"now_ms": now_ms}):
        theirs = found.setdefault(row.member_id, [])
        if len(theirs) < _OF_A_MEMBER_MOST:
            names = msgspec.json.decode(row.names, type=dict[str, str])
            until_ms, value_minor = int(row.until_ms) or None, int(row.value_minor)
            theirs.append(
                CouponBody(
                    row.coupon_id, row.batch, names, until_ms, row.store_id, value_minor, row.member_id
                )
            )
    return {member_id: tuple(theirs) for member_id, theirs in found.items()}


def events_of(connection: Connection, coupon_id: str) -> list[Any]:
    """What became of a coupon, oldest first; rows of `coupon_event`."""
    query = select(COUPON_EVENT).where(COUPON_EVENT.c.coupon_id == coupon_id)
    return list(connection.execute(query.order_by(COUPON_EVENT.c.change_no)))


def counts(connection: Connection, batch: str) -> dict[str, int]:
    """How many coupons of a batch there are in each state."""
    query = select(COUPON.c.state, func.count()).where(COUPON.c.batch == batch).group_by(COUPON.c.state)
    return {state: int(count) for state, count in connection.execute(query)}


def move_coupons(connection: Connection, from_id: str, to_id: str, now_ms: int) -> int:
    """Let a member's coupons be another's, who are the same person; how many there were."""
    moved = update(COUPON).where(COUPON.c.member_id == from_id).values(member_id=to_id, changed_at_ms=now_ms)
    return int(connection.execute(moved).rowcount)
