"""The next moment at which the clock changes a price: every change of a gate lies at such a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.pricing.goods.gates import is_within
from posapp.domain.pricing.goods.windows import Turns, next_turn
from posapp.domain.pricing.terms.promotion import EachUnit, Off, Promotion, Weekly

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 22, tzinfo=SHANGHAI)
ALWAYS = Promotion("p", "item", EachUnit(Off(ppm=1)))
MINUTES = st.integers(0, 10 * 24 * 60)
WINDOWS = st.builds(
    Weekly,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
)


def test_without_windows_no_time_changes_anything() -> None:
    assert next_turn([ALWAYS], START) is None


def test_an_end_with_a_zone_and_one_of_the_wall_clock() -> None:
    instant = replace(ALWAYS, ends=datetime(2026, 11, 22, 12, tzinfo=UTC))
    wall = replace(ALWAYS, ends=START.replace(hour=21, tzinfo=None))
    assert next_turn([instant, wall], START) == datetime(2026, 11, 22, 20, tzinfo=SHANGHAI)
    assert next_turn([instant, wall], START.replace(hour=20)) == START.replace(hour=21)
    assert next_turn([instant, wall], START.replace(hour=21)) is None


@given(st.lists(WINDOWS, max_size=3), st.none() | MINUTES, MINUTES, MINUTES)
def test_between_two_turns_nothing_changes(
    windows: list[Weekly], ends: int | None, first: int, later: int
) -> None:
    end = None if ends is None else START.replace(tzinfo=None) + timedelta(minutes=ends)
    promotion = replace(ALWAYS, weekly=tuple(windows), ends=end)
    at = START + timedelta(minutes=min(first, later))
    then = START + timedelta(minutes=max(first, later))
    turn = next_turn([promotion], at)
    assert turn is None or turn > at
    if turn is None or then < turn:
        assert is_within(promotion, at) == is_within(promotion, then)


@given(
    st.lists(st.tuples(st.lists(WINDOWS, max_size=2), st.none() | MINUTES), max_size=3),
    st.lists(MINUTES, min_size=1, max_size=6),
)
def test_turns_that_are_kept_are_those_that_are_looked_up(
    windows: list[tuple[list[Weekly], int | None]], moments: list[int]
) -> None:
    wall = START.replace(tzinfo=None)
    promotions = [
        replace(ALWAYS, weekly=tuple(weekly), ends=None if end is None else wall + timedelta(minutes=end))
        for weekly, end in windows
    ]
    turns = Turns()
    for moment in moments:
        at = START + timedelta(minutes=moment)
        assert turns.next_of(promotions, at) == next_turn(promotions, at)
