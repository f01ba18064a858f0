"""Pictures of payment: the tender sheet, the store at work, the disk that refuses, the sale that is done."""

from __future__ import annotations

from posapp.domain.facts import TransactionCompleted
from posapp.domain.tenders import give_back, quick_amounts, take
from posapp.domain.transactions import marked_down_minor, saved_minor
from posapp.flows.blocks import (
    Action,
    Actions,
    Block,
    Choice,
    Choices,
    Fact,
    Facts,
    Field,
    Note,
    Spring,
    SumRow,
)  # fmt: skip
from posapp.flows.formatting import MINUS, N_, plain_amount, short_denomination, tender_name
from posapp.flows.intents import (
    Back,
    ChooseTender,
    KeyIn,
    NextSale,
    OpenDrawer,
    Reprint,
    ResumePrinting,
    Settle,
    StoreAgain,
    UndoTender,
)  # fmt: skip
from posapp.flows.mains import Card, DoneMain, GiveBack
from posapp.flows.presenters.pads import cash_pad
from posapp.flows.presenters.words import Scene
from posapp.flows.shopper import Shopper
from posapp.flows.state import CommitStuck, Committing, Done, Tendering
from posapp.flows.tendering import chosen_way, due_by, entered_minor
from posapp.flows.views import Anchor, Sheet

_ICONS = {"cash": "banknote", "recorded": "credit-card", "gift": "gift"}
_DETAILS = {"cash": "", "recorded": N_("taken on its own terminal"), "gift": N_("scan or key it")}
_TROUBLES = {
    "disk_full": N_("The sale is not stored yet; the disk is full. The money is taken; keep the PC on."),
    "locked": N_("The sale is not stored yet; the database is busy. The money is taken; keep the PC on."),
    "read_only": N_("The sale is not stored yet; the disk is read-only. The money is taken; keep the PC on."),
    "io_error": N_(
        "The sale is not stored yet; the disk reports errors. The money is taken; keep the PC on."
    ),
    "integrity": N_(
        "The sale is not stored yet; its record does not add up. Call a manager; keep the PC on."
    ),
}
_TROUBLES_ELSE = {
    "disk_full": N_("This is not stored yet; the disk is full. Free some space, then store again."),
    "locked": N_("This is not stored yet; the database is busy. It is tried again by itself."),
    "read_only": N_("This is not stored yet; the disk is read-only. Call a manager, then store again."),
    "io_error": N_("This is not stored yet; the disk reports an error. Call a manager, then store again."),
    "integrity": N_("This is not stored yet; its record does not add up. Call a manager."),
}


def tender_sheet(scene: Scene, phase: Tendering, *, storing: str = "", trouble: str = "") -> Sheet:
    """Ways to pay, what was received, keys; `storing` and `trouble` replace the keys' say."""
    way = chosen_way(scene.desk, phase)
    due, _ = due_by(scene.desk, phase)
    ways = tuple(
        Choice(
            label=scene.word(other.names),
            intent=ChooseTender(other.tender_id),
            chosen=other.tender_id == way.tender_id,
            detail=scene.t(_DETAILS[other.kind]),
            icon=_ICONS[other.kind],
            enabled=not storing,
            key=f"Ctrl+{n}",
        )
        for n, other in enumerate(scene.shop.tenders, 1)
    )
    clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
    above = quick_amounts(due, scene.shop.cash) if way.kind == "cash" else ()
    refused = scene.desk.refusal is not None
    return Sheet(
        title=scene.t("Take payment"),
        icon="wallet",
        top=_top(scene, phase, trouble),
        left=(Choices(ways, "ways"), Spring()),
        right=(Field(scene.t("Received"), phase.entry, None, clear, refused), cash_pad(scene, due, above)),
        hint_title=scene.t("Splitting?"),
        hint=scene.t("Key the amount first."),
        second=Action(
            scene.t("Back to goods"),
            Back(),
            "Esc",
            "arrow-left",
            enabled=not storing and trouble in ("", "integrity"),
        ),
    )


def _top(scene: Scene, phase: Tendering, trouble: str) -> tuple[Block, ...]:
    if trouble:
        return (Note(scene.t(_TROUBLES[trouble]), "danger", "hard-drive"),)
    told = scene.desk.refusal
    notes: list[Block] = []
    if told is not None:
        notes.append(Note(scene.t(told.msgid, **told.params), "danger", "circle-alert"))
    for tender in phase.payment.tenders:
        name, amount = tender_name(scene.speech, tender), scene.money(tender.amount_minor)
        charged = scene.t("{way} charged {amount}", way=name, amount=amount)
        text = charged if tender.kind == "gift" else f"{name} {amount}"
        undo = Action(scene.t("Undo"), UndoTender(tender.tender_no), "", "undo-2", "quiet")
        notes.append(Note(text, "saving", "circle-check", action=undo))
    return tuple(notes)


