"""Opening, counting, settling: the accountability period of the drawer.

The count is blind: what should be there is shown only after it was submitted. Closing needs no
network and cannot dead-end: figures that cannot be read again are taken as they were kept, and
broken records are set aside and named, never in the way.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.facts import DrawerCounted, DrawerOpened, Fact, ShiftOpened, ShiftSettled
from posapp.domain.money import minor_digits, parse_amount
from posapp.domain.shifts import business_date, counted_minor, settle
from posapp.domain.shop import Permission
from posapp.flows.effects import (
    Commit,
    KickDrawer,
    Print,
    PrintNow,
    PrintRequest,
    ReadShift,
    Record,
    WakeSync,
)  # fmt: skip
from posapp.flows.entry import edit
from posapp.flows.formatting import N_
from posapp.flows.intents import (
    Back,
    CloseShift,
    Committed,
    GoTo,
    KeyIn,
    MarkDenomination,
    NextDenomination,
    OpenShift,
    PrintReport,
    Recount,
    ShiftRead,
    ShowX,
    StartCount,
    SubmitCount,
)  # fmt: skip
from posapp.flows.paper import shift_report
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returned, Returning
from posapp.flows.returns import open_returns
from posapp.flows.state import (
    AwaitingOverride,
    Committing,
    Counting,
    Desk,
    Done,
    Phase,
    Reporting,
    Selling,
    ShiftClosed,
    ShowingPrice,
    ShowingStatus,
)  # fmt: skip
from posapp.flows.steps import Ports, Rule, Rules, Step, operator_of, quiet, refuse, shop_of, tell, within

#: Reasons for a difference, as msgids.
VARIANCE_REASONS = (
    N_("Wrong change given"), N_("Note or coin misread"), N_("Cash taken out unrecorded"), N_("Not known"),
)  # fmt: skip


def _float_key(desk: Desk, phase: ShiftClosed, intent: KeyIn, ports: Ports) -> Step:
    """Edit the float."""
    decimals = minor_digits(shop_of(desk).currency)
    return Step(quiet(desk), ShiftClosed(edit(phase.entry, intent.key, decimals=decimals, length_max=7)))


def float_minor(desk: Desk, phase: ShiftClosed) -> int | None:
    """The keyed float, or the shop's usual one where nothing is keyed."""
    shop = shop_of(desk)
    return parse_amount(phase.entry, shop.currency) if phase.entry else shop.cash.float_minor


def _open(desk: Desk, phase: ShiftClosed, intent: OpenShift, ports: Ports) -> Step:
    """Open a shift with the keyed float, or the usual one."""
    shop, who = shop_of(desk), operator_of(desk)
    amount = float_minor(desk, phase)
    if amount is None:
        return refuse(desk, phase, Refusal.BadAmount)
    if not shop.allows(who, Permission.OPEN_SHIFT):
        return refuse(desk, phase, Refusal.MayNotOpenShift)
    now = ports.clock.now_ms()
    fact = ShiftOpened(
        shift_id=ports.ids.new_id(),
        number=desk.next_shift_number,
        store_id=shop.store_id,
        terminal_id=desk.terminal_id,
        business_date=business_date(now, shop),
        operator_id=who.operator_id,
        operator_name=who.name,
        float_minor=amount,
        currency=shop.currency,
        at_ms=now,
    )
    commit = Commit(fact.shift_id, (fact,))
    return Step(quiet(desk), Committing(commit, "open", phase), (commit,))


def shift_opened(desk: Desk, phase: Committing, intent: Committed, ports: Ports) -> Step:
    """The shift is open: goods can be taken."""
    desk = replace(desk, shift=intent.shift, next_shift_number=desk.next_shift_number + 1)
    return Step(tell(desk, "Shift open"), Selling(), (WakeSync(),))


def go(desk: Desk, phase: Phase, intent: GoTo, ports: Ports) -> Step:
    """A place of the rail; an open sale stays where it is."""
    desk = replace(quiet(desk), found=None)
    at_sale: Phase = Selling() if desk.shift else ShiftClosed()
    if intent.place == "returns":
        return Step(desk, phase) if isinstance(phase, Returning) else open_returns(desk, phase, ports)
    if intent.place == "status":
        back = phase.back if isinstance(phase, ShowingStatus) else phase
        return Step(desk, ShowingStatus(back))
    if isinstance(phase, ShowingStatus) and isinstance(phase.back, Counting | Reporting):
        return Step(desk, phase.back if intent.place == "shift" else at_sale)
    if intent.place == "sell" or desk.shift is None:
        return Step(desk, at_sale)
    if isinstance(phase, Counting | Reporting):
        return Step(desk, phase)
    return _show_x(desk, phase, ShowX(), ports)


