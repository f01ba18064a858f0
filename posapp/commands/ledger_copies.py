"""`posapp backup` and `posapp restore`: a copy of the ledger, and the way back from one.

The goods and the device's key are not in it: goods come anew from the hub, and a key is not to lie in copies.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from pathlib import Path

from posapp.config import ConfigError, Settings, read_settings
from posapp.domain.file_trouble import file_sentence
from posapp.store.backups import BackupError, LedgerSummary, back_up, look, put_back
from posapp.store.epochs import round_above
from sync.engine.ports import RECEIPTS_SKIPPED

#: Exit codes: the settings cannot be read; a till is running; it could not be done.
BAD_SETTINGS, RUNNING, FAILED = 2, 3, 4


def backup(options: argparse.Namespace) -> int:
    """Copy the ledger of these settings; the till may be selling meanwhile."""
    settings = _settings(options)
    if settings is None:
        return BAD_SETTINGS
    try:
        summary = back_up(settings.ledger, options.file)
    except BackupError as error:
        return _failed(f"No copy was made. {error}")
    except OSError as error:
        return _failed(f"No copy was made: {file_sentence(error)}.")
    print(f"{options.file}: {_words(summary)}")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Put a copy in the place of the ledger of these settings; refuses while the till is running."""
    settings = _settings(options)
    if settings is None:
        return BAD_SETTINGS
    from posapp.running import take_lock

    try:
        unlock = take_lock(settings.data)
        if unlock is None:
            print(f"The till on {settings.data} is running. Close it first.", file=sys.stderr)
            return RUNNING
        try:
            return _restore(settings, options.file, dry_run=options.dry_run)
        finally:
            unlock()
    except BackupError as error:
        return _failed(f"Nothing was changed. {error}")
    except OSError as error:
        return _failed(f"Nothing was changed: {file_sentence(error)}.")


def _restore(settings: Settings, copy: Path, *, dry_run: bool) -> int:
    held = look(copy)
    mine = f"{settings.store_id}/{settings.terminal_id}"
    if held.place not in ("", mine):
        raise BackupError(f"{copy} belongs to {held.place}, this till is {mine}.")
    print(f"In the copy: {_words(held)}")
    if settings.ledger.exists():
        print(f"In the ledger that gives way: {_words_of(settings.ledger)}")
    now = datetime.datetime.fromtimestamp(time.time_ns() // 10**9, datetime.UTC)
    next_number = round_above(held.receipt_seq, RECEIPTS_SKIPPED) + 1
    print(f"Receipts go on at {next_number:06d}, or higher where the hub has heard of higher ones.")
    if dry_run:
        print("Nothing was changed: this was a rehearsal.")
        return 0
    aside = put_back(copy, settings.ledger, stamp=f"{now:%Y%m%dT%H%M%SZ}")
    if aside is not None:
        print(f"The ledger that was there is kept as {aside}.")
    print("Done. What the copy holds and the hub does not is sent when the till is started.")
    return 0


def _words(summary: LedgerSummary) -> str:
    last = ""
    if summary.last_at_ms is not None:
        at = datetime.datetime.fromtimestamp(summary.last_at_ms // 1000, datetime.UTC)
        last = f", the last of {at:%Y-%m-%d %H:%M:%S} UTC"
    waiting = "" if summary.waiting is None else f", {summary.waiting} of them not yet at the hub"
    return f"{summary.records} records{last}{waiting}; receipts up to {summary.receipt_seq:06d}"


def _words_of(ledger: Path) -> str:
    try:
        return _words(look(ledger))
    except BackupError as error:
        return str(error)


def _settings(options: argparse.Namespace) -> Settings | None:
    try:
        return read_settings(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return None


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return FAILED
