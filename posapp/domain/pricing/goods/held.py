"""Which lines of a basket a set of goods holds, asked once for each kind of goods and not at every scan.

Goods are kinds: SKU, list price and traits. What a set said of a kind stays for the next basket; nothing here
changes an answer, since the same goods are always in the same sets. Locked lines are in no set here.
"""

from __future__ import annotations

from collections.abc import Sequence

from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.terms.basket import BasketLine, Traits
from posapp.domain.pricing.terms.promotion import Every, GoodsSet

#: Kinds of goods and sets kept at most; then the memory begins anew.
KINDS_MAX = 4_000
SETS_MAX = 4_000


class HeldMemory:
    """What sets said of kinds of goods, from basket to basket."""

    __slots__ = ("_kinds",)

    def __init__(self) -> None:
        self._kinds = Kinds()

    def of(self, lines: Sequence[BasketLine]) -> Held:
        """The lines of one basket; who has an earlier one keeps its numbers."""
        if self._kinds.is_full:
            self._kinds = Kinds()
        return Held(lines, self._kinds)


class Kinds:
    """Kinds of goods by number, and of each set which kinds were asked about and are in it."""

    __slots__ = ("_asked", "_by_sku", "_lines", "_numbers")

    def __init__(self) -> None:
        self._by_sku: dict[str, tuple[int, Traits, int]] = {}
        self._numbers: dict[tuple[str, int, Traits], int] = {}
        self._lines: list[BasketLine] = []
        #: By identity of the set, which is held: kinds that are in it, kinds that were asked about.
        self._asked: dict[int, tuple[GoodsSet, set[int], set[int]]] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self._lines) > KINDS_MAX or len(self._asked) > SETS_MAX

    def number(self, line: BasketLine) -> int:
        """The number of a line's kind of goods."""
        known = self._by_sku.get(line.sku)
        if known is not None and known[0] == line.unit_minor and known[1] is line.traits:
            return known[2]
        key = (line.sku, line.unit_minor, line.traits)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._lines)
            self._lines.append(line)
        self._by_sku[line.sku] = (line.unit_minor, line.traits, number)
        return number

    def among(self, goods: GoodsSet, numbers: set[int]) -> set[int]:
        """Of these kinds those that the set holds."""
        known = self._asked.get(id(goods))
        if known is None:
            known = self._asked[id(goods)] = (goods, set(), set())
        _, held, asked = known
        if not numbers <= asked:
            lines = self._lines
            for number in numbers - asked:
                if holds(goods, lines[number]):
                    held.add(number)
            asked |= numbers
        return held & numbers


class Held:
    """One basket's unlocked lines by the sets that hold them."""

    __slots__ = ("_all", "_at", "_kinds", "_known", "_memory")

    def __init__(self, lines: Sequence[BasketLine], kinds: Kinds) -> None:
        self._memory = kinds
        #: By kind the places of its lines.
        self._at: dict[int, list[int]] = {}
        for at, line in enumerate(lines):
            if not line.is_locked:
                number = kinds.number(line)
                same = self._at.get(number)
                if same is None:
                    self._at[number] = [at]
                else:
                    same.append(at)
        self._kinds = set(self._at)
        self._all = frozenset([at for places in self._at.values() for at in places])
        self._known: dict[int, tuple[GoodsSet, frozenset[int]]] = {}

    def places(self, goods: GoodsSet) -> frozenset[int]:
        """The places of the unlocked lines whose goods are in a set."""
        if isinstance(goods, Every):
            return self._all
        known = self._known.get(id(goods))
        if known is None:
            found = self._memory.among(goods, self._kinds)
            places = frozenset([at for kind in found for at in self._at[kind]])
            known = self._known[id(goods)] = (goods, places)
        return known[1]
