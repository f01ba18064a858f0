"""Rules that make groups: nth unit, N together, bundles, buy and get, as one automaton with slots.

A group has slots (so many pieces, or goods for an amount). Units come by falling price, and a slot's units
fill the groups in that order: the dearest go into the first group. That is the canonical way to form groups
of one promotion; it is what makes the best answer the same everywhere. What a group takes off is credited
unit by unit where it adds up; a price or amount for the whole at its end, with the sums kept that this needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from posapp.domain.money import Mode
from posapp.domain.pricing.goods.reductions import off_gain, share_gain
from posapp.domain.pricing.items.rules import Move, Rule, Spot, State, one_more
from posapp.domain.pricing.terms.applications import Right
from posapp.domain.pricing.terms.promotion import Bundle, NFor, Nth, Off, Reward
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """So many pieces (or goods for `amount`): those at `reduced` places get `off` each.

    `is_open`: fewer than all of its pieces will do, one at least.
    """

    role: Literal["group", "buy", "get"]
    pieces: int
    off: Off | None = None
    reduced: range = range(0)
    amount: int | None = None
    is_open: bool = False


class Open(NamedTuple):
    """A group that is not full yet: what each slot has, sums kept for its end, and values it is bound to.

    `least_buy` is the price that what is still to be bought must reach, because a reward came before it.
    """

    fills: tuple[int, ...]
    price: int = 0
    room: int = 0
    differ: tuple[str, ...] = ()
    least_buy: int = 0


class GroupState(NamedTuple):
    """Groups closed (0 where nobody counts), units that got money off, pieces bought over, money left.

    `lines`: how many units of each line its limit has counted.
    """

    closed: int
    paid: int
    over: int
    minor: int
    groups: tuple[Open, ...]
    lines: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class GroupShape:
    """A kind in normal form: its slots, what a whole group costs or gets off, and its limits.

    `sums`: the whole's reduction depends on the group's own sums (floors, caps, amounts above the goods'
    price); else it is constant and is credited without them. `per_group`: shares are rounded once a group.
    """

    slots: tuple[Slot, ...]
    price: int | None = None
    amount: int | None = None
    sums: bool = False
    per_group: bool = False
    groups_max: int | None = None
    paid_max: int | None = None
    minor_max: int | None = None
    over: int = 0
    is_cheaper: bool = False
    is_differing: bool = False
    #: Which pieces are those bought over is a choice; else they are alike, and the dearest of the slot are.
    is_over_chosen: bool = False
    #: Of a line no more units get money off; where groups `are_whole` no more take part.
    per_line: int | None = None
    are_whole: bool = False


def slots_of(kind: Nth | NFor | Bundle | Reward) -> tuple[Slot, ...]:
    """The slots of a kind; a whole's price or amount is not among them."""
    if isinstance(kind, Nth):
        count = min(kind.count, kind.n)
        reduced = range(kind.n - count, kind.n) if kind.which == "cheapest" else range(count)
        return (Slot("group", kind.n, kind.off, reduced),)
    if isinstance(kind, NFor):
        each = kind.off if kind.off.price_minor is None else None
        return (Slot("group", kind.n, each, range(kind.n)),)
    if isinstance(kind, Bundle):
        share = kind.off if kind.off.ppm is not None else None
        return tuple(Slot("group", part.qty, share, range(part.qty)) for part in kind.parts)
    slots = [Slot("buy", part.qty) for part in kind.buy]
    if kind.buy_minor is not None:
        slots.append(Slot("buy", 0, amount=kind.buy_minor))
    slots.append(Slot("get", kind.get.qty, kind.off, range(kind.get.qty), is_open=True))
    return tuple(slots)


