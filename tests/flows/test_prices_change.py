"""An open sale that costs something else though nobody touched it: the cashier is told, and only then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from posapp.domain.shifts import local_time
from posapp.flows.intents import (
    AddItem,
    Back,
    EnterText,
    PromotionsSent,
    RemoveCode,
    Resume,
    Settle,
    StartTender,
    Suspend,
    SwitchLanguage,
    Tick,
)
from posapp.flows.presenters.prices import step_note
from posapp.flows.presenters.words import Scene
from posapp.flows.refusals import Refusal
from tests.domain.shops import SHOP
from tests.flows.fakes import COLA, MILK, speech
from tests.flows.offers import FIVE_PCT, HALF, SAVE2, promotions
from tests.flows.world import World, labels

ENDED = "Prices changed: an offer has ended"
BEGUN = "Prices changed: an offer has begun"


@pytest.fixture
def world() -> World:
    """A till that sells in English."""
    world = World().open_shift()
    world.do(SwitchLanguage("en"))
    return world


def happy_hour(world: World, begins: int, ends: int) -> PromotionsSent:
    """Five percent off cola between so many minutes from now."""
    now = local_time(world.hands.now_ms(), SHOP)
    times = [f"{now + timedelta(minutes=minutes):%H:%M}" for minutes in (begins, ends)]
    return promotions({**FIVE_PCT, "weekly": [dict(zip(("from", "to"), times, strict=True))]})


def echo(world: World) -> str:
    told = world.terminal.view().top.echo
    return told.text if told is not None else ""


def test_an_offer_that_ends_while_the_cashier_looks_is_told(world: World) -> None:
    world.do(happy_hour(world, 0, 2))
    world.scan(COLA)
    world.hands.pass_by(60_000)
    world.do(Tick())
    assert ENDED not in echo(world)
    world.hands.pass_by(60_000)
    world.do(Tick())
    assert echo(world) == ENDED
    world.do(SwitchLanguage("zh_CN"))
    assert echo(world) == "有优惠到点了，价格已更新"


def test_an_offer_that_begins_is_told(world: World) -> None:
    world.do(happy_hour(world, 2, 10))
    world.scan(COLA)
    world.hands.pass_by(180_000)
    world.do(Tick())
    assert echo(world) == BEGUN


def test_it_is_told_at_payment_and_with_the_scan_that_came_first(world: World) -> None:
    world.do(happy_hour(world, 0, 2))
    world.scan(COLA)
    world.hands.pass_by(180_000)
    world.do(StartTender())  # no tick came in between
    assert echo(world) == ENDED
    world.do(Back(), happy_hour(world, 0, 2))
    assert echo(world) == BEGUN
    world.hands.pass_by(180_000)
    world.scan(MILK)
    assert echo(world) == ENDED


def test_an_open_payment_is_told_of_when_it_is_left(world: World) -> None:
    world.do(happy_hour(world, 0, 2))
    world.scan(COLA)
    world.do(StartTender())
    world.hands.pass_by(180_000)
    world.do(Tick(), promotions())
    assert ENDED not in echo(world)
    assert "Total 3.32" in labels(world.terminal.view())
    world.do(Back())
    assert echo(world) == ENDED


def test_what_the_cashier_changes_is_not_told_as_a_change_of_prices(world: World) -> None:
    world.do(promotions(HALF, SAVE2))
    world.scan(COLA, COLA)
    world.do(EnterText("SAVE2"), RemoveCode("SAVE2"), Tick(), promotions(HALF, SAVE2))
    assert "Prices changed" not in echo(world)
    world.do(StartTender(), Back())
    assert "Prices changed" not in echo(world)


def test_a_refusal_that_stands_stays(world: World) -> None:
    world.do(promotions(HALF))
    world.scan(COLA, COLA, "99999")
    world.do(promotions())
    assert echo(world) == ENDED
    assert world.refused == Refusal.UnknownCode.sentence


def test_a_parked_sale_whose_offer_is_gone_is_told_at_its_return(world: World) -> None:
    world.do(promotions(HALF))
    world.scan(COLA, COLA)
    world.do(Suspend(), promotions())
    (parked,) = world.desk.parked
    world.do(Resume(parked.transaction_id))
    assert echo(world) == ENDED
    assert world.desk.prices.paid_minor == 700
    world.do(Suspend(), Resume(parked.transaction_id))
    assert echo(world) != ENDED


def test_a_power_cut_is_no_end_of_an_offer(world: World) -> None:
    world.do(promotions(HALF, SAVE2), EnterText("SAVE2"))
    world.scan(COLA, COLA)
    world.restart()
    world.sign_on()
    # Read after the restart, as every start does it.
    world.do(SwitchLanguage("en"), promotions(HALF, SAVE2))
    assert "Prices changed" not in echo(world)
    assert world.desk.prices.paid_minor == 325


def test_a_coupon_whose_offer_is_gone_after_a_power_cut_does_no_harm(world: World) -> None:
    world.do(promotions(HALF, SAVE2), EnterText("SAVE2"))
    world.scan(COLA, COLA)
    world.restart()
    world.sign_on()
    world.do(SwitchLanguage("en"), promotions(HALF))
    assert (world.desk.prices.paid_minor, echo(world)) == (525, ENDED)
    assert "saves nothing on this sale so far" in labels(world.terminal.view())
    world.do(RemoveCode("SAVE2"))
    world.pay("10")
    assert world.store.sales()[-1].discount_minor == 175


@pytest.mark.parametrize("taken", ["", "1"])
def test_an_offer_that_is_gone_after_a_power_cut_is_told(world: World, taken: str) -> None:
    world.do(promotions(HALF))
    world.scan(COLA, COLA)
    if taken:
        world.pay(taken)
    world.restart()
    world.sign_on()
    world.restart()  # and once more before any promotion was read
    world.sign_on()
    assert world.at == ("Tendering" if taken else "Selling")
    world.do(SwitchLanguage("en"), promotions())
    assert (world.desk.prices.paid_minor, echo(world)) == (700, ENDED)


def test_promotions_between_payment_and_its_commit_change_nothing(world: World) -> None:
    world.do(promotions(HALF))
    world.holds_commits = True
    world.scan(COLA, COLA)
    world.do(StartTender(), promotions(), Settle(), promotions(FIVE_PCT))
    world.answer_commit()
    assert "Prices changed" not in echo(world)
    sale = world.store.sales()[-1]
    assert (sale.discount_minor, sum(line.paid_minor or 0 for line in sale.lines)) == (175, 525)


def test_a_clock_set_back_reopens_no_window_in_an_open_payment(world: World) -> None:
    world.do(happy_hour(world, 0, 2))
    world.scan(COLA)
    world.hands.pass_by(180_000)
    world.do(StartTender())
    world.hands.wall_ms -= 170_000
    world.do(Tick())
    assert "Total 3.50" in labels(world.terminal.view())


def test_a_clock_set_back_before_a_window_is_told(world: World) -> None:
    world.do(happy_hour(world, 0, 10))
    world.scan(COLA)
    assert world.desk.prices.paid_minor == 332
    world.hands.wall_ms -= 120_000
    world.do(Tick())
    assert (world.desk.prices.paid_minor, echo(world)) == (350, ENDED)


def test_a_mistyped_coupon_is_told_to_be_neither(world: World) -> None:
    world.do(promotions(SAVE2), EnterText("SAVE3"))
    words = "No item and no coupon has this code: SAVE3. Find the item by name."
    assert words in labels(world.terminal.view())


def test_the_button_adds_as_many_as_its_sentence_says(world: World) -> None:
    three = {"id": "three", "kind": {"type": "n_for", "n": 3, "price": "7"}, "on": {"sku": ["cola"]}}
    world.do(promotions(three))
    world.scan(COLA)
    world.hands.pass_by(1_000)
    world.do(Tick())
    assert "Add 2 × Cola and save ¥3.50" in labels(world.terminal.view())
    cart, (step,) = world.desk.cart, world.desk.explained.next_steps
    action = step_note(Scene(world.desk, speech("en"), 0, ""), cart, step).action
    assert action is not None
    assert (action.intent, action.name) == (AddItem("cola", 2), "Add 2 × Cola")
    world.do(action.intent)
    assert world.lines() == [("cola", 3, 1050)]
    assert world.desk.prices.paid_minor == 700
