"""From a text to what it means here: candidates asked of the catalogue, and what forbids a sale.

An exact hit comes before any pattern with a price or a weight in it, and two items behind one text are never
chosen between by the till. Nothing here changes the sale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction

from posapp.domain.cart import Notice
from posapp.domain.catalog import Item
from posapp.domain.codes.reading import Candidate, CodeRefusal, Reading
from posapp.domain.facts import Markdown, PackData
from posapp.domain.markdowns import markdown_of
from posapp.domain.money import PRICE_MAX_MINOR, round_half_up
from posapp.domain.quantity import Quantity, quantity_max
from posapp.domain.shifts import business_date, local_time
from posapp.domain.shop import word
from posapp.flows.formatting import Clause
from posapp.flows.meant import Meant, Stop
from posapp.flows.ports import CatalogueUnreadable
from posapp.flows.refusals import Refusal
from posapp.flows.state import Desk
from posapp.flows.steps import Ports, shop_of

#: One meaning, several to choose from, or why there is none.
Meaning = Meant | tuple[Meant, ...] | Stop

_PIECE = Quantity(1, "pcs")
#: The international pound.
_KILOGRAMS_IN_POUND = Fraction("0.45359237")
_OF_OTHERS = {
    "member": Refusal.MemberCode,
    "payment": Refusal.PayCode,
    "coupon": Refusal.CouponCode,
    "voucher": Refusal.VoucherCode,
    "pickup": Refusal.PickupCode,
    "operator": Refusal.BadgeHere,
    "suspended": Refusal.NoSuchSale,
    "receipt": Refusal.ReceiptCode,
}


def today_of(desk: Desk, ports: Ports) -> date:
    """The calendar day on the shop's wall clock."""
    return local_time(ports.clock.now_ms(), shop_of(desk)).date()


def read(desk: Desk, text: str, ports: Ports) -> Reading:
    """What a text says by itself."""
    return ports.codes(shop_of(desk)).read(text, today=today_of(desk, ports))


def look_up(desk: Desk, text: str, ports: Ports) -> Meaning:
    """What a text means here; not yet whether this very pack may be sold."""
    return meaning_of(desk, read(desk, text, ports), ports)


def meaning_of(desk: Desk, reading: Reading, ports: Ports) -> Meaning:
    """What a reading means here: the catalogue's answer, else the reason that the reading itself gives."""
    candidates = reading.candidates
    if reading.refusal not in (None, CodeRefusal.BadCheckDigit):
        # A shop may sell under any text, but not what a broken code only seems to name.
        candidates = tuple(each for each in candidates if each.form == "internal")
    exact = [each for each in candidates if each.form != "pattern"]
    patterns = [each for each in candidates if each.form == "pattern"]
    try:
        hits = _hits(exact, ports) or _hits(patterns, ports)
    except CatalogueUnreadable:
        return Stop(Refusal.PricesUnreadable)
    found = [_meant(desk, reading, candidate, item) for candidate, item in hits]
    if len(found) == 1:
        return found[0]
    sellable = tuple(each for each in found if isinstance(each, Meant))
    if found:
        # Of two items one without a price is still what the pack may be: a person decides.
        return sellable if len(sellable) == len(found) else next(x for x in found if isinstance(x, Stop))
    if reading.refusal is not None:
        return Stop(reading.refusal, {"code": _legible(reading.text), "detail": _detail(reading)})
    # Of a web address people can only look for the number.
    linked = next((each.gtin14 for each in candidates if each.form == "link"), None)
    return Stop(_OF_OTHERS.get(reading.kind, Refusal.UnknownCode), {"code": linked or _legible(reading.text)})


def _detail(reading: Reading) -> str | Clause:
    fault = reading.fault
    if fault is None:
        return reading.detail
    return Clause(fault.problem.clause, {"ai": fault.ai, "part": _legible(fault.part)})


