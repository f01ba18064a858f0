"""Carts of every kind through the prices, and back again: ten million of them, by seed range.

    python -m tests.simulation.price_carts --seeds 0:10000000 --jobs 2
    python -m tests.simulation.price_carts --seeds 0:10000000 --from-seed 400000 --jobs 2   # go on
    python -m tests.simulation.price_carts --seeds 0:2000 --mutant shared_by_nobody     # must be caught

A seed is a cart. Sums, limits, tenders and returns are held by `cart_checks`; here: the same answer from a
cache that has seen everything, from promotions in another order, from lines in another order (what is taken
off in all), and from a process whose hashes differ. Three of four carts are small, and each of these goes
through one of the four such questions in turn. Prints one JSON object; exit code 1: something is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final
from unittest.mock import patch

from posapp.domain.pricing.answers import finishing, refunds
from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.goods import admitting
from posapp.domain.pricing.goods.gates import Open
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.items.set_cache import SetCache
from posapp.domain.pricing.orders import settling
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Deposit, Every, OrderOff, Promotion, SpendTier
from tests.simulation import cart_checks, return_checks
from tests.simulation.cart_drawings import FULL_EVERY, Cart, drawn_cart
from tests.simulation.seed_ranges import ROOT, in_processes, seeds_of, with_seeds

#: Of so many carts one comes back after every subset of its units.
SUBSETS_EVERY: Final = 8
#: Of so many blocks of seeds one is priced again by a process with other hashes.
HASHES_EVERY: Final = 50
BLOCK: Final = 200
_SHOWN: Final = 20
SHOP: Final = Policy()


@dataclass(slots=True)
class Outcome:
    """What a campaign found; `wrong` holds (seed, sentence)."""

    carts: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    policies: Counter[str] = field(default_factory=Counter)
    unproven: int = 0
    returned: int = 0
    subsets: int = 0
    hashed: int = 0
    wrong: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Warm:
    """A till that has seen all carts so far; its shop has one policy, and keeps to it."""

    cache: PriceCache = field(default_factory=PriceCache)

    def price(self, cart: Cart) -> PricedBasket:
        """Priced by the shop's own policy, with what earlier carts left behind."""
        return price(cart.basket, PromotionIndex(cart.promotions), SHOP, self.cache)


def scanned(cart: Cart) -> PricedBasket:
    """The cart as it grows line by line, priced after each with one cache."""
    cache, index = PriceCache(), PromotionIndex(cart.promotions)
    for count in range(1, len(cart.basket.lines)):
        price(replace(cart.basket, lines=cart.basket.lines[:count]), index, cart.policy, cache)
    return price(cart.basket, index, cart.policy, cache)


def run_seed(seed: int, outcome: Outcome, warm: Warm) -> int:
    """Everything about one cart; a number that tells its answer."""
    cart, dice = drawn_cart(seed), Random(seed + 1)
    outcome.carts += 1
    try:
        priced = price(cart.basket, cart.promotions, cart.policy)
        found = list(_troubles(seed, cart, priced, dice, outcome, warm))
    except Exception as error:  # noqa: BLE001 - that nothing at all is raised is the claim
        outcome.wrong.append((seed, f"raised {error!r}"))
        return 0
    outcome.wrong += [(seed, text) for text in found]
    outcome.rules.update(each.rule for each in priced.discounts)
    outcome.policies[f"{cart.policy.choose}, {cart.policy.refund}"] += 1
    outcome.unproven += not priced.is_proven
    return zlib.crc32(repr(priced).encode())


def _troubles(
    seed: int, cart: Cart, priced: PricedBasket, dice: Random, outcome: Outcome, warm: Warm
) -> Iterator[str]:
    for check in (cart_checks.sums, cart_checks.taxes, cart_checks.limits, cart_checks.gifts):
        yield from check(cart, priced)
    yield from cart_checks.tenders(cart, priced, dice)
    yield from _alike(seed, cart, priced, dice, warm)
    every = seed % SUBSETS_EVERY == 0
    outcome.returned += 1
    outcome.subsets += every

    cache, index = PriceCache(), PromotionIndex(cart.promotions)

    def again(basket: Any) -> PricedBasket:
        return price(basket, index, cart.policy, cache)

    yield from return_checks.returns(cart, priced, again, dice, every_subset=every)


