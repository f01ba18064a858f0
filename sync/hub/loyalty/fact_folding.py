"""What one fact of a till does to members' rights, inside the transaction that writes down that it is done.

A sale stands as the till stored it: coupons and points that are there are used, what is not there any more
becomes somebody's to work off. A return that comes before its sale waits for it, whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from posapp.domain.members.points_dates import dates_of_earned, least_end_of_points_back_ms
from sync.hub.database import upsert
from sync.hub.loyalty import coupons, points
from sync.hub.loyalty.compensation import CompensationKind, Loss, compensate
from sync.hub.loyalty.gift_folding import fold_gifts
from sync.hub.loyalty.holds import end_rows, let_go_of, live_holds, terms
from sync.hub.loyalty.leases import close_lease, settle_spend
from sync.hub.loyalty.members import add_store, canonical, member_of
from sync.hub.loyalty.points import Cause
from sync.hub.loyalty.rights_facts import (
    GIFT_TENDER,
    RETURN_KIND,
    SALE_KIND,
    Closed,
    Joined,
    Released,
    Return,
    RightsFact,
    Sale,
    Voided,
    rights_fact,
)
from sync.hub.schema.points import MEMBER_SPEND, NEVER_MS
from sync.hub.schema.rights import FOLDED, RELEASED, RIGHTS_FACT, USED, WAITING
from sync.hub.schema.status import TERMINAL_STATUS
from sync.protocol.codec import decode_envelope, encode_envelope
from sync.protocol.envelope import Envelope
from sync.protocol.loyalty import LeaseHeld

#: A sale that a return has come for before it.
AWAITED: Final = "awaited"
#: By so much a till's clock may be wrong and is believed all the same.
CLOCK_ERROR_MS: Final = 10 * 60_000


@dataclass(slots=True)
class Folding:
    """One fact on its way in."""

    connection: Connection
    envelope: Envelope
    now_ms: int
    touched: set[str] = field(default_factory=set)

    @property
    def place(self) -> tuple[str, str]:
        """The store and terminal that it happened at."""
        return self.envelope.store_id, self.envelope.terminal_id

    def cause(self, source_id: str) -> Cause:
        """Why accounts change."""
        return Cause(source_id, *self.place)

    def sale(self, transaction_id: str) -> coupons.Sale:
        """The sale for which coupons change."""
        return coupons.Sale(transaction_id, *self.place)

    def lost(
        self,
        kind: CompensationKind,
        right_id: str,
        sale: Sale,
        amount_minor: int,
        *,
        lease_id: str,
        points: int = 0,
    ) -> None:
        """What the sale gave away and nobody could be charged with is somebody's to work off."""
        named = (self.place[0], sale.transaction_id, kind, right_id, amount_minor)
        loss = Loss(*named, self.place[1], sale.operator_id, points, lease_id)
        compensate(self.connection, loss, now_ms=self.now_ms)

    def spent(self, lease_id: str, amount: int, sale: Sale, part: str) -> None:
        """Count what the sale spent under a lease, if it did."""
        if lease_id:
            settle_spend(
                self.connection,
                self.place,
                lease_id,
                amount,
                transaction_id=sale.transaction_id,
                part=part,
                now_ms=self.now_ms,
            )


def fold_fact(folding: Folding, fact: RightsFact) -> bool:
    """Do to rights what a fact says, unless it is done already; whether it was new."""
    match fact:
        case Sale():
            is_new = _fold_sale(folding, fact)
        case Return():
            is_new = _fold_return(folding, fact)
        case Voided():
            is_new = _claim(folding, fact.transaction_id)
            _let_go(folding, fact.transaction_id, None)
        case Released():
            is_new = _claim(folding, fact.hold_id or fact.transaction_id)
            _let_go(folding, fact.transaction_id, fact.hold_id or None)
        case Closed():
            is_new = _claim(folding, fact.lease_id)
            if is_new:
                held = LeaseHeld(fact.lease_id, fact.spent, is_closed=True)
                close_lease(folding.connection, folding.place, held, now_ms=folding.now_ms)
        case Joined():
            is_new = _claim(folding, fact.join_id)
            folding.touched.add(canonical(folding.connection, fact.member_id))
    _fold_gifts(folding)
    return is_new


def _fold_gifts(folding: Folding) -> None:
    for short in fold_gifts(folding.connection, folding.envelope, now_ms=folding.now_ms):
        kind: CompensationKind = "gift_spent" if short.kind == "gift_spent" else "gift_returned"
        named = (folding.place[0], short.transaction_id, kind, short.card_id, short.amount_minor)
        loss = Loss(*named, folding.place[1], short.operator_id, lease_id=short.lease_id)
        compensate(folding.connection, loss, now_ms=folding.now_ms)


