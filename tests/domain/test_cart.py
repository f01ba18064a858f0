from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.cart import (
    LINES_MAX,
    Cart,
    NewLine,
    add_line,
    sale_lines,
    set_pieces,
    take_piece_off,
    void_line,
    with_scan,
)
from posapp.domain.cart_record import cart_from_bytes, cart_to_bytes
from posapp.domain.facts import PackData, ScanRecord, TenderLine
from posapp.domain.quantity import PIECES_MAX, Quantity
from tests.domain.shops import carts, item

EMPTY = Cart("t-1", 1)


def with_items(*skus: str) -> Cart:
    """A cart of single pieces."""
    cart = EMPTY
    for sku in skus:
        added = add_line(cart, NewLine(item(sku), sku, Quantity(1)))
        assert added is not None
        cart = added[0]
    return cart


def test_the_same_item_right_after_itself_counts_up() -> None:
    cart = with_items("a", "a", "b", "a")
    assert [(line.line_no, line.sku, line.quantity.value) for line in cart.lines] == [
        (1, "a", 2),
        (2, "b", 1),
        (3, "a", 1),
    ]
    assert (cart.pieces, cart.goods_minor) == (4, 4 * 1290)


def test_another_price_is_another_line() -> None:
    added = add_line(with_items("a"), NewLine(item("a", 1000), "a", Quantity(1)))
    assert added is not None
    assert [line.amount_minor for line in added[0].lines] == [1290, 1000]


def test_weights_and_label_prices_are_lines_of_their_own() -> None:
    cart = EMPTY
    for _ in range(2):
        for new in (
            NewLine(item("w", 1000, unit="g"), "w", Quantity(1286, "g")),
            NewLine(item("l", None), "l", Quantity(1), 777),
        ):
            added = add_line(cart, new)
            assert added is not None
            cart = added[0]
    assert [line.amount_minor for line in cart.lines] == [1286, 777, 1286, 777]
    assert [line.price_reason for line in cart.lines] == ["list", "code", "list", "code"]
    assert cart.pieces == 4


def test_no_price_no_line() -> None:
    assert add_line(EMPTY, NewLine(item("a", None), "a", Quantity(1))) is None


def test_a_line_and_a_cart_have_their_bounds() -> None:
    full = add_line(EMPTY, NewLine(item("a"), "a", Quantity(PIECES_MAX)))
    assert full is not None
    assert add_line(full[0], NewLine(item("a"), "a", Quantity(1))) is None
    many = with_items(*(str(n) for n in range(LINES_MAX)))
    assert add_line(many, NewLine(item("one more"), "x", Quantity(1))) is None


def test_pieces_of_a_line_can_be_set_within_bounds() -> None:
    cart = with_items("a", "b")
    changed = set_pieces(cart, 1, 5)
    assert changed is not None
    assert [line.quantity.value for line in changed.lines] == [5, 1]
    assert set_pieces(cart, 1, 0) is None
    assert set_pieces(cart, 1, PIECES_MAX + 1) is None
    assert set_pieces(cart, 9, 2) is None
    weighed = add_line(EMPTY, NewLine(item("w", 1, unit="g"), "w", Quantity(5, "g")))
    labelled = add_line(EMPTY, NewLine(item("l"), "l", Quantity(1), 5))
    assert weighed is not None
    assert labelled is not None
    assert set_pieces(weighed[0], 1, 2) is None
    assert set_pieces(labelled[0], 1, 2) is None


def test_a_voided_line_stays_on_record_and_its_number_is_not_given_again() -> None:
    cart = void_line(with_items("a", "b"), 2, 99)
    assert cart is not None
    assert [(gone.line_no, gone.sku, gone.amount_minor, gone.at_ms) for gone in cart.voided] == [
        (2, "b", 1290, 99)
    ]
    again = add_line(cart, NewLine(item("b"), "b", Quantity(1)))
    assert again is not None
    assert again[1] == 3
    assert void_line(cart, 2, 100) is None


def test_scans_stand_in_the_order_they_came() -> None:
    cart = EMPTY
    for number in (2, 3, 1):
        cart = with_scan(cart, ScanRecord(number, "c", 0, None, "UnknownCode"))
    assert [scan.scan_no for scan in cart.scans] == [1, 2, 3]


@given(carts())
def test_lines_as_facts_are_the_lines(cart: Cart) -> None:
    facts = sale_lines(cart)
    assert [fact.line_no for fact in facts] == [line.line_no for line in cart.lines]
    assert sum(fact.amount_minor for fact in facts) == cart.goods_minor


@given(carts(), st.lists(st.integers(1, 12)), st.integers(0, 2**60))
def test_a_cart_comes_back_from_the_disk_as_it_was(cart: Cart, voids: list[int], at_ms: int) -> None:
    for line_no in voids:
        cart = void_line(cart, line_no, at_ms) or cart
    cart = with_scan(cart, ScanRecord(1, "条码", at_ms, None, "UnknownCode"))
    paid = TenderLine(1, "card", "recorded", {"en": "Card", "zh_CN": "银行卡"}, 5, "ref")
    cart = Cart(cart.transaction_id, 1, cart.lines, cart.voided, cart.scans, cart.next_line_no, (paid,))
    assert cart_from_bytes(cart_to_bytes(cart)) == cart


GOOD = json.loads(cart_to_bytes(with_items("a")))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        json.dumps(GOOD | {"version": 2}).encode(),
        json.dumps(GOOD | {"lines": [{}]}).encode(),
        json.dumps(GOOD | {"lines": [[]]}).encode(),
        json.dumps(GOOD | {"scans": [{"odd": 1}]}).encode(),
        json.dumps(GOOD | {"lines": [GOOD["lines"][0] | {"quantity": {"value": 0, "unit": "pcs"}}]}).encode(),
        cart_to_bytes(with_items("a"))[:-1],
    ],
)
def test_bytes_that_are_no_cart(data: bytes) -> None:
    assert cart_from_bytes(data) is None


def told_line(pack: PackData | None) -> Cart:
    added = add_line(with_items("a"), NewLine(item("b"), "b", Quantity(1), pack=pack))
    assert added is not None
    return added[0]


def test_a_cart_with_packs_there_and_back() -> None:
    cart = told_line(PackData("0" * 14, "L", "S", "2026-11-30", weight_g=5))
    assert cart_from_bytes(cart_to_bytes(cart)) == cart


def test_a_cart_stored_before_packs_were_read_is_taken_up() -> None:
    cart = told_line(None)
    body = json.loads(cart_to_bytes(cart))
    for line in body["lines"]:
        del line["pack"], line["notice"]
    assert cart_from_bytes(json.dumps(body).encode()) == cart


def test_a_piece_taken_off_a_line_of_several_has_a_number_of_its_own() -> None:
    cart = with_items("a", "a", "a")
    (line,) = cart.lines
    left, number = take_piece_off(cart, line, 7)
    assert [kept.quantity.value for kept in left.lines] == [2]
    assert (number, left.next_line_no) == (2, 3)
    assert left.voided[-1].amount_minor == line.unit_price_minor
    gone, number = take_piece_off(with_items("a"), with_items("a").lines[0], 7)
    assert (gone.lines, number, len(gone.voided)) == ((), 1, 1)
