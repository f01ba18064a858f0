"""The shop's rules for goods that come back, as its document says them."""

from __future__ import annotations

from typing import Any

from posapp.domain.document import Section, show_amount
from posapp.domain.shop import ReturnRules

#: Ten years: no law and no promise reaches further.
_DAYS_MOST = 3_660


def read_returns(section: Section, currency: str) -> ReturnRules:
    """The rules of a document's section "returns"; what it leaves out is as by default."""
    default = ReturnRules()
    days = section.integer("days", least=0, most=_DAYS_MOST) if section.has("days") else None
    return ReturnRules(days, section.amount("limit", currency, default.limit_minor))


def returns_to_document(rules: ReturnRules, currency: str) -> dict[str, Any]:
    """The section that reads back as these rules."""
    document: dict[str, Any] = {"limit": show_amount(rules.limit_minor, currency)}
    return document if rules.days is None else document | {"days": rules.days}
