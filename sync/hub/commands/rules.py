"""Commands about what tills must heed at the scan: recalls and markdown rules."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync.hub.commands.shared import CommandError, add_database, opened, store_id_of
from sync.hub.goods.shop_admin import store_ids
from sync.hub.goods.shop_rules import RuleFileError, markdown_rows, put_list, recall_rows, stream_rows
from sync.hub.serving.embedded import system_now_ms
from sync.protocol.versions import STREAM_MARKDOWNS, STREAM_RECALLS

#: How a file's bytes become the rows of a stream.
_Reader = Callable[[bytes, str], dict[str, bytes]]


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    columns = "CSV with the columns gtin, lot, reason; id, serial, expiry_from, expiry_to, reason_en …"
    _add(commands, "recalls", STREAM_RECALLS, recall_rows, "Say which packs were called back.", columns)
    columns = (
        "CSV with the columns rule, for (all, sku:…, category:…), days_left, percent; valid_from, valid_to"
    )
    _add(
        commands,
        "markdowns",
        STREAM_MARKDOWNS,
        markdown_rows,
        "Say how prices fall near the last day.",
        columns,
    )


def _add(commands: Any, name: str, stream: str, reader: _Reader, text: str, columns: str) -> None:
    actions = commands.add_parser(name, help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    putting = add_database(actions.add_parser("put", help=f"put the whole list: {columns}"))
    putting.add_argument("file", type=Path)
    putting.set_defaults(run=lambda options: _put(options, stream, reader))
    showing = add_database(actions.add_parser("show", help="print the list, one JSON object a line"))
    showing.set_defaults(run=lambda options: _show(options, stream))


def _put(options: argparse.Namespace, stream: str, reader: _Reader) -> int:
    try:
        rows = reader(options.file.read_bytes(), options.file.name)
    except RuleFileError as error:
        raise CommandError("\n".join([*error.problems, "nothing was put"])) from error
    with opened(options) as database, database.writing() as connection:
        store_id = store_id_of(options, store_ids(connection))
        report = put_list(connection, store_id, stream, rows, system_now_ms())
    print(f"put: {report.put}, unchanged: {report.unchanged}, taken back: {report.taken_back}")
    return 0


def _show(options: argparse.Namespace, stream: str) -> int:
    with opened(options) as database, database.reading() as connection:
        store_id = store_id_of(options, store_ids(connection))
        for _key, document in stream_rows(connection, store_id, stream):
            print(json.dumps(document, ensure_ascii=False))
    return 0
