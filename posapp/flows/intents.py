"""All that can be asked of the terminal: by people, and by the world answering.

Imperative names for people's wishes, past participles for the world's answers. An intent carries
plain values only; it never knows a widget, a row or a thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from posapp.domain.catalog import Item
from posapp.domain.facts import ShiftTotals
from posapp.domain.shop import Shop

# --- people -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScanCode:
    """A scanner delivered a code; `at_ms` is when its burst ended (monotonic, informative)."""

    text: str
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class EnterText:
    """Enter was pressed in the scan field: a code, a quantity ("3*", "3*code") or a name."""

    text: str


@dataclass(frozen=True, slots=True)
class SearchText:
    """The text in the scan field changed; an empty text ends the search."""

    text: str


@dataclass(frozen=True, slots=True)
class KeyIn:
    """A key of the pad or of the keyboard for the field in hand: a digit, "00", ".", "back", "clear"."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """Show everything in another language from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class GoTo:
    """Open a place of the rail: sell, shift or status."""

    place: Literal["sell", "shift", "status"]


@dataclass(frozen=True, slots=True)
class SelectOperator:
    """Choose who signs on, unlocks or approves."""

    operator_id: str


@dataclass(frozen=True, slots=True)
class SignOn:
    """Check the keyed PIN of the chosen operator (also unlocks)."""


@dataclass(frozen=True, slots=True)
class SignOff:
    """Leave the terminal."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Lock the terminal; the sale stays as it is."""


@dataclass(frozen=True, slots=True)
class OpenShift:
    """Open a shift with the float in the field."""


@dataclass(frozen=True, slots=True)
class AddItem:
    """Add an item by SKU (quick key or search result)."""

    sku: str


@dataclass(frozen=True, slots=True)
class ConfirmWeight:
    """Add the weighed item with the weight in the field."""


@dataclass(frozen=True, slots=True)
class MarkLine:
    """Mark a line; keys and buttons then act on it."""

    line_no: int


@dataclass(frozen=True, slots=True)
class MoveMark:
    """Mark the next (+1) or previous (−1) line."""

    step: int


@dataclass(frozen=True, slots=True)
class ChangeQuantity:
    """Change the pieces of a line (the marked one where `line_no` is None) by a step."""

    step: int
    line_no: int | None = None


@dataclass(frozen=True, slots=True)
class VoidLine:
    """Take a line off the sale (the marked one where `line_no` is None)."""

    line_no: int | None = None


@dataclass(frozen=True, slots=True)
class VoidCart:
    """Give the whole sale up."""


@dataclass(frozen=True, slots=True)
class Suspend:
    """Park the sale."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Take a parked sale up again."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class ShowTab:
    """Show a page of quick keys."""

    index: int


@dataclass(frozen=True, slots=True)
class StartTender:
    """Take payment."""


@dataclass(frozen=True, slots=True)
class ChooseTender:
    """Choose a way to pay."""

    tender_id: str


@dataclass(frozen=True, slots=True)
class OfferAmount:
    """Put a whole amount (minor units) into the field: the quick cash keys."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Take the amount in the field by the chosen way; completes the sale when nothing is left due."""


@dataclass(frozen=True, slots=True)
class UndoTender:
    """Take a tender line of the open payment back."""

    tender_no: int


@dataclass(frozen=True, slots=True)
class Back:
    """Step back: Esc, or the second action of a sheet."""


@dataclass(frozen=True, slots=True)
class StoreAgain:
    """Try the commit again that could not be stored."""


@dataclass(frozen=True, slots=True)
class NextSale:
    """Leave the done screen."""


@dataclass(frozen=True, slots=True)
class Reprint:
    """Print the last receipt again, marked as a copy."""


@dataclass(frozen=True, slots=True)
class ChooseReason:
    """Choose a reason for an approval or a variance."""

    reason: str


@dataclass(frozen=True, slots=True)
class Approve:
    """The chosen approver agrees, with the keyed PIN."""


@dataclass(frozen=True, slots=True)
class StartCount:
    """Begin counting the drawer."""


@dataclass(frozen=True, slots=True)
class MarkDenomination:
    """Choose the kind of note or coin being counted."""

    index: int


@dataclass(frozen=True, slots=True)
class NextDenomination:
    """Go to the next kind of note or coin."""


@dataclass(frozen=True, slots=True)
class SubmitCount:
    """Compare the count with what should be there."""


@dataclass(frozen=True, slots=True)
class Recount:
    """Throw the count away and count again."""


@dataclass(frozen=True, slots=True)
class CloseShift:
    """Settle the shift."""


