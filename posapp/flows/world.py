"""What the world tells in any phase: settings, prices, the line, the printer, the clock, the store.

These rules move the desk and, at the two ends of a commit, the phase; people never reach them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from posapp.domain.cart_record import cart_from_bytes
from posapp.flows.approvals import sale_voided
from posapp.flows.effects import (
    AskDevices,
    Effect,
    PrintNow,
    PrintRequest,
    ReadRules,
    RetryPrinting,
    SetLanguage,
)  # fmt: skip
from posapp.flows.gift_cards import kept_on, unanswered
from posapp.flows.giving_back import return_stored
from posapp.flows.intents import (
    Back,
    CatalogueChanged,
    CommitFailed,
    Committed,
    DeviceTold,
    DraftFailed,
    DrawerKicked,
    HubHeard,
    ItemsFound,
    MarkdownsSent,
    NumbersRaised,
    PinChecked,
    Printed,
    PrinterChanged,
    PrintTestPage,
    RecallsRead,
    RecallsSent,
    RecallsTrouble,
    Recovered,
    ResumePrinting,
    ScanCode,
    ScannersChanged,
    ShopChanged,
    StoreAgain,
    SwitchLanguage,
    Tick,
)  # fmt: skip
from posapp.flows.packs_again import without_stopped
from posapp.flows.paper import test_page
from posapp.flows.pricing import explain, explanation_due
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returned
from posapp.flows.rights import renewed
from posapp.flows.shift import count_opened, shift_opened, shift_settled
from posapp.flows.state import (
    CommitStuck,
    Committing,
    Counting,
    Desk,
    Done,
    Locked,
    Markdowns,
    Phase,
    Recalls,
    Recovering,
    Reporting,
    Selling,
    SettingUp,
    ShiftClosed,
    ShowingPrice,
    ShowingStatus,
    SignedOff,
    Tendering,
)  # fmt: skip
from posapp.flows.steps import (
    Ports,
    Rules,
    Step,
    next_scan,
    quiet,
    refuse,
    refuse_scan,
    shop_of,
    tell,
    within,
)
from posapp.flows.tendering import payment_again, sale_stored

_AFTER = {
    "sale": sale_stored,
    "void": sale_voided,
    "open": shift_opened,
    "count": count_opened,
    "close": shift_settled,
    "return": return_stored,
}

#: Scans that one commit may hold back; a trolley cannot be emptied faster than a disk answers.
WAITING_MAX = 500

#: How often the recall list is looked at.
RULES_EVERY_S = 10


def _recovered(desk: Desk, phase: Recovering, intent: Recovered, ports: Ports) -> Step:
    """Take up what the store held."""
    cart = cart_from_bytes(intent.cart) if intent.cart else None
    if cart is not None and cart.is_empty:
        cart, intent = None, replace(intent, cart=None)
    parked = (cart_from_bytes(other.cart) for other in intent.suspended)
    scans = [scan.scan_no for kept in (cart, *parked) if kept is not None for scan in kept.scans]
    desk = replace(
        desk,
        shop=intent.shop,
        shift=intent.shift,
        cart=cart,
        marked=cart.lines[-1].line_no if cart and cart.lines else None,
        parked=intent.suspended,
        last_sale=intent.last_sale,
        show_last_sale=intent.last_sale is not None,
        locked_until=dict(intent.locked_until),
        wrong_pins=dict(intent.wrong_pins),
        next_shift_number=intent.next_shift_number,
        quarantined=intent.quarantined,
        scan_no=max(intent.scan_no, *scans, 0),
        unprinted=intent.unprinted,
        programme=intent.programme,
        leases=intent.leases,
        lease_worst_minor=intent.lease_worst_minor,
        language=intent.language or (intent.shop.languages[0] if intent.shop else desk.language),
    )
    if intent.cart and cart is None:
        desk = replace(desk, draft_trouble="unreadable")
    step = Step(desk, SettingUp() if intent.shop is None else SignedOff(), (AskDevices(),))
    for early in phase.early:
        refused = refuse_scan(next_scan(step.desk, ports), step.phase, early.text, Refusal.NotReady, ports)
        step = replace(refused, effects=(*step.effects, *refused.effects))
    return step


def _scan_early(desk: Desk, phase: Recovering, intent: ScanCode, ports: Ports) -> Step:
    """Refused at once, counted and put on record as soon as the store has been read."""
    if len(phase.early) < WAITING_MAX:
        phase = Recovering((*phase.early, intent))
    return refuse(desk, phase, Refusal.NotReady)


def _shop(desk: Desk, phase: Phase, intent: ShopChanged, ports: Ports) -> Step:
    """A new set-up: who is signed on stays, with the rights they now have."""
    who = desk.operator and intent.shop.operator(desk.operator.operator_id)
    desk = replace(desk, shop=intent.shop, operator=who or desk.operator)
    if isinstance(phase, SettingUp):
        return Step(replace(desk, language=intent.shop.languages[0]), SignedOff())
    phase = within(phase, lambda under: _under_new_rules(desk, under))
    if isinstance(phase, SignedOff | Locked) and phase.chosen and intent.shop.operator(phase.chosen) is None:
        phase = replace(phase, chosen=None, pin="", checking=False)
    return Step(desk, phase)


def _numbers_raised(desk: Desk, phase: Phase, intent: NumbersRaised, ports: Ports) -> Step:
    """Later shifts go on with higher numbers."""
    return Step(replace(desk, next_shift_number=max(desk.next_shift_number, intent.next_shift_number)), phase)


def _under_new_rules(desk: Desk, phase: Phase) -> Phase:
    """A payment or a count in hand goes on by the rules that hold now."""
    if isinstance(phase, Tendering):
        return payment_again(desk, phase)
    if isinstance(phase, Counting):
        notes = shop_of(desk).cash.denominations_minor
        counts = {note: pieces for note, pieces in phase.counts.items() if note in notes}
        return phase if notes[phase.index : phase.index + 1] and counts == phase.counts else Counting(counts)
    return phase


def _set(name: str) -> Any:
    def rule(desk: Desk, phase: Phase, intent: Any, ports: Ports) -> Step:
        return Step(replace(desk, **{name: intent.status}), phase)

    rule.__doc__ = f"Show the new state of the {name}."
    return rule


def _printed(desk: Desk, phase: Phase, intent: Printed, ports: Ports) -> Step:
    """The slip is out."""
    desk = replace(desk, unprinted=max(0, desk.unprinted - 1))

    def printed(under: Phase) -> Phase:
        if isinstance(under, Done | Returned) and intent.job_id in under.job_ids:
            return replace(under, printed=True)
        return under

    return Step(desk, within(phase, printed))


def _drawer(desk: Desk, phase: Phase, intent: DrawerKicked, ports: Ports) -> Step:
    """Say whether the drawer was opened."""
    return Step(replace(desk, drawer_shut=not intent.sent), phase)


def _devices(desk: Desk, phase: Phase, intent: DeviceTold, ports: Ports) -> Step:
    """Keep the facts of this PC."""
    return Step(replace(desk, devices=intent), phase)


def _scanners(desk: Desk, phase: Phase, intent: ScannersChanged, ports: Ports) -> Step:
    """Keep how the scanners are."""
    told = replace(desk, scanners=intent.scanners, pairing=intent.pairing, can_pair=intent.can_pair)
    return Step(told, phase)


def _draft_failed(desk: Desk, phase: Phase, intent: DraftFailed, ports: Ports) -> Step:
    """Say that the open sale is not kept on the disk."""
    return Step(replace(desk, draft_trouble=intent.trouble), phase)


def _recalls(desk: Desk, phase: Phase, intent: RecallsRead, ports: Ports) -> Step:
    """The new recall list, or why the old one stays; what it names goes off the open sale."""
    if isinstance(intent.found, RecallsTrouble):
        return Step(replace(desk, recalls=replace(desk.recalls, trouble=intent.found)), phase)
    of_hub, unreadable = desk.recalls.of_hub, desk.recalls.unreadable
    both = intent.found.with_list(of_hub)
    now_ms = ports.clock.now_ms()
    recalls = Recalls(both, now_ms, of_file=intent.found, of_hub=of_hub, unreadable=unreadable)
    return _recalled(replace(desk, recalls=recalls), phase, ports)


def _recalls_sent(desk: Desk, phase: Phase, intent: RecallsSent, ports: Ports) -> Step:
    """The hub's recalls as they stand, beside those of the file; what they name goes off the open sale."""
    both = desk.recalls.of_file.with_list(intent.list)
    recalls = replace(desk.recalls, list=both, of_hub=intent.list, unreadable=intent.unreadable)
    return _recalled(replace(desk, recalls=recalls), phase, ports)


