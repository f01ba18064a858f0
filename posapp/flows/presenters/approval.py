"""The approval sheet: whose agreement, to what, and why."""

from __future__ import annotations

from posapp.flows.approvals import approvers, reasons
from posapp.flows.blocks import Action, Block, Choice, Choices, Note, Spring, SumRow, SumRows
from posapp.flows.intents import Approve, Back, ChooseReason, SelectOperator, VoidCart
from posapp.flows.member_wishes import ConfirmReturn
from posapp.flows.presenters.pads import pin_pad
from posapp.flows.presenters.returns import facts_of
from posapp.flows.presenters.sign_on import PIN_DOTS, pin_field
from posapp.flows.presenters.words import Scene, initial
from posapp.flows.return_phases import Returning
from posapp.flows.state import AwaitingOverride, Reporting
from posapp.flows.views import Anchor, Sheet


def _needs_reason(phase: AwaitingOverride) -> bool:
    if isinstance(phase.act, ConfirmReturn):
        return False
    return not (isinstance(phase.back, Reporting) and phase.back.reason)


def approval_sheet(scene: Scene, phase: AwaitingOverride) -> Sheet:
    """What is asked, who may agree, the reasons and the PIN."""
    told = scene.desk.refusal
    if told is not None:
        top: Block = Note(scene.t(told.msgid, **told.params), "danger", "circle-alert")
    else:
        top = Note(_subject(scene, phase), "warn", "shield-check", _whose(scene, phase))
    people = tuple(
        Choice(
            label=who.name,
            intent=SelectOperator(who.operator_id),
            chosen=who.operator_id == phase.approver,
            detail=_role_and_pin(scene, who.operator_id, scene.role(who.role)),
            initial=initial(who.name),
        )
        for who in approvers(scene.desk)
    )
    title = scene.t("Scan a badge or pick a name")
    left: list[Block] = [Choices(people, "people", title)]
    if _needs_reason(phase):
        chips = tuple(
            Choice(scene.t(reason), ChooseReason(reason), reason == phase.reason) for reason in reasons(phase)
        )
        left.append(Choices(chips, "chips", scene.t("Reason")))
    left += _facts(scene, phase)
    return Sheet(
        title=scene.t("A manager must agree"),
        icon="shield-check",
        top=(top,),
        left=(*left, Spring()),
        right=(pin_field(scene, phase.pin), pin_pad(scene)),
        hint_title="",
        hint=scene.t("The approver must be someone else. Who, when and why are recorded."),
        second=Action(scene.t("Refuse"), Back(), "Esc", "x"),
    )


def _role_and_pin(scene: Scene, operator_id: str, role: str) -> str:
    pin = scene.shop.demo_pins.get(operator_id, "")
    return f"{role} · {scene.t('PIN {pin}', pin=pin)}" if pin else role


def _subject(scene: Scene, phase: AwaitingOverride) -> str:
    if isinstance(phase.act, VoidCart):
        return scene.t("Void the sale of {a}", a=scene.money(phase.amount_minor))
    if isinstance(phase.act, ConfirmReturn):
        return scene.t("Give {a} back", a=scene.money(phase.amount_minor))
    if phase.amount_minor:
        return scene.t("Close the shift with a variance of {a}", a=scene.money(phase.amount_minor))
    return scene.t("Close the shift")


def _facts(scene: Scene, phase: AwaitingOverride) -> list[Block]:
    """What the manager needs to know of a return: which way money goes, and what is damaged."""
    found = phase.back.found if isinstance(phase.back, Returning) else None
    if found is None:
        return []
    rows = [
        SumRow(scene.word(way.tender.names), scene.amount(way.amount_minor))
        for way in found.ways
        if way.amount_minor
    ]
    wishes = [line.wish for line in found.lines if line.wish is not None]
    damaged = sum(wish.pieces for wish in wishes if wish.disposition == "damaged")
    if damaged:
        rows.append(SumRow(scene.t("Damaged"), scene.t("{n} pcs", n=str(damaged))))
    return [SumRows(tuple(rows))]


def _whose(scene: Scene, phase: AwaitingOverride) -> str:
    who = scene.desk.operator
    if isinstance(phase.back, Returning) and phase.back.found is not None and phase.back.found.is_for_faults:
        return scene.t("It comes back only because it is faulty")
    if isinstance(phase.act, ConfirmReturn):
        limit = scene.money(scene.shop.returns.limit_minor)
        return scene.t("The limit of {name} is {a}", name=who.name if who else "", a=limit)
    return scene.t("{name} may not do this alone", name=who.name if who else "")


def approval_anchor(scene: Scene, phase: AwaitingOverride) -> Anchor:
    """The amount in question, and the agreement."""
    ready = len(phase.pin) >= PIN_DOTS and phase.approver is not None
    ready = ready and (bool(phase.reason) or not _needs_reason(phase))
    is_void = isinstance(phase.act, VoidCart)
    label = scene.t("Approve void") if is_void else scene.t("Approve closing")
    if isinstance(phase.act, ConfirmReturn):
        label = scene.t("Approve refund")
    primary = Action(label, Approve(), "Enter", "check", "primary", enabled=ready, busy=phase.checking)
    amount = scene.amount(abs(phase.amount_minor))
    name = scene.t("This sale") if is_void else scene.t("Variance")
    facts: tuple[str, ...] = ()
    if isinstance(phase.back, Returning) and phase.back.found is not None:
        name, facts = scene.t("Refund"), facts_of(scene, phase.back.found)
    sign = "−" if phase.amount_minor < 0 else ""
    return Anchor(facts, name, amount, scene.sign, sign, "plain", primary)
