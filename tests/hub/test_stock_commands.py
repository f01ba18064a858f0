"""poshub stock, recalls and markdowns, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from posapp.domain.recall_document import recall_from_document
from posapp.exchange.shop_rules import read_markdowns, read_recalls
from sync.hub.commands import cli
from sync.hub.database import Database
from sync.hub.feeds.feed import read_feed
from sync.hub.goods.shop_rules import RuleFileError, markdown_rows, recall_rows
from tests.domain.test_recall_list import GTIN

ITEMS = "sku,code,name,unit,price\ncola,6901028180559,Cola,pcs,3.50\napple,4011,Apples,g,12.80\n"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A hub with one store and two items."""
    shop = tmp_path / "shop.toml"
    shop.write_text(
        '[store]\nid = "S1"\nnames = "Corner"\ncurrency = "CNY"\n[[terminals]]\nid = "T1"\n'
        '[[operators]]\nid = "a"\nname = "Ann"\nrole = "manager"\n'
        'pin_hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA"\n',
        "utf-8",
    )
    (tmp_path / "items.csv").write_text(ITEMS, "utf-8")
    assert run(tmp_path, "init", "--shop", shop) == 0
    assert run(tmp_path, "import-items", tmp_path / "items.csv") == 0
    return tmp_path


def run(folder: Path, command: str, *arguments: object) -> int:
    """Run poshub on the hub of a folder; `command` may have an action."""
    return cli([*command.split(), "--database", str(folder / "hub.db"), *map(str, arguments)])