def _recalled(desk: Desk, phase: Phase, ports: Ports) -> Step:
    # Elsewhere the lines are asked as payment opens; one that is open may be under way at a card reader.
    changed = without_stopped(desk, ports) if isinstance(phase, Selling) and desk.cart is not None else None
    return changed or Step(desk, phase)


def _markdowns_sent(desk: Desk, phase: Phase, intent: MarkdownsSent, ports: Ports) -> Step:
    """The rules that count from the next scan on; the lines of an open sale keep what they were told."""
    return Step(replace(desk, markdowns=Markdowns(intent.rules, intent.unreadable)), phase)


def _tick(desk: Desk, phase: Phase, intent: Tick, ports: Ports) -> Step:
    """Time goes by; a stuck commit is tried again by itself, about every five seconds."""
    again = isinstance(phase, CommitStuck) and phase.trouble != "integrity"
    if isinstance(phase, CommitStuck) and again and ports.clock.monotonic_ms() // 1000 % 5 == 0:
        return _store_again(desk, phase, StoreAgain(), ports)
    second = ports.clock.monotonic_ms() // 1000
    ask = isinstance(phase, ShowingStatus) and second % 5 == 0
    effects: tuple[Effect, ...] = (AskDevices(),) if ask else ()
    if isinstance(phase, Selling | ShowingPrice) and explanation_due(desk, ports):
        # Prices change under an open sheet, too: its offers that lost are asked for again.
        desk, hint = explain(desk, desk.marked if isinstance(phase, ShowingPrice) else None)
        effects = (*effects, hint)
    effects = (*effects, ReadRules()) if second % RULES_EVERY_S == 0 else effects
    return kept_on(unanswered(renewed(Step(desk, phase, effects), ports), ports), ports)


