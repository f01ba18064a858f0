"""Sharing as the judges of small baskets do it: largest remainder, written once more from its meaning."""

from __future__ import annotations

from collections.abc import Sequence


def divide(amount: int, weights: Sequence[int]) -> list[int]:
    """By largest remainder, ties to the earlier one."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = [amount * weight // total for weight in weights]
    rests = sorted((-(amount * weight % total), n) for n, weight in enumerate(weights))
    for _, n in rests[: amount - sum(parts)]:
        parts[n] += 1
    return parts


def divide_above(amount: int, places: Sequence[int], left: Sequence[int], free: dict[int, int]) -> list[int]:
    """By what is left of each; what a unit has no room for (`free`) is borne by the others."""
    parts = divide(amount, [left[place] for place in places])
    while any(part > free[place] for place, part in zip(places, parts, strict=True)):
        over = sum(max(0, part - free[place]) for place, part in zip(places, parts, strict=True))
        parts = [min(part, free[place]) for place, part in zip(places, parts, strict=True)]
        able = [n for n, place in enumerate(places) if parts[n] < free[place]]
        for n, part in zip(able, divide(over, [left[places[n]] for n in able]), strict=True):
            parts[n] += part
    return parts
