"""Prices that a code brings along: never below the shop's, never inexact, never a way around a recall."""

from __future__ import annotations

import pytest

from posapp.domain.quantity import Unit
from posapp.flows.intents import ConfirmWeight, EnterText
from posapp.flows.refusals import Refusal
from tests.domain.shops import item
from tests.flows.fakes import COLA, NO_PRICE, pack, price_label
from tests.flows.packs import YESTERDAY, records
from tests.flows.world import World


@pytest.fixture
def world() -> World:
    """A till that sells."""
    return World().open_shift()


def test_a_web_address_cannot_name_its_own_price(world: World) -> None:
    """Anybody can print such a code and stick it over the real one."""
    world.scan(f"]Q1https://evil.example/01/{COLA.zfill(14)}?3103=001250&3922=1")
    assert (world.lines(), records(world)) == ([], [(None, "PriceBelowShop")])
    assert world.refused == Refusal.PriceBelowShop.sentence
    world.scan(COLA)
    assert world.lines() == [("cola", 1, 350)]


@pytest.mark.parametrize(
    ("unit", "more", "end"),
    [
        ("pcs", {"ai3922": "349", "ai30": "1"}, "PriceBelowShop"),
        ("pcs", {"ai3932": "156349", "ai30": "1"}, "PriceBelowShop"),
        ("pcs", {"ai3922": "350", "ai30": "1"}, 350),
        ("pcs", {"ai3922": "699", "ai30": "2"}, "PriceBelowShop"),
        ("pcs", {"ai3922": "700", "ai30": "2"}, 700),
        ("g", {"ai3103": "001250", "ai3922": "437"}, "PriceBelowShop"),  # 4.375 is 4.38 at this till
        ("g", {"ai3103": "001250", "ai3922": "438"}, 438),
        ("g", {"ai3105": "125001", "ai3922": "437"}, "PriceBelowShop"),
        ("g", {"ai3105": "125001", "ai3922": "438"}, 438),
        ("g", {"ai3202": "000100", "ai3922": "158"}, "PriceBelowShop"),  # a pound: 1.5876
        ("g", {"ai3202": "000100", "ai3922": "159"}, 159),
        ("g", {"ai3922": "999999", "ai30": "1"}, "NotSellable"),
    ],
)
def test_the_shops_price_is_the_least_a_code_may_say(
    world: World, unit: Unit, more: dict[str, str], end: int | str
) -> None:
    world.catalogue.keys[COLA.zfill(14)] = item("cola", 350, unit=unit)
    world.scan(pack(COLA, **more))
    wanted = (None, end) if isinstance(end, str) else (1, None)
    assert records(world) == [wanted]
    assert world.lines() == ([] if isinstance(end, str) else [("cola", 1, end)])


def test_a_typed_price_below_the_shops_is_not_taken_either(world: World) -> None:
    world.do(EnterText(f"(01){COLA.zfill(14)}(3922)1(30)1"))
    assert (world.lines(), world.refused) == ([], Refusal.PriceBelowShop.sentence)


def test_without_a_price_of_the_shop_the_codes_price_is_taken(world: World) -> None:
    world.scan(pack(NO_PRICE, ai3922="1234", ai30="1"))
    assert world.lines() == [("free-soon", 1, 1234)]


def test_the_labels_of_the_shops_own_scale_stay_as_they_are(world: World) -> None:
    world.catalogue.keys[price_label(0).zfill(14)] = item("cheese", 9900)
    world.scan(price_label(123))
    assert world.lines() == [("cheese", 1, 123)]


@pytest.mark.parametrize("linear_first", [True, False])
def test_a_code_with_a_wrong_price_leaves_the_plain_number_alone(world: World, linear_first: bool) -> None:
    codes = [COLA, pack(COLA, ai3922="1", ai30="1")]
    world.scan(*(codes if linear_first else reversed(codes)))
    assert world.lines() == [("cola", 1, 350)]
    assert sorted(records(world), key=str) == [(1, None), (None, "PriceBelowShop")]


def test_a_wrong_price_does_not_hide_that_the_pack_ran_out(world: World) -> None:
    """Told to scan the linear code, the cashier would sell what must not be sold."""
    world.scan(pack(COLA, ai17=YESTERDAY, ai3922="1", ai30="1"), COLA)
    assert records(world) == [(None, "Expired"), (None, "Expired")]


def test_a_wrong_price_does_not_end_the_weighing_of_its_pack(world: World) -> None:
    world.catalogue.keys[COLA.zfill(14)] = item("ham", 9900, unit="g")
    world.scan(COLA, pack(COLA, ai3103="001000", ai3922="1"))
    assert (world.at, world.refused) == ("Weighing", Refusal.PriceBelowShop.sentence)
    world.key("1")
    world.do(ConfirmWeight())
    assert world.lines() == [("ham", 1000, 9900)]
    assert records(world) == [(1, None), (None, "PriceBelowShop")]


@pytest.mark.parametrize(
    ("more", "price"),
    [
        ({"ai3923": "12345", "ai30": "1"}, "12.345"),
        ({"ai3933": "15612345", "ai30": "1"}, "12.345 CNY"),
        ({"ai3923": "12345", "ai3103": "001000"}, "12.345"),
    ],
)
def test_a_price_that_is_no_whole_number_of_cents_is_refused(
    world: World, more: dict[str, str], price: str
) -> None:
    world.scan(pack(COLA, **more))
    assert (world.lines(), records(world)) == ([], [(None, "PriceNotTaken")])
    assert world.refused == Refusal.PriceNotTaken.sentence
    assert world.desk.refusal.params["price"] == price