def _language(desk: Desk, phase: Phase, intent: SwitchLanguage, ports: Ports) -> Step:
    """Show everything in another language."""
    if desk.shop is not None and intent.language not in desk.shop.languages:
        return Step(desk, phase)
    return Step(replace(desk, language=intent.language), phase, (SetLanguage(intent.language),))


def _committed(desk: Desk, phase: Committing, intent: Committed, ports: Ports) -> Step:
    """It is durable: go on, and only now open the drawer and print."""
    if intent.commit_id != phase.commit.commit_id:
        return Step(desk, phase)
    return _AFTER[phase.after](replace(desk, draft_trouble=""), phase, intent, ports)


def _failed(desk: Desk, phase: Committing, intent: CommitFailed, ports: Ports) -> Step:
    """Nothing was stored: wait for the disk with everything in hand."""
    if intent.commit_id != phase.commit.commit_id:
        return Step(desk, phase)
    return Step(desk, CommitStuck(phase, intent.trouble))


def _late_answer(desk: Desk, phase: CommitStuck, intent: Committed, ports: Ports) -> Step:
    """The store had it after all: a retry and its answer may cross."""
    if intent.commit_id != phase.committing.commit.commit_id:
        return Step(desk, phase)
    return _committed(desk, phase.committing, intent, ports)


def _store_again(desk: Desk, phase: CommitStuck, intent: StoreAgain, ports: Ports) -> Step:
    """Hand the same commit to the store again."""
    return Step(desk, phase.committing, (phase.committing.commit,))


