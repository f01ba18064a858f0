"""Commands about what goes down to tills: rows of streams, snapshots of the catalogue."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from sync.hub.commands.shared import CommandError, add_database, opened, store_id_of
from sync.hub.feeds.feed import read_feed
from sync.hub.feeds.snapshot_build import BuildFailedError, build_file
from sync.hub.feeds.snapshots import keep_snapshot, scratch_folder, want_snapshot
from sync.hub.feeds.streams import Row, changed_rows, forget_tombstones, put_rows
from sync.hub.goods.shop_admin import store_ids
from sync.hub.serving.embedded import system_now_ms
from sync.protocol.versions import (
    FEED_PAGE_MAX,
    KNOWN_STREAMS,
    STREAM_CATALOGUE,
    STREAM_PRICES,
    STREAM_PROMOTIONS,
    STREAM_SETTINGS,
    STREAM_STOCK,
)

#: Streams whose rows come from elsewhere and must fit what is kept beside them.
_MADE_ELSEWHERE: Final = (
    STREAM_SETTINGS, STREAM_CATALOGUE, STREAM_PRICES, STREAM_PROMOTIONS, STREAM_STOCK,
)  # fmt: skip
PUT_STREAMS: Final = tuple(stream for stream in KNOWN_STREAMS if stream not in _MADE_ELSEWHERE)
BODY_MAX_BYTES: Final = 256 * 1024
KEY_MAX_CHARS: Final = 200
TOMBSTONE_DAYS: Final = 90
_DAY_MS: Final = 86_400_000


class _FileRow(msgspec.Struct, forbid_unknown_fields=True):
    """A line of a file of rows."""

    key: str
    body: msgspec.Raw


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Rows that go down to tills."
    actions = commands.add_parser("feed", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = 'Put rows into a stream: one JSON object a line, {"key": ..., "body": ...}; null deletes.'
    putting = add_database(actions.add_parser("put", help=text, description=text))
    putting.add_argument("stream", choices=PUT_STREAMS)
    putting.add_argument("file", type=Path, help="NDJSON; - for standard input")
    putting.set_defaults(run=_put)
    text = "Print a stream's rows, one JSON object a line; deleted ones are left out."
    showing = add_database(actions.add_parser("show", help=text, description=text))
    showing.add_argument("stream", choices=KNOWN_STREAMS)
    showing.set_defaults(run=_show)
    text = "Remove marks of deleted rows; tills that have not seen them start anew."
    forgetting = add_database(actions.add_parser("forget", help=text, description=text))
    forgetting.add_argument(
        "--days", type=int, default=TOMBSTONE_DAYS, help="at least 1 (default: %(default)s)"
    )
    forgetting.set_defaults(run=_forget)
    text = "Make a snapshot of the catalogue now, for tills that begin."
    building = add_database(commands.add_parser("snapshot", help=text, description=text))
    building.set_defaults(run=_snapshot)


def _put(options: argparse.Namespace) -> int:
    with opened(options) as database:
        with database.reading() as connection:
            store_id = store_id_of(options, store_ids(connection))
        if str(options.file) == "-":
            rows = _rows_of(sys.stdin.buffer, "standard input")
        else:
            with options.file.open("rb") as file:
                rows = _rows_of(file, str(options.file))

        def put(connection: Any) -> int:
            now_ms = system_now_ms()
            changed = changed_rows(connection, store_id, options.stream, rows.items())
            put_rows(connection, store_id, options.stream, changed, now_ms)
            want_snapshot(connection, store_id, now_ms)
            return len(changed)

        count = database.write(put)
    print(f"changed: {count} of {len(rows)}")
    return 0


def _rows_of(lines: Iterable[bytes], name: str) -> dict[str, bytes | None]:
    """All rows of a file by key; raises CommandError, which names the line."""
    rows: dict[str, bytes | None] = {}
    for line_no, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            key, body = _row_of(line)
            if key in rows:
                raise ValueError(f"the key {key!r} came before")
        except (ValueError, RecursionError) as trouble:
            raise CommandError(
                f"{name}, line {line_no}: {trouble}; each line is one JSON object with key and body"
            ) from trouble
        rows[key] = body
    return rows


def _row_of(line: bytes) -> Row:
    row = msgspec.json.decode(line, type=_FileRow)
    if not row.key or len(row.key) > KEY_MAX_CHARS or not row.key.isprintable():
        raise ValueError(f"a key has 1 to {KEY_MAX_CHARS} printable characters")
    # Read and written anew: the same row spelled otherwise is no change.
    body = msgspec.json.encode(msgspec.json.decode(row.body))
    if len(body) > BODY_MAX_BYTES:
        raise ValueError(f"the body is larger than {BODY_MAX_BYTES} bytes")
    if body == b"null":
        return row.key, None
    if not body.startswith(b"{"):
        raise ValueError("the body is neither an object nor null")
    return row.key, body


def _show(options: argparse.Namespace) -> int:
    with opened(options) as database:
        with database.reading() as connection:
            store_id = store_id_of(options, store_ids(connection))
        for line in _lines_of(database, store_id, options.stream):
            sys.stdout.write(line)
    return 0


def _lines_of(database: Any, store_id: str, stream: str) -> Iterator[str]:
    after: str | None = None
    more = True
    while more:
        with database.reading() as connection:
            page = read_feed(
                connection,
                database.feed_id,
                store_id=store_id,
                stream=stream,
                after=after,
                limit=FEED_PAGE_MAX,
            )
        for change in page.changes:
            if change.kind == "upsert":
                body = _without_secrets(stream, change.body)
                yield msgspec.json.encode({"key": change.key, "body": body}).decode() + "\n"
        after, more = page.next_cursor, page.more


def _without_secrets(stream: str, body: msgspec.Raw) -> Any:
    if stream != STREAM_SETTINGS:
        return body
    # Hashes of short PINs are guessed in minutes.
    document = msgspec.json.decode(body)
    document.pop("demo_pins", None)
    for operator in document["operators"]:
        operator.pop("pin_hash")
    return document


def _forget(options: argparse.Namespace) -> int:
    if options.days < 1:
        raise CommandError("--days counts from 1")
    with opened(options) as database:
        with database.reading() as connection:
            store_id = store_id_of(options, store_ids(connection))

        def forget(connection: Any) -> int:
            now_ms = system_now_ms()
            count = forget_tombstones(connection, store_id, now_ms - options.days * _DAY_MS)
            want_snapshot(connection, store_id, now_ms)
            return count

        print(f"forgotten: {database.write(forget)}")
    return 0


def _snapshot(options: argparse.Namespace) -> int:
    with opened(options) as database, scratch_folder() as folder:
        with database.reading() as connection:
            store_id = store_id_of(options, store_ids(connection))
        now_ms = system_now_ms()
        try:
            built = build_file(database, store_id, Path(folder), now_ms)
        except BuildFailedError as trouble:
            raise CommandError(str(trouble)) from trouble
        manifest = database.write(lambda connection: keep_snapshot(connection, store_id, built, now_ms))
    print(f"{manifest.sha256}  {manifest.length} bytes, {manifest.counts['item']} items")
    return 0
