"""What the made-up scanners read and the made-up people type; everything follows from the dice given in.

Codes are those of a shop: mostly GTINs, some with AIM identifiers or GS1 elements, web codes, the shop's
own ones, Chinese member codes, and some that mean nothing to anybody.
"""

from __future__ import annotations

import random
from typing import Literal

from posapp.domain.codes import check_digit, is_known_payload

GS = "\x1d"
OWN_PREFIX = "POS-"
_CAPITALS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_NAMES = ("milk", "cola", "water", "green tea", "oat", "rice", "soap", "batteries", "wang", "li na", "zhou")
Amount = Literal["any", "known", "provable", "digits"]


def known(text: str) -> bool:
    """Whether a text is a known payload to the till of these traces."""
    return text.startswith(OWN_PREFIX) or is_known_payload(text)


def digits(dice: random.Random, count: int) -> str:
    """Random digits, the first one not a zero."""
    return str(dice.randint(1, 9)) + "".join(str(dice.randint(0, 9)) for _ in range(count - 1))


def gtin(dice: random.Random, length: int) -> str:
    """A GTIN with a right check digit."""
    body = digits(dice, length - 1)
    return body + check_digit(body)


def own_code(dice: random.Random) -> str:
    """A code of the shop's own with its prefix, letters in both cases."""
    return OWN_PREFIX + "".join(dice.choice(_CAPITALS + "abcdefghkm23456789") for _ in range(10))


def payload(dice: random.Random, kinds: Amount = "any") -> str:
    """A code that a scanner reads; "provable" ones show by themselves that Caps Lock has bent them."""
    if kinds == "digits":
        return gtin(dice, dice.choice((8, 12, 13, 13, 13, 14)))
    if kinds == "provable":
        return own_code(dice) if dice.random() < 0.4 else gtin(dice, 13)
    roll = dice.random()
    if roll < 0.52:
        return gtin(dice, 13)
    if roll < 0.68:
        return gtin(dice, dice.choice((8, 12, 14)))
    if roll < 0.76:
        return "]E0" + gtin(dice, 13)
    if roll < 0.84:
        lot = "".join(dice.choice(_CAPITALS + "0123456789") for _ in range(dice.randint(3, 8)))
        return f"]C101{gtin(dice, 14)}17{dice.randint(27, 31)}113010{lot}{GS}21{digits(dice, 9)}"
    if roll < 0.89:
        return f"https://id.example.com/01/0{gtin(dice, 13)}/10/{digits(dice, 4)}?17=301130"
    if roll < 0.93 or kinds == "known":
        return own_code(dice)
    if roll < 0.95:
        return OWN_PREFIX + "".join(chr(dice.randint(0x4E00, 0x9F00)) for _ in range(3)) + digits(dice, 4)
    if roll < 0.99:
        return dice.choice(_CAPITALS) + dice.choice(_CAPITALS) + "-" + digits(dice, dice.randint(4, 9))
    return digits(dice, dice.randint(3, 5))


def typed_text(dice: random.Random) -> str:
    """What a person types: a PIN, an amount, a telephone number, a quantity, a code by hand, a name."""
    roll = dice.random()
    if roll < 0.2:
        return digits(dice, dice.choice((4, 4, 6))) + "\r"
    if roll < 0.42:
        return f"{dice.randint(1, 500)}.{dice.randint(0, 99):02}" + dice.choice(("\r", ""))
    if roll < 0.52:
        return "1" + digits(dice, 10) + dice.choice(("\r", ""))
    if roll < 0.66:
        return f"{dice.randint(2, 24)}*"
    if roll < 0.74:
        return f"{dice.randint(2, 9)}*{gtin(dice, 13)}\r"
    if roll < 0.8:
        return gtin(dice, dice.choice((8, 13))) + "\r"
    if roll < 0.86:
        return dice.choice("0123456789+-") * dice.randint(2, 4)
    return dice.choice(_NAMES) + dice.choice(("\r", "", ""))
