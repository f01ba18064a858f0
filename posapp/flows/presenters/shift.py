"""Pictures of the shift: opening with a float, counting blind, the X and Z reports."""

from __future__ import annotations

from datetime import datetime

from posapp.domain.facts import ShiftTotals, TenderTotal
from posapp.domain.shifts import business_date, counted_minor
from posapp.flows.blocks import (
    Action,
    Actions,
    Block,
    Choice,
    Choices,
    Field,
    Note,
    Spring,
    SumRow,
    SumRows,
)  # fmt: skip
from posapp.flows.formatting import MINUS, plain_amount, short_denomination
from posapp.flows.intents import (
    Back,
    ChooseReason,
    CloseShift,
    KeyIn,
    MarkDenomination,
    OpenShift,
    PrintReport,
    Recount,
    SignOff,
    StartCount,
    SubmitCount,
)  # fmt: skip
from posapp.flows.mains import Card, CountMain, CountRow, MessageMain, ReportMain, ReportRow
from posapp.flows.presenters.pads import amount_pad, count_pad
from posapp.flows.presenters.words import Scene
from posapp.flows.shift import VARIANCE_REASONS, float_minor, needs_reason, variance_minor
from posapp.flows.state import Counting, Reporting, ShiftClosed
from posapp.flows.views import Anchor

#: Promotions named on the screen; the printed report names more.
OFFERS_SHOWN = 4


def _trouble(scene: Scene) -> Note | None:
    told = scene.desk.refusal
    return Note(scene.t(told.msgid, **told.params), "danger", "circle-alert") if told else None


def opening_main(scene: Scene) -> MessageMain:
    """No shift is open yet."""
    day = datetime.fromisoformat(business_date(scene.now_ms, scene.shop))
    rows = [SumRow(scene.t("Business day"), scene.speech.date(day))]
    last = scene.desk.last_sale
    if last is not None:
        rows.append(SumRow(scene.t("Last receipt"), last.receipt_number))
    return MessageMain(
        icon="wallet",
        title=scene.t("Open shift {n}", n=str(scene.desk.next_shift_number)),
        hint=scene.t("Count the float in the drawer and key it. Nothing is sold before a shift is open."),
        note=_trouble(scene),
        rows=tuple(rows),
    )


def opening_side(scene: Scene, phase: ShiftClosed) -> tuple[Block, ...]:
    """The float and its keys."""
    clear = Action("", KeyIn("back"), "", "delete", "quiet", name=scene.t("Delete the last digit"))
    field = Field(scene.t("Opening float"), phase.entry, None, clear, scene.desk.refusal is not None)
    off = Action(scene.t("Sign off"), SignOff(), "", "log-out")
    return (field, Actions((off,)), Spring(), amount_pad(scene))


def opening_anchor(scene: Scene, phase: ShiftClosed) -> Anchor:
    """The float, and the act."""
    amount = float_minor(scene.desk, phase)
    primary = Action(scene.t("Open shift"), OpenShift(), "F12", "", "primary", enabled=amount is not None)
    return Anchor(
        (),
        scene.t("Opening float"),
        scene.amount(amount or 0),
        scene.sign,
        "",
        "plain" if amount else "zero",
        primary,
    )


def _shift_line(scene: Scene, totals: ShiftTotals) -> str:
    return scene.t(
        "Shift {n} · {name} · opened {time}",
        n=str(totals.number),
        name=totals.operator_name,
        time=scene.clock(totals.opened_at_ms),
    )


def count_main(scene: Scene, phase: Counting) -> CountMain:
    """Denominations, counted blind."""
    currency = scene.shop.currency
    rows = tuple(
        CountRow(
            label=short_denomination(note, currency),
            count=f"× {phase.counts.get(note, 0)}",
            amount=scene.amount(note * phase.counts.get(note, 0)),
            marked=n == phase.index,
            intent=MarkDenomination(n),
        )
        for n, note in enumerate(scene.shop.cash.denominations_minor)
    )
    blind = Note(
        scene.t("Count the cash in the drawer. The expected amount is shown after you submit."),
        "info",
        "eye-off",
    )
    return CountMain(
        title=scene.t("Count the drawer"),
        detail=_shift_line(scene, scene.desk.shift) if scene.desk.shift else "",
        note=_trouble(scene) or blind,
        currency=scene.sign,
        rows=rows,
        actions=(Action(scene.t("Back to selling"), Back(), "Esc", "arrow-left"),),
        risk=Action(scene.t("Count again"), Recount(), "", "rotate-ccw", "risk"),
    )


