"""The open sale: lines, what was taken off again, and every scan that reached it.

A cart only grows facts: lines are numbered once, voided lines are kept beside the live ones, and
each scan ends as (part of) a line or as a refusal. It knows no prices of its own and no payment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from posapp.domain.catalog import Item
from posapp.domain.facts import SaleLine, ScanRecord, TenderLine, VoidedLine
from posapp.domain.quantity import Quantity, extended_amount, quantity_max
from posapp.domain.shop import Words

#: More lines than any trolley holds; a bound keeps every later step bounded too.
LINES_MAX = 999


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of the open sale; a price fixed by the code itself has the reason "code"."""

    line_no: int
    sku: str
    names: Words
    code: str
    quantity: Quantity
    unit_price_minor: int
    tax_category: str
    price_reason: str = "list"
    fixed_amount_minor: int | None = None

    @property
    def amount_minor(self) -> int:
        """Extended amount in minor units; an amount printed in the code stands as it is."""
        if self.fixed_amount_minor is not None:
            return self.fixed_amount_minor
        return extended_amount(self.quantity, self.unit_price_minor)


@dataclass(frozen=True, slots=True)
class Cart:
    """One open sale. `transaction_id` is minted when it opens and never changes.

    `paid` are tenders already taken of a payment that is not complete yet: they must outlive a
    power cut, since that money has changed hands.
    """

    transaction_id: str
    opened_at_ms: int
    lines: tuple[CartLine, ...] = ()
    voided: tuple[VoidedLine, ...] = ()
    scans: tuple[ScanRecord, ...] = ()
    next_line_no: int = 1
    paid: tuple[TenderLine, ...] = ()

    @property
    def goods_minor(self) -> int:
        """Sum of the live lines in minor units."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def pieces(self) -> int:
        """Pieces a shopper would count; weighed goods count as one."""
        return sum(line.quantity.pieces for line in self.lines)

    def line(self, line_no: int) -> CartLine | None:
        """The live line with this number, or None."""
        return next((line for line in self.lines if line.line_no == line_no), None)


@dataclass(frozen=True, slots=True)
class NewLine:
    """What is to be added: an item with how much of it, and how its code fixed the amount."""

    item: Item
    code: str
    quantity: Quantity
    fixed_amount_minor: int | None = None


def add_line(cart: Cart, new: NewLine) -> tuple[Cart, int] | None:
    """Add an item and tell its line number; None where no more fits.

    The same item again right after itself counts up that line, so that the order of lines is the
    order of scans.
    """
    if new.item.price_minor is None and new.fixed_amount_minor is None:
        return None
    price_minor = new.item.price_minor or 0
    last = cart.lines[-1] if cart.lines else None
    if last is not None and _counts_up(last, new, price_minor):
        value = last.quantity.value + new.quantity.value
        if value > quantity_max("pcs"):
            return None
        grown = replace(last, quantity=Quantity(value, "pcs"))
        return replace(cart, lines=(*cart.lines[:-1], grown)), last.line_no
    if len(cart.lines) >= LINES_MAX:
        return None
    line = CartLine(
        line_no=cart.next_line_no,
        sku=new.item.sku,
        names=new.item.names,
        code=new.code,
        quantity=new.quantity,
        unit_price_minor=price_minor,
        tax_category=new.item.tax_category,
        price_reason="list" if new.fixed_amount_minor is None else "code",
        fixed_amount_minor=new.fixed_amount_minor,
    )
    return replace(cart, lines=(*cart.lines, line), next_line_no=cart.next_line_no + 1), line.line_no


def _counts_up(last: CartLine, new: NewLine, price_minor: int) -> bool:
    return (
        last.sku == new.item.sku
        and last.quantity.unit == new.quantity.unit == "pcs"
        and last.unit_price_minor == price_minor
        and last.fixed_amount_minor is None
        and new.fixed_amount_minor is None
    )


def set_pieces(cart: Cart, line_no: int, pieces: int) -> Cart | None:
    """Change the pieces of a line; None where the line or the number does not allow it."""
    line = cart.line(line_no)
    if line is None or line.quantity.unit != "pcs" or line.fixed_amount_minor is not None:
        return None
    if not 1 <= pieces <= quantity_max("pcs"):
        return None
    changed = replace(line, quantity=Quantity(pieces, "pcs"))
    return replace(cart, lines=tuple(changed if old is line else old for old in cart.lines))


def void_line(cart: Cart, line_no: int, at_ms: int) -> Cart | None:
    """Take a line off; it stays on record beside the live ones. None where there is no such line."""
    line = cart.line(line_no)
    if line is None:
        return None
    gone = VoidedLine(
        line_no=line.line_no,
        sku=line.sku,
        quantity=line.quantity.value,
        unit=line.quantity.unit,
        amount_minor=line.amount_minor,
        at_ms=at_ms,
    )
    kept = tuple(old for old in cart.lines if old is not line)
    return replace(cart, lines=kept, voided=(*cart.voided, gone))


def with_scan(cart: Cart, scan: ScanRecord) -> Cart:
    """The cart with one more scan on record, in the order the scans came.

    A scan that waited for its weight is recorded after later ones, and still stands before them.
    """
    scans = (*cart.scans, scan)
    if cart.scans and cart.scans[-1].scan_no > scan.scan_no:
        scans = tuple(sorted(scans, key=lambda kept: kept.scan_no))
    return replace(cart, scans=scans)


def sale_lines(cart: Cart) -> tuple[SaleLine, ...]:
    """The live lines as facts, numbered as they were on the screen."""
    return tuple(
        SaleLine(
            line_no=line.line_no,
            sku=line.sku,
            names=line.names,
            code=line.code,
            quantity=line.quantity.value,
            unit=line.quantity.unit,
            unit_price_minor=line.unit_price_minor,
            amount_minor=line.amount_minor,
            tax_category=line.tax_category,
            price_reason=line.price_reason,
        )
        for line in cart.lines
    )
