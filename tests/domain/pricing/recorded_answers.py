"""Answers that were given before, and the work they took: drawn baskets by seed, with what came of them.

    python -m tests.domain.pricing.recorded_answers             # what differs from the record, if anything
    python -m tests.domain.pricing.recorded_answers --write     # keep what comes of them now

`recorded_answers.jsonl` holds carts of every kind (`cart_drawings`) and nasty small ones, each with its whole
answer and what two returns give back: a change of a single figure is seen, and is to be meant.
`recorded_work.json` holds how many states the search took for other baskets, and how large certificates are:
tills agree on an answer at the limit only while they count alike, and a bound that has stopped bounding shows
in nothing else. Says nothing of what is right: that is held by brute force, worked examples and campaigns.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from posapp.commands.bench_price_shop import PriceShop, price_basket, price_shop
from posapp.domain.pricing.answers.engine import PriceCache, price, price_among
from posapp.domain.pricing.answers.explaining import explained
from posapp.domain.pricing.answers.refunds import Sale, refund
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Traits
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Promotion
from tests.domain.pricing.adversarial_baskets import adversarial_case
from tests.simulation.cart_drawings import Cart, drawn_cart

ANSWERS: Final = Path(__file__).with_name("recorded_answers.jsonl")
WORK: Final = Path(__file__).with_name("recorded_work.json")
CARTS: Final = range(50_000, 50_600)
NASTY: Final = range(60_000, 60_300)
WORKED: Final = range(70_000, 70_400)
CROWDED: Final = range(80_000, 80_150)
PROVED: Final = range(90_000, 90_080)
LARGE: Final = range(5)
#: So few states that many of the nasty baskets are not proven.
_FEW_STATES: Final = 60
#: Goods that a next step may add.
_MORE: Final = tuple(
    BasketLine(90 + n, sku, 1, unit, Traits(("food",), "Acme", frozenset({"t"})), is_weighed=n == 3)
    for n, (sku, unit) in enumerate((("A", 99), ("B", 333), ("F", 50), ("C", 7)))
)
Told = dict[str, Any]


def told(priced: PricedBasket) -> Told:
    """An answer in few words; what is empty is left out."""
    found: Told = {
        "total": priced.total_minor,
        "rounding": priced.rounding_minor,
        "points": [priced.points_earned, priced.points_used],
        "off": {
            each.promotion_id: [
                each.rule, each.amount_minor, each.applications, each.base_minor, each.points, each.code,
                [[no, part] for no, part in each.lines], [part for *_, part in each.funding],
            ]
            for each in priced.discounts
        },
        "lines": [[[run.count, run.paid_minor] for run in line.runs] for line in priced.lines],
        "tax": [[each.rate_id, each.taxable_minor, each.tax_minor] for each in priced.taxes],
        "tax_lines": [[list(part) for part in each.line_shares] for each in priced.taxes],
        "gifts": [[gift.promotion_id, gift.sku, gift.quantity, gift.in_basket] for gift in priced.gifts],
        "lost": [
            [each.promotion_id, each.reason, each.would_give_minor, each.missing_minor, each.missing_qty,
             *each.by]
            for each in priced.lost
        ],
        "steps": [
            [each.promotion_id, each.saves_minor, each.add_qty, each.add_minor, *each.skus]
            for each in priced.next_steps
        ],
    }  # fmt: skip
    return {key: value for key, value in found.items() if value not in ([], {}, [[]])}


def answers() -> Iterator[tuple[str, Told]]:
    """Name and answer of each basket of the record."""
    for seed in CARTS:
        cart = drawn_cart(seed)
        priced = price(cart.basket, cart.promotions, cart.policy)
        if seed % 4:
            priced = explained(cart.basket, cart.promotions, cart.policy, priced, goods=lambda _: _MORE)
        yield f"cart {seed}", told(priced) | {"back": _given_back(seed, cart, priced)}
    for seed in NASTY:
        basket, promotions = adversarial_case(seed, units_max=7)
        yield f"nasty {seed}", told(price(basket, promotions, Policy(percent_mode="half_even")))
        few = price(basket, promotions, Policy(states_max=_FEW_STATES))
        yield f"few states {seed}", {"off": few.discount_minor, "proven": few.is_proven}


def _given_back(seed: int, cart: Cart, priced: PricedBasket) -> list[list[Any]]:
    """What two returns of some units give back, the second after the first."""
    units = [(line.line_no, n) for line in cart.basket.lines for n in range(line.quantity)]
    Random(seed).shuffle(units)
    half = len(units) // 2
    sale = Sale(
        cart.basket, priced, cart.policy, lambda left: price(left, cart.promotions, cart.policy),
        gift_values={"E": 70},
    )  # fmt: skip
    found = [refund(sale, units[:half])] if half else []
    found.append(refund(sale, units[half:-1] or units[half:], earlier=[units[:half]] if half else []))
    return [
        [
            each.total_minor, each.rounding_minor, each.kept_minor, each.points_back, each.points_taken,
            [unit.amount_minor for unit in each.units],
            [[tax.taxable_minor, tax.tax_minor] for tax in each.taxes],
            list(each.coupons_back), [gift.quantity for gift in each.gifts_due],
        ]
        for each in found
    ]  # fmt: skip


@cache
def _shop() -> tuple[PriceShop, PromotionIndex]:
    shop = price_shop(4_000, 1_000, 1)
    return shop, PromotionIndex(shop.promotions)


def _worked(basket: Basket, promotions: tuple[Promotion, ...]) -> list[int]:
    """States of a basket, and of the same with one piece more, with what is known of the first."""
    cache = PriceCache()
    more = replace(basket.lines[0], quantity=basket.lines[0].quantity + 1)
    bigger = replace(basket, lines=(more, *basket.lines[1:]))
    return [price_among(each, promotions, Policy(), cache).states for each in (basket, bigger)]


def work() -> dict[str, list[int]]:
    """States by name of the basket; of certificates whether they are closed, and their size."""
    found: dict[str, list[int]] = {}
    for seed in WORKED:
        basket, promotions = adversarial_case(seed, units_max=10)
        found[f"nasty {seed}"] = _worked(basket, tuple(promotions))
    for seed in CROWDED:
        basket, promotions = adversarial_case(seed, units_max=8)
        _, others = adversarial_case(seed + 500, units_max=8)
        others = [replace(each, promotion_id=f"{each.promotion_id}x") for each in others]
        found[f"crowded {seed}"] = _worked(basket, (*promotions, *others))
    for seed in PROVED:
        proof = certify(*adversarial_case(seed, units_max=6))
        found[f"proof {seed}"] = [proof.is_closed, len(json.dumps(proof.certificate))]
    for seed in LARGE:
        shop, index = _shop()
        basket = price_basket(shop, Random(seed).randint(10, 40), f"work {seed}")
        found[f"large {seed}"] = _worked(basket, index.touching(basket))
    return found


def recorded_answers() -> dict[str, Told]:
    """The record of answers, by name."""
    return dict(json.loads(line) for line in ANSWERS.read_text("utf-8").splitlines())


def recorded_work() -> dict[str, list[int]]:
    """The record of states, by name."""
    found: dict[str, list[int]] = json.loads(WORK.read_text("utf-8"))
    return found


def main(arguments: list[str]) -> int:
    """Compare or write; exit code 1: something differs."""
    parser = argparse.ArgumentParser(prog="recorded_answers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep what comes of them now")
    options = parser.parse_args(arguments)
    now, states = dict(answers()), work()
    was, states_were = (recorded_answers(), recorded_work()) if ANSWERS.exists() else ({}, {})
    for name in sorted(name for name in now.keys() | was.keys() if now.get(name) != was.get(name)):
        print(f"{name}: {json.dumps(was.get(name))}\n  is now {json.dumps(now.get(name))}")
    sums = [sum(map(sum, each.values())) for each in (states_were, states)]
    print(f"states in all: {sums[0]}, now {sums[1]}")
    if options.write:
        ANSWERS.write_text("".join(json.dumps(pair) + "\n" for pair in now.items()), "utf-8")
        rows = ",\n".join(f" {json.dumps(name)}: {json.dumps(each)}" for name, each in states.items())
        WORK.write_text(f"{{\n{rows}\n}}\n", "utf-8")
    return int(now != was or states != states_were)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
