"""Keeps the newest snapshots of each store's catalogue, signed and cut into parts, and hands them out.

A snapshot that would not help is none: one of another life of this hub, one from before tombstones that are
gone, one of a form that tills no longer read. A new one is wished for after a big change, with some patience,
so that a shop that changes much in an hour is not built ten times.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select

from sync.hub.database import Database
from sync.hub.feeds.snapshot_build import PIECE_BYTES, BuiltFile, OwnProcess
from sync.hub.feeds.streams import heads
from sync.hub.jobs import Effect, Handler, Job, enqueue
from sync.hub.schema.events import HUB
from sync.hub.schema.feeds import SNAPSHOT, SNAPSHOT_PART, STREAM_HEAD
from sync.hub.trust.hub_keys import signing_key
from sync.protocol.catalog_file import CATALOG_FILE_VERSION
from sync.protocol.cursors import position_of, rows_ahead
from sync.protocol.messages import Manifest, SignedManifest
from sync.protocol.signing import manifest_statement, sign
from sync.protocol.trust import to_text
from sync.protocol.versions import SNAPSHOT_STREAMS, STREAM_CATALOGUE, STREAM_PRICES

JOB_KIND: Final = "snapshot"
KEPT: Final = 2
#: Fewer new rows are quicker pulled than built.
WANTED_AFTER_ROWS: Final = 2_000
WAIT_MS: Final = 30_000
#: Longer than the largest catalogue takes.
CLAIM_MS: Final = 900_000


def want_snapshot(connection: Connection, store_id: str, now_ms: int) -> bool:
    """Wish for a new snapshot if much has changed since the newest one; whether it was wished for."""
    now = heads(connection, store_id)
    newest = _newest(connection, store_id)
    then = {} if newest is None else newest.cursors
    feed_id = now[STREAM_CATALOGUE].partition(":")[0]
    changed = sum(
        rows_ahead(now[stream], then.get(stream, f"{feed_id}:0"))
        for stream in (STREAM_CATALOGUE, STREAM_PRICES)
    )
    if changed < WANTED_AFTER_ROWS:
        return False
    enqueue(connection, store_id, JOB_KIND, "", run_at_ms=now_ms + WAIT_MS)
    return True


def snapshot_handler(database: Database, now_ms: Callable[[], int]) -> Handler:
    """How snapshots are built in the background."""
    process = OwnProcess()

    def prepare(job: Job) -> Effect:
        with database.reading() as connection:
            if is_up_to_date(connection, job.store_id):
                return lambda _connection: None
        folder = scratch_folder()
        at_ms = now_ms()
        try:
            built = process.build(database, job.store_id, Path(folder.name), at_ms)
        except BaseException:
            folder.cleanup()
            raise

        def keep(connection: Connection) -> None:
            with folder:
                keep_snapshot(connection, job.store_id, built, at_ms)

        return keep

    return Handler(prepare, CLAIM_MS, process.abandon)


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for files that are being made: on a disk, for the usual place may be memory."""
    disk = Path("/var/tmp")
    return tempfile.TemporaryDirectory(prefix="poshub-", dir=disk if disk.is_dir() else None)


def is_up_to_date(connection: Connection, store_id: str) -> bool:
    """Whether the newest snapshot holds all that the streams do."""
    newest = _newest(connection, store_id)
    now = heads(connection, store_id)
    return newest is not None and newest.cursors == {stream: now[stream] for stream in SNAPSHOT_STREAMS}


