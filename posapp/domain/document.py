"""Reading a nested document (from TOML or JSON) so that every problem in it is found at once.

Knows tables, texts, numbers, words by language and amounts, and says for each problem where it stands
and how to mend it. Refuses to know what the document is about. A wrong value never ends up in a
message: it may be a secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from posapp.domain.money import minor_digits, parse_amount

ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,32}")
TEXT_MAX_CHARS = 200

Choice = TypeVar("Choice", bound=str)


def show_amount(amount_minor: int, currency: str) -> str:
    """The decimal text of an amount that is not negative, as documents write it: "0.10"."""
    digits = minor_digits(currency)
    whole, rest = divmod(amount_minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


class Section:
    """One table of a document; each reading names its key, and `finish` reports the keys nobody read.

    A reading that finds a problem notes it and returns a harmless value of the right type, so that
    the reader can go on and find the rest.
    """

    def __init__(self, values: Any, place: str, problems: list[str]) -> None:
        self.place = place
        self._problems = problems
        self._known: set[str] = set()
        self._values: Mapping[str, Any] = {}
        if isinstance(values, Mapping):
            self._values = values
        else:
            self.problem(f"must be a table; write [{place}] above its entries")

    def problem(self, sentence: str, key: str = "") -> None:
        """Note a problem of this table or of one of its keys."""
        where = ": ".join(part for part in (self.place, key) if part)
        self._problems.append(f"{where}: {sentence}" if where else sentence)

    def has(self, key: str) -> bool:
        """Whether a key is written down at all."""
        self._known.add(key)
        return key in self._values

    def raw(self, key: str) -> Any:
        """The value of a key as it stands, for who reads it in another way; None where there is none."""
        self._known.add(key)
        return self._values.get(key)

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that are written down, for a table whose keys are data."""
        return tuple(str(key) for key in self._values)

    def finish(self, *, ignore_unknown: bool = False) -> None:
        """Report every key that was never read, with the nearest one that exists."""
        if ignore_unknown:
            return
        for key in self._values:
            if key in self._known:
                continue
            near = difflib.get_close_matches(key, sorted(self._known), n=1)
            known = ", ".join(sorted(self._known))
            mend = f"did you mean {near[0]!r}?" if near else f"what may stand here: {known}."
            self.problem(f"{key!r} is not known here; {mend}")

    # ------------------------------------------------------------------ single values
    def text(self, key: str, default: str | None = None, *, max_chars: int = TEXT_MAX_CHARS) -> str:
        """A text; required where no default is given."""
        value = self._take(key, default)
        if value is None:
            return default or ""
        if not isinstance(value, str):
            self.problem("must be a text; put it in quotes.", key)
            return default or ""
        if len(value) > max_chars or any(ord(sign) < 32 for sign in value):
            self.problem(f"must be one line of at most {max_chars} characters; shorten it.", key)
            return default or ""
        if default is None and not value.strip():
            self.problem("must not be empty; write something.", key)
        return value.strip()

    def ident(self, key: str, default: str | None = None) -> str:
        """A short id of letters, digits, hyphen and underscore."""
        value = self.text(key, default)
        if value and value != default and not ID_PATTERN.fullmatch(value):
            self.problem("may hold only letters A to Z, digits, - and _ (at most 32).", key)
        return value

    def integer(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._take(key, default)
        fallback = least if default is None else default
        if value is None:
            return fallback
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.problem(f"must be a whole number from {least} to {most}.", key)
            return fallback
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.problem("must be true or false, without quotes.", key)
            return default
        return value

    def choice(self, key: str, options: Sequence[Choice], default: Choice | None = None) -> Choice:
        """One of a few words."""
        value = self._take(key, default)
        for option in options:
            if option == value:
                return option
        if value is not None:
            self.problem(f"must be one of: {', '.join(options)}.", key)
        return options[0] if default is None else default

    def amount(self, key: str, currency: str, default_minor: int | None = None) -> int:
        """Minor units of a decimal text such as "0.10" (a whole number counts whole units)."""
        value = self._take(key, default_minor)
        if value is None or (key not in self._values):
            return default_minor or 0
        return self._minor(value, currency, key)

    def percent_ppm(self, key: str) -> int:
        """Parts per million of a decimal percentage such as "13" or "8.875", up to 100 %."""
        value = self._take(key, None)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        match = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?", value) if isinstance(value, str) else None
        ppm = int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0")) if match else -1
        if value is not None and not 0 <= ppm <= 1_000_000:
            self.problem('must be a percentage from 0 to 100, at most 4 decimals: "8.875".', key)
        return max(0, ppm)

    # ------------------------------------------------------------------ lists and tables
    def texts(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key, default)
        if value is None:
            return ()
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.problem('must be a list; write ["…", "…"].', key)
            return tuple(default or ())
        for entry in value:
            if not isinstance(entry, str) or len(entry) > TEXT_MAX_CHARS or any(ord(c) < 32 for c in entry):
                self.problem(f"must hold only texts in quotes, at most {TEXT_MAX_CHARS} characters.", key)
                return tuple(default or ())
        return tuple(value)

    def amounts(self, key: str, currency: str, default_minor: Sequence[int]) -> tuple[int, ...]:
        """A list of amounts in minor units."""
        if not self.has(key):
            return tuple(default_minor)
        value = self._values[key]
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.problem('must be a list of amounts; write ["100", "0.5"].', key)
            return tuple(default_minor)
        return tuple(self._minor(entry, currency, key) for entry in value)

    def words(
        self, key: str, languages: Sequence[str], default: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Words by language; a plain text counts for the shop's first language."""
        value = self._take(key, default)
        if value is None:
            return dict(default or {})
        if isinstance(value, str):
            value = {languages[0]: value}
        if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
            self.problem(f'must be a text, or texts by language: {{ {languages[0]} = "…" }}.', key)
            return dict(default or {})
        self._check_languages(key, value, languages)
        words = {language: text.strip() for language, text in value.items() if text.strip()}
        if not words or any(len(text) > TEXT_MAX_CHARS for text in words.values()):
            self.problem(f"must hold 1 to {TEXT_MAX_CHARS} characters in at least one language.", key)
        return words

    def lines(self, key: str, languages: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Lines of text by language; a plain list counts for every language."""
        if not self.has(key):
            return {}
        value = self._values[key]
        if isinstance(value, Mapping):
            self._check_languages(key, value, languages)
            inner = Section(value, f"{self.place}: {key}" if self.place else key, self._problems)
            return {language: inner.texts(language) for language in value}
        lines = self.texts(key)
        return dict.fromkeys(languages, lines)

    def table(self, key: str) -> Section:
        """A table below this one; a missing one is an empty one."""
        present = self.has(key)
        place = f"{self.place}.{key}" if self.place else key
        return Section(self._values[key] if present else {}, place, self._problems)

    def tables(self, key: str) -> tuple[Section, ...]:
        """The entries of a list of tables, numbered from 1 in messages."""
        if not self.has(key):
            return ()
        value = self._values[key]
        place = f"{self.place}.{key}" if self.place else key
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            self.problem(f"must be a list of tables; write [[{place}]] above each entry.", key)
            return ()
        return tuple(Section(entry, f"{place} no. {n}", self._problems) for n, entry in enumerate(value, 1))

    def _take(self, key: str, default: Any) -> Any:
        self._known.add(key)
        if key in self._values:
            return self._values[key]
        if default is None:
            self.problem(f"{key!r} is missing; add it.")
        return default

    def _minor(self, value: Any, currency: str, key: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        amount = parse_amount(value, currency) if isinstance(value, str) else None
        if amount is None:
            digits = minor_digits(currency)
            self.problem(f'must be an amount in {currency}, at most {digits} decimals: "12.5".', key)
            return 0
        return amount

    def _check_languages(self, key: str, value: Mapping[str, Any], languages: Sequence[str]) -> None:
        for language in value:
            if language not in languages:
                known = ", ".join(languages)
                self.problem(f"language {language!r} is not one of the store's ({known}).", key)
