"""`posapp wipe-members`: deletes what this till knows of members, before it is lent, sold or sent for repair.

Facts stay: they hold ids and no person. Wishes to join that the hub has not heard of stay too unless asked
for, since nobody else has them. The hub sends the members again as soon as the till is started.
"""

from __future__ import annotations

import argparse
import contextlib
import sys

from posapp.config import ConfigError, Settings, read_settings
from posapp.domain.file_trouble import file_sentence
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import Connection, open_ledger
from posapp.store.joins import count_joins, forget_joins
from posapp.store.members_file import MEMBERS_NAME
from posapp.store.migrate import HEAD, revision_of
from posapp.store.troubles import DatabaseError

#: Exit codes: the settings cannot be read; a till is running; it could not be done.
BAD_SETTINGS, RUNNING, FAILED = 2, 3, 4


def wipe_members(options: argparse.Namespace) -> int:
    """Delete the members of the till of these settings; refuses while it is running."""
    try:
        settings = read_settings(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    from posapp.running import take_lock

    try:
        unlock = take_lock(settings.data)
        if unlock is None:
            print(f"The till on {settings.data} is running. Close it first.", file=sys.stderr)
            return RUNNING
        try:
            _wipe(settings, with_joins=options.pending_joins)
        finally:
            unlock()
    except OSError as error:
        print(f"Not everything was deleted: {file_sentence(error)}.", file=sys.stderr)
        return FAILED
    except DatabaseError as error:
        print(f"{settings.ledger} cannot be read: {error}. The members are deleted.", file=sys.stderr)
        return FAILED
    return 0


def _wipe(settings: Settings, *, with_joins: bool) -> None:
    path = settings.data / MEMBERS_NAME
    was_there = path.exists()
    CatalogPlace(path).discard()
    print("The members of this till are deleted." if was_there else "This till knew no members.")
    if not settings.ledger.exists():
        return
    with contextlib.closing(open_ledger(settings.ledger)) as connection:
        waiting = count_joins(connection) if revision_of(connection) == HEAD else 0
        if waiting and with_joins:
            _forget(connection)
            print(f"{waiting} wishes to join that the hub has not heard of are deleted too.")
        elif waiting:
            print(f"{waiting} wishes to join wait for the hub and stay: --pending-joins deletes them.")


def _forget(connection: Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    forget_joins(connection)
    connection.execute("COMMIT")
    # What was written over lies in the log until it is folded into the file.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
