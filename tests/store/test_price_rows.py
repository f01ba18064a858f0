"""Rows of price lists at the till: which price holds, since when, what comes next, and why, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile
from posapp.store.price_rows import listed_rows, read_rows
from posapp.store.search import CatalogSearch
from sync.protocol.messages import Change, PriceBody, PriceRowBody, PriceRowsBody

DAY_MS = 86_400_000
ROWS = (
    PriceRowBody("list@0", 1000),
    PriceRowBody("r", 900, "region", "north", from_ms=2 * DAY_MS),
    PriceRowBody("s", 950, "store", "S1", from_ms=4 * DAY_MS, to_ms=6 * DAY_MS),
    PriceRowBody("g", 800, members=True, levels=("gold",)),
)
#: What the hub makes of them for a till that knows no rows; it cannot say that a price ends.
PLAIN = ((0, 1000), (2 * DAY_MS, 900), (4 * DAY_MS, 950), (6 * DAY_MS, 900))


class FixedClock:
    """A clock that stands still."""

    def __init__(self, ms: int) -> None:
        self._ms = ms

    def now_ms(self) -> int:
        return self._ms

    def monotonic_ms(self) -> int:
        return 0


def change(key: str, rev: int, **fields: Any) -> Change:
    return Change("upsert", key, rev, msgspec.Raw(msgspec.json.encode({"sku": key, **fields})))


@pytest.fixture
def till(tmp_path: Path) -> Any:
    place = CatalogPlace(tmp_path / "catalogue.db")
    file = CatalogFile(place, FixedClock(0))
    item = {"names": {"en": "Tea"}, "pinyin": "", "unit": "pcs", "tax_category": "v", "codes": ["4711"]}
    file.apply("catalogue", [change("tea", 1, **item)], "x:1")
    reader = SqliteCatalogReader(place)
    yield file, reader, place
    reader.close()
    file.close()


def put(file: CatalogFile, rev: int, body: PriceBody | None, cursor: str = "x:9") -> None:
    raw = msgspec.Raw(b"null" if body is None else msgspec.json.encode(body))
    file.apply("prices", [Change("delete" if body is None else "upsert", "tea", rev, raw)], cursor)


def test_the_row_in_force_decides_and_an_ended_one_gives_way(till: Any) -> None:
    file, reader, _place = till
    put(file, 2, PriceBody("tea", PLAIN, ROWS))
    told = [(reader.by_key("4711", day * DAY_MS).price_minor) for day in range(8)]
    assert told == [1000, 1000, 900, 900, 950, 950, 900, 900]
    assert reader.by_sku("tea", 5 * DAY_MS).price_since_ms == 4 * DAY_MS


def test_why_is_answered_without_the_hub(till: Any) -> None:
    file, reader, _place = till
    put(file, 2, PriceBody("tea", PLAIN, ROWS))
    answer = reader.why_price("tea", 5 * DAY_MS)
    assert answer is not None
    assert (answer.amount_minor, answer.reason, answer.row.place) == (950, "store", "S1")
    assert {each.row.row_id: each.reason for each in answer.passed_over} == {
        "list@0": "wider", "r": "wider", "g": "member",
    }  # fmt: skip
    assert answer.coming is not None
    assert answer.coming.amount_minor == 900
    gold = reader.why_price("tea", 5 * DAY_MS, level="gold")
    assert gold is not None
    assert (gold.amount_minor, gold.reason, gold.instead_minor) == (800, "member", 950)
    assert reader.why_price("none", 0) is None


def test_plain_prices_are_explained_too(till: Any) -> None:
    file, reader, _place = till
    put(file, 2, PriceBody("tea", ((0, 1000), (DAY_MS, 1100))))
    answer = reader.why_price("tea", 0)
    assert answer is not None
    assert (answer.amount_minor, answer.reason) == (1000, "chain")
    assert answer.coming is not None
    assert answer.coming.amount_minor == 1100
    assert listed_rows("tea", ()).why(0) is None


def test_rows_go_with_the_price_they_came_with(till: Any) -> None:
    file, reader, _place = till
    put(file, 5, PriceBody("tea", PLAIN, ROWS))
    # An older page, delivered again, changes neither the price nor its rows.
    put(file, 3, PriceBody("tea", ((0, 1),)))
    assert reader.by_sku("tea", 5 * DAY_MS).price_minor == 950
    put(file, 6, PriceBody("tea", ((0, 777),)))
    assert reader.by_sku("tea", 5 * DAY_MS).price_minor == 777
    put(file, 7, PriceBody("tea", PLAIN, ROWS))
    put(file, 8, None)
    assert reader.by_sku("tea", 5 * DAY_MS).price_minor is None
    assert reader.document("prices", "tea") is None


def test_a_price_that_only_holds_for_a_while_ends(till: Any) -> None:
    file, reader, _place = till
    put(file, 2, PriceBody("tea", ((0, 5),), (PriceRowBody("s", 5, "store", "S1", to_ms=DAY_MS),)))
    assert reader.by_sku("tea", DAY_MS - 1).price_minor == 5
    assert reader.by_sku("tea", DAY_MS).price_minor is None


def test_search_tells_the_next_price(till: Any) -> None:
    file, _reader, place = till
    put(file, 2, PriceBody("tea", PLAIN, ROWS))
    search = CatalogSearch(place, FixedClock(3 * DAY_MS))
    [item] = search.search("tea")
    search.close()
    assert (item.price_minor, item.next_price_minor, item.next_price_ms) == (900, 950, 4 * DAY_MS)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        msgspec.json.encode(PriceRowsBody((PriceRowBody("x", 5, "galaxy"),))),
        msgspec.json.encode(PriceRowsBody((PriceRowBody("x", 5, from_ms=10**18),))),
    ],
)
def test_rows_that_this_till_cannot_read_leave_the_plain_prices(body: bytes) -> None:
    assert read_rows("tea", body) is None


def test_a_till_of_before_reads_the_plain_prices() -> None:
    class Before(msgspec.Struct):
        sku: str
        prices: tuple[tuple[int, int], ...]

    assert (
        msgspec.json.decode(msgspec.json.encode(PriceBody("tea", PLAIN, ROWS)), type=Before).prices == PLAIN
    )
    assert msgspec.json.encode(PriceBody("tea", ((0, 1),))) == b'{"sku":"tea","prices":[[0,1]]}'
