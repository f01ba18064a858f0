"""The routes of members, coupons, points and gift cards as they are described for integrators."""

from __future__ import annotations

from typing import Any, Final

from sync.hub.routes.openapi_words import TERMINAL, Described
from sync.protocol.loyalty import (
    FIND_MEMBER,
    GIFT_HOLD,
    GIFT_TELL,
    HOLD,
    JOIN,
    LEASES,
    FindReply,
    FindRequest,
    GiftHoldRequest,
    GiftReply,
    GiftTellRequest,
    HoldReply,
    HoldRequest,
    JoinReply,
    JoinRequest,
    LeasesReply,
    LeasesRequest,
)

_OFTEN: Final = {"429": "Searched too often; see Retry-After."}

#: What tills ask.
_TILLS: Final = (
    Described("post", f"{TERMINAL}/{HOLD}",
              "Keep just these coupons and points for a sale; its fact uses them.", HoldReply, HoldRequest),
    Described("post", f"{TERMINAL}/{GIFT_TELL}", "What may be used of a gift card.", GiftReply,
              GiftTellRequest),
    Described("post", f"{TERMINAL}/{GIFT_HOLD}", "Keep up to an amount of a gift card for a sale.",
              GiftReply, GiftHoldRequest),
    Described("post", f"{TERMINAL}/{LEASES}",
              "How much a till may give away while it cannot ask, each grant signed.", LeasesReply,
              LeasesRequest),
    Described("post", f"{TERMINAL}/{FIND_MEMBER}", "Who somebody is, as far as a till may know.", FindReply,
              FindRequest, statuses=_OFTEN),
    Described("post", f"{TERMINAL}/{JOIN}", "Somebody wants to be a member; they may be one already.",
              JoinReply, JoinRequest),
)  # fmt: skip

LOYALTY: Final = _TILLS
LOYALTY_TYPES: Final[tuple[Any, ...]] = (
    FindReply, FindRequest, GiftHoldRequest, GiftReply, GiftTellRequest, HoldReply, HoldRequest, JoinReply,
    JoinRequest, LeasesReply, LeasesRequest,
)  # fmt: skip
