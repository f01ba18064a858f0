"""Codes that a customer's phone shows to pay: whose they are, by their form alone.

Knows the published lengths and first digits of three wallets. A form is no promise: whether the code pays
is answered by the wallet, and any reading as goods of the shop goes before. A Chinese identity number has
as many digits as a WeChat Pay code and is told from it by its own check character (GB 11643).
"""

from __future__ import annotations

import re
from typing import Final, Literal

Provider = Literal["alipay", "wechat", "unionpay"]

_ALIPAY: Final = re.compile(r"(?:2[5-9]|30)[0-9]{14,22}")
_WECHAT: Final = re.compile(r"1[0-5][0-9]{16}")
_UNIONPAY: Final = re.compile(r"62[0-9]{17}")
_IDENTITY: Final = re.compile(
    r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]"
)
_IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS: Final = "10X98765432"


def payment_provider(text: str) -> Provider | None:
    """Whose payment code the digits look like, or None."""
    if not 16 <= len(text) <= 24 or not text.isascii():
        return None
    if is_identity_number(text):
        return None
    if _WECHAT.fullmatch(text):
        return "wechat"
    if _ALIPAY.fullmatch(text):
        return "alipay"
    return "unionpay" if _UNIONPAY.fullmatch(text) else None


def is_identity_number(text: str) -> bool:
    """Whether 18 signs are a Chinese identity number, which is nothing that a till takes."""
    if not _IDENTITY.fullmatch(text):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, text, strict=False))
    return _IDENTITY_CHECKS[total % 11] == text[17]
