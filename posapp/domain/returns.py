"""What goods that come back give back: money by the ways it came, tax, points, coupons; known beforehand.

Reads nothing but the fact of the sale, the returns of it before, and the pieces wished for now. What a piece
paid was fixed at the sale and is computed by the engine's own refund, so any order and split of returns
gives back exactly what was paid. Stores, prints and asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta
from typing import Literal

from posapp.domain.facts import SaleLine, TenderLine, TransactionCompleted
from posapp.domain.pricing.answers.refunds import Refund, UnitName, refund
from posapp.domain.return_facts import RefundTax, RefundTender, ReturnCompleted, ReturnLine
from posapp.domain.shop import CashRules, TaxRules
from posapp.domain.sold_prices import pieces_of, priced_sale
from posapp.values import dataclass

Disposition = Literal["resell", "damaged"]

#: Why goods cannot come back here: all pieces did already, it is a gift card's value, this kind never does,
#: or it is too late.
Stay = Literal["", "returned", "gift_card", "not_returnable", "late"]
#: What does not hold for goods that were faulty all along.
UNLESS_FAULTY: frozenset[Stay] = frozenset({"not_returnable", "late"})

#: A tag of goods that no shop takes back (food, hygiene).
NO_RETURN_TAG = "no_return"


@dataclass(frozen=True, slots=True)
class WishedPieces:
    """So many pieces of a line (1 of goods that come back whole), why, and what becomes of them."""

    pieces: int
    reason: str = ""
    disposition: Disposition = "resell"
    is_faulty: bool = False


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """The shop's rules for a return and the day it happens on; both days are the shop's own calendar's."""

    tax: TaxRules
    cash: CashRules
    sold_on: date
    today: date
    days: int
    #: Goods of which no piece may come back, by SKU.
    staying: frozenset[str] = frozenset()
    #: What is on gift cards that the sale put money on, as far as the hub could be asked just now.
    gift_left: Mapping[str, int] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        """The last day on which goods may come back."""
        return self.sold_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class ReturnableLine:
    """A line of the sale: how many of its pieces are left, which come back now, and why it may not.

    `amount_minor` is what the pieces of now give back before added tax, `list_minor` their price before any
    discount; without a wish both are of the pieces that are left.
    """

    line: SaleLine
    pieces: int
    left: int
    units: tuple[int, ...]
    amount_minor: int
    list_minor: int
    stay: Stay = ""
    wish: WishedPieces | None = None


