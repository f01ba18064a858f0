from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.shop import CashRules, TenderType
from posapp.domain.tenders import Payment, TenderRefusal, cash_due, give_back, quick_amounts, take, undo
from tests.domain.shops import CARD, CASH, CHF, CNY, JPY, cash_rule_sets


def taken(payment: Payment, way: TenderType, amount: int, rules: CashRules = CNY) -> Payment:
    """The payment after an amount that is not refused."""
    after = take(payment, way, amount, rules)
    assert isinstance(after, tuple)
    return after[0]


@pytest.mark.parametrize(
    ("total", "rules", "due", "rounding"),
    [
        (1003, CNY, 1000, -3),
        (1005, CNY, 1010, 5),
        (1000, CNY, 1000, 0),
        (1002, CHF, 1000, -2),
        (1003, CHF, 1005, 2),
        (1003, JPY, 1003, 0),
        (3, CNY, 0, -3),
        (1003, CashRules(10, "up", (100,), 0, 0), 1010, 7),
        (1009, CashRules(10, "down", (100,), 0, 0), 1000, -9),
    ],
)
def test_cash_is_rounded_to_what_exists(total: int, rules: CashRules, due: int, rounding: int) -> None:
    assert cash_due(Payment(total), rules) == (due, rounding)


def test_exact_cash_completes_with_the_rounding() -> None:
    after = take(Payment(1003), CASH, 1000, CNY)
    assert isinstance(after, tuple)
    payment, complete = after
    assert complete
    assert (payment.rounding_minor, payment.change_minor, payment.paid_minor) == (-3, 0, 1000)


def test_change() -> None:
    payment = taken(Payment(1003), CASH, 2000)
    assert (payment.rounding_minor, payment.change_minor) == (-3, 1000)


def test_too_little_cash_is_kept_and_nothing_is_rounded_yet() -> None:
    after = take(Payment(1003), CASH, 500, CNY)
    assert isinstance(after, tuple)
    payment, complete = after
    assert not complete
    assert (payment.due_minor, payment.rounding_minor, payment.change_minor) == (503, 0, 0)


def test_a_recorded_tender_takes_the_exact_amount_unrounded() -> None:
    after = take(Payment(1003), CARD, 1003, CNY)
    assert isinstance(after, tuple)
    assert after[1]
    assert after[0].rounding_minor == 0


def test_split_over_both_ways() -> None:
    payment = taken(taken(Payment(10_003), CARD, 5000), CASH, 6000)
    assert (payment.rounding_minor, payment.change_minor) == (-3, 1000)
    assert [tender.tender_no for tender in payment.tenders] == [1, 2]


@pytest.mark.parametrize(
    ("way", "amount", "why"),
    [
        (CARD, 1004, TenderRefusal.MORE_THAN_DUE),
        (CARD, 0, TenderRefusal.NOTHING),
        (CASH, 0, TenderRefusal.NOTHING),
        (CASH, -5, TenderRefusal.NOTHING),
        (CASH, 1000 + 100_000, TenderRefusal.FAR_TOO_MUCH),
    ],
)
def test_what_cannot_be_taken(way: TenderType, amount: int, why: TenderRefusal) -> None:
    assert take(Payment(1003), way, amount, CNY) is why


def test_nothing_due_needs_no_tender() -> None:
    for way in (CASH, CARD):
        after = take(Payment(0), way, 0, CNY)
        assert isinstance(after, tuple)
        payment, complete = after
        assert complete
        assert payment.tenders == ()


def test_undo_takes_one_tender_back_and_numbers_stay_unique() -> None:
    payment = taken(taken(Payment(10_000), CARD, 1000), CARD, 2000)
    payment = undo(payment, 1)
    assert [(tender.tender_no, tender.amount_minor) for tender in payment.tenders] == [(2, 2000)]
    assert [tender.tender_no for tender in taken(payment, CARD, 10).tenders] == [2, 3]
    assert undo(payment, 99) == payment


def test_a_total_that_fell_below_what_was_paid_gives_the_rest_back() -> None:
    paid = Payment(950, taken(Payment(2000), CARD, 1000).tenders)
    assert (paid.due_minor, paid.balance_minor) == (0, -50)
    by_cash = take(paid, CASH, 0, CNY)
    by_card = take(paid, CARD, 0, CNY)
    assert isinstance(by_cash, tuple)
    assert isinstance(by_card, tuple)
    for payment, complete in (by_cash, by_card):
        assert complete
        assert payment.paid_minor - payment.change_minor == payment.total_minor + payment.rounding_minor
        assert payment.change_minor == 50
    assert take(paid, CARD, 1, CNY) is TenderRefusal.MORE_THAN_DUE


@given(
    st.integers(0, 10**7),
    cash_rule_sets(),
    st.lists(st.tuples(st.booleans(), st.integers(-10, 10**7)), max_size=8),
)
def test_however_it_is_paid_it_adds_up(total: int, rules: CashRules, offers: list[tuple[bool, int]]) -> None:
    payment, complete = Payment(total), False
    for cash, amount in offers:
        after = take(payment, CASH if cash else CARD, amount, rules)
        if isinstance(after, tuple):
            payment, complete = after
        if complete:
            break
    if not complete:
        due, _ = cash_due(payment, rules)
        after = take(payment, CASH, due, rules)
        assert isinstance(after, tuple)
        payment, complete = after
    assert complete
    assert payment.paid_minor - payment.change_minor == total + payment.rounding_minor
    assert payment.change_minor >= 0
    assert abs(payment.rounding_minor) < max(rules.step_minor, 1)
    assert payment.due_minor == 0
    assert all(tender.amount_minor > 0 for tender in payment.tenders)


@pytest.mark.parametrize(
    ("due", "amounts"),
    [
        (58_660, (60_000,)),
        (3_660, (10_000, 5000, 4000)),
        (250_000, ()),
        (10, (10_000, 1000, 50)),
        (10_000, ()),
        (9_990, (10_000,)),
    ],
)
def test_quick_amounts(due: int, amounts: tuple[int, ...]) -> None:
    assert quick_amounts(due, CNY) == amounts


@given(st.integers(0, 10**7), cash_rule_sets())
def test_quick_amounts_are_few_and_more_than_due(due: int, rules: CashRules) -> None:
    amounts = quick_amounts(due, rules)
    assert len(amounts) <= 3
    assert list(amounts) == sorted(set(amounts), reverse=True)
    assert all(amount > due for amount in amounts)
    assert all(any(amount % note == 0 for note in rules.denominations_minor) for amount in amounts)


def test_giving_change_back() -> None:
    assert give_back(1340, CNY) == ((1000, 1), (100, 3), (10, 4))
    assert give_back(0, CNY) == ()


def test_half_a_way_to_give_is_none() -> None:
    assert give_back(1003, CNY) == ()


@given(st.integers(0, 10**6), cash_rule_sets())
def test_what_is_given_back_is_the_change(steps: int, rules: CashRules) -> None:
    change = steps * rules.step_minor
    ways = give_back(change, rules)
    assert sum(note * pieces for note, pieces in ways) == change
    assert [note for note, _ in ways] == sorted((note for note, _ in ways), reverse=True)
