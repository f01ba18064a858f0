"""Prices that fall near a pack's last day: which rule, how much, and never twice or below nothing."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.facts import PackData
from posapp.domain.markdown_document import (
    markdown_from_document,
    markdown_to_document,
    percent_text,
    ppm_of_percent,
)
from posapp.domain.markdowns import (
    MarkdownRule,
    MarkdownStep,
    markdown_of,
    markdown_rules,
    reduced,
)
from tests.domain.shops import item

TODAY = "2026-05-29"
GTIN14 = "06901028180559"
STEPS = (MarkdownStep(2, 300_000), MarkdownStep(0, 500_000))
SHORT = MarkdownRule("short", STEPS, everything=True)


def ends(days_left: int) -> PackData:
    """A pack that is good for so many days more."""
    return PackData(GTIN14, expires_on=(date.fromisoformat(TODAY) + timedelta(days_left)).isoformat())


@pytest.mark.parametrize(("days_left", "ppm"), [(3, 0), (2, 300_000), (1, 300_000), (0, 500_000)])
def test_the_step_with_the_fewest_days_that_are_enough(days_left: int, ppm: int) -> None:
    found = markdown_of(markdown_rules([SHORT]), item("cola", 1000), ends(days_left), TODAY)
    assert (0 if found is None else found.ppm) == ppm
    if found is not None:
        assert (found.was_minor, found.days_left, found.day) == (1000, days_left, ends(days_left).expires_on)


def test_the_first_of_the_days_counts_and_a_passed_one_takes_the_last_step() -> None:
    rules = markdown_rules([SHORT])
    both = PackData(GTIN14, expires_on="2026-06-30", best_before_on="2026-05-30")
    found = markdown_of(rules, item("cola", 1000), both, TODAY)
    assert found is not None
    assert (found.day, found.ppm) == ("2026-05-30", 300_000)
    found = markdown_of(rules, item("cola", 1000), PackData(GTIN14, best_before_on="2026-05-20"), TODAY)
    assert found is not None
    assert (found.days_left, found.ppm) == (-9, 500_000)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (MarkdownRule("r", STEPS, skus=frozenset({"cola"})), True),
        (MarkdownRule("r", STEPS, skus=frozenset({"milk"})), False),
        (MarkdownRule("r", STEPS, categories=frozenset({"vat13"})), True),
        (MarkdownRule("r", STEPS, categories=frozenset({"other"})), False),
        (MarkdownRule("r", STEPS, everything=True, valid_from=TODAY, valid_to=TODAY), True),
        (MarkdownRule("r", STEPS, everything=True, valid_from="2026-05-30"), False),
        (MarkdownRule("r", STEPS, everything=True, valid_to="2026-05-28"), False),
    ],
)
def test_what_a_rule_names_and_when_it_holds(rule: MarkdownRule, holds: bool) -> None:
    cola = item("cola", 1000, tax_category="vat13")
    assert (markdown_of(markdown_rules([rule]), cola, ends(0), TODAY) is not None) == holds


def test_the_best_for_the_customer_holds_and_of_equals_the_first_by_id() -> None:
    rules = [
        MarkdownRule("b", (MarkdownStep(5, 400_000),), everything=True),
        MarkdownRule("a", (MarkdownStep(5, 400_000),), skus=frozenset({"cola"})),
        MarkdownRule("c", (MarkdownStep(5, 100_000),), categories=frozenset({"vat13"})),
    ]
    for order in (rules, rules[::-1]):
        found = markdown_of(markdown_rules(order), item("cola", 1000), ends(1), TODAY)
        assert found is not None
        assert (found.rule_id, found.ppm) == ("a", 400_000)


@pytest.mark.parametrize("pack", [None, PackData(GTIN14, "L1")])
def test_a_code_without_a_day_is_sold_at_the_list_price(pack: PackData | None) -> None:
    assert markdown_of(markdown_rules([SHORT]), item("cola", 1000), pack, TODAY) is None


def test_what_leaves_the_price_as_it_is_is_no_markdown() -> None:
    one_percent = MarkdownRule("r", (MarkdownStep(5, 10_000),), everything=True)
    assert markdown_of(markdown_rules([one_percent]), item("bag", 30), ends(0), TODAY) is None
    assert markdown_of(markdown_rules([SHORT]), item("soon", None), ends(0), TODAY) is None


@given(st.integers(0, 10**12), st.integers(1, 1_000_000))
def test_reduced_is_rounded_half_up_and_stays_between_nothing_and_the_price(price: int, ppm: int) -> None:
    left = reduced(price, ppm)
    assert 0 <= left <= price
    assert left == (2 * price * (1_000_000 - ppm) + 1_000_000) // 2_000_000
    assert reduced(price, ppm) <= reduced(price, max(1, ppm - 1))


RULES = st.builds(
    MarkdownRule,
    rule_id=st.text("abc", min_size=1, max_size=3),
    steps=st.lists(st.builds(MarkdownStep, st.integers(0, 9), st.integers(1, 1_000_000)), min_size=1).map(
        lambda steps: tuple({step.days_left: step for step in steps}[n] for n in sorted(
            {step.days_left for step in steps}, reverse=True))
    ),
    skus=st.frozensets(st.sampled_from(["cola", "milk"])),
    categories=st.frozensets(st.sampled_from(["vat13", "vat9"])),
    everything=st.booleans(),
)  # fmt: skip


@given(st.lists(RULES, max_size=5), st.integers(-3, 12), st.integers(1, 10**7), st.randoms())
def test_no_other_rule_would_be_cheaper_and_the_order_does_not_matter(
    rules: list[MarkdownRule], days_left: int, price: int, random: Any
) -> None:
    cola = item("cola", price, tax_category="vat13")
    found = markdown_of(markdown_rules(rules), cola, ends(days_left), TODAY)
    paid = price if found is None else reduced(found.was_minor, found.ppm)
    named = [r for r in rules if r.everything or "cola" in r.skus or "vat13" in r.categories]
    assert paid == min([price, *(reduced(price, rule.ppm_with(days_left)) for rule in named)])
    shuffled = random.sample(rules, len(rules))
    assert markdown_of(markdown_rules(shuffled), cola, ends(days_left), TODAY) == found


@given(RULES)
def test_a_rule_comes_back_as_it_went(rule: MarkdownRule) -> None:
    back = markdown_from_document(json.loads(json.dumps(markdown_to_document(rule)), parse_float=str))
    assert back == (rule if rule.skus or rule.categories or rule.everything else None)


@pytest.mark.parametrize(
    ("text", "ppm"),
    [("30", 300_000), ("12.5", 125_000), ("0.0001", 1), ("100", 1_000_000), (" 5 ", 50_000), ("1e1", 100_000)]
    + [(text, None) for text in ("0", "-1", "100.01", "0.00001", "x", "", "NaN", "Infinity", "1e999")],
)
def test_percentages(text: str, ppm: int | None) -> None:
    assert ppm_of_percent(text) == ppm
    if ppm is not None:
        assert ppm_of_percent(percent_text(ppm)) == ppm


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"rule_id": "r", "all": True, "steps": "x"},
        {"rule_id": "", "all": True, "steps": [{"days_left": 1, "percent": 5}]},
        {"rule_id": "r", "steps": [{"days_left": 1, "percent": 5}]},
        {"rule_id": "r", "all": True, "steps": [{"days_left": -1, "percent": 5}]},
        {"rule_id": "r", "all": True, "steps": [{"days_left": True, "percent": 5}]},
        {"rule_id": "r", "all": True, "steps": [{"days_left": 1, "percent": True}, 7, {"days_left": 1}]},
        {"rule_id": "r", "all": True, "valid_to": "soon", "steps": [{"days_left": 1, "percent": 5}]},
        {"rule_id": "r", "all": True, "valid_to": 7, "steps": [{"days_left": 1, "percent": 5}]},
    ],
)
def test_what_cannot_be_read_takes_nothing_off(document: dict[str, Any]) -> None:
    assert markdown_from_document(document) is None


def test_a_step_that_cannot_be_read_is_left_out() -> None:
    steps = [{"days_left": 2, "percent": "x"}, {"days_left": 1, "percent": "12.5"}]
    rule = markdown_from_document({"rule_id": "r", "skus": ["cola", 7], "steps": steps, "more": 1})
    assert rule == MarkdownRule("r", (MarkdownStep(1, 125_000),), skus=frozenset({"cola"}))