def _claim(folding: Folding, source_id: str, *, sale_id: str = "", state: str = FOLDED) -> bool:
    """Write down that a fact is folded; whether it was not yet. Another that folds it now is waited for."""
    row = {
        "source_id": source_id,
        "kind": folding.envelope.kind,
        "sale_id": sale_id,
        "state": state,
        "store_id": folding.envelope.store_id,
        "terminal_id": folding.envelope.terminal_id,
        "at_ms": folding.now_ms,
        "line": b"",
    }
    statement = upsert(folding.connection, RIGHTS_FACT).values(**row)
    claimed = statement.on_conflict_do_update(
        index_elements=["source_id", "kind"],
        set_={name: row[name] for name in ("state", "store_id", "terminal_id", "at_ms", "line")},
        # What waits, or is awaited, is folded now.
        where=(RIGHTS_FACT.c.state != FOLDED) & (state == FOLDED),
    ).returning(RIGHTS_FACT.c.kind)
    return folding.connection.execute(claimed).first() is not None


def _let_go(folding: Folding, transaction_id: str, hold_id: str | None) -> None:
    rows = live_holds(folding.connection, folding.sale(transaction_id))
    mine = [row for row in rows if hold_id is None or row.hold_id == hold_id]
    let_go_of(folding.connection, mine, RELEASED, folding.now_ms)


# ------------------------------------------------------------------ sales
def _fold_sale(folding: Folding, sale: Sale) -> bool:
    if not _claim(folding, sale.transaction_id, sale_id=sale.transaction_id):
        return False
    held = live_holds(folding.connection, folding.sale(sale.transaction_id))
    _use_points(folding, sale, held)
    end_rows(folding.connection, held, USED, folding.now_ms)
    _use_coupons(folding, sale, held)
    if sale.member is not None:
        _earn(folding, sale, canonical(folding.connection, sale.member.member_id))
    for tender in sale.tenders:
        if tender.kind == GIFT_TENDER:
            folding.spent(tender.lease_id, tender.amount_minor, sale, f"gift:{tender.tender_no}")
    waiting = select(RIGHTS_FACT.c.line).where(
        RIGHTS_FACT.c.state == WAITING, RIGHTS_FACT.c.sale_id == sale.transaction_id
    )
    for line in folding.connection.execute(waiting.order_by(RIGHTS_FACT.c.source_id)).scalars().all():
        envelope = decode_envelope(bytes(line))
        back = rights_fact(envelope)
        if isinstance(back, Return):
            later = Folding(folding.connection, envelope, folding.now_ms)
            _fold_return(later, back)
            folding.touched |= later.touched
    return True


