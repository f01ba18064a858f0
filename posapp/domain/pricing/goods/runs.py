"""The units of a basket while promotions act on them: runs of equal units, what each costs, and who took.

One run is units of one line that have had the same fate so far; a reduction that not all of them share splits
it. Knows how an amount is spread over runs by the policy, and nothing of why it falls off. Every layer works
on these runs, so what the lines say at the end is what was done and not computed a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from posapp.domain.money import round_div
from posapp.domain.pricing.goods.sharing import share, share_runs
from posapp.domain.pricing.goods.taxes import net_of, taxed_weight
from posapp.domain.pricing.terms.applications import Application, Lot
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, BasketLine
from posapp.domain.pricing.terms.policy import Policy, Sharing
from posapp.values import dataclass

#: What was taken off one unit: (slot, amount); a slot is the place of its promotion in the list of effects.
Shares = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Run:
    """`count` units of the line at place `at`: after the price layer, after the items, and what is left.

    No promotion takes `left_minor` below `floor_minor`; a locked run is touched by none.
    """

    at: int
    count: int
    price_minor: int
    base_minor: int
    left_minor: int
    floor_minor: int = 0
    is_locked: bool = False
    shares: Shares = ()

    def part(self, count: int) -> Run:
        """So many units of it as a run of their own."""
        return Run(
            self.at, count, self.price_minor, self.base_minor, self.left_minor, self.floor_minor,
            self.is_locked, self.shares,
        )  # fmt: skip


def book_slots(lots: Sequence[Lot]) -> dict[str, int]:
    """Slots below zero for the price books that gave a price, in the order of the lots."""
    slots: dict[str, int] = {}
    for lot in lots:
        if lot.book is not None:
            slots.setdefault(lot.book.promotion_id, -1 - len(slots))
    return slots


def shares_of(application: Application, policy: Policy) -> Sequence[int]:
    """What of an application each of its units bears, in their order: its own gain, or shared by price."""
    units = application.units
    if application.is_unitwise:
        return [unit[3] for unit in units]
    reduced_only = policy.share_over == "reduced"
    prices = [0 if reduced_only and not unit.gain_minor else unit.price_minor for unit in units]
    has_floor = any(unit.floor_minor for unit in units)
    rooms = None
    if has_floor or policy.sharing != "largest_remainder":
        # Where a floor is above the price, nothing may fall off.
        rooms = [max(0, unit.price_minor - unit.floor_minor) for unit in units] if has_floor else prices
    return share(application.amount_minor, prices, policy.sharing, mode=policy.percent_mode, rooms=rooms)


def runs_of(
    lots: Sequence[Lot],
    places: dict[int, int],
    applications: Iterable[tuple[int, Application]],
    policy: Policy,
) -> list[Run]:
    """The runs after the item layer; `places` are those of line numbers, applications come with their slot.

    An application's amount is shared by price over all units that took part, a unit-wise one keeps its gains.
    """
    taken: dict[int, dict[int, Shares]] = {}
    for slot, application in applications:
        for unit, part in zip(application.units, shares_of(application, policy), strict=True):
            if part:
                of_line = taken.setdefault(unit[0], {})
                of_line[unit[1]] = (*of_line.get(unit[1], ()), (slot, part))
    runs: list[Run] = []
    books = book_slots(lots)
    for lot in lots:
        line, price, left = lot.line, lot.price_minor, lot.count
        at, floor = places[line.line_no], line.floor_minor
        if floor > price:
            floor = price
        by_book: Shares = ()
        if books and lot.book is not None and line.unit_minor != price:
            by_book = ((books[lot.book.promotion_id], line.unit_minor - price),)
        mine = taken.get(line.line_no)
        if mine:
            for index in range(lot.first, lot.first + left):
                shares = mine.get(index)
                if shares is None:
                    continue
                left -= 1
                if by_book:
                    shares = (*by_book, *shares)
                last = runs[-1] if runs else None
                # To the run before where it has had the same fate.
                if last and last.at == at and last.shares == shares and last.price_minor == price:
                    last.count += 1
                    continue
                after = price - sum([part for slot, part in shares if slot >= 0])
                runs.append(Run(at, 1, price, after, after, floor, lot.is_locked, shares))
        if left:
            runs.append(Run(at, left, price, price, price, floor, lot.is_locked, by_book))
    return runs


def room(runs: Iterable[Run], floor_ppm: int = 0, floor_minor: int = 0) -> int:
    """What may still fall off these runs, with a promotion's own floor beside that of the goods."""
    if not floor_ppm and not floor_minor:
        return sum(
            [
                run.count * (run.left_minor - run.floor_minor)
                for run in runs
                if run.left_minor > run.floor_minor
            ]
        )
    return sum(run.count * _unit_room(run, floor_ppm, floor_minor) for run in runs)


