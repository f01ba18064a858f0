"""Taxes as Odoo's own tests write them: shares and fixed amounts, in the price and on top of it."""

from __future__ import annotations

from typing import Any

from tests.domain.pricing.peers import Peer, line

Tax = dict[str, Any]


def tax(rate: str, name: str = "t", **more: Any) -> Tax:
    """A percentage on top of the price."""
    return {"rate_pct": rate, "price_includes": False, "id": name} | more


def fixed(amount: str, name: str = "f", **more: Any) -> Tax:
    """So much a piece on top of the price."""
    return {"per_unit": amount, "price_includes": False, "id": name} | more


IN = {"price_includes": True}
OF_PRICE = {"of": "price"}


def odoo(
    name: str,
    price: str,
    taxes: list[Tax],
    total: str,
    amounts: dict[str, str],
    *,
    net: str = "",
    qty: int | str = 1,
    digits: int = 2,
    **policy: Any,
) -> Peer:
    """One line; `net` is what the first tax falls on."""
    wanted: dict[str, Any] = {"total": total, "taxes": amounts}
    if net:
        wanted["nets"] = dict.fromkeys(amounts, net)
    return Peer(
        "Odoo",
        name,
        [line("a", price, qty, tax=taxes)],
        [],
        {"tax_rounding": "line"} | policy,
        wanted,
        {"minor_digits": digits},
    )


EIGHT = [tax("8", "8", **IN), tax("0", "0", **IN)]
HALF_COINS: dict[str, Any] = {"tax_step": "0.05"}
