"""Codes scanned while payment is open: a member's makes the prices anew, a gift card pays."""

from __future__ import annotations

from posapp.flows import gift_cards, rights, tendering
from posapp.flows.finding import while_paying
from posapp.flows.intents import ScanCode, StartTender
from posapp.flows.state import Desk, Selling, Tendering
from posapp.flows.steps import Ports, Rules, Step

_OTHERWISE = tendering.RULES[(Tendering, ScanCode)]


def _scan(desk: Desk, phase: Tendering, intent: ScanCode, ports: Ports) -> Step:
    """A member's code is taken before any money is, and payment opens again; other codes as payment says."""

    def pay_again(unlocked: Desk) -> Step:
        return rights.RULES[(Selling, StartTender)](unlocked, Selling(), StartTender(), ports)

    gift = gift_cards.paying(desk, phase, intent.text, ports)
    if gift is not None:
        return gift
    step = while_paying(desk, phase, intent, ports, pay_again)
    return _OTHERWISE(desk, phase, intent, ports) if step is None else step


RULES: Rules = {(Tendering, ScanCode): _scan}
