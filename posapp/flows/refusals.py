"""Why something may not happen: one sentence each, ending with the action that mends it.

The names are what the journal keeps; the sentences are English msgids for translation.
"""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """Every refusal of the till. `sentence` is its msgid."""

    UnknownCode = "No item has this code: {code}. Find it by name."
    PricesUnreadable = "Prices cannot be read. Close and open the till; it fetches them anew."
    NoPrice = "This item has no price yet. Ask a manager to set one."
    NotSellable = "This code carries no usable price or weight. Weigh the item again."
    LineFull = "That is too much for one line. Start a new sale for the rest."
    CartFull = "This sale is full. Take payment and go on with a new sale."
    NoOpenShift = "No shift is open. Open a shift first."
    NobodySignedOn = "Nobody is signed on. Scan your badge or tap your name first."
    TerminalLocked = "The terminal is locked. Key your PIN first."
    PaymentOpen = "Payment is open; the goods are locked. Press Esc to change them."
    ApprovalOpen = "A manager must agree first. Press Esc to go back."
    CountOpen = "The drawer is being counted. Press Esc to go back to selling."
    ReportOpen = "A report is open. Go back to Sell first."
    NotStoredYet = "The last sale is not stored yet. Store it again first."
    NotReady = "The till is not ready yet. Wait a moment and scan again."
    NotNow = "That cannot be done here now."
    EmptyCart = "There is nothing to pay. Scan an item first."
    TakenMoney = "Money was already taken. Undo it and give it back before changing the goods."
    OverPaid = "More was taken than is due now. Undo the payment, give it back and take it again."
    MayNotSell = "You may not sell. Ask a cashier or a manager to sign on."
    NothingToVoid = "There is no sale to void."
    MayNotOpenShift = "You may not open a shift. Ask a cashier or a manager to sign on."
    NothingToSuspend = "There is no sale to suspend. Scan an item first."
    NothingMarked = "No line is marked. Tap a line first."
    NotByPiece = "The quantity of this line cannot be changed. Void it and weigh or scan it again."
    BadQuantity = "This quantity cannot be sold. Key a number from 1 to 9,999."
    WeightOpen = "A weight is being keyed. Finish it or press Esc, then scan again."
    NotWeighed = "No weight was keyed, so the item was not added. Scan it again."
    BadgeHere = "This is a badge, not goods. Sign off or lock the terminal to change the operator."
    StillSearching = "The search is not done yet. Press Enter again."
    BadWeight = "This weight cannot be sold. Key kilograms, such as 1.286."
    NothingKeyed = "No amount is keyed. Key what was received."
    MoreThanDue = "That is more than is due, and this way gives no change. Key {due} or less."
    FarTooMuch = "The change would be {change}. Check the amount and key it again."
    BadAmount = "This is not an amount. Key it again."
    WrongPin = "Wrong PIN; tries left: {left}. Key it again."
    LockedOut = "Too many wrong PINs. {name} can try again at {time}; somebody else can sign on now."
    ChooseSomebody = "Nobody is chosen. Scan a badge or tap a name."
    ShortPin = "The PIN has 4 digits or more. Key it to the end."
    SaleOpen = "A sale is open. Take payment, suspend it or void it first."
    CannotApprove = "The approver must be a manager and somebody else. Choose another name."
    ChooseReason = "A reason is needed. Choose one."
    NoReason = "The difference needs a reason. Choose one, then close."
    StillReading = "The figures are still being added up. Wait a moment."
    NothingToReprint = "There is no receipt to print again."
    NoCamera = 'No camera is set up. Add camera = "auto" to the settings file and open the till again.'
    NoSuchSale = "This suspended sale is not here any more."
    MemberCode = "This is a member's code. It cannot be used at this till yet."
    PayCode = "This is a pay code. Show it to the pay terminal, then choose that way to pay here."
    CouponCode = "This is a coupon. It cannot be used at this till yet; give it back."
    VoucherCode = "This is a voucher. It cannot be used at this till yet; give it back."
    PickupCode = "This is a pickup code. It cannot be handed out at this till yet."
    ReceiptCode = "This is a receipt. It cannot be looked up at this till yet."
    OtherCurrency = "The price in this code is in {currency}. Scan another code of the pack."
    PriceNotTaken = "The price in this code, {price}, cannot be taken. Scan another code of the pack."
    PriceBelowShop = "The price in this code is below the shop's. Scan the linear code, or ask a manager."
    Recalled = "This pack is recalled: {reason}. Put it aside; it must not be sold."
    Expired = "This pack expired on {day}. Put it aside; it must not be sold."
    SellByPassed = "The last day to sell this pack was {day}. Put it aside."
    SerialInSale = "This very piece is in this sale already. Scan another."
    SerialSold = "This very piece was sold on {day}. Scan another."
    OneOfAKind = "This piece has a serial number of its own. Scan every further piece."
    ChoiceOpen = "Two items have this code. Tap the right one or press Esc, then scan again."
    NotChosen = "No item was chosen, so nothing was added. Scan it again or find it by name."
    ScannerTest = "A scanner is being tried; codes go to the test. Press Esc to leave it."
    TooManyTries = "Too many wrong PINs by {name}. Another manager can approve, or wait until {time}."

    @property
    def sentence(self) -> str:
        """The English sentence, which is its msgid."""
        return self.value