def _alike(seed: int, cart: Cart, priced: PricedBasket, dice: Random, warm: Warm) -> Iterator[str]:
    """The same answer whatever the cache holds, and in whatever order things came."""
    is_full = seed % FULL_EVERY == 0
    turn = dice.randrange(2) if is_full else seed // FULL_EVERY % 4
    if turn == 0 and _seen(scanned(cart)) != _seen(priced):
        yield "another answer after each scan"
    if turn == 1 and _seen(warm.price(cart)) != _seen(price(cart.basket, cart.promotions, SHOP)):
        yield "another answer from a warm cache"
    if cart.policy.choose != "best":
        return
    if is_full or turn == 2:
        mixed = list(cart.promotions)
        dice.shuffle(mixed)
        if _seen(price(cart.basket, mixed, cart.policy)) != _seen(priced):
            yield "another answer for promotions in another order"
    if (is_full or turn == 3) and priced.is_proven and _is_orderless(cart):
        lines = list(cart.basket.lines)
        dice.shuffle(lines)
        other = price(replace(cart.basket, lines=tuple(lines)), cart.promotions, cart.policy)
        if other.is_proven and _money_off(other) != _money_off(priced):
            yield f"lines in another order: {_money_off(other)} instead of {_money_off(priced)} off"


def _seen(priced: PricedBasket) -> PricedBasket:
    """The answer without the search's own account."""
    return replace(priced, states=0)


def _money_off(priced: PricedBasket) -> int:
    return sum(each.amount_minor for each in priced.discounts if each.layer != "points")


def _is_orderless(cart: Cart) -> bool:
    """Whether what is taken off in all cannot depend on the order of lines.

    Cents that are left over when an amount is shared go to the earlier line; where something later looks at
    some of the lines only (a set, a floor, a share of a line), that may decide a cent.
    """
    if any(line.floor_minor for line in cart.basket.lines):
        return False
    for each in cart.promotions:
        if each.layer == "order" and not _is_of_all(each.on, each.kind):
            return False
        if each.limits.floor_minor is not None or each.limits.floor_ppm is not None or each.same:
            return False
        if each.needs.judged_on == "after_items" and any(c.of != Every() for c in each.needs.conditions):
            return False
        if any(c.tax != "as_priced" for c in each.needs.conditions):
            return False
    return True


def _is_of_all(on: object, kind: object) -> bool:
    if isinstance(kind, OrderOff):
        return on == Every() and kind.per == "order" and kind.units == "all"
    if isinstance(kind, SpendTier):
        return on == Every() and kind.per == "order"
    return isinstance(kind, Deposit) and on == Every()


# ------------------------------------------------------------------ other hashes
def digest(seeds: Sequence[int]) -> int:
    """One number for the answers of some seeds, from carts drawn and priced anew."""
    told = 0
    for seed in seeds:
        cart = drawn_cart(seed)
        try:
            text = repr(price(cart.basket, cart.promotions, cart.policy))
        except Exception as error:  # noqa: BLE001 - told of where the seed itself is run
            text = repr(error)
        told = zlib.crc32(text.encode(), told)
    return told


def digest_elsewhere(seeds: range, hash_seed: int, mutant: str | None) -> int:
    """The same from a process with other hashes."""
    command = [sys.executable, "-m", "tests.simulation.price_carts", "--digest"]
    command += ["--seeds", f"{seeds.start}:{seeds.stop}:{seeds.step}"]
    command += ["--mutant", mutant] if mutant else []
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return int(ran.stdout)


# ------------------------------------------------------------------ planted faults
_opened = admitting.admitted
_answered = finishing.answer
_token = SetCache.token
_repriced = refunds._repriced


