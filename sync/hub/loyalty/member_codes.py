"""Codes that the hub signs: strips of member codes for the retailer's app, and codes of single coupons.

The app fetches a strip ahead of time and shows each code while its step lasts, so it works where the shop has
no network either. How far ahead codes were handed out is kept: taking them back reaches as far.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, update

from posapp.domain.members.member_codes import make_coupon_code, make_member_code, member_step
from posapp.domain.members.terms import Coupon
from sync.hub.loyalty.coupons import coupon_of
from sync.hub.loyalty.members import MemberError, hold_member
from sync.hub.loyalty.programme_admin import programme_of
from sync.hub.schema.coupons import ISSUED, LOCKED
from sync.hub.schema.members import BLOCKED, MEMBER
from sync.hub.trust.hub_keys import signing_key
from sync.protocol.signing import sign

#: Nobody gets codes of later than that: a strip that was stolen is of no use after it.
AHEAD_MOST_MS: Final = 86_400_000
CODES_MOST: Final = 1_500
_FIRST_ZONE: Final = timedelta(hours=14)
#: What ends later than this is told by the coupon's row only: a code can say days of this century.
_CODES_END_MS: Final = 4_102_000_000_000


@dataclass(frozen=True, slots=True)
class MemberCode:
    """A code and the time (epoch milliseconds) in which an app shows it: from, and up to but not at."""

    text: str
    from_ms: int
    until_ms: int


def member_codes(
    connection: Connection, member_id: str, from_ms: int, count: int, *, now_ms: int
) -> tuple[MemberCode, ...]:
    """Codes for `count` steps from a time on, as many of them as may be handed out now; raises MemberError.

    Steps that were taken back are left out: after a revocation a strip may begin later than was asked.
    """
    member = hold_member(connection, member_id)
    if member.status == BLOCKED:
        raise MemberError("blocked", f"{member.member_id} is blocked; codes of theirs are taken nowhere")
    step_ms = programme_of(connection).codes.step_s * 1000
    first = max(member_step(from_ms, step_ms // 1000), member_step(now_ms, step_ms // 1000))
    first = max(first, -(-member.codes_from_ms // step_ms))
    last = min(first + min(count, CODES_MOST), member_step(now_ms + AHEAD_MOST_MS, step_ms // 1000))
    key_id, private_key = signing_key(connection)
    codes = tuple(
        MemberCode(
            make_member_code(
                member.member_id, step, key_id=key_id, sign=lambda message: sign(private_key, message)
            ),
            step * step_ms,
            (step + 1) * step_ms,
        )
        for step in range(first, last)
    )
    if codes and codes[-1].until_ms > member.codes_given_to_ms:
        row = update(MEMBER).where(MEMBER.c.member_id == member.member_id)
        connection.execute(row.values(codes_given_to_ms=codes[-1].until_ms))
    return codes


def coupon_code(connection: Connection, coupon_id: str) -> str:
    """The code of a coupon that can still be used; raises MemberError."""
    row = coupon_of(connection, coupon_id)
    if row is None:
        raise MemberError("unknown", f"there is no coupon {coupon_id!r}")
    if row.state not in (ISSUED, LOCKED):
        raise MemberError(row.state, f"coupon {coupon_id} is {row.state}; it has no code any more")
    until = ""
    if 0 < row.until_ms <= _CODES_END_MS:
        # The day of its last moment where days begin first: its row ends it to the moment.
        last = datetime.fromtimestamp((row.until_ms - 1) // 1000, UTC) + _FIRST_ZONE
        until = last.date().isoformat()
    coupon = Coupon(row.coupon_id, row.batch, store_id=row.store_id, value_minor=row.value_minor)
    key_id, private_key = signing_key(connection)
    return make_coupon_code(
        coupon, key_id=key_id, sign=lambda message: sign(private_key, message), until=until
    )
