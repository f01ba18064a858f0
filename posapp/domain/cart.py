"""The open sale: lines, what was taken off again, and every scan that reached it.

A cart only grows facts: lines are numbered once, voided lines are kept beside the live ones, and
each scan ends as (part of) a line or as a refusal. It knows no prices of its own and no payment.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import Literal

from posapp.domain.catalog import Item
from posapp.domain.facts import Markdown, PackData, SaleLine, ScanRecord, TenderLine, VoidedLine
from posapp.domain.markdowns import reduced
from posapp.domain.members.sale_rights import NO_RIGHTS, SaleRights
from posapp.domain.pricing.terms.basket import GIFT_VALUE, Traits
from posapp.domain.quantity import Quantity, extended_amount, quantity_max
from posapp.domain.shop import GIFT_CATEGORY, Words
from posapp.values import dataclass

#: What value for a gift card is called where goods have their SKU; no shop calls goods so.
GIFT_SKU = "(gift card)"
#: The most that is put on a card at once, in minor units: what is keyed beyond that is a slip of the finger.
GIFT_MAX_MINOR = 10**8
#: More lines than any trolley holds; a bound keeps every later step bounded too.
LINES_MAX = 999

#: What the cashier has to look at: the best-before day has passed, or some lots of this item are recalled.
Notice = Literal["", "best_before", "some_lots"]


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of the open sale; a price fixed by the code itself has the reason "code".

    `pack` is what the code said of this very pack; `notice` was found at the scan and stays with the line,
    as does `markdown`, what fell off the price because of the pack's last day (reason "markdown"), and what
    promotions may pick the goods by. With a `gift_card` its amount is put on that card.
    """

    line_no: int
    sku: str
    names: Words
    code: str
    quantity: Quantity
    unit_price_minor: int
    tax_category: str
    price_reason: str = "list"
    fixed_amount_minor: int | None = None
    pack: PackData | None = None
    notice: Notice = ""
    markdown: Markdown | None = None
    traits: Traits = Traits()
    gift_card: str = ""

    @property
    def serial(self) -> str:
        """The serial number of the one piece that this line is, or ""."""
        return self.pack.serial if self.pack is not None else ""

    @property
    def is_counted(self) -> bool:
        """Whether its pieces may be changed: not goods by weight, priced by the code, or with a serial."""
        return self.quantity.unit == "pcs" and self.fixed_amount_minor is None and not self.serial

    @property
    def amount_minor(self) -> int:
        """Extended amount in minor units; an amount printed in the code stands as it is."""
        if self.fixed_amount_minor is not None:
            return self.fixed_amount_minor
        return extended_amount(self.quantity, self.unit_price_minor)

    @property
    def marked_down_minor(self) -> int:
        """What the markdown took off the line, in minor units."""
        if self.markdown is None:
            return 0
        return extended_amount(self.quantity, self.markdown.was_minor) - self.amount_minor


@dataclass(frozen=True, slots=True)
class Cart:
    """One open sale. `transaction_id` is minted when it opens and never changes.

    `codes` are coupons that were shown, in that order. From `priced_at_ms` on (epoch milliseconds) payment
    has locked the prices. `paid` are tenders already taken of a payment that is not complete yet: they must
    outlive a power cut, since that money has changed hands. `shown` is only of a cart that was read back:
    its goods at full price and what they came to when it was written. `rights` are the shopper's.
    """

    transaction_id: str
    opened_at_ms: int
    lines: tuple[CartLine, ...] = ()
    voided: tuple[VoidedLine, ...] = ()
    scans: tuple[ScanRecord, ...] = ()
    next_line_no: int = 1
    paid: tuple[TenderLine, ...] = ()
    codes: tuple[str, ...] = ()
    priced_at_ms: int | None = None
    rights: SaleRights = NO_RIGHTS
    shown: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come of it yet: neither goods nor codes nor scans."""
        return not (self.lines or self.voided or self.scans or self.codes or self.rights != NO_RIGHTS)

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
    """What is to be added: an item with how much of it, and what its code fixes and says beyond that."""

    item: Item
    code: str
    quantity: Quantity
    fixed_amount_minor: int | None = None
    pack: PackData | None = None
    notice: Notice = ""
    markdown: Markdown | None = None

    @property
    def unit_price_minor(self) -> int:
        """The list's price, or what the markdown leaves of it."""
        if self.markdown is None:
            return self.item.price_minor or 0
        return reduced(self.markdown.was_minor, self.markdown.ppm)

    @property
    def price_reason(self) -> str:
        """Where the price comes from: "list", "code" or "markdown"."""
        if self.fixed_amount_minor is not None:
            return "code"
        return "list" if self.markdown is None else "markdown"


