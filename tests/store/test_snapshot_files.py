"""A snapshot of the catalogue: gathered from any byte on, checked whole, put in place while scans go on."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zstandard

from posapp.flows.ports import CatalogueUnreadable
from posapp.store import snapshot as snapshot_module
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogInUseError, CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.engine import open_catalog, open_reader
from posapp.store.search import CatalogSearch
from posapp.store.snapshot import SnapshotFiles
from sync.engine.ports import StoreUnavailable
from sync.protocol.messages import Change, Manifest
from tests.store.snapshots import (
    STORE,
    document_change,
    item_change,
    make_snapshot,
    packed_snapshot,
    price_change,
    take,
)


@dataclass
class Till:
    """All that a till has open of its catalogue."""

    folder: Path
    clock: Any
    progress: list[int] = field(default_factory=list)
    installed: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.place = CatalogPlace(self.folder / "catalog.db")
        self.file: CatalogFile = open_catalog_file(self.place, self.clock)
        self.reader = SqliteCatalogReader(self.place)
        self.search = CatalogSearch(self.place, self.clock)
        self.files = SnapshotFiles(
            self.place,
            STORE,
            self.clock,
            on_progress=self.progress.append,
            on_installed=lambda: self.installed.append(True),
        )

    def names(self) -> list[str]:
        """The files in the till's folder."""
        return sorted(found.name for found in self.folder.iterdir())

    def close(self) -> None:
        self.reader.close()
        self.search.close()
        self.file.close()


@pytest.fixture
def till(tmp_path: Path, clock: Any) -> Iterator[Till]:
    folder = tmp_path / "till"
    folder.mkdir()
    made = Till(folder, clock)
    yield made
    made.close()


GOODS = {
    "catalogue": ([item_change(f"{n}", n) for n in range(1, 301)], "hub:300"),
    "prices": ([price_change(f"{n}", 300 + n, n) for n in range(1, 301)], "hub:600"),
}


def test_a_snapshot_takes_the_place_of_the_file_and_everybody_sees_it(
    till: Till, tmp_path: Path, clock: Any
) -> None:
    till.file.apply("catalogue", [item_change("old", 1)], "old:1")
    assert till.reader.by_sku("old", 1) is not None
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    clock.wall_ms += 5_000
    assert take(till.files, manifest, packed, step=777) == "installed"
    found = till.reader.by_key("=7", 1)
    assert found is not None
    assert (found.sku, found.price_minor) == ("7", 7)
    assert till.reader.by_sku("old", 1) is None
    assert [item.sku for item in till.search.search("item 299")] == ["299"]
    assert (till.file.cursor("catalogue"), till.file.cursor("prices")) == ("hub:300", "hub:600")
    assert till.reader.status() == till.file.status()
    assert (till.reader.status().items, till.reader.status().updated_ms) == (300, clock.now_ms())
    till.file.apply("prices", [price_change("7", 601, 70)], "hub:601")
    dearer = till.reader.by_sku("7", 1)
    assert dearer is not None
    assert dearer.price_minor == 70
    assert till.installed == [True]
    assert till.progress == sorted(set(till.progress))
    assert till.progress[-1] == 100
    till.close()
    assert till.names() == ["catalog.db"]


def test_gathering_goes_on_at_any_byte_after_a_restart(till: Till, tmp_path: Path, clock: Any) -> None:
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    at = 0
    for size in (0, 1, 2, 1000, 3, len(packed)):
        # As after a restart: nothing is known but what lies on the disk.
        files = SnapshotFiles(till.place, STORE, clock)
        assert files.gathered(manifest) == at
        files.gather(manifest, at, packed[at : at + size])
        at = min(len(packed), at + size)
    assert SnapshotFiles(till.place, STORE, clock).install(manifest) == "installed"
    assert till.reader.status().items == 300


def test_another_snapshot_is_begun_from_its_first_byte(till: Till, tmp_path: Path, clock: Any) -> None:
    first, packed = make_snapshot(tmp_path, clock, GOODS)
    second, _ = make_snapshot(tmp_path, clock, {**GOODS, "stock": ((), "hub:700")})
    assert till.files.gathered(first) == 0
    till.files.gather(first, 0, packed[:100])
    assert till.files.gathered(first) == 100
    assert till.files.gathered(second) == 0
    assert till.files.gathered(first) == 0


def test_pieces_that_do_not_follow_or_are_too_many_are_not_kept(
    till: Till, tmp_path: Path, clock: Any
) -> None:
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    till.files.gather(manifest, 0, packed[:10])
    with pytest.raises(StoreUnavailable, match="changed"):
        till.files.gather(manifest, 9, b"x")
    till.files.gather(manifest, 10, packed[10:] + b"more than there is")
    assert till.files.gathered(manifest) == manifest.length
    (part,) = till.folder.glob("*.part")
    with part.open("ab") as file:
        file.write(b"x")
    assert till.files.gathered(manifest) == 0


