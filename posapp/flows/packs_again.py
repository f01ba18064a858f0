"""The packs of an open sale asked again whether they may be sold: days pass and recalls arrive meanwhile.

What the scan let pass is not sold for that alone: before payment opens, when a sale is taken up again and
when a new recall list comes, the same question is put to every line. A line goes off whole, on record.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import CartLine, void_line
from posapp.flows.meaning import meaning_of, read, stopped
from posapp.flows.meant import Meant, Stop
from posapp.flows.state import Desk, Selling
from posapp.flows.steps import Ports, Step, refuse


def without_stopped(desk: Desk, ports: Ports) -> Step | None:
    """The open sale without what was sold, recalled or out of date meanwhile; None where all of it may stay.

    The sentence tells of the last of them.
    """
    cart, last = desk.cart, None
    assert cart is not None
    for line in cart.lines:
        # A piece is not its own second sale.
        stop = _stop(replace(desk, cart=None), line, ports)
        rest = void_line(cart, line.line_no, ports.clock.now_ms()) if stop is not None else None
        if rest is not None:
            cart, last = rest, stop
    if last is None:
        return None
    marked = cart.lines[-1].line_no if cart.lines else None
    # A search in hand would hide the sentence.
    return refuse(replace(desk, cart=cart, marked=marked, found=None), Selling(), last)


def _stop(desk: Desk, line: CartLine, ports: Ports) -> Stop | None:
    if line.pack is not None:
        return stopped(desk, line.pack.gtin14, line.pack, ports)
    if not desk.recalls.list.by_gtin14:
        return None
    # A plain number is read again; a quick key's SKU may happen to be the code of something else.
    reading = read(desk, line.code, ports)
    if not any(each.gtin14 in desk.recalls.list.by_gtin14 for each in reading.candidates):
        return None
    meaning = meaning_of(desk, reading, ports)
    options = meaning if isinstance(meaning, tuple) else (meaning,)
    meant = next((each for each in options if isinstance(each, Meant) and each.item.sku == line.sku), None)
    return stopped(desk, meant.listed_gtin14, None, ports) if meant is not None else None
