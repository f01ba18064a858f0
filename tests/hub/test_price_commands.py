"""poshub prices, as a person uses it: lists by scope, what stores get, and why a price is what it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.hub.commands import cli
from sync.hub.database import Database
from sync.hub.feeds.feed import read_feed
from sync.hub.goods.price_list_files import PriceFileError, read_price_file
from sync.hub.goods.shop_admin import put_shop
from sync.protocol.messages import PriceBody
from tests.hub.conftest import NOW_MS
from tests.hub.test_feed_commands import run
from tests.hub.test_promotion_commands import place

LIST = """sku,price,scope,from,to,level,least_qty
tea,9.00,chain,,,,
tea,8.50,region:north,2026-01-01,,,
tea,8.00,store:S1,2030-02-01,2030-02-03,,
tea,7.00,chain,,,gold;silver,
tea,6.90,channel:web,,,,
tea,7.50,chain,,,,10
"""


@pytest.fixture
def chain(hub_database: Database, tmp_path: Path) -> Database:
    """S1 in the north on Shanghai's clock, S2 in the south; tea costs 10.00 by the goods file of both."""
    items = tmp_path / "items.csv"
    items.write_text("sku,code,name,price\ntea,4711,Tea,10.00\n", "utf-8")
    for store_id, region in (("S1", "north"), ("S2", "south")):
        document = place(store_id, region)
        document["store"]["time_zone"] = "Asia/Shanghai"
        with hub_database.writing() as connection:
            put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
        assert run(hub_database, "import-items", items, "--store", store_id) == 0
    return hub_database


def body(database: Database, store_id: str, sku: str = "tea") -> PriceBody | None:
    with database.reading() as connection:
        page = read_feed(
            connection, database.feed_id, store_id=store_id, stream="prices", after=None, limit=5000
        )
    found = {one.key: bytes(one.body) for one in page.changes if one.kind == "upsert"}
    return msgspec.json.decode(found[sku], type=PriceBody) if sku in found else None


def ms(year: int, month: int, day: int) -> int:
    """Midnight in Shanghai."""
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1000 - 8 * 3_600_000


def put(database: Database, path: Path, text: str) -> int:
    path.write_text(text, "utf-8")
    return run(database, "prices", "put", path)


def test_each_store_gets_the_rows_that_reach_it(chain: Database, tmp_path: Path) -> None:
    assert put(chain, tmp_path / "list.csv", LIST) == 0
    north, south = body(chain, "S1"), body(chain, "S2")
    assert north is not None
    assert south is not None
    assert sorted((row.scope, row.place, row.minor) for row in north.rows) == [
        ("chain", "", 700), ("chain", "", 750), ("chain", "", 900), ("chain", "", 1000),
        ("region", "north", 850), ("store", "S1", 800),
    ]  # fmt: skip
    assert sorted((row.scope, row.minor) for row in south.rows) == [
        ("chain", 700), ("chain", 750), ("chain", 900), ("chain", 1000)
    ]  # fmt: skip
    gold = next(row for row in north.rows if row.minor == 700)
    assert (gold.members, gold.levels) == (True, ("gold", "silver"))
    assert next(row for row in north.rows if row.minor == 800).from_ms == ms(2030, 2, 1)
    # What a till of before reads: the price in force, the store's own for three days, the region's again.
    assert north.prices[-3:] == ((ms(2026, 1, 1), 850), (ms(2030, 2, 1), 800), (ms(2030, 2, 4), 850))
    assert south.prices == ((0, 900),)


def test_the_goods_file_and_the_lists_keep_out_of_each_others_way(chain: Database, tmp_path: Path) -> None:
    assert put(chain, tmp_path / "list.csv", LIST) == 0
    items = tmp_path / "items.csv"
    items.write_text("sku,code,name,price\ntea,4711,Tea,11.00\n", "utf-8")
    before = body(chain, "S2")
    assert run(chain, "import-items", items, "--store", "S2") == 0
    after = body(chain, "S2")
    assert before is not None
    assert after is not None
    assert [row.minor for row in after.rows] == [1100, *[row.minor for row in before.rows[1:]]]
    assert after.prices == ((0, 900),)
    assert run(chain, "prices", "remove", "tea") == 0
    assert body(chain, "S2") == PriceBody("tea", ((0, 1100),))
    assert body(chain, "S1") == PriceBody("tea", ((0, 1000),))


