"""Commands about the loyalty programme: check a document, put it, print the one that holds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from sync.hub.commands.members import record
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.goods.promotion_files import currencies_of
from sync.hub.goods.store_facts import all_stores
from sync.hub.loyalty.programme_admin import ProgrammeError, put_programme, read_programme, written_out
from sync.hub.loyalty.programme_rows import stored_programme
from sync.hub.serving.embedded import system_now_ms


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "The rules of members, points, coupons and gift cards, as one document for all stores."
    actions = commands.add_parser("programme", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "Print the programme that holds, all defaults written out, as `put` takes it."
    showing = add_database(actions.add_parser("show", help=text, description=text), store=False)
    showing.set_defaults(run=_show)
    text = "Name what is wrong with a document; no hub is needed."
    checking = actions.add_parser("check", help=text, description=text)
    checking.add_argument("file", type=Path)
    checking.add_argument("--currency", default="CNY", help="of its amounts (default: CNY)")
    checking.set_defaults(run=_check)
    text = "Let a document hold from now on, in every store."
    putting = add_database(actions.add_parser("put", help=text, description=text), store=False)
    putting.add_argument("file", type=Path)
    putting.set_defaults(run=_put)


def _show(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        stores = all_stores(connection)
        document = written_out(stored_programme(connection), stores[0].currency if stores else "CNY")
    print(json.dumps(document, ensure_ascii=False, indent=2))
    return 0


def _check(options: argparse.Namespace) -> int:
    _read(options.file, (options.currency,))
    print(f"{options.file.name}: fine")
    return 0


def _put(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()
    with opened(options) as database, database.writing() as connection:
        document = _read(options.file, currencies_of(all_stores(connection)))
        put = put_programme(connection, document, now_ms)
        if put.is_changed:
            record(connection, "programme_put", str(put.rev), now_ms)
    said = f"revision {put.rev}" if put.is_changed else f"unchanged, revision {put.rev}"
    print(f"{said}; {put.stores} store(s) get it")
    return 0


def _read(path: Path, currencies: tuple[str, ...]) -> bytes:
    try:
        return read_programme(path.read_bytes(), currencies)
    except ProgrammeError as trouble:
        said = [f"{path.name}: {problem}" for problem in trouble.problems]
        raise CommandError("\n".join([*said, "nothing was put"])) from trouble
