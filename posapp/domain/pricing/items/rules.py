"""Item promotions as automata: what a rule's state becomes when it takes a unit, and what that takes off.

A rule sees units one after the other by falling price. Its state is a small value (pieces taken, room left);
`take` gives every way to go on with the integer gain of each, `accepts` says where it may stop. Unit-wise
rules stand here, those that make groups next door; which unit goes to which rule is the search's question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from posapp.domain.money import Mode
from posapp.domain.pricing.goods.reductions import off_gain
from posapp.domain.pricing.terms.applications import Right
from posapp.domain.pricing.terms.promotion import Off, Promotion, Step

#: A rule's state: None, a number or nested tuples of them; only the rule itself looks inside.
State = object
#: Where in a rule's open groups a unit went: place of the group, number of the slot, whether that ends it.
Mark = tuple[int, int, bool]
Move = tuple[State, int, Mark | None]


class Spot(NamedTuple):
    """What one rule knows of the units of one lot, besides their price: slots they fit, floor, value.

    `base` is the price after the price layer, by which units are ordered; `differ` is the value of what the
    units of a group have to differ in.
    """

    slots: tuple[int, ...]
    base: int
    floor: int
    line_no: int
    differ: str = ""


class Rule:
    """What all rules have: the right behind them, their rank (its id), their serial number for the cache.

    `weight` turns a gain into the search's value, in which the store's own cost breaks ties. `is_coupling`:
    it ties units together, so that they cannot be looked at one by one.
    """

    __slots__ = ("is_coupling", "is_group", "mode", "promotion", "rank", "right", "serial", "start", "weight")

    def __init__(self, right: Right, mode: Mode) -> None:
        self.right = right
        self.promotion: Promotion = right.promotion
        self.rank = right.promotion.promotion_id
        self.serial = 0
        self.mode: Mode = mode
        self.weight = 1
        self.is_group = False
        self.is_coupling = True
        self.start: State = None

    def take(self, state: State, price: int, spot: Spot) -> list[Move]:
        """Every way to take a unit at a price (what earlier rules of its stack left)."""
        raise AssertionError(f"a rule of its own has to say what it takes: {state}, {price}, {spot}")

    def accepts(self, state: State) -> bool:
        """Whether the rule may stop here."""
        return state is state

    def is_hopeless(self, units: Sequence[tuple[int, int, Spot]]) -> bool:
        """Whether it surely gains nothing over what units have by themselves: (price, that value, spot)."""
        return not units


class FreeRule(Rule):
    """A reduction of each unit by itself, without any limit; it depends on nothing else."""

    __slots__ = ("_off", "key")

    def __init__(self, right: Right, mode: Mode, off: Off, key: tuple[object, ...]) -> None:
        super().__init__(right, mode)
        self._off = off
        self.key = key
        self.is_coupling = False

    def gain(self, price: int, spot: Spot) -> int:
        """What falls off one unit at a price."""
        gain = off_gain(self._off, price, self.mode)
        room = price - spot.floor
        return gain if gain <= room else max(room, 0)


class LimitedRule(Rule):
    """A reduction of each unit by itself, but only of so many units (also line by line) or so much money.

    The first slot of a unit says which of `offs` is its own. State: units left, money left (each -1 without
    a limit), and what single lines have had.
    """

    __slots__ = ("_per_line", "offs")

    def __init__(
        self, right: Right, mode: Mode, *, offs: tuple[Off, ...], units: int | None,
        minor: int | None, per_line: int | None,
    ) -> None:  # fmt: skip
        super().__init__(right, mode)
        self.offs = offs
        self._per_line = per_line
        self.start = (-1 if units is None else units, -1 if minor is None else minor, ())

    @property
    def is_by_count(self) -> bool:
        """Whether its states count pieces of all lines only."""
        assert isinstance(self.start, tuple)
        return bool(self.start[1] < 0) and self._per_line is None

    def take(self, state: State, price: int, spot: Spot) -> list[Move]:
        """One way, where something falls off."""
        assert isinstance(state, tuple)
        units, minor, lines = state
        if units == 0:
            return []
        gain = min(off_gain(self.offs[spot.slots[0]], price, self.mode), price - spot.floor)
        if minor >= 0:
            gain = min(gain, minor)
            minor -= gain
        if gain <= 0:
            return []
        if self._per_line is not None:
            counted = one_more(lines, spot.line_no)
            if counted[1] > self._per_line:
                return []
            lines = counted[0]
        return [((units - 1 if units > 0 else units, minor, lines), gain, None)]

    def is_hopeless(self, units: Sequence[tuple[int, int, Spot]]) -> bool:
        """No unit gains by it."""
        offs, mode, weight = self.offs, self.mode, self.weight
        return all(off_gain(offs[spot.slots[0]], price, mode) * weight <= base for price, base, spot in units)


def one_more(lines: tuple[tuple[int, int], ...], line_no: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """How many units of each line there are with one more of this, and how many of this."""
    had = dict(lines)
    had[line_no] = count = had.get(line_no, 0) + 1
    return tuple(sorted(had.items())), count


#: Step, pieces, money left, what single lines have had.
_TierState = tuple[int, int, int, tuple[tuple[int, int], ...]]


class TierRule(Rule):
    """The more units it gets itself, the more falls off each: the step is chosen with the first unit.

    State: None, or (step, pieces so far, money left or -1, what single lines have had). A step holds where
    its pieces are reached; where a higher step would take less off some unit, its pieces end the lower one,
    because the highest reached holds. Beyond `units` (and `per_line` of a line) pieces count and get nothing.
    """

    __slots__ = ("_minor", "_per_line", "ends", "steps", "units")

    def __init__(
        self, right: Right, mode: Mode, *, steps: tuple[Step, ...],
        ends: tuple[int | None, ...], units: int | None, minor: int | None, per_line: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(right, mode)
        self.steps = steps
        self.ends = ends
        self.units = units
        self._minor = -1 if minor is None else minor
        self._per_line = per_line

    @property
    def is_by_count(self) -> bool:
        """Whether its states count pieces of all lines only."""
        return self._minor < 0 and self._per_line is None

    def take(self, state: State, price: int, spot: Spot) -> list[Move]:
        """One way with a step chosen, else one for each step."""
        if state is None:
            return [
                move
                for step in range(len(self.steps))
                for move in self._one((step, 0, self._minor, ()), price, spot)
            ]
        assert isinstance(state, tuple)
        return self._one(state, price, spot)

    def _one(self, state: _TierState, price: int, spot: Spot) -> list[Move]:
        step, count, minor, lines = state
        least = self.steps[step].least
        end = self.ends[step]
        units = self.units
        if end is not None and count + 1 >= end:
            return []
        gain = 0
        is_within = units is None or count < units
        if self._per_line is not None:
            counted, of_line = one_more(lines, spot.line_no)
            is_within = is_within and of_line <= self._per_line
            lines = counted if of_line <= self._per_line else lines
        if is_within:
            gain = max(0, min(off_gain(self.steps[step].off, price, self.mode), price - spot.floor))
            if minor >= 0:
                gain = min(gain, minor)
                minor -= gain
        elif count >= least:
            return []
        # Pieces are only counted as far as anything depends on them, so that states stay few.
        top = max(least, units or 0) if end is None else end
        return [((step, min(count + 1, top), minor, lines), gain, None)]

    def accepts(self, state: State) -> bool:
        """Nothing taken, or the step's pieces reached."""
        if state is None:
            return True
        assert isinstance(state, tuple)
        return bool(state[1] >= self.steps[state[0]].least)

    def is_hopeless(self, units: Sequence[tuple[int, int, Spot]]) -> bool:
        """No unit gains by any step."""
        mode, weight = self.mode, self.weight
        return all(
            off_gain(step.off, price, mode) * weight <= base
            for price, base, _ in units
            for step in self.steps
        )


def tier_ends(
    steps: tuple[Step, ...], spots: list[Spot], mode: Mode, is_stacked: bool
) -> tuple[int | None, ...]:
    """For each step, the pieces at which it may hold no more because a later one is worse for some unit.

    Where other promotions go before it (`is_stacked`), prices are not known: then any other sort of
    reduction, or a smaller one, counts as worse.
    """
    ends: list[int | None] = []
    for number, step in enumerate(steps):
        worse = [
            later.least
            for later in steps[number + 1 :]
            if _may_be_worse(step.off, later.off, spots, mode, is_stacked)
        ]
        ends.append(min(worse, default=None))
    return tuple(ends)


def _may_be_worse(low: Off, high: Off, spots: list[Spot], mode: Mode, is_stacked: bool) -> bool:
    if is_stacked:
        if low.ppm is not None and high.ppm is not None:
            return high.ppm < low.ppm
        if low.minor is not None and high.minor is not None:
            return high.minor < low.minor
        if low.price_minor is not None and high.price_minor is not None:
            return high.price_minor > low.price_minor
        return True
    return any(off_gain(high, spot.base, mode) < off_gain(low, spot.base, mode) for spot in spots)