def _unit_room(run: Run, floor_ppm: int, floor_minor: int) -> int:
    floor = max(run.floor_minor, floor_minor)
    if floor_ppm:
        floor = max(floor, -(-run.price_minor * floor_ppm // PPM_OF_ALL))
    return max(0, run.left_minor - floor)


@dataclass(frozen=True, slots=True)
class Spread:
    """How an amount is laid on runs: for which slot, by which policy, above which floor of its own."""

    slot: int
    policy: Policy
    floor_ppm: int = 0
    floor_minor: int = 0


def spread(
    amounts: Sequence[tuple[int, Sequence[int]]], runs: list[Run], lines: Sequence[BasketLine], how: Spread
) -> None:
    """Take amounts off the runs chosen for each (by place in the list), splitting runs whose units part ways.

    No run is chosen twice; not more than the `room` of the chosen may be asked for. The runs are changed.
    """
    split: dict[int, list[Run]] = {}
    slot = how.slot
    for amount, chosen in amounts:
        mine = [runs[n] for n in chosen]
        for n, run, parts in zip(chosen, mine, _parted(amount, mine, lines, how), strict=True):
            if len(parts) == 1:
                part = parts[0][1]
                if part:
                    run.left_minor -= part
                    run.shares = (*run.shares, (slot, part))
                continue
            pieces = split[n] = []
            for count, part in parts:
                piece = run.part(count)
                if part:
                    piece.left_minor -= part
                    piece.shares = (*piece.shares, (slot, part))
                pieces.append(piece)
    if split:
        runs[:] = [piece for n, run in enumerate(runs) for piece in split.get(n, (run,))]


def _parted(
    amount: int, runs: Sequence[Run], lines: Sequence[BasketLine], how: Spread
) -> Sequence[tuple[tuple[int, int], ...]]:
    """For each run (how many, part of each)."""
    policy = how.policy
    # By largest remainder over what is left nothing can fall below zero: only floors need a look.
    is_free = policy.sharing == "largest_remainder" and policy.share_by == "gross" and not (
        how.floor_ppm or how.floor_minor or any(run.floor_minor for run in runs)
    )  # fmt: skip
    if is_free:
        evenly = _evenly(amount, runs)
        if evenly is not None:
            return evenly
    weights = [_weight(run, lines[run.at], policy) for run in runs]
    rooms = None if is_free else [_unit_room(run, how.floor_ppm, how.floor_minor) for run in runs]
    return _shared(amount, runs, weights, rooms, policy)


def _evenly(amount: int, runs: Sequence[Run]) -> list[tuple[tuple[int, int], ...]] | None:
    """`_shared` by largest remainder over what is left, in one pass; None where it has to say more."""
    firsts: list[int] = []
    weights: list[int] = []
    last = -1
    for n, run in enumerate(runs):
        if run.left_minor < 0:
            return None
        if run.at == last:
            weights[-1] += run.left_minor * run.count
        else:
            last = run.at
            firsts.append(n)
            weights.append(run.left_minor * run.count)
    total = sum(weights)
    if amount < 0 or not total or len(weights) == 1:
        return None
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    if left:
        by_rest = sorted([(-(amount * weight % total), n) for n, weight in enumerate(weights)])
        for _, n in by_rest[:left]:
            parts[n] += 1
    firsts.append(len(runs))
    shared: list[tuple[tuple[int, int], ...]] = []
    for line, part in enumerate(parts):
        begin, end = firsts[line], firsts[line + 1]
        if end - begin > 1:
            shared += share_runs(part, [(run.left_minor, run.count) for run in runs[begin:end]])
            continue
        count = runs[begin].count
        each, more = divmod(part, count)
        shared.append(((more, each + 1), (count - more, each)) if more else ((count, each),))
    return shared


def _weight(run: Run, line: BasketLine, policy: Policy) -> int:
    if policy.share_by == "quantity":
        return 1 if run.left_minor else 0
    if policy.share_by == "net":
        net, divisor = net_of(run.left_minor, line.taxes)
        return max(0, round_div(net * PPM_OF_ALL, divisor))
    if policy.share_by == "with_tax":
        return taxed_weight(run.left_minor, line.taxes)
    return run.left_minor


def _shared(
    amount: int, runs: Sequence[Run], weights: Sequence[int], rooms: Sequence[int] | None, policy: Policy
) -> list[tuple[tuple[int, int], ...]]:
    """To the lines first and then to the units of each; only "equal_per_unit" goes to all units at once."""
    ends = [n + 1 for n, run in enumerate(runs) if n + 1 == len(runs) or runs[n + 1].at != run.at]
    if policy.sharing == "equal_per_unit" or len(ends) == 1:
        return _over_units(amount, runs, weights, rooms, policy)
    lines = [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]
    parts = share(
        amount,
        [_sum_of(weights[line], runs[line]) for line in lines],
        policy.sharing,
        mode=policy.percent_mode,
        rooms=None if rooms is None else [_sum_of(rooms[line], runs[line]) for line in lines],
    )
    shared: list[tuple[tuple[int, int], ...]] = []
    for line, part in zip(lines, parts, strict=True):
        if len(runs[line]) == 1 and runs[line][0].count == 1:
            shared.append(((1, part),))
        else:
            within = None if rooms is None else rooms[line]
            shared += _over_units(part, runs[line], weights[line], within, policy)
    return shared


def _sum_of(values: Sequence[int], runs: Sequence[Run]) -> int:
    return sum(value * run.count for value, run in zip(values, runs, strict=True))


def _over_units(
    amount: int, runs: Sequence[Run], weights: Sequence[int], rooms: Sequence[int] | None, policy: Policy
) -> list[tuple[tuple[int, int], ...]]:
    """Over the units of these runs; with rooms one by one, as they may treat units of a run unlike others."""
    if rooms is None:
        return share_runs(amount, [(w, run.count) for w, run in zip(weights, runs, strict=True)])
    how: Sharing = "equal_per_unit" if policy.sharing == "equal_per_unit" else "largest_remainder"
    parts = share(
        amount,
        [weight for run, weight in zip(runs, weights, strict=True) for _ in range(run.count)],
        how,
        rooms=[each for run, each in zip(runs, rooms, strict=True) for _ in range(run.count)],
    )
    shared: list[tuple[tuple[int, int], ...]] = []
    begin = 0
    for run in runs:
        grouped: dict[int, int] = {}
        for part in parts[begin : begin + run.count]:
            grouped[part] = grouped.get(part, 0) + 1
        begin += run.count
        shared.append(tuple((count, part) for part, count in grouped.items()))
    return shared
