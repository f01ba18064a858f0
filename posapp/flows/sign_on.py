"""Signing on and off, locking and unlocking: who stands at this terminal.

A PIN is compared away from the screen (it is slow on purpose); until the answer is back nothing
else of this phase is asked. Wrong PINs are counted per person and kept, so that a restart gives no
new tries.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.facts import OperatorSignedOff, OperatorSignedOn, SignOnRefused, TerminalUnlocked
from posapp.domain.shifts import local_time
from posapp.domain.shop import Operator, Permission
from posapp.domain.tenders import Payment
from posapp.domain.transactions import cart_totals
from posapp.flows.effects import Beep, Record, VerifyPin
from posapp.flows.entry import edit_pin
from posapp.flows.gift_phases import ShowingGiftCard
from posapp.flows.intents import KeyIn, Lock, PinChecked, ScanCode, SelectOperator, SignOff, SignOn
from posapp.flows.member_phases import FindingMember, JoiningMember, ShowingMember
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returned, Returning
from posapp.flows.rights_phases import ShowingCoupons
from posapp.flows.state import (
    AwaitingOverride,
    Choosing,
    Counting,
    Desk,
    Done,
    Locked,
    Phase,
    Reporting,
    Selling,
    ShiftClosed,
    ShowingPrice,
    ShowingStatus,
    SignedOff,
    Tendering,
    TryingScanner,
    Weighing,
)  # fmt: skip
from posapp.flows.steps import Ports, Rules, Step, by_badge, next_scan, quiet, refuse, refuse_scan, shop_of

PIN_DIGITS_MIN = 4


def _select(desk: Desk, phase: SignedOff | Locked, intent: SelectOperator, ports: Ports) -> Step:
    """Choose who signs on."""
    if phase.checking or shop_of(desk).operator(intent.operator_id) is None:
        return refuse(desk, phase, Refusal.NotNow)
    return Step(quiet(desk), replace(phase, chosen=intent.operator_id, pin=""))


def _scan(desk: Desk, phase: SignedOff | Locked, intent: ScanCode, ports: Ports) -> Step:
    """A badge chooses its owner; goods are refused on record."""
    who = by_badge(desk, intent.text)
    if who is not None and not phase.checking:
        return Step(quiet(desk), replace(phase, chosen=who.operator_id, pin=""), (Beep("ok"),))
    why = Refusal.NobodySignedOn if isinstance(phase, SignedOff) else Refusal.TerminalLocked
    return refuse_scan(next_scan(desk, ports), phase, intent.text, why, ports)


def _key(desk: Desk, phase: SignedOff | Locked, intent: KeyIn, ports: Ports) -> Step:
    """Edit the PIN."""
    if phase.checking:
        return Step(desk, phase)
    if phase.chosen is None:
        return refuse(desk, phase, Refusal.ChooseSomebody)
    return Step(quiet(desk), replace(phase, pin=edit_pin(phase.pin, intent.key)))


def locked_time(desk: Desk, operator_id: str, now_ms: int) -> str:
    """Until when (HH:MM) an operator is locked out, or "" where they are not."""
    until = desk.locked_until.get(operator_id, 0)
    return f"{local_time(until + 59_999, shop_of(desk)):%H:%M}" if until > now_ms else ""


def _sign_on(desk: Desk, phase: SignedOff | Locked, intent: SignOn, ports: Ports) -> Step:
    """Compare the PIN, unless this person is locked out."""
    if phase.checking:
        return Step(desk, phase)
    who = shop_of(desk).operator(phase.chosen or "")
    if who is None:
        return refuse(desk, phase, Refusal.ChooseSomebody)
    until = locked_time(desk, who.operator_id, ports.clock.now_ms())
    if until:
        return refuse(desk, replace(phase, pin=""), Refusal.LockedOut, name=who.name, time=until)
    if len(phase.pin) < PIN_DIGITS_MIN:
        return refuse(desk, phase, Refusal.ShortPin)
    check = VerifyPin(who.operator_id, phase.pin, who.pin_hash)
    return Step(quiet(desk), replace(phase, checking=True), (check,))


def wrong_pin(desk: Desk, phase: Phase, who: Operator, ports: Ports) -> Step:
    """Count a wrong PIN and say how many tries are left, or until when this person is locked out."""
    rules = shop_of(desk).sign_on
    now = ports.clock.now_ms()
    wrong = desk.wrong_pins.get(who.operator_id, 0) + 1
    until = now + rules.locked_minutes * 60_000 if wrong >= rules.tries else None
    fact = Record((SignOnRefused(who.operator_id, now, until),))
    counted = dict(desk.wrong_pins) | {who.operator_id: 0 if until else wrong}
    desk = replace(desk, wrong_pins=counted)
    if until is None:
        return refuse(desk, phase, Refusal.WrongPin, left=str(rules.tries - wrong)).also(fact)
    desk = replace(desk, locked_until=dict(desk.locked_until) | {who.operator_id: until})
    time = locked_time(desk, who.operator_id, now)
    why = Refusal.TooManyTries if isinstance(phase, AwaitingOverride) else Refusal.LockedOut
    return refuse(desk, phase, why, name=who.name, time=time).also(fact)


def right_pin(desk: Desk, operator_id: str) -> Desk:
    """Forget the wrong tries of somebody who got it right."""
    return replace(desk, wrong_pins={**desk.wrong_pins, operator_id: 0}, refusal=None)


def _pin_checked_signed_off(desk: Desk, phase: SignedOff, intent: PinChecked, ports: Ports) -> Step:
    """A right PIN signs on; a wrong one is counted."""
    who = shop_of(desk).operator(intent.operator_id)
    if not phase.checking or who is None or intent.operator_id != phase.chosen:
        return Step(desk, replace(phase, checking=False, pin=""))
    if not intent.right:
        return wrong_pin(desk, replace(phase, checking=False, pin=""), who, ports)
    session_id = ports.ids.new_id()
    desk = replace(right_pin(desk, who.operator_id), operator=who, session_id=session_id, told=None)
    fact = OperatorSignedOn(session_id, who.operator_id, ports.clock.now_ms())
    return Step(desk, phase_at_work(desk), (Beep("ok"), Record((fact,))))


def phase_at_work(desk: Desk) -> Phase:
    """Where a signed-on operator goes on: opening a shift, selling, or a payment half taken."""
    if desk.shift is None:
        return ShiftClosed()
    if desk.cart is not None and desk.cart.paid:
        total = cart_totals(desk.cart, shop_of(desk), desk.prices).total_minor
        ways = shop_of(desk).tenders
        return Tendering(Payment(total, desk.cart.paid), ways[0].tender_id)
    return Selling()


def _pin_checked_locked(desk: Desk, phase: Locked, intent: PinChecked, ports: Ports) -> Step:
    """A right PIN unlocks, a manager's takes over; a wrong one is counted."""
    who = shop_of(desk).operator(intent.operator_id)
    if not phase.checking or who is None or intent.operator_id != phase.chosen:
        return Step(desk, replace(phase, checking=False, pin=""))
    if not intent.right:
        return wrong_pin(desk, replace(phase, checking=False, pin=""), who, ports)
    desk = right_pin(desk, who.operator_id)
    if desk.operator is not None and who.operator_id == desk.operator.operator_id:
        fact = TerminalUnlocked(desk.session_id, who.operator_id, ports.clock.now_ms())
        return Step(replace(desk, told=None), phase.back, (Beep("ok"), Record((fact,))))
    if not shop_of(desk).allows(who, Permission.APPROVE):
        return refuse(desk, replace(phase, checking=False, pin=""), Refusal.TerminalLocked)
    return _hand_over(desk, phase, who, ports)


