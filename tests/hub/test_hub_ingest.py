"""What the hub makes of a terminal's events: once each, in order, nothing refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from posapp.domain.facts import SaleLine, TaxLine, TenderLine, TransactionCompleted
from sync.hub.fleet.summary import terminal_summary
from sync.hub.intake.explode import SaleBody
from sync.hub.intake.ingest import Batch, Ingested, ingest
from sync.hub.intake.progress import Progress, lock_progress
from sync.hub.schema.events import (
    EVENT,
    EXCEPTION,
    FORK_ALARM,
    QUARANTINE,
    RETAIL_TRANSACTION,
    SALE_LINE,
    SALE_LINE_PACK,
    TAX_LINE,
    TENDER_LINE,
    TERMINAL_NUMBERS,
)
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body


def push(enrolled: Enrolled, lines: list[bytes], *, first_seq: int | None = None, epoch: int = 1) -> Ingested:
    with enrolled.database.writing() as connection:
        return ingest(connection, Batch("S1", "T1", epoch, first_seq, lines), now_ms=NOW_MS)


def rows(enrolled: Enrolled, table) -> list:
    with enrolled.database.reading() as connection:
        return connection.execute(select(table)).all()


def noted(enrolled: Enrolled) -> list[tuple[str, str]]:
    return [(one.kind, one.key) for one in rows(enrolled, EXCEPTION)]


def stored_lines(enrolled: Enrolled) -> list[bytes]:
    with enrolled.database.reading() as connection:
        in_order = (EVENT.c.epoch, EVENT.c.seq, EVENT.c.is_fork)
        return list(connection.execute(select(EVENT.c.line).order_by(*in_order)).scalars())


def test_bytes_are_kept_exactly_and_sales_are_read_out(enrolled: Enrolled) -> None:
    # Spaces and an unknown field: no re-encoding could give these bytes back.
    line = event_line(1).replace(b'"seq":1', b'"seq" : 1, "later":[1.50]')
    assert push(enrolled, [line, event_line(2)]) == Ingested(2, stored=2)
    assert stored_lines(enrolled) == [line, event_line(2)]
    sale = rows(enrolled, RETAIL_TRANSACTION)[0]
    assert (sale.transaction_id, sale.total_minor, sale.receipt_number) == ("txn-1", 1250, "T1-000001")
    assert [len(rows(enrolled, table)) for table in (SALE_LINE, TENDER_LINE, TAX_LINE)] == [2, 2, 2]
    with enrolled.database.reading() as connection:
        summary = terminal_summary(connection, "S1", "T1")
    assert (summary.events, summary.sales_count, summary.sales_total_minor) == (2, 2, 2500)
    assert summary.acked_through == 2


def test_a_sale_with_packs_is_taken_like_one_without(enrolled: Enrolled) -> None:
    old = sale_body(1)
    pack = {"gtin14": "06901028180559", "lot": "A12", "serial": "S1", "expires_on": "2026-11-30"}
    newer = sale_body(2)
    newer["lines"] = [line | {"pack": pack} for line in newer["lines"]]
    lines = [event_line(1, body=old), event_line(2, body=newer)]
    assert push(enrolled, lines) == Ingested(2, stored=2)
    assert stored_lines(enrolled) == lines
    packs = rows(enrolled, SALE_LINE_PACK)
    assert [(one.transaction_id, one.line_no, one.serial, one.lot) for one in packs] == [
        ("txn-2", 1, "S1", "A12")
    ]
    assert (packs[0].gtin14, packs[0].expires_on) == ("06901028180559", "2026-11-30")
    assert rows(enrolled, QUARANTINE) == []
    assert {line.transaction_id for line in rows(enrolled, SALE_LINE)} == {"txn-1", "txn-2"}


def test_an_identical_replay_is_a_success_with_the_same_answer(enrolled: Enrolled) -> None:
    lines = [event_line(seq) for seq in (1, 2, 3)]
    push(enrolled, lines)
    assert push(enrolled, lines) == Ingested(3, replayed=3)
    assert push(enrolled, [*lines[1:], event_line(4)]) == Ingested(4, stored=1, replayed=2)
    assert len(stored_lines(enrolled)) == 4


def test_a_gap_is_waited_for(enrolled: Enrolled) -> None:
    assert push(enrolled, [event_line(1), event_line(3)], first_seq=1) == Ingested(1, stored=1, after_gap=1)
    assert push(enrolled, [event_line(3)], first_seq=3) == Ingested(1, after_gap=1)
    assert push(enrolled, [event_line(2), event_line(3)], first_seq=2) == Ingested(3, stored=2)


@pytest.mark.expected_logs
def test_what_a_till_no_longer_has_is_not_waited_for_and_told(enrolled: Enrolled) -> None:
    push(enrolled, [event_line(1)])
    lines = [event_line(5), event_line(6)]
    behind = Batch("S1", "T1", 1, 5, lines, oldest_seq=4)
    with enrolled.database.writing() as connection:
        assert ingest(connection, behind, now_ms=NOW_MS) == Ingested(1, after_gap=2), "4 may still come"
    oldest = Batch("S1", "T1", 1, 5, lines, oldest_seq=5)
    for found in (Ingested(6, stored=2), Ingested(6, replayed=2)):
        with enrolled.database.writing() as connection:
            assert ingest(connection, oldest, now_ms=NOW_MS) == found
    assert stored_lines(enrolled) == [event_line(1), *lines]
    assert noted(enrolled) == [("lines_missing", "T1:1:2-4")]
    # The till has nothing of the epoch any more, or of one that the hub never heard of.
    for epoch, last in ((1, 9), (1, 9), (2, 4)):
        gone = Batch("S1", "T1", epoch, last + 1, (), oldest_seq=last + 1)
        with enrolled.database.writing() as connection:
            assert ingest(connection, gone, now_ms=NOW_MS) == Ingested(last)
            assert lock_progress(connection, ("S1", "T1", epoch)) == Progress(last, 0, None)
    assert noted(enrolled)[1:] == [("lines_missing", "T1:1:7-9"), ("lines_missing", "T1:2:1-4")]
    assert push(enrolled, [], first_seq=20) == Ingested(9), "it says nothing of what is gone"
    late = push(enrolled, [event_line(2)])
    assert (late.stored, late.acked_through) == (1, 9), "found after all, it is kept"


def test_reordered_lines_are_taken_as_far_as_they_follow(enrolled: Enrolled) -> None:
    assert push(enrolled, [event_line(2), event_line(1)]).acked_through == 0
    assert push(enrolled, [event_line(1), event_line(2)]).acked_through == 2


@pytest.mark.expected_logs
def test_another_event_at_a_known_place_is_kept_beside_it_and_told(enrolled: Enrolled) -> None:
    push(enrolled, [event_line(1), event_line(2)])
    forged = event_line(1, event_id="other", body=sale_body(9))
    assert push(enrolled, [forged, event_line(2), event_line(3)]) == Ingested(
        3, stored=2, replayed=1, forked=1, tells_fork=True
    )
    assert rows(enrolled, FORK_ALARM) == []
    assert stored_lines(enrolled) == [event_line(1), forged, event_line(2), event_line(3)]
    assert push(enrolled, [forged]) == Ingested(3, replayed=1, tells_fork=True), (
        "the answer may have been lost"
    )
    assert push(enrolled, [event_line(1)]) == Ingested(3, replayed=1), "the first one has not forked"
    assert noted(enrolled) == [("fork", "T1:1")]


@pytest.mark.expected_logs
def test_two_contents_for_one_place_in_one_batch(enrolled: Enrolled) -> None:
    other = event_line(1, event_id="other", body=sale_body(9))
    assert push(enrolled, [event_line(1), other, event_line(2)]) == Ingested(
        2, stored=3, forked=1, tells_fork=True
    )
    sales = sorted(sale.transaction_id for sale in rows(enrolled, RETAIL_TRANSACTION))
    assert sales == ["txn-1", "txn-2", "txn-9"], "a till that was restored has sold both"


@pytest.mark.expected_logs
@pytest.mark.parametrize("together", [True, False])
def test_other_bytes_under_a_known_event_id_are_put_beside_and_do_not_block(
    enrolled: Enrolled, together: bool
) -> None:
    lines = [event_line(1), event_line(2, event_id="event-1"), event_line(3)]
    for batch in [lines] if together else [[line] for line in lines]:
        result = push(enrolled, batch)
    assert result.acked_through == 3
    assert [alarm.seq for alarm in rows(enrolled, FORK_ALARM)] == [2]
    assert push(enrolled, lines) == Ingested(3, replayed=3)
    assert noted(enrolled) == [("tampered", "event-1")]
    assert len(rows(enrolled, RETAIL_TRANSACTION)) == 2


@pytest.mark.expected_logs
def test_a_known_event_with_another_date_is_no_second_sale(enrolled: Enrolled) -> None:
    push(enrolled, [event_line(1)])
    moved = event_line(1, business_date="2026-09-01")
    assert push(enrolled, [moved]) == Ingested(1, tampered=1)
    assert [alarm.line for alarm in rows(enrolled, FORK_ALARM)] == [moved]
    assert stored_lines(enrolled) == [event_line(1)]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b'{"seq":2}',
        b"[" * 5000,
        event_line(2, store_id="S2"),
        event_line(2, terminal_id="T2"),
        event_line(2, epoch=7),
        event_line(2).replace(b'"seq":2', b'"seq":"2"'),
        event_line(2).replace(b'"seq":2', b'"seq":99999999999999999999'),
        event_line(2, event_id=""),
    ],
)
def test_a_malformed_line_is_kept_whole_and_acknowledged(enrolled: Enrolled, broken: bytes) -> None:
    lines = [event_line(1), broken, event_line(3)]
    assert push(enrolled, lines, first_seq=1) == Ingested(3, stored=2, quarantined=1)
    kept = rows(enrolled, QUARANTINE)
    assert [(one.seq, one.line) for one in kept] == [(2, broken)]
    assert kept[0].reason
    assert push(enrolled, lines, first_seq=1) == Ingested(3, replayed=3)


def test_a_readable_place_serves_where_no_first_seq_is_said(enrolled: Enrolled) -> None:
    assert push(enrolled, [event_line(1), b'{"seq":2}', b"junk", event_line(4)]).acked_through == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        sale_body(1) | {"total_minor": "12.50"},
        sale_body(1) | {"total_minor": 12.5},
        sale_body(1) | {"total_minor": 2**70},
        sale_body(1) | {"lines": sale_body(1)["lines"] * 2},
        sale_body(1) | {"transaction_id": ""},
    ],
)
def test_a_sale_that_cannot_be_read_keeps_its_event_and_is_shown(enrolled: Enrolled, body: object) -> None:
    result = push(enrolled, [event_line(1, body=body), event_line(2)])
    assert result == Ingested(2, stored=2, quarantined=1)
    assert len(stored_lines(enrolled)) == 2
    assert [sale.transaction_id for sale in rows(enrolled, RETAIL_TRANSACTION)] == ["txn-2"]
    assert rows(enrolled, QUARANTINE)[0].reason.startswith("body: ")


@pytest.mark.expected_logs
@pytest.mark.parametrize("together", [True, False])
def test_one_sale_under_two_events_is_counted_once(enrolled: Enrolled, together: bool) -> None:
    lines = [event_line(1), event_line(2, body=sale_body(1))]
    for batch in [lines] if together else [[line] for line in lines]:
        result = push(enrolled, batch)
    assert (result.quarantined, result.acked_through) == (0, 2)
    assert len(stored_lines(enrolled)) == 2
    assert len(rows(enrolled, RETAIL_TRANSACTION)) == 1
    assert noted(enrolled) == [("duplicate_transaction", "event-2")]


@pytest.mark.expected_logs
@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({"goods_minor": 1249}, ["goods", "total"]),
        ({"total_minor": 1249}, ["total", "change"]),
        ({"tax_added_minor": 5}, ["tax", "total"]),
        ({"tendered_minor": 2000}, ["tenders", "change"]),
        ({"change_minor": 1}, ["change"]),
        ({"currency": "USD"}, ["currency"]),
        ({"business_date": "2026-05-29"}, ["business_date"]),
    ],
)
def test_a_doubtful_sale_counts_and_is_shown(
    enrolled: Enrolled, changes: dict[str, object], doubts: list[str]
) -> None:
    assert push(enrolled, [event_line(1, body=sale_body(1) | changes)]) == Ingested(1, stored=1)
    assert len(rows(enrolled, RETAIL_TRANSACTION)) == 1
    assert noted(enrolled) == [("sale_doubtful", "event-1")]
    assert msgspec.json.decode(rows(enrolled, EXCEPTION)[0].detail)["doubts"] == doubts


@pytest.mark.expected_logs
@pytest.mark.parametrize(
    "date", ["", "2026-02-30", "20260528", "28.05.2026", "x" * 100_000, "\0", "2026-W22-4"]
)
def test_a_date_that_there_is_not_is_kept_under_none(enrolled: Enrolled, date: str) -> None:
    line = event_line(1, business_date=date)
    assert push(enrolled, [line]) == Ingested(1, stored=1)
    assert push(enrolled, [line]) == Ingested(1, replayed=1)
    assert (rows(enrolled, EVENT)[0].business_date, rows(enrolled, SALE_LINE)[0].business_date) == ("", "")
    assert noted(enrolled) == [("sale_doubtful", "event-1")]


def test_the_highest_numbers_of_a_terminal_are_remembered(enrolled: Enrolled) -> None:
    def numbers() -> tuple[int, int]:
        row = rows(enrolled, TERMINAL_NUMBERS)[0]
        return row.receipt_seq, row.shift_number

    opened = [event_line(seq, kind="ShiftOpened", body={"number": 10 - seq}) for seq in (1, 2)]
    push(enrolled, [*opened, event_line(3, body=sale_body(77)), event_line(4, body=sale_body(76))])
    assert numbers() == (77, 9)
    odd = sale_body(5) | {"receipt_number": "S1-01-²³"}
    wrong = {"number": -(10**30)}
    push(enrolled, [event_line(5, body=odd), event_line(6, kind="ShiftOpened", body=wrong), event_line(7)])
    assert numbers() == (77, 9)


def test_unknown_kinds_are_kept(enrolled: Enrolled) -> None:
    assert push(enrolled, [event_line(1, kind="OfTomorrow", body={"x": 1})]) == Ingested(1, stored=1)


def test_a_new_epoch_counts_anew(enrolled: Enrolled) -> None:
    push(enrolled, [event_line(1), event_line(2)])
    line = event_line(1, epoch=2, event_id="e2", body=sale_body(50))
    assert push(enrolled, [line], epoch=2) == Ingested(1, stored=1)
    with enrolled.database.reading() as connection:
        summary = terminal_summary(connection, "S1", "T1")
    assert (summary.events, summary.acked_through) == (3, 1)


def test_nothing_is_held_after_a_failed_commit(enrolled: Enrolled) -> None:
    def broken() -> None:
        with enrolled.database.writing() as connection:
            ingest(connection, Batch("S1", "T1", 1, 1, [event_line(1)]), now_ms=NOW_MS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert stored_lines(enrolled) == []
    assert push(enrolled, [event_line(1)]) == Ingested(1, stored=1)


def test_the_till_s_own_fact_is_readable() -> None:
    sale = TransactionCompleted(
        transaction_id="t",
        store_id="S1",
        terminal_id="T1",
        shift_id="s",
        business_date="2026-05-28",
        operator_id="1",
        operator_name="Ann",
        opened_at_ms=1,
        completed_at_ms=2,
        currency="CNY",
        language="en",
        lines=(SaleLine(1, "a", {"en": "A"}, "", 1, "pcs", 5, 5, "vat13"),),
        taxes=(TaxLine("vat13", {"en": "VAT"}, 130000, True, 4, 1),),
        tenders=(TenderLine(1, "cash", "cash", {"en": "Cash"}, 5),),
        goods_minor=5,
        tax_added_minor=0,
        rounding_minor=0,
        total_minor=5,
        tendered_minor=5,
        change_minor=0,
    )
    read = msgspec.json.decode(msgspec.json.encode(sale), type=SaleBody)
    assert (read.transaction_id, read.total_minor, read.lines[0].sku) == ("t", 5, "a")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=6), max_size=8))
@pytest.mark.expected_logs
def test_any_order_of_any_batches_stores_the_prefix_once(enrolled: Enrolled, script: list[list[int]]) -> None:
    epoch = push.__dict__.setdefault("epoch", 100) + 1
    push.__dict__["epoch"] = epoch

    def line(seq: int) -> bytes:
        return event_line(seq, epoch=epoch, event_id=f"{epoch}-{seq}", body=sale_body(epoch * 100 + seq))

    acked = 0
    for batch in script:
        for seq in batch:
            if seq > acked + 1:
                break
            acked = max(acked, seq)
        assert push(enrolled, [line(seq) for seq in batch], epoch=epoch).acked_through == acked
    held = [one for one in rows(enrolled, EVENT) if one.epoch == epoch]
    assert sorted(one.seq for one in held) == list(range(1, acked + 1))
    assert rows(enrolled, FORK_ALARM) == []
