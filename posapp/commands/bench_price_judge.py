"""The best price of a basket as a mixed integer programme, for a solver that knows nothing of this engine.

Lots are whole variables, rules are constraints: groups by counting, the cheapest of each group by counting
from the dearest down, tiers and the order layer by switches. Written for what `bench_price_shop` makes; what
it cannot say is refused. The figures of HiGHS come from here, as does its verdict on larger baskets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import process_time_ns
from typing import Any

from posapp.domain.pricing.goods.reductions import off_gain
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    EachUnit,
    NFor,
    Nth,
    Off,
    OrderOff,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
)

Term = tuple[int, float]
INFINITE = float("inf")
#: A whole variable above this is at least one.
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What falls off at most, whether that is proven, and how long it took.

    `solver_ns` is the solver alone, `whole_ns` the programme's writing and handing over, the solver, and the
    reading of its choice.
    """

    saving_minor: int
    is_proven: bool
    solver_ns: int
    whole_ns: int


@dataclass(slots=True)
class Programme:
    """Columns (cost, lower, upper; all whole) and rows (lower, upper, terms)."""

    costs: list[float] = field(default_factory=list)
    uppers: list[float] = field(default_factory=list)
    rows: list[tuple[float, float, list[Term]]] = field(default_factory=list)

    def column(self, cost: float, upper: float) -> int:
        """A new whole variable from zero on."""
        self.costs.append(cost)
        self.uppers.append(upper)
        return len(self.costs) - 1

    def row(self, lower: float, upper: float, terms: list[Term]) -> None:
        """A new constraint."""
        self.rows.append((lower, upper, terms))


def judged(basket: Basket, promotions: Sequence[Promotion], *, seconds: float = 60.0) -> Verdict:
    """The verdict of HiGHS on a basket; raises ImportError where it is not installed."""
    return solved(lambda: programme_of(basket, promotions), seconds=seconds)


def solved(write: Callable[[], Programme], *, seconds: float = 60.0) -> Verdict:
    """What HiGHS says of a programme; raises ImportError where it is not installed."""
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.5)
    solver.setOptionValue("time_limit", seconds)
    # Whoever asks often keeps the solver: making one is not counted.
    begun = process_time_ns()
    solver.passModel(_model(write()))
    handed = process_time_ns()
    solver.run()
    solved_at = process_time_ns()
    chosen = [number for number, value in enumerate(solver.getSolution().col_value) if value > _HALF]
    read = process_time_ns()
    is_proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    saving = round(solver.getInfo().objective_function_value)
    if saving and not chosen:
        raise ArithmeticError("the solver's choice is nothing, and its value is not")
    return Verdict(saving, is_proven, solved_at - handed, read - begun)


def _model(programme: Programme) -> Any:
    import highspy

    model = highspy.HighsLp()
    model.num_col_ = len(programme.costs)
    model.num_row_ = len(programme.rows)
    model.col_cost_ = programme.costs
    model.col_lower_ = [0.0] * len(programme.costs)
    model.col_upper_ = programme.uppers
    model.row_lower_ = [lower for lower, _, _ in programme.rows]
    model.row_upper_ = [upper for _, upper, _ in programme.rows]
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(programme.costs)
    model.sense_ = highspy.ObjSense.kMaximize
    starts, index, values = [0], [], []
    for _, _, terms in programme.rows:
        summed: dict[int, float] = {}
        for column, value in terms:
            summed[column] = summed.get(column, 0.0) + value
        index += list(summed)
        values += list(summed.values())
        starts.append(len(index))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = starts
    model.a_matrix_.index_ = index
    model.a_matrix_.value_ = values
    return model


def programme_of(basket: Basket, promotions: Sequence[Promotion]) -> Programme:
    """The whole basket: items, then the order layer on what they leave."""
    writing = Writing(basket, Programme())
    codes = {code.code for code in basket.codes}
    opened = [each for each in promotions if not each.needs.codes or each.needs.codes & codes]
    writing.items([each for each in opened if each.layer == "item"])
    writing.orders([each for each in opened if each.layer == "order"])
    return writing.programme


