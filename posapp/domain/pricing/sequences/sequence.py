"""Promotions one after the other, each on what the earlier ones left, as most other systems compute them.

For chains that declare it, and to give another system's published results. The order is that of priority or,
where the policy leaves it free, the one that is best for the customer, looked for within a limit of states.
Only the item and order layers are done here; prices before them and points after them are the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from posapp.domain.pricing.sequences.effects import Effect, effect, meets
from posapp.domain.pricing.sequences.goods import Goods, Unit
from posapp.domain.pricing.terms.applications import Application, FreeGift, ItemChoice, Lot, Right, TakenUnit
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import GoodsSet, Promotion, Reward
from posapp.values import dataclass

Holds = Callable[[GoodsSet, BasketLine], bool]


@dataclass(frozen=True, slots=True)
class _Taken:
    """One promotion's effect, and what each unit cost before it."""

    right: Right
    effect: Effect
    left: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """Where a sequence stands: left of each unit, what units are gone, which groups and layers have begun."""

    left: tuple[int, ...]
    gone: frozenset[int]
    groups: frozenset[str]
    order_begins: tuple[int, ...] | None
    taken: tuple[_Taken, ...]
    is_closed: bool = False
    #: The name by which those that closed it go alone together.
    closed_by: str = ""

    @property
    def left_minor(self) -> int:
        return sum(self.left)


def judged(promotions: Sequence[Promotion], policy: Policy) -> Sequence[Promotion]:
    """The promotions with their thresholds as the policy declares: of a sequence perhaps on what is left."""
    if policy.choose != "sequence" or policy.judged_on == "list":
        return promotions
    return [replace(each, needs=replace(each.needs, judged_on="after_items")) for each in promotions]


def in_sequence(lots: Sequence[Lot], rights: Sequence[Right], policy: Policy, holds: Holds) -> ItemChoice:
    """Compute the promotions of the item and order layers whose gates are open, one after the other.

    Every promotion comes back as one unit-wise application, in the order in which it was computed: its units
    keep what it took off them. Conditions "after_items" are judged on what is left then; `holds` tells
    whether goods are in a set. Locked lots take no part. `states` counts units for which one was tried.
    """
    run = _Run(lots, policy, holds)
    begin = run.begin([lot.book for lot in lots if lot.book is not None])
    ordered = _by_priority([_bounded(right, policy) for right in rights])
    best = run.all_of(begin, ordered)
    is_proven = True
    if policy.sequence_order == "free":
        run.best = best
        run.look_for_better(begin, ordered)
        best, is_proven = run.best, run.states < policy.states_max
    applications = tuple(run.application(taken) for taken in best.taken)
    gifts = tuple(
        FreeGift(taken.right.promotion, quantity, taken.right.code)
        for taken in best.taken
        for _, quantity in taken.effect.gifts
    )
    value = sum(application.amount_minor for application in applications)
    return ItemChoice(applications, value, run.states, is_proven, gifts)


def _bounded(right: Right, policy: Policy) -> Right:
    """The right with its promotion's limits lowered to what is left of them."""
    limits = right.promotion.limits
    most = right.left_minor if policy.short_budget == "part" else None
    limits = replace(
        limits,
        per_order=_least(limits.per_order, right.uses_max),
        max_minor=_least(limits.max_minor, most),
    )
    return replace(right, promotion=replace(right.promotion, limits=limits))


def _least(*bounds: int | None) -> int | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _by_priority(rights: Sequence[Right]) -> list[Right]:
    """High first, then as listed; one that goes with no other comes before all."""
    return sorted(rights, key=lambda one: (not one.promotion.stack.alone, -one.promotion.stack.priority))


def _with_what_is_left(promotion: Promotion, state: _State) -> Promotion:
    """The promotion where its group shares one `max_discount`: what the others of it took is gone."""
    most = promotion.limits.max_minor
    if most is None:
        return promotion
    same = [one for one in state.taken if one.right.promotion.stack.group == promotion.stack.group]
    left = max(0, most - sum(one.effect.amount_minor for one in same))
    return replace(promotion, limits=replace(promotion.limits, max_minor=left))


