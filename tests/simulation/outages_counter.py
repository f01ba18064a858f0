"""Who stands at the tills of the outage campaign: shoppers and cashiers that press what is on the screen.

A serving is one shopper from the first code to the receipt, a return, somebody who joins, or a sale that is
given up, suspended or torn off by a power cut. What is pressed next hangs on the till's phase and on chance.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from posapp.flows.intents import (
    Back,
    ChooseTender,
    EnterText,
    GoTo,
    KeyIn,
    NextSale,
    Resume,
    ScanCode,
    Settle,
    StartTender,
    Suspend,
    Tick,
    VoidCart,
)
from posapp.flows.member_wishes import (
    ChangeReturn,
    ConfirmJoin,
    ConfirmReturn,
    GoOnWithout,
    LoadGiftCard,
    LookUpMember,
    OpenMember,
    RetryRights,
    StartReturn,
    ToggleConsent,
    UsePoints,
)
from tests.flows.fakes import COLA, MILK
from tests.simulation.network_world import TillDied
from tests.simulation.outages_shop import CARDS, NEW_PHONES, PHONES, WORD, Chain
from tests.simulation.outages_sky import OutageSky
from tests.simulation.outages_till import Till

PRESSES_MOST: Final = 26
MINUTE_MS: Final = 60_000
#: What may be done besides selling; each must happen in a campaign.
DONE: Final = (
    "sale with points", "sale with a coupon", "sale with a gift card", "sale under a lease", "join", "return",
    "void", "suspend", "power cut in a sale", "photograph of a code", "slow payer", "payment left open",
    "card loaded",
)  # fmt: skip


@dataclass
class Shoppers:
    """All people of a seed."""

    chain: Chain
    sky: OutageSky
    chance: random.Random
    happened: Counter[str]
    #: Receipts by store, with how many lines and pieces each has.
    receipts: dict[str, list[tuple[str, tuple[tuple[int, int], ...]]]] = field(default_factory=dict)

    def serve(self, till: Till) -> None:
        """One shopper at a till."""
        chance = self.chance
        try:
            if till.desk.cart is None and chance.random() < 0.1:
                self._return(till)
            else:
                self._sale(till)
        except TillDied:
            self.happened["power cut in a sale"] += 1
            till.die()

    def begin_payment(self, till: Till) -> None:
        """A sale up to the open payment, and then the network goes."""
        try:
            for _press in range(PRESSES_MOST):
                if till.at in ("Tendering", "Done"):
                    return
                self._press(till)
        except TillDied:
            till.die()

    def end_payment(self, till: Till) -> None:
        """Whoever went to fetch the purse comes back and pays, or does not."""
        if till.at == "Tendering" and self.chance.random() < 0.6:
            till.do(ChooseTender("cash"), Settle())
        if till.at == "Tendering":
            till.do(Back())
        till.do(NextSale() if till.at == "Done" else VoidCart())

    # ------------------------------------------------------------------ a sale
    def _sale(self, till: Till) -> None:
        chance = self.chance
        if till.at == "Tendering" and chance.random() < 0.5:
            # Whose payment is open is still away.
            return
        for _press in range(PRESSES_MOST):
            self._wait(till)
            if chance.random() < 0.02:
                raise TillDied
            if not self._press(till):
                return

    def _press(self, till: Till) -> bool:
        """Press something; whether the shopper is still there."""
        chance, cart = self.chance, till.desk.cart
        match till.at:
            case "Selling" if cart is None or not cart.lines:
                return self._begin(till)
            case "Selling":
                return self._go_on(till)
            case "HoldingRights":
                wish = chance.choices((GoOnWithout(), RetryRights(), Back()), (6, 3, 1))[0]
                till.do(wish)
                return True
            case "Tendering":
                return self._pay(till)
            case "Done" | "Returned":
                self._note(till)
                till.do(NextSale())
                return False
            case "Returning":
                till.do(GoTo("sell"))
            case _:
                till.do(Back())
        return True

    def _begin(self, till: Till) -> bool:
        chance = self.chance
        parked = till.desk.parked
        if parked and chance.random() < 0.6:
            till.do(Resume(parked[0].transaction_id))
            return True
        for _ in range(chance.randint(1, 4)):
            till.do(ScanCode(chance.choice((COLA, MILK, MILK))))
        if chance.random() < 0.08:
            till.do(ScanCode(self.chain.gifts[2][1]))
            if till.at == "ShowingGiftCard":
                till.do(KeyIn("5"), KeyIn("0"), LoadGiftCard())
                self.happened["card loaded"] += 1
        if chance.random() < 0.85:
            self._identify(till)
        if chance.random() < 0.3:
            till.do(ScanCode(chance.choice(self.chain.bearers)))
        if chance.random() < 0.1:
            till.do(EnterText(WORD))
        return till.at == "Selling"

    def _identify(self, till: Till) -> None:
        chance = self.chance
        who = chance.choices(range(len(PHONES)), (5, 3, 1))[0]
        way = chance.random()
        if way < 0.6:
            code = self.chain.code(self.chain.members[who], self.sky.now_ms_)
            till.do(ScanCode(code))
        elif way < 0.68:
            back_ms = int(chance.random() ** 2 * 1_600 * MINUTE_MS)
            self.happened["photograph of a code"] += 1
            till.do(ScanCode(self.chain.code(self.chain.members[who], self.sky.now_ms_ - back_ms)))
        elif way < 0.88:
            till.do(ScanCode(CARDS[who]))
        elif way < 0.94:
            till.do(OpenMember(), *(KeyIn(sign) for sign in PHONES[who]), LookUpMember())
        else:
            phone = chance.choice((*NEW_PHONES, PHONES[2]))
            self.happened["join"] += 1
            till.do(OpenMember(), *(KeyIn(sign) for sign in phone), LookUpMember())
            till.do(ToggleConsent("terms"), ConfirmJoin())
        while till.at in ("FindingMember", "ShowingMember", "JoiningMember"):
            till.do(Back())

    def _go_on(self, till: Till) -> bool:
        chance = self.chance
        way = chance.random()
        if way < 0.04:
            till.do(VoidCart())
            self.happened["void"] += 1
            return till.desk.cart is not None
        if way < 0.09:
            till.do(Suspend())
            self.happened["suspend"] += 1
            return False
        if way < 0.15:
            till.do(UsePoints(chance.choice((0, 100, None))))
        if way < 0.2:
            till.do(ScanCode(COLA))
        till.do(StartTender())
        return True

    def _pay(self, till: Till) -> bool:
        chance = self.chance
        way = chance.random()
        if way < 0.05:
            # Gone to fetch the purse: the payment stays open.
            self.happened["payment left open"] += 1
            return False
        if way < 0.1:
            till.do(Back())
        elif way < 0.14:
            self.happened["slow payer"] += 1
            self.sky.pass_by(chance.randrange(10, 40) * MINUTE_MS)
            till.do(Tick())
            if chance.random() < 0.5:
                till.visit()
        elif way < 0.4:
            number, code = chance.choice(self.chain.gifts)
            if chance.random() < 0.3:
                till.do(KeyIn(str(chance.randint(1, 9))))
            till.do(ScanCode(code if chance.random() < 0.8 else number))
        if till.at == "Tendering" and chance.random() < 0.7:
            till.do(ChooseTender("cash"), Settle())
        return True

    def _note(self, till: Till) -> None:
        sale = getattr(till.terminal.state.phase, "sale", None)
        if sale is None:
            return
        member = sale.member
        leases = [each.lease_id for each in (*sale.coupons, *sale.tenders)]
        for name, is_so in (
            ("sale with points", member is not None and member.points_used),
            ("sale with a coupon", sale.coupons),
            ("sale with a gift card", any(each.kind == "gift" for each in sale.tenders)),
            ("sale under a lease", any(leases) or (member is not None and member.points_lease_id)),
            ("sales", True),
        ):
            self.happened[name] += bool(is_so)
        last = till.desk.last_sale
        pieces = tuple((line.line_no, line.quantity) for line in sale.lines if not line.gift_card)
        self.receipts.setdefault(till.place.store_id, []).append((last.receipt_number, pieces))

    # ------------------------------------------------------------------ a return
    def _return(self, till: Till) -> None:
        known = self.receipts.get(till.place.store_id)
        if not known:
            return
        receipt, lines = self.chance.choice(known[-12:])
        till.do(GoTo("returns"), StartReturn(receipt))
        is_whole = self.chance.random() < 0.6
        for line_no, pieces in lines:
            for _ in range(pieces if is_whole else 1):
                till.do(ChangeReturn(line_no, 1))
            if not is_whole:
                break
        till.do(ConfirmReturn())
        if till.at == "Returned":
            self.happened["return"] += 1
            till.do(NextSale())
        else:
            for _ in range(3):
                if till.at != "Selling":
                    till.do(Back() if till.at != "Returning" else GoTo("sell"))

    def _wait(self, till: Till) -> None:
        self.sky.pass_by(self.chance.randrange(500, 15_000))
        till.do(Tick())
