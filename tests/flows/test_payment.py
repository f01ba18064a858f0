from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.paper import TextRow
from posapp.flows.effects import Beep, Commit, KickDrawer, Print, WakeSync
from posapp.flows.intents import (
    AddItem,
    Back,
    ChooseTender,
    DrawerKicked,
    EnterText,
    GoTo,
    Intent,
    KeyIn,
    Lock,
    NextSale,
    OfferAmount,
    OpenDrawer,
    Printed,
    PrinterChanged,
    PrinterStatus,
    ScanCode,
    Settle,
    ShopChanged,
    SignOff,
    StartTender,
    Suspend,
    UndoTender,
    VoidCart,
    VoidLine,
)
from posapp.flows.refusals import Refusal
from posapp.flows.state import Tendering
from tests.domain.shops import CARD, CHF, SHOP, VAT9, VAT13, shop, tax_rules
from tests.flows.fakes import COLA, MILK, price_label, weight_label
from tests.flows.world import World, intents_in, labels


@pytest.fixture
def world() -> World:
    """A till with a sale of 19.95 on it, 20.00 in cash."""
    world = World().open_shift()
    world.scan(COLA, MILK)
    world.do(AddItem("cola"))
    return world


def test_exact_cash(world: World) -> None:
    world.do(StartTender())
    assert "应收\n20.00" in labels(world.terminal.view())
    assert "抹分 0.05" in labels(world.terminal.view())
    outcome = world.do(Settle())
    assert isinstance(outcome.effects[0], Commit)
    (sale,) = world.store.sales()
    assert (sale.goods_minor, sale.rounding_minor, sale.total_minor) == (1995, 5, 2000)
    assert (sale.tendered_minor, sale.change_minor) == (2000, 0)
    assert world.at == "Done"


def test_what_may_happen_only_when_the_sale_is_stored(world: World) -> None:
    world.holds_commits = True
    outcome = world.pay("50")
    assert [type(effect) for effect in outcome.effects] == [Commit]
    assert "正在保存" in labels(world.terminal.view())
    world.effects.clear()
    world.answer_commit()
    assert [type(effect) for effect in world.effects] == [KickDrawer, Print, Beep, WakeSync]
    text = labels(world.terminal.view())
    assert "收款完成" in text
    assert "找零\n30.00" in text
    assert "20\n× 1" in text
    assert "10\n× 1" in text
    assert "T03-000001" in text


def test_the_receipt_says_what_the_sale_says(world: World) -> None:
    world.scan(weight_label(1286), COLA, COLA)
    world.pay("100")
    commit = next(effect for effect in world.effects if isinstance(effect, Commit) and effect.prints)
    (slip,) = commit.prints
    rows = [(row.left, row.right) for row in slip.document.rows if isinstance(row, TextRow)]
    assert ("小票", "{receipt_number}") in rows
    assert ("合计", "¥43.40") in rows
    assert ("现金抹分", "−0.01") in rows
    assert ("找零", "56.60") in rows
    assert ("  1.286 kg × 12.80/kg", "16.46") in rows
    assert ("  2 × 3.50", "7.00") in rows
    assert any(left.startswith("增值税 13%") for left, _ in rows)
    assert ("南塘路", "") in rows


def test_a_price_from_the_label_is_said_on_paper(world: World) -> None:
    world.scan(price_label(777))
    world.pay()
    slip = world.commits[world.store.sales()[0].transaction_id].prints[0]
    assert TextRow("  标签价", "7.77") in slip.document.rows


def test_added_tax_is_on_screen_and_paper() -> None:
    world = World(shop(tax=tax_rules(VAT13, VAT9, includes=False))).open_shift()
    world.scan(COLA)
    assert "应收\n3.96" in labels(world.terminal.view())
    world.pay()
    (sale,) = world.store.sales()
    assert (sale.goods_minor, sale.tax_added_minor, sale.total_minor) == (350, 46, 400)
    assert "另加税" in labels(world.terminal.view())
    slip = next(e for e in world.effects if isinstance(e, Commit) and e.prints).prints[0]
    assert TextRow("增值税 13%", "0.46") in slip.document.rows


