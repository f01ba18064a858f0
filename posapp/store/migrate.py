"""Bringing the ledger's schema up to date before anything reads it.

A ledger that is current costs one row to find out; only a new or an old one loads alembic. An old one
is copied first, through SQLite's own backup, so that a failed step leaves something to go back to.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2

from posapp.store.engine import Connection, open_ledger
from posapp.store.settings import PLACE, get_setting, put_setting
from posapp.values import dataclass

#: The newest step in `migrations/versions`; a test keeps the two together.
HEAD: Final = "0006"

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


class LedgerTooNewError(RuntimeError):
    """The ledger was written by a newer till; this one could lose what it does not know."""


class ForeignLedgerError(RuntimeError):
    """The ledger belongs to another terminal; its queue and numbers must not be mixed with ours."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done: steps from and to (None for a new file), and the copy made before."""

    before: str | None
    after: str
    backup: Path | None


def migrate(path: Path, *, epoch: int) -> Migration:
    """Bring the ledger at `path` to the newest schema, making it if it is missing.

    `epoch` names the life of a ledger that is made now (epoch milliseconds); one that exists keeps its own.
    """
    connection = open_ledger(path)
    try:
        before = revision_of(connection)
        if before == HEAD:
            return Migration(before, HEAD, None)
        if before is not None and before > HEAD:
            raise LedgerTooNewError(f"the ledger has schema {before}, this till knows up to {HEAD}")
        backup = None if before is None else _copy(connection, path, before)
        _upgrade(connection, epoch)
        return Migration(before, HEAD, backup)
    finally:
        connection.close()


def revision_of(connection: Connection) -> str | None:
    """The step that a ledger is at, or None for a file that is none."""
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone()
    if known is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _copy(connection: Connection, path: Path, revision: str) -> Path:
    backup = path.with_name(f"{path.stem}.before-{HEAD}.from-{revision}{path.suffix}")
    unfinished = backup.with_name(backup.name + ".part")
    unfinished.unlink(missing_ok=True)
    target: Any = dbapi2.connect(str(unfinished))
    try:
        source: Any = connection
        source.backup(target)
    finally:
        target.close()
    descriptor = os.open(unfinished, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    unfinished.replace(backup)
    return backup


def _upgrade(connection: Connection, epoch: int) -> None:
    # Loaded only here: SQLAlchemy and alembic take longer to load than the whole till.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import StaticPool

    engine = create_engine(
        "sqlite://", module=dbapi2, creator=lambda: connection, poolclass=StaticPool, isolation_level=None
    )
    # All steps or none: the driver leaves transactions alone, so they are begun in so many words.
    event.listen(engine, "begin", lambda given: given.exec_driver_sql("BEGIN IMMEDIATE"))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.connect() as given:
        config.attributes["connection"] = given
        config.attributes["epoch"] = epoch
        command.upgrade(config, HEAD)


def claim(path: Path, store_id: str, terminal_id: str) -> None:
    """Write down whose ledger this is, once; raises ForeignLedgerError where it is another terminal's."""
    place = f"{store_id}/{terminal_id}".encode()
    connection = open_ledger(path)
    try:
        held = get_setting(connection, PLACE)
        if held is None:
            connection.execute("BEGIN IMMEDIATE")
            put_setting(connection, PLACE, place)
            connection.execute("COMMIT")
        elif held != place:
            raise ForeignLedgerError(f"the ledger belongs to {held.decode()}, not to {place.decode()}")
    finally:
        connection.close()
