"""Order promotions on single units: proven, and equal to brute force."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.orders import window
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.promotion import OrderOff, Promotion
from tests.domain.pricing.adversarial_baskets import adversarial_case
from tests.domain.pricing.brute_force import most_off


def _cases() -> list[tuple[int, Basket, list[Promotion]]]:
    """Nasty baskets whose order promotions are about the cheapest, the dearest or so many units."""
    found = []
    for seed in range(500):
        basket, promotions = adversarial_case(seed)
        random = Random(seed)
        changed = [_on_units(each, random) if each.layer == "order" else each for each in promotions]
        if changed != promotions:
            found.append((seed, basket, changed))
    return found


def _on_units(promotion: Promotion, random: Random) -> Promotion:
    if isinstance(promotion.kind, OrderOff) and random.random() < 0.7:
        units = random.choice(("cheapest", "dearest"))
        return replace(promotion, kind=replace(promotion.kind, units=units, count=random.randint(1, 2)))
    if random.random() < 0.4:
        return replace(promotion, limits=replace(promotion.limits, max_units=random.randint(1, 3)))
    return promotion


def test_what_hangs_on_single_units_is_the_most_and_proven() -> None:
    cases = _cases()
    assert len(cases) > 150
    for seed, basket, promotions in cases:
        priced = price(basket, promotions)
        assert priced.is_proven, seed
        assert priced.discount_minor == most_off(basket, promotions), seed


def test_lines_alone_do_not_prove_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the units are asked for."""
    monkeypatch.setattr(window, "by_unit", lambda *_: None)
    assert sum(not price(basket, promotions).is_proven for _, basket, promotions in _cases()) > 5
