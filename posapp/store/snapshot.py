"""A snapshot of the catalogue as it is gathered, checked and put in the place of the file in use.

What has come of a snapshot lies beside the catalogue under the name of its content, so it is taken up where
it broke off, also after a restart. What is put in place was compared with its manifest byte for byte and is
a sound file with as many rows as it should have. Whence it comes, and whose signature it bears, is the
engine's.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from posapp.flows.ports import Clock
from posapp.store.catalog_place import SIDE_FILES, CatalogInUseError, CatalogPlace
from posapp.store.catalog_writer import prepare
from posapp.store.engine import Connection, open_scratch
from posapp.store.troubles import UNFIT, DatabaseError
from posapp.store.unpacking import Unpacked, UnpackError, settle, unpack
from sync.engine.bootstrap import Verdict
from sync.engine.ports import StoreUnavailable
from sync.protocol.catalog_file import CATALOG_FILE_VERSION, CATALOG_TABLES
from sync.protocol.cursors import position_of
from sync.protocol.messages import Manifest
from sync.protocol.versions import (
    STREAM_CATALOGUE,
    STREAM_MEMBERS,
    STREAM_PRICES,
    STREAM_SETTINGS,
    STREAMS,
)

LOGGER = logging.getLogger(__name__)

#: Left on the disk for sales while a new file is made.
_SPARE_BYTES: Final = 64 * 1024 * 1024
#: Checked side by side: the items are about as much work as all the rest.
_CHECKED: Final = (("item",), tuple(table for table in CATALOG_TABLES if table != "item"))
#: Whose rows may be newer here than in a snapshot, or are in none.
_DOCUMENTS: Final = tuple(
    stream
    for stream in STREAMS
    if stream not in (STREAM_SETTINGS, STREAM_CATALOGUE, STREAM_PRICES, STREAM_MEMBERS)
)


class _BadSnapshotError(Exception):
    """It is not what its manifest says, or no sound catalogue."""


class _AbandonedError(Exception):
    """The till is closing."""


class SnapshotFiles:
    """Where a snapshot is gathered and installed (a SnapshotPort); used by one thread."""

    def __init__(
        self,
        place: CatalogPlace,
        store_id: str,
        clock: Clock,
        *,
        on_progress: Callable[[int], None] = lambda _percent: None,
        on_installed: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_progress` is told percents (0 to 100) of what is gathered, `on_installed` of a new file."""
        self._place = place
        self._store_id = store_id
        self._clock = clock
        self._on_progress = on_progress
        self._on_installed = on_installed
        self._abandoned = threading.Event()
        self._told = -1
        self._taken = ""
        self._fresh = self._beside("fresh")
        self._refused = self._beside("refused")

    @property
    def store_id(self) -> str:
        """Whose catalogue this is."""
        return self._store_id

    def abandon(self) -> None:
        """Break off whatever is under way, at once; it is taken up again after the next start."""
        self._abandoned.set()

    def is_refused(self, sha256: str) -> bool:
        """Whether this one was found bad before, or taken since the start: the same again would not help."""
        try:
            return sha256 == self._taken or self._refused.read_text("ascii") == sha256
        except (OSError, UnicodeDecodeError):
            return False

    def gathered(self, manifest: Manifest) -> int:
        """How many bytes of it are here; what is here of another one is thrown away."""
        part = self._part(manifest)
        with _disk():
            self._clear(but=part)
            length = part.stat().st_size if part.exists() else 0
            if length > manifest.length:
                part.unlink()
                length = 0
            wanted = manifest.length - length + manifest.plain_length + _SPARE_BYTES
            if shutil.disk_usage(part.parent).free < wanted:
                raise StoreUnavailable("disk_full")
        self._tell(length, manifest)
        return length

    def gather(self, manifest: Manifest, offset: int, piece: bytes) -> None:
        """Keep a piece that follows what is here; more than there should be is let drop."""
        with _disk(), self._part(manifest).open("ab") as file:
            if file.tell() != offset:
                raise StoreUnavailable("what was gathered of a snapshot has changed")
            kept = piece[: manifest.length - offset]
            file.write(kept)
            file.flush()
            settle(file.fileno(), offset, len(kept))
        self._tell(offset + len(piece), manifest)

    def clear(self) -> None:
        """Throw away whatever is here of any snapshot."""
        with _disk():
            self._clear(but=None)

    def install(self, manifest: Manifest) -> Verdict:
        """Check the whole of it and put it in the place of the catalogue; a bad one is thrown away.

        Raises StoreUnavailable where the disk cannot now.
        """
        try:
            with _disk():
                self._unpack(manifest)
                self._check(manifest)
                self._make_ready(manifest)
                self._go_on()
                self._place.replace(self._fresh)
        except _BadSnapshotError as error:
            LOGGER.warning("the snapshot %.16s is bad: %s", manifest.sha256, error)
            with _disk():
                self._refused.write_text(manifest.sha256, "ascii")
                self._clear(but=None)
            return "bad"
        except CatalogInUseError:
            return "not_now"
        except (_AbandonedError, DatabaseError) as error:
            raise StoreUnavailable(str(error)) from error
        self._taken = manifest.sha256
        with _disk():
            self._clear(but=None)
        self._on_installed()
        return "installed"

    # --- the steps of putting it in place ---------------------------------------------------------

    def _unpack(self, manifest: Manifest) -> None:
        """Write the file that the frame holds, and compare both with the manifest."""
        try:
            found = unpack(
                self._part(manifest), self._fresh, length_max=manifest.plain_length, go_on=self._go_on
            )
        except UnpackError as error:
            raise _BadSnapshotError(str(error)) from error
        if found != Unpacked(manifest.plain_length, manifest.plain_sha256, manifest.sha256):
            raise _BadSnapshotError("its content is not what was signed")

    def _check(self, manifest: Manifest) -> None:
        """Have SQLite look at every page, count the rows, and begin to make the file durable."""
        with ThreadPoolExecutor(1 + len(_CHECKED), "checking") as beside:
            work = [beside.submit(_sync_file, self._fresh)]
            work += [beside.submit(self._check_tables, tables, manifest.counts) for tables in _CHECKED]
        for one in work:
            one.result()

    def _check_tables(self, tables: tuple[str, ...], counts: dict[str, int]) -> None:
        try:
            with closing(open_scratch(self._fresh, self._abandoned.is_set)) as connection:
                run = connection.execute
                if run("PRAGMA user_version").fetchone()[0] != CATALOG_FILE_VERSION:
                    raise _BadSnapshotError("it is of another version")
                if run("SELECT 1 FROM sqlite_schema WHERE type NOT IN ('table', 'index')").fetchone():
                    raise _BadSnapshotError("it holds more than tables")
                for table in tables:
                    answer = run(f"PRAGMA quick_check({table})").fetchone()[0]
                    # The name is one of our own.
                    count = run(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
                    if answer != "ok" or counts.get(table, count) != count:
                        raise _BadSnapshotError(f"{table}: {answer}, {count} rows")
        except DatabaseError as error:
            self._go_on()
            raise _BadSnapshotError(str(error)) from error

    def _make_ready(self, manifest: Manifest) -> None:
        """Keep what is newer here than in the snapshot, and leave the file as the till opens it."""
        with closing(open_scratch(self._fresh, self._abandoned.is_set)) as connection:
            try:
                prepare(connection)
                held = dict(connection.execute("SELECT stream, cursor FROM stream").fetchall())
            except (DatabaseError, *UNFIT) as error:
                self._go_on()
                raise _BadSnapshotError(str(error)) from error
            if any(held.get(stream) != cursor for stream, cursor in manifest.cursors.items()):
                raise _BadSnapshotError("its cursors are not what was signed")
            connection.execute("PRAGMA synchronous=OFF")
            self._keep_newer(connection, manifest)
            connection.execute("UPDATE stream SET updated_ms = ?", (self._clock.now_ms(),))
            connection.execute("PRAGMA journal_mode=WAL")
        _sync_file(self._fresh)

    def _keep_newer(self, connection: Connection, manifest: Manifest) -> None:
        """Take over the rows of streams that have come further here; none of an unreadable file."""
        address = f"file:{quote(self._place.path.resolve().as_posix())}?mode=ro"
        try:
            connection.execute("ATTACH ? AS here", (address,))
            connection.execute("BEGIN")
            cursors = connection.execute("SELECT stream, cursor FROM here.stream").fetchall()
            for stream, cursor in cursors:
                if stream in _DOCUMENTS and _is_further(cursor, manifest.cursors.get(stream)):
                    connection.execute("DELETE FROM main.document WHERE stream = ?", (stream,))
                    connection.execute(
                        "INSERT INTO main.document SELECT * FROM here.document WHERE stream = ?", (stream,)
                    )
                    connection.execute(
                        "INSERT OR REPLACE INTO main.stream SELECT * FROM here.stream WHERE stream = ?",
                        (stream,),
                    )
            connection.execute("COMMIT")
            connection.execute("DETACH here")
        except DatabaseError as error:
            self._go_on()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            LOGGER.warning("rows of the old catalogue are not kept: %s", error)

    # --- files and progress -----------------------------------------------------------------------

    def _beside(self, ending: str) -> Path:
        return self._place.path.with_name(f"{self._place.path.name}.{ending}")

    def _part(self, manifest: Manifest) -> Path:
        return self._beside(f"{manifest.sha256[:32]}.part")

    def _clear(self, *, but: Path | None) -> None:
        folder, name = self._place.path.parent, self._place.path.name
        old = [found for found in folder.glob(f"{name}.*.part") if found != but]
        for found in (*old, self._fresh, *(self._beside(f"fresh{ending}") for ending in SIDE_FILES)):
            found.unlink(missing_ok=True)

    def _go_on(self) -> None:
        if self._abandoned.is_set():
            raise _AbandonedError("the till is closing")

    def _tell(self, length: int, manifest: Manifest) -> None:
        percent = min(100, length * 100 // manifest.length)
        if percent != self._told:
            self._told = percent
            self._on_progress(percent)


def _is_further(cursor: Any, other: str | None) -> bool:
    """Whether a stream has come at least as far as another cursor of it says, as far as one can tell."""
    if cursor is None or other is None:
        return cursor is not None
    ours, theirs = position_of(str(cursor)), position_of(other)
    return ours is not None and theirs is not None and ours[0] == theirs[0] and ours[1] >= theirs[1]


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(str(error)) from error