def tender_anchor(scene: Scene, phase: Tendering, *, storing: bool = False) -> Anchor:
    """What is still due by the chosen way, and what pressing the one button will do."""
    due, rounding = due_by(scene.desk, phase)
    facts = [scene.t("Total {a}", a=scene.amount(phase.payment.total_minor))]
    if phase.payment.tenders:
        facts.append(scene.t("Paid {a}", a=scene.amount(phase.payment.paid_minor)))
    if rounding:
        facts.append(scene.t("Rounding {a}", a=scene.amount(rounding)))
    primary = Action(_settle_words(scene, phase), Settle(), "Enter", "", "primary", busy=storing)
    return Anchor(tuple(facts), scene.t("Due"), scene.amount(due), scene.sign, "", "plain", primary)


def _settle_words(scene: Scene, phase: Tendering) -> str:
    amount = entered_minor(scene.desk, phase)
    if amount is None:
        return scene.t("Take")
    if chosen_way(scene.desk, phase).kind == "gift" and phase.payment.due_minor:
        return scene.t("Scan the gift card")
    due, _ = due_by(scene.desk, phase)
    text = scene.amount(amount)
    taken = take(phase.payment, chosen_way(scene.desk, phase), amount, scene.shop.cash)
    if isinstance(taken, tuple) and taken[1] and taken[0].change_minor:
        return scene.t("Take {a}, give {c}", a=text, c=scene.amount(taken[0].change_minor))
    if isinstance(taken, tuple) and not taken[1]:
        return scene.t("Take {a}, {r} to go", a=text, r=scene.amount(due - amount))
    return scene.t("Take {a}", a=text)


def storing_words(scene: Scene, phase: Committing) -> str:
    """What is being stored, for the locked line under the list."""
    if phase.after == "sale":
        return scene.t("Storing the sale.")
    return scene.t("Storing.")


def stuck_anchor(scene: Scene, phase: CommitStuck) -> Anchor:
    """The figure that must not be forgotten, and the one way out."""
    primary = Action(scene.t("Store again"), StoreAgain(), "F12", "rotate-ccw", "primary")
    committing = phase.committing
    if committing.after == "sale":
        back = committing.back
        amount = scene.amount(back.payment.total_minor) if isinstance(back, Tendering) else ""
        return Anchor((), scene.t("Not stored yet"), amount, scene.sign, "", "plain", primary)
    return Anchor((), scene.t("Not stored yet"), "", "", "", "plain", primary)


def stuck_words(scene: Scene, phase: CommitStuck) -> str:
    """Why a commit that is no sale is stuck."""
    return scene.t(_TROUBLES_ELSE[phase.trouble])


def done_main(scene: Scene, phase: Done) -> DoneMain:
    """What was paid and how the change can be given."""
    sale = phase.sale
    moment = scene.local(sale.completed_at_ms)
    give = tuple(
        GiveBack(short_denomination(note, sale.currency), f"× {pieces}")
        for note, pieces in give_back(sale.change_minor, scene.shop.cash)
    )
    rows = [SumRow(scene.t("Total"), scene.amount(sale.total_minor - sale.rounding_minor))]
    if sale.rounding_minor:
        rows.append(SumRow(scene.t("Cash rounding"), scene.amount(sale.rounding_minor)))
    for tender in sale.tenders:
        rows.append(SumRow(tender_name(scene.speech, tender), scene.amount(tender.amount_minor)))
        if tender.left_minor is not None:
            rows.append(SumRow(scene.t("Left on it"), scene.amount(tender.left_minor), tone="quiet"))
    rows.append(SumRow(scene.t("Change"), scene.amount(sale.change_minor), strong=True))
    cards = [Card(scene.t("Paid with"), tuple(rows))]
    if saved_minor(sale):
        offers = tuple(
            SumRow(
                scene.word(each.names) if each.names else each.promotion_id,
                f"{MINUS}{scene.amount(each.amount_minor)}",
                tone="saving",
            )
            for each in sale.discounts
            if each.layer != "points"
        )
        cards.append(Card(scene.t("Offers"), (*offers, *_saved(scene, sale))))
    if phase.shopper is not None:
        cards.insert(1, _member_card(scene, sale, phase.shopper))
    if sale.taxes:
        taxes = tuple(SumRow(scene.tax(tax), scene.amount(tax.tax_minor)) for tax in sale.taxes)
        title = scene.t("Tax included") if sale.taxes[0].included else scene.t("Tax added")
        cards.append(Card(title, taxes))
    return DoneMain(
        title=scene.t("Payment complete"),
        receipt=f"{scene.t('Receipt no.')} {sale.receipt_number} · {moment:%H:%M:%S}",
        give_title=scene.t("One way to give it") if give else "",
        give=give,
        cards=tuple(cards),
        hint=scene.t("Scanning the next item starts a new sale."),
    )


