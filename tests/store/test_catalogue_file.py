"""Items from the hub: applied once, forgotten when deleted, priced by time, found by any part of a name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.search_text import fold
from posapp.flows.intents import CatalogueStatus
from posapp.store import catalog_writer
from posapp.store.catalog import SqliteCatalogReader, price_at
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.engine import open_catalog
from posapp.store.search import CatalogSearch
from posapp.store.troubles import DatabaseError
from sync.protocol.messages import Change

FAR_MS = 9_000_000_000_000


def item(sku: str, rev: int = 1, /, **fields: Any) -> Change:
    """An upsert as the hub sends it."""
    body = {
        "sku": sku,
        "names": {"en": f"Item {sku}"},
        "pinyin": "",
        "unit": "pcs",
        "tax_category": "std",
        "codes": [f"0000000000{sku}"],
        "prices": [[0, 500]],
        "something_new": [1, 2],
    }
    return Change("upsert", sku, rev, msgspec.Raw(msgspec.json.encode(body | fields)))


def gone(sku: str, rev: int) -> Change:
    return Change("delete", sku, rev)


@pytest.fixture
def place(tmp_path: Path) -> CatalogPlace:
    return CatalogPlace(tmp_path / "catalog.db")


@pytest.fixture
def file(place: CatalogPlace, clock: Any) -> Iterator[CatalogFile]:
    made = open_catalog_file(place, clock)
    yield made
    made.close()


@pytest.fixture
def reader(file: CatalogFile, place: CatalogPlace) -> Iterator[SqliteCatalogReader]:
    made = SqliteCatalogReader(place)
    yield made
    made.close()


@pytest.fixture
def search(file: CatalogFile, place: CatalogPlace, clock: Any) -> Iterator[CatalogSearch]:
    made = CatalogSearch(place, clock)
    yield made
    made.close()


def test_an_item_is_found_by_code_and_sku(file: CatalogFile, reader: SqliteCatalogReader, clock: Any) -> None:
    assert (file.cursor("catalogue"), reader.status()) == (None, CatalogueStatus(0, None))
    status = file.apply_catalogue([item("1001", codes=["00000000010013", "=PLU 7"], unit="g")], "c1")
    assert status == CatalogueStatus(1, clock.now_ms())
    assert file.cursor("catalogue") == "c1"
    for found in (reader.by_key("00000000010013", 1), reader.by_key("=PLU 7", 1), reader.by_sku("1001", 1)):
        assert found is not None
        assert (found.sku, found.names, found.unit) == ("1001", {"en": "Item 1001"}, "g")
        assert (found.tax_category, found.price_minor, found.price_since_ms) == ("std", 500, 0)
    assert reader.by_key("00000000010014", 1) is None
    assert reader.by_sku("1002", 1) is None


def test_applying_again_or_an_older_revision_changes_nothing(
    file: CatalogFile, reader: SqliteCatalogReader
) -> None:
    new = item("1", 5, names={"en": "new"}, codes=["new"])
    for change in (new, new, item("1", 4, names={"en": "old"}, codes=["old"]), gone("1", 3)):
        assert file.apply_catalogue([change], "c").items == 1
    found = reader.by_key("new", 1)
    assert found is not None
    assert found.names == {"en": "new"}
    assert reader.by_key("old", 1) is None


def test_a_deleted_item_stays_deleted(
    file: CatalogFile, reader: SqliteCatalogReader, search: CatalogSearch
) -> None:
    file.apply_catalogue([item("1", 1), item("2", 2)], "a")
    assert file.apply_catalogue([gone("1", 3), gone("never seen", 4)], "b").items == 1
    file.apply_catalogue([item("1", 1), item("never seen", 2)], "b")
    assert reader.by_sku("1", 1) is None
    assert reader.by_key("00000000001", 1) is None
    assert reader.by_sku("never seen", 1) is None
    assert [found.sku for found in search.search("item")] == ["2"]
    assert file.apply_catalogue([item("1", 9)], "c").items == 2
    assert reader.by_key("00000000001", 1) is not None


def test_codes_follow_their_item(file: CatalogFile, reader: SqliteCatalogReader) -> None:
    file.apply_catalogue([item("1", 1, codes=["a", "b"]), item("2", 2, codes=["b", "c"])], "x")
    assert _owners(reader, "a", "b", "c") == ["1", "2", "2"]
    file.apply_catalogue([item("1", 3, codes=["c"])], "y")
    assert _owners(reader, "a", "b", "c") == [None, "2", "1"]
    file.apply_catalogue([item("2", 4, codes=[])], "z")
    assert _owners(reader, "a", "b", "c") == [None, None, "1"]


def _owners(reader: SqliteCatalogReader, *keys: str) -> list[str | None]:
    found = [reader.by_key(key, 1) for key in keys]
    return [None if one is None else one.sku for one in found]


def test_what_cannot_be_read_is_counted_and_skipped(file: CatalogFile, reader: SqliteCatalogReader) -> None:
    strange = [
        Change("upsert", "1", 1, msgspec.Raw(b'{"sku": 5}')),
        Change("upsert", "2", 1),
        item("other sku", 1, sku="3"),
        item("4", 1, codes=[3]),
        item("5", 1, sku="5", unit="litre"),
    ]
    assert file.apply_catalogue([*strange, item("6", 2)], "c").items == 1
    assert file.cursor("catalogue") == "c"
    assert reader.by_sku("6", 1) is not None


def test_a_stream_that_begins_anew_replaces_whatever_the_revisions_were(
    file: CatalogFile, reader: SqliteCatalogReader
) -> None:
    file.apply_catalogue([item("1", 900, names={"en": "before"}), item("2", 901)], "c9")
    file.apply_catalogue((), None)
    assert file.cursor("catalogue") is None
    assert reader.by_sku("1", 1) is not None
    file.apply_catalogue([item("1", 3, names={"en": "after"})], "c1")
    found = reader.by_sku("1", 1)
    assert found is not None
    assert found.names == {"en": "after"}
    assert (file.status().items, file.cursor("catalogue")) == (2, "c1")


def test_rows_that_do_not_come_again_in_a_new_life_are_gone(file: CatalogFile, place: CatalogPlace) -> None:
    body = msgspec.Raw(b"1")
    file.apply_catalogue([item("1", 1), item("2", 2, codes=["=two"])], "c1")
    file.apply("stock", [Change("upsert", "1", 1, body), Change("upsert", "2", 2, body)], "c1")
    price = msgspec.Raw(b'{"sku": "1", "prices": [[0, 700]]}')
    file.apply("prices", [Change("upsert", "1", 1, price)], "c1")
    assert not any(file.forget_older(stream) for stream in ("catalogue", "stock", "prices", "orders"))
    for stream in ("catalogue", "stock", "prices"):
        file.apply(stream, (), None)
    file.apply_catalogue([item("1", 1)], "d1")
    file.apply("stock", [Change("upsert", "2", 1, body)], "d1")
    file.apply("prices", (), "d1")
    for again in (True, False):
        assert all(file.forget_older(stream) is again for stream in ("catalogue", "stock", "prices"))
    reader = SqliteCatalogReader(place)
    first = reader.by_sku("1", 1)
    assert first is not None
    assert first.price_minor is None
    assert (reader.by_sku("2", 1), reader.by_key("=two", 1)) == (None, None)
    assert (reader.documents("stock"), reader.status().items) == ((("2", b"1"),), 1)
    assert [file.cursor(stream) for stream in ("catalogue", "stock", "prices")] == ["d1"] * 3
    reader.close()


class Breaking:
    """A connection that breaks after so many transactions."""

    def __init__(self, inner: Any, commits: int) -> None:
        self.inner, self.commits = inner, commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        if sql == "COMMIT":
            self.commits -= 1
            if self.commits < 0:
                raise OSError("gone")
        return self.inner.execute(sql, parameters)


def test_a_delta_that_breaks_off_is_taken_up_again(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_writer, "CHUNK_ROWS", 10)
    path = tmp_path / "catalog.db"
    changes = [item(f"{number:03d}", number) for number in range(1, 36)]
    for commits in range(1, 4):
        broken = CatalogFile(
            CatalogPlace(path),
            clock,
            opener=lambda at, left=commits: Breaking(open_catalog(at), left),  # type: ignore[misc]
        )
        with pytest.raises(OSError, match="gone"):
            broken.apply_catalogue(changes, "end")
        broken.close()
    whole = open_catalog_file(CatalogPlace(path), clock)
    assert (whole.status().items, whole.cursor("catalogue")) == (30, None)
    assert (whole.apply_catalogue(changes, "end").items, whole.cursor("catalogue")) == (35, "end")
    whole.close()


def test_a_file_of_another_version_is_begun_anew(tmp_path: Path, clock: Any) -> None:
    path = tmp_path / "catalog.db"
    file = open_catalog_file(CatalogPlace(path), clock)
    file.apply_catalogue([item("1")], "c")
    file.close()
    held = open_catalog(path)
    held.execute("PRAGMA user_version=77")
    held.close()
    file = open_catalog_file(CatalogPlace(path), clock)
    assert (file.status().items, file.cursor("catalogue")) == (0, None)
    file.close()


def _overwrite(path: Path, start: int, length: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    end = len(data) if length is None else start + length
    data[start:end] = b"\x5a" * (end - start)
    path.write_bytes(data)


def _without_a_table(path: Path) -> None:
    held = open_catalog(path)
    held.execute("DROP TABLE stream")
    held.close()


@pytest.mark.expected_logs
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: _overwrite(path, 0, 100),
        lambda path: _overwrite(path, 4096),
        lambda path: path.write_text("a text that is no database, and long enough to be looked at " * 3),
        _without_a_table,
    ],
    ids=["head", "all pages but the first", "no database", "a table is missing"],
)
def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path: Path, clock: Any, damage: Any) -> None:
    path = tmp_path / "catalog.db"
    for _time in range(2):
        file = open_catalog_file(CatalogPlace(path), clock)
        file.apply_catalogue([item("1")], "c")
        file.close()
        damage(path)
        damaged = path.read_bytes()
        file = open_catalog_file(CatalogPlace(path), clock)
        assert (file.status().items, file.cursor("catalogue")) == (0, None)
        file.apply_catalogue([item("1")], "c")
        assert file.status().items == 1
        file.close()
        assert (tmp_path / "catalog.db.damaged").read_bytes() == damaged
    assert sorted(found.name for found in tmp_path.iterdir()) == ["catalog.db", "catalog.db.damaged"]


def test_a_file_that_is_only_locked_is_not_put_aside(tmp_path: Path, clock: Any) -> None:
    path = tmp_path / "catalog.db"
    held = open_catalog(path)
    held.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="locked"):
        open_catalog_file(CatalogPlace(path), clock)
    held.execute("ROLLBACK")
    held.close()
    assert not path.with_name("catalog.db.damaged").exists()


def test_the_price_is_the_newest_that_is_not_in_the_future(
    file: CatalogFile, reader: SqliteCatalogReader
) -> None:
    file.apply_catalogue(
        [item("1", prices=[[2000, 30], [1000, 20], [FAR_MS, 1]]), item("2", 1, prices=[])], "c"
    )
    prices = []
    for at_ms in (999, 1000, 1999, 2000, FAR_MS - 1, FAR_MS):
        found = reader.by_sku("1", at_ms)
        assert found is not None
        prices.append((found.price_minor, found.price_since_ms))
    assert prices == [(None, None), (20, 1000), (20, 1000), (30, 2000), (30, 2000), (1, FAR_MS)]
    priceless = reader.by_sku("2", FAR_MS)
    assert priceless is not None
    assert priceless.price_minor is None


@given(st.dictionaries(st.integers(0, 100), st.integers(0, 10**9), max_size=8), st.integers(-1, 101))
def test_a_price_is_in_force_until_the_next(prices: dict[int, int], at_ms: int) -> None:
    stored = msgspec.json.encode(sorted(prices.items())).decode()
    past = [moment for moment in prices if moment <= at_ms]
    since = max(past, default=None)
    assert price_at(stored, at_ms) == ((None, None) if since is None else (prices[since], since))


NAMES = [
    item("100", names={"zh_CN": "海飞丝去屑洗发水", "en": "Head & Shoulders"}, pinyin="hfsqxxfs"),
    item("101", names={"zh_CN": "海飞丝", "en": "Shampoo"}, pinyin="hfs"),
    item("102", names={"zh_CN": "护发素", "en": "Hair hfs care"}, pinyin="hfs2"),
    item("103", names={"en": "Crème brûlée ＡＢＣ", "de": "Straße"}, codes=["06901234567892"]),
    item("104", names={"en": "Decaf coffee"}, codes=["=BOX-7"]),
    item("105", names={"en": "Coffee beans"}, codes=[]),
]


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("海飞", ["101", "100"]),
        ("丝", ["101", "100"]),
        ("hfs", ["101", "102", "100"]),
        ("HFSQ", ["100"]),
        ("creme BRULEE", ["103"]),
        ("abc", ["103"]),
        ("strasse", ["103"]),
        ("6901234567892", ["103"]),
        ("06901234567892", ["103"]),
        ("690123", ["103"]),
        ("box-7", ["104"]),
        ("coffee", ["105", "104"]),
        ("105", ["105"]),
        ("f", []),
        ("  ", []),
        ("", []),
        ("nothing like it", []),
        ("%", []),
        ("e\nd", []),
    ],
)
def test_items_are_found_by_any_part_best_first(
    file: CatalogFile, search: CatalogSearch, text: str, skus: list[str]
) -> None:
    file.apply_catalogue(NAMES, "c")
    assert [found.sku for found in search.search(text)] == skus


def test_no_more_are_told_than_asked_for(file: CatalogFile, search: CatalogSearch) -> None:
    file.apply_catalogue([item(f"{number:04d}", number) for number in range(1, 90)], "c")
    assert len(search.search("item")) == 30
    assert [found.sku for found in search.search("item", 2)] == ["0001", "0002"]


@given(st.text(max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert "\n" not in fold(text)
