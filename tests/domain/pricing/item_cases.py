"""Small adversarial baskets with item promotions, by seed: overlapping sets, limits, agreeing stacks."""

from __future__ import annotations

from random import Random

from posapp.domain.pricing.terms.applications import Lot, Right
from posapp.domain.pricing.terms.basket import BasketLine
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    EachUnit,
    Every,
    Funding,
    GoodsSet,
    Having,
    Limits,
    NFor,
    Nth,
    Off,
    Part,
    Promotion,
    QtyTier,
    Reward,
    Stack,
    Step,
)

PRICES = (0, 1, 2, 3, 5, 7, 99, 100, 101, 199, 200, 333, 500, 999, 1000)
SKUS = "ABCDE"


def small_case(seed: int, *, units_max: int = 6) -> tuple[list[Lot], list[Right]]:
    """Lots and open rights of one tiny basket."""
    random = Random(seed)
    lots: list[Lot] = []
    left = random.randint(1, units_max)
    prices = random.sample(PRICES, random.randint(1, 4)) if random.random() < 0.6 else PRICES
    for line_no in range(1, 5):
        if not left:
            break
        quantity = random.randint(1, min(left, 3))
        left -= quantity
        price = random.choice(prices)
        own_floor = random.choice((0, 0, 0, 0, 0, price // 2, 3))
        line = BasketLine(line_no, random.choice(SKUS), quantity, price, floor_minor=min(own_floor, price))
        lots.append(Lot(line, 0, quantity, price, random.random() < 0.03))
    rights = [_right(random, n) for n in range(random.randint(1, 5))]
    return lots, rights


def _goods(random: Random) -> GoodsSet:
    if random.random() < 0.3:
        return Every()
    return Having("sku", frozenset(random.sample(SKUS, random.randint(1, 4))))


def _off(random: Random, pick: str = "") -> Off:
    pick = pick or random.choice(("ppm", "ppm", "minor", "price"))
    if pick == "ppm":
        return Off(ppm=random.choice((100_000, 150_000, 333_333, 500_000, 500_000, 1_000_000)))
    if pick == "minor":
        return Off(minor=random.choice((1, 3, 50, 100, 150)))
    return Off(price_minor=random.choice((0, 1, 50, 99, 150, 250)))


def _right(random: Random, number: int) -> Right:
    choice = random.randrange(7)
    if choice == 0:
        kind = EachUnit(_off(random))
    elif choice == 1:
        n = random.randint(1, 4)
        kind = Nth(n, _off(random), random.choice(("cheapest", "dearest")), random.randint(1, max(1, n - 1)))
    elif choice == 2:
        kind = NFor(random.randint(1, 4), _off(random))
    elif choice == 3:
        parts = tuple(Part(_goods(random), random.choice((1, 1, 2))) for _ in range(random.randint(1, 3)))
        kind = Bundle(parts, _off(random))
    elif choice == 4:
        kind = _reward(random)
    elif choice == 5:
        return Right(_promotion(random, number, kind=_tier(random)))
    else:
        kind = EachUnit(_off(random))
    promotion = _promotion(random, number, kind=kind)
    uses = random.choice((None, None, None, 1)) if not isinstance(kind, EachUnit) else None
    return Right(promotion, uses, random.choice((None,) * 8 + (60,)))


def _tier(random: Random) -> QtyTier:
    least = sorted(random.sample((1, 2, 3, 4), random.randint(1, 3)))
    steps = tuple(Step(pieces, _off(random)) for pieces in least)
    if random.random() < 0.6:
        shares = sorted(random.sample((50_000, 100_000, 200_000, 300_000), len(least)))
        steps = tuple(Step(pieces, Off(ppm=share)) for pieces, share in zip(least, shares, strict=True))
    return QtyTier(steps, random.choice(("used", "used", "used", "basket", "line", "sku")))  # type: ignore[arg-type]


def _reward(random: Random) -> Reward:
    buy = tuple(Part(_goods(random), random.choice((1, 1, 2))) for _ in range(random.randint(0, 2)))
    amount = None
    if not buy or random.random() < 0.2:
        amount = random.choice((1, 100, 150, 400))
    over = random.choice((0,) * 6 + (1,)) if buy else 0
    return Reward(
        buy, Part(_goods(random), random.choice((1, 1, 2))), _off(random), buy_minor=amount,
        buy_of=_goods(random), cheaper=random.random() < 0.3, over=over,
    )  # fmt: skip


def _promotion(random: Random, number: int, *, kind: object) -> Promotion:
    limits = Limits(
        per_order=random.choice((None,) * 6 + (1, 2)) if not isinstance(kind, QtyTier) else None,
        max_units=random.choice((None,) * 8 + (1, 2, 3)),
        max_minor=random.choice((None,) * 9 + (40, 120)),
        floor_minor=random.choice((None,) * 9 + (90, 2)),
        floor_ppm=random.choice((None,) * 9 + (700_000,)),
        max_units_per_line=random.choice((None,) * 8 + (1,)),
    )
    stack = Stack()
    if random.random() < 0.45:
        stack = Stack(
            tags=frozenset(random.sample("xyz", random.randint(0, 2))),
            agrees=frozenset(random.sample(("x", "y", "*"), random.randint(1, 2))),
            priority=random.randint(0, 2),
        )
    store = random.choice((1_000_000, 1_000_000, 500_000, 0))
    funding = (Funding("store", store), Funding("brand", 1_000_000 - store))
    return Promotion(
        f"p{number}", "item", kind, on=_goods(random), limits=limits, stack=stack, funding=funding,
    )  # type: ignore[arg-type]  # fmt: skip
