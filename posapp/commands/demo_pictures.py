"""Pictures of members' rights, gift cards and returns: what the demo's day leaves out because it costs time.

Played on the same till and hub as the day. The network goes by halting the hub, so that questions to it stay
without an answer as they do behind a cut line.
"""

from __future__ import annotations

import csv
import os
import signal
from collections.abc import Callable

from PySide6.QtCore import Qt

from posapp.commands.cashier import Cashier, Script
from posapp.commands.demo_day import MANAGER, MANAGER_PIN, SCANS, day
from posapp.commands.demo_members import CARD
from posapp.commands.demo_shop import DemoShop
from posapp.flows.rights_phases import HoldingRights

TAIL, NEW_PHONE = "6027", "13700131234"
ALT = Qt.KeyboardModifier.AltModifier


def everything(cashier: Cashier, shop: DemoShop, language: str) -> Script:
    """The day, with a picture of every screen, and what only a manager is shown."""
    yield from day(cashier, language, rights(cashier, shop))
    yield from for_managers(cashier)


def rights(cashier: Cashier, shop: DemoShop) -> Script:
    """A member from the look-up to the refund, with the network going in between; the till is selling."""
    yield from _look_up(cashier)
    yield from _member(cashier)
    if hasattr(signal, "SIGSTOP"):
        yield from _cut(cashier, lambda: os.kill(shop.hub_pid, signal.SIGSTOP))
        os.kill(shop.hub_pid, signal.SIGCONT)
        yield cashier.until("the network", lambda: cashier.till.terminal.state.desk.link.state == "online")
    yield from _gift_card(cashier, shop)
    yield from _sold_and_back(cashier)


def for_managers(cashier: Cashier) -> Script:
    """The status page as a manager sees it; nobody is signed on."""
    yield cashier.state("SignedOff")
    found = cashier.till.terminal.state.desk.shop
    manager = found.operator(MANAGER) if found is not None else None
    cashier.click(manager.name if manager is not None else "")
    for digit in MANAGER_PIN:
        cashier.click(digit)
    yield cashier.until("four dots", lambda: cashier.view.anchor.dots == (4, 4))
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("ShiftClosed")
    cashier.press(Qt.Key.Key_7, ALT)
    yield cashier.state("ShowingStatus")
    cashier.shot("30-status-manager")


def _type(cashier: Cashier, text: str) -> None:
    for sign in text:
        cashier.press(Qt.Key(ord(sign)))


def _look_up(cashier: Cashier) -> Script:
    cashier.press(Qt.Key.Key_F3)
    yield cashier.state("FindingMember")
    _type(cashier, TAIL)
    yield cashier.until("the digits", lambda: cashier.view.anchor.figure == TAIL)
    cashier.press(Qt.Key.Key_Return)
    yield cashier.until("somebody", lambda: bool(getattr(cashier.till.terminal.state.phase, "cards", None)))
    cashier.shot("20-find-member")
    cashier.press(Qt.Key.Key_Escape)
    yield from _leave(cashier)
    cashier.press(Qt.Key.Key_F3)
    yield cashier.state("FindingMember")
    _type(cashier, NEW_PHONE)
    yield cashier.until("the number", lambda: cashier.view.anchor.figure == NEW_PHONE)
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("JoiningMember")
    cashier.shot("21-join")
    cashier.press(Qt.Key.Key_Escape)
    yield from _leave(cashier)


def _leave(cashier: Cashier) -> Script:
    """Escape clears what is keyed first, and then leaves the sheet."""
    yield cashier.until("a moment", lambda: True)
    while cashier.view.state != "Selling":
        cashier.press(Qt.Key.Key_Escape)
        yield cashier.until("a moment", lambda: True)


def _member(cashier: Cashier) -> Script:
    cashier.burst(CARD)
    yield cashier.until("the member", lambda: _is_known(cashier))
    for count, code in enumerate(SCANS, 1):
        cashier.burst(code)
        yield cashier.lines(count)
    cashier.burst(SCANS[-1])
    yield cashier.until("coupons and points", lambda: _uses(cashier))
    cashier.shot("22-member")
    cashier.press(Qt.Key.Key_F3)
    yield cashier.state("ShowingMember")
    cashier.shot("23-member-sheet")
    cashier.press(Qt.Key.Key_Escape)
    yield cashier.state("Selling")
    cashier.press(Qt.Key.Key_F4)
    yield cashier.state("ShowingCoupons")
    cashier.shot("24-coupons")
    cashier.press(Qt.Key.Key_Escape)
    yield cashier.state("Selling")


def _is_known(cashier: Cashier) -> bool:
    cart = cashier.till.terminal.state.desk.cart
    member = cart.rights.member if cart is not None else None
    return member is not None and member.card.as_of_ms is not None


def _uses(cashier: Cashier) -> bool:
    prices = cashier.till.terminal.state.desk.prices
    return prices is not None and bool(prices.coupons_used or prices.priced.points_used)


def _cut(cashier: Cashier, halt: Callable[[], None]) -> Script:
    """The line is cut just before payment: asked, not answered, and offline from then on."""
    halt()
    cashier.press(Qt.Key.Key_F12)
    yield cashier.state("HoldingRights")
    cashier.shot("25-holding")

    def is_over() -> bool:
        phase = cashier.till.terminal.state.phase
        return not isinstance(phase, HoldingRights) or phase.told != "asking"

    yield cashier.until("no answer", is_over)
    cashier.shot("26-partly")
    cashier.press(Qt.Key.Key_Escape)
    yield cashier.state("Selling")
    yield cashier.until("no network", lambda: cashier.till.terminal.state.desk.link.state == "offline")
    cashier.shot("27-offline")


def _gift_card(cashier: Cashier, shop: DemoShop) -> Script:
    with shop.gift_cards.open(encoding="utf-8", newline="") as file:
        code = next(csv.DictReader(file))["code"]
    cashier.burst(code)
    yield cashier.state("ShowingGiftCard")
    yield cashier.until(
        "the hub's word", lambda: getattr(cashier.till.terminal.state.phase, "answer", None) is not None
    )
    cashier.shot("28-gift-card")
    cashier.press(Qt.Key.Key_Escape)
    yield from _leave(cashier)


def _sold_and_back(cashier: Cashier) -> Script:
    """The member's sale is paid, and one piece of it comes back."""
    cashier.press(Qt.Key.Key_F12)
    yield cashier.state("Tendering")
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("Done")
    cashier.shot("29-done-member")
    receipt = cashier.till.terminal.state.phase.sale.receipt_number  # type: ignore[union-attr]
    cashier.press(Qt.Key.Key_Return)
    yield cashier.state("Selling")
    cashier.press(Qt.Key.Key_4, ALT)
    yield cashier.state("Returning")
    cashier.press(Qt.Key.Key_F2)
    for sign in receipt:
        cashier.press(Qt.Key.Key_Minus if sign == "-" else Qt.Key(ord(sign)))
    cashier.press(Qt.Key.Key_Return)
    yield cashier.until(
        "the receipt", lambda: getattr(cashier.till.terminal.state.phase, "found", None) is not None
    )
    cashier.burst(SCANS[0])
    yield cashier.until("a piece", lambda: cashier.view.anchor.primary.enabled)
    cashier.shot("29-returns")
    cashier.press(Qt.Key.Key_1, ALT)
    yield cashier.state("Selling")