def _hand_over(desk: Desk, phase: Locked, who: Operator, ports: Ports) -> Step:
    """A manager takes a locked terminal over: the sale stays, the session is theirs from now on."""
    now = ports.clock.now_ms()
    left = OperatorSignedOff(desk.session_id, desk.operator.operator_id if desk.operator else "", now)
    session_id = ports.ids.new_id()
    came = OperatorSignedOn(session_id, who.operator_id, now)
    desk = replace(desk, operator=who, session_id=session_id, told=None)
    return Step(desk, phase.back, (Beep("ok"), Record((left, came))))


def _lock(desk: Desk, phase: Phase, intent: Lock, ports: Ports) -> Step:
    """Lock the terminal over what goes on."""
    chosen = desk.operator.operator_id if desk.operator else None
    return Step(replace(quiet(desk), found=None), Locked(phase, chosen))


def _sign_off(desk: Desk, phase: Phase, intent: SignOff, ports: Ports) -> Step:
    """Leave the terminal; an open sale is ended first."""
    if desk.cart is not None:
        return refuse(desk, phase, Refusal.SaleOpen)
    who = desk.operator.operator_id if desk.operator else ""
    fact = OperatorSignedOff(desk.session_id, who, ports.clock.now_ms())
    desk = replace(quiet(desk), operator=None, session_id="", found=None, told=None)
    return Step(desk, SignedOff(), (Record((fact,)),))


_LOCKABLE = (
    ShiftClosed, Selling, ShowingPrice, Weighing, Choosing, Done, Tendering, Counting, Reporting,
    ShowingStatus, TryingScanner, Returning, Returned, ShowingCoupons, FindingMember, ShowingMember,
    JoiningMember, ShowingGiftCard,
)  # fmt: skip

RULES: Rules = {
    **{
        (phase, intent): rule
        for phase in (SignedOff, Locked)
        for intent, rule in ((SelectOperator, _select), (ScanCode, _scan), (KeyIn, _key), (SignOn, _sign_on))
    },
    (SignedOff, PinChecked): _pin_checked_signed_off,
    (Locked, PinChecked): _pin_checked_locked,
    **{(phase, Lock): _lock for phase in _LOCKABLE},
    **{(phase, SignOff): _sign_off for phase in (ShiftClosed, Selling, Done, Reporting, ShowingStatus)},
}
