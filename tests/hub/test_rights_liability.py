"""What points owe: the standard's own example to the last unit, and never more than there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.hub.loyalty.liability import Split, earned_by_use, expected_ppm, split_price, worth_of_points


def test_the_example_of_the_standard() -> None:
    """IFRS 15 example 52 (IE267-IE270), in whole currency units."""
    points = worth_of_points(10_000, worth_points=1, worth_minor=1, expected_ppm=950_000)
    assert points == 9_500
    split = split_price(100_000, 100_000, points)
    assert split == Split(91_324, 8_676)
    first = earned_by_use(split.points_minor, 4_500, 9_500)
    assert (first, split.points_minor - first) == (4_110, 4_566)
    then = earned_by_use(split.points_minor, 8_500, 9_700)
    assert (then - first, split.points_minor - then) == (3_493, 1_073)


def test_the_same_with_other_shares_of_points_that_are_used() -> None:
    """100,000 sold with 10,000 points of which 97 % are expected to be used; later 9,900, or 9,200."""
    points = worth_of_points(10_000, worth_points=1, worth_minor=1, expected_ppm=970_000)
    assert points == 9_700
    # By stand-alone values 100,000 and 9,700 (IFRS 15.76): 91,158 and 8,842, which is 91,000 and 9,000 where
    # the figures are told in whole thousands, as the worked figures below take them.
    split = split_price(100_000, 100_000, points)
    assert split == Split(91_158, 8_842)
    assert [round(part, -3) for part in (split.goods_minor, split.points_minor)] == [91_000, 9_000]
    for owed, first, then_9_900, then_9_200 in ((9_000, 4_175, 3_552, 4_140), (8_842, 4_102, 3_490, 4_067)):
        assert earned_by_use(owed, 4_500, 9_700) == first
        assert earned_by_use(owed, 8_500, 9_900) - first == then_9_900
        assert earned_by_use(owed, 8_500, 9_200) - first == then_9_200
        # All that ever will be used is used: nothing is owed any more, however few points that were.
        assert earned_by_use(owed, 9_200, 9_200) == owed == earned_by_use(owed, 10_000, 9_900)


def test_the_expected_share_is_that_of_points_whose_end_is_known() -> None:
    assert expected_ppm(0, 0) == 1_000_000
    assert expected_ppm(95, 5) == 950_000
    assert expected_ppm(0, 5) == 0


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6))
def test_nothing_is_lost_and_nothing_is_earned_twice(price: int, goods: int, points: int, used: int) -> None:
    split = split_price(price, goods, points)
    assert split.goods_minor + split.points_minor == price
    assert min(split.goods_minor, split.points_minor) >= 0
    earned = earned_by_use(split.points_minor, used, 500_000)
    assert 0 <= earned <= split.points_minor
    assert earned <= earned_by_use(split.points_minor, used + 1, 500_000)
