"""`posapp bench price`: pricing whole baskets and single scans, beside HiGHS and beside what others do.

Baskets of 1 to 60 lines in a shop of 5,000 live promotions on 20,000 SKUs, by class; the same in a shop ten
times as large with the same density, and in one with a fifth of the promotions. HiGHS solves the same baskets
in the same run, turn about: a compact programme that counts units of lots, and a textbook one with a column
for each possible group; `bench_price_ratios` says what each ratio divides by what. All in processor time,
since nothing here waits for anything. Figures are those of what a till uses, with the C kernel where there is
one; those with `python` in their name are the same baskets without it, and both have to say the same.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import process_time_ns
from typing import Any

from posapp.commands.bench_price_greedy import RULES, greedy_saving
from posapp.commands.bench_price_ratios import Sides, ratios, time_search
from posapp.commands.bench_price_shop import CLASSES, PriceShop, price_basket, price_shop
from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.domain.pricing.answers.engine import PriceCache, price
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.items.kernel import Kernel, kernel, use
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.priced import PricedBasket

GOODS, PROMOTIONS, SPARSE, TIMES = 20_000, 5_000, 1_000, 10
#: Baskets of each class in one round.
A_ROUND = 6


@dataclass(slots=True)
class Shop:
    """A shop with its index, and a cache that has seen other baskets, as a till's has."""

    goods: PriceShop
    index: PromotionIndex
    cache: PriceCache = field(default_factory=PriceCache)


@dataclass(slots=True)
class Samples(Sides):
    """Nanoseconds of one class, and what stands beside HiGHS."""

    scan: list[int] = field(default_factory=list)
    python_scan: list[int] = field(default_factory=list)
    many: list[int] = field(default_factory=list)
    touch: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Count:
    """Baskets, those proven, those that differ from the judge's verdict and from the search in Python."""

    baskets: int = 0
    proven: int = 0
    judged: int = 0
    differing: int = 0
    from_python: int = 0
    #: Baskets whose groups are too many for the textbook's programme.
    unpacked: int = 0


def bench_price(*, rounds: int, seed: int) -> Result:
    """Measure so many rounds of baskets of every class."""
    shop = _open(GOODS, PROMOTIONS, seed)
    plain = Shop(shop.goods, shop.index)
    large = _open(GOODS * TIMES, PROMOTIONS * TIMES, seed)
    sparse = _open(GOODS, SPARSE, seed)
    # As a till and a hub do once their promotions are read.
    gc.collect()
    gc.freeze()
    samples = [Samples() for _ in CLASSES]
    count = Count()
    losses: dict[str, list[tuple[int, int]]] = {}
    for number in range(rounds * A_ROUND):
        for (least, most), mine in zip(CLASSES, samples, strict=True):
            name = f"{seed} {least} {number}"
            lines = Random(name).randint(least, most)
            basket = price_basket(shop.goods, lines, name)
            other = price_basket(large.goods, lines, name)
            # Turn about, so that a slow moment of the machine meets all of them.
            full = _both(shop, plain, basket, mine, count, is_python_first=number % 2 > 0)
            _timed(large, other, mine.many, count)
            _touch(shop, basket, mine.touch)
            _judge(shop, basket, full.discount_minor, mine, count)
            _lose(shop, basket, losses, "dense")
            _lose(sparse, price_basket(sparse.goods, lines, name), losses, "sparse")
    return _result(seed, samples, count, losses)


def _open(goods: int, promotions: int, seed: int) -> Shop:
    shop = price_shop(goods, promotions, seed)
    return Shop(shop, PromotionIndex(shop.promotions))


@contextmanager
def _in_python() -> Iterator[None]:
    """The item search without its kernel."""
    before = use(Kernel(None, "measured without"))
    try:
        yield
    finally:
        use(before)


def _both(
    shop: Shop, plain: Shop, basket: Basket, mine: Samples, count: Count, *, is_python_first: bool
) -> PricedBasket:
    """With the kernel and without; who comes first finds the basket's promotions cold."""
    priced: dict[bool, PricedBasket] = {}
    for is_python in (is_python_first, not is_python_first):
        if is_python:
            with _in_python():
                priced[True] = _timed(plain, basket, mine.python, count)
                _scans(plain, basket, mine.python_scan, count)
                time_search(basket, plain.index, mine.python_search)
        else:
            priced[False] = _timed(shop, basket, mine.full, count)
            _scans(shop, basket, mine.scan, count)
            time_search(basket, shop.index, mine.search)
    count.from_python += priced[True] != priced[False]
    return priced[False]


def _timed(shop: Shop, basket: Basket, times: list[int], count: Count) -> PricedBasket:
    """Price a basket that was never seen."""
    cache = PriceCache()
    begun = process_time_ns()
    priced = price(basket, shop.index, cache=cache)
    times.append(process_time_ns() - begun)
    count.baskets += 1
    count.proven += priced.is_proven
    return priced


def _scans(shop: Shop, basket: Basket, times: list[int], count: Count) -> None:
    """Price the basket line by line as it is scanned; the last scans count, with the cart grown."""
    for length in range(1, len(basket.lines) + 1):
        part = Basket(basket.lines[:length], basket.currency, basket.at, codes=basket.codes)
        begun = process_time_ns()
        priced = price(part, shop.index, cache=shop.cache)
        elapsed = process_time_ns() - begun
        if length * 2 > len(basket.lines):
            times.append(elapsed)
            count.baskets += 1
            count.proven += priced.is_proven


