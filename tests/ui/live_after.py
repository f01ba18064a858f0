"""Screens of gift cards and returns as flows bring them about; the rest stands in `live_screens`."""

from __future__ import annotations

from collections.abc import Callable

from live_sale import tender

from posapp.domain.members.terms import GiftCard
from posapp.flows.intents import ChooseTender, EnterText, GoTo, NextSale, Settle, StartTender
from posapp.flows.member_answers import GiftCardAnswered
from posapp.flows.member_effects import AskGiftCard, HoldGift
from posapp.flows.member_wishes import ChangeReturn, ChooseReturnReason, ConfirmReturn, LoadGiftCard
from tests.flows.fakes import COLA, MILK
from tests.flows.picture import JACKET
from tests.flows.test_gift_cards_play import CODE, NUMBER, asked, due, gift_world, kept
from tests.flows.world import World


def gift_asking() -> World:
    world = gift_world()
    world.scan(CODE)
    return world


def gift_load() -> World:
    world = gift_asking()
    world.do(GiftCardAnswered(asked(world, AskGiftCard).ask_id, GiftCard(NUMBER, 2500, "CNY")))
    world.key("50")
    return world


def gift_loaded() -> World:
    world = gift_load()
    world.do(LoadGiftCard())
    return world


def gift_offline() -> World:
    world = gift_world(online=False)
    world.scan(CODE)
    return world


def gift_blocked() -> World:
    world = gift_world()
    world.scan(NUMBER)
    world.do(GiftCardAnswered(asked(world, AskGiftCard).ask_id, GiftCard(NUMBER), "blocked"))
    return world


def gift_tender() -> World:
    world = gift_world()
    world.do(StartTender(), ChooseTender("gift"))
    return world


def gift_holding() -> World:
    world = gift_world()
    world.do(StartTender())
    world.scan(CODE)
    return world


def gift_partly() -> World:
    world = gift_holding()
    world.do(kept(asked(world, HoldGift), 100))
    return world


def gift_no_answer() -> World:
    world = gift_holding()
    world.do(kept(asked(world, HoldGift), 0, why="no_answer"))
    return world


def gift_done() -> World:
    world = gift_holding()
    world.do(kept(asked(world, HoldGift), due(world), left=1234))
    return world


def _sold_world() -> World:
    world = World().open_shift()
    world.scan(COLA, COLA, MILK)
    world.pay("")
    world.do(NextSale(), GoTo("returns"))
    return world


def returns_empty() -> World:
    return _sold_world()


def returns_open() -> World:
    world = _sold_world()
    world.do(EnterText("T03-000001"))
    return world


def returns_marked() -> World:
    world = returns_open()
    world.scan(COLA)
    return world


def returns_member() -> World:
    world = tender()
    world.do(Settle(), NextSale(), GoTo("returns"), EnterText("T03-000001"))
    world.scan(JACKET)
    return world


def returns_approval() -> World:
    world = returns_member()
    world.do(ConfirmReturn())
    return world


def returns_late() -> World:
    world = _sold_world()
    world.hands.pass_by(9 * 86_400_000)
    world.do(EnterText("T03-000001"))
    return world


def returns_faulty() -> World:
    world = returns_late()
    world.do(ChangeReturn(1, 1))
    return world


def returns_faulty_approval() -> World:
    world = returns_faulty()
    world.do(ConfirmReturn())
    return world


def returns_only_faulty() -> World:
    world = returns_faulty()
    world.do(ChooseReturnReason("unwanted"))
    return world


def returned() -> World:
    world = returns_marked()
    world.do(ConfirmReturn())
    return world


def returns_unknown() -> World:
    world = _sold_world()
    world.do(EnterText("T03-000077"))
    return world


def x_report() -> World:
    world = returned()
    world.do(NextSale(), GoTo("shift"))
    return world


MADE: dict[str, Callable[[], World]] = {
    name: made
    for name, made in list(globals().items())
    if callable(made) and getattr(made, "__module__", "") == __name__ and not name.startswith("_")
}
