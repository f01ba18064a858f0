"""What a person has to look at: noted once, with what gave cause, and never a reason to refuse.

Knows kinds, keys and how a note is written down; what is done about it is for the fleet page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection

from sync.hub.database import upsert
from sync.hub.schema.events import EXCEPTION

Kind = Literal[
    "fork",
    "tampered",
    "chain_broken",
    "signature_wrong",
    "lines_missing",
    "sale_doubtful",
    "duplicate_transaction",
    "returned_twice",
    "clock_off",
    "stock_count",
    "compensation",
    "lease_overspent",
]
KINDS: Final[tuple[Kind, ...]] = (
    "fork",
    "tampered",
    "chain_broken",
    "signature_wrong",
    "lines_missing",
    "sale_doubtful",
    "duplicate_transaction",
    "returned_twice",
    "clock_off",
    "stock_count",
    "compensation",
    "lease_overspent",
)
_KEY_MAX_CHARS: Final = 200
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def stored_key(key: str) -> str:
    """The key as it is kept: one that no index can hold stands as its SHA-256."""
    if len(key) <= _KEY_MAX_CHARS and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def note_exception(
    connection: Connection,
    store_id: str,
    kind: Kind,
    key: str,
    *,
    terminal_id: str = "",
    detail: Mapping[str, Any],
    now_ms: int,
) -> bool:
    """Note an exception once per (store, kind, key); whether it is a new one.

    `detail` is kept as a JSON object. A key that no index can hold stands as its SHA-256.
    """
    noted = connection.execute(
        upsert(connection, EXCEPTION)
        .values(
            store_id=store_id,
            kind=kind,
            key=stored_key(key),
            terminal_id=terminal_id,
            detail=_ENCODER.encode(dict(detail)).decode(),
            noted_at_ms=now_ms,
        )
        .on_conflict_do_nothing()
        .returning(EXCEPTION.c.kind)
    )
    return noted.first() is not None
