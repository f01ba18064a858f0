"""What stands of a basket from scan to scan is what is made of it anew, whatever comes and goes."""

from __future__ import annotations

from random import Random

import pytest

from posapp.domain.pricing.goods.sets import spread
from posapp.domain.pricing.items.components import components
from posapp.domain.pricing.items.items import ItemCache, solve_items
from posapp.domain.pricing.items.price_layer import price_lots
from posapp.domain.pricing.items.set_cache import SetCache
from posapp.domain.pricing.items.standing import Part, Standing
from posapp.domain.pricing.items.units import normal_form
from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.policy import Policy
from tests.domain.pricing.adversarial_baskets import adversarial_case

POLICY = Policy()


def offered(seed: int) -> tuple[list[Lot], list[Right]]:
    """Lots of two baskets, and the item rights of the second."""
    lines = list(adversarial_case(seed + 1)[0].lines)
    basket, promotions = adversarial_case(seed)
    numbers = {line.line_no for line in basket.lines}
    lines = [*basket.lines, *[line for line in lines if line.line_no not in numbers]]
    items = [each for each in promotions if each.layer == "item"]
    rights = [Right(each) for one in items for each in spread(one, lines)]
    return list(price_lots(lines, ())), rights


def told(parts: list[Part]) -> list[object]:
    return [
        (part.lots, part.is_tied, [[one[0].rank for one in mine] for mine in part.eligible]) for part in parts
    ]


def made_anew(lots: list[Lot], rights: list[Right]) -> list[object]:
    form = normal_form(lots, rights, POLICY, SetCache())
    return [
        (
            [form.lots[n] for n in part.positions],
            part.is_tied,
            [[one[0].rank for one in form.eligible[n]] for n in part.positions],
        )
        for part in components(form)
    ]


@pytest.mark.parametrize("seeds", [range(60), range(60, 120)])
def test_a_walk_of_lots_and_rights(seeds: range) -> None:
    gone_and_back = 0
    for seed in seeds:
        random = Random(f"{seed} standing")
        all_lots, all_rights = offered(seed)
        cache, standing = ItemCache(), Standing(SetCache(), POLICY)
        for _ in range(12):
            lots = [lot for lot in all_lots if random.random() < 0.7]
            rights = [right for right in all_rights if random.random() < 0.8]
            random.shuffle(rights)
            if random.random() < 0.5:
                rights = [Right(right.promotion) for right in rights]
            gone_and_back += len(lots) < len(all_lots)
            assert told(standing.parts(lots, rights)) == made_anew(lots, rights), seed
            if sum(lot.count for lot in lots) <= 12:
                assert solve_items(lots, rights, POLICY, cache) == solve_items(lots, rights, POLICY), seed
    assert gone_and_back


def test_what_broke_off_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    lots, rights = offered(3)
    standing = Standing(SetCache(), POLICY)
    before = told(standing.parts(lots[:-1], rights))

    def broken(*_: object) -> None:
        raise ArithmeticError

    with monkeypatch.context() as patch:
        patch.setattr(Standing, "_put_together", broken)
        with pytest.raises(ArithmeticError):
            standing.parts(lots, rights)
    assert told(standing.parts(lots[:-1], rights)) == before
    assert told(standing.parts(lots, rights)) == made_anew(lots, rights)
