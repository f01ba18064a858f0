"""What the terminal is doing: one phase at a time, over the desk that stays whatever the phase.

The desk is everything that outlives a screen (shop, operator, shift, open cart, device states); a
phase is what can be asked right now. Both are values: a rule gets one state and returns the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from posapp.domain.cart import Cart
from posapp.domain.cart_prices import PricedCart
from posapp.domain.catalog import Item
from posapp.domain.facts import ShiftSettled, ShiftTotals, TransactionCompleted
from posapp.domain.markdowns import MarkdownRules
from posapp.domain.members.leases import Lease
from posapp.domain.members.programme import Programme
from posapp.domain.outage import NO_OUTAGE, Outage
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.recalls import RecallList
from posapp.domain.scanner_check import Diagnosis
from posapp.domain.shop import Operator, Permission, Shop
from posapp.domain.tenders import Payment
from posapp.flows.effects import Commit
from posapp.flows.formatting import Clause
from posapp.flows.gift_phases import HoldingGift, ShowingGiftCard
from posapp.flows.intents import (
    CameraStatus,
    CatalogueStatus,
    CloseShift,
    DeviceTold,
    HubStatus,
    LastSale,
    LinkStatus,
    Pairing,
    PricesExplained,
    PrinterStatus,
    RecallsTrouble,
    ScanCode,
    ScannerStatus,
    Stock,
    SuspendedCart,
    VoidCart,
)  # fmt: skip
from posapp.flows.meant import Meant, Recent, WaitingScan
from posapp.flows.member_phases import FindingMember, JoiningMember, MemberAsk, ShowingMember
from posapp.flows.member_wishes import ConfirmReturn
from posapp.flows.return_phases import Returned, Returning
from posapp.flows.rights_phases import HoldingRights, ShowingCoupons
from posapp.flows.shopper import Shopper
from posapp.values import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence for the echo line: msgid, its parameters, whether it is good news and needs a look."""

    msgid: str
    params: Mapping[str, str | Clause] = field(default_factory=dict)
    good: bool = True
    serial: int = 0
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """An open search. Until it is answered, `items` are those of the text before (None: nothing yet).

    `stock` is what is left by SKU, None where the shop keeps none.
    """

    text: str
    items: tuple[Item, ...] | None = None
    answered: bool = False
    stock: Mapping[str, Stock] | None = None


@dataclass(frozen=True, slots=True)
class Recalls:
    """The recalls in force and what keeps newer ones of the file out.

    `list` holds both those of the file, read at `read_ms` (None: no file is set up), and those of the hub;
    `unreadable` of the hub's name no item that could be stopped.
    """

    list: RecallList = RecallList()
    read_ms: int | None = None
    trouble: RecallsTrouble | None = None
    of_file: RecallList = RecallList()
    of_hub: RecallList = RecallList()
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Markdowns:
    """The rules in force by which prices fall near a pack's last day; `unreadable` could not be read."""

    rules: MarkdownRules = MarkdownRules()
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Promotions:
    """The promotions in force; `unreadable` could not be read. Before they were first read there are none."""

    index: PromotionIndex = field(default_factory=PromotionIndex, repr=False)
    unreadable: int = 0
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """All that stays while phases change."""

    terminal_id: str
    terminal_number: int = 0  # what the settings file calls it; 0 where it does not say
    language: str = "zh_CN"
    shop: Shop | None = None
    operator: Operator | None = None
    session_id: str = ""
    shift: ShiftTotals | None = None
    cart: Cart | None = None
    marked: int | None = None
    parked: tuple[SuspendedCart, ...] = ()
    last_sale: LastSale | None = None
    show_last_sale: bool = False
    link: LinkStatus = LinkStatus()
    hub: HubStatus = HubStatus()
    printer: PrinterStatus = PrinterStatus()
    catalogue: CatalogueStatus = CatalogueStatus()
    devices: DeviceTold = DeviceTold()
    scanners: tuple[ScannerStatus, ...] = ()
    pairing: Pairing = Pairing()
    can_pair: bool = True
    camera: CameraStatus = CameraStatus()
    camera_on: bool = False
    drawer_shut: bool = False  # the last order to open it could not be sent
    told: Told | None = None
    refusal: Told | None = None  # the sentence that stays until the next thing is done
    found: Found | None = None
    recalls: Recalls = Recalls()
    markdowns: Markdowns = Markdowns()
    promotions: Promotions = Promotions()
    prices: PricedCart | None = None  # of the open sale
    priced_by: tuple[Promotions, Shop] | None = None
    asked_for: PricedCart | None = None  # prices that the last question was about
    explained: PricesExplained | None = None
    faulty_offers: int = 0  # that could not be computed and were put on record
    recent: tuple[Recent, ...] = ()  # codes just read, whose packs may carry another one
    tab: int = 0
    scan_no: int = 0
    last_scan_ms: int | None = None
    clear_scan: int = 0
    wrong_pins: Mapping[str, int] = field(default_factory=dict)
    locked_until: Mapping[str, int] = field(default_factory=dict)
    next_shift_number: int = 1
    quarantined: int = 0
    unprinted: int = 0
    draft_trouble: str = ""
    programme: Programme = Programme()
    leases: tuple[Lease, ...] = ()
    lease_worst_minor: tuple[int, int] = (0, 0)  # of the store's outage, of this till's
    outage: Outage = NO_OUTAGE
    asked_hold: str = ""  # a hold that is taken anew while payment is open
    undone: tuple[str, ...] = ()  # holds just let go of, which a question of before may still be asking for
    member_ask: MemberAsk | None = None
    code_steps: tuple[tuple[str, int], ...] = ()  # of member codes just taken, until the store has them
    joining: tuple[str, str] | None = None  # the last wish to join: its id, and the member's of our making


