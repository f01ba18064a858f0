"""Gift cards at the till: money is put on one as a line of the sale, and one pays once the hub keeps some.

Loading needs no network: the fact of the sale does it. Paying does, but for signed codes within a lease. An
amount counts as taken only when the hub said that it is kept; where it does not answer, the question is taken
back by a fact and nothing was taken. A card's code is never written down: who has the code has the card.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import GIFT_MAX_MINOR, Cart, add_gift_value
from posapp.domain.codes.reading import Reading
from posapp.domain.member_facts import RightsReleased
from posapp.domain.members.gift_numbers import gift_number
from posapp.domain.members.leases import Lease, usable_lease
from posapp.domain.members.member_codes import card_number
from posapp.domain.money import minor_digits, parse_amount
from posapp.domain.shifts import local_time
from posapp.domain.shop import TenderType
from posapp.domain.tenders import GiftPart, Payment, TenderRefusal, take_gift, undo
from posapp.domain.transactions import cart_totals
from posapp.flows.effects import Beep, Effect, Record, WakeSync
from posapp.flows.entry import edit
from posapp.flows.formatting import plain_amount, tail
from posapp.flows.gift_phases import CardInHand, HoldingGift, ShowingGiftCard
from posapp.flows.intents import Back, EnterText, GoTo, KeyIn, ScanCode, UndoTender
from posapp.flows.meaning import read
from posapp.flows.member_answers import GiftCardAnswered
from posapp.flows.member_effects import AskGiftCard, HoldGift
from posapp.flows.member_wishes import LoadGiftCard
from posapp.flows.pricing import is_paying
from posapp.flows.refusals import Refusal
from posapp.flows.rights_now import Reason, hub_now_ms, is_online
from posapp.flows.shift import go
from posapp.flows.state import Desk, Phase, Selling, Tendering
from posapp.flows.steps import Ports, Rule, Rules, Step, quiet, refuse, shop_of, tell, within
from posapp.flows.tendering import commit_sale, first_way

#: What the hub says of a card that gives nothing, in a sentence.
_WHY = {
    "unknown": Refusal.GiftUnknown,
    "inactive": Refusal.GiftInactive,
    "blocked": Refusal.GiftBlocked,
    "expired": Refusal.GiftExpired,
    "balance": Refusal.GiftEmpty,
    "no_answer": Refusal.GiftNoAnswer,
}
#: The link gives up after five seconds; after this nobody waits for it any more.
NO_ANSWER_MS = 8_000
#: While payment is open the hub is asked so often to go on keeping what was taken of cards.
KEEP_EVERY_S = 60


def card_in(reading: Reading, patterns: tuple[str, ...] = ()) -> CardInHand | None:
    """The gift card that a text is, by its signed code, its number or the retailer's own; None for others."""
    if reading.kind == "voucher":
        face = reading.extras.get("field_A", "")
        face_minor = int(face) if face.isascii() and face.isdigit() and len(face) <= 12 else 0
        return CardInHand(reading.subject, True, face_minor, reading.extras.get("valid_until", ""))
    number = None
    if reading.kind == "unknown" and reading.refusal is None:
        number = gift_number(reading.text)
    if number is None and reading.kind in ("unknown", "item"):
        # A number of figures alone may well read as that of some item that nobody sells.
        number = card_number(reading.text, patterns)
    return CardInHand(number) if number is not None else None


def gift_way(desk: Desk) -> TenderType | None:
    """The shop's way to pay by gift card, where it has one."""
    return next((way for way in shop_of(desk).tenders if way.kind == "gift"), None)


