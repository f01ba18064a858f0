"""Whether a certificate describes this basket: the checker only knows that it proves what it describes.

All that a certificate says of goods, prices, rules and order promotions is made anew from the basket and has
to be the same; the prices on units, what they leave open and the answer are its own affair, which the checker
judges. What it saves has to be what the priced basket saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posapp.domain.pricing.answers.engine import Promotions
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.terms.basket import Basket
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket

_WHOLE = ("currency", "groups", "alone", "exact")
_OF_ITEMS = ("units", "parts", "rules")
_OF_ALTERNATIVES = ("active", "booked", "books", "goods", "orders", "items")


def other_saving(priced: PricedBasket, certificate: Mapping[str, Any]) -> list[str]:
    """A sentence where the certificate is of another saving; points are none of its business."""
    saved = sum(each.amount_minor for each in priced.discounts if each.layer != "points")
    if certificate.get("saving") == saved:
        return []
    return [f"The certificate is of a saving of {certificate.get('saving')}, the basket saves {saved}."]


def other_basket(
    basket: Basket, promotions: Promotions, policy: Policy, certificate: Mapping[str, Any]
) -> list[str]:
    """What of a certificate is not what the basket and its promotions come to, a sentence each."""
    mine = certify(basket, promotions, policy).certificate
    faults = [_fault(key) for key in _WHOLE if certificate.get(key) != mine[key]]
    for key, parts in (("items", _OF_ITEMS), ("alternatives", _OF_ALTERNATIVES)):
        told = certificate.get(key)
        if not isinstance(told, list) or len(told) != len(mine[key]):
            faults.append(_fault(key))
            continue
        for number, (one, other) in enumerate(zip(told, mine[key], strict=True)):
            same = one if isinstance(one, Mapping) else {}
            faults += [_fault(f"{key}[{number}].{part}") for part in parts if same.get(part) != other[part]]
    return faults


def _fault(path: str) -> str:
    return f"The certificate describes another basket: {path} is not what the case comes to."
