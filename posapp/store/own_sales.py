"""What this till's own sales did to members' rights and the hub has not heard of yet.

The hub's word about a member is of before those sales: without taking them off, one coupon would be used by
two sales of one outage, and points that are gone would be shown. Read from the journal of what waits to be
sent; a sale that is sent is in what the hub says next.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from posapp.domain.members.terms import MemberCard
from posapp.store.engine import Connection, open_reader
from posapp.store.troubles import UNFIT, DatabaseError

#: Sales that name something, of those that wait; the hub has all others.
_WAITING: Final = (
    "SELECT body FROM journal WHERE journal_no > (SELECT acked_no FROM till) "
    "AND kind = 'TransactionCompleted' AND instr(body, CAST(?1 AS BLOB)) > 0"
)


class _Member(msgspec.Struct, frozen=True):
    member_id: str
    points_earned: int = 0
    points_used: int = 0


class _Coupon(msgspec.Struct, frozen=True):
    coupon_id: str


class _Sale(msgspec.Struct, frozen=True):
    member: _Member | None = None
    coupons: tuple[_Coupon, ...] = ()


class _Line(msgspec.Struct, frozen=True):
    body: _Sale


_decode: Final = msgspec.json.Decoder(_Line).decode


class OwnSales:
    """Sales of this till that wait to be sent; used by one thread, opened with the first question."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._connection: Connection | None = None

    def card_after(self, card: MemberCard) -> MemberCard:
        """The member as they are after those sales: coupons used are gone, points used and earned counted."""
        sales = [each for each in self._naming(card.member_id) if each.member is not None]
        own = [each for each in sales if each.member is not None and each.member.member_id == card.member_id]
        if not own:
            return card
        used = {coupon.coupon_id for each in own for coupon in each.coupons}
        return replace(
            card,
            points=card.points - sum(each.member.points_used for each in own if each.member),
            pending=card.pending + sum(each.member.points_earned for each in own if each.member),
            coupons=tuple(each for each in card.coupons if each.coupon_id not in used),
        )

    def used_coupon(self, coupon_id: str) -> bool:
        """Whether one of those sales used this coupon."""
        return any(coupon_id == each.coupon_id for sale in self._naming(coupon_id) for each in sale.coupons)

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _naming(self, text: str) -> list[_Sale]:
        try:
            if self._connection is None:
                self._connection = open_reader(self._ledger)
            rows = self._connection.execute(_WAITING, (text,)).fetchall()
            return [_decode(bytes(body)).body for (body,) in rows]
        except (DatabaseError, msgspec.MsgspecError, *UNFIT):
            # A ledger that cannot be read stops the commit of the next sale anyway, and says so there.
            return []
