"""What the hub's commands share: the database that they open, the store that they mean, how they fail."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final

from sync.hub.database import CONNECTIONS_MOST, Database, DatabaseError, read_location

DEFAULT_DATABASE: Final = "hub.db"
#: Where the address is said once for all commands, and where no other user's `ps` shows it.
DATABASE_VARIABLE: Final = "POSHUB_DATABASE"


class CommandError(Exception):
    """What a command could not do, in a sentence for the person who asked."""


def add_database(parser: argparse.ArgumentParser, *, store: bool = True) -> argparse.ArgumentParser:
    """Give a command the options that say which database, and which store of it."""
    parser.add_argument(
        "--database",
        metavar="URL|PATH",
        default=os.environ.get(DATABASE_VARIABLE) or DEFAULT_DATABASE,
        help=f"file, or postgresql://USER@HOST/DATABASE (default: ${DATABASE_VARIABLE}, {DEFAULT_DATABASE})",
    )
    if store:
        parser.add_argument("--store", help="store id (default: the only one)")
    return parser


def store_id_of(options: argparse.Namespace, known: Sequence[str]) -> str:
    """The store that was meant; raises CommandError."""
    if options.store is None and len(known) == 1:
        return known[0]
    if not known:
        raise CommandError("this hub has no store yet; run `poshub init` with the shop's file first")
    if options.store not in known:
        raise CommandError(f"say which store with --store; this hub has: {', '.join(known)}")
    return str(options.store)


def day(text: str) -> str:
    """A day that was typed, as ISO 8601 writes it; what a parser asks of an option's value."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as trouble:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-22") from trouble


@contextmanager
def opened(
    options: argparse.Namespace, *, make: bool = False, connections: int = CONNECTIONS_MOST
) -> Iterator[Database]:
    """The database that was meant, closed afterwards; raises CommandError where there is none."""
    try:
        location = read_location(options.database)
        # A typing slip must not make an empty hub that tills then report to.
        if not make and location.path is not None and not location.path.exists():
            raise CommandError(
                f"{location.path} does not exist; check --database, or run `poshub init` first"
            )
        database = Database(options.database, make=make, connections=connections)
    except DatabaseError as trouble:
        raise CommandError(str(trouble)) from trouble
    try:
        yield database
    finally:
        database.close()