def _member_card(scene: Scene, sale: TransactionCompleted, shopper: Shopper) -> Card:
    """Points used, earned and left of the member whose sale it was."""
    told = sale.member
    assert told is not None
    rows = []
    if told.points_used:
        rows.append(SumRow(scene.t("Used here"), scene.t("{n} pts", n=f"{told.points_used:,}")))
    saved = saved_minor(sale)
    if saved:
        rows.insert(0, SumRow(scene.t("Saved"), scene.amount(saved), tone="saving"))
    rows.append(SumRow(scene.t("Earned"), f"+{told.points_earned:,}", tone="member"))
    if shopper.points is not None:
        name = scene.t("Points balance")
        if shopper.as_of:
            name = scene.t("Points at {time}", time=shopper.as_of)
        rows.append(SumRow(name, f"{shopper.points:,}", tone="member"))
    level = scene.word(shopper.level_names) if shopper.level_names else ""
    title = " · ".join(part for part in (shopper.name or scene.t("Member"), level) if part)
    return Card(title, tuple(rows))


def _saved(scene: Scene, sale: TransactionCompleted) -> list[SumRow]:
    saved = saved_minor(sale)
    marked_down = sum(marked_down_minor(line) for line in sale.lines)
    rows = [SumRow(scene.t("Saved"), scene.amount(saved), tone="saving", strong=True)]
    if marked_down:
        rows.insert(0, SumRow(scene.t("Marked down"), f"{MINUS}{scene.amount(marked_down)}", tone="saving"))
    return rows


def done_side(scene: Scene, phase: Done) -> tuple[Block, ...]:
    """What is so, line by line, and what can still be done."""
    rows = [_printed(scene, phase)]
    cash = any(tender.kind == "cash" for tender in phase.sale.tenders)
    if cash and scene.desk.drawer_shut:
        rows.append(Fact(scene.t("The drawer did not open; open it with its key"), "inbox", "danger"))
    elif cash:
        rows.append(Fact(scene.t("Drawer open; close it when done"), "inbox", "info"))
    waiting = scene.desk.link.to_send
    text = scene.t("Saved here; {n} to send", n=str(waiting)) if waiting else scene.t("Saved here and sent")
    rows.append(Fact(text, "hard-drive", "done"))
    actions = [Action(scene.t("Reprint (marked COPY)"), Reprint(), "F9", "printer")]
    if cash and scene.desk.drawer_shut:
        actions.append(Action(scene.t("Open drawer"), OpenDrawer(), "F7", "inbox"))
    if scene.desk.printer.state in ("paper_out", "cover_open", "offline"):
        actions.insert(0, Action(scene.t("Resume printing"), ResumePrinting(), "F5", "rotate-ccw"))
    return (Facts(tuple(rows)), Actions(tuple(actions)), Spring())


def _printed(scene: Scene, phase: Done) -> Fact:
    if phase.printed:
        return Fact(scene.t("Receipt printed"), "printer", "done")
    trouble = {
        "paper_out": scene.t("Receipt kept: the printer is out of paper"),
        "cover_open": scene.t("Receipt kept: the printer's cover is open"),
        "offline": scene.t("Receipt kept: the printer does not answer"),
    }.get(scene.desk.printer.state)
    return Fact(trouble or scene.t("Receipt is printing"), "printer", "danger" if trouble else "info")


def done_anchor(scene: Scene, phase: Done) -> Anchor:
    """The change, and the next sale."""
    sale = phase.sale
    total = plain_amount(sale.total_minor - sale.rounding_minor, sale.currency)
    facts = [scene.t("Total {a}", a=total), scene.t("Paid {a}", a=scene.amount(sale.tendered_minor))]
    if sale.rounding_minor:
        facts.append(scene.t("Rounding {a}", a=scene.amount(sale.rounding_minor)))
    primary = Action(scene.t("Next sale"), NextSale(), "Enter", "", "primary")
    figure = scene.amount(sale.change_minor)
    return Anchor(tuple(facts), scene.t("Change"), figure, scene.sign, "", "change", primary)
