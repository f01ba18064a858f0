"""A till that was updated sells by the catalogue it had, until the hub's rows come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import open_catalog_file
from posapp.store.engine import open_catalog
from sync.protocol.messages import Change

#: The file as the first version made it.
FORMER = (
    (
        "CREATE TABLE item (item_no INTEGER NOT NULL PRIMARY KEY, sku TEXT NOT NULL UNIQUE, "
        "names TEXT NOT NULL, unit TEXT NOT NULL, tax_category TEXT NOT NULL, prices TEXT NOT NULL, "
        "codes TEXT NOT NULL, life INTEGER NOT NULL, rev INTEGER NOT NULL, deleted INTEGER NOT NULL)"
    ),
    "CREATE TABLE code (code_key TEXT NOT NULL PRIMARY KEY, item_no INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE search (item_no INTEGER NOT NULL PRIMARY KEY, folded TEXT NOT NULL)",
    (
        "CREATE TABLE state (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), feed TEXT, "
        "life INTEGER NOT NULL, items INTEGER NOT NULL, unreadable INTEGER NOT NULL, updated_ms INTEGER)"
    ),
    "INSERT INTO item VALUES (1, 'tea', '{\"en\":\"Tea\"}', 'pcs', 'std', '[[0,500]]', '0001', 3, 90, 0)",
    "INSERT INTO item VALUES (2, 'old', '{\"en\":\"Old\"}', 'pcs', 'std', '[[0,700]]', '0002', 3, 91, 0)",
    "INSERT INTO item VALUES (3, 'off', '{}', 'pcs', '', '[]', '', 3, 92, 1)",
    "INSERT INTO code VALUES ('0001', 1), ('0002', 2)",
    "INSERT INTO search VALUES (1, 'tea'), (2, 'old')",
    "INSERT INTO state VALUES (1, 'hub:92', 3, 2, 0, 1234)",
    "PRAGMA user_version=1",
)


@pytest.fixture
def place(tmp_path: Path) -> CatalogPlace:
    held = open_catalog(tmp_path / "catalog.db")
    for statement in FORMER:
        held.execute(statement)
    held.close()
    return CatalogPlace(tmp_path / "catalog.db")


def change(sku: str, rev: int, **fields: Any) -> Change:
    return Change("upsert", sku, rev, msgspec.Raw(msgspec.json.encode({"sku": sku} | fields)))


def price_of(place: CatalogPlace, key: str) -> int | None:
    reader = SqliteCatalogReader(place)
    item = reader.by_key(key, 10)
    reader.close()
    return None if item is None else item.price_minor


def test_the_goods_of_the_version_before_are_sold_on(place: CatalogPlace, clock: Any) -> None:
    file = open_catalog_file(place, clock)
    status = file.status()
    assert (status.items, status.updated_ms) == (2, 1234)
    assert (file.cursor("catalogue"), file.cursor("prices")) == (None, None), "had anew from the hub"
    file.close()
    assert (price_of(place, "0001"), price_of(place, "0002")) == (500, 700)


def test_the_hub_s_rows_replace_them_and_what_it_no_longer_has_goes(place: CatalogPlace, clock: Any) -> None:
    file = open_catalog_file(place, clock)
    body = {"names": {"en": "Tea"}, "pinyin": "", "unit": "pcs", "tax_category": "std", "codes": ["0001"]}
    file.apply("catalogue", [change("tea", 1, **body)], "new:1")
    file.close()
    assert price_of(place, "0001") == 500, "never without a price in between"
    file = open_catalog_file(place, clock)
    file.apply("prices", [change("tea", 1, prices=[[0, 550]])], "new:1")
    assert file.forget_older("catalogue")
    assert file.forget_older("prices")
    assert file.status().items == 1
    file.close()
    assert (price_of(place, "0001"), price_of(place, "0002")) == (550, None)
