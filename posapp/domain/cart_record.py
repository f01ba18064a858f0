"""The open sale as bytes for the till's own disk, and back.

Only this till reads what it wrote: bytes of another version or damaged ones give None, and the
caller says so instead of guessing at somebody's goods.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from posapp.domain.cart import Cart, CartLine
from posapp.domain.facts import ScanRecord, TenderLine, VoidedLine
from posapp.domain.quantity import Quantity

_VERSION = 1


def cart_to_bytes(cart: Cart) -> bytes:
    """The cart as compact JSON."""
    body = {
        "version": _VERSION,
        "transaction_id": cart.transaction_id,
        "opened_at_ms": cart.opened_at_ms,
        "next_line_no": cart.next_line_no,
        "lines": [asdict(line) | {"names": dict(line.names)} for line in cart.lines],
        "voided": [asdict(line) for line in cart.voided],
        "scans": [asdict(scan) for scan in cart.scans],
        "paid": [asdict(tender) | {"names": dict(tender.names)} for tender in cart.paid],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def cart_from_bytes(data: bytes) -> Cart | None:
    """The cart again, or None where these bytes are not one."""
    try:
        body = json.loads(data)
        if body["version"] != _VERSION:
            return None
        return Cart(
            transaction_id=body["transaction_id"],
            opened_at_ms=body["opened_at_ms"],
            next_line_no=body["next_line_no"],
            lines=tuple(_line(line) for line in body["lines"]),
            voided=tuple(VoidedLine(**line) for line in body["voided"]),
            scans=tuple(ScanRecord(**scan) for scan in body["scans"]),
            paid=tuple(TenderLine(**tender) for tender in body["paid"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _line(body: dict[str, Any]) -> CartLine:
    return CartLine(**(body | {"quantity": Quantity(**body["quantity"])}))
