"""Random and damaged texts for the code reader: what scanners send, what people type, and rubbish.

Every text follows from its seed alone. Half of them are well formed by some rule, so that the reader has
something to find; the others are such texts with a few signs changed, cut, swapped or put in.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from biip.checksums import gs1_price_weight_check_digit, gs1_standard_check_digit

from posapp.code_rules import ai_table
from posapp.domain.codes.own import OwnCode, make_own

REGIONS = ("CN", "DK", "EE", "FI", "DE", "GB", "LV", "LT", "NO", "SE", "US")
GS = "\x1d"
DIGITS = "0123456789"
SIGNS = {
    "N": DIGITS,
    "X": DIGITS + "ABCXYZabcxyz-./%&()+_",
    "Y": DIGITS + "ABCXYZ-/#",
    "Z": DIGITS + "ABCXYZabcxyz-_",
}
IDENTIFIERS = (
    "]E0", "]E3", "]E4", "]C0", "]C1", "]C2", "]e0", "]d1", "]d2", "]Q1", "]Q3", "]I0", "]I1", "]X0", "]A0",
    "]J1", "]z0", "]L2", "]zz", "]",
)  # fmt: skip
_ODD = "\x00\x1c\x1d\x1e\x7f\u200b\ufeff\ud800\udfff０１９］（）\u0660é中😀 \t\r\n()[]\\%^<>&?#"


def digits(dice: random.Random, count: int) -> str:
    """So many digits."""
    return "".join(dice.choices(DIGITS, k=count))


def checked(body: str) -> str:
    """Digits with their check digit, by another library than ours."""
    return body + str(gs1_standard_check_digit(body))


def gtin(dice: random.Random) -> str:
    """A GTIN of any length, now and then of the prefixes with a meaning of their own."""
    length = dice.choice((8, 12, 13, 13, 13, 14))
    prefix = dice.choice(
        ("", "", "", "02", "05", "2", "20", "29", "977", "978", "979", "98", "99", "04", "0")
    )
    return checked((prefix + digits(dice, 14))[: length - 1])


def restricted(dice: random.Random) -> str:
    """A restricted number, half of them with a right check digit of their price at one place or the other."""
    body = f"2{digits(dice, 11)}"
    if dice.random() < 0.6:
        at = dice.choice((6, 7))
        value = body[at + 1 :]
        body = body[:at] + str(gs1_price_weight_check_digit(value)) + value
    return checked(body) if dice.random() < 0.8 else checked(body + digits(dice, 5))


def upc_e(dice: random.Random) -> str:
    """Six, seven or eight digits that may be a UPC-E."""
    return dice.choice("01 ").strip() + digits(dice, dice.choice((6, 6, 7)))


def book(dice: random.Random) -> str:
    """A book's or magazine's number in one of its spellings, often with add-on digits."""
    number = checked(dice.choice(("977", "978", "979")) + digits(dice, 9))
    if dice.random() < 0.6:
        return number + dice.choice(("", " ", "-")) + digits(dice, dice.choice((2, 5)))
    if dice.random() < 0.5:
        return f"{number[:3]}-{number[3:5]}-{number[5:9]}-{number[9:12]}-{number[12]}"
    return f"{digits(dice, 9)}{dice.choice(DIGITS + 'X')}"


def value_of(dice: random.Random, ai: str) -> str:
    """A value that fits the length and characters of an AI; its content may still be wrong."""
    rule = ai_table().rule(ai)
    assert rule is not None
    if ai in ("01", "02"):
        return checked(dice.choice("0000019") + digits(dice, 12))
    if ai in ("11", "13", "15", "16", "17"):
        return f"{dice.randrange(100):02d}{dice.randrange(1, 13):02d}{dice.randrange(29):02d}"
    text = ""
    for component in rule.components:
        if component.optional and dice.random() < 0.5:
            break
        count = dice.randint(component.shortest, min(component.longest, component.shortest + 12))
        text += "".join(dice.choices(SIGNS[component.letter], k=count))
    return text


def pairs(dice: random.Random) -> list[tuple[str, str]]:
    """Elements of one message, usually goods with what often stands beside them."""
    often = ("10", "21", "17", "15", "16", "30", "3103", "3922", "3102", "11", "240", "250", "3203", "8005")
    names = dice.sample(often, k=dice.randint(0, 4))
    if dice.random() < 0.3:
        names.append(dice.choice(ALL_AIS))
    first = "01" if dice.random() < 0.85 else dice.choice(ALL_AIS)
    return [(ai, value_of(dice, ai)) for ai in (first, *names)]


def element_string(dice: random.Random) -> str:
    """An element string with or without identifier, separators and brackets."""
    found = pairs(dice)
    if dice.random() < 0.1:
        return "".join(f"({ai}){value}" for ai, value in found)
    text = ""
    table = ai_table()
    for place, (ai, value) in enumerate(found):
        rule = table.rule(ai)
        assert rule is not None
        last = place == len(found) - 1
        text += ai + value + ("" if last or rule.predefined else GS)
    return dice.choice(("", "]C1", "]C1", "]e0", "]d2", "]Q3", GS, "]C0", "]Q1")) + text


def link(dice: random.Random) -> str:
    """A web address, usually a Digital Link."""
    host = dice.choice(
        ("https://id.gs1.org", "http://example.com/a/b", "HTTPS://SHOP.EXAMPLE", "https://x.y:80")
    )
    found = pairs(dice)
    path = "".join(
        f"/{ai}/{value}" for ai, value in found if ai in ("01", "22", "10", "21", "00", "414", "8006")
    )
    query = "&".join(f"{ai}={value}" for ai, value in found if ai not in ("01", "22", "10", "21"))
    return (
        dice.choice(("", "", "]Q1", "]d1"))
        + host
        + path
        + (f"?{query}" if query else "")
        + "#f" * (dice.random() < 0.1)
    )


def own(dice: random.Random) -> str:
    """One of our own codes; signed ones carry a made-up signature."""
    kind = dice.choice(("member", "coupon", "voucher", "pickup", "operator", "suspended", "receipt"))
    code = OwnCode(
        kind, f"S{digits(dice, 3)}", digits(dice, 8), dice.choice(("", "2026-12-31")), {"A": digits(dice, 4)}
    )
    return make_own(code, lambda message: message[:16].ljust(16))


def wallet(dice: random.Random) -> str:
    """Digits that look like a code to pay with."""
    return dice.choice(("13", "10", "15", "28", "25", "30", "62")) + digits(dice, dice.randint(14, 22))


def rubbish(dice: random.Random) -> str:
    """Signs of any kind, now and then very many."""
    count = dice.choice((0, 1, 5, 20, 60, 200)) if dice.random() < 0.999 else 20_000
    return "".join(
        dice.choice(_ODD)
        if dice.random() < 0.3
        else chr(dice.choice((dice.randrange(32, 127), dice.randrange(0x3000))))
        for _ in range(count)
    )


ALL_AIS = sorted(ai_table())
_MAKERS: Sequence[tuple[Callable[[random.Random], str], int]] = (
    (gtin, 22), (restricted, 14), (upc_e, 10), (book, 8), (element_string, 22), (link, 10), (own, 3),
    (wallet, 4), (lambda dice: digits(dice, dice.randint(1, 26)), 4), (rubbish, 3),
)  # fmt: skip
_FUNCTIONS = [maker for maker, _ in _MAKERS]
_WEIGHTS = [weight for _, weight in _MAKERS]


def text_of(dice: random.Random) -> str:
    """One text: made by some rule, then perhaps given an identifier, then perhaps damaged."""
    text = dice.choices(_FUNCTIONS, _WEIGHTS)[0](dice)
    if dice.random() < 0.15:
        text = dice.choice(IDENTIFIERS) + text
    if dice.random() < 0.05:
        text += dice.choice(("\r\n", "\r", "\n", " ", GS))
    return damaged(dice, text) if dice.random() < 0.45 else text


def damaged(dice: random.Random, text: str) -> str:
    """A text with one to three signs changed, cut, doubled, swapped or put in."""
    signs = list(text)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(signs) + 1)
        match dice.randrange(5):
            case 0 if at < len(signs):
                signs[at] = dice.choice(DIGITS)
            case 1 if at < len(signs):
                del signs[at]
            case 2:
                signs.insert(at, dice.choice(DIGITS + _ODD))
            case 3 if at + 1 < len(signs):
                signs[at], signs[at + 1] = signs[at + 1], signs[at]
            case 4:
                del signs[at:]
    return "".join(signs)
