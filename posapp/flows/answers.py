"""What the world tells the terminal: answers to its effects and changes it did not ask for.

Past participles, plain values; which thread or device an answer came from is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from posapp.domain.cart_prices import PricedCart
from posapp.domain.catalog import Item
from posapp.domain.facts import ShiftTotals
from posapp.domain.markdowns import MarkdownRules
from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import Programme
from posapp.domain.price_facts import SetAside
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.priced import Lost, NextStep
from posapp.domain.recalls import RecallList, RecallProblem
from posapp.domain.shop import Shop
from posapp.values import dataclass


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
class HubStatus:
    """What the hub said of this till when it heard last of it (`heard_ms`, epoch ms; None: not yet).

    `quarantined` and `exceptions` wait there for a person; of `seq` records in the present epoch the first
    `backed_up` stand in a backup of the hub.
    """

    heard_ms: int | None = None
    quarantined: int = 0
    exceptions: int = 0
    seq: int = 0
    backed_up: int = 0


@dataclass(frozen=True, slots=True)
class CatalogueStatus:
    """How many items the till holds and when they were last brought up to date (epoch ms).

    `loading_percent` (0 to 100) is how much of a new file with all of them has come, None where none comes.
    """

    items: int = 0
    updated_ms: int | None = None
    loading_percent: int | None = None


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
    wrong_pins: tuple[tuple[str, int], ...] = ()
    next_shift_number: int = 1
    quarantined: int = 0
    language: str | None = None
    scan_no: int = 0
    unprinted: int = 0
    paired_scanners: tuple[str, ...] = ()  # their lines, as ScannerStatus.device_id
    programme: Programme = Programme()
    leases: tuple[Lease, ...] = ()
    lease_worst_minor: tuple[int, int] = (0, 0)  # of the store's outage, of this till's


@dataclass(frozen=True, slots=True)
class ShopChanged:
    """The shop set-up was received anew."""

    shop: Shop


@dataclass(frozen=True, slots=True)
class NumbersRaised:
    """The ledger goes on with higher numbers: those below were given out by another life of this till."""

    next_shift_number: int


@dataclass(frozen=True, slots=True)
class CatalogueChanged:
    """Items or prices were received."""

    status: CatalogueStatus


@dataclass(frozen=True, slots=True)
class HubHeard:
    """The hub answered a report of how this till is."""

    status: HubStatus


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The line to the hub or the queue changed."""

    status: LinkStatus


@dataclass(frozen=True, slots=True)
class PrinterChanged:
    """The printer's state or queue changed."""

    status: PrinterStatus


ScannerKind = Literal["serial", "hid-pos", "keyboard", "raw-input"]
ScannerTrouble = Literal[
    "", "unplugged", "no_permission", "taken", "no_library", "not_here", "garbage", "failed"
]


@dataclass(frozen=True, slots=True)
class ScannerStatus:
    """How one scanner with a line of its own is.

    `device_id` is its line in the settings; `last_code_ms` is epoch ms, None where no code came in this
    run. "away" is tried again by itself. `paired` says that it was chosen at the till, where it can be
    let go again.
    """

    device_id: str
    kind: ScannerKind
    name: str = ""
    state: Literal["starting", "ready", "away", "trouble"] = "starting"
    trouble: ScannerTrouble = ""
    last_code_ms: int | None = None
    paired: bool = False


@dataclass(frozen=True, slots=True)
class Pairing:
    """How far the choosing of a keyboard scanner is: "waiting" for a code from it, until it is "done"."""

    state: Literal["off", "waiting", "done", "failed"] = "off"
    device_id: str = ""
    name: str = ""
    trouble: Literal["", "none_found", "no_permission", "timed_out", "not_here"] = ""


@dataclass(frozen=True, slots=True)
class ScannersChanged:
    """All scanners that have a line of their own, in the order of the settings, and the pairing."""

    scanners: tuple[ScannerStatus, ...]
    pairing: Pairing = Pairing()
    can_pair: bool = True  # whether this system lets keyboards be told apart


CameraTrouble = Literal["", "not_found", "taken", "lost", "stalled", "black", "no_library"]
CameraAdvice = Literal["", "nearer", "further", "hold_still", "too_dark", "glare"]


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How the camera is: "none" where the settings name none. In "trouble" it is tried again by itself;
    `advice` says how a code in view would be read better."""

    state: Literal["none", "off", "starting", "live", "trouble"] = "none"
    trouble: CameraTrouble = ""
    advice: CameraAdvice = ""


@dataclass(frozen=True, slots=True)
class CameraChanged:
    """The camera is otherwise than before."""

    status: CameraStatus


@dataclass(frozen=True, slots=True)
class DrawerKicked:
    """The order to open the drawer was sent, or could not be."""

    sent: bool


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
class Stock:
    """What may still be sold of an item (pieces or grams), as the hub said at `as_of_ms` (epoch ms)."""

    sellable: int
    as_of_ms: int


@dataclass(frozen=True, slots=True)
class ItemsFound:
    """Answer to a search, best first, with what is left by SKU; `stock` is None where none is kept."""

    text: str
    items: tuple[Item, ...]
    stock: Mapping[str, Stock] | None = None


@dataclass(frozen=True, slots=True)
class DeviceTold:
    """Facts of this PC for the status page: free disk bytes, drawer, version; None = unknown."""

    disk_free_bytes: int | None = None
    drawer_open: bool | None = None


@dataclass(frozen=True, slots=True)
class RecallsTrouble:
    """Why a recall list was not taken: a wrong line, or a file that cannot be read (`problem` None)."""

    file: str
    problem: RecallProblem | None = None


@dataclass(frozen=True, slots=True)
class RecallsRead:
    """The recall list was read at the start or because it changed, or why it could not be taken."""

    found: RecallList | RecallsTrouble


@dataclass(frozen=True, slots=True)
class RecallsSent:
    """All recalls that the hub has for this shop, as they stand now; `unreadable` could not be read."""

    list: RecallList
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class MarkdownsSent:
    """All markdown rules that the hub has for this shop, as they stand now."""

    rules: MarkdownRules
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PromotionsSent:
    """All promotions that the hub has for this shop as they stand now, ready to be asked."""

    index: PromotionIndex = field(repr=False)
    unreadable: tuple[SetAside, ...] = ()


@dataclass(frozen=True, slots=True)
class PricesExplained:
    """What the lines of a sale lost and what one more piece would bring, at just these prices.

    `lost` are told of `line_no` only.
    """

    prices: PricedCart
    line_no: int | None = None
    lost: tuple[Lost, ...] = ()
    next_steps: tuple[NextStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """A second went by; the clock on the screen and ages move."""
