"""What promotions give one after the other: what there is to fall back on where the search was cut short.

A table that is too large says nothing at all, and nothing off is no answer to a shopper who put the goods for
it into the basket. So every part of the basket that is not proven is computed once more as most shops do,
the promotion of most value first and a unit in one of them only, and the better of both is taken. Bounded by
promotions and units, the same on every till; it never claims to be the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from posapp.domain.pricing.goods.sets import holds, values_of
from posapp.domain.pricing.items.writing_out import gifts_of
from posapp.domain.pricing.sequences.sequence import in_sequence
from posapp.domain.pricing.terms.applications import Application, ItemChoice, Lot, Right
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion, QtyTier, Reward


def at_least_in_turn(
    lots: Sequence[Lot], rights: Sequence[Right], policy: Policy, choice: ItemChoice
) -> ItemChoice:
    """The choice, with every part of the basket for which more is had by one promotion after the other."""
    mine = [one for one in rights if _is_of_its_own_goods(one.promotion)]
    if len(mine) * sum([lot.count for lot in lots]) > policy.states_max:
        return choice
    found = list(choice.applications)
    components = list(choice.components)
    for at, (line_nos, _) in enumerate(components):
        # Lots of one line may belong to several parts; these are looked at as the search left them.
        if any(line_nos & other for n, (other, _) in enumerate(components) if n != at):
            continue
        had = [one for one in found if any(unit.line_no in line_nos for unit in one.units)]
        if any(unit.line_no not in line_nos for one in had for unit in one.units):
            continue
        made = _in_turn([lot for lot in lots if lot.line.line_no in line_nos], mine, policy)
        worth = sum([one.amount_minor for one in made])
        if worth > sum([one.amount_minor for one in had]):
            found = [one for one in found if one not in had] + made
            components[at] = line_nos, worth
    if components == list(choice.components):
        return choice
    value = sum([one.amount_minor for one in found])
    return replace(
        choice,
        applications=tuple(found),
        value_minor=value,
        gifts=gifts_of(lots, rights, found),
        components=tuple(components),
    )


def _is_of_its_own_goods(promotion: Promotion) -> bool:
    """Whether it hangs on nothing but goods of its own part: gifts are added by what is left over at the end,
    and a tier may count goods of all parts."""
    kind = promotion.kind
    is_counting_all = isinstance(kind, QtyTier) and kind.counts != "used"
    return not is_counting_all and not (isinstance(kind, Reward) and kind.adds)


def _in_turn(lots: Sequence[Lot], rights: Sequence[Right], policy: Policy) -> list[Application]:
    """Most value first, by what each gives alone; a unit that one used is gone for the others."""
    alone = replace(policy, choose="sequence", sequence_order="priority", stacking="all", takes="best")
    worths = [
        (in_sequence(_told_apart(lots, right), [right], alone, holds).value_minor, right) for right in rights
    ]
    found: list[Application] = []
    for worth, right in sorted(worths, key=lambda one: (-one[0], one[1].promotion.promotion_id)):
        if worth > 0:
            made = in_sequence(_told_apart(lots, right), [right], alone, holds).applications
            found.extend(made)
            lots = _without(lots, made)
    return found


def _told_apart(lots: Sequence[Lot], right: Right) -> Sequence[Lot]:
    """Those whose value is plain where a promotion tells goods apart by one."""
    traits = [trait for trait in (right.promotion.same, right.promotion.differ) if trait]
    if not traits:
        return lots
    return [lot for lot in lots if all(len(values_of(trait, lot.line)) == 1 for trait in traits)]


def _without(lots: Sequence[Lot], made: Sequence[Application]) -> list[Lot]:
    """What is left of the lots: their units that no application used, in runs."""
    used = {(unit.line_no, unit.index) for one in made for unit in one.units}
    left: list[Lot] = []
    for lot in lots:
        first = lot.first
        for index in range(lot.first, lot.first + lot.count + 1):
            if index == lot.first + lot.count or (lot.line.line_no, index) in used:
                if index > first:
                    left.append(replace(lot, first=first, count=index - first))
                first = index + 1
    return left
