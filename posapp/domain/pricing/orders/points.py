"""Points: paying with them, after all that money-off promotions took, and earning them.

Points that pay are shared over the units like any discount, and the points themselves by the same shares, so
that a return gives points back as points. Knows neither when points ripen nor what a member's account holds
besides the number handed in. Every amount is whole minor units, every number whole points.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from posapp.domain.money import allocate, round_div
from posapp.domain.pricing.goods.gates import Open
from posapp.domain.pricing.goods.runs import Run, Spread, room, spread
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.goods.sharing import share
from posapp.domain.pricing.terms.basket import GIFT_VALUE, PPM_OF_ALL, Basket, BasketLine
from posapp.domain.pricing.terms.policy import PointsRules, Policy
from posapp.domain.pricing.terms.priced import PricedLine
from posapp.domain.pricing.terms.promotion import PointsAdd, PointsPay, PointsTimes, Promotion
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class PointsEffect:
    """Points that pay: how many, what they take off, and what it was a share of."""

    promotion: Promotion
    amount_minor: int
    points: int
    base_minor: int
    code: str = ""


def apply_points(
    runs: list[Run], basket: Basket, opened: Sequence[tuple[Promotion, Open]], first_slot: int,
    policy: Policy, *, balance: int,
) -> list[PointsEffect]:  # fmt: skip
    """Pay with points on what is left: high priority first, of a group the first that takes something."""
    effects: list[PointsEffect] = []
    wanted = balance if basket.points_wanted is None else min(balance, basket.points_wanted)
    groups: set[str] = set()
    for promotion, gate in sorted(opened, key=lambda pair: (-pair[0].stack.priority, pair[0].promotion_id)):
        kind, limits = promotion.kind, promotion.limits
        if not isinstance(kind, PointsPay) or promotion.stack.group in groups:
            continue
        chosen = [
            n
            for n, run in enumerate(runs)
            if not run.is_locked
            and not basket.lines[run.at].is_locked
            and holds(promotion.on, basket.lines[run.at])
        ]
        due = sum(runs[n].left_minor * runs[n].count for n in chosen)
        floors = limits.floor_ppm or 0, limits.floor_minor or 0
        caps = [due * kind.cap_ppm // PPM_OF_ALL, room([runs[n] for n in chosen], *floors)]
        caps += [cap for cap in (limits.max_minor, gate.most_minor) if cap is not None]
        points, amount = payable(kind, wanted, min(caps))
        if amount <= 0:
            continue
        how = Spread(first_slot + len(effects), policy, *floors)
        spread([(amount, chosen)], runs, basket.lines, how)
        effects.append(PointsEffect(promotion, amount, points, due, gate.code))
        wanted -= points
        groups |= {promotion.stack.group} - {""}
    return effects


def payable(kind: PointsPay, wanted: int, cap_minor: int) -> tuple[int, int]:
    """(points, amount) for at most so many points and so much money: whole steps, none that buys nothing."""
    step = max(1, kind.step_points)
    if min(kind.points, kind.worth_minor, wanted, cap_minor) <= 0:
        return 0, 0
    # The most points whose worth, rounded down, still fits under the cap.
    fitting = ((cap_minor + 1) * kind.points - 1) // kind.worth_minor
    most = min(wanted, fitting) // step * step
    amount = most * kind.worth_minor // kind.points
    least = -(-amount * kind.points // kind.worth_minor)
    return -(-least // step) * step, amount


def earned(
    basket: Basket,
    lines: Sequence[PricedLine],
    promotions: Sequence[Promotion],
    policy: Policy,
    points_paid: Sequence[int],
) -> int:
    """Points that the basket earns, whoever's it is; `points_paid` is what points paid of each line.

    Of several promotions that multiply a line's points the highest counts.
    """
    rules = policy.points
    earning = [earns(rules, line) for line in basket.lines]
    times = [_times(line, promotions) for line in basket.lines]
    amounts = [
        _base(line, paid, rules.base) if may else 0
        for line, paid, may in zip(lines, points_paid, earning, strict=True)
    ]
    total = 0
    if rules.points and rules.per_minor:
        divisor = rules.per_minor * PPM_OF_ALL
        weighted = [amount * rate * rules.points for amount, rate in zip(amounts, times, strict=True)]
        if rules.per == "line":
            total = sum(round_div(each, divisor, rules.mode) for each in weighted)
        else:
            total = round_div(sum(weighted), divisor, rules.mode)
    total += sum(_added(each, basket, amounts, earning) for each in promotions)
    return min(total, rules.most) if rules.most else total


def earns(rules: PointsRules, line: BasketLine) -> bool:
    """Whether the goods of a line earn points at all."""
    if line.price_reason == GIFT_VALUE:
        return False
    return rules.but is None or not holds(rules.but, line)


def earned_by_unit(
    lines: Sequence[PricedLine], points: int, silent: Collection[int] = ()
) -> dict[tuple[int, int], int]:
    """Points that were earned shared over all units by what each paid, as (line number, unit from 0).

    Units of `silent` lines earned none. Returns take them back by these very shares, at the till and at the
    hub, so they may hang on nothing but what the sale's fact says.
    """
    units: list[tuple[int, int]] = []
    weights: list[int] = []
    for line in lines:
        is_silent = line.line_no in silent
        for n, paid in enumerate(line.unit_shares):
            units.append((line.line_no, n))
            weights.append(0 if is_silent else max(0, paid))
    return dict(zip(units, allocate(points, weights) if units else (), strict=True))


def _base(line: PricedLine, points_paid: int, base: str) -> int:
    if base == "list":
        return line.list_minor
    return line.paid_minor + (points_paid if base == "before_points" else 0)


def _times(line: BasketLine, promotions: Sequence[Promotion]) -> int:
    rates = [
        each.kind.times_ppm
        for each in promotions
        if isinstance(each.kind, PointsTimes) and holds(each.on, line)
    ]
    return max(rates, default=PPM_OF_ALL)


def _added(promotion: Promotion, basket: Basket, amounts: Sequence[int], earning: Sequence[bool]) -> int:
    kind = promotion.kind
    if not isinstance(kind, PointsAdd):
        return 0
    places = [at for at, line in enumerate(basket.lines) if earning[at] and holds(promotion.on, line)]
    limit = promotion.limits.per_order
    if kind.per == "order":
        times = 1 if places else 0
    elif kind.per == "unit":
        times = sum(basket.lines[at].quantity for at in places)
    else:
        times = sum(amounts[at] for at in places) // kind.per_minor if kind.per_minor else 0
    return kind.points * (times if limit is None else min(times, limit))


def points_of_units(lines: Sequence[PricedLine], slot: int, points: int) -> dict[int, tuple[int, ...]]:
    """Points shared over the units by what they paid of each, by line number; `slot`: which discount."""
    paid: list[tuple[int, int]] = []
    for line in lines:
        for run in line.runs:
            amount = sum(part for index, part in run.shares if index == slot)
            paid += [(line.line_no, amount)] * run.count
    found: dict[int, list[int]] = {line.line_no: [] for line in lines}
    parts = share(points, [amount for _, amount in paid]) if paid else ()
    for (line_no, _), part in zip(paid, parts, strict=True):
        found[line_no].append(part)
    return {line_no: tuple(each) for line_no, each in found.items()}
