"""What the tills of a store know of their members: a row for each in the store's stream, kept up to date.

A row holds no name and no phone in clear. It is written when it would say something else than the stream
does, its time left aside: what is older than a till's last contact is what nothing happened to. Streams are
held before a member is read, or an older answer could be written after a newer one: refreshing comes last in
a transaction, after every account that it touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, select

from posapp.domain.members.masks import RefKind, lookup_ref, masked_name, normalised_name, phone_tail
from sync.hub.feeds.streams import changed_rows, held_bodies, hold_streams, put_rows
from sync.hub.goods.shop_admin import store_ids
from sync.hub.loyalty.accounts import Account, accounts_of
from sync.hub.loyalty.coupons import coupons_by_member
from sync.hub.loyalty.members import (
    Member,
    canonical,
    canonical_ids,
    member_of,
    members_of,
    references_of,
    stores_of,
)
from sync.hub.loyalty.programme_rows import stored_programme
from sync.hub.schema.feeds import FEED_ROW
from sync.hub.schema.members import BLOCKED, BY_ALIAS, BY_CARD, BY_PHONE, MEMBER_STORE
from sync.hub.schema.points import MEMBER_SPEND
from sync.protocol.codec import decode_message, encode_message
from sync.protocol.loyalty import REVOKED_PREFIX, MemberBody, RevokedBody
from sync.protocol.versions import STREAM_MEMBERS

#: Far longer than a code counts on the till whose clock is least sure.
_REVOKED_KEPT_MS: Final = 7 * 86_400_000
#: Members of one question to the database.
_AT_ONCE: Final = 1_000
_REF_KINDS: Final[dict[str, RefKind]] = {BY_PHONE: "phone", BY_CARD: "card"}


# ------------------------------------------------------------------ what is told of a member
def member_body(connection: Connection, member_id: str, now_ms: int) -> MemberBody | None:
    """A member as tills may know them, or None for nobody; any of their ids will do."""
    member = member_of(connection, canonical(connection, member_id))
    return None if member is None or not member.is_there else body_of(connection, member, now_ms)


def body_of(connection: Connection, member: Member, now_ms: int) -> MemberBody:
    """The same of a member that was read already."""
    return bodies_of(connection, {member.member_id: member}, now_ms)[member.member_id]


def bodies_of(connection: Connection, members: Mapping[str, Member], now_ms: int) -> dict[str, MemberBody]:
    """The same of several, by their ids."""
    ids = tuple(members)
    accounts = accounts_of(connection, ids)
    coupons = coupons_by_member(connection, ids, now_ms)
    spend = MEMBER_SPEND.c
    sales = select(spend.member_id, func.count(func.distinct(spend.sale_id))).group_by(spend.member_id)
    counted = connection.execute(sales.where(spend.member_id.in_(ids)))
    orders: dict[str, int] = {member_id: int(count) for member_id, count in counted}
    leading = references_of(connection, ids)
    key = stored_programme(connection).lookup_key
    found = {}
    for member_id, member in members.items():
        account = accounts.get(member_id, Account())
        found[member_id] = MemberBody(
            member_id=member_id,
            name=masked_name(member.name),
            phone_tail=phone_tail(member.phone),
            level=member.level,
            tags=member.tags,
            # What is held for an open sale is told as well: the till that holds it must not lose sight of it.
            points=max(0, account.active - account.debt),
            pending=account.pending,
            coupons=coupons.get(member_id, ()),
            orders_before=orders.get(member_id, 0),
            is_linked=member.is_linked,
            is_blocked=member.status == BLOCKED,
            codes_from_ms=member.codes_from_ms,
            refs=_refs(key, member, leading[member_id]),
            as_of_ms=now_ms,
        )
    return found


def _refs(key: str, member: Member, leading: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    refs: list[tuple[str, str]] = []
    for kind, texts in leading.items():
        if kind == BY_ALIAS:
            refs += [("id", text) for text in texts]
        else:
            refs += [(kind, lookup_ref(key, _REF_KINDS[kind], text)) for text in texts]
    if name := normalised_name(member.name):
        refs.append(("name", lookup_ref(key, "name", name)))
    return tuple(sorted(refs))


# ------------------------------------------------------------------ the stores' streams
def refresh_member(connection: Connection, member_id: str, now_ms: int) -> int:
    """Bring the streams of the stores that know a member up to date; how many rows changed.

    Last in a transaction. Whoever is erased, or another name of somebody by now, is taken away there.
    """
    return refresh_members(connection, (member_id,), now_ms)


def hold_stores(connection: Connection, wanted: Iterable[str]) -> None:
    """Let nobody else write about members to these stores; in one order, before anybody is read."""
    for store_id in sorted(set(wanted)):
        hold_streams(connection, store_id, (STREAM_MEMBERS,))


def refresh_members(connection: Connection, member_ids: Iterable[str], now_ms: int) -> int:
    """The same for several; how many rows changed."""
    wanted = tuple(dict.fromkeys(member_ids))
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    pages = [sorted(set(canonical_ids(connection, part).values())) for part in parts]
    by_store: list[dict[str, list[str]]] = []
    for ids in pages:
        known: dict[str, list[str]] = {}
        query = select(MEMBER_STORE.c.store_id, MEMBER_STORE.c.member_id)
        for store_id, member_id in connection.execute(query.where(MEMBER_STORE.c.member_id.in_(ids))):
            known.setdefault(store_id, []).append(member_id)
        by_store.append(known)
    hold_stores(connection, {store_id for known in by_store for store_id in known})
    count = 0
    for ids, known in zip(pages, by_store, strict=True):
        members = {key: one for key, one in members_of(connection, ids).items() if one.is_there}
        bodies = bodies_of(connection, members, now_ms)
        for store_id in sorted(known):
            count += _put_bodies(
                connection, store_id, [(one, bodies.get(one)) for one in known[store_id]], now_ms
            )
    return count


def _put_bodies(
    connection: Connection, store_id: str, bodies: Sequence[tuple[str, MemberBody | None]], now_ms: int
) -> int:
    """Write the rows that would say something else; None for who is nobody any more."""
    held = held_bodies(connection, store_id, STREAM_MEMBERS, [member_id for member_id, _body in bodies])
    rows: list[tuple[str, bytes | None]] = []
    for member_id, body in bodies:
        before = held.get(member_id)
        if body is None:
            rows += [(member_id, None)] if before is not None else []
        elif before is None or _says_else(before, body):
            rows.append((member_id, encode_message(body)))
    return put_rows(connection, store_id, STREAM_MEMBERS, rows, now_ms)


def _says_else(before: bytes, body: MemberBody) -> bool:
    known = decode_message(before, MemberBody)
    return msgspec.structs.replace(known, as_of_ms=body.as_of_ms) != body


def withdraw(connection: Connection, member_id: str, now_ms: int, stores: Sequence[str] | None = None) -> int:
    """Take a member's row from the stores' streams (all that know them by default); how many had it."""
    count = 0
    for store_id in stores_of(connection, member_id) if stores is None else stores:
        hold_streams(connection, store_id, (STREAM_MEMBERS,))
        if held_bodies(connection, store_id, STREAM_MEMBERS, [member_id]):
            count += put_rows(connection, store_id, STREAM_MEMBERS, [(member_id, None)], now_ms)
    return count


def forget_stores(connection: Connection, member_id: str, now_ms: int) -> int:
    """From now on no store's tills know a member; how many did."""
    count = withdraw(connection, member_id, now_ms)
    connection.execute(delete(MEMBER_STORE).where(MEMBER_STORE.c.member_id == member_id))
    return count


