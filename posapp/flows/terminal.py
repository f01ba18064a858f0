"""The terminal: one state, one door. Every wish and every answer comes in as an intent; what comes
out is the next view and the effects that the world must carry out.

The gate is the table: a pair of phase and intent without a rule is refused. Nothing here knows Qt,
SQL or a thread, so a whole day at the till can be played in a test.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart_record import cart_to_bytes
from posapp.flows import (
    approvals,
    asking,
    camera,
    checkout,
    coupons,
    finding,
    gift_cards,
    giving_back,
    joining,
    paying_scans,
    pricing,
    returns,
    rights,
    scanner_test,
    scanning,
    shift,
    sign_on,
    suspended,
    tendering,
    world,
)
from posapp.flows.customer import CustomerView
from posapp.flows.effects import Effect, SaveDraft
from posapp.flows.gift_phases import HoldingGift
from posapp.flows.intents import Intent, ScanCode
from posapp.flows.member_phases import JoiningMember
from posapp.flows.presenters import present
from posapp.flows.presenters.customer import customer_view
from posapp.flows.presenters.kept import Kept
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returning
from posapp.flows.rights_now import with_undone
from posapp.flows.rights_phases import HoldingRights
from posapp.flows.state import (
    AwaitingOverride,
    Choosing,
    CommitStuck,
    Committing,
    Counting,
    Desk,
    Locked,
    Phase,
    Recovering,
    Reporting,
    SettingUp,
    ShowingStatus,
    SignedOff,
    Tendering,
    TerminalState,
    TryingScanner,
    Weighing,
)  # fmt: skip
from posapp.flows.steps import Ports, Rule, Rules, Step, next_scan, refuse, refuse_scan, within
from posapp.flows.tendering import payment_again
from posapp.flows.views import View
from posapp.values import dataclass

#: Every pair of phase and intent that has a rule of its own.
RULES: Rules = {
    **sign_on.RULES,
    **scanning.RULES,
    **finding.RULES,
    **joining.RULES,
    **asking.RULES,
    **checkout.RULES,
    **suspended.RULES,
    **pricing.RULES,
    **tendering.RULES,
    **gift_cards.RULES,
    **paying_scans.RULES,
    **rights.RULES,
    **returns.RULES,
    **giving_back.RULES,
    **coupons.RULES,
    **approvals.RULES,
    **shift.RULES,
    **world.RULES,
    **scanner_test.RULES,
}

#: Rules that hold in every phase.
ANYWHERE: dict[type, Rule] = {
    **finding.WORLD,
    **joining.WORLD,
    **world.WORLD,
    **shift.WORLD,
    **camera.WORLD,
    **pricing.WORLD,
    **gift_cards.WORLD,
    **rights.WORLD,
    **returns.WORLD,
}

#: What a refused wish is told, by phase; elsewhere "not now".
_WHY: dict[type, Refusal] = {
    Tendering: Refusal.PaymentOpen,
    HoldingRights: Refusal.PaymentOpen,
    HoldingGift: Refusal.GiftAsked,
    Returning: Refusal.ReturnOpen,
    AwaitingOverride: Refusal.ApprovalOpen,
    Counting: Refusal.CountOpen,
    Reporting: Refusal.ReportOpen,
    Committing: Refusal.NotNow,
    CommitStuck: Refusal.NotStoredYet,
    SignedOff: Refusal.NobodySignedOn,
    Locked: Refusal.TerminalLocked,
    SettingUp: Refusal.NotReady,
    Weighing: Refusal.WeightOpen,
    Choosing: Refusal.ChoiceOpen,
    JoiningMember: Refusal.JoinOpen,
    Recovering: Refusal.NotReady,
    TryingScanner: Refusal.ScannerTest,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one intent led to."""

    view: View
    effects: tuple[Effect, ...]


def step(state: TerminalState, intent: Intent, ports: Ports) -> Step:
    """The next state and effects: pure but for the reads and the mints of the ports."""
    done = _one(state, intent, ports)
    effects = list(done.effects)
    # Scans that came during a commit are played as soon as goods may be taken again.
    storing = Committing | CommitStuck
    if isinstance(state.phase, storing) and not isinstance(done.phase, storing):
        before = state.phase if isinstance(state.phase, Committing) else state.phase.committing
        for scan_no, waiting in before.waiting:
            last = done.desk.scan_no
            at_its_turn = replace(done.desk, show_last_sale=True, scan_no=scan_no - 1)
            done = _one(TerminalState(at_its_turn, done.phase), waiting, ports)
            done = replace(done, desk=replace(done.desk, scan_no=max(last, done.desk.scan_no)))
            effects += done.effects
    done = _priced(done, ports)
    effects += done.effects
    done = replace(done, desk=with_undone(done.desk, effects))
    done = replace(done, desk=pricing.told_change(state.desk, done.desk, ports))
    cart = done.desk.cart
    if cart is not None and cart is not state.desk.cart and not isinstance(done.phase, Committing):
        effects.append(SaveDraft(cart.transaction_id, cart_to_bytes(pricing.as_shown(cart, done.desk))))
    return scanner_test.not_waiting(camera.left_alone(Step(done.desk, done.phase, tuple(effects))))


def _priced(done: Step, ports: Ports) -> Step:
    """The step with the open sale's prices; an open payment follows where they changed after all."""
    desk = pricing.repriced(done.desk, done.phase, ports)
    phase = done.phase

    def again(under: Phase) -> Phase:
        return payment_again(desk, under) if isinstance(under, Tendering) else under

    if desk.prices is not done.desk.prices and desk.cart is not None and pricing.is_paying(phase):
        phase = within(phase, again)
    desk, effects = pricing.told_faults(desk, ports)
    return Step(desk, phase, effects)


def _one(state: TerminalState, intent: Intent, ports: Ports) -> Step:
    desk, phase = state.desk, state.phase
    if isinstance(phase, ShowingStatus) and isinstance(intent, ScanCode):
        phase = _under_status(phase)
    if isinstance(phase, Reporting) and isinstance(intent, ScanCode) and phase.kind == "Z":
        return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.ReportOpen, ports)
    rule = RULES.get((type(phase), type(intent))) or ANYWHERE.get(type(intent))
    if rule is None:
        return refuse(desk, phase, _WHY.get(type(phase), Refusal.NotNow))
    return rule(desk, phase, intent, ports)


def _under_status(phase: ShowingStatus) -> Phase:
    """A scan on the status page belongs to what lies under it."""
    return phase.back


class Terminal:
    """Holds the state and turns intents into outcomes; the only object with a memory in this room."""

    def __init__(
        self, terminal_id: str, ports: Ports, *, number: int = 0, language: str = "zh_CN", version: str = ""
    ) -> None:
        """A terminal that waits for what its store held (the intent Recovered).

        `number` is what this till's own settings call it, to be compared with the shop's.
        """
        self._ports = ports
        self._version = version
        self._kept = Kept()
        self.state = TerminalState(Desk(terminal_id, number, language), Recovering())

    def handle(self, intent: Intent) -> Outcome:
        """Take one intent; afterwards `state` is the next one."""
        done = step(self.state, intent, self._ports)
        self.state = done.state
        return Outcome(self.view(), done.effects)

    def customer_view(self) -> CustomerView | None:
        """What the shopper's screen shows, where there is one."""
        return customer_view(self.state, self._ports)

    def view(self) -> View:
        """The picture of the state as it stands."""
        return present(self.state, self._ports, self._version, self._kept)
