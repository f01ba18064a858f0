"""What the till knows of stock and of rules: from the hub's rows, less its own unsent sales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posapp.domain.facts import StockMoved
from posapp.flows.effects import Record
from posapp.flows.intents import MarkdownsSent, RecallsRead, RecallsSent, Stock
from posapp.store import outbox
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.search import CatalogSearch
from posapp.store.shop_rules import ShopRules
from posapp.store.stock import StockReader
from sync.protocol.messages import Change
from tests.domain.test_recall_list import GTIN
from tests.store.conftest import LedgerKit, commit_of, committed, sale

MILK = {"rule_id": "milk", "skus": ["milk"], "steps": [{"days_left": 1, "percent": 30}]}
GLASS = {"recall_id": "R1", "gtin": GTIN, "lots": ["A1"], "reason": {"en": "Glass"}}


def row(key: str, rev: int, **body: Any) -> Change:
    """A row of a stream as the hub sends it."""
    return Change("upsert", key, rev, msgspec.Raw(msgspec.json.encode(body)))


@pytest.fixture
def place(tmp_path: Path) -> CatalogPlace:
    return CatalogPlace(tmp_path / "catalog.db")


@pytest.fixture
def file(place: CatalogPlace, clock: Any) -> Iterator[CatalogFile]:
    made = open_catalog_file(place, clock)
    yield made
    made.close()


@pytest.fixture
def stock(file: CatalogFile, place: CatalogPlace, kit: LedgerKit) -> Iterator[StockReader]:
    made = StockReader(place, kit.path)
    yield made
    made.close()


def acknowledge_all(kit: LedgerKit) -> None:
    """The hub has everything by now."""
    connection = kit.opened[0].connection()
    epoch, seq = connection.execute("SELECT epoch, seq FROM till").fetchone()
    outbox.acknowledge(connection, epoch, seq, backed_up_through=0)


def test_where_no_stock_is_kept_nothing_is_said(stock: StockReader) -> None:
    assert stock.figures(["sku-1"]) is None


def test_own_sales_are_off_until_the_hub_has_them(
    file: CatalogFile, stock: StockReader, kit: LedgerKit
) -> None:
    ledger = kit.ledger()
    rows = [row(f"sku-{n}", n, sku=f"sku-{n}", sellable=10, as_of_ms=7) for n in (1, 2)]
    file.apply("stock", rows, "c1")
    committed(ledger.commit(commit_of(sale(transaction_id="sale-0"))))
    acknowledge_all(kit)
    assert stock.figures(["sku-1", "sku-2", "sku-3"]) == {"sku-1": Stock(10, 7), "sku-2": Stock(10, 7)}
    told = sale(transaction_id="sale-1")
    committed(ledger.commit(commit_of(told)))
    three = replace(told.lines[0], quantity=3, amount_minor=350 * 3)
    more = sale(transaction_id="sale-2", amounts=(1050, 1200, 5))
    more = replace(more, lines=(three, *more.lines[1:]))
    committed(ledger.commit(commit_of(more)))
    assert stock.figures(["sku-1", "sku-2"]) == {"sku-1": Stock(6, 7), "sku-2": Stock(8, 7)}
    acknowledge_all(kit)
    assert stock.figures(["sku-1"]) == {"sku-1": Stock(10, 7)}


def test_a_row_that_tells_no_figure_is_unknown(file: CatalogFile, stock: StockReader) -> None:
    file.apply("stock", [row("a", 1, sku="a", sellable="many"), row("b", 2, sku="b", sellable=-2)], "c1")
    assert stock.figures(["a", "b"]) == {"b": Stock(-2, 0)}
    file.apply("stock", [Change("delete", "b", 3)], "c2")
    assert stock.figures(["b"]) == {}


def test_a_ledger_that_cannot_be_read_tells_nothing(
    file: CatalogFile, place: CatalogPlace, tmp_path: Path
) -> None:
    file.apply("stock", [row("a", 1, sku="a", sellable=1)], "c1")
    reader = StockReader(place, tmp_path / "none.db")
    assert reader.figures(["a"]) is None
    reader.close()


def test_moved_goods_are_stored_and_wait_to_be_sent(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    move = StockMoved("m-1", "damage", "sku-1", -2, "pcs", "op-1", 1_780_000_000_000, "broken")
    assert ledger.record(Record((move,)).facts) is None
    batch = outbox.pending(ledger.connection(), 10, 10**6)
    assert batch is not None
    envelope = msgspec.json.decode(batch.lines[-1])
    assert (envelope["kind"], envelope["business_date"]) == ("StockMoved", "2026-05-28")
    assert envelope["body"] == {
        "move_id": "m-1", "reason": "damage", "sku": "sku-1", "quantity": -2, "unit": "pcs",
        "operator_id": "op-1", "at_ms": 1_780_000_000_000, "reference": "broken",
    }  # fmt: skip


def test_rules_are_told_once_until_they_change(
    file: CatalogFile, place: CatalogPlace, tmp_path: Path
) -> None:
    path = tmp_path / "recalls.csv"
    path.write_text(f"gtin,lot,reason\n{GTIN},B1,Metal\n", "utf-8")
    rules = ShopRules(place, path)
    (of_file,) = rules.changed()
    assert isinstance(of_file, RecallsRead)
    file.apply("recalls", [row("r1", 1, **GLASS)], "c1")
    file.apply("markdowns", [row("milk", 1, **MILK), row("x", 2, rule_id="x")], "c1")
    recalls, markdowns = rules.changed()
    assert isinstance(recalls, RecallsSent)
    assert isinstance(markdowns, MarkdownsSent)
    assert (recalls.list.count, recalls.unreadable) == (1, 0)
    assert (markdowns.rules.count, markdowns.unreadable) == (1, 1)
    assert rules.changed() == ()
    file.apply("recalls", [Change("delete", "r1", 2)], "c2")
    (recalls,) = rules.changed()
    assert isinstance(recalls, RecallsSent)
    assert recalls.list.count == 0
    rules.close()


def test_a_catalogue_that_cannot_be_read_changes_no_rule(tmp_path: Path) -> None:
    rules = ShopRules(CatalogPlace(tmp_path / "none.db"), None)
    assert rules.changed() == ()
    rules.close()


def test_the_next_price_is_told_where_an_item_is_looked_up(
    file: CatalogFile, place: CatalogPlace, clock: Any
) -> None:
    names = {"en": "Milk"}
    body = {"sku": "milk", "names": names, "pinyin": "", "unit": "pcs", "tax_category": "std", "codes": []}
    file.apply("catalogue", [row("milk", 1, **body)], "c1")
    now_ms = clock.now_ms()
    prices = [[0, 500], [now_ms + 1, 450], [now_ms + 9, 400]]
    file.apply("prices", [row("milk", 1, sku="milk", prices=prices)], "c1")
    search = CatalogSearch(place, clock)
    (found,) = search.search("milk")
    assert (found.price_minor, found.next_price_minor, found.next_price_ms) == (500, 450, now_ms + 1)
    search.close()
