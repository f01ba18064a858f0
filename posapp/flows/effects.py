"""All that the terminal can ask of the world; each is carried out by the runner.

Effects are orders, not calls: their answers come back as intents. An effect that touches paper or
the drawer is only ever given after the commit that justifies it has been confirmed.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from posapp.domain.cart_prices import PricedCart
from posapp.domain.facts import Fact
from posapp.domain.paper import PaperDocument
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.shop import Shop
from posapp.flows.member_effects import MemberEffect
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """A slip to be stored in the commit and printed after it. The commit replaces every
    "{receipt_number}" in the document by the number it gives."""

    job_id: str
    kind: Literal["receipt", "return", "x_report", "z_report", "test"]
    document: PaperDocument


@dataclass(frozen=True, slots=True)
class Commit:
    """Store facts in one durable transaction, with their envelopes and print jobs; drop or keep
    the draft cart. Answered by Committed or CommitFailed with the same `commit_id`."""

    commit_id: str
    facts: tuple[Fact, ...]
    prints: tuple[PrintRequest, ...] = ()
    drops_draft: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Store facts that nobody waits for (sign-ons, refusals); not answered, retried by the store."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Store the open cart; a newer one replaces it. Answered only by DraftFailed."""

    transaction_id: str
    cart: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ParkDraft:
    """Store the cart as parked, with what a person needs to find it again."""

    transaction_id: str
    label: str
    suspended_ms: int
    operator_name: str
    goods_minor: int
    pieces: int
    cart: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnparkDraft:
    """The parked cart is the open one again."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class ReadRules:
    """Look whether recalls, markdown rules or promotions have changed. Answered by RecallsRead, RecallsSent,
    MarkdownsSent and PromotionsSent where they have, or by what keeps a new list out."""


@dataclass(frozen=True, slots=True)
class Print:
    """Print stored jobs; the store knows which of them may have come out before."""

    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrintNow:
    """Print a document that belongs to no fact (X report, test page)."""

    request: PrintRequest


@dataclass(frozen=True, slots=True)
class PrintCopy:
    """Print the receipt of a stored sale again, marked as a copy in this language."""

    transaction_id: str
    language: str


@dataclass(frozen=True, slots=True)
class RetryPrinting:
    """The printer was mended: go on with the queue."""


@dataclass(frozen=True, slots=True)
class KickDrawer:
    """Open the cash drawer."""


Sound = Literal["ok", "warn", "refuse", "paid", "member", "arrived"]


@dataclass(frozen=True, slots=True)
class Beep:
    """A sound; its equal sign is on the screen already."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class VerifyPin:
    """Compare a PIN with a hash (slow on purpose, off the screen's thread). Answer: PinChecked."""

    operator_id: str
    pin: str = field(repr=False)
    pin_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Search:
    """Find items by part of a name in any language, or pinyin initials. Answer: ItemsFound."""

    text: str
    limit: int = 30


@dataclass(frozen=True, slots=True)
class ReadShift:
    """Add the open shift up from its stored rows and set broken ones aside. Answer: ShiftRead."""

    shift_id: str


@dataclass(frozen=True, slots=True)
class ExplainPrices:
    """Find out what would make a sale cheaper and, with a line, which promotions it lost. A newer one
    replaces it. Answer: PricesExplained."""

    prices: PricedCart
    promotions: PromotionIndex = field(repr=False)
    shop: Shop = field(repr=False)
    line_no: int | None = None


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Remember the language chosen for this terminal."""

    language: str


@dataclass(frozen=True, slots=True)
class WakeSync:
    """There is something to send."""


@dataclass(frozen=True, slots=True)
class AskDevices:
    """Ask for the facts of this PC. Answer: DeviceTold."""


@dataclass(frozen=True, slots=True)
class PairScanner:
    """Wait for a code from a scanner that types like a keyboard, and keep that device for codes alone.
    Answers: ScannersChanged, whose `pairing` tells how far it is."""


@dataclass(frozen=True, slots=True)
class EndPairing:
    """Wait no longer. Answer: ScannersChanged."""


@dataclass(frozen=True, slots=True)
class UnpairScanner:
    """Let a paired scanner be an ordinary keyboard again. Answer: ScannersChanged."""

    device_id: str


@dataclass(frozen=True, slots=True)
class StartCamera:
    """Show and read what the camera sees. Answers: CameraChanged, and scans."""


@dataclass(frozen=True, slots=True)
class StopCamera:
    """Let the camera go. Answer: CameraChanged."""


Effect = (
    Commit | Record | SaveDraft | ParkDraft | UnparkDraft | Print | PrintNow | PrintCopy | RetryPrinting
    | KickDrawer | Beep | VerifyPin | Search | ReadShift | ReadRules | SetLanguage | WakeSync | AskDevices
    | ExplainPrices | MemberEffect | PairScanner | EndPairing | UnpairScanner | StartCamera | StopCamera
)  # fmt: skip