class GroupRule(Rule):
    """One automaton for all kinds that make groups."""

    __slots__ = ("shape",)

    def __init__(self, right: Right, mode: Mode, *, shape: GroupShape) -> None:
        super().__init__(right, mode)
        self.is_group = True
        self.shape = shape
        self.start = GroupState(0, 0, 0, -1 if shape.minor_max is None else shape.minor_max, ())

    @property
    def at_end(self) -> int:
        """What a whole group gets off at its end, where that hangs on no sums."""
        return self._at_end(0, 0)

    def accepts(self, state: State) -> bool:
        """Every group has what it needs, and what had to be bought over is there."""
        assert isinstance(state, GroupState)
        over = self.shape.over
        if state.over != over and (state.over or state.groups or state.closed):
            return False
        if state.over and over and not state.groups and not state.closed:
            return False
        return all(self._suffices(group.fills) for group in state.groups)

    def take(self, state: State, price: int, spot: Spot) -> list[Move]:
        """Every slot that the unit fits: in the first open group with room for it, or in a new one."""
        assert isinstance(state, GroupState)
        shape = self.shape
        moves: list[Move] = []
        for slot in spot.slots:
            if slot == 0 and state.over < shape.over:
                moves.append((state._replace(over=state.over + 1), 0, (-1, 0, False)))
                if not shape.is_over_chosen:
                    continue
            is_placed = False
            for place, group in enumerate(state.groups):
                if not self._has_room(group, slot) or (spot.differ and spot.differ in group.differ):
                    continue
                self._put(state, place, slot, price, spot, moves)
                is_placed = True
                # Only where values have to differ is there a choice of groups.
                if not shape.is_differing:
                    break
            if is_placed and not shape.is_differing:
                continue
            most = shape.groups_max
            if most is None or state.closed + len(state.groups) < most:
                self._put(state, len(state.groups), slot, price, spot, moves)
        return moves

    def _has_room(self, group: Open, slot: int) -> bool:
        asked = self.shape.slots[slot]
        return group.fills[slot] < (asked.pieces if asked.amount is None else asked.amount)

    def _suffices(self, fills: tuple[int, ...]) -> bool:
        return all(
            fill >= (1 if slot.is_open else slot.pieces if slot.amount is None else slot.amount)
            for slot, fill in zip(self.shape.slots, fills, strict=True)
        )

    def _is_full(self, fills: tuple[int, ...]) -> bool:
        return all(
            fill >= (slot.pieces if slot.amount is None else slot.amount)
            for slot, fill in zip(self.shape.slots, fills, strict=True)
        )

    def _put(
        self, state: GroupState, place: int, number: int, price: int, spot: Spot, moves: list[Move]
    ) -> None:
        shape, groups = self.shape, state.groups
        slot = shape.slots[number]
        group = groups[place] if place < len(groups) else Open((0,) * len(shape.slots))
        least_buy = group.least_buy
        if shape.is_cheaper:
            if slot.role == "get":
                is_bought = all(
                    fill >= (one.pieces if one.amount is None else one.amount)
                    for one, fill in zip(shape.slots, group.fills, strict=True)
                    if one.role == "buy"
                )
                least_buy = 0 if is_bought else max(least_buy, spot.base)
            elif spot.base < least_buy:
                return
        had = group.fills[number]
        lines = state.lines
        if shape.per_line is not None and (shape.are_whole or (slot.off and had in slot.reduced)):
            counted, of_line = one_more(lines, spot.line_no)
            if of_line <= shape.per_line:
                lines = counted
            elif shape.are_whole:
                return
            else:
                slot = replace(slot, off=None)
        now = had + 1 if slot.amount is None else min(had + price, slot.amount)
        fills = (*group.fills[:number], now, *group.fills[number + 1 :])
        ends = self._is_full(fills)
        gain, paid, sum_price, sum_room = self._gain(state, group, slot, had, price, spot)
        if ends:
            gain += self._at_end(sum_price, sum_room)
        minor = state.minor
        if minor >= 0:
            gain = min(gain, minor)
            minor -= gain
        if ends:
            left = groups[:place] + groups[place + 1 :]
            closed = state.closed + 1 if shape.groups_max is not None or shape.over else 0
            if shape.groups_max is None:
                closed = min(closed, 1)
        else:
            differ = tuple(sorted((*group.differ, spot.differ))) if spot.differ else group.differ
            if least_buy and self._is_bought(fills):
                least_buy = 0
            changed = Open(fills, sum_price, sum_room, differ, least_buy)
            left = (*groups[:place], changed, *groups[place + 1 :])
            closed = state.closed
        after = GroupState(closed, paid, state.over, minor, left, lines)
        moves.append((after, gain, (place, number, ends)))

    def _is_bought(self, fills: tuple[int, ...]) -> bool:
        return all(
            fill >= (slot.pieces if slot.amount is None else slot.amount)
            for slot, fill in zip(self.shape.slots, fills, strict=True)
            if slot.role == "buy"
        )

    def _gain(
        self, state: GroupState, group: Open, slot: Slot, had: int, price: int, spot: Spot
    ) -> tuple[int, int, int, int]:
        """The unit's own gain, units paid so far, and the group's sums with it."""
        shape = self.shape
        if shape.price is not None or shape.amount is not None:
            if shape.sums:
                return 0, state.paid, group.price + price, group.room + max(0, price - spot.floor)
            return (price if shape.price is not None else 0), state.paid, 0, 0
        if slot.off is None or (had not in slot.reduced):
            return 0, state.paid, group.price, group.room
        if shape.paid_max is not None and state.paid >= shape.paid_max:
            return 0, state.paid, group.price, group.room
        paid = state.paid + 1 if shape.paid_max is not None else 0
        if shape.per_group and slot.off.ppm is not None:
            before = share_gain(group.price, slot.off.ppm, self.mode)
            gain = share_gain(group.price + price, slot.off.ppm, self.mode) - before
            return max(0, min(gain, price - spot.floor)), paid, group.price + price, group.room
        gain = off_gain(slot.off, price, self.mode)
        return max(0, min(gain, price - spot.floor)), paid, 0, 0

    def _at_end(self, sum_price: int, sum_room: int) -> int:
        """What the whole group gets off besides what was credited unit by unit."""
        shape = self.shape
        if shape.price is not None:
            return max(0, min(sum_price - shape.price, sum_room)) if shape.sums else -shape.price
        if shape.amount is not None:
            return min(shape.amount, sum_room) if shape.sums else shape.amount
        return 0


