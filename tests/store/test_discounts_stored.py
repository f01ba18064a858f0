"""Discounts in the ledger: rows, running figures, the closing, what is refused, promotions set aside once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posapp.domain.facts import TransactionCompleted
from posapp.domain.price_facts import DiscountTotal, PriceModifier, PromotionSetAside, UnitsPaid
from posapp.domain.pricing.terms.basket import Traits
from posapp.flows.effects import Commit
from posapp.flows.intents import CommitFailed
from posapp.store import migrate as migrate_module
from posapp.store import totals as totals_module
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.engine import open_ledger
from posapp.store.migrate import migrate
from posapp.store.promotions import PromotionFeed
from posapp.store.shift_reading import quarantined_count, read_shift
from posapp.store.totals import with_sale
from sync.protocol.messages import Change
from tests.store.conftest import LedgerKit, commit_of, committed, sale

HALF = {"id": "half", "kind": {"type": "nth", "n": 2, "pct": 50}, "on": {"sku": ["cola"]}}
ASIDE = PromotionSetAside("broken", 2, "0" * 64, "kind.type: must be known.", 5)


def modifier(number: int, promotion_id: str, *lines: tuple[int, int]) -> PriceModifier:
    """A discount that the store pays."""
    amount = sum(share for _, share in lines)
    names = {"en": promotion_id}
    return PriceModifier(
        number, promotion_id, 1, names, "item", "pct", amount, lines, (("store", "", amount),), base_minor=9
    )


def discounted(*discounts: PriceModifier, transaction_id: str = "sale-1") -> TransactionCompleted:
    """A sale of 3.50, 12.00 and 0.05 with these discounts; paid in cash with 1.00 change."""
    plain = sale(transaction_id=transaction_id)
    off = sum(each.amount_minor for each in discounts)
    by_line: dict[int, int] = {}
    for each in discounts:
        for line_no, share in each.lines:
            by_line[line_no] = by_line.get(line_no, 0) + share
    lines = tuple(
        replace(
            line,
            paid_minor=line.amount_minor - by_line.get(line.line_no, 0),
            runs=(UnitsPaid(1, line.amount_minor - by_line[line.line_no], ((1, by_line[line.line_no]),)),)
            if line.line_no in by_line
            else (),
        )
        for line in plain.lines
    )
    tender = replace(plain.tenders[0], amount_minor=plain.tenders[0].amount_minor - off)
    return replace(
        plain,
        lines=lines,
        discounts=discounts,
        discount_minor=off,
        total_minor=plain.total_minor - off,
        tenders=(tender,),
        tendered_minor=plain.tendered_minor - off,
    )


SALE = discounted(modifier(1, "a", (1, 50), (2, 7)), modifier(2, "b", (1, 3)))


def test_a_sale_with_discounts_is_in_the_rows_and_the_figures(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    answer = committed(ledger.commit(commit_of(SALE)))
    assert kit.rows("SELECT goods_minor, discount_minor, total_minor FROM retail_transaction") == [
        (1555, 60, 1495)
    ]
    assert kit.rows("SELECT line_no, amount_minor, paid_minor FROM sale_line ORDER BY line_no") == [
        (1, 350, 297), (2, 1200, 1193), (3, 5, 5),
    ]  # fmt: skip
    assert json.loads(kit.one("SELECT runs FROM sale_line WHERE line_no = 1")) == [
        {"count": 1, "paid_minor": 297, "shares": [[1, 53]]}
    ]
    assert kit.rows("SELECT modifier_no, promotion_id, amount_minor, lines FROM price_modifier") == [
        (1, "a", 57, "[[1,50],[2,7]]"), (2, "b", 3, "[[1,3]]"),
    ]  # fmt: skip
    assert answer.shift is not None
    assert answer.shift.discount_minor == 60
    assert answer.shift.discounts == (
        DiscountTotal("a", {"en": "a"}, 1, 57),
        DiscountTotal("b", {"en": "b"}, 1, 3),
    )
    with pytest.raises(Exception, match="append-only"):
        ledger.connection().execute("UPDATE price_modifier SET amount_minor = 1")


def test_the_closing_adds_the_rows_up_to_the_same(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    committed(ledger.commit(commit_of(SALE)))
    committed(ledger.commit(commit_of(sale(transaction_id="sale-2"))))
    last = committed(ledger.commit(commit_of(discounted(modifier(1, "b", (2, 11)), transaction_id="sale-3"))))
    again = read_shift(ledger.connection(), "shift-1", now_ms=9)
    assert again == last.shift
    assert again is not None
    assert [(each.promotion_id, each.count, each.amount_minor) for each in again.discounts] == [
        ("a", 1, 57), ("b", 2, 14),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"discount_minor": 61, "total_minor": 1494, "change_minor": 101},
        {"discounts": SALE.discounts[:1]},
        {"discounts": (modifier(1, "a", (1, 60)),)},
        {"discounts": (modifier(1, "a", (1, 50), (2, 7)), modifier(2, "b", (9, 3)))},
        {"discounts": (replace(SALE.discounts[0], lines=((1, 57),)), SALE.discounts[1])},
        {"lines": (replace(SALE.lines[0], runs=(UnitsPaid(1, 1),)), *SALE.lines[1:])},
        {"lines": (replace(SALE.lines[0], paid_minor=None), *SALE.lines[1:])},
    ],
)
def test_discounts_that_do_not_add_up_are_never_stored(kit: LedgerKit, wrong: dict[str, Any]) -> None:
    ledger = kit.ledger()
    before = kit.tables()
    assert ledger.commit(commit_of(replace(SALE, **wrong))) == CommitFailed("commit-sale-1", "integrity")
    assert kit.tables() == before


def test_figures_name_so_many_promotions_and_sum_the_rest(
    kit: LedgerKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals_module, "DISCOUNTS_MAX", 1)
    start = committed(kit.ledger().commit(commit_of(sale()))).shift
    assert start is not None
    after = with_sale(with_sale(start, SALE), discounted(modifier(1, "c", (2, 5))))
    assert after.discounts == (DiscountTotal("a", {"en": "a"}, 1, 57), DiscountTotal("", {}, 2, 8))
    assert after.discount_minor == sum(each.amount_minor for each in after.discounts)


def test_a_ledger_of_before_goes_on_with_its_sales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    with monkeypatch.context() as patch:
        patch.setattr(migrate_module, "HEAD", "0003")
        migrate(path, epoch=7)
    held = open_ledger(path)
    held.execute(
        "INSERT INTO shift (shift_id, number, business_date, operator_id, operator_name, currency, "
        "float_minor, opened_at_ms, first_receipt_seq, first_journal_no) "
        "VALUES ('s', 1, 'd', 'o', 'n', 'CNY', 0, 0, 1, 0)"
    )
    held.execute(
        "INSERT INTO retail_transaction VALUES "
        "(1, 't', 'r', 1, 1, NULL, 'o', 0, 0, 500, 0, 0, 500, 600, 100, 0)"
    )
    held.execute(
        "INSERT INTO transaction_line VALUES (?, 1, 1, 1, 'a', '{}', 'pcs', '1', 1, 500, 500, 'std', 'list')",
        (1 * 65536 + 16384 + 1,),
    )
    held.close()
    migrate(path, epoch=8)
    held = open_ledger(path)
    assert held.execute("SELECT paid_minor, runs FROM sale_line").fetchall() == [(500, "")]
    assert held.execute("SELECT discount_minor FROM retail_transaction").fetchall() == [(0,)]
    with pytest.raises(Exception, match="CHECK"):
        held.execute(
            "INSERT INTO retail_transaction VALUES "
            "(2, 'u', 'q', 1, 2, NULL, 'o', 0, 0, 500, 0, 0, 500, 600, 100, 0, 1)"
        )
    assert held.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    held.close()


def test_a_promotion_that_cannot_be_read_is_on_record_once_for_each_version(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    again = replace(ASIDE, document_sha256="1" * 64, version=3)
    for facts in ((ASIDE,), (ASIDE, again), (again,)):
        assert ledger.record(facts) is None
    bodies = [
        json.loads(bytes(body))["body"]
        for (body,) in kit.rows("SELECT body FROM journal WHERE kind = 'PromotionSetAside'")
    ]
    assert [each["version"] for each in bodies] == [2, 3]
    assert bodies[0]["problem"] == ASIDE.problem
    assert quarantined_count(ledger.connection()) == 0
    committed(ledger.commit(Commit("x", (ASIDE,))))
    assert kit.one("SELECT count(*) FROM journal WHERE kind = 'PromotionSetAside'") == 2


# ------------------------------------------------------------------ the hub's rows
@pytest.fixture
def place(tmp_path: Path) -> CatalogPlace:
    return CatalogPlace(tmp_path / "catalog.db")


@pytest.fixture
def file(place: CatalogPlace, clock: Any) -> Iterator[CatalogFile]:
    made = open_catalog_file(place, clock)
    yield made
    made.close()


def row(key: str, rev: int, **body: Any) -> Change:
    return Change("upsert", key, rev, msgspec.Raw(msgspec.json.encode(body)))


def test_promotions_are_told_when_they_change_and_not_before_there_is_a_shop(
    file: CatalogFile, place: CatalogPlace
) -> None:
    currency = ""
    feed = PromotionFeed(place, lambda: currency)
    assert feed.changed() is None
    currency = "CNY"
    empty = feed.changed()
    assert empty is not None
    assert (len(empty.index), empty.unreadable) == (0, ())
    assert feed.changed() is None
    wrong = {"id": "other", "kind": {"type": "pct", "pct": 5}}
    file.apply("promotions", [row("half", 1, **HALF), row("odd", 2, **wrong), row("bad", 3, id="bad")], "c1")
    told = feed.changed()
    assert told is not None
    assert [each.promotion_id for each in told.index] == ["half"]
    assert [each.promotion_id for each in told.unreadable] == ["bad", "odd"]
    assert told.unreadable[1].problem == "id: is 'other', but it was sent as 'odd'."
    assert feed.changed() is None
    half = told.index.get("half")
    file.apply("promotions", [Change("delete", "bad", 4), Change("delete", "odd", 5)], "c2")
    later = feed.changed()
    assert later is not None
    assert later.unreadable == ()
    assert later.index.get("half") is half, "what came again word for word is not read again"
    currency = "JPY"
    assert feed.changed() is not None
    feed.close()


def test_an_item_brings_what_promotions_pick_it_by(file: CatalogFile, place: CatalogPlace) -> None:
    body = {
        "sku": "tee",
        "names": {"en": "Tee"},
        "pinyin": "",
        "unit": "pcs",
        "tax_category": "std",
        "codes": ["=T"],
    }
    traits = {"category": ["clothing", "tops"], "brand": "Alm", "tags": ["new", "white"]}
    reader = SqliteCatalogReader(place)
    file.apply_catalogue(
        [row("tee", 1, **body, **traits), row("hat", 2, **(body | {"sku": "hat", "codes": []}))], "c1"
    )
    tee, hat = reader.by_sku("tee", 0), reader.by_key("=H", 0) or reader.by_sku("hat", 0)
    assert tee is not None
    assert hat is not None
    assert tee.traits == Traits(("clothing", "tops"), "Alm", frozenset({"new", "white"}))
    assert hat.traits == Traits()
    file.apply_catalogue([row("tee", 3, **body)], "c2")
    again = reader.by_key("=T", 0)
    assert again is not None
    assert again.traits == Traits()
    reader.close()
