"""Goods that come back: the sale is found, pieces are chosen, and what they paid goes back the way it came.

The drawer, the paper and the word "refunded" come only with the store's confirmation, as for a sale. A sale
that was open meanwhile stays where it is.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.facts import SaleLine, ScanRecord, ScanRefused
from posapp.domain.returns import (
    NO_RETURN_TAG,
    UNLESS_FAULTY,
    ReturnableLine,
    ReturnQuote,
    ReturnTerms,
    WishedPieces,
    quote,
)
from posapp.domain.shifts import local_time
from posapp.domain.shop import Permission
from posapp.flows.effects import (
    Beep,
    Effect,
    Record,
)
from posapp.flows.formatting import N_
from posapp.flows.intents import (
    Back,
    ChangeQuantity,
    EnterText,
    FindByName,
    MarkLine,
    MoveMark,
    ScanCode,
    SearchText,
)  # fmt: skip
from posapp.flows.meaning import look_up, meaning_of, read, today_of
from posapp.flows.meant import Meant, Stop
from posapp.flows.member_answers import GiftCardAnswered, SaleFound
from posapp.flows.member_effects import AskGiftCard, FindSale
from posapp.flows.member_wishes import (
    ChangeReturn,
    ChooseReturnReason,
    StartReturn,
    ToggleDisposition,
)
from posapp.flows.ports import CatalogueUnreadable
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returned, Returning
from posapp.flows.state import Desk, Done, Phase, Reporting, Selling
from posapp.flows.steps import (
    SCAN_TEXT_MAX,
    Ports,
    Rule,
    Rules,
    Step,
    by_badge,
    next_scan,
    operator_of,
    plain_text,
    quiet,
    refuse,
    refuse_scan,
    shop_of,
    tell,
)  # fmt: skip

#: Why goods come back, by the word that is stored, and whether they cannot be sold again as they are.
RETURN_REASONS: dict[str, tuple[str, bool]] = {
    "unwanted": (N_("Unwanted"), False),
    "wrong_size": (N_("Wrong size"), False),
    "faulty": (N_("Faulty"), True),
    "other": (N_("Other"), False),
}
FIRST_REASON = "unwanted"
#: Goods that were faulty all along come back at any time, whatever they are, where a manager agrees.
_FAULTY = WishedPieces(0, "faulty", "damaged", is_faulty=True)
#: What stands on record of the scan of goods that were brought back.
BROUGHT_BACK = "BroughtBack"


# ------------------------------------------------------------------ finding the sale
def open_returns(desk: Desk, phase: Phase, ports: Ports) -> Step:
    """The place where goods come back; nothing is looked for yet."""
    if desk.shift is None:
        return refuse(desk, phase, Refusal.NoOpenShift)
    if not shop_of(desk).allows(operator_of(desk), Permission.SELL):
        return refuse(desk, phase, Refusal.MayNotSell)
    return Step(replace(quiet(desk), found=None, clear_scan=desk.clear_scan + 1), Returning())


def start(desk: Desk, phase: Phase, intent: StartReturn, ports: Ports) -> Step:
    """Look for the sale of a receipt, or wait for one."""
    step = open_returns(desk, phase, ports)
    if not intent.receipt or not isinstance(step.phase, Returning):
        return step
    return _find(step.desk, step.phase, intent.receipt, ports)


def _find(desk: Desk, phase: Returning, receipt: str, ports: Ports) -> Step:
    ask_id = ports.ids.new_id()
    desk = replace(quiet(desk), clear_scan=desk.clear_scan + 1)
    return Step(desk, Returning(ask_id=ask_id, asked=receipt), (FindSale(ask_id, receipt), Beep("ok")))


def receipt_of(desk: Desk, text: str) -> str | None:
    """The whole number of a receipt that was keyed: its end alone is of this till. None: it is no number."""
    keyed = text.strip()
    if not keyed.isascii() or not keyed:
        return None
    if "-" in keyed:
        # Nobody looks for the shift key; numbers are printed in capitals.
        whole = keyed.upper() if keyed.islower() else keyed
        return whole if keyed.rpartition("-")[2].isdigit() else None
    place = shop_of(desk).terminal(desk.terminal_id)
    if not keyed.isdigit() or len(keyed) > 6 or place is None:
        return None
    return f"{shop_of(desk).store_id}-{place.number:02d}-{int(keyed):06d}"


def _found(desk: Desk, phase: Returning, intent: SaleFound, ports: Ports) -> Step:
    """Show the sale that was found, or say why there is none."""
    if intent.ask_id != phase.ask_id:
        return Step(desk, phase)
    sale = intent.sale
    if sale is None:
        why = Refusal.ReceiptAway if intent.why == "no_answer" else Refusal.ReceiptUnknown
        return refuse(desk, Returning(), why, receipt=phase.asked)
    if sale.currency != shop_of(desk).currency:
        return refuse(desk, Returning(), Refusal.ReceiptUnknown, receipt=phase.asked)
    phase = replace(phase, ask_id="", returns=intent.returns, staying=_staying(sale.lines, ports))
    terms = _terms(desk, phase, sale.completed_at_ms, ports)
    phase = replace(phase, found=quote(sale, intent.returns, {}, terms))
    cards = {line.gift_card for line in sale.lines if line.gift_card}
    asks: tuple[Effect, ...] = tuple(AskGiftCard(card, card) for card in sorted(cards))
    desk = tell(desk, "Receipt {receipt} found", receipt=sale.receipt_number)
    return Step(desk, replace(phase, marked=_first(phase)), asks)


def _staying(lines: tuple[SaleLine, ...], ports: Ports) -> frozenset[str]:
    """Goods of which no piece may come back, as the catalogue says it now."""
    found = set()
    for sku in {line.sku for line in lines}:
        try:
            item = ports.catalogue.by_sku(sku, ports.clock.now_ms())
        except CatalogueUnreadable:
            return frozenset()
        if item is not None and NO_RETURN_TAG in item.traits.tags:
            found.add(sku)
    return frozenset(found)


def _terms(desk: Desk, phase: Returning, sold_at_ms: int, ports: Ports) -> ReturnTerms:
    shop = shop_of(desk)
    days = desk.programme.return_days if shop.returns.days is None else shop.returns.days
    sold_on = local_time(sold_at_ms, shop).date()
    return ReturnTerms(
        shop.tax, shop.cash, sold_on, today_of(desk, ports), days, phase.staying, phase.gift_left
    )


def _gift_told(desk: Desk, phase: Returning, intent: GiftCardAnswered, ports: Ports) -> Step:
    """What is left on a gift card that the sale put money on."""
    if phase.found is None or intent.why or intent.card.balance_minor is None:
        return Step(desk, phase)
    left = {**phase.gift_left, intent.card.card_id: intent.card.balance_minor}
    return quoted_again(desk, replace(phase, gift_left=left), ports)


# ------------------------------------------------------------------ choosing pieces
def quoted_again(desk: Desk, phase: Returning, ports: Ports) -> Step:
    assert phase.found is not None
    sale = phase.found.sale
    found = quote(sale, phase.returns, phase.wishes, _terms(desk, phase, sale.completed_at_ms, ports))
    return Step(quiet(desk), replace(phase, found=found))


def line_of(phase: Returning, line_no: int | None) -> ReturnableLine | None:
    """The line with this number (None: the marked one) of the sale that was found."""
    wanted = phase.marked if line_no is None else line_no
    lines = phase.found.lines if phase.found is not None else ()
    return next((line for line in lines if line.line.line_no == wanted), None)


def _first(phase: Returning) -> int | None:
    lines = phase.found.lines if phase.found is not None else ()
    return next((line.line.line_no for line in lines if not line.stay), None)


def _change(desk: Desk, phase: Returning, intent: ChangeReturn, ports: Ports) -> Step:
    """One piece more or less of a line comes back."""
    return _by(desk, phase, intent.line_no, intent.step, ports)


def _by(desk: Desk, phase: Returning, line_no: int | None, step: int, ports: Ports) -> Step:
    line = line_of(phase, line_no)
    if line is None:
        return refuse(desk, phase, Refusal.ReceiptFirst if phase.found is None else Refusal.NothingMarked)
    number = line.line.line_no
    if line.stay and line.stay not in UNLESS_FAULTY:
        return refuse(desk, replace(phase, marked=number), Refusal.StaysSold)
    old = phase.wishes.get(number) or (_FAULTY if line.stay else WishedPieces(0, FIRST_REASON))
    pieces = old.pieces + step
    if pieces > line.left:
        return refuse(desk, replace(phase, marked=number), Refusal.AllCameBack)
    wishes = dict(phase.wishes)
    wishes.pop(number, None)
    if pieces > 0:
        wishes[number] = replace(old, pieces=pieces)
    return quoted_again(desk, replace(phase, wishes=wishes, marked=number), ports)


def _by_key(desk: Desk, phase: Returning, intent: ChangeQuantity, ports: Ports) -> Step:
    """One piece more or less of the marked line comes back."""
    return _by(desk, phase, intent.line_no, intent.step, ports)


def _mark(desk: Desk, phase: Returning, intent: MarkLine, ports: Ports) -> Step:
    """Mark a line, so that its reason can be chosen."""
    if line_of(phase, intent.line_no) is None:
        return Step(desk, phase)
    return Step(quiet(desk), replace(phase, marked=intent.line_no))


def _move(desk: Desk, phase: Returning, intent: MoveMark, ports: Ports) -> Step:
    """Mark the line above or below."""
    numbers = [line.line.line_no for line in phase.found.lines] if phase.found is not None else []
    if not numbers:
        return Step(desk, phase)
    at = numbers.index(phase.marked) if phase.marked in numbers else 0
    return Step(desk, replace(phase, marked=numbers[max(0, min(len(numbers) - 1, at + intent.step))]))


def _reason(desk: Desk, phase: Returning, intent: ChooseReturnReason, ports: Ports) -> Step:
    """Choose why the marked line comes back; faulty goods are not sold again unless somebody says so."""
    wish = phase.wishes.get(phase.marked) if phase.marked is not None else None
    if wish is None or intent.reason not in RETURN_REASONS:
        return refuse(desk, phase, Refusal.NothingReturns)
    faulty = RETURN_REASONS[intent.reason][1]
    line = line_of(phase, None)
    if line is not None and line.stay and not faulty:
        return refuse(desk, phase, Refusal.OnlyFaulty)
    told = replace(
        wish, reason=intent.reason, is_faulty=faulty, disposition="damaged" if faulty else "resell"
    )
    return quoted_again(desk, replace(phase, wishes={**phase.wishes, phase.marked or 0: told}), ports)


def _disposition(desk: Desk, phase: Returning, intent: ToggleDisposition, ports: Ports) -> Step:
    """The marked line's goods can be sold again, or cannot."""
    wish = phase.wishes.get(phase.marked) if phase.marked is not None else None
    if wish is None:
        return refuse(desk, phase, Refusal.NothingReturns)
    other = replace(wish, disposition="resell" if wish.disposition == "damaged" else "damaged")
    return quoted_again(desk, replace(phase, wishes={**phase.wishes, phase.marked or 0: other}), ports)


