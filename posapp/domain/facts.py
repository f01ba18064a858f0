"""Everything that can have happened at a till: the values that are stored, sent and never changed.

A fact is in the past tense and complete in itself: reading it needs no catalogue and no settings.
Facts name operators and items by id; they hold no secrets and no personal data of shoppers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from posapp.domain.member_facts import (
    CouponUsed,
    LeaseClosed,
    MemberIdentified,
    MemberJoined,
    RightsReleased,
    SaleMember,
)
from posapp.domain.operator_facts import OperatorSignedOff as OperatorSignedOff
from posapp.domain.operator_facts import OperatorSignedOn as OperatorSignedOn
from posapp.domain.operator_facts import SignOnRefused as SignOnRefused
from posapp.domain.operator_facts import TerminalUnlocked as TerminalUnlocked
from posapp.domain.price_facts import DiscountTotal, GiftGiven, PriceModifier, PromotionSetAside, UnitsPaid
from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.tender_facts import TenderLine as TenderLine
from posapp.values import dataclass

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PackData:
    """What a pack's code says beyond its item (GS1 AIs 10, 21, 17, 15, 16, 310n); "" where it is silent.

    Dates are ISO days. `gtin14` is the item's number that lot and serial belong to. `weight_g` is the
    net weight where the line's quantity does not say it already.
    """

    gtin14: str
    lot: str = ""
    serial: str = ""
    expires_on: str = ""
    best_before_on: str = ""
    sell_by_on: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class Markdown:
    """Why a unit price is below the list's: the rule, the price before it, and what fell off (ppm).

    `day` is the pack's last day (ISO) that the rule went by, `days_left` the days to it when it was scanned.
    """

    rule_id: str
    was_minor: int
    ppm: int
    day: str
    days_left: int


@dataclass(frozen=True, slots=True)
class SaleLine:
    """A sold line. Lines are numbered from 1 in the order they came and are never renumbered.

    `quantity` is pieces or grams by `unit`; `unit_price_minor` is per piece or per kilogram;
    `amount_minor` is the extended amount as shown, tax included or not by the shop's rule. `pack` is
    what the code said of this very pack, or None for a code that names the item only. With the price
    reason "markdown", `markdown` says what the price was before. `paid_minor` is the amount less all
    discounts (None: the same), `runs` what single ones paid where a discount fell on the line. With a
    `gift_card` the amount is put on that card.
    """

    line_no: int
    sku: str
    names: Words
    code: str
    quantity: int
    unit: Literal["pcs", "g"]
    unit_price_minor: int
    amount_minor: int
    tax_category: str
    price_reason: str = "list"
    pack: PackData | None = None
    markdown: Markdown | None = None
    paid_minor: int | None = None
    runs: tuple[UnitsPaid, ...] = ()
    gift_card: str = ""


@dataclass(frozen=True, slots=True)
class TaxLine:
    """Tax of one rate over the whole sale: `taxable_minor` is net, `tax_minor` what falls on it."""

    rate_id: str
    names: Words
    ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """One code that reached the till: it became (part of) a line or was refused; nothing else."""

    scan_no: int
    code: str
    at_ms: int
    line_no: int | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class VoidedLine:
    """A line that was taken off before the sale was paid."""

    line_no: int
    sku: str
    quantity: int
    unit: Literal["pcs", "g"]
    amount_minor: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class OverrideGiven:
    """A manager agreed to one act of another operator; approver and operator are never the same."""

    override_id: str
    permission: str
    operator_id: str
    approver_id: str
    reason: str
    amount_minor: int
    transaction_id: str | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class TransactionCompleted:
    """A paid sale, whole: goods − discounts + added tax + rounding = total; tenders − change = total.

    `tax` lists every rate, of what is paid; included tax is information, excluded tax adds to the total.
    `gifts` lie in no line: they cost nothing, and a coupon that gave one is used by it.
    `coupons` are single-use ones that it used up; `hold_id` names what the hub kept for it.
    `is_proven`: under the promotions' rules nothing is cheaper; else the search for it reached its limit.
    `receipt_number` is given by the ledger inside the commit, gapless per terminal; until then "".
    """

    transaction_id: str
    store_id: str
    terminal_id: str
    shift_id: str
    business_date: str
    operator_id: str
    operator_name: str
    opened_at_ms: int
    completed_at_ms: int
    currency: str
    language: str
    lines: tuple[SaleLine, ...]
    taxes: tuple[TaxLine, ...]
    tenders: tuple[TenderLine, ...]
    goods_minor: int
    tax_added_minor: int
    rounding_minor: int
    total_minor: int
    tendered_minor: int
    change_minor: int
    voided: tuple[VoidedLine, ...] = ()
    scans: tuple[ScanRecord, ...] = ()
    discount_minor: int = 0
    discounts: tuple[PriceModifier, ...] = ()
    is_proven: bool = True
    gifts: tuple[GiftGiven, ...] = ()
    member: SaleMember | None = None
    coupons: tuple[CouponUsed, ...] = ()
    hold_id: str = ""
    receipt_number: str = ""


@dataclass(frozen=True, slots=True)
class TransactionVoided:
    """A cart given up before payment; it takes no receipt number."""

    transaction_id: str
    shift_id: str
    business_date: str
    operator_id: str
    opened_at_ms: int
    at_ms: int
    currency: str
    goods_minor: int
    lines: tuple[SaleLine, ...]
    voided: tuple[VoidedLine, ...]
    scans: tuple[ScanRecord, ...]


@dataclass(frozen=True, slots=True)
class ScanRefused:
    """A code refused while no sale was open: kept, so that every scan can be accounted for."""

    scan: ScanRecord
    operator_id: str
    business_date: str


@dataclass(frozen=True, slots=True)
class DrawerOpened:
    """The drawer was opened without a sale; `reason` is "count" when the shift is counted."""

    shift_id: str
    operator_id: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class DrawerCounted:
    """A count was submitted; a later one of the same shift does not undo it."""

    shift_id: str
    operator_id: str
    counted_minor: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class ShiftOpened:
    """A shift began with a float in the drawer; `number` counts shifts of this terminal."""

    shift_id: str
    number: int
    store_id: str
    terminal_id: str
    business_date: str
    operator_id: str
    operator_name: str
    float_minor: int
    currency: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class TenderTotal:
    """What one way of paying took in a shift, change already off; `count` is tender lines of sales.

    `refunds_minor` is what went back by it.
    """

    tender_id: str
    names: Words
    kind: Literal["cash", "recorded", "gift"]
    count: int
    sales_minor: int
    refunds_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What is left of it."""
        return self.sales_minor - self.refunds_minor


