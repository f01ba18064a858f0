"""The fleet page about prices: a basket tried against live promotions, what a promotion would change."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from sync.hub.database import Database
from sync.hub.fleet.statements import make_statement, one_statement, read_content
from sync.hub.fleet.what_if import Question, one_run, what_would_change
from sync.hub.goods.promotion_admin import put_promotions
from sync.hub.goods.promotion_files import read_promotion_files
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.routes import fleet_prices
from sync.hub.serving.job_handlers import job_runner
from tests.hub.conftest import NOW_MS, event_line, sale_body
from tests.hub.fleet_visitor import Fleet, Page
from tests.hub.test_feed_commands import run
from tests.hub.test_sale_discounts import discounted

HALF: dict[str, Any] = {
    "id": "half", "name": {"en": "Second at half price", "zh_CN": "第二件半价"},
    "kind": {"type": "nth", "n": 2, "pct": "50"}, "on": {"sku": ["tea"]},
    "funding": [{"party": "brand", "share": "60", "name": "Leaf"}, {"party": "store", "share": "40"}],
}  # fmt: skip
TEN: dict[str, Any] = {
    "id": "ten", "name": {"en": "10 off 50", "zh_CN": "满50减10"},
    "kind": {"type": "spend_tier", "steps": [{"least": "50", "amount": "10"}]},
}  # fmt: skip
CODE: dict[str, Any] = {
    "id": "code", "kind": {"type": "pct", "pct": "90"}, "on": {"sku": ["rice"]},
    "needs": {"coupon": {"code": "RICE"}},
}  # fmt: skip
ITEMS = """sku,code,name,name_zh_CN,price,unit
tea,6901028180559,Tea,绿茶,20.00,pcs
rice,4011,Rice,大米,8.00,g
pen,pen1,Pen,钢笔,,pcs
"""


def publish(database: Database, *documents: dict[str, Any]) -> None:
    read = read_promotion_files([("test", json.dumps(documents).encode())], ["CNY"])
    with database.writing() as connection:
        put_promotions(connection, read, stores=frozenset(), regions=frozenset(), now_ms=NOW_MS)


def furnish_prices(database: Database, folder: Path) -> None:
    """Goods with prices and live promotions in S1."""
    items = folder / "items.csv"
    items.write_text(ITEMS.replace("name,name_zh_CN", "name_en,name_zh_CN"), "utf-8")
    assert run(database, "import-items", items, "--store", "S1") == 0
    publish(database, HALF, TEN, CODE)


def sell(database: Database, *quantities: int, day: str = "2026-05-28", seq: int = 1) -> None:
    """Sales of so many packets of tea each."""
    lines = []
    for number, quantity in enumerate(quantities, seq):
        body = sale_body(number, total_minor=2000 * quantity)
        body["lines"][0] |= {"sku": "tea", "quantity": quantity, "unit_price_minor": 2000}
        body |= {"business_date": day}
        lines.append(event_line(number, body=body, business_date=day))
    with database.writing() as connection:
        ingest(connection, Batch("S1", "T1", 1, seq, lines), now_ms=NOW_MS)


@pytest.fixture
def shop(fleet: Fleet, tmp_path: Path) -> Fleet:
    furnish_prices(fleet.database, tmp_path)
    return fleet


def tried(shop: Fleet, goods: str, language: str = "en", **fields: str) -> Page:
    visitor = shop.visitor(language)
    return visitor.act("/fleet/prices", "/fleet/prices", {"store": "S1", "goods": goods, **fields})


def test_a_basket_is_priced_as_the_tills_do(shop: Fleet) -> None:
    page = tried(shop, "tea 2\n4011 350")
    assert page.status == 200
    # 40.00 + 2.80, half of one packet off.
    assert ">32.80 CNY<" in page.text
    assert ">10.00 CNY<" in page.text
    assert "Second at half price" in page.text
    assert "Brand Leaf 6.00 CNY" in " ".join(page.text.split())
    assert "Proven" in page.text
    # What one more would bring, and what lost.
    assert "10 off 50" in page.text
    assert "no coupon was shown" in page.text


def test_codes_time_and_language_count(shop: Fleet) -> None:
    page = tried(shop, "6901028180559\nrice 1000", "zh-CN", codes="rice")
    assert ">20.80 CNY<" in page.text
    assert "绿茶" in page.text
    assert "整单" in page.text or "商品" in page.text
    publish(shop.database, HALF | {"version": 2, "valid": {"from": "2030-01-01", "to": "2030-01-31"}})
    assert ">40.00 CNY<" in tried(shop, "tea 2").text
    assert ">30.00 CNY<" in tried(shop, "tea 2", at="2030-01-15T10:00").text


def test_a_members_price_is_named(shop: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("sku,price,scope,level\ntea,15.00,chain,gold\n", "utf-8")
    assert run(shop.database, "prices", "put", path) == 0
    assert "member's price" not in tried(shop, "tea").text
    page = tried(shop, "tea", level="gold")
    assert "15.00 CNY" in page.text
    assert "member's price" in page.text


def test_members_and_points_are_said_in_words(shop: Fleet) -> None:
    tagged = {
        "id": "st",
        "kind": {"type": "amount", "amount": "3"},
        "on": {"sku": ["tea"]},
        "who": {"tags": ["student"]},
    }
    staff = {
        "id": "own",
        "kind": {"type": "amount", "amount": "4"},
        "on": {"sku": ["tea"]},
        "who": {"staff": True},
    }
    first = {
        "id": "1st",
        "kind": {"type": "amount", "amount": "2"},
        "on": {"sku": ["tea"]},
        "who": {"first_order": True},
    }
    pays = {"id": "pay", "kind": {"type": "points_pay", "points": 100, "worth": "1", "step": 100}}
    publish(shop.database, tagged, staff, first, pays)
    assert ">20.00 CNY<" in tried(shop, "tea").text
    assert ">17.00 CNY<" in tried(shop, "tea", tags="student, club").text
    assert ">16.00 CNY<" in tried(shop, "tea", staff="yes").text
    assert ">18.00 CNY<" in tried(shop, "tea", orders="0").text
    assert ">20.00 CNY<" in tried(shop, "tea", orders="7").text
    page = tried(shop, "tea", points="250")
    assert ">18.00 CNY<" in page.text
    assert "Points spent: 200 · earned: 0" in page.text
    # What was typed stays in the form, and what is no number is said.
    page = tried(shop, "tea", points="many", orders="-1", tags="student")
    assert page.status == 200
    assert "many is no number of points" in page.text
    assert "-1 is no number of orders" in page.text
    assert 'value="student"' in page.text


def test_what_to_add_is_named_where_the_set_names_it(shop: Fleet, tmp_path: Path) -> None:
    cup = {
        "id": "cup",
        "kind": {"type": "gift", "buy": [{"of": {"sku": ["tea"]}}], "get": {"of": {"sku": ["cup"]}}},
    }
    publish(shop.database, cup)
    assert "cup at" not in tried(shop, "tea").text
    path = tmp_path / "more.csv"
    path.write_text("sku,code,name_en,price,unit\ncup,cup1,Cup,5.00,pcs\n", "utf-8")
    assert run(shop.database, "import-items", path, "--store", "S1") == 0
    assert "1 × cup at 5.00 CNY saves 5.00 CNY" in tried(shop, "tea").text


@pytest.mark.parametrize(
    ("goods", "said"),
    [
        ("ghost", "ghost is no item of this store"),
        ("pen", "pen has no price at that time"),
        ("tea 0", "tea has a quantity that a till does not take"),
        ("tea 99999", "tea has a quantity that a till does not take"),
        ("tea\n" * 201, "200 are the most lines that are tried at once"),
        ("<b>x</b>", "<b>x</b> is no item of this store"),
        (" \n ", "Say at least one item."),
    ],
)
def test_what_cannot_be_tried_is_said(shop: Fleet, goods: str, said: str) -> None:
    page = tried(shop, goods)
    assert page.status == 200
    assert said in unescape(page.text)
    assert "<b>x" not in page.text


def test_a_store_that_is_not_there_is_no_page(shop: Fleet) -> None:
    visitor = shop.visitor()
    assert visitor.act("/fleet/prices", "/fleet/prices", {"store": "S9", "goods": "tea"}).status == 404
    assert visitor.get("/fleet/prices/what-if/none").status == 404


# ---------------------------------------------------------------------- what would it change
def asked(shop: Fleet, document: Any, **fields: str) -> Page:
    text = document if isinstance(document, str) else json.dumps(document)
    given = {"store": "S1", "document": text, "first_day": "2026-05-22", "last_day": "2026-05-28"}
    return shop.visitor().act("/fleet/prices/what-if", "/fleet/prices/what-if", given | fields)


def test_what_a_changed_promotion_would_have_changed(shop: Fleet) -> None:
    sell(shop.database, 1, 2, 2, 3)
    page = asked(shop, HALF | {"kind": {"type": "nth", "n": 2, "pct": "100"}, "version": 2})
    assert page.status == 200
    assert 'id="changed">3<' in page.text
    assert "Brand Leaf" in page.text
    assert "18.00 CNY" in page.text
    assert "36.00 CNY" in page.text


def test_figures_of_a_question(shop: Fleet) -> None:
    sell(shop.database, 1, 2, 2, 3)
    # 1: 20.00, nothing; 2: 10.00 off, then 20.00; 3: 60.00, 10.00 + 10.00 off, then 20.00 + 10.00.
    free = json.dumps(HALF | {"kind": {"type": "nth", "n": 2, "pct": "100"}, "version": 2})
    answer = what_would_change(shop.database, Question(("S1",), "2026-05-22", "2026-05-28", (free,)))
    assert (answer.baskets, answer.touched, answer.changed, answer.is_cut) == (4, 4, 3, False)
    assert [(one.before_minor, one.after_minor) for one in answer.totals] == [(4000, 7000)]
    by_name = {one.name: (one.before_minor, one.after_minor) for one in answer.parties}
    assert by_name == {"brand Leaf": (1800, 3600), "store": (2200, 3400)}
    assert {one.name: one.after_minor - one.before_minor for one in answer.promotions} == {
        "half": 3000, "ten": 0
    }  # fmt: skip
    assert [one.transaction_id for one in answer.examples][:2] == ["txn-2", "txn-3"]


def test_a_new_promotion_a_coupon_and_dates_of_tomorrow(shop: Fleet) -> None:
    sell(shop.database, 1, 2)
    new = {"id": "new", "kind": {"type": "amount", "amount": "1"}, "valid": {"from": "2031-01-01"}}
    coupon = {"id": "c", "kind": {"type": "pct", "pct": 50}, "needs": {"coupon": {"code": "NEVER"}}}
    ask_for = ("S1",), "2026-05-28", "2026-05-28"
    answer = what_would_change(shop.database, Question(*ask_for, (json.dumps(new),)))
    # A packet alone gets 1.00 off; of two the second at half price stays the better choice.
    assert (answer.touched, answer.changed) == (2, 1)
    answer = what_would_change(shop.database, Question(*ask_for, (json.dumps(coupon),)))
    assert (answer.baskets, answer.changed) == (2, 0)
    assert what_would_change(shop.database, Question(*ask_for, (json.dumps(new),), 1)).is_cut


def test_many_baskets_are_done_in_the_background(shop: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_prices, "_AT_ONCE_MOST", 1)
    sell(shop.database, 2, 2)
    page = asked(shop, TEN | {"version": 2, "kind": {"type": "order_amount", "amount": "5"}})
    assert "Baskets are being priced" in page.text
    runner = job_runner(shop.database, lambda: NOW_MS)
    while runner.run_once():
        pass
    with shop.database.reading() as connection:
        (run_id,) = [one.run_id for one in fleet_prices.last_runs(connection)]
        made = one_run(connection, run_id)
    assert made is not None
    assert made.answer is not None
    assert made.answer.changed == 2
    shown = shop.visitor().get(f"/fleet/prices/what-if/{run_id}")
    assert 'id="changed">2<' in shown.text
    assert "2 change" in shop.visitor().get("/fleet/prices/what-if").text


@pytest.mark.expected_logs
def test_work_that_fails_is_said_to_have_failed(shop: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_prices, "_AT_ONCE_MOST", 0)
    sell(shop.database, 2)
    now_ms = NOW_MS

    def broken(*_how: object) -> None:
        raise ValueError("the disk of <b>baskets</b> is full")

    with monkeypatch.context() as patched:
        patched.setattr("sync.hub.fleet.what_if.what_would_change", broken)
        asked(shop, TEN | {"version": 2})
        assert "Under way" in shop.visitor().get("/fleet/prices/what-if").text
        runner = job_runner(shop.database, lambda: now_ms)
        while runner.run_once():
            pass
    listed = shop.visitor().get("/fleet/prices/what-if").text
    assert "Failed" in listed
    assert "Under way" not in listed
    with shop.database.reading() as connection:
        (run_id,) = [one.run_id for one in fleet_prices.last_runs(connection)]
    page = shop.visitor().get(f"/fleet/prices/what-if/{run_id}").text
    assert 'id="failed"' in page
    assert "so far it failed this often: 1." in page
    assert "ValueError: the disk of &lt;b&gt;baskets&lt;/b&gt; is full" in page
    # It is tried again by itself, and then there is an answer.
    now_ms += 3_600_000
    while runner.run_once():
        pass
    page = shop.visitor().get(f"/fleet/prices/what-if/{run_id}").text
    assert 'id="changed"' in page
    assert 'id="failed"' not in page
    assert "Failed" not in shop.visitor().get("/fleet/prices/what-if").text


@pytest.mark.parametrize(
    ("document", "fields", "said"),
    [
        ("{", {}, "JSON: no JSON: "),
        (
            {"id": "x", "kind": {"type": "pct", "pct": 120}},
            {},
            "kind.pct: must be a percentage from 0 to 100",
        ),
        (TEN, {"store": "S9"}, "Choose at least one store"),
        (TEN, {"first_day": "2026-05-29"}, "Choose days in order"),
        (TEN, {"first_day": "2026-01-01"}, "Choose days in order"),
        (TEN, {"last_day": "soon"}, "Choose days in order"),
    ],
)
def test_a_question_that_cannot_be_asked_is_said(
    shop: Fleet, document: Any, fields: dict[str, str], said: str
) -> None:
    page = asked(shop, document, **fields)
    assert page.status == 200
    assert said in unescape(page.text)


def test_nobody_gets_in_without_an_account(shop: Fleet) -> None:
    from tests.hub.fleet_visitor import Visitor

    stranger = Visitor(shop.url)
    for path in ("/fleet/prices", "/fleet/prices/what-if", "/fleet/prices/what-if/x"):
        assert stranger.get(path).status == 303
    assert stranger.post("/fleet/prices", {"store": "S1", "goods": "tea"}).status == 303
    assert shop.visitor().post("/fleet/prices", {"store": "S1", "goods": "tea"}).status == 403


@pytest.mark.expected_logs
def test_a_statement_says_what_promotions_took_off_and_who_pays(shop: Fleet) -> None:
    lines = [event_line(1, body=discounted())]
    with shop.database.writing() as connection:
        ingest(connection, Batch("S1", "T1", 1, 1, lines), now_ms=NOW_MS)
        days = ("2026-05-28", "2026-05-28")
        statement_id = make_statement(connection, "S1", days, hub_id="h", who="ada", now_ms=NOW_MS)
        made = one_statement(connection, "S1", statement_id)
    assert made is not None
    said = read_content(made.content)
    assert [(one.promotion_id, one.amount_minor) for one in said.discounts] == [("half", 500), ("ten", 220)]
    assert [(part.party, part.name, part.amount_minor) for part in said.discounts[0].funding] == [
        ("brand", "Acme", 300), ("store", "", 200)
    ]  # fmt: skip
    page = shop.visitor().get(f"/fleet/stores/S1/statements/{statement_id}")
    assert "Brand Acme 3.00 CNY" in " ".join(page.text.split())


def test_days_spelt_without_strokes_are_the_same_days(shop: Fleet) -> None:
    sell(shop.database, 1)
    path = "/fleet/prices/what-if"
    five = {"id": "x", "name": "<script>alert(1)</script>", "kind": {"type": "pct", "pct": 5}}
    asked = {"store": "S1", "document": json.dumps(five), "first_day": "20260501", "last_day": "20260528"}
    page = shop.visitor().act(path, path, asked)
    assert (page.status, "txn-1" in page.text, "<script>alert" in page.text) == (200, True, False)
