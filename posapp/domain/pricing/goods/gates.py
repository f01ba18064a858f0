"""What is decided about a promotion before goods are looked for: when, where, who, code, limits, conditions.

A gate is open, or closed with its reason and with what is missing. Uses that nobody knows (the hub is out of
reach) count as the promotion says. Time is handed in with the basket and is the shop's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from posapp.domain.pricing.goods.held import Held
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.goods.taxes import TaxedLine, tax_sums
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Member, Uses
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Condition, Limits, Needs, Promotion, Weekly, Who
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Open:
    """The promotion may be used: with this code, where it needs one, and for so much in all (budget left)."""

    code: str = ""
    most_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """It may not: "disabled", "time", "store", "region", "channel", "currency", "who", "no_code", "tender",
    "points", "limit" or "condition"; of the last and of points it says how much is missing."""

    reason: str
    missing_minor: int = 0
    missing_qty: int = 0


def gate(promotion: Promotion, basket: Basket, *, amounts: Sequence[int] | None = None) -> Open | Closed:
    """Whether a promotion may be used for a basket.

    `amounts` are those of the lines after the price layer, in the order of the lines (list amounts where not
    given). Conditions that are judged after items are left to `unmet`.
    """
    opened = admitted(promotion, basket)
    needs = promotion.needs
    if isinstance(opened, Closed) or not needs.conditions or needs.judged_on != "list":
        return opened
    return unmet(needs, basket.lines, amounts, basket.uses.get(promotion.promotion_id)) or opened


def admitted(promotion: Promotion, basket: Basket) -> Open | Closed:
    """The gate without the conditions on goods."""
    reason = _not_here(promotion, basket) or _not_for(promotion.who, basket.member)
    if reason:
        return Closed(reason)
    needs = promotion.needs
    code = ""
    if needs.is_coupon:
        shown = _code(needs, basket.codes)
        if shown is None or shown.uses_left <= 0:
            return Closed("no_code" if shown is None else "limit")
        code = shown.code
    if needs.tenders and basket.tender not in needs.tenders:
        return Closed("tender")
    if needs.points > basket.points:
        return Closed("points", missing_qty=needs.points - basket.points)
    uses = basket.uses.get(promotion.promotion_id)
    if _is_used_up(promotion.limits, uses, has_member=basket.member is not None):
        return Closed("limit")
    return Open(code, _budget_left(promotion.limits, uses))


# ------------------------------------------------------------------ when and where
def _not_here(promotion: Promotion, basket: Basket) -> str:
    if not promotion.enabled:
        return "disabled"
    if promotion.currency and promotion.currency != basket.currency:
        return "currency"
    if promotion.stores and basket.store_id not in promotion.stores:
        return "store"
    if promotion.regions and basket.region not in promotion.regions:
        return "region"
    if promotion.channels and basket.channel not in promotion.channels:
        return "channel"
    return "" if is_within(promotion, basket.at) else "time"


def is_within(promotion: Promotion, at: datetime) -> bool:
    """Whether a promotion's window and hours include a time (local, with its zone)."""
    if promotion.begins is not None and is_before(at, promotion.begins):
        return False
    if promotion.ends is not None and not is_before(at, promotion.ends):
        return False
    return not promotion.weekly or any(_is_in_hours(window, at) for window in promotion.weekly)


def is_before(at: datetime, other: datetime) -> bool:
    """Whether a time is before another: as instants where both have a zone, else by the clock on the wall."""
    if at.tzinfo is not None and other.tzinfo is not None:
        return at < other
    return at.replace(tzinfo=None) < other.replace(tzinfo=None)


def _is_in_hours(window: Weekly, at: datetime) -> bool:
    day, minute = at.weekday(), at.hour * 60 + at.minute
    if window.from_minute < window.to_minute:
        return day in window.days and window.from_minute <= minute < window.to_minute
    # Over midnight: the hours of the named day run on into the next one.
    if minute >= window.from_minute:
        return day in window.days
    return minute < window.to_minute and (day - 1) % 7 in window.days


# ------------------------------------------------------------------ who, code, uses
def _not_for(who: Who, member: Member | None) -> str:
    if who == _FOR_ALL:
        return ""
    if member is None:
        asks = who.members or who.staff or who.member_ids or who.levels or who.tags or who.nth_order
        return "who" if asks else ""
    is_his = (
        (not who.staff or member.is_staff)
        and (not who.member_ids or member.member_id in who.member_ids)
        and (not who.levels or member.level in who.levels)
        and (not who.tags or not who.tags.isdisjoint(member.tags))
        and who.except_tags.isdisjoint(member.tags)
        and (who.nth_order is None or member.orders_before == who.nth_order - 1)
    )
    return "" if is_his else "who"


