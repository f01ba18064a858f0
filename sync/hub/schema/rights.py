"""Tables of what is kept for open sales, of codes that were shown, and of facts that were folded.

A hold belongs to a till and its sale and ends by a fact of that till or by a person, never by time alone.
What a fact did to rights is done once; one that came before what it speaks of waits here whole.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from sync.hub.schema.events import METADATA

#: States of a hold: kept, used by its sale, let go of by the till's word, by a newer hold, by its end or by a
#: person.
HELD: Final = "held"
USED: Final = "used"
RELEASED: Final = "released"
REPLACED: Final = "replaced"
ENDED: Final = "ended"
#: States of a fact.
FOLDED: Final = "folded"
WAITING: Final = "waiting"


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


#: `coupons` is a JSON list of ids, `reply` the answer that was given, word for word.
RIGHTS_HOLD: Final[Table] = Table(
    "rights_hold",
    METADATA,
    *(_key(name) for name in ("store_id", "terminal_id", "hold_id")),
    *(_text(name) for name in ("transaction_id", "state", "member_id", "coupons", "who")),
    *(_number(name) for name in ("points", "made_at_ms", "until_ms", "ended_at_ms")),
    Column("reply", LargeBinary, nullable=False),
    Index("rights_hold_by_transaction", "store_id", "terminal_id", "transaction_id"),
    Index(
        "rights_hold_by_end",
        "until_ms",
        sqlite_where=text("state = 'held'"),
        postgresql_where=text("state = 'held'"),
    ),
    sqlite_with_rowid=False,
)
#: A member's code counts for one sale in all stores.
MEMBER_STEP: Final[Table] = Table(
    "member_step",
    METADATA,
    _key("member_id"),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    *(_text(name) for name in ("transaction_id", "store_id", "terminal_id")),
    _number("at_ms"),
    Index("member_step_by_time", "at_ms"),
    sqlite_with_rowid=False,
)
#: `kind` is the fact's, `sale_id` the sale that it speaks of; `line` is its envelope while it waits.
RIGHTS_FACT: Final[Table] = Table(
    "rights_fact",
    METADATA,
    *(_key(name) for name in ("source_id", "kind")),
    *(_text(name) for name in ("sale_id", "state", "store_id", "terminal_id")),
    _number("at_ms"),
    Column("line", LargeBinary, nullable=False),
    Index(
        "rights_fact_waiting",
        "sale_id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    sqlite_with_rowid=False,
)
