"""The rights of one person over what is kept of them: all of it in one document, and the end of it.

What is exported is everything that leads to the person, in clear where the hub has it in clear. What is
erased is gone from the hub's tables and withdrawn from every till; sales, points and sums stay under an id
that leads to nobody. Backups made before hold it still: erase again after putting one back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, select, update

from sync.hub.loyalty.joining import former_ids
from sync.hub.loyalty.member_stream import forget_stores, tell_revoked
from sync.hub.loyalty.members import NEVER_MS, hold_member, known_member, note, references
from sync.hub.schema.coupons import COUPON, COUPON_EVENT
from sync.hub.schema.members import (
    BY_CARD,
    BY_PHONE,
    ERASED,
    MEMBER,
    MEMBER_CONSENT,
    MEMBER_EVENT,
    MEMBER_JOIN,
    MEMBER_REF,
    MEMBER_STORE,
)
from sync.hub.schema.points import MEMBER_SPEND, POINTS_ACCOUNT, POINTS_BUCKET, POINTS_ENTRY
from sync.hub.schema.rights import MEMBER_STEP, RIGHTS_HOLD

#: Tables of rows about a member, by the name that they have in an export.
_ABOUT: Final[tuple[tuple[str, Table], ...]] = (
    ("consents", MEMBER_CONSENT),
    ("stores", MEMBER_STORE),
    ("joins", MEMBER_JOIN),
    ("history", MEMBER_EVENT),
    ("points_accounts", POINTS_ACCOUNT),
    ("points_buckets", POINTS_BUCKET),
    ("points_entries", POINTS_ENTRY),
    ("sales", MEMBER_SPEND),
    ("coupons", COUPON),
    ("codes_shown", MEMBER_STEP),
    ("kept_for_sales", RIGHTS_HOLD),
)


def export_member(connection: Connection, member_id: str, now_ms: int) -> dict[str, Any]:
    """Everything about one member, ready for JSON; raises MemberError. Times are epoch milliseconds."""
    member = known_member(connection, member_id)
    ids = former_ids(connection, member.member_id)
    told = references(connection, member.member_id)
    coupons = select(COUPON.c.coupon_id).where(COUPON.c.member_id.in_(ids))
    return {
        "exported_at_ms": now_ms,
        "member": {
            "member_id": member.member_id,
            "former_ids": list(ids[1:]),
            "status": member.status,
            "name": member.name,
            "phone": member.phone,
            "phones": list(told[BY_PHONE]),
            "cards": list(told[BY_CARD]),
            "external_id": member.external_id,
            "level": member.level,
            "level_since_ms": member.level_since_ms,
            "level_until_ms": member.level_until_ms,
            "tags": list(member.tags),
            "is_linked": member.is_linked,
            "joined_at_ms": member.joined_at_ms,
            "joined_store": member.joined_store,
            "codes_from_ms": member.codes_from_ms,
        },
        **{name: _rows(connection, table, ids) for name, table in _ABOUT},
        "coupon_history": _plain(
            connection.execute(
                select(COUPON_EVENT)
                .where(COUPON_EVENT.c.coupon_id.in_(coupons))
                .order_by(COUPON_EVENT.c.coupon_id, COUPON_EVENT.c.change_no)
            )
        ),
    }


def _rows(connection: Connection, table: Table, ids: Sequence[str]) -> list[dict[str, Any]]:
    query = select(table).where(table.c.member_id.in_(ids)).order_by(*table.primary_key.columns)
    return _plain(connection.execute(query))


def _plain(rows: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in rows:
        # Bytes are answers and lines as they travelled; what they say stands in the columns.
        plain = {name: value for name, value in row._mapping.items() if not isinstance(value, bytes)}
        if isinstance(plain.get("detail"), str):
            plain["detail"] = json.loads(plain["detail"])
        found.append(plain)
    return found


def erase_member(connection: Connection, member_id: str, *, who: str, now_ms: int) -> str:
    """Let nothing lead to a person any more, here and at the tills; the id that stays. Raises MemberError.

    Their points and coupons stay under that id and nobody can use them; a card or code of theirs is refused.
    """
    member = hold_member(connection, member_id)
    ids = former_ids(connection, member.member_id)
    note(connection, member.member_id, "erased", who=who, now_ms=now_ms)
    connection.execute(
        update(MEMBER)
        .where(MEMBER.c.member_id.in_(ids))
        .values(
            name="", name_key="", phone="", phone_tail="", external_id="", tags="[]", is_linked=0,
            codes_from_ms=NEVER_MS, changed_at_ms=now_ms, version=MEMBER.c.version + 1,
        )
    )  # fmt: skip
    connection.execute(update(MEMBER).where(MEMBER.c.member_id == member.member_id).values(status=ERASED))
    found = (MEMBER_REF.c.member_id == member.member_id, MEMBER_REF.c.kind.in_((BY_PHONE, BY_CARD)))
    connection.execute(delete(MEMBER_REF).where(*found))
    agreed = MEMBER_CONSENT.c
    connection.execute(
        update(MEMBER_CONSENT)
        .where(agreed.member_id.in_(ids), agreed.withdrawn_at_ms == 0)
        .values(withdrawn_at_ms=now_ms)
    )
    for known_as in ids:
        tell_revoked(connection, known_as, NEVER_MS, now_ms)
    forget_stores(connection, member.member_id, now_ms)
    return member.member_id
