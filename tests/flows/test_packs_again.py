"""An open sale asked again: what is recalled or runs out after its scan is not paid for."""

from __future__ import annotations

import pytest

from posapp.flows.intents import Back, ChooseItem, GoTo, Intent, Lock, SearchText, StartTender
from posapp.flows.refusals import Refusal
from tests.domain.shops import item
from tests.flows.fakes import COLA, MILK, pack
from tests.flows.packs import DAY, recalled
from tests.flows.world import World, texts_in


@pytest.fixture
def world() -> World:
    """A till that sells."""
    return World().open_shift()


def test_a_list_that_comes_while_goods_are_taken_takes_them_off(world: World) -> None:
    world.scan(pack(COLA, ai10="A12"), MILK)
    world.do(SearchText("mi"))
    recalled(world, f"{COLA},A1*,Glass splinters")
    assert world.lines() == [("milk", 1, 1295)]
    assert [line.line_no for line in world.desk.cart.voided] == [1]
    assert (world.at, world.refused) == ("Selling", Refusal.Recalled.sentence)
    # A page of search results would hide the sentence.
    assert "Glass splinters" in " ".join(texts_in(world.terminal.view().main))
    world.pay()
    assert [line.sku for line in world.store.sales()[0].lines] == ["milk"]


def test_a_list_that_names_nothing_in_the_sale_changes_nothing(world: World) -> None:
    world.scan(COLA)
    cart = world.desk.cart
    recalled(world, f"{COLA},A1*,Glass splinters", f"{MILK},,Wrong label")
    assert (world.desk.cart, world.refused) == (cart, "")


@pytest.mark.parametrize("hidden", [GoTo("status"), Lock()])
def test_payment_stays_shut_while_a_recalled_pack_goes_off(world: World, hidden: Intent) -> None:
    world.scan(COLA, MILK)
    world.do(hidden)
    recalled(world, f"{COLA},,Glass splinters")
    assert [line.sku for line in world.desk.cart.lines] == ["cola", "milk"]
    if world.at == "Locked":
        world.sign_on()
    else:
        world.do(Back())
    world.do(StartTender())
    assert (world.at, world.lines()) == ("Selling", [("milk", 1, 1295)])
    assert world.refused == Refusal.Recalled.sentence
    world.do(StartTender())
    assert world.at == "Tendering"


def test_a_draft_of_yesterday_is_asked_again_before_payment(world: World) -> None:
    world.scan(pack(COLA, ai17=DAY), MILK, pack(COLA, ai16=DAY))
    world.hands.pass_by(86_400_000)
    world.restart()
    world.sign_on()
    recalled(world, f"{MILK},,Wrong label")
    assert world.lines() == []
    assert [line.line_no for line in world.desk.cart.voided] == [1, 2, 3]
    world.do(StartTender())
    assert (world.at, world.refused) == ("Selling", Refusal.EmptyCart.sentence)


def test_a_pack_that_runs_out_at_midnight_is_not_paid_for(world: World) -> None:
    world.scan(pack(COLA, ai17=DAY), MILK)
    world.hands.pass_by(86_400_000)
    world.do(StartTender())
    assert (world.at, world.lines()) == ("Selling", [("milk", 1, 1295)])
    assert world.refused == Refusal.Expired.sentence


def test_a_payment_that_is_open_goes_on(world: World) -> None:
    """The shopper may be at the card reader already."""
    world.scan(COLA)
    world.do(StartTender())
    recalled(world, f"{COLA},,Glass splinters")
    assert (world.at, world.lines()) == ("Tendering", [("cola", 1, 350)])
    world.do(Back(), StartTender())
    assert (world.at, world.lines()) == ("Selling", [])


def test_what_was_chosen_is_recalled_in_the_sale_too(world: World) -> None:
    world.catalogue.keys["00000001234565"] = item("gum", 300)
    world.catalogue.keys["00012345000065"] = item("soup", 900)
    world.scan("01234565")  # an EAN-8 and a UPC-E
    world.do(ChooseItem("soup"))
    recalled(world, "00000001234565,,Metal")
    assert world.lines() == [("soup", 1, 900)]
    recalled(world, "012345000065,,Metal")
    assert world.lines() == []