class Writing:
    """A programme while it is written; `uses` are the columns that take units of each line."""

    def __init__(self, basket: Basket, programme: Programme) -> None:
        self.lines = sorted(basket.lines, key=lambda line: (-line.unit_minor, line.line_no))
        self.programme = programme
        self.uses: dict[int, list[Term]] = {line.line_no: [] for line in self.lines}
        self.values: list[Term] = []

    def take(self, line: BasketLine, gain: int) -> int:
        """A column: so many units of a line, each with a gain."""
        column = self.programme.column(gain, line.quantity)
        self.uses[line.line_no].append((column, 1.0))
        if gain:
            self.values.append((column, float(gain)))
        return column

    def gained(self, gain: int, upper: float) -> int:
        """A column that takes no unit."""
        column = self.programme.column(gain, upper)
        self.values.append((column, float(gain)))
        return column

    # ------------------------------------------------------------------ items
    def items(self, promotions: Sequence[Promotion]) -> None:
        """All item promotions, and each unit in one of them."""
        agreeing = [each for each in promotions if each.stack.agrees]
        for promotion in promotions:
            self.item(promotion)
        self._pairs(agreeing)
        for line in self.lines:
            if self.uses[line.line_no]:
                self.programme.row(-INFINITE, line.quantity, self.uses[line.line_no])

    def item(self, promotion: Promotion) -> None:
        """One item promotion: its columns and rows."""
        kind = promotion.kind
        mine = [line for line in self.lines if holds(promotion.on, line)]
        if isinstance(kind, EachUnit):
            columns = [self.take(line, gain_of(kind.off, line)) for line in mine]
            if promotion.limits.max_units is not None:
                self.programme.row(-INFINITE, promotion.limits.max_units, [(c, 1.0) for c in columns])
        elif isinstance(kind, QtyTier):
            self._tier(kind, mine)
        elif isinstance(kind, Nth):
            self._nth(kind, mine, promotion.limits.per_order)
        elif isinstance(kind, NFor):
            each = 0 if kind.off.price_minor is not None else None
            columns = [
                self.take(line, line.unit_minor if each == 0 else gain_of(kind.off, line)) for line in mine
            ]
            times = self.gained(-(kind.off.price_minor or 0), _most(promotion, mine, kind.n))
            self.programme.row(0, 0, [*((c, 1.0) for c in columns), (times, -float(kind.n))])
        elif isinstance(kind, Bundle):
            self._bundle(kind, promotion)
        elif isinstance(kind, Reward):
            self._reward(kind, promotion)
        else:
            raise ValueError(f"{promotion.promotion_id}: this kind is not written as a programme")

    def _tier(self, kind: QtyTier, mine: Sequence[BasketLine]) -> None:
        whole = sum(line.quantity for line in mine)
        switches = []
        for step in kind.steps:
            switch = self.programme.column(0, 1)
            columns = [self.take(line, gain_of(step.off, line)) for line in mine]
            taken = [(column, 1.0) for column in columns]
            self.programme.row(0, INFINITE, [*taken, (switch, -float(step.least))])
            self.programme.row(-INFINITE, 0, [*taken, (switch, -float(whole))])
            switches.append((switch, 1.0))
        self.programme.row(-INFINITE, 1, switches)

    def _nth(self, kind: Nth, mine: Sequence[BasketLine], times_max: int | None) -> None:
        if kind.which != "cheapest" or kind.count != 1:
            raise ValueError("only the cheapest one of each group is written as a programme")
        paid, reduced = [], []
        for line in mine:
            reduced.append((self.take(line, gain_of(kind.off, line)), 1.0))
            paid.append((self.take(line, 0), 1.0))
            # Of those no cheaper every nth is reduced and no other: groups are made by falling price, also
            # where less off the items would reach a threshold of the order layer.
            needed = [(column, -float(kind.n - 1)) for column, _ in reduced]
            self.programme.row(0, kind.n - 1, [*paid, *needed])
        if times_max is not None:
            self.programme.row(-INFINITE, times_max, reduced)

    def _bundle(self, kind: Bundle, promotion: Promotion) -> None:
        times = self.gained(-(kind.off.price_minor or 0), _most(promotion, self.lines, 1))
        for part in kind.parts:
            mine = [line for line in self.lines if holds(part.of, line)]
            taken = [(self.take(line, _gain_in_whole(kind.off, line)), 1.0) for line in mine]
            self.programme.row(0, 0, [*taken, (times, -float(part.qty))])

    def _reward(self, kind: Reward, promotion: Promotion) -> None:
        times = self.programme.column(0, _most(promotion, self.lines, 1))
        for part in kind.buy:
            taken = [(self.take(line, 0), 1.0) for line in self.lines if holds(part.of, line)]
            self.programme.row(0, 0, [*taken, (times, -float(part.qty))])
        got = [
            (self.take(line, gain_of(kind.off, line)), 1.0) for line in self.lines if holds(kind.get.of, line)
        ]
        self.programme.row(-INFINITE, 0, [*got, (times, -float(kind.get.qty))])

    def _pairs(self, agreeing: Sequence[Promotion]) -> None:
        """Stacks of promotions that agree: each is a reduction of its own."""
        ordered = sorted(agreeing, key=lambda each: (-each.stack.priority, each.promotion_id))
        for line in self.lines:
            here = [each for each in ordered if holds(each.on, line)]
            for picked in range(1 << len(here)):
                stack = [each for n, each in enumerate(here) if picked >> n & 1]
                if len(stack) < 2 or not all(_agree(a, b) for a in stack for b in stack if a is not b):
                    continue
                left = line.unit_minor
                for each in stack:
                    if not isinstance(each.kind, EachUnit) or each.limits.max_units is not None:
                        raise ValueError("only unlimited unit-wise promotions agree in a programme")
                    left -= off_gain(each.kind.off, left, "half_up")
                self.take(line, line.unit_minor - left)

    # ------------------------------------------------------------------ orders
    def orders(self, promotions: Sequence[Promotion]) -> None:
        """Order promotions, each judged on the goods of its set, one of a group."""
        groups: dict[str, list[Term]] = {}
        taken: list[Term] = []
        for promotion in promotions:
            switches = self._order(promotion, taken)
            if promotion.stack.group:
                groups.setdefault(promotion.stack.group, []).extend(switches)
        for terms in groups.values():
            self.programme.row(-INFINITE, 1, terms)

    def _order(self, promotion: Promotion, taken: list[Term]) -> list[Term]:
        kind = promotion.kind
        whole = sum(line.unit_minor * line.quantity for line in self.lines)
        if promotion.needs.judged_on == "after_items":
            leasts = [each.min_minor or 0 for each in promotion.needs.conditions]
            if isinstance(kind, OrderOff):
                return self._order_off(kind, whole, max([0, *leasts]))
            if isinstance(kind, SpendTier) and kind.every:
                return self._every(kind, whole)
            if isinstance(kind, SpendTier):
                return [self._switch(step.off, whole, step.least) for step in kind.steps]
        elif isinstance(kind, SpendTier):
            base = sum(line.unit_minor * line.quantity for line in self.lines if holds(promotion.on, line))
            reached = [step for step in kind.steps if step.least <= base]
            if reached:
                best = max(reached, key=lambda step: step.least)
                return [(self.programme.column(best.off.minor or 0, 1), 1.0)]
            return []
        raise ValueError(f"{promotion.promotion_id}: this order promotion is not written as a programme")

    def _switch(self, off: Off, whole: int, least: int) -> Term:
        """One where what is left reaches an amount."""
        switch = self.programme.column(off.minor or 0, 1)
        self.programme.row(-INFINITE, whole, [*self.values, (switch, float(least))])
        return switch, 1.0

    def _every(self, kind: SpendTier, whole: int) -> list[Term]:
        step = kind.steps[0]
        most = min(whole // step.least, (kind.cap_minor or 1 << 60) // (step.off.minor or 1))
        if not most:
            return []
        times = self.programme.column(step.off.minor or 0, most)
        self.programme.row(-INFINITE, whole, [*self.values, (times, float(step.least))])
        switch = self.programme.column(0, 1)
        self.programme.row(-INFINITE, 0, [(times, 1.0), (switch, -float(most))])
        return [(switch, 1.0)]

    def _order_off(self, kind: OrderOff, whole: int, least: int) -> list[Term]:
        if kind.off.minor is not None:
            return [self._switch(Off(minor=min(kind.off.minor, whole)), whole, least)]
        ppm = kind.off.ppm or 0
        cap = kind.cap_minor if kind.cap_minor is not None else whole
        amount = self.programme.column(1, cap)
        # Half up: the largest whole number not above the share and a half.
        share = [(column, value * ppm) for column, value in self.values]
        self.programme.row(-INFINITE, whole * ppm + 500_000, [*share, (amount, 1_000_000.0)])
        switch = self.programme.column(0, 1)
        self.programme.row(-INFINITE, 0, [(amount, 1.0), (switch, -float(cap))])
        if least:
            self.programme.row(-INFINITE, whole, [*self.values, (switch, float(least))])
        return [(switch, 1.0)]


def gain_of(off: Off, line: BasketLine) -> int:
    """What falls off one unit."""
    return off_gain(off, line.unit_minor, "half_up")


def _gain_in_whole(off: Off, line: BasketLine) -> int:
    """A price for the whole group is taken off once, so each unit brings its own."""
    return line.unit_minor if off.price_minor is not None else gain_of(off, line)


def _most(promotion: Promotion, lines: Sequence[BasketLine], pieces: int) -> float:
    units = sum(line.quantity for line in lines) // pieces
    limit = promotion.limits.per_order
    return units if limit is None else min(units, limit)


def _agree(one: Promotion, other: Promotion) -> bool:
    return bool(one.stack.agrees & other.stack.tags) and bool(other.stack.agrees & one.stack.tags)
