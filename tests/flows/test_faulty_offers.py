"""A fault of ours while a promotion is computed: goods are sold without it, and it is on record."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from posapp.domain.price_facts import PromotionSetAside
from posapp.domain.pricing.answers import engine
from posapp.domain.pricing.answers.engine import PriceCache
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Promotion
from posapp.flows.effects import Record
from posapp.flows.intents import GoTo, SwitchLanguage
from posapp.flows.terminal import Outcome
from tests.flows.fakes import COLA
from tests.flows.offers import HALF, TEN_OFF, promotions
from tests.flows.world import World, texts_in


def world_where(monkeypatch: pytest.MonkeyPatch, *, alone: str = "", together: bool = False) -> World:
    """A till whose engine fails on one promotion, or on any two at once."""
    sound = engine.price_among

    def price_among(
        basket: Basket, given: Sequence[Promotion], policy: Policy, cache: PriceCache
    ) -> PricedBasket:
        ids = [each.promotion_id for each in given]
        if alone in ids or (together and len(ids) > 1):
            raise ZeroDivisionError("a fault of ours")
        return sound(basket, given, policy, cache)

    monkeypatch.setattr(engine, "price_among", price_among)
    world = World().open_shift()
    world.do(SwitchLanguage("en"), promotions(HALF, TEN_OFF))
    return world


def facts_of(outcome: Outcome) -> list[tuple[str, str]]:
    facts = [fact for effect in outcome.effects if isinstance(effect, Record) for fact in effect.facts]
    return [(fact.promotion_id, fact.problem) for fact in facts if isinstance(fact, PromotionSetAside)]


def due_of(world: World) -> int:
    assert world.terminal.state.desk.prices is not None
    return world.terminal.state.desk.prices.paid_minor


def test_goods_are_sold_without_an_offer_that_cannot_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_where(monkeypatch, alone="half")
    told = facts_of(world.scan(COLA))
    assert told == [("half", "could not be computed: ZeroDivisionError: a fault of ours")]
    assert facts_of(world.scan(COLA)) == []  # once is enough
    assert [line.amount_minor for line in world.terminal.state.desk.cart.lines] == [700]  # type: ignore[union-attr]
    assert due_of(world) == 700
    for _ in range(28):
        world.scan(COLA)
    # Thirty colas at 3.50 are 105.00: the other offer takes one off.
    assert due_of(world) == 10400
    world.do(GoTo("status"))
    assert "1 of the hub cannot be computed; goods are sold without them" in texts_in(world.terminal.view())


def test_offers_that_fail_only_together_are_all_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_where(monkeypatch, together=True)
    outcome = [world.scan(COLA) for _ in range(30)]
    told = [fact for each in outcome for fact in facts_of(each)]
    assert sorted(name for name, _ in told) == ["half", "ten-off"]
    assert due_of(world) == 10500
