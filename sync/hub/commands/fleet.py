"""Commands about the fleet page and the period close: admin, statement."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

from sync.hub.commands.shared import CommandError, add_database, day, opened, store_id_of
from sync.hub.fleet.admins import PASSWORD_LEAST_CHARS, AccountError, admin_names, put_admin, remove_admin
from sync.hub.fleet.statement_content import Statement
from sync.hub.fleet.statements import (
    DAYS_MOST,
    make_statement,
    one_statement,
    read_content,
    signed_file,
    verified,
)
from sync.hub.goods.shop_admin import store_ids
from sync.hub.serving.embedded import system_now_ms
from sync.hub.trust.hub_keys import public_keys

#: Who did it, on record, where it was done at the hub's own keyboard.
AT_THE_HUB: Final = "poshub"


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Accounts of the fleet page."
    actions = commands.add_parser("admin", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    adding = add_database(
        actions.add_parser("add", help="make an account or give it another password"), store=False
    )
    adding.add_argument("name")
    adding.set_defaults(run=_add_admin)
    removing = add_database(actions.add_parser("remove", help="remove an account"), store=False)
    removing.add_argument("name")
    removing.set_defaults(run=_remove_admin)
    listing = add_database(actions.add_parser("list", help="name the accounts"), store=False)
    listing.set_defaults(run=_list_admins)
    text = "Say, signed, whether all tills of a store have handed in everything through a business day."
    stating = add_database(commands.add_parser("statement", help=text, description=text))
    stating.add_argument("--through", type=day, metavar="DAY", help="last business day, such as 2026-11-22")
    stating.add_argument("--from", dest="first", type=day, metavar="DAY", help="default: that one day")
    stating.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    stating.add_argument("--verify", type=Path, metavar="FILE", help="check one instead of making one")
    stating.set_defaults(run=_statement)


# ---------------------------------------------------------------------- accounts
def _add_admin(options: argparse.Namespace) -> int:
    with opened(options) as database:
        password = _password()
        try:
            is_new = database.write(
                lambda connection: put_admin(
                    connection, options.name, password, now_ms=system_now_ms(), who=AT_THE_HUB
                )
            )
        except AccountError as trouble:
            raise CommandError(str(trouble)) from trouble
    print(f"{options.name}: {'account made' if is_new else 'password changed, sessions ended'}")
    return 0


def _password() -> str:
    """What was typed twice, or one line of standard input where nobody types."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(f"Password (at least {PASSWORD_LEAST_CHARS} characters): ")
    if getpass.getpass("Once more: ") != first:
        raise CommandError("the two are not the same; nothing was changed")
    return first


def _remove_admin(options: argparse.Namespace) -> int:
    with opened(options) as database:
        gone = database.write(
            lambda connection: remove_admin(connection, options.name, now_ms=system_now_ms(), who=AT_THE_HUB)
        )
    if not gone:
        raise CommandError(f"there is no account {options.name!r}")
    print(f"{options.name}: account removed, sessions ended")
    return 0


def _list_admins(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        print(*admin_names(connection), sep="\n")
    return 0


# ---------------------------------------------------------------------- statements
def _statement(options: argparse.Namespace) -> int:
    if options.verify is not None:
        return _verify(options)
    if options.through is None:
        raise CommandError("say through which business day, with --through; or which file, with --verify")
    days = (options.first or options.through, options.through)
    length = (date.fromisoformat(days[1]) - date.fromisoformat(days[0])).days
    if not 0 <= length < DAYS_MOST:
        raise CommandError(f"--from must be before --through, and at most {DAYS_MOST} days")
    with opened(options) as database:
        with database.reading() as connection:
            store_id = store_id_of(options, store_ids(connection))
        statement_id = database.write(
            lambda connection: make_statement(
                connection, store_id, days, hub_id=database.feed_id, who=AT_THE_HUB, now_ms=system_now_ms()
            )
        )
        with database.reading() as connection:
            made = one_statement(connection, store_id, statement_id)
            if made is None:
                raise CommandError("the statement was made and is gone again")
            file = signed_file(connection, made)
    if options.output is None:
        sys.stdout.write(file.decode())
    else:
        options.output.write_bytes(file)
    return _tell(read_content(made.content))


def _verify(options: argparse.Namespace) -> int:
    file = options.verify.read_bytes()
    with opened(options) as database, database.reading() as connection:
        said = verified(file, public_keys(connection))
    if isinstance(said, str):
        raise CommandError(said)
    print(f"{options.verify}: signed by this hub, unchanged")
    return _tell(said)


def _tell(said: Statement) -> int:
    days = said.last_day if said.first_day == said.last_day else f"{said.first_day} to {said.last_day}"
    verdict = "complete" if said.complete else "not complete"
    print(f"store {said.store_id}, {days}: {verdict}", file=sys.stderr)
    for reason in said.reasons:
        print(f"  {reason}", file=sys.stderr)
    for terminal in said.terminals:
        for reason in terminal.reasons:
            print(f"  {terminal.terminal_id}: {reason}", file=sys.stderr)
    return 0 if said.complete else 1
