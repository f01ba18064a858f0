"""What tills say of themselves: kept, answered with how the hub stands, and clocks that are off."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from sync.hub.database import Database
from sync.hub.fleet.status_board import CLOCK_OFF_MS, ReportError, StatusBoard, checked
from sync.hub.schema.events import EXCEPTION
from sync.hub.schema.status import SETTLED_EXCEPTION, TERMINAL_STATUS
from sync.protocol import codec
from sync.protocol.chain import CHAIN_START, chain_over
from sync.protocol.messages import EpochMark, StatusReply, StatusReport
from sync.protocol.versions import KNOWN_STREAMS
from tests.hub.conftest import NOW_MS, Enrolled, event_line
from tests.hub.fleet_visitor import Fleet
from tests.hub.test_hub_routes import call, push


def reply_of(fleet: Fleet, **fields: Any) -> StatusReply:
    page = fleet.report(**fields)
    assert page.status == 200, page.body
    return codec.decode_message(page.body, StatusReply)


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(table)).all())


def test_a_report_is_kept_and_answered_with_how_the_hub_stands(fleet: Fleet) -> None:
    assert push(fleet.url, fleet.key, [event_line(1), event_line(2), b"no envelope"])[0] == 200
    reply = reply_of(
        fleet, seq=9, queue_length=6, oldest_ms=NOW_MS - 5, app_version="1.2", printer="ready", items=7
    )
    assert (reply.hub_id, reply.time_ms) == (fleet.database.feed_id, NOW_MS)
    held = chain_over(CHAIN_START, (event_line(1), event_line(2), b"no envelope"))
    assert reply.marks == (EpochMark(1, 3, 0, held.hex()),)
    assert (reply.receipt_seq, reply.shift_number) == (2, 0)
    assert (reply.quarantined, reply.exceptions) == (1, 1), "a line, and a batch that nobody signed"
    assert set(reply.heads) == set(KNOWN_STREAMS)
    assert not reply.rotate_key
    [kept] = rows(fleet.database, TERMINAL_STATUS)
    assert (kept.last_seen_ms, kept.clock_offset_ms, kept.queue_length) == (NOW_MS, 0, 6)
    assert (kept.app_version, kept.printer, kept.items, kept.seq) == ("1.2", "ready", 7, 9)


def test_a_later_report_replaces_the_one_before(fleet: Fleet) -> None:
    reply_of(fleet, queue_length=6)
    fleet.clock.ms += 10_000
    reply_of(fleet, queue_length=0)
    reply_of(fleet, terminal_id="T2", queue_length=1)
    assert [
        (row.terminal_id, row.last_seen_ms, row.queue_length) for row in rows(fleet.database, TERMINAL_STATUS)
    ] == [
        ("T1", NOW_MS + 10_000, 0),
        ("T2", NOW_MS + 10_000, 1),
    ]


@pytest.mark.parametrize("offset_ms", [CLOCK_OFF_MS + 1, -CLOCK_OFF_MS - 1])
def test_a_clock_that_is_off_is_noted_once_and_settles_itself(fleet: Fleet, offset_ms: int) -> None:
    reply_of(fleet, clock_ms=NOW_MS + offset_ms // 2)
    assert rows(fleet.database, EXCEPTION) == []
    for _again in range(3):
        fleet.clock.ms += 10_000
        reply = reply_of(fleet, clock_ms=fleet.clock.ms + offset_ms)
    assert reply.exceptions == 1
    [noted] = rows(fleet.database, EXCEPTION)
    assert (noted.kind, noted.terminal_id) == ("clock_off", "T1")
    assert msgspec.json.decode(noted.detail) == {"clock_offset_ms": offset_ms}
    fleet.clock.ms += 10_000
    assert reply_of(fleet).exceptions == 0
    [settled] = rows(fleet.database, SETTLED_EXCEPTION)
    assert (settled.key, settled.outcome, settled.settled_by) == (noted.key, "by_itself", "")
    fleet.clock.ms += 10_000
    assert reply_of(fleet, clock_ms=fleet.clock.ms + offset_ms).exceptions == 1, (
        "off once more is another one"
    )


def test_texts_of_tills_are_cut_and_cleaned() -> None:
    report = StatusReport(
        1, 1, 0, None, 0, app_version="v\0\n1", printer_detail="x" * 500, system="\u202eabc"
    )
    clean = checked(report)
    assert (clean.app_version, len(clean.printer_detail), clean.system) == ("v1", 120, "abc")


@pytest.mark.parametrize("field", ["seq", "epoch", "queue_length", "oldest_ms", "clock_ms", "items"])
@pytest.mark.parametrize("value", [-1, 2**63])
def test_numbers_out_of_bounds_are_refused(field: str, value: int) -> None:
    fields = {"epoch": 1, "seq": 1, "queue_length": 0, "oldest_ms": None, "clock_ms": 0, field: value}
    with pytest.raises(ReportError, match=field):
        checked(StatusReport(**fields))  # type: ignore[arg-type]


def test_reports_are_bounded_and_checked(hub_url: str, enrolled: Enrolled) -> None:
    for body, status in (
        (b"", 400),
        (b"{}", 400),
        (b'{"epoch":1,"seq":-5,"queue_length":0,"oldest_ms":null,"clock_ms":0}', 400),
        (b'{"epoch":1,"seq":1e99,"queue_length":0,"oldest_ms":null,"clock_ms":0}', 400),
        (b"x" * 20_000, 413),
    ):
        path = "/v1/stores/S1/terminals/T1/status"
        assert call(hub_url, "POST", path, key=enrolled.key, body=body)[0] == status, body[:80]


def test_a_report_is_of_the_speaker_s_own_terminal_only(hub_url: str, enrolled: Enrolled) -> None:
    path = "/v1/stores/S1/terminals/T1/status"
    assert call(hub_url, "POST", path, key=enrolled.other_key, body=b"{}")[0] == 403
    assert call(hub_url, "POST", path, body=b"{}")[0] == 401


def test_reports_of_many_tills_at_once_are_all_kept(enrolled: Enrolled) -> None:
    board = StatusBoard(enrolled.database, lambda: NOW_MS)
    replies: list[StatusReply] = []

    def tell(number: int) -> None:
        report = StatusReport(1, number, 0, None, NOW_MS)
        replies.append(board.take("S1", f"X{number}", report))

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(replies) == 40
    with enrolled.database.reading() as connection:
        seqs = connection.execute(select(func.count(), func.sum(TERMINAL_STATUS.c.seq))).one()
    assert (int(seqs[0]), int(seqs[1])) == (40, sum(range(40)))


def test_a_report_that_could_not_be_kept_is_no_success(
    enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise OSError("disk")

    board = StatusBoard(enrolled.database, lambda: NOW_MS)
    monkeypatch.setattr("sync.hub.fleet.status_board.write_reports", fail)
    with pytest.raises(OSError, match="disk"):
        board.take("S1", "T1", StatusReport(1, 1, 0, None, NOW_MS))
    monkeypatch.undo()
    assert board.take("S1", "T1", StatusReport(1, 1, 0, None, NOW_MS)).hub_id == enrolled.database.feed_id
