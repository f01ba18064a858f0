"""Text as it is searched: without case, width or accents, one line for each way to find an item.

The same folding is used for what is stored and for what is typed, so the two can be compared byte by
byte inside the database; and the hub, which makes whole files of the catalogue, folds by it too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

#: Starts every line of a stored text, so that a beginning can be told from a middle.
LINE: Final = "\n"
#: From this length on digits are taken for a code.
_CODE_DIGITS: Final = 8


def fold(text: str) -> str:
    """Text without differences that a searching person does not mean."""
    if text.isascii():
        return " ".join(text.casefold().split())
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def fold_wanted(text: str) -> str:
    """What was typed, ready to be compared; a code is compared without its leading zeros."""
    return _code(fold(text))


def _code(text: str) -> str:
    # A GTIN has up to 14 digits with zeros in front that are not always printed.
    return text.lstrip("0") if len(text) >= _CODE_DIGITS and text.isascii() and text.isdigit() else fold(text)


def search_text(sku: str, names: Iterable[str], pinyin: str, codes: Iterable[str]) -> str:
    """Everything an item can be found by: each on a line of its own, with a line end around it.

    `names` in any languages, `codes` as look-up keys are spelt.
    """
    lines = [fold(name) for name in names]
    lines += [fold(pinyin), fold(sku)]
    lines += [_code(code.lstrip("=")) for code in codes]
    unique = dict.fromkeys(line for line in lines if line)
    return LINE + LINE.join(unique) + LINE


def is_cjk(letter: str) -> bool:
    """Whether a letter says as much as a word: ideographs, kana and hangul."""
    return "぀" <= letter <= "鿿" or "가" <= letter <= "힯" or "豈" <= letter <= "﫿"


def is_long_enough(folded: str) -> bool:
    """Whether a search for this makes sense: one ideograph, or two letters or digits."""
    letters = folded.replace(" ", "")
    return len(letters) >= 2 or any(is_cjk(letter) for letter in letters)
