"""Bringing a catalogue in: every refusal, collisions, and a second run that changes nothing."""

from __future__ import annotations

import dataclasses
import gzip
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.hub.feeds.feed import UnknownCursorError, read_feed
from sync.hub.goods.catalogue_import import CatalogueImport, ImportOptions, ImportReport, remove_items
from sync.hub.goods.catalogue_rows import (
    CatalogueFile,
    ColumnsError,
    RefusedRow,
    RowRules,
    derived_price_minor,
    read_columns,
)
from sync.hub.goods.pinyin import initials
from sync.protocol.messages import ItemBody, PriceBody
from tests.hub.conftest import NOW_MS, Enrolled

DIRTY = Path(__file__).with_name("fixtures") / "dirty.tsv"
RULES = RowRules(
    currency="CNY",
    tax_categories=frozenset({"vat13", "vat9"}),
    default_tax_category="vat13",
    time_zone="Asia/Shanghai",
    derive_prices=False,
)
HEADERLESS = ImportOptions(columns=("code", "name"), language="zh_CN")
Bring = Callable[..., tuple[ImportReport, list[RefusedRow]]]


@pytest.fixture
def bring(enrolled: Enrolled, tmp_path: Path) -> Bring:
    """Imports a file, or a text as headerless code and name."""

    def work(
        source: Path | str, options: ImportOptions = HEADERLESS, *, now_ms: int = NOW_MS, **rules: Any
    ) -> Any:
        path = source
        if isinstance(source, str):
            path = tmp_path / "items.tsv"
            path.write_text(source, "utf-8")
        refused: list[RefusedRow] = []
        one = CatalogueImport(
            enrolled.database,
            "S1",
            dataclasses.replace(RULES, **rules),
            now_ms=now_ms,
            on_refused=refused.append,
            chunk_items=3,
        )
        return one.run(CatalogueFile(Path(path)), options), refused

    return work


def items(enrolled: Enrolled, after: str | None = None, limit: int = 5000) -> dict[str, ItemBody | None]:
    """What a till would have pulled, by SKU, prices included; None for a deleted item."""
    prices = {
        sku: msgspec.json.decode(body, type=PriceBody).prices
        for sku, body in rows(enrolled, "prices").items()
        if body is not None
    }
    found: dict[str, ItemBody | None] = {}
    for sku, body in rows(enrolled, "catalogue", after, limit).items():
        found[sku] = None
        if body is not None:
            item = msgspec.json.decode(body, type=ItemBody)
            assert item.prices == (), "prices have a stream of their own"
            found[sku] = msgspec.structs.replace(item, prices=prices.get(sku, ()))
    return found


def rows(
    enrolled: Enrolled, stream: str, after: str | None = None, limit: int = 5000
) -> dict[str, bytes | None]:
    """Bodies of a stream by key; None for a deleted row."""
    found: dict[str, bytes | None] = {}
    more = True
    while more:
        with enrolled.database.reading() as connection:
            page = read_feed(
                connection, enrolled.database.feed_id, store_id="S1", stream=stream, after=after, limit=limit
            )
        found |= {one.key: bytes(one.body) if one.kind == "upsert" else None for one in page.changes}
        after, more = page.next_cursor, page.more
    return found


def cursor(enrolled: Enrolled) -> str:
    with enrolled.database.reading() as connection:
        return read_feed(
            connection, enrolled.database.feed_id, store_id="S1", stream="catalogue", after=None, limit=5000
        ).next_cursor


