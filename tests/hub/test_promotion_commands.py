"""poshub promotions, as a person uses it: put, check, list, remove, sums."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.terms.promotion import Promotion
from sync.hub.database import Database
from sync.hub.feeds.feed import read_feed
from sync.hub.feeds.streams import put_rows
from sync.hub.goods.promotion_admin import dense_goods
from sync.hub.goods.promotion_files import PromotionFileError, read_promotion_files
from sync.hub.goods.shop_admin import put_shop
from sync.hub.goods.store_facts import all_stores
from sync.hub.intake.ingest import Batch, ingest
from tests.hub.conftest import NOW_MS, event_line, shop_document
from tests.hub.test_feed_commands import run
from tests.hub.test_sale_discounts import discounted

TEN = {"id": "ten", "kind": {"type": "pct", "pct": "10"}, "on": {"category": ["dairy"]}}
HALF = {"id": "half", "kind": {"type": "nth", "n": 2, "pct": 50}, "on": {"sku": ["4711"]}}


def place(store_id: str, region: str = "", currency: str = "CNY") -> dict[str, Any]:
    document = shop_document(store_id)
    document["store"] |= {"currency": currency} | ({"region": region} if region else {})
    return document


@pytest.fixture
def chain(hub_database: Database) -> Database:
    """S1 and S2 in the north, S3 in the south."""
    with hub_database.writing() as connection:
        for store_id, region in (("S1", "north"), ("S2", "north"), ("S3", "south")):
            put_shop(connection, place(store_id, region), show_pins=False, now_ms=NOW_MS)
    return hub_database


def write(path: Path, document: Any) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def held(database: Database, store_id: str) -> dict[str, Any]:
    with database.reading() as connection:
        page = read_feed(
            connection, database.feed_id, store_id=store_id, stream="promotions", after=None, limit=5000
        )
    return {
        change.key: msgspec.json.decode(change.body) for change in page.changes if change.kind == "upsert"
    }


def test_promotions_go_to_all_stores_a_region_or_one(chain: Database, tmp_path: Path) -> None:
    assert run(chain, "promotions", "put", write(tmp_path / "a.json", [TEN])) == 0
    assert run(chain, "promotions", "put", write(tmp_path / "b.json", HALF), "--region", "north") == 0
    assert (
        run(chain, "promotions", "put", write(tmp_path / "c.json", HALF | {"id": "s"}), "--store", "S3") == 0
    )
    assert [sorted(held(chain, store)) for store in ("S1", "S2", "S3")] == [
        ["half", "ten"], ["half", "ten"], ["s", "ten"],
    ]  # fmt: skip
    # Meant for another region now: the one before gives it back.
    assert run(chain, "promotions", "put", tmp_path / "b.json", "--region", "south") == 0
    assert [sorted(held(chain, store)) for store in ("S1", "S3")] == [["ten"], ["half", "s", "ten"]]


def test_what_goes_down_is_what_a_till_reads(chain: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.json", '[{"id":"p","kind":{"type":"amount","amount":1.10},"on":{"sku":["1"]}}]'
    )
    assert run(chain, "promotions", "put", path) == 0
    read = read_promotion(held(chain, "S1")["p"], currency="CNY")
    assert isinstance(read, Promotion)
    assert held(chain, "S1")["p"]["kind"]["amount"] == "1.10"


def test_the_same_again_changes_nothing_and_versions_are_asked_for(
    chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.json", [TEN])
    assert run(chain, "promotions", "put", path) == 0
    assert run(chain, "promotions", "put", path) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "put: 1, unchanged: 0; 3 store(s), 3 row(s) go down",
        "put: 0, unchanged: 1; 3 store(s), 0 row(s) go down",
    ]
    assert said.err == ""
    write(path, [TEN | {"enabled": False}])
    assert run(chain, "promotions", "put", path) == 0
    assert "ten changed and is still of the same version" in capsys.readouterr().err
    write(path, [TEN | {"version": 2}])
    assert run(chain, "promotions", "put", path) == 0
    assert capsys.readouterr().err == ""


def test_nothing_is_put_while_one_is_wrong(
    chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good.json", [TEN])
    bad = write(
        tmp_path / "bad.json",
        [HALF, {"id": "x", "kind": {"type": "pct", "pct": 120}}, {"id": "y", "kind": {"type": "magic"}}, TEN],
    )
    broken = write(tmp_path / "broken.json", '{"id": "z",')
    assert run(chain, "promotions", "put", good, bad, broken) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("bad.json, promotions[1] (x): kind.pct: must be a percentage from 0 to 100")
    assert said[1].startswith("bad.json, promotions[2] (y): kind.type: ")
    assert said[2] == (
        "bad.json, promotions[3]: id: 'ten' stands in good.json, promotions[0] as well; keep one of them."
    )
    assert said[3].startswith("broken.json: no JSON: ")
    assert said[-1] == "nothing was put"
    assert held(chain, "S1") == {}
    assert run(chain, "promotions", "put", good, "--store", "S9") == 1
    assert "there is no store 'S9'; this hub has: S1, S2, S3" in capsys.readouterr().err
    assert run(chain, "promotions", "put", good, "--region", "west") == 1
    assert "there is no region 'west'; this hub has: north, south" in capsys.readouterr().err


def test_amounts_fit_the_currency_of_every_store(chain: Database, tmp_path: Path) -> None:
    with chain.writing() as connection:
        put_shop(connection, place("S4", currency="JPY"), show_pins=False, now_ms=NOW_MS)
    off = {"id": "off", "kind": {"type": "amount", "amount": "1.50"}}
    path = write(tmp_path / "a.json", off)
    assert run(chain, "promotions", "put", path, "--region", "north") == 0
    assert run(chain, "promotions", "put", path) == 1
    assert run(chain, "promotions", "put", write(path, off | {"currency": "CNY"})) == 0


def test_check_lists_problems_without_a_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sync.hub.commands import cli

    lines = "\n".join(json.dumps(each) for each in (TEN, HALF))
    assert cli(["promotions", "check", str(write(tmp_path / "a.ndjson", lines))]) == 0
    assert cli(["promotions", "check", str(write(tmp_path / "b.ndjson", lines + "\n{]"))]) == 1
    said = capsys.readouterr()
    assert said.out == "fine: 2 promotion(s)\n"
    assert said.err.startswith("b.ndjson, line 3: no JSON: ")


def test_list_and_remove(chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(chain, "promotions", "put", write(tmp_path / "a.json", [TEN]))
    run(chain, "promotions", "put", write(tmp_path / "b.json", [HALF]), "--store", "S3")
    capsys.readouterr()
    assert run(chain, "promotions", "list") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [
        {"goes_to": {"stores": ["S3"], "regions": []}, "promotion": HALF},
        {"goes_to": "all", "promotion": TEN},
    ]  # fmt: skip
    assert run(chain, "promotions", "list", "--store", "S1") == 0
    assert [json.loads(line)["promotion"]["id"] for line in capsys.readouterr().out.splitlines()] == ["ten"]
    assert run(chain, "promotions", "remove", "ten") == 0
    assert [sorted(held(chain, store)) for store in ("S1", "S3")] == [[], ["half"]]
    assert run(chain, "promotions", "remove", "ten") == 1
    assert "no promotion 'ten'" in capsys.readouterr().err


def test_a_store_that_is_new_or_moves_gets_its_own(
    chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(chain, "promotions", "put", write(tmp_path / "a.json", [TEN]))
    run(chain, "promotions", "put", write(tmp_path / "b.json", [HALF]), "--region", "south")
    shop = tmp_path / "shop.toml"
    text = (
        '[store]\nid = "S5"\nregion = "south"\nnames = "N"\ncurrency = "CNY"\n[[terminals]]\nid = "T1"\n'
        '[[operators]]\nid = "a"\nname = "Ann"\nrole = "manager"\n'
        'pin_hash = "$argon2id$v=19$m=8,t=1,p=1$c2E$aGE"\n'
    )
    shop.write_text(text, "utf-8")
    assert run(chain, "init", "--shop", shop) == 0
    assert sorted(held(chain, "S5")) == ["half", "ten"]
    shop.write_text(text.replace("south", "north"), "utf-8")
    assert run(chain, "init", "--shop", shop) == 0
    assert sorted(held(chain, "S5")) == ["ten"]
    assert capsys.readouterr().err == ""


def test_goods_with_many_promotions_are_told(
    chain: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item = {"sku": "4711", "names": {}, "pinyin": "", "unit": "pcs", "tax_category": "v", "codes": []}
    with chain.writing() as connection:
        body = msgspec.json.encode(item | {"category": ["food", "dairy"]})
        put_rows(connection, "S1", "catalogue", [("4711", body)], NOW_MS)
    many = [HALF | {"id": f"half{n}"} for n in range(8)]
    over = HALF | {"id": "over", "valid": {"to": "2020-01-01"}}
    assert run(chain, "promotions", "put", write(tmp_path / "a.json", [*many, over])) == 0
    assert capsys.readouterr().err == ""
    assert run(chain, "promotions", "put", write(tmp_path / "b.json", [TEN])) == 0
    assert capsys.readouterr().err == ""
    assert run(chain, "promotions", "put", tmp_path / "a.json") == 0
    assert "sku 4711 has 9 item promotions at once" in capsys.readouterr().err
    with chain.reading() as connection:
        store = all_stores(connection)[0]
        (read,) = read_promotion_files([("x", json.dumps(TEN).encode())], ["CNY"])
        assert dense_goods(connection, store, [read.promotion], NOW_MS) == []


def test_documents_in_other_wrappings() -> None:
    wrapped = json.dumps({"promotions": [TEN, HALF]}).encode()
    assert [one.promotion.promotion_id for one in read_promotion_files([("w", wrapped)], [])] == [
        "ten",
        "half",
    ]
    for data in (b"\xff\xfe", b"[" * 100_000, b'{"id": NaN}', b"7", b""):
        with pytest.raises(PromotionFileError):
            read_promotion_files([("w", data)], [])
    large = {
        "id": "l",
        "kind": {"type": "pct", "pct": 1},
        "on": {"sku": ["x" * 60 + str(n) for n in range(9999)]},
    }
    with pytest.raises(PromotionFileError, match="is larger than"):
        read_promotion_files([("w", json.dumps(large).encode())], [])
    assert str(read_strictly("1.10")) == "1.10"


@pytest.mark.expected_logs
def test_sums_by_promotion_and_who_pays(chain: Database, capsys: pytest.CaptureFixture[str]) -> None:
    second = discounted(transaction_id="txn-2")
    other_day = discounted(transaction_id="txn-3", business_date="2026-05-30")
    lines = [
        event_line(1, body=discounted()),
        event_line(2, body=second),
        event_line(3, body=other_day, business_date="2026-05-30"),
    ]
    with chain.writing() as connection:
        ingest(connection, Batch("S1", "T1", 1, 1, lines), now_ms=NOW_MS)
    days = ("--from", "2026-05-28", "--through", "2026-05-29")
    assert run(chain, "promotions", "sums", "--store", "S1", *days) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["half", "2", "10.00", "CNY", "brand", "Acme", "6.00", "CNY,", "store", "4.00", "CNY"],
        ["ten", "2", "4.40", "CNY", "store", "4.40", "CNY"],
    ]
    assert run(chain, "promotions", "sums", "--store", "S1", "--from", "2026-05-30", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["promotion_id"], one["sales"], one["amount_minor"]) for one in told] == [
        ("half", 1, 500), ("ten", 1, 220)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "code", "said"),
    [
        (("--from", "22.11.2026"), 2, "'22.11.2026' is no day such as 2026-11-22"),
        (("--from", "2026-05-30", "--through", "soon"), 2, "'soon' is no day"),
        (
            ("--from", "2026-05-30", "--through", "2026-05-29"),
            1,
            "--from 2026-05-30 is after --through 2026-05-29",
        ),
    ],
)
def test_days_of_sums_that_are_none(
    chain: Database, capsys: pytest.CaptureFixture[str], days: tuple[str, ...], code: int, said: str
) -> None:
    try:
        ended = run(chain, "promotions", "sums", "--store", "S1", *days)
    except SystemExit as stop:
        ended = int(str(stop.code))
    assert ended == code
    assert said in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_fault(chain: Database, tmp_path: Path) -> None:
    many = [TEN | {"id": f"p{n}", "name": "x" * 90} for n in range(1_000)]
    assert run(chain, "promotions", "put", write(tmp_path / "many.json", many)) == 0
    database = str(chain.location.named)
    listing = [sys.executable, "-m", "sync.hub.commands", "promotions", "list", "--database", database]
    with subprocess.Popen(listing, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline().startswith(b'{"goes_to"')
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0
