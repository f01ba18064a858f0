"""Why a text is no well-formed GS1 message: one short clause each, which AI and what is wrong with it.

The clauses are English msgids that stand inside a refusal's brackets; they end without a full stop. Names
are what tests and journals keep. Nothing here decides what a till does about a fault.
"""

from __future__ import annotations

from enum import Enum

from posapp.values import dataclass


class Gs1Problem(Enum):
    """Everything that can be wrong with a GS1 message; `clause` is its msgid."""

    # The message as a whole
    Empty = "nothing follows the start of the code"
    UnknownAi = "no application identifier begins with {part}"
    NotBracketed = "the bracketed form is broken"
    UnknownSymbology = "the symbology {part} is not known to carry goods"
    NotDigits = "the number may hold digits only"
    WrongNumberLength = "the number has a wrong count of digits"
    NumberCheckDigit = "the check digit of the number is wrong"
    # One value
    ValueEmpty = "AI {ai} has no value"
    TooShort = "AI {ai} is too short"
    TooLong = "AI {ai} is too long"
    WrongLength = "AI {ai} has a wrong length"
    NotNumeric = "AI {ai} may hold digits only"
    BadCharacter = "AI {ai} holds a character that is not allowed"
    BadPadding = "AI {ai} ends with wrong padding"
    CheckDigit = "AI {ai} has a wrong check digit"
    CheckPair = "AI {ai} has wrong check characters"
    CompanyPrefix = "AI {ai} begins with no company prefix"
    IllegalZero = "AI {ai} may not be zero"
    NotZero = "AI {ai} has to be zero there"
    LeadingZero = "AI {ai} may not begin with zero"
    NoNonDigit = "AI {ai} needs a character that is no digit"
    NotYesNo = "AI {ai} has to be 0 or 1"
    Winding = "AI {ai} names no winding direction"
    ImporterIndex = "AI {ai} has a wrong importer index"
    PackageType = "AI {ai} names no package type"
    MediaType = "AI {ai} names no media type"
    SexCode = "AI {ai} holds no such code"
    NotHyphen = "AI {ai} may only end with a hyphen"
    Country = "AI {ai} names no country"
    Currency = "AI {ai} names no currency"
    Month = "AI {ai} has no such month"
    Day = "AI {ai} has no such day"
    Hour = "AI {ai} has no such hour"
    Minute = "AI {ai} has no such minute"
    Second = "AI {ai} has no such second"
    PieceOfTotal = "AI {ai} counts a piece that cannot be"
    Sequence = "AI {ai} is no position in a sequence"
    Percent = "AI {ai} holds a broken percent sequence"
    Latitude = "AI {ai} is no latitude"
    Longitude = "AI {ai} is no longitude"
    Iban = "AI {ai} is no bank account number"
    CouponMissing = "AI {ai} ends before the {part}"
    CouponTruncated = "AI {ai} cuts the {part} short"
    CouponLength = "AI {ai} has a wrong length of the {part}"
    CouponValue = "AI {ai} has an unknown {part}"
    CouponDate = "AI {ai} has a {part} that is no date"
    CouponDateOrder = "AI {ai} ends before it starts"
    CouponExcess = "AI {ai} goes on after its end"
    # Values beside each other
    Exclusive = "AI {ai} may not stand beside AI {part}"
    Missing = "AI {ai} needs AI {part} beside it"
    Differs = "AI {ai} stands twice with different values"
    SerialMissing = "AI {ai} needs a serial beside a signature"
    # GS1 Digital Link
    NotWeb = "it does not begin with http:// or https://"
    BadUri = "it holds a character that no web address may"
    BadDomain = "its domain holds a character that is not allowed"
    NoPath = "it has no domain or no path"
    NoKey = "its path names no product or other GS1 key"
    Compressed = "it is a compressed link, which this till does not read"
    KeyOrder = "its path is not in the order of a GS1 key"
    Twice = "AI {ai} stands twice"
    NotAttribute = "AI {ai} may not stand in the query"
    BelongsInPath = "AI {ai} belongs in the path"
    NullCharacter = "AI {ai} holds a null character"

    @property
    def clause(self) -> str:
        """The English clause with its places {ai} and {part}, which is its msgid."""
        return self.value


@dataclass(frozen=True, slots=True)
class Gs1Fault:
    """A message refused: what is wrong, in which AI, and the part of it or the other AI if there is one."""

    problem: Gs1Problem
    ai: str = ""
    part: str = ""

    @property
    def code(self) -> str:
        """Name of the problem, as tests and journals keep it."""
        return self.problem.name

    @property
    def detail(self) -> str:
        """The English clause with its places filled in."""
        return self.problem.clause.format(ai=self.ai, part=self.part)


@dataclass(frozen=True, slots=True)
class Elements:
    """A message read: application identifiers with their values in the order read; repeats are kept."""

    pairs: tuple[tuple[str, str], ...]

    def value(self, ai: str) -> str:
        """The value of an AI, or an empty text where it is missing."""
        for name, value in self.pairs:
            if name == ai:
                return value
        return ""
