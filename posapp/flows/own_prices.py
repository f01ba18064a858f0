"""Prices of lists that are for members: asked of the catalogue once for each item of a sale.

They become one promotion of the price layer, so that they are told as money off, shared over the pieces and
given back like any other. A lower promotion of that layer takes their place, as promotions' rules say.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from posapp.domain.cart import Cart
from posapp.domain.cart_prices import NO_OWN_PRICES, OwnPrices
from posapp.domain.members.terms import MemberCard
from posapp.domain.pricing.terms.promotion import PriceBook, Promotion, Who
from posapp.domain.shop import Words
from posapp.flows.formatting import N_, Speech
from posapp.flows.ports import CatalogueUnreadable
from posapp.flows.state import Desk
from posapp.flows.steps import Ports, shop_of

#: Stands in facts and reports for all lists of members.
OWN_PRICES_ID = "member-prices"
_NAME = N_("{level} member price")
_PLAIN = N_("Member price")
_EPOCH = datetime.fromtimestamp(0, UTC)
_MS = timedelta(milliseconds=1)


def own_prices(desk: Desk, cart: Cart, at_ms: int, ports: Ports) -> OwnPrices:
    """The member's own prices of all items of a sale; those that are known still hold until they change."""
    member = cart.rights.member
    if member is None:
        return NO_OWN_PRICES
    card = member.card
    known = desk.prices.own if desk.prices is not None else NO_OWN_PRICES
    is_over = known.until_ms is not None and at_ms >= known.until_ms
    if known.level != card.level or known is NO_OWN_PRICES or is_over:
        known = OwnPrices(card.level)
    # A weighed line is one piece of its own amount, which a price by the kilogram says nothing about.
    counted = {line.sku for line in cart.lines if line.quantity.unit == "pcs"}
    asked = counted - known.by_sku.keys()
    if not asked:
        return known
    found = dict(known.by_sku)
    until_ms = known.until_ms
    for sku in sorted(asked):
        found[sku], turns_ms = _own_price(sku, card.level, at_ms, ports)
        if turns_ms is not None:
            until_ms = turns_ms if until_ms is None else min(until_ms, turns_ms)
    prices = {sku: minor for sku, minor in found.items() if minor is not None}
    promotion = known.promotion
    if prices and (promotion is None or len(found) != len(known.by_sku)):
        promotion = _promotion(prices, card, desk, ports)
    return OwnPrices(card.level, found, until_ms, promotion)


def _own_price(sku: str, level: str, at_ms: int, ports: Ports) -> tuple[int | None, int | None]:
    """A member's lower price of an item and when that changes."""
    try:
        answer = ports.catalogue.why_price(sku, at_ms, level=level)
    except CatalogueUnreadable:
        return None, None
    if answer is None:
        return None, None
    turns = answer.coming.at if answer.coming is not None else None
    turns_ms = None if turns is None else (turns - _EPOCH) // _MS
    return (answer.amount_minor if answer.reason == "member" else None), turns_ms


def _promotion(prices: dict[str, int], card: MemberCard, desk: Desk, ports: Ports) -> Promotion:
    names = {code: _name(card.level_names, ports.speech(code)) for code in shop_of(desk).languages}
    return Promotion(OWN_PRICES_ID, "price", PriceBook(prices), names=names, who=Who(members=True))


def _name(level: Words, speech: Speech) -> str:
    called = level.get(speech.language) or next(iter(level.values()), "")
    return speech.t(_NAME, level=called) if called else speech.t(_PLAIN)
