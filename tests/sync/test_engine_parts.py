"""Push, pull, backoff and the sorting of answers, without threads or sockets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.backoff import CAP_MS, Backoff
from sync.engine.http import sorted_error
from sync.engine.link import LinkError
from sync.engine.ports import Gone
from sync.engine.pull import Puller
from sync.engine.push import BATCH_EVENTS, Pushed, Pusher
from sync.protocol.messages import Change, FeedPage, PushReply
from tests.sync.conftest import MemoryInbox, MemoryOutbox, ToldLink


def lines(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(1, count + 1)]


def test_push_sends_oldest_first_in_batches() -> None:
    link, outbox = ToldLink(), MemoryOutbox(lines(BATCH_EVENTS + 3))
    pusher = Pusher(link, outbox)
    assert pusher.push_once() == Pushed(BATCH_EVENTS, BATCH_EVENTS)
    assert pusher.push_once() == Pushed(3, BATCH_EVENTS + 3)
    assert pusher.push_once() == Pushed(0, None)
    assert [first for first, _sent in link.pushes] == [1, BATCH_EVENTS + 1]


def test_a_partial_acknowledgement_sends_the_rest_again() -> None:
    link, outbox = ToldLink(), MemoryOutbox(lines(5))
    link.push_answers.append(PushReply(2))
    pusher = Pusher(link, outbox)
    pusher.push_once()
    pusher.push_once()
    assert [(first, len(sent)) for first, sent in link.pushes] == [(1, 5), (3, 3)]


def test_nothing_unsent_is_ever_acknowledged() -> None:
    link, outbox = ToldLink(), MemoryOutbox(lines(5))
    link.push_answers.append(PushReply(10**9))
    Pusher(link, outbox).push_once()
    outbox.lines.append(b"6")
    batch = outbox.pending(10, 10**6)
    assert batch is not None
    assert (batch.first_seq, batch.lines) == (6, [b"6"])


def test_a_hub_that_forgot_is_told_and_not_hammered() -> None:
    link, outbox = ToldLink(), MemoryOutbox(lines(5), acked=3)
    link.push_answers.append(PushReply(0))
    with pytest.raises(LinkError) as trouble:
        Pusher(link, outbox).push_once()
    assert (trouble.value.sort, trouble.value.detail) == ("look", "hub_behind")
    assert outbox.acknowledgements == []
    assert len(link.pushes) == 1


@pytest.mark.expected_logs
def test_a_hub_that_waits_for_what_is_gone_is_told_not_to() -> None:
    link, outbox = ToldLink(), MemoryOutbox(lines(5), gone=3)
    link.push_answers.extend([PushReply(1), PushReply(5)])
    assert Pusher(link, outbox).push_once() == Pushed(2, 5)
    assert link.pushes == [(4, [b"4", b"5"])] * 2
    assert link.oldest == [None, 4]
    assert outbox.acked == 5


@pytest.mark.expected_logs
def test_a_hub_that_does_not_understand_what_is_gone_is_sent_the_rest() -> None:
    link = ToldLink()
    outbox = MemoryOutbox(lines(2), epoch=2, lost_epochs=(Gone(1, 5),))
    link.push_answers.append(LinkError("look", "batch_refused"))
    Pusher(link, outbox).tell_gone()
    assert link.pushes == [(5, [])]
    assert link.oldest == [5]
    assert outbox.lost_epochs == (Gone(1, 5),)
    link.push_answers.append(LinkError("later", "network"))
    with pytest.raises(LinkError):
        Pusher(link, outbox).tell_gone()


def test_a_hub_that_has_all_but_the_new_lines_is_told_nothing() -> None:
    link, outbox = ToldLink(), MemoryOutbox(lines(5), acked=3, gone=3)
    Pusher(link, outbox).push_once()
    assert link.oldest == [None]


def test_a_batch_that_is_too_large_is_halved_down_to_one() -> None:
    link, outbox = ToldLink(), MemoryOutbox(lines(4))
    link.push_answers.extend(sorted_error(413, None) for _ in range(4))
    pusher = Pusher(link, outbox)
    assert [pusher.push_once().sent for _ in range(2)] == [0, 0]
    with pytest.raises(LinkError):
        pusher.push_once()
    assert [len(sent) for _first, sent in link.pushes] == [4, 2, 1]
    assert outbox.acked == 0


def test_pull_saves_the_cursor_with_the_rows() -> None:
    link, inbox = ToldLink(), MemoryInbox()
    change = Change("upsert", "k", 1)
    link.feed_answers.extend([FeedPage((change,), "f:1", True), FeedPage((), "f:2", False)])
    puller = Puller(link, inbox)
    assert puller.pull_once("catalogue")
    assert not puller.pull_once("catalogue")
    assert link.feeds == [("catalogue", None), ("catalogue", "f:1")]
    assert inbox.applied == [("catalogue", 1, "f:1"), ("catalogue", 0, "f:2")]


def test_a_quiet_page_writes_nothing() -> None:
    link, inbox = ToldLink(), MemoryInbox(cursors={"catalogue": "f:2"})
    Puller(link, inbox).pull_once("catalogue")
    assert inbox.applied == []


def test_an_unknown_cursor_starts_the_stream_anew_once() -> None:
    link, inbox = ToldLink(), MemoryInbox(cursors={"catalogue": "old:9"})
    link.feed_answers.append(sorted_error(410, None))
    puller = Puller(link, inbox)
    assert puller.pull_once("catalogue")
    assert inbox.applied == [("catalogue", 0, None)]
    puller.pull_once("catalogue")
    assert link.feeds[-1] == ("catalogue", None)
    link.feed_answers.append(sorted_error(410, None))
    inbox.cursors.clear()
    with pytest.raises(LinkError):
        puller.pull_once("catalogue")


def test_a_page_that_does_not_move_on_ends_the_round() -> None:
    link, inbox = ToldLink(), MemoryInbox(cursors={"catalogue": "f:1"})
    link.feed_answers.append(FeedPage((), "f:1", True))
    assert not Puller(link, inbox).pull_once("catalogue")


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=200))
def test_waits_are_jittered_grow_and_stay_under_the_cap(chances: list[float]) -> None:
    source = iter(chances)
    backoff = Backoff(lambda: next(source))
    for failure, chance in enumerate(chances):
        ceiling = min(CAP_MS, 500 * 2**failure)
        assert backoff.next_ms() == int(chance * ceiling)


def test_backoff_starts_over_after_success_and_honours_the_hub() -> None:
    backoff = Backoff(lambda: 0.999)
    waits = [backoff.next_ms() for _ in range(20)]
    assert waits[0] < 500 <= waits[2]
    assert waits[-1] < CAP_MS
    backoff.reset()
    assert backoff.next_ms() < 500
    assert 7_000 <= backoff.next_ms(7_000) < 7_500
    assert backoff.next_ms(10**9) <= CAP_MS + 500
    assert backoff.next_ms(-5) >= 0


@pytest.mark.parametrize(
    ("status", "sort"),
    [
        (401, "stop"),
        (403, "stop"),
        (404, "upgrade"),
        (426, "upgrade"),
        (410, "anew"),
        (413, "look"),
        (400, "look"),
        (422, "look"),
        (408, "later"),
        (429, "later"),
        (500, "later"),
        (503, "later"),
        (302, "later"),
    ],
)
def test_answers_are_sorted(status: int, sort: str) -> None:
    assert sorted_error(status, None).sort == sort


def test_retry_after_counts_in_seconds_only() -> None:
    assert sorted_error(503, "7").retry_after_ms == 7_000
    assert sorted_error(503, "Wed, 21 Oct 2026 07:28:00 GMT").retry_after_ms is None
    assert sorted_error(503, "-1").retry_after_ms is None


@pytest.mark.parametrize(
    ("status", "word", "sort", "detail"),
    [
        (403, "revoked", "stop", "revoked"),
        (403, "terminal_removed", "stop", "terminal_removed"),
        (403, "store_refused", "stop", "store_refused"),
        (403, "", "stop", "store_refused"),
        (400, "bad_cursor", "anew", "hub_behind"),
        (400, "unreadable_batch", "look", "batch_refused"),
        (409, "challenge_over", "later", "hub_busy"),
    ],
)
def test_the_hubs_own_word_tells_refusals_apart(status: int, word: str, sort: str, detail: str) -> None:
    error = sorted_error(status, None, word)
    assert (error.sort, error.detail, error.word) == (sort, detail, word)