# --- phases -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recovering:
    """The store is being read; nothing can be asked yet. Scans that came too early are in `early`:
    they can only be counted once it is known how many there were before."""

    early: tuple[ScanCode, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingUp:
    """No shop set-up has reached this till yet."""


@dataclass(frozen=True, slots=True)
class SignedOff:
    """Nobody is signed on; one operator may be chosen and a PIN half keyed."""

    chosen: str | None = None
    pin: str = field(default="", repr=False)
    checking: bool = False


@dataclass(frozen=True, slots=True)
class Locked:
    """Locked in the middle of `back`, by the operator or on their behalf."""

    back: Phase
    chosen: str | None = None
    pin: str = field(default="", repr=False)
    checking: bool = False


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """Signed on, no shift: the float is being keyed."""

    entry: str = ""


@dataclass(frozen=True, slots=True)
class Selling:
    """Goods are taken; the cart may be empty."""


@dataclass(frozen=True, slots=True)
class ShowingPrice:
    """How the marked line came by its price is told on a sheet; goods are still taken."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """The weight of one item is being keyed, in kilograms.

    `scans` asked for it: together they become the line or a refusal. The first came at `at_ms`."""

    meant: Meant
    entry: str = ""
    scans: tuple[WaitingScan, ...] = ()
    at_ms: int = 0

    @property
    def item(self) -> Item:
        """What is weighed."""
        return self.meant.item


@dataclass(frozen=True, slots=True)
class Choosing:
    """One code stands for several items, and a person says which; `scans` become the line or a refusal."""

    options: tuple[Meant, ...]
    scans: tuple[WaitingScan, ...] = ()
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Tendering:
    """Payment is open, goods are locked."""

    payment: Payment
    chosen: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class AwaitingOverride:
    """An act waits for a manager: nothing of it is done before they agree."""

    permission: Permission
    act: VoidCart | CloseShift | ConfirmReturn
    amount_minor: int
    back: Phase
    approver: str | None = None
    reason: str = ""
    pin: str = field(default="", repr=False)
    checking: bool = False


@dataclass(frozen=True, slots=True)
class Committing:
    """Facts are on their way to the disk; scans wait, everything else is refused."""

    commit: Commit
    after: Literal["sale", "void", "open", "count", "close", "return"]
    back: Phase
    waiting: tuple[tuple[int, ScanCode], ...] = ()  # with the number each scan got when it came


@dataclass(frozen=True, slots=True)
class CommitStuck:
    """The disk refused the commit; nothing of it is stored, and it can be tried again."""

    committing: Committing
    trouble: str


@dataclass(frozen=True, slots=True)
class Done:
    """A sale is stored: change, receipt, next."""

    sale: TransactionCompleted
    job_ids: tuple[str, ...] = ()
    printed: bool = False
    shopper: Shopper | None = None


@dataclass(frozen=True, slots=True)
class Counting:
    """The drawer is counted, one denomination at a time; `counts` by denomination."""

    counts: Mapping[int, int] = field(default_factory=dict)
    index: int = 0
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Reporting:
    """A report is on the screen: X of the open shift, or Z with a count to settle."""

    kind: Literal["X", "Z"]
    totals: ShiftTotals
    counts: Mapping[int, int] = field(default_factory=dict)
    reason: str = ""
    reading: bool = False
    fact: ShiftSettled | None = None  # once the shift is settled

    @property
    def settled(self) -> bool:
        """Whether the shift is closed and stored."""
        return self.fact is not None


@dataclass(frozen=True, slots=True)
class ShowingStatus:
    """The status page, over whatever went on before it."""

    back: Phase


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back for one test code; "" where nothing did."""

    text: str
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class TryingScanner:
    """A scanner is tried out, over the status page: `at` is the test code shown, `answers` by its number.

    `last` is the code that answered last, with its text, time (monotonic) and scanner."""

    back: Phase
    at: int = 0
    answers: Mapping[int, Answered] = field(default_factory=dict)
    last: int | None = None
    last_text: str = ""
    last_ms: int = 0
    source: str = "keyboard"
    ended: bool = False


Phase = (
    Recovering | SettingUp | SignedOff | Locked | ShiftClosed | Selling | ShowingPrice | Weighing | Choosing
    | Tendering | ShowingGiftCard | HoldingGift | ShowingCoupons | HoldingRights
    | FindingMember | ShowingMember | JoiningMember
    | AwaitingOverride | Committing | CommitStuck | Done | Counting | Reporting | ShowingStatus
    | Returning | Returned
    | TryingScanner
)  # fmt: skip
#: Nobody is at the terminal: what a person switched on ends.
CLOSED = (SignedOff, Locked, SettingUp, Recovering)


@dataclass(frozen=True, slots=True)
class TerminalState:
    """The desk and what is being done at it."""

    desk: Desk
    phase: Phase
