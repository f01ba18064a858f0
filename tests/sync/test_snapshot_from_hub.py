"""A till's own code against a real hub: the file it takes is the one that it would have made of rows."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.engine import open_reader
from posapp.store.snapshot import SnapshotFiles
from sync.engine.bootstrap import Bootstrapper
from sync.engine.device_key import DeviceKey
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkError
from sync.engine.pull import Puller
from sync.hub.feeds.snapshot_build import build_file
from sync.hub.feeds.snapshots import keep_snapshot
from sync.hub.feeds.streams import put_rows
from sync.hub.goods.catalogue_import import CatalogueImport, ImportOptions
from sync.hub.goods.catalogue_rows import CatalogueFile, RowRules
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import EmbeddedHub
from sync.protocol.messages import Change
from sync.protocol.versions import SNAPSHOT_STREAMS
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.devices import enrol_device
from tests.sync.conftest import DroppingProxy, SystemClock

RULES = RowRules("CNY", frozenset({"vat13"}), "vat13", "UTC", True)
ITEMS = 1_500
#: What a hub and a till spell alike, but for the time at which each got it.
TABLES = {
    "item": "sku, names, unit, tax_category, codes, life, rev, deleted",
    "code": "code_key, (SELECT sku FROM item WHERE item.item_no = code.item_no)",
    "search": "(SELECT sku FROM item WHERE item.item_no = search.item_no), folded",
    "price": "*",
    "document": "*",
    "stream": "stream, cursor, life, rows, unreadable",
}


@dataclass
class Served:
    hub: EmbeddedHub
    url: str
    key: DeviceKey

    def snapshot(self, folder: Path) -> None:
        """Build one now."""
        folder.mkdir()
        built = build_file(self.hub.database, "S1", folder, NOW_MS)
        with self.hub.database.writing() as connection:
            keep_snapshot(connection, "S1", built, NOW_MS)

    def import_items(self, folder: Path, count: int, name: str) -> None:
        """Take goods in under these names."""
        (folder / "items.tsv").write_text(
            "".join(f"{n}\t{name} {n}号\n" for n in range(1, count + 1)), "utf-8"
        )
        work = CatalogueImport(self.hub.database, "S1", RULES, now_ms=NOW_MS)
        work.run(CatalogueFile(folder / "items.tsv"), ImportOptions(columns=("code", "name")))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    hub = EmbeddedHub(tmp_path / "hub.db")
    with hub.database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
        recalls = [(f"r{n}", f'{{"id":"r{n}","keys":["{n}"]}}'.encode()) for n in range(20)]
        put_rows(connection, "S1", "recalls", recalls, NOW_MS)
    made = Served(hub, hub.start(), enrol_device(hub.database, "S1", "T1", NOW_MS))
    made.import_items(tmp_path, ITEMS, "Crème 奶油")
    yield made
    hub.stop()


class Inbox:
    """The catalogue's part of a till's inbox."""

    def __init__(self, file: CatalogFile) -> None:
        self._file = file
        self.rows = 0

    def cursor(self, stream: str) -> str | None:
        return self._file.cursor(stream)

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        self.rows += len(changes)
        self._file.apply(stream, changes, cursor)

    def caught_up(self, stream: str) -> None:
        self._file.forget_older(stream)


class Till:
    """One till's way down, over an address of the test's choice."""

    def __init__(self, folder: Path, served: Served, url: str = "", *, whole: bool = True) -> None:
        folder.mkdir(exist_ok=True)
        self.place, clock = CatalogPlace(folder / "catalog.db"), SystemClock()
        self.file = open_catalog_file(self.place, clock)
        self.inbox = Inbox(self.file)
        self.link = HttpLink(
            url or served.url,
            store_id="S1",
            terminal_id="T1",
            key=served.key,
            clock=clock,
            read_timeout_s=2.0,
        )
        files = SnapshotFiles(self.place, "S1", clock)
        bootstrapper = Bootstrapper(self.link, files, clock) if whole else None
        self.puller = Puller(self.link, self.inbox, bootstrapper=bootstrapper)

    def pull(self, *, most: int = 400) -> int:
        """Pull everything there is; how often the line was cut meanwhile."""
        cuts = 0
        for stream in SNAPSHOT_STREAMS:
            more = True
            while more:
                try:
                    more = self.puller.pull_once(stream)
                except LinkError as trouble:
                    cuts += 1
                    if trouble.sort != "later" or cuts > most:
                        raise
        return cuts

    def tables(self) -> dict[str, list[Any]]:
        """Everything that the file holds, in an order of its own."""
        with closing(open_reader(self.place.path)) as held:
            return {
                table: sorted(held.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
                for table, columns in TABLES.items()
            }

    def close(self) -> None:
        self.link.close()
        self.file.close()


def test_the_file_is_what_rows_would_have_made(served: Served, tmp_path: Path) -> None:
    served.snapshot(tmp_path / "build")
    taker, puller = Till(tmp_path / "a", served), Till(tmp_path / "b", served, whole=False)
    taker.pull()
    puller.pull()
    assert taker.inbox.rows == 0
    assert puller.inbox.rows == 2 * ITEMS + 20
    assert taker.tables() == puller.tables()
    # And from there both go on alike.
    served.import_items(tmp_path, 40, "Sahne 奶")
    with served.hub.database.writing() as connection:
        put_rows(connection, "S1", "recalls", [("r3", None), ("r99", b'{"id":"r99"}')], NOW_MS)
    for till in (taker, puller):
        till.pull()
    assert taker.inbox.rows == 40 + 2
    ends = [till.tables() for till in (taker, puller)]
    # A snapshot holds no marks of what was deleted before it; whoever was there then has them.
    assert ends[0] == ends[1]
    assert sum("sahne" in row[1] for row in ends[0]["search"]) == 40
    taker.close()
    puller.close()


# A head cut in two makes urllib3 warn; the answer is then tried again like any other.
@pytest.mark.expected_logs
@pytest.mark.parametrize("seed", range(2))
def test_over_a_line_that_is_cut_again_and_again(served: Served, tmp_path: Path, seed: int) -> None:
    served.snapshot(tmp_path / "build")
    address = urlsplit(served.url)
    assert address.hostname is not None
    assert address.port is not None
    proxy = DroppingProxy((address.hostname, address.port), random.Random(seed))
    till = Till(tmp_path / "a", served, proxy.url)
    try:
        cuts = till.pull()
    finally:
        till.close()
        proxy.close()
    assert cuts
    straight = Till(tmp_path / "b", served)
    straight.pull()
    assert till.tables() == straight.tables()
    straight.close()


@pytest.mark.expected_logs
def test_a_device_without_the_hubs_keys_takes_rows(
    served: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    served.snapshot(tmp_path / "build")
    till = Till(tmp_path / "a", served)
    till.link.hub_keys = dict  # type: ignore[method-assign,assignment]
    till.pull()
    assert till.inbox.rows == 2 * ITEMS + 20
    assert "does not know" in caplog.text
    till.close()