def _show_x(desk: Desk, phase: Phase, intent: ShowX, ports: Ports) -> Step:
    """Show the running figures."""
    if desk.shift is None:
        return refuse(desk, phase, Refusal.NoOpenShift)
    return Step(quiet(desk), Reporting("X", desk.shift))


def _start_count(desk: Desk, phase: Phase, intent: StartCount, ports: Ports) -> Step:
    """Open the drawer and count it; an open sale is ended first."""
    if desk.shift is None:
        return refuse(desk, phase, Refusal.NoOpenShift)
    if desk.cart is not None:
        return refuse(desk, phase, Refusal.SaleOpen)
    if not shop_of(desk).allows(operator_of(desk), Permission.CLOSE_SHIFT):
        # They may count what lies open; the closing will need a manager, and the drawer stays shut.
        return Step(quiet(desk), Counting())
    opened = DrawerOpened(
        shift_id=desk.shift.shift_id,
        operator_id=operator_of(desk).operator_id,
        reason="count",
        at_ms=ports.clock.now_ms(),
    )
    commit = Commit(ports.ids.new_id(), (opened,))
    return Step(quiet(desk), Committing(commit, "count", phase), (commit,))


def count_opened(desk: Desk, phase: Committing, intent: Committed, ports: Ports) -> Step:
    """It is on record who opened the drawer, and why: now it opens."""
    return Step(desk, Counting(), (KickDrawer(), WakeSync()))


def _count_key(desk: Desk, phase: Counting, intent: KeyIn, ports: Ports) -> Step:
    """Edit the pieces of the marked denomination."""
    notes = shop_of(desk).cash.denominations_minor
    entry = edit(phase.entry, intent.key, decimals=0, length_max=5)
    counts = {**phase.counts, notes[phase.index]: int(entry or "0")}
    return Step(quiet(desk), replace(phase, entry=entry, counts=counts))


def _mark(desk: Desk, phase: Counting, intent: MarkDenomination, ports: Ports) -> Step:
    """Choose the denomination that is counted."""
    notes = shop_of(desk).cash.denominations_minor
    if not 0 <= intent.index < len(notes):
        return Step(desk, phase)
    pieces = phase.counts.get(notes[intent.index], 0)
    return Step(desk, replace(phase, index=intent.index, entry=str(pieces) if pieces else ""))


def _next(desk: Desk, phase: Counting, intent: NextDenomination, ports: Ports) -> Step:
    """Go to the next denomination."""
    count = len(shop_of(desk).cash.denominations_minor)
    return _mark(desk, phase, MarkDenomination((phase.index + 1) % count), ports)


def _recount(desk: Desk, phase: Counting | Reporting, intent: Recount, ports: Ports) -> Step:
    """Count from the beginning."""
    if isinstance(phase, Reporting) and (phase.settled or phase.kind == "X"):
        return refuse(desk, phase, Refusal.NotNow)
    return Step(quiet(desk), Counting())


def _submit(desk: Desk, phase: Counting, intent: SubmitCount, ports: Ports) -> Step:
    """Compare the count with the shift, added up anew."""
    if desk.shift is None:
        return refuse(desk, phase, Refusal.NoOpenShift)
    report = Reporting("Z", desk.shift, phase.counts, reading=True)
    counted = DrawerCounted(
        shift_id=desk.shift.shift_id,
        operator_id=operator_of(desk).operator_id,
        counted_minor=counted_minor(phase.counts),
        at_ms=ports.clock.now_ms(),
    )
    # On record before the expected amount is seen: counting again must not make the first count unsaid.
    return Step(quiet(desk), report, (Record((counted,)), ReadShift(desk.shift.shift_id)))


def _read(desk: Desk, phase: Phase, intent: ShiftRead, ports: Ports) -> Step:
    """Totals added up anew; where they could not be read, those kept with every sale stand."""
    if intent.totals is not None:
        desk = replace(desk, quarantined=max(desk.quarantined, intent.totals.quarantined))

    def read(under: Phase) -> Phase:
        if not isinstance(under, Reporting) or not under.reading:
            return under
        return replace(under, totals=intent.totals or under.totals, reading=False)

    return Step(desk, within(phase, read))


def variance_minor(phase: Reporting) -> int:
    """Counted less expected, in minor units."""
    return counted_minor(phase.counts) - phase.totals.expected_cash_minor


