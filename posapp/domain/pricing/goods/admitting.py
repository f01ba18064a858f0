"""What gates said last, kept while all that they hang on but the goods is the same.

For one promotion after the other the gate looks at shop, member, codes and clock; on a till these are what
they were a scan ago. Kept is what holds without conditions on goods and without counts of uses; everything
else is asked of the gate each time. The same is answered with it and without it.
"""

from __future__ import annotations

from posapp.domain.pricing.goods.gates import Closed, Open, admitted
from posapp.domain.pricing.goods.sets import only, values_alike
from posapp.domain.pricing.goods.windows import NEVER, NEVER_BEFORE, is_timed, micros, steady
from posapp.domain.pricing.terms.applications import Right
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.promotion import EachUnit, Limits, Off, Promotion

#: Promotions kept at most; then the memory begins anew.
KEPT_MAX = 20_000


class Admitting:
    """Gates that were asked, by identity of the promotion (each is held by what is kept of it)."""

    __slots__ = ("_facts", "_found", "_since", "_split", "_until", "rights")

    def __init__(self) -> None:
        self._facts: tuple[object, ...] | None = None
        self._since, self._until = NEVER_BEFORE, NEVER
        self._found: dict[int, tuple[Promotion, Open | Closed]] = {}
        #: Copies for each value of what goods must be alike in.
        self._split: dict[tuple[int, str], tuple[Promotion, Promotion]] = {}
        #: Rights of item promotions that hold whatever lies in the basket and that nobody chooses among.
        self.rights: dict[int, Right] = {}

    def get_ready(self, basket: Basket) -> None:
        """Forget what no longer holds for this basket: another shop, member, code or time."""
        at = basket.at
        facts = (
            basket.currency, basket.store_id, basket.region, basket.channel, basket.tender, basket.points,
            basket.codes, basket.member, at.tzinfo, at.utcoffset(),
        )  # fmt: skip
        kept = max(len(self._found), len(self.rights), len(self._split))
        is_same = facts == self._facts and kept <= KEPT_MAX
        if is_same and (self._until == NEVER and self._since == NEVER_BEFORE):
            return
        if is_same and self._since <= micros(at) < self._until:
            return
        self._facts = facts
        self._since, self._until = NEVER_BEFORE, NEVER
        self._found, self._split, self.rights = {}, {}, {}

    def at_once(self, promotion: Promotion) -> Right | None:
        """The right of an item promotion that is for everybody, everywhere, at any time; None for others."""
        if not _is_for_all(promotion):
            return None
        right = self.rights[id(promotion)] = Right(promotion)
        return right

    def gate(self, promotion: Promotion, basket: Basket) -> Open | Closed:
        """The gate without conditions on goods."""
        known = self._found.get(id(promotion))
        if known is not None:
            return known[1]
        found = admitted(promotion, basket)
        if _lasts(promotion, basket):
            if is_timed(promotion):
                since, until = steady(promotion, basket.at)
                self._since, self._until = max(self._since, since), min(self._until, until)
            self._found[id(promotion)] = (promotion, found)
            if isinstance(found, Open) and is_plain(promotion):
                self.rights[id(promotion)] = Right(promotion, left_minor=found.most_minor, code=found.code)
        return found

    def split(self, promotion: Promotion, basket: Basket) -> tuple[Promotion, ...]:
        """The promotion for each value of what its goods must be alike in: the same objects each time."""
        parts = []
        for value in values_alike(promotion, basket.lines):
            known = self._split.get((id(promotion), value))
            if known is None:
                known = self._split[id(promotion), value] = (promotion, only(promotion, value))
            parts.append(known[1])
        return tuple(parts)


def _is_for_all(promotion: Promotion) -> bool:
    """Whether all that a gate looks at is as it is where nothing was said."""
    limits, stack = promotion.limits, promotion.stack
    return (
        promotion.layer == "item"
        and promotion.begins is None
        and promotion.ends is None
        and not (stack.group or stack.alone or promotion.same or promotion.weekly or promotion.currency)
        and not (promotion.stores or promotion.regions or promotion.channels)
        and promotion.enabled
        and _is_uncounted(limits)
        and (promotion.who is _ANYBODY or promotion.who == _ANYBODY)
        and (promotion.needs is _NOTHING or promotion.needs == _NOTHING)
    )


#: What a promotion has where nothing was said.
_DEFAULT = Promotion("", "item", EachUnit(Off(minor=0)))
_ANYBODY, _NOTHING = _DEFAULT.who, _DEFAULT.needs


def _lasts(promotion: Promotion, basket: Basket) -> bool:
    """Whether its gate says the same for the next basket of this shop, member and moment."""
    return _is_uncounted(promotion.limits) and (basket.at.tzinfo is not None or not is_timed(promotion))


def _is_uncounted(limits: Limits) -> bool:
    """Whether it does not matter how often it was used."""
    return (
        limits.per_member is None
        and limits.per_day is None
        and limits.campaign is None
        and limits.campaign_minor is None
    )


def is_plain(promotion: Promotion) -> bool:
    """An item promotion that no basket has to choose and whose conditions are none."""
    stack, needs = promotion.stack, promotion.needs
    return (
        promotion.layer == "item"
        and not stack.group
        and not stack.alone
        and not promotion.same
        and not needs.is_coupon
        and not needs.points
        and not needs.conditions
    )