def _give_up(desk: Desk, phase: CommitStuck, intent: Back, ports: Ports) -> Step:
    """Back to where it was asked: only where the record itself is refused, since trying cannot mend that."""
    if phase.trouble != "integrity":
        return refuse(desk, phase, Refusal.NotStoredYet)
    return Step(quiet(desk), phase.committing.back)


def _scan_waits(desk: Desk, phase: Committing, intent: ScanCode, ports: Ports) -> Step:
    """Waits for the next sale, with its number and the time it came."""
    if len(phase.waiting) >= WAITING_MAX:
        return _scan_stuck(desk, phase, intent, ports)
    desk = next_scan(desk, ports)
    intent = replace(intent, at_ms=intent.at_ms or ports.clock.monotonic_ms())
    return Step(desk, replace(phase, waiting=(*phase.waiting, (desk.scan_no, intent))))


def _scan_stuck(desk: Desk, phase: Phase, intent: ScanCode, ports: Ports) -> Step:
    """Refused on record beside the cart: the facts of the commit under way are fixed already."""
    cart = desk.cart
    step = refuse_scan(
        next_scan(replace(desk, cart=None), ports), phase, intent.text, Refusal.NotStoredYet, ports
    )
    return replace(step, desk=replace(step.desk, cart=cart))


def _scan_refused(why: Refusal) -> Any:
    def rule(desk: Desk, phase: Phase, intent: ScanCode, ports: Ports) -> Step:
        return refuse_scan(next_scan(desk, ports), phase, intent.text, why, ports)

    rule.__doc__ = f"Refused on record: {why.sentence}"
    return rule


def _resume_printing(desk: Desk, phase: Phase, intent: ResumePrinting, ports: Ports) -> Step:
    """Print what waits."""
    return Step(tell(desk, "Printing goes on"), phase, (RetryPrinting(),))


def _test_page(desk: Desk, phase: Phase, intent: PrintTestPage, ports: Ports) -> Step:
    """Print a page that shows whether the printer is well."""
    document = test_page(shop_of(desk), ports.speech(desk.language), ports.clock.now_ms())
    slip = PrintRequest(ports.ids.new_id(), "test", document)
    return Step(tell(desk, "A test page is on its way"), phase, (PrintNow(slip),))


def _ignore(desk: Desk, phase: Phase, intent: object, ports: Ports) -> Step:
    """Nobody waits for this any more."""
    return Step(desk, phase)


RULES: Rules = {
    (Recovering, Recovered): _recovered,
    (Committing, Committed): _committed,
    (Committing, CommitFailed): _failed,
    (Committing, ScanCode): _scan_waits,
    (CommitStuck, ScanCode): _scan_stuck,
    (CommitStuck, StoreAgain): _store_again,
    (CommitStuck, Back): _give_up,
    (CommitStuck, Committed): _late_answer,
    (Recovering, ScanCode): _scan_early,
    (SettingUp, ScanCode): _scan_refused(Refusal.NotReady),
    (ShiftClosed, ScanCode): _scan_refused(Refusal.NoOpenShift),
    (Counting, ScanCode): _scan_refused(Refusal.CountOpen),
    **{(phase, ResumePrinting): _resume_printing for phase in (ShowingStatus, Done, Reporting, Returned)},
    (ShowingStatus, PrintTestPage): _test_page,
}

#: Rules of the world that hold in every phase without one of its own.
WORLD: dict[type, Any] = {
    ShopChanged: _shop,
    NumbersRaised: _numbers_raised,
    CatalogueChanged: _set("catalogue"),
    HubHeard: _set("hub"),
    PrinterChanged: _set("printer"),
    Printed: _printed,
    DeviceTold: _devices,
    ScannersChanged: _scanners,
    DrawerKicked: _drawer,
    DraftFailed: _draft_failed,
    RecallsRead: _recalls,
    RecallsSent: _recalls_sent,
    MarkdownsSent: _markdowns_sent,
    Tick: _tick,
    SwitchLanguage: _language,
    # Answers that come after their question was left: harmless, and not a person's wish.
    ItemsFound: _ignore,
    PinChecked: _ignore,
    Committed: _ignore,
    CommitFailed: _ignore,
    Recovered: _ignore,
}
