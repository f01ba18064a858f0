"""Editing of the one field in hand: digits, a decimal point, back and clear, within its bounds."""

from __future__ import annotations


def edit(entry: str, key: str, *, decimals: int, length_max: int = 9) -> str:
    """The entry after a key; a key that does not fit leaves it as it was.

    `decimals` is how many digits may follow the point; none means that no point is taken.
    """
    if key == "clear":
        return ""
    if key == "back":
        return entry[:-1]
    if key == ".":
        return entry + ("0." if not entry else ".") if decimals and "." not in entry else entry
    if not key.isascii() or not key.isdigit():
        return entry
    grown = key.lstrip("0") or "0" if entry in ("", "0") else entry + key
    whole, _, fraction = grown.partition(".")
    if len(fraction) > decimals or len(whole) > length_max:
        return entry
    return grown


def edit_pin(pin: str, key: str, *, length_max: int = 12) -> str:
    """The PIN after a key: digits only, leading zeros kept."""
    if key == "clear":
        return ""
    if key == "back":
        return pin[:-1]
    if key.isascii() and key.isdigit() and len(pin) + len(key) <= length_max:
        return pin + key
    return pin


def grams_of(entry: str) -> int | None:
    """Grams of a weight keyed in kilograms with up to three decimals, or None where it is none."""
    whole, _, fraction = entry.partition(".")
    if not (whole + fraction).isdigit() or len(fraction) > 3:
        return None
    return int(whole + fraction.ljust(3, "0"))
