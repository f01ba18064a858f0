"""What the terminal is doing about coupons and points: showing them, having the hub keep them for a sale.

Phases only: what is usable, used and kept stands in the sale and its prices.
"""

from __future__ import annotations

from typing import Literal

from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class ShowingCoupons:
    """Coupons and points that the sale may use are told on a sheet; goods are still taken.

    `entry` is how many points to use, as far as keyed."""

    entry: str = ""


@dataclass(frozen=True, slots=True)
class HoldingRights:
    """The hub is asked to keep what the prices make use of, before any money is taken.

    `was_minor` is what was due then; `coupons` and `points` were asked for, `asked_ms` is monotonic. `when`
    is what the hub said of refused coupons: when they were used, or until when they are kept for others."""

    hold_id: str
    asked_ms: int
    was_minor: int
    coupons: tuple[str, ...] = ()
    points: int = 0
    told: Literal["asking", "partly", "no_answer"] = "asking"
    when: tuple[tuple[str, int], ...] = ()