# ------------------------------------------------------------------ putting money on a card
def shown(desk: Desk, phase: Phase, card: CardInHand, ports: Ports) -> Step:
    """A card among the goods: the hub is asked what is on it, and money can be put on it."""
    if gift_way(desk) is None:
        return refuse(desk, phase, Refusal.NoGiftCards)
    if _is_over(desk, card, ports):
        return refuse(desk, phase, Refusal.GiftExpired, card=tail(card.card_id))
    desk = replace(quiet(desk), found=None, clear_scan=desk.clear_scan + 1)
    if not is_online(desk):
        return Step(desk, ShowingGiftCard(card), (Beep("member"),))
    ask = AskGiftCard(ports.ids.new_id(), card.card_id)
    return Step(desk, ShowingGiftCard(card, ask.ask_id), (Beep("member"), ask))


def _is_over(desk: Desk, card: CardInHand, ports: Ports) -> bool:
    today = local_time(ports.clock.now_ms(), shop_of(desk)).date().isoformat()
    return bool(card.valid_until) and card.valid_until < today


def load_minor(desk: Desk, phase: ShowingGiftCard) -> int | None:
    """What would be put on the card: what is keyed, else what a new one is sold for; None without either."""
    if phase.entry:
        return parse_amount(phase.entry, shop_of(desk).currency)
    is_new = phase.answer is None or phase.answer.why == "inactive"
    return phase.card.face_minor if is_new and phase.card.face_minor else None


def load_stop(phase: ShowingGiftCard) -> Refusal | None:
    """Why nothing can be put on the card, as far as the hub told."""
    why = phase.answer.why if phase.answer is not None else ""
    return _WHY[why] if why in ("unknown", "blocked", "expired") else None


def _key_load(desk: Desk, phase: ShowingGiftCard, intent: KeyIn, ports: Ports) -> Step:
    """Edit the amount to put on the card."""
    entry = edit(phase.entry, intent.key, decimals=minor_digits(shop_of(desk).currency))
    return Step(quiet(desk), replace(phase, entry=entry))


def _load(desk: Desk, phase: ShowingGiftCard, intent: LoadGiftCard, ports: Ports) -> Step:
    """Put the amount on the card, as a line of the sale."""
    stop = load_stop(phase)
    if stop is not None:
        return refuse(desk, phase, stop, card=tail(phase.card.card_id))
    amount = load_minor(desk, phase)
    if amount is None or not 1 <= amount <= GIFT_MAX_MINOR:
        return refuse(desk, phase, Refusal.BadAmount if phase.entry else Refusal.NothingKeyed)
    way = gift_way(desk)
    if way is None:
        return refuse(desk, phase, Refusal.NoGiftCards)
    most = desk.programme.gift_most_minor
    if most and _would_hold_minor(desk, phase, amount) > most:
        told = plain_amount(most, shop_of(desk).currency)
        return refuse(desk, phase, Refusal.GiftMost, card=tail(phase.card.card_id), amount=told)
    cart = desk.cart or Cart(ports.ids.new_id(), ports.clock.now_ms())
    name = tail(phase.card.card_id)
    names = {language: f"{words} {name}" for language, words in way.names.items()}
    added = add_gift_value(cart, phase.card.card_id, amount, names)
    if added is None:
        return refuse(desk, phase, Refusal.CartFull)
    cart, line_no = added
    desk = tell(replace(desk, cart=cart, marked=line_no), "{amount} for gift card {card}", card=name,
                amount=plain_amount(amount, shop_of(desk).currency))  # fmt: skip
    return Step(desk, Selling(), (Beep("ok"),))


def _would_hold_minor(desk: Desk, phase: ShowingGiftCard, amount: int) -> int:
    """What would be on the card, as far as the hub told and this sale says."""
    told = phase.answer.card.balance_minor if phase.answer is not None else None
    lines = desk.cart.lines if desk.cart is not None else ()
    here = sum(line.amount_minor for line in lines if line.gift_card == phase.card.card_id)
    return (told or 0) + here + amount


