"""Which goods belong to which set, as bits: one bit for each kind of goods that was seen.

A set is looked up by its values, not line by line, so that a basket with two hundred promotions is ready in
a fraction of a millisecond; what was found stays for the next scan. Knows traits of goods only, no prices
beyond the list price that a set may name.
"""

from __future__ import annotations

from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import AllOf, AnyOf, Every, Except, GoodsSet, Having, Priced


class Members:
    """Goods by number, and for any set the mask of the goods in it."""

    __slots__ = ("_by_brand", "_by_category", "_by_key", "_by_line", "_by_sku", "_by_tag", "count", "lines")

    def __init__(self) -> None:
        self.count = 0
        self._by_line: dict[int, tuple[BasketLine, int]] = {}
        self._by_key: dict[object, int] = {}
        self._by_sku: dict[str, int] = {}
        self._by_category: dict[str, int] = {}
        self._by_brand: dict[str, int] = {}
        self._by_tag: dict[str, int] = {}
        #: One line of each kind of goods, by its number.
        self.lines: list[BasketLine] = []

    def place(self, line: BasketLine) -> int:
        """The number of a line's goods; the same for the same SKU, list price and traits."""
        # By identity first: a till's lines stay the same objects from scan to scan.
        known = self._by_line.get(id(line))
        if known is not None and known[0] is line:
            return known[1]
        key = (line.sku, line.unit_minor, line.traits)
        place = self._by_key.get(key)
        if place is None:
            place = self._add(line)
            self._by_key[key] = place
        self._by_line[id(line)] = (line, place)
        return place

    @property
    def lines_kept(self) -> int:
        """How many lines are remembered by identity."""
        return len(self._by_line)

    def _add(self, line: BasketLine) -> int:
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
        """The goods of a set among all that were placed so far."""
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
            for value in values:
                if value in index:
                    found |= index[value]
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
