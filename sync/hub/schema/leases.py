"""Tables of what tills may give away without asking: limits, leases with what became of them, losses.

A lease belongs to one terminal in one life of its ledger (`epoch`). `settled` is what the hub has heard of
being spent under it, `spent` what the till said when it closed it. A loss is an entry to work off; nothing
here changes a sale.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text

from sync.hub.schema.events import METADATA

#: States of a lease; one that is over counts for nothing more.
OPEN: Final = "open"
CLOSED: Final = "closed"
OVER: Final = "over"


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: What leases of a kind may come to together; the store "" is all stores that have no row of their own.
#: `owner` is who works losses off.
LEASE_LIMIT: Final[Table] = Table(
    "lease_limit",
    METADATA,
    _key("store_id"),
    _key("kind"),
    *(_number(name) for name in ("terminal_amount", "store_amount", "valid_hours", "changed_at_ms")),
    _text("owner"),
    CheckConstraint("terminal_amount >= 0 AND store_amount >= 0 AND valid_hours > 0", name="lease_limit_is"),
    sqlite_with_rowid=False,
)
#: One row for each store: whoever grants takes it first, so that two never grant the same room.
LEASE_STORE: Final[Table] = Table(
    "lease_store",
    METADATA,
    _key("store_id"),
    _number("version"),
    sqlite_with_rowid=False,
)
LEASE: Final[Table] = Table(
    "lease",
    METADATA,
    _key("store_id"),
    _key("lease_id"),
    *(_text(name) for name in ("terminal_id", "kind", "state", "body", "key_id", "signature")),
    *(_number(name) for name in ("epoch", "amount", "settled", "spent", "granted_at_ms", "until_ms")),
    _number("closed_at_ms"),
    Index("lease_by_state", "store_id", "state", "until_ms"),
    CheckConstraint("amount > 0 AND settled >= 0 AND spent >= 0", name="lease_is"),
    sqlite_with_rowid=False,
)
#: What of a fact was spent under a lease, so that a fact counts once; `part` names what of it.
LEASE_SPEND: Final[Table] = Table(
    "lease_spend",
    METADATA,
    _key("store_id"),
    _key("lease_id"),
    _key("transaction_id"),
    _key("part"),
    _number("amount"),
    _number("at_ms"),
    sqlite_with_rowid=False,
)
#: What somebody has to work off: a right that was given away and could not be taken from anybody. Its
#: `amount_minor` is what it cost, `points` besides where it was points. Under `exception_key` it waits for a
#: person, and is done once that is settled.
COMPENSATION: Final[Table] = Table(
    "compensation",
    METADATA,
    _key("store_id"),
    _key("transaction_id"),
    _key("kind"),
    _key("right_id"),
    *(_text(name) for name in ("terminal_id", "operator_id", "lease_id", "owner", "exception_key")),
    *(_number(name) for name in ("amount_minor", "points", "noted_at_ms")),
    Index("compensation_by_time", "noted_at_ms"),
    sqlite_with_rowid=False,
)
