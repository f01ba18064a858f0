"""Tables of points: what a member has, in which dated buckets, and every entry that made it so.

Entries are only ever added to and say how much each changed what is active, pending and owed; their sums are
the account's figures. What is held for open sales is no entry: it is part of what is active.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text, text

from sync.hub.schema.events import METADATA

#: States of a bucket.
PENDING: Final = "pending"
ACTIVE: Final = "active"
EMPTY: Final = "empty"
#: When something happens to a bucket that never ends.
NEVER_MS: Final = 2**53


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _number_key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: `held` points are part of the active ones and kept for open sales; `debt` is filled by what is earned next.
POINTS_ACCOUNT: Final[Table] = Table(
    "points_account",
    METADATA,
    _key("member_id"),
    *(_number(name) for name in ("active", "pending", "held", "debt", "changed_at_ms")),
    CheckConstraint("active >= 0 AND pending >= 0 AND debt >= 0", name="points_not_below_0"),
    CheckConstraint("held >= 0 AND held <= active", name="points_held_are_there"),
    sqlite_with_rowid=False,
)
#: `source_id` is the sale or return that gave the points, `part` counts where it gave several. `due_ms` is
#: when a pending one ripens, then when it ends; `ends_ms` is its end as it will be.
POINTS_BUCKET: Final[Table] = Table(
    "points_bucket",
    METADATA,
    _key("member_id"),
    _key("source_id"),
    _number_key("part"),
    _text("state"),
    *(_number(name) for name in ("amount", "left_over", "due_ms", "ends_ms")),
    Index(
        "points_bucket_by_due",
        "due_ms",
        sqlite_where=text("state <> 'empty'"),
        postgresql_where=text("state <> 'empty'"),
    ),
    sqlite_with_rowid=False,
)
#: What a sale earned (part 0) and which buckets' points it used (from 1, the first to end first); `back` of
#: them a return took or gave back already.
POINTS_OF_SALE: Final[Table] = Table(
    "points_of_sale",
    METADATA,
    _key("transaction_id"),
    _number_key("part"),
    _text("member_id"),
    *(_number(name) for name in ("points", "back", "ends_ms")),
    sqlite_with_rowid=False,
)
#: `month` is that of the hub's clock (UTC, "2026-05"). `note` says why, where a person made the entry.
POINTS_ENTRY: Final[Table] = Table(
    "points_entry",
    METADATA,
    _key("source_id"),
    _key("kind"),
    _number_key("line_no"),
    *(_text(name) for name in ("member_id", "month", "store_id", "terminal_id", "who", "note")),
    *(_number(name) for name in ("active", "pending", "debt", "at_ms")),
    Index("points_entry_by_member", "member_id", "at_ms"),
    Index("points_entry_by_month", "month", "kind"),
    sqlite_with_rowid=False,
)
#: What a member paid for goods, and what came back of it (below 0); it counts from `closes_ms` on.
MEMBER_SPEND: Final[Table] = Table(
    "member_spend",
    METADATA,
    _key("member_id"),
    _key("source_id"),
    *(_text(name) for name in ("sale_id", "store_id")),
    *(_number(name) for name in ("amount_minor", "at_ms", "closes_ms")),
    Index("member_spend_by_close", "closes_ms"),
    sqlite_with_rowid=False,
)
