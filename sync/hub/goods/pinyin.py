"""Initials by which people search Chinese names: 冷榨橙汁 1 L is found by lzcz1l.

Readings come from pypinyin, which knows phrases; it is loaded only when a name has Chinese in it.
"""

from __future__ import annotations

import re
from typing import Final

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KEPT: Final = re.compile(r"[a-z0-9]")


def _as_is(text: str) -> str:
    return text


def initials(name: str) -> str:
    """Initials of a name with Chinese in it, Latin letters and digits kept; otherwise empty."""
    if name.isascii() or not _HAN.search(name):
        return ""
    from pypinyin import Style, lazy_pinyin

    parts = lazy_pinyin(name.lower(), style=Style.FIRST_LETTER, errors=_as_is)
    return "".join(_KEPT.findall("".join(parts)))
