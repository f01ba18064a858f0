"""A basket unit by unit: every piece a line of its own, for where the sums of whole lines do not tell.

Which unit of a line is the cheapest, or is rounded by itself, hangs on what fell off each of them. So the
item layer is asked with lines of one piece, which still count with their own line where a rule counts lines,
and its choices are told in the basket's own lines again. Each unit more is a sum more to watch, so that large
baskets stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from posapp.domain.pricing.orders.layer import OrderRight
from posapp.domain.pricing.orders.plan import Plan
from posapp.domain.pricing.orders.watch import Goods, Reach
from posapp.domain.pricing.terms.applications import Application, ItemChoice, Lot
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.values import dataclass

#: In baskets of more units the sums would be too many.
UNITS_MAX = 32


@dataclass(frozen=True, slots=True)
class ByUnit:
    """Goods, order rights and reach in lines of one piece, and whose piece each line is (line, number)."""

    goods: Goods
    orders: tuple[OrderRight, ...]
    reach: Reach
    pieces: dict[int, tuple[int, int]]
    #: Pieces that are equal before the items, as they are of one lot.
    alike: tuple[frozenset[int], ...]

    def told(self, plan: Plan) -> Plan:
        """The plan with its parts told which of them are equal pieces."""
        numbers = {piece: n for n, mine in enumerate(self.alike, 1) if len(mine) > 1 for piece in mine}
        parts = [
            replace(part, alike=numbers.get(min(part.line_nos), 0)) if len(part.line_nos) == 1 else part
            for part in plan.parts
        ]
        return replace(plan, parts=tuple(parts))

    def whole(self, choice: ItemChoice) -> ItemChoice:
        """A choice in the basket's own lines."""
        return replace(choice, applications=tuple([self._whole(one) for one in choice.applications]))

    def _whole(self, application: Application) -> Application:
        units = []
        for unit in application.units:
            line_no, index = self.pieces[unit.line_no]
            units.append(unit._replace(line_no=line_no, index=index))
        return replace(application, units=tuple(units))


def by_unit(goods: Goods, orders: Sequence[OrderRight], reach: Reach) -> ByUnit | None:
    """The basket unit by unit; None where it is too large."""
    if sum([lot.count for lot in goods.lots]) > UNITS_MAX:
        return None
    # By line and number, so that whatever goes by the order of lines goes the same way.
    pieces = sorted(
        [
            (lot.line.line_no, index, n)
            for n, lot in enumerate(goods.lots)
            for index in range(lot.first, lot.first + lot.count)
        ]
    )
    lines: list[BasketLine] = []
    lots: list[Lot] = []
    places_of: dict[int, set[int]] = {}
    numbers_of: dict[int, set[int]] = {}
    alike: dict[int, set[int]] = {}
    for place, (line_no, _, n) in enumerate(pieces):
        lot = goods.lots[n]
        line = replace(lot.line, line_no=place + 1, quantity=1)
        lines.append(line)
        lots.append(replace(lot, line=line, first=0, count=1, of_line=line_no))
        places_of.setdefault(goods.places[line_no], set()).add(place)
        numbers_of.setdefault(line_no, set()).add(place + 1)
        alike.setdefault(n, set()).add(place + 1)

    def places(found: Iterable[int]) -> frozenset[int]:
        return frozenset().union(*[places_of.get(at, ()) for at in found])

    def numbers(found: Iterable[int]) -> frozenset[int]:
        return frozenset().union(*[numbers_of.get(line_no, ()) for line_no in found])

    return ByUnit(
        Goods(lines, lots, {line.line_no: at for at, line in enumerate(lines)}),
        tuple(
            replace(
                right,
                places=places(right.places),
                groups=tuple([places(group) for group in right.groups]),
                conditions=tuple([(condition, places(mine)) for condition, mine in right.conditions]),
            )
            for right in orders
        ),
        replace(
            reach,
            touched=numbers(reach.touched),
            components=tuple([(numbers(mine), value) for mine, value in reach.components]),
        ),
        {place + 1: (line_no, index) for place, (line_no, index, _) in enumerate(pieces)},
        tuple([frozenset(mine) for mine in alike.values()]),
    )