def _payable_minor(desk: Desk, payment: Payment) -> int:
    """What gift cards may still pay of the sale: not what it puts on one."""
    lines = desk.cart.lines if desk.cart is not None else ()
    value = sum(line.amount_minor for line in lines if line.gift_card)
    paid = sum(each.amount_minor for each in payment.tenders if each.kind == "gift")
    return min(payment.due_minor, payment.total_minor - value - paid)


def _leave(desk: Desk, phase: ShowingGiftCard, intent: Back, ports: Ports) -> Step:
    """Clear what is keyed, else back to the goods."""
    return Step(quiet(desk), replace(phase, entry="") if phase.entry else Selling())


# ------------------------------------------------------------------ paying with a card
def paying(desk: Desk, phase: Tendering, text: str, ports: Ports) -> Step | None:
    """A gift card while payment is open: some of it is kept, or taken within a lease; None for others."""
    card = card_in(read(desk, text, ports), desk.programme.gift_patterns)
    if card is None:
        return None
    desk = replace(quiet(desk), clear_scan=desk.clear_scan + 1)
    cart, way, name = desk.cart, gift_way(desk), tail(card.card_id)
    assert cart is not None
    if way is None:
        return refuse(desk, phase, Refusal.NoGiftCards)
    if any(line.gift_card == card.card_id for line in cart.lines):
        return refuse(desk, phase, Refusal.GiftInSale, card=name)
    if any(tender.reference == card.card_id for tender in phase.payment.tenders):
        return refuse(desk, phase, Refusal.GiftTaken, card=name)
    if _is_over(desk, card, ports):
        return refuse(desk, phase, Refusal.GiftExpired, card=name)
    currency, due = shop_of(desk).currency, phase.payment.due_minor
    most = _payable_minor(desk, phase.payment)
    if most <= 0:
        return refuse(desk, phase, Refusal.GiftForGift)
    amount = parse_amount(phase.entry, currency) if phase.entry else most
    if amount is None:
        return refuse(desk, phase, Refusal.BadAmount)
    if amount <= 0:
        return refuse(desk, phase, Refusal.NothingKeyed)
    if amount > due:
        return refuse(desk, phase, Refusal.MoreThanDue, due=plain_amount(due, currency))
    if amount > most:
        return refuse(desk, phase, Refusal.GiftForGift)
    if not is_online(desk):
        return _take_offline(desk, phase, card, amount, ports)
    hold_id = ports.ids.new_id()
    holding = HoldingGift(
        phase.payment, way.tender_id, card, hold_id, amount, ports.clock.monotonic_ms()
    )  # fmt: skip
    hold = HoldGift(hold_id, cart.transaction_id, card.card_id, amount, desk.undone)
    return Step(desk, holding, (hold,))


def _answered(desk: Desk, phase: Phase, intent: GiftCardAnswered, ports: Ports) -> Step:
    """What the hub says of a card: on the sheet, or for the payment that waits for it, whatever lies over it.

    An amount that is kept though nobody waits for it any more is let go of.
    """
    done: list[Step] = []

    def heard(under: Phase) -> Phase:
        if isinstance(under, ShowingGiftCard) and under.ask_id == intent.ask_id:
            done.append(Step(desk, replace(under, answer=intent)))
        elif isinstance(under, HoldingGift) and under.hold_id == intent.ask_id:
            done.append(_kept(desk, under, intent, ports))
        else:
            return under
        return done[-1].phase

    after = within(phase, heard)
    if done:
        return replace(done[-1], phase=after)
    is_paid = desk.cart is not None and any(each.hold_id == intent.ask_id for each in desk.cart.paid)
    if intent.held_minor > 0 and desk.cart is not None and not is_paid:
        return Step(desk, phase, _taken_back(desk.cart, intent.ask_id, "no_answer", ports))
    return Step(desk, phase)


