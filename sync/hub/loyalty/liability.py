"""What points still owe, as IFRS 15 wants it told: part of a sale's price is for the points that it gave.

The price is split by stand-alone value (IFRS 15.B39-B43, example 52, IE267-IE270): that of the goods, and
that of the points as far as they are expected to be used. The points' part is earned as they are used, by the
share of those that are expected at that time. Whole minor units and points; rounding is half up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WHOLE_PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Split:
    """A price, split into what is earned with the goods and what is owed with the points."""

    goods_minor: int
    points_minor: int


def split_price(price_minor: int, goods_minor: int, points_minor: int) -> Split:
    """Split a price by the stand-alone values of goods and points; both 0: all is the goods'."""
    both = goods_minor + points_minor
    owed = _rounded(price_minor * points_minor, both) if both > 0 else 0
    return Split(price_minor - owed, owed)


def worth_of_points(points: int, *, worth_points: int, worth_minor: int, expected_ppm: int) -> int:
    """The stand-alone value of points of which a share is expected to be used."""
    return _rounded(points * worth_minor * expected_ppm, worth_points * WHOLE_PPM)


def earned_by_use(owed_minor: int, used: int, expected: int) -> int:
    """What of the points' part is earned by now: by all points used so far of all that ever will be.

    Less what was earned before, it is the revenue of a period; never more than there is.
    """
    if used <= 0 or expected <= 0:
        return 0
    return min(owed_minor, _rounded(owed_minor * used, expected))


def expected_ppm(used: int, expired: int) -> int:
    """The share of points that is used in the end, by those whose end is known; all of them while none is."""
    known = used + expired
    return WHOLE_PPM if known <= 0 else _rounded(used * WHOLE_PPM, known)


def _rounded(above: int, below: int) -> int:
    return (2 * above + below) // (2 * below)