def test_too_much_is_change_and_a_slip_of_the_finger_is_refused(world: World) -> None:
    world.do(StartTender())
    world.key("1020.00")
    world.do(Settle())
    assert (world.at, world.refused) == ("Tendering", Refusal.FarTooMuch.sentence)
    world.do(KeyIn("clear"), OfferAmount(5000))
    assert "收 50.00，找 30.00" in labels(world.terminal.view())
    world.do(Settle())
    assert world.store.sales()[0].change_minor == 3000


@pytest.mark.parametrize(("keys", "why"), [("0", Refusal.NothingKeyed), ("0.00", Refusal.NothingKeyed)])
def test_no_amount(world: World, keys: str, why: Refusal) -> None:
    world.pay(keys)
    assert (world.at, world.refused) == ("Tendering", why.sentence)


def test_an_amount_that_is_none(world: World) -> None:
    world.do(StartTender(), OfferAmount(-100), Settle())
    assert world.refused == Refusal.BadAmount.sentence
    assert "收款" in labels(world.terminal.view())


def test_split_over_cash_and_a_card(world: World) -> None:
    world.pay("5")
    assert world.at == "Tendering"
    assert world.desk.cart.paid[0].amount_minor == 500
    assert "已收 5.00" in labels(world.terminal.view())
    world.do(Back())
    assert (world.at, world.refused) == ("Tendering", Refusal.TakenMoney.sentence)
    world.do(ChooseTender("card"))
    world.key("99")
    world.do(Settle())
    assert world.refused == Refusal.MoreThanDue.sentence
    world.do(Back())  # first the amount goes
    assert isinstance(world.phase, Tendering)
    assert world.phase.entry == ""
    world.do(Settle())
    (sale,) = world.store.sales()
    assert [(tender.tender_id, tender.amount_minor) for tender in sale.tenders] == [
        ("cash", 500), ("card", 1495)
    ]  # fmt: skip
    assert (sale.rounding_minor, sale.change_minor) == (0, 0)


def test_money_taken_can_be_given_back(world: World) -> None:
    world.pay("5")
    world.do(UndoTender(1))
    assert world.desk.cart.paid == ()
    world.do(UndoTender(7), Back())
    assert world.at == "Selling"


def test_a_card_sale_opens_no_drawer(world: World) -> None:
    world.do(StartTender(), ChooseTender("card"), Settle())
    assert world.at == "Done"
    assert not any(isinstance(effect, KickDrawer) for effect in world.effects)
    world.do(NextSale())
    assert world.at == "Selling"


def test_an_unknown_way_to_pay(world: World) -> None:
    world.do(StartTender(), ChooseTender("cheque"))
    assert world.refused == Refusal.NotNow.sentence


def test_francs_are_rounded_to_five() -> None:
    world = World(shop(currency="CHF", cash=CHF)).open_shift()
    world.do(EnterText("BAG"), EnterText("2*" + COLA))
    world.scan(weight_label(100))
    world.pay()
    (sale,) = world.store.sales()
    assert (sale.goods_minor, sale.total_minor) == (928, 930)


@pytest.mark.parametrize(
    "pressed",
    [
        AddItem("bag"),
        VoidLine(),
        VoidCart(),
        Suspend(),
        EnterText(COLA),
        StartTender(),
        SignOff(),
        GoTo("shift"),
    ],
)
def test_the_goods_are_locked_while_paying(world: World, pressed: Intent) -> None:
    world.do(StartTender())
    before = world.lines()
    world.do(pressed)
    assert (world.at, world.lines(), world.refused) == ("Tendering", before, Refusal.PaymentOpen.sentence)
    world.scan(COLA)
    assert world.lines() == before
    assert world.desk.cart.scans[-1].refusal == "PaymentOpen"