@dataclass(frozen=True, slots=True)
class RefundWay:
    """A way by which the sale was paid: the most that may still go back by it, and what goes now."""

    tender: TenderLine
    most_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ReturnQuote:
    """What a return comes to: goods − kept + added tax + rounding = total = what goes back by all ways."""

    sale: TransactionCompleted
    lines: tuple[ReturnableLine, ...]
    ways: tuple[RefundWay, ...]
    taxes: tuple[RefundTax, ...] = ()
    goods_minor: int = 0
    kept_minor: int = 0
    tax_added_minor: int = 0
    rounding_minor: int = 0
    total_minor: int = 0
    points_back: int = 0
    points_taken: int = 0
    coupons_back: tuple[str, ...] = ()
    #: Nothing of the sale remains after it.
    is_last: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing comes back yet."""
        return not any(line.wish for line in self.lines)

    @property
    def is_for_faults(self) -> bool:
        """Whether something comes back that could not, were it not faulty."""
        return any(line.wish is not None and line.stay for line in self.lines)

    @property
    def pieces(self) -> int:
        """How many pieces come back, goods by weight as one."""
        return sum(line.wish.pieces for line in self.lines if line.wish is not None)


@dataclass(frozen=True, slots=True)
class ReturnContext:
    """Where, when and by whom goods are taken back."""

    return_id: str
    store_id: str
    terminal_id: str
    shift_id: str
    business_date: str
    operator_id: str
    operator_name: str
    language: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class _Before:
    """What earlier returns of the sale took: units, and money by the number of its tender."""

    units: frozenset[UnitName] = frozenset()
    steps: tuple[tuple[UnitName, ...], ...] = ()
    by_tender: Mapping[int, int] = field(default_factory=dict)
    total_minor: int = 0


def quote(
    sale: TransactionCompleted,
    earlier: Sequence[ReturnCompleted],
    wishes: Mapping[int, WishedPieces],
    terms: ReturnTerms,
) -> ReturnQuote:
    """What comes back for these pieces (by line number) after earlier returns.

    A wish for more pieces than are left, or of a line that has to stay, counts as one for what may come.
    """
    before = _before(sale, earlier)
    priced = priced_sale(sale, terms.tax, terms.cash)
    shares = priced.shares()
    lines: list[ReturnableLine] = []
    units: list[UnitName] = []
    for line in sale.lines:
        told = _line(line, before, wishes.get(line.line_no), terms)
        if told.wish is not None and line.gift_card:
            # Two lines of one card share what is left on it.
            rest = terms.gift_left[line.gift_card] - line.amount_minor
            terms = replace(terms, gift_left={**terms.gift_left, line.gift_card: rest})
        mine = told.units if told.wish is not None else _left(line, before)
        names = [(line.line_no, unit) for unit in mine]
        if told.wish is not None:
            units += names
        added = sum(tax for name in names for key, _net, tax in shares[name].taxes if not key[2])
        amount = sum(shares[name].amount for name in names) - added
        whole = pieces_of(line)
        lines.append(_with_amounts(told, amount, line.amount_minor * len(mine) // whole))
    if not units:
        return ReturnQuote(sale, tuple(lines), _ways(sale, before, 0))
    given = refund(priced, units, earlier=before.steps)
    # Gift card value never comes back as goods, but it is of the sale all the same.
    is_last = len(before.units) + len(units) == sum(pieces_of(line) for line in sale.lines)
    return _quoted(sale, tuple(lines), before, given, is_last=is_last)


def completed(found: ReturnQuote, context: ReturnContext) -> ReturnCompleted:
    """The fact of a return; asserts that it adds up, since nothing may be stored that does not."""
    lines = tuple(
        ReturnLine(
            line_no=each.line.line_no,
            sku=each.line.sku,
            names=each.line.names,
            quantity=len(each.units) if pieces_of(each.line) > 1 else each.line.quantity,
            unit=each.line.unit,
            units=each.units,
            amount_minor=each.amount_minor,
            reason=each.wish.reason,
            disposition=each.wish.disposition,
            is_faulty=each.wish.is_faulty,
            gift_card=each.line.gift_card,
            gtin14=each.line.pack.gtin14 if each.line.pack is not None and each.line.pack.serial else "",
            serial=each.line.pack.serial if each.line.pack is not None else "",
        )
        for each in found.lines
        if each.wish is not None
    )
    tenders = tuple(
        RefundTender(
            way.tender.tender_no, way.tender.tender_id, way.tender.kind, way.tender.names,
            way.amount_minor, way.tender.reference,
        )
        for way in found.ways
        if way.amount_minor
    )  # fmt: skip
    due = found.goods_minor - found.kept_minor + found.tax_added_minor + found.rounding_minor
    assert sum(line.amount_minor for line in lines) == found.goods_minor, "the lines are not the goods"
    assert due == found.total_minor, "goods, tax and rounding are not the total"
    assert sum(each.amount_minor for each in tenders) == found.total_minor, "what goes back is not the total"
    sale = found.sale
    return ReturnCompleted(
        return_id=context.return_id,
        sale_id=sale.transaction_id,
        sale_receipt=sale.receipt_number,
        store_id=context.store_id,
        terminal_id=context.terminal_id,
        shift_id=context.shift_id,
        business_date=context.business_date,
        operator_id=context.operator_id,
        operator_name=context.operator_name,
        completed_at_ms=context.now_ms,
        currency=sale.currency,
        language=context.language,
        lines=lines,
        taxes=found.taxes,
        tenders=tenders,
        goods_minor=found.goods_minor,
        kept_minor=found.kept_minor,
        tax_added_minor=found.tax_added_minor,
        rounding_minor=found.rounding_minor,
        total_minor=found.total_minor,
        member_id=sale.member.member_id if sale.member is not None else "",
        points_back=found.points_back,
        points_taken=found.points_taken,
        coupons_back=found.coupons_back,
    )


# ------------------------------------------------------------------ what was before
def _before(sale: TransactionCompleted, earlier: Sequence[ReturnCompleted]) -> _Before:
    known = {line.line_no: pieces_of(line) for line in sale.lines}
    units: set[UnitName] = set()
    steps: list[tuple[UnitName, ...]] = []
    by_tender: dict[int, int] = {}
    total = 0
    for each in sorted(earlier, key=lambda one: (one.completed_at_ms, one.return_id)):
        # Two tills without a network may have taken the same piece back: it counts once here.
        step = {
            (line.line_no, unit)
            for line in each.lines
            for unit in line.units
            if 0 <= unit < known.get(line.line_no, 0)
        }
        if step - units:
            steps.append(tuple(sorted(step - units)))
        units |= step
        for tender in each.tenders:
            by_tender[tender.tender_no] = by_tender.get(tender.tender_no, 0) + tender.amount_minor
        total += each.total_minor
    return _Before(frozenset(units), tuple(steps), by_tender, total)


def _left(line: SaleLine, before: _Before) -> tuple[int, ...]:
    return tuple(n for n in range(pieces_of(line)) if (line.line_no, n) not in before.units)


# ------------------------------------------------------------------ lines
def _line(line: SaleLine, before: _Before, wish: WishedPieces | None, terms: ReturnTerms) -> ReturnableLine:
    left = _left(line, before)
    stay: Stay = ""
    if not left:
        stay = "returned"
    elif line.gift_card and terms.gift_left.get(line.gift_card, 0) < line.amount_minor:
        stay = "gift_card"
    elif line.sku in terms.staying:
        stay = "not_returnable"
    elif terms.today > terms.last_day:
        stay = "late"
    units: tuple[int, ...] = ()
    taken = None
    may_come = wish is not None and (not stay or (stay in UNLESS_FAULTY and wish.is_faulty))
    if wish is not None and wish.pieces > 0 and may_come:
        units = left[: wish.pieces]
        taken = WishedPieces(len(units), wish.reason, wish.disposition, wish.is_faulty)
    return ReturnableLine(line, pieces_of(line), len(left), units, 0, 0, stay, taken)


def _with_amounts(line: ReturnableLine, amount_minor: int, list_minor: int) -> ReturnableLine:
    return ReturnableLine(
        line.line, line.pieces, line.left, line.units, amount_minor, list_minor, line.stay, line.wish
    )


# ------------------------------------------------------------------ money
def _quoted(
    sale: TransactionCompleted,
    lines: tuple[ReturnableLine, ...],
    before: _Before,
    given: Refund,
    *,
    is_last: bool,
) -> ReturnQuote:
    names = {tax.rate_id: tax.names for tax in sale.taxes}
    taxes = tuple(
        RefundTax(
            tax.rate_id, tax.ppm, tax.included, tax.taxable_minor, tax.tax_minor, names.get(tax.rate_id, {})
        )
        for tax in given.taxes
    )  # fmt: skip
    added = sum(tax.tax_minor for tax in taxes if not tax.included)
    owed = given.amount_minor - given.kept_minor
    left = sale.total_minor - before.total_minor
    # The last one brings the sum to what was paid, whatever the shop's rules of rounding have become since.
    total = max(0, left - given.kept_minor if is_last else min(given.total_minor, left))
    return ReturnQuote(
        sale=sale,
        lines=lines,
        ways=_ways(sale, before, total),
        taxes=taxes,
        goods_minor=given.amount_minor - added,
        kept_minor=given.kept_minor,
        tax_added_minor=added,
        rounding_minor=total - owed,
        total_minor=total,
        points_back=given.points_back,
        points_taken=given.points_taken,
        coupons_back=tuple(coupon.coupon_id for coupon in sale.coupons) if is_last else (),
        is_last=is_last,
    )


def _ways(sale: TransactionCompleted, before: _Before, total_minor: int) -> tuple[RefundWay, ...]:
    """A gift card first, up to what it paid, then what other machines took, then the drawer."""
    ways: list[RefundWay] = []
    rest = total_minor
    order = {"gift": 0, "recorded": 1, "cash": 2}
    for tender, paid_minor in sorted(_paid_by(sale), key=lambda one: order[one[0].kind]):
        most = max(0, paid_minor - before.by_tender.get(tender.tender_no, 0))
        part = min(rest, most)
        rest -= part
        ways.append(RefundWay(tender, most, part))
    if rest and ways:
        # Only where more went back by one way than it had paid: nobody is sent away for that.
        last = ways[-1]
        ways[-1] = RefundWay(last.tender, last.most_minor, last.amount_minor + rest)
    return tuple(ways)


def _paid_by(sale: TransactionCompleted) -> list[tuple[TenderLine, int]]:
    """What each tender left in the till; all cash is one, less the change."""
    found = [(tender, tender.amount_minor) for tender in sale.tenders if tender.kind != "cash"]
    cash = [tender for tender in sale.tenders if tender.kind == "cash"]
    if cash:
        found.append((cash[0], sum(tender.amount_minor for tender in cash) - sale.change_minor))
    return found
