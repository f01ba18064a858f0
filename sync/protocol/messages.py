"""What travels besides envelopes: acknowledgements, feed pages with their changes, summaries, problems.

Bodies of changes stay raw bytes until the stream's own reader asks for them, so an unknown stream or
an added field costs nothing. Amounts are integer minor units, times epoch milliseconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class PushReply(msgspec.Struct, frozen=True):
    """How far the hub holds a terminal's events without a gap; 0 means nothing yet."""

    acked_through: int


class Change(msgspec.Struct, frozen=True):
    """One row of a stream: its key, a revision that only grows, its whole new body (null when deleted)."""

    kind: Literal["upsert", "delete"]
    key: str
    rev: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class FeedPage(msgspec.Struct, frozen=True):
    """Changes in order; `next_cursor` is saved with them, `more` says that the next page is not empty."""

    changes: tuple[Change, ...]
    next_cursor: str
    more: bool


class ItemBody(msgspec.Struct, frozen=True):
    """Body of a change of the catalogue stream.

    `codes` are look-up keys as domain codes spell them, `prices` pairs of (effective from in epoch
    milliseconds, minor units per piece or per kilogram), `pinyin` the initials to search Chinese by.
    """

    sku: str
    names: dict[str, str]
    pinyin: str
    unit: Literal["pcs", "g"]
    tax_category: str
    codes: tuple[str, ...]
    prices: tuple[tuple[int, int], ...]


class TerminalSummary(msgspec.Struct, frozen=True):
    """What the hub holds of one terminal; `acked_through` is of the epoch heard last."""

    events: int
    sales_count: int
    sales_total_minor: int
    acked_through: int
    quarantined: int = 0
    fork_alarms: int = 0


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not served; `error` is a fixed word, `detail` an English sentence."""

    error: str
    detail: str = ""
