"""One member as the fleet page shows them: account, coupons, ledger, stores and visits, consents, history."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, func, select

from sync.hub.goods.store_facts import StoreFacts
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.members import known_member, references
from sync.hub.loyalty.points_reading import entries_of
from sync.hub.loyalty.programme_admin import programme_of
from sync.hub.schema.coupons import COUPON
from sync.hub.schema.members import BY_ALIAS, BY_CARD, BY_PHONE, MEMBER_CONSENT, MEMBER_EVENT, MEMBER_STORE
from sync.hub.schema.points import MEMBER_SPEND

ROWS_MOST: Final = 100


def member_values(connection: Connection, asked_id: str) -> dict[str, Any]:
    """What the page about a member shows; raises MemberError where there is none."""
    member = known_member(connection, asked_id)
    member_id = member.member_id
    found = references(connection, member_id)
    coupons = select(COUPON).where(COUPON.c.member_id == member_id).order_by(COUPON.c.changed_at_ms.desc())
    consents = select(MEMBER_CONSENT).where(MEMBER_CONSENT.c.member_id == member_id)
    history = select(MEMBER_EVENT).where(MEMBER_EVENT.c.member_id == member_id)
    return {
        "member": member,
        "former_ids": found[BY_ALIAS],
        "phones": found[BY_PHONE],
        "cards": found[BY_CARD],
        "account": account_of(connection, member_id),
        "coupons": connection.execute(coupons.limit(ROWS_MOST)).all(),
        "entries": entries_of(connection, member_id, most=ROWS_MOST),
        "stores": _visits(connection, member_id),
        "consents": connection.execute(consents.order_by(MEMBER_CONSENT.c.purpose)).all(),
        "history": connection.execute(
            history.order_by(MEMBER_EVENT.c.event_id.desc()).limit(ROWS_MOST)
        ).all(),
    }


def _visits(connection: Connection, member_id: str) -> list[dict[str, Any]]:
    """The stores that know a member, with how many sales of theirs each had."""
    spend, place = MEMBER_SPEND.c, MEMBER_STORE.c
    sales = select(spend.store_id, func.count(func.distinct(spend.sale_id)))
    counted = {
        store_id: int(count)
        for store_id, count in connection.execute(
            sales.where(spend.member_id == member_id).group_by(spend.store_id)
        )
    }
    query = select(place.store_id, place.seen_at_ms).where(place.member_id == member_id)
    seen = {row.store_id: int(row.seen_at_ms) for row in connection.execute(query)}
    return [
        {"store_id": one, "sales": counted.get(one, 0), "seen_at_ms": seen.get(one)}
        for one in sorted({*seen, *counted})
    ]


def level_names(connection: Connection, language: str, stores: tuple[StoreFacts, ...]) -> dict[str, str]:
    """What the programme calls its levels in a language."""
    programme = programme_of(connection, stores[0].currency if stores else "CNY")
    names: dict[str, str] = {}
    for level in programme.levels:
        told = level.names.get(language) or next(iter(level.names.values()), level.level_id)
        names[level.level_id] = told
    return names
