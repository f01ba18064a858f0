"""Initials read word by word are those of the whole name as pypinyin reads it."""

from __future__ import annotations

import random
import re

import pytest
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from sync.hub.goods.pinyin import initials

_PHRASES = list(PHRASES_DICT)


def _as_is(text: str) -> str:
    return text


def _of_the_whole(name: str) -> str:
    parts = lazy_pinyin(name.lower(), style=Style.FIRST_LETTER, errors=_as_is)
    return "".join(re.findall("[a-z0-9]", "".join(parts)))


def _piece(chance: random.Random) -> str:
    match chance.randrange(6):
        case 0 | 1:
            return chance.choice(_PHRASES)
        case 2:
            return chr(chance.randrange(0x4E00, 0xA000))
        case 3:
            return chr(chance.choice([*range(0x3000, 0x3500), *range(0xE000, 0x10000)]))
        case 4:
            return chance.choice("重行乐了长 AbZ09，。·Ⅳäß〇")
        case _:
            return chr(chance.randrange(0x20000, 0x32000)) if chance.random() < 0.1 else "重"


@pytest.mark.parametrize("seed", range(4))
def test_words_read_by_themselves_are_the_name_read_whole(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(500):
        # A name without common Chinese has no initials at all.
        name = "味" + "".join(_piece(chance) for _ in range(chance.randrange(1, 8)))
        assert initials(name) == _of_the_whole(name), ascii(name)
