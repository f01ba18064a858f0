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

GIFT_STATES: Final = {
    "inactive": N_("Not sold yet"),
    "active": N_("Active"),
    "blocked": N_("Blocked"),
}

#: What changed a gift card's balance.
GIFT_KINDS: Final = {
    "activated": N_("Sold"),
    "topped_up": N_("Topped up"),
    "spent": N_("Paid with"),
    "refunded": N_("Paid back"),
    "adjusted": N_("Put right by a person"),
    "compensated": N_("Settled as a loss"),
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
    "gift_block": N_("Gift card blocked"),
    "gift_unblock": N_("Gift card unblocked"),
    "gift_issue": N_("Gift cards issued"),
}

#: Why something could not be done with a member, by the fixed word of it.
TROUBLES: Final = {
    "unknown": N_("There is no such member any more."),
    "balance": N_("So many points are not there, or some are kept for an open sale."),
    "bad_points": N_("That is no number of points."),
    "bad_reason": N_("Say why, in a sentence."),
    "confirm": N_("Nothing was erased: type the member number to confirm."),
    "bad_batch": N_("A batch is named by 1 to 64 capitals, digits and $%%*+/:-"),
    "bad_names": N_("A batch needs a name of at most 60 signs, in Chinese or English."),
    "bad_value": N_("The most that one takes off is no amount."),
    "bad_days": N_("Days are a number from 0 to 3660."),
    "bad_day": N_("The last day is no day."),
    "unknown_store": N_("There is no such store any more."),
    "unknown_batch": N_("There is no such batch."),
    "batch_over": N_("Coupons of this batch would have ended already: put a later last day."),
    "bad_count": N_("Say which or how many: 1 to 2,000 at once."),
    "left": N_("Left as they are, since they are unknown, used, or kept for a sale:"),
    "key_used": N_("This form was sent already: load the page again."),
    "other": N_("Nothing was changed: something of it cannot be."),
}

MEMBER_DONE: Final = {
    "blocked": N_("Blocked: tills hear of it at their next contact."),
    "unblocked": N_("Unblocked: tills hear of it at their next contact."),
    "revoked": N_("Codes taken back: tills hear of it at their next contact."),
    "adjusted": N_("Points put right, and on record."),
    "batch": N_("The batch is put: issue coupons of it below."),
    "voided": N_("Voided: tills hear of it at their next contact."),
    "programme": N_("The programme is put: tills get it at their next contact."),
    "unchanged": N_("That is what holds already."),
    "gift_block": N_("Blocked: nothing can be taken of the card."),
    "gift_unblock": N_("Unblocked: the card can be used again."),
    "erased": N_("Erased here, and withdrawn from every till. Backups from before still hold it."),
}
