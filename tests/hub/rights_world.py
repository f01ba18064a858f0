"""Members, coupons, points and facts of tills for tests of rights: little of each, spelt as on the wire."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import func, select

from sync.hub.database import Database
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.coupons import Batch, CouponRow, NewCoupon, coupon_of, issue, put_batch
from sync.hub.loyalty.folding import fold
from sync.hub.loyalty.holds import hold_rights
from sync.hub.loyalty.member_changes import Told, make_member
from sync.hub.loyalty.points import Account, Cause, adjust, take_accounts
from sync.hub.schema.points import NEVER_MS, POINTS_BUCKET, POINTS_ENTRY
from sync.protocol.codec import encode_envelope
from sync.protocol.envelope import Envelope
from sync.protocol.loyalty import HoldReply, HoldRequest
from tests.hub.conftest import NOW_MS

DAY_MS = 86_400_000
ANN, BOB = "MANNANNANNAN0", "MB0BB0BB0BB00"
BATCH = Batch("ten-off", {"en": "10 off"}, value_minor=1_000, until_ms=NOW_MS + 30 * DAY_MS)
PLACE = ("S1", "T1")


def add_members(database: Database, *member_ids: str) -> None:
    """Members without anything but their ids."""
    with database.writing() as connection:
        for member_id in member_ids:
            make_member(connection, Told(member_id=member_id), now_ms=NOW_MS)


def give_points(database: Database, member_id: str, points: int, *, ends_ms: int = NEVER_MS) -> None:
    """Points that may be used at once."""
    with database.writing() as connection:
        take_accounts(connection, (member_id,))
        source = f"gift-{member_id}-{points}-{ends_ms}"
        assert adjust(connection, Cause(source), member_id, points, ends_ms=ends_ms, now_ms=NOW_MS)


def give_coupons(database: Database, *coupons: NewCoupon | str, batch: Batch = BATCH) -> None:
    """Coupons of a batch; a text is the id of a bearer's."""
    new = [NewCoupon(one) if isinstance(one, str) else one for one in coupons]
    with database.writing() as connection:
        put_batch(connection, batch, who="test", now_ms=NOW_MS)
        assert issue(connection, batch, new, who="test", now_ms=NOW_MS) == len(new)


def coupon(database: Database, coupon_id: str) -> CouponRow:
    """A coupon as it stands."""
    with database.reading() as connection:
        row = coupon_of(connection, coupon_id)
    assert row is not None
    return row


def account(database: Database, member_id: str = ANN) -> Account:
    """A member's points, which have to be what entries and buckets come to."""
    with database.reading() as connection:
        found = account_of(connection, member_id)
        entries = select(
            *(func.coalesce(func.sum(POINTS_ENTRY.c[name]), 0) for name in ("active", "pending", "debt"))
        ).where(POINTS_ENTRY.c.member_id == member_id)
        assert tuple(map(int, connection.execute(entries).one())) == (found.active, found.pending, found.debt)
        buckets = (
            select(POINTS_BUCKET.c.state, func.sum(POINTS_BUCKET.c.left_over))
            .where(POINTS_BUCKET.c.member_id == member_id)
            .group_by(POINTS_BUCKET.c.state)
        )
        left = {state: int(total) for state, total in connection.execute(buckets)}
    assert (left.get("active", 0), left.get("pending", 0)) == (found.active, found.pending)
    assert left.get("empty", 0) == 0
    assert 0 <= found.held <= found.active
    return found


def keep(
    database: Database,
    sale_id: str,
    *coupons: str,
    member_id: str = "",
    points: int = 0,
    hold_id: str = "",
    place: tuple[str, str] = PLACE,
    now_ms: int = NOW_MS,
    **further: Any,
) -> HoldReply:
    """Ask to keep rights for a sale."""
    proof = further.pop("proof", "code" if member_id else "")
    asked = HoldRequest(
        hold_id or f"hold-{sale_id}", sale_id, member_id, proof, coupons=coupons, points=points, **further
    )
    return database.write(lambda connection: hold_rights(connection, asked, place, now_ms=now_ms))


# ------------------------------------------------------------------ facts
def fact(kind: str, body: dict[str, Any], *, place: tuple[str, str] = PLACE, seq: int = 1) -> bytes:
    """The line of a fact."""
    envelope = Envelope(
        event_id=f"{kind}-{seq}-{msgspec.json.encode(body)[:30].hex()}"[:64], kind=kind, store_id=place[0],
        terminal_id=place[1], epoch=1, seq=seq, occurred_at=NOW_MS, business_date="2026-05-28",
        body=msgspec.Raw(msgspec.json.encode(body)),
    )  # fmt: skip
    return encode_envelope(envelope)


def sale(
    sale_id: str,
    *coupons: str,
    member_id: str = ANN,
    earned: int = 0,
    used: int = 0,
    paid_minor: int = 10_000,
    at_ms: int = NOW_MS,
    hold_id: str = "",
    lease_id: str = "",
) -> bytes:
    """A sale with what it says of rights."""
    member = None
    if member_id:
        member = {
            "member_id": member_id, "proof": "code", "level": "", "points_earned": earned,
            "points_used": used, "points_minor": used, "points_lease_id": lease_id if used else "",
        }  # fmt: skip
    used_up = [
        {"coupon_id": one, "batch": "ten-off", "amount_minor": 1_000, "lease_id": lease_id} for one in coupons
    ]
    body = {
        "transaction_id": sale_id, "operator_id": "7", "completed_at_ms": at_ms, "currency": "CNY",
        "lines": [{"line_no": 1, "amount_minor": paid_minor, "gift_card": ""}], "tenders": [],
        "member": member, "coupons": used_up, "hold_id": hold_id,
    }  # fmt: skip
    return fact("TransactionCompleted", body)


def goods_back(
    return_id: str,
    sale_id: str,
    *coupons: str,
    back: int = 0,
    taken: int = 0,
    paid_minor: int = 10_000,
    member_id: str = ANN,
    place: tuple[str, str] = PLACE,
) -> bytes:
    """A return of goods of a sale."""
    body = {
        "return_id": return_id, "sale_id": sale_id, "operator_id": "7", "completed_at_ms": NOW_MS,
        "currency": "CNY", "member_id": member_id, "points_back": back, "points_taken": taken,
        "coupons_back": coupons, "lines": [{"line_no": 1, "amount_minor": paid_minor}], "tenders": [],
    }  # fmt: skip
    return fact("ReturnCompleted", body, place=place)


def released(sale_id: str, hold_id: str = "", *, place: tuple[str, str] = PLACE) -> bytes:
    """A sale that does not use what is held for it."""
    body = {
        "transaction_id": sale_id,
        "hold_id": hold_id or f"hold-{sale_id}",
        "reason": "voided",
        "at_ms": 1,
    }
    return fact("RightsReleased", body, place=place)


def folded(database: Database, *lines: bytes, now_ms: int = NOW_MS) -> int:
    """Fold facts in one transaction; how many were new."""
    return database.write(lambda connection: fold(connection, lines, now_ms))
