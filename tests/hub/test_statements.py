"""What makes a statement complete, and every reason why it is not."""

from __future__ import annotations

from typing import Any

import pytest

from sync.hub.fleet.statement_content import Statement, compose, day_end_ms
from sync.hub.fleet.status_board import StatusBoard
from sync.hub.goods.shop_admin import check_shop
from sync.hub.intake.ingest import Batch, ingest
from sync.protocol.messages import StatusReport
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body, shop_document

DAY = "2026-05-28"
DAY_MS = 86_400_000
#: The morning after the day on which the tests' sales were made.
MORNING_MS = NOW_MS + DAY_MS


def report(enrolled: Enrolled, terminal_id: str, at_ms: int = MORNING_MS, **fields: Any) -> None:
    told: dict[str, Any] = {
        "epoch": 1,
        "seq": 0,
        "queue_length": 0,
        "oldest_ms": None,
        "clock_ms": at_ms,
        **fields,
    }
    StatusBoard(enrolled.database, lambda: at_ms).take("S1", terminal_id, StatusReport(**told))


def send(enrolled: Enrolled, *lines: bytes, epoch: int = 1) -> None:
    with enrolled.database.writing() as connection:
        ingest(connection, Batch("S1", "T1", epoch, None, lines), now_ms=NOW_MS)


def said(enrolled: Enrolled, first: str = DAY, last: str = DAY, *, now_ms: int = MORNING_MS) -> Statement:
    with enrolled.database.reading() as connection:
        return compose(connection, "S1", (first, last), hub_id="h", now_ms=now_ms)


def reasons(statement: Statement) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        one.terminal_id: one.reasons for one in statement.terminals if one.reasons
    }
    return found | ({"": statement.reasons} if statement.reasons else {})


def shift(seq: int, kind: str, shift_id: str = "shift-1") -> bytes:
    return event_line(seq, kind=kind, body={"shift_id": shift_id, "number": 1})


@pytest.mark.expected_logs
def test_everything_is_in(enrolled: Enrolled) -> None:
    eur = sale_body(3, total_minor=99) | {"currency": "EUR"}
    next_day = sale_body(4) | {"business_date": "2026-05-29"}
    send(
        enrolled,
        event_line(1),
        event_line(2),
        event_line(3, body=eur),
        event_line(4, body=next_day, business_date="2026-05-29"),
        shift(5, "ShiftOpened"),
        shift(6, "ShiftSettled"),
    )
    report(enrolled, "T1", seq=6)
    report(enrolled, "T2")
    statement = said(enrolled)
    assert (statement.complete, reasons(statement)) == (True, {})
    assert [(one.currency, one.count, one.total_minor) for one in statement.sales] == [
        ("CNY", 2, 2500),
        ("EUR", 1, 99),
    ]
    [first, second] = statement.terminals
    assert [(one.epoch, one.acked_through, one.last_event_ms) for one in first.epochs] == [(1, 6, NOW_MS)]
    assert len(first.epochs[0].chain) == 64
    assert [day.day for day in first.days] == [DAY]
    assert (second.sales, second.is_used) == ((), True)
    assert [
        day.day for day in said(enrolled, last="2026-05-29", now_ms=MORNING_MS + DAY_MS).terminals[0].days
    ] == [
        DAY,
        "2026-05-29",
    ]


def test_every_reason_is_named(enrolled: Enrolled) -> None:
    send(enrolled, event_line(1))
    assert reasons(said(enrolled)) == {"T1": ("never_seen",), "T2": ("never_seen",)}
    report(enrolled, "T2", NOW_MS - DAY_MS)
    report(enrolled, "T1", seq=3, queue_length=2, oldest_ms=NOW_MS)
    assert reasons(said(enrolled)) == {"T1": ("queue_not_empty", "behind"), "T2": ("not_seen_since",)}
    report(enrolled, "T2")
    report(enrolled, "T1", seq=1, epoch=2)
    assert reasons(said(enrolled)) == {"T1": ("behind",)}, "nothing of its new epoch is here"
    send(enrolled, event_line(1, epoch=2, event_id="e2", body=sale_body(9)), epoch=2)
    assert reasons(said(enrolled)) == {}
    assert reasons(said(enrolled, now_ms=NOW_MS)) == {"": ("day_not_over",)}
    send(
        enrolled,
        event_line(2, epoch=2, event_id="e3", kind="ShiftOpened", body={"shift_id": "s", "number": 1}),
        epoch=2,
    )
    assert reasons(said(enrolled)) == {"T1": ("shift_open",)}
    send(enrolled, b"no record", epoch=2)
    assert reasons(said(enrolled)) == {"T1": ("shift_open", "quarantine_open")}


@pytest.mark.parametrize(
    ("zone", "starts", "ended_ms"),
    [
        ("UTC", "00:00", 1_780_012_800_000),
        ("UTC", "04:00", 1_780_012_800_000 + 4 * 3_600_000),
        ("Asia/Shanghai", "04:00", 1_780_012_800_000 - 4 * 3_600_000),
    ],
)
def test_a_business_day_ends_by_the_store_s_own_clock(zone: str, starts: str, ended_ms: int) -> None:
    document = shop_document()
    document["store"] |= {"time_zone": zone, "day_starts_at": starts}
    assert day_end_ms(check_shop(document), DAY) == ended_ms
