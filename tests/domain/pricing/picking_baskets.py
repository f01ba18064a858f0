"""Small nasty baskets whose order promotions are about single units, by seed.

Two and three that pick the cheapest, the dearest or so many units of the same goods, lines of several equal
pieces and lines of one price, with and without items before them, floors, and shares rounded unit by unit.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import OrderOff, Promotion
from tests.domain.pricing.adversarial_baskets import adversarial_case


def picking_case(seed: int) -> tuple[Basket, list[Promotion], Policy]:
    """A basket, promotions and the policy, which says whether shares are rounded by unit."""
    random = Random(f"{seed} picking")
    # One with order promotions: where they are the only ones, units are equal to the last.
    for n in range(1000):
        basket, drawn = adversarial_case(seed * 1000 + n)
        orders = [each for each in drawn if each.layer == "order"]
        if orders:
            break
    others = [each for each in drawn if each.layer == "item"] if random.random() < 0.5 else []
    while len(orders) < random.choice((1, 2, 2, 3)):
        orders.append(replace(orders[0], promotion_id=f"p{len(orders)}"))
    promotions = [*others, *[_on_units(each, random) for each in orders]]
    if random.random() < 0.3:
        price = basket.lines[0].unit_minor
        basket = replace(basket, lines=tuple([replace(line, unit_minor=price) for line in basket.lines]))
    if random.random() < 0.2:
        lines = [replace(line, floor_minor=random.choice((0, 2, 60, 150))) for line in basket.lines]
        basket = replace(basket, lines=tuple(lines))
    return basket, promotions, Policy(order_percent_per=random.choice(("order", "order", "order", "unit")))


def _on_units(promotion: Promotion, random: Random) -> Promotion:
    kind, limits = promotion.kind, promotion.limits
    if isinstance(kind, OrderOff) and random.random() < 0.7:
        units = random.choice(("cheapest", "dearest"))
        kind = replace(kind, units=units, count=random.randint(1, 2))
    elif random.random() < 0.5:
        limits = replace(limits, max_units=random.randint(1, 3))
    if random.random() < 0.1:
        limits = replace(limits, max_units_per_line=random.randint(1, 2))
    if random.random() < 0.15:
        limits = replace(limits, floor_minor=random.choice((3, 90)))
    elif random.random() < 0.1:
        limits = replace(limits, floor_ppm=random.choice((500_000, 900_000)))
    if isinstance(kind, OrderOff) and random.random() < 0.1:
        kind = replace(kind, per="line")
    return replace(promotion, kind=kind, limits=limits)
