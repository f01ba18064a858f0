"""Prices that fall as a pack's last day comes near: which rules hold for an item, and what is left.

Rules name items by SKU or by tax category, or hold for all; their steps say what falls off with so many
days left. Integer arithmetic throughout, rounded half up to the minor unit, never below 0. Refuses to know
the clock: the trading day is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from fractions import Fraction
from typing import Final

from posapp.domain.catalog import Item
from posapp.domain.facts import Markdown, PackData
from posapp.domain.money import round_half_up
from posapp.values import dataclass

PPM_OF_ALL: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class MarkdownStep:
    """What falls off (parts per million, above 0 and at most all) with `days_left` days left or fewer."""

    days_left: int
    ppm: int


@dataclass(frozen=True, slots=True)
class MarkdownRule:
    """Steps for some items, in force from one ISO day to another, both included; "" is without an end.

    `categories` are tax categories, the only ones that items have. Steps stand by falling days.
    """

    rule_id: str
    steps: tuple[MarkdownStep, ...]
    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    everything: bool = False
    valid_from: str = ""
    valid_to: str = ""

    def ppm_with(self, days_left: int) -> int:
        """What falls off: the step with the fewest days that are still enough; 0 where it is too early."""
        reached = [step for step in self.steps if days_left <= step.days_left]
        return min(reached, key=lambda step: step.days_left).ppm if reached else 0

    def holds_on(self, day: str) -> bool:
        """Whether the rule is in force on an ISO day."""
        return self.valid_from <= day and (not self.valid_to or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class MarkdownRules:
    """All rules, kept so that an item asks two dictionaries."""

    by_sku: Mapping[str, tuple[MarkdownRule, ...]] = field(default_factory=dict)
    by_category: Mapping[str, tuple[MarkdownRule, ...]] = field(default_factory=dict)
    for_all: tuple[MarkdownRule, ...] = ()
    count: int = 0

    def of(self, item: Item) -> Iterator[MarkdownRule]:
        """The rules that name an item; one may come twice."""
        yield from self.by_sku.get(item.sku, ())
        yield from self.by_category.get(item.tax_category, ())
        yield from self.for_all


def markdown_rules(rules: Iterable[MarkdownRule]) -> MarkdownRules:
    """The rules, each under all that it names."""
    by_sku: dict[str, list[MarkdownRule]] = {}
    by_category: dict[str, list[MarkdownRule]] = {}
    for_all: list[MarkdownRule] = []
    count = 0
    for count, rule in enumerate(rules, 1):  # noqa: B007 - the last number is how many there are
        if rule.everything:
            for_all.append(rule)
            continue
        for names, by_name in ((rule.skus, by_sku), (rule.categories, by_category)):
            for name in names:
                by_name.setdefault(name, []).append(rule)
    return MarkdownRules(
        {name: tuple(found) for name, found in by_sku.items()},
        {name: tuple(found) for name, found in by_category.items()},
        tuple(for_all),
        count,
    )


def last_day(pack: PackData) -> str:
    """The first of the days that a pack's code names (ISO), "" where it names none."""
    days = [day for day in (pack.expires_on, pack.best_before_on, pack.sell_by_on) if day]
    return min(days, default="")


def reduced(price_minor: int, ppm: int) -> int:
    """What is left of a price: rounded half up to the minor unit, never below 0."""
    return max(0, round_half_up(Fraction(price_minor * (PPM_OF_ALL - ppm), PPM_OF_ALL)))


def markdown_of(rules: MarkdownRules, item: Item, pack: PackData | None, today: str) -> Markdown | None:
    """What falls off the price of this pack on an ISO day, None where nothing does.

    Of several rules the best for the customer holds, and of equal ones the first by its id: every till
    finds the same.
    """
    day = last_day(pack) if pack is not None else ""
    price_minor = item.price_minor
    if not day or price_minor is None:
        return None
    days_left = (date.fromisoformat(day) - date.fromisoformat(today)).days
    offers = [(-rule.ppm_with(days_left), rule.rule_id) for rule in rules.of(item) if rule.holds_on(today)]
    ppm, rule_id = min(offers, default=(0, ""))
    if not ppm or reduced(price_minor, -ppm) == price_minor:
        return None
    return Markdown(rule_id, price_minor, -ppm, day, days_left)
