"""Amounts of a CASE that are shared out or rounded by themselves: by its policy, and without any goods.

For people who try a convention, and for the published examples of money libraries. Uses the very functions
that discounts are shared and prices are rounded with.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

from posapp.domain.money import round_div
from posapp.domain.pricing.documents.reading_values import Node, signed_of
from posapp.domain.pricing.goods.sharing import share
from posapp.domain.pricing.terms.policy import Policy
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Allocation:
    """An amount that is shared out over whole weights."""

    amount_minor: int
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rounding:
    """An exact amount in minor units that is rounded to a step of so many of them."""

    exact: Fraction
    step_minor: int = 1


@dataclass(frozen=True, slots=True)
class Sums:
    """What a case asks for besides its basket."""

    allocations: tuple[Allocation, ...] = ()
    roundings: tuple[Rounding, ...] = ()


def read_sums(top: Node) -> Sums:
    """`allocate` and `round` of a case."""
    return Sums(
        top.items("allocate", lambda value, path: _allocation(Node(value, path, top.money)), least=0),
        top.items("round", lambda value, path: _rounding(Node(value, path, top.money)), least=0),
    )


def allocated(asked: Allocation, policy: Policy) -> tuple[int, ...]:
    """The parts; they add up to the amount, or are all 0 where no weight is more than 0.

    By largest remainder an amount below 0 is rounded down first like any other, and what is left goes to the
    largest remainders (moneyphp); all other ways mirror it.
    """
    amount, weights = asked.amount_minor, asked.weights
    total = sum(weights)
    if not total:
        return (0,) * len(weights)
    if amount >= 0 or policy.sharing != "largest_remainder":
        return share(amount, weights, policy.sharing, mode=policy.percent_mode)
    parts = [amount * weight // total for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda n: (-(amount * weights[n] % total), n))
    for place in by_rest[: amount - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def rounded(asked: Rounding, policy: Policy) -> int:
    """The amount in whole steps, by the policy's rule for prices."""
    exact = Fraction(asked.exact, asked.step_minor)
    return asked.step_minor * round_div(exact.numerator, exact.denominator, policy.price_mode)


def _allocation(node: Node) -> Allocation:
    exact = _minor(node, "amount")
    if exact.denominator != 1:
        raise node.problem("amount", "is too fine for the currency; round it first.")
    if node.has("weights") == node.has("parts"):
        raise node.problem("", 'must have one of "weights" and "parts".')
    weights = (1,) * node.whole("parts", least=1, most=5_000) if node.has("parts") else _weights(node)
    node.finish()
    return Allocation(exact.numerator, weights)


def _weights(node: Node) -> tuple[int, ...]:
    """Decimals as whole numbers in the same proportion; all of them may be below 0, which is the same."""
    values = node.take("weights")
    found = [signed_of(value) for value in values] if isinstance(values, Sequence) else [None]
    if isinstance(values, str) or any(value is None for value in found):
        raise node.problem("weights", 'must be a list of numbers such as ["7", "3"].')
    exact = [Fraction(value) for value in found if value is not None]
    if min(exact, default=Fraction(0)) < 0 < max(exact, default=Fraction(0)):
        raise node.problem("weights", "must not be above and below 0 in one list.")
    scale = lcm(*(each.denominator for each in exact))
    return tuple(abs(each.numerator) * (scale // each.denominator) for each in exact)


def _rounding(node: Node) -> Rounding:
    exact = _minor(node, "amount") * _factor(node, "times")
    by = _factor(node, "by")
    if not by:
        raise node.problem("by", "must not be 0.")
    step = node.minor("step") if node.has("step") else 1
    if not step:
        raise node.problem("step", "must be more than nothing; leave it out for the minor unit.")
    node.finish()
    return Rounding(Fraction(exact, by), step)


def _minor(node: Node, key: str) -> Fraction:
    return _number(node, key, node.take(key)) * Fraction(10**node.money.digits)


def _factor(node: Node, key: str) -> Fraction:
    return _number(node, key, node.take(key)) if node.has(key) else Fraction(1)


def _number(node: Node, key: str, value: Any) -> Fraction:
    found: Decimal | None = signed_of(value)
    if found is None:
        raise node.problem(key, 'must be a number as a text, such as "12.50" or "-3".')
    return Fraction(found)
