"""What a till in memory is made of: goods and their codes, a clock, a store that forgets at the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from posapp.code_rules import code_reader
from posapp.domain.catalog import Item
from posapp.domain.codes import check_digit, normalise
from posapp.domain.codes.reader import CodeReader
from posapp.domain.facts import (
    Fact,
    OperatorSignedOn,
    OverrideGiven,
    ScanRecord,
    ScanRefused,
    ShiftOpened,
    ShiftSettled,
    ShiftTotals,
    SignOnRefused,
    TaxLine,
    TenderTotal,
    TransactionCompleted,
    TransactionVoided,
)
from posapp.domain.members.terms import COUPON_PIECE
from posapp.domain.pricing.items.prices import Asking, PriceAnswer, PriceRow, PriceRows
from posapp.domain.pricing.terms.promotion import GoodsSet
from posapp.domain.return_facts import ReturnCompleted
from posapp.domain.shop import Shop
from posapp.flows.effects import (
    Commit,
)
from posapp.flows.formatting import Speech
from posapp.flows.intents import (
    Committed,
    LastSale,
    Recovered,
    SuspendedCart,
)
from posapp.flows.member_answers import SaleFound
from posapp.flows.member_effects import FindSale
from posapp.messages import load_speech
from posapp.store.totals import with_return
from tests.domain.shops import item

START_MS = 1_780_000_000_000
#: The day of that moment on the shop's wall clock.
TODAY = "2026-05-29"
GS = "\x1d"
FIXED = ("11", "13", "15", "16", "17", "31", "32")
I18N = Path(__file__).resolve().parents[2] / "resources" / "i18n"
Trouble = Literal["disk_full", "locked", "read_only", "io_error", "integrity"]


@cache
def speech(language: str) -> Speech:
    """The real words of a language."""
    return load_speech(language, I18N)


_READERS: dict[int, tuple[Shop, CodeReader]] = {}


def codes(shop: Shop) -> CodeReader:
    """The real reader of a shop, made once."""
    if id(shop) not in _READERS:
        _READERS[id(shop)] = (shop, code_reader(shop))
    return _READERS[id(shop)][1]


def ean(digits: str) -> str:
    """A 13-digit code from its first twelve."""
    return digits + check_digit(digits)


COLA = ean("690102818055")
MILK = ean("690102818056")
NO_PRICE = ean("690102818057")
UNKNOWN = ean("690102818099")
APPLE_PLU = "4011"  # sold by weight, asked for on the sheet
LIKE_A_LABEL = ean("220000900150")  # an ordinary item whose code looks like a weight


def pack(code: str, *, scanner: str = "]d2", **ais: str) -> str:
    """A GS1 DataMatrix as a scanner delivers it: the item's number, then AIs by name ("ai10", "ai21" …)."""
    fixed = [f"{name[2:]}{value}" for name, value in ais.items() if name[2:4] in FIXED]
    open_ended = [f"{name[2:]}{value}" for name, value in ais.items() if name[2:4] not in FIXED]
    return f"{scanner}01{code.zfill(14)}{''.join(fixed)}{GS.join(open_ended)}"


def link(code: str, *, lot: str = "", serial: str = "") -> str:
    """A GS1 Digital Link in a QR code."""
    path = f"/01/{code.zfill(14)}" + (f"/10/{lot}" if lot else "") + (f"/21/{serial}" if serial else "")
    return f"]Q1https://id.example.com{path}"


def weight_label(grams: int) -> str:
    """A label of the counter scale that carries grams of apples."""
    return ean(f"2200001{grams:05d}")


def price_label(minor: int) -> str:
    """A label of the counter scale that carries a price of cheese."""
    return ean(f"2100002{minor:05d}")


APPLE = item("apple", 1280, unit="g", tax_category="vat9", names={"zh_CN": "苹果", "en": "Apple"})
ITEMS = {
    COLA: item("cola", 350, names={"zh_CN": "可乐", "en": "Cola"}),
    MILK: item("milk", 1295, tax_category="vat9"),
    NO_PRICE: item("free-soon", None),
    APPLE_PLU: APPLE,
    LIKE_A_LABEL: item("like-a-label", 9900),
    weight_label(0): APPLE,
    price_label(0): item("cheese", None, unit="g"),
    ean("220000300000"): item("sold-by-piece", 500),
    ean("220000400000"): item("weighed-no-price", None, unit="g"),
    "BAG": item("bag", 100),
    "12X34": item("rope", 800),
}


