"""Whatever is pressed in whatever order: the till never raises, and every scan and coin is accounted for."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from posapp.domain.facts import OverrideGiven, ShiftSettled, TransactionCompleted, TransactionVoided
from posapp.domain.return_facts import ReturnCompleted
from posapp.flows import intents, member_wishes
from posapp.flows.effects import KickDrawer
from posapp.flows.intents import Intent, Tick
from posapp.flows.state import Choosing, CommitStuck, Committing, Locked, Weighing
from posapp.store.totals import check_return, check_sale
from tests.domain.shops import CHF, HE, LIN, SHOP, VAT9, VAT13, WU, ZHOU, shop, tax_rules
from tests.flows.fakes import (
    APPLE_PLU,
    COLA,
    LIKE_A_LABEL,
    MILK,
    NO_PRICE,
    UNKNOWN,
    price_label,
    weight_label,
)
from tests.flows.offers import OFFERS, promotions
from tests.flows.world import World, intents_in

CODES = [COLA, MILK, COLA, APPLE_PLU, LIKE_A_LABEL, NO_PRICE, UNKNOWN, weight_label(250), price_label(99)]
PEOPLE = [LIN, HE, ZHOU, WU]
SHOPS = [
    SHOP,
    shop(tax=tax_rules(VAT13, VAT9, includes=False)),
    shop(cash=CHF, tenders=SHOP.tenders[:1]),
    shop(operators=tuple(reversed(PEOPLE)), languages=("en",)),
    shop(tax=tax_rules(VAT9, rounding="line"), cash=CHF),
]
PLACES = st.sampled_from(["sell", "returns", "shift", "status"])
RECEIPTS = st.sampled_from(["T03-000001", "T03-000001", "T03-000002", "T03-000003", "T03-000099", ""])
KEYS = st.sampled_from([*"0123456789", "00", ".", "back", "clear", ""])

WISHES: st.SearchStrategy[Intent] = st.one_of(
    st.builds(intents.EnterText, st.sampled_from([*CODES, "3*" + COLA, "2*", "0*", "cola", "x" * 300])),
    st.builds(intents.EnterText, st.just("save2")),
    st.builds(intents.RemoveCode, st.sampled_from(["save2", "?"])),
    st.builds(intents.SearchText, st.sampled_from(["", "co", "apple", "苹", "zzz"])),
    st.builds(intents.KeyIn, KEYS),
    st.builds(intents.SwitchLanguage, st.sampled_from(["en", "zh_CN", "xx"])),
    st.builds(intents.GoTo, PLACES),
    st.builds(intents.SelectOperator, st.sampled_from(["1001", "1003", "1009", "1010", "?"])),
    st.builds(intents.AddItem, st.sampled_from(["cola", "apple", "free-soon", "?"])),
    st.builds(intents.MarkLine, st.integers(-1, 6)),
    st.builds(intents.MoveMark, st.integers(-2, 2)),
    st.builds(intents.ChangeQuantity, st.integers(-2, 2), st.none() | st.integers(0, 4)),
    st.builds(intents.VoidLine, st.none() | st.integers(0, 4)),
    st.builds(intents.ShowTab, st.integers(0, 3)),
    st.builds(intents.ChooseTender, st.sampled_from(["cash", "card", "?"])),
    st.builds(intents.OfferAmount, st.integers(-1, 30_000)),
    st.builds(intents.UndoTender, st.integers(0, 3)),
    st.builds(intents.ChooseReason, st.sampled_from(["Other", "Not known"])),
    st.builds(intents.MarkDenomination, st.integers(-1, 13)),
    st.builds(intents.Resume, st.just("?")),
    st.builds(member_wishes.StartReturn, RECEIPTS),
    st.builds(member_wishes.ChangeReturn, st.integers(0, 4), st.sampled_from([-1, 1, 1])),
    st.builds(member_wishes.ChooseReturnReason, st.sampled_from(["faulty", "wrong_size", "?"])),
    st.sampled_from([member_wishes.ToggleDisposition(), member_wishes.ConfirmReturn()]),
    st.sampled_from(
        [
            intents.FindByName(), intents.SignOn(), intents.SignOff(), intents.Lock(), intents.OpenShift(),
            intents.ConfirmWeight(), intents.VoidCart(), intents.Suspend(), intents.StartTender(),
            intents.Settle(), intents.Back(), intents.StoreAgain(), intents.NextSale(), intents.Reprint(),
            intents.Approve(), intents.StartCount(), intents.NextDenomination(), intents.SubmitCount(),
            intents.Recount(), intents.CloseShift(), intents.ShowX(), intents.PrintReport(),
            intents.ResumePrinting(), intents.PrintTestPage(), intents.WhyPrice(),
        ]
    ),
)  # fmt: skip


class AnyOrder(RuleBasedStateMachine):
    """A till under hands that press anything, a disk that fails, power that goes."""

    @initialize(holds=st.booleans(), slow=st.booleans(), shift=st.sampled_from([True, True, True, False]))
    def begin(self, holds: bool, slow: bool, shift: bool) -> None:
        self.world = World().open_shift() if shift else World()
        self.world.holds_commits = holds
        self.world.holds_answers = slow
        self.sent: dict[int, str] = {}

    def _do(self, intent: Intent) -> None:
        before = self.world.desk.scan_no
        self.world.do(intent)
        if not isinstance(intent, intents.ScanCode):
            assert self.world.desk.scan_no == before
            return
        counted = self.world.desk.scan_no - before
        badge = self._on_record(intent.text) == "badge"
        assert counted == 1 or (badge and counted == 0), f"{intent} counted {counted} times"
        if counted:
            self.sent[before + 1] = self._on_record(intent.text)

    def _on_record(self, text: str) -> str:
        badges = {who.badge for who in PEOPLE}
        return "badge" if text in badges else text

    @rule(code=st.sampled_from(CODES))
    def scan(self, code: str) -> None:
        self._do(intents.ScanCode(code))

    @rule(code=st.sampled_from([who.badge for who in PEOPLE]))
    def scan_badge(self, code: str) -> None:
        self._do(intents.ScanCode(code))

    @rule(data=st.data())
    def press_what_is_shown(self, data: st.DataObject) -> None:
        view = self.world.terminal.view()
        offered = intents_in(view)
        self._do(data.draw(st.sampled_from(offered)) if offered else Tick())

    @rule()
    def press_the_one_button(self) -> None:
        self._do(self.world.terminal.view().anchor.primary.intent)

    @rule(wish=WISHES)
    def press_anything(self, wish: Intent) -> None:
        self._do(wish)

    @rule(number=st.integers(0, len(PEOPLE) - 1))
    @precondition(lambda self: self.world.at in ("SignedOff", "Locked", "AwaitingOverride"))
    def key_a_right_pin(self, number: int) -> None:
        who = PEOPLE[number]
        self._do(intents.SelectOperator(who.operator_id))
        self._do(intents.ChooseReason("Other"))
        for digit in who.pin_hash.removeprefix("hash of "):
            self._do(intents.KeyIn(digit))
        self._do(intents.Approve() if self.world.at == "AwaitingOverride" else intents.SignOn())

    @rule(receipt=RECEIPTS, lines=st.lists(st.integers(1, 3), min_size=1, max_size=4))
    @precondition(lambda self: self.world.at in ("Selling", "Done", "Returned"))
    def bring_goods_back(self, receipt: str, lines: list[int]) -> None:
        self._do(member_wishes.StartReturn(receipt))
        for line_no in lines:
            self._do(member_wishes.ChangeReturn(line_no, 1))
        self._do(member_wishes.ConfirmReturn())

    @rule()
    @precondition(lambda self: self.world.at in ("SignedOff", "Locked"))
    def come_back_to_work(self) -> None:
        self.key_a_right_pin(0)
        if self.world.at == "ShiftClosed":
            self._do(intents.OpenShift())

    @rule(amount=st.sampled_from(["3", "30", "300"]))
    @precondition(lambda self: self.world.at in ("Selling", "Reporting") and self.world.desk.cart is None)
    def count_and_close(self, amount: str) -> None:
        self._do(intents.StartCount())
        for digit in amount:
            self._do(intents.KeyIn(digit))
        self._do(intents.SubmitCount())
        self._do(intents.ChooseReason("Not known"))
        self._do(intents.CloseShift())

    @rule()
    @precondition(lambda self: self.world.at == "Selling" and self.world.lines())
    def ask_for_a_void(self) -> None:
        self._do(intents.VoidCart())

    @rule()
    @precondition(lambda self: self.world.at == "Selling")
    def sell_something(self) -> None:
        self._do(intents.ScanCode(COLA))
        self._do(intents.StartTender())
        self._do(intents.Settle())

    @rule(trouble=st.sampled_from([None, None, "locked", "disk_full"]))
    @precondition(lambda self: bool(self.world.held))
    def the_store_answers(self, trouble: Any) -> None:
        self.world.answer_commit(trouble)

    @rule()
    @precondition(lambda self: bool(self.world.asked))
    def the_world_answers(self) -> None:
        self.world.do(self.world.answer(self.world.asked.pop(0)))

    @rule(seconds=st.sampled_from([1, 5, 400]))
    def time_passes(self, seconds: int) -> None:
        self.world.hands.pass_by(seconds * 1000)
        self._do(Tick())

    @rule(number=st.integers(0, len(SHOPS) - 1))
    def the_shop_changes(self, number: int) -> None:
        self.world.shop = SHOPS[number]
        self._do(intents.ShopChanged(SHOPS[number]))

    @rule(chosen=st.lists(st.sampled_from(OFFERS), unique_by=lambda each: each["id"]))
    def the_hub_sends_offers(self, chosen: list[dict[str, Any]]) -> None:
        self._do(promotions(*chosen))

    @rule(really=st.sampled_from([True, False, False, False]))
    def the_power_goes(self, really: bool) -> None:
        if not really:
            return
        self.world.restart()
        # A code that was waiting for its weight or for a commit is lost with its beep; no record tells of it.
        kept = self.world.scans()
        self.sent = {number: code for number, code in self.sent.items() if number in kept}

    @invariant()
    def every_scan_is_a_line_or_a_refusal_or_waits(self) -> None:
        kept = self.world.scans()
        waiting = self._waiting()
        assert {number: scan.code for number, scan in kept.items()} | waiting == self.sent
        assert not set(kept) & set(waiting)
        assert all((scan.line_no is None) != (scan.refusal is None) for scan in kept.values())

    def _waiting(self) -> dict[int, str]:
        phase = self.world.phase
        if isinstance(phase, Locked):
            phase = phase.back
        if isinstance(phase, CommitStuck):
            phase = phase.committing
        if isinstance(phase, Committing):
            return {number: self._on_record(scan.text) for number, scan in phase.waiting}
        if isinstance(phase, Weighing | Choosing):
            return {scan.scan_no: scan.code for scan in phase.scans}
        return {}

    @invariant()
    def every_sale_adds_up_and_has_its_own_number(self) -> None:
        sales = self.world.store.sales()
        for sale in sales:
            assert sum(line.amount_minor for line in sale.lines) == sale.goods_minor
            owed = sale.goods_minor - sale.discount_minor + sale.tax_added_minor
            assert owed + sale.rounding_minor == sale.total_minor
            check_sale(sale)
            paid = sum(tender.amount_minor for tender in sale.tenders)
            assert paid - sale.change_minor == sale.total_minor
            numbers = {line.line_no for line in sale.lines} | {line.line_no for line in sale.voided}
            assert {scan.line_no for scan in sale.scans if scan.line_no} <= numbers
            assert [scan.scan_no for scan in sale.scans] == sorted(scan.scan_no for scan in sale.scans)
        told = (TransactionCompleted, ReturnCompleted)
        numbered = [fact for fact in self.world.store.facts if isinstance(fact, told)]
        given = [fact.receipt_number for fact in numbered]
        assert given == [f"T03-{n:06d}" for n in range(1, len(given) + 1)]
        ended = [
            fact.transaction_id
            for fact in self.world.store.facts
            if isinstance(fact, TransactionCompleted | TransactionVoided)
        ]
        assert len(ended) == len(set(ended))

    @invariant()
    def no_piece_comes_back_twice_and_no_more_than_was_paid(self) -> None:
        returns = [fact for fact in self.world.store.facts if isinstance(fact, ReturnCompleted)]
        for fact in returns:
            check_return(fact)
        pieces = [
            (fact.sale_id, line.line_no, unit)
            for fact in returns
            for line in fact.lines
            for unit in line.units
        ]
        assert len(pieces) == len(set(pieces))
        for sale in self.world.store.sales():
            back = [fact.total_minor for fact in returns if fact.sale_id == sale.transaction_id]
            assert sum(back) <= sale.total_minor

    @invariant()
    def nobody_approves_their_own_act(self) -> None:
        for fact in self.world.store.facts:
            if isinstance(fact, OverrideGiven):
                assert fact.approver_id != fact.operator_id
                assert fact.reason

    @invariant()
    def the_drawer_opens_for_a_stored_sale_or_a_count(self) -> None:
        kicks = sum(isinstance(effect, KickDrawer) for effect in self.world.effects)
        counts = sum(isinstance(fact, ShiftSettled) for fact in self.world.store.facts)
        assert kicks >= counts

    @invariant()
    def signed_off_means_signed_off(self) -> None:
        if self.world.at == "SignedOff":
            assert self.world.desk.operator is None
        if self.world.at in ("Selling", "Tendering", "Weighing", "Counting"):
            assert self.world.desk.operator is not None
            assert self.world.desk.shift is not None


AnyOrder.TestCase.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, derandomize=True
)
TestAnyOrder = AnyOrder.TestCase