_FOR_ALL = Who()


def _code(needs: Needs, codes: Sequence[Code]) -> Code | None:
    """The code that fits: the first shown that has uses left, else one that is used up, else None."""
    if not codes:
        return None
    # People type words as they like; codes of a batch are known by their batch.
    words = {word.casefold() for word in needs.codes}
    fitting = [
        code for code in codes if code.code.casefold() in words or (needs.batch and code.batch == needs.batch)
    ]
    return next((code for code in fitting if code.uses_left > 0), fitting[0] if fitting else None)


def _is_used_up(limits: Limits, uses: Uses | None, *, has_member: bool) -> bool:
    for limit, used in (
        (limits.per_member, uses.by_member if uses is not None and has_member else None),
        (limits.per_day, None if uses is None else uses.today),
        (limits.campaign, None if uses is None else uses.campaign),
        (limits.campaign_minor, None if uses is None else uses.campaign_minor),
    ):
        if limit is None:
            continue
        if used is None:
            if limits.when_unknown == "refuse":
                return True
        elif used >= limit:
            return True
    return False


def _budget_left(limits: Limits, uses: Uses | None) -> int | None:
    if limits.campaign_minor is None:
        return None
    used = uses.campaign_minor if uses is not None else None
    return limits.campaign_minor - (used or 0)


# ------------------------------------------------------------------ conditions
def unmet(
    needs: Needs,
    lines: Sequence[BasketLine],
    amounts: Sequence[int] | None = None,
    uses: Uses | None = None,
    held: Held | None = None,
    *,
    places: Sequence[frozenset[int]] | None = None,
) -> Closed | None:
    """What the conditions miss, or None where they are met; `amounts` of the lines as they are to be judged.

    Of conditions that must all hold it is the first that does not; where one is enough, the nearest. What
    the member bought `earlier` counts too. `places` are the lines that each is about, where they are known.
    """
    missed: list[Closed] = []
    earlier = (uses.earlier_qty, uses.earlier_minor) if uses is not None else (0, 0)
    for nth, condition in enumerate(needs.conditions):
        if places is not None:
            mine = sorted(places[nth])
        elif held is not None:
            mine = sorted(held.places(condition.of))
        else:
            mine = [n for n, line in enumerate(lines) if not line.is_locked and holds(condition.of, line)]
        closed = _unmet(condition, lines, amounts, earlier, mine)
        if closed is None and needs.match == "any":
            return None
        if closed is not None:
            if needs.match == "all":
                return closed
            missed.append(closed)
    return min(missed, key=_distance, default=None)


def _distance(closed: Closed) -> tuple[bool, int, int]:
    """What cannot be mended by adding goods is furthest."""
    is_hopeless = not (closed.missing_minor or closed.missing_qty)
    return is_hopeless, closed.missing_minor, closed.missing_qty


def _unmet(
    condition: Condition,
    lines: Sequence[BasketLine],
    amounts: Sequence[int] | None,
    earlier: tuple[int, int],
    places: list[int],
) -> Closed | None:
    missing_qty = 0
    if condition.min_qty is not None or condition.max_qty is not None:
        qty = sum(lines[n].quantity for n in places) + earlier[0]
        if condition.max_qty is not None and qty > condition.max_qty:
            return Closed("condition")
        missing_qty = max(0, (condition.min_qty or 0) - qty)
    if condition.min_items is not None:
        items = len({lines[n].sku for n in places})
        missing_qty = max(missing_qty, condition.min_items - items)
    missing_minor = 0
    if condition.min_minor is not None or condition.max_minor is not None:
        amount = _amount(condition, [lines[n] for n in places], _picked(lines, amounts, places)) + earlier[1]
        if condition.max_minor is not None and amount > condition.max_minor:
            return Closed("condition")
        missing_minor = max(0, (condition.min_minor or 0) - amount)
    return Closed("condition", missing_minor, missing_qty) if missing_minor or missing_qty else None


def _picked(lines: Sequence[BasketLine], amounts: Sequence[int] | None, places: list[int]) -> list[int]:
    return [lines[n].amount_minor if amounts is None else amounts[n] for n in places]


def _amount(condition: Condition, lines: Sequence[BasketLine], amounts: Sequence[int]) -> int:
    amount = sum(amounts)
    if condition.tax == "as_priced":
        return amount
    taxed = [
        TaxedLine(line.line_no, amount, line.taxes, line.quantity)
        for line, amount in zip(lines, amounts, strict=True)
    ]
    sums = tax_sums(taxed, Policy())
    if condition.tax == "with":
        return amount + sums.added_minor
    return amount - sum(each.tax_minor for each in sums.sums if each.included)