def _scan(desk: Desk, phase: Returning, intent: ScanCode, ports: Ports) -> Step:
    """A receipt finds its sale, goods of the sale come back; all else is refused on record."""
    if by_badge(desk, intent.text) is not None:
        return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.BadgeHere, ports)
    reading = read(desk, intent.text, ports)
    if reading.kind == "receipt":
        # Like a ticket, a receipt is no scan of goods and gets no number.
        return _find(desk, phase, reading.subject, ports)
    if phase.found is None:
        return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.ReceiptFirst, ports)
    return _bring(desk, phase, meaning_of(desk, reading, ports), intent.text, ports)


def _bring(
    desk: Desk, phase: Returning, meant: Meant | tuple[Meant, ...] | Stop, text: str, ports: Ports
) -> Step:
    """One more piece of the first line of these goods that has some left."""
    assert phase.found is not None
    if isinstance(meant, Stop):
        return refuse_scan(next_scan(desk, ports), phase, text, meant, ports)
    options = (meant,) if isinstance(meant, Meant) else meant
    skus = {option.item.sku for option in options}
    serials = {option.pack.serial for option in options if option.pack is not None and option.pack.serial}
    lines = [
        line
        for line in phase.found.lines
        if line.line.sku in skus
        and (not serials or line.line.pack is None or line.line.pack.serial in serials)
    ]
    open_ones = [line for line in lines if not line.stay and (not line.wish or line.wish.pieces < line.left)]
    if not open_ones:
        why = Refusal.StaysSold if any(line.stay for line in lines) else Refusal.AllCameBack
        return refuse_scan(next_scan(desk, ports), phase, text, why if lines else Refusal.NotOnReceipt, ports)
    step = _by(desk, phase, open_ones[0].line.line_no, 1, ports).also(Beep("ok"))
    return replace(step, desk=next_scan(step.desk, ports)).also(_on_record(desk, text, ports))


