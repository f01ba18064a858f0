"""Pictures of gift cards: the sheet that puts money on one, and payment while the hub is asked.

A card is shown by its end. What is on it is told only as the hub said it; where it cannot be asked, the sheet
says so and money can be put on the card all the same.
"""

from __future__ import annotations

from typing import Literal

from posapp.flows.blocks import Action, Block, Field, Heading, Note, StepRow, StepRows, SumRow, SumRows
from posapp.flows.formatting import N_, tail
from posapp.flows.gift_cards import load_minor, load_stop
from posapp.flows.gift_phases import HoldingGift, ShowingGiftCard
from posapp.flows.intents import Back, KeyIn, Settle
from posapp.flows.member_wishes import LoadGiftCard
from posapp.flows.presenters.pads import amount_pad
from posapp.flows.presenters.sale import sale_anchor
from posapp.flows.presenters.tender import tender_anchor
from posapp.flows.presenters.words import Scene
from posapp.flows.state import Tendering
from posapp.flows.views import Anchor, Sheet

_STATES = {
    "inactive": N_("Not sold yet"),
    "blocked": N_("Blocked"),
    "expired": N_("Does not count any more"),
    "unknown": N_("Nobody knows it"),
}


def gift_sheet(scene: Scene, phase: ShowingGiftCard) -> Sheet:
    """What is on a card, and the amount to put on it."""
    told, stop = scene.desk.refusal, load_stop(phase)
    name = tail(phase.card.card_id)
    top: tuple[Block, ...] = ()
    if told is not None:
        top = (Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"),)
    elif stop is not None:
        top = (Note(scene.t(stop.sentence, card=name), "danger", "circle-alert"),)
    clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
    return Sheet(
        title=scene.t("Gift card {card}", card=name),
        icon="gift",
        top=top,
        left=(
            Heading(scene.t("On the card")),
            SumRows(_rows(scene, phase)),
            *(() if stop is not None else (_hint(scene, phase),)),
        ),
        right=(
            Field(scene.t("Put on the card"), phase.entry, None, clear, told is not None),
            amount_pad(scene),
        ),
        hint_title="",
        hint="",
        second=Action(scene.t("Back to goods"), Back(), "Esc", "arrow-left"),
    )


def _rows(scene: Scene, phase: ShowingGiftCard) -> tuple[SumRow, ...]:
    rows = []
    answer = phase.answer
    if answer is None:
        if phase.ask_id:
            rows.append(SumRow(scene.t("Asking the hub"), ""))
        else:
            words = scene.t("needs the network")
            rows.append(SumRow(scene.t("Balance"), "", words, "quiet", icon="cloud-off"))
    elif answer.why in _STATES:
        rows.append(SumRow(scene.t(_STATES[answer.why]), ""))
    elif answer.why == "no_answer":
        rows.append(SumRow(scene.t("The hub did not answer"), ""))
    else:
        rows.append(SumRow(scene.t("Balance"), scene.amount(answer.card.balance_minor or 0), strong=True))
    if phase.card.face_minor:
        rows.append(SumRow(scene.t("Printed value"), scene.amount(phase.card.face_minor)))
    if phase.card.valid_until:
        rows.append(SumRow(scene.t("Until"), phase.card.valid_until))
    return tuple(rows)


def _hint(scene: Scene, phase: ShowingGiftCard) -> Note:
    if phase.answer is not None and not phase.answer.why:
        words = scene.t("To pay with it, take payment and scan it there.")
    else:
        words = scene.t("It counts as soon as this sale is paid and sent.")
    return Note(words, "info", "info")


def gift_anchor(scene: Scene, phase: ShowingGiftCard) -> Anchor:
    """The amount that goes on the card; it becomes a line of the sale."""
    amount = load_minor(scene.desk, phase)
    shown = scene.amount(amount or 0)
    label = scene.t("Put {a} on it", a=shown) if amount else scene.t("Put on the card")
    can = bool(amount) and load_stop(phase) is None
    primary = Action(label, LoadGiftCard(), "Enter", "gift", "primary", enabled=can)
    due = sale_anchor(scene)
    tone: Literal["plain", "zero"] = "plain" if amount else "zero"
    return Anchor(due.facts, scene.t("Put on the card"), shown, scene.sign, "", tone, primary)


def holding_gift_sheet(scene: Scene, phase: HoldingGift) -> Sheet:
    """The payment stands still while the hub is asked."""
    row = StepRow(
        "gift",
        scene.t("Gift card {card}", card=tail(phase.card.card_id)),
        scene.t("Asking the hub to keep this amount"),
        scene.amount(phase.amount_minor),
        scene.t("In progress"),
        "loader-circle",
        "info",
    )
    words = scene.t("It counts as paid only when the hub has said that it is kept.")
    second = Action(scene.t("Stop"), Back(), "Esc", "x")
    blocks: tuple[Block, ...] = (StepRows((row,)), Note(words, "info", "info"))
    return Sheet(scene.t("Take payment"), "wallet", (), (), blocks, "", "", second)


def holding_gift_anchor(scene: Scene, phase: HoldingGift) -> Anchor:
    """What is due, and nothing to press but stop."""
    anchor = tender_anchor(scene, Tendering(phase.payment, phase.chosen))
    primary = Action(scene.t("Asking the hub"), Settle(), "", "", "primary", busy=True)
    return Anchor(
        anchor.facts, anchor.label, anchor.figure, anchor.currency, anchor.sign, anchor.tone, primary
    )