def test_a_new_set_up_during_payment_is_reckoned_with(world: World) -> None:
    world.do(StartTender(), ChooseTender("card"))
    world.key("19")
    world.do(Settle(), Lock())
    dearer = shop(tax=tax_rules(VAT13, VAT9, includes=False), tenders=(SHOP.tenders[0],))
    world.do(ShopChanged(dearer))
    world.key("1357")
    world.sign_on()
    assert isinstance(world.phase, Tendering)
    assert world.phase.chosen == "cash"
    world.do(Settle())
    (sale,) = world.store.sales()
    assert sale.tax_added_minor > 0
    assert sale.tendered_minor - sale.change_minor == sale.total_minor


def test_a_total_that_fell_below_what_was_paid() -> None:
    world = World(shop(tax=tax_rules(VAT13, VAT9, includes=False))).open_shift()
    world.scan(COLA)
    world.do(StartTender(), ChooseTender("card"))
    world.key("3.90")
    world.do(Settle(), ShopChanged(SHOP))
    assert "应收\n0.00" in labels(world.terminal.view())
    world.do(Settle())
    # A card gives no change: what was taken goes back whole, and is taken again.
    assert (world.store.sales(), world.refused) == ([], Refusal.OverPaid.sentence)
    world.do(UndoTender(1), Settle())
    (sale,) = world.store.sales()
    assert (sale.total_minor, sale.tendered_minor, sale.change_minor) == (350, 350, 0)


def test_a_payment_half_taken_survives_the_power(world: World) -> None:
    world.pay("5")
    world.restart()
    assert "有一单没收完" in labels(world.terminal.view())
    world.sign_on()
    assert isinstance(world.phase, Tendering)
    assert world.phase.payment.due_minor == 1495
    world.do(Settle())
    (sale,) = world.store.sales()
    assert sale.tendered_minor == 2000


def test_goods_for_nothing_need_no_money() -> None:
    world = World().open_shift()
    world.catalogue.keys["=FREE"] = replace(world.catalogue.keys["=BAG"], price_minor=0)
    world.scan("FREE")
    world.pay()
    (sale,) = world.store.sales()
    assert (sale.total_minor, sale.tenders) == (0, ())


def test_only_its_own_slip_makes_a_receipt_printed(world: World) -> None:
    world.pay()
    world.do(Printed("some older slip"))
    assert "小票正在打印" in labels(world.terminal.view())
    world.do(PrinterChanged(PrinterStatus("paper_out", 1)))
    assert "缺纸" in labels(world.terminal.view())
    job = next(effect for effect in world.effects if isinstance(effect, Print)).job_ids[0]
    world.do(GoTo("status"), Printed(job), Back())
    assert "小票已打印" in labels(world.terminal.view())


def test_what_the_done_screen_offers(world: World) -> None:
    world.pay()
    assert NextSale() in intents_in(world.terminal.view())
    world.do(Back(), VoidCart())
    assert (world.at, world.refused) == ("Done", Refusal.NotNow.sentence)
    world.do(ScanCode(COLA))
    assert world.at == "Selling"


def test_the_tender_that_is_recorded_says_so(world: World) -> None:
    world.do(StartTender())
    assert CARD.names["zh_CN"] in labels(world.terminal.view())
    world.do(ChooseTender("card"))
    assert "收 19.95" in labels(world.terminal.view())
    world.key("5")
    assert "收 5.00，还差 14.95" in labels(world.terminal.view())


def test_a_drawer_that_stayed_shut_is_said_and_can_be_opened_once_more(world: World) -> None:
    world.pay("20")
    world.do(OpenDrawer())
    assert world.refused == Refusal.NotNow.sentence
    world.do(DrawerKicked(False))
    assert "钱箱没打开" in labels(world.terminal.view())
    world.do(OpenDrawer(), DrawerKicked(True))
    assert "钱箱没打开" not in labels(world.terminal.view())
    assert type(world.store.facts[-1]).__name__ == "DrawerOpened"
