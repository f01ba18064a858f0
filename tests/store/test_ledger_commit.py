"""A commit is stored whole or not at all, once, and its numbers have no gaps."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posapp.domain.facts import (
    OperatorSignedOn,
    OverrideGiven,
    ShiftTotals,
    SignOnRefused,
    TransactionVoided,
)
from posapp.domain.paper import CodeRow, TextRow
from posapp.domain.shifts import settle
from posapp.flows.effects import Commit, SaveDraft
from posapp.flows.intents import CommitFailed, Committed
from posapp.store.drafts import write_draft
from posapp.store.engine import open_ledger, open_reader
from posapp.store.prints import receipt_of
from posapp.store.shift_reading import read_shift
from sync.protocol.codec import decode_envelope
from tests.store.conftest import (
    FailingConnection,
    LedgerKit,
    commit_of,
    committed,
    sale,
    shift_opened,
    slip,
)


def override(number: int = 1) -> OverrideGiven:
    return OverrideGiven(f"override-{number}", "void_sale", "op-1", "boss", "mistake", 500, None, 1)


def voided(transaction_id: str = "void-1") -> TransactionVoided:
    gone = sale(voided=2)
    return TransactionVoided(
        transaction_id, "shift-1", gone.business_date, "op-1", 0, 1, "CNY", 5, gone.lines, gone.voided, ()
    )


def test_a_sale_is_stored_with_everything_that_belongs_to_it(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    ledger.write(lambda held: write_draft(held, SaveDraft("sale-1", b"cart")))
    answer = committed(ledger.commit(commit_of(sale(card_minor=300, voided=1))))
    assert answer.receipt_number == "S001-03-000001"
    assert kit.one("SELECT sum(amount_minor) FROM sale_line") == 1555
    assert kit.rows("SELECT tender_id, amount_minor FROM tender_line ORDER BY 1") == [
        ("card", 300),
        ("cash", 1355),
    ]
    assert kit.rows("SELECT rate_id, ppm, included, taxable_minor + tax_minor FROM tax_line") == [
        ("vat13", 130_000, 1, 1555)
    ]
    assert kit.rows("SELECT * FROM draft") == []
    assert kit.one("SELECT state FROM print_job") == "queued"
    totals = answer.shift
    assert totals is not None
    assert (totals.sales_count, totals.sales_minor, totals.voided_lines) == (1, 1555, 1)
    assert {t.tender_id: t.sales_minor for t in totals.tenders} == {"card": 300, "cash": 1255}
    assert totals.expected_cash_minor == 21_255


def test_the_envelope_holds_the_receipt_number_and_stands_in_order(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    for number in (1, 2):
        ledger.commit(commit_of(sale(transaction_id=f"sale-{number}")))
    lines = kit.rows("SELECT seq, epoch, event_id, kind, bytes, acked FROM outbox ORDER BY seq")
    assert [(seq, epoch, kind) for seq, epoch, _, kind, _, _ in lines] == [
        (1, 1, "ShiftOpened"),
        (2, 1, "TransactionCompleted"),
        (3, 1, "TransactionCompleted"),
    ]
    envelope = decode_envelope(lines[2][4])
    body = msgspec.json.decode(envelope.body)
    assert body["receipt_number"] == "S001-03-000002"
    assert (envelope.seq, envelope.event_id, envelope.terminal_id) == (3, lines[2][2], "T03")
    assert msgspec.convert(body, type(sale())) == replace(
        sale(transaction_id="sale-2"), receipt_number="S001-03-000002"
    )


def test_the_stored_receipt_names_the_number(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    ledger.commit(commit_of(sale()))
    document = receipt_of(ledger.connection(), "sale-1")
    assert document is not None
    assert document.rows[2] == TextRow("No. S001-03-000001", "12.00")
    assert document.rows[3] == CodeRow("code128", "S001-03-000001")
    assert replace(document, rows=()) == replace(slip(), rows=())
    assert receipt_of(ledger.connection(), "unknown") is None


def test_receipt_numbers_have_no_gaps_over_failures_and_restarts(kit: LedgerKit) -> None:
    for number in range(1, 7):
        ledger = kit.ledger()
        wrong = replace(sale(transaction_id=f"sale-{number}"), total_minor=1)
        failed = ledger.commit(commit_of(wrong, "wrong"))
        assert failed == CommitFailed("wrong", "integrity")
        answer = committed(ledger.commit(commit_of(sale(transaction_id=f"sale-{number}"))))
        assert answer.receipt_number == f"S001-03-{number:06d}"
        if number % 2:
            ledger.close()
    assert [seq for (seq,) in kit.rows("SELECT seq FROM journal ORDER BY 1")] == list(range(1, 8))


@pytest.mark.parametrize("also_rollback", [False, True])
def test_a_failure_at_any_statement_leaves_nothing_and_the_retry_makes_one_sale(
    kit: LedgerKit, empty_ledger: Path, also_rollback: bool
) -> None:
    whole = Commit("c", (override(), sale()), commit_of(sale()).prints, "sale-1")
    counted = FailingConnection(open_ledger(kit.path))
    committed(kit.ledger(lambda: counted).commit(whole))
    # The first commit opened the shift.
    steps = counted.statements[counted.statements.index("COMMIT") + 1 :]
    assert (steps[0], steps[-1]) == ("BEGIN IMMEDIATE", "COMMIT")
    assert len(steps) > 8
    for fail_at in range(1, len(steps) + 1):
        path = kit.path.with_name(f"fail-{fail_at}.db")
        shutil.copy(empty_ledger, path)
        copy = LedgerKit(path, kit.clock)
        copy.ledger().write(lambda held: write_draft(held, SaveDraft("sale-1", b"cart")))
        copy.close()
        _fail_once(copy, whole, fail_at, also_rollback=also_rollback)


def _fail_once(copy: LedgerKit, whole: Commit, fail_at: int, *, also_rollback: bool) -> None:
    before = copy.tables()
    connections: list[FailingConnection] = []

    def connect() -> FailingConnection:
        broken = FailingConnection(open_ledger(copy.path), 0 if connections else fail_at, also_rollback)
        connections.append(broken)
        return broken

    ledger = copy.ledger(connect, with_shift=False)
    try:
        assert ledger.commit(whole) == CommitFailed("c", "io_error")
        assert copy.tables() == before
        assert committed(ledger.commit(whole)).receipt_number == "S001-03-000001"
        assert committed(ledger.commit(replace(whole, commit_id="again"))).receipt_number == "S001-03-000001"
        assert copy.one("SELECT count(*) FROM retail_transaction") == 1
        assert copy.one("SELECT count(*) FROM override_given") == 1
        assert copy.one("SELECT count(*) FROM print_job") == 1
        assert copy.one("SELECT count(*) FROM draft") == 0
        assert [seq for (seq,) in copy.rows("SELECT seq FROM journal ORDER BY 1")] == [1, 2, 3]
    finally:
        copy.close()


def test_an_answer_that_was_lost_is_given_again_after_a_restart(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    first = committed(ledger.commit(commit_of(sale())))
    ledger.commit(commit_of(sale(transaction_id="sale-2")))
    ledger.close()
    again = committed(kit.ledger().commit(commit_of(sale(), "other-commit")))
    assert again.receipt_number == first.receipt_number
    assert again.shift is not None
    assert again.shift.sales_count == 2
    assert kit.one("SELECT count(*) FROM retail_transaction") == 2
    assert kit.one("SELECT count(*) FROM print_job") == 2


def test_a_commit_of_which_only_a_part_is_known_is_no_success(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    assert ledger.record((override(),)) is None
    assert ledger.commit(Commit("c", (override(), sale()))) == CommitFailed("c", "integrity")
    assert ledger.commit(Commit("d", (sale(), override()))) == CommitFailed("d", "integrity")
    assert kit.one("SELECT count(*) FROM retail_transaction") == 0


def test_opening_and_settling_a_shift_twice_is_once(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    totals = committed(ledger.commit(commit_of(sale()))).shift
    assert totals is not None
    settled = settle(totals, {10_000: 2, 100: 15}, operator_id="op-1", reason="", at_ms=5)
    for commit_id in ("z", "z", "z-after-crash"):
        answer = ledger.commit(Commit(commit_id, (settled,)))
        assert committed(answer).shift == totals
    for commit_id in ("open", "open-after-crash"):
        assert isinstance(ledger.commit(Commit(commit_id, (shift_opened(),))), Committed)
    assert kit.one("SELECT count(*) FROM shift") == 1
    assert kit.rows("SELECT * FROM shift_count ORDER BY 2") == [(1, 100, 15), (1, 10_000, 2)]
    assert kit.one("SELECT variance_minor FROM shift") == settled.variance_minor
    assert kit.one("SELECT shift_no FROM till") is None
    assert kit.one("SELECT count(*) FROM journal") == 3


def test_a_sale_outside_the_open_shift_is_refused_whole(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    before = kit.tables()
    stray = sale("another-shift")
    assert ledger.commit(commit_of(stray)) == CommitFailed("commit-sale-1", "integrity")
    assert ledger.commit(Commit("x", (shift_opened("shift-2", 2),))) == CommitFailed("x", "integrity")
    assert kit.tables() == before


def test_two_sales_never_share_a_commit(kit: LedgerKit) -> None:
    both = Commit("both", (sale(), sale(transaction_id="sale-2")))
    assert kit.ledger().commit(both) == CommitFailed("both", "integrity")
    assert kit.one("SELECT count(*) FROM retail_transaction") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"goods_minor": 1554, "total_minor": 1554, "change_minor": 101},
        {"tax_added_minor": 1, "total_minor": 1556, "change_minor": 99},
        {"rounding_minor": 1},
        {"tendered_minor": 1654},
        {"change_minor": 99},
        {"operator_name": "half a letter \ud800"},
        {"opened_at_ms": 2**70},
    ],
)
def test_what_does_not_add_up_or_fit_is_never_stored(kit: LedgerKit, wrong: dict[str, Any]) -> None:
    ledger = kit.ledger()
    before = kit.tables()
    answer = ledger.commit(commit_of(replace(sale(), **wrong)))
    assert answer == CommitFailed("commit-sale-1", "integrity")
    assert kit.tables() == before


def test_more_change_than_cash_is_refused(kit: LedgerKit) -> None:
    given = sale(card_minor=1600, change_minor=100)
    assert given.tenders[-1].amount_minor == 55
    assert kit.ledger().commit(commit_of(given)) == CommitFailed("commit-sale-1", "integrity")


def test_voided_sales_overrides_and_lockouts_are_kept(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    answer = committed(ledger.commit(Commit("v", (override(), voided()), (), "void-1")))
    assert answer.receipt_number is None
    assert answer.shift is not None
    assert (answer.shift.voided_sales, answer.shift.voided_lines, answer.shift.overrides) == (1, 2, 1)
    assert ledger.record((SignOnRefused("op-2", 1, 99), SignOnRefused("op-3", 1, None))) is None
    assert kit.rows("SELECT * FROM operator_lock") == [("op-2", 0, 99), ("op-3", 1, 0)]
    assert ledger.record((SignOnRefused("op-3", 2, None), OperatorSignedOn("s", "op-2", 2))) is None
    assert kit.rows("SELECT * FROM operator_lock") == [("op-3", 2, 0)]
    given = replace(override(), override_id="again", approver_id="op-3")
    committed(ledger.commit(Commit("o", (given,))))
    assert kit.rows("SELECT * FROM operator_lock") == []


APPEND_ONLY = (
    "journal",
    "retail_transaction",
    "transaction_line",
    "shift_count",
    "override_given",
    "quarantine",
)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "act", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "REPLACE INTO {} SELECT * FROM {}"]
)
def test_what_happened_cannot_be_changed(kit: LedgerKit, table: str, act: str) -> None:
    ledger = kit.ledger()
    totals = committed(ledger.commit(Commit("s", (override(), sale()), ()))).shift
    assert totals is not None
    ledger.commit(Commit("z", (settle(totals, {100: 1}, operator_id="o", reason="", at_ms=1),)))
    ledger.quarantine(object(), "integrity")
    before = kit.tables()
    assert before[table]
    column = kit.rows(f"SELECT name FROM pragma_table_info('{table}')")[-1][0]
    writable = open_ledger(kit.path)
    statement = act.format(table, column, column) if "SET" in act else act.format(table, table)
    try:
        with pytest.raises(Exception, match="append-only"):
            writable.execute(statement)
    finally:
        writable.close()
    assert kit.tables() == before


def test_the_outbox_cannot_be_written_at_all(kit: LedgerKit) -> None:
    kit.ledger()
    writable = open_ledger(kit.path)
    try:
        for statement in ("DELETE FROM outbox", "UPDATE outbox SET acked = 1"):
            with pytest.raises(Exception, match="view"):
                writable.execute(statement)
    finally:
        writable.close()


def test_a_full_disk_is_named_and_mended(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    connection = ledger.connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    before = kit.tables()
    number, answer = 0, None
    while not isinstance(answer, CommitFailed):
        number += 1
        assert number < 200
        answer = ledger.commit(commit_of(sale(transaction_id=f"sale-{number}")))
        before = kit.tables() if isinstance(answer, Committed) else before
    assert answer.trouble == "disk_full"
    assert kit.tables() == before
    connection.execute("PRAGMA max_page_count=100000")
    answer = ledger.commit(commit_of(sale(transaction_id=f"sale-{number}")))
    assert committed(answer).receipt_number == f"S001-03-{number:06d}"


def test_a_locked_ledger_is_named_and_mended(kit: LedgerKit) -> None:
    ledger = kit.ledger()
    other = open_ledger(kit.path)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert ledger.commit(commit_of(sale())) == CommitFailed("commit-sale-1", "locked")
        other.execute("ROLLBACK")
        assert committed(ledger.commit(commit_of(sale()))).receipt_number == "S001-03-000001"
    finally:
        other.close()


def test_a_read_only_ledger_is_named(kit: LedgerKit) -> None:
    kit.ledger()
    ledger = kit.ledger(lambda: open_reader(kit.path))
    assert ledger.commit(commit_of(sale())) == CommitFailed("commit-sale-1", "read_only")
    assert kit.one("SELECT count(*) FROM retail_transaction") == 0


def test_a_missing_folder_is_named(kit: LedgerKit, tmp_path: Path) -> None:
    ledger = kit.ledger(lambda: open_ledger(tmp_path / "gone" / "ledger.db"), with_shift=False)
    assert ledger.commit(commit_of(sale())) == CommitFailed("commit-sale-1", "io_error")


MONEY = st.integers(min_value=0, max_value=10**9)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sales=st.lists(
        st.tuples(
            st.lists(MONEY, min_size=1, max_size=9),
            st.booleans(),
            st.integers(-2, 2),
            st.integers(0, 500),
            st.integers(0, 100),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_running_totals_are_what_the_rows_add_up_to(kit: LedgerKit, sales: list[Any]) -> None:
    ledger = kit.ledger()
    number = kit.one("SELECT count(*) FROM shift") + 1
    shift_id = f"shift-{number}"
    _settle_open(ledger)
    committed(ledger.commit(Commit(f"open-{shift_id}", (shift_opened(shift_id, number),))))
    first = kit.one("SELECT receipt_seq FROM till")
    totals: ShiftTotals | None = None
    for count, (amounts, excluded, rounding, change, card_share, gone) in enumerate(sales, 1):
        # Rounding never takes more than there is to pay.
        rounding = max(rounding, -sum(amounts))
        plain = sale(shift_id, "x", amounts=tuple(amounts), excluded=excluded, rounding_minor=rounding)
        fact = sale(
            shift_id,
            f"sale-{first + count}",
            amounts=tuple(amounts),
            excluded=excluded,
            rounding_minor=rounding,
            change_minor=change,
            card_minor=max(0, plain.total_minor) * card_share // 100,
            voided=gone,
        )
        totals = committed(ledger.commit(commit_of(fact))).shift
    assert totals is not None
    assert read_shift(ledger.connection(), shift_id, now_ms=1) == totals
    taken = sum(tender.sales_minor for tender in totals.tenders)
    added = sum(tax.tax_minor for tax in totals.taxes if not tax.included)
    assert taken == totals.sales_minor == totals.goods_minor + added + totals.rounding_minor


def _settle_open(ledger: Any) -> None:
    row = ledger.connection().execute("SELECT shift_id FROM shift WHERE settled_at_ms IS NULL").fetchone()
    if row is not None:
        totals = read_shift(ledger.connection(), row[0], now_ms=1)
        assert totals is not None
        committed(
            ledger.commit(Commit(f"z-{row[0]}", (settle(totals, {}, operator_id="o", reason="r", at_ms=1),)))
        )