def test_the_dirty_fixture_meets_every_refusal(enrolled: Enrolled, bring: Bring) -> None:
    report, refused = bring(DIRTY, ImportOptions())
    assert {row.row_no: row.reason for row in refused} == {
        3: "collision: '04006381333931' is '4006381333931' of item 'milk' (item kept without it)",
        4: "the SKU is empty",
        5: "the name is empty",
        6: "the row is not valid UTF-8",
        7: "the row holds a control character",
        8: "a name is longer than 200 characters",
        9: "a code is longer than 64 characters",
        10: "the SKU is longer than 64 characters",
        11: "the price is no amount in CNY",
        12: "the price is no amount in CNY",
        13: "the price is negative",
        14: "the unit must be pcs or g",
        15: "the tax category is not one of the shop's",
        16: "4 columns instead of 8",
        17: "9 columns instead of 8",
        18: "price_from must be a date such as 2026-12-01",
        19: "the price is no amount in CNY",
        23: "row 21 of the same SKU has another name",
        27: "price_from lies before 1970",
    }
    assert (report.imported, report.unchanged, report.refused, report.collisions) == (6, 0, 18, 1)
    assert (report.internal_wrong_check_digit, report.internal_other) == (1, 4)
    held = items(enrolled)
    assert set(held) == {"milk", "milk-copy", "apple", "wrong-check", "no-code", "wide"}
    apple = held["apple"]
    assert apple is not None
    assert apple.codes == ("=4001", "02200001000001", "=APPLE-1")
    assert apple.prices == ((0, 1360), (1_796_054_400_000, 1460)), "midnight in Shanghai"
    assert (apple.unit, apple.tax_category, apple.pinyin) == ("g", "vat9", "pg")
    assert apple.names == {"zh_CN": "苹果", "en": "Apples"}
    assert held["milk-copy"] is not None
    assert held["milk-copy"].codes == ()
    assert held["wrong-check"] is not None
    assert (held["wrong-check"].codes, held["wrong-check"].unit) == (("=4006381333930",), "pcs")
    assert held["wide"] is not None
    assert held["wide"].codes == ("00000096385074",)


@pytest.mark.parametrize("source", ["dirty", "plain"])
def test_a_second_run_changes_nothing(enrolled: Enrolled, bring: Bring, source: str) -> None:
    file, options = (
        (DIRTY, ImportOptions())
        if source == "dirty"
        else ("0000000011686\ta\n00011686\tb\n96385074\tc\n96385074\td\n", HEADERLESS)
    )
    first, refused = bring(file, options)
    before = cursor(enrolled)
    second, refused_again = bring(file, options)
    assert (second.imported, second.unchanged) == (0, first.imported)
    assert refused_again == refused
    assert cursor(enrolled) == before


def test_headerless_codes_and_names_with_derived_prices(enrolled: Enrolled, bring: Bring) -> None:
    report, refused = bring(
        "0000000011686\tFirst\n00011686\tOther spelling\n123\tOdd\n4006381333930\tWrong\n"
        "4006381333931\tPen\n4006381333931\tPen\n\tNothing\n",
        derive_prices=True,
    )
    assert report == ImportReport(
        rows=7,
        imported=4,
        gtins=3,
        internal_wrong_check_digit=1,
        internal_other=1,
        collisions=1,
        refused=3,
    )
    assert sorted((row.row_no, row.reason) for row in refused) == [
        (2, "collision: '00011686' is '0000000011686' of item '0000000011686'"),
        (6, "the same code stands in row 5"),
        (7, "the code is empty"),
    ]
    pen = items(enrolled)["4006381333931"]
    assert pen is not None
    assert pen.prices == ((0, derived_price_minor("4006381333931")),)
    assert derived_price_minor("4006381333931") == 100 + zlib.crc32(b"4006381333931") % 9_900


def test_a_new_price_leaves_its_item_still(enrolled: Enrolled, bring: Bring) -> None:
    head = "sku\tname\tprice\n"
    bring(f"{head}a\tA\t1.50\nb\tB\t2.50\n", ImportOptions())
    before = cursor(enrolled)
    report, _refused = bring(f"{head}a\tA\t1.60\nb\tB\t2.50\n", ImportOptions())
    assert (report.imported, report.unchanged) == (1, 1)
    assert cursor(enrolled) == before
    assert set(rows(enrolled, "prices", f"{enrolled.database.feed_id}:2")) == {"a"}


