"""Leases: how much of a scarce right one terminal may give away while it cannot ask the hub.

A lease is granted beforehand by the hub to one terminal of one store, for an amount and until a time; what
tills without a network can lose at worst is the sum of their leases. Kinds: "points" in points, "coupons" and
"gift" in minor units.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from posapp.values import dataclass

LeaseKind = Literal["points", "coupons", "gift"]
LEASE_KINDS: Final[tuple[LeaseKind, ...]] = ("points", "coupons", "gift")


@dataclass(frozen=True, slots=True)
class Lease:
    """So much of a right for this terminal until `until_ms` (not included); `spent` by sales stored here."""

    lease_id: str
    kind: LeaseKind
    amount: int
    until_ms: int
    spent: int = 0

    @property
    def left(self) -> int:
        """What may still be given away under it."""
        return max(0, self.amount - self.spent)


def usable_lease(leases: Iterable[Lease], kind: LeaseKind, now_ms: int) -> Lease | None:
    """The lease of a kind that holds now and has most left; `now_ms` is the hub's time as the till has it."""
    holding = [each for each in leases if each.kind == kind and now_ms < each.until_ms and each.left > 0]
    return max(holding, key=lambda each: (each.left, each.lease_id), default=None)
