"""Commands about devices: a code to enrol one, who is enrolled, putting one out."""

from __future__ import annotations

import argparse
import secrets
from datetime import UTC, datetime
from typing import Any

from sync.hub.commands.shared import CommandError, add_database, opened, store_id_of
from sync.hub.goods.shop_admin import store_ids
from sync.hub.serving.embedded import system_now_ms
from sync.hub.trust.enrolment import known_keys, new_code, revoke
from sync.protocol.trust import CODE_BYTES


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Print a code with which one till is enrolled, once."
    enrolling = add_database(commands.add_parser("enrol", help=text, description=text))
    enrolling.add_argument("--terminal", required=True, help="terminal id of the shop file")
    enrolling.add_argument(
        "--valid-hours", type=int, default=24, metavar="N", help="default: %(default)s, at most 168"
    )
    enrolling.set_defaults(run=_enrol)
    text = "List the tills that are enrolled, with their keys."
    listing = add_database(commands.add_parser("devices", help=text, description=text))
    listing.add_argument("--all", action="store_true", help="keys that were replaced or revoked too")
    listing.set_defaults(run=_devices)
    text = "Put a till out: its keys open nothing any more."
    revoking = add_database(commands.add_parser("revoke", help=text, description=text))
    revoking.add_argument("--terminal", required=True)
    revoking.add_argument("--key", metavar="ID", help="only this key (see `poshub devices`)")
    revoking.set_defaults(run=_revoke)


def _enrol(options: argparse.Namespace) -> int:
    if not 1 <= options.valid_hours <= 168:
        raise CommandError("--valid-hours is from 1 to 168")
    with opened(options) as database, database.writing() as connection:
        code = new_code(
            connection,
            store_id_of(options, store_ids(connection)),
            options.terminal,
            secret=secrets.token_bytes(CODE_BYTES),
            now_ms=system_now_ms(),
            valid_ms=options.valid_hours * 3_600_000,
        )
    if code is None:
        raise CommandError(f"terminal {options.terminal!r} is not in the shop file of this store")
    print(code)
    return 0


def _devices(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        keys = known_keys(connection, store_id_of(options, store_ids(connection)), all_states=options.all)
    print(f"{'terminal':12}{'key':18}{'state':10}{'made':22}last session")
    for key in keys:
        made, used = (
            _day(key.made_at_ms),
            "never" if key.last_used_at_ms is None else _day(key.last_used_at_ms),
        )
        print(f"{key.terminal_id:12}{key.key_id:18}{key.state:10}{made:22}{used}")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        store_id = store_id_of(options, store_ids(connection))
        count = revoke(connection, store_id, options.terminal, now_ms=system_now_ms(), key_id=options.key)
    if not count:
        raise CommandError(f"terminal {options.terminal!r} of store {store_id!r} has no such key to revoke")
    print(
        f"revoked: {count} key(s) of {options.terminal}; it sells on, and its sales wait until it is enrolled"
    )
    return 0


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
