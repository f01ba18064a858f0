"""The rights of one open sale: whose they are, which coupons were shown, what was taken off, what is held.

Part of the cart, so that it outlives a power cut. Says what was asked for and answered; what of it may be
used right now is computed from it (see `usable`), and what of that is used is the prices' affair.
"""

from __future__ import annotations

from posapp.domain.members.terms import Coupon, MemberCard, Proof, Why
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class ShownMember:
    """A member at the till: as known, how they proved it, and the time step of their code (None: no code)."""

    card: MemberCard
    proof: Proof
    at_ms: int
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Rights that the hub keeps for this sale until `until_ms` by its own clock; a sale redeems them."""

    hold_id: str
    until_ms: int
    coupons: tuple[str, ...] = ()
    points: int = 0


@dataclass(frozen=True, slots=True)
class SaleRights:
    """What belongs to a sale besides goods.

    `coupons` were shown by their own codes; `declined` are coupons that the cashier took off. `points_wanted`
    is how many points to use at most (None: as many as are allowed, 0: none). `refused` and `points_most` are
    the hub's word; `is_offline` once it could not be asked for this sale: leases count then.
    """

    member: ShownMember | None = None
    coupons: tuple[Coupon, ...] = ()
    declined: frozenset[str] = frozenset()
    points_wanted: int | None = None
    refused: tuple[tuple[str, Why], ...] = ()
    points_most: int | None = None
    points_why: Why = ""
    is_offline: bool = False
    hold: Hold | None = None

    @property
    def member_id(self) -> str:
        """Whose sale it is, "" where nobody was identified."""
        return "" if self.member is None else self.member.card.member_id


NO_RIGHTS = SaleRights()
