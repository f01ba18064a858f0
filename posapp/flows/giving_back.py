"""Giving back what goods paid: the limit, the manager, the commit, and what may happen only after it."""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.facts import DrawerOpened, Fact
from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.returns import ReturnContext, completed
from posapp.domain.shop import Permission
from posapp.flows.effects import Beep, Commit, KickDrawer, Print, PrintCopy, PrintRequest, Record, WakeSync
from posapp.flows.intents import Back, Committed, NextSale, OpenDrawer, Reprint
from posapp.flows.member_wishes import ConfirmReturn
from posapp.flows.refusals import Refusal
from posapp.flows.return_paper import return_slip
from posapp.flows.return_phases import Returned, Returning
from posapp.flows.returns import RETURN_REASONS, quoted_again
from posapp.flows.state import AwaitingOverride, Committing, Desk, Selling
from posapp.flows.steps import Ports, Rules, Step, operator_of, quiet, refuse, shop_of, tell


def over_limit_minor(desk: Desk, phase: Returning) -> int:
    """What the operator would have given back of this sale, where that is above their limit; else 0."""
    if phase.found is None or phase.found.is_empty:
        return 0
    shop, who = shop_of(desk), operator_of(desk)
    if shop.allows(who, Permission.REFUND):
        return 0
    # Piece by piece must not be a way around the approval.
    given = sum(each.total_minor for each in phase.returns if each.operator_id == who.operator_id)
    total = phase.found.total_minor + given
    return total if total > shop.returns.limit_minor else 0


def needs_manager(desk: Desk, phase: Returning) -> bool:
    """Whether a manager has to agree: above the operator's limit, or where only a fault lets it come back."""
    if phase.found is not None and phase.found.is_for_faults:
        return not shop_of(desk).allows(operator_of(desk), Permission.REFUND)
    return bool(over_limit_minor(desk, phase))


def _confirm(desk: Desk, phase: Returning, intent: ConfirmReturn, ports: Ports) -> Step:
    """Give back what the return comes to; above the operator's limit a manager agrees first."""
    if phase.found is None:
        return refuse(desk, phase, Refusal.ReceiptFirst)
    # A day may have ended since the pieces were chosen.
    now = quoted_again(desk, phase, ports)
    assert isinstance(now.phase, Returning)
    found = now.phase.found
    if found is None or found.is_empty:
        return refuse(now.desk, now.phase, Refusal.NothingReturns)
    if needs_manager(desk, now.phase):
        reason = RETURN_REASONS[next(iter(now.phase.wishes.values())).reason][0]
        wait = AwaitingOverride(
            Permission.REFUND, ConfirmReturn(), found.total_minor, now.phase, reason=reason
        )
        return Step(now.desk, wait)
    return give_back(now.desk, now.phase, (), ports)


def give_back(desk: Desk, phase: Returning, given: tuple[Fact, ...], ports: Ports) -> Step:
    """Commit the return, with the approval that it needed."""
    assert phase.found is not None
    assert desk.shift is not None
    fact = completed(phase.found, _context(desk, ports))
    speech = ports.speech(desk.language)
    slip = PrintRequest(ports.ids.new_id(), "return", return_slip(fact, shop_of(desk), speech))
    commit = Commit(fact.return_id, (*given, fact), (slip,))
    return Step(quiet(desk), Committing(commit, "return", phase), (commit,))


def _context(desk: Desk, ports: Ports) -> ReturnContext:
    assert desk.shift is not None
    who = operator_of(desk)
    return ReturnContext(
        return_id=ports.ids.new_id(),
        store_id=shop_of(desk).store_id,
        terminal_id=desk.terminal_id,
        shift_id=desk.shift.shift_id,
        business_date=desk.shift.business_date,
        operator_id=who.operator_id,
        operator_name=who.name,
        language=desk.language,
        now_ms=ports.clock.now_ms(),
    )


def return_stored(desk: Desk, phase: Committing, intent: Committed, ports: Ports) -> Step:
    """The return is durable: now the drawer, the paper and the queue."""
    fact = next(each for each in phase.commit.facts if isinstance(each, ReturnCompleted))
    fact = replace(fact, receipt_number=intent.receipt_number or "")
    ways = [shop_of(desk).tender(tender.tender_id) for tender in fact.tenders]
    opens = any(way is not None and way.opens_drawer for way in ways)
    desk = replace(desk, shift=intent.shift or desk.shift)
    if desk.link.state != "none":
        more = len(phase.commit.facts)
        desk = replace(desk, link=replace(desk.link, to_send=desk.link.to_send + more))
    desk = tell(desk, "Refund stored")
    jobs = tuple(slip.job_id for slip in phase.commit.prints)
    kick = (KickDrawer(),) if opens else ()
    return Step(desk, Returned(fact, jobs), (*kick, Print(jobs), Beep("paid"), WakeSync()))


def _next(desk: Desk, phase: Returned, intent: NextSale | Back, ports: Ports) -> Step:
    """Back to selling."""
    return Step(replace(quiet(desk), told=None), Selling())


def _open_drawer(desk: Desk, phase: Returned, intent: OpenDrawer, ports: Ports) -> Step:
    """Open the drawer that stayed shut; only for the return just stored, and on record."""
    if not desk.drawer_shut or desk.shift is None:
        return refuse(desk, phase, Refusal.NotNow)
    who = operator_of(desk).operator_id
    opened = DrawerOpened(desk.shift.shift_id, who, "retry", ports.clock.now_ms())
    return Step(quiet(desk), phase, (Record((opened,)), KickDrawer()))


def _reprint(desk: Desk, phase: Returned, intent: Reprint, ports: Ports) -> Step:
    """Print the slip again, marked as a copy."""
    desk = tell(desk, "A copy of {number} is on its way", number=phase.fact.receipt_number)
    return Step(desk, phase, (PrintCopy(phase.fact.return_id, desk.language),))


RULES: Rules = {
    (Returning, ConfirmReturn): _confirm,
    (Returned, NextSale): _next,
    (Returned, Back): _next,
    (Returned, OpenDrawer): _open_drawer,
    (Returned, Reprint): _reprint,
}