def needs_reason(desk: Desk, phase: Reporting) -> bool:
    """Whether the difference is beyond what the shop tolerates."""
    return abs(variance_minor(phase)) > shop_of(desk).cash.variance_allowed_minor


def _close(desk: Desk, phase: Reporting, intent: CloseShift, ports: Ports) -> Step:
    """Settle the shift; a difference needs a reason and the right to it, or an approval."""
    if phase.kind != "Z" or phase.settled:
        return refuse(desk, phase, Refusal.NotNow)
    if phase.reading:
        return refuse(desk, phase, Refusal.StillReading)
    if needs_reason(desk, phase) and not phase.reason:
        return refuse(desk, phase, Refusal.NoReason)
    shop, who = shop_of(desk), operator_of(desk)
    needed = Permission.CLOSE_WITH_VARIANCE if needs_reason(desk, phase) else Permission.CLOSE_SHIFT
    if not shop.allows(who, needed):
        amount = variance_minor(phase)
        return Step(quiet(desk), AwaitingOverride(needed, CloseShift(), amount, phase))
    return close_shift(desk, phase, (), ports)


def close_shift(desk: Desk, phase: Reporting, given: tuple[Fact, ...], ports: Ports) -> Step:
    """Settle the shift, together with the approval that allowed it where one was needed."""
    shop = shop_of(desk)
    fact = settle(
        phase.totals,
        phase.counts,
        operator_id=operator_of(desk).operator_id,
        reason=phase.reason,
        at_ms=ports.clock.now_ms(),
    )
    document = shift_report("Z", fact, shop, ports.speech(desk.language))
    slip = PrintRequest(ports.ids.new_id(), "z_report", document)
    commit = Commit(ports.ids.new_id(), (*given, fact), (slip,))
    return Step(quiet(desk), Committing(commit, "close", phase), (commit,))


def shift_settled(desk: Desk, phase: Committing, intent: Committed, ports: Ports) -> Step:
    """The shift is closed; the report stays on the screen until somebody leaves it."""
    assert isinstance(phase.back, Reporting)
    fact = next(fact for fact in phase.commit.facts if isinstance(fact, ShiftSettled))
    jobs = Print(tuple(slip.job_id for slip in phase.commit.prints))
    desk = tell(replace(desk, shift=None), "Shift closed")
    return Step(desk, replace(phase.back, fact=fact), (jobs, WakeSync()))


def _print(desk: Desk, phase: Reporting, intent: PrintReport, ports: Ports) -> Step:
    """Print the running figures, or a copy of the settled Z."""
    fact = phase.fact or settle(
        phase.totals,
        phase.counts,
        operator_id=operator_of(desk).operator_id,
        reason=phase.reason,
        at_ms=ports.clock.now_ms(),
    )
    kind = "Z" if phase.settled else "X"
    document = shift_report(kind, fact, shop_of(desk), ports.speech(desk.language), copy=phase.settled)
    slip = PrintRequest(ports.ids.new_id(), "z_report" if phase.settled else "x_report", document)
    return Step(tell(desk, "The report is on its way"), phase, (PrintNow(slip),))


def _leave(desk: Desk, phase: Phase, intent: Back, ports: Ports) -> Step:
    """Go back to where this page was opened from; an open Z goes back to its count."""
    if isinstance(phase, Reporting) and phase.kind == "Z" and not phase.settled:
        return Step(quiet(desk), Counting(phase.counts))
    if isinstance(phase, ShowingStatus):
        return Step(quiet(desk), phase.back)
    return Step(quiet(desk), Selling() if desk.shift else ShiftClosed())


RULES: Rules = {
    (ShiftClosed, KeyIn): _float_key,
    (ShiftClosed, OpenShift): _open,
    **{
        (phase, GoTo): go
        for phase in (
            ShiftClosed,
            Selling,
            ShowingPrice,
            Done,
            Counting,
            Reporting,
            ShowingStatus,
            Returning,
            Returned,
        )
    },
    (Selling, ShowX): _show_x,
    **{(phase, StartCount): _start_count for phase in (Selling, Reporting)},
    (Counting, KeyIn): _count_key,
    (Counting, MarkDenomination): _mark,
    (Counting, NextDenomination): _next,
    (Counting, Recount): _recount,
    (Reporting, Recount): _recount,
    (Counting, SubmitCount): _submit,
    (Reporting, CloseShift): _close,
    (Reporting, PrintReport): _print,
    **{(phase, Back): _leave for phase in (Counting, Reporting, ShowingStatus)},
}

#: Answers that may come in any phase.
WORLD: dict[type, Rule] = {ShiftRead: _read}