def _on_record(desk: Desk, text: str, ports: Ports) -> Record:
    """A scan that sold nothing: goods that came back are no line of a sale."""
    scan = ScanRecord(
        desk.scan_no + 1, plain_text(text)[:SCAN_TEXT_MAX], ports.clock.now_ms(), None, BROUGHT_BACK
    )
    assert desk.shift is not None
    return Record((ScanRefused(scan, operator_of(desk).operator_id, desk.shift.business_date),))


def _enter(desk: Desk, phase: Returning, intent: EnterText, ports: Ports) -> Step:
    """A receipt's number, or the code of goods that come back."""
    text = intent.text.strip()
    if not text:
        return Step(desk, phase)
    desk = replace(desk, clear_scan=desk.clear_scan + 1)
    receipt = receipt_of(desk, text)
    if receipt is not None:
        return _find(desk, phase, receipt, ports)
    if phase.found is None:
        return refuse(desk, phase, Refusal.ReceiptFirst)
    meant = look_up(desk, text, ports)
    if isinstance(meant, Stop):
        return refuse(desk, phase, meant, code=text)
    step = _bring(desk, phase, meant, text, ports)
    # Typed codes are no scans: none is counted or kept.
    told = replace(step.desk, scan_no=desk.scan_no, cart=desk.cart, last_scan_ms=desk.last_scan_ms)
    return Step(told, step.phase, tuple(each for each in step.effects if not isinstance(each, Record)))


