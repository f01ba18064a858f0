"""Coupons by the batch: what a batch is, coupons of it for members or for bearers, and taking them back.

The ids are too many to guess and are what a coupon's code says. Members' coupons go to the tills that know
them with the members' rows; a bearer's is known by its signed code only.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from posapp.domain.members.member_codes import new_member_id
from sync.hub.goods.shop_admin import store_ids
from sync.hub.loyalty.coupons import Batch, NewCoupon, batch_of, coupon_of, issue, put_batch, void
from sync.hub.loyalty.member_stream import refresh_members
from sync.hub.loyalty.members import known_member
from sync.hub.schema.coupons import COUPON, COUPON_BATCH

BATCH_NAME: Final = re.compile(r"[0-9A-Z$%*+/:-]{1,64}")
_COUPON_ID: Final = re.compile(r"[0-9A-Z-]{1,48}")
NAME_MOST_CHARS: Final = 60
VALUE_MOST_MINOR: Final = 10**12
DAYS_MOST: Final = 3_660
COUNT_MOST: Final = 100_000
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Za-z0-9]{2,8})*")


class CouponError(ValueError):
    """What is wrong with a batch or a coupon; `word` is fixed, the text is for people."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word = word


def check_batch(connection: Connection, batch: Batch) -> None:
    """Raise CouponError for a batch that cannot be."""
    if not BATCH_NAME.fullmatch(batch.batch):
        raise CouponError("bad_batch", "a batch is named by 1 to 64 capitals, digits and $%*+/:-")
    texts = batch.names.values()
    if not batch.names or not all(map(_LANGUAGE.fullmatch, batch.names)):
        raise CouponError("bad_names", "a batch needs its name by language, such as en or zh_CN")
    if not all(0 < len(text) <= NAME_MOST_CHARS and text.isprintable() for text in texts):
        raise CouponError("bad_names", f"a name has 1 to {NAME_MOST_CHARS} signs, all of which can be shown")
    if not 0 <= batch.value_minor <= VALUE_MOST_MINOR:
        raise CouponError("bad_value", "the most that a coupon takes off is no amount")
    if not 0 <= batch.reissue_days <= DAYS_MOST or batch.until_ms < 0:
        raise CouponError("bad_days", f"days are 0 to {DAYS_MOST}")
    if batch.store_id and batch.store_id not in store_ids(connection):
        raise CouponError("unknown_store", f"there is no store {batch.store_id!r}")


def put_checked_batch(connection: Connection, batch: Batch, *, who: str, now_ms: int) -> None:
    """Make a batch or change what coupons of it are issued with; raises CouponError."""
    check_batch(connection, batch)
    put_batch(connection, batch, who=who, now_ms=now_ms)


def new_coupon_id() -> str:
    """An id that nobody guesses: 60 random bits."""
    return "C" + new_member_id(secrets.token_bytes(8))[1:]


def issue_coupons(
    connection: Connection,
    batch_name: str,
    wanted: Sequence[tuple[str, str]],
    *,
    who: str,
    now_ms: int,
) -> tuple[str, ...]:
    """Issue a coupon for each (id or "", member or ""), and tell the tills; their ids.

    Raises CouponError and MemberError. An id that this batch has issued already stays as it is.
    """
    batch = batch_of(connection, batch_name)
    if batch is None:
        raise CouponError("unknown_batch", f"there is no batch {batch_name!r}")
    if len(wanted) > COUNT_MOST:
        raise CouponError("too_many", f"at most {COUNT_MOST} coupons at once")
    if 0 < batch.until_ms <= now_ms:
        raise CouponError("batch_over", f"coupons of {batch_name} would have ended already; put a later end")
    coupons = []
    for coupon_id, member_id in wanted:
        if coupon_id and not _COUPON_ID.fullmatch(coupon_id):
            raise CouponError("bad_coupon_id", "a coupon's id has 1 to 48 capitals, digits and hyphens")
        member = known_member(connection, member_id).member_id if member_id else ""
        coupons.append(NewCoupon(coupon_id or new_coupon_id(), member_id=member))
    new = issue(connection, batch, coupons, who=who, now_ms=now_ms)
    if new < len(coupons):
        _refuse_others(connection, batch_name, coupons)
    refresh_members(connection, {one.member_id for one in coupons if one.member_id}, now_ms)
    return tuple(one.coupon_id for one in coupons)


def _refuse_others(connection: Connection, batch_name: str, coupons: Sequence[NewCoupon]) -> None:
    for one in coupons:
        row = coupon_of(connection, one.coupon_id)
        if row is None or row.batch != batch_name or row.member_id != one.member_id:
            raise CouponError("coupon_taken", f"{one.coupon_id} was issued to others already")


def void_coupons(
    connection: Connection, coupon_ids: Sequence[str], *, who: str, now_ms: int
) -> Mapping[str, str]:
    """Make coupons worthless; of those that could not be, the fixed word why."""
    refused: dict[str, str] = {}
    whose: set[str] = set()
    for coupon_id in dict.fromkeys(coupon_ids):
        why = void(connection, coupon_id, who=who, now_ms=now_ms)
        if why is not None:
            refused[coupon_id] = why.why
        elif (row := coupon_of(connection, coupon_id)) is not None and row.member_id:
            whose.add(row.member_id)
    refresh_members(connection, whose, now_ms)
    return refused


def all_batches(connection: Connection) -> list[tuple[Batch, dict[str, int]]]:
    """Every batch by its name, with how many of its coupons are in each state."""
    counted: dict[str, dict[str, int]] = {}
    query = select(COUPON.c.batch, COUPON.c.state, func.count()).group_by(COUPON.c.batch, COUPON.c.state)
    for name, state, count in connection.execute(query):
        counted.setdefault(name, {})[state] = int(count)
    found = []
    for name in connection.execute(select(COUPON_BATCH.c.batch).order_by(COUPON_BATCH.c.batch)).scalars():
        batch = batch_of(connection, name)
        if batch is not None:
            found.append((batch, counted.get(name, {})))
    return found
