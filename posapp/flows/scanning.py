"""A scanned code on its way into the sale: as a line, as the second code of a pack, or as a refusal.

A pack may carry a plain number and a code with data; both are read within a second of each other, in either
order, and are one piece. What the data forbids stops the pack whichever code came first. Every scan is on
record as part of a line or as refused.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import (
    LINES_MAX,
    Cart,
    NewLine,
    add_line,
    in_the_place_of,
    scan_moved,
    take_piece_off,
    with_scan,
)  # fmt: skip
from posapp.domain.codes.reading import Reading
from posapp.domain.facts import ScanRecord
from posapp.domain.members.sale_rights import ShownMember
from posapp.domain.shop import Permission, word
from posapp.flows import coupons, gift_cards, members, returns
from posapp.flows.effects import Beep
from posapp.flows.formatting import N_
from posapp.flows.gift_phases import ShowingGiftCard
from posapp.flows.intents import Resume, ScanCode
from posapp.flows.meaning import checked, meaning_of, read
from posapp.flows.meant import Meant, Recent, Stop, WaitingScan
from posapp.flows.member_phases import MemberAsk
from posapp.flows.member_wishes import StartReturn
from posapp.flows.pricing import with_code
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returned
from posapp.flows.rights_phases import ShowingCoupons
from posapp.flows.state import Choosing, Desk, Done, Phase, Reporting, Selling, ShowingPrice, Told, Weighing
from posapp.flows.steps import (
    SCAN_TEXT_MAX,
    Ports,
    Rules,
    Step,
    by_badge,
    next_scan,
    operator_of,
    plain_text,
    quiet,
    refuse_scan,
    shop_of,
)  # fmt: skip
from posapp.flows.suspended import resume
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """A counted scan: what is written down of it, and when it came on the till's monotonic clock."""

    scan: WaitingScan
    at_ms: int


def may_sell(desk: Desk) -> bool:
    """Whether the operator may take goods."""
    return shop_of(desk).allows(operator_of(desk), Permission.SELL)


def scan(desk: Desk, phase: Phase, intent: ScanCode, ports: Ports) -> Step:
    """A code reached the till while goods are taken (or from a page that gives way to selling)."""
    if desk.shift is None:
        return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.NoOpenShift, ports)
    phase = Selling()
    uncounted, desk = desk, next_scan(desk, ports)
    if desk.found is not None:
        desk = replace(desk, found=None)
    if not may_sell(desk):
        return refuse_scan(desk, phase, intent.text, Refusal.MayNotSell, ports)
    if by_badge(desk, intent.text) is not None:
        return refuse_scan(desk, phase, intent.text, Refusal.BadgeHere, ports)
    reading = read(desk, intent.text, ports)
    if reading.kind == "receipt":
        return returns.start(uncounted, phase, StartReturn(reading.subject), ports)
    proved = members.by_code(desk, reading, ports)
    if isinstance(proved, ShownMember):
        # Whose sale it is stands on record as such, and is no scan of goods.
        return members.attach(uncounted, phase, proved, ports)
    if proved is not None:
        return refuse_scan(desk, phase, intent.text, proved, ports)
    if coupons.is_coupon(reading):
        coupon = coupons.shown(uncounted, reading, ports)
        return refuse_scan(desk, phase, intent.text, coupon, ports) if isinstance(coupon, Stop) else coupon
    ticket = _ticket(desk, reading)
    if ticket and desk.cart is None:
        # Like a badge that signs on, a ticket that is taken is no scan of goods and gets no number.
        return resume(uncounted, phase, Resume(ticket), ports)
    meant = Stop(Refusal.SaleOpen) if ticket else meaning_of(desk, reading, ports)
    if isinstance(meant, Stop) and not ticket:
        # A coupon is no scan of goods either.
        taken = with_code(uncounted, reading.text, ports)
        if taken is not None:
            return taken
        gift = gift_cards.card_in(reading, desk.programme.gift_patterns)
        if gift is not None:
            # A card is worth what is on it: its code is no scan of goods, and is not written down.
            return gift_cards.shown(uncounted, phase, gift, ports)
        who = members.by_card(desk, reading.text, ports, proof="card")
        who = who or members.by_phone(desk, reading.text, ports)
        if isinstance(who, MemberAsk):
            return members.ask_card(uncounted, phase, who, reading.text, ports)
        if isinstance(who, ShownMember):
            return members.attach(uncounted, phase, who, ports)
        meant = who or meant
    came = arrival(desk, reading, intent, ports)
    if isinstance(meant, tuple):
        return Step(quiet(desk), Choosing(meant, (came.scan,), came.at_ms), (Beep("ok"),))
    if isinstance(meant, Stop):
        return refuse_scan(desk, phase, intent.text, meant, ports)
    return arrive(desk, came, meant, ports)


