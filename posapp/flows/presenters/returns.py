"""Goods that come back: the receipt with its lines, what goes back which way, and when it is done."""

from __future__ import annotations

from posapp.domain.facts import SaleLine
from posapp.domain.returns import UNLESS_FAULTY, RefundWay, ReturnableLine, ReturnQuote
from posapp.domain.tenders import give_back
from posapp.flows.blocks import Action, Actions, Block, Fact, Facts, Heading, Note, Spring, SumRow, SumRows
from posapp.flows.formatting import counts, pack_words, short_denomination, weight
from posapp.flows.giving_back import needs_manager, over_limit_minor
from posapp.flows.intents import MarkLine, NextSale, OpenDrawer, Reprint, ResumePrinting
from posapp.flows.mains import Card, DoneMain, GiveBack, MessageMain, ReturnHeads, ReturnMain, ReturnRow
from posapp.flows.member_wishes import ChangeReturn, ChooseReturnReason, ConfirmReturn, ToggleDisposition
from posapp.flows.presenters.words import Scene
from posapp.flows.return_paper import way_words
from posapp.flows.return_phases import Returned, Returning
from posapp.flows.returns import RETURN_REASONS
from posapp.flows.views import Anchor, Main


def _note(scene: Scene) -> Note | None:
    told = scene.desk.refusal
    return Note(scene.t(told.msgid, **told.params), "danger", "circle-alert") if told is not None else None


def returns_main(scene: Scene, phase: Returning, *, locked: str = "") -> Main:
    """The receipt with its goods, or what to do to find one."""
    found = phase.found
    if found is None:
        title = scene.t("Looking for {receipt}", receipt=phase.asked) if phase.ask_id else ""
        return MessageMain(
            "receipt",
            title or scene.t("Scan a receipt"),
            scene.t("Or key its number. The end of it is enough for receipts of this till."),
            _note(scene),
        )
    sale = found.sale
    bought = scene.local(sale.completed_at_ms)
    place = scene.t("this store") if sale.store_id == scene.shop.store_id else sale.store_id
    days = scene.desk.programme.return_days if scene.shop.returns.days is None else scene.shop.returns.days
    within = scene.t("within {n} days", n=str(days))
    return ReturnMain(
        note=None if locked else _note(scene),
        receipt=sale.receipt_number,
        detail=f"{scene.t('Bought')} {bought:%m-%d %H:%M} · {place} · {within}",
        paid_label=scene.t("Paid"),
        currency=scene.sign,
        paid=scene.amount(sale.total_minor),
        heads=ReturnHeads(scene.t("Item"), scene.t("Reason"), scene.t("Return"), scene.t("Paid")),
        rows=tuple(_row(scene, phase, line, locked=bool(locked)) for line in found.lines),
        actions=() if locked else _line_actions(scene, phase),
        locked=locked,
    )


def _row(scene: Scene, phase: Returning, line: ReturnableLine, *, locked: bool) -> ReturnRow:
    number, wish = line.line.line_no, line.wish
    name = scene.word(line.line.names)
    pieces = wish.pieces if wish is not None else 0
    is_open = not locked and (not line.stay or line.stay in UNLESS_FAULTY)
    stays = bool(line.stay) and wish is None
    fewer = more = None
    if is_open and pieces > 0:
        fewer = Action(
            "", ChangeReturn(number, -1), "", "minus", name=scene.t("One less of {name}", name=name)
        )
    if is_open and pieces < line.left:
        more = Action("", ChangeReturn(number, 1), "", "plus", name=scene.t("One more of {name}", name=name))
    return ReturnRow(
        line_no=number,
        name=name,
        second=_stays(scene, line) if stays else _second(scene, line),
        reason="" if wish is None else _reason(scene, wish.reason, wish.disposition),
        pieces=str(pieces) if pieces or is_open else "—",
        fewer=fewer,
        more=more,
        amount=scene.amount(_paid(line.line) if stays else line.amount_minor),
        was=scene.amount(line.list_minor) if not stays and line.list_minor > line.amount_minor else "",
        mark=MarkLine(number),
        marked=not locked and number == phase.marked,
        stays=stays,
    )


def _paid(line: SaleLine) -> int:
    return line.amount_minor if line.paid_minor is None else line.paid_minor


def _second(scene: Scene, line: ReturnableLine) -> str:
    parts = []
    if line.line.unit == "g":
        parts.append(weight(line.line.quantity))
    elif line.pieces > 1:
        parts.append(scene.t("{n} bought", n=str(line.pieces)))
    if line.left < line.pieces:
        parts.append(scene.t("{n} came back before", n=str(line.pieces - line.left)))
    if line.line.pack is not None:
        parts += pack_words(line.line.pack, scene.speech)
    return " · ".join(parts)