def _touch(shop: Shop, basket: Basket, times: list[int]) -> None:
    begun = process_time_ns()
    shop.index.touching(basket)
    times.append(process_time_ns() - begun)


def _judge(shop: Shop, basket: Basket, saving: int, mine: Samples, count: Count) -> None:
    """What HiGHS says of the compact programme, and of the textbook's."""
    try:
        from posapp.commands.bench_price_judge import judged
        from posapp.commands.bench_price_packing import TooManyGroupsError, packed

        begun = process_time_ns()
        promotions = shop.index.touching(basket)
        touched_ns = process_time_ns() - begun
        verdicts = [judged(basket, promotions)]
        mine.judge.append(verdicts[0].solver_ns)
        mine.judge_whole.append(touched_ns + verdicts[0].whole_ns)
        try:
            verdicts.append(packed(basket, promotions))
            mine.textbook.append(verdicts[1].solver_ns)
            mine.textbook_whole.append(touched_ns + verdicts[1].whole_ns)
        except TooManyGroupsError:
            count.unpacked += 1
    except ImportError:
        return
    for verdict in verdicts:
        if verdict.is_proven:
            count.judged += 1
            count.differing += verdict.saving_minor != saving


def _lose(shop: Shop, basket: Basket, losses: dict[str, list[tuple[int, int]]], name: str) -> None:
    promotions = shop.index.touching(basket)
    best = price(basket, promotions).discount_minor
    for rule in RULES:
        losses.setdefault(f"{name}_{rule}", []).append((best, greedy_saving(basket, promotions, rule)))


def _ms(values: list[int], share: float | None = None) -> float | None:
    if not values:
        return None
    return round((median(values) if share is None else quantile(values, share)) / 1e6, 3)


#: Where a figure's samples are under another name.
_FIELDS = {"python_full": "python", "touching": "touch"}


def _result(
    seed: int, samples: list[Samples], count: Count, losses: dict[str, list[tuple[int, int]]]
) -> Result:
    figures: dict[str, Any] = {
        "promotions": PROMOTIONS,
        "goods": GOODS,
        "baskets": count.baskets,
        "proven_share": round(count.proven / count.baskets, 6),
        "judged": count.judged,
        "differing_from_judge": count.differing,
        "kernel": kernel().reason or "in use",
        "differing_from_python": count.from_python,
    }
    baselines: dict[str, Any] = {}
    for (least, most), mine in zip(CLASSES, samples, strict=True):
        name = f"lines_{least}_{most}"
        for key in ("full", "scan", "touching", "python_full", "python_scan"):
            values = getattr(mine, _FIELDS.get(key, key))
            figures[f"{name}_{key}_p50_ms"] = _ms(values)
            figures[f"{name}_{key}_p99_ms"] = _ms(values, 0.99)
        figures[f"{name}_50000_full_p50_ms"] = _ms(mine.many)
        baselines[f"{name}_highs_p50_ms"] = _ms(mine.judge)
        baselines[f"{name}_highs_p99_ms"] = _ms(mine.judge, 0.99)
        baselines[f"{name}_textbook_p50_ms"] = _ms(mine.textbook)
        baselines[f"{name}_textbook_p99_ms"] = _ms(mine.textbook, 0.99)
        baselines[f"{name}_highs_whole_p50_ms"] = _ms(mine.judge_whole)
        baselines[f"{name}_textbook_whole_p50_ms"] = _ms(mine.textbook_whole)
        figures[f"{name}_search_p50_ms"] = _ms(mine.search)
        figures[f"{name}_python_search_p50_ms"] = _ms(mine.python_search)
        figures |= {f"{name}_{key}": value for key, value in ratios([mine]).items()}
    large = samples[1:]
    for key in ("full", "scan", "python_full", "python_scan"):
        values = [value for mine in large for value in getattr(mine, _FIELDS.get(key, key))]
        figures[f"{key}_p50_ms"], figures[f"{key}_p99_ms"] = _ms(values), _ms(values, 0.99)
    figures |= ratios(large)
    figures["textbook_left_out"] = count.unpacked
    full = [value for mine in large for value in mine.full]
    many = [value for mine in large for value in mine.many]
    figures["promotions_50000_ratio"] = round(median(many) / median(full), 3)
    for name, pairs in losses.items():
        worse = [(best, got) for best, got in pairs if got < best]
        baselines[f"{name}_worse_share"] = round(len(worse) / len(pairs), 3)
        due = sum(best for best, _ in pairs)
        baselines[f"{name}_lost_share"] = round(sum(best - got for best, got in pairs) / due, 4) if due else 0
    aims = [
        Aim("highs_ratio", ">=", 20),
        Aim("promotions_50000_ratio", "<=", 1.3),
        Aim("proven_share", ">=", 0.9999),
        Aim("differing_from_judge", "==", 0),
        Aim("differing_from_python", "==", 0),
        Aim("full_p50_ms", "<=", 1, gated=False),
        Aim("full_p99_ms", "<=", 5, gated=False),
        Aim("scan_p50_ms", "<=", 0.3, gated=False),
        Aim("scan_p99_ms", "<=", 1, gated=False),
    ]
    return Result("price", seed, figures, baselines, aims)