def _kept(desk: Desk, phase: HoldingGift, intent: GiftCardAnswered, ports: Ports) -> Step:
    back, cart, name = _payment_of(desk, phase), desk.cart, tail(phase.card.card_id)
    assert cart is not None
    if intent.why or intent.held_minor <= 0:
        why = intent.why or "balance"
        step = refuse(desk, back, _WHY.get(why, Refusal.GiftNoAnswer), card=name)
        unsure = why == "no_answer"
        return step.also(*_taken_back(cart, phase.hold_id, "no_answer", ports)) if unsure else step
    amount = min(intent.held_minor, phase.amount_minor, back.payment.due_minor)
    part = GiftPart(phase.card.card_id, phase.hold_id, left_minor=intent.card.balance_minor)
    step = _taken(desk, back, part, amount, ports)
    if amount < phase.amount_minor and not step.desk.refusal:
        told = tell(step.desk, "Gift card {card}: only {amount} on it", card=name,
                    amount=plain_amount(amount, shop_of(desk).currency))  # fmt: skip
        step = replace(step, desk=told)
    return step


def _payment_of(desk: Desk, phase: HoldingGift) -> Tendering:
    """The open payment again, for what the sale comes to now."""
    assert desk.cart is not None
    total = cart_totals(desk.cart, shop_of(desk), desk.prices).total_minor
    return Tendering(Payment(total, phase.payment.tenders), phase.chosen)


def _taken(desk: Desk, phase: Tendering, part: GiftPart, amount: int, ports: Ports) -> Step:
    """The amount counts as taken; what completes the payment commits the sale."""
    way = gift_way(desk)
    assert way is not None
    assert desk.cart is not None
    taken = take_gift(phase.payment, way, amount, part)
    if isinstance(taken, TenderRefusal):
        due = plain_amount(phase.payment.due_minor, shop_of(desk).currency)
        let_go = _taken_back(desk.cart, part.hold_id, "changed", ports) if part.hold_id else ()
        return refuse(desk, phase, Refusal.MoreThanDue, due=due).also(*let_go)
    payment, is_complete = taken
    phase = replace(phase, payment=payment, chosen=first_way(desk), entry="")
    desk = replace(desk, cart=replace(desk.cart, paid=payment.tenders))
    if is_complete:
        return commit_sale(desk, phase, payment, ports)
    told = plain_amount(amount, shop_of(desk).currency)
    desk = tell(desk, "Gift card {card}: {amount}", card=tail(part.card_id), amount=told)
    return Step(desk, phase, (Beep("ok"),))


def _take_back(desk: Desk, phase: HoldingGift, intent: Back, ports: Ports) -> Step:
    """Take the question back: whatever the hub keeps for it, it lets go of."""
    assert desk.cart is not None
    let_go = _taken_back(desk.cart, phase.hold_id, "undone", ports)
    return Step(quiet(desk), _payment_of(desk, phase), let_go)


def unanswered(step: Step, ports: Ports) -> Step:
    """On a tick: a question that nobody answers ends, and nothing was taken."""
    phase = step.phase
    if not isinstance(phase, HoldingGift) or ports.clock.monotonic_ms() - phase.asked_ms < NO_ANSWER_MS:
        return step
    assert step.desk.cart is not None
    name = tail(phase.card.card_id)
    refused = refuse(step.desk, _payment_of(step.desk, phase), Refusal.GiftNoAnswer, card=name)
    let_go = _taken_back(step.desk.cart, phase.hold_id, "no_answer", ports)
    return replace(refused, effects=(*step.effects, *refused.effects, *let_go))


def kept_on(step: Step, ports: Ports) -> Step:
    """On a tick: the hub goes on keeping what an open payment took of cards, however long it stays open."""
    return step if ports.clock.monotonic_ms() // 1000 % KEEP_EVERY_S else asked_on(step)


def asked_on(step: Step) -> Step:
    """The same at once, as when the hub is heard again."""
    cart = step.desk.cart
    if cart is None or not is_paying(step.phase) or not is_online(step.desk):
        return step
    kept = [each for each in cart.paid if each.hold_id]
    sale_id = cart.transaction_id
    return step.also(*(HoldGift(each.hold_id, sale_id, each.reference, each.amount_minor) for each in kept))


