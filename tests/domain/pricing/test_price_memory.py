"""What is kept from pricing to pricing changes no answer: random walks of a till, one memory against none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from posapp.commands.bench_price_shop import price_basket, price_shop
from posapp.domain.pricing.answers import worlds
from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.goods import admitting, held, index
from posapp.domain.pricing.goods.admitting import Admitting
from posapp.domain.pricing.goods.gates import admitted, unmet
from posapp.domain.pricing.goods.held import HeldMemory
from posapp.domain.pricing.goods.index import PromotionIndex, touched_sets
from posapp.domain.pricing.goods.sets import holds
from posapp.domain.pricing.goods.windows import is_timed, micros, steady
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Member, Uses
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import EachUnit, Having, Limits, Off, Promotion, Weekly, Who
from tests.domain.pricing.adversarial_baskets import adversarial_case

BERLIN = ZoneInfo("Europe/Berlin")
#: A Saturday before the clocks go back.
NIGHT = datetime(2026, 10, 24, 22, 30, tzinfo=BERLIN)

SHARE = Promotion("i0", "item", EachUnit(Off(ppm=100_000)))


def walked(random: Random, basket: Basket, shelf: tuple[BasketLine, ...]) -> Basket:
    """The basket after one more act at a till: a scan, a void, another quantity, a code, a member, time."""
    lines = list(basket.lines)
    act = random.randrange(10)
    at = basket.at + timedelta(minutes=random.choice((0, 0, 0, 0, 7, 45, 400, -30)))
    if act < 5 or not lines:
        number = max((line.line_no for line in lines), default=0) + 1
        lines.append(replace(random.choice(shelf), line_no=number))
    elif act == 5:
        del lines[random.randrange(len(lines))]
    elif act in (6, 7):
        place = random.randrange(len(lines))
        lines[place] = replace(lines[place], quantity=random.randint(1, 4))
    elif act == 8:
        codes = (
            basket.codes[:-1] if basket.codes and random.random() < 0.5 else (*basket.codes, Code("SPRING"))
        )
        return replace(basket, codes=codes, at=at)
    else:
        member = random.choice((None, Member("m-1", "gold"), Member("m-2")))
        uses = {"i0": Uses(1, 1, 1), "i1": Uses(None, None, None)} if random.random() < 0.5 else {}
        return replace(basket, member=member, uses=uses, at=at)
    return replace(basket, lines=tuple(lines), at=at)


def with_clocks(random: Random, promotions: list[Promotion]) -> list[Promotion]:
    """Some of them with windows, owners and counted uses."""
    made = []
    for each in promotions:
        kind = random.randrange(6)
        if kind == 0:
            hours = sorted(random.sample(range(0, 1441, 15), 2))
            each = replace(each, weekly=(Weekly(frozenset(random.sample(range(7), 4)), *hours),))
        elif kind == 1:
            turn = random.choice((NIGHT, NIGHT.astimezone(UTC), NIGHT.replace(tzinfo=None)))
            each = replace(each, begins=turn + timedelta(minutes=random.randint(-300, 900)))
        elif kind == 2:
            each = replace(each, who=random.choice((Who(members=True), Who(levels=frozenset({"gold"})))))
        elif kind == 3:
            each = replace(each, limits=replace(each.limits, per_day=1, when_unknown="refuse"))
        elif kind == 4 and each.layer in ("item", "order"):
            each = replace(each, same="sku")
        made.append(each)
    return made


@pytest.mark.parametrize("seed", range(3))
def test_a_till_of_a_large_shop(seed: int) -> None:
    shop = price_shop(300, 120, seed)
    found = PromotionIndex(shop.promotions)
    shelf = price_basket(shop, 40, seed).lines
    random = Random(f"{seed} walk")
    cache, basket = PriceCache(), Basket((), "CNY", datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    for _ in range(60):
        basket = walked(random, basket, shelf)
        kept = price(basket, found, cache=cache)
        assert kept == price(basket, PromotionIndex(shop.promotions))


@pytest.mark.parametrize("seeds", [range(40), range(40, 80)])
def test_nasty_promotions_with_clocks_and_members(seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    # So small that what is kept is thrown away now and then.
    monkeypatch.setattr(worlds, "LOTS_MAX", 9)
    monkeypatch.setattr(held, "KINDS_MAX", 5)
    monkeypatch.setattr(admitting, "KEPT_MAX", 6)
    monkeypatch.setattr(index, "_FLAT_MAX", 3)
    cache = PriceCache()
    for seed in seeds:
        random = Random(f"{seed} clocks")
        basket, promotions = adversarial_case(seed)
        promotions = with_clocks(random, promotions)
        found = PromotionIndex(promotions)
        shelf = basket.lines
        basket = replace(basket, at=NIGHT)
        policy = Policy(choose="sequence") if seed % 5 == 0 else Policy()
        for _ in range(8):
            basket = walked(random, basket, shelf)
            if sum(line.quantity for line in basket.lines) > 9:
                basket = replace(basket, lines=basket.lines[:2])
            kept = price(basket, found, policy, cache)
            assert kept == price(basket, promotions, policy), seed


def test_an_index_finds_what_each_set_says() -> None:
    for seed in range(60):
        random = Random(seed)
        basket, promotions = adversarial_case(seed)
        found = PromotionIndex(promotions)
        for _ in range(4):
            for some in random.sample(promotions, min(1, len(promotions))):
                if random.random() < 0.3:
                    found.remove(some.promotion_id)
                else:
                    found.replace(some)
            touching = {each.promotion_id for each in found.touching(basket)}
            for each in found:
                by_goods = any(holds(goods, line) for goods in touched_sets(each) for line in basket.lines)
                if by_goods and not each.needs.is_coupon:
                    assert each.promotion_id in touching
                if each.promotion_id in touching:
                    assert by_goods or each.needs.is_coupon


def test_the_clock_says_the_same_until_it_is_said_to_turn() -> None:
    for seed in range(300):
        random = Random(seed)
        promotion = with_clocks(random, [SHARE])[0]
        at = NIGHT + timedelta(minutes=random.randint(-600, 900))
        at = at.replace(fold=random.randint(0, 1))
        since, until = steady(promotion, at)
        assert since <= micros(at) < until
        for _ in range(6):
            then = at + timedelta(minutes=random.randint(-600, 900))
            if since <= micros(then) < until and then.utcoffset() == at.utcoffset() and is_timed(promotion):
                before, after = (replace(Basket((), "CNY", moment)) for moment in (at, then))
                assert admitted(promotion, before) == admitted(promotion, after)


def test_held_lines_and_conditions_are_those_of_the_sets() -> None:
    memory = HeldMemory()
    for seed in range(120):
        basket, promotions = adversarial_case(seed)
        lines = memory.of(basket.lines)
        for each in promotions:
            told = [n for n, line in enumerate(basket.lines) if not line.is_locked and holds(each.on, line)]
            assert sorted(lines.places(each.on)) == told
            assert unmet(each.needs, basket.lines, held=lines) == unmet(each.needs, basket.lines)


def test_uses_are_asked_for_each_basket() -> None:
    basket, _ = adversarial_case(1)
    daily = replace(SHARE, limits=Limits(per_day=1))
    name = daily.promotion_id
    memory = Admitting()
    for uses in ({}, {name: Uses(0, 1, 0)}, {name: Uses(0, 0, 0)}):
        asked = replace(basket, uses=uses)
        memory.get_ready(asked)
        assert memory.gate(daily, asked) == admitted(daily, asked)


def test_discounts_and_parts_that_stand_are_the_same_values() -> None:
    each = Promotion("i1", "item", EachUnit(Off(ppm=100_000)), Having("sku", frozenset({"a"})))
    first = BasketLine(1, "a", 2, 500)
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    cache, found = PriceCache(), PromotionIndex((each,))
    before = price(Basket((first,), "CNY", at), found, cache=cache)
    after = price(Basket((first, BasketLine(2, "b", 1, 300)), "CNY", at), found, cache=cache)
    assert after.discounts[0] is before.discounts[0]
    more = price(Basket((first, BasketLine(2, "a", 1, 300)), "CNY", at), found, cache=cache)
    assert more.discounts[0] != before.discounts[0]
    assert (more.discount_minor, after.discount_minor) == (130, 100)