def tell_revoked(connection: Connection, member_id: str, codes_from_ms: int, now_ms: int) -> int:
    """Tell every store from which time on codes of this id count (0: all do again); how many rows changed.

    Every store, since a code is taken where nobody has heard of the member as well.
    """
    key = f"{REVOKED_PREFIX}{member_id}"
    body = encode_message(RevokedBody(member_id, codes_from_ms)) if codes_from_ms else None
    count = 0
    for store_id in store_ids(connection):
        hold_streams(connection, store_id, (STREAM_MEMBERS,))
        if body is None and not held_bodies(connection, store_id, STREAM_MEMBERS, [key]):
            continue
        changed = changed_rows(connection, store_id, STREAM_MEMBERS, [(key, body)])
        count += put_rows(connection, store_id, STREAM_MEMBERS, changed, now_ms)
    return count


def fit_revoked(connection: Connection, store_id: str, now_ms: int) -> int:
    """Tell a store that is new whose codes do not count; how many rows changed."""
    if connection.execute(select(FEED_ROW.c.key).where(*_revoked_rows(store_id)).limit(1)).first():
        return 0
    found: dict[str, bytes] = {}
    for other in store_ids(connection):
        if other != store_id and not found:
            query = select(FEED_ROW.c.key, FEED_ROW.c.body).where(*_revoked_rows(other))
            found = {key: bytes(body) for key, body in connection.execute(query)}
    return put_rows(connection, store_id, STREAM_MEMBERS, found.items(), now_ms)


def forget_revoked(connection: Connection, store_id: str, now_ms: int) -> int:
    """Let go of revocations that no code's time can reach any more; how many there were."""
    query = select(FEED_ROW.c.key, FEED_ROW.c.body).where(*_revoked_rows(store_id))
    old: list[tuple[str, bytes | None]] = [
        (row.key, None)
        for row in connection.execute(query)
        if decode_message(bytes(row.body), RevokedBody).codes_from_ms < now_ms - _REVOKED_KEPT_MS
    ]
    return put_rows(connection, store_id, STREAM_MEMBERS, old, now_ms)


def _revoked_rows(store_id: str) -> tuple[Any, ...]:
    row = FEED_ROW.c
    is_one = row.key.startswith(REVOKED_PREFIX, autoescape=True)
    return row.store_id == store_id, row.stream == STREAM_MEMBERS, row.deleted == 0, is_one
