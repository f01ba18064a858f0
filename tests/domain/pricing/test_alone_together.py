"""Several promotions that go alone by one name: all of them are used, and nothing else beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.cases.answer import answer
from posapp.domain.pricing.cases.reading import read_case
from posapp.domain.pricing.cases.running import price_case
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.proof.checker import check
from posapp.domain.pricing.terms.alone import are_fellows, lonely_sets
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import Promotion, Stack, UnreadablePromotion
from tests.domain.pricing.adversarial_baskets import adversarial_case
from tests.domain.pricing.brute_force import most_off

Document = dict[str, Any]

SEQUENCE = {"choose": "sequence", "percent_of": "left"}
FREE = SEQUENCE | {"sequence_order": "free"}


def promotion(promotion_id: str, kind: str, alone: Any = None, **more: Any) -> Document:
    stack = {"alone": alone} if alone is not None else {}
    outer = {key: more.pop(key) for key in ("on", "needs") if key in more}
    stack |= more.pop("stack", {})
    return {"id": promotion_id, "kind": {"type": kind} | more, "stack": stack} | outer


def used(promotions: list[Document], policy: Document | None = None, **case: Any) -> tuple[str, list[str]]:
    """The total, and what was used, sorted."""
    basket = [{"sku": "a", "unit_price": "100"}, {"sku": "b", "unit_price": "40"}]
    text = json.dumps(
        {"currency": "EUR", "basket": basket, "promotions": promotions, "policy": policy or {}} | case
    )
    read = read_case(text)
    told = answer(read, price_case(read))
    if not policy:
        found = certify(read.basket, read.promotions, read.policy)
        assert found.is_closed
        assert check(found.certificate) == []
    return told["total"], sorted({each["promotion"] for each in told["discounts"]})


TWO = [promotion("goods", "pct", "summer", pct=10), promotion("order", "order_amount", "summer", amount="20")]
OTHER = promotion("other", "pct", pct=15)


@pytest.mark.parametrize("policy", [None, SEQUENCE, FREE])
def test_those_of_one_name_go_together_and_with_nothing_else(policy: Document | None) -> None:
    assert used([OTHER, *TWO], policy) == ("106.00", ["goods", "order"])


@pytest.mark.parametrize("policy", [None, FREE])
def test_where_others_are_better_they_are_used(policy: Document | None) -> None:
    assert used([promotion("half", "pct", pct=50), *TWO], policy) == ("70.00", ["half"])


@pytest.mark.parametrize("policy", [None, SEQUENCE, FREE])
def test_two_names_and_one_without(policy: Document | None) -> None:
    third = promotion("third", "order_amount", "winter", amount="30")
    quite = promotion("quite", "order_amount", True, amount="31")
    assert used([*TWO, third, quite], policy) == ("106.00", ["goods", "order"])
    best = promotion("winter-too", "order_amount", "winter", amount="10", stack={"priority": 2})
    assert used([*TWO, third, best, quite], policy) == ("100.00", ["third", "winter-too"])


@pytest.mark.parametrize("policy", [None, SEQUENCE, FREE])
def test_a_price_book_of_the_name(policy: Document | None) -> None:
    book = promotion("book", "price_book", "summer", pct=50, on={"sku": ["b"]})
    assert used([OTHER, *TWO, book], policy) == ("88.00", ["book", "goods", "order"])


def test_a_coupon_book_of_the_name_may_be_left_out() -> None:
    coupon = {"coupon": {"code": "B"}}
    book = promotion("book", "price_book", "summer", pct=50, on={"sku": ["b"]}, needs=coupon)
    least = {"basket": [{"min_amount": "130"}]}
    order = promotion("big", "order_amount", "summer", amount="60", needs=least)
    assert used([book, order], codes=["B"]) == ("80.00", ["big"])


def test_one_in_all_stays_one() -> None:
    assert used(TWO, SEQUENCE | {"stacking": "single"}) == ("126.00", ["goods"])


def test_a_fellow_that_lost_was_not_kept_away_by_its_name() -> None:
    dear = promotion("dear", "pct", "summer", pct=5)
    read = read_case(
        json.dumps(
            {
                "currency": "EUR",
                "basket": [{"sku": "a", "unit_price": "100"}],
                "promotions": [*TWO, dear, OTHER],
            }
        )
    )
    lost = {each["promotion"]: each["reason"] for each in answer(read, price_case(read))["lost"]}
    assert lost == {"dear": "beaten", "other": "alone"}


def test_a_name_and_a_group_are_refused() -> None:
    document = {"id": "p", "kind": {"type": "pct", "pct": 1}, "stack": {"alone": "x", "group": "g"}}
    unread = read_promotion(document, currency="EUR")
    assert isinstance(unread, UnreadablePromotion)
    assert unread.path == "stack.group"
    named = read_promotion(document | {"stack": {"alone": "x"}}, currency="EUR")
    assert isinstance(named, Promotion)
    assert (named.stack.alone, named.stack.alone_with) == (True, "x")


def test_the_best_with_names_is_that_of_brute_force() -> None:
    named = 0
    for seed in range(400):
        basket, drawn = adversarial_case(seed)
        promotions = [
            replace(each, stack=Stack(alone=True, alone_with="st"[n % 5 == 4], priority=each.stack.priority))
            if n % 3 and not each.stack.group and each.layer != "points"
            else each
            for n, each in enumerate(drawn)
        ]
        priced = price(basket, promotions, Policy())
        worlds = [[each for each in promotions if not each.stack.alone]]
        worlds += [
            [replace(each, stack=Stack()) for each in promotions if each.promotion_id in names]
            for names in lonely_sets(promotions)
        ]
        assert priced.discount_minor == max(most_off(basket, world) for world in worlds), seed
        found = certify(basket, promotions, Policy())
        assert check(found.certificate) == [] or not found.is_closed, seed
        of = {each.promotion_id: each.stack.alone_with for each in promotions}
        named += len({one.promotion_id for one in priced.discounts if of[one.promotion_id]}) > 1
    assert named >= 20


def test_who_are_fellows() -> None:
    one, other, none = Stack(alone=True, alone_with="x"), Stack(alone=True, alone_with="y"), Stack(alone=True)
    assert are_fellows(one, one)
    assert not are_fellows(one, other)
    assert not are_fellows(none, none)
    assert not are_fellows(one, Stack(alone_with="x"))
    assert lonely_sets([]) == []
