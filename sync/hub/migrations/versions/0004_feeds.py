"""One table of rows for every stream, snapshots of the catalogue's file, jobs, the hub's own keys.

What streams held goes over with its revisions, so that no till has to start anew. Prices leave the items for
a stream of their own. The tables `item` and `price` stay as they were, for a hub of the version before that
still runs beside; nothing writes them any more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    text,
)

from sync.protocol.signing import key_id_of, new_private_key, public_key_of

METADATA = MetaData()
_CHUNK_ROWS = 5_000


def _keys(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _texts(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _numbers(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


FEED_ROW = Table(
    "feed_row",
    METADATA,
    *_keys("store_id", "stream", "key"),
    *_numbers("rev", "deleted", "changed_at_ms"),
    Column("body", LargeBinary, nullable=False),
    Index("feed_row_by_rev", "store_id", "stream", "rev", unique=True),
)
STREAM_HEAD = Table(
    "stream_head",
    METADATA,
    *_keys("store_id", "stream"),
    *_numbers("rev", "forgotten_through"),
    sqlite_with_rowid=False,
)
SNAPSHOT = Table(
    "snapshot",
    METADATA,
    *_keys("store_id"),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    *_texts("sha256", "manifest", "key_id", "signature"),
    *_numbers("length", "built_at_ms"),
)
SNAPSHOT_PART = Table(
    "snapshot_part",
    METADATA,
    *_keys("store_id", "sha256"),
    Column("part_no", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
HUB_KEY = Table(
    "hub_key",
    METADATA,
    *_keys("key_id"),
    Column("private_key", LargeBinary, nullable=False),
    *_numbers("made_at_ms"),
)
JOB = Table(
    "job",
    METADATA,
    *_keys("store_id", "kind", "key"),
    Column("body", LargeBinary, nullable=False),
    *_numbers("run_at_ms", "wanted", "attempts"),
    *_texts("claim", "error"),
    *_numbers("claimed_until_ms"),
    Index("job_by_time", "run_at_ms"),
)

revision = "0004"
down_revision = "0003"

_FeedRow = tuple[str, str, str, int, int, int, bytes]


def upgrade() -> None:
    """Make the tables, and fill the streams from what was there."""
    connection = op.get_bind()
    METADATA.create_all(connection)
    private_key = new_private_key()
    connection.execute(
        insert(HUB_KEY).values(
            key_id=key_id_of(public_key_of(private_key)),
            private_key=private_key,
            made_at_ms=time.time_ns() // 1_000_000,
        )
    )
    stores = connection.execute(
        text("SELECT store_id, settings_rev, settings, catalogue_rev, changed_at_ms FROM store")
    ).all()
    for store_id, settings_rev, settings, catalogue_rev, changed_at_ms in stores:
        rows = [(store_id, "settings", "shop", settings_rev, 0, changed_at_ms, bytes(settings))]
        _write(connection, rows)
        _head(connection, store_id, "settings", settings_rev)
        prices = _carry_items(connection, store_id, changed_at_ms)
        _head(connection, store_id, "catalogue", catalogue_rev)
        if prices:
            _head(connection, store_id, "prices", prices)


def _carry_items(connection: Connection, store_id: str, changed_at_ms: int) -> int:
    """Carry a store's items over; how many of them have prices."""
    prices = 0
    items = text("SELECT sku, rev, deleted, body FROM item WHERE store_id = :store_id ORDER BY sku")
    for chunk in connection.execute(items, {"store_id": store_id}).partitions(_CHUNK_ROWS):
        rows: list[_FeedRow] = []
        for sku, rev, deleted, body in chunk:
            document = json.loads(bytes(body)) if not deleted else {}
            price_rows = document.pop("prices", ())
            item = _encoded(document) if document else b""
            rows.append((store_id, "catalogue", sku, rev, deleted, changed_at_ms, item))
            if price_rows:
                prices += 1
                price = _encoded({"sku": sku, "prices": price_rows})
                rows.append((store_id, "prices", sku, prices, 0, changed_at_ms, price))
        _write(connection, rows)
    return prices


def _encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _write(connection: Connection, rows: Iterable[_FeedRow]) -> None:
    names = [column.name for column in FEED_ROW.columns]
    connection.execute(insert(FEED_ROW), [dict(zip(names, row, strict=True)) for row in rows])


def _head(connection: Connection, store_id: str, stream: str, rev: int) -> None:
    connection.execute(
        insert(STREAM_HEAD).values(store_id=store_id, stream=stream, rev=rev, forgotten_through=0)
    )
