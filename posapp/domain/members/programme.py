"""The retailer's loyalty programme: rules as data, decided at the hub and the same on every till.

Plain values with the defaults of a shop that has not decided anything; how they are written down is
`programme_document`'s affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from posapp.domain.members.terms import Proof
from posapp.domain.pricing.terms.policy import PointsRules
from posapp.domain.shop import Words
from posapp.values import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Level:
    """A level of members and the net spend of closed lines (minor units, in the window) that reaches it."""

    level_id: str
    names: Words
    from_spend_minor: int = 0


@dataclass(frozen=True, slots=True)
class CodeRules:
    """Member codes: a new one every `step_s` seconds, and how far its time may be from the till's.

    `public_keys` are the hub's by key id (hex of 32 bytes, Ed25519); a code names its key as issuer.
    """

    step_s: int = 60
    slack_s: int = 90
    slack_unsure_s: int = 600
    public_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfflineRules:
    """What a till may give away without asking: caps besides its leases (0: none at all)."""

    points_a_member: int = 500
    coupon_minor: int = 5_000
    gift_a_card_minor: int = 10_000


@dataclass(frozen=True, slots=True)
class PointsWorth:
    """What points are worth where a loss is reckoned: so many points for so many minor units."""

    points: int = 1
    minor: int = 1

    def of(self, points: int) -> int:
        """The worth of points in minor units, rounded up."""
        return -(-points * self.minor // self.points)


@dataclass(frozen=True, slots=True)
class Programme:
    """All rules of members, points, coupons and gift cards.

    `spending` are the proofs with which points, coupons of a member and gifts may be spent. Points are
    pending for `return_days` and end `points_days` after they ripened (0: never). `lookup_key` (hex) makes
    phone and card numbers into the keys that a till may find; `keep_days` is how long a till keeps a member
    that it has not heard of again. `card_patterns` are regular expressions of whole card numbers, and
    `calling_code` is the country's of phone numbers that name none. `worth` is what a lost point costs.
    `gift_patterns` are those of the retailer's own gift card numbers, and no till puts more on a card than
    makes `gift_most_minor` of it (0: no limit but the one of a line).
    """

    is_on: bool = False
    levels: tuple[Level, ...] = ()
    level_window_days: int = 365
    level_term_days: int = 365
    points: PointsRules = PointsRules()
    return_days: int = 7
    points_days: int = 365
    points_back_days: int = 30
    spending: frozenset[Proof] = frozenset({"code", "card"})
    codes: CodeRules = CodeRules()
    offline: OfflineRules = OfflineRules()
    consents: tuple[tuple[str, str, Words], ...] = ()
    card_patterns: tuple[str, ...] = ()
    lookup_key: str = field(default="", repr=False)
    keep_days: int = 90
    hold_minutes: int = 15
    calling_code: str = "86"
    worth: PointsWorth = PointsWorth()
    gift_patterns: tuple[str, ...] = ()
    gift_most_minor: int = 0

    def level(self, level_id: str) -> Level | None:
        """The level with this id, or None."""
        return next((each for each in self.levels if each.level_id == level_id), None)
