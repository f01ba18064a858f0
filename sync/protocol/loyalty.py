"""What a till and its hub say to each other about members' rights besides facts: paths, questions, answers.

A question may be asked again word for word and gets the same answer. Whatever a till keeps or gives away
goes up as a fact all the same; nothing here is needed for a sale to be stored. Points are whole points,
amounts minor units, times epoch milliseconds by the hub's clock.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from sync.protocol.trust import terminal_path

#: Under the path of the terminal; all are POST.
HOLD: Final = "rights/hold"
FIND_MEMBER: Final = "members/find"
JOIN: Final = "members/join"
GIFT_TELL: Final = "gift/tell"
GIFT_HOLD: Final = "gift/hold"
LEASES: Final = "leases"
FIND_SALE: Final = "sales/find"

#: Questions that were taken back, told with one that is asked in their place.
UNDONE_MOST: Final = 20

#: The keys of the settings stream and of the stream of members besides the members themselves.
PROGRAMME_KEY: Final = "members"
REVOKED_PREFIX: Final = "revoked:"


def loyalty_path(store_id: str, terminal_id: str, what: str) -> str:
    """The path of one of these questions for a terminal."""
    return f"{terminal_path(store_id, terminal_id)}/{what}"


# --- members ------------------------------------------------------------------------------------


class CouponBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A single-use coupon as a till may know it; `value_minor` is the most that it can take off."""

    coupon_id: str
    batch: str
    names: dict[str, str] = {}
    until_ms: int | None = None
    store_id: str = ""
    value_minor: int = 0
    member_id: str = ""


class MemberBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of a change of the members stream, and of answers: no name and no phone in clear.

    `name` is masked; `refs` are pairs of (kind: "phone", "card", "name" or "id", the first 32 signs of an
    HMAC-SHA-256 in hex) by which the till finds the member; "id" names a former identity in clear.
    """

    member_id: str
    name: str = ""
    phone_tail: str = ""
    level: str = ""
    tags: tuple[str, ...] = ()
    points: int = 0
    pending: int = 0
    coupons: tuple[CouponBody, ...] = ()
    orders_before: int | None = None
    is_linked: bool = False
    is_blocked: bool = False
    codes_from_ms: int = 0
    refs: tuple[tuple[str, str], ...] = ()
    as_of_ms: int = 0


class RevokedBody(msgspec.Struct, frozen=True):
    """Body under "revoked:<member id>": codes of this member from before that time are not taken anywhere."""

    member_id: str
    codes_from_ms: int


class FindRequest(msgspec.Struct, frozen=True):
    """Which member is wanted: by "id", "phone", "card", "name" or "tail", as keyed."""

    by: Literal["id", "phone", "card", "name", "tail"]
    text: str


class FindReply(msgspec.Struct, frozen=True):
    """At most twenty members; `more` where there are more than those."""

    members: tuple[MemberBody, ...]
    more: bool = False


class JoinRequest(msgspec.Struct, frozen=True):
    """Somebody's wish to be a member, with what they told; sent until the hub has answered.

    `proof` is how a member showed themselves who wishes to have a card bound, "" for all others.
    """

    join_id: str
    member_id: str
    phone: str
    name: str = ""
    card_no: str = ""
    consents: dict[str, str] = {}
    at_ms: int = 0
    proof: str = ""


class JoinReply(msgspec.Struct, frozen=True):
    """The member as the hub knows them; `is_merged`: they were a member already, by this phone."""

    member: MemberBody
    is_merged: bool = False


# --- rights -------------------------------------------------------------------------------------


class HoldRequest(msgspec.Struct, frozen=True):
    """Keep just these rights for a sale and let go of what was kept for it before under another `hold_id`.

    `proof` and `step` say how the member showed themselves; a step counts once in all stores. `undone` are
    questions that the till took back shortly before: they may still be on their way, and keep nothing.
    """

    hold_id: str
    transaction_id: str
    member_id: str = ""
    proof: str = ""
    step: int | None = None
    coupons: tuple[str, ...] = ()
    points: int = 0
    undone: tuple[str, ...] = ()


class RefusedRight(msgspec.Struct, frozen=True):
    """A coupon that is not kept and the fixed word why: "used", "locked", "expired", "voided", "unknown",
    "other_member", "store", "proof" (they did not show themselves well enough), "blocked" (the member is);
    `at_ms` is when it was used or voided, when it ended, or until when it is locked."""

    coupon_id: str
    why: str
    at_ms: int | None = None


class HoldReply(msgspec.Struct, frozen=True):
    """What is kept until `until_ms`. `points_why` is "" where all points are, else "balance", "blocked",
    "used" (the code's step), "proof" or "unknown" (no such member); `points_free` is what could be kept."""

    hold_id: str
    until_ms: int
    coupons: tuple[str, ...] = ()
    refused: tuple[RefusedRight, ...] = ()
    points: int = 0
    points_why: str = ""
    points_free: int = 0


class GiftTellRequest(msgspec.Struct, frozen=True):
    """Ask what is on a gift card."""

    card_id: str


class GiftReply(msgspec.Struct, frozen=True):
    """A gift card; `why` is "" or "unknown", "inactive", "blocked", "expired", "balance".

    `balance_minor` is kept for no sale; `held_minor` is kept for this one besides, until `until_ms`. It
    may be less than was asked for: "balance" is said where nothing is left.
    """

    card_id: str
    why: str = ""
    balance_minor: int = 0
    currency: str = ""
    is_active: bool = False
    held_minor: int = 0
    until_ms: int = 0


class GiftHoldRequest(msgspec.Struct, frozen=True):
    """Keep up to an amount of a gift card for a sale, or nothing of it any more (0).

    A sale keeps one amount of a card: another `hold_id` takes the place of the one before. `undone` are
    questions that the till took back shortly before: they may still be on their way, and keep nothing.
    """

    hold_id: str
    transaction_id: str
    card_id: str
    amount_minor: int
    currency: str = ""
    undone: tuple[str, ...] = ()


# --- sales --------------------------------------------------------------------------------------


class FindSaleRequest(msgspec.Struct, frozen=True):
    """A sale of any till of the shop is wanted, by the number on its receipt."""

    receipt: str


class FindSaleReply(msgspec.Struct, frozen=True):
    """The body of the sale's fact, null where there is none, and those of its returns at all tills."""

    sale: msgspec.Raw = msgspec.Raw(b"null")
    returns: tuple[msgspec.Raw, ...] = ()


# --- leases -------------------------------------------------------------------------------------


class LeaseHeld(msgspec.Struct, frozen=True):
    """A lease as the till keeps it; a closed one is spent from no more."""

    lease_id: str
    spent: int
    is_closed: bool = False


class LeasesRequest(msgspec.Struct, frozen=True):
    """What a till holds, asking for what it may have; a new lease may come in a closed one's place."""

    epoch: int
    held: tuple[LeaseHeld, ...] = ()


class LeaseBody(msgspec.Struct, frozen=True):
    """A grant: kind "points", "coupons" or "gift"."""

    lease_id: str
    kind: str
    amount: int
    until_ms: int


class LeasesReply(msgspec.Struct, frozen=True):
    """All leases that this till may use, each as (JSON of a LeaseBody, key id, the hub's signature over it).

    `worst_minor` is what this store's outage can cost at most, all its leases together, in minor units.
    """

    leases: tuple[tuple[str, str, str], ...] = ()
    worst_minor: int = 0
    terminal_worst_minor: int = 0
