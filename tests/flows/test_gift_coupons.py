"""A coupon that only gives a gift: told at the till, on paper and in the fact of the sale."""

from __future__ import annotations

import msgspec
import pytest

from posapp.domain.facts import TransactionCompleted
from posapp.domain.paper import TextRow
from posapp.domain.price_facts import GiftGiven
from posapp.flows.intents import EnterText, RemoveCode, SwitchLanguage
from posapp.flows.paper import receipt
from tests.domain.shops import SHOP
from tests.flows.fakes import COLA, MILK, speech
from tests.flows.offers import promotions
from tests.flows.world import World, labels

CUP = {"id": "cup", "version": 2, "name": {"en": "Free cup"},
       "kind": {"type": "gift", "buy": [{"of": {"sku": ["cola"]}}], "get": {"of": {"sku": ["cup"]}},
                "adds": ["cup"]},
       "needs": {"coupon": {"code": "CUP1"}}, "limits": {"per_order": 1}}  # fmt: skip
BAG = {"id": "bag", "name": {"en": "A bag with every order"},
       "kind": {"type": "gift", "get": {"of": {"sku": ["bag"]}}, "adds": ["bag"]},
       "limits": {"per_order": 1}}  # fmt: skip


@pytest.fixture
def world() -> World:
    """A till that sells in English."""
    world = World().open_shift()
    world.do(SwitchLanguage("en"))
    return world


def texts(sale: TransactionCompleted) -> list[tuple[str, str]]:
    rows = receipt(sale, SHOP, speech("en")).rows
    return [(row.left.strip(), row.right) for row in rows if isinstance(row, TextRow)]


def test_it_is_told_as_used(world: World) -> None:
    world.do(promotions(CUP), EnterText("CUP1"))
    assert "saves nothing on this sale so far" in labels(world.terminal.view())
    world.scan(COLA)
    told = labels(world.terminal.view())
    assert "Give 1 × cup free" in told
    assert "Coupon used" in told
    assert "saves nothing" not in told
    world.pay()
    sale = world.store.sales()[-1]
    assert sale.discounts == ()
    assert sale.gifts == (GiftGiven("cup", 2, {"en": "Free cup"}, "cup", 1, "CUP1"),)
    assert {("Free gift", "1 × cup"), ("Coupon used", "CUP1")} <= set(texts(sale))


def test_one_taken_off_gives_nothing(world: World) -> None:
    world.do(promotions(CUP), EnterText("CUP1"))
    world.scan(COLA)
    world.do(RemoveCode("CUP1"))
    assert "cup" not in labels(world.terminal.view())
    world.pay()
    assert world.store.sales()[-1].gifts == ()


def test_a_gift_with_every_order_needs_none_of_its_goods(world: World) -> None:
    world.do(promotions(BAG))
    world.scan(MILK)
    assert "Give 1 × bag free" in labels(world.terminal.view())
    world.pay()
    sale = world.store.sales()[-1]
    assert [(each.sku, each.code) for each in sale.gifts] == [("bag", "")]
    assert "Coupon used" not in [left for left, _ in texts(sale)]


def test_facts_of_before_have_no_gifts(world: World) -> None:
    world.scan(MILK)
    world.pay()
    sale = world.store.sales()[-1]
    table = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(sale)))
    del table["gifts"]
    assert msgspec.convert(table, TransactionCompleted).gifts == ()
