"""Promotions in a sale: on screen, at payment, on paper and on record; coupons, windows, power cuts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from posapp.domain.cart_record import cart_from_bytes
from posapp.domain.facts import TransactionCompleted
from posapp.domain.paper import TextRow
from posapp.domain.price_facts import PromotionSetAside, UnitsPaid
from posapp.domain.shifts import local_time
from posapp.flows.effects import Commit, ExplainPrices, Record
from posapp.flows.intents import (
    Back,
    ChangeQuantity,
    ChooseTender,
    EnterText,
    GoTo,
    MarkLine,
    PromotionsSent,
    RemoveCode,
    Resume,
    Settle,
    StartTender,
    Suspend,
    SwitchLanguage,
    Tick,
    VoidLine,
    WhyPrice,
)
from posapp.flows.mains import CartMain, DoneMain, StatusMain
from posapp.flows.paper import receipt
from posapp.flows.views import PriceSteps, SavedBand
from tests.domain.shops import SHOP, VAT13, shop, tax_rules
from tests.flows.fakes import COLA, MILK, price_label, speech, weight_label
from tests.flows.offers import BROKEN, FIVE_PCT, HALF, SAVE2, TEN_OFF, promotions
from tests.flows.world import World, labels, texts_in


@pytest.fixture
def world() -> World:
    """A till that sells in English, with the second cola at half price."""
    world = World().open_shift()
    world.do(SwitchLanguage("en"), promotions(HALF))
    return world


def sale_of(world: World) -> TransactionCompleted:
    return world.store.sales()[-1]


def line_views(world: World) -> list[tuple[str, str, str]]:
    main = world.terminal.view().main
    assert isinstance(main, CartMain)
    return [(line.amount, line.was, line.offers) for line in main.lines]


def test_the_second_costs_half_on_screen_paper_and_record(world: World) -> None:
    world.scan(COLA)
    assert line_views(world) == [("3.50", "", "")]
    world.scan(COLA)
    assert line_views(world) == [("5.25", "7.00", "Second at half −1.75")]
    assert world.terminal.view().anchor.figure == "5.25"
    assert ["Saved", "¥", "1.75"] in [texts_in(each)[:3] for each in world.terminal.view().side]
    world.scan(MILK)
    world.pay()
    sale = sale_of(world)
    assert (sale.goods_minor, sale.discount_minor, sale.total_minor) == (1995, 175, 1820)
    (off,) = sale.discounts
    assert (off.modifier_no, off.promotion_id, off.version, off.layer, off.rule) == (
        1,
        "half",
        3,
        "item",
        "nth",
    )
    assert (off.amount_minor, off.lines, off.funding) == (175, ((1, 175),), (("store", "", 175),))
    assert [line.paid_minor for line in sale.lines] == [525, 1295]
    shares = sale.lines[0].runs
    assert sum(run.count * run.paid_minor for run in shares) == 525
    assert sum(run.count * share for run in shares for _, share in run.shares) == 175
    assert sale.lines[1].runs == ()
    # Tax is of what was paid: 5.25 with 13 %, 12.95 with 9 % in it.
    assert [(tax.taxable_minor, tax.tax_minor) for tax in sale.taxes] == [(465, 60), (1188, 107)]
    rows = [
        (row.left.strip(), row.right)
        for row in receipt(sale, SHOP, speech("en")).rows
        if isinstance(row, TextRow)
    ]
    assert ("Second at half", "−1.75") in rows
    assert ("2 lines · 3 pcs", "18.20") in rows
    assert ("You save", "¥1.75") in rows
    done = world.terminal.view().main
    assert isinstance(done, DoneMain)
    assert ["Second at half", "−1.75"] in [texts_in(row)[:2] for card in done.cards for row in card.rows]


def test_an_offer_of_the_whole_sale_has_a_row_of_its_own(world: World) -> None:
    world.do(promotions(HALF, TEN_OFF))
    world.scan(COLA, COLA, MILK)
    side = labels(world.terminal.view())
    for words in ("Goods at full price", "Line offers", "1 line", "1 off 10", "−1.00", "2.75"):
        assert words in side
    assert world.terminal.view().anchor.figure == "17.20"
    world.pay()
    sale = sale_of(world)
    assert [each.promotion_id for each in sale.discounts] == ["half", "ten-off"]
    assert sum(line.paid_minor or 0 for line in sale.lines) == sale.goods_minor - sale.discount_minor == 1720
    texts = [row.left for row in receipt(sale, SHOP, speech("en")).rows if isinstance(row, TextRow)]
    assert texts.index("1 off 10") > texts.index("2 lines · 3 pcs")


def test_tax_on_top_is_of_what_is_paid() -> None:
    world = World(shop(tax=tax_rules(VAT13, includes=False))).open_shift()
    world.do(promotions({**TEN_OFF, "needs": {}}))
    world.scan(COLA)
    world.do(StartTender(), ChooseTender("card"), Settle())
    sale = sale_of(world)
    assert (sale.goods_minor, sale.discount_minor, sale.tax_added_minor, sale.total_minor) == (
        350,
        100,
        33,
        283,
    )


def test_a_price_that_the_code_fixed_takes_no_offer(world: World) -> None:
    world.do(promotions({"id": "all", "kind": {"type": "pct", "pct": 10}}))
    world.scan(price_label(500), weight_label(500))
    assert [each[0] for each in line_views(world)] == ["5.00", "5.76"]


class TestCoupons:
    def test_a_scanned_coupon_is_no_scan_of_goods(self, world: World) -> None:
        world.do(promotions(SAVE2))
        world.scan(COLA)
        before = world.desk.scan_no
        world.scan("save2")
        assert (world.desk.cart.codes, world.desk.scan_no) == (("save2",), before)
        assert world.terminal.view().anchor.figure == "1.50"
        assert "save2" in labels(world.terminal.view())
        world.pay()
        assert [each.code for each in sale_of(world).discounts] == ["save2"]
        world.scans()

    def test_one_is_taken_once_and_can_be_taken_off(self, world: World) -> None:
        world.do(promotions(SAVE2), EnterText("SAVE2"))
        assert world.desk.cart.lines == ()
        assert "saves nothing on this sale so far" in labels(world.terminal.view())
        world.scan("Save2")
        assert world.refused.startswith("This coupon is on the sale already")
        world.scan(COLA)
        world.do(RemoveCode("SAVE2"))
        assert (world.desk.cart.codes, world.desk.prices.discount_minor) == ((), 0)
        world.do(RemoveCode("SAVE2"))
        assert world.refused

    def test_it_outlives_suspending_and_a_power_cut(self, world: World) -> None:
        world.do(promotions(SAVE2), EnterText("SAVE2"))
        world.scan(COLA)
        assert world.store.draft is not None
        assert cart_from_bytes(world.store.draft[1]) == world.desk.cart
        world.do(Suspend())
        (parked,) = world.desk.parked
        assert parked.goods_minor == 150
        world.do(Resume(parked.transaction_id))
        assert (world.desk.cart.codes, world.desk.prices.discount_minor) == (("SAVE2",), 200)

    def test_an_unknown_word_is_still_unknown(self, world: World) -> None:
        world.do(promotions(SAVE2))
        world.scan("SAVE3")
        assert world.refused
        assert world.desk.cart is None


class TestTime:
    def happy_hour(self, world: World, minutes: int) -> PromotionsSent:
        now = local_time(world.hands.now_ms(), SHOP)
        until = (now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        window = {"from": f"{now:%H:%M}", "to": f"{until:%H:%M}"}
        return promotions({**FIVE_PCT, "weekly": [window]})

    def test_a_closing_window_changes_the_open_sale(self, world: World) -> None:
        world.do(self.happy_hour(world, 2))
        world.scan(COLA)
        assert world.terminal.view().anchor.figure == "3.32"
        world.hands.pass_by(60_000)
        world.do(Tick())
        assert world.terminal.view().anchor.figure == "3.32"
        world.hands.pass_by(60_000)
        world.do(Tick())
        assert world.terminal.view().anchor.figure == "3.50"

    def test_an_open_payment_keeps_its_prices_until_it_is_left(self, world: World) -> None:
        world.do(self.happy_hour(world, 2))
        world.scan(COLA)
        world.do(StartTender())
        world.hands.pass_by(300_000)
        world.do(Tick(), promotions(HALF))
        assert world.terminal.view().anchor.facts == ("Total 3.32", "Rounding −0.02")
        world.do(Back())
        assert world.terminal.view().anchor.figure == "3.50"

    def test_payment_opens_at_what_holds_at_that_moment(self, world: World) -> None:
        world.do(self.happy_hour(world, 2))
        world.scan(COLA)
        world.hands.pass_by(300_000)
        world.do(StartTender())  # no tick came in between
        assert world.terminal.view().anchor.facts == ("Total 3.50",)

    def test_a_half_taken_payment_goes_on_at_its_prices_after_a_power_cut(self, world: World) -> None:
        sent = self.happy_hour(world, 2)
        world.do(sent)
        world.scan(COLA)
        world.pay("1")
        assert world.at == "Tendering"
        again = World(None, recover=False)
        again.store, again.hands = world.store, world.hands
        again.ports = replace(again.ports, clock=world.hands, ids=world.hands, sold=world.store)
        again.terminal = type(again.terminal)("T03", again.ports, language="en")
        again.shop = SHOP
        world.hands.pass_by(600_000)
        again.do(again.store.recovered(SHOP))
        again.sign_on()
        assert again.at == "Tendering"
        again.do(SwitchLanguage("en"), sent)  # the promotions of before are read only now
        assert "Total 3.32" in again.terminal.view().anchor.facts
        again.do(Settle())
        assert sale_of(again).discount_minor == 18


class TestWhy:
    def test_the_sheet_tells_step_by_step_and_what_was_lost(self, world: World) -> None:
        world.do(promotions(HALF, FIVE_PCT, TEN_OFF))
        world.scan(COLA, COLA, MILK)
        asked = world.do(MarkLine(1), WhyPrice()).effects
        assert [type(effect) for effect in asked] == [ExplainPrices]
        view = world.terminal.view()
        assert view.sheet is not None
        assert (view.sheet.chip, view.sheet.title) == ("Line 1", "Why this price · Cola")
        steps, note, lost = view.sheet.right
        assert isinstance(steps, PriceSteps)
        told = [(row.reason, row.amount, row.so_far) for row in steps.rows]
        assert told[0] == ("Ticket price", "7.00", "")
        assert told[1] == ("Second at half", "−1.75", "5.25")
        assert told[2][0] == "1 off 10"
        assert told[-1][0] == "This line pays"
        paid = world.desk.prices.line(1).paid_minor
        assert told[-1][1] == f"{paid // 100}.{paid % 100:02d}"
        assert "returned" in texts_in(note)[0]
        assert "Five percent" in texts_in(lost)
        assert "another offer gives more: Second at half" in texts_in(lost)
        assert view.anchor.primary.intent == StartTender()

    def test_another_line_and_back(self, world: World) -> None:
        world.scan(COLA, COLA, MILK)
        world.do(WhyPrice())
        assert labels(world.terminal.view()).count("Line 2") == 1
        world.do(MarkLine(1))
        assert labels(world.terminal.view()).count("Line 1") == 1
        world.do(Back())
        assert world.at == "Selling"

    def test_goods_and_payment_are_never_in_its_way(self, world: World) -> None:
        world.scan(COLA)
        world.do(WhyPrice())
        world.scan(COLA)
        assert (world.at, world.lines()) == ("Selling", [("cola", 2, 700)])
        world.do(WhyPrice(), StartTender())
        assert world.at == "Tendering"
        world.do(Back(), WhyPrice(), EnterText(MILK))
        assert len(world.lines()) == 2

    def test_without_goods_there_is_nothing_to_tell(self, world: World) -> None:
        world.do(WhyPrice())
        assert world.refused


def test_what_cannot_be_read_is_told_and_sold_without(world: World) -> None:
    outcome = world.do(promotions(HALF, BROKEN))
    (record,) = [effect for effect in outcome.effects if isinstance(effect, Record)]
    (fact,) = record.facts
    assert isinstance(fact, PromotionSetAside)
    assert (fact.promotion_id, fact.version) == ("broken", 4)
    assert fact.problem.startswith("kind.type")
    world.do(GoTo("status"))
    status = world.terminal.view().main
    assert isinstance(status, StatusMain)
    assert "1 of the hub cannot be read; goods are sold without them" in texts_in(status)
    world.do(GoTo("sell"))
    world.scan(COLA, COLA)
    assert world.desk.prices.discount_minor == 175


def test_a_changed_line_is_priced_anew(world: World) -> None:
    world.scan(COLA, COLA)
    world.do(ChangeQuantity(1))
    assert world.desk.prices.discount_minor == 175
    world.do(ChangeQuantity(1))
    assert world.desk.prices.discount_minor == 350
    world.do(VoidLine())
    assert world.desk.prices.discount_minor == 0
    assert not [each for each in world.terminal.view().side if isinstance(each, SavedBand)]


def test_a_commit_under_way_is_not_touched_by_new_promotions(world: World) -> None:
    world.holds_commits = True
    world.scan(COLA, COLA)
    world.pay()
    world.do(promotions())
    world.answer_commit("integrity")
    world.do(Back())
    world.do(Settle())
    first, second = (effect for effect in world.effects if isinstance(effect, Commit) and effect.prints)
    assert first.facts[0].discount_minor == second.facts[0].discount_minor == 175  # type: ignore[union-attr]


def test_runs_say_which_units_paid_what(world: World) -> None:
    world.do(
        promotions(
            {"id": "two-for", "kind": {"type": "n_for", "n": 2, "price": "5.01"}, "on": {"sku": ["cola"]}}
        )
    )
    world.scan(COLA, COLA, COLA)
    world.pay()
    (line,) = sale_of(world).lines
    assert line.runs == (
        UnitsPaid(1, 250, ((1, 100),)), UnitsPaid(1, 251, ((1, 99),)), UnitsPaid(1, 350, ()),
    )  # fmt: skip


class TestTheShoppersScreen:
    def test_it_says_what_the_cashiers_says(self, world: World) -> None:
        world.do(promotions(HALF, TEN_OFF))
        welcome = world.terminal.customer_view()
        assert welcome is not None
        assert (welcome.lines, welcome.thanks) == ((), "Welcome")
        world.scan(COLA, COLA, MILK)
        told = world.terminal.customer_view()
        assert told is not None
        assert [(line.quantity, line.amount, line.was, line.newest) for line in told.lines] == [
            ("× 2", "5.25", "7.00", False), ("", "12.95", "", True),
        ]  # fmt: skip
        assert [(row.label, row.amount) for row in told.rows] == [("Goods", "18.20"), ("1 off 10", "−1.00")]
        assert (told.label, told.figure, told.saved) == (
            "To pay",
            world.terminal.view().anchor.figure,
            "2.75",
        )
        world.pay("50")
        done = world.terminal.customer_view()
        assert done is not None
        assert (done.label, done.figure, done.thanks) == ("Change", "32.80", "Thank you for coming")

    def test_it_shows_no_errors(self, world: World) -> None:
        world.trouble = "disk_full"
        world.scan(COLA)
        world.pay()
        told = world.terminal.customer_view()
        assert told is not None
        assert (told.thanks, told.figure, told.rows) == ("One moment", "", ())

    def test_added_tax_is_named(self) -> None:
        world = World(shop(tax=tax_rules(VAT13, includes=False))).open_shift()
        world.scan(COLA)
        told = world.terminal.customer_view()
        assert told is not None
        assert [row.amount for row in told.rows] == ["3.50", "0.46"]
