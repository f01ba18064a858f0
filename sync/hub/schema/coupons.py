"""Tables of single-use coupons: their batches, where each stands in its life, and what became of it.

A coupon's row says what is so now and changes by one conditional update at a time; `changes` counts them, and
each has its event under that number.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from sync.hub.schema.events import METADATA

#: States of a coupon.
ISSUED: Final = "issued"
LOCKED: Final = "locked"
REDEEMED: Final = "redeemed"
EXPIRED: Final = "expired"
VOIDED: Final = "voided"


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: `names` is a JSON object by language. `value_minor` is the most that one can take off (0: not stated),
#: `until_ms` 0 for no end. A coupon whose sale came back whole is good again for at least `reissue_days`;
#: with 0 it is not.
COUPON_BATCH: Final[Table] = Table(
    "coupon_batch",
    METADATA,
    _key("batch"),
    *(_text(name) for name in ("names", "store_id", "made_by")),
    *(_number(name) for name in ("value_minor", "until_ms", "reissue_days", "made_at_ms")),
    sqlite_with_rowid=False,
)
#: `member_id` is whose it is ("": the bearer's), `store_id` the one store that it is bound to ("": all).
#: `locked_by` and `redeemed_by` are transactions; the place is that of the lock, then of the sale.
COUPON: Final[Table] = Table(
    "coupon",
    METADATA,
    _key("coupon_id"),
    *(_text(name) for name in ("batch", "state", "member_id", "store_id", "locked_by", "redeemed_by")),
    *(_text(name) for name in ("at_store", "at_terminal")),
    *(_number(name) for name in ("value_minor", "until_ms", "locked_until_ms", "changed_at_ms", "changes")),
    Index("coupon_by_batch", "batch", "state"),
    Index("coupon_by_member", "member_id", "state"),
    Index("coupon_by_end", "state", "until_ms"),
    sqlite_with_rowid=False,
)
#: Only ever added to. `who` is the person of the hub who did it, "" where a till's fact or a job did.
COUPON_EVENT: Final[Table] = Table(
    "coupon_event",
    METADATA,
    _key("coupon_id"),
    Column("change_no", BigInteger, primary_key=True, autoincrement=False),
    *(_text(name) for name in ("kind", "transaction_id", "store_id", "terminal_id", "who")),
    _number("at_ms"),
    sqlite_with_rowid=False,
)
