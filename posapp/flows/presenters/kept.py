"""What was made for an earlier picture and still holds, so that a scan only makes what is new.

Everything is known by identity: the state is made of frozen values, so the very same object says the
very same thing. Nothing here is needed for a picture to be right; without it pictures only cost more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from posapp.domain.cart import Cart, CartLine
from posapp.domain.shop import Shop
from posapp.domain.transactions import CartTotals, cart_totals
from posapp.flows.mains import LineView

T = TypeVar("T")
_LINES_MAX = 4_096


class Kept:
    """The memory of the presenters of one terminal."""

    def __init__(self) -> None:
        self._lines: dict[int, tuple[CartLine, tuple[str | bool, ...], LineView]] = {}
        self._totals: tuple[Cart, Shop, CartTotals] | None = None
        self._parts: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def line(self, line: CartLine, key: tuple[str | bool, ...], make: Callable[[], LineView]) -> LineView:
        """The view of a line; `key` is everything else that it depends on."""
        known = self._lines.get(id(line))
        if known is not None and known[0] is line and known[1] == key:
            return known[2]
        if len(self._lines) > _LINES_MAX:
            self._lines.clear()
        view = make()
        self._lines[id(line)] = (line, key, view)
        return view

    def totals(self, cart: Cart, shop: Shop) -> CartTotals:
        """What a cart comes to; asked for several places of one picture."""
        known = self._totals
        if known is None or known[0] is not cart or known[1] is not shop:
            known = self._totals = (cart, shop, cart_totals(cart, shop))
        return known[2]

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
