"""One of each group, alone, and coupons: against every set of active promotions, tried one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations

import pytest

from posapp.domain.pricing.orders.choices import Choosing, Outcome
from posapp.domain.pricing.terms.promotion import EachUnit, Needs, Off, OrderOff, PriceBook, Promotion, Stack


def promotion(rng: random.Random, number: int) -> Promotion:
    layer = rng.choice(["item", "item", "order", "price"])
    kind: EachUnit | OrderOff | PriceBook = EachUnit(Off(minor=1))
    if layer == "order":
        kind = OrderOff(Off(minor=1))
    elif layer == "price":
        kind = PriceBook(off=Off(minor=1))
    codes = frozenset({f"c{number}"}) if rng.random() < 0.4 else frozenset()
    ends = datetime(2026, 1, rng.randint(1, 28), tzinfo=UTC) if rng.random() < 0.5 else None
    stack = Stack(group=rng.choice(["", "", "g", "h"]), alone=rng.random() < 0.15)
    points = rng.choice([0, 0, 0, 60])
    return Promotion(
        f"p{number}", layer, kind, needs=Needs(codes=codes, points=points), stack=stack, ends=ends
    )  # type: ignore[arg-type]


class Toy:
    """Promotions that fight over a few slots, the dearest of each wins; price books spoil some of it."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.promotions = [promotion(rng, n) for n in range(rng.randint(1, 6))]
        self.slots = {each.promotion_id: (rng.randint(0, 2), rng.randint(0, 6)) for each in self.promotions}
        self.spoils = {
            each.promotion_id: rng.choice([0, 0, 5]) for each in self.promotions if each.layer == "price"
        }
        self.calls = 0

    def evaluate(self, active: frozenset[str], at_least: int = 0) -> Outcome[None]:
        self.calls += 1
        best: dict[int, tuple[int, str]] = {}
        books = active & self.spoils.keys()
        for promotion_id in sorted(active - books):
            slot, worth = self.slots[promotion_id]
            worth = max(0, worth - sum(self.spoils[book] for book in books))
            if worth > best.get(slot, (0, ""))[0]:
                best[slot] = (worth, promotion_id)
        saving = sum(worth for worth, _ in best.values()) + sum(self.slots[book][1] for book in books)
        used = frozenset(n for _, n in best.values()) | {n for n in books if self.slots[n][1]}
        return Outcome(saving, 0, used, 0, 1, True, None)

    def given(self) -> set[str]:
        """Price books that nobody chooses: they hold whatever else is used."""
        groups = [each.stack.group for each in self.promotions if not each.stack.alone]
        return {
            each.promotion_id
            for each in self.promotions
            if each.layer == "price"
            and not (each.stack.alone or each.needs.is_coupon or each.needs.points)
            and (not each.stack.group or groups.count(each.stack.group) == 1)
        }

    def allowed(self) -> Iterator[frozenset[str]]:
        ids = [each.promotion_id for each in self.promotions]
        of = {each.promotion_id: each for each in self.promotions}
        for size in range(len(ids) + 1):
            for some in combinations(ids, size):
                groups = [of[n].stack.group for n in some if of[n].stack.group]
                if len(groups) != len(set(groups)) and not any(of[n].stack.alone for n in some):
                    continue
                if any(of[n].stack.alone for n in some) and len(some) > 1:
                    continue
                if not any(of[n].stack.alone for n in some) and not self.given().issubset(some):
                    continue
                yield frozenset(some)


@pytest.mark.parametrize("seed", range(300))
def test_the_best_of_all_allowed_sets_with_the_fewest_coupons(seed: int) -> None:
    toy = Toy(seed)
    of = {each.promotion_id: each for each in toy.promotions}
    coupons = {n for n, each in of.items() if each.needs.is_coupon}
    balance = 100
    outcomes = [
        outcome
        for outcome in map(toy.evaluate, toy.allowed())
        if sum(of[n].needs.points for n in outcome.used) <= balance
    ]
    best = max(outcome.saving_minor for outcome in outcomes)
    fewest = min(len(outcome.used & coupons) for outcome in outcomes if outcome.saving_minor == best)
    chosen = Choosing(toy.promotions, toy.evaluate, points=balance, states_max=10_000).best()
    assert chosen.is_proven
    assert chosen.outcome.saving_minor == best
    assert len(chosen.outcome.used & coupons) == fewest
    groups = [of[n].stack.group for n in chosen.outcome.used if of[n].stack.group]
    assert len(groups) == len(set(groups))


def test_at_the_limit_of_states_the_best_found_is_told_as_such() -> None:
    many = [
        Promotion(f"p{n:02}", "order", OrderOff(Off(minor=1)), stack=Stack(group=f"g{n % 6}"))
        for n in range(30)
    ]

    def evaluate(active: frozenset[str], at_least: int) -> Outcome[None]:
        return Outcome(sum(int(n[1:]) for n in active), 0, active, 0, 1, True, None)

    limited = Choosing(many, evaluate, points=0, states_max=3).best()
    assert not limited.is_proven
    groups = [int(n[1:]) % 6 for n in limited.outcome.used]
    assert len(groups) == len(set(groups))
    whole = Choosing(many, evaluate, points=0, states_max=100_000).best()
    assert whole.is_proven
    assert whole.outcome.used == {f"p{n}" for n in range(24, 30)}
