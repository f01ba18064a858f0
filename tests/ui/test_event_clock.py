"""Times of key events: gaps kept, restarts and wraps mended, told in the till's own clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from posapp.ui.event_clock import LOST_MS, RENEW_MS, EventClock

WRAP = 1 << 32


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 900)), min_size=1, max_size=40))
def test_gaps_are_the_events_and_the_clock_is_the_arrivals(steps: list[tuple[int, int]]) -> None:
    clock, event_ms, arrived_ms, true = EventClock(), 7_000, 0, 0
    for gap_ms, late_ms in steps:
        event_ms += gap_ms
        true = event_ms + 90_000  # the till's clock when it happened
        arrived_ms = max(arrived_ms, true + late_ms)
        before = clock.at(event_ms, arrived_ms)
        assert before == event_ms
        assert true <= clock.monotonic(before) <= arrived_ms
    clock.at(event_ms, true)  # one that came without delay gives the offset away
    assert clock.monotonic(event_ms) == true


def test_a_counter_that_wraps_goes_on() -> None:
    clock = EventClock()
    first = clock.at(WRAP - 3, 1_000)
    assert clock.at(4, 1_007) - first == 7
    assert clock.monotonic(clock.at(10, 1_013)) == 1_013


def test_a_counter_that_begins_anew_goes_on_by_the_arrivals() -> None:
    clock = EventClock()
    first = clock.at(900_000, 1_000)
    assert clock.at(50, 1_040) - first == 40
    assert clock.at(55, 1_046) - first == 45
    assert clock.monotonic(first + 45) in (1_045, 1_046)


def test_events_without_a_time_are_timed_by_their_arrival() -> None:
    clock = EventClock()
    assert [clock.at(0, at) for at in (500, 505, 530)] == [500, 505, 530]
    assert clock.monotonic(530) == 530


def test_a_clock_that_was_set_and_one_that_drifts_are_learned_anew() -> None:
    clock = EventClock()
    clock.at(1_000, 2_000)
    assert clock.monotonic(clock.at(1_500, 2_500 + LOST_MS + 1)) == 2_500 + LOST_MS + 1
    clock = EventClock()
    at_ms = 0
    for period in range(4):
        at_ms += RENEW_MS + 1
        clock.at(at_ms, at_ms + 10 * period)
    assert clock.monotonic(at_ms) == at_ms + 20
