"""Quantity tiers keep their limits as one promotion, whatever their steps count by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.terms.basket import Basket, BasketLine, Uses
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.priced import PricedBasket
from posapp.domain.pricing.terms.promotion import Limits, Off, Promotion, QtyTier, Step

STEPS = (Step(2, Off(ppm=100_000)), Step(4, Off(ppm=200_000)))
LINES = (BasketLine(1, "A", 2, 1000), BasketLine(2, "B", 4, 500), BasketLine(3, "A", 2, 700))


def priced(
    counts: Literal["used", "basket", "line", "sku"], limits: Limits, *, used_minor: int = 0,
    policy: Policy = Policy(),
) -> PricedBasket:  # fmt: skip
    tier = Promotion("t", "item", QtyTier(STEPS, counts), limits=limits)
    uses = {"t": Uses(campaign_minor=used_minor)}
    return price(Basket(LINES, "EUR", datetime(2026, 11, 22, tzinfo=UTC), uses=uses), [tier], policy)


def reduced(answer: PricedBasket) -> list[int]:
    return [sum(run.count for run in line.runs if run.shares) for line in answer.lines]


@pytest.mark.parametrize("counts", ["used", "basket", "line", "sku"])
@pytest.mark.parametrize("choose", ["best", "sequence"])
def test_a_tier_keeps_to_its_money_in_all_parts(counts: str, choose: str) -> None:
    policy = Policy(choose=choose)  # type: ignore[arg-type]
    most = priced(counts, Limits(max_minor=250), policy=policy)  # type: ignore[arg-type]
    assert most.discount_minor == 250
    if choose == "best":
        left = priced(counts, Limits(campaign_minor=300), used_minor=90)  # type: ignore[arg-type]
        assert left.discount_minor == 210


@pytest.mark.parametrize(("counts", "off"), [("used", 1080), ("basket", 1080), ("line", 740), ("sku", 1080)])
def test_without_limits_each_gets_the_step_that_it_reaches(counts: str, off: int) -> None:
    # By line 2 × 100, 4 × 100, 2 × 70; by item four of each, as of the basket.
    answer = priced(counts, Limits())  # type: ignore[arg-type]
    assert answer.discount_minor == off
    assert reduced(answer) == [2, 4, 2]


@pytest.mark.parametrize("counts", ["used", "basket", "line", "sku"])
def test_so_many_units_in_all_parts_together(counts: str) -> None:
    answer = priced(counts, Limits(max_units=3))  # type: ignore[arg-type]
    assert sum(reduced(answer)) == 3


@pytest.mark.parametrize("counts", ["used", "basket", "line", "sku"])
@pytest.mark.parametrize("choose", ["best", "sequence"])
def test_so_many_units_of_a_line(counts: str, choose: str) -> None:
    policy = Policy(choose=choose)  # type: ignore[arg-type]
    answer = priced(counts, Limits(max_units_per_line=1), policy=policy)  # type: ignore[arg-type]
    assert reduced(answer) == [1, 1, 1]
    # What gets nothing counts all the same.
    assert answer.discount_minor == (440 if counts != "line" else 100 + 100 + 70)


def test_units_of_a_line_and_in_all() -> None:
    answer = priced("sku", Limits(max_units=2, max_units_per_line=1))
    assert (reduced(answer), answer.discount_minor) == ([1, 0, 1], 340)
