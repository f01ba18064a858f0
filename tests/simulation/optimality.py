"""Whether the best price is the best, judged by two that share no line with the search, and certified.

    python -m tests.simulation.optimality --seeds 0:100000 --jobs 2
    python -m tests.simulation.optimality --judge picks --seeds 0:100000 --jobs 2
    python -m tests.simulation.optimality --judge highs --seeds 0:2000 --jobs 2

By brute force: small nasty baskets, every choice tried; `picks` are those whose order promotions are about
single units. By HiGHS: baskets of 10 to 60 lines in a shop of
5,000 promotions, as a mixed integer programme. To the cent; a certificate that says it is closed must be
accepted by the checker, and copies of it with anything in them changed are refused unless what they say is
still true. Each seed is one basket, so that a campaign can be cut anywhere and go on with the
next one. Prints one JSON object; the exit code tells whether it is clean.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from posapp.commands.bench_price_judge import judged
from posapp.commands.bench_price_shop import PriceShop, price_basket, price_shop
from posapp.domain.pricing.answers.engine import PriceCache, price, price_among
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.proof.checker import check
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from tests.domain.pricing.adversarial_baskets import adversarial_case
from tests.domain.pricing.brute_force import most_off
from tests.domain.pricing.picking_baskets import picking_case
from tests.domain.pricing.spoilt_certificates import is_true, spoilt
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds

GOODS, PROMOTIONS, SHOP_SEED = 20_000, 5_000, 1
_SHOWN = 10
#: Changed copies of each certificate that the checker is shown.
_SPOILT = 5


@dataclass(slots=True)
class Outcome:
    """What a campaign found; `wrong` are sentences that begin with the seed."""

    baskets: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, told: dict[str, Any]) -> None:
        """What another process found."""
        self.baskets += told["baskets"]
        self.counted.update(told["counted"])
        self.wrong += told["wrong"]

    def document(self) -> dict[str, Any]:
        """For printing."""
        return {"baskets": self.baskets, "counted": dict(sorted(self.counted.items())), "wrong": self.wrong}


def _compare(seed: int, priced: PricedBasket, most: int, outcome: Outcome) -> None:
    outcome.baskets += 1
    outcome.counted["proven" if priced.is_proven else "not proven"] += 1
    if priced.discount_minor > most:
        outcome.wrong.append(f"{seed}: {priced.discount_minor} is more than the {most} that can be had")
    elif priced.discount_minor < most and priced.is_proven:
        outcome.wrong.append(f"{seed}: {priced.discount_minor}, and {most} can be had")


def small(seed: int, outcome: Outcome) -> None:
    """One small basket against brute force."""
    basket, promotions = adversarial_case(seed)
    priced = price(basket, promotions)
    most = most_off(basket, promotions)
    _compare(seed, priced, most, outcome)


def picks(seed: int, outcome: Outcome) -> None:
    """One small basket whose order promotions pick units against brute force."""
    basket, promotions, policy = picking_case(seed)
    priced = price(basket, promotions, policy)
    most = most_off(basket, promotions, per_unit=policy.order_percent_per == "unit")
    _compare(seed, priced, most, outcome)


def proved(seed: int, outcome: Outcome) -> None:
    """The certificate of the same basket before the checker."""
    basket, promotions = adversarial_case(seed)
    priced = price(basket, promotions)
    found = certify(basket, promotions)
    outcome.counted["certificate closed" if found.is_closed else "certificate open"] += 1
    told = json.loads(json.dumps(found.certificate))
    faults = check(told)
    if found.is_closed and faults:
        outcome.wrong.append(f"{seed}: its certificate is refused: {faults[0]}")
    if found.is_closed and found.certificate["saving"] != priced.discount_minor:
        outcome.wrong.append(f"{seed}: its certificate is about another answer")
    if not found.is_closed and not faults:
        outcome.wrong.append(f"{seed}: an open certificate is accepted")
    for name, other in spoilt(told, Random(seed), _SPOILT) if found.is_closed else ():
        if check(json.loads(json.dumps(other))):
            outcome.counted["planted refused"] += 1
        elif is_true(other):
            outcome.counted["planted true all the same"] += 1
        else:
            outcome.wrong.append(f"{seed}: a certificate with another {name} is accepted")


@cache
def _shop() -> tuple[PriceShop, PromotionIndex]:
    shop = price_shop(GOODS, PROMOTIONS, SHOP_SEED)
    return shop, PromotionIndex(shop.promotions)


def large(seed: int, outcome: Outcome) -> None:
    """One basket of 10 to 60 lines against HiGHS."""
    shop, index = _shop()
    basket = price_basket(shop, Random(seed).randint(10, 60), f"large {seed}")
    promotions = index.touching(basket)
    priced = price_among(basket, promotions, Policy(), PriceCache())
    verdict = judged(basket, promotions)
    outcome.baskets += 1
    outcome.counted["proven" if priced.is_proven else "not proven"] += 1
    outcome.counted["proven by the judge" if verdict.is_proven else "not proven by the judge"] += 1
    if priced.is_proven and verdict.is_proven and priced.discount_minor != verdict.saving_minor:
        outcome.wrong.append(f"{seed}: {priced.discount_minor}, the judge says {verdict.saving_minor}")


JUDGES = {"brute": (small, proved), "picks": (picks,), "highs": (large,)}


def main(arguments: Sequence[str]) -> int:
    """Run a campaign; returns the exit code."""
    parser = argparse.ArgumentParser(prog="optimality")
    with_seeds(parser, "0:1000")
    parser.add_argument("--judge", choices=tuple(JUDGES), default="brute")
    options = parser.parse_args(arguments)
    outcome = Outcome()
    begun = time.monotonic()
    if options.jobs > 1:
        for told in in_processes("optimality", options, ["judge"]):
            outcome.add(told)
    else:
        for seed in seeds_of(options):
            for judge in JUDGES[options.judge]:
                judge(seed, outcome)
    document = {**outcome.document(), "seconds": round(time.monotonic() - begun, 1)}
    if not options.json:
        document["wrong"] = document["wrong"][:_SHOWN]
    print(json.dumps(document))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