def _use_points(folding: Folding, sale: Sale, held: Sequence[Any]) -> None:
    connection, now_ms = folding.connection, folding.now_ms
    member_id = "" if sale.member is None else canonical(connection, sale.member.member_id)
    kept = 0
    for row in held:
        if row.points and canonical(connection, row.member_id) == member_id:
            kept += int(row.points)
        elif row.points:
            points.let_go(connection, canonical(connection, row.member_id), int(row.points), now_ms)
    if sale.member is None:
        return
    used = sale.member.points_used
    cause = folding.cause(sale.transaction_id)
    found = points.use(connection, cause, member_id, used, kept=kept, now_ms=now_ms)
    lease_id = sale.member.points_lease_id
    folding.spent(lease_id, used, sale, "points")
    if found < used:
        short = used - found
        amount_minor = -(-sale.member.points_minor * short // used)
        folding.lost("points", member_id, sale, amount_minor, points=short, lease_id=lease_id)


def _use_coupons(folding: Folding, sale: Sale, held: Sequence[Any]) -> None:
    connection, now_ms = folding.connection, folding.now_ms
    kept = {one for row in held for one in msgspec.json.decode(row.coupons, type=list[str])}
    this = folding.sale(sale.transaction_id)
    used = {one.coupon_id: one for one in sale.coupons}
    sold_at_ms = hub_time_of(connection, folding.place, sale.completed_at_ms, now_ms)
    for coupon_id, one in sorted(used.items()):
        why = coupons.redeem(connection, coupon_id, this, sold_at_ms=sold_at_ms, now_ms=now_ms)
        row = coupons.coupon_of(connection, coupon_id)
        if row is not None and row.member_id:
            folding.touched.add(row.member_id)
        folding.spent(one.lease_id, one.amount_minor, sale, f"coupon:{coupon_id}")
        if why is not None:
            folding.lost("coupon", coupon_id, sale, one.amount_minor, lease_id=one.lease_id)
    for coupon_id in sorted(kept - set(used)):
        coupons.release(connection, coupon_id, this, now_ms=now_ms)


def _earn(folding: Folding, sale: Sale, member_id: str) -> None:
    if sale.member is None:
        return
    connection, now_ms = folding.connection, folding.now_ms
    rules = terms(connection)
    sold_at_ms = hub_time_of(connection, folding.place, sale.completed_at_ms, now_ms)
    dates = dates_of_earned(rules, sold_at_ms)
    points.earn(
        connection,
        folding.cause(sale.transaction_id),
        member_id,
        sale.member.points_earned,
        ripens_ms=dates.ripen_ms,
        ends_ms=NEVER_MS if dates.end_ms is None else dates.end_ms,
        now_ms=now_ms,
    )
    sources = (sale.transaction_id, sale.transaction_id)
    _spend(folding, member_id, sources, sale.spend_minor, at_ms=sold_at_ms, closes_ms=dates.ripen_ms)
    if member_of(connection, member_id) is not None:
        add_store(connection, folding.envelope.store_id, member_id, now_ms)
    folding.touched.add(member_id)


def _spend(
    folding: Folding,
    member_id: str,
    sources: tuple[str, str],
    amount_minor: int,
    *,
    at_ms: int,
    closes_ms: int,
) -> None:
    """Count what a fact says was paid; `sources` are the fact's own id and its sale's."""
    row = {
        "member_id": member_id,
        "source_id": sources[0],
        "sale_id": sources[1],
        "store_id": folding.envelope.store_id,
        "amount_minor": amount_minor,
        "at_ms": at_ms,
        "closes_ms": closes_ms,
    }
    folding.connection.execute(insert(MEMBER_SPEND), row)


# ------------------------------------------------------------------ returns
def _fold_return(folding: Folding, back: Return) -> bool:
    if not back.needs_sale:
        return False
    if not _has_sale(folding, back.sale_id):
        is_new = _claim(folding, back.return_id, sale_id=back.sale_id, state=WAITING)
        if is_new:
            _keep_line(folding, back.return_id)
        return is_new
    if not _claim(folding, back.return_id, sale_id=back.sale_id):
        return False
    connection, now_ms = folding.connection, folding.now_ms
    cause = folding.cause(back.return_id)
    least_ends_ms = least_end_of_points_back_ms(terms(connection), now_ms)
    # Points that were used come first: they may have filled what is taken back.
    whose, _given = points.give_back(
        connection, cause, back.sale_id, back.points_back, least_ends_ms=least_ends_ms, now_ms=now_ms
    )
    folding.touched.add(whose)
    whose, _taken = points.take_back(connection, cause, back.sale_id, back.points_taken, now_ms=now_ms)
    folding.touched.add(whose)
    for coupon_id in sorted(set(back.coupons_back)):
        if coupons.reissue(connection, coupon_id, folding.sale(back.sale_id), now_ms=now_ms):
            row = coupons.coupon_of(connection, coupon_id)
            folding.touched.add("" if row is None else row.member_id)
    query = select(MEMBER_SPEND.c.member_id, MEMBER_SPEND.c.closes_ms).where(
        MEMBER_SPEND.c.source_id == back.sale_id
    )
    if back.member_id:
        member_id = canonical(connection, back.member_id)
        sold = connection.execute(query.where(MEMBER_SPEND.c.member_id == member_id)).one_or_none()
        if sold is not None:
            at_ms = hub_time_of(connection, folding.place, back.completed_at_ms, now_ms)
            closes_ms = max(at_ms, int(sold.closes_ms))
            sources = (back.return_id, back.sale_id)
            _spend(folding, member_id, sources, -back.spend_minor, at_ms=at_ms, closes_ms=closes_ms)
            folding.touched.add(member_id)
    return True


def hub_time_of(connection: Connection, place: tuple[str, str], told_ms: int, now_ms: int) -> int:
    """The hub's time of what a till did, never later than now; told by a clock that may be wrong.

    What it was off by when the till was heard last is taken off, as far as that is more than a clock may be
    wrong: neither an old date nor a future one makes points ripen sooner or later.
    """
    status = TERMINAL_STATUS.c
    query = select(status.clock_offset_ms).where(status.store_id == place[0], status.terminal_id == place[1])
    off_ms = int(connection.execute(query).scalar() or 0)
    return min(told_ms - off_ms if abs(off_ms) > CLOCK_ERROR_MS else told_ms, now_ms)


def _has_sale(folding: Folding, sale_id: str) -> bool:
    """Whether the sale is folded; if not, it is written down that it is waited for.

    One that is being folded at the same time is waited for here, so that neither passes the other unseen.
    """
    row = {
        "source_id": sale_id,
        "kind": SALE_KIND,
        "sale_id": sale_id,
        "state": AWAITED,
        "store_id": folding.envelope.store_id,
        "terminal_id": folding.envelope.terminal_id,
        "at_ms": folding.now_ms,
        "line": b"",
    }
    connection = folding.connection
    connection.execute(upsert(connection, RIGHTS_FACT).values(**row).on_conflict_do_nothing())
    query = select(RIGHTS_FACT.c.state).where(
        RIGHTS_FACT.c.source_id == sale_id, RIGHTS_FACT.c.kind == SALE_KIND
    )
    return bool(connection.execute(query).scalar() == FOLDED)


def _keep_line(folding: Folding, return_id: str) -> None:
    this = (RIGHTS_FACT.c.source_id == return_id, RIGHTS_FACT.c.kind == RETURN_KIND)
    line = encode_envelope(folding.envelope)
    folding.connection.execute(update(RIGHTS_FACT).where(*this).values(line=line))
