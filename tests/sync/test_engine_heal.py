"""What is done where hub and terminal remember differently: the rules, and the loop that follows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.engine.heal import Healing, heal
from sync.engine.http import sorted_error
from sync.engine.link import LinkError
from sync.engine.loop import PUSHES_A_TURN, Host, SyncLoop
from sync.engine.ports import Beginning, Held
from sync.engine.push import BATCH_EVENTS
from sync.protocol.chain import CHAIN_START, chain_over
from sync.protocol.messages import Change, EpochMark, FeedPage, PushReply, StatusReply
from sync.protocol.versions import EPOCH_MARKS_MAX
from tests.sync.conftest import MemoryInbox, MemoryOutbox, SystemClock, ToldLink, Watched

OWN = bytes(32)


def held(*marks: EpochMark, seq: int = 90, receipts: int = 50, hub_id: str = "h") -> Held:
    return Held(marks[-1].epoch, seq, receipts, 3, hub_id, marks)


def reply(*marks: EpochMark, hub_id: str = "h", receipts: int = 0, shifts: int = 0) -> StatusReply:
    return StatusReply(hub_id, 1, marks, receipts, shifts)


def mended(
    ours: Held, theirs: StatusReply, *, ours_at: dict[tuple[int, int], bytes] | None = None
) -> tuple[EpochMark, ...] | None:
    """The marks to be taken, where nothing else is to be done."""
    chains = ours_at or {}
    healing = heal(ours, theirs, lambda epoch, seq: chains.get((epoch, seq)), is_first=False)
    assert healing.beginning is None
    return healing.marks


def test_nothing_is_done_where_both_remember_the_same() -> None:
    mark = EpochMark(7, 80, 20)
    assert mended(held(mark), reply(EpochMark(7, 80, 20, "aa"))) is None
    assert mended(held(mark), reply(EpochMark(7, 85, 20, "aa"))) is None, "an answer that was lost"


def test_a_backup_of_the_hub_is_noted_and_never_beyond_what_it_answered() -> None:
    assert mended(held(EpochMark(7, 80, 20)), reply(EpochMark(7, 80, 60))) == (EpochMark(7, 80, 60),)
    assert mended(held(EpochMark(7, 80, 20)), reply(EpochMark(7, 90, 90))) == (EpochMark(7, 80, 80),)


@pytest.mark.parametrize(
    ("chain", "acked"), [(OWN.hex(), 60), ("bb" * 32, 0), ("", 0)], ids=["ours", "another's", "unknown"]
)
def test_what_a_hub_lost_is_sent_again_from_where_the_chain_proves(chain: str, acked: int) -> None:
    found = mended(held(EpochMark(7, 80, 60)), reply(EpochMark(7, 60, 50, chain)), ours_at={(7, 60): OWN})
    assert found == (EpochMark(7, acked, min(acked, 50)),)


def test_another_life_of_the_hub_has_to_prove_every_epoch() -> None:
    ours = held(EpochMark(5, 40, 40), EpochMark(6, 9, 9), EpochMark(7, 80, 60))
    theirs = reply(
        EpochMark(5, 40, 40, OWN.hex()), EpochMark(6, 12, 9, OWN.hex()), EpochMark(7, 80, 0, OWN.hex()),
        hub_id="other",
    )  # fmt: skip
    assert mended(ours, theirs, ours_at={(5, 40): OWN, (7, 80): OWN}) == (
        EpochMark(5, 40, 40),
        EpochMark(6, 0, 0),
        EpochMark(7, 80, 0),
    )


def test_an_epoch_that_the_hub_does_not_name_is_not_held() -> None:
    ours = held(EpochMark(6, 9, 9), EpochMark(7, 80, 60))
    theirs = reply(EpochMark(7, 80, 60, OWN.hex()))
    assert mended(ours, theirs, ours_at={(7, 80): OWN}) == (EpochMark(6, 0, 0), EpochMark(7, 80, 60))


def test_epochs_that_a_full_list_has_no_room_for_are_let_be() -> None:
    others = tuple(EpochMark(100 + number, 1, 0) for number in range(EPOCH_MARKS_MAX - 1))
    ours = held(EpochMark(6, 9, 9), EpochMark(200, 80, 60))
    assert mended(ours, reply(*others, EpochMark(200, 80, 60))) is None
    newer = held(EpochMark(150, 9, 9), EpochMark(200, 80, 60))
    lost = mended(newer, reply(*others[:10], *others[-20:], EpochMark(200, 80, 60)))
    assert lost is not None
    assert lost[0] == EpochMark(150, 0, 0)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_first", "forked", "reason"),
    [
        # The hub holds more of our epoch than we ever gave out.
        (held(EpochMark(7, 80, 0)), reply(EpochMark(7, 91, 0)), False, None, "restored"),
        (held(EpochMark(7, 80, 0)), reply(EpochMark(7, 90, 0)), True, None, None),
        # It knows a later epoch that is not ours, and has not heard of ours yet.
        (held(EpochMark(7, 0, 0)), reply(EpochMark(8, 1, 0)), True, None, "restored"),
        # Said once a run, or two copies would go on for ever.
        (held(EpochMark(7, 0, 0)), reply(EpochMark(8, 1, 0)), False, None, None),
        # What it heard of is ours alone, now and at the next start.
        (held(EpochMark(7, 80, 0)), reply(EpochMark(7, 80, 0), EpochMark(8, 1, 0)), True, None, None),
        (held(EpochMark(7, 80, 0)), reply(EpochMark(6, 10, 0), EpochMark(7, 80, 0)), True, None, None),
        (held(EpochMark(7, 80, 0)), reply(EpochMark(7, 80, 0)), False, 7, "forked"),
        (held(EpochMark(7, 80, 0)), reply(EpochMark(7, 80, 0)), False, 6, None),
        (held(EpochMark(7, 0, 0), receipts=2), reply(receipts=51), True, None, "set_up"),
        (held(EpochMark(7, 0, 0), receipts=2), reply(shifts=4), True, None, "set_up"),
        (held(EpochMark(7, 0, 0), receipts=2), reply(receipts=51), False, None, None),
        (held(EpochMark(7, 0, 0), receipts=51), reply(receipts=51, shifts=3), True, None, None),
    ],
)
def test_when_numbers_go_on_higher(
    ours: Held, theirs: StatusReply, is_first: bool, forked: int | None, reason: str | None
) -> None:
    found = heal(ours, theirs, lambda _epoch, _seq: None, is_first=is_first, forked_epoch=forked).beginning
    assert (found and found.reason) == reason
    if found is not None:
        newest = max((mark.epoch for mark in theirs.marks), default=0)
        assert (found.epoch, found.hub_epoch) == (7, newest)
        assert (found.receipt_seq, found.shift_number) == (theirs.receipt_seq, theirs.shift_number)


@pytest.mark.parametrize(
    ("receipts", "shifts", "theirs", "reason"),
    [
        (20_100, 203, (30_050, 301), None),
        (20_100, 203, (20_100, 203), None),
        # Another copy works on right after our numbers, or soon will.
        (20_100, 203, (20_101, 203), "restored"),
        (28_999, 203, (30_050, 301), None),
        (29_000, 203, (30_050, 301), "restored"),
        (29_000, 203, (29_000, 301), None),
        (20_100, 289, (30_050, 301), None),
        (20_100, 290, (30_050, 301), "restored"),
        # It has only just begun there, or has ended what came before.
        (29_999, 203, (30_000, 203), "restored"),
        (20_100, 203, (30_000, 300), None),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_copies_at_work_keep_their_own_numbers_until_these_end(
    receipts: int, shifts: int, theirs: tuple[int, int], reason: str | None, is_first: bool
) -> None:
    ours = Held(7, 90, receipts, shifts, "h", (EpochMark(7, 80, 0),))
    marks = (EpochMark(7, 80, 0), EpochMark(8, 40, 0))
    said = reply(*marks, receipts=theirs[0], shifts=theirs[1])
    found = heal(ours, said, lambda *_: None, is_first=is_first)
    assert (found.beginning and found.beginning.reason) == reason


@pytest.mark.parametrize(
    ("theirs", "ours_at", "is_doubt"),
    [
        (EpochMark(8, 5, 0, OWN.hex()), (8, 5), False),
        # Another copy stands at our place, or has gone on beyond it; a hub without chains says nothing.
        (EpochMark(8, 5, 0, "bb" * 32), (8, 5), True),
        (EpochMark(8, 9, 0, OWN.hex()), (8, 5), True),
        (EpochMark(8, 5, 0), (8, 5), False),
    ],
)
def test_what_came_last_must_be_what_is_held_there(
    theirs: EpochMark, ours_at: tuple[int, int], is_doubt: bool
) -> None:
    ours = held(EpochMark(7, 30, 0), EpochMark(8, 5, 0), EpochMark(9, 0, 0))
    other = EpochMark(7, 50, 0, "aa" * 32)

    def found(*, may_doubt: bool) -> Healing:
        return heal(
            ours,
            reply(other, theirs),
            lambda *at: OWN if at == ours_at else None,
            is_first=False,
            may_doubt=may_doubt,
        )

    assert found(may_doubt=False) == Healing()
    again = tuple(EpochMark(epoch, 0, 0) for epoch in (7, 8, 9))
    assert found(may_doubt=True) == (Healing(again, is_doubt=True) if is_doubt else Healing())


def test_the_same_ledger_at_the_same_hub_is_nothing_to_heal() -> None:
    assert (
        heal(
            held(EpochMark(7, 90, 0)),
            reply(EpochMark(7, 90, 0), receipts=50, shifts=3),
            lambda *_: None,
            is_first=True,
        )
        == Healing()
    )


# ---------------------------------------------------------------------- the loop


class Till:
    """A loop whose rounds are run one by one."""

    def __init__(self, streams: tuple[str, ...] = (), pull_every_ms: int = 3_600_000) -> None:
        self.link = ToldLink()
        self.outbox = MemoryOutbox(hub_id="h")
        self.inbox = MemoryInbox()
        self.watched = Watched()
        self.clock = SystemClock()
        self.loop = SyncLoop(
            self.link,
            Host(self.outbox, self.inbox),
            clock=self.clock,
            random=lambda: 0.0,
            on_status=self.watched,
            streams=streams,
            pull_every_ms=pull_every_ms,
        )

    def sell(self, count: int) -> None:
        have = len(self.outbox.lines)
        self.outbox.lines += [b"%d" % number for number in range(have + 1, have + count + 1)]

    def chain(self, seq: int) -> str:
        return chain_over(CHAIN_START, self.outbox.lines[:seq]).hex()


@pytest.fixture
def till() -> Iterator[Till]:
    one = Till()
    yield one
    one.loop.stop()


def test_a_round_reports_first_and_the_batch_carries_its_chain(till: Till) -> None:
    till.sell(3)
    till.link.status_answers.append(reply(receipts=0))
    till.loop.run_round()
    (report,) = till.link.reports
    assert (report.epoch, report.seq, report.queue_length, report.oldest_ms) == (1, 3, 3, 1)
    assert till.link.chains == [bytes.fromhex(till.chain(3))]
    assert till.outbox.acked == 3


def test_work_between_two_reports_is_only_sent(till: Till) -> None:
    till.link.status_answers.append(reply())
    till.loop.run_round()
    till.sell(1)
    till.loop.run_round()
    assert (len(till.link.reports), till.outbox.acked) == (1, 1)


def test_a_hub_that_was_put_back_gets_it_again_also_without_a_sale(till: Till) -> None:
    till.sell(5)
    till.outbox.acked = 5
    till.link.status_answers.append(reply(EpochMark(1, 2, 0, till.chain(2))))
    till.loop.run_round()
    assert [(first, len(lines)) for first, lines in till.link.pushes] == [(3, 3)]
    assert till.outbox.acked == 5


def test_a_hub_that_is_found_behind_by_a_push_is_asked_before_people_are(till: Till) -> None:
    till.link.status_answers.append(reply(EpochMark(1, 4, 0)))
    till.sell(4)
    till.outbox.acked = 4
    till.loop.run_round()
    till.sell(1)
    till.link.push_answers.append(PushReply(1))
    assert till.loop.run_round() == (0, True)
    till.link.status_answers.append(reply(EpochMark(1, 1, 0, till.chain(1))))
    till.loop.run_round()
    assert till.link.pushes[-1] == (2, [b"2", b"3", b"4", b"5"])
    assert till.watched.seen[-1].state == "online"


@pytest.mark.expected_logs
def test_a_hub_that_stays_behind_is_told(till: Till) -> None:
    till.sell(4)
    till.outbox.acked = till.outbox.gone = 3
    till.link.status_answers.extend(reply(EpochMark(1, 1, 0, till.chain(1))) for _ in range(2))
    till.link.push_answers.extend(PushReply(1) for _ in range(4))
    till.loop.run_round()
    till.loop.run_round()
    assert (till.watched.seen[-1].state, till.watched.seen[-1].detail) == ("refused", "hub_behind")
    assert till.link.oldest == [None, 4, None, 4], "it was told, and waits all the same: an older one"


@pytest.mark.expected_logs
def test_a_fork_leads_to_a_new_epoch_above_what_the_hub_then_says(till: Till) -> None:
    till.sell(2)
    till.link.status_answers.extend([reply(receipts=0), reply(EpochMark(1, 2, 0), receipts=77, shifts=5)])
    till.link.push_answers.append(PushReply(2, 0, "h", forked=True))
    assert till.loop.run_round() == (0, True)
    till.loop.run_round()
    assert till.outbox.begun == [Beginning("forked", 1, 1, 77, 5)]
    till.loop.run_round()
    assert len(till.outbox.begun) == 1


def test_another_life_of_the_hub_is_asked_at_once(till: Till) -> None:
    till.link.status_answers.append(reply())
    till.loop.run_round()
    till.sell(1)
    till.link.push_answers.append(PushReply(1, 0, "other"))
    assert till.loop.run_round() == (0, True)
    till.link.status_answers.append(reply(EpochMark(1, 1, 0, till.chain(1)), hub_id="other"))
    till.loop.run_round()
    assert (till.outbox.hub_id, till.outbox.acked) == ("other", 1)


@pytest.mark.parametrize(
    "trouble",
    [
        sorted_error(404, None),
        sorted_error(400, None),
        sorted_error(500, None),
        LinkError("later", "reply_unreadable"),
    ],
)
def test_sales_go_up_also_where_the_hub_takes_no_reports(till: Till, trouble: LinkError) -> None:
    till.sell(1)
    till.link.status_answers.append(trouble)
    till.loop.run_round()
    assert (till.outbox.acked, till.watched.seen[-1].state) == (1, "online")


@pytest.mark.parametrize(
    "trouble", [sorted_error(503, "7"), sorted_error(401, None), LinkError("later", "network")]
)
def test_a_hub_that_is_away_or_asks_for_a_pause_is_not_pushed_to(till: Till, trouble: LinkError) -> None:
    till.sell(1)
    till.link.status_answers.append(trouble)
    wait_ms, _wakes = till.loop.run_round()
    assert till.link.pushes == []
    assert wait_ms >= (trouble.retry_after_ms or 0)


def test_only_streams_that_moved_are_asked_for() -> None:
    till = Till(("settings", "catalogue"), pull_every_ms=0)
    heads = {"settings": "c", "catalogue": "c"}

    def round_with(told: dict[str, str]) -> list[str]:
        till.link.feeds.clear()
        till.link.status_answers.append(StatusReply("h", 1, heads=told))
        till.loop.run_round()
        return [stream for stream, _after in till.link.feeds]

    assert round_with(heads) == ["settings", "catalogue"], "each once, whatever was left by an earlier run"
    assert round_with(heads) == []
    assert round_with({"settings": "c", "catalogue": "d"}) == ["catalogue"]
    assert round_with({"settings": "c"}) == ["catalogue"], "a hub that does not say is asked"
    till.loop.stop()


def test_a_stream_that_broke_off_is_asked_for_again_whatever_its_cursor() -> None:
    till = Till(("catalogue",))
    till.link.status_answers.extend(StatusReply("h", 1, heads={"catalogue": "c"}) for _ in range(2))
    till.link.feed_answers.extend(
        [FeedPage((Change("upsert", "k", 1),), "c", True), LinkError("later", "network")]
    )
    till.loop.run_round()
    assert till.inbox.cursors == {"catalogue": "c"}
    till.loop.run_round()
    assert [after for _stream, after in till.link.feeds] == [None, "c", "c"]
    till.loop.stop()


def test_a_long_queue_leaves_time_for_what_comes_down() -> None:
    till = Till(("settings",))
    till.sell(BATCH_EVENTS * (PUSHES_A_TURN + 1))
    assert till.loop.run_round() == (0, True)
    assert len(till.link.pushes) == PUSHES_A_TURN
    assert [stream for stream, _after in till.link.feeds] == ["settings"]
    till.loop.run_round()
    assert till.outbox.acked == len(till.outbox.lines)
    till.loop.stop()


def test_a_key_is_changed_when_the_hub_asks(till: Till) -> None:
    till.link.status_answers.append(StatusReply("h", 1, rotate_key=True))
    till.loop.run_round()
    assert till.link.rotations == 1
