"""Snapshots as a hub makes them, of catalogues that a test fills, and a till's side that takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile
from posapp.store.engine import open_catalog
from posapp.store.snapshot import SnapshotFiles
from sync.protocol.catalog_file import CATALOG_FILE_VERSION, CATALOG_TABLES
from sync.protocol.messages import Change, Manifest

STORE = "S001"


def item_change(sku: str, rev: int, **fields: Any) -> Change:
    """An item as the hub sends it, without prices."""
    body = {
        "sku": sku,
        "names": {"en": f"Item {sku}"},
        "pinyin": "",
        "unit": "pcs",
        "tax_category": "std",
        "codes": [f"={sku}"],
    }
    return Change("upsert", sku, rev, msgspec.Raw(msgspec.json.encode(body | fields)))


def price_change(sku: str, rev: int, minor: int) -> Change:
    """A price from the beginning of time on."""
    return Change("upsert", sku, rev, msgspec.Raw(msgspec.json.encode({"sku": sku, "prices": [[0, minor]]})))


def document_change(key: str, rev: int, text: str) -> Change:
    """A row of a stream without a table of its own."""
    return Change("upsert", key, rev, msgspec.Raw(msgspec.json.encode(text)))


def make_snapshot(
    folder: Path,
    clock: Any,
    streams: dict[str, tuple[Sequence[Change], str]],
    *,
    before: Any = lambda _connection: None,
    **fields: Any,
) -> tuple[Manifest, bytes]:
    """A snapshot of these changes and cursors by stream; `before` may spoil the file first."""
    path = folder / "hub-made.db"
    path.unlink(missing_ok=True)
    file = CatalogFile(CatalogPlace(path), clock)
    for stream, (changes, cursor) in streams.items():
        file.apply(stream, changes, cursor)
    file.close()
    with closing(open_catalog(path)) as connection:
        before(connection)
        connection.execute("PRAGMA journal_mode=DELETE")
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in CATALOG_TABLES
        }
    plain = path.read_bytes()
    return packed_snapshot(
        plain, {stream: cursor for stream, (_, cursor) in streams.items()}, counts, **fields
    )


def packed_snapshot(
    plain: bytes, cursors: dict[str, str], counts: dict[str, int], **fields: Any
) -> tuple[Manifest, bytes]:
    """Bytes of a file as they travel, and their manifest."""
    packed = zstandard.ZstdCompressor(level=3).compress(plain)
    manifest = Manifest(
        store_id=STORE,
        hub_id="hub",
        version=CATALOG_FILE_VERSION,
        sha256=hashlib.sha256(packed).hexdigest(),
        length=len(packed),
        plain_sha256=hashlib.sha256(plain).hexdigest(),
        plain_length=len(plain),
        cursors=cursors,
        counts=counts,
        built_at_ms=1,
    )
    return msgspec.structs.replace(manifest, **fields), packed


def take(files: SnapshotFiles, manifest: Manifest, packed: bytes, *, step: int = 1 << 20) -> str:
    """Gather the whole of it and install it; the verdict."""
    at = files.gathered(manifest)
    while at < manifest.length:
        piece = packed[at : at + step]
        files.gather(manifest, at, piece)
        at += len(piece)
    return files.install(manifest)