class CountRule(GroupRule):
    """One slot and nothing that hangs on sums: the state is a number, pieces of the open group and groups."""

    __slots__ = ("_n",)

    def __init__(self, right: Right, mode: Mode, *, shape: GroupShape) -> None:
        super().__init__(right, mode, shape=shape)
        self._n = shape.slots[0].pieces
        self.start = 0

    def accepts(self, state: State) -> bool:
        """No group is begun."""
        assert isinstance(state, int)
        return state % self._n == 0

    def take(self, state: State, price: int, spot: Spot) -> list[Move]:
        """One way, while groups are left."""
        assert isinstance(state, int)
        shape, n = self.shape, self._n
        closed, had = divmod(state, n)
        most = shape.groups_max
        if had == 0 and most is not None and closed >= most:
            return []
        gain = 0
        slot = shape.slots[0]
        if shape.price is not None:
            gain = price
        elif slot.off is not None and had in slot.reduced:
            gain = max(0, min(off_gain(slot.off, price, self.mode), price - spot.floor))
        if had + 1 < n:
            return [(state + 1, gain, (0, 0, False))]
        gain += self._at_end(0, 0)
        return [((closed + 1) * n if most is not None else 0, gain, (0, 0, True))]

    def is_hopeless(self, units: Sequence[tuple[int, int, Spot]]) -> bool:
        """Not even the best units together gain more than the least that as many have by themselves."""
        shape, weight, n = self.shape, self.weight, self._n
        if shape.price is not None:
            over = sorted([price * weight - base for price, base, _ in units])
            return sum(over[-n:]) <= shape.price * weight
        slot = shape.slots[0]
        if slot.off is None:
            return False
        gains = sorted([off_gain(slot.off, price, self.mode) for price, _, _ in units])
        bases = sorted([base for _, base, _ in units])
        return sum(gains[-len(slot.reduced) :]) * weight <= sum(bases[:n])


class SlotsRule(GroupRule):
    """Several slots and nothing that hangs on sums: pieces of each slot in the open groups tell all.

    State: groups closed (0 where nobody counts), then the pieces of each slot beyond them.
    """

    __slots__ = ()

    def __init__(self, right: Right, mode: Mode, *, shape: GroupShape) -> None:
        super().__init__(right, mode, shape=shape)
        self.start = (0,) * (len(shape.slots) + 1)

    def accepts(self, state: State) -> bool:
        """As many groups of every slot, where one that is open may be short of a few."""
        assert isinstance(state, tuple)
        begun = {-(-had // slot.pieces) for had, slot in zip(state[1:], self.shape.slots, strict=True)}
        return len(begun) == 1 and all(
            slot.is_open or had % slot.pieces == 0
            for had, slot in zip(state[1:], self.shape.slots, strict=True)
        )

    def take(self, state: State, price: int, spot: Spot) -> list[Move]:
        """One way for each slot that the unit fits, while groups are left."""
        assert isinstance(state, tuple)
        shape = self.shape
        slots = shape.slots
        most = shape.groups_max
        moves: list[Move] = []
        for number in spot.slots:
            slot = slots[number]
            had = state[number + 1]
            place = had // slot.pieces
            if most is not None and state[0] + place >= most:
                continue
            gain = 0
            if shape.price is not None:
                gain = price
            elif slot.off is not None and had % slot.pieces in slot.reduced:
                gain = max(0, min(off_gain(slot.off, price, self.mode), price - spot.floor))
            after = list(state)
            after[number + 1] = had + 1
            ends = place == 0
            for count, one in zip(after[1:], slots, strict=True):
                ends = ends and count >= one.pieces
            if ends:
                gain += self._at_end(0, 0)
                for n, one in enumerate(slots):
                    after[n + 1] -= one.pieces
                if most is not None:
                    after[0] += 1
            moves.append((tuple(after), gain, (place, number, ends)))
        return moves


def group_rule(right: Right, mode: Mode, shape: GroupShape) -> GroupRule:
    """The leanest automaton for a shape."""
    is_plain = (
        not shape.sums and not shape.per_group and shape.paid_max is None and shape.minor_max is None
        and not shape.over and not shape.is_cheaper and not shape.is_differing and shape.per_line is None
        and all(slot.amount is None and slot.pieces > 0 for slot in shape.slots)
    )  # fmt: skip
    if not is_plain:
        return GroupRule(right, mode, shape=shape)
    return (CountRule if len(shape.slots) == 1 else SlotsRule)(right, mode, shape=shape)