def _ignore(desk: Desk, phase: Phase, intent: object, ports: Ports) -> Step:
    """Nothing is searched by name here."""
    return Step(desk, phase)


def _back(desk: Desk, phase: Returning, intent: Back, ports: Ports) -> Step:
    """Leave what was chosen, then the sale, then the place."""
    desk = replace(quiet(desk), clear_scan=desk.clear_scan + 1)
    if phase.wishes:
        return quoted_again(desk, replace(phase, wishes={}), ports)
    if phase.found is not None or phase.ask_id:
        return Step(desk, Returning())
    return Step(desk, Selling())


def _late(desk: Desk, phase: Phase, intent: SaleFound, ports: Ports) -> Step:
    """Nobody waits for this any more."""
    return Step(desk, phase)


def as_found(phase: Returning) -> ReturnQuote:
    """What was found; only asked where there is a sale."""
    assert phase.found is not None
    return phase.found


RULES: Rules = {
    **{(phase, StartReturn): start for phase in (Selling, Done, Returned, Returning, Reporting)},
    (Returning, SaleFound): _found,
    (Returning, GiftCardAnswered): _gift_told,
    (Returning, ScanCode): _scan,
    (Returning, EnterText): _enter,
    (Returning, SearchText): _ignore,
    (Returning, FindByName): _ignore,
    (Returning, ChangeReturn): _change,
    (Returning, ChangeQuantity): _by_key,
    (Returning, MarkLine): _mark,
    (Returning, MoveMark): _move,
    (Returning, ChooseReturnReason): _reason,
    (Returning, ToggleDisposition): _disposition,
    (Returning, Back): _back,
}
#: Holds in every phase without a rule of its own.
WORLD: dict[type, Rule] = {SaleFound: _late}