def _legible(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text[:40])


def _hits(candidates: Iterable[Candidate], ports: Ports) -> list[tuple[Candidate, Item]]:
    """The items behind candidates, each once, by the first candidate that names it."""
    now_ms = ports.clock.now_ms()
    found: dict[str, tuple[Candidate, Item]] = {}
    for candidate in candidates:
        item = ports.catalogue.by_key(candidate.key, now_ms)
        if item is not None:
            found.setdefault(item.sku, (candidate, item))
    return list(found.values())


def _meant(desk: Desk, reading: Reading, candidate: Candidate, item: Item) -> Meant | Stop:
    has_data = candidate.form in ("element", "link")
    price_stop = _price_stop(candidate, reading, item) if has_data else None
    measured = (_PIECE, None) if price_stop else _measured(candidate, reading, item)
    if isinstance(measured, Stop):
        return measured
    quantity, fixed_minor = measured
    gtin14 = "" if candidate.form in ("pattern", "internal") else candidate.gtin14 or ""
    is_weighed = quantity is not None and quantity.unit == "g"
    # Each field is given once: copying the value for every step would be felt at every scan.
    return Meant(
        item=item if fixed_minor is None else replace(item, unit="pcs"),
        code=candidate.gtin14 if has_data and candidate.gtin14 else reading.text,
        quantity=quantity,
        fixed_amount_minor=fixed_minor,
        pack=_pack(gtin14, reading, None if is_weighed else reading.weight_g),
        gtin14=gtin14,
        two_d=has_data or reading.carrier == "2d",
        form=candidate.form,
        listed_gtin14=candidate.gtin14 or "",
        price_stop=price_stop,
    )


def _pack(gtin14: str, reading: Reading, weight_g: int | None) -> PackData | None:
    dates = (reading.expires_on, reading.best_before_on, reading.sell_by_on)
    if not (gtin14 and (reading.lot or reading.serial or weight_g is not None or any(dates))):
        return None
    return PackData(gtin14, reading.lot, reading.serial, *dates, weight_g=weight_g)


def _price_stop(candidate: Candidate, reading: Reading, item: Item) -> Stop | None:
    """Why the price of an element string or a web address is not taken.

    Anybody can print such a code, so the shop's own price is the least it may say. A price that cannot be
    compared, or given exactly in the shop's money, is not taken either.
    """
    embedded = candidate.embedded
    if embedded is None or embedded.carries != "price":
        price = reading.extras.get("price")
        return Stop(Refusal.PriceNotTaken, {"price": price}) if price is not None else None
    if embedded.currency:
        return Stop(Refusal.OtherCurrency, {"currency": embedded.currency})
    if not 1 <= embedded.value <= PRICE_MAX_MINOR:
        return Stop(Refusal.NotSellable)
    if item.price_minor is None:
        return None
    amount = Fraction(reading.pieces or 1) if item.unit == "pcs" else _kilograms(reading)
    if amount is None:
        return Stop(Refusal.NotSellable)
    is_below = embedded.value < round_half_up(amount * item.price_minor)
    return Stop(Refusal.PriceBelowShop) if is_below else None


def _kilograms(reading: Reading) -> Fraction | None:
    """The net weight that a code tells in whatever unit, exact."""
    if reading.weight_g is not None:
        return Fraction(reading.weight_g, 1000)
    if "weight_kg" in reading.extras:
        return Fraction(reading.extras["weight_kg"])
    pounds = Fraction(reading.extras.get("weight_lb", "0"))
    return pounds * _KILOGRAMS_IN_POUND or None


