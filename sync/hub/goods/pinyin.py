"""Initials by which people search Chinese names: 冷榨橙汁 1 L is found by lzcz1l.

Readings come from pypinyin, which knows phrases; it is loaded only when a name has Chinese in it. Names of
one catalogue share their words, so each word is read once: its neighbours do not change its reading.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KEPT: Final = re.compile(r"[a-z0-9]")
#: Chinese of the plane where nearly all of it is, parted from the rest as pypinyin does; or what is kept.
_RUN: Final = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[a-z0-9]+")
#: Characters of further planes or of private use: left to pypinyin as a whole.
_RARE: Final = re.compile(r"[\ue000-\uf8ff\U00010000-\U0010ffff]")
#: More than there are phrases in a catalogue; all that pypinyin knows would be some megabytes.
_WORDS_KEPT: Final = 65_536


def _as_is(text: str) -> str:
    return text


def initials(name: str) -> str:
    """Initials of a name with Chinese in it, Latin letters and digits kept; otherwise empty."""
    if name.isascii() or not _HAN.search(name):
        return ""
    from pypinyin.contrib.mmseg import seg

    text = name.lower()
    if _RARE.search(text):
        return _initials_of(text)
    runs = _RUN.findall(text)
    return "".join([run if run.isascii() else "".join(map(_initials_of, seg.cut(run))) for run in runs])


@lru_cache(_WORDS_KEPT)
def _initials_of(text: str) -> str:
    from pypinyin import Style, lazy_pinyin

    parts = lazy_pinyin(text, style=Style.FIRST_LETTER, errors=_as_is)
    return "".join(_KEPT.findall("".join(parts)))