def test_only_what_changed_gets_a_revision(enrolled: Enrolled, bring: Bring) -> None:
    bring("96385074\tOne\n4006381333931\tTwo\n123\tThree\n")
    before = cursor(enrolled)
    report, _refused = bring("96385074\tOne\n4006381333931\tTwo, renamed\n123\tThree\n")
    assert (report.imported, report.unchanged) == (1, 2)
    assert set(items(enrolled, before)) == {"4006381333931"}


def test_a_code_may_move_to_an_item_above_its_old_one(enrolled: Enrolled, bring: Bring) -> None:
    head = "sku\tcode\tname\n"
    bring(f"{head}a\t1\tA\nb\t2\tB\nc\t3\tC\nd\t4\tD\ne\t5\tE\n", ImportOptions())
    moved = f"{head}a\t1;5;2\tA\nb\t7\tB\nc\t3\tC\nd\t4\tD\ne\t6\tE\n"
    report, refused = bring(moved, ImportOptions())
    assert (report.imported, report.collisions, refused) == (3, 0, [])
    first = items(enrolled)["a"]
    assert first is not None
    assert first.codes == ("=1", "=5", "=2")
    assert bring(moved, ImportOptions())[0].imported == 0


def test_a_code_of_an_item_outside_the_file_is_not_taken(enrolled: Enrolled, bring: Bring) -> None:
    head = "sku\tcode\tname\n"
    bring(f"{head}old\t96385074\tOld\n", ImportOptions())
    report, refused = bring(f"{head}new\t0000096385074\tNew\n", ImportOptions())
    assert (report.imported, report.collisions, len(refused)) == (1, 1, 1)
    assert bring(f"{head}new\t0000096385074\tNew\n", ImportOptions())[0].imported == 0


def test_prices_that_the_file_does_not_mention_stay(enrolled: Enrolled, bring: Bring) -> None:
    bring("sku\tname\tprice\na\tA\t1.50\n", ImportOptions())
    bring("sku\tname\tprice\na\tA, renamed\t\n", ImportOptions())
    one = items(enrolled)["a"]
    assert one is not None
    assert (one.names, one.prices) == ({"en": "A, renamed"}, ((0, 150),))


DAY_MS = 86_400_000
PRICED = "sku\tname\tprice\tprice_from\n"


def stamp(days: int) -> str:
    """A time so many days from now, as a file writes it."""
    return datetime.fromtimestamp((NOW_MS + days * DAY_MS) / 1000, UTC).isoformat()


