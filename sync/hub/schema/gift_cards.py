"""Tables of gift cards: what is on each card, every change of it, and what is kept for sales that are open.

A card is the whole chain's. Its balance is the sum of its entries, which are only ever added; what is kept
for a sale lies within the balance, so 0 <= held <= balance holds at every moment, and the database says so.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text

from sync.hub.schema.events import METADATA

#: States of a card. An inactive one was printed and not sold yet; of a blocked one nothing is taken.
INACTIVE: Final = "inactive"
ACTIVE: Final = "active"
BLOCKED: Final = "blocked"

#: States of what is kept for a sale.
HELD: Final = "held"
CAPTURED: Final = "captured"
RELEASED: Final = "released"


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: Amounts are minor units of `currency`. `until_ms` is 0 without an end. `version` counts the entries.
GIFT_CARD: Final[Table] = Table(
    "gift_card",
    METADATA,
    _key("card_id"),
    *(_text(name) for name in ("state", "currency", "batch")),
    *(_number(name) for name in ("balance_minor", "held_minor", "face_minor", "until_ms", "version")),
    *(_number(name) for name in ("made_at_ms", "changed_at_ms")),
    CheckConstraint("held_minor >= 0 AND held_minor <= balance_minor", name="gift_card_is_covered"),
    Index("gift_card_by_batch", "batch"),
)
#: `part` names what of a fact did it ("line:3", "tender:1"), so that a fact counts once; `amount_minor` is
#: what was added (below 0: taken).
GIFT_ENTRY: Final[Table] = Table(
    "gift_entry",
    METADATA,
    _key("card_id"),
    Column("entry_no", BigInteger, primary_key=True, autoincrement=False),
    *(_text(name) for name in ("kind", "transaction_id", "part", "store_id", "terminal_id")),
    *(_number(name) for name in ("amount_minor", "balance_after", "at_ms")),
    Index("gift_entry_once", "card_id", "transaction_id", "part", unique=True),
    Index("gift_entry_by_transaction", "transaction_id"),
    sqlite_with_rowid=False,
)
#: One that was let go of before it was ever asked for stands here too, with no card: it is not made any more.
GIFT_HOLD: Final[Table] = Table(
    "gift_hold",
    METADATA,
    _key("hold_id"),
    *(_text(name) for name in ("store_id", "terminal_id", "transaction_id", "card_id", "state")),
    *(_number(name) for name in ("amount_minor", "until_ms", "made_at_ms")),
    Index("gift_hold_by_sale", "transaction_id", "card_id"),
    Index("gift_hold_by_terminal", "store_id", "terminal_id", "state", "until_ms"),
)