def _measured(
    candidate: Candidate, reading: Reading, item: Item
) -> tuple[Quantity | None, int | None] | Stop:
    """How much of the item (None: to be weighed), and for how much money where the code says it."""
    embedded = candidate.embedded
    carries = embedded.carries if embedded is not None else ""
    value = embedded.value if embedded is not None else 0
    if embedded is not None and carries == "price":
        return (_PIECE, value) if 1 <= value <= PRICE_MAX_MINOR else Stop(Refusal.NotSellable)
    if item.price_minor is None:
        return Stop(Refusal.NoPrice)
    if carries and (carries == "weight") != (item.unit == "g") and candidate.form == "pattern":
        return Stop(Refusal.NotSellable)
    if item.unit == "g":
        weight_g = value if carries == "weight" else reading.weight_g
        if weight_g is None:
            return None, None
        in_bounds = 1 <= weight_g <= quantity_max("g")
        return (Quantity(weight_g, "g"), None) if in_bounds else Stop(Refusal.NotSellable)
    pieces = value if carries == "count" else reading.pieces
    if pieces is None:
        return _PIECE, None
    in_bounds = 1 <= pieces <= quantity_max("pcs")
    return (Quantity(pieces, "pcs"), None) if in_bounds else Stop(Refusal.NotSellable)


def checked(desk: Desk, meant: Meant, ports: Ports) -> Meant | Stop:
    """The same with what the cashier must look at and what falls off its price, or why this very pack must
    not be sold.

    No manager can lift these: a recalled, expired or already sold pack stays in the shop.
    """
    stop = stopped(desk, meant.listed_gtin14, meant.pack, ports)
    if stop is not None:
        return stop
    if meant.price_stop is not None:
        return meant.price_stop
    notice, markdown = _notice(desk, meant, ports), _markdown(desk, meant, ports)
    return replace(meant, notice=notice, markdown=markdown) if notice or markdown else meant


def _markdown(desk: Desk, meant: Meant, ports: Ports) -> Markdown | None:
    """What falls off for the pack's last day; nothing off a price that the code itself named."""
    rules = desk.markdowns.rules
    if not rules.count or meant.pack is None or meant.fixed_amount_minor is not None:
        return None
    return markdown_of(rules, meant.item, meant.pack, business_date(ports.clock.now_ms(), shop_of(desk)))


def stopped(desk: Desk, gtin14: str, pack: PackData | None, ports: Ports) -> Stop | None:
    """Why a pack must not be sold: recalled, past its days, or sold already."""
    if not gtin14:
        return None
    recall = desk.recalls.list.found(gtin14, pack)
    if recall is not None:
        return Stop(Refusal.Recalled, {"reason": word(recall.reason, desk.language) or recall.recall_id})
    if pack is None:
        return None
    today = today_of(desk, ports).isoformat()
    # ISO days compare as texts; on the day itself the pack still sells.
    if pack.expires_on and pack.expires_on < today:
        return Stop(Refusal.Expired, {"day": pack.expires_on})
    if pack.sell_by_on and pack.sell_by_on < today:
        return Stop(Refusal.SellByPassed, {"day": pack.sell_by_on})
    return _sold_already(desk, pack, ports) if pack.serial else None


def _sold_already(desk: Desk, pack: PackData, ports: Ports) -> Stop | None:
    piece = (pack.gtin14, pack.serial)
    lines = desk.cart.lines if desk.cart is not None else ()
    if any(line.pack is not None and (line.pack.gtin14, line.pack.serial) == piece for line in lines):
        return Stop(Refusal.SerialInSale)
    sold_ms = ports.sold.sold_at_ms(*piece)
    if sold_ms is None:
        return None
    return Stop(Refusal.SerialSold, {"day": local_time(sold_ms, shop_of(desk)).date().isoformat()})


def _notice(desk: Desk, meant: Meant, ports: Ports) -> Notice:
    pack = meant.pack
    # A lot that may be recalled comes before a day that only tells of freshness.
    if desk.recalls.list.wants_a_look(meant.listed_gtin14, pack):
        return "some_lots"
    day = pack.best_before_on if pack is not None else ""
    return "best_before" if day and day < today_of(desk, ports).isoformat() else ""
