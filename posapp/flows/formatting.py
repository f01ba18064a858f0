"""Words, amounts, weights and times as people read them: the same on screen and on paper.

A Speech is one language with its messages; English msgids stand for themselves. It knows no screen
and no file: the messages are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from posapp.domain.facts import Markdown, PackData
from posapp.domain.money import minor_digits
from posapp.domain.shop import word
from posapp.domain.tender_facts import TenderLine
from posapp.values import dataclass

MINUS = "−"
_SIGNS = {"CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "KRW": "₩", "INR": "₹", "HKD": "HK$"}


def N_(msgid: str) -> str:
    """Mark a msgid that is translated where it is shown."""
    return msgid


_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"),
    N_("July"), N_("August"), N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clause:
    """Part of a sentence that is a msgid of its own, said in the language of the sentence around it."""

    msgid: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Speech:
    """One language: its tag and its messages by English msgid."""

    language: str
    messages: Mapping[str, str] = field(default_factory=dict, repr=False)

    def t(self, msgid: str, **params: str | Clause) -> str:
        """The sentence in this language with its parameters filled in."""
        text = self.messages.get(msgid) or msgid
        if not params:
            return text
        said = {
            name: self.t(given.msgid, **given.params) if isinstance(given, Clause) else given
            for name, given in params.items()
        }
        return text.format(**said)

    def date(self, moment: datetime) -> str:
        """A day as people say it: "Wed 11 November"."""
        return self.t(
            "{weekday} {day} {month}",
            weekday=self.t(_WEEKDAYS[moment.weekday()]),
            day=str(moment.day),
            month=self.t(_MONTHS[moment.month - 1]),
        )

    def age(self, seconds: int) -> str:
        """An age in the coarsest words that still help: seconds, minutes, hours, days."""
        if seconds < 60:
            return self.t("{n} s", n=str(max(0, seconds)))
        if seconds < 3600:
            return self.t("{n} min", n=str(seconds // 60))
        if seconds < 86_400:
            return self.t("{h} h {n} min", h=str(seconds // 3600), n=str(seconds % 3600 // 60))
        return self.t("{d} d {h} h", d=str(seconds // 86_400), h=str(seconds % 86_400 // 3600))


def currency_sign(currency: str) -> str:
    """The sign that stands before a total; the code itself where there is no sign."""
    return _SIGNS.get(currency, currency + " ")


def plain_amount(amount_minor: int, currency: str) -> str:
    """An amount as it would be keyed: no thousands commas, the currency's own decimals."""
    digits = minor_digits(currency)
    text = str(abs(amount_minor)).rjust(digits + 1, "0")
    whole, cents = (text[:-digits], text[-digits:]) if digits else (text, "")
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{whole}.{cents}" if digits else f"{sign}{whole}"


def amount(amount_minor: int, currency: str) -> str:
    """An amount as it is read: thousands commas, the currency's own decimals, a true minus."""
    text = plain_amount(abs(amount_minor), currency)
    whole, point, cents = text.partition(".")
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{int(whole):,}{point}{cents}"


def signed_money(amount_minor: int, currency: str) -> str:
    """An amount with its currency sign, for sentences: "−¥0.50"."""
    sign = MINUS if amount_minor < 0 else ""
    return f"{sign}{currency_sign(currency)}{amount(abs(amount_minor), currency)}"


def short_denomination(amount_minor: int, currency: str) -> str:
    """A note or coin without needless zeros: "100", "0.5"."""
    text = plain_amount(amount_minor, currency)
    return text.rstrip("0").rstrip(".") if "." in text else text


def tail(code: str) -> str:
    """A code as people compare it: its last four signs, "··7F3K"."""
    return f"··{code[-4:]}"


def tender_name(speech: Speech, tender: TenderLine) -> str:
    """What a way to pay is called; a gift card with its end: "Gift card ··7F3K"."""
    name = word(tender.names, speech.language)
    return f"{name} {tail(tender.reference)}" if tender.kind == "gift" and tender.reference else name


def weight(grams: int) -> str:
    """Grams as kilograms with three decimals: "1.286 kg"."""
    return f"{grams // 1000}.{grams % 1000:03d} kg"


def percent(ppm: int) -> str:
    """A rate in parts per million as a percentage without needless zeros: "13%"."""
    whole, rest = divmod(ppm, 10_000)
    decimals = f"{rest:04d}".rstrip("0")
    return f"{whole}.{decimals}%" if decimals else f"{whole}%"


def counts(lines: int, pieces: int, speech: Speech) -> str:
    """How much a sale is: "7 lines · 8 pcs", "1 line · 2 pcs"."""
    if lines == 1:
        return speech.t("1 line · {p} pcs", p=str(pieces))
    return speech.t("{l} lines · {p} pcs", l=str(lines), p=str(pieces))


def markdown_words(markdown: Markdown, currency: str, speech: Speech) -> str:
    """What fell off a price and why, for a line's second row and under a line of the receipt."""
    said = {"price": amount(markdown.was_minor, currency), "percent": percent(markdown.ppm)}
    if markdown.days_left == 0:
        return speech.t("was {price}, sell by today −{percent}", **said)
    return speech.t("was {price}, sell by {day} −{percent}", day=markdown.day, **said)


def pack_words(pack: PackData, speech: Speech) -> list[str]:
    """Which pack it is, for a line's second row and under a line of the receipt."""
    words = [speech.t("Serial {serial}", serial=pack.serial)] if pack.serial else []
    return [*words, speech.t("Lot {lot}", lot=pack.lot)] if pack.lot else words