def _shared_by_nobody(promotion: Any, amount_minor: int) -> Any:
    return tuple((each.party, each.name, amount_minor * each.ppm // 1_000_000) for each in promotion.funding)


def _without_budget(*arguments: Any, **more: Any) -> Any:
    found = _opened(*arguments, **more)
    return Open(found.code) if isinstance(found, Open) else found


def _a_cent_lost(*arguments: Any) -> PricedBasket:
    priced = _answered(*arguments)
    if not priced.discounts:
        return priced
    return replace(priced, discount_minor=priced.discount_minor - 1, goods_minor=priced.goods_minor - 1)


def _by_hash(*arguments: Any) -> PricedBasket:
    """Payers in the order of a set."""
    priced = _answered(*arguments)
    discounts = (
        replace(
            each, funding=tuple(sorted(each.funding, key=lambda part: hash((each.promotion_id, part[0]))))
        )
        for each in priced.discounts
    )
    return replace(priced, discounts=tuple(discounts))


def _token_by_id(self: SetCache, promotion: Promotion) -> int:
    """A till that takes a changed promotion for what it was."""
    alike = self._alike.get(promotion.promotion_id)
    return alike[0][1] if alike else _token(self, promotion)


def _repriced_anew(sale: Any, gone: Any, before: Any) -> Any:
    """A return that forgets what earlier ones gave."""
    del before
    return _repriced(sale, gone, refunds._Sums(-(10**9)))


def _rounded_down(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    return tuple(amount_minor * weight // max(1, sum(weights)) for weight in weights)


MUTANTS: Final[dict[str, Callable[[], Any]]] = {
    "shared_by_nobody": lambda: patch.object(settling, "funded", _shared_by_nobody),
    "no_budget": lambda: patch.object(admitting, "admitted", _without_budget),
    "a_cent_lost": lambda: patch.object(finishing, "answer", _a_cent_lost),
    "by_hash": lambda: patch.object(finishing, "answer", _by_hash),
    "stale_cache": lambda: patch.object(SetCache, "token", _token_by_id),
    "points_lost": lambda: patch.object(refunds, "allocate", _rounded_down),
    "returns_forget": lambda: patch.object(refunds, "_repriced", _repriced_anew),
    "returns_not_rounded": lambda: patch.object(refunds, "round_to_step", lambda minor, step, mode: minor),
    "returns_with_rounding": lambda: patch.object(refunds, "_exact", lambda priced: priced.total_minor),
}


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """With a fault, or without."""
    if name is None:
        yield
        return
    with MUTANTS[name]():
        yield


# ------------------------------------------------------------------ the campaign
def campaign(seeds: range, *, hashes_every: int = HASHES_EVERY, mutant: str | None = None) -> Outcome:
    """Run these seeds, in blocks."""
    outcome, warm = Outcome(), Warm()
    for number, first in enumerate(range(0, len(seeds), BLOCK)):
        block = seeds[first : first + BLOCK]
        for seed in block:
            run_seed(seed, outcome, warm)
        if hashes_every and number % hashes_every == 0:
            outcome.hashed += len(block)
            if digest(block) != digest_elsewhere(block, 1 + block.start % 999, mutant):
                outcome.wrong.append((block.start, "another answer where hashes differ, in this block"))
        if number % 50 == 49:
            print(f"{block[-1]}: {len(outcome.wrong)} wrong", file=sys.stderr, flush=True)
    return outcome


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "carts": outcome.carts,
        "rules": dict(outcome.rules.most_common()),
        "policies": dict(outcome.policies.most_common()),
        "unproven": outcome.unproven,
        "returned": outcome.returned,
        "returned_after_every_subset": outcome.subsets,
        "priced_with_other_hashes": outcome.hashed,
        "wrong": len(outcome.wrong),
        "first_wrong": outcome.wrong[:_SHOWN],
    }


def _together(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, dict):
                whole[name] = dict((Counter(whole.get(name, {})) + Counter(value)).most_common())
            elif name in whole:
                whole[name] += value
            else:
                whole[name] = value
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a range of seeds and print what came of it."""
    parser = argparse.ArgumentParser(prog="price_carts", description=(__doc__ or "").splitlines()[0])
    with_seeds(parser, "0:10000")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="plant a fault")
    parser.add_argument("--digest", action="store_true", help="only print one number for all answers")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with planted(options.mutant):
        if options.digest:
            print(digest(seeds_of(options)))
            return 0
        if options.jobs > 1:
            found = _together(list(in_processes("price_carts", options, ["mutant"])))
        else:
            found = _told(campaign(seeds_of(options), mutant=options.mutant))
    seconds = max(1, round(time.monotonic() - started))
    found["seconds"], found["carts_a_second"] = seconds, found["carts"] // seconds
    print(json.dumps(found, indent=None if options.json else 1))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