@dataclass(slots=True)
class FakeCatalogue:
    """Items by code and SKU."""

    by_code: dict[str, Item] = field(default_factory=lambda: dict(ITEMS))
    keys: dict[str, Item] = field(default_factory=dict)
    for_members: dict[str, tuple[PriceRow, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = {normalise(code).key: found for code, found in self.by_code.items()}

    def by_key(self, key: str, at_ms: int) -> Item | None:
        return self.keys.get(key)

    def by_sku(self, sku: str, at_ms: int) -> Item | None:
        return next((found for found in self.by_code.values() if found.sku == sku), None)

    def why_price(self, sku: str, at_ms: int, *, level: str | None = None) -> PriceAnswer | None:
        found = self.by_sku(sku, at_ms)
        if found is None or found.price_minor is None:
            return None
        rows = (PriceRow("list", sku, found.price_minor), *self.for_members.get(sku, ()))
        asking = Asking(datetime.fromtimestamp(at_ms // 1000, UTC), ZoneInfo("UTC"), level=level)
        return PriceRows(rows).why(sku, asking)

    def goods_of(self, of: GoodsSet, at_ms: int) -> tuple[Item, ...]:
        """All there is: whether a set holds an item is for the one who asks."""
        return tuple({found.sku: found for found in self.by_code.values()}.values())

    def search(self, text: str) -> tuple[Item, ...]:
        """Items with the text in a name."""
        held = {found.sku: found for found in self.by_code.values()}
        return tuple(
            found for found in held.values() if any(text.lower() in n.lower() for n in found.names.values())
        )


@dataclass(slots=True)
class Hands:
    """Clock and ids, wound by hand."""

    wall_ms: int = START_MS
    steady_ms: int = 1
    made: int = 0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.steady_ms

    def new_id(self) -> str:
        self.made += 1
        return f"0198b0a0-0000-7000-8000-{self.made:012d}"

    def pass_by(self, milliseconds: int) -> None:
        """Let time go by."""
        self.wall_ms += milliseconds
        self.steady_ms += milliseconds


@dataclass(slots=True)
class FakeStore:
    """What is durable: facts in order, the running shift, receipts, drafts."""

    facts: list[Fact] = field(default_factory=list)
    shift: ShiftTotals | None = None
    shifts: int = 0
    receipts: int = 0
    draft: tuple[str, bytes] | None = None
    parked: dict[str, SuspendedCart] = field(default_factory=dict)
    stored: dict[str, str | None] = field(default_factory=dict)
    jobs: set[str] = field(default_factory=set)
    last_sale: LastSale | None = None

    def commit(self, commit: Commit) -> Committed:
        """Store all of it, once however often it is asked."""
        if commit.commit_id not in self.stored:
            number = None
            for fact in commit.facts:
                number = self._keep(fact) or number
            self.stored[commit.commit_id] = number
            self.jobs |= {slip.job_id for slip in commit.prints}
            if self.draft and self.draft[0] == commit.drops_draft:
                self.draft = None
        return Committed(commit.commit_id, self.stored[commit.commit_id], self.shift)

    def _keep(self, fact: Fact) -> str | None:
        number = None
        if isinstance(fact, TransactionCompleted):
            self.receipts += 1
            number = f"T03-{self.receipts:06d}"
            fact = replace(fact, receipt_number=number)
            self.last_sale = LastSale(
                fact.transaction_id, number, fact.total_minor, fact.change_minor, fact.completed_at_ms
            )
        if isinstance(fact, ReturnCompleted):
            self.receipts += 1
            number = f"T03-{self.receipts:06d}"
            fact = replace(fact, receipt_number=number)
        self.facts.append(fact)
        if isinstance(fact, ShiftOpened):
            self.shifts = fact.number
            self.shift = ShiftTotals(
                fact.shift_id, fact.number, fact.business_date, fact.operator_id, fact.operator_name,
                fact.at_ms, fact.currency, fact.float_minor,
            )  # fmt: skip
        elif isinstance(fact, ShiftSettled):
            self.shift = None
        elif self.shift is not None:
            self.shift = added(self.shift, fact)
        return number

    def record(self, facts: tuple[Fact, ...]) -> None:
        """Store what nobody waits for."""
        self.facts += facts

    def recovered(self, shop: Shop | None) -> Recovered:
        """What is there after a restart."""
        scans = [scan for fact in self.facts for scan in scans_of(fact)]
        locked = {
            fact.operator_id: fact.locked_until_ms
            for fact in self.facts
            if isinstance(fact, SignOnRefused) and fact.locked_until_ms
        }
        wrong: dict[str, int] = {}
        for fact in self.facts:
            if isinstance(fact, SignOnRefused):
                wrong[fact.operator_id] = 0 if fact.locked_until_ms else wrong.get(fact.operator_id, 0) + 1
            elif isinstance(fact, OperatorSignedOn):
                wrong.pop(fact.operator_id, None)
        return Recovered(
            shop=shop,
            shift=self.shift,
            cart=self.draft[1] if self.draft else None,
            suspended=tuple(self.parked.values()),
            last_sale=self.last_sale,
            locked_until=tuple(locked.items()),
            wrong_pins=tuple(wrong.items()),
            next_shift_number=self.shifts + 1,
            scan_no=max((scan.scan_no for scan in scans), default=0),
        )

    def sold_at_ms(self, gtin14: str, serial: str) -> int | None:
        """When a piece was last sold, or a coupon used up."""
        if gtin14 == COUPON_PIECE:
            used = [each for each in self.sales() for one in each.coupons if one.coupon_id == serial]
            return used[-1].completed_at_ms if used else None
        return next(
            (
                sale.completed_at_ms
                for sale in reversed(self.sales())
                for line in sale.lines
                if line.pack is not None and (line.pack.gtin14, line.pack.serial) == (gtin14, serial)
            ),
            None,
        )

    def found(self, ask: FindSale) -> SaleFound:
        """The sale of a receipt with its returns."""
        sale = next((each for each in self.sales() if each.receipt_number == ask.receipt), None)
        if sale is None:
            return SaleFound(ask.ask_id, None, (), "unknown")
        back = (each for each in self.facts if isinstance(each, ReturnCompleted))
        return SaleFound(
            ask.ask_id, sale, tuple(each for each in back if each.sale_id == sale.transaction_id)
        )

    def sales(self) -> list[TransactionCompleted]:
        """The sales that are stored."""
        return [fact for fact in self.facts if isinstance(fact, TransactionCompleted)]


def scans_of(fact: Fact) -> tuple[ScanRecord, ...]:
    """Scans that a fact keeps."""
    if isinstance(fact, TransactionCompleted | TransactionVoided):
        return fact.scans
    return (fact.scan,) if isinstance(fact, ScanRefused) else ()


def added(totals: ShiftTotals, fact: Fact) -> ShiftTotals:
    """A shift's figures after a fact."""
    if isinstance(fact, TransactionVoided):
        return replace(totals, voided_sales=totals.voided_sales + 1)
    if isinstance(fact, OverrideGiven):
        return replace(totals, overrides=totals.overrides + 1)
    if isinstance(fact, ReturnCompleted):
        return with_return(totals, fact)
    if not isinstance(fact, TransactionCompleted):
        return totals
    tenders = {tender.tender_id: tender for tender in totals.tenders}
    change = fact.change_minor
    for line in fact.tenders:
        old = tenders.get(line.tender_id) or TenderTotal(line.tender_id, line.names, line.kind, 0, 0)
        back = change if line.kind == "cash" else 0
        change -= back
        tenders[line.tender_id] = replace(
            old, count=old.count + 1, sales_minor=old.sales_minor + line.amount_minor - back
        )
    taxes: dict[str, TaxLine] = {tax.rate_id: tax for tax in totals.taxes}
    for tax in fact.taxes:
        was = taxes.get(tax.rate_id)
        taxes[tax.rate_id] = tax if was is None else replace(
            tax,
            taxable_minor=was.taxable_minor + tax.taxable_minor,
            tax_minor=was.tax_minor + tax.tax_minor,
        )  # fmt: skip
    return replace(
        totals,
        sales_count=totals.sales_count + 1,
        sales_minor=totals.sales_minor + fact.total_minor,
        goods_minor=totals.goods_minor + fact.goods_minor,
        rounding_minor=totals.rounding_minor + fact.rounding_minor,
        tenders=tuple(tenders.values()),
        taxes=tuple(taxes.values()),
        voided_lines=totals.voided_lines + len(fact.voided),
    )
