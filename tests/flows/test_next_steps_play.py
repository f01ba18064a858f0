"""What one more piece would bring: told when the till is quiet, taken by one touch where that is safe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.facts import PackData
from posapp.flows.effects import ExplainPrices
from posapp.flows.intents import SwitchLanguage, Tick, WhyPrice
from posapp.flows.presenters.prices import step_note
from posapp.flows.presenters.words import Scene
from posapp.flows.views import Note
from tests.flows.fakes import COLA, speech
from tests.flows.offers import HALF, promotions
from tests.flows.world import World, labels


@pytest.fixture
def world() -> World:
    """A till that sells in English, with the second cola at half price."""
    world = World().open_shift()
    world.do(SwitchLanguage("en"), promotions(HALF))
    return world


def test_one_more_piece_would_bring(world: World) -> None:
    world.scan(COLA)
    assert not [effect for effect in world.do(Tick()).effects if isinstance(effect, ExplainPrices)]
    world.hands.pass_by(1_000)
    world.do(Tick())
    assert "Add one more Cola and save ¥1.75" in labels(world.terminal.view())
    # Asked once for these prices.
    assert not [effect for effect in world.do(Tick()).effects if isinstance(effect, ExplainPrices)]
    world.scan(COLA)
    assert "Add one more" not in labels(world.terminal.view())


def test_goods_that_do_not_lie_there_are_proposed_and_added_by_one_touch(world: World) -> None:
    pair = {
        "id": "pair", "name": {"en": "Cola and milk"},
        "kind": {"type": "bundle", "pct": 10, "parts": [{"of": {"sku": [sku]}} for sku in ("cola", "milk")]},
    }  # fmt: skip
    world.do(promotions(pair))
    world.scan(COLA)
    world.hands.pass_by(1_000)
    world.do(Tick())
    (note,) = [block for block in world.terminal.view().side if isinstance(block, Note)]
    assert note.text == "Add Item milk and save ¥1.65"
    assert note.detail == "Cola and milk, at ¥12.95 each"
    # The same on the sheet of a line, which gives way to the goods.
    world.do(WhyPrice())
    sheet = world.terminal.view().sheet
    assert sheet is not None
    assert note in sheet.right
    assert note.action is not None
    world.do(note.action.intent)
    assert (world.at, world.lines()[-1][0]) == ("Selling", "milk")
    assert world.desk.prices is not None
    assert world.desk.prices.discount_minor == 165


def test_a_pack_that_has_to_be_in_hand_is_not_added_by_a_touch(world: World) -> None:
    world.scan(COLA)
    world.hands.pass_by(1_000)
    world.do(Tick())
    (note,) = [block for block in world.terminal.view().side if isinstance(block, Note)]
    assert note.action is not None
    cart = world.desk.cart
    assert cart is not None
    by_pack = replace(cart, lines=(replace(cart.lines[0], pack=PackData("06901234567892", lot="7")),))
    scene = Scene(world.desk, speech("en"), 0, "")
    (step,) = world.desk.explained.next_steps
    assert step_note(scene, cart, step) == note
    assert step_note(scene, by_pack, step).action is None


def test_prices_that_change_under_the_sheet_are_asked_about_again(world: World) -> None:
    world.scan(COLA)
    world.hands.pass_by(1_000)
    world.do(WhyPrice())
    assert "Add one more Cola and save ¥1.75" in labels(world.terminal.view())
    world.do(promotions(HALF, {"id": "five", "kind": {"type": "order_pct", "pct": 5}}))
    world.hands.pass_by(1_000)
    (asked,) = [effect for effect in world.do(Tick()).effects if isinstance(effect, ExplainPrices)]
    assert asked.line_no == world.desk.marked
    assert world.at == "ShowingPrice"
    assert "Add one more Cola and save" in labels(world.terminal.view())
    assert not [effect for effect in world.do(Tick()).effects if isinstance(effect, ExplainPrices)]
