"""Snapshots of the catalogue: what is in the file, who gets which bytes, when one is made, when it counts."""

from __future__ import annotations

import hashlib
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pysqlite3.dbapi2
import pytest
import zstandard
from sqlalchemy import Connection, func, select, update

from posapp.domain.search_text import search_text
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile
from sync.hub.database import Database
from sync.hub.feeds import snapshots
from sync.hub.feeds.feed import read_feed
from sync.hub.feeds.snapshot_build import BuiltFile, build_file
from sync.hub.feeds.snapshots import keep_snapshot, signed_manifest, snapshot_handler, want_snapshot
from sync.hub.feeds.streams import forget_tombstones, heads, put_rows
from sync.hub.jobs import AbandonedError, Job, JobRunner, waiting_jobs
from sync.hub.schema.events import HUB
from sync.hub.schema.feeds import SNAPSHOT, SNAPSHOT_PART
from sync.hub.serving.job_handlers import all_handlers
from sync.hub.trust.hub_keys import public_keys
from sync.protocol.catalog_file import CATALOG_FILE_VERSION, CATALOG_TABLES
from sync.protocol.messages import ItemBody, Manifest, PriceBody
from sync.protocol.signing import is_signed, manifest_statement
from sync.protocol.trust import from_text
from sync.protocol.versions import SNAPSHOT_STREAMS
from tests.hub.conftest import NOW_MS

HOUR_MS = 3_600_000


class StoodClock:
    """A till's clock that stands still."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return NOW_MS


def item(sku: str, *, code: str = "", name: str = "苹果") -> tuple[str, bytes]:
    codes = (code or f"={sku}",)
    return sku, msgspec.json.encode(ItemBody(sku, {"zh_CN": name, "en": sku}, "pg", "pcs", "vat13", codes))


def price(sku: str, minor: int) -> tuple[str, bytes]:
    return sku, msgspec.json.encode(PriceBody(sku, ((0, minor), (NOW_MS, minor + 1))))


def fill(database: Database, count: int = 40, *, store_id: str = "S1") -> None:
    """Items, prices and a promotion, of which some are deleted and some changed again."""
    with database.writing() as connection:
        skus = [f"{store_id}-{number}" for number in range(count)]
        put_rows(connection, store_id, "catalogue", [item(sku) for sku in skus], NOW_MS)
        put_rows(connection, store_id, "prices", [price(sku, 100) for sku in skus], NOW_MS)
        put_rows(connection, store_id, "catalogue", [(skus[3], None), item(skus[5], name="Ägypten")], NOW_MS)
        put_rows(connection, store_id, "prices", [(skus[3], None), price(skus[6], 7)], NOW_MS)
        put_rows(connection, store_id, "promotions", [("p1", b'{"of":1}'), ("p2", b"{}")], NOW_MS)
        put_rows(connection, store_id, "promotions", [("p2", None)], NOW_MS)


def build_now(database: Database, folder: Path, store_id: str = "S1", now_ms: int = NOW_MS) -> BuiltFile:
    """Build a snapshot and keep it."""
    folder.mkdir()
    built = build_file(database, store_id, folder, now_ms)
    with database.writing() as connection:
        keep_snapshot(connection, store_id, built, now_ms)
    return built


def newest(database: Database, store_id: str = "S1") -> Manifest | None:
    with database.reading() as connection:
        signed = signed_manifest(connection, store_id)
    return None if signed is None else msgspec.json.decode(signed.manifest, type=Manifest)


def parts(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(SNAPSHOT_PART)).scalar_one())


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What stands in a catalogue's file; items by SKU, since their numbers mean nothing."""
    with closing(pysqlite3.dbapi2.connect(path)) as file:
        assert file.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        return {
            "item": file.execute("SELECT sku, names, unit, tax_category, codes, life, rev FROM item "
                                 "WHERE deleted = 0 ORDER BY sku").fetchall(),
            "code": file.execute("SELECT code_key, sku FROM code JOIN item USING (item_no) "
                                 "ORDER BY code_key").fetchall(),
            "search": file.execute("SELECT sku, folded FROM search JOIN item USING (item_no) "
                                   "ORDER BY sku").fetchall(),
            "price": file.execute("SELECT sku, prices, life, rev FROM price WHERE deleted = 0 "
                                  "ORDER BY sku").fetchall(),
            "document": file.execute("SELECT stream, key, body, life, rev FROM document "
                                     "WHERE deleted = 0 ORDER BY stream, key").fetchall(),
            "stream": file.execute("SELECT stream, cursor, life, rows, unreadable FROM stream "
                                   "ORDER BY stream").fetchall(),
        }  # fmt: skip