@dataclass(frozen=True, slots=True)
class ShowX:
    """Show the running totals of the open shift."""


@dataclass(frozen=True, slots=True)
class PrintReport:
    """Print the report on the screen (X or Z)."""


@dataclass(frozen=True, slots=True)
class ResumePrinting:
    """The printer was mended: print what waits."""


@dataclass(frozen=True, slots=True)
class PrintTestPage:
    """Print a page that shows whether the printer is well."""


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """Open the drawer without a sale."""


# --- the world --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """State of the receipt printer and how many slips wait for it."""

    state: Literal["ready", "paper_out", "cover_open", "offline", "unknown"] = "unknown"
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """State of the line to the hub; ages and times in epoch ms, None where never."""

    state: Literal["online", "offline", "refused", "none"] = "none"
    to_send: int = 0
    oldest_ms: int | None = None
    last_received_ms: int | None = None
    clock_offset_ms: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueStatus:
    """How many items the till holds and when they were last brought up to date (epoch ms)."""

    items: int = 0
    updated_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SuspendedCart:
    """A parked sale; `cart` is what domain.cart_record wrote."""

    transaction_id: str
    label: str
    suspended_ms: int
    operator_name: str
    goods_minor: int
    pieces: int
    cart: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LastSale:
    """The last completed sale of this terminal, for the note after a restart and for reprints."""

    transaction_id: str
    receipt_number: str
    total_minor: int
    change_minor: int
    completed_ms: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the store held at the start: settings, open shift, open cart, parked carts, lockouts."""

    shop: Shop | None
    shift: ShiftTotals | None
    cart: bytes | None = None
    suspended: tuple[SuspendedCart, ...] = ()
    last_sale: LastSale | None = None
    locked_until: tuple[tuple[str, int], ...] = ()
    next_shift_number: int = 1
    quarantined: int = 0
    language: str | None = None
    scan_no: int = 0
    unprinted: int = 0


@dataclass(frozen=True, slots=True)
class ShopChanged:
    """The shop set-up was received anew."""

    shop: Shop


@dataclass(frozen=True, slots=True)
class CatalogueChanged:
    """Items or prices were received."""

    status: CatalogueStatus


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The line to the hub or the queue changed."""

    status: LinkStatus


@dataclass(frozen=True, slots=True)
class PrinterChanged:
    """The printer's state or queue changed."""

    status: PrinterStatus


@dataclass(frozen=True, slots=True)
class Printed:
    """A print job came out."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Committed:
    """Facts are durable. `receipt_number` for a sale, `shift` the totals after it."""

    commit_id: str
    receipt_number: str | None
    shift: ShiftTotals | None


@dataclass(frozen=True, slots=True)
class CommitFailed:
    """Nothing of the commit was stored. The reason is a named trouble of the disk or database."""

    commit_id: str
    trouble: Literal["disk_full", "locked", "read_only", "io_error", "integrity"]


@dataclass(frozen=True, slots=True)
class ShiftRead:
    """The shift's totals as the stored rows add up, broken rows set aside; None: not readable."""

    totals: ShiftTotals | None


@dataclass(frozen=True, slots=True)
class DraftFailed:
    """The open cart could not be stored; the sale goes on, the screen says so."""

    trouble: str


@dataclass(frozen=True, slots=True)
class PinChecked:
    """A PIN was compared with an operator's hash."""

    operator_id: str
    right: bool


@dataclass(frozen=True, slots=True)
class ItemsFound:
    """Answer to a search, best first."""

    text: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class DeviceTold:
    """Facts of this PC for the status page: free disk bytes, drawer, version; None = unknown."""

    disk_free_bytes: int | None = None
    drawer_open: bool | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A second went by; the clock on the screen and ages move."""


Intent = (
    ScanCode | EnterText | SearchText | KeyIn | SwitchLanguage | GoTo | SelectOperator | SignOn | SignOff
    | Lock | OpenShift | AddItem | ConfirmWeight | MarkLine | MoveMark | ChangeQuantity | VoidLine | VoidCart
    | Suspend | Resume | ShowTab | StartTender | ChooseTender | OfferAmount | Settle | UndoTender | Back
    | StoreAgain | NextSale | Reprint | ChooseReason | Approve | StartCount | MarkDenomination
    | NextDenomination | SubmitCount | Recount | CloseShift | ShowX | PrintReport | ResumePrinting
    | PrintTestPage | OpenDrawer | Recovered | ShopChanged | CatalogueChanged | LinkChanged
    | PrinterChanged | Printed | Committed | CommitFailed | ShiftRead | DraftFailed | PinChecked | ItemsFound
    | DeviceTold | Tick
)  # fmt: skip
