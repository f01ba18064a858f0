"""The values of a promotion document: each is read with its path, and refused with a sentence that mends it.

Knows texts, whole numbers, decimal amounts and percentages, times and hours. Amounts are decimal texts or
numbers; a binary fraction is refused, since nobody can say which amount was meant by it. Refuses to know what
a promotion is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from posapp.values import dataclass

PPM_OF_ONE: Final = 1_000_000
#: One percent in parts per million.
_PERCENT_PPM: Final = 10_000
TEXT_MAX_CHARS: Final = 200
COUNT_MAX: Final = 1_000_000_000
_TIMES_MAX: Final = 1_000
#: Numbers of a file that go further behind the point are no numbers.
_DEEPEST: Final = 100

_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
#: Prices and factors of a case, which are rounded where they are used, and may be below 0.
_FINE = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_TIME = re.compile(
    r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_LANGUAGE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]{1,32}")
_TRAIT = re.compile(r"sku|category|brand|price|tag:[^\x00-\x1f]{1,64}")

#: Line ends, control signs, halves of characters, and what turns the text around it (Unicode Annex 9): on
#: a receipt or a page it would reorder amounts. Signs that join letters stay.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Choice = TypeVar("Choice", bound=str)
Read = TypeVar("Read")


class Unread(Exception):  # noqa: N818 - it never leaves the reading
    """Something that cannot be read: where, and how to mend it."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Money:
    """The currency that amounts are in, and its decimal digits."""

    currency: str
    digits: int

    def minor(self, value: Any, path: str) -> int:
        """Minor units of a decimal text or number that is not negative and no finer than the currency."""
        amount = decimal_of(value)
        if amount is None:
            raise Unread(path, f'must be an amount as a text, such as "{self.text(1250)}".')
        minor = scaled(amount, 10**self.digits)
        if minor is None:
            what = f"{self.currency or 'the currency'} has {self.digits} decimals"
            raise Unread(path, f"is too fine: {what}; round it.")
        return minor

    def text(self, minor: int) -> str:
        """The decimal text of minor units that are not negative."""
        whole, rest = divmod(minor, 10**self.digits)
        return f"{whole}.{rest:0{self.digits}d}" if self.digits else str(whole)


