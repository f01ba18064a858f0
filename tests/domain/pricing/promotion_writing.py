"""A promotion as the document that travels from the hub to the tills: what `reading` reads back as the same.

What is as it would be anyway is left out and sets are written sorted: one promotion gives one document.
Amounts and percentages are texts, so that no reader makes binary fractions of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from posapp.domain.money import minor_digits
from posapp.domain.pricing.documents.reading import DAYS
from posapp.domain.pricing.documents.reading_values import PPM_OF_ONE, Money, percent_text, times_text
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    Condition,
    Deposit,
    EachUnit,
    Every,
    Except,
    Funding,
    GoodsSet,
    Having,
    Kind,
    Limits,
    Needs,
    NFor,
    Nth,
    Off,
    OrderOff,
    Part,
    PointsAdd,
    PointsPay,
    PointsTimes,
    PriceBook,
    Priced,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Step,
    Weekly,
    Who,
)

_STORE_PAYS = (Funding("store", PPM_OF_ONE),)


def promotion_document(
    promotion: Promotion, *, currency: str = "", digits: int | None = None
) -> dict[str, Any]:
    """The document of a promotion; `currency` and `digits` as `read_promotion` takes them."""
    own = promotion.currency
    is_default = not own or own == currency
    decimals = digits if is_default and digits is not None else minor_digits(own or currency)
    money = Money(own or currency, decimals)
    names = dict(promotion.names)
    written: dict[str, Any] = {
        "id": promotion.promotion_id,
        "version": promotion.version,
        "name": names.get("") if set(names) == {""} else names,
        "currency": own,
        "valid": _filled({"from": _instant(promotion.begins), "to": _instant(promotion.ends)}),
        "weekly": [_weekly(window) for window in promotion.weekly],
        "stores": sorted(promotion.stores),
        "regions": sorted(promotion.regions),
        "channels": sorted(promotion.channels),
        "who": _who(promotion.who),
        "needs": _needs(promotion.needs, money),
        "kind": _kind(promotion.kind, money),
        "on": None if promotion.on == Every() else goods_document(promotion.on, money),
        "same": promotion.same,
        "differ": promotion.differ,
        "limits": _limits(promotion.limits, money),
        "stack": _stack(promotion),
        "funding": [] if promotion.funding == _STORE_PAYS else [_funding(part) for part in promotion.funding],
        "gl_code": promotion.gl_code,
    }
    document = _filled(written)
    if not promotion.enabled:
        document["enabled"] = False
    return document


def goods_document(goods: GoodsSet, money: Money) -> dict[str, Any]:
    """The document of a set of goods."""
    match goods:
        case Every():
            return {"all": True}
        case Having(what, values):
            return {what: sorted(values)}
        case Priced(least, most):
            return {"price": _filled({"from": _amount(least, money), "to": _amount(most, money)})}
        case AnyOf(sets):
            return {"any_of": [goods_document(each, money) for each in sets]}
        case AllOf((inside, Except(outside))):
            return {"in": goods_document(inside, money), "except": goods_document(outside, money)}
        case AllOf(sets):
            return {"all_of": [goods_document(each, money) for each in sets]}
        case Except(of):
            return {"not": goods_document(of, money)}


# ------------------------------------------------------------------ kinds
def _kind(kind: Kind, money: Money) -> dict[str, Any]:
    match kind:
        case PriceBook(prices, off, locks):
            written = {"prices": {sku: money.text(minor) for sku, minor in sorted(prices.items())}}
            reduced = {} if off is None else _off(off, money)
            return {"type": "price_book"} | _filled(written) | reduced | _filled({"locks": locks})
        case EachUnit(off):
            name = "pct" if off.ppm is not None else "amount" if off.minor is not None else "fixed_unit"
            return {"type": name} | _off(off, money)
        case Nth(n, off, which, count):
            more = {"which": "" if which == "cheapest" else which, "count": count if count > 1 else 0}
            return {"type": "nth", "n": n} | _off(off, money) | _filled(more)
        case NFor(n, off):
            return {"type": "n_for" if off.ppm is None else "n_pct", "n": n} | _off(off, money)
        case Bundle(parts, off):
            return {"type": "bundle", "parts": [_part(part, money) for part in parts]} | _off(off, money)
        case Reward():
            return _reward(kind, money)
        case QtyTier(steps, counts):
            more = {"counts": "" if counts == "used" else counts}
            return {"type": "qty_tier", "steps": _steps(steps, money, amounts=False)} | _filled(more)
        case _:
            return _order_kind(kind, money)


def _order_kind(
    kind: OrderOff | SpendTier | Deposit | PointsTimes | PointsAdd | PointsPay, money: Money
) -> dict[str, Any]:
    match kind:
        case OrderOff(off, cap, per, units, count):
            more = {
                "cap": _amount(cap, money),
                "per": "" if per == "order" else per,
                "units": "" if units == "all" else units,
                "count": count if count > 1 else 0,
            }
            name = "order_pct" if off.ppm is not None else "order_amount"
            return {"type": name} | _off(off, money) | _filled(more)
        case SpendTier(by, steps, every, cap, per):
            more = {"every": every, "cap": _amount(cap, money), "per": "" if per == "order" else per}
            head = {"type": "spend_tier", "by": by, "steps": _steps(steps, money, amounts=by == "amount")}
            return head | _filled(more)
        case Deposit(paid, worth):
            return {"type": "deposit", "paid": money.text(paid), "worth": money.text(worth)}
        case PointsTimes(times_ppm):
            return {"type": "points_x", "times": times_text(times_ppm)}
        case PointsAdd(points, per, per_minor):
            amount = {"amount": money.text(per_minor)} if per == "amount" else {}
            return {"type": "points_add", "points": points, "per": per} | amount
        case PointsPay(points, worth, step, cap):
            more = {
                "step": step if step > 1 else 0,
                "cap_pct": "" if cap == PPM_OF_ONE else percent_text(cap),
            }
            return {"type": "points_pay", "points": points, "worth": money.text(worth)} | _filled(more)


def _reward(kind: Reward, money: Money) -> dict[str, Any]:
    written = {
        "buy": [_part(part, money) for part in kind.buy],
        "buy_amount": _amount(kind.buy_minor, money),
        "buy_of": None if kind.buy_of == Every() else goods_document(kind.buy_of, money),
        "get": _part(kind.get, money),
        "cheaper": kind.cheaper,
        "adds": list(kind.adds),
        "over": kind.over,
    }
    if kind.off == Off(ppm=PPM_OF_ONE):
        return {"type": "gift"} | _keeping(written, "get")
    name = "pwp" if kind.off.price_minor is not None else "reward"
    return {"type": name} | _off(kind.off, money) | _keeping(written, "get")


def _off(off: Off, money: Money) -> dict[str, Any]:
    if off.ppm is not None:
        return {"pct": percent_text(off.ppm)}
    if off.minor is not None:
        return {"amount": money.text(off.minor)}
    return {"price": money.text(off.price_minor or 0)}


def _part(part: Part, money: Money) -> dict[str, Any]:
    of = None if part.of == Every() else goods_document(part.of, money)
    return _filled({"of": of, "qty": part.qty if part.qty > 1 else 0})


def _steps(steps: tuple[Step, ...], money: Money, *, amounts: bool) -> list[dict[str, Any]]:
    return [
        {"least": money.text(step.least) if amounts else step.least}
        | _off(step.off, money)
        | ({"more": money.text(step.more_minor)} if step.more_minor else {})
        for step in steps
    ]


# ------------------------------------------------------------------ who, when, how often
def _who(who: Who) -> dict[str, Any]:
    return _filled(
        {
            "members": who.members,
            "member_ids": sorted(who.member_ids),
            "levels": sorted(who.levels),
            "tags": sorted(who.tags),
            "except_tags": sorted(who.except_tags),
            "nth_order": who.nth_order,
            "staff": who.staff,
        }
    )


def _needs(needs: Needs, money: Money) -> dict[str, Any]:
    return _filled(
        {
            "coupon": _filled({"codes": sorted(needs.codes), "batch": needs.batch}),
            "basket": [_condition(condition, money) for condition in needs.conditions],
            "judged_on": "" if needs.judged_on == "list" else needs.judged_on,
            "match": "" if needs.match == "all" else needs.match,
            "tenders": sorted(needs.tenders),
            "points": needs.points,
        }
    )


def _condition(condition: Condition, money: Money) -> dict[str, Any]:
    bounds = {
        "of": None if condition.of == Every() else goods_document(condition.of, money),
        "min_qty": condition.min_qty,
        "max_qty": condition.max_qty,
        "min_amount": _amount(condition.min_minor, money),
        "max_amount": _amount(condition.max_minor, money),
        "min_items": condition.min_items,
        "tax": None if condition.tax == "as_priced" else condition.tax,
    }
    return {key: value for key, value in bounds.items() if value is not None}


def _limits(limits: Limits, money: Money) -> dict[str, Any]:
    written = {
        "per_order": limits.per_order,
        "per_member": limits.per_member,
        "per_day": limits.per_day,
        "campaign": limits.campaign,
        "campaign_amount": _amount(limits.campaign_minor, money),
        "max_units": limits.max_units,
        "max_units_per_line": limits.max_units_per_line,
        "max_discount": _amount(limits.max_minor, money),
        "floor": _amount(limits.floor_minor, money),
        "floor_pct": None if limits.floor_ppm is None else percent_text(limits.floor_ppm),
        "when_unknown": None if limits.when_unknown == "allow" else limits.when_unknown,
    }
    return {key: value for key, value in written.items() if value is not None}


def _stack(promotion: Promotion) -> dict[str, Any]:
    stack = promotion.stack
    return _filled(
        {
            "group": stack.group,
            "tags": sorted(stack.tags),
            "agrees": sorted(stack.agrees),
            "alone": stack.alone_with or stack.alone,
            "priority": stack.priority,
        }
    )


def _funding(part: Funding) -> dict[str, Any]:
    return {"party": part.party, "share": percent_text(part.ppm)} | _filled({"name": part.name})


def _weekly(window: Weekly) -> dict[str, Any]:
    days = [] if len(window.days) == len(DAYS) else [DAYS[day] for day in sorted(window.days)]
    is_whole = (window.from_minute, window.to_minute) == (0, 24 * 60)
    hours = {} if is_whole else {"from": _minute(window.from_minute), "to": _minute(window.to_minute)}
    return _filled({"days": days}) | hours


def _minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _instant(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _amount(minor: int | None, money: Money) -> str | None:
    return None if minor is None else money.text(minor)


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _keeping(values: dict[str, Any], kept: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value or key == kept}
