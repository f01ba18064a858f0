"""What fixed words of the hub and of tills are called on the fleet page; their translations lie beside."""

from __future__ import annotations

from typing import Final

from sync.hub.fleet.pages.words import N_

#: What an exception is, in one line.
EXCEPTION_KINDS: Final = {
    "fork": N_("Same numbers used twice: the till was restored or copied"),
    "tampered": N_("The same record came with other content"),
    "chain_broken": N_("The chain of records does not fit"),
    "signature_wrong": N_("A batch is not signed by the till's key"),
    "lines_missing": N_("Records are missing that the till no longer has"),
    "sale_doubtful": N_("A sale's figures do not agree"),
    "duplicate_transaction": N_("A sale of this id is already held"),
    "returned_twice": N_("A piece was taken back twice"),
    "clock_off": N_("The till's clock is far off"),
    "stock_count": N_("Stock is below zero: count it"),
    "compensation": N_("A right was given away that was not there: a loss to work off"),
    "lease_overspent": N_("A till gave more away than it was allowed"),
}

#: What a person may do about it.
EXCEPTION_ADVICE: Final = {
    "fork": N_("All its sales are kept. Check that no copy of this till's disk is in use elsewhere."),
    "tampered": N_("Both contents are kept. Find out who changed the till's file."),
    "chain_broken": N_("The records are kept. Ask whether the till was repaired or its file changed."),
    "signature_wrong": N_("The records are kept. Enrol the till anew if its key may have been copied."),
    "lines_missing": N_("This hub was put back from an old backup. A newer backup holds these records."),
    "sale_doubtful": N_("The sale is kept as it came. Compare it with the receipt."),
    "duplicate_transaction": N_("It is counted once. Compare both records."),
    "returned_twice": N_("Money was given back both times. Ask both operators and book the loss."),
    "clock_off": N_("Set the PC's clock. This settles itself when the clock is right again."),
    "stock_count": N_("Count this item in the store."),
    "compensation": N_(
        "The sale stands. Book the amount or settle it with the shopper, then say what was done."
    ),
    "lease_overspent": N_("All its sales are kept. Check that no copy of this till's disk is in use."),
}

PRINTER_STATES: Final = {
    "ready": N_("Ready"),
    "paper_out": N_("Out of paper"),
    "cover_open": N_("Cover open"),
    "offline": N_("No answer"),
    "unknown": N_("Not asked yet"),
    "none": N_("None"),
}

KEY_STATES: Final = {
    "active": N_("Enrolled"),
    "next": N_("Changing its key"),
    "revoked": N_("Revoked"),
    "retired": N_("Replaced"),
    "none": N_("Not enrolled"),
}

FILTERS: Final = {
    "all": N_("All tills"),
    "trouble": N_("With any trouble"),
    "online": N_("Online"),
    "silent": N_("Silent"),
    "queue": N_("Queue older than 10 min"),
    "printer": N_("Printer needs someone"),
    "clock": N_("Clock is off"),
    "open": N_("With something to settle"),
    "removed": N_("Not in the shop file"),
}

SORTS: Final = {
    "worst": N_("Worst first"),
    "place": N_("By store and till"),
    "queue": N_("Longest queue first"),
    "seen": N_("Silent longest first"),
}

EXCEPTION_SORTS: Final = {
    "worst": N_("Worst first"),
    "newest": N_("Newest first"),
}

OUTCOMES: Final = {
    "settled": N_("Settled"),
    "read": N_("Read again"),
    "by_itself": N_("Settled itself"),
}

ACTS: Final = {
    "signed_in": N_("Signed in"),
    "account_made": N_("Account made"),
    "password_changed": N_("Password changed"),
    "account_removed": N_("Account removed"),
    "exception_settled": N_("Exception settled"),
    "line_settled": N_("Quarantined line settled"),
    "line_read": N_("Quarantined line read again"),
    "line_unreadable": N_("Tried to read a quarantined line again"),
    "statement_made": N_("Statement made"),
    "promotion_put": N_("Promotion published"),
    "promotion_removed": N_("Promotion taken back"),
    "hold_released": N_("What was kept for a silent till let go of"),
    "leases_given_up": N_("Leases of a silent till given up"),
}

#: What the hub itself notes on record.
NOTES: Final = {
    "complete": N_("complete"),
    "not complete": N_("not complete"),
}

#: Why a statement is not complete, each of one till.
REASONS: Final = {
    "never_seen": N_("enrolled, but never heard of"),
    "not_seen_since": N_("not heard of since the last day ended"),
    "queue_not_empty": N_("records wait at the till"),
    "behind": N_("the hub holds less than the till has given out"),
    "shift_open": N_("a shift of these days is still open"),
    "quarantine_open": N_("quarantined lines are not settled"),
    "lines_missing": N_("records are missing that the till no longer has"),
    "day_not_over": N_("the last day is not over"),
}

#: What a page says where it has nothing else to say.
MESSAGES: Final = {
    "missing": N_("There is no such page, or what it was about is gone."),
    "stale": N_("This form is too old. Go back, reload the page and try again."),
}

#: What was done, above the page that one comes back to.
DONE: Final = {
    "settled": N_("Settled, and on record."),
    "nothing": N_("Nothing was chosen."),
    "read": N_("Read: it is a fact now."),
    "unreadable": N_("It still cannot be read: the reason stands below."),
    "gone": N_("Somebody else was faster: it is settled already."),
    "note": N_("Say in a note why it is settled."),
}
DONE_TONES: Final = {"nothing": "danger", "unreadable": "danger", "note": "danger"}

#: Where a unit price comes from, by the scope of its row.
PRICE_REASONS: Final = {
    "store": N_("the store's own price"),
    "region": N_("the region's price"),
    "chain": N_("list price"),
    "channel": N_("price of the channel"),
    "member": N_("member's price"),
}

LAYERS: Final = {
    "price": N_("Price"),
    "item": N_("Item"),
    "order": N_("Whole basket"),
    "points": N_("Points"),
}

PARTIES: Final = {
    "store": N_("Store"),
    "brand": N_("Brand"),
    "platform": N_("Platform"),
}

#: Why a promotion that touches a basket was not used.
LOST_REASONS: Final = {
    "beaten": N_("another choice gives more"),
    "condition": N_("its condition is not met"),
    "group": N_("another of its group gives more"),
    "alone": N_("it stands alone, or another does"),
    "limit": N_("its limit is reached"),
    "no_code": N_("no coupon was shown"),
    "locked": N_("these goods take no discount"),
    "saves_nothing": N_("it would save nothing"),
    "who": N_("not for this shopper"),
    "tender": N_("for another way to pay"),
    "points": N_("not enough points"),
}

#: Why a line that was typed is no goods.
TRIAL_TROUBLES: Final = {
    "unknown": N_("is no item of this store"),
    "no_price": N_("has no price at that time"),
    "quantity": N_("has a quantity that a till does not take"),
    "many": N_("are the most lines that are tried at once"),
    "none": N_("Say at least one item."),
    "orders": N_("is no number of orders: digits only, or nothing"),
    "points": N_("is no number of points: digits only, or nothing"),
}

#: Why a question about a promotion cannot be asked.
WHAT_IF_TROUBLES: Final = {
    "stores": N_("Choose at least one store, and at most 50."),
    "days": N_("Choose days in order, at most 31 of them."),
}
