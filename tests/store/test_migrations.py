"""The ledger's schema: made, recognised in one row, copied before it is changed, and as the tables say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2
from sqlalchemy import create_engine

from posapp.store import migrate as migrate_module
from posapp.store.engine import UnsafeSqliteError, check_sqlite, open_ledger
from posapp.store.migrate import HEAD, LedgerTooNewError, Migration, migrate
from posapp.store.tables import METADATA


def test_a_new_ledger_gets_the_newest_schema_without_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    assert migrate(path, epoch=1) == Migration(None, HEAD, None)
    assert migrate(path, epoch=1) == Migration(HEAD, HEAD, None)
    assert [found.name for found in tmp_path.iterdir()] == ["ledger.db"]


def test_the_newest_step_is_the_one_that_is_looked_for() -> None:
    script = ScriptDirectory(str(Path(migrate_module.__file__).parent / "migrations"))
    assert script.get_current_head() == HEAD


def test_the_tables_are_what_the_migrations_make(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    migrate(path, epoch=1)
    engine = create_engine(f"sqlite:///{path}", module=dbapi2)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_a_current_ledger_is_opened_without_loading_sqlalchemy(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    migrate(path, epoch=1)
    code = (
        "import sys\nfrom pathlib import Path\nfrom posapp.store.migrate import migrate\n"
        "import posapp.store.writer, posapp.store.feeds, posapp.store.search\n"
        f"assert migrate(Path({str(path)!r}), epoch=1).backup is None\n"
        "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'alembic', 'requests')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0


def test_an_old_ledger_is_copied_before_and_a_failed_step_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    migrate(path, epoch=1)
    held = open_ledger(path)
    held.execute("INSERT INTO setting VALUES ('language', x'656e')")
    held.close()
    before = HEAD
    monkeypatch.setattr(migrate_module, "HEAD", "9999")
    with pytest.raises(Exception, match="9999"):
        migrate(path, epoch=1)
    copy = tmp_path / f"ledger.before-9999.from-{before}.db"
    for file in (copy, path):
        reader = dbapi2.connect(str(file))
        assert reader.execute("SELECT value FROM setting").fetchall() == [(b"en",)]
        assert reader.execute("SELECT version_num FROM alembic_version").fetchall() == [(before,)]
        reader.close()


def test_a_ledger_as_first_shipped_is_copied_and_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    with monkeypatch.context() as patch:
        patch.setattr(migrate_module, "HEAD", "0001")
        migrate(path, epoch=7)
    done = migrate(path, epoch=8)
    assert (done.before, done.after) == ("0001", HEAD)
    assert done.backup is not None
    reader = open_ledger(path)
    assert reader.execute("SELECT epoch FROM till").fetchone() == (7,)
    assert reader.execute("SELECT count(*) FROM serial_sold").fetchone() == (0,)
    reader.close()


def test_a_first_step_that_breaks_off_leaves_no_half_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    steps = tmp_path / "steps"
    (steps / "versions").mkdir(parents=True)
    own = Path(migrate_module.__file__).parent / "migrations"
    (steps / "env.py").write_text((own / "env.py").read_text())
    first = (own / "versions" / "0001_first_ledger.py").read_text()
    (steps / "versions" / "a.py").write_text(first + "    op.execute('CREATE TABLE till (x)')\n")
    monkeypatch.setattr(migrate_module, "_MIGRATIONS", steps)
    monkeypatch.setattr(migrate_module, "HEAD", "0001")
    with pytest.raises(Exception, match="till"):
        migrate(path, epoch=1)
    reader = open_ledger(path)
    assert reader.execute("SELECT name FROM sqlite_schema").fetchall() == []
    reader.close()


def test_a_ledger_of_a_newer_till_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    migrate(path, epoch=1)
    held = open_ledger(path)
    held.execute("UPDATE alembic_version SET version_num = '9000'")
    held.close()
    with pytest.raises(LedgerTooNewError, match="9000"):
        migrate(path, epoch=1)


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.52.0"])
def test_an_sqlite_that_damages_files_is_refused(version: str) -> None:
    with pytest.raises(UnsafeSqliteError, match=version.replace(".", r"\.")):
        check_sqlite(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.1", "3.53.4", "4.0.0"])
def test_a_mended_sqlite_is_taken(version: str) -> None:
    check_sqlite(version)


def test_the_ledger_is_opened_durable(tmp_path: Path) -> None:
    held = open_ledger(tmp_path / "ledger.db")
    found = [
        held.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    held.close()
    assert found == ["wal", 2, 1]
