"""Small nasty baskets with promotions of every layer, by seed: all that may get into each other's way.

Overlapping kinds, limits, floors, agreements, groups, promotions that stand alone, coupons of one group,
price books that carry a basket below a threshold, thresholds after the items, shares that round alike.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code, Traits
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    Condition,
    EachUnit,
    Every,
    Except,
    GoodsSet,
    Having,
    Kind,
    Layer,
    Limits,
    Needs,
    NFor,
    Nth,
    Off,
    OrderOff,
    Part,
    PriceBook,
    Promotion,
    QtyTier,
    Reward,
    SpendTier,
    Stack,
    Step,
)

PRICES = (1, 3, 5, 99, 100, 101, 199, 200, 333, 500, 999, 1000)
SKUS = "ABCD"
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def adversarial_case(seed: int, *, units_max: int = 5) -> tuple[Basket, list[Promotion]]:
    """A basket and promotions that all touch it."""
    random = Random(f"{seed} adversarial")
    lines: list[BasketLine] = []
    left = random.randint(1, units_max)
    prices = random.sample(PRICES, random.randint(1, 4))
    while left:
        quantity = random.randint(1, min(left, 3))
        left -= quantity
        sku = random.choice(SKUS)
        tags = frozenset({"t"}) if random.random() < 0.4 else frozenset[str]()
        line = BasketLine(
            len(lines) + 1, sku, quantity, random.choice(prices), Traits(tags=tags),
            is_locked=random.random() < 0.03,
        )  # fmt: skip
        lines.append(line)
    codes = tuple(Code(code) for code in ("C0", "C1") if random.random() < 0.7)
    basket = Basket(tuple(lines), "CNY", AT, codes=codes)
    whole = sum(line.amount_minor for line in lines)
    promotions = [_item(random, f"i{n}") for n in range(random.choice((0, 1, 2, 2, 3)))]
    promotions += [_order(random, f"o{n}", whole) for n in range(random.choice((0, 0, 1, 1, 2, 3)))]
    if random.random() < 0.2:
        promotions.append(_book(random, "b0"))
    return basket, promotions


def _goods(random: Random) -> GoodsSet:
    draw = random.random()
    if draw < 0.35:
        return Every()
    if draw < 0.5:
        return Having("tag", frozenset({"t"}))
    some = Having("sku", frozenset(random.sample(SKUS, random.randint(1, 3))))
    return Except(some) if draw < 0.6 else some


def _off(random: Random) -> Off:
    pick = random.randrange(4)
    if pick < 2:
        return Off(ppm=random.choice((50_000, 100_000, 333_333, 500_000, 1_000_000)))
    if pick == 2:
        return Off(minor=random.choice((1, 3, 50, 100)))
    return Off(price_minor=random.choice((0, 1, 50, 99, 150)))


def _stack(random: Random) -> Stack:
    draw = random.random()
    priority = random.randint(0, 2)
    if draw < 0.25:
        tags, agrees = frozenset({"x"}), frozenset({random.choice(("x", "*", "y"))})
        return Stack(tags=tags, agrees=agrees, priority=priority)
    if draw < 0.4:
        return Stack(group=random.choice(("g", "h")), priority=priority)
    return Stack(alone=draw < 0.45, priority=priority)


def _needs(random: Random, whole: int, layer: Layer) -> Needs:
    codes = frozenset({random.choice(("C0", "C1"))}) if random.random() < 0.2 else frozenset[str]()
    conditions: tuple[Condition, ...] = ()
    if random.random() < (0.6 if layer == "order" else 0.15):
        conditions = (Condition(_goods(random), min_minor=random.randint(1, max(1, whole))),)
        if random.random() < 0.2:
            conditions = (Condition(_goods(random), min_qty=random.randint(1, 3)),)
    after = layer == "order" and random.random() < 0.7
    return Needs(codes, conditions=conditions, judged_on="after_items" if after else "list")


def _item(random: Random, name: str) -> Promotion:
    kind: Kind
    pick = random.randrange(7)
    if pick <= 1:
        kind = EachUnit(_off(random))
    elif pick == 2:
        n = random.randint(1, 3)
        which = random.choice(("cheapest", "cheapest", "dearest"))
        kind = Nth(n, _off(random), which, random.randint(1, max(1, n - 1)))  # type: ignore[arg-type]
    elif pick == 3:
        kind = NFor(random.randint(1, 3), _off(random))
    elif pick == 4:
        parts = tuple(Part(_goods(random), random.choice((1, 1, 2))) for _ in range(random.randint(1, 2)))
        kind = Bundle(parts, _off(random))
    elif pick == 5:
        kind = Reward((Part(_goods(random), random.choice((1, 1, 2))),), Part(_goods(random)), _off(random))
    else:
        shares = sorted(random.sample((50_000, 100_000, 200_000, 300_000), 2))
        kind = QtyTier(tuple(Step(n, Off(ppm=share)) for n, share in zip((1, 2), shares, strict=True)))
    limits = Limits(
        per_order=random.choice((None,) * 5 + (1, 2)) if not isinstance(kind, QtyTier) else None,
        max_units=random.choice((None,) * 5 + (1, 2)) if isinstance(kind, EachUnit) else None,
        max_minor=random.choice((None,) * 9 + (40, 120)),
        floor_minor=random.choice((None,) * 12 + (90,)),
        floor_ppm=random.choice((None,) * 12 + (700_000,)),
    )
    return Promotion(
        name, "item", kind, _goods(random), needs=_needs(random, 500, "item"), limits=limits,
        stack=_stack(random),
    )  # fmt: skip


def _order(random: Random, name: str, whole: int) -> Promotion:
    kind: Kind
    if random.random() < 0.5:
        off = Off(ppm=random.choice((50_000, 100_000, 333_333))) if random.random() < 0.5 else None
        cap = random.choice((None, None, 30))
        kind = OrderOff(off or Off(minor=random.choice((1, 20, 100))), cap_minor=cap)
    else:
        least = sorted(random.sample(range(1, max(3, whole)), 2))
        offs = sorted(random.sample((1, 5, 20, 60, 100, 150), 2))
        steps = tuple(Step(n, Off(minor=off)) for n, off in zip(least, offs, strict=True))
        is_every = random.random() < 0.3
        kind = SpendTier("amount", steps[:1] if is_every else steps, every=is_every)
    return Promotion(
        name, "order", kind, _goods(random) if random.random() < 0.5 else Every(),
        needs=_needs(random, whole, "order"), stack=_stack(random),
    )  # fmt: skip


def _book(random: Random, name: str) -> Promotion:
    kind = PriceBook(off=_off(random), locks=random.random() < 0.3)
    return Promotion(
        name, "price", kind, _goods(random), needs=_needs(random, 500, "price"), stack=_stack(random)
    )