def test_an_empty_price_takes_a_row_out(
    chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    capsys.readouterr()
    assert put(chain, path, "sku,price\ntea,9.00\nnew,1.00\n") == 0
    assert put(chain, path, "sku,price\ntea,9.00\nnew,1.00\n") == 0
    assert put(chain, path, "sku,price\ntea,\nnew,\n") == 0
    assert capsys.readouterr().out.splitlines() == [
        "put: 2, unchanged: 0, taken out: 0; 4 row(s) go down",
        "put: 0, unchanged: 2, taken out: 0; 0 row(s) go down",
        "put: 0, unchanged: 0, taken out: 2; 4 row(s) go down",
    ]
    assert body(chain, "S1", "new") is None
    assert body(chain, "S1") == PriceBody("tea", ((0, 1000),))


def test_json_says_the_same(chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"sku": "tea", "price": 9.5, "scope": "store:S1", "level": ["gold"], "least_qty": 2}]
    assert put(chain, tmp_path / "list.json", json.dumps(rows)) == 0
    told = body(chain, "S1")
    assert told is not None
    assert (told.rows[-1].minor, told.rows[-1].levels, told.rows[-1].least_qty) == (950, ("gold",), 2)
    capsys.readouterr()
    assert run(chain, "prices", "list", "--sku", "tea") == 0
    assert json.loads(capsys.readouterr().out) == {
        "sku": "tea", "price": "9.50", "scope": "store:S1", "level": "gold", "least_qty": 2
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sku,price\ntea,9.001\n", "line 2: price: is too fine: CNY has 2 decimals; round it."),
        ("sku,price\ntea,-1\n", "line 2: price: must be an amount"),
        ("sku,price,scope\ntea,1,store:S9\n", "there is no store 'S9'; this hub has: S1, S2."),
        ("sku,price,scope\ntea,1,region:west\n", "there is no region 'west'; this hub has: north, south."),
        ("sku,price,scope\ntea,1,planet:x\n", "line 2: scope: must be"),
        ("sku,price,scope\ntea,1,chain:x\n", "line 2: scope: must be"),
        ("sku,price,from\ntea,1,soon\n", 'line 2: from: must be a day "2026-11-01"'),
        ("sku,price,from,to\ntea,1,2026-02-02,2026-02-01\n", "line 2: to: must come after"),
        ("sku,price,least_qty\ntea,1,x\n", "line 2: least_qty: must be a whole number"),
        ("sku,price,currency\ntea,1,yuan\n", "line 2: currency: "),
        ("sku,price\ntea,1\ntea,2\n", "line 3: is about the same as line 2. Keep one of them."),
        ("sku,cost\ntea,1\n", "line 1: no column 'price'."),
        ("sku,price,colour\ntea,1,red\n", "line 1: the column 'colour' is not known."),
        ("sku,price\ntea\n", "line 2: another number of columns"),
        ("sku;price\ntea;1\n", "line 1: the columns are parted by semicolons."),
        ("sku,price,price\ntea,1,2\n", "line 1: two columns are called 'price'. Keep one of them."),
        ("", "is empty"),
        ('[{"sku": "tea", "price": 1, "colour": "red"}]', "[0]: colour: is not known here"),
        ("[1]", "must be a list of rows"),
        ("[", "no JSON"),
    ],
)
def test_nothing_is_put_while_a_line_is_wrong(
    chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    before = body(chain, "S1")
    assert put(chain, tmp_path / "list", text) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "list" in told
    assert told.endswith("nothing was put\n")
    assert body(chain, "S1") == before


def test_prices_of_goods_that_no_store_has_are_put_and_told(
    chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("sku,price\ntea,9.00\n" + "".join(f"x{n},1.00\n" for n in range(7)), "utf-8")
    for action in ("check", "put"):
        assert run(chain, "prices", action, path) == 0
        told = capsys.readouterr().err
        assert told == "note: no store has goods of the SKU 'x0', 'x1', 'x2', 'x3', 'x4' and 2 more\n"
    path.write_text("sku,price\ntea,0\ntea,x\n", "utf-8")
    assert run(chain, "prices", "check", path) == 1
    assert "nothing was put" not in capsys.readouterr().err


def test_stores_of_several_currencies_are_told_apart(chain: Database, tmp_path: Path) -> None:
    with chain.writing() as connection:
        put_shop(connection, place("S3", "east", currency="JPY"), show_pins=False, now_ms=NOW_MS)
    assert put(chain, tmp_path / "list.csv", "sku,price\ntea,9.00\n") == 1
    assert put(chain, tmp_path / "list.csv", "sku,price,currency\ntea,9.00,CNY\ntea,150,JPY\n") == 0
    east, north = body(chain, "S3"), body(chain, "S1")
    assert east is not None
    assert north is not None
    assert (east.prices, north.prices) == (((0, 150),), ((0, 900),))


def test_why(chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert put(chain, tmp_path / "list.csv", LIST) == 0
    capsys.readouterr()

    def why(*arguments: str) -> Any:
        assert run(chain, "prices", "why", "tea", "--store", "S1", *arguments) == 0
        return json.loads(capsys.readouterr().out)

    told = why("--at", "2030-02-02T12:00")
    assert (told["price"], told["reason"], told["since"]) == ("8.00", "store", "2030-02-01T00:00:00+08:00")
    assert told["next"] == {"at": "2030-02-04T00:00:00+08:00", "price": "8.50"}
    assert {each["reason"] for each in told["not_because"]} == {"wider", "member", "quantity"}
    assert why("--at", "2030-02-02T12:00", "--level", "gold")["price"] == "7.00"
    assert why()["price"] == "8.50"
    assert run(chain, "prices", "why", "none", "--store", "S1") == 1
    assert run(chain, "prices", "why", "tea", "--store", "S1", "--at", "noon") == 1
    assert cli(["prices", "check", str(tmp_path / "list.csv"), "--database", str(chain.location.named)]) == 0


def test_a_price_too_large_to_be_one_is_told() -> None:
    text = b'[{"sku": "tea", "price": 1e9999999999999999999}]'
    with pytest.raises(PriceFileError) as told:
        read_price_file(text, "prices.json", ())
    assert "no JSON" in told.value.problems[0]
