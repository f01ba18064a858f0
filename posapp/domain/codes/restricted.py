"""Restricted-circulation numbers: which part is the item and which its price, weight or count.

GS1 leaves numbers starting with 02, 20 to 29, 04 and 40 to 49 (and eight digits starting with 0 or 2) to
countries and shops, so their meaning is data: a template, one sign a digit. Knows GS1's price check
digits and the renewed look-up number. Refuses to decide: it offers what a number may mean, and an exact
hit of the whole number in the catalogue comes before all of it. Source: GS1 General Specifications
2.1.11 and 7.9.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Final, Literal

from posapp.domain.codes.gtin import check_digit
from posapp.domain.codes.reading import Candidate, Embedded
from posapp.domain.money import minor_digits
from posapp.domain.shop import CodePattern
from posapp.values import dataclass

Carries = Literal["price", "weight", "count"]

_TEMPLATE: Final = re.compile(r"[0-9]{1,8}[PCVW]+K")
_LENGTHS: Final = (8, 13, 18)
#: Weights of GS1's price check digits by digit: 2-, 3, 5+ and 5- (General Specifications 7.9.2).
_TWO_MINUS: Final = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)
_THREE: Final = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)
_FIVE_PLUS: Final = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
_FIVE_MINUS: Final = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)
_FOUR_DIGITS: Final = (_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS)
_FIVE_DIGITS: Final = (_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS)
_KILOGRAM_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """What a number may mean: a candidate, grams beside its price, or why its value is not believed."""

    candidate: Candidate | None
    weight_g: int | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    prefix: str
    length: int
    value: tuple[int, ...]
    second: tuple[int, ...]
    check: int | None
    carries: Carries
    decimals: int
    unit_digits: int


def price_check_digit(value: str) -> str:
    """GS1's check digit over four or five digits of a price or weight, of ASCII digits only."""
    if len(value) == len(_FOUR_DIGITS):
        return str(3 * sum(_FOUR_DIGITS[at][int(digit)] for at, digit in enumerate(value)) % 10)
    if len(value) == len(_FIVE_DIGITS):
        total = sum(_FIVE_DIGITS[at][int(digit)] for at, digit in enumerate(value))
        return str(_FIVE_MINUS.index(-total % 10))
    raise ValueError("price check digits are defined over four and five digits")


def template_problem(template: str, carries: str) -> str:
    """What is wrong with a template, as the end of a sentence; "" for a good one."""
    if not _TEMPLATE.fullmatch(template):
        return 'must be digits, then P, C, V or W, then K, such as "21PPPPPVVVVVK".'
    if len(template) not in _LENGTHS:
        return "must have 8, 13 or 18 signs."
    if "P" not in template or "V" not in template:
        return "must have P for the item and V for the value."
    if template.count("C") > 1 or ("C" in template and template.count("V") not in (4, 5)):
        return "may have one C, over four or five V."
    if "W" in template and (carries != "price" or len(template) != 18):
        return "may have W beside a price in 18 digits only."
    return ""


def pattern_of(template: str, carries: Carries, decimals: int | None = None) -> CodePattern:
    """The pattern that a template describes; raises ValueError for a bad template."""
    problem = template_problem(template, carries)
    if problem:
        raise ValueError(f"template {template!r} {problem}")
    prefix = re.match(r"[0-9]+", template)
    assert prefix is not None, "the template has been looked at"
    return CodePattern(prefix.group(), template.count("P"), template.count("V"), carries, template, decimals)


def read_patterns(document: str, region: str) -> tuple[CodePattern, ...]:
    """A country's patterns from the TOML table of all; raises ValueError where the table is wrong."""
    entry = tomllib.loads(document).get(region, {})
    return tuple(
        pattern_of(row["template"], row["carries"], row.get("decimals")) for row in entry.get("patterns", ())
    )


class RestrictedNumbers:
    """Patterns made ready for one shop."""

    def __init__(self, patterns: Iterable[CodePattern], currency: str) -> None:
        self._rules: dict[tuple[int, str], list[_Rule]] = {}
        for pattern in patterns:
            rule = _rule(pattern, currency)
            for first in _starts(rule.prefix):
                self._rules.setdefault((rule.length, first), []).append(rule)

    def fits(self, digits: str) -> list[Fit]:
        """What 8, 13 or 18 digits with a right check digit may mean, in the patterns' order."""
        rules = self._rules.get((len(digits), digits[:2]), ())
        return [fit for rule in rules if (fit := _fit(rule, digits)) is not None]


def _starts(prefix: str) -> list[str]:
    """The first two digits that numbers with this prefix have."""
    return [prefix[:2]] if len(prefix) > 1 else [prefix + digit for digit in "0123456789"]


def _rule(pattern: CodePattern, currency: str) -> _Rule:
    head = pattern.prefix + "P" * pattern.item_digits
    template = pattern.template or head + "V" * pattern.value_digits + "K"
    unit_digits = {"price": minor_digits(currency), "weight": _KILOGRAM_DECIMALS, "count": 0}[pattern.carries]
    return _Rule(
        pattern.prefix,
        len(template),
        tuple(at for at, sign in enumerate(template) if sign == "V"),
        tuple(at for at, sign in enumerate(template) if sign == "W"),
        template.index("C") if "C" in template else None,
        pattern.carries,
        unit_digits if pattern.decimals is None else pattern.decimals,
        unit_digits,
    )


def _fit(rule: _Rule, digits: str) -> Fit | None:
    if not digits.startswith(rule.prefix):
        return None
    written = "".join(digits[at] for at in rule.value)
    if rule.check is not None and digits[rule.check] != price_check_digit(written):
        return Fit(None, trouble=f"the check digit of the {rule.carries} is wrong")
    value = scaled(int(written), rule.decimals, rule.unit_digits)
    if value is None:
        return Fit(None, trouble=f"the {rule.carries} has more decimals than can be taken exactly")
    if value == 0:
        return None
    embedded = Embedded(rule.carries, value)
    grams = int("".join(digits[at] for at in rule.second)) if rule.second else 0
    gtin14 = _lookup(rule, digits)
    return Fit(Candidate(gtin14, gtin14, "pattern", embedded), grams or None)


def scaled(value: int, decimals: int, unit_digits: int) -> int | None:
    """A number with implied decimals in a unit with so many digits; None where it is not exact."""
    factor: int = 10 ** abs(unit_digits - decimals)
    if decimals <= unit_digits:
        return value * factor
    whole, rest = divmod(value, factor)
    return None if rest else whole


def _lookup(rule: _Rule, digits: str) -> str:
    """The 14-digit key: values set to zero, both check digits renewed.

    An 18-digit label is looked up as the 13-digit label of the same item would be: its head and a
    value of zero.
    """
    bare = list(digits[:-1])
    for at in (*rule.value, *rule.second):
        bare[at] = "0"
    if rule.check is not None:
        bare[rule.check] = price_check_digit("0" * len(rule.value))
    text = "".join(bare)[:12]
    return (text + check_digit(text)).zfill(14)
