"""What words of members, coupons, points and leases are called on the fleet page."""

from __future__ import annotations

from typing import Final

from sync.hub.fleet.pages.words import N_

FIND_BY: Final = {
    "phone": N_("Phone"),
    "tail": N_("Last four digits"),
    "name": N_("Name"),
    "card": N_("Card"),
    "id": N_("Member number"),
}

MEMBER_STATES: Final = {
    "active": N_("Active"),
    "blocked": N_("Blocked"),
}

#: What became of a member, and where a consent comes from.
HISTORY: Final = {
    "made": N_("Put in"),
    "joined": N_("Joined at a till"),
    "known": N_("Wanted to join and was a member already"),
    "changed": N_("Changed"),
    "merged": N_("Made one with another"),
    "card_off": N_("Card taken off"),
    "blocked": N_("Blocked"),
    "unblocked": N_("Unblocked"),
    "codes_revoked": N_("Codes taken back"),
}

COUPON_STATES: Final = {
    "issued": N_("To be used"),
    "locked": N_("Kept for a sale"),
    "redeemed": N_("Used"),
    "expired": N_("Ended"),
    "voided": N_("Voided"),
}

POINTS_KINDS: Final = {
    "earned": N_("Earned"),
    "ripened": N_("Ripened"),
    "used": N_("Used"),
    "back": N_("Given back by a return"),
    "taken": N_("Taken back by a return"),
    "expired": N_("Ended"),
    "adjusted": N_("Put right by a person"),
    "moved": N_("Moved with a merge"),
}

LEASE_KINDS: Final = {
    "points": N_("Points"),
    "coupons": N_("Coupons"),
    "gift": N_("Gift cards"),
}

LEASE_STATES: Final = {
    "open": N_("Open"),
    "closed": N_("Closed"),
}

#: Acts on record.
MEMBER_ACTS: Final = {
    "member_put": N_("Members put in"),
    "member_merge": N_("Members made one"),
    "member_block": N_("Member blocked"),
    "member_unblock": N_("Member unblocked"),
    "member_revoke": N_("Member's codes taken back"),
    "member_card_off": N_("Card taken off a member"),
    "member_export": N_("Member exported"),
    "member_erase": N_("Member erased"),
    "points_adjust": N_("Points put right"),
    "coupon_batch": N_("Coupon batch put"),
    "coupon_issue": N_("Coupons issued"),
    "coupon_void": N_("Coupon voided"),
    "programme_put": N_("Loyalty programme put"),
}

#: Why something could not be done with a member, by the fixed word of it.
TROUBLES: Final = {
    "unknown": N_("There is no such member any more."),
    "balance": N_("So many points are not there, or some are kept for an open sale."),
    "bad_points": N_("That is no number of points."),
    "bad_reason": N_("Say why, in a sentence."),
    "confirm": N_("Nothing was erased: type the member number to confirm."),
}

MEMBER_DONE: Final = {
    "blocked": N_("Blocked: tills hear of it at their next contact."),
    "unblocked": N_("Unblocked: tills hear of it at their next contact."),
    "revoked": N_("Codes taken back: tills hear of it at their next contact."),
    "adjusted": N_("Points put right, and on record."),
    "erased": N_("Erased here, and withdrawn from every till. Backups from before still hold it."),
}