def _ticket(desk: Desk, reading: Reading) -> str:
    """The parked sale that a code stands for, or "". Short names are given again, so they name none."""
    if reading.kind != "suspended":
        return ""
    wanted = reading.subject  # in capitals, as all of our codes are
    known = (cart.transaction_id for cart in desk.parked)
    return next((each for each in known if each.upper() == wanted), "")


def arrival(desk: Desk, reading: Reading, intent: ScanCode, ports: Ports) -> Arrival:
    """The scan just counted, as it will be written down where it sells."""
    kept = WaitingScan(desk.scan_no, plain_text(reading.text)[:SCAN_TEXT_MAX])
    return Arrival(kept, intent.at_ms or ports.clock.monotonic_ms())


def arrive(desk: Desk, came: Arrival, meant: Meant, ports: Ports) -> Step:
    """Goods: one more piece, or the other code of a piece that is there, unless this pack must stay here."""
    partner = _partner(desk, came, meant)
    found = checked(desk, meant, ports)
    if partner is not None and partner.stop is not None:
        found = partner.stop
    if isinstance(found, Stop) and found is meant.price_stop:
        # Only this code is no use; the plain number of the pack stays, or is scanned next.
        return refuse_scan(desk, Selling(), came.scan.code, found, ports)
    if isinstance(found, Stop):
        return _stopped(desk, came, meant, partner, found, ports)
    if partner is not None and (found.quantity is not None or not found.two_d):
        return _fold(desk, came, partner, found, ports)
    if found.quantity is None:
        return Step(quiet(desk), Weighing(found, scans=(came.scan,), at_ms=came.at_ms), (Beep("ok"),))
    return add_scanned(desk, came, found, (came.scan,), ports)


def _partner(desk: Desk, came: Arrival, meant: Meant) -> Recent | None:
    """The oldest scan that still waits for the other code of its pack, its line as that scan left it."""
    sale = desk.cart.transaction_id if desk.cart is not None else ""
    for recent in desk.recent:
        if recent.gtin14 != meant.gtin14 or recent.two_d == meant.two_d or not recent.is_near(came.at_ms):
            continue
        # A pack that must not be sold is stopped whichever sale has been opened since.
        if recent.stop is not None or (recent.transaction_id == sale and _stands(desk.cart, recent)):
            return recent
    return None


def _stands(cart: Cart | None, recent: Recent) -> bool:
    line = recent.line
    return cart is not None and line is not None and cart.line(line.line_no) is line


def _stopped(
    desk: Desk, came: Arrival, meant: Meant, partner: Recent | None, stop: Stop, ports: Ports
) -> Step:
    """Refuse the pack; where its plain number is in the sale already, that piece goes off again."""
    recent = tuple(other for other in desk.recent if other is not partner and other.is_near(came.at_ms))
    if partner is not None and partner.line is not None and desk.cart is not None:
        cart, number = take_piece_off(desk.cart, partner.line, ports.clock.now_ms())
        recent = _following(recent, desk.cart, cart)
        cart = scan_moved(cart, partner.scan_no, number)
        marked = cart.lines[-1].line_no if cart.lines else None
        desk = replace(desk, cart=cart, marked=marked)
    elif partner is None and meant.two_d and meant.gtin14:
        sale = desk.cart.transaction_id if desk.cart is not None else ""
        waits = Recent(meant.gtin14, True, came.at_ms, came.scan.scan_no, sale, stop=stop)
        recent = (*recent, waits)
    return refuse_scan(replace(desk, recent=recent), Selling(), came.scan.code, stop, ports)


