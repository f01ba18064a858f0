"""What promotions did to a sale, as parts of facts: each discount, what units paid, and sums of a shift.

Values only, in minor units; complete in themselves, so that a refund or a report years later needs neither
the promotion nor the engine that was in force. Which promotion could not be read is on record here too.
"""

from __future__ import annotations

from collections.abc import Mapping

from posapp.values import dataclass

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UnitsPaid:
    """Units of one line that came out the same: `count` of them, each paying `paid_minor`.

    `shares` are (modifier number, amount that it took off one such unit).
    """

    count: int
    paid_minor: int
    shares: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PriceModifier:
    """One promotion's effect on a sale: `amount_minor` (above 0) came off; numbered from 1 in the sale.

    `lines` are (line number, amount) and add up to the amount, as `funding` (party, its name, amount) does.
    `applications` is how often it was applied, `code` the coupon it used, `base_minor` what the goods it
    was computed on came to, `points` what the member spent on it.

    It says what the engine's `Discount` says and is no part of the engine: this one lies in journals and goes
    over the wire, where it may only grow, and that one changes with the engine. A test holds them together.
    """

    modifier_no: int
    promotion_id: str
    version: int
    names: Words
    layer: str
    rule: str
    amount_minor: int
    lines: tuple[tuple[int, int], ...]
    funding: tuple[tuple[str, str, int], ...] = ()
    applications: int = 1
    code: str = ""
    base_minor: int = 0
    points: int = 0
    gl_code: str = ""


@dataclass(frozen=True, slots=True)
class GiftGiven:
    """Goods that a promotion gave besides those of the lines; `code` is the coupon that it used."""

    promotion_id: str
    version: int
    names: Words
    sku: str
    quantity: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class DiscountTotal:
    """What one promotion took off in a shift; `count` is sales. The id "" is all that no longer fit."""

    promotion_id: str
    names: Words
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A promotion that this till cannot read or compute, with the sentence why and its document's hash."""

    promotion_id: str
    version: int
    document_sha256: str
    problem: str


@dataclass(frozen=True, slots=True)
class PromotionSetAside(SetAside):
    """A promotion came that this till cannot read, and goods are sold without it: the fact of it.

    `version` is as its document says it (0 where it does not); `document_sha256` tells one from another;
    `problem` is the reader's sentence with the path, or the fault that computing it met.
    """

    at_ms: int
