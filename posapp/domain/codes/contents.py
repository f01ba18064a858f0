"""What the elements of a GS1 message mean at a till: goods with lot, dates, weight and price, or none.

Knows which identifiers name goods, boxes, coupons and everything else, and turns measures and prices into
exact integers: a weight or price that is no whole number of grams or minor units is not taken. Refuses to
compare a date with the day or to choose between a code's price and the shop's.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from posapp.domain.codes.coupons import gs1_coupon, positive_offer
from posapp.domain.codes.currencies import currency_of
from posapp.domain.codes.dates import iso_day
from posapp.domain.codes.gs1_fault import Gs1Fault
from posapp.domain.codes.reading import Candidate, CodeRefusal, Embedded, Reading
from posapp.domain.codes.restricted import scaled
from posapp.domain.money import minor_digits

Pairs = tuple[tuple[str, str], ...]
#: Implied decimals and digits by the first three digits of AIs 31nn to 39nn.
_Measures = dict[str, tuple[int, str]]

_COUPON_AIS: Final = ("8110", "8112", "8111", "255")
_BOX_CONTENT_AIS: Final = ("02", "37", "8026")
#: AIs kept beside goods under a name of their own.
_KEPT_AIS: Final = (
    ("00", "sscc"), ("250", "secondary_serial"), ("8005", "price_per_unit"), ("8111", "points"),
)  # fmt: skip
_GRAM_DIGITS: Final = 3
#: What the other keys name, for the page and the journal; the till sells none of it.
_OTHER_KEYS: Final = {
    "00": "a box or pallet", "8006": "one piece of a set", "253": "a document", "254": "a place",
    "401": "a consignment", "402": "a shipment", "410": "a place", "414": "a place", "415": "a payment slip",
    "417": "a party", "8003": "a returnable asset", "8004": "an asset", "8010": "a part", "8013": "a model",
    "8017": "a provider of a service", "8018": "a person served", "8020": "a payment slip",
}  # fmt: skip


def written(pairs: Pairs) -> str:
    """The elements as people write them: "(01)09506000134352(10)AB-123"."""
    return "".join(f"({ai}){value}" for ai, value in pairs)


def read_content(base: Reading, *, link: bool, currency: str, today: datetime.date) -> Reading:
    """The reading of a well-formed message; `base` brings its elements, text, symbology and carrier."""
    values = dict(base.elements) if len(base.elements) == 1 else dict(reversed(base.elements))
    gtin14 = values.get("01")
    if gtin14 is not None:
        return _goods(base, gtin14, values, "link" if link else "element", _Shop(currency, today))
    for ai in _COUPON_AIS:
        if ai in values:
            return _coupon(base, ai, values[ai])
    if any(ai in values for ai in _BOX_CONTENT_AIS):
        return replace(base, refusal=CodeRefusal.ContentOfBox, detail="it names the content of a box")
    named = next((_OTHER_KEYS[ai] for ai, _ in base.elements if ai in _OTHER_KEYS), "no goods")
    refusal = CodeRefusal.NotForSale if "00" in values else CodeRefusal.NotAProduct
    return replace(base, refusal=refusal, detail=f"it names {named}")


def box_content(pairs: Pairs) -> bool:
    """Whether a message tells what a box holds, which no till sells, however incomplete it is."""
    present = {ai for ai, _ in pairs}
    return "01" not in present and not present.isdisjoint(_BOX_CONTENT_AIS)


def refused(base: Reading, refusal: CodeRefusal, fault: Gs1Fault) -> Reading:
    """The reading of a message that is not well formed."""
    return replace(base, refusal=refusal, detail=fault.detail, fault=fault)


class _Shop(NamedTuple):
    currency: str
    today: datetime.date


def _goods(
    base: Reading, gtin14: str, values: dict[str, str], form: Literal["link", "element"], shop: _Shop
) -> Reading:
    extras = packaging(gtin14)
    notes: list[str] = []
    measures = {ai[:3]: (int(ai[3]), value) for ai, value in values.items() if len(ai) == 4 and ai[0] == "3"}
    weight_g = _weight(measures, extras, notes) if measures else None
    pieces = int(values.get("30", "0")) or None
    embedded = _price(measures, shop.currency, extras, notes) if measures else None
    if embedded is None and weight_g is not None:
        embedded = Embedded("weight", weight_g)
    if embedded is None and pieces is not None:
        embedded = Embedded("count", pieces)
    for ai, name in _KEPT_AIS:
        if ai in values:
            extras[name] = values[ai]
    expires = values.get("17") or values.get("7003", "")[:6]
    return Reading(
        "item",
        base.text,
        base.symbology,
        (Candidate(gtin14, gtin14, form, embedded), *base.candidates),
        base.elements,
        base.carrier,
        lot=values.get("10", ""),
        serial=values.get("21", ""),
        expires_on=_day(expires, shop.today),
        best_before_on=_day(values.get("15", ""), shop.today),
        sell_by_on=_day(values.get("16", ""), shop.today),
        pieces=pieces,
        weight_g=weight_g,
        detail="; ".join(notes),
        extras=extras,
    )


def packaging(gtin14: str) -> dict[str, str]:
    """What the first of 14 digits says: a case of something, goods of variable measure, or nothing."""
    if gtin14[0] == "0":
        return {}
    return {"variable_measure": "yes"} if gtin14[0] == "9" else {"case_indicator": gtin14[0]}


def _day(value: str, today: datetime.date) -> str:
    return (iso_day(value, today) or "") if value else ""


def _weight(measures: _Measures, extras: dict[str, str], notes: list[str]) -> int | None:
    """Net weight in grams of AI 310n; pounds (320n) are told and not turned into grams."""
    if "320" in measures:
        decimals, value = measures["320"]
        extras["weight_lb"] = _decimal(int(value), decimals)
        notes.append(f"net weight {extras['weight_lb']} lb")
    if "310" not in measures:
        return None
    decimals, value = measures["310"]
    grams = scaled(int(value), decimals, _GRAM_DIGITS)
    if grams is None:
        extras["weight_kg"] = _decimal(int(value), decimals)
        notes.append(f"net weight {extras['weight_kg']} kg is no whole number of grams")
    return grams or None


def _price(measures: _Measures, currency: str, extras: dict[str, str], notes: list[str]) -> Embedded | None:
    """The price of AI 392n (in the shop's currency) or 393n (with its own), exact in minor units."""
    letters = ""
    if "392" in measures:
        decimals, value = measures["392"]
    elif "393" in measures:
        decimals, value = measures["393"]
        letters, value = currency_of(value[:3]) or value[:3], value[3:]
    else:
        return None
    minor = scaled(int(value), decimals, minor_digits(letters or currency))
    if minor is None or letters.isdigit():
        extras["price"] = f"{_decimal(int(value), decimals)} {letters}".strip()
        notes.append(f"the price {extras['price']} cannot be taken exactly")
        return None
    return Embedded("price", minor, "" if letters == currency else letters)


def _decimal(value: int, decimals: int) -> str:
    """Digits with their implied decimals: (1250, 3) is "1.250"."""
    if not decimals:
        return str(value)
    whole = str(value).zfill(decimals + 1)
    return f"{whole[:-decimals]}.{whole[-decimals:]}"


def _coupon(base: Reading, ai: str, value: str) -> Reading:
    extras = {"form": f"gs1-{ai}"}
    if ai == "8110":
        extras |= gs1_coupon(value)
    elif ai == "8112":
        extras |= positive_offer(value)
    elif ai == "255":
        extras |= {"coupon_number": value[:13], "coupon_serial": value[13:]}
    else:
        extras["points"] = value
    subject = value[:13] if ai == "255" else extras.get("offer_code", "")
    return replace(
        base, kind="coupon", subject=subject, extras={key: text for key, text in extras.items() if text}
    )