def prices(enrolled: Enrolled) -> tuple[tuple[int, int], ...]:
    one = items(enrolled)["a"]
    assert one is not None
    return tuple((0 if since == 0 else (since - NOW_MS) // DAY_MS, minor) for since, minor in one.prices)


def test_a_price_of_tomorrow_leaves_the_price_of_today(enrolled: Enrolled, bring: Bring) -> None:
    bring(f"{PRICED}a\tA\t1.50\t\n", ImportOptions())
    bring(f"{PRICED}a\tA\t1.80\t{stamp(1)}\n", ImportOptions())
    assert prices(enrolled) == ((0, 150), (1, 180))
    bring(f"{PRICED}a\tA\t2.20\t{stamp(9)}\n", ImportOptions())
    assert prices(enrolled) == ((0, 150), (1, 180), (9, 220))
    bring(f"{PRICED}a\tA\t1.90\t{stamp(1)}\n", ImportOptions())
    assert prices(enrolled) == ((0, 150), (1, 190), (9, 220)), "the same time is the same price, put right"
    bring(f"{PRICED}a\tA\t1.40\t\n", ImportOptions())
    assert prices(enrolled) == ((0, 140), (1, 190), (9, 220)), "without a time the price in force is meant"


def test_only_prices_that_are_over_are_dropped(enrolled: Enrolled, bring: Bring) -> None:
    rows = f"a\tA\t1.50\t\na\tA\t1.80\t{stamp(2)}\na\tA\t2.20\t{stamp(4)}\n"
    bring(PRICED + rows, ImportOptions())
    later = NOW_MS + 3 * DAY_MS
    bring(f"{PRICED}a\tA\t9.90\t{stamp(8)}\n", ImportOptions(), now_ms=later)
    assert prices(enrolled) == ((2, 180), (4, 220), (8, 990))
    bring(f"{PRICED}a\tA\t1.10\t\n", ImportOptions(), now_ms=later)
    assert prices(enrolled) == ((0, 110), (4, 220), (8, 990)), "also where the one in force has a time"
    assert bring(f"{PRICED}a\tA\t1.10\t\n", ImportOptions(), now_ms=later)[0].imported == 0


def test_removed_items_travel_as_tombstones_and_can_come_back(enrolled: Enrolled, bring: Bring) -> None:
    bring("96385074\tOne\n123\tTwo\n")
    before = cursor(enrolled)
    with enrolled.database.writing() as connection:
        assert remove_items(connection, "S1", ["96385074", "unknown"], NOW_MS) == 1
    assert items(enrolled, before) == {"96385074": None}
    assert rows(enrolled, "prices") == {}, "it never had one"
    report, _refused = bring("96385074\tOne\n123\tTwo\n")
    assert (report.imported, report.unchanged) == (1, 1)
    assert items(enrolled)["96385074"] is not None


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_pages_of_any_size_give_everything_once(enrolled: Enrolled, bring: Bring, limit: int) -> None:
    bring("".join(f"{number}\tName {number}\n" for number in range(1, 14)))
    assert len(items(enrolled, limit=limit)) == 13


def test_a_cursor_of_another_hub_is_told(enrolled: Enrolled) -> None:
    with enrolled.database.reading() as connection, pytest.raises(UnknownCursorError):
        read_feed(
            connection, enrolled.database.feed_id, store_id="S1", stream="catalogue", after="aa:0", limit=9
        )


@pytest.mark.parametrize("packed", [True, False])
def test_csv_with_quotes_own_headings_and_gzip(
    enrolled: Enrolled, bring: Bring, tmp_path: Path, packed: bool
) -> None:
    text = '\ufeffEAN,Title,RRP\n96385074,"Cheese, ""old""",1.20\n4006381333931,"Two\nlines",1\n'
    path = tmp_path / ("items.csv.gz" if packed else "items.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    options = ImportOptions(renamed={"code": "EAN", "name": "Title", "price": "RRP"})
    report, refused = bring(path, options)
    assert (report.imported, [row.reason for row in refused]) == (1, ["the row holds a control character"])
    cheese = items(enrolled)["96385074"]
    assert cheese is not None
    assert (cheese.names, cheese.prices) == ({"en": 'Cheese, "old"'}, ((0, 120),))


@pytest.mark.parametrize(
    "header",
    [["code"], ["name"], ["code", "code", "name"], ["a", "b"], []],
)
def test_headers_that_say_too_little_are_explained(header: list[str]) -> None:
    with pytest.raises(ColumnsError):
        read_columns(header, renamed={}, language="en")


def test_headers_by_language_and_an_unknown_mapping() -> None:
    columns = read_columns(["Code", "name_zh-cn", "NAME"], renamed={}, language="en")
    assert (columns.names, columns.has_sku) == ({"zh_CN": 1, "en": 2}, False)
    with pytest.raises(ColumnsError, match="does not have"):
        read_columns(["code", "name"], renamed={"price": "RRP"}, language="en")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("冷榨橙汁 1 L", "lzcz1l"), ("重庆小面", "cqxm"), ("Milk", ""), ("Crème", ""), ("LED 灯泡", "leddp")],
)
def test_initials(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_the_demo_catalogue_is_clean(enrolled: Enrolled, bring: Bring) -> None:
    demo = Path(__file__).parents[2] / "resources" / "demo" / "catalogue.tsv"
    rules = {"tax_categories": frozenset({"standard", "farm"}), "default_tax_category": "standard"}
    report, refused = bring(demo, ImportOptions(), **rules)
    assert refused == []
    assert report.imported == report.rows >= 60
    apple = items(enrolled)["apple-fuji"]
    assert apple is not None
    assert (apple.prices, apple.unit) == (((0, 1360),), "g")
    assert "02200001000001" in apple.codes
