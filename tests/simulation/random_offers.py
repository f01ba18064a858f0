"""Random promotions for the goods of a simulated shop, as documents of a hub."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from posapp.domain.money import minor_digits

COUPON = "SAVE"


def random_offers(
    chance: random.Random, skus: Sequence[str], currency: str, most: int = 8
) -> list[dict[str, Any]]:
    """Up to so many promotions of every layer; one may need the coupon."""
    found = []
    for number in range(chance.randint(0, most)):
        kind, rest = _kind(chance, skus, currency)
        names = {"en": f"Offer {number}", "zh_CN": f"优惠 {number}"}
        document = {"id": f"o{number}", "version": number + 1, "name": names, "kind": kind} | rest
        if chance.random() < 0.2:
            document["needs"] = {**document.get("needs", {}), "coupon": {"code": COUPON}}
        if chance.random() < 0.2:
            document["funding"] = [{"party": "brand", "share": 30}, {"party": "store", "share": 70}]
        if chance.random() < 0.2:
            document["stack"] = {"group": "one"}
        found.append(document)
    return found


def _money(chance: random.Random, currency: str, most: int) -> str:
    digits = minor_digits(currency)
    text = str(chance.randint(1, most)).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


def _kind(chance: random.Random, skus: Sequence[str], currency: str) -> tuple[dict[str, Any], dict[str, Any]]:
    some = {"sku": chance.sample(list(skus), min(len(skus), chance.randint(1, 4)))}
    on = {"on": chance.choice(({"all": True}, some, {"not": some}))}
    pct = chance.choice((5, 12.5, 33, 50))
    match chance.randrange(8):
        case 0:
            return {"type": "pct", "pct": str(pct)}, on
        case 1:
            return {"type": "amount", "amount": _money(chance, currency, 900)}, on
        case 2:
            return {"type": "nth", "n": 2, "pct": 50}, {"on": some}
        case 3:
            return {"type": "n_for", "n": 3, "price": _money(chance, currency, 20_000)}, {"on": some}
        case 4:
            parts = [{"of": {"sku": [sku]}} for sku in chance.sample(list(skus), 2)]
            return {"type": "bundle", "parts": parts, "price": _money(chance, currency, 20_000)}, {}
        case 5:
            least = {"basket": [{"min_amount": _money(chance, currency, 30_000)}]}
            return {"type": "order_amount", "amount": _money(chance, currency, 5_000)}, {"needs": least}
        case 6:
            return {"type": "order_pct", "pct": str(pct)}, on
        case _:
            step = {"least": _money(chance, currency, 20_000), "amount": _money(chance, currency, 2_000)}
            return {"type": "spend_tier", "by": "amount", "steps": [step]}, {
                "needs": {"judged_on": "after_items"}
            }
