"""Digits under bars: every item that a number may stand for, an exact hit first.

Knows GTINs in all lengths, UPC-E beside EAN-8, cases and variable measure, books and magazines with their
add-on digits, coupons and restricted numbers. Refuses to choose among them: candidates stand in the order
in which the catalogue is to be asked, and two that both hit are for a person to tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from posapp.domain.codes.aim import Aim
from posapp.domain.codes.contents import packaging
from posapp.domain.codes.coupons import retail_coupon
from posapp.domain.codes.gtin import (
    CODE_MAX_CHARS,
    GTIN_LENGTHS,
    INTERNAL_MARK,
    check_digit,
    clean,
    is_gtin,
)
from posapp.domain.codes.reading import Candidate, CodeRefusal, Reading
from posapp.domain.codes.restricted import Fit, RestrictedNumbers
from posapp.domain.codes.retail import BOOK_PREFIXES, ISSN_PREFIX, book_ean, split_add_on, upc_a_of
from posapp.domain.shop import CodePattern

#: Where UPC-E is common, eight digits are asked as UPC-E first.
NORTH_AMERICA: Final = frozenset({"US", "CA"})
_UPC_E_LENGTHS: Final = (6, 7, 8)
_SCALE_LABEL_DIGITS: Final = 18
_ADD_ON_LENGTHS: Final = range(14, 20)
_EAN_8_ZEROS: Final = "000000"
_UPC_SYNTAXES: Final = ("open", "retail")
_WORDED_SYNTAXES: Final = ("open", "plain", "retail")


class NumberReader:
    """Reads numbers by a shop's patterns, currency and country."""

    def __init__(self, patterns: Iterable[CodePattern], currency: str, region: str) -> None:
        self._restricted = RestrictedNumbers(patterns, currency)
        self._north_america = region in NORTH_AMERICA

    def read(self, aim: Aim, body: str) -> Reading | None:
        """The reading of a number; None for what is neither a number nor a book's."""
        text = body if body.isascii() and body.isalnum() else clean(body)
        if not text:
            return None
        digits = text.isascii() and text.isdigit()
        if digits and is_gtin(text):
            # Fourteen digits in two parts, or from a symbol with add-on, are a UPC-A and two digits first.
            parted = len(text) == 14 and (body.strip() != text or aim.syntax == "add-on")
            return (self._beside(aim, body, text) if parted else None) or self._gtin(aim, text)
        other = self._beside(aim, body, text) or (self._other_number(aim, text) if digits else None)
        if other is None and aim.syntax != "plain" and digits and len(text) in GTIN_LENGTHS:
            return Reading(
                "unknown",
                text,
                aim.identifier,
                internal(text),
                carrier=aim.carrier,
                refusal=CodeRefusal.BadCheckDigit,
            )
        return other

    def _gtin(self, aim: Aim, text: str) -> Reading:
        gtin14 = text.zfill(14)
        exact = Candidate(gtin14, gtin14, "gtin")
        if gtin14[0] != "0":
            return _item(aim, text, (exact,), packaging(gtin14))
        short = gtin14.startswith(_EAN_8_ZEROS)
        fits = self._restricted.fits(gtin14[6:] if short else gtin14[1:])
        candidates = (exact, *(fit.candidate for fit in fits if fit.candidate is not None))
        upc = upc_a_of(text) if len(text) == 8 and aim.syntax in _UPC_SYNTAXES else None
        if upc is not None:
            expanded = _as_gtin(upc, "upc-e")
            # A scanner that names the family EAN/UPC and sends eight digits has read a UPC-E.
            first = self._north_america or aim.syntax == "retail"
            candidates = (expanded, *candidates) if first else (exact, expanded, *candidates[1:])
        coupon = None if short else retail_coupon(gtin14)
        if coupon is not None:
            return replace(_item(aim, text, candidates, coupon), kind="coupon", subject=text)
        return self._fitted(_item(aim, text, candidates), fits)

    def _other_number(self, aim: Aim, text: str) -> Reading | None:
        """Digits that are no GTIN: UPC-E in short, or the long label of a scale."""
        if len(text) in _UPC_E_LENGTHS and aim.syntax in _UPC_SYNTAXES:
            upc = upc_a_of(text)
            if upc is not None:
                expanded = _as_gtin(upc, "upc-e")
                return _item(aim, text, (*internal(text), expanded))
        if len(text) == _SCALE_LABEL_DIGITS and check_digit(text[:-1]) == text[-1]:
            fits = self._restricted.fits(text)
            found = tuple(fit.candidate for fit in fits if fit.candidate is not None)
            if found:
                return self._fitted(_item(aim, text, (*internal(text), *found)), fits)
        return None

    def _beside(self, aim: Aim, body: str, text: str) -> Reading | None:
        """A book's number in its other spellings, or a number with add-on digits beside it."""
        told = aim.syntax in ("add-on", "retail")
        if len(text) in _ADD_ON_LENGTHS and aim.syntax != "itf":
            parted = split_add_on(body.strip(), told=told) or split_add_on(text, told=told)
            if parted is not None:
                number, add_on = parted
                whole = (_as_gtin(text, "gtin"),) if is_gtin(text) else ()
                exact = internal(text) if not whole else ()
                candidates = (*exact, _as_gtin(number, "gtin"), *whole)
                return replace(_item(aim, text, candidates, _book(number, add_on)), add_on=add_on)
        if aim.syntax not in _WORDED_SYNTAXES or len(body) > CODE_MAX_CHARS:
            return None
        ean = book_ean(body.strip())
        if ean is None:
            return None
        return _item(aim, text, (*internal(text), _as_gtin(ean, "gtin")), _book(ean, ""))

    @staticmethod
    def _fitted(reading: Reading, fits: list[Fit]) -> Reading:
        """The reading with what the first believable pattern adds, or why none is believed."""
        if not fits:
            return reading
        believed = next((fit for fit in fits if fit.candidate is not None), None)
        if believed is None:
            return replace(reading, detail=fits[0].trouble)
        return reading if believed.weight_g is None else replace(reading, weight_g=believed.weight_g)


def _item(
    aim: Aim, text: str, candidates: tuple[Candidate, ...], extras: dict[str, str] | None = None
) -> Reading:
    return Reading("item", text, aim.identifier, candidates, carrier=aim.carrier, extras=extras or {})


def internal(text: str) -> tuple[Candidate, ...]:
    """The text as the shop's own code, where it is short enough to be one."""
    return (Candidate(INTERNAL_MARK + text, None, "internal"),) if len(text) <= CODE_MAX_CHARS else ()


def _as_gtin(number: str, form: Literal["gtin", "upc-e"]) -> Candidate:
    gtin14 = number.zfill(14)
    return Candidate(gtin14, gtin14, form)


def _book(ean: str, add_on: str) -> dict[str, str]:
    """What the number of a periodical or book says: its ISSN with variant and issue, or its ISBN."""
    if len(ean) != 13:
        return {}
    if ean.startswith(ISSN_PREFIX):
        found = {"issn": ean[3:10], "variant": ean[10:12]}
        return found | ({"issue": add_on} if add_on else {})
    return {"isbn": ean} if ean.startswith(BOOK_PREFIXES) else {}
