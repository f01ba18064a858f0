"""What happened to members' rights at a till, as facts and as parts of a sale.

Facts hold member ids, never names or phones: personal data can be wiped by policy without touching one.
Points are whole points, amounts minor units, times epoch milliseconds. `lease_id` is set where a right was
given away without asking the hub.
"""

from __future__ import annotations

from typing import Literal

from posapp.domain.members.terms import Proof
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class CouponUsed:
    """A single-use coupon that a sale used up, and what it took off."""

    coupon_id: str
    batch: str
    amount_minor: int
    lease_id: str = ""


@dataclass(frozen=True, slots=True)
class SaleMember:
    """Whose sale it is, what it earns and which points it spent; `level` as the till knew it.

    `silent` are numbers of lines that earn nothing: a return of them takes nothing back.
    """

    member_id: str
    proof: Proof
    level: str = ""
    points_earned: int = 0
    points_used: int = 0
    points_minor: int = 0
    points_lease_id: str = ""
    silent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """Somebody became a member here under an id of the till's making; the hub may know them by another."""

    join_id: str
    member_id: str
    consents: tuple[tuple[str, str], ...]
    operator_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class MemberIdentified:
    """A member was recognised: a visit, whether or not they buy. `step` is the time step of their code."""

    member_id: str
    proof: Proof
    transaction_id: str
    operator_id: str
    at_ms: int
    step: int | None = None


@dataclass(frozen=True, slots=True)
class RightsReleased:
    """A sale will not use what the hub holds for it: coupons, points and gift value go back at once."""

    transaction_id: str
    hold_id: str
    reason: Literal["voided", "changed", "no_answer", "undone"]
    at_ms: int


@dataclass(frozen=True, slots=True)
class LeaseClosed:
    """This till gives nothing more away under a lease; `spent` is what its stored sales did."""

    lease_id: str
    spent: int
    at_ms: int
