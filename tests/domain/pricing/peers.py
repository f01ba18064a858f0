"""Published cases of other systems, said as CASEs: how they are written down here, and how they are judged.

Every one goes as JSON text through the reader, the engine and the answer, as `posapp price` does it. `wanted`
is compared with the answer's keys; of lists, what is stated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from posapp.domain.pricing.cases.answer import answer
from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case


@dataclass(frozen=True, slots=True)
class Peer:
    """A case of a peer: where it was published, the facts, and the result that the peer publishes."""

    source: str
    name: str
    basket: list[dict[str, Any]]
    promotions: list[dict[str, Any]] = field(default_factory=list)
    policy: dict[str, Any] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.source}: {self.name}"

    @property
    def document(self) -> dict[str, Any]:
        """The CASE."""
        return {
            "currency": "USD", "basket": self.basket, "promotions": self.promotions, "policy": self.policy,
        } | self.more  # fmt: skip


def line(sku: str, price: str, qty: int | str = 1, **more: Any) -> dict[str, Any]:
    """A line of a basket."""
    return {"sku": sku, "unit_price": price, "qty": qty} | more


def promo(promotion_id: str, kind: str, *, on: Any = None, **more: Any) -> dict[str, Any]:
    """A promotion; keys that are not the kind's own go to the document."""
    outer = {
        key: more.pop(key)
        for key in (
            "layer",
            "needs",
            "limits",
            "stack",
            "who",
            "same",
            "differ",
            "valid",
            "channels",
            "stores",
        )
        if key in more
    }
    document = {"id": promotion_id, "kind": {"type": kind} | more} | outer
    return document if on is None else document | {"on": on}


def included(*rates: str) -> list[dict[str, Any]]:
    """Rates that the price has in it."""
    return [{"rate_pct": rate, "price_includes": True} for rate in rates]


def added(*rates: str) -> list[dict[str, Any]]:
    """Rates that come on top."""
    return [{"rate_pct": rate, "price_includes": False} for rate in rates]


def answer_of(peer: Peer) -> dict[str, Any]:
    """The whole answer to a peer's case."""
    case = read_case(json.dumps(peer.document))
    return answer(case, price_case(case))


def found_of(peer: Peer, document: dict[str, Any]) -> dict[str, Any]:
    """What the answer says of the keys that the peer states."""
    views: dict[str, Any] = {
        "amounts": [each["amount"] for each in document["lines"]],
        "sorted": sorted(each["amount"] for each in document["lines"]),
        "shares": [each["unit_shares"] for each in document["lines"]],
        "off": {each["promotion"]: each["amount"] for each in document["discounts"]},
        "taxes": {each["id"]: each["amount"] for each in document["tax"]},
        "nets": {each["id"]: each["taxable"] for each in document["tax"]},
        "gift": [(each["sku"], each["qty"]) for each in document["gifts"]],
        "tax_sum": str(sum((Decimal(each["amount"]) for each in document["tax"]), Decimal("0.00"))),
        "net": str(Decimal(document["total"]) - sum(Decimal(each["amount"]) for each in document["tax"])),
    }
    return {key: views[key] if key in views else document[key] for key in peer.wanted}
