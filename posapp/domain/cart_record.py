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
from posapp.domain.facts import Markdown, PackData, ScanRecord, TenderLine, VoidedLine
from posapp.domain.members.rights_record import rights_from_plain, rights_to_plain
from posapp.domain.members.sale_rights import NO_RIGHTS, SaleRights
from posapp.domain.pricing.terms.basket import Traits
from posapp.domain.quantity import Quantity

_VERSION = 1

_Entry = CartLine | VoidedLine | ScanRecord | TenderLine

#: By cart and list: the entries before the last one, and their JSON.
_written: dict[tuple[str, str], tuple[tuple[_Entry, ...], str]] = {}
_WRITTEN_MAX = 64
#: By cart: its rights and their JSON, since scans do not change them.
_rights_written: dict[str, tuple[SaleRights, str]] = {}


def cart_to_bytes(cart: Cart) -> bytes:
    """The cart as compact JSON."""
    head = _dump(
        {
            "version": _VERSION,
            "transaction_id": cart.transaction_id,
            "opened_at_ms": cart.opened_at_ms,
            "next_line_no": cart.next_line_no,
        }
        | ({"codes": cart.codes} if cart.codes else {})
        | ({} if cart.priced_at_ms is None else {"priced_at_ms": cart.priced_at_ms})
        | ({} if cart.shown is None else {"shown": cart.shown})
    )
    if len(_written) > _WRITTEN_MAX:
        _written.clear()
    lists = (("lines", cart.lines), ("voided", cart.voided), ("scans", cart.scans), ("paid", cart.paid))
    body = ",".join(
        [f'"{name}":[{_entries((cart.transaction_id, name), entries)}]' for name, entries in lists]
    )
    return f"{head[:-1]}{_rights(cart)},{body}}}".encode()


def _rights(cart: Cart) -> str:
    """The part of the JSON that tells the shopper's rights, with its comma; "" where there are none."""
    if cart.rights == NO_RIGHTS:
        return ""
    written, text = _rights_written.get(cart.transaction_id, (NO_RIGHTS, ""))
    if written is not cart.rights:
        if len(_rights_written) > _WRITTEN_MAX:
            _rights_written.clear()
        text = f',"rights":{_dump(rights_to_plain(cart.rights))}'
        _rights_written[cart.transaction_id] = (cart.rights, text)
    return text


def _entries(key: tuple[str, str], entries: tuple[_Entry, ...]) -> str:
    """The JSON of a list: every scan stores the whole cart, of which only the last entry is new."""
    if not entries:
        return ""
    before, last = entries[:-1], _entry(entries[-1])
    written, text = _written.get(key, ((), ""))
    if written != before:
        if text and written == before[:-1]:
            text = f"{text},{_entry(before[-1])}"
        else:
            text = ",".join(map(_entry, before))
        _written[key] = (before, text)
    return f"{text},{last}" if text else last


def _entry(entry: _Entry) -> str:
    return _dump({name: getattr(entry, name) for name in type(entry).__slots__})


def _plain(value: object) -> dict[str, Any] | list[Any]:
    if isinstance(value, Quantity):
        return {"value": value.value, "unit": value.unit}
    if isinstance(value, PackData | Markdown):
        return asdict(value)
    if isinstance(value, Traits):
        return [value.category, value.brand, sorted(value.tags)]
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no part of a cart")


_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def cart_from_bytes(data: bytes) -> Cart | None:
    """The cart again, or None where these bytes are not one."""
    try:
        body = json.loads(data)
        if body["version"] != _VERSION:
            return None
        goods_minor, due_minor = body.get("shown") or (0, None)
        return Cart(
            transaction_id=body["transaction_id"],
            opened_at_ms=body["opened_at_ms"],
            next_line_no=body["next_line_no"],
            lines=tuple(_line(line) for line in body["lines"]),
            voided=tuple(VoidedLine(**line) for line in body["voided"]),
            scans=tuple(ScanRecord(**scan) for scan in body["scans"]),
            paid=tuple(TenderLine(**tender) for tender in body["paid"]),
            codes=tuple(body.get("codes", ())),
            priced_at_ms=body.get("priced_at_ms"),
            rights=NO_RIGHTS if "rights" not in body else rights_from_plain(body["rights"]),
            shown=None if due_minor is None else (goods_minor, due_minor),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _traits(category: list[str], brand: str, tags: list[str]) -> Traits:
    return Traits(tuple(category), brand, frozenset(tags))


def _line(body: dict[str, Any]) -> CartLine:
    # Carts of a till before packs were read, prices fell or promotions came have no such keys.
    known = dict(body)
    pack, markdown, traits = known.get("pack"), known.get("markdown"), known.get("traits")
    told = {
        "quantity": Quantity(**body["quantity"]),
        "pack": None if pack is None else PackData(**pack),
        "markdown": None if markdown is None else Markdown(**markdown),
        "traits": Traits() if traits is None else _traits(*traits),
    }
    return CartLine(**(body | told))
