"""Commands for those who run the hub: back up, put back, tell of backups that others made."""

from __future__ import annotations

import argparse
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.database import DatabaseError
from sync.hub.serving.embedded import system_now_ms
from sync.hub.upkeep.backup import BackupError, back_up, begin_new_life, note_backed_up_until, put_back
from sync.hub.upkeep.retention import RetentionError, first_kept_month, let_go_before

#: A century: who means to keep everything does not run this.
MONTHS_MOST: Final = 1_200


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Copy the hub into a folder while it serves; the tills then let go of what the copy holds."
    backing = add_database(commands.add_parser("backup", help=text, description=text), store=False)
    backing.add_argument("--into", type=Path, required=True, help="folder, on another disk than the database")
    backing.add_argument("--keep", type=int, default=0, help="newest backups that stay (default: all)")
    backing.set_defaults(run=_backup)
    text = "Put a backup back; the tills then send again what it does not hold."
    restoring = add_database(commands.add_parser("restore", help=text, description=text), store=False)
    restoring.add_argument("file", type=Path)
    restoring.add_argument("--replace", action="store_true", help="put it in the place of what is there")
    restoring.set_defaults(run=_restore)
    text = "Tell that this database was put back by other means, or is a copy that lagged behind."
    restored = add_database(commands.add_parser("restored", help=text, description=text), store=False)
    restored.set_defaults(run=_restored)
    text = "Let go of old business days, whole months, once they are in a backup."
    retaining = add_database(commands.add_parser("retain", help=text, description=text), store=False)
    retaining.add_argument("--months", type=int, required=True, help="whole months that stay before this one")
    retaining.set_defaults(run=_retain)
    text = "Tell that what arrived until a time is in a backup that others made."
    until = add_database(commands.add_parser("backed-up", help=text, description=text), store=False)
    until.add_argument("--until", required=True, help="such as 2026-11-22T01:30:00+08:00")
    until.set_defaults(run=_backed_up)


def _backup(options: argparse.Namespace) -> int:
    name = f"poshub-{_stamp(system_now_ms())}"
    with opened(options) as database:
        try:
            done = back_up(database, options.into, name=name, now_ms=system_now_ms(), keep=options.keep)
        except BackupError as trouble:
            raise CommandError(str(trouble)) from trouble
    print(f"{done.file}: {done.size_bytes:,} bytes, {done.epochs} epochs of terminals")
    return 0


def _restore(options: argparse.Namespace) -> int:
    try:
        print(
            put_back(
                options.database,
                options.file,
                new_id=lambda: secrets.token_hex(6),
                replace=options.replace,
                stamp=_stamp(system_now_ms()),
            )
        )
    except (BackupError, DatabaseError) as trouble:
        raise CommandError(str(trouble)) from trouble
    return 0


def _restored(options: argparse.Namespace) -> int:
    hub_id = secrets.token_hex(6)
    with opened(options) as database, database.writing() as connection:
        begin_new_life(connection, hub_id, from_backup=False)
    print(f"this hub begins a new life, {hub_id}: restart what serves it; tills send again what it lacks")
    return 0


def _backed_up(options: argparse.Namespace) -> int:
    try:
        until = datetime.fromisoformat(options.until)
    except ValueError as trouble:
        raise CommandError(f"--until {options.until}: write it as 2026-11-22T01:30:00+08:00") from trouble
    if until.tzinfo is None:
        raise CommandError(f"--until {options.until}: say the time zone, such as +08:00 or Z")
    until_ms = int(until.timestamp()) * 1000
    if until_ms > system_now_ms():
        raise CommandError("--until lies in the future")
    with opened(options) as database, database.writing() as connection:
        print(f"backed up: {note_backed_up_until(connection, until_ms)} epochs of terminals")
    return 0


def _retain(options: argparse.Namespace) -> int:
    if not 1 <= options.months <= MONTHS_MOST:
        raise CommandError(f"--months is from 1 to {MONTHS_MOST}")
    first = first_kept_month(datetime.fromtimestamp(system_now_ms() // 1000, UTC).date(), options.months)
    with opened(options) as database:
        try:
            count = let_go_before(database, first)
        except RetentionError as trouble:
            raise CommandError(str(trouble)) from trouble
    print(f"kept: business days from {first} on; let go of: {count}")
    return 0


def _stamp(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
