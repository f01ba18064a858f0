"""Sharing an amount over goods: by largest remainder, or by the convention that another system declares.

Every way gives shares that add up to the amount exactly, mirrors a negative amount and takes nothing from a
weight of zero while another has one. Knows weights and rooms only, neither promotions nor goods, so that item
layer, order layer, points and funding share by the very same few lines. Our own way works on runs of equal
units as well, because a line of a thousand pieces is one line and not a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.money import round_div
from posapp.domain.pricing.terms.policy import Mode, Sharing

#: Units of a run after sharing: (how many, share of each).
RunShare = tuple[int, int]


def share(
    amount: int,
    weights: Sequence[int],
    how: Sharing = "largest_remainder",
    *,
    mode: Mode = "half_up",
    rooms: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Share an amount over weights (none below zero); `rooms` is what each can take at most, by size.

    `mode` rounds the shares where one takes the rest. Where all weights are zero the first takes everything.
    Raises ValueError where there is nobody, where a weight is negative, or where the rooms are too small.
    """
    if not weights:
        if amount:
            raise ValueError("an amount cannot be shared out among nobody")
        return ()
    if min(weights) < 0:
        raise ValueError("weights are never negative")
    if amount < 0:
        return tuple(-part for part in share(-amount, weights, how, mode=mode, rooms=rooms))
    if not any(weights):
        shares = [amount, *([0] * (len(weights) - 1))]
    else:
        shares = _share_by(amount, weights, how, mode)
    return tuple(shares if rooms is None else _kept_in(shares, weights, rooms))


def _share_by(amount: int, weights: Sequence[int], how: Sharing, mode: Mode) -> list[int]:
    match how:
        case "largest_remainder":
            return largest_remainder(amount, weights)
        case "equal_per_unit":
            return _equal_per_unit(amount, weights)
        case "largest_ratio":
            return _largest_ratio(amount, weights)
        case "in_order":
            return _in_order(amount, weights)
        case "rounded_from_first":
            return _rounded_from_first(amount, weights)
        case "truncate_from_end":
            return _truncate_from_end(amount, weights)
        case "last_takes_rest":
            return _one_takes_rest(
                amount, weights, max(n for n, weight in enumerate(weights) if weight), mode
            )
        case "first_takes_rest":
            return _one_takes_rest(
                amount, weights, min(n for n, weight in enumerate(weights) if weight), mode
            )


