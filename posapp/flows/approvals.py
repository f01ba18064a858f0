"""Acts that need a manager: nothing is done before they agree, and who, when and why is a fact.

The approver is somebody else than the operator, always. The PIN is checked here on the till, so
that approvals work offline; the fact goes into the same commit as the act it allowed.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.facts import Fact, OverrideGiven
from posapp.domain.shop import Operator, Permission
from posapp.domain.transactions import voided
from posapp.flows.effects import Beep, Commit, VerifyPin, WakeSync
from posapp.flows.entry import edit_pin
from posapp.flows.formatting import N_
from posapp.flows.giving_back import give_back
from posapp.flows.intents import (
    Approve,
    Back,
    ChooseReason,
    CloseShift,
    Committed,
    KeyIn,
    PinChecked,
    ScanCode,
    SelectOperator,
    VoidCart,
)  # fmt: skip
from posapp.flows.member_wishes import ConfirmReturn
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returning
from posapp.flows.returns import as_found
from posapp.flows.rights_now import releases
from posapp.flows.shift import VARIANCE_REASONS, close_shift
from posapp.flows.sign_on import PIN_DIGITS_MIN, locked_time, right_pin, wrong_pin
from posapp.flows.state import AwaitingOverride, Committing, Desk, Reporting, Selling
from posapp.flows.steps import (
    Ports,
    Rules,
    Step,
    by_badge,
    next_scan,
    operator_of,
    quiet,
    refuse,
    refuse_scan,
    sale_context,
    shop_of,
    tell,
)  # fmt: skip

#: Reasons for giving a sale up, as msgids.
VOID_REASONS = (
    N_("Changed their mind"), N_("Wrong items"), N_("Cannot pay"),
    N_("Other"),
)  # fmt: skip


def approvers(desk: Desk) -> tuple[Operator, ...]:
    """Who may approve here: managers other than the operator."""
    shop, who = shop_of(desk), operator_of(desk)
    managers = (other for other in shop.operators if shop.allows(other, Permission.APPROVE))
    return tuple(other for other in managers if other.operator_id != who.operator_id)


def reasons(phase: AwaitingOverride) -> tuple[str, ...]:
    """The reasons that fit the act, as msgids."""
    return VOID_REASONS if isinstance(phase.act, VoidCart) else VARIANCE_REASONS


def _void(desk: Desk, phase: Selling, intent: VoidCart, ports: Ports) -> Step:
    """Give the sale up; who may not do it alone asks for an approval first."""
    if desk.cart is None:
        return refuse(desk, phase, Refusal.NothingToVoid)
    shop, who = shop_of(desk), operator_of(desk)
    # Voiding line by line first must not be a way around the approval.
    gone = sum(line.amount_minor for line in desk.cart.voided)
    if (desk.cart.lines or desk.cart.voided) and not shop.allows(who, Permission.VOID_SALE):
        wait = AwaitingOverride(Permission.VOID_SALE, VoidCart(), desk.cart.goods_minor + gone, phase)
        return Step(replace(quiet(desk), found=None), wait)
    return _void_now(desk, phase, (), ports)


def _void_now(desk: Desk, back: Selling, given: tuple[Fact, ...], ports: Ports) -> Step:
    assert desk.cart is not None
    fact = voided(desk.cart, sale_context(desk, ports))
    let_go = releases(desk.cart, "voided", ports)
    commit = Commit(ports.ids.new_id(), (*given, fact, *let_go), (), fact.transaction_id)
    return Step(quiet(desk), Committing(commit, "void", back), (commit,))


def sale_voided(desk: Desk, phase: Committing, intent: Committed, ports: Ports) -> Step:
    """The sale is given up, on record."""
    desk = replace(desk, cart=None, marked=None, shift=intent.shift or desk.shift, found=None)
    return Step(tell(desk, "Sale voided"), Selling(), (WakeSync(),))


def _select(desk: Desk, phase: AwaitingOverride, intent: SelectOperator, ports: Ports) -> Step:
    """Choose who approves: a manager, and somebody else than the operator."""
    if phase.checking or intent.operator_id not in {who.operator_id for who in approvers(desk)}:
        return refuse(desk, phase, Refusal.CannotApprove)
    return Step(quiet(desk), replace(phase, approver=intent.operator_id, pin=""))


def _scan(desk: Desk, phase: AwaitingOverride, intent: ScanCode, ports: Ports) -> Step:
    """A badge chooses the approver; goods are refused on record."""
    who = by_badge(desk, intent.text)
    if who is not None:
        step = _select(desk, phase, SelectOperator(who.operator_id), ports)
        return step if step.phase is phase else step.also(Beep("ok"))
    return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.ApprovalOpen, ports)


def _key(desk: Desk, phase: AwaitingOverride, intent: KeyIn, ports: Ports) -> Step:
    """Edit the approver's PIN."""
    if phase.checking:
        return Step(desk, phase)
    if phase.approver is None:
        return refuse(desk, phase, Refusal.ChooseSomebody)
    return Step(quiet(desk), replace(phase, pin=edit_pin(phase.pin, intent.key)))


