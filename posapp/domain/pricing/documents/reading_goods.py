"""Sets of goods in a promotion document: SKUs, categories, brands, tags, price ranges, and their algebra.

Each set is a table with one key; a wrong one is refused where it stands. Knows nothing of what happens to
the goods, and bounds how deep sets may lie in each other, since documents come from elsewhere.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from posapp.domain.pricing.documents.reading_values import Money, Node, Unread
from posapp.domain.pricing.terms.promotion import (
    AllOf,
    AnyOf,
    Every,
    Except,
    GoodsSet,
    Having,
    Part,
    Priced,
)

DEPTH_MAX: Final = 12
_WORDS: Final[tuple[Literal["sku", "category", "brand", "tag"], ...]] = ("sku", "category", "brand", "tag")
_KEYS: Final = ("all", *_WORDS, "price", "any_of", "all_of", "not", "in")


def goods(node: Node, key: str) -> GoodsSet:
    """The set under a key; all goods where the key is not there."""
    return goods_of(node.take(key), node.at(key), node.money) if node.has(key) else Every()


def goods_of(value: Any, path: str, money: Money, depth: int = 0) -> GoodsSet:
    """The set that a value states."""
    if depth > DEPTH_MAX:
        raise Unread(path, f"lies more than {DEPTH_MAX} sets deep; make it simpler.")
    node = Node(value, path, money)
    named = [key for key in _KEYS if node.has(key)]
    if len(named) != 1:
        found = " and ".join(named) or "none of them"
        raise Unread(path, f"must have one of the keys {', '.join(_KEYS)}, not {found}; join sets by all_of.")
    read = _set_of(node, named[0], depth)
    node.finish()
    return read


def _set_of(node: Node, key: str, depth: int) -> GoodsSet:
    def inner(value: Any, path: str) -> GoodsSet:
        return goods_of(value, path, node.money, depth + 1)

    match key:
        case "all":
            if node.take("all") is not True:
                raise node.problem("all", "must be true; state another set for fewer goods.")
            return Every()
        case "price":
            return _price_range(node)
        case "any_of":
            return AnyOf(node.items("any_of", inner))
        case "all_of":
            return AllOf(node.items("all_of", inner))
        case "not":
            return Except(inner(node.take("not"), node.at("not")))
        case "in":
            inside = inner(node.take("in"), node.at("in"))
            return AllOf((inside, Except(inner(node.take("except"), node.at("except")))))
        case _:
            what = next(word for word in _WORDS if word == key)
            return Having(what, node.texts(key))


def _price_range(node: Node) -> Priced:
    bounds = node.table("price")
    least, most = bounds.minor_or_none("from"), bounds.minor_or_none("to")
    bounds.finish()
    if least is None and most is None:
        raise node.problem("price", 'must have "from" or "to", or both.')
    if least is not None and most is not None and least > most:
        raise node.problem("price", '"from" is above "to"; exchange them.')
    return Priced(least, most)


def parts(node: Node, key: str) -> tuple[Part, ...]:
    """A list of parts: so many units of a set each."""
    return node.items(key, lambda value, path: part_of(value, path, node.money))


def part_of(value: Any, path: str, money: Money) -> Part:
    """One part: `of` a set (all goods where not stated), `qty` units (1 where not stated)."""
    node = Node(value, path, money)
    part = Part(goods(node, "of"), node.whole("qty", 1, least=1))
    node.finish()
    return part
