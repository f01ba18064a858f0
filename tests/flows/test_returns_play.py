"""Goods come back: found by receipt, chosen by piece, approved above the limit, stored before money goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.facts import OverrideGiven, ScanRefused
from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.shop import ReturnRules
from posapp.flows.effects import KickDrawer, Print
from posapp.flows.intents import (
    Approve,
    Back,
    ChangeQuantity,
    ChooseTender,
    EnterText,
    GoTo,
    MarkLine,
    MoveMark,
    NextSale,
    Reprint,
    ScanCode,
    SelectOperator,
    Settle,
    StartTender,
)
from posapp.flows.mains import ReturnMain
from posapp.flows.member_answers import SaleFound
from posapp.flows.member_effects import FindSale
from posapp.flows.member_wishes import (
    ChangeReturn,
    ChooseReturnReason,
    ConfirmReturn,
    StartReturn,
    ToggleDisposition,
)
from posapp.flows.refusals import Refusal
from posapp.flows.return_phases import Returned, Returning
from tests.domain.shops import SHOP, ZHOU
from tests.flows.fakes import COLA, MILK, UNKNOWN, speech
from tests.flows.world import World, intents_in, labels

RECEIPT = "T03-000001"
LATE = "Too late, unless it is faulty"


def sold(world: World, *codes: str, card: bool = False) -> World:
    """One sale in cash, or all of it by card."""
    world.scan(*codes)
    world.do(StartTender())
    if card:
        world.do(ChooseTender("card"))
    world.do(Settle(), NextSale())
    return world


@pytest.fixture
def world() -> World:
    """A till with one sale of two colas and a milk, at the place where goods come back."""
    world = sold(World().open_shift(), COLA, COLA, MILK)
    world.do(GoTo("returns"))
    assert world.at == "Returning"
    return world


def in_words(world: World, msgid: str) -> str:
    return speech(world.desk.language).t(msgid)


def opened(world: World, receipt: str = RECEIPT) -> Returning:
    world.do(EnterText(receipt))
    phase = world.phase
    assert isinstance(phase, Returning)
    return phase


def returns(world: World) -> list[ReturnCompleted]:
    return [fact for fact in world.store.facts if isinstance(fact, ReturnCompleted)]


def test_goods_come_back_and_money_goes_only_when_it_is_stored(world: World) -> None:
    world.holds_commits = True
    opened(world)
    world.scan(COLA)
    world.do(ConfirmReturn())
    assert world.at == "Committing"
    assert not any(isinstance(effect, Print) for effect in world.effects[-3:])
    world.effects.clear()
    world.answer_commit()
    assert [type(effect) for effect in world.effects[:2]] == [KickDrawer, Print]
    (fact,) = returns(world)
    sale = world.store.sales()[0]
    assert (fact.sale_id, fact.sale_receipt, fact.receipt_number) == (
        sale.transaction_id,
        RECEIPT,
        "T03-000002",
    )
    assert fact.total_minor == sale.lines[0].amount_minor // 2
    phase = world.phase
    assert isinstance(phase, Returned)
    assert phase.fact == fact
    assert world.store.shift is not None
    assert world.store.shift.cash_refunds_minor == fact.total_minor
    world.do(Reprint())
    world.do(NextSale())
    assert world.at == "Selling"


def test_every_piece_comes_back_once_however_it_is_asked(world: World) -> None:
    sale = world.store.sales()[0]
    for _ in range(2):
        opened(world)
        world.do(ChangeReturn(1, 1))
        world.do(ConfirmReturn(), GoTo("returns"))
    phase = opened(world)
    assert phase.found is not None
    assert [line.stay for line in phase.found.lines] == ["returned", ""]
    world.do(ChangeReturn(1, 1))
    assert world.refused == Refusal.StaysSold.sentence
    world.scan(COLA)
    assert world.refused == Refusal.StaysSold.sentence
    world.scan(MILK)
    world.do(ConfirmReturn())
    assert sum(fact.total_minor for fact in returns(world)) == sale.total_minor
    units = [(line.line_no, unit) for fact in returns(world) for line in fact.lines for unit in line.units]
    assert sorted(units) == [(1, 0), (1, 1), (2, 0)]


def test_the_stepper_stops_at_what_was_sold_and_at_nothing(world: World) -> None:
    opened(world)
    world.do(ChangeQuantity(1), ChangeQuantity(1), ChangeQuantity(1))
    assert world.refused == Refusal.AllCameBack.sentence
    world.do(ChangeQuantity(-1), ChangeQuantity(-1))
    assert isinstance(world.phase, Returning)
    assert world.phase.wishes == {}
    world.do(ConfirmReturn())
    assert world.refused == Refusal.NothingReturns.sentence
    world.do(MoveMark(1), ChangeQuantity(1))
    assert list(world.phase.wishes) == [2]
    world.do(Back())
    assert world.phase.wishes == {}
    world.do(Back())
    assert world.phase.found is None
    world.do(Back())
    assert world.at == "Selling"


def test_reasons_and_damage_are_in_the_fact(world: World) -> None:
    opened(world)
    world.do(ChooseReturnReason("faulty"))
    assert world.refused == Refusal.NothingReturns.sentence
    world.do(ChangeReturn(1, 1), ChooseReturnReason("faulty"), ChangeReturn(2, 1))
    world.do(ToggleDisposition(), MarkLine(1), ConfirmReturn())
    (fact,) = returns(world)
    told = [(line.reason, line.disposition, line.is_faulty) for line in fact.lines]
    assert told == [("faulty", "damaged", True), ("unwanted", "damaged", False)]


def test_scans_are_on_record_and_typed_codes_are_not(world: World) -> None:
    opened(world)
    before = world.desk.scan_no
    world.scan(COLA, UNKNOWN)
    world.do(EnterText(COLA), EnterText(UNKNOWN))
    assert world.desk.scan_no == before + 2
    kept = [fact.scan for fact in world.store.facts if isinstance(fact, ScanRefused)]
    assert [(scan.code, scan.refusal) for scan in kept] == [(COLA, "BroughtBack"), (UNKNOWN, "UnknownCode")]
    assert isinstance(world.phase, Returning)
    assert world.phase.wishes[1].pieces == 2


def test_an_open_sale_stays_where_it_is() -> None:
    world = sold(World().open_shift(), COLA)
    world.scan(MILK)
    world.do(StartReturn(RECEIPT), ChangeReturn(1, 1), ConfirmReturn())
    assert world.at == "Returned"
    assert [sku for sku, _n, _amount in world.lines()] == ["milk"]
    world.scan(COLA)
    assert (world.at, len(world.lines())) == ("Selling", 2)


def test_a_receipt_that_is_scanned_while_selling_opens_its_sale(world: World) -> None:
    world.holds_answers = True
    world.do(GoTo("sell"))
    before = world.desk.scan_no
    world.scan("S0217-03-000001")
    (ask,) = world.asked
    assert isinstance(ask, FindSale)
    assert (world.at, ask.receipt, world.desk.scan_no) == ("Returning", "S0217-03-000001", before)


def test_what_cannot_be_found_is_said(world: World) -> None:
    world.scan(COLA)
    assert world.refused == Refusal.ReceiptFirst.sentence
    world.do(EnterText("no receipt"))
    assert world.refused == Refusal.ReceiptFirst.sentence
    opened(world, "T03-000099")
    assert world.refused == Refusal.ReceiptUnknown.sentence
    world.holds_answers = True
    world.do(EnterText("1842"))
    ask = world.asked.pop()
    assert isinstance(ask, FindSale)
    assert ask.receipt == "S0217-03-001842"
    world.do(SaleFound("another", None, (), "unknown"))
    assert world.at == "Returning"
    world.do(SaleFound(ask.ask_id, None, (), "no_answer"))
    assert world.refused == Refusal.ReceiptAway.sentence
    world.do(GoTo("sell"), SaleFound(ask.ask_id, None))
    assert world.at == "Selling"


def test_above_the_limit_a_manager_agrees_and_it_is_one_commit() -> None:
    world = sold(
        World(replace(SHOP, returns=ReturnRules(limit_minor=500))).open_shift(), COLA, COLA, card=True
    )
    world.do(StartReturn(RECEIPT), ChangeReturn(1, 1), ChangeReturn(1, 1), ConfirmReturn())
    assert world.at == "AwaitingOverride"
    assert not returns(world)
    assert ConfirmReturn() not in intents_in(world.terminal.view())
    world.do(Back())
    assert world.at == "Returning"
    world.do(ConfirmReturn(), SelectOperator(ZHOU.operator_id))
    world.key("8642")
    world.do(Approve())
    (fact,) = returns(world)
    (given,) = [each for each in world.store.facts if isinstance(each, OverrideGiven)]
    assert (given.permission, given.amount_minor) == ("refund", fact.total_minor)
    assert (given.approver_id, given.transaction_id) == (ZHOU.operator_id, fact.sale_id)
    assert [(each.kind, each.amount_minor) for each in fact.tenders] == [("recorded", fact.total_minor)]
    assert not any(isinstance(effect, KickDrawer) for effect in world.effects[-6:])


def test_piece_by_piece_is_no_way_around_the_manager() -> None:
    world = sold(World(replace(SHOP, returns=ReturnRules(limit_minor=500))).open_shift(), COLA, COLA)
    world.do(StartReturn(RECEIPT), ChangeReturn(1, 1), ConfirmReturn())
    assert world.at == "Returned"
    world.do(StartReturn(RECEIPT), ChangeReturn(1, 1), ConfirmReturn())
    assert world.at == "AwaitingOverride"


def test_who_may_refund_is_asked_nothing() -> None:
    world = sold(World(replace(SHOP, returns=ReturnRules(limit_minor=1))).open_shift(ZHOU), COLA)
    world.do(StartReturn(RECEIPT), ChangeReturn(1, 1), ConfirmReturn())
    assert world.at == "Returned"


def test_it_is_too_late_after_the_shops_days() -> None:
    world = sold(World(replace(SHOP, returns=ReturnRules(days=1))).open_shift(), COLA)
    world.hands.pass_by(3 * 86_400_000)
    world.do(StartReturn(RECEIPT))
    world.scan(COLA)
    assert world.refused == Refusal.StaysSold.sentence
    main = world.terminal.view().main
    assert isinstance(main, ReturnMain)
    assert (main.rows[0].stays, main.rows[0].second) == (True, in_words(world, LATE))


def test_faulty_goods_come_back_late_where_a_manager_agrees() -> None:
    world = sold(World(replace(SHOP, returns=ReturnRules(days=1))).open_shift(), COLA, COLA)
    world.hands.pass_by(3 * 86_400_000)
    world.do(StartReturn(RECEIPT), ChangeReturn(1, 1))
    assert isinstance(world.phase, Returning)
    assert world.phase.wishes[1].is_faulty
    world.do(ChooseReturnReason("unwanted"))
    assert world.refused == Refusal.OnlyFaulty.sentence
    world.do(ConfirmReturn())
    assert world.at == "AwaitingOverride"
    assert in_words(world, "It comes back only because it is faulty") in labels(world.terminal.view())
    world.do(SelectOperator(ZHOU.operator_id))
    world.key("8642")
    world.do(Approve())
    (fact,) = returns(world)
    assert [(line.reason, line.disposition, line.is_faulty) for line in fact.lines] == [
        ("faulty", "damaged", True)
    ]
    assert [each.transaction_id for each in world.store.facts if isinstance(each, OverrideGiven)] == [
        fact.sale_id
    ]


def test_a_manager_takes_faulty_goods_back_late_without_asking() -> None:
    world = sold(World(replace(SHOP, returns=ReturnRules(days=1))).open_shift(ZHOU), COLA)
    world.hands.pass_by(3 * 86_400_000)
    world.do(StartReturn(RECEIPT), ChangeReturn(1, 1), ConfirmReturn())
    assert world.at == "Returned"


def test_a_disk_that_refuses_keeps_the_return_in_hand(world: World) -> None:
    opened(world)
    world.do(ChangeReturn(1, 1))
    world.trouble = "disk_full"
    world.do(ConfirmReturn())
    assert world.at == "CommitStuck"
    world.scan(ScanCode(COLA).text)
    world.trouble = None
    world.do(world.terminal.view().anchor.primary.intent)
    assert len(returns(world)) == 1


def test_without_a_shift_nothing_comes_back() -> None:
    world = World()
    world.sign_on()
    world.do(GoTo("returns"))
    assert (world.at, world.refused) == ("ShiftClosed", Refusal.NoOpenShift.sentence)


def test_a_receipt_keyed_without_the_shift_key_is_found(world: World) -> None:
    assert opened(world, RECEIPT.lower()).found is not None


def test_four_actions_bring_one_thing_back(world: World) -> None:
    world.do(GoTo("sell"))
    world.do(dict(world.terminal.view().keys)["Alt+4"])  # 1
    world.do(EnterText(RECEIPT))  # 2
    world.scan(COLA)  # 3
    primary = world.terminal.view().anchor.primary
    assert (primary.key, primary.enabled) == ("F12", True)
    world.do(primary.intent)  # 4
    assert world.at == "Returned"
    assert len(returns(world)) == 1
