"""The kinds of promotion in a document: for each type its keys, and the plain value that they make.

A type that is not known here is refused by name, never guessed. `pct`, `amount` and `fixed_unit` may stand
in the price, item or order layer; every other type has a layer of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from posapp.domain.pricing.documents.reading_goods import goods, part_of, parts
from posapp.domain.pricing.documents.reading_values import PPM_OF_ONE, Node, Unread
from posapp.domain.pricing.terms.promotion import (
    LAYERS,
    Bundle,
    Deposit,
    EachUnit,
    Kind,
    Layer,
    NFor,
    Nth,
    Off,
    OrderOff,
    PointsAdd,
    PointsPay,
    PointsTimes,
    PriceBook,
    QtyTier,
    Reward,
    SpendTier,
    Step,
)

_FREE: Final = Off(ppm=PPM_OF_ONE)
_MEASURES: Final[tuple[Literal["amount", "qty"], ...]] = ("amount", "qty")
_ORDER_OR_LINE: Final[tuple[Literal["order", "line"], ...]] = ("order", "line")
_POINTS_PER: Final[tuple[Literal["order", "unit", "amount"], ...]] = ("order", "unit", "amount")


def kind_and_layer(top: Node) -> tuple[Kind, Layer]:
    """The kind that a document states, and the layer that it belongs to."""
    node = Node(top.take("kind"), top.at("kind"), top.money)
    name = node.text("type", most=64)
    if name not in _TYPES:
        raise node.problem("type", f"is not known; it must be one of: {', '.join(_TYPES)}.")
    layers = _TYPES[name][0]
    layer = top.choice("layer", LAYERS, layers[0])
    if layer not in layers:
        raise top.problem("layer", f"must be {' or '.join(layers)} for {name}; or leave it out.")
    kind = _order(node, name) if layer == "order" and len(layers) > 1 else _TYPES[name][1](node)
    if layer == "price" and isinstance(kind, EachUnit):
        kind = PriceBook(off=kind.off)
    node.finish()
    return kind, layer


# ------------------------------------------------------------------ reductions
def _off(node: Node, *allowed: str) -> Off:
    named = [key for key in ("pct", "amount", "price") if key in allowed and node.has(key)]
    if len(named) != 1:
        choice = " or ".join(f'"{key}"' for key in allowed)
        raise node.problem("", f"must have {choice}{', only one of them' if len(allowed) > 1 else ''}.")
    match named[0]:
        case "pct":
            return Off(ppm=node.percent("pct"))
        case "amount":
            return Off(minor=node.minor("amount"))
        case _:
            return Off(price_minor=node.minor("price"))


_ANY_OFF: Final = ("pct", "amount", "price")


def _price_book(node: Node) -> PriceBook:
    prices: dict[str, int] = {}
    if node.has("prices"):
        table = Node(node.take("prices"), node.at("prices"), node.money)
        rows: Mapping[Any, Any] = node.take("prices")
        if not rows or any(not isinstance(sku, str) or not sku for sku in rows):
            raise node.problem("prices", 'must have SKUs as its keys: {"4711": "9.90"}.')
        prices = {sku: table.minor(sku) for sku in rows}
    # Every key has to be asked for, so that it counts as read.
    has_off = sum(node.has(key) for key in _ANY_OFF) > 0
    if not prices and not has_off:
        raise node.problem("", 'must have "prices", or one of "pct", "amount", "price".')
    return PriceBook(prices, _off(node, *_ANY_OFF) if has_off else None, node.flag("locks"))


def _nth(node: Node) -> Nth:
    n, count = node.whole("n", least=1, most=1000), node.whole("count", 1, least=1, most=1000)
    if count > n:
        raise node.problem("count", "is more than n; lower it.")
    return Nth(n, _off(node, *_ANY_OFF), node.choice("which", ("cheapest", "dearest"), "cheapest"), count)


def _n_for(node: Node) -> NFor:
    return NFor(node.whole("n", least=1, most=1000), _off(node, *_ANY_OFF))


def _n_pct(node: Node) -> NFor:
    return NFor(node.whole("n", least=1, most=1000), _off(node, "pct"))


def _bundle(node: Node) -> Bundle:
    bundled = parts(node, "parts")
    if not bundled:
        raise node.problem("parts", "is missing; list the goods that belong together.")
    return Bundle(bundled, _off(node, *_ANY_OFF))


def _reward(node: Node, off: Off) -> Reward:
    if off is not _FREE and node.has("adds"):
        # What lies in no line has no price that could be reduced.
        raise node.problem("adds", 'is for what is free; leave it out, or make it a "gift".')
    return Reward(
        buy=parts(node, "buy"),
        get=part_of(node.take("get"), node.at("get"), node.money),
        off=off,
        buy_minor=node.minor_or_none("buy_amount"),
        buy_of=goods(node, "buy_of"),
        cheaper=node.flag("cheaper"),
        adds=node.items("adds", _sku),
        over=node.whole("over", 0),
    )


def _sku(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value:
        raise Unread(path, "must be a SKU, in quotes.")
    return value


# ------------------------------------------------------------------ steps
def _steps(node: Node, *, amounts: bool, allowed: tuple[str, ...], more: bool = False) -> tuple[Step, ...]:
    def step(value: Any, path: str) -> Step:
        entry = Node(value, path, node.money)
        least = entry.minor("least") if amounts else entry.whole("least")
        beyond = entry.minor_or_none("more") if more else None
        read = Step(least, _off(entry, *allowed), beyond or 0)
        entry.finish()
        return read

    steps = sorted(node.items("steps", step), key=lambda step: step.least)
    if not steps:
        raise node.problem("steps", "is missing; list at least one step.")
    for before, after in itertools.pairwise(steps):
        if before.least == after.least:
            raise node.problem("steps", "two steps begin at the same point; give each its own.")
    return tuple(steps)


def _qty_tier(node: Node) -> QtyTier:
    steps = _steps(node, amounts=False, allowed=_ANY_OFF)
    return QtyTier(steps, node.choice("counts", ("used", "basket", "line", "sku"), "used"))


def _spend_tier(node: Node) -> SpendTier:
    by = node.choice("by", _MEASURES, "amount")
    every = node.flag("every")
    steps = _steps(node, amounts=by == "amount", allowed=("pct", "amount"), more=by == "qty" and not every)
    if every and steps[0].least == 0:
        raise node.problem("steps", 'a step from 0 cannot count "every"; begin above 0.')
    per = node.choice("per", _ORDER_OR_LINE, "order")
    return SpendTier(by, steps, every, node.minor_or_none("cap"), per)


# ------------------------------------------------------------------ order and points
def _order(node: Node, allowed: str) -> OrderOff:
    return OrderOff(
        off=_off(node, allowed),
        cap_minor=node.minor_or_none("cap"),
        per=node.choice("per", ("order", "line"), "order"),
        units=node.choice("units", ("all", "cheapest", "dearest"), "all"),
        count=node.whole("count", 1, least=1),
    )


def _deposit(node: Node) -> Deposit:
    paid, worth = node.minor("paid"), node.minor("worth")
    if worth < paid:
        raise node.problem("worth", "is less than was paid; raise it.")
    return Deposit(paid, worth)


def _points_add(node: Node) -> PointsAdd:
    per = node.choice("per", _POINTS_PER, "order")
    per_minor = node.minor("amount") if per == "amount" else 0
    if per == "amount" and per_minor == 0:
        raise node.problem("amount", "must be above 0: for each such amount the points are given.")
    return PointsAdd(node.whole("points"), per, per_minor)


def _points_pay(node: Node) -> PointsPay:
    cap_ppm = node.percent_or_none("cap_pct")
    return PointsPay(
        points=node.whole("points", least=1),
        worth_minor=node.minor("worth"),
        step_points=node.whole("step", 1, least=1),
        cap_ppm=PPM_OF_ONE if cap_ppm is None else cap_ppm,
    )


_ANYWHERE: Final[tuple[Layer, ...]] = ("item", "order", "price")
_ITEM: Final[tuple[Layer, ...]] = ("item",)
_ORDER: Final[tuple[Layer, ...]] = ("order",)
_POINTS: Final[tuple[Layer, ...]] = ("points",)

#: By type: the layers that it may stand in (the first where none is stated), and its reading.
_TYPES: Final[Mapping[str, tuple[tuple[Layer, ...], Callable[[Node], Kind]]]] = {
    "pct": (_ANYWHERE, lambda node: EachUnit(_off(node, "pct"))),
    "amount": (_ANYWHERE, lambda node: EachUnit(_off(node, "amount"))),
    "fixed_unit": (("item", "price"), lambda node: EachUnit(_off(node, "price"))),
    "price_book": (("price",), _price_book),
    "nth": (_ITEM, _nth),
    "n_pct": (_ITEM, _n_pct),
    "n_for": (_ITEM, _n_for),
    "bundle": (_ITEM, _bundle),
    "gift": (_ITEM, lambda node: _reward(node, _FREE)),
    "pwp": (_ITEM, lambda node: _reward(node, _off(node, "price"))),
    "reward": (_ITEM, lambda node: _reward(node, _off(node, *_ANY_OFF))),
    "qty_tier": (_ITEM, _qty_tier),
    "order_pct": (_ORDER, lambda node: _order(node, "pct")),
    "order_amount": (_ORDER, lambda node: _order(node, "amount")),
    "spend_tier": (_ORDER, _spend_tier),
    "deposit": (_ORDER, _deposit),
    "points_x": (_POINTS, lambda node: PointsTimes(node.times("times"))),
    "points_add": (_POINTS, _points_add),
    "points_pay": (_POINTS, _points_pay),
}
