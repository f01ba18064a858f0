"""A markdown rule as the document that travels from the hub to the tills, and back.

Both ends share it: the hub writes what it checked, a till reads leniently. A step or a name that cannot be
read is left out: a markdown that is missed costs less than one that nobody meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from posapp.domain.markdowns import PPM_OF_ALL, MarkdownRule, MarkdownStep
from posapp.domain.recalls import is_day

#: One percent in parts per million.
_PERCENT_PPM: Final = PPM_OF_ALL // 100
DAYS_LEFT_MAX: Final = 3_650


def ppm_of_percent(text: str) -> int | None:
    """Parts per million of a decimal percentage above 0 and at most 100 ("30", "12.5"), else None."""
    try:
        ppm = Decimal(text.strip()) * _PERCENT_PPM
    except InvalidOperation:
        return None
    return int(ppm) if ppm.is_finite() and ppm == int(ppm) and 0 < ppm <= PPM_OF_ALL else None


def percent_text(ppm: int) -> str:
    """The percentage without needless zeros: "12.5"."""
    whole, rest = divmod(ppm, _PERCENT_PPM)
    return f"{whole}.{rest:04}".rstrip("0") if rest else str(whole)


def markdown_to_document(rule: MarkdownRule) -> dict[str, Any]:
    """The document of a rule; what it does not name is left out."""
    steps = [{"days_left": step.days_left, "percent": percent_text(step.ppm)} for step in rule.steps]
    named: dict[str, Any] = {
        "skus": sorted(rule.skus),
        "categories": sorted(rule.categories),
        "all": rule.everything,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
    }
    head = {"rule_id": rule.rule_id, "steps": steps}
    return head | {name: value for name, value in named.items() if value}


def markdown_from_document(document: Mapping[str, Any]) -> MarkdownRule | None:
    """The rule of a document, None where it has no id or nothing that it could take off.

    Percentages are whole numbers or texts: where JSON has a number with a point, the reader must have kept
    its digits as a text. A day that cannot be read ends the rule: nobody knows when it would hold.
    """
    rule_id, steps = document.get("rule_id"), document.get("steps")
    days = [document.get(name) or "" for name in ("valid_from", "valid_to")]
    if not isinstance(rule_id, str) or not rule_id or not isinstance(steps, list):
        return None
    if not all(isinstance(day, str) and (not day or is_day(day)) for day in days):
        return None
    read = [step for step in map(_step, steps) if step is not None]
    rule = MarkdownRule(
        rule_id=rule_id,
        steps=tuple(sorted(read, key=lambda step: -step.days_left)),
        skus=_names(document.get("skus")),
        categories=_names(document.get("categories")),
        everything=document.get("all") is True,
        valid_from=days[0],
        valid_to=days[1],
    )
    return rule if rule.steps and (rule.skus or rule.categories or rule.everything) else None


def _step(value: Any) -> MarkdownStep | None:
    if not isinstance(value, dict):
        return None
    days_left, percent = value.get("days_left"), value.get("percent")
    if isinstance(percent, bool) or not isinstance(percent, int | str):
        return None
    if type(days_left) is not int or not 0 <= days_left <= DAYS_LEFT_MAX:
        return None
    ppm = ppm_of_percent(str(percent))
    return None if ppm is None else MarkdownStep(days_left, ppm)


def _names(value: Any) -> frozenset[str]:
    named = value if isinstance(value, list) else []
    return frozenset(each for each in named if isinstance(each, str))