def test_a_snapshot_is_what_a_till_that_pulled_every_row_has(hub_database: Database, tmp_path: Path) -> None:
    fill(hub_database)
    built = build_now(hub_database, tmp_path / "built")
    plain = zstandard.ZstdDecompressor().stream_reader(built.path.read_bytes()).read()
    assert (hashlib.sha256(plain).hexdigest(), len(plain)) == (built.plain_sha256, built.plain_length)
    (tmp_path / "snapshot.db").write_bytes(plain)
    place = CatalogPlace(tmp_path / "pulled.db")
    till = CatalogFile(place, StoodClock())
    for stream in SNAPSHOT_STREAMS:
        with hub_database.reading() as connection:
            page = read_feed(
                connection, hub_database.feed_id, store_id="S1", stream=stream, after=None, limit=5000
            )
        till.apply(stream, page.changes, page.next_cursor)
    till.close()
    assert rows_of(tmp_path / "snapshot.db") == rows_of(tmp_path / "pulled.db")
    with closing(pysqlite3.dbapi2.connect(tmp_path / "snapshot.db")) as file:
        pragmas = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "page_size")]
        assert pragmas == [CATALOG_FILE_VERSION, 4096]
        found = {
            table: file.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in CATALOG_TABLES
        }
        assert found == built.counts
        assert found["item"] == 39


def test_a_manifest_is_signed_and_names_what_it_is_of(hub_database: Database, tmp_path: Path) -> None:
    fill(hub_database)
    built = build_now(hub_database, tmp_path / "built")
    with hub_database.reading() as connection:
        signed = signed_manifest(connection, "S1")
        keys = public_keys(connection)
        now = heads(connection, "S1")
        assert signed_manifest(connection, "S2") is None
    assert signed is not None
    key, signature = from_text(keys[signed.key_id]), from_text(signed.signature)
    assert key is not None
    assert signature is not None
    assert is_signed(key, manifest_statement(signed.manifest), signature)
    assert newest(hub_database) == Manifest(
        store_id="S1",
        hub_id=hub_database.feed_id,
        version=CATALOG_FILE_VERSION,
        sha256=built.sha256,
        length=built.path.stat().st_size,
        plain_sha256=built.plain_sha256,
        plain_length=built.plain_length,
        cursors={stream: now[stream] for stream in SNAPSHOT_STREAMS},
        counts=built.counts,
        built_at_ms=NOW_MS,
    )


def test_of_two_items_with_one_code_the_newer_has_it(hub_database: Database, tmp_path: Path) -> None:
    with hub_database.writing() as connection:
        put_rows(connection, "S1", "catalogue", [item("b", code="=1"), item("a", code="=1")], NOW_MS)
        put_rows(connection, "S1", "catalogue", [("broken", b'{"sku":1}')], NOW_MS)
        put_rows(connection, "S1", "prices", [("broken", b"[]"), price("a", 5)], NOW_MS)
    built = build_now(hub_database, tmp_path / "built")
    (tmp_path / "x.db").write_bytes(zstandard.ZstdDecompressor().decompress(built.path.read_bytes()))
    found = rows_of(tmp_path / "x.db")
    assert found["code"] == [("=1", "a")]
    assert {row[0]: row[3:] for row in found["stream"]}["catalogue"] == (2, 1)
    assert {row[0]: row[3:] for row in found["stream"]}["prices"] == (1, 1)
    assert found["search"][0] == ("a", search_text("a", ["苹果", "a"], "pg", ["=1"]))


def test_the_two_newest_are_kept(hub_database: Database, tmp_path: Path) -> None:
    fill(hub_database)
    fill(hub_database, store_id="S2")
    build_now(hub_database, tmp_path / "other", "S2")
    built = []
    for number in range(3):
        with hub_database.writing() as connection:
            put_rows(connection, "S1", "catalogue", [item(f"new-{number}")], NOW_MS)
        built.append(build_now(hub_database, tmp_path / str(number)))

    def kept(connection: Connection) -> list[str]:
        mine = select(SNAPSHOT.c.sha256).where(SNAPSHOT.c.store_id == "S1").order_by(SNAPSHOT.c.number)
        return list(connection.execute(mine).scalars())

    with hub_database.writing() as connection:
        assert kept(connection) == [built[1].sha256, built[2].sha256]
        assert connection.execute(select(SNAPSHOT_PART.c.sha256)).scalars().all().count(built[0].sha256) == 0
        # The same content again takes no room, and what both name stays.
        keep_snapshot(connection, "S1", built[2], NOW_MS)
        assert kept(connection) == [built[2].sha256] * 2
    assert parts(hub_database) == 2, "one of each store"


