"""Levels by net spending with terms, and when points ripen and end, at their very edges."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.members.levels import (
    NO_LEVEL,
    HeldLevel,
    level_after,
    reached,
    to_next_minor,
    window_from_ms,
)
from posapp.domain.members.points_dates import PointsDates, dates_of_earned, least_end_of_points_back_ms
from posapp.domain.members.programme import DAY_MS, Level, PointsWorth, Programme

BASE = Level("base", {"en": "Base"})
SILVER = Level("silver", {"en": "Silver"}, 100_000)
GOLD = Level("gold", {"en": "Gold"}, 500_000)
PROGRAMME = Programme(
    is_on=True, levels=(BASE, SILVER, GOLD), level_window_days=365, level_term_days=30, return_days=7
)
NOW = 1_795_000_000_000
TERM = 30 * DAY_MS


@pytest.mark.parametrize(
    ("spend", "level", "to_next"),
    [
        (0, BASE, (SILVER, 100_000)),
        (99_999, BASE, (SILVER, 1)),
        (100_000, SILVER, (GOLD, 400_000)),
        (499_999, SILVER, (GOLD, 1)),
        (500_000, GOLD, None),
        (-1, None, (BASE, 1)),
    ],
)
def test_a_level_is_reached_by_the_very_amount(
    spend: int, level: Level | None, to_next: tuple[Level, int] | None
) -> None:
    assert reached((GOLD, BASE, SILVER), spend) == level
    assert to_next_minor((GOLD, BASE, SILVER), spend) == to_next


def test_spending_raises_a_level_at_once_with_a_term_of_its_own() -> None:
    silver = HeldLevel("silver", NOW - DAY_MS, NOW + 1)
    assert level_after(silver, 500_000, PROGRAMME, NOW) == HeldLevel("gold", NOW, NOW + TERM)
    assert level_after(NO_LEVEL, 0, PROGRAMME, NOW) == HeldLevel("base", NOW, NOW + TERM)


def test_a_return_lowers_no_level_inside_its_term() -> None:
    gold = HeldLevel("gold", NOW - 5, NOW + 1)
    assert level_after(gold, 0, PROGRAMME, NOW) is gold
    assert level_after(gold, 500_000, PROGRAMME, NOW) is gold


def test_when_the_term_is_over_the_spending_says_what_is_next() -> None:
    gold = HeldLevel("gold", NOW - TERM, NOW)
    assert level_after(gold, 100_000, PROGRAMME, NOW) == HeldLevel("silver", NOW, NOW + TERM)
    assert level_after(gold, 500_000, PROGRAMME, NOW) == HeldLevel("gold", NOW - TERM, NOW + TERM)


def test_a_level_that_is_no_more_is_as_none() -> None:
    gone = HeldLevel("platinum", NOW, NOW + 1)
    assert level_after(gone, 100_000, PROGRAMME, NOW) == HeldLevel("silver", NOW, NOW + TERM)
    no_base = dataclasses.replace(PROGRAMME, levels=(SILVER,))
    assert level_after(gone, 0, no_base, NOW) == NO_LEVEL


def test_the_window_goes_back_so_many_days() -> None:
    assert window_from_ms(PROGRAMME, NOW) == NOW - 365 * DAY_MS


@given(st.lists(st.tuples(st.integers(0, 700_000), st.integers(0, 40 * DAY_MS)), max_size=12))
def test_a_level_never_falls_inside_its_term(looks: list[tuple[int, int]]) -> None:
    held, now_ms = NO_LEVEL, NOW
    ranks = {"": -1, "base": 0, "silver": 1, "gold": 2}
    for spend, passed_ms in looks:
        now_ms += passed_ms
        found = level_after(held, spend, PROGRAMME, now_ms)
        if now_ms < held.until_ms:
            assert ranks[found.level_id] >= ranks[held.level_id]
            assert found.until_ms >= held.until_ms
        assert now_ms < found.until_ms
        by_spend = reached(PROGRAMME.levels, spend)
        assert by_spend is not None
        assert ranks[found.level_id] >= ranks[by_spend.level_id]
        held = found


def test_points_ripen_when_goods_can_come_back_no_more_and_end_later() -> None:
    assert dates_of_earned(PROGRAMME, NOW) == PointsDates(NOW + 7 * DAY_MS, NOW + 372 * DAY_MS)
    for_ever = dataclasses.replace(PROGRAMME, points_days=0, return_days=0)
    assert dates_of_earned(for_ever, NOW) == PointsDates(NOW, None)


def test_points_that_come_back_can_be_used_for_a_while() -> None:
    assert least_end_of_points_back_ms(PROGRAMME, NOW) == NOW + 30 * DAY_MS


def test_the_worth_of_points_is_rounded_up() -> None:
    assert PointsWorth(100, 1).of(1) == 1
    assert PointsWorth(100, 1).of(100) == 1
    assert PointsWorth(100, 1).of(101) == 2
    assert PointsWorth(1, 3).of(7) == 21
    assert PointsWorth().of(0) == 0
