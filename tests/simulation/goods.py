"""A small shelf for the campaigns: pieces, weights and prices from labels, and what is refused."""

from __future__ import annotations

import random
from typing import Any

from posapp.domain.codes import check_digit
from tests.domain.shops import item


def ean(digits: str) -> str:
    """A 13-digit code from its first twelve."""
    return digits + check_digit(digits)


COLA = ean("690102818055")
MILK = ean("690102818056")
NO_PRICE = ean("690102818057")
UNKNOWN = ean("690102818099")
APPLES = ean("220000101286")
CHEESE = ean("210000200450")
GOODS = {
    COLA: item("cola", 350, names={"zh_CN": "可乐", "en": "Cola"}),
    MILK: item("milk", 1295, tax_category="vat9"),
    NO_PRICE: item("free-soon", None),
    ean("220000100000"): item("apple", 1280, unit="g", tax_category="vat9"),
    ean("210000200000"): item("cheese", None, unit="g"),
    "BAG": item("bag", 103),
}
#: Promotions of every layer for these goods; the last one is open every other hour.
OFFERS: tuple[dict[str, Any], ...] = (
    {"id": "half", "kind": {"type": "nth", "n": 2, "pct": 50}, "on": {"sku": ["cola"]}},
    {"id": "bag", "layer": "price", "kind": {"type": "fixed_unit", "price": "0.50"}, "on": {"sku": ["bag"]}},
    {
        "id": "ten",
        "kind": {"type": "order_amount", "amount": "1"},
        "needs": {"basket": [{"min_amount": "10"}]},
    },
    {
        "id": "hours",
        "kind": {"type": "order_pct", "pct": 3},
        "weekly": [{"from": f"{hour:02d}:00", "to": f"{hour + 1:02d}:00"} for hour in range(0, 23, 2)],
    },
)
#: Packs that tell more: one piece of its own, a lot, and one that must not be sold.
PACKS = tuple(f"]d201{MILK.zfill(14)}{rest}" for rest in ("10L1\x1d21S1", "10L1", "17200101"))
CODES = (COLA, COLA, MILK, MILK, "BAG", APPLES, CHEESE, UNKNOWN, NO_PRICE, *PACKS)


def some_code(chance: random.Random) -> str:
    """Any of the codes, or a piece with a serial number that is rarely read twice."""
    if chance.random() < 0.2:
        return f"]d201{COLA.zfill(14)}21{chance.randrange(10_000)}"
    return chance.choice(CODES)