def count_side(scene: Scene, phase: Counting) -> tuple[Block, ...]:
    """The pieces of the marked denomination and the keys."""
    note = scene.shop.cash.denominations_minor[phase.index]
    label = f"{scene.sign}{short_denomination(note, scene.shop.currency)} ×"
    return (Field(label, phase.entry or "0"), Spring(), count_pad(scene))


def count_anchor(scene: Scene, phase: Counting) -> Anchor:
    """What was counted so far."""
    primary = Action(scene.t("Submit count"), SubmitCount(), "F12", "", "primary")
    total = counted_minor(phase.counts)
    return Anchor(
        (), scene.t("Counted"), scene.amount(total), scene.sign, "", "plain" if total else "zero", primary
    )


def report_main(scene: Scene, phase: Reporting) -> ReportMain:
    """Sales by tender and tax, and the acts worth a look."""
    totals = phase.totals
    rows = [
        ReportRow((scene.word(tender.names), str(tender.count), *_net(scene, totals, tender)))
        for tender in totals.tenders
    ]
    rows.append(
        ReportRow((scene.t("Total"), str(totals.sales_count), *_net(scene, totals, totals)), strong=True)
    )
    taxes = tuple(
        SumRow(scene.tax(tax), scene.amount(tax.tax_minor), scene.amount(tax.taxable_minor))
        for tax in totals.taxes
    )
    acts = [
        SumRow(scene.t("Voids (lines / sales)"), f"{totals.voided_lines} / {totals.voided_sales}"),
        SumRow(scene.t("Approvals"), str(totals.overrides)),
    ]
    if totals.returns_count:
        acts.append(SumRow(scene.t("Returns"), str(totals.returns_count)))
    if totals.rounding_minor:
        acts.append(SumRow(scene.t("Cash rounding"), scene.amount(totals.rounding_minor)))
    if totals.gift_value_minor:
        acts.append(SumRow(scene.t("Put on gift cards"), scene.amount(totals.gift_value_minor)))
    if totals.quarantined:
        acts.append(SumRow(scene.t("Records set aside"), str(totals.quarantined), tone="warn"))
    cards = [Card(scene.t("Sensitive acts"), tuple(acts))]
    if taxes:
        cards.insert(0, Card(scene.t("Tax (net, tax)"), taxes))
    if totals.discounts:
        cards.append(Card(scene.t("Offers given"), _offers(scene, totals)))
    title = scene.t("Z summary") if phase.kind == "Z" else scene.t("X summary")
    return ReportMain(
        title=title,
        detail=_shift_line(scene, totals),
        heads=(scene.t("By tender"), scene.t("Number"), *_net_heads(scene, totals)),
        rows=tuple(rows),
        cards=tuple(cards),
        foot=_foot(scene, totals),
        actions=_print_actions(scene, phase),
    )


def _net_heads(scene: Scene, totals: ShiftTotals) -> tuple[str, ...]:
    if not totals.returns_count:
        return (scene.t("Net sales"),)
    return scene.t("Sales"), scene.t("Refunds"), scene.t("Net")


def _net(scene: Scene, totals: ShiftTotals, row: TenderTotal | ShiftTotals) -> tuple[str, ...]:
    """Sales, refunds and what is left; one figure where nothing came back in the shift."""
    if not totals.returns_count:
        return (scene.amount(row.sales_minor),)
    given = row.refunds_minor if isinstance(row, TenderTotal) else row.returns_minor
    return scene.amount(row.sales_minor), scene.amount(-given), scene.amount(row.net_minor)


def _offers(scene: Scene, totals: ShiftTotals) -> tuple[SumRow, ...]:
    """What promotions took off: the largest by name, the rest together, and the sum."""
    largest = sorted(totals.discounts, key=lambda each: (-each.amount_minor, each.promotion_id))
    named = [each for each in largest if each.promotion_id][:OFFERS_SHOWN]
    rows = [
        SumRow(
            scene.word(each.names) if each.names else each.promotion_id,
            f"{MINUS}{scene.amount(each.amount_minor)}",
            f"× {each.count}",
        )
        for each in named
    ]
    rest = totals.discount_minor - sum(each.amount_minor for each in named)
    if rest:
        rows.append(SumRow(scene.t("Other offers"), f"{MINUS}{scene.amount(rest)}"))
    return (*rows, SumRow(scene.t("Total"), f"{MINUS}{scene.amount(totals.discount_minor)}", strong=True))


