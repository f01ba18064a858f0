"""The shop as a document: the owner's file and the wire have the same shape, read and written here.

Every problem of a document is reported at once, in sentences that name the place and the mend. Knows
which defaults make a file of fifteen lines a working shop. Refuses to know files, TOML and how a PIN
is hashed: the hash comes in as a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from posapp.domain.document import show_amount
from posapp.domain.shop import CashRules, CodePattern, ReceiptTexts, ReturnRules, Shop, TaxRules
from posapp.domain.shop_reading import ShopReading
from posapp.domain.shop_returns import returns_to_document

PIN_PATTERN = re.compile(r"[0-9]{4,8}")


class ShopDocumentError(Exception):
    """A document that is no shop; `problems` are English sentences with the place and the mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def hash_pins(document: Mapping[str, Any], hash_pin: Callable[[str, str], str]) -> dict[str, Any]:
    """The document with every operator's plain `pin` replaced by `pin_hash`.

    `hash_pin` gets the operator's id and the PIN. A PIN that is not 4 to 8 digits stays, and
    `parse_shop` reports it.
    """
    hashed = dict(document)
    operators = document.get("operators")
    if isinstance(operators, Sequence) and not isinstance(operators, str):
        hashed["operators"] = [_with_hash(entry, hash_pin) for entry in operators]
    return hashed


def plain_pins(document: Mapping[str, Any]) -> dict[str, str]:
    """The plain PINs of a document by operator id, where they are well formed."""
    pins: dict[str, str] = {}

    def remember(operator_id: str, pin: str) -> str:
        pins[operator_id] = pin
        return ""

    hash_pins(document, remember)
    return pins


def _with_hash(entry: Any, hash_pin: Callable[[str, str], str]) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    pin, operator_id = entry.get("pin"), entry.get("id")
    if not isinstance(pin, str) or not isinstance(operator_id, str) or not PIN_PATTERN.fullmatch(pin):
        return entry
    hashed = {key: value for key, value in entry.items() if key != "pin"}
    # Two secrets for one person is a mistake that parse_shop should see, not one that is hidden here.
    if "pin_hash" in hashed:
        return entry
    return hashed | {"pin_hash": hash_pin(operator_id, pin)}


def parse_shop(document: Mapping[str, Any], *, ignore_unknown: bool = False) -> Shop:
    """The shop that a document describes; raises ShopDocumentError with every problem found.

    A till sets `ignore_unknown`, so that a hub of a later version may say more than it understands.
    """
    problems: list[str] = []
    shop = ShopReading(document, problems, ignore_unknown).shop()
    if shop is None or problems:
        raise ShopDocumentError(problems)
    return shop


def shop_to_document(shop: Shop) -> dict[str, Any]:
    """The document of a shop, with every default written out; `parse_shop` gives the same shop back."""
    cash = shop.cash
    document: dict[str, Any] = {
        "store": {
            "id": shop.store_id,
            "names": dict(shop.names),
            "currency": shop.currency,
            "languages": list(shop.languages),
            "time_zone": shop.time_zone,
            "day_starts_at": f"{shop.day_starts_at_minute // 60:02d}:{shop.day_starts_at_minute % 60:02d}",
        },
        "terminals": [{"id": place.terminal_id, "number": place.number} for place in shop.terminals],
        "operators": [
            {
                "id": who.operator_id,
                "name": who.name,
                "role": str(who.role),
                "pin_hash": who.pin_hash,
                "badge": who.badge,
            }
            for who in shop.operators
        ],
        "permissions": {
            str(role): sorted(str(permission) for permission in allowed)
            for role, allowed in shop.permissions.items()
        },
        "tax": _tax_to_document(shop.tax),
        "tenders": [
            {
                "id": tender.tender_id,
                "kind": tender.kind,
                "names": dict(tender.names),
                "opens_drawer": tender.opens_drawer,
            }
            for tender in shop.tenders
        ],
        "cash": _cash_to_document(cash, shop.currency),
        "quick_keys": [{"names": dict(tab.names), "skus": list(tab.skus)} for tab in shop.quick_keys],
        "receipt": _receipt_to_document(shop.receipt),
        "code_patterns": [_pattern_to_document(pattern) for pattern in shop.code_patterns],
        "sign_on": {"tries": shop.sign_on.tries, "locked_minutes": shop.sign_on.locked_minutes},
    }
    if shop.returns != ReturnRules():
        document["returns"] = returns_to_document(shop.returns, shop.currency)
    if shop.region:
        document["store"]["region"] = shop.region
    if shop.code_region:
        document["store"]["country"] = shop.code_region
    if shop.demo_pins:
        document["demo_pins"] = dict(shop.demo_pins)
    return document


def _pattern_to_document(pattern: CodePattern) -> dict[str, Any]:
    written: dict[str, Any] = {
        "prefix": pattern.prefix,
        "item_digits": pattern.item_digits,
        "value_digits": pattern.value_digits,
        "carries": pattern.carries,
    }
    # Only where they say more: a till of an earlier version reads the four above.
    if pattern.template:
        written["template"] = pattern.template
    if pattern.decimals is not None:
        written["decimals"] = pattern.decimals
    return written


def _tax_to_document(tax: TaxRules) -> dict[str, Any]:
    return {
        "price_includes": tax.price_includes,
        "rounding": tax.rounding,
        "default_category": tax.default_category,
        "rates": [
            {"id": rate.rate_id, "names": dict(rate.names), "percent": show_percent(rate.ppm)}
            for rate in tax.rates
        ],
        "categories": [
            {"id": one.category_id, "names": dict(one.names), "rates": list(one.rate_ids)}
            for one in tax.categories
        ],
    }


def _cash_to_document(cash: CashRules, currency: str) -> dict[str, Any]:
    return {
        "step": show_amount(cash.step_minor, currency),
        "rounding": cash.rounding,
        "denominations": [show_amount(coin, currency) for coin in cash.denominations_minor],
        "variance_allowed": show_amount(cash.variance_allowed_minor, currency),
        "float": show_amount(cash.float_minor, currency),
    }


def _receipt_to_document(receipt: ReceiptTexts) -> dict[str, Any]:
    return {
        "header": {language: list(lines) for language, lines in receipt.header.items()},
        "footer": {language: list(lines) for language, lines in receipt.footer.items()},
        "columns": receipt.columns,
    }


def show_percent(ppm: int) -> str:
    """The decimal text of a rate: 130000 is "13", 88750 is "8.875"."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")
