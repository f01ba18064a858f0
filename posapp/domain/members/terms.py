"""What a till knows of a member, of a coupon and of a gift card: plain values for both ends.

A member is an id; the name comes masked and the phone as its last four digits, so nothing here can be used to
reach anybody. Amounts are integer minor units, points whole points, times epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal

from posapp.domain.shop import Words
from posapp.values import dataclass

#: How the shopper proved to be the member: a fresh signed code, a static card, or words anybody may know.
Proof = Literal["code", "card", "typed"]
#: What a till remembers a used coupon under, where a serial number has its GTIN.
COUPON_PIECE: Final = "coupon"

#: Why a right cannot be used, or only in part; the sentences are the presenters'.
Why = Literal[
    "", "network", "lease", "cap", "store", "expired", "used", "locked", "voided", "unknown", "other_member",
    "proof", "declined", "balance", "blocked", "no_answer", "clock",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coupon:
    """One single-use coupon: an instance of a batch, which a promotion asks for (`needs.coupon.batch`).

    `value_minor` is the most that it can take off (0: not stated); `store_id` the one store that it is bound
    to, "" for all; `member_id` whose it is, "" for the bearer's.
    """

    coupon_id: str
    batch: str
    names: Words = field(default_factory=dict)
    until_ms: int | None = None
    store_id: str = ""
    value_minor: int = 0
    member_id: str = ""


@dataclass(frozen=True, slots=True)
class MemberCard:
    """A member as this till knows them; `as_of_ms` is when the hub said so (None: nothing but the id).

    `name` is masked already. `points` may be spent, `pending` ripen later. Codes whose time lies before
    `codes_from_ms` are revoked. `is_linked`: the membership is bound to the retailer's app or card.
    """

    member_id: str
    name: str = field(default="", repr=False)
    phone_tail: str = field(default="", repr=False)
    level: str = ""
    level_names: Words = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    points: int = 0
    pending: int = 0
    coupons: tuple[Coupon, ...] = ()
    orders_before: int | None = None
    is_linked: bool = False
    is_blocked: bool = False
    codes_from_ms: int = 0
    as_of_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GiftCard:
    """A gift card as it was told: `balance_minor` None where nobody knows it now.

    `face_minor` is what its signed code says it was sold for at most, 0 where it does not.
    """

    card_id: str
    balance_minor: int | None = None
    currency: str = ""
    is_active: bool = True
    face_minor: int = 0


@dataclass(frozen=True, slots=True)
class Joining:
    """What somebody tells in order to become a member: the only value of a till with personal data in clear.

    It is stored apart from all facts and deleted as soon as the hub has it. `consents` are the versions of
    the texts that were agreed to, by their purpose ("terms", "marketing"); `proof` is how a member showed
    themselves who is there already and has a card bound.
    """

    join_id: str
    member_id: str
    phone: str = field(repr=False)
    name: str = field(default="", repr=False)
    card_no: str = field(default="", repr=False)
    consents: Mapping[str, str] = field(default_factory=dict)
    at_ms: int = 0
    proof: Proof | Literal[""] = ""
