"""What a certificate says where it is not closed, and what the checker says of one that is not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from posapp.domain.pricing.proof import certificate as making
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.proof.checker import check
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    EachUnit,
    Kind,
    Needs,
    Off,
    OrderOff,
    PriceBook,
    Promotion,
    SpendTier,
    Stack,
    Step,
)
from tests.domain.pricing.adversarial_baskets import adversarial_case

Table = dict[str, Any]
BASKETS = 80


def test_the_gap_is_the_least_that_the_prices_alone_rule_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "OPEN_MAX", 0)
    gaps = 0
    for seed in range(BASKETS):
        made = certify(*adversarial_case(seed, units_max=7))
        if made.gap_minor and made.certificate["answer"] is not None:
            told = json.loads(json.dumps(made.certificate))
            for each in told["alternatives"]:
                if each["open"] and each["open"][-1]:
                    each["open"] = []
            at = told["saving"] + made.gap_minor
            assert not _not_shown(told | {"saving": at}), seed
            assert _not_shown(told | {"saving": at - 1}), seed
            gaps += 1
    assert gaps > 5


def _not_shown(told: Table) -> list[str]:
    return [fault for fault in check(told) if fault.startswith("It is not shown")]


def test_a_move_that_says_too_little_of_what_falls_off_is_refused() -> None:
    """In the answer itself: more parts than it tells of."""
    refused = 0
    for seed in range(BASKETS):
        told = json.loads(json.dumps(certify(*adversarial_case(seed, units_max=7)).certificate))
        if not told["answer"] or not told["answer"]["taken"]:
            continue
        rule, move = told["answer"]["taken"][0]
        items = told["items"][told["alternatives"][told["answer"]["alternative"]]["items"]]
        items["rules"][rule]["moves"][move][3].append(0)
        words = "ValueError zip() argument 2 is longer than argument 1"
        assert check(told) == [f"The certificate is not whole: {words}."]
        refused += 1
    assert refused > 20


# ------------------------------------------------------------------ what a certificate tells
SOME = Promotion("i", "item", EachUnit(Off(minor=25)))
FOUR = Basket((BasketLine(1, "s", 4, 100),), "EUR", datetime(2026, 11, 22, tzinfo=UTC))


def _falls(kind: Kind, needs: Needs = Needs(judged_on="after_items"), policy: Policy = Policy()) -> list[Any]:
    """What is told of one order promotion on 400, of which the items take 100."""
    promotions = [SOME, Promotion("o", "order", kind, needs=needs)]
    certificate = certify(FOUR, promotions, policy).certificate
    return [falls for each in certificate["alternatives"] for one in each["orders"] for falls in one["falls"]]


def test_a_step_that_is_not_for_each_multiple_is_told_once() -> None:
    """50 off as long as nothing falls off the 400, then 10, and not four or three times these."""
    kind = SpendTier("amount", (Step(100, Off(minor=10)), Step(400, Off(minor=50))))
    assert _falls(kind) == [[[[[0], 0, 0]], 50, 0, 400, 50], [[[[0], 1, 300]], 10, 0, 400, 50]]
    assert _falls(kind, Needs(judged_on="list")) == [[[[[], 0, 400]], 50, 0, 400, 50]]
    low = SpendTier("amount", (Step(100, Off(minor=10)),))
    assert _falls(low, Needs(judged_on="list")) == [[[[[], 0, 400]], 10, 0, 400, 10]]
    below = SpendTier("amount", (Step(100, Off(minor=10)), Step(350, Off(minor=30))))
    assert _falls(below) == [[[[[0], 0, 50]], 30, 0, 400, 30], [[[[0], 51, 300]], 10, 0, 400, 30]]


@pytest.mark.parametrize(
    ("policy", "most"),
    [
        (Policy(percent_of="left"), 40),
        (Policy(percent_mode="ceiling"), 40),
        (Policy(order_percent_per="line"), 44),
    ],
)
def test_a_share_that_does_not_follow_from_one_sum_is_told_by_its_most(policy: Policy, most: int) -> None:
    tenth = OrderOff(Off(ppm=100_000))
    assert _falls(tenth) == [[[[[0], 0, 400]], 0, 100_000, 400, 40]]
    assert _falls(tenth, policy=policy) == [[[[[], 0, 400]], most, 0, 400, most]]


def test_one_of_two_price_books_of_a_group_is_a_choice_and_one_alone_is_not() -> None:
    books = [
        Promotion(name, "price", PriceBook(off=Off(minor=minor)), stack=Stack(group="g"))
        for name, minor in (("a", 5), ("b", 9))
    ]
    both, one = certify(FOUR, books), certify(FOUR, books[:1])
    assert (both.is_closed, both.certificate["saving"], both.certificate["exact"]) == (True, 36, ["a", "b"])
    assert [each["active"] for each in both.certificate["alternatives"]] == [[], ["a"], ["b"]]
    assert (one.is_closed, one.certificate["saving"], one.certificate["exact"]) == (True, 20, [])
    assert [each["active"] for each in one.certificate["alternatives"]] == [[]]
