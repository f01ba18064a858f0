"""Coupons by their numbers: what a manufacturer's coupon says, never what it is worth here.

Knows the retail prefixes of coupons (UPC-A number system 5, EAN-13 981 to 984 and 99) and takes AI 8110
and 8112 of North America apart once they are known to be well formed. Sources: GS1 General Specifications
1.4.2 and 3.9; GS1 US, North American Coupon Application Guideline.
"""

from __future__ import annotations

from typing import Final

_CURRENCY_COUPONS: Final = ("981", "982", "983", "984")


def retail_coupon(gtin14: str) -> dict[str, str] | None:
    """What the number of a coupon under bars says, or None for any other GTIN."""
    if gtin14[0] != "0" or gtin14.startswith("000000"):
        return None
    digits = gtin14[1:]
    if digits.startswith("05"):
        return {
            "form": "upc-a",
            "manufacturer": digits[2:7],
            "family_code": digits[7:10],
            "value_code": digits[10:12],
        }
    if digits.startswith(_CURRENCY_COUPONS):
        return {"form": "common-currency", "reference": digits[3:12]}
    if digits.startswith("99"):
        return {"form": "coupon", "reference": digits[2:12]}
    return None


def gs1_coupon(value: str) -> dict[str, str]:
    """The fields of a well-formed AI 8110; what cannot be reached is left out."""
    digits = _Digits(value)
    fields = {"company_prefix": digits.counted(6), "offer_code": digits.take(6)}
    fields["save_value"] = digits.counted(0)
    _purchase(digits, fields, "purchase")
    if digits.option("1"):
        fields["additional_purchase_rules"] = digits.take(1)
        _purchase(digits, fields, "second_purchase")
        fields["second_company_prefix"] = digits.counted(6, none="9")
    if digits.option("2"):
        _purchase(digits, fields, "third_purchase")
        fields["third_company_prefix"] = digits.counted(6, none="9")
    for mark, name in (("3", "expires"), ("4", "starts")):
        if digits.option(mark):
            fields[name] = digits.take(6)
    if digits.option("5"):
        fields["coupon_serial"] = digits.counted(6)
    if digits.option("6"):
        fields["retailer"] = digits.counted(6)
    if digits.option("9"):
        for name in ("save_value_code", "save_value_applies_to", "store_coupon", "multiply"):
            fields[name] = digits.take(1)
    return {name: field for name, field in fields.items() if field}


def positive_offer(value: str) -> dict[str, str]:
    """The fields of a well-formed AI 8112."""
    digits = _Digits(value)
    fields = {
        "format": digits.take(1),
        "funder": digits.counted(6),
        "offer_code": digits.take(6),
        "coupon_serial": digits.counted(6),
    }
    return {name: field for name, field in fields.items() if field}


def _purchase(digits: _Digits, fields: dict[str, str], name: str) -> None:
    fields[f"{name}_requirement"] = digits.counted(0)
    fields[f"{name}_requirement_code"] = digits.take(1)
    fields[f"{name}_family_code"] = digits.take(3)


class _Digits:
    """Digits taken from the left; past their end there is nothing."""

    def __init__(self, digits: str) -> None:
        self._rest = digits

    def take(self, count: int) -> str:
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def counted(self, more: int, none: str = "") -> str:
        """As many digits as the next one says, and `more`; none where it is `none`."""
        length = self.take(1)
        if not length or length == none:
            return ""
        return self.take(int(length) + more)

    def option(self, mark: str) -> bool:
        if not self._rest.startswith(mark):
            return False
        self.take(1)
        return True
