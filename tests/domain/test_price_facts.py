"""Facts of prices say all that the engine says, so that nothing is lost on the way to the journal."""

from __future__ import annotations

from dataclasses import fields

from posapp.domain.cart_prices import modifiers
from posapp.domain.price_facts import PriceModifier, PromotionSetAside, SetAside
from posapp.domain.pricing.terms.priced import Discount, PricedBasket


def test_a_modifier_has_every_field_of_a_discount_and_its_value() -> None:
    values = {
        "promotion_id": "p", "version": 7, "names": {"en": "Seven"}, "layer": "order", "rule": "pct",
        "amount_minor": 9, "lines": ((1, 4), (2, 5)), "funding": (("store", "", 9),), "applications": 2,
        "code": "C", "base_minor": 90, "points": 3, "gl_code": "4711",
    }  # fmt: skip
    # Points that a use cost: a till knows no members yet, so none of its discounts has them.
    assert set(values) == {each.name for each in fields(Discount)} - {"cost_points"}
    discount = Discount(**values)  # type: ignore[arg-type]
    (modifier,) = modifiers(PricedBasket((), (discount,), (), 90, 9, 0, 0, 81))
    told = {each.name: getattr(modifier, each.name) for each in fields(PriceModifier)}
    assert told == {"modifier_no": 1} | values


def test_what_is_set_aside_goes_on_record_with_its_time() -> None:
    fact = PromotionSetAside("p", 2, "ab", "kind.type: …", 5)
    assert isinstance(fact, SetAside)
    assert [each.name for each in fields(PromotionSetAside)] == [
        *(each.name for each in fields(SetAside)),
        "at_ms",
    ]