def _fold(desk: Desk, came: Arrival, partner: Recent, meant: Meant, ports: Ports) -> Step:
    """The other code of a piece that is there: one line, with what the richer code says."""
    cart, line = desk.cart, partner.line
    assert cart is not None
    assert line is not None
    recent = tuple(other for other in desk.recent if other is not partner)
    if not meant.two_d:
        cart = with_scans(cart, (came.scan,), line.line_no, ports)
        desk = replace(quiet(desk), cart=cart, marked=line.line_no, recent=recent)
        return Step(desk, Selling(), (Beep("ok"),))
    assert meant.quantity is not None
    new = meant.line(meant.quantity)
    told = in_the_place_of(cart, line, new)
    if told is None:
        return refuse_scan(desk, Selling(), came.scan.code, Refusal.CartFull, ports)
    recent, (cart, line_no) = _following(recent, cart, told[0]), told
    cart = with_scans(scan_moved(cart, partner.scan_no, line_no), (came.scan,), line_no, ports)
    desk = replace(desk, cart=cart, marked=line_no, recent=recent, told=_told(desk, new), refusal=None)
    return Step(desk, Selling(), (taken_sound(new),))


def _following(recent: tuple[Recent, ...], before: Cart | None, after: Cart) -> tuple[Recent, ...]:
    """Scans that wait for their other code, with their lines as this scan left them."""
    stood = {id(line) for line in before.lines} if before is not None else set()
    now = {line.line_no: line for line in after.lines}
    return tuple(
        [
            each
            if each.line is None or id(each.line) not in stood or now.get(each.line.line_no) is each.line
            else replace(each, line=now.get(each.line.line_no))
            for each in recent
        ]
    )


def add_scanned(
    desk: Desk, came: Arrival, meant: Meant, scans: tuple[WaitingScan, ...], ports: Ports
) -> Step:
    """One more piece with the scans that brought it on record."""
    assert meant.quantity is not None
    new = meant.line(meant.quantity)
    added = _with_line(desk, new, scans, ports)
    if isinstance(added, Refusal):
        return refuse_scan(desk, Selling(), came.scan.code, added, ports)
    cart, line_no = added
    recent = tuple(each for each in desk.recent if each.is_near(came.at_ms))
    recent = _following(recent, desk.cart, cart)
    if meant.gtin14:
        sale, line = cart.transaction_id, cart.lines[-1]
        waits = Recent(meant.gtin14, meant.two_d, came.at_ms, came.scan.scan_no, sale, line)
        recent = (*recent, waits)
    desk = replace(desk, cart=cart, marked=line_no, recent=recent, told=_told(desk, new), refusal=None)
    return Step(desk, Selling(), (taken_sound(new),))


def with_scans(cart: Cart, scans: tuple[WaitingScan, ...], line_no: int, ports: Ports) -> Cart:
    """The cart with scans on record as part of a line."""
    for waiting in scans:
        record = ScanRecord(waiting.scan_no, waiting.code, ports.clock.now_ms(), line_no, None)
        cart = with_scan(cart, record)
    return cart


def _with_line(
    desk: Desk, new: NewLine, scans: tuple[WaitingScan, ...], ports: Ports
) -> tuple[Cart, int] | Refusal:
    cart = desk.cart or Cart(ports.ids.new_id(), ports.clock.now_ms())
    added = add_line(cart, new)
    if added is None:
        return Refusal.LineFull if desk.cart and len(desk.cart.lines) < LINES_MAX else Refusal.CartFull
    cart, line_no = added
    return with_scans(cart, scans, line_no, ports), line_no


def with_line(desk: Desk, new: NewLine, scans: tuple[WaitingScan, ...], ports: Ports) -> Desk | Refusal:
    """The desk with the line added and marked, and the scans that brought it on record."""
    added = _with_line(desk, new, scans, ports)
    if isinstance(added, Refusal):
        return added
    cart, line_no = added
    return replace(desk, cart=cart, marked=line_no, found=None, told=_told(desk, new), refusal=None)


def _told(desk: Desk, new: NewLine) -> Told:
    """Say what was taken, and what the cashier has to look at."""
    serial = (desk.told.serial if desk.told else 0) + 1
    params = {"name": word(new.item.names, desk.language)}
    match new.notice:
        case "best_before":
            return Told(N_("Past best before: {name}"), params, True, serial, warns=True)
        case "some_lots":
            return Told(N_("Some lots are recalled: {name}"), params, True, serial, warns=True)
        case _:
            return Told(N_("{name} added"), params, True, serial)


def taken_sound(new: NewLine) -> Beep:
    """A tick, or the note that calls for a look."""
    return Beep("warn" if new.notice else "ok")


RULES: Rules = {
    (phase, ScanCode): scan
    for phase in (Selling, ShowingPrice, ShowingCoupons, ShowingGiftCard, Done, Returned, Reporting)
}
