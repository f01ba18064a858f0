"""Parked sales: put aside under a short name, taken up again at this till."""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart_record import cart_from_bytes, cart_to_bytes
from posapp.flows.effects import ParkDraft, Record, UnparkDraft
from posapp.flows.intents import Resume, Suspend, SuspendedCart
from posapp.flows.packs_again import without_stopped
from posapp.flows.refusals import Refusal
from posapp.flows.rights_now import asked_anew, releases
from posapp.flows.state import Desk, Done, Phase, Selling
from posapp.flows.steps import Ports, Rules, Step, operator_of, quiet, refuse, tell


def _label(desk: Desk) -> str:
    """The lowest free short name: A-01, A-02 …"""
    used = {cart.label for cart in desk.parked}
    return next(f"A-{n:02d}" for n in range(1, len(used) + 2) if f"A-{n:02d}" not in used)


def _suspend(desk: Desk, phase: Selling, intent: Suspend, ports: Ports) -> Step:
    """Park the sale under a short name."""
    if desk.cart is None or not desk.cart.lines:
        return refuse(desk, phase, Refusal.NothingToSuspend)
    # What the hub keeps is let go of, and taken anew when the sale is paid.
    let_go = releases(desk.cart, "changed", ports)
    desk = replace(desk, cart=replace(desk.cart, rights=asked_anew(replace(desk.cart.rights, hold=None))))
    assert desk.cart is not None
    cart = SuspendedCart(
        transaction_id=desk.cart.transaction_id,
        label=_label(desk),
        suspended_ms=ports.clock.now_ms(),
        operator_name=operator_of(desk).name,
        goods_minor=desk.cart.goods_minor if desk.prices is None else desk.prices.paid_minor,
        pieces=desk.cart.pieces,
        cart=cart_to_bytes(desk.cart),
    )
    park = ParkDraft(
        transaction_id=cart.transaction_id,
        label=cart.label,
        suspended_ms=cart.suspended_ms,
        operator_name=cart.operator_name,
        goods_minor=cart.goods_minor,
        pieces=cart.pieces,
        cart=cart.cart,
    )
    desk = replace(desk, cart=None, marked=None, parked=(*desk.parked, cart), found=None)
    return Step(
        tell(desk, "Suspended as {label}", label=cart.label),
        phase,
        (park, *([Record(let_go)] if let_go else [])),
    )


def resume(desk: Desk, phase: Phase, intent: Resume, ports: Ports) -> Step:
    """Take a parked sale up again; an open one is ended first, and packs that may not be sold now go off."""
    if desk.cart is not None and not desk.cart.is_empty:
        return refuse(desk, phase, Refusal.SaleOpen)
    if desk.shift is None:
        return refuse(desk, phase, Refusal.NoOpenShift)
    parked = next((cart for cart in desk.parked if cart.transaction_id == intent.transaction_id), None)
    cart = cart_from_bytes(parked.cart) if parked else None
    if parked is None or cart is None:
        return refuse(desk, phase, Refusal.NoSuchSale)
    rest = tuple(other for other in desk.parked if other is not parked)
    marked = cart.lines[-1].line_no if cart.lines else None
    desk = replace(quiet(desk), cart=cart, marked=marked, parked=rest)
    step = without_stopped(desk, ports) or Step(desk, Selling())
    return step.also(UnparkDraft(cart.transaction_id))


RULES: Rules = {
    (Selling, Suspend): _suspend,
    (Selling, Resume): resume,
    (Done, Resume): resume,
}