def _stays(scene: Scene, line: ReturnableLine) -> str:
    return {
        "returned": scene.t("Came back before"),
        "gift_card": scene.t("Value of a gift card that cannot be taken off it now"),
        "not_returnable": scene.t("Not taken back, unless it is faulty"),
        "late": scene.t("Too late, unless it is faulty"),
    }[line.stay]


def _reason(scene: Scene, reason: str, disposition: str) -> str:
    words = RETURN_REASONS.get(reason)
    state = scene.t("Damaged") if disposition == "damaged" else scene.t("Resell")
    return f"{scene.t(words[0])} · {state}" if words is not None else state


def _line_actions(scene: Scene, phase: Returning) -> tuple[Action, ...]:
    """The reasons for the marked line, the chosen one as such, and whether its goods can be sold again."""
    wish = phase.wishes.get(phase.marked) if phase.marked is not None else None
    if wish is None:
        return ()
    chips = [
        Action(scene.t(words), ChooseReturnReason(reason), "", "check" if reason == wish.reason else "")
        for reason, (words, _faulty) in RETURN_REASONS.items()
    ]
    other = scene.t("Resell") if wish.disposition == "damaged" else scene.t("Damaged")
    chips.append(Action(other, ToggleDisposition(), "F7", "rotate-ccw"))
    return tuple(chips)


def returns_side(scene: Scene, phase: Returning) -> tuple[Block, ...]:
    """What goes back by which way it was paid, with its ceiling; points; and what it needs."""
    found = phase.found
    if found is None:
        return ()
    rows = [_way(scene, way) for way in found.ways]
    if found.kept_minor:
        rows.append(SumRow(scene.t("Kept for gifts"), scene.amount(-found.kept_minor), tone="warn"))
    if found.rounding_minor:
        rows.append(SumRow(scene.t("Cash rounding"), scene.amount(found.rounding_minor)))
    if found.points_back:
        rows.append(SumRow(scene.t("Points back"), f"{found.points_back:,}", tone="member"))
    if found.points_taken:
        rows.append(SumRow(scene.t("Points taken back"), f"−{found.points_taken:,}", tone="member"))
    if found.coupons_back:
        rows.append(SumRow(scene.t("Coupons back"), str(len(found.coupons_back)), tone="member"))
    blocks: list[Block] = [Heading(scene.t("Back to how it was paid")), SumRows(tuple(rows))]
    others = [way for way in found.ways if way.tender.kind == "recorded" and way.amount_minor]
    if others:
        text = scene.t("Give it back on its own terminal; {name} decides when it arrives.",
                       name=scene.word(others[0].tender.names))  # fmt: skip
        blocks.append(Note(text, "info", "info"))
    if found.is_last and found.sale.gifts:
        goods = ", ".join(each.sku for each in found.sale.gifts)
        blocks.append(
            Note(scene.t("Everything comes back: take the gifts, too: {goods}", goods=goods), "warn", "tag")
        )
    blocks += _points_words(scene, found)
    blocks.append(Spring())
    if found.is_for_faults and needs_manager(scene.desk, phase):
        blocks.append(Note(scene.t("Only because it is faulty; a manager must agree."), "warn", "user"))
    elif over_limit_minor(scene.desk, phase):
        limit = scene.money(scene.shop.returns.limit_minor)
        text = scene.t("Above your limit of {a}; a manager must agree.", a=limit)
        blocks.append(Note(text, "warn", "user"))
    return tuple(blocks)


def _points_words(scene: Scene, found: ReturnQuote) -> list[Block]:
    """What becomes of the member's points, in a sentence: the money is the same either way."""
    if not found.points_taken:
        return []
    days = (scene.local(scene.now_ms).date() - scene.local(found.sale.completed_at_ms).date()).days
    if days <= scene.desk.programme.return_days:
        text = scene.t("They were not usable yet; what is short comes off the next points earned.")
    else:
        text = scene.t("They come off what the member has; what is short comes off the next points earned.")
    return [Note(text, "info", "info")]


def _way(scene: Scene, way: RefundWay) -> SumRow:
    name = scene.word(way.tender.names)
    if way.tender.kind == "gift" and way.tender.reference:
        name = f"{name} ··{way.tender.reference[-4:]}"
    most = scene.t("up to {x}", x=scene.amount(way.most_minor))
    return SumRow(name, scene.amount(way.amount_minor), most, "plain" if way.amount_minor else "quiet")