def largest_remainder(amount: int, weights: Sequence[int]) -> list[int]:
    """Hare's method; ties go to the earlier one (moneyphp, Vendure, Spree, ourselves); not all are 0."""
    total = sum(weights)
    shares = [amount * weight // total for weight in weights]
    left = amount - sum(shares)
    if left:
        rests = [amount * weight % total for weight in weights]
        # Turned round, and still the earlier one first where they are the same.
        for place in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
            shares[place] += 1
    return shares


def _equal_per_unit(amount: int, weights: Sequence[int]) -> list[int]:
    """The same for each, never above its price, again while whole cents are left; the last to the dearest.

    WooCommerce's fixed cart coupon. What is above all prices together stays with the dearest.
    """
    shares = [0] * len(weights)
    dearest_first = sorted((n for n, weight in enumerate(weights) if weight), key=lambda n: (-weights[n], n))
    left = amount
    while left:
        open_ones = [n for n in dearest_first if shares[n] < weights[n]]
        if not open_ones:
            shares[dearest_first[0]] += left
            break
        each = left // len(open_ones)
        for place in open_ones if each else open_ones[:left]:
            part = min(max(each, 1), weights[place] - shares[place])
            shares[place] += part
            left -= part
    return shares


def _largest_ratio(amount: int, weights: Sequence[int]) -> list[int]:
    """Rounded down; what is left goes one by one to the largest ratios (dinero.js)."""
    total = sum(weights)
    shares = [amount * weight // total for weight in weights]
    by_ratio = sorted(range(len(weights)), key=lambda n: (-weights[n], n))
    for place in by_ratio[: amount - sum(shares)]:
        shares[place] += 1
    return shares


def _in_order(amount: int, weights: Sequence[int]) -> list[int]:
    """Rounded down; what is left goes one by one from the first on (dinero.js before the last alphas)."""
    total = sum(weights)
    shares = [amount * weight // total for weight in weights]
    places = [n for n, weight in enumerate(weights) if weight]
    for place in places[: amount - sum(shares)]:
        shares[place] += 1
    return shares


def _rounded_from_first(amount: int, weights: Sequence[int]) -> list[int]:
    """Each rounded, halves down; what is missing or too much goes one by one from the first on (Sylius)."""
    total = sum(weights)
    shares = [round_div(amount * weight, total, "half_down") for weight in weights]
    rest = amount - sum(shares)
    step = 1 if rest > 0 else -1
    places = [n for n, weight in enumerate(weights) if weight and (rest > 0 or shares[n])]
    for place in places[: abs(rest)]:
        shares[place] += step
    return shares


def _truncate_from_end(amount: int, weights: Sequence[int]) -> list[int]:
    """From the last to the first: rounded down, what is left over the weights left (Ruby Money)."""
    shares = [0] * len(weights)
    left, weight_left = amount, sum(weights)
    for place in range(len(weights) - 1, -1, -1):
        if weight_left:
            shares[place] = left * weights[place] // weight_left
        left -= shares[place]
        weight_left -= weights[place]
    return shares


def _one_takes_rest(amount: int, weights: Sequence[int], taker: int, mode: Mode) -> list[int]:
    """All but one are rounded, and that one takes the rest (Saleor, Oscar, the fapiao: the last)."""
    total = sum(weights)
    shares = [
        0 if place == taker else round_div(amount * weight, total, mode)
        for place, weight in enumerate(weights)
    ]
    shares[taker] = amount - sum(shares)
    # Many halves rounded up may come to more than the amount: nobody is charged for a discount.
    place = len(shares) - 1
    while shares[taker] < 0:
        if place != taker and shares[place]:
            shares[place] -= 1
            shares[taker] += 1
        else:
            place -= 1
    return shares


def _kept_in(shares: list[int], weights: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """What does not fit goes to those that have room, by largest remainder of their weights."""
    shares = list(shares)
    if sum(rooms) < sum(shares):
        raise ValueError("the rooms are smaller than the amount")
    while True:
        over = 0
        for place, room in enumerate(rooms):
            if shares[place] > room:
                over += shares[place] - room
                shares[place] = room
        if not over:
            return shares
        free = [n for n, room in enumerate(rooms) if shares[n] < room]
        by = [weights[n] for n in free]
        by = by if any(by) else [1] * len(free)
        for place, part in zip(free, largest_remainder(over, by), strict=True):
            shares[place] += part


def share_runs(
    amount: int,
    runs: Sequence[tuple[int, int]],
    how: Sharing = "largest_remainder",
    *,
    mode: Mode = "half_up",
) -> list[tuple[RunShare, ...]]:
    """Share over runs of (weight, how many units); per run (how many, share), larger shares first.

    It is the same as `share` over all units one by one. Raises ValueError as `share` does.
    """
    total = sum([weight * count for weight, count in runs])
    if how != "largest_remainder" or amount < 0 or total == 0:
        return _runs_one_by_one(amount, runs, how, mode)
    shares = [amount * weight // total for weight, _ in runs]
    left = amount - sum([part * count for part, (_, count) in zip(shares, runs, strict=True)])
    more = [0] * len(runs)
    if left:
        by_rest = sorted([(-(amount * weight % total), n) for n, (weight, _) in enumerate(runs)])
        for _, place in by_rest:
            more[place] = min(left, runs[place][1])
            left -= more[place]
            if not left:
                break
    shared: list[tuple[RunShare, ...]] = []
    for extra, low, (_, count) in zip(more, shares, runs, strict=True):
        if not extra or extra == count:
            shared.append(((count, low + 1 if extra else low),) if count else ())
        else:
            shared.append(((extra, low + 1), (count - extra, low)))
    return shared


def _runs_one_by_one(
    amount: int, runs: Sequence[tuple[int, int]], how: Sharing, mode: Mode
) -> list[tuple[RunShare, ...]]:
    parts = share(amount, [weight for weight, count in runs for _ in range(count)], how, mode=mode)
    shared: list[tuple[RunShare, ...]] = []
    begin = 0
    for _, count in runs:
        grouped: dict[int, int] = {}
        for part in parts[begin : begin + count]:
            grouped[part] = grouped.get(part, 0) + 1
        begin += count
        by_size = sorted(grouped.items(), key=lambda pair: -abs(pair[0]))
        shared.append(tuple((number, part) for part, number in by_size))
    return shared
