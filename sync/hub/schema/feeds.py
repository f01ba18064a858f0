"""Tables of what goes down: rows of every stream, where each stream stands, snapshots, and jobs.

One table holds the rows of all streams, as they travel. What a row means is known where it is made and
where it is read, not here.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from sync.hub.schema.events import METADATA


def _keys(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, primary_key=True) for name in names)


def _texts(*names: str) -> tuple[Column[str], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _numbers(*names: str) -> tuple[Column[int], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


#: `rev` is the row's place in its stream; a deleted row is a tombstone with an empty body.
FEED_ROW = Table(
    "feed_row",
    METADATA,
    *_keys("store_id", "stream", "key"),
    *_numbers("rev", "deleted", "changed_at_ms"),
    Column("body", LargeBinary, nullable=False),
    Index("feed_row_by_rev", "store_id", "stream", "rev", unique=True),
)
#: `rev` was given out last; tombstones up to `forgotten_through` may be gone.
STREAM_HEAD = Table(
    "stream_head",
    METADATA,
    *_keys("store_id", "stream"),
    *_numbers("rev", "forgotten_through"),
    sqlite_with_rowid=False,
)
#: `number` counts a store's snapshots; `manifest` is the exact text that was signed.
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
#: Keys by which tills know their hub; the one made last signs.
HUB_KEY = Table(
    "hub_key",
    METADATA,
    *_keys("key_id"),
    Column("private_key", LargeBinary, nullable=False),
    *_numbers("made_at_ms"),
)
#: `wanted` grows with every wish for the same work, `claim` names the runner that does it until then.
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
