"""The open sale as bytes for the till's own disk, and back.

Only this till reads what it wrote: bytes of another version or damaged ones give None, and the
caller says so instead of guessing at somebody's goods.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from posapp.domain.cart import Cart, CartLine
from posapp.domain.facts import ScanRecord, TenderLine, VoidedLine
from posapp.domain.quantity import Quantity

_VERSION = 1

_Entry = CartLine | VoidedLine | ScanRecord | TenderLine

#: JSON of entries by identity; an entry that is kept here cannot lose its identity to another one.
_written: dict[int, tuple[_Entry, str]] = {}
_WRITTEN_MAX = 4_096


def cart_to_bytes(cart: Cart) -> bytes:
    """The cart as compact JSON."""
    head = _dump(
        {
            "version": _VERSION,
            "transaction_id": cart.transaction_id,
            "opened_at_ms": cart.opened_at_ms,
            "next_line_no": cart.next_line_no,
        }
    )
    if len(_written) > _WRITTEN_MAX:
        _written.clear()
    lists = (("lines", cart.lines), ("voided", cart.voided), ("scans", cart.scans), ("paid", cart.paid))
    body = ",".join(f'"{name}":[{",".join(map(_entry, entries))}]' for name, entries in lists)
    return f"{head[:-1]},{body}}}".encode()


def _entry(entry: _Entry) -> str:
    """The JSON of one entry, made once: every scan stores the whole cart, and only its end is new."""
    known = _written.get(id(entry))
    if known is not None and known[0] is entry:
        return known[1]
    fields = asdict(entry)
    if isinstance(entry, CartLine | TenderLine):
        fields["names"] = dict(entry.names)
    text = _dump(fields)
    _written[id(entry)] = (entry, text)
    return text


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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
