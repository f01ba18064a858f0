"""All choices that might be best once the order layer has its say: value against what falls on parts.

Where a threshold on the amount after items binds, less off an item may be more off the order. So all values
within a window below the best are kept that no other beats, with what falls on the parts as it is shared out,
unit by unit. Values are kept as losses against a bound, a bit for each: what is lost by the next unit shifts
them, and components are added up by shifting too, so that thousands of values cost hardly more than one.
Which units made a value is found only for those that are asked for, by walking the layers back.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.pricing.items.component_losses import ComponentLosses
from posapp.domain.pricing.items.losses import Losses, Parts, Watch, added, losses_in, minus
from posapp.domain.pricing.items.solving import Prepared
from posapp.domain.pricing.items.tables import Step
from posapp.domain.pricing.items.units import NormalForm
from posapp.domain.pricing.items.writing_out import (
    applications_of,
    joined,
)
from posapp.domain.pricing.terms.applications import (
    Application,
    Frontier,
    FrontierPoint,
    ItemChoice,
    LinePart,
)
from posapp.domain.pricing.terms.policy import Policy

#: Sums of parts in all states together.
_SUMS_MAX = 600_000


def combined_frontier(
    form: NormalForm, tied: Sequence[Prepared], policy: Policy, parts: Sequence[LinePart], window_minor: int
) -> Frontier:
    """The frontier of a whole basket."""
    touched = {form.lots[position].line.line_no for prepared in tied for position in prepared.bases}
    watch = Watch(parts, touched, window_minor)
    # A state is as much work as it has sums.
    states_max = min(policy.states_max, _SUMS_MAX // max(1, len(watch.kept)))
    found: list[ComponentLosses] = []
    totals: list[Losses] = [{watch.nothing: 1}]
    states = 0
    for prepared in tied:
        component = ComponentLosses(prepared, policy, watch)
        component.solve(states_max - states)
        states += component.states
        pairs = len(totals[-1]) * sum([bits.bit_count() for bits in component.ends.values()])
        if not component.is_proven or states + pairs > states_max:
            # The best by items stands; whether less of them were more in all is not known.
            return Frontier((), states, False)
        total = watch.unbeaten(added(totals[-1], component.ends, watch.mask), is_end=True)
        states += pairs + watch.work
        watch.work = 0
        found.append(component)
        totals.append(total)
    value = sum(component.value for component in found)
    losses = [
        (reduced, loss) for reduced, bits in totals[-1].items() for loss in watch.best_between(bits, value)
    ]
    states += len(losses)
    making = _Making(form, found, totals, states)
    points = [
        FrontierPoint(value - loss, watch.told(reduced, value - loss), making.of(reduced, loss))
        for reduced, loss in losses
    ]
    points.sort(key=lambda point: (-point.value_minor, point.reductions_minor))
    return Frontier(tuple(points), states)


class _Making:
    """Makes the choice of a point when it is asked for: most points are looked at by their numbers only."""

    def __init__(
        self,
        form: NormalForm,
        components: Sequence[ComponentLosses],
        totals: Sequence[Losses],
        states: int,
    ) -> None:
        self._form = form
        self._components = components
        self._totals = totals
        self._states = states

    def of(self, reduced: Parts, loss: int) -> _One:
        """What makes one point."""
        return _One(self, reduced, loss)

    def made(self, reduced: Parts, loss: int) -> ItemChoice:
        """The choice with these reductions and this loss."""
        found: list[Application] = []
        for component, before in reversed(list(zip(self._components, self._totals, strict=False))):
            reduced, loss, steps = _one_of(component, before, reduced, loss)
            found.extend(applications_of(self._form, component.prepared.places, steps))
        value = sum(one.amount_minor for one in found)
        return ItemChoice(joined(found), value, self._states)


def _one_of(
    component: ComponentLosses, before: Losses, reduced: Parts, loss: int
) -> tuple[Parts, int, list[tuple[Step, ...]]]:
    """How a component and those before it come to a loss: what is left for those, and its own steps."""
    ends = component.ends
    if len(before) == 1:
        # Nothing else but one sum lies before it: its own is the rest.
        own = minus(reduced, *before)
        ends = {own: ends[own]}
    for mine, bits in ends.items():
        others = before.get(minus(reduced, mine), 0)
        for lost in losses_in(bits) if others else ():
            if lost <= loss and others >> (loss - lost) & 1:
                return minus(reduced, mine), loss - lost, component.steps(mine, lost)
    raise AssertionError("a loss that nothing makes")


class _One:
    """A point's choice, not made yet."""

    __slots__ = ("_loss", "_making", "_reduced")

    def __init__(self, making: _Making, reduced: Parts, loss: int) -> None:
        self._making = making
        self._reduced = reduced
        self._loss = loss

    def __call__(self) -> ItemChoice:
        return self._making.made(self._reduced, self._loss)