def decimal_of(value: Any) -> Decimal | None:
    """The exact value of a text such as "12.5", of a whole number or a Decimal; None for all else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if isinstance(value, Decimal):
        if not value.is_finite() or value < 0 or value >= 10**12:
            return None
        # A number in a file may be written 1E+1 or 10.000; only its value counts. 1E-999999999 is a few
        # bytes there, and nobody could ever work out its fraction.
        return value if value == 0 or int(value.as_tuple().exponent) >= -_DEEPEST else None
    if isinstance(value, int):
        return Decimal(value) if 0 <= value < 10**12 else None
    return Decimal(value) if _DECIMAL.fullmatch(value) else None


def signed_of(value: Any) -> Decimal | None:
    """As `decimal_of`, but below 0 as well and with up to twelve decimals."""
    if isinstance(value, str):
        return Decimal(value) if _FINE.fullmatch(value) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value < 0:
        size = decimal_of(-value)
        return None if size is None else -size
    return decimal_of(value)


def scaled(value: Decimal, times: int) -> int | None:
    """A whole number: the value times so much, or None where that is no whole number."""
    numerator, denominator = value.as_integer_ratio()
    whole, rest = divmod(numerator * times, denominator)
    return None if rest else whole


def percent_text(ppm: int) -> str:
    """The percentage without needless zeros: 125000 is "12.5"."""
    return _short(ppm, 4)


def times_text(ppm: int) -> str:
    """The factor without needless zeros: 1500000 is "1.5"."""
    return _short(ppm, 6)


def _short(value: int, digits: int) -> str:
    if value < 0:
        return f"-{_short(-value, digits)}"
    whole, rest = divmod(value, 10**digits)
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)


class Node:
    """One table of the document; every reading names its key, `finish` refuses keys that nobody read."""

    __slots__ = ("_known", "_values", "money", "path")

    def __init__(self, values: Any, path: str, money: Money) -> None:
        if not isinstance(values, Mapping):
            raise Unread(path, "must be a table of keys and values; write { … }.")
        self._values: Mapping[str, Any] = values
        self._known: set[str] = set()
        self.path = path
        self.money = money

    def at(self, key: str) -> str:
        """The path of a key of this table."""
        return f"{self.path}.{key}" if self.path else key

    def problem(self, key: str, sentence: str) -> Unread:
        """What to raise about a key (or about the table, where the key is empty)."""
        return Unread(self.at(key) if key else self.path, sentence)

    def has(self, key: str) -> bool:
        """Whether a key is written down."""
        self._known.add(key)
        return key in self._values

    def take(self, key: str) -> Any:
        """The raw value of a key that is there."""
        self._known.add(key)
        if key not in self._values:
            raise self.problem(key, "is missing; add it.")
        return self._values[key]

    def finish(self) -> None:
        """Refuse the first key that was never read, naming the nearest one that exists."""
        for key in self._values:
            if key not in self._known:
                near = difflib.get_close_matches(str(key), sorted(self._known), n=1)
                known = ", ".join(sorted(self._known))
                mend = f'did you mean "{near[0]}"?' if near else f"what may stand here: {known}."
                raise self.problem(str(key)[:64], f"is not known here; {mend}")

    # ------------------------------------------------------------------ single values
    def text(self, key: str, default: str | None = None, *, most: int = TEXT_MAX_CHARS) -> str:
        """A text of at least one character; required where no default is given."""
        if default is not None and not self.has(key):
            return default
        return self._text(self.take(key), self.at(key), most)

    def _text(self, value: Any, path: str, most: int) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            raise Unread(path, f"must be a text of 1 to {most} characters, in quotes.")
        if not value.isprintable() and _UNPRINTABLE.search(value):
            raise Unread(path, "has a line end, a control sign or one that turns text around; take it out.")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self.take(key) if self.has(key) else default
        if not isinstance(value, bool):
            raise self.problem(key, "must be true or false, without quotes.")
        return value

    def whole(self, key: str, default: int | None = None, *, least: int = 0, most: int = COUNT_MAX) -> int:
        """A whole number within bounds; required where no default is given."""
        if default is not None and not self.has(key):
            return default
        value = self.take(key)
        if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
            value = int(value) if abs(value) <= COUNT_MAX else value
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.problem(key, f"must be a whole number from {least} to {most}.")
        return value

    def whole_or_none(self, key: str, *, least: int = 0) -> int | None:
        """A whole number, or None where the key is not there."""
        return self.whole(key, least=least) if self.has(key) else None

    def choice(self, key: str, options: Sequence[Choice], default: Choice | None = None) -> Choice:
        """One of a few words."""
        if default is not None and not self.has(key):
            return default
        value = self.take(key)
        for option in options:
            if option == value:
                return option
        raise self.problem(key, f"must be one of: {', '.join(options)}.")

    def minor(self, key: str) -> int:
        """An amount, in minor units."""
        return self.money.minor(self.take(key), self.at(key))

    def minor_or_none(self, key: str) -> int | None:
        """An amount, or None where the key is not there."""
        return self.minor(key) if self.has(key) else None

    def percent(self, key: str) -> int:
        """A percentage from 0 to 100, in parts per million."""
        value = decimal_of(self.take(key))
        ppm = None if value is None else scaled(value, _PERCENT_PPM)
        if ppm is None or ppm > PPM_OF_ONE:
            raise self.problem(
                key, 'must be a percentage from 0 to 100 such as "12.5" (four decimals at most).'
            )
        return ppm

    def percent_or_none(self, key: str) -> int | None:
        """A percentage, or None where the key is not there."""
        return self.percent(key) if self.has(key) else None

    def times(self, key: str) -> int:
        """A factor up to 1000, in parts per million."""
        value = decimal_of(self.take(key))
        ppm = None if value is None else scaled(value, PPM_OF_ONE)
        if ppm is None or ppm > _TIMES_MAX * PPM_OF_ONE:
            raise self.problem(key, 'must be a factor from 0 to 1000 such as "2" or "1.5".')
        return ppm

    def trait(self, key: str) -> str:
        """What goods may be alike in: sku, category, brand, price or "tag:PREFIX"; empty where not there."""
        if not self.has(key):
            return ""
        value = self.take(key)
        if not isinstance(value, str) or not _TRAIT.fullmatch(value):
            raise self.problem(key, 'must be one of: sku, category, brand, price, "tag:" and a prefix.')
        return value

    # ------------------------------------------------------------------ times
    def instant(self, key: str, *, ends: bool = False) -> datetime | None:
        """A day or a time, with or without a zone; a day alone goes from its midnight to the next."""
        if not self.has(key):
            return None
        value = self.take(key)
        try:
            when = datetime.fromisoformat(value) if _TIME.fullmatch(str(value)) else None
        except ValueError:
            when = None
        if when is None or not isinstance(value, str):
            raise self.problem(key, 'must be a day "2026-11-01" or a time "2026-11-01T08:00+08:00".')
        return when + timedelta(days=1) if ends and len(value) == len("2026-11-01") else when

    def minute(self, key: str, default: int) -> int:
        """A time of day such as "16:00" (or "24:00"), in minutes."""
        if not self.has(key):
            return default
        value = self.take(key)
        if not isinstance(value, str) or not _HOUR.fullmatch(value):
            raise self.problem(key, 'must be a time of day such as "16:00" (at most "24:00").')
        return int(value[:2]) * 60 + int(value[3:])

    # ------------------------------------------------------------------ many
    def items(self, key: str, read: Callable[[Any, str], Read], *, least: int = 1) -> tuple[Read, ...]:
        """A list, each entry read with its path; not there is empty."""
        if not self.has(key):
            return ()
        values = self.take(key)
        if not isinstance(values, Sequence) or isinstance(values, str | bytes) or len(values) < least:
            raise self.problem(key, "must be a list with at least one entry; leave the key out for none.")
        return tuple(read(value, f"{self.at(key)}[{n}]") for n, value in enumerate(values))

    def texts(self, key: str, *, most: int = TEXT_MAX_CHARS) -> frozenset[str]:
        """A list of texts as a set; empty where the key is not there."""
        return frozenset(self.items(key, lambda value, path: self._text(value, path, most)))

    def table(self, key: str) -> Node:
        """The table of a key; an empty one where the key is not there."""
        return Node(self.take(key) if self.has(key) else {}, self.at(key), self.money)

    def words(self, key: str) -> dict[str, str]:
        """A text, or texts by language; a text alone stands under no language."""
        if not self.has(key):
            return {}
        value = self.take(key)
        if isinstance(value, str):
            return {"": self._text(value, self.at(key), TEXT_MAX_CHARS)}
        table = Node(value, self.at(key), self.money)
        if not all(isinstance(language, str) and _LANGUAGE.fullmatch(language) for language in value):
            raise self.problem(key, 'must have languages such as "en" or "zh_CN" as its keys.')
        return {language: table.text(language) for language in value}
