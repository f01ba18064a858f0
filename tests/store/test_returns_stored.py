"""A return is stored whole and once: rows, number, shift totals; a piece that came back cannot come again."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posapp.domain.facts import TransactionCompleted
from posapp.domain.return_facts import ReturnCompleted
from posapp.flows.effects import Commit, PrintRequest
from posapp.flows.intents import CommitFailed
from posapp.store.engine import Connection, open_reader
from posapp.store.ledger import Ledger
from posapp.store.prints import receipt_of
from posapp.store.returns import find_sale, returns_of
from posapp.store.shift_reading import read_shift
from posapp.store.totals import check_return
from posapp.store.troubles import NotBalancedError
from tests.domain.made_up_sales import a_sale, cash_rules, give_back, tax_rules, terms
from tests.store.conftest import LedgerKit, committed, slip

TAX, CASH = tax_rules(), cash_rules(10)
TERMS = terms(TAX, CASH)


def made(number: int = 1, pieces: int = 3) -> TransactionCompleted:
    sale = a_sale(
        [(pieces, 1_999, "standard"), (1, 355, "food")], [(777, (0, 1))], tax=TAX, cash=CASH, card_minor=900
    )
    return replace(sale, transaction_id=f"sale-{number}", shift_id="shift-1", receipt_number="")


def stored(ledger: Ledger, number: int = 1, pieces: int = 3) -> TransactionCompleted:
    sale = made(number, pieces)
    answer = committed(ledger.commit(Commit(sale.transaction_id, (sale,))))
    return replace(sale, receipt_number=answer.receipt_number or "")


def a_return(sale: TransactionCompleted, earlier: list[ReturnCompleted], **wishes: int) -> ReturnCompleted:
    fact = give_back(sale, earlier, {int(no[1:]): n for no, n in wishes.items()}, TERMS)
    return replace(fact, shift_id="shift-1", return_id=f"{sale.transaction_id}-r{len(earlier)}")


def test_a_return_is_stored_with_everything_that_belongs_to_it(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sale = stored(ledger)
    fact = a_return(sale, [], l1=2)
    slips = (PrintRequest("job-1", "return", slip()),)
    answer = committed(ledger.commit(Commit("r", (fact,), slips)))
    assert answer.receipt_number == "S001-03-000002"
    assert answer.shift is not None
    assert (answer.shift.returns_count, answer.shift.returns_minor) == (1, fact.total_minor)
    assert kit.rows("SELECT sale_id, line_no, unit_no FROM return_unit ORDER BY 3") == [
        ("sale-1", 1, 0),
        ("sale-1", 1, 1),
    ]
    assert kit.one("SELECT sum(amount_minor) FROM refund_line WHERE part = 2") == fact.total_minor
    with closing(open_reader(kit.path)) as reader:
        found = find_sale(reader, "S001-03-000001")
        assert found is not None
        assert found.sale == sale
        assert found.returns == (replace(fact, receipt_number="S001-03-000002"),)
        assert receipt_of(reader, fact.return_id) is not None
        assert find_sale(reader, "S001-03-000002") is None
        assert find_sale(reader, "S001-04-000001") is None
        assert find_sale(reader, "nonsense") is None
        assert returns_of(reader, "sale-9") == ()


def test_the_same_commit_asked_again_is_answered_and_not_stored_twice(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sale = stored(ledger)
    commit = Commit("r", (a_return(sale, [], l1=1),))
    first = committed(ledger.commit(commit))
    again = committed(ledger.commit(commit))
    assert again.receipt_number == first.receipt_number
    assert kit.one("SELECT count(*) FROM return_transaction") == 1


def test_a_piece_that_came_back_cannot_come_back_again(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sale = stored(ledger)
    committed(ledger.commit(Commit("r1", (a_return(sale, [], l1=1),))))
    before = kit.tables()
    twice = replace(a_return(sale, [], l1=2), return_id="other")
    answer = ledger.commit(Commit("r2", (twice,)))
    assert isinstance(answer, CommitFailed)
    assert answer.trouble == "integrity"
    assert kit.tables() == before


def test_what_does_not_add_up_is_not_stored() -> None:
    sale = made()
    fact = a_return(sale, [], l1=1)
    line = fact.lines[0]
    for wrong in (
        replace(fact, total_minor=fact.total_minor + 1),
        replace(fact, goods_minor=fact.goods_minor + 1),
        replace(fact, tax_added_minor=1, total_minor=fact.total_minor + 1),
        replace(fact, lines=(line, line), goods_minor=2 * fact.goods_minor),
        replace(fact, lines=(replace(line, units=()),)),
        replace(fact, tenders=()),
        replace(fact, rounding_minor=-fact.goods_minor - 1, total_minor=-1, tenders=()),
    ):
        with pytest.raises(NotBalancedError):
            check_return(wrong)


def test_the_rows_of_a_shift_add_up_to_its_figures_with_returns(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sale = stored(ledger)
    first = a_return(sale, [], l1=1, l2=1)
    answer = committed(ledger.commit(Commit("r1", (first,))))
    second = a_return(sale, [first], l1=2)
    answer = committed(ledger.commit(Commit("r2", (second,))))
    kept = answer.shift
    assert kept is not None
    assert ledger.ask(lambda held: read_shift(held, "shift-1", now_ms=None), None) == kept
    assert kept.sales_minor == kept.returns_minor == sale.total_minor
    assert (kept.net_minor, kept.rounding_minor) == (0, 0)
    assert kept.expected_cash_minor == kept.float_minor
    assert {tax.rate_id: (tax.taxable_minor, tax.tax_minor) for tax in kept.taxes} == {
        "vat13": (0, 0),
        "vat9": (0, 0),
    }
    assert [(each.tender_id, each.net_minor) for each in kept.tenders] == [("cash", 0), ("card", 0)]


def test_a_broken_return_is_set_aside_and_the_closing_goes_on(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    sale = stored(ledger)
    committed(ledger.commit(Commit("r1", (a_return(sale, [], l1=1),))))

    def damage(held: Connection) -> None:
        held.execute("DROP TRIGGER refund_line_no_update")
        held.execute("UPDATE refund_line SET amount_minor = 'x' WHERE part = 2")

    assert ledger.write(damage) is None
    totals = ledger.ask(lambda held: read_shift(held, "shift-1", now_ms=None), None)
    assert totals is not None
    assert (totals.quarantined, totals.sales_count, totals.returns_count) == (1, 1, 0)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sales_and_returns_in_any_mixture_add_up(kit: LedgerKit, days: list[tuple[int, int]]) -> None:
    ledger = kit.ledger()
    count = kit.one("SELECT count(*) FROM retail_transaction")
    for n, (pieces, back) in enumerate(days):
        sale = stored(ledger, count + n + 1, pieces)
        fact = a_return(sale, [], l1=min(pieces, back))
        answer = committed(ledger.commit(Commit(fact.return_id, (fact,))))
    assert ledger.ask(lambda held: read_shift(held, "shift-1", now_ms=None), None) == answer.shift


def test_buying_and_giving_back_for_a_thousand_times_leaves_the_money_as_it_was(kit: LedgerKit) -> None:
    """All 1,000 with POS_RETURN_LOOPS=1000; a part of them in the suite."""
    ledger = kit.ledger()
    for n in range(int(os.environ.get("POS_RETURN_LOOPS", "40"))):
        sale = made(n, 1 + n % 4)
        answer = committed(ledger.commit(Commit(sale.transaction_id, (sale,))))
        sale = replace(sale, receipt_number=answer.receipt_number or "")
        done: list[ReturnCompleted] = []
        left = {"l1": 1 + n % 4, "l2": 1}
        while left:
            name = sorted(left)[(n + len(done)) % len(left)]
            fact = a_return(sale, done, **{name: 1})
            answer = committed(ledger.commit(Commit(fact.return_id, (fact,))))
            done.append(fact)
            left = {key: rest - (key == name) for key, rest in left.items() if rest > (key == name)}
        totals = answer.shift
        assert totals is not None
        assert totals.expected_cash_minor == totals.float_minor
        assert totals.net_minor == 0
        assert all(each.net_minor == 0 for each in totals.tenders)
        assert all((tax.taxable_minor, tax.tax_minor) == (0, 0) for tax in totals.taxes)
    assert ledger.ask(lambda held: read_shift(held, "shift-1", now_ms=None), None) == totals
