"""The order layer in sums of lines is the order layer by runs, unit by unit and cent by cent."""

from __future__ import annotations

from dataclasses import replace

from posapp.domain.pricing.answers.engine import PriceCache, case_of, touching
from posapp.domain.pricing.goods.runs import Run, runs_of
from posapp.domain.pricing.items.items import solve_items
from posapp.domain.pricing.orders import by_line
from posapp.domain.pricing.orders.by_line import taken_off
from posapp.domain.pricing.orders.layer import apply_orders, conditions_hold, in_order
from posapp.domain.pricing.terms.policy import Policy
from tests.domain.pricing.adversarial_baskets import adversarial_case

POLICY = Policy()


def test_both_ways_give_every_unit_the_same() -> None:
    by_sums = split = several = 0
    for seed in range(400):
        basket, promotions = adversarial_case(seed)
        case = case_of(basket, touching(basket, promotions), POLICY, PriceCache())
        books = {each.promotion_id for each in promotions if each.layer == "price"}
        world = case.world(frozenset(books))
        goods = world.goods
        choice = solve_items(goods.lots, world.items, POLICY)
        numbered = list(enumerate(choice.applications))

        def made() -> list[Run]:
            return runs_of(goods.lots, goods.places, numbered, POLICY)  # noqa: B023

        one, other = made(), made()
        first = len(numbered)
        # Every right twice, the second with another name: what is left is less then.
        again = [replace(each, promotion=replace(each.promotion, promotion_id="z")) for each in world.orders]
        rights = [*world.orders, *again]
        assert taken_off(one, rights, first, basket.lines, POLICY) == apply_orders(
            other, rights, first, basket.lines, POLICY
        ), seed
        assert one == other, seed
        by_sums += by_line._is_by_line(rights, POLICY) and bool(rights)
        split += len(one) > len(made())
        several += len({run.at for run in one}) < len(one)
    assert by_sums > 60
    assert split > 10
    assert several > 10


def test_conditions_are_asked_of_the_places_that_are_known() -> None:
    for seed in range(200):
        basket, promotions = adversarial_case(seed)
        case = case_of(basket, touching(basket, promotions), POLICY, PriceCache())
        orders = in_order(case.world(frozenset()).orders)
        for right in orders:
            for least in (0, 300, 5_000):
                amounts = [max(0, line.amount_minor - least) for line in basket.lines]
                asked = conditions_hold(right, amounts, basket.lines)
                sums = [sum([amounts[at] for at in places]) for _, places in right.conditions]
                needs = right.promotion.needs
                met = [
                    (condition.min_minor or 0) <= amount
                    and (condition.max_minor is None or amount <= condition.max_minor)
                    for condition, amount in zip(needs.conditions, sums, strict=False)
                ]
                plain = all(each.min_qty is None and each.max_qty is None for each in needs.conditions)
                plain = plain and all(each.min_items is None for each in needs.conditions)
                plain = plain and all(each.tax == "as_priced" for each in needs.conditions)
                if right.conditions and plain:
                    assert asked == (all(met) if needs.match == "all" else any(met)), seed
