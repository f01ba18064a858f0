"""Words of the fleet page in a reader's language: translations, ages, amounts, times.

Sentences are English msgids; their translations lie beside this file. What tills sent is never trusted to be
harmless: signs that are invisible or turn text around are shown as what they are.
"""

from __future__ import annotations

import gettext
import json
import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from posapp.domain.money import minor_digits

LANGUAGES: Final = {"en": "English", "zh_CN": "中文"}
_CATALOGUES: Final = Path(__file__).with_name("i18n")
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def N_(msgid: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown."""
    return msgid


@lru_cache(maxsize=4)
def translations(language: str) -> gettext.NullTranslations:
    """The translations of a language; English says the sentences as they stand."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation("poshub", _CATALOGUES, [language])


def language_of(asked: str, remembered: str, accepted: str) -> str:
    """The language to speak: what was asked for, else what was chosen before, else the browser's."""
    for choice in (asked, remembered):
        if choice in LANGUAGES:
            return choice
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip().lower()
        for language in LANGUAGES:
            if tag.partition("-")[0] == language.partition("_")[0]:
                return language
    return "en"


class Speech:
    """How one language says figures; `zone` is the IANA name of the place whose clock counts."""

    def __init__(self, language: str, zone: str = "UTC") -> None:
        self.language = language
        self.t = translations(language).gettext
        self._zone = _zone(zone)

    def age(self, since_ms: int | None, now_ms: int) -> str:
        """How long ago, roughly: "12 s", "3 min", "2 h", "5 d"; a dash for never."""
        if since_ms is None:
            return "–"
        return self.span(max(0, now_ms - since_ms))

    def span(self, length_ms: int) -> str:
        """A length of time, roughly."""
        seconds = abs(length_ms) // 1000
        if seconds < 2 * _MINUTE_S:
            return self.t("%(n)s s") % {"n": seconds}
        if seconds < 2 * _HOUR_S:
            return self.t("%(n)s min") % {"n": seconds // _MINUTE_S}
        if seconds < 2 * _DAY_S:
            return self.t("%(n)s h") % {"n": seconds // _HOUR_S}
        return self.t("%(n)s d") % {"n": f"{seconds // _DAY_S:,}"}

    def offset(self, offset_ms: int) -> str:
        """How far a clock is off: "+2.4 s", "−3 min"."""
        sign = "" if abs(offset_ms) < 100 else "−" if offset_ms < 0 else "+"
        if abs(offset_ms) < 2 * _MINUTE_S * 1000:
            seconds = f"{abs(offset_ms) // 1000}.{abs(offset_ms) % 1000 // 100}"
            return sign + self.t("%(n)s s") % {"n": seconds}
        return sign + self.span(offset_ms)

    def time(self, at_ms: int | None) -> str:
        """A date and a time of day with the zone; a dash for never, the bare number where it is no time."""
        if at_ms is None:
            return "–"
        try:
            moment = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(self._zone)
        except (OverflowError, ValueError, OSError):
            return str(at_ms)
        return moment.strftime("%Y-%m-%d %H:%M:%S ") + (moment.tzname() or "")

    def number(self, value: int) -> str:
        """A whole number in groups of three."""
        return f"{value:,}"

    def money(self, amount_minor: int, currency: str) -> str:
        """An amount with its currency; minor units as the currency has them."""
        places = minor_digits(currency)
        whole, part = divmod(abs(amount_minor), 10**places)
        sign = "−" if amount_minor < 0 else ""
        return f"{sign}{whole:,}" + (f".{part:0{places}d}" if places else "") + f" {currency}"


@lru_cache(maxsize=500)
def _zone(name: str) -> Any:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def visible(text: object) -> str:
    """A text in which invisible signs and those that turn text around stand as their numbers."""
    return "".join(
        one if one in "\n\t" or unicodedata.category(one)[0] != "C" else f"‹{ord(one):04X}›"
        for one in str(text)
    )


def readable(line: bytes) -> str:
    """Bytes as a text to look at: indented where they are JSON, else as they are, unreadable ones marked."""
    text = line.decode("utf-8", "backslashreplace")
    try:
        return visible(json.dumps(json.loads(text), ensure_ascii=False, indent=2))
    except (ValueError, RecursionError):
        return visible(text)