def add_line(cart: Cart, new: NewLine) -> tuple[Cart, int] | None:
    """Add an item and tell its line number; None where no more fits.

    The same item again right after itself counts up that line, so that the order of lines is the
    order of scans. Packs of which the codes say different things never share a line.
    """
    if new.item.price_minor is None and new.fixed_amount_minor is None:
        return None
    last = cart.lines[-1] if cart.lines else None
    if last is not None and _counts_up(last, new):
        value = last.quantity.value + new.quantity.value
        if value > quantity_max("pcs"):
            return None
        grown = replace(last, quantity=Quantity(value, "pcs"))
        return replace(cart, lines=(*cart.lines[:-1], grown)), last.line_no
    if len(cart.lines) >= LINES_MAX:
        return None
    line = _line_of(new, cart.next_line_no)
    return replace(cart, lines=(*cart.lines, line), next_line_no=cart.next_line_no + 1), line.line_no


def add_gift_value(cart: Cart, card_id: str, amount_minor: int, names: Words) -> tuple[Cart, int] | None:
    """Put an amount on a gift card: a line without tax, discount and points; None where no more fits."""
    if len(cart.lines) >= LINES_MAX or not 1 <= amount_minor <= GIFT_MAX_MINOR:
        return None
    line = CartLine(
        line_no=cart.next_line_no,
        sku=GIFT_SKU,
        names=names,
        code=card_id,
        quantity=Quantity(1, "pcs"),
        unit_price_minor=amount_minor,
        tax_category=GIFT_CATEGORY,
        price_reason=GIFT_VALUE,
        fixed_amount_minor=amount_minor,
        gift_card=card_id,
    )
    return replace(cart, lines=(*cart.lines, line), next_line_no=cart.next_line_no + 1), line.line_no


def _line_of(new: NewLine, line_no: int) -> CartLine:
    return CartLine(
        line_no=line_no,
        sku=new.item.sku,
        names=new.item.names,
        code=new.code,
        quantity=new.quantity,
        unit_price_minor=new.unit_price_minor,
        tax_category=new.item.tax_category,
        price_reason=new.price_reason,
        fixed_amount_minor=new.fixed_amount_minor,
        pack=new.pack,
        notice=new.notice,
        markdown=new.markdown,
        traits=new.item.traits,
    )


def _counts_up(last: CartLine, new: NewLine) -> bool:
    return (
        last.sku == new.item.sku
        and last.quantity.unit == new.quantity.unit == "pcs"
        and last.unit_price_minor == new.unit_price_minor
        and last.is_counted
        and new.fixed_amount_minor is None
        and last.pack == new.pack
        and last.notice == new.notice
        and last.markdown == new.markdown
    )


def set_pieces(cart: Cart, line_no: int, pieces: int) -> Cart | None:
    """Change the pieces of a line; None where the line or the number does not allow it."""
    line = cart.line(line_no)
    if line is None or not line.is_counted:
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


def in_the_place_of(cart: Cart, line: CartLine, new: NewLine) -> tuple[Cart, int] | None:
    """The last piece of a line told again by a richer code of its pack; its line, or None where none fits.

    A line of one piece keeps its number. Of several the last one gets a line of its own at the end.
    """
    if line.quantity.pieces == 1:
        told = _line_of(new, line.line_no)
        return replace(cart, lines=tuple(told if old is line else old for old in cart.lines)), told.line_no
    if len(cart.lines) >= LINES_MAX:
        return None
    left = replace(line, quantity=Quantity(line.quantity.value - 1, "pcs"))
    told = _line_of(new, cart.next_line_no)
    lines = (*(left if old is line else old for old in cart.lines), told)
    return replace(cart, lines=lines, next_line_no=cart.next_line_no + 1), told.line_no


def take_piece_off(cart: Cart, line: CartLine, at_ms: int) -> tuple[Cart, int]:
    """The cart without the last piece of a line, and the number under which the piece stands as voided.

    The only piece takes its line off. Of several the last one gets a number of its own, so that the scan
    that brought it can still be told from the others.
    """
    if line.quantity.pieces == 1:
        gone = void_line(cart, line.line_no, at_ms)
        assert gone is not None, "the line is in the cart"
        return gone, line.line_no
    left = replace(line, quantity=Quantity(line.quantity.value - 1, "pcs"))
    number = cart.next_line_no
    piece = VoidedLine(number, line.sku, 1, "pcs", line.unit_price_minor, at_ms)
    lines = tuple(left if old is line else old for old in cart.lines)
    return replace(cart, lines=lines, voided=(*cart.voided, piece), next_line_no=number + 1), number


def with_scan(cart: Cart, scan: ScanRecord) -> Cart:
    """The cart with one more scan on record, in the order the scans came.

    A scan that waited for its weight is recorded after later ones, and still stands before them.
    """
    scans = (*cart.scans, scan)
    if cart.scans and cart.scans[-1].scan_no > scan.scan_no:
        scans = tuple(sorted(scans, key=lambda kept: kept.scan_no))
    return replace(cart, scans=scans)


def scan_moved(cart: Cart, scan_no: int, line_no: int) -> Cart:
    """The cart with an earlier scan on record as part of another line."""
    scans = tuple(replace(scan, line_no=line_no) if scan.scan_no == scan_no else scan for scan in cart.scans)
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
            pack=line.pack,
            markdown=line.markdown,
            gift_card=line.gift_card,
        )
        for line in cart.lines
    )