@dataclass(frozen=True, slots=True)
class ShiftTotals:
    """A shift's running figures, kept by the ledger in the same commit as every sale and return.

    `taxes` and `rounding_minor` are net of what was given back; the other sums of sales are of sales alone.
    `gift_value_minor` was put on gift cards: part of the net sales, and no revenue until it is spent.
    """

    shift_id: str
    number: int
    business_date: str
    operator_id: str
    operator_name: str
    opened_at_ms: int
    currency: str
    float_minor: int
    sales_count: int = 0
    sales_minor: int = 0
    goods_minor: int = 0
    rounding_minor: int = 0
    tenders: tuple[TenderTotal, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    voided_lines: int = 0
    voided_sales: int = 0
    overrides: int = 0
    quarantined: int = 0
    discount_minor: int = 0
    discounts: tuple[DiscountTotal, ...] = ()
    returns_count: int = 0
    returns_minor: int = 0
    gift_value_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What sales came to, less what was given back."""
        return self.sales_minor - self.returns_minor

    @property
    def cash_refunds_minor(self) -> int:
        """What was given back out of the drawer."""
        return sum(t.refunds_minor for t in self.tenders if t.kind == "cash")

    @property
    def expected_cash_minor(self) -> int:
        """Cash that should lie in the drawer: the float and what cash sales left there after refunds."""
        return self.float_minor + sum(t.net_minor for t in self.tenders if t.kind == "cash")


@dataclass(frozen=True, slots=True)
class ShiftSettled:
    """A shift ended: counted against expected, and the totals it ended with (the Z report)."""

    shift_id: str
    operator_id: str
    totals: ShiftTotals
    expected_minor: int
    counted_minor: int
    variance_minor: int
    variance_reason: str
    counts: tuple[tuple[int, int], ...]  # (denomination in minor units, pieces)
    at_ms: int


@dataclass(frozen=True, slots=True)
class StockMoved:
    """Goods came, went or were counted beside a sale; `move_id` is the same however often it is told.

    `quantity` (pieces or grams by `unit`) is what is added, below 0 what is taken; of a "count" it is what
    was found. `reference` names the paper or order that it belongs to, or "".
    """

    move_id: str
    reason: Literal["restock", "pick", "return", "damage", "count"]
    sku: str
    quantity: int
    unit: Literal["pcs", "g"]
    operator_id: str
    at_ms: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class EpochBegun:
    """The till went on with higher numbers, so that none is given twice.

    Its ledger was "restored" (an earlier one than the hub has heard of), "forked" (another one sent other
    content under the same numbers), or "set_up" anew where a till had sold before; the last keeps its
    epoch. `receipt_seq_before` and `shift_number_before` are the last that were given out until then:
    above 0 in a ledger that was set up, it sold before it heard its hub.
    """

    reason: Literal["restored", "forked", "set_up"]
    epoch_before: int
    epoch: int
    receipt_seq_before: int
    receipt_seq: int
    shift_number_before: int
    shift_number: int
    at_ms: int


Fact = (
    TransactionCompleted
    | TransactionVoided
    | ScanRefused
    | OperatorSignedOn
    | OperatorSignedOff
    | TerminalUnlocked
    | SignOnRefused
    | OverrideGiven
    | DrawerOpened
    | DrawerCounted
    | ShiftOpened
    | ShiftSettled
    | EpochBegun
    | StockMoved
    | PromotionSetAside
    | MemberJoined
    | MemberIdentified
    | RightsReleased
    | LeaseClosed
    | ReturnCompleted
)

#: Names on the wire and in the journal, by type.
FACT_KINDS: Mapping[type, str] = {kind: kind.__name__ for kind in get_args(Fact)}
