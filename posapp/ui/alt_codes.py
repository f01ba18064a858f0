"""What sequences of Alt with digits of the number pad mean.

Windows made them for typing what has no key, and scanners send whole Chinese texts by them. The numbers
alone do not say which table they are of; the rules here take the reading that all numbers of a run allow.
"""

from __future__ import annotations

from collections.abc import Sequence

_FIRST_WIDE, _CJK, _CJK_LAST = 256, 0x4E00, 0x9FFF


def alt_text(numbers: Sequence[str]) -> str:
    """The text of Alt sequences: code points, bytes of UTF-8, or numbers of a code page.

    Numbers from 256 on are Unicode code points, or the double bytes of GB 2312 where every one of them
    is such and none a Chinese character of Unicode. Below, a run of bytes that is whole UTF-8 is taken
    so; else 0128 to 0255 stand in Windows' code page 1252 and without the zero in 437.
    """
    values = [int(digits) for digits in numbers]
    wide = [value for value in values if value >= _FIRST_WIDE]
    double = bool(wide) and all(_is_gb2312(value) for value in wide)
    high = [value for value in values if 128 <= value < _FIRST_WIDE]
    utf8 = bytes(high).decode("utf-8", "ignore") if len(high) > 1 and not wide else ""
    if utf8 and utf8.encode() == bytes(high):
        return bytes(value for value in values if value < _FIRST_WIDE).decode("utf-8", "ignore")
    return "".join(
        _alt_sign(digits, value, double=double) for digits, value in zip(numbers, values, strict=True)
    )


def _alt_sign(digits: str, value: int, *, double: bool) -> str:
    if value < 128:
        return chr(value)
    if value < _FIRST_WIDE:
        return bytes((value,)).decode("cp1252" if digits.startswith("0") else "cp437", "replace")
    if double:
        return value.to_bytes(2, "big").decode("gb2312")
    return chr(value) if value < 0x110000 and not 0xD800 <= value < 0xE000 else ""


def _is_gb2312(value: int) -> bool:
    if value > 0xFFFF or _CJK <= value <= _CJK_LAST:
        return False
    try:
        value.to_bytes(2, "big").decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True