def keep_snapshot(connection: Connection, store_id: str, built: BuiltFile, now_ms: int) -> Manifest:
    """Sign a built file, keep it in parts, and let go of those that are too old; its manifest."""
    mine = SNAPSHOT.c.store_id == store_id
    hub_id = connection.execute(select(HUB.c.feed_id)).scalar_one()
    manifest = Manifest(
        store_id=store_id,
        hub_id=hub_id,
        version=CATALOG_FILE_VERSION,
        sha256=built.sha256,
        length=built.length,
        plain_sha256=built.plain_sha256,
        plain_length=built.plain_length,
        cursors=built.cursors,
        counts=built.counts,
        built_at_ms=now_ms,
    )
    text = msgspec.json.encode(manifest).decode()
    key_id, private_key = signing_key(connection)
    newest = select(SNAPSHOT.c.number).where(mine).order_by(SNAPSHOT.c.number.desc())
    number = (connection.execute(newest.limit(1)).scalar() or 0) + 1
    connection.execute(
        insert(SNAPSHOT).values(
            store_id=store_id,
            number=number,
            sha256=built.sha256,
            manifest=text,
            key_id=key_id,
            signature=to_text(sign(private_key, manifest_statement(text))),
            length=built.length,
            built_at_ms=now_ms,
        )
    )
    if read_part(connection, store_id, built.sha256, 0) is None:
        _keep_parts(connection, store_id, built)
    # By rank, not by number: a store's numbers may have gaps.
    outdated = connection.execute(newest.offset(KEPT).limit(1)).scalar()
    if outdated is not None:
        connection.execute(delete(SNAPSHOT).where(mine, SNAPSHOT.c.number <= outdated))
        kept = select(SNAPSHOT.c.sha256).where(mine)
        unused = SNAPSHOT_PART.c.sha256.not_in(kept)
        connection.execute(delete(SNAPSHOT_PART).where(SNAPSHOT_PART.c.store_id == store_id, unused))
    return manifest


def signed_manifest(connection: Connection, store_id: str) -> SignedManifest | None:
    """The newest snapshot of a store that helps, or None."""
    if _newest(connection, store_id) is None:
        return None
    row = connection.execute(
        select(SNAPSHOT.c.manifest, SNAPSHOT.c.key_id, SNAPSHOT.c.signature)
        .where(SNAPSHOT.c.store_id == store_id)
        .order_by(SNAPSHOT.c.number.desc())
        .limit(1)
    ).one()
    return SignedManifest(row.manifest, row.key_id, row.signature)


def snapshot_length(connection: Connection, store_id: str, sha256: str) -> int | None:
    """The bytes of a snapshot of this store, or None where it has no such one (any more)."""
    query = select(SNAPSHOT.c.length).where(SNAPSHOT.c.store_id == store_id, SNAPSHOT.c.sha256 == sha256)
    length: int | None = connection.execute(query.limit(1)).scalar()
    return length


def read_part(connection: Connection, store_id: str, sha256: str, part_no: int) -> bytes | None:
    """One part (of 1 MiB, the last one shorter) of a snapshot, or None where it is no more."""
    part = connection.execute(
        select(SNAPSHOT_PART.c.data).where(
            SNAPSHOT_PART.c.store_id == store_id,
            SNAPSHOT_PART.c.sha256 == sha256,
            SNAPSHOT_PART.c.part_no == part_no,
        )
    ).scalar()
    return None if part is None else bytes(part)


def _keep_parts(connection: Connection, store_id: str, built: BuiltFile) -> None:
    with built.path.open("rb") as packed:
        for part_no, _start in enumerate(range(0, built.length, PIECE_BYTES)):
            part = packed.read(PIECE_BYTES)
            connection.execute(
                insert(SNAPSHOT_PART).values(
                    store_id=store_id, sha256=built.sha256, part_no=part_no, data=part
                )
            )


def _newest(connection: Connection, store_id: str) -> Manifest | None:
    """The manifest of the newest snapshot, if rows can be pulled from where it ends."""
    text = connection.execute(
        select(SNAPSHOT.c.manifest)
        .where(SNAPSHOT.c.store_id == store_id)
        .order_by(SNAPSHOT.c.number.desc())
        .limit(1)
    ).scalar()
    if text is None:
        return None
    manifest = msgspec.json.decode(text, type=Manifest)
    hub_id = connection.execute(select(HUB.c.feed_id)).scalar_one()
    if manifest.hub_id != hub_id or manifest.version != CATALOG_FILE_VERSION:
        return None
    forgotten = select(STREAM_HEAD.c.stream, STREAM_HEAD.c.forgotten_through).where(
        STREAM_HEAD.c.store_id == store_id, STREAM_HEAD.c.forgotten_through > 0
    )
    for stream, through in connection.execute(forgotten):
        position = position_of(manifest.cursors.get(stream))
        if position is not None and 0 < position[1] < through:
            return None
    return manifest
