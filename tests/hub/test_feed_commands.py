"""Rows of streams and snapshots by `poshub`, and what a hub of the first schema takes over into streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.hub.commands import cli
from sync.hub.database import Database, migrate, read_location
from sync.hub.database.sqlite import WRITES, open_sqlite
from sync.hub.feeds import snapshots
from sync.hub.feeds.feed import read_feed
from sync.hub.feeds.streams import put_rows
from sync.hub.goods.catalogue_import import CatalogueImport, ImportOptions
from sync.hub.goods.catalogue_rows import CatalogueFile, RowRules
from sync.hub.goods.shop_admin import put_shop
from sync.hub.jobs import waiting_jobs
from sync.hub.serving.job_handlers import job_runner
from sync.hub.trust.hub_keys import public_keys, signing_key
from sync.hub.upkeep.daily import wish_for_daily
from sync.protocol.messages import FeedPage, ItemBody, PriceBody
from sync.protocol.signing import key_id_of, public_key_of
from sync.protocol.trust import to_text
from tests.hub.conftest import NOW_MS, shop_document


@pytest.fixture
def shop(hub_database: Database) -> Database:
    with hub_database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    return hub_database


def run(database: Database, *arguments: object) -> int:
    return cli([*(str(argument) for argument in arguments), "--database", str(database.location.named)])


def ndjson(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def page(database: Database, stream: str, after: str | None = None) -> FeedPage:
    with database.reading() as connection:
        return read_feed(connection, database.feed_id, store_id="S1", stream=stream, after=after, limit=5000)


def test_rows_are_put_shown_and_deleted(
    shop: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ndjson(
        tmp_path / "rows.ndjson",
        {"key": "p1", "body": {"names": {"zh_CN": "第二件半价"}, "of": [1, 2]}},
        {"key": "p2", "body": {}},
    )
    assert run(shop, "feed", "put", "members", rows) == 0
    assert run(shop, "feed", "put", "members", rows) == 0
    assert capsys.readouterr().out == "changed: 2 of 2\nchanged: 0 of 2\n"
    rows.write_text('\n{ "body" : null, "key" : "p2" }\n\n{"key":"p3","body":null}\n', "utf-8")
    before = page(shop, "members").next_cursor
    assert run(shop, "feed", "put", "members", rows) == 0
    assert [(change.kind, change.key) for change in page(shop, "members", before).changes] == [
        ("delete", "p2")
    ]
    capsys.readouterr()
    assert run(shop, "feed", "show", "members") == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown == [{"key": "p1", "body": {"names": {"zh_CN": "第二件半价"}, "of": [1, 2]}}]
    assert run(shop, "feed", "forget", "--days", "1") == 0
    assert run(shop, "feed", "forget", "--days", "0") == 1
    assert capsys.readouterr().out == "forgotten: 0\n"


def test_settings_are_shown_without_what_could_be_guessed(
    shop: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shop, "feed", "show", "settings") == 0
    shown = capsys.readouterr().out
    assert json.loads(shown)["body"]["store"]["id"] == "S1"
    assert "argon2" not in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: "),
        ('{"key":"a"}', "line 2: "),
        ('{"body":{}}', "line 2: "),
        ('{"key":"a","body":{},"bdoy":{}}', "line 2: "),
        ('{"key":"","body":{}}', "line 2: a key has 1 to 200 printable characters"),
        ('{"key":"a\\u0000","body":{}}', "line 2: a key has"),
        ('{"key":"%s","body":{}}' % ("k" * 201), "line 2: a key has"),
        ('{"key":"a","body":[]}', "line 2: the body is neither an object nor null"),
        ('{"key":"a","body":{"x":}}', "line 2: "),
        ('{"key":"a","body":%s}' % ("[" * 100_000), "line 2: "),
        ('{"key":"a","body":{"x":"%s"}}' % ("y" * 300_000), "line 2: the body is larger than"),
        ('{"key":"first","body":{}}', "line 2: the key 'first' came before"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_nothing_is_put(
    shop: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    rows = tmp_path / "rows.ndjson"
    rows.write_text(f'{{"key":"first","body":{{}}}}\n{line}\n', "utf-8")
    assert run(shop, "feed", "put", "members", rows) == 1
    assert capsys.readouterr().err.startswith(f"{rows}, {said}")
    assert page(shop, "members").changes == ()


def test_what_is_made_elsewhere_cannot_be_put(shop: Database, tmp_path: Path) -> None:
    for stream in ("catalogue", "prices", "settings", "stock", "weather"):
        with pytest.raises(SystemExit):
            run(shop, "feed", "put", stream, tmp_path / "none")
    assert run(shop, "feed", "put", "members", tmp_path / "none") == 1


def test_a_snapshot_on_demand(shop: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shop, "snapshot") == 0
    sha256, _, told = capsys.readouterr().out.strip().partition("  ")
    assert told.endswith(" bytes, 0 items")
    with shop.reading() as connection:
        assert snapshots.snapshot_length(connection, "S1", sha256)
        assert not snapshots.snapshot_length(connection, "S2", sha256)
    assert run(shop, "snapshot", "--store", "S9") == 1


def test_a_big_import_wishes_for_a_snapshot(
    shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "WANTED_AFTER_ROWS", 6)
    for count, expected in ((2, 0), (3, 1), (3, 1)):
        bring(shop, tmp_path, count)
        with shop.reading() as connection:
            assert len(waiting_jobs(connection, "S1")) == expected


def test_a_hub_that_was_taken_over_has_a_snapshot_the_day_after(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.writing() as connection:
        put_rows(connection, "S1", "prices", [(str(number), b"{}") for number in range(9)], NOW_MS)
        wish_for_daily(connection, NOW_MS)
    monkeypatch.setattr(snapshots, "WANTED_AFTER_ROWS", 9)
    runner = job_runner(shop, lambda: NOW_MS)
    # The hub's own, then what it wishes for: the store's, and what time does to members' rights.
    done = 0
    while runner.run_once():
        done += 1
        with shop.reading() as connection:
            if [one.job.kind for one in waiting_jobs(connection, "S1")] == [snapshots.JOB_KIND]:
                break
    assert 2 <= done <= 4
    with shop.reading() as connection:
        assert [one.job.kind for one in waiting_jobs(connection, "S1")] == [snapshots.JOB_KIND]


def bring(database: Database, folder: Path, count: int) -> int:
    path = folder / "items.tsv"
    path.write_text("".join(f"{number}\t苹果 {number}\n" for number in range(count)), "utf-8")
    rules = RowRules("CNY", frozenset({"vat13"}), "vat13", "UTC", derive_prices=True)
    options = ImportOptions(columns=("code", "name"), language="zh_CN")
    return CatalogueImport(database, "S1", rules, now_ms=NOW_MS).run(CatalogueFile(path), options).imported


def test_the_hub_s_key_is_made_once_and_told(hub_database: Database) -> None:
    with hub_database.reading() as connection:
        key_id, private_key = signing_key(connection)
        public_key = public_key_of(private_key)
        assert key_id == key_id_of(public_key)
        assert public_keys(connection) == {key_id: to_text(public_key)}


def test_the_bench_looks_for_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # On SQLite alone: processes that write to PostgreSQL take seconds to begin.
    options = ("--rows", "700", "--writers", "3", "--database", str(tmp_path / "any.db"))
    assert cli(["bench", "feed", "--check", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["figures"]["sqlite_missed"], told["figures"]["sqlite_doubled"]) == (0, 0)
    assert told["figures"]["sqlite_served_rows_per_s"] > 0
    assert [(one["key"], one["held"]) for one in told["aims"]] == [("sqlite_rows_seen_once_share", True)]


# ---------------------------------------------------------------------- from the first schema
def test_streams_of_the_first_schema_go_over_with_their_revisions(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    engine = open_sqlite(read_location(path).url)
    milk: dict[str, Any] = {
        "sku": "milk",
        "names": {"zh_CN": "牛奶/1 L"},
        "pinyin": "nn",
        "unit": "pcs",
        "tax_category": "vat13",
        "codes": ["=1"],
        "prices": [[0, 150], [NOW_MS, 180]],
    }
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        migrate(connection, "0003")
        run_sql = connection.exec_driver_sql
        run_sql("INSERT INTO hub VALUES (1, 'aa')")
        settings = msgspec.json.encode(shop_document())
        run_sql("INSERT INTO store VALUES ('S1', 3, ?, 9, ?)", (settings, NOW_MS))
        for sku, rev, deleted, body in (
            ("milk", 7, 0, msgspec.json.encode(milk)),
            ("gone", 8, 1, b""),
            ("free", 9, 0, msgspec.json.encode(milk | {"sku": "free", "prices": []})),
        ):
            run_sql("INSERT INTO item VALUES ('S1', ?, ?, ?, ?)", (sku, rev, deleted, body))
        run_sql("INSERT INTO item_code VALUES ('S1', '=1', 'milk', '1')")
    engine.dispose()
    database = Database(path)
    try:
        assert database.feed_id == "aa"
        assert page(database, "settings", "aa:3").changes == (), "no till starts anew"
        assert page(database, "catalogue", "aa:9").changes == ()
        changes = {change.key: change for change in page(database, "catalogue").changes}
        assert {key: (change.kind, change.rev) for key, change in changes.items()} == {
            "milk": ("upsert", 7),
            "gone": ("delete", 8),
            "free": ("upsert", 9),
        }
        del milk["prices"]
        body = bytes(changes["milk"].body)
        assert json.loads(body) == milk
        assert msgspec.json.encode(msgspec.json.decode(body, type=ItemBody)) == body, "as an import spells it"
        prices = page(database, "prices")
        assert [(change.key, change.rev) for change in prices.changes] == [("milk", 1)]
        price = PriceBody("milk", ((0, 150), (NOW_MS, 180)))
        assert bytes(prices.changes[0].body) == msgspec.json.encode(price)
        put_in = page(database, "settings").changes[0]
        assert (put_in.key, put_in.rev, bytes(put_in.body)) == ("shop", 3, settings)
    finally:
        database.close()
