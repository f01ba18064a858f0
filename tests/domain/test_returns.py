"""Goods that come back give back exactly what was paid, in any order and split: money, tax, points."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.returns import WishedPieces, quote
from posapp.domain.shop import TaxCategory
from posapp.domain.sold_prices import pieces_of
from tests.domain.made_up_sales import NAMES, a_sale, cash_rules, give_back, tax_rules, terms

_GOODS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 5_000), st.sampled_from(["standard", "food", "free"])),
    min_size=1,
    max_size=5,
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_order_and_split_gives_back_exactly_what_was_paid(data: st.DataObject) -> None:
    goods = data.draw(_GOODS)
    places = st.lists(st.integers(0, len(goods) - 1), min_size=1, unique=True).map(tuple)
    off = data.draw(st.lists(st.tuples(st.integers(1, 4_000), places), max_size=3))
    tax = tax_rules(included=data.draw(st.booleans()), rounding=data.draw(st.sampled_from(["total", "line"])))
    cash = cash_rules(data.draw(st.sampled_from([1, 5, 10, 100])))
    points = data.draw(st.tuples(st.integers(0, 999), st.integers(0, 999)))
    gift, card = data.draw(st.integers(0, 3_000)), data.draw(st.integers(0, 3_000))
    sale = a_sale(
        goods, off, tax=tax, cash=cash, gift_minor=gift, card_minor=card, points=points, coupons=("C1",)
    )
    told = terms(tax, cash)

    left = {line.line_no: pieces_of(line) for line in sale.lines}
    done: list[ReturnCompleted] = []
    while left:
        chosen = data.draw(st.lists(st.sampled_from(sorted(left)), min_size=1, unique=True))
        wishes = {no: data.draw(st.integers(1, left[no])) for no in chosen}
        fact = give_back(sale, done, wishes, told)
        assert fact.total_minor >= 0
        assert all(line.amount_minor >= 0 for line in fact.lines)
        done.append(fact)
        left = {no: n - wishes.get(no, 0) for no, n in left.items() if n > wishes.get(no, 0)}
        assert fact.coupons_back == (() if left else ("C1",))

    assert sum(fact.total_minor for fact in done) == sale.total_minor
    assert sum(fact.points_taken for fact in done) == points[0]
    assert sum(fact.points_back for fact in done) == points[1]
    paid = {each.tender_no: each.amount_minor for each in sale.tenders}
    for number, amount in paid.items():
        back = sum(t.amount_minor for fact in done for t in fact.tenders if t.tender_no == number)
        assert back == amount - (sale.change_minor if number == 1 else 0)
    for each in sale.taxes:
        mine = [t for fact in done for t in fact.taxes if t.rate_id == each.rate_id]
        assert sum(t.tax_minor for t in mine) == each.tax_minor
        assert sum(t.taxable_minor for t in mine) == each.taxable_minor


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_a_piece_gives_back_does_not_hang_on_what_came_before(data: st.DataObject) -> None:
    goods = data.draw(_GOODS)
    off = [(data.draw(st.integers(1, 4_000)), tuple(range(len(goods))))]
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale(goods, off, tax=tax, cash=cash)
    told = terms(tax, cash)
    order = data.draw(st.permutations([line.line_no for line in sale.lines]))
    done: list[ReturnCompleted] = []
    for no in order:
        alone = give_back(sale, [], {no: 9}, told)
        after = give_back(sale, done, {no: 9}, told)
        assert after.lines == alone.lines
        assert after.total_minor == alone.total_minor
        done.append(after)


def test_the_second_at_half_gives_back_its_share() -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(2, 10_000, "standard")], [(5_000, (0,))], tax=tax, cash=cash)
    fact = give_back(sale, [], {1: 1}, terms(tax, cash))
    assert (fact.total_minor, fact.lines[0].units) == (7_500, (0,))


def test_gift_cards_come_first_then_other_machines_then_cash() -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(3, 4_000, "standard")], tax=tax, cash=cash, gift_minor=5_000, card_minor=2_500)
    done: list[ReturnCompleted] = []
    back = []
    for _ in range(3):
        done.append(give_back(sale, done, {1: 1}, terms(tax, cash)))
        back.append({each.kind: each.amount_minor for each in done[-1].tenders})
    assert back == [{"gift": 4_000}, {"gift": 1_000, "recorded": 2_500, "cash": 500}, {"cash": 4_000}]
    assert [each.reference for each in done[0].tenders] == ["G123"]


def test_what_cannot_come_back_says_why() -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(1, 1_000, "food"), (2, 2_000, "standard"), (1, 500, "free")], tax=tax, cash=cash)
    card = replace(sale.lines[2], gift_card="G9")
    sale = replace(sale, lines=(*sale.lines[:2], card))
    told = terms(tax, cash, staying=frozenset({"SKU0"}))
    first = give_back(sale, [], {2: 2}, told)
    found = quote(sale, [first], {1: WishedPieces(1), 2: WishedPieces(1), 3: WishedPieces(1)}, told)
    assert [line.stay for line in found.lines] == ["not_returnable", "returned", "gift_card"]
    assert found.is_empty
    assert (found.total_minor, found.goods_minor) == (0, 0)


@pytest.mark.parametrize(("days", "stay"), [(7, ""), (8, "late")])
def test_goods_come_back_until_the_last_day(days: int, stay: str) -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(1, 1_000, "standard")], tax=tax, cash=cash)
    assert quote(sale, [], {}, terms(tax, cash, days_gone=days)).lines[0].stay == stay


def test_two_lines_of_one_gift_card_share_what_is_left_on_it() -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(1, 500, "gift_card"), (1, 500, "gift_card"), (1, 300, "standard")], tax=tax, cash=cash)
    cards = (replace(line, gift_card="G9") for line in sale.lines[:2])
    sale = replace(sale, lines=(*cards, sale.lines[2]))
    both = {1: WishedPieces(1), 2: WishedPieces(1)}
    for left, stays in ((999, ["", "gift_card", ""]), (1_000, ["", "", ""]), (499, ["gift_card"] * 2 + [""])):
        told = replace(terms(tax, cash), gift_left={"G9": left})
        found = quote(sale, [], both, told)
        assert [line.stay for line in found.lines] == stays
        assert found.total_minor == 500 * stays.count("") - 500
        # What is put on a card is not taxed, so nothing of the goods' tax comes back with it.
        assert not any(each.tax_minor for each in found.taxes)


@pytest.mark.parametrize("stay", ["late", "not_returnable"])
def test_faulty_goods_come_back_late_and_of_any_kind_and_others_do_not(stay: str) -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(2, 1_000, "standard")], tax=tax, cash=cash)
    told = terms(tax, cash, days_gone=99)
    if stay == "not_returnable":
        told = terms(tax, cash, staying=frozenset({"SKU0"}))
    assert quote(sale, [], {1: WishedPieces(1)}, told).is_empty
    found = quote(sale, [], {1: WishedPieces(1, "faulty", "damaged", is_faulty=True)}, told)
    assert (found.is_for_faults, found.total_minor, found.lines[0].stay) == (True, 1_000, stay)


def test_goods_by_weight_come_back_whole() -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(1, 1_749, "food")], tax=tax, cash=cash)
    weighed = replace(sale.lines[0], quantity=1_286, unit="g", unit_price_minor=1_360)
    fact = give_back(replace(sale, lines=(weighed,)), [], {1: 5}, terms(tax, cash))
    assert (fact.lines[0].quantity, fact.lines[0].units, fact.total_minor) == (1_286, (0,), 1_749)


def test_a_sale_whose_tax_categories_have_changed_still_gives_its_own_tax_back() -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(2, 1_130, "standard"), (1, 1_090, "food")], tax=tax, cash=cash)
    swapped = (TaxCategory("standard", NAMES, ("vat9",)), TaxCategory("food", NAMES, ("vat13",)))
    told = terms(replace(tax, categories=swapped), cash)
    fact = give_back(sale, [], {1: 1}, told)
    assert [(each.rate_id, each.tax_minor) for each in fact.taxes] == [("vat13", 130)]
    rest = give_back(sale, [fact], {1: 1, 2: 1}, told)
    assert {each.rate_id: each.tax_minor for each in rest.taxes} == {"vat13": 130, "vat9": 90}


def test_a_sale_with_other_rounding_than_now_comes_back_whole() -> None:
    tax, was, now = tax_rules(), cash_rules(100), cash_rules(1)
    sale = a_sale([(2, 1_030, "standard")], tax=tax, cash=was)
    first = give_back(sale, [], {1: 1}, terms(tax, now))
    second = give_back(sale, [first], {1: 1}, terms(tax, now))
    assert first.total_minor + second.total_minor == sale.total_minor == 2_100


def test_a_piece_that_two_tills_took_back_counts_once() -> None:
    tax, cash = tax_rules(), cash_rules()
    sale = a_sale([(2, 1_000, "standard")], tax=tax, cash=cash)
    told = terms(tax, cash)
    here, there = give_back(sale, [], {1: 1}, told), replace(give_back(sale, [], {1: 1}, told), return_id="x")
    found = quote(sale, [here, there], {1: WishedPieces(2)}, told)
    assert [line.units for line in found.lines] == [(1,)]
