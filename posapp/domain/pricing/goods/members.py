"""Which goods of a basket belong to which set, as bits: one bit for each line that was put in.

A set is looked up by its values, not line by line, so that a basket with two hundred promotions is ready in
a fraction of a millisecond. Knows traits of goods only, no prices beyond the list price that a set may name.
"""

from __future__ import annotations

from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import AllOf, AnyOf, Every, Except, GoodsSet, Having, Priced


class Members:
    """Lines by number, and for any set the mask of those in it."""

    __slots__ = ("_by_brand", "_by_category", "_by_sku", "_by_tag", "count", "lines")

    def __init__(self) -> None:
        self.count = 0
        self._by_sku: dict[str, int] = {}
        self._by_category: dict[str, int] = {}
        self._by_brand: dict[str, int] = {}
        self._by_tag: dict[str, int] = {}
        #: The lines by their places.
        self.lines: list[BasketLine] = []

    def put(self, line: BasketLine) -> int:
        """Take a line in and say its place, which is its bit."""
        place = self.count
        self.count += 1
        bit = 1 << place
        traits = line.traits
        self._by_sku[line.sku] = self._by_sku.get(line.sku, 0) | bit
        for category in traits.category:
            self._by_category[category] = self._by_category.get(category, 0) | bit
        if traits.brand:
            self._by_brand[traits.brand] = self._by_brand.get(traits.brand, 0) | bit
        for tag in traits.tags:
            self._by_tag[tag] = self._by_tag.get(tag, 0) | bit
        self.lines.append(line)
        return place

    def mask(self, goods: GoodsSet) -> int:
        """The lines of a set among all that were put in so far."""
        if isinstance(goods, Having):
            return self._having(goods)
        if isinstance(goods, Every):
            return (1 << self.count) - 1
        if isinstance(goods, AnyOf):
            found = 0
            for one in goods.sets:
                found |= self.mask(one)
            return found
        if isinstance(goods, AllOf):
            found = (1 << self.count) - 1
            for one in goods.sets:
                found &= self.mask(one)
            return found
        if isinstance(goods, Except):
            return ((1 << self.count) - 1) & ~self.mask(goods.of)
        return self._priced(goods)

    def _having(self, goods: Having) -> int:
        what = goods.what
        if what == "sku":
            index = self._by_sku
        elif what == "category":
            index = self._by_category
        elif what == "brand":
            index = self._by_brand
        else:
            index = self._by_tag
        values = goods.values
        found = 0
        if len(values) < len(index):
            for value in values if len(values) == 1 else index.keys() & values:
                found |= index.get(value, 0)
        else:
            for value, bits in index.items():
                if value in values:
                    found |= bits
        return found

    def _priced(self, goods: Priced) -> int:
        low, high = goods.from_minor, goods.to_minor
        found = 0
        for place, line in enumerate(self.lines):
            if (low is None or line.unit_minor >= low) and (high is None or line.unit_minor <= high):
                found |= 1 << place
        return found