def _undo(desk: Desk, phase: Tendering, intent: UndoTender, ports: Ports) -> Step:
    """Give a tender back; what the hub kept of a card for it is let go of."""
    gone = next((each for each in phase.payment.tenders if each.tender_no == intent.tender_no), None)
    payment = undo(phase.payment, intent.tender_no)
    assert desk.cart is not None
    let_go: tuple[Effect, ...] = ()
    if gone is not None and gone.hold_id:
        let_go = _taken_back(desk.cart, gone.hold_id, "undone", ports)
    desk = replace(quiet(desk), cart=replace(desk.cart, paid=payment.tenders))
    return Step(desk, replace(phase, payment=payment, entry=""), let_go)


def _taken_back(cart: Cart, hold_id: str, reason: Reason, ports: Ports) -> tuple[Effect, ...]:
    fact = RightsReleased(cart.transaction_id, hold_id, reason, ports.clock.now_ms())
    return Record((fact,)), WakeSync()


# ------------------------------------------------------------------ without the network
def _take_offline(desk: Desk, phase: Tendering, card: CardInHand, amount: int, ports: Ports) -> Step:
    """Take what the hub granted beforehand: a signed code only, once a card and lease, within all caps."""
    name = tail(card.card_id)
    if not card.is_signed:
        return refuse(desk, phase, Refusal.GiftCodeOnly, card=name)
    lease, left = gift_lease(desk, ports)
    cap = min(desk.programme.offline.gift_a_card_minor, left)
    cap = min(cap, card.face_minor) if card.face_minor else 0
    if lease is None or cap <= 0:
        return refuse(desk, phase, Refusal.GiftNeedsNetwork, card=name)
    if ports.gift_used(lease.lease_id, card.card_id):
        return refuse(desk, phase, Refusal.GiftUsedOffline, card=name)
    taken = min(amount, cap)
    part = GiftPart(card.card_id, lease_id=lease.lease_id)
    step = _taken(desk, phase, part, taken, ports)
    if taken < amount and step.desk.refusal is None:
        most = plain_amount(taken, shop_of(desk).currency)
        told = tell(step.desk, "Gift card {card}: {amount}, offline limit", card=name, amount=most)
        step = replace(step, desk=told)
    return step


def gift_lease(desk: Desk, ports: Ports) -> tuple[Lease | None, int]:
    """The lease that gift cards may be taken under now, and what is left of it after the open payment."""
    lease = usable_lease(desk.leases, "gift", hub_now_ms(ports))
    if lease is None:
        return None, 0
    paid = desk.cart.paid if desk.cart is not None else ()
    return lease, lease.left - sum(each.amount_minor for each in paid if each.lease_id == lease.lease_id)


def _type_in_payment(desk: Desk, phase: Tendering, intent: EnterText, ports: Ports) -> Step:
    """A card's number keyed into the scan field while payment is open."""
    step = paying(desk, phase, intent.text.strip(), ports)
    return refuse(desk, phase, Refusal.PaymentOpen) if step is None else step


def _wait(desk: Desk, phase: HoldingGift, intent: ScanCode, ports: Ports) -> Step:
    """Nothing is taken while the hub is asked."""
    return refuse(desk, phase, Refusal.GiftAsked)


RULES: Rules = {
    (ShowingGiftCard, KeyIn): _key_load,
    (ShowingGiftCard, LoadGiftCard): _load,
    (ShowingGiftCard, Back): _leave,
    (ShowingGiftCard, GoTo): go,
    (Tendering, UndoTender): _undo,
    (Tendering, EnterText): _type_in_payment,
    (HoldingGift, Back): _take_back,
    (HoldingGift, ScanCode): _wait,
}

#: What the world tells in any phase.
WORLD: dict[type, Rule] = {GiftCardAnswered: _answered}
