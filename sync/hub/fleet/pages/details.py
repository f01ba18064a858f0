"""What the hub noted about a doubt, as sentences: every detail has words; what is not known stands as it is.

Sentences are English msgids like all others. A detail of tomorrow, or of a newer hub, is shown by its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sync.hub.fleet.pages.words import N_, Speech, visible

#: What is said of a detail; `%(value)s` is how its value is shown.
DETAILS: Final = {
    "transaction_id": N_("Sale %(value)s"),
    "total_minor": N_("Total %(value)s"),
    "sku": N_("Item %(value)s"),
    "sellable": N_("Stock by the books: %(value)s"),
    "first_seq": N_("First record that is missing: no. %(value)s"),
    "last_seq": N_("Last record that is missing: no. %(value)s"),
    "epoch": N_("Epoch %(value)s"),
    "seq": N_("Record no. %(value)s"),
    "event_id": N_("Event %(value)s"),
    "reason": N_("Reason: %(value)s"),
    "right": N_("What was given away: %(value)s"),
    "right_id": N_("Member, coupon or card %(value)s"),
    "amount_minor": N_("It cost %(value)s"),
    "points": N_("Points: %(value)s"),
    "owner": N_("To be worked off by %(value)s"),
    "operator_id": N_("Operator %(value)s"),
    "sale_receipt": N_("Receipt %(value)s"),
    "pieces": N_("Pieces: %(value)s"),
    "first_operator_id": N_("First taken back by operator %(value)s"),
    "first_terminal_id": N_("First taken back at till %(value)s"),
    "first_return_id": "",
    "lease_id": N_("Lease %(value)s"),
    "lease_kind": N_("Kind of lease: %(value)s"),
    "lease_amount": N_("Allowed: %(value)s"),
    "over": N_("Beyond it: %(value)s"),
    "clock_offset_ms": N_("Off by %(value)s when it was noticed"),
    "is_missing": "",
    "doubts": "",
    "unit": "",
}

UNITS: Final = {"pcs": N_("pcs"), "g": N_("g")}

#: Rights that were given away, kinds of leases, and who works off what nobody else was named for.
RIGHTS: Final = {
    "points": N_("points"),
    "coupon": N_("a coupon"),
    "coupons": N_("coupons"),
    "gift": N_("gift cards"),
    "gift_spent": N_("value of a gift card"),
    "gift_returned": N_("a gift card that came back with less on it"),
    "store manager": N_("the store's manager"),
}

#: What does not fit in a sale.
DOUBTS: Final = {
    "goods": N_("The lines do not add up to the sum of the goods."),
    "tax": N_("The taxes do not add up."),
    "total": N_("Goods, tax and rounding do not make the total."),
    "tenders": N_("The payments do not add up to what was received."),
    "change": N_("What was received less the change is not the total."),
    "currency": N_("Its currency is not the shop's."),
    "business_date": N_("Its business day is not the record's."),
}

SIGNATURES: Final = {
    True: N_("The batch came without a signature."),
    False: N_("The signature does not fit the till's key."),
}

REASONS: Final = {
    "a place that is held by another event": N_("Another event holds this number already."),
    "a place that is held by another line": N_("Another line holds this number already."),
}

#: Why a line could not be read, by what its reason holds; the last one is for all others.
LINE_REASONS: Final = (
    (
        "body: ",
        N_("What it says of its event is not as this hub knows it. Update the hub, then read it again."),
    ),
    (
        "another store",
        N_("It says that it comes from another till. Look whether this till's disk was copied."),
    ),
    ("another epoch", N_("It says that it is of another epoch. Look whether this till's disk was copied.")),
    (
        "cannot hold",
        N_("The database cannot hold one of its values. Download the bytes and book it by hand."),
    ),
    ("NUL", N_("The database cannot hold one of its values. Download the bytes and book it by hand.")),
    ("", N_("It is no whole record. Check the till's disk; download the bytes and book it by hand.")),
)


def line_sentence(reason: str, speech: Speech) -> str:
    """Why a line could not be read and what to do, in a sentence."""
    return speech.t(next(said for sign, said in LINE_REASONS if sign in reason))


def sentences(detail: Mapping[str, Any], speech: Speech, currency: str) -> list[str]:
    """The details of an exception, the most telling first; `currency` is the store's."""
    return [*_told_apart(detail, speech), *_told(detail, speech, currency)]


def _told_apart(detail: Mapping[str, Any], speech: Speech) -> Iterator[str]:
    found = detail.get("doubts")
    for doubt in found if isinstance(found, list) else ():
        yield speech.t(DOUBTS[doubt]) if doubt in DOUBTS else _plain(doubt)
    if isinstance(detail.get("is_missing"), bool):
        yield speech.t(SIGNATURES[detail["is_missing"]])
    if detail.get("reason") in REASONS:
        yield speech.t(REASONS[detail["reason"]])


def _told(detail: Mapping[str, Any], speech: Speech, currency: str) -> Iterator[str]:
    for name, words in DETAILS.items():
        if words and name in detail and not (name == "reason" and detail[name] in REASONS):
            value = _value(name, detail[name], detail, speech, currency)
            yield speech.t(words) % {"value": value}
    for name, value in detail.items():
        if name not in DETAILS:
            yield f"{visible(name)}: {_plain(value)}"


def _value(name: str, value: Any, detail: Mapping[str, Any], speech: Speech, currency: str) -> str:
    if name in ("right", "lease_kind", "owner") and value in RIGHTS:
        return speech.t(RIGHTS[value])
    if isinstance(value, bool) or not isinstance(value, int):
        return _plain(value)
    if name == "clock_offset_ms":
        return speech.offset(value)
    if name in ("total_minor", "amount_minor") and currency:
        return speech.money(value, currency)
    if name == "sellable":
        unit = _plain(detail.get("unit", ""))
        return f"{speech.number(value)} {speech.t(UNITS[unit]) if unit in UNITS else unit}".strip()
    return str(value)


def _plain(value: Any) -> str:
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
