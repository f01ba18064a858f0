"""Pages of coupons and points, leases and compensations as programs of the retailer hear of them, as JSON."""

from __future__ import annotations

import msgspec

from sync.hub.fleet.member_answers import PointsEntry
from sync.hub.loyalty.compensation import LossRow


class CouponLine(msgspec.Struct, frozen=True):
    """A coupon of a batch as it stands; `until_ms` 0: no end, `member_id` "": a bearer's."""

    coupon_id: str
    state: str
    member_id: str
    store_id: str
    value_minor: int
    until_ms: int
    locked_by: str
    redeemed_by: str
    changed_at_ms: int


class CouponPage(msgspec.Struct, frozen=True):
    """Coupons by their ids; `next` goes back as `after` until it is empty."""

    coupons: tuple[CouponLine, ...]
    next: str


class PointsPage(msgspec.Struct, frozen=True):
    """Entries of a member's points, the newest first; `next` goes back as `after` until it is empty."""

    entries: tuple[PointsEntry, ...]
    next: str


class LeaseState(msgspec.Struct, frozen=True):
    """A lease that is out, in points or minor units; `left` is what it can still cost."""

    store_id: str
    terminal_id: str
    lease_id: str
    kind: str
    state: str
    amount: int
    settled: int
    spent: int
    left: int
    granted_at_ms: int
    until_ms: int


class LeaseList(msgspec.Struct, frozen=True):
    """Leases that are out, and by store what an outage can cost at most, in minor units."""

    leases: tuple[LeaseState, ...]
    worst_minor: dict[str, int]


class CompensationState(msgspec.Struct, frozen=True):
    """A right that a sale gave away and that was not there; `outcome` is "" until somebody settled it."""

    store_id: str
    transaction_id: str
    kind: str
    right_id: str
    amount_minor: int
    points: int
    terminal_id: str
    operator_id: str
    lease_id: str
    owner: str
    noted_at_ms: int
    outcome: str
    who: str
    note: str


class CompensationList(msgspec.Struct, frozen=True):
    """The newest compensations first; settled ones are settled as exceptions are."""

    compensations: tuple[CompensationState, ...]


def compensation_state(row: LossRow) -> CompensationState:
    """A loss as programs hear of it."""
    told = {
        name: getattr(row.loss if hasattr(row.loss, name) else row, name)
        for name in CompensationState.__struct_fields__
    }
    return CompensationState(**told)