class _Run:
    """One basket's sequences: what never changes in them, and the best one found."""

    def __init__(self, lots: Sequence[Lot], policy: Policy, holds: Holds) -> None:
        places: dict[int, int] = {}
        self.lines: list[BasketLine] = []
        self.units: list[Unit] = []
        self.names: list[tuple[int, int]] = []
        self.unlocked: list[int] = []
        for lot in lots:
            if lot.line.line_no not in places:
                places[lot.line.line_no] = len(self.lines)
                self.lines.append(lot.line)
            for index in range(lot.first, lot.first + lot.count):
                if not lot.is_locked:
                    self.unlocked.append(len(self.units))
                self.units.append(Unit(places[lot.line.line_no], lot.price_minor, lot.line.unit_minor))
                self.names.append((lot.line.line_no, index))
        self.policy = policy
        self.holds = holds
        self.begins = [unit.base_minor for unit in self.units]
        self.states = 0
        self.seen: set[tuple[_State, frozenset[str]]] = set()
        self.best = _State((), frozenset(), frozenset(), None, ())
        self.has_book = any(lot.book is not None for lot in lots)

    def begin(self, books: Sequence[Promotion]) -> _State:
        """Before any promotion but the books that gave a price: they count in groups and among all."""
        return _State(
            tuple(unit.base_minor for unit in self.units),
            frozenset(),
            frozenset(book.stack.group for book in books if book.stack.group),
            None,
            (),
            is_closed=any(book.stack.alone for book in books),
            closed_by=next((book.stack.alone_with for book in books if book.stack.alone), ""),
        )

    def application(self, taken: _Taken) -> Application:
        """What a promotion took off, in the form of the item layer."""
        units = tuple(
            TakenUnit(*self.names[unit], taken.left[unit], taken.effect.shares.get(unit, 0), "each")
            for unit in sorted(set(taken.effect.shares) | taken.effect.used)
        )
        return Application(
            taken.right.promotion,
            units,
            taken.effect.amount_minor,
            taken.effect.applications,
            is_unitwise=True,
            code=taken.right.code,
        )

    def all_of(self, state: _State, rights: Sequence[Right]) -> _State:
        """Every promotion in this order, those that do nothing left out."""
        for right in rights:
            rivals = [right]
            if self.policy.of_group == "best" and right.promotion.stack.group:
                group = right.promotion.stack.group
                rivals = [other for other in rights if other.promotion.stack.group == group]
            after = [found for other in rivals if (found := self.after(state, other)) is not None]
            state = min(after, key=lambda one: one.left_minor, default=state)
        return state

    def look_for_better(self, state: _State, rest: Sequence[Right]) -> None:
        """Every order of the rest; the first of equally good ones is kept."""
        # What is still to come depends on where it stands, not on how it came there.
        where = state if self.policy.of_group == "share" else replace(state, taken=())
        key = (where, frozenset(right.promotion.promotion_id for right in rest))
        if key in self.seen:
            return
        self.seen.add(key)
        nexts = []
        for right in rest:
            if self.states >= self.policy.states_max:
                return
            after = self.after(state, right)
            if after is not None:
                nexts.append((right, after))
        if state.left_minor < self.best.left_minor:
            self.best = state
        if state.left_minor == 0:
            return
        for right, after in nexts:
            if self.states >= self.policy.states_max:
                return
            self.look_for_better(after, [other for other in rest if other is not right])

    def _is_exclusive(self, promotion: Promotion) -> bool:
        """Whether units that others took are gone for it, and those that it takes for others."""
        stacking = self.policy.stacking
        return stacking == "exclusive" or (stacking == "rewards" and isinstance(promotion.kind, Reward))

    def after(self, state: _State, right: Right) -> _State | None:
        """The state after a promotion, or None where it may not or takes nothing."""
        self.states += 1 + len(self.unlocked)
        promotion = right.promotion
        stack = promotion.stack
        is_fellow = stack.alone and stack.alone_with and stack.alone_with == state.closed_by
        if not is_fellow and (state.is_closed or (stack.alone and (state.taken or self.has_book))):
            return None
        if stack.group and stack.group in state.groups:
            if self.policy.of_group != "share":
                return None
            promotion = _with_what_is_left(promotion, state)
        order_begins = state.order_begins
        if promotion.layer == "order" and order_begins is None:
            order_begins = state.left
        begins = order_begins if promotion.layer == "order" and order_begins else self.begins
        is_exclusive = self._is_exclusive(promotion)
        gone = state.gone if is_exclusive else frozenset[int]()
        goods = Goods(
            self.lines,
            self.units,
            list(state.left),
            begins,
            self.policy,
            self.holds,
            self.unlocked,
            [place for place in self.unlocked if place not in gone],
        )
        if promotion.needs.judged_on == "after_items" and not meets(promotion, goods, self.unlocked):
            return None
        found = effect(promotion, goods)
        if found is None:
            return None
        if right.left_minor is not None and found.amount_minor > right.left_minor:
            # Only where a budget that falls short gives nothing: else it is a limit of the promotion.
            return None
        left = list(state.left)
        for unit, amount in found.shares.items():
            left[unit] -= amount
        return _State(
            tuple(left),
            state.gone | found.used if is_exclusive else state.gone,
            state.groups | {stack.group},
            order_begins,
            (*state.taken, _Taken(right, found, state.left)),
            is_closed=stack.alone or self.policy.stacking == "single",
            closed_by="" if self.policy.stacking == "single" else stack.alone_with,
        )