def _reason(desk: Desk, phase: AwaitingOverride, intent: ChooseReason, ports: Ports) -> Step:
    """Choose the reason that goes on record."""
    return Step(quiet(desk), replace(phase, reason=intent.reason))


def _approve(desk: Desk, phase: AwaitingOverride, intent: Approve, ports: Ports) -> Step:
    """Compare the approver's PIN, once somebody, a reason and a whole PIN are there."""
    if phase.checking:
        return Step(desk, phase)
    who = next((o for o in approvers(desk) if o.operator_id == phase.approver), None)
    if who is None:
        return refuse(desk, phase, Refusal.ChooseSomebody)
    if not phase.reason and not _reason_given(phase):
        return refuse(desk, phase, Refusal.ChooseReason)
    until = locked_time(desk, who.operator_id, ports.clock.now_ms())
    if until:
        return refuse(desk, replace(phase, pin=""), Refusal.TooManyTries, name=who.name, time=until)
    if len(phase.pin) < PIN_DIGITS_MIN:
        return refuse(desk, phase, Refusal.ShortPin)
    check = VerifyPin(who.operator_id, phase.pin, who.pin_hash)
    return Step(quiet(desk), replace(phase, checking=True), (check,))


def _reason_given(phase: AwaitingOverride) -> str:
    return phase.back.reason if isinstance(phase.back, Reporting) else ""


def _pin_checked(desk: Desk, phase: AwaitingOverride, intent: PinChecked, ports: Ports) -> Step:
    """A right PIN commits the act with the approval; a wrong one is counted."""
    who = next((o for o in approvers(desk) if o.operator_id == intent.operator_id), None)
    if not phase.checking or who is None or intent.operator_id != phase.approver:
        return Step(desk, replace(phase, checking=False, pin=""))
    if not intent.right:
        return wrong_pin(desk, replace(phase, checking=False, pin=""), who, ports)
    desk = right_pin(desk, who.operator_id)
    given = OverrideGiven(
        override_id=ports.ids.new_id(),
        permission=phase.permission.value,
        operator_id=operator_of(desk).operator_id,
        approver_id=who.operator_id,
        reason=phase.reason or _reason_given(phase),
        amount_minor=phase.amount_minor,
        transaction_id=desk.cart.transaction_id if desk.cart else None,
        at_ms=ports.clock.now_ms(),
    )
    if isinstance(phase.act, ConfirmReturn):
        assert isinstance(phase.back, Returning)
        of_sale = replace(given, transaction_id=as_found(phase.back).sale.transaction_id)
        return give_back(desk, phase.back, (of_sale,), ports)
    if isinstance(phase.act, CloseShift):
        assert isinstance(phase.back, Reporting)
        return close_shift(desk, phase.back, (given,), ports)
    return _void_now(desk, Selling(), (given,), ports)


def _back(desk: Desk, phase: AwaitingOverride, intent: Back, ports: Ports) -> Step:
    """Leave it: nothing was changed."""
    if phase.checking:
        return Step(desk, phase)  # a PIN that is being compared must count, right or wrong
    return Step(quiet(desk), phase.back)


def _variance_reason(desk: Desk, phase: Reporting, intent: ChooseReason, ports: Ports) -> Step:
    """Choose the reason of a difference, on an open Z."""
    if phase.settled or phase.kind == "X":
        return refuse(desk, phase, Refusal.NotNow)
    return Step(quiet(desk), replace(phase, reason=intent.reason))


RULES: Rules = {
    (Selling, VoidCart): _void,
    (AwaitingOverride, SelectOperator): _select,
    (AwaitingOverride, ScanCode): _scan,
    (AwaitingOverride, KeyIn): _key,
    (AwaitingOverride, ChooseReason): _reason,
    (AwaitingOverride, Approve): _approve,
    (AwaitingOverride, PinChecked): _pin_checked,
    (AwaitingOverride, Back): _back,
    (Reporting, ChooseReason): _variance_reason,
}
