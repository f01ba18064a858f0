"""What a code says once it is read: plain values that the flows act on.

A reading never claims more than the text does. Which item is meant stays open where two answers are
possible: `candidates` are asked of the catalogue in their order. Dates are those of the code, the day
to compare them with is somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Literal

from posapp.domain.codes.gs1_fault import Gs1Fault
from posapp.values import dataclass

CodeKind = Literal[
    "item", "member", "payment", "coupon", "voucher", "pickup", "operator", "suspended", "receipt", "unknown"
]


class CodeRefusal(Enum):
    """Why a text by itself can be nothing that is sold or redeemed; the sentence ends with what mends it."""

    Empty = "Nothing was read. Scan again."
    NotAProduct = "This code is not a product: {code}. Scan the bar code of the goods."
    BadCheckDigit = "The check digit of {code} is wrong. Scan again, or key the digits under the bars."
    NotGs1 = "This GS1 code is not well formed ({detail}). Scan another code of the pack, or key its number."
    NotForSale = "This is the label of a box or pallet, not of goods. Scan the goods themselves."
    ContentOfBox = "This code names the content of a box. Scan the goods themselves."
    BadDigitalLink = "This web code carries no valid product number. Scan the bar code of the goods."
    BadSignature = "This code is not genuine or is damaged. Ask for a fresh one."
    TooLong = "This code is longer than any the till knows. Scan another code of the goods."

    @property
    def sentence(self) -> str:
        """The English sentence, which is its msgid."""
        return self.value


@dataclass(frozen=True, slots=True)
class Embedded:
    """A price, weight or count that a number carries.

    `value` is in minor units of `currency` ("" for the shop's own) by "price", grams by "weight",
    pieces by "count".
    """

    carries: Literal["price", "weight", "count"]
    value: int
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that a code may stand for: the look-up key to ask for, and what the code adds.

    `gtin14` is None for a code of the shop's own and for restricted numbers' look-up keys it is the
    14-digit key. `form` says how it was arrived at.
    """

    key: str
    gtin14: str | None
    form: Literal["gtin", "upc-e", "pattern", "element", "link", "internal"]
    embedded: Embedded | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A text understood. `text` is the code as people see it, without AIM identifier and white space.

    `elements` are GS1 application identifiers with their values in the order read. Dates are ISO days
    ("2026-11-30"). `subject` is the identity that a code of another kind than "item" carries. A reading
    of kind "unknown" may still have candidates: a shop sells by codes that say nothing by themselves.
    """

    kind: CodeKind
    text: str
    symbology: str = ""  # AIM identifier as delivered, such as "]E0"
    candidates: tuple[Candidate, ...] = ()
    elements: tuple[tuple[str, str], ...] = ()
    carrier: Literal["linear", "2d", "unknown"] = "unknown"
    lot: str = ""
    serial: str = ""
    expires_on: str = ""
    best_before_on: str = ""
    sell_by_on: str = ""
    pieces: int | None = None
    weight_g: int | None = None
    add_on: str = ""  # two or five digits beside an EAN-13 of a book or magazine
    subject: str = ""
    refusal: CodeRefusal | None = None
    detail: str = ""  # English, for the journal and the page; a `fault` can be said in any language
    fault: Gs1Fault | None = None
    extras: Mapping[str, str] = field(default_factory=dict)  # of other kinds: issuer, value, valid until …

    @property
    def gtin14(self) -> str | None:
        """The GTIN of the first candidate, where it has one."""
        return next((candidate.gtin14 for candidate in self.candidates if candidate.gtin14), None)
