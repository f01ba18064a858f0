"""Paying: what is still due, how cash is rounded, what change goes back.

A payment is a total and the tender lines given so far. Rounding belongs to cash alone and only to
the part that cash completes; it is its own line, never hidden in a price.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from posapp.domain.facts import TenderLine
from posapp.domain.money import round_to_step
from posapp.domain.shop import CashRules, TenderType
from posapp.values import dataclass


class TenderRefusal(Enum):
    """Why an amount cannot be taken."""

    NOTHING = "nothing"
    MORE_THAN_DUE = "more_than_due"
    FAR_TOO_MUCH = "far_too_much"


@dataclass(frozen=True, slots=True)
class GiftPart:
    """Of which card, kept by the hub under which hold or permitted by which lease, and what is left on it."""

    card_id: str
    hold_id: str = ""
    lease_id: str = ""
    left_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """An open payment; completed when `due_minor` is zero after rounding."""

    total_minor: int
    tenders: tuple[TenderLine, ...] = ()
    rounding_minor: int = 0
    change_minor: int = 0

    @property
    def paid_minor(self) -> int:
        """What was handed over so far."""
        return sum(tender.amount_minor for tender in self.tenders)

    @property
    def balance_minor(self) -> int:
        """What is still to pay, or less than nothing where more was paid than the total."""
        return self.total_minor + self.rounding_minor - self.paid_minor

    @property
    def due_minor(self) -> int:
        """What is still to pay, cash rounding not considered."""
        return max(0, self.balance_minor)


def cash_due(payment: Payment, rules: CashRules) -> tuple[int, int]:
    """What cash would have to bring to complete the payment, and the rounding that goes with it."""
    balance = payment.balance_minor
    rounded = round_to_step(balance, rules.step_minor, rules.rounding)
    return max(0, rounded), rounded - balance


def take(
    payment: Payment, way: TenderType, amount_minor: int, rules: CashRules
) -> tuple[Payment, bool] | TenderRefusal:
    """Take an amount by a way to pay; tells the new payment and whether it is complete.

    What is taken off a gift card names the card, see `take_gift`. All but cash give no change, so they
    refuse more than is due. Cash refuses an amount whose change would be ten of the largest notes or more:
    that is a slip of the finger. Where a total fell below what was paid already (the shop's taxes changed in
    between), the rest goes back.
    """
    if way.kind != "cash":
        if amount_minor > payment.due_minor:
            return TenderRefusal.MORE_THAN_DUE
        if amount_minor <= 0 < payment.due_minor:
            return TenderRefusal.NOTHING
        paid = _with_tender(payment, way, amount_minor)
        return replace(paid, change_minor=max(0, -paid.balance_minor)), paid.due_minor == 0
    due, rounding = cash_due(payment, rules)
    if amount_minor <= 0 < due:
        return TenderRefusal.NOTHING
    if amount_minor - due >= 10 * max(rules.denominations_minor, default=0) > 0:
        return TenderRefusal.FAR_TOO_MUCH
    if amount_minor < due:
        return _with_tender(payment, way, amount_minor), False
    paid = _with_tender(payment, way, amount_minor)
    rounded = replace(paid, rounding_minor=rounding)
    return replace(rounded, change_minor=-rounded.balance_minor), True


def take_gift(
    payment: Payment, way: TenderType, amount_minor: int, card: GiftPart
) -> tuple[Payment, bool] | TenderRefusal:
    """Take an amount off a gift card; never more than is due, since it gives no change."""
    if amount_minor <= 0:
        return TenderRefusal.NOTHING
    if amount_minor > payment.due_minor:
        return TenderRefusal.MORE_THAN_DUE
    paid = _with_tender(payment, way, amount_minor)
    line = replace(
        paid.tenders[-1],
        reference=card.card_id,
        hold_id=card.hold_id,
        lease_id=card.lease_id,
        left_minor=card.left_minor,
    )
    return replace(paid, tenders=(*paid.tenders[:-1], line)), paid.due_minor == 0


def _with_tender(payment: Payment, way: TenderType, amount_minor: int) -> Payment:
    if amount_minor <= 0:
        return payment
    number = max((tender.tender_no for tender in payment.tenders), default=0) + 1
    line = TenderLine(
        tender_no=number, tender_id=way.tender_id, kind=way.kind, names=way.names, amount_minor=amount_minor
    )
    return replace(payment, tenders=(*payment.tenders, line))


def undo(payment: Payment, tender_no: int) -> Payment:
    """The payment without one of its tender lines."""
    return replace(
        payment, tenders=tuple(tender for tender in payment.tenders if tender.tender_no != tender_no)
    )


def quick_amounts(due_minor: int, rules: CashRules) -> tuple[int, ...]:
    """Up to three likely cash amounts above what is due, largest first.

    They are what a hand full of notes gives: the due amount rounded up to each denomination that is
    worth counting out for it (a twentieth of it or more).
    """
    notes = [note for note in rules.denominations_minor if 20 * note >= due_minor and note > 0]
    found = sorted({-(-due_minor // note) * note for note in notes})
    above = [amount for amount in found if amount > due_minor]
    if len(above) <= 3:
        return tuple(reversed(above))
    return above[-1], above[len(above) // 2], above[0]


def give_back(change_minor: int, rules: CashRules) -> tuple[tuple[int, int], ...]:
    """One way to give change: (denomination, pieces), largest first, fewest pieces by greed.

    Empty where these notes and coins cannot make the amount: half a way would be a wrong way.
    """
    rest, ways = change_minor, []
    for note in sorted(rules.denominations_minor, reverse=True):
        pieces, rest = divmod(rest, note) if note > 0 else (0, rest)
        if pieces:
            ways.append((note, pieces))
    return () if rest else tuple(ways)
