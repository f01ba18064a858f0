"""What the hub's commands share: the database that they open, the store that they mean, how they fail."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sync.hub.database import Database

DEFAULT_DATABASE: Final = Path("hub.db")


class CommandError(Exception):
    """What a command could not do, in a sentence for the person who asked."""


def add_database(parser: argparse.ArgumentParser, *, store: bool = True) -> argparse.ArgumentParser:
    """Give a command the options that say which database, and which store of it."""
    parser.add_argument("--database", type=Path, default=DEFAULT_DATABASE, help="default: %(default)s")
    if store:
        parser.add_argument("--store", help="store id (default: the only one)")
    return parser


def store_id_of(options: argparse.Namespace, known: Sequence[str]) -> str:
    """The store that was meant; raises CommandError."""
    if options.store is None and len(known) == 1:
        return known[0]
    if options.store not in known:
        raise CommandError(f"say which store with --store; this hub has: {', '.join(known) or 'none yet'}")
    return str(options.store)


@contextmanager
def opened(options: argparse.Namespace, *, make: bool = False) -> Iterator[Database]:
    """The database that was meant, closed afterwards; raises CommandError where there is none."""
    # A typing slip must not make an empty hub that tills then report to.
    if not make and not options.database.exists():
        raise CommandError(f"{options.database} does not exist; check --database, or run `poshub init` first")
    database = Database(options.database)
    try:
        yield database
    finally:
        database.close()
