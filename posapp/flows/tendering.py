"""Taking payment: from the open tender sheet to the durable sale and what may happen only then.

Settle is the one door: it shuts the gate before anything else can be asked, and the drawer, the
paper and the word "change" come only with the store's confirmation.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.facts import DrawerOpened, TransactionCompleted
from posapp.domain.money import minor_digits, parse_amount
from posapp.domain.outage import with_sale
from posapp.domain.shop import TenderType
from posapp.domain.tenders import Payment, TenderRefusal, cash_due, take
from posapp.domain.transactions import cart_totals, complete
from posapp.flows.effects import Beep, Commit, KickDrawer, Print, PrintCopy, PrintRequest, Record, WakeSync
from posapp.flows.entry import edit
from posapp.flows.formatting import plain_amount
from posapp.flows.intents import (
    Back,
    ChooseTender,
    Committed,
    KeyIn,
    LastSale,
    NextSale,
    OfferAmount,
    OpenDrawer,
    Reprint,
    ScanCode,
    Settle,
)  # fmt: skip
from posapp.flows.paper import receipt
from posapp.flows.refusals import Refusal
from posapp.flows.shopper import Shopper, shopper_of
from posapp.flows.state import Committing, Desk, Done, Phase, Selling, Tendering
from posapp.flows.steps import (
    Ports,
    Rules,
    Step,
    next_scan,
    operator_of,
    quiet,
    refuse,
    refuse_scan,
    sale_context,
    shop_of,
    tell,
)  # fmt: skip


def open_payment(desk: Desk) -> Step:
    """Open payment for the sale as it is priced; from here on the prices stand still."""
    assert desk.cart is not None
    assert desk.prices is not None
    payment = Payment(cart_totals(desk.cart, shop_of(desk), desk.prices).total_minor, desk.cart.paid)
    desk = replace(desk, cart=replace(desk.cart, priced_at_ms=desk.prices.at_ms))
    desk = replace(quiet(desk), found=None, show_last_sale=False, clear_scan=desk.clear_scan + 1)
    return Step(replace(desk, asked_hold=""), Tendering(payment, first_way(desk)))


def first_way(desk: Desk) -> str:
    """The way to pay that is chosen at first: cash where the shop takes any."""
    ways = shop_of(desk).tenders
    return next((way.tender_id for way in ways if way.kind == "cash"), ways[0].tender_id)


def chosen_way(desk: Desk, phase: Tendering) -> TenderType:
    """The way to pay that is chosen; the shop always has one."""
    way = shop_of(desk).tender(phase.chosen)
    return way or shop_of(desk).tenders[0]


def due_by(desk: Desk, phase: Tendering) -> tuple[int, int]:
    """What the chosen way must bring to complete the payment, and the rounding that goes with it."""
    if chosen_way(desk, phase).kind == "cash":
        return cash_due(phase.payment, shop_of(desk).cash)
    return phase.payment.due_minor, 0


def _choose(desk: Desk, phase: Tendering, intent: ChooseTender, ports: Ports) -> Step:
    """Choose the way to pay."""
    if shop_of(desk).tender(intent.tender_id) is None:
        return refuse(desk, phase, Refusal.NotNow)
    return Step(quiet(desk), replace(phase, chosen=intent.tender_id))


def _key(desk: Desk, phase: Tendering, intent: KeyIn, ports: Ports) -> Step:
    """Edit the amount."""
    decimals = minor_digits(shop_of(desk).currency)
    return Step(quiet(desk), replace(phase, entry=edit(phase.entry, intent.key, decimals=decimals)))


def _offer(desk: Desk, phase: Tendering, intent: OfferAmount, ports: Ports) -> Step:
    """Put a whole amount into the field."""
    return Step(quiet(desk), replace(phase, entry=plain_amount(intent.amount_minor, shop_of(desk).currency)))


def entered_minor(desk: Desk, phase: Tendering) -> int | None:
    """The keyed amount, the exact one where nothing is keyed, None where it is no amount."""
    if not phase.entry:
        return due_by(desk, phase)[0]
    return parse_amount(phase.entry, shop_of(desk).currency)


def _settle(desk: Desk, phase: Tendering, intent: Settle, ports: Ports) -> Step:
    """Take the amount; what completes the payment commits the sale."""
    shop = shop_of(desk)
    amount = entered_minor(desk, phase)
    if amount is None:
        return refuse(desk, phase, Refusal.BadAmount)
    way = chosen_way(desk, phase)
    if way.kind == "gift" and phase.payment.due_minor > 0:
        return refuse(desk, phase, Refusal.GiftCardFirst)
    taken = take(phase.payment, way, amount, shop.cash)
    if taken is TenderRefusal.NOTHING:
        return refuse(desk, phase, Refusal.NothingKeyed)
    if taken is TenderRefusal.MORE_THAN_DUE:
        due = plain_amount(phase.payment.due_minor, shop.currency)
        return refuse(desk, phase, Refusal.MoreThanDue, due=due)
    if isinstance(taken, TenderRefusal):
        change = plain_amount(amount - due_by(desk, phase)[0], shop.currency)
        return refuse(desk, phase, Refusal.FarTooMuch, change=change)
    payment, is_complete = taken
    cash = sum(tender.amount_minor for tender in payment.tenders if tender.kind == "cash")
    if is_complete and payment.change_minor > cash:
        return refuse(desk, phase, Refusal.OverPaid)
    if is_complete:
        return commit_sale(desk, phase, payment, ports)
    assert desk.cart is not None
    desk = replace(desk, cart=replace(desk.cart, paid=payment.tenders))
    desk = tell(desk, "{amount} received", amount=plain_amount(amount, shop.currency))
    return Step(desk, replace(phase, payment=payment, entry=""), (Beep("ok"),))


def commit_sale(desk: Desk, phase: Tendering, payment: Payment, ports: Ports) -> Step:
    """Store the sale that is paid; what only then may happen follows its confirmation."""
    assert desk.cart is not None
    sale = complete(desk.cart, payment, sale_context(desk, ports), desk.prices)
    document = receipt(sale, shop_of(desk), ports.speech(desk.language), shopper_now(desk, sale))
    slip = PrintRequest(ports.ids.new_id(), "receipt", document)
    commit = Commit(sale.transaction_id, (sale,), (slip,), sale.transaction_id)
    return Step(quiet(desk), Committing(commit, "sale", phase), (commit,))


def shopper_now(desk: Desk, sale: TransactionCompleted) -> Shopper | None:
    """The member of the sale that is being paid, as paper and screen tell them."""
    if desk.cart is None or sale.member is None:
        return None
    offline = desk.link.state != "online" or desk.cart.rights.is_offline
    return shopper_of(desk.cart, sale, desk.programme, shop_of(desk), is_offline=offline)


def sale_stored(desk: Desk, phase: Committing, intent: Committed, ports: Ports) -> Step:
    """The sale is durable: now the drawer, the paper, the change and the queue."""
    sale = next(fact for fact in phase.commit.facts if isinstance(fact, TransactionCompleted))
    sale = replace(sale, receipt_number=intent.receipt_number or "")
    shop = shop_of(desk)
    kinds = [shop.tender(tender.tender_id) for tender in sale.tenders]
    opens = any(way is not None and way.opens_drawer for way in kinds)
    last = LastSale(
        transaction_id=sale.transaction_id,
        receipt_number=sale.receipt_number,
        total_minor=sale.total_minor,
        change_minor=sale.change_minor,
        completed_ms=sale.completed_at_ms,
    )
    shopper = shopper_now(desk, sale)
    desk = replace(desk, cart=None, marked=None, last_sale=last, found=None)
    # What is left of the leases was told by the store, before this answer.
    desk = replace(desk, shift=intent.shift or desk.shift)
    desk = replace(desk, outage=with_sale(desk.outage, sale, desk.leases))
    if desk.link.state != "none":
        # Nobody has counted the queue since: until then it must not look as if this sale were sent.
        desk = replace(desk, link=replace(desk.link, to_send=desk.link.to_send + 1))
    desk = tell(desk, "{amount} received", amount=plain_amount(sale.tendered_minor, shop.currency))
    kick = (KickDrawer(),) if opens else ()
    jobs = tuple(slip.job_id for slip in phase.commit.prints)
    return Step(desk, Done(sale, jobs, shopper=shopper), (*kick, Print(jobs), Beep("paid"), WakeSync()))


def payment_again(desk: Desk, phase: Tendering) -> Tendering:
    """The open payment under the shop's rules as they are now: a new set-up may have changed them."""
    assert desk.cart is not None
    total = cart_totals(desk.cart, shop_of(desk), desk.prices).total_minor
    chosen = phase.chosen if shop_of(desk).tender(phase.chosen) else first_way(desk)
    return replace(phase, payment=Payment(total, phase.payment.tenders), chosen=chosen)


