"""A small shelf for the campaigns: pieces, weights and prices from labels, and what is refused."""

from __future__ import annotations

from posapp.domain.codes import check_digit
from tests.domain.shops import item


def ean(digits: str) -> str:
    """A 13-digit code from its first twelve."""
    return digits + check_digit(digits)


COLA = ean("690102818055")
MILK = ean("690102818056")
NO_PRICE = ean("690102818057")
UNKNOWN = ean("690102818099")
APPLES = ean("220000101286")
CHEESE = ean("210000200450")
GOODS = {
    COLA: item("cola", 350, names={"zh_CN": "可乐", "en": "Cola"}),
    MILK: item("milk", 1295, tax_category="vat9"),
    NO_PRICE: item("free-soon", None),
    ean("220000100000"): item("apple", 1280, unit="g", tax_category="vat9"),
    ean("210000200000"): item("cheese", None, unit="g"),
    "BAG": item("bag", 103),
}
CODES = (COLA, COLA, MILK, MILK, "BAG", APPLES, CHEESE, UNKNOWN, NO_PRICE)
