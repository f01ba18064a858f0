"""Ledger files that a campaign begins on: a new one, an old one, and the statements that bring it up to date.

Made by the product's own migration with the product's own SQLite, in a folder that is gone afterwards; the
campaign's SQLite only ever sees the bytes.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from posapp.store import migrate as migrate_module
from posapp.store.engine import Connection, open_ledger
from posapp.store.migrate import migrate

OLD = "0002"


@dataclass(frozen=True, slots=True)
class Templates:
    """Bytes of a new ledger and of an old one, and the old one's way to the newest schema."""

    new: bytes
    old: bytes
    steps: list[str]


def make_templates() -> Templates:
    """Make all three; takes most of a second, for loading the migrations."""
    with tempfile.TemporaryDirectory() as folder:
        new, old = Path(folder) / "new.db", Path(folder) / "old.db"
        migrate(new, epoch=1)
        with mock.patch.object(migrate_module, "HEAD", OLD):
            migrate(old, epoch=1)
        _fill(old)
        data = old.read_bytes()
        return Templates(new.read_bytes(), data, _steps(old))


def _fill(path: Path) -> None:
    """Some lines that an old till had written down and sent in part."""
    connection = open_ledger(path)
    connection.execute("BEGIN")
    for number in range(1, 41):
        body = b'{"body":{"session_id":"s","operator_id":"1009","at_ms":%d}}' % number
        connection.execute(
            "INSERT INTO journal VALUES (?, 1, ?, ?, 'OperatorSignedOn', NULL, NULL, ?, '2026-05-28', ?)",
            (number, number, f"old-{number}", 1_779_000_000_000 + number, body),
        )
    connection.execute("UPDATE till SET seq = 40, journal_no = 40, acked_through = 25")
    connection.execute("COMMIT")
    connection.close()


def _steps(path: Path) -> list[str]:
    """Every statement of the migration, as SQLite was given it."""
    steps: list[str] = []

    def traced(path: Path) -> Connection:
        connection: Any = open_ledger(path)
        connection.set_trace_callback(steps.append)
        return connection  # type: ignore[no-any-return]

    with mock.patch.object(migrate_module, "open_ledger", traced):
        migrate(path, epoch=1)
    # Lines that begin a comment are statements of triggers, told of by the trace only.
    reads = ("--", "SELECT", "PRAGMA")
    writes = ("PRAGMA writable_schema=", "PRAGMA schema_version=")
    return [step for step in steps if step.startswith(writes) or not step.startswith(reads)]