def _print_actions(scene: Scene, phase: Reporting) -> tuple[Action, ...]:
    if phase.kind == "X":
        return (Action(scene.t("Print X report"), PrintReport(), "F9", "printer"),)
    if phase.settled:
        return (Action(scene.t("Print a copy"), PrintReport(), "F9", "printer"),)
    return ()


def _foot(scene: Scene, totals: ShiftTotals) -> str:
    if totals.quarantined:
        return scene.t(
            "Unreadable records set aside: {n}. They do not stop the closing.",
            n=str(totals.quarantined),
        )
    return scene.t(
        "Sales saved here: {n}; records still to send: {m}. Closing does not wait for the network.",
        n=str(totals.sales_count),
        m=str(scene.desk.link.to_send),
    )


def report_side(scene: Scene, phase: Reporting) -> tuple[Block, ...]:
    """Expected cash built up line by line; after a count, what was counted and what that means."""
    totals = phase.totals
    refunds = totals.cash_refunds_minor
    cash = totals.expected_cash_minor - totals.float_minor + refunds
    given = [SumRow(scene.t("Cash refunds"), scene.amount(-refunds))] if refunds else []
    rows = [
        SumRow(scene.t("Opening float"), scene.amount(totals.float_minor)),
        SumRow(scene.t("Cash sales"), scene.amount(cash)),
        *given,
        SumRow(scene.t("Expected cash"), scene.amount(totals.expected_cash_minor), strong=True),
    ]
    if phase.kind == "X":
        trouble = _trouble(scene)
        off = Action(scene.t("Sign off"), SignOff(), "", "log-out")
        back = Action(scene.t("Back to selling"), Back(), "Esc", "arrow-left")
        return (SumRows(tuple(rows)), Spring(), *((trouble,) if trouble else ()), Actions((back, off)))
    rows.append(SumRow(scene.t("Counted"), scene.amount(counted_minor(phase.counts)), strong=True))
    blocks: list[Block] = [SumRows(tuple(rows))]
    if needs_reason(scene.desk, phase) and not phase.settled:
        chips = tuple(
            Choice(scene.t(reason), ChooseReason(reason), reason == phase.reason)
            for reason in VARIANCE_REASONS
        )
        blocks.append(Choices(chips, "chips", scene.t("Reason")))
    blocks += [Spring(), _trouble(scene) or _verdict(scene, phase)]
    if not phase.settled:
        blocks.append(Actions((Action(scene.t("Count again"), Recount(), "", "rotate-ccw"),)))
    return tuple(blocks)


def _verdict(scene: Scene, phase: Reporting) -> Note:
    limit = plain_amount(scene.shop.cash.variance_allowed_minor, scene.shop.currency)
    variance = scene.amount(variance_minor(phase))
    if needs_reason(scene.desk, phase):
        text = scene.t("The variance of {v} is beyond ±{l}: choose a reason.", v=variance, l=limit)
        return Note(text, "warn", "triangle-alert")
    return Note(scene.t("The variance of {v} is within ±{l}.", v=variance, l=limit), "saving", "circle-check")


def report_anchor(scene: Scene, phase: Reporting) -> Anchor:
    """Expected cash on an X; the variance and the closing on a Z."""
    if phase.kind == "X":
        expected = scene.amount(phase.totals.expected_cash_minor)
        primary = Action(scene.t("Count the drawer"), StartCount(), "F12", "", "primary")
        return Anchor((), scene.t("Expected cash"), expected, scene.sign, "", "plain", primary)
    variance = variance_minor(phase)
    if phase.settled:
        primary = Action(scene.t("Sign off"), SignOff(), "F12", "log-out", "primary")
    else:
        ready = not phase.reading and (bool(phase.reason) or not needs_reason(scene.desk, phase))
        primary = Action(
            scene.t("Close shift"), CloseShift(), "F12", "lock", "primary", enabled=ready, busy=phase.reading
        )
    sign = "−" if variance < 0 else ""
    return Anchor((), scene.t("Variance"), scene.amount(abs(variance)), scene.sign, sign, "plain", primary)
