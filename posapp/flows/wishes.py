"""What people ask of the terminal, in the imperative.

A wish carries plain values only; it never knows a widget, a row or a thread.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from posapp.domain.scan_trace import ScanTrace
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class ScanCode:
    """A scanner delivered a code.

    `at_ms` is when its last sign came, on the till's monotonic clock (every source converts its own time);
    0 where the source cannot tell. `source` names the scanner.
    """

    text: str
    at_ms: int = 0
    source: str = "keyboard"
    trace: ScanTrace | None = None  # how it came in by the keyboard, for the test of a scanner


@dataclass(frozen=True, slots=True)
class UseCamera:
    """Read codes with the camera from now on, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True)
class EnterText:
    """Enter was pressed in the scan field: a code, a quantity ("3*", "3*code") or a name."""

    text: str


@dataclass(frozen=True, slots=True)
class SearchText:
    """The text in the scan field changed; an empty text ends the search."""

    text: str


@dataclass(frozen=True, slots=True)
class FindByName:
    """Look for an item whose code is not known: the scan field waits for part of its name."""


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
    """Open a place of the rail: sell, returns, shift or status."""

    place: Literal["sell", "returns", "shift", "status"]


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
    """Add an item by SKU (quick key or search result), as many pieces as its button says."""

    sku: str
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class ChooseItem:
    """Say which of the items that share a code it is."""

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
class WhyPrice:
    """Show how the marked line came by its price; once more: back to the goods."""


@dataclass(frozen=True, slots=True)
class RemoveCode:
    """Take a coupon off the sale again."""

    code: str


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
class OpenDrawer:
    """Open the drawer again for the sale just stored, where it did not open."""


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
