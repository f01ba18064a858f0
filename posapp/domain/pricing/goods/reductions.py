"""What one reduction takes off one price: shares, amounts, prices, and the floors that hold it up.

Whole numbers of minor units only; a share is rounded by the mode that the policy declares, a floor that is a
share of the price is rounded up. Nothing is ever negative: a price above the unit's own takes nothing off.
"""

from __future__ import annotations

from posapp.domain.money import Mode, round_div
from posapp.domain.pricing.terms.promotion import Limits, Off

PPM_OF_ALL = 1_000_000


def share_gain(price_minor: int, ppm: int, mode: Mode) -> int:
    """A share of a price, rounded."""
    if mode == "half_up":
        return (2 * price_minor * ppm + PPM_OF_ALL) // (2 * PPM_OF_ALL)
    return round_div(price_minor * ppm, PPM_OF_ALL, mode)


def off_gain(off: Off, price_minor: int, mode: Mode) -> int:
    """What a reduction takes off a unit at a price, at most all of it."""
    if off.ppm is not None:
        gain = share_gain(price_minor, off.ppm, mode)
    elif off.minor is not None:
        gain = off.minor
    else:
        gain = price_minor - (off.price_minor or 0)
    return min(max(gain, 0), price_minor)


def floor_of(limits: Limits, base_minor: int, goods_floor_minor: int = 0) -> int:
    """What a unit of a price never falls below: the highest of the promotion's floors and the goods' own."""
    floor = goods_floor_minor
    if limits.floor_minor is not None and limits.floor_minor > floor:
        floor = limits.floor_minor
    if limits.floor_ppm is not None:
        floor = max(floor, -(-base_minor * limits.floor_ppm // PPM_OF_ALL))
    return floor