def _spoil(**fields: Any) -> Any:
    return lambda manifest, packed: (
        Manifest(**{name: getattr(manifest, name) for name in manifest.__struct_fields__} | fields),
        packed,
    )


def _repacked(change: Any) -> Any:
    """A snapshot whose hub signed something that is no sound catalogue."""

    def spoil(manifest: Manifest, packed: bytes) -> tuple[Manifest, bytes]:
        plain = bytearray(zstandard.ZstdDecompressor().decompress(packed))
        return packed_snapshot(bytes(change(plain)), manifest.cursors, manifest.counts)

    return spoil


def _broken_page(plain: bytearray) -> bytearray:
    plain[3 * 4096 : 3 * 4096 + 200] = b"\x5a" * 200
    return plain


@pytest.mark.expected_logs
@pytest.mark.parametrize(
    "spoil",
    [
        _spoil(plain_sha256="0" * 64),
        _spoil(plain_length=4096),
        _spoil(plain_length=10**9),
        _spoil(cursors={"catalogue": "hub:299"}),
        _spoil(cursors={"members": "hub:1"}),
        _spoil(counts={"item": 299}),
        lambda manifest, packed: (manifest, bytes([*packed[:-9], packed[-9] ^ 1, *packed[-8:]])),
        lambda manifest, packed: (manifest, b"\0" * len(packed)),
        lambda manifest, packed: (manifest, packed[: len(packed) // 2] + b"\0" * (len(packed) // 2 + 1)),
        _repacked(_broken_page),
        _repacked(lambda plain: plain[: len(plain) // 2]),
        _repacked(lambda _: b"no database at all, but long enough to be looked at " * 200),
        _repacked(lambda _: b""),
    ],
)
def test_a_bad_snapshot_leaves_the_file_as_it_is_and_is_not_fetched_again(
    till: Till, tmp_path: Path, clock: Any, spoil: Any
) -> None:
    till.file.apply("catalogue", [item_change("old", 1)], "old:1")
    manifest, packed = spoil(*make_snapshot(tmp_path, clock, GOODS))
    if manifest.plain_length == 0:
        manifest, packed = _spoil(plain_length=1)(manifest, packed)
    assert take(till.files, manifest, packed) == "bad"
    assert till.reader.by_sku("old", 1) is not None
    assert till.file.cursor("catalogue") == "old:1"
    assert SnapshotFiles(till.place, STORE, clock).is_refused(manifest.sha256)
    assert till.installed == []
    assert not list(till.folder.glob("*.part"))
    assert not list(till.folder.glob("*fresh*"))


@pytest.mark.expected_logs
@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA user_version=99",
        "CREATE VIEW extra AS SELECT 1",
        "CREATE TRIGGER extra AFTER UPDATE ON price BEGIN SELECT 1; END",
        "DROP TABLE search",
        "ALTER TABLE price RENAME COLUMN prices TO amounts",
    ],
)
def test_a_file_of_another_make_is_bad(till: Till, tmp_path: Path, clock: Any, statement: str) -> None:
    def spoil(connection: Any) -> None:
        connection.execute(statement)
        if "DROP" in statement:
            connection.execute("CREATE TABLE search (other TEXT)")

    assert take(till.files, *make_snapshot(tmp_path, clock, GOODS, before=spoil)) == "bad"
    assert till.reader.status().items == 0


def test_rows_that_are_newer_here_are_kept(till: Till, tmp_path: Path, clock: Any) -> None:
    till.file.apply("recalls", [document_change("r", 9, "newer here")], "hub:9")
    till.file.apply("stock", [document_change("s", 3, "older here")], "hub:3")
    till.file.apply("promotions", [document_change("p", 9, "another life")], "former:9")
    till.file.apply("orders", [document_change("m", 1, "in no snapshot")], "hub:2")
    streams: dict[str, tuple[list[Change], str]] = {
        **GOODS,
        "recalls": ([document_change("r", 5, "older"), document_change("r2", 5, "gone since")], "hub:5"),
        "stock": ([document_change("s", 8, "newer")], "hub:8"),
        "promotions": ([document_change("p", 2, "this life")], "hub:2"),
    }
    assert take(till.files, *make_snapshot(tmp_path, clock, streams)) == "installed"
    held = {stream: till.reader.documents(stream) for stream in ("recalls", "stock", "promotions", "orders")}
    assert held == {
        "recalls": (("r", b'"newer here"'),),
        "stock": (("s", b'"newer"'),),
        "promotions": (("p", b'"this life"'),),
        "orders": (("m", b'"in no snapshot"'),),
    }
    assert [till.file.cursor(stream) for stream in held] == ["hub:9", "hub:8", "hub:2", "hub:2"]


@pytest.mark.expected_logs
def test_a_damaged_file_is_replaced_too(till: Till, tmp_path: Path, clock: Any) -> None:
    till.file.apply("catalogue", [item_change("old", 1)], "old:1")
    till.close()
    till.place.path.write_bytes(b"\x5a" * 9_000)
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    assert take(till.files, manifest, packed) == "installed"
    again = SqliteCatalogReader(till.place)
    assert again.status().items == 300
    again.close()


def test_a_file_that_somebody_else_has_open_is_left_for_now(till: Till, tmp_path: Path, clock: Any) -> None:
    till.file.apply("catalogue", [item_change("old", 1)], "old:1")
    # Another process, as far as this place knows.
    other = open_reader(till.place.path)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM item").fetchone()
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    assert take(till.files, manifest, packed) == "not_now"
    assert till.reader.by_sku("old", 1) is not None
    till.file.apply("catalogue", [item_change("old 2", 2)], "old:2")
    other.execute("COMMIT")
    # It reads nothing now, and would go on with the log of a file that is no more.
    assert till.files.install(manifest) == "not_now"
    other.close()
    assert till.files.gathered(manifest) == manifest.length
    assert till.files.install(manifest) == "installed"
    assert till.reader.status().items == 300
    with pytest.raises(CatalogInUseError), open_files_stay():
        till.place.replace(tmp_path / "hub-made.db")
    assert till.reader.status().items == 300


@contextmanager
def open_files_stay() -> Iterator[None]:
    """A system that does not let an open file be replaced."""

    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError("in use")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        yield


def test_no_room_on_the_disk_is_told_before_a_byte_is_fetched(
    till: Till, tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    full = shutil._ntuple_diskusage(100, 99, 1)  # type: ignore[attr-defined]
    monkeypatch.setattr(snapshot_module.shutil, "disk_usage", lambda _: full)
    with pytest.raises(StoreUnavailable, match="disk_full"):
        till.files.gathered(manifest)
    monkeypatch.undo()
    monkeypatch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(StoreUnavailable, match="No space"):
        till.files.gather(manifest, 0, packed)


def test_a_closing_till_waits_for_no_check(till: Till, tmp_path: Path, clock: Any) -> None:
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    till.files.gathered(manifest)
    till.files.gather(manifest, 0, packed)
    till.files.abandon()
    with pytest.raises(StoreUnavailable, match="closing"):
        till.files.install(manifest)
    later = SnapshotFiles(till.place, STORE, clock)
    assert later.gathered(manifest) == manifest.length
    assert later.install(manifest) == "installed"


def test_scans_and_searches_go_on_while_files_change(till: Till, tmp_path: Path, clock: Any) -> None:
    made = [
        make_snapshot(
            tmp_path, clock, {"catalogue": ([item_change("1", n), item_change(f"x{n}", n)], f"h:{n}")}
        )
        for n in range(1, 4)
    ]
    take(till.files, *made[0])
    stop, faults, counts = threading.Event(), [], [0, 0]

    def scan() -> None:
        while not stop.is_set():
            try:
                if till.reader.by_key("=1", 1) is None:
                    faults.append("no item")
            except CatalogueUnreadable as error:
                faults.append(str(error))
            counts[0] += 1

    def search() -> None:
        while not stop.is_set():
            if [found.sku for found in till.search.search("item 1")] != ["1"]:
                faults.append("not found")
            counts[1] += 1

    threads = [threading.Thread(target=work, name=work.__name__) for work in (scan, search)]
    for thread in threads:
        thread.start()
    for number in range(1, 25):
        till.files._taken = ""
        assert take(till.files, *made[number % 3]) == "installed"
        till.file.apply("prices", [price_change("1", number, number)], f"h:{number}")
    stop.set()
    for thread in threads:
        thread.join(20)
    assert faults == []
    assert min(counts) > 24


def test_what_was_begun_is_thrown_away_when_it_is_of_no_use(till: Till, tmp_path: Path, clock: Any) -> None:
    manifest, packed = make_snapshot(tmp_path, clock, GOODS)
    till.files.gather(manifest, 0, packed[:10])
    till.files.clear()
    assert not list(till.folder.glob("*.part"))


def test_a_file_set_aside_in_wal_mode_leaves_no_log_beside_the_new_one(
    till: Till, tmp_path: Path, clock: Any
) -> None:
    """A log that is not the file's own would be read into it: the worst that could happen here."""
    for number in range(1, 30):
        till.file.apply("catalogue", [item_change(f"old {number}", number)], f"old:{number}")
    assert till.place.path.with_name("catalog.db-wal").stat().st_size > 0
    assert take(till.files, *make_snapshot(tmp_path, clock, GOODS)) == "installed"
    till.file.apply("catalogue", [item_change("new", 301)], "hub:301")
    assert (till.reader.status().items, till.reader.by_sku("old 3", 1)) == (301, None)
    with closing(open_catalog(till.place.path)) as held:
        assert held.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
