"""Coupon codes of North America, AI 8110 and 8112: digits whose fields say their own length.

Knows the order of the fields, which of them may be missing and what each may hold; a refusal names the field.
Refuses to know what a coupon is worth here: it only says that it is well formed. Sources: GS1 US, North
American Coupon Application Guideline (8110) and Positive Offer File (8112).
"""

from __future__ import annotations

from collections.abc import Callable

from posapp.domain.codes.gs1_fault import Gs1Problem


class _Fields:
    """Takes one field after the other off the digits of a coupon; after the first fault it takes no more."""

    def __init__(self, digits: str) -> None:
        self._digits = digits
        self._at = 0
        self.wrong: tuple[Gs1Problem, str] | None = None

    def fault(self, problem: Gs1Problem, part: str = "") -> str:
        """Keep the first fault."""
        self.wrong = self.wrong or (problem, part)
        return ""

    def sign(
        self, part: str, allowed: str = "0123456789", problem: Gs1Problem = Gs1Problem.CouponValue
    ) -> str:
        """One digit that has to be there and to be one of those allowed."""
        if self.wrong:
            return ""
        sign = self._digits[self._at : self._at + 1]
        if not sign:
            return self.fault(Gs1Problem.CouponMissing, part)
        if sign not in allowed:
            return self.fault(problem, part)
        self._at += 1
        return sign

    def fixed(self, part: str, length: int) -> str:
        """So many digits."""
        if self.wrong:
            return ""
        field = self._digits[self._at : self._at + length]
        if len(field) < length:
            return self.fault(Gs1Problem.CouponTruncated, part)
        self._at += length
        return field

    def counted(self, part: str, allowed: str, more: int) -> None:
        """A digit that says how many follow, beyond `more`; a nine after a gap in those allowed says none."""
        length = self.sign(part, allowed, Gs1Problem.CouponLength)
        if length and not (length == "9" and "8" not in allowed):
            self.fixed(part, int(length) + more)

    def option(self, mark: str) -> bool:
        """Whether the optional field with this mark comes next; the mark is taken off."""
        if self.wrong or self._digits[self._at : self._at + 1] != mark:
            return False
        self._at += 1
        return True

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._digits):
            self.fault(Gs1Problem.CouponExcess)


def coupon_code(value: str) -> tuple[Gs1Problem, str] | None:
    """What is wrong with the content of AI 8110, or None."""
    return _checked(value, _coupon)


def positive_offer(value: str) -> tuple[Gs1Problem, str] | None:
    """What is wrong with the content of AI 8112, or None."""
    return _checked(value, _offer)


def _checked(value: str, read: Callable[[_Fields], None]) -> tuple[Gs1Problem, str] | None:
    if value and not (value.isascii() and value.isdigit()):
        return Gs1Problem.NotNumeric, ""
    fields = _Fields(value)
    read(fields)
    fields.end()
    return fields.wrong


def _offer(fields: _Fields) -> None:
    fields.sign("format code", "01")
    fields.counted("funder", "0123456", 6)
    fields.fixed("offer code", 6)
    fields.counted("serial number", "0123456789", 6)


def _purchase(fields: _Fields, which: str) -> None:
    part = f"{which} requirement"
    fields.counted(part, "12345", 0)
    fields.sign(f"{part} code", "012349")
    fields.fixed(f"{which} family code", 3)


def _coupon(fields: _Fields) -> None:
    fields.counted("company prefix", "0123456", 6)
    fields.fixed("offer code", 6)
    fields.counted("save value", "12345", 0)
    _purchase(fields, "first purchase")
    if fields.option("1"):
        fields.sign("additional purchase rules", "0123")
        _purchase(fields, "second purchase")
        fields.counted("second company prefix", "01234569", 6)
    if fields.option("2"):
        _purchase(fields, "third purchase")
        fields.counted("third company prefix", "01234569", 6)
    expires = _date(fields, "expiry date") if fields.option("3") else ""
    if fields.option("4"):
        starts = _date(fields, "start date")
        if expires and starts > expires:
            fields.fault(Gs1Problem.CouponDateOrder)
    if fields.option("5"):
        fields.counted("serial number", "0123456789", 6)
    if fields.option("6"):
        fields.counted("retailer", "1234567", 6)
    if fields.option("9"):
        fields.sign("save value code", "01256")
        fields.sign("save value applies to", "012")
        fields.sign("store coupon flag")
        fields.sign("multiply flag", "01")


def _date(fields: _Fields, part: str) -> str:
    digits = fields.fixed(part, 6)
    if not digits:
        return ""
    month, day = int(digits[2:4]), int(digits[4:])
    longest = {2: 28 if int(digits[:2]) % 4 else 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
    if not (1 <= month <= 12 and 1 <= day <= longest):
        return fields.fault(Gs1Problem.CouponDate, part)
    return digits