def facts_of(scene: Scene, found: ReturnQuote) -> tuple[str, ...]:
    """How much comes back."""
    lines = sum(1 for line in found.lines if line.wish is not None)
    return (counts(lines, found.pieces, scene.speech),) if lines else ()


def returns_anchor(scene: Scene, phase: Returning) -> Anchor:
    """What goes back, and the act."""
    found = phase.found
    filled = found is not None and not found.is_empty
    total = found.total_minor if found is not None else 0
    facts = facts_of(scene, found) if found is not None else ()
    primary = Action(scene.t("Give back"), ConfirmReturn(), "F12", "undo-2", "primary", enabled=filled)
    return Anchor(
        facts, scene.t("Refund"), scene.amount(total), scene.sign, "", "plain" if filled else "zero", primary
    )


# ------------------------------------------------------------------ done
def returned_main(scene: Scene, phase: Returned) -> DoneMain:
    """What goes back by which way, with the notes to give."""
    fact = phase.fact
    moment = scene.local(fact.completed_at_ms)
    cash = sum(each.amount_minor for each in fact.tenders if each.kind == "cash")
    give = tuple(
        GiveBack(short_denomination(note, fact.currency), f"× {pieces}")
        for note, pieces in give_back(cash, scene.shop.cash)
    )
    goods = tuple(
        SumRow(
            scene.word(line.names),
            scene.amount(line.amount_minor),
            _reason(scene, line.reason, line.disposition),
        )
        for line in fact.lines
    )
    ways = [
        SumRow(
            way_words(each, scene.speech),
            scene.amount(each.amount_minor),
        )
        for each in fact.tenders
    ]
    ways.append(SumRow(scene.t("Refund"), scene.amount(fact.total_minor), strong=True))
    if fact.points_back:
        ways.append(SumRow(scene.t("Points back"), f"{fact.points_back:,}", tone="member"))
    if fact.points_taken:
        ways.append(SumRow(scene.t("Points taken back"), f"−{fact.points_taken:,}", tone="member"))
    return DoneMain(
        title=scene.t("Refund complete"),
        receipt=f"{scene.t('Return number')} {fact.receipt_number} · {moment:%H:%M:%S}",
        give_title=scene.t("One way to give it") if give else "",
        give=give,
        cards=(
            Card(scene.t("Back to how it was paid"), tuple(ways)),
            Card(scene.t("Came back of {receipt}", receipt=fact.sale_receipt), goods),
        ),
        hint=scene.t("Scanning the next item starts a new sale."),
    )


def returned_side(scene: Scene, phase: Returned) -> tuple[Block, ...]:
    """What is so, line by line, and what can still be done."""
    cash = any(tender.kind == "cash" for tender in phase.fact.tenders)
    shut = cash and scene.desk.drawer_shut
    printed = phase.printed
    rows = [
        Fact(
            scene.t("Slip printed") if printed else scene.t("Slip is printing"),
            "printer",
            "done" if printed else "info",
        )
    ]
    if shut:
        rows.append(Fact(scene.t("The drawer did not open; open it with its key"), "inbox", "danger"))
    elif cash:
        rows.append(Fact(scene.t("Drawer open; close it when done"), "inbox", "info"))
    waiting = scene.desk.link.to_send
    text = scene.t("Saved here; {n} to send", n=str(waiting)) if waiting else scene.t("Saved here and sent")
    rows.append(Fact(text, "hard-drive", "done"))
    actions = [Action(scene.t("Reprint (marked COPY)"), Reprint(), "F9", "printer")]
    if shut:
        actions.append(Action(scene.t("Open drawer"), OpenDrawer(), "F7", "inbox"))
    if scene.desk.printer.state in ("paper_out", "cover_open", "offline"):
        actions.insert(0, Action(scene.t("Resume printing"), ResumePrinting(), "F5", "rotate-ccw"))
    return (Facts(tuple(rows)), Actions(tuple(actions)), Spring())


def returned_anchor(scene: Scene, phase: Returned) -> Anchor:
    """What went back, and the next sale."""
    primary = Action(scene.t("Next sale"), NextSale(), "Enter", "", "primary")
    pieces = sum(len(line.units) for line in phase.fact.lines)
    facts = (counts(len(phase.fact.lines), pieces, scene.speech),)
    figure = scene.amount(phase.fact.total_minor)
    return Anchor(facts, scene.t("Refund"), figure, scene.sign, "", "change", primary)
