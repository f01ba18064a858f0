"""Sets of goods: whether a line's goods are in one, and promotions that act on alike goods by themselves.

Knows the algebra only; what a promotion does with its goods is known elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Bundle,
    Every,
    Except,
    GoodsSet,
    Having,
    Part,
    Priced,
    Promotion,
    Reward,
)

_TAG: Final = "tag:"


def holds(goods: GoodsSet, line: BasketLine) -> bool:
    """Whether the goods of a line are in a set; price ranges look at the line's unit price."""
    if isinstance(goods, Having):
        what = goods.what
        if what == "sku":
            return line.sku in goods.values
        if what == "brand":
            return line.traits.brand in goods.values
        return not goods.values.isdisjoint(line.traits.category if what == "category" else line.traits.tags)
    if isinstance(goods, Every):
        return True
    if isinstance(goods, Except):
        return not holds(goods.of, line)
    if isinstance(goods, AllOf):
        return all(holds(each, line) for each in goods.sets)
    if isinstance(goods, AnyOf):
        return any(holds(each, line) for each in goods.sets)
    least, most = goods.from_minor, goods.to_minor
    return (least is None or least <= line.unit_minor) and (most is None or line.unit_minor <= most)


def values_of(trait: str, line: BasketLine) -> tuple[str, ...]:
    """What the goods of a line have of a trait ("sku", "category", "brand", "price", "tag:PREFIX"), sorted.

    Of the category it is the narrowest one. Goods may have nothing of it, and several tags of a prefix.
    """
    if trait.startswith(_TAG):
        prefix = trait.removeprefix(_TAG)
        return tuple(sorted(tag for tag in line.traits.tags if tag.startswith(prefix)))
    match trait:
        case "sku":
            return (line.sku,)
        case "price":
            return (str(line.unit_minor),)
        case "brand":
            return (line.traits.brand,) if line.traits.brand else ()
        case _:
            return line.traits.category[-1:]


def spread(promotion: Promotion, lines: Iterable[BasketLine]) -> tuple[Promotion, ...]:
    """The promotion for each value of what its goods must be `same` in: a copy that sees only those goods.

    Conditions, parts and limits hold for each value by itself. A promotion that asks for nothing alike comes
    back as it is.
    """
    if not promotion.same:
        return (promotion,)
    return tuple(only(promotion, value) for value in values_alike(promotion, lines))


def values_alike(promotion: Promotion, lines: Iterable[BasketLine]) -> list[str]:
    """The values that these goods have of what the promotion's goods must be `same` in, sorted."""
    return sorted({value for line in lines for value in values_of(promotion.same, line)})


def _goods_with(trait: str, value: str) -> GoodsSet:
    if trait == "price":
        return Priced(int(value), int(value))
    if trait.startswith(_TAG):
        return Having("tag", frozenset({value}))
    if trait == "sku":
        return Having("sku", frozenset({value}))
    return Having("brand" if trait == "brand" else "category", frozenset({value}))


def only(promotion: Promotion, value: str) -> Promotion:
    """The promotion for one value of what its goods must be `same` in."""
    among = _goods_with(promotion.same, value)

    def cut(goods: GoodsSet) -> GoodsSet:
        return among if isinstance(goods, Every) else AllOf((goods, among))

    def cut_part(part: Part) -> Part:
        return Part(cut(part.of), part.qty)

    kind = promotion.kind
    if isinstance(kind, Bundle):
        kind = replace(kind, parts=tuple(cut_part(part) for part in kind.parts))
    elif isinstance(kind, Reward):
        kind = replace(
            kind,
            buy=tuple(cut_part(part) for part in kind.buy),
            get=cut_part(kind.get),
            buy_of=cut(kind.buy_of),
        )
    conditions = tuple(replace(each, of=cut(each.of)) for each in promotion.needs.conditions)
    needs = replace(promotion.needs, conditions=conditions)
    return replace(promotion, kind=kind, on=cut(promotion.on), needs=needs, same="")
