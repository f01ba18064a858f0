"""A coupon that only gives a gift: the answer says that its code was used."""

from __future__ import annotations

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Code
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import Gift
from posapp.domain.pricing.terms.promotion import Having, Limits, Needs, Off, Part, Promotion, Reward
from tests.domain.pricing.adversarial_baskets import AT

BUY = Part(Having("sku", frozenset({"A"})))
CUP = Part(Having("sku", frozenset({"CUP"})))
COUPON = Promotion(
    "cup", "item", Reward((BUY,), CUP, Off(ppm=1_000_000), adds=("CUP",)),
    needs=Needs(frozenset({"C0"})), limits=Limits(per_order=1),
)  # fmt: skip


@pytest.mark.parametrize("choose", ["best", "sequence"])
def test_a_gift_that_is_to_be_given_says_its_code(choose: str) -> None:
    basket = Basket((BasketLine(1, "A", 2, 100),), "CNY", AT, codes=(Code("C0"),))
    priced = price(basket, [COUPON], Policy(choose=choose))  # type: ignore[arg-type]
    assert priced.gifts == (Gift("cup", "CUP", 1, in_basket=False, code="C0"),)
    assert priced.discounts == ()


def test_one_in_the_basket_has_it_on_its_discount() -> None:
    lines = (BasketLine(1, "A", 2, 100), BasketLine(2, "CUP", 1, 30))
    priced = price(Basket(lines, "CNY", AT, codes=(Code("C0"),)), [COUPON])
    assert priced.gifts == (Gift("cup", "CUP", 1, in_basket=True),)
    assert [each.code for each in priced.discounts] == ["C0"]