def file(folder: Path, text: str, name: str = "list.csv") -> Path:
    """A file of a person's."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def bodies(folder: Path, stream: str) -> list[bytes]:
    """What a till gets of a stream."""
    database = Database(folder / "hub.db")
    try:
        with database.reading() as connection:
            page = read_feed(
                connection, database.feed_id, store_id="S1", stream=stream, after=None, limit=100
            )
    finally:
        database.close()
    return [bytes(change.body) for change in page.changes if change.kind == "upsert"]


def test_counted_moved_and_shown(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted = file(hub, "# autumn\nSKU,Quantity,remark\ncola,12,\n\napple,8.250,ripe\n")
    capsys.readouterr()
    assert run(hub, "stock set", counted) == 0
    assert capsys.readouterr().out == "counted: 2\n"
    assert run(hub, "stock move", "--sku", "cola", "--quantity=-2", "--reason", "damage", "--id", "m1") == 0
    assert run(hub, "stock move", "--sku", "cola", "--quantity=-2", "--reason", "damage", "--id", "m1") == 0
    assert run(hub, "stock move", "--sku", "apple", "--quantity", "1.5", "--reason", "restock") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["m1: noted; cola: 10 pcs left", "m1: known already; cola: 10 pcs left"]
    assert said[2].endswith(": noted; apple: 9.750 kg left")
    assert run(hub, "stock show") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["9.750", "kg", "apple", "Apples"],
        ["10", "pcs", "cola", "Cola"],
    ]
    assert run(hub, "stock show", "--below", "10", "--json") == 0
    assert [row["sku"] for row in json.loads(capsys.readouterr().out)] == ["apple"]
    sent = {row["sku"]: row["sellable"] for row in map(json.loads, bodies(hub, "stock"))}
    assert sent == {"cola": 10, "apple": 9750}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "list.csv is empty"),
        ("sku,count\ncola,1\n", "line 1: the first line must name sku and quantity."),
        ("sku,quantity\ncola,1,2\n", "line 2: another number of columns"),
        ("sku,quantity\ncola,1\ncola,2\n", "line 3: 'cola' stands in line 2 already."),
        ("sku,quantity\nsoap,1\n", "line 2: there is no item 'soap'."),
        ("sku,quantity\ncola,1.5\n", "line 2: '1.5' is not a whole number of pieces."),
        ("sku,quantity\ncola,-1\n", "line 2: '-1' is not a whole number of pieces."),
        ("sku,quantity\ncola,nan\n", "line 2: 'nan' is not a whole number of pieces."),
        ("sku,quantity\napple,0.0005\n", "line 2: '0.0005' is not a number of kilograms"),
        ("sku,quantity\napple,1e30\n", "line 2: '1e30' is not a number of kilograms"),
    ],
)
def test_a_wrong_count_names_its_line_and_changes_nothing(
    hub: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(hub, "stock set", file(hub, text)) == 1
    assert why in capsys.readouterr().err
    assert bodies(hub, "stock") == []


@pytest.mark.parametrize(
    ("sku", "quantity", "reason", "why"),
    [
        ("soap", "1", "restock", "there is no item 'soap' in store S1"),
        ("cola", "1.5", "restock", "'1.5' is not a whole number of pieces."),
        ("cola", "-1", "count", "'-1' is not a whole number of pieces."),
    ],
)
def test_a_wrong_move_is_told(
    hub: Path, sku: str, quantity: str, reason: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(hub, "stock move", "--sku", sku, f"--quantity={quantity}", "--reason", reason) == 1
    assert why in capsys.readouterr().err


def test_a_recall_list_is_put_whole_and_read_by_a_till(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "gtin,lot,reason,id,serial,expiry_to\n"
    first = file(hub, head + f"{GTIN},A1*,Glass,R1,,\n{GTIN},,Milk,R2,,2026-11-30\n")
    second = file(hub, head + f"{GTIN},A1*,Glass,R1,,\n96385074,,Metal,R3,S-1,\n", "second.csv")
    capsys.readouterr()
    assert run(hub, "recalls put", first) == 0
    assert run(hub, "recalls put", second) == 0
    assert run(hub, "recalls put", second) == 0
    assert capsys.readouterr().out.splitlines() == [
        "put: 2, unchanged: 0, taken back: 0",
        "put: 1, unchanged: 1, taken back: 1",
        "put: 0, unchanged: 2, taken back: 0",
    ]
    sent = read_recalls(bodies(hub, "recalls"))
    assert (sent.list.count, sent.unreadable, len(sent.list.by_gtin14)) == (2, 0, 2)
    assert run(hub, "recalls show") == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [document["recall_id"] for document in shown] == ["R1", "R3"]
    assert all(recall_from_document(document) for document in shown)


def test_markdown_rules_are_put_whole_and_read_by_a_till(
    hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = "rule,for,days_left,percent,valid_from\nshort,all,2,30,\nshort,all,0,50,\n"
    rules += "ham,sku:ham category:farm,1,12.5,2026-11-01\n"
    assert run(hub, "markdowns put", file(hub, rules)) == 0
    sent = read_markdowns(bodies(hub, "markdowns"))
    assert (sent.rules.count, sent.unreadable) == (2, 0)
    assert [(step.days_left, step.ppm) for step in sent.rules.for_all[0].steps] == [
        (2, 300_000),
        (0, 500_000),
    ]
    (ham,) = sent.rules.by_sku["ham"]
    assert (ham.steps[0].ppm, ham.valid_from, sent.rules.by_category["farm"]) == (
        125_000,
        "2026-11-01",
        (ham,),
    )
    assert run(hub, "markdowns put", file(hub, "rule,for,days_left,percent\n")) == 0
    assert bodies(hub, "markdowns") == []
    assert "taken back: 2" in capsys.readouterr().out


def test_every_wrong_line_is_named_and_nothing_is_put(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "rule,for,days_left,percent,valid_from,valid_to\n"
    lines = [
        "a,all,1,30,,",
        ",all,1,30,,",
        "b,everything,1,30,,",
        "c,sku:,x,101,,",
        "d,all,1,30,soon,",
        "e,all,1,30,2026-11-02,2026-11-01",
        "a,sku:x,2,20,,",
        "a,all,1,20,,",
        "a,all",
    ]
    assert run(hub, "markdowns put", file(hub, head + "\n".join(lines))) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in said[:-1]] == [
        f"list.csv, line {n}" for n in (3, 4, 5, 5, 5, 6, 7, 8, 9, 10)
    ]
    assert said[-1] == "nothing was put"
    assert bodies(hub, "markdowns") == []
    assert run(hub, "recalls put", file(hub, "gtin,lot,reason\n7,A,Glass\n")) == 1
    assert "list.csv, line 2: 7 is not a product number" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"\xff", b"", b"rule,days\n", b"x" * 200_000])
@pytest.mark.parametrize("read", [markdown_rows, recall_rows])
def test_what_is_no_list_is_told(read: Any, data: bytes) -> None:
    with pytest.raises(RuleFileError, match=r"list\.csv, line 1"):
        read(data, "list.csv")


def test_an_item_that_nobody_counted_is_said_to_be_so(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(hub, "stock show", "cola", "pear") == 0
    shown = capsys.readouterr().out
    assert "cola" in shown
    assert shown.count("never counted") == 2


def test_a_hub_without_a_store_names_the_first_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Database(tmp_path / "hub.db").close()
    assert run(tmp_path, "stock show", "cola") != 0
    assert "poshub init" in capsys.readouterr().err