def _back(desk: Desk, phase: Tendering, intent: Back, ports: Ports) -> Step:
    """Back to the goods; money already taken must be given back first, so that none is forgotten."""
    if phase.entry:
        return Step(quiet(desk), replace(phase, entry=""))
    if phase.payment.tenders:
        return refuse(desk, phase, Refusal.TakenMoney)
    assert desk.cart is not None
    return Step(replace(quiet(desk), cart=replace(desk.cart, priced_at_ms=None)), Selling())


def _scan(desk: Desk, phase: Tendering, intent: ScanCode, ports: Ports) -> Step:
    """Refused on record: payment is open."""
    return refuse_scan(next_scan(desk, ports), phase, intent.text, Refusal.PaymentOpen, ports)


def _next(desk: Desk, phase: Done, intent: NextSale, ports: Ports) -> Step:
    """Go on to the next sale."""
    return Step(replace(quiet(desk), told=None), Selling())


def _open_drawer(desk: Desk, phase: Done, intent: OpenDrawer, ports: Ports) -> Step:
    """Open the drawer that stayed shut; only for the sale just stored, and on record."""
    if not desk.drawer_shut or desk.shift is None:
        return refuse(desk, phase, Refusal.NotNow)
    opened = DrawerOpened(
        shift_id=desk.shift.shift_id,
        operator_id=operator_of(desk).operator_id,
        reason="retry",
        at_ms=ports.clock.now_ms(),
    )
    return Step(quiet(desk), phase, (Record((opened,)), KickDrawer()))


def _reprint(desk: Desk, phase: Phase, intent: Reprint, ports: Ports) -> Step:
    """Print the last receipt again, marked as a copy."""
    copy_of = desk.last_sale
    if copy_of is None:
        return refuse(desk, phase, Refusal.NothingToReprint)
    copy = PrintCopy(copy_of.transaction_id, desk.language)
    desk = tell(desk, "A copy of {number} is on its way", number=copy_of.receipt_number)
    return Step(desk, phase, (copy,))


RULES: Rules = {
    (Tendering, ChooseTender): _choose,
    (Tendering, KeyIn): _key,
    (Tendering, OfferAmount): _offer,
    (Tendering, Settle): _settle,
    (Tendering, Back): _back,
    (Tendering, ScanCode): _scan,
    (Done, NextSale): _next,
    (Done, OpenDrawer): _open_drawer,
    (Done, Reprint): _reprint,
    (Selling, Reprint): _reprint,
}
