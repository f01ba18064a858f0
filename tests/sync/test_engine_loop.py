"""The sync thread: what it does in which order, how it waits, and that it stops at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from sync.engine.http import sorted_error
from sync.engine.link import LinkError
from sync.engine.loop import Host, SyncLoop
from sync.protocol.messages import Change, FeedPage, StatusReply
from tests.sync.conftest import MemoryInbox, MemoryOutbox, SystemClock, ToldLink, Watched


class Till:
    """A loop with its ports in memory."""

    def __init__(self, jitter: float = 0.0) -> None:
        self.link = ToldLink()
        self.outbox = MemoryOutbox()
        self.inbox = MemoryInbox()
        self.watched = Watched()
        self.loop = SyncLoop(
            self.link,
            Host(self.outbox, self.inbox),
            clock=SystemClock(),
            random=lambda: jitter,
            on_status=self.watched,
            pull_every_ms=50,
        )


@pytest.fixture
def till() -> Iterator[Till]:
    one = Till()
    yield one
    one.loop.stop()


def test_push_comes_before_pull_and_sales_during_a_long_pull_go_up(till: Till) -> None:
    till.outbox.lines = [b"1"]
    order: list[str] = []
    push, feed = till.link.push, till.link.feed

    def pushed(lines: list[bytes], **how: int):
        order.append("push")
        return push(lines, **how)

    def fed(stream: str, *, after: str | None, limit: int) -> FeedPage:
        order.append(stream)
        page = feed(stream, after=after, limit=limit)
        if stream == "catalogue" and len(order) < 6:
            till.outbox.lines.append(b"more")
            return FeedPage((Change("upsert", "k", len(order)),), f"f:{len(order)}", True)
        return page

    till.link.push, till.link.feed = pushed, fed
    till.loop.start()
    till.watched.until(lambda status: status.state == "online" and len(order) > 6)
    assert order[:7] == ["push", "settings", "catalogue", "push", "catalogue", "push", "catalogue"]


def test_statuses_tell_number_and_age(till: Till) -> None:
    till.outbox.lines = [b"1", b"2"]
    till.link.push_answers.extend(LinkError("later", "network") for _ in range(3))
    till.loop.start()
    last = till.watched.until(lambda status: status.state == "online" and status.to_send == 0)
    assert last.oldest_ms is None
    assert [(one.state, one.detail) for one in till.watched.seen[:2]] == [
        ("offline", "starting"),
        ("offline", "network"),
    ]
    assert till.watched.seen[1].to_send == 2
    assert till.watched.seen[1].oldest_ms == 1


def test_an_emptied_queue_is_reported_at_once_and_only_once(till: Till) -> None:
    till.outbox.lines = [b"1", b"2"]
    till.link.status_answers.extend(StatusReply("h", 1) for _ in range(3))
    assert till.loop.run_round() == (0, True), "somebody may close the till before the next report is due"
    pause_ms, _wakes = till.loop.run_round()
    assert [one.queue_length for one in till.link.reports] == [2, 0]
    assert pause_ms > 0


@pytest.mark.parametrize(
    ("status", "detail"),
    [(401, "key_refused"), (403, "store_refused"), (426, "upgrade"), (422, "batch_refused")],
)
def test_refusals_wait_long(till: Till, status: int, detail: str) -> None:
    till.outbox.lines = [b"1"]
    till.link.push_answers.append(sorted_error(status, None))
    till.loop.start()
    refused = till.watched.until(lambda one: one.state == "refused")
    assert refused.detail == detail
    till.outbox.lines.append(b"2")
    till.loop.wake()
    till.watched.until(lambda one: one.to_send == 2)
    assert len(till.link.pushes) == 1, "a sale does not end a long wait"


def test_a_refused_batch_does_not_hold_up_what_comes_down(till: Till) -> None:
    till.outbox.lines = [b"1"]
    till.link.push_answers.append(sorted_error(400, None))
    till.link.feed_answers.append(FeedPage((Change("upsert", "shop", 1),), "f:1", False))
    till.loop.start()
    till.watched.until(lambda one: one.state == "refused")
    assert "shop" in till.inbox.rows["settings"]


def test_a_store_that_cannot_is_waited_for(till: Till) -> None:
    till.outbox.broken = True
    till.outbox.lines = [b"1"]
    till.loop.start()
    till.watched.until(lambda one: one.detail == "storage")
    till.outbox.broken = False
    till.watched.until(lambda one: one.state == "online" and one.to_send == 0)


def test_stop_ends_a_hanging_request_and_no_port_is_entered_after(till: Till) -> None:
    till.link.hang = True
    till.outbox.lines = [b"1"]
    till.loop.start()
    till.watched.until(lambda one: one.detail == "starting")
    till.loop.stop()
    assert not any(thread.name == "sync" for thread in threading.enumerate())
    assert till.outbox.acknowledgements == []


def test_stop_returns_even_where_the_link_cannot_be_ended(till: Till) -> None:
    released = threading.Event()
    till.link.close = lambda: None
    till.link.push = lambda lines, **how: (released.wait(20), ToldLink().push(lines, **how))[1]
    till.outbox.lines = [b"1"]
    till.loop.start()
    till.watched.until(lambda one: one.detail == "starting")
    till.loop.stop(within_s=0.2)
    assert not released.is_set(), "the request still hangs, and stop has returned"
    released.set()
    for thread in threading.enumerate():
        if thread.name == "sync":
            thread.join(5)
    assert till.outbox.acknowledgements == [], "the late answer reached no port"


@pytest.mark.expected_logs
@pytest.mark.parametrize("port", ["cursor", "apply", "pending", "backlog"])
def test_a_fault_is_told_written_down_and_tried_again(
    till: Till, port: str, caplog: pytest.LogCaptureFixture
) -> None:
    owner = till.outbox if port in ("pending", "backlog") else till.inbox
    healthy, asked = getattr(owner, port), []

    def faulty(*arguments: object) -> object:
        asked.append(port)
        # The first question is the status at the start.
        if 2 <= len(asked) <= 4:
            raise KeyError("planted")
        return healthy(*arguments)

    setattr(owner, port, faulty)
    till.outbox.lines = [b"1"]
    till.link.feed_answers.extend(FeedPage((Change("upsert", "k", n),), f"f:{n}", False) for n in range(9))
    till.loop.start()
    till.watched.until(lambda one: one.state == "online" and one.to_send == 0 and len(asked) > 4)
    assert any((one.state, one.detail) == ("offline", "fault") for one in till.watched.seen)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL] * 3
    assert all(record.exc_info for record in caplog.records)


def test_a_link_that_was_closed_by_another_says_so(till: Till) -> None:
    till.link.close()
    till.loop.start()
    till.watched.until(lambda one: one.detail == "stopped")


@pytest.mark.expected_logs
def test_a_rest_after_a_fault_ends_at_once_when_stopped() -> None:
    till = Till(jitter=0.999)
    till.inbox.cursor = lambda _stream: 1 / 0
    till.loop.start()
    till.watched.until(lambda one: one.detail == "fault")
    till.loop.wake()
    till.loop.stop()
    assert not any(thread.name == "sync" for thread in threading.enumerate())


def test_wake_cuts_an_idle_wait_short() -> None:
    till = Till()
    loop = SyncLoop(
        till.link,
        Host(till.outbox, till.inbox),
        clock=SystemClock(),
        random=lambda: 0.0,
        on_status=till.watched,
        pull_every_ms=3_600_000,
    )
    loop.start()
    try:
        till.watched.until(lambda one: one.state == "online")
        till.outbox.lines.append(b"1")
        until = time.monotonic() + 10
        while till.outbox.acked == 0 and time.monotonic() < until:
            loop.wake()
            time.sleep(0.01)
        assert till.outbox.acked == 1
    finally:
        loop.stop()