def test_a_snapshot_that_would_not_help_is_none(hub_database: Database, tmp_path: Path) -> None:
    fill(hub_database)
    build_now(hub_database, tmp_path / "a")
    with hub_database.writing() as connection:
        put_rows(connection, "S1", "promotions", [("p1", None)], NOW_MS + HOUR_MS)
    assert newest(hub_database) is not None, "rows follow"
    with hub_database.writing() as connection:
        assert forget_tombstones(connection, "S1", NOW_MS + 2 * HOUR_MS) == 4
    assert newest(hub_database) is None, "the mark of a deleted promotion can not be pulled any more"
    build_now(hub_database, tmp_path / "b")
    assert newest(hub_database) is not None
    with hub_database.writing() as connection:
        connection.execute(update(HUB).values(feed_id="0f"))
    assert newest(hub_database) is None, "the hub begins another life"


def test_one_is_wished_for_after_a_big_change_only(hub_database: Database, tmp_path: Path) -> None:
    count = snapshots.WANTED_AFTER_ROWS // 2
    rows = [(f"k{number}", b'{"sku":"","prices":[]}') for number in range(count)]
    with hub_database.writing() as connection:
        put_rows(connection, "S1", "prices", rows, NOW_MS)
        assert not want_snapshot(connection, "S1", NOW_MS)
        put_rows(connection, "S1", "catalogue", [item(key) for key, _body in rows], NOW_MS)
        assert want_snapshot(connection, "S1", NOW_MS)
        assert want_snapshot(connection, "S1", NOW_MS + 1)
        assert [(one.job.kind, one.run_at_ms) for one in waiting_jobs(connection, "S1")] == [
            ("snapshot", NOW_MS + snapshots.WAIT_MS)
        ]
    build_now(hub_database, tmp_path / "built")
    with hub_database.writing() as connection:
        assert not want_snapshot(connection, "S1", NOW_MS)


def test_the_job_builds_in_a_process_of_its_own_and_not_twice_the_same(hub_database: Database) -> None:
    fill(hub_database)
    jobs = JobRunner(hub_database, all_handlers(hub_database, lambda: NOW_MS), lambda: NOW_MS)
    for number in (1, 1, 2):
        if number == 2:
            with hub_database.writing() as connection:
                put_rows(connection, "S1", "stock", [("a", b"{}")], NOW_MS)
        with hub_database.writing() as connection:
            snapshots.enqueue(connection, "S1", snapshots.JOB_KIND, "")
        assert jobs.run_once()
        with hub_database.reading() as connection:
            assert waiting_jobs(connection, "S1") == []
            assert connection.execute(select(func.max(SNAPSHOT.c.number))).scalar_one() == number
    assert newest(hub_database) is not None


def test_a_build_is_given_up_when_the_hub_stops(hub_database: Database) -> None:
    fill(hub_database)
    handler = snapshot_handler(hub_database, lambda: NOW_MS)
    jobs = JobRunner(hub_database, {snapshots.JOB_KIND: handler}, lambda: NOW_MS)
    with hub_database.writing() as connection:
        snapshots.enqueue(connection, "S1", snapshots.JOB_KIND, "")
    jobs.stop()
    with pytest.raises(AbandonedError):
        handler.prepare(Job("S1", snapshots.JOB_KIND, ""))
    assert not jobs.run_once()
    with hub_database.reading() as connection:
        assert [(one.attempts, one.error) for one in waiting_jobs(connection, "S1")] == [(0, "")]
    assert newest(hub_database) is None


def test_events_go_in_while_a_snapshot_is_read(hub_database: Database, tmp_path: Path) -> None:
    """Nothing that a build does keeps a writer waiting."""
    fill(hub_database)
    wrote = threading.Event()

    def write() -> None:
        with hub_database.writing() as connection:
            put_rows(connection, "S1", "catalogue", [item("late")], NOW_MS)
        wrote.set()

    with hub_database.reading() as connection:
        heads(connection, "S1")
        writer = threading.Thread(target=write)
        writer.start()
        assert wrote.wait(10)
        before = heads(connection, "S1")
    writer.join()
    with hub_database.reading() as connection:
        assert heads(connection, "S1") != before, "and the reader saw one state all the while"
