"""Goods that came back, as a fact: complete in itself, in minor units and whole points.

What each piece paid was fixed at its sale; a return names the sale, the pieces, and where the money goes: a
gift card first, as far as it paid. Points that were used come back as points, points that were earned go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from posapp.values import dataclass

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Pieces of one line of the sale that came back: `units` are their places in the line, from 0.

    Goods by weight come back whole as unit 0. `amount_minor` is what they paid, and what is given back.
    With a `gift_card` it is taken off that card again. `gtin14` and `serial` name the one piece that a line
    with a serial number is.
    """

    line_no: int
    sku: str
    names: Words
    quantity: int
    unit: Literal["pcs", "g"]
    units: tuple[int, ...]
    amount_minor: int
    reason: str
    disposition: Literal["resell", "damaged"]
    is_faulty: bool = False
    gift_card: str = ""
    gtin14: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class RefundTax:
    """Tax of one rate that is given back."""

    rate_id: str
    ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int
    names: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefundTender:
    """Money that goes back by one way; `reference` is the gift card's id."""

    tender_no: int
    tender_id: str
    kind: Literal["cash", "recorded", "gift"]
    names: Words
    amount_minor: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ReturnCompleted:
    """A return, whole: Σ lines − kept for gifts + added tax + rounding = total = Σ tenders.

    `sale_id` is the sale's transaction id; `coupons_back` are coupons that no remaining piece has any use of.
    `receipt_number` is given by the ledger inside the commit; until then "".
    """

    return_id: str
    sale_id: str
    sale_receipt: str
    store_id: str
    terminal_id: str
    shift_id: str
    business_date: str
    operator_id: str
    operator_name: str
    completed_at_ms: int
    currency: str
    language: str
    lines: tuple[ReturnLine, ...]
    taxes: tuple[RefundTax, ...]
    tenders: tuple[RefundTender, ...]
    goods_minor: int
    kept_minor: int
    tax_added_minor: int
    rounding_minor: int
    total_minor: int
    member_id: str = ""
    points_back: int = 0
    points_taken: int = 0
    coupons_back: tuple[str, ...] = ()
    receipt_number: str = ""
