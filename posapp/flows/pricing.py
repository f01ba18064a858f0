"""The open sale's prices: asked for after every step that changed it, and kept while they hold.

They hold until a line, a code, a promotion or the clock says otherwise; payment locks them. The port answers
the same for the same basket, so all that screen, paper and journal say can be read from one value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from posapp.domain.cart import Cart
from posapp.domain.cart_prices import PricedCart, basket_of
from posapp.domain.members.sale_rights import NO_RIGHTS
from posapp.domain.members.terms import Why
from posapp.domain.members.usable import Usable, coupons_shown
from posapp.domain.price_facts import PromotionSetAside
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.shifts import local_time
from posapp.flows.effects import Beep, Effect, ExplainPrices, Record
from posapp.flows.formatting import N_
from posapp.flows.gift_phases import HoldingGift
from posapp.flows.intents import (
    Back,
    MarkLine,
    MoveMark,
    PricesExplained,
    PromotionsSent,
    RemoveCode,
    WhyPrice,
)  # fmt: skip
from posapp.flows.own_prices import own_prices
from posapp.flows.refusals import Refusal
from posapp.flows.rights_now import earning_of, usable_now
from posapp.flows.state import (
    AwaitingOverride,
    CommitStuck,
    Committing,
    Desk,
    Locked,
    Phase,
    Promotions,
    Selling,
    ShowingPrice,
    ShowingStatus,
    Tendering,
    TryingScanner,
)  # fmt: skip
from posapp.flows.steps import Ports, Rule, Rules, Step, plain_text, quiet, refuse, shop_of, tell

_EPOCH = datetime.fromtimestamp(0, UTC)
_MS = timedelta(milliseconds=1)
#: Nobody waits for a hint, so scans come first.
QUIET_MS = 700
CODES_MAX = 20
CODE_MAX_CHARS = 64
_ENDED = N_("Prices changed: an offer has ended")
_BEGUN = N_("Prices changed: an offer has begun")
_OFFLINE = N_("Prices changed: coupons and points count within this till's limits while offline")
_ONLINE = N_("Prices changed: coupons and points count in full again")


def price_cart(desk: Desk, cart: Cart, ports: Ports) -> PricedCart:
    """The prices of a sale as of now, or as of when payment locked them."""
    shop = shop_of(desk)
    at_ms = ports.clock.now_ms() if cart.priced_at_ms is None else cart.priced_at_ms
    lines = ports.pricing.lines(cart, shop)
    is_locked = cart.priced_at_ms is not None
    if cart.rights is NO_RIGHTS:
        basket = basket_of(cart, lines, shop, local_time(at_ms, shop))
        priced, turns = ports.pricing.price(basket, desk.promotions.index, shop)
        until_ms = None if turns is None or is_locked else (turns - _EPOCH) // _MS
        return PricedCart(cart.lines, cart.codes, basket, priced, at_ms, until_ms)
    use, earning = usable_now(desk, cart, ports), earning_of(desk, cart)
    own = own_prices(desk, cart, at_ms, ports)
    allowed, over = use, dict[str, Why]()
    while True:
        use = _without(use, over)
        basket = basket_of(cart, lines, shop, local_time(at_ms, shop), use)
        priced, turns = ports.pricing.price(
            basket, desk.promotions.index, shop, earning=earning, own=own.promotion
        )
        over = _over(cart, use, priced)
        if not over:
            break
    ends = [(turns - _EPOCH) // _MS] if turns is not None else []
    ends += [own.until_ms] if own.until_ms is not None else []
    until_ms = None if is_locked else min(ends, default=None)
    return PricedCart(
        cart.lines, cart.codes, basket, priced, at_ms, until_ms, cart.rights, use, earning, own, allowed
    )


def _over(cart: Cart, use: Usable, priced: PricedBasket) -> dict[str, Why]:
    """Coupons that give more than a lease covers, and why: what they say they can take off, and no more.

    What a gift or points are worth no lease counts, so those wait for the hub's word.
    """
    if not use.is_offline or not use.codes:
        return {}
    most = {each.coupon_id: each.value_minor for each in coupons_shown(cart.rights)}
    single = {code.code for code in use.codes} - use.kept
    taken: dict[str, int] = {}
    for each in priced.discounts:
        if each.code in single:
            taken[each.code] = taken.get(each.code, 0) + each.amount_minor
    over: dict[str, Why] = {code: "cap" for code, amount in taken.items() if amount > most.get(code, 0)}
    uncounted = {*priced.earned_by, *[gift.code for gift in priced.gifts]}
    return over | dict.fromkeys(single & uncounted, "network")


def _without(use: Usable, over: Mapping[str, Why]) -> Usable:
    if not over:
        return use
    codes = tuple(code for code in use.codes if code.code not in over)
    return replace(use, codes=codes, whys={**use.whys, **over})


def is_paying(phase: Phase) -> bool:
    """Whether payment is open, whatever lies over it."""
    match phase:
        case Tendering() | HoldingGift():
            return True
        case Locked() | ShowingStatus() | TryingScanner() | AwaitingOverride() | Committing():
            return is_paying(phase.back)
        case CommitStuck():
            return is_paying(phase.committing)
        case _:
            return False


def repriced(desk: Desk, phase: Phase, ports: Ports) -> Desk:
    """The desk with the prices of its open sale, the very ones it had where they still hold."""
    cart, prices = desk.cart, desk.prices
    if cart is None or desk.shop is None:
        return desk if prices is None else replace(desk, prices=None)
    if prices is not None and prices.is_of(cart) and _hold(desk, phase, ports):
        return desk
    return replace(desk, prices=price_cart(desk, cart, ports), priced_by=(desk.promotions, desk.shop))


def told_faults(desk: Desk, ports: Ports) -> tuple[Desk, tuple[Effect, ...]]:
    """Promotions found since that cannot be computed go on record; goods are sold without them."""
    faulty = ports.pricing.faulty()
    if len(faulty) <= desk.faulty_offers:
        return desk, ()
    now_ms = ports.clock.now_ms()
    facts = tuple(
        PromotionSetAside(each.promotion_id, each.version, each.document_sha256, each.problem, now_ms)
        for each in faulty[desk.faulty_offers :]
    )
    return replace(desk, faulty_offers=len(faulty)), (Record(facts),)


def as_shown(cart: Cart, desk: Desk) -> Cart:
    """The open sale as it is kept, with what it came to; that of before until promotions are read."""
    if desk.prices is None or not desk.promotions.is_read:
        return cart
    return replace(cart, shown=(desk.prices.priced.goods_minor, desk.prices.paid_minor))


def told_change(before: Desk, desk: Desk, ports: Ports) -> Desk:
    """Say that an open sale costs something else than it did, though nobody touched it."""
    was_minor = _due_before(before, desk)
    if was_minor is None or desk.prices is None:
        return desk
    prices = desk.prices
    if before.cart is not None and not prices.is_of(before.cart):
        # Goods came in the same moment: what those of before cost now.
        prices = price_cart(desk, before.cart, ports)
    if prices.paid_minor == was_minor:
        return desk
    has_ended = prices.paid_minor > was_minor
    words = _ENDED if has_ended else _BEGUN
    if before.prices is not None and prices.allowed != before.prices.allowed:
        words = _OFFLINE if prices.usable.is_offline else _ONLINE
    # A refusal that stands is about something else, and stays.
    return replace(tell(desk, words), refusal=desk.refusal)


def _due_before(before: Desk, desk: Desk) -> int | None:
    """What the goods came to as they were last seen; None where only the cashier changed something."""
    cart, prices = desk.cart, desk.prices
    if cart is None or prices is None or prices is before.prices:
        return None
    if before.cart is None or before.prices is None:
        parked = next((one for one in before.parked if one.transaction_id == cart.transaction_id), None)
        return parked.goods_minor if parked is not None and parked.pieces == cart.pieces else None
    promotions, _ = before.priced_by or (desk.promotions, None)
    if before.cart.transaction_id != cart.transaction_id:
        return None
    if not promotions.is_read:
        # The first promotions since the start: what counts is what the till showed before the power went.
        is_same = cart.shown is not None and cart.shown[0] == prices.priced.goods_minor
        return cart.shown[1] if cart.shown and is_same and desk.promotions.is_read else None
    is_over = _is_over(before.prices, prices.at_ms)
    if prices.is_of(before.cart) or is_over or promotions is not desk.promotions:
        return before.prices.paid_minor
    return None


def _is_over(prices: PricedCart, now_ms: int) -> bool:
    """Whether the clock may have changed them: an end was reached, or the clock was set back."""
    return now_ms < prices.at_ms or (prices.until_ms is not None and now_ms >= prices.until_ms)


def _hold(desk: Desk, phase: Phase, ports: Ports) -> bool:
    """Whether the prices that the desk has still hold."""
    if isinstance(phase, Committing | CommitStuck):
        return True
    assert desk.prices is not None
    assert desk.cart is not None
    promotions, shop = desk.priced_by or (None, None)
    # Promotions that are read only after a restart were in force before it: even an open payment gets them.
    if is_paying(phase) and promotions is not None and (promotions.is_read or not desk.promotions.is_read):
        return True
    is_over = _is_over(desk.prices, ports.clock.now_ms())
    if is_over or promotions is not desk.promotions or shop is not desk.shop:
        return False
    return desk.cart.rights is NO_RIGHTS or _rights_hold(desk, desk.cart, desk.prices, ports)


def _rights_hold(desk: Desk, cart: Cart, prices: PricedCart, ports: Ports) -> bool:
    """Whether leases, the line to the hub and the programme allow what they allowed."""
    if earning_of(desk, cart) != prices.earning:
        return False
    return usable_now(desk, cart, ports) == prices.allowed


def explanation_due(desk: Desk, ports: Ports) -> bool:
    """Whether to find out, away from the scans, what one more piece would bring."""
    prices = desk.prices
    if prices is None or not prices.lines or not len(desk.promotions.index) or desk.asked_for is prices:
        return False
    return desk.last_scan_ms is None or ports.clock.now_ms() - desk.last_scan_ms >= QUIET_MS


def explain(desk: Desk, line_no: int | None) -> tuple[Desk, ExplainPrices]:
    """Ask what was lost on a line (of none where it is None), and for the next steps."""
    assert desk.prices is not None
    ask = ExplainPrices(desk.prices, desk.promotions.index, shop_of(desk), line_no)
    return replace(desk, asked_for=desk.prices), ask


def explained(desk: Desk, phase: Phase, intent: PricesExplained, ports: Ports) -> Step:
    """Keep the answer while it is about the prices that stand."""
    if intent.prices is not desk.prices:
        return Step(desk, phase)
    return Step(replace(desk, explained=intent), phase)


def promotions_sent(desk: Desk, phase: Phase, intent: PromotionsSent, ports: Ports) -> Step:
    """Take the promotions that count from now on; those that cannot be read go on record."""
    promotions = Promotions(intent.index, len(intent.unreadable), True)
    now_ms = ports.clock.now_ms()
    facts = tuple(
        PromotionSetAside(each.promotion_id, each.version, each.document_sha256, each.problem, now_ms)
        for each in intent.unreadable
    )
    return Step(replace(desk, promotions=promotions), phase, (Record(facts),) if facts else ())


def remove_code(desk: Desk, phase: Phase, intent: RemoveCode, ports: Ports) -> Step:
    """Take a coupon off the sale."""
    if desk.cart is None or intent.code not in desk.cart.codes:
        return refuse(desk, phase, Refusal.NotNow)
    cart = replace(desk.cart, codes=tuple(code for code in desk.cart.codes if code != intent.code))
    return Step(tell(replace(desk, cart=cart), "Coupon {code} taken off", code=intent.code), phase)


def with_code(desk: Desk, text: str, ports: Ports) -> Step | None:
    """A text that is a coupon of some promotion goes to the sale; None where it is not."""
    code = plain_text(text).strip()
    if len(code) > CODE_MAX_CHARS or not desk.promotions.index.opens(code):
        return None
    cart = desk.cart or Cart(ports.ids.new_id(), ports.clock.now_ms())
    if code.casefold() in {known.casefold() for known in cart.codes}:
        return refuse(desk, Selling(), Refusal.CouponShown, code=code)
    if len(cart.codes) >= CODES_MAX:
        return refuse(desk, Selling(), Refusal.CartFull)
    desk = replace(desk, cart=replace(cart, codes=(*cart.codes, code)), found=None)
    desk = replace(desk, clear_scan=desk.clear_scan + 1)
    return Step(tell(desk, "Coupon {code} taken", code=code), Selling(), (Beep("member"),))


def _why(desk: Desk, phase: Phase, intent: WhyPrice, ports: Ports) -> Step:
    """Show how the marked line came by its price, and ask what it lost."""
    if desk.cart is None or desk.prices is None or not desk.cart.lines:
        return refuse(desk, phase, Refusal.NothingMarked)
    known = desk.marked is not None and desk.cart.line(desk.marked) is not None
    line_no = desk.marked if known and desk.marked is not None else desk.cart.lines[-1].line_no
    desk, ask = explain(replace(quiet(desk), marked=line_no, found=None), line_no)
    return Step(desk, ShowingPrice(), (ask,) if len(desk.promotions.index) else ())


def _mark(desk: Desk, phase: ShowingPrice, intent: MarkLine | MoveMark, ports: Ports) -> Step:
    """Show another line's price."""
    numbers = [line.line_no for line in desk.cart.lines] if desk.cart else []
    if isinstance(intent, MarkLine):
        line_no: int | None = intent.line_no
    else:
        at = numbers.index(desk.marked) if desk.marked in numbers else len(numbers) - 1
        line_no = numbers[max(0, min(len(numbers) - 1, at + intent.step))] if numbers else None
    if line_no not in numbers or line_no == desk.marked:
        return Step(desk, phase)
    return _why(replace(desk, marked=line_no), phase, WhyPrice(), ports)


def _leave(desk: Desk, phase: ShowingPrice, intent: Back | WhyPrice, ports: Ports) -> Step:
    """Back to the goods."""
    return Step(quiet(desk), Selling())


RULES: Rules = {
    (Selling, WhyPrice): _why,
    (Selling, RemoveCode): remove_code,
    (ShowingPrice, MarkLine): _mark,
    (ShowingPrice, MoveMark): _mark,
    (ShowingPrice, Back): _leave,
    (ShowingPrice, WhyPrice): _leave,
}

#: What the world tells in any phase.
WORLD: dict[type, Rule] = {PromotionsSent: promotions_sent, PricesExplained: explained}
