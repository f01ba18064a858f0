"""Picture 16, the shopper's screen: goods with their offers, sums, what is to pay, what is saved.

It says what the cashier's screen says and less: no stock, no cost, no errors, names masked. All amounts
are those of the one priced value.
"""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.cart import Cart
from posapp.domain.transactions import saved_minor as saved_of_sale
from posapp.flows.blocks import SumRow
from posapp.flows.customer import CustomerLine, CustomerView
from posapp.flows.formatting import MINUS, weight
from posapp.flows.presenters.kept import Kept
from posapp.flows.presenters.prices import LINE_LAYERS, line_offers, offer_name, saved_minor
from posapp.flows.presenters.words import Scene
from posapp.flows.state import CommitStuck, Done, TerminalState
from posapp.flows.steps import Ports


def customer_view(state: TerminalState, ports: Ports) -> CustomerView | None:
    """What the shopper sees; None while the till has no shop."""
    desk = state.desk
    if desk.shop is None:
        return None
    scene = Scene(desk, ports.speech(desk.language), ports.clock.now_ms(), "", Kept())
    store = scene.word(desk.shop.names)
    if isinstance(state.phase, Done):
        sale = state.phase.sale
        saved = saved_of_sale(sale)
        paid = SumRow(scene.t("Total"), scene.amount(sale.total_minor))
        rows = (paid, SumRow(scene.t("Received"), scene.amount(sale.tendered_minor)))
        figure = scene.amount(sale.change_minor)
        told = CustomerView(store, "", (), rows, scene.t("Change"), scene.sign, figure)
        shopper = state.phase.shopper
        return _with_saved(scene, told, saved, _greeting(scene, shopper.name if shopper is not None else ""))
    cart = desk.cart
    if cart is None or not cart.lines:
        member = cart.rights.member if cart is not None else None
        name = member.card.name if member is not None else ""
        welcome = scene.t("Welcome, {name}", name=name) if name else scene.t("Welcome")
        return CustomerView(store, "", (), (), "", "", "", thanks=welcome)
    if isinstance(state.phase, CommitStuck):
        return CustomerView(store, "", (), (), "", "", "", thanks=scene.t("One moment"))
    return _cart(scene, store, cart)


def _cart(scene: Scene, store: str, cart: Cart) -> CustomerView:
    prices = scene.desk.prices
    offers = line_offers(scene, cart, prices)
    lines = []
    goods = 0
    for line in cart.lines:
        mine = offers.get(line.line_no)
        amount = line.amount_minor if mine is None else mine.amount_minor
        goods += amount
        pieces = line.quantity.value
        how = weight(pieces) if line.quantity.unit == "g" else (f"× {pieces}" if pieces > 1 else "")
        was, words = ("", "") if mine is None else (mine.was, mine.words)
        lines.append(
            CustomerLine(
                scene.word(line.names), how, scene.amount(amount), was, words, line is cart.lines[-1]
            )
        )
    rows = [SumRow(scene.t("Goods"), scene.amount(goods))]
    for each in prices.priced.discounts if prices is not None else ():
        if each.layer not in LINE_LAYERS:
            off = f"{MINUS}{scene.amount(each.amount_minor)}"
            name = offer_name(scene, each)
            if each.points:
                name = f"{name} · {scene.t('{n} pts', n=f'{each.points:,}')}"
            rows.append(SumRow(name, off, "", "saving"))
    totals = scene.kept.totals(cart, scene.shop, prices)
    rows += [SumRow(scene.tax(tax), scene.amount(tax.tax_minor)) for tax in totals.taxes if not tax.included]
    head = scene.t("Your items · {n}", n=str(cart.pieces))
    figure = scene.amount(totals.total_minor)
    told = CustomerView(store, head, tuple(lines), tuple(rows), scene.t("To pay"), scene.sign, figure)
    member = cart.rights.member
    told = _with_saved(
        scene, told, saved_minor(cart, prices), _greeting(scene, member.card.name) if member else ""
    )
    if prices is None or member is None or not prices.priced.points_earned:
        return told
    return replace(told, earned_label=scene.t("You earn"), earned=f"+{prices.priced.points_earned:,}")


def _greeting(scene: Scene, name: str) -> str:
    """A word for a member by their masked name, which is all that the till knows of it."""
    return scene.t("Thank you for coming, {name}", name=name) if name else scene.t("Thank you for coming")


def _with_saved(scene: Scene, told: CustomerView, saved: int, thanks: str) -> CustomerView:
    return CustomerView(
        told.store, told.head, told.lines, told.rows, told.label, told.currency, told.figure,
        scene.t("You save") if saved else "", scene.amount(saved) if saved else "", thanks,
    )  # fmt: skip
