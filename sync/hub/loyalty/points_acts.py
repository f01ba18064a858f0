"""What people do to points: give some or take some, with a reason; tills that know the member hear of it."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection

from sync.hub.loyalty.accounts import Cause, take_accounts
from sync.hub.loyalty.member_stream import refresh_member
from sync.hub.loyalty.members import MemberError, hold_member
from sync.hub.loyalty.points import adjust, bring_up
from sync.hub.loyalty.programme_admin import programme_of
from sync.hub.schema.points import NEVER_MS

POINTS_MOST: Final = 1_000_000_000
REASON_MOST_CHARS: Final = 300
_DAY_MS: Final = 86_400_000


def adjust_points(
    connection: Connection, member_id: str, points: int, *, who: str, reason: str, now_ms: int
) -> str:
    """Give a member points at once, or take some (below 0); whose account it is. Raises MemberError.

    Given points end like earned ones. What is not there or is held for a sale cannot be taken.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MOST_CHARS or not reason.isprintable():
        raise MemberError("bad_reason", f"a reason of 1 to {REASON_MOST_CHARS} signs is needed")
    if points == 0 or abs(points) > POINTS_MOST:
        raise MemberError("bad_points", f"points are -{POINTS_MOST} to {POINTS_MOST}, and not 0")
    member = hold_member(connection, member_id)
    take_accounts(connection, (member.member_id,))
    bring_up(connection, member.member_id, now_ms)
    days = programme_of(connection).points_days
    cause = Cause(f"adjust-{secrets.token_hex(8)}", who=who, note=reason)
    ends_ms = now_ms + days * _DAY_MS if days else NEVER_MS
    if not adjust(connection, cause, member.member_id, points, ends_ms=ends_ms, now_ms=now_ms):
        raise MemberError("balance", "so many points are not there, or some are held for an open sale")
    refresh_member(connection, member.member_id, now_ms)
    return member.member_id
