"""What was made for an earlier picture and still holds, so that a scan only makes what is new.

Everything is known by identity: the state is made of frozen values, so the very same object says the
very same thing. Nothing here is needed for a picture to be right; without it pictures only cost more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from posapp.domain.cart import Cart, CartLine
from posapp.domain.cart_prices import PricedCart
from posapp.domain.shop import Shop
from posapp.domain.transactions import CartTotals, cart_totals
from posapp.flows.mains import LineView

T = TypeVar("T")
#: Views kept of lines that are gone, so that the memory need not be cleared with every change.
_LINES_SPARE = 256
#: Lines of which something is kept at most; then it begins anew.
_LINES_HELD = 2_000
_Key = tuple[str | bool, ...]


class Kept:
    """The memory of the presenters of one terminal."""

    def __init__(self) -> None:
        self._lines: dict[int, tuple[CartLine, _Key, LineView]] = {}
        self._totals: tuple[Cart, Shop, PricedCart | None, CartTotals] | None = None
        self._parts: dict[str, tuple[tuple[Any, ...], Any]] = {}
        self._of_line: dict[int, tuple[CartLine, Hashable, Any]] = {}

    def lines(
        self,
        lines: tuple[CartLine, ...],
        keys: tuple[_Key, _Key],
        mark: int,
        make: Callable[[CartLine], LineView],
        *,
        further: Mapping[int, _Key],
    ) -> tuple[LineView, ...]:
        """The views of lines; `keys` is all else that a line and the marked line depend on.

        `further` is what single lines depend on besides, by their number.
        """
        held = self._lines
        plain, marked = keys
        views = []
        for line in lines:
            key = marked if line.line_no == mark else plain
            more = further.get(line.line_no)
            key = key if more is None else (*key, *more)
            known = held.get(id(line))
            if known is None or known[0] is not line or known[1] != key:
                known = held[id(line)] = (line, key, make(line))
            views.append(known[2])
        if len(held) > len(lines) + _LINES_SPARE:
            self._lines = {id(line): held[id(line)] for line in lines}
        return tuple(views)

    def totals(self, cart: Cart, shop: Shop, prices: PricedCart | None) -> CartTotals:
        """What a cart comes to; asked for several places of one picture."""
        known = self._totals
        if known is None or known[0] is not cart or known[1] is not shop or known[2] is not prices:
            known = self._totals = (cart, shop, prices, cart_totals(cart, shop, prices))
        return known[3]

    def of_line(self, line: CartLine, on: Hashable, make: Callable[[], T]) -> T:
        """One thing that is told of a line; `on` holds all it depends on besides the line, by value."""
        held = self._of_line
        known = held.get(id(line))
        if known is None or known[0] is not line or known[1] != on:
            if len(held) > _LINES_HELD:
                held.clear()
            known = held[id(line)] = (line, on, make())
        made: T = known[2]
        return made

    def part(self, name: str, on: tuple[Any, ...], make: Callable[[], T]) -> T:
        """A part of the picture; `on` holds all it depends on, each a plain text or the same object."""
        known = self._parts.get(name)
        if known is None or not _same(known[0], on):
            known = self._parts[name] = (on, make())
        made: T = known[1]
        return made


def _same(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    return len(old) == len(new) and all(
        a is b or (type(a) is type(b) and isinstance(a, str | int | bool) and a == b)
        for a, b in zip(old, new, strict=True)
    )
