"""The price layer: the lowest right of each unit, what locks, limits, floors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.items.price_layer import price_lots
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import Every, GoodsSet, Having, Limits, Off, PriceBook, Promotion

LINE = BasketLine(1, "A", 5, 100)


def book(name: str, kind: PriceBook, limits: Limits = Limits(), on: GoodsSet = Every()) -> Right:
    return Right(Promotion(name, "price", kind, on=on, limits=limits))


def told(lots: tuple[Lot, ...]) -> list[tuple[int, int, int, bool, str]]:
    return [
        (lot.first, lot.count, lot.price_minor, lot.is_locked, lot.book.promotion_id if lot.book else "")
        for lot in lots
    ]


def test_without_books_a_line_is_one_lot_and_a_line_of_nothing_none() -> None:
    assert told(price_lots([LINE, BasketLine(2, "B", 0, 5)], [])) == [(0, 5, 100, False, "")]


def test_the_lowest_right_and_no_higher_one() -> None:
    books = [
        book("dear", PriceBook({"A": 120})),
        book("member", PriceBook({"A": 90})),
        book("tenth", PriceBook(off=Off(ppm=150_000))),
        book("other", PriceBook({"A": 1}), on=Having("sku", frozenset({"B"}))),
        book("same", PriceBook({"A": 100}, locks=True)),
    ]
    assert told(price_lots([LINE], books)) == [(0, 5, 85, False, "tenth")]


def test_what_locks_loses_a_tie() -> None:
    books = [book("a", PriceBook({"A": 80}, locks=True)), book("b", PriceBook({"A": 80}))]
    assert told(price_lots([LINE], books)) == [(0, 5, 80, False, "b")]
    assert told(price_lots([LINE], books[:1])) == [(0, 5, 80, True, "a")]


def test_a_locked_line_keeps_its_price() -> None:
    line = BasketLine(1, "A", 2, 100, is_locked=True)
    assert told(price_lots([line], [book("a", PriceBook({"A": 80}))])) == [(0, 2, 100, True, "")]


def test_limited_books_go_where_they_save_most() -> None:
    dear = BasketLine(2, "B", 2, 500)
    half = book("half", PriceBook(off=Off(ppm=500_000)), Limits(max_units=3))
    assert told(price_lots([LINE, dear], [half])) == [
        (0, 1, 50, False, "half"),
        (1, 4, 100, False, ""),
        (0, 2, 250, False, "half"),
    ]
    per_line = book("half", PriceBook(off=Off(ppm=500_000)), Limits(max_units_per_line=1))
    assert told(price_lots([LINE], [per_line])) == [(0, 1, 50, False, "half"), (1, 4, 100, False, "")]
    assert told(price_lots([LINE], [half, book("low", PriceBook({"A": 40}))])) == [(0, 5, 40, False, "low")]


def test_a_book_takes_off_no_more_than_it_may_and_the_last_unit_gets_what_is_left() -> None:
    dear = BasketLine(2, "B", 2, 500)
    half = book("half", PriceBook(off=Off(ppm=500_000)), Limits(max_minor=310))
    assert told(price_lots([LINE, dear], [half])) == [
        (0, 5, 100, False, ""),
        (0, 1, 250, False, "half"),
        (1, 1, 440, False, "half"),
    ]


def test_what_the_campaign_has_left_and_other_books_beside_it() -> None:
    half = Right(replace(book("half", PriceBook(off=Off(ppm=500_000))).promotion), left_minor=120)
    assert told(price_lots([LINE], [half])) == [
        (0, 2, 50, False, "half"), (2, 1, 80, False, "half"), (3, 2, 100, False, ""),
    ]  # fmt: skip
    # The rest of the money would make it dearer than what everybody pays.
    low = book("low", PriceBook({"A": 70}))
    assert told(price_lots([LINE], [half, low])) == [(0, 2, 50, False, "half"), (2, 3, 70, False, "low")]
    none = Right(half.promotion, left_minor=0)
    assert told(price_lots([LINE], [none])) == [(0, 5, 100, False, "")]


def test_a_book_for_alike_goods_has_its_limits_for_each_value() -> None:
    one = Promotion(
        "one", "price", PriceBook(off=Off(ppm=500_000)), limits=Limits(max_units=1), same="sku"
    )  # fmt: skip
    lines = (LINE, BasketLine(2, "B", 2, 500))
    basket = Basket(lines, "EUR", datetime(2026, 11, 22, tzinfo=UTC))
    assert [line.paid_minor for line in price(basket, [one]).lines] == [450, 750]
    assert [line.paid_minor for line in price(basket, [replace(one, same="")]).lines] == [500, 750]


def test_floors_hold_prices_up() -> None:
    line = BasketLine(1, "A", 1, 100, floor_minor=70)
    assert told(price_lots([line], [book("a", PriceBook({"A": 10}))])) == [(0, 1, 70, False, "a")]
    floor = book("a", PriceBook({"A": 10}), Limits(floor_ppm=905_000))
    assert told(price_lots([line], [floor])) == [(0, 1, 91, False, "a")]


def test_goods_by_weight_take_shares_but_no_unit_price() -> None:
    line = BasketLine(1, "A", 1, 333, is_weighed=True)
    books = [book("unit", PriceBook({"A": 10})), book("share", PriceBook(off=Off(ppm=100_000)))]
    assert told(price_lots([line], books)) == [(0, 1, 300, False, "share")]


def test_limited_books_that_want_the_same_goods_are_dealt_to_the_least() -> None:
    """By their ids `a` would take two units and leave the cheaper `b` one: 140."""
    books = [
        book("a", PriceBook({"A": 50}), Limits(max_units=2)),
        book("b", PriceBook({"A": 40}), Limits(max_units=2)),
    ]
    line = BasketLine(1, "A", 3, 100)
    assert told(price_lots([line], books)) == [(0, 2, 40, False, "b"), (2, 1, 50, False, "a")]
    basket = Basket((line,), "EUR", datetime(2026, 1, 1, tzinfo=UTC), "S1")
    priced = price(basket, [each.promotion for each in books])
    assert (priced.total_minor, priced.is_proven) == (130, False)
    alone = price(basket, [books[0].promotion])
    assert (alone.total_minor, alone.is_proven) == (200, True)


def test_turns_of_limited_books_that_only_another_deal_mends() -> None:
    """What `a` saves most on is what `b` alone could have had."""
    one, other = BasketLine(1, "A", 1, 100), BasketLine(2, "B", 1, 100)
    books = [
        book("a", PriceBook({"A": 50, "B": 52}), Limits(max_units=1)),
        book("b", PriceBook({"A": 51}), Limits(max_units=1)),
    ]
    assert told(price_lots([one, other], books)) == [(0, 1, 51, False, "b"), (0, 1, 52, False, "a")]
