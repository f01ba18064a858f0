"""Promotion documents: what the hub publishes and the tills act on, read into plain values.

`read_promotion` gives the promotion, or says what cannot be read, where, and how to mend it. An unknown key
or kind is never passed over: a promotion that is half understood would sell at a price that nobody meant.
Knows no currency but the document's own, and touches neither the clock nor a file.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from posapp.domain.money import minor_digits
from posapp.domain.pricing.documents.reading_goods import goods
from posapp.domain.pricing.documents.reading_kinds import kind_and_layer
from posapp.domain.pricing.documents.reading_values import PPM_OF_ONE, Money, Node, Unread
from posapp.domain.pricing.terms.promotion import (
    Condition,
    Funding,
    Kind,
    Layer,
    Limits,
    Needs,
    NFor,
    Nth,
    Promotion,
    Reward,
    Stack,
    UnreadablePromotion,
    Weekly,
    Who,
)

ID_MAX_CHARS: Final = 64
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PARTIES: Final[tuple[Literal["platform", "brand", "store"], ...]] = ("platform", "brand", "store")
_JUDGED_ON: Final[tuple[Literal["list", "after_items"], ...]] = ("list", "after_items")
_TAXES: Final[tuple[Literal["as_priced", "with", "without"], ...]] = ("as_priced", "with", "without")


def read_promotion(
    document: Any, *, currency: str = "", digits: int | None = None
) -> Promotion | UnreadablePromotion:
    """The promotion of a JSON document, or what is wrong with it.

    Numbers with a point must come as Decimal or text, never as binary fractions. `currency` is the one of
    documents that name none, `digits` its decimals where they are not those of ISO 4217.
    """
    try:
        return _promotion(document, currency, digits)
    except Unread as unread:
        named = document.get("id") if isinstance(document, dict) else None
        # What stands in its way is an id as well: it is told only where it can be shown.
        promotion_id = named if isinstance(named, str) and named.isprintable() else ""
        where = unread.path or "the promotion"
        return UnreadablePromotion(promotion_id, f"{where}: {unread.sentence}", unread.path)


def _promotion(document: Any, currency: str, digits: int | None) -> Promotion:
    top = Node(document, "", Money(currency, 2))
    promotion_id = top.text("id", most=ID_MAX_CHARS)
    own = top.text("currency", "", most=3)
    if own and not (len(own) == 3 and own.isascii() and own.isalpha() and own.isupper()):
        raise top.problem("currency", 'must be three capital letters of ISO 4217, such as "EUR".')
    is_default = not own or own == currency
    top.money = Money(
        own or currency, digits if is_default and digits is not None else minor_digits(own or currency)
    )
    kind, layer = kind_and_layer(top)
    begins, ends = _valid(top)
    read = Promotion(
        promotion_id=promotion_id,
        layer=layer,
        kind=kind,
        on=goods(top, "on"),
        version=top.whole("version", 1, least=1),
        names=top.words("name"),
        enabled=top.flag("enabled", True),
        begins=begins,
        ends=ends,
        weekly=top.items("weekly", lambda value, path: _weekly(Node(value, path, top.money))),
        stores=top.texts("stores"),
        regions=top.texts("regions"),
        channels=top.texts("channels"),
        currency=own,
        who=_who(top.table("who")),
        needs=_needs(top.table("needs"), layer),
        limits=_limits(top.table("limits")),
        stack=_stack(top.table("stack")),
        funding=_funding(top),
        gl_code=top.text("gl_code", ""),
        same=top.trait("same"),
        differ=_differ(top, kind),
    )
    _check_gift(top, kind, read.limits)
    top.finish()
    return read


# ------------------------------------------------------------------ when
def _valid(top: Node) -> tuple[datetime | None, datetime | None]:
    valid = top.table("valid")
    begins, ends = valid.instant("from"), valid.instant("to", ends=True)
    valid.finish()
    if begins is not None and ends is not None:
        if (begins.tzinfo is None) != (ends.tzinfo is None):
            raise valid.problem("", '"from" and "to" must both have a zone, or both none.')
        if begins >= ends:
            raise valid.problem("to", 'is not after "from"; set a later end.')
    return begins, ends


def _weekly(node: Node) -> Weekly:
    def day(value: Any, path: str) -> int:
        if value not in DAYS:
            raise Unread(path, f"must be one of: {', '.join(DAYS)}.")
        return DAYS.index(value)

    days = frozenset(node.items("days", day)) or frozenset(range(7))
    begins, ends = node.minute("from", 0), node.minute("to", 24 * 60)
    node.finish()
    if begins % (24 * 60) == ends % (24 * 60) and (begins, ends) != (0, 24 * 60):
        raise node.problem("to", 'is the same as "from"; leave both out for the whole day.')
    return Weekly(days, begins, ends)


# ------------------------------------------------------------------ who, and under what condition
def _who(node: Node) -> Who:
    nth = node.whole_or_none("nth_order", least=1)
    if node.flag("first_order"):
        if nth not in (None, 1):
            raise node.problem("nth_order", "says otherwise than first_order; keep one of them.")
        nth = 1
    who = Who(
        members=node.flag("members"),
        member_ids=node.texts("member_ids"),
        levels=node.texts("levels"),
        tags=node.texts("tags"),
        except_tags=node.texts("except_tags"),
        nth_order=nth,
        staff=node.flag("staff"),
    )
    node.finish()
    return who


def _needs(node: Node, layer: Layer) -> Needs:
    codes: frozenset[str] = frozenset()
    batch = ""
    if node.has("coupon"):
        coupon = node.table("coupon")
        codes = coupon.texts("codes") | (
            frozenset({coupon.text("code")}) if coupon.has("code") else frozenset()
        )
        batch = coupon.text("batch", "")
        coupon.finish()
        if not codes and not batch:
            raise node.problem("coupon", 'must have "code", "codes" or "batch".')
    judged_on = node.choice("judged_on", _JUDGED_ON, "list")
    if judged_on == "after_items" and layer != "order":
        raise node.problem("judged_on", '"after_items" is for order promotions only; leave it out.')
    needs = Needs(
        codes=codes,
        batch=batch,
        conditions=node.items("basket", lambda value, path: _condition(Node(value, path, node.money))),
        judged_on=judged_on,
        match=node.choice("match", ("all", "any"), "all"),
        tenders=node.texts("tenders"),
        points=node.whole("points", 0),
    )
    node.finish()
    return needs


def _condition(node: Node) -> Condition:
    condition = Condition(
        of=goods(node, "of"),
        min_qty=node.whole_or_none("min_qty"),
        max_qty=node.whole_or_none("max_qty"),
        min_minor=node.minor_or_none("min_amount"),
        max_minor=node.minor_or_none("max_amount"),
        min_items=node.whole_or_none("min_items"),
        tax=node.choice("tax", _TAXES, "as_priced"),
    )
    node.finish()
    if condition == Condition(condition.of, tax=condition.tax):
        raise node.problem("", "must have a bound: min_qty, max_qty, min_amount, max_amount or min_items.")
    for least, most, name in (
        (condition.min_qty, condition.max_qty, "max_qty"),
        (condition.min_minor, condition.max_minor, "max_amount"),
    ):
        if least is not None and most is not None and least > most:
            raise node.problem(name, "is below its lower bound; raise it.")
    return condition


# ------------------------------------------------------------------ limits, stacking, who pays
def _limits(node: Node) -> Limits:
    limits = Limits(
        per_order=node.whole_or_none("per_order", least=1),
        per_member=node.whole_or_none("per_member", least=1),
        per_day=node.whole_or_none("per_day", least=1),
        campaign=node.whole_or_none("campaign", least=1),
        max_units=node.whole_or_none("max_units", least=1),
        max_minor=node.minor_or_none("max_discount"),
        floor_minor=node.minor_or_none("floor"),
        floor_ppm=node.percent_or_none("floor_pct"),
        max_units_per_line=node.whole_or_none("max_units_per_line", least=1),
        campaign_minor=node.minor_or_none("campaign_amount"),
        when_unknown=node.choice("when_unknown", ("allow", "refuse"), "allow"),
    )
    node.finish()
    return limits


def _stack(node: Node) -> Stack:
    is_named = isinstance(node.take("alone"), str) if node.has("alone") else False
    stack = Stack(
        group=node.text("group", ""),
        tags=node.texts("tags"),
        agrees=node.texts("agrees"),
        alone=is_named or node.flag("alone"),
        priority=node.whole("priority", 0, least=-1_000_000, most=1_000_000),
        alone_with=node.text("alone") if is_named else "",
    )
    node.finish()
    if is_named and stack.group:
        raise node.problem("group", 'stands with no name in "alone"; those of one name are all used.')
    return stack


def _funding(top: Node) -> tuple[Funding, ...]:
    def part(value: Any, path: str) -> Funding:
        node = Node(value, path, top.money)
        read = Funding(node.choice("party", _PARTIES), node.percent("share"), node.text("name", ""))
        node.finish()
        return read

    parts = top.items("funding", part)
    if not parts:
        return (Funding("store", PPM_OF_ONE),)
    if sum(part.ppm for part in parts) != PPM_OF_ONE:
        raise top.problem("funding", "the shares must add up to exactly 100.")
    return parts


def _differ(top: Node, kind: Kind) -> str:
    differ = top.trait("differ")
    if differ and not isinstance(kind, Nth | NFor):
        raise top.problem("differ", "is for nth, n_pct and n_for only; leave it out.")
    return differ


def _check_gift(top: Node, kind: Kind, limits: Limits) -> None:
    """Nothing to buy and no end: that would give everything away."""
    if isinstance(kind, Reward) and not kind.buy and kind.buy_minor is None and limits.per_order is None:
        raise top.problem("kind", 'must say what to buy ("buy" or "buy_amount"), or limits.per_order be set.')
    if isinstance(kind, Reward) and kind.over and not kind.buy:
        raise top.problem("kind.over", 'needs "buy"; leave it out.')
