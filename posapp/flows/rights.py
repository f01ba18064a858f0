"""From "Take payment" to the open payment: what the prices make use of is kept by the hub first.

Where all is kept, payment opens without another key press. Where something is not, or the hub does not
answer, the sale is priced anew with what may be used and shown before any money is taken. Nothing is spent
here: the fact of the sale does that, whatever became of a hold.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import Cart
from posapp.domain.member_facts import RightsReleased
from posapp.domain.members.sale_rights import Hold
from posapp.domain.outage import begun, ended
from posapp.domain.transactions import cart_totals
from posapp.flows.effects import Effect, Record
from posapp.flows.gift_cards import asked_on
from posapp.flows.intents import Back, LinkChanged, ScanCode, StartTender
from posapp.flows.member_answers import LeasesChanged, RightsAnswered
from posapp.flows.member_effects import HoldRights
from posapp.flows.member_wishes import GoOnWithout, RetryRights
from posapp.flows.packs_again import without_stopped
from posapp.flows.pricing import is_paying, repriced
from posapp.flows.refusals import Refusal
from posapp.flows.rights_now import (
    InUse,
    Reason,
    asked_anew,
    hub_now_ms,
    in_use,
    is_kept,
    is_online,
    releases,
)  # fmt: skip
from posapp.flows.rights_phases import HoldingRights, ShowingCoupons
from posapp.flows.state import CommitStuck, Committing, Desk, Phase, Selling, ShowingPrice
from posapp.flows.steps import Ports, Rule, Rules, Step, next_scan, quiet, refuse, refuse_scan, shop_of
from posapp.flows.tendering import open_payment

#: The link gives up after five seconds; after this nobody waits for it any more.
NO_ANSWER_MS = 8_000
#: A hold that ends sooner is renewed while payment is open.
RENEW_MS = 60_000
#: While a disk keeps a paid sale from being stored, the hub is asked so often to keep what it uses.
STUCK_EVERY_S = 30


def _start(desk: Desk, phase: Phase, intent: StartTender, ports: Ports) -> Step:
    """Open payment, once the hub keeps what the sale uses; a pack recalled meanwhile goes off first."""
    if desk.cart is None or not desk.cart.lines:
        return refuse(desk, phase, Refusal.EmptyCart)
    changed = without_stopped(desk, ports)
    if changed is not None:
        return changed
    # A window may have closed since the clock's last tick: what is asked for is what holds now.
    return _tender_or_ask(repriced(desk, phase, ports), ports)


def _tender_or_ask(desk: Desk, ports: Ports) -> Step:
    """The open payment, or the question that comes before it."""
    cart, prices = desk.cart, desk.prices
    assert cart is not None
    assert prices is not None
    use = in_use(prices)
    if use.is_nothing:
        let_go = releases(cart, "changed", ports)
        if not let_go:
            return open_payment(desk)
        freed = replace(cart, rights=replace(cart.rights, hold=None))
        return open_payment(replace(desk, cart=freed)).also(Record(let_go))
    if prices.usable.is_offline or is_kept(desk, cart, use, ports):
        return open_payment(desk)
    return _ask(desk, use, ports)


def _ask(desk: Desk, use: InUse, ports: Ports) -> Step:
    cart, prices = desk.cart, desk.prices
    assert cart is not None
    assert prices is not None
    question = _question(desk, cart, use, ports)
    was_minor = cart_totals(cart, shop_of(desk), prices).total_minor
    # From here on the prices stand still: what is kept is what will be paid by.
    desk = replace(quiet(desk), cart=replace(cart, priced_at_ms=prices.at_ms), found=None)
    asked_ms = ports.clock.monotonic_ms()
    holding = HoldingRights(question.hold_id, asked_ms, was_minor, use.coupons, use.points)
    return Step(desk, holding, (question,))


def _question(desk: Desk, cart: Cart, use: InUse, ports: Ports) -> HoldRights:
    member = cart.rights.member
    return HoldRights(
        hold_id=ports.ids.new_id(),
        transaction_id=cart.transaction_id,
        member_id=cart.rights.member_id,
        proof="" if member is None else member.proof,
        step=None if member is None else member.step,
        coupons=use.coupons,
        points=use.points,
        undone=desk.undone,
    )


def _answered(desk: Desk, phase: HoldingRights, intent: RightsAnswered, ports: Ports) -> Step:
    """All kept: payment opens. Something not: the sale is priced without it and shown."""
    if intent.hold_id != phase.hold_id or phase.told != "asking":
        return Step(desk, phase)
    if not intent.answered:
        return _unanswered(desk, phase, ports)
    cart = desk.cart
    assert cart is not None
    refused = dict(cart.rights.refused) | {coupon_id: why for coupon_id, why, _ in intent.refused}
    rights = replace(
        cart.rights,
        hold=Hold(intent.hold_id, intent.until_ms, intent.coupons, intent.points),
        refused=tuple(refused.items()),
    )
    if intent.points_why:
        rights = replace(rights, points_most=intent.points_free, points_why=intent.points_why)
    desk = repriced(replace(desk, cart=replace(cart, rights=rights)), phase, ports)
    if not intent.refused and not intent.points_why:
        return open_payment(desk)
    when = tuple((coupon_id, at_ms) for coupon_id, _, at_ms in intent.refused if at_ms is not None)
    return Step(desk, replace(phase, told="partly", when=when))


def _unanswered(desk: Desk, phase: HoldingRights, ports: Ports) -> Step:
    """The hub did not answer: only what this till was granted counts for this sale."""
    cart = desk.cart
    assert cart is not None
    freed, effects = _taken_back(cart, phase.hold_id, "no_answer", ports)
    rights = replace(freed.rights, is_offline=True)
    desk = repriced(replace(desk, cart=replace(freed, rights=rights)), phase, ports)
    assert desk.cart is not None
    # The line may have gone first and the prices with it: the amount to tell from is the one that was shown.
    if cart_totals(desk.cart, shop_of(desk), desk.prices).total_minor == phase.was_minor:
        return open_payment(desk).also(*effects)
    return Step(desk, replace(phase, told="no_answer"), effects)


def _retry(desk: Desk, phase: HoldingRights, intent: RetryRights, ports: Ports) -> Step:
    """Ask the hub once more for all of it."""
    if phase.told == "asking":
        return Step(desk, phase)
    if not is_online(desk):
        return refuse(desk, phase, Refusal.HubAway)
    assert desk.cart is not None
    cart = replace(desk.cart, rights=asked_anew(desk.cart.rights))
    return _tender_or_ask(repriced(replace(desk, cart=cart), phase, ports), ports)


def _go_on(desk: Desk, phase: HoldingRights, intent: GoOnWithout, ports: Ports) -> Step:
    """Take payment with what is kept; what the new prices use besides is asked for first."""
    if phase.told == "asking":
        return Step(desk, phase)
    return _tender_or_ask(repriced(desk, phase, ports), ports)


def _back(desk: Desk, phase: HoldingRights, intent: Back, ports: Ports) -> Step:
    """Back to the goods; a question that is still open is taken back."""
    assert desk.cart is not None
    cart = replace(desk.cart, priced_at_ms=None, rights=replace(desk.cart.rights, is_offline=False))
    effects: tuple[Effect, ...] = ()
    if phase.told == "asking":
        cart, effects = _taken_back(cart, phase.hold_id, "undone", ports)
    return Step(replace(quiet(desk), cart=cart), Selling(), effects)


def _scan(desk: Desk, phase: HoldingRights, intent: ScanCode, ports: Ports) -> Step:
    """Refused on record: payment is about to open."""
    return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.PaymentOpen, ports)


# ------------------------------------------------------------------ letting go
def _taken_back(cart: Cart, hold_id: str, reason: Reason, ports: Ports) -> tuple[Cart, tuple[Effect, ...]]:
    """The sale without any hold, after a question whose answer nobody knows."""
    fact = RightsReleased(cart.transaction_id, hold_id, reason, ports.clock.now_ms())
    facts = (fact, *releases(cart, reason, ports))
    return replace(cart, rights=replace(cart.rights, hold=None)), (Record(facts),)


# ------------------------------------------------------------------ while payment is open
def renewed(step: Step, ports: Ports) -> Step:
    """On a tick: a question nobody answers ends, a hold that is about to end is taken anew.

    That is so whatever lies over the payment: a locked screen, a gift card, a disk that is full.
    """
    desk, phase = step.desk, step.phase
    cart, prices = desk.cart, desk.prices
    if isinstance(phase, HoldingRights):
        if phase.told != "asking" or ports.clock.monotonic_ms() - phase.asked_ms < NO_ANSWER_MS:
            return step
        return _unanswered(desk, phase, ports).also(*step.effects)
    if not is_paying(phase) or isinstance(phase, Committing) or cart is None or prices is None:
        return step
    is_stuck = isinstance(phase, CommitStuck)
    # Not in a second in which the commit is tried again.
    if desk.asked_hold or (is_stuck and ports.clock.monotonic_ms() // 1000 % STUCK_EVERY_S != 1):
        return step
    hold = cart.rights.hold
    if hold is None or not is_online(desk) or hold.until_ms - hub_now_ms(ports) > RENEW_MS:
        return step
    use = in_use(prices)
    if use.is_nothing:
        return step
    question = _question(desk, cart, use, ports)
    return replace(step, desk=replace(desk, asked_hold=question.hold_id)).also(question)


def _renewal(desk: Desk, phase: Phase, intent: RightsAnswered, ports: Ports) -> Step:
    """A hold taken anew for an open payment; whatever the hub says of it, the sale stands as it is."""
    if intent.hold_id != desk.asked_hold:
        return Step(desk, phase)
    desk, cart = replace(desk, asked_hold=""), desk.cart
    if cart is None or cart.rights.hold is None or not intent.answered:
        return Step(desk, phase)
    if isinstance(phase, Committing | CommitStuck):
        # The sale is on its way to the disk as it is: its draft is not touched any more.
        return Step(desk, phase)
    hold = Hold(intent.hold_id, intent.until_ms, intent.coupons, intent.points)
    return Step(replace(desk, cart=replace(cart, rights=replace(cart.rights, hold=hold))), phase)


def _leases(desk: Desk, phase: Phase, intent: LeasesChanged, ports: Ports) -> Step:
    """What this till may give away from now on."""
    worst = intent.worst_minor, intent.terminal_worst_minor
    return Step(replace(desk, leases=intent.leases, lease_worst_minor=worst), phase)


def _link(desk: Desk, phase: Phase, intent: LinkChanged, ports: Ports) -> Step:
    """Show the new state of the link, and count what an outage costs."""
    now_ms, state = ports.clock.now_ms(), intent.status.state
    outage = desk.outage
    if state == "online":
        outage = ended(outage, now_ms)
    elif state != "none":
        outage = begun(outage, now_ms)
    step = Step(replace(desk, link=intent.status, outage=outage), phase)
    return asked_on(step) if state == "online" and desk.link.state != "online" else step


RULES: Rules = {
    **{(phase, StartTender): _start for phase in (Selling, ShowingPrice, ShowingCoupons)},
    (HoldingRights, RightsAnswered): _answered,
    (HoldingRights, RetryRights): _retry,
    (HoldingRights, GoOnWithout): _go_on,
    (HoldingRights, Back): _back,
    (HoldingRights, ScanCode): _scan,
}

#: What the world tells in any phase.
WORLD: dict[type, Rule] = {RightsAnswered: _renewal, LeasesChanged: _leases, LinkChanged: _link}
