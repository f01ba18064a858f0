"""Tables of promotions and price lists: what the chain published, and trials of what a change would do.

What a store's tills get lies in the streams; these rows are what the streams are made from, so that a new
store, or one that moved to another region, gets its own.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from sync.hub.schema.events import METADATA


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


#: A published promotion; `stores` and `regions` are JSON lists of whom it goes to, both empty: all stores.
PROMOTION = Table(
    "promotion",
    METADATA,
    Column("promotion_id", Text, primary_key=True),
    *(_text(name) for name in ("stores", "regions")),
    _bytes("body"),
    _number("changed_at_ms"),
)
#: A row of a price list; `begins` and `ends` are ISO times, without a zone of the shop's own clock, "" where
#: there is no end; `levels` is a JSON list.
PRICE_LIST_ROW = Table(
    "price_list_row",
    METADATA,
    Column("row_id", Text, primary_key=True),
    *(_text(name) for name in ("sku", "scope", "place", "currency", "begins", "ends", "levels")),
    *(_number(name) for name in ("amount_minor", "for_members", "least_qty", "changed_at_ms")),
    Index("price_list_row_by_sku", "sku"),
)
#: What would a promotion change: question and answer, both JSON; `state` is "waiting" or "done".
WHAT_IF = Table(
    "what_if",
    METADATA,
    Column("run_id", Text, primary_key=True),
    *(_text(name) for name in ("made_by", "state")),
    *(_number(name) for name in ("made_at_ms", "done_at_ms")),
    *(_bytes(name) for name in ("asked", "answer")),
)
