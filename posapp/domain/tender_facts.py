"""How a sale was paid, as a part of its fact: amounts in minor units as handed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class TenderLine:
    """Money the customer gave: `amount_minor` as handed over, change not taken off.

    Of a gift card `reference` is its id; `hold_id` names what the hub kept of it, or `lease_id` is set where
    the hub was not asked. `left_minor` is what the hub said is left on it (None: it did not).
    """

    tender_no: int
    tender_id: str
    kind: Literal["cash", "recorded", "gift"]
    names: Mapping[str, str]
    amount_minor: int
    reference: str = ""
    lease_id: str = ""
    hold_id: str = ""
    left_minor: int | None = None
