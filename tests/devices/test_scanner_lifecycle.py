"""The UnifiedPOS life of a scanner: every illegal order by its result code, and events one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.devices.scanners.lifecycle import (
    QUEUE_MAX,
    DataEvent,
    ErrorEvent,
    Event,
    LifeCycle,
    Move,
    Result,
    StatusEvent,
)
from posapp.devices.scanners.symbologies import ScanDataType

CLOSED = LifeCycle()
OPEN = CLOSED.open().state
CLAIMED = OPEN.claim().state
ENABLED = CLAIMED.enable(True).state
READY = ENABLED.enable_data_event(True).state


def code(number: int) -> DataEvent:
    return DataEvent(f"]E0{number:013d}", "]E0", f"{number:013d}", number)


MOVES: dict[str, Callable[[LifeCycle], Move]] = {
    "open": LifeCycle.open,
    "close": LifeCycle.close,
    "claim": LifeCycle.claim,
    "claim taken": lambda life: life.claim(taken=True),
    "release": LifeCycle.release,
    "enable": lambda life: life.enable(True),
    "disable": lambda life: life.enable(False),
    "data events": lambda life: life.enable_data_event(True),
    "auto disable": lambda life: life.set_auto_disable(True),
    "clear input": LifeCycle.clear_input,
    "code": lambda life: life.accept(code(1)),
    "status": lambda life: life.accept(StatusEvent("online")),
}

S = Result.SUCCESS
#: By state: the result of every move, in the order above.
TABLE = {
    "closed": (CLOSED, [S, *[Result.CLOSED] * 11]),
    "open": (
        OPEN,
        [
            Result.ILLEGAL, S, S, Result.CLAIMED, Result.ILLEGAL, Result.NOTCLAIMED, Result.NOTCLAIMED, S, S,
            Result.NOTCLAIMED, Result.DISABLED, Result.DISABLED,
        ],
    ),
    "claimed": (CLAIMED, [Result.ILLEGAL, S, S, S, S, S, S, S, S, S, Result.DISABLED, Result.DISABLED]),
    "enabled": (ENABLED, [Result.ILLEGAL, S, S, S, S, S, S, S, S, S, S, S]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_every_move_in_every_state_has_its_result(name: str) -> None:
    state, expected = TABLE[name]
    assert [move(state).result for move in MOVES.values()] == expected


@pytest.mark.parametrize("name", TABLE)
def test_a_refused_move_changes_nothing_and_tells_nothing(name: str) -> None:
    state, _ = TABLE[name]
    state = replace(state, queue=(code(7),))
    for move in MOVES.values():
        done = move(state)
        if done.result is not Result.SUCCESS:
            assert (done.state, done.events) == (state, ())


def test_codes_wait_until_the_application_is_ready_and_come_one_at_a_time() -> None:
    life = ENABLED
    for number in (1, 2, 3):
        move = life.accept(code(number))
        assert move.events == ()
        life = move.state
    assert life.data_count == 3
    for number in (1, 2, 3):
        move = life.enable_data_event(True)
        assert move.events == (code(number),)
        life = move.state
        assert not life.data_event_enabled
        assert life.scan == code(number)
    assert life.enable_data_event(True).events == ()


def test_a_ready_application_is_told_at_once_and_then_is_not_ready() -> None:
    move = READY.accept(code(5))
    assert move.events == (code(5),)
    assert not move.state.data_event_enabled
    assert move.state.accept(code(6)).events == ()


def test_what_was_scanned_is_read_from_the_state() -> None:
    scan = READY.accept(code(5)).state.scan
    assert scan is not None
    assert (scan.scan_data, scan.scan_data_label) == ("]E00000000000005", "0000000000005")
    assert scan.scan_data_type is ScanDataType.EAN13


def test_auto_disable_takes_one_code_and_keeps_what_waits() -> None:
    life = ENABLED.set_auto_disable(True).state.accept(code(1)).state
    assert not life.device_enabled
    assert life.accept(code(2)).result is Result.DISABLED
    assert life.enable_data_event(True).events == (code(1),)


def test_disabling_keeps_what_waits_and_takes_nothing_more() -> None:
    life = ENABLED.accept(code(1)).state.enable(False).state
    assert life.accept(code(2)).result is Result.DISABLED
    assert life.enable_data_event(True).events == (code(1),)


@pytest.mark.parametrize("end", [LifeCycle.clear_input, LifeCycle.release, LifeCycle.close])
def test_clearing_releasing_and_closing_drop_what_waits(end: Callable[[LifeCycle], Move]) -> None:
    life = end(ENABLED.accept(code(1)).state).state
    assert life.queue == ()
    assert life.enable_data_event(True).events == ()


def test_releasing_disables_first() -> None:
    life = ENABLED.release().state
    assert (life.claimed, life.device_enabled) == (False, False)


def test_news_of_the_device_does_not_wait_for_the_application() -> None:
    life = ENABLED.accept(code(1)).state
    assert life.accept(StatusEvent("off_offline")).events == (StatusEvent("off_offline"),)
    assert life.accept(StatusEvent("off_offline")).state == life


def test_an_error_waits_its_turn_among_the_codes() -> None:
    life = ENABLED.accept(code(1)).state.accept(ErrorEvent("half", 2)).state.accept(code(3)).state
    told: list[Event] = []
    for _ in range(3):
        move = life.enable_data_event(True)
        told += move.events
        life = move.state
    assert told == [code(1), ErrorEvent("half", 2), code(3)]
    assert life.scan == code(3)


def test_a_full_queue_refuses_the_next_and_loses_none() -> None:
    life = replace(ENABLED, queue=tuple(code(n) for n in range(QUEUE_MAX)))
    assert life.is_full
    refused = life.accept(code(9999))
    assert (refused.result, refused.state) == (Result.FAILURE, life)


@given(st.lists(st.sampled_from(["code", "ready", "not ready"]), max_size=60))
def test_whatever_the_order_all_codes_come_once_and_in_order(acts: list[str]) -> None:
    life, sent, told = ENABLED, 0, list[Event]()
    for act in acts:
        move = life.accept(code(sent)) if act == "code" else life.enable_data_event(act == "ready")
        sent += act == "code"
        told += move.events
        life = move.state
    while life.queue:
        move = life.enable_data_event(True)
        told += move.events
        life = move.state
    assert told == [code(number) for number in range(sent)]
