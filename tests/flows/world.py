"""A till without a screen or a disk: the terminal, a store in memory and people who press things.

Whatever a test plays, the world watches what must never happen: paper or a drawer before its commit, two
commits of one sale that differ, a view that cannot be shown in some language.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from posapp.domain.cart_record import cart_from_bytes
from posapp.domain.catalog import Item
from posapp.domain.codes import check_digit, normalise
from posapp.domain.facts import (
    Fact,
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
from posapp.domain.shop import Operator, Shop
from posapp.flows.effects import (
    Commit,
    Effect,
    KickDrawer,
    ParkDraft,
    Print,
    ReadShift,
    Record,
    SaveDraft,
    Search,
    UnparkDraft,
    VerifyPin,
)
from posapp.flows.formatting import Speech
from posapp.flows.intents import (
    CommitFailed,
    Committed,
    Intent,
    ItemsFound,
    KeyIn,
    LastSale,
    OpenShift,
    PinChecked,
    Recovered,
    ScanCode,
    SelectOperator,
    Settle,
    ShiftRead,
    SignOn,
    StartCount,
    StartTender,
    SuspendedCart,
)
from posapp.flows.presenters import present
from posapp.flows.state import Phase
from posapp.flows.steps import Ports
from posapp.flows.terminal import Outcome, Terminal
from posapp.flows.views import View
from posapp.messages import load_speech
from tests.domain.shops import LIN, SHOP, item

START_MS = 1_780_000_000_000
I18N = Path(__file__).resolve().parents[2] / "resources" / "i18n"
Trouble = Literal["disk_full", "locked", "read_only", "io_error", "integrity"]


@cache
def speech(language: str) -> Speech:
    """The real words of a language."""
    return load_speech(language, I18N)


def ean(digits: str) -> str:
    """A 13-digit code from its first twelve."""
    return digits + check_digit(digits)


COLA = ean("690102818055")
MILK = ean("690102818056")
NO_PRICE = ean("690102818057")
UNKNOWN = ean("690102818099")
APPLE_PLU = "4011"  # sold by weight, asked for on the sheet
LIKE_A_LABEL = ean("220000900150")  # an ordinary item whose code looks like a weight


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

    def __post_init__(self) -> None:
        self.keys = {normalise(code).key: found for code, found in self.by_code.items()}

    def by_key(self, key: str, at_ms: int) -> Item | None:
        return self.keys.get(key)

    def by_sku(self, sku: str, at_ms: int) -> Item | None:
        return next((found for found in self.by_code.values() if found.sku == sku), None)

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
        return Recovered(
            shop=shop,
            shift=self.shift,
            cart=self.draft[1] if self.draft else None,
            suspended=tuple(self.parked.values()),
            last_sale=self.last_sale,
            locked_until=tuple(locked.items()),
            next_shift_number=self.shifts + 1,
            scan_no=max((scan.scan_no for scan in scans), default=0),
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


class World:
    """A terminal and all that answers it. Commits are answered at once, unless `holds_commits`."""

    def __init__(self, shop: Shop | None = SHOP, *, recover: bool = True) -> None:
        self.hands = Hands()
        self.catalogue = FakeCatalogue()
        self.store = FakeStore()
        self.ports = Ports(self.hands, self.hands, self.catalogue, speech)
        self.shop = shop
        self.effects: list[Effect] = []
        self.held: list[Commit] = []
        self.holds_commits = False
        self.holds_answers = False
        self.asked: list[Effect] = []
        self.trouble: Trouble | None = None
        self.commits: dict[str, Commit] = {}
        self.terminal = Terminal("T03", self.ports, language="zh_CN", version="1.2.3")
        if recover:
            self.do(self.store.recovered(shop))

    # --- pressing ---------------------------------------------------------------------------

    def do(self, *pressed: Intent) -> Outcome:
        """Press one after the other; the last outcome, after all that was answered at once."""
        effects: tuple[Effect, ...] = ()
        for intent in pressed:
            effects = self._one(intent).effects
        return Outcome(self.terminal.view(), effects)

    def _one(self, intent: Intent) -> Outcome:
        outcome = self.terminal.handle(intent)
        self.effects += outcome.effects
        self._watch(intent, outcome.effects)
        for effect in outcome.effects:
            self._carry_out(effect)
        return outcome

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Commit():
                if self.holds_commits:
                    self.held.append(effect)
                elif self.trouble:
                    self._one(CommitFailed(effect.commit_id, self.trouble))
                else:
                    self._one(self.store.commit(effect))
            case Record():
                self.store.record(effect.facts)
            case SaveDraft():
                self.store.draft = (effect.transaction_id, effect.cart)
            case ParkDraft():
                self.store.draft = None
                self.store.parked[effect.transaction_id] = SuspendedCart(
                    effect.transaction_id, effect.label, effect.suspended_ms, effect.operator_name,
                    effect.goods_minor, effect.pieces, effect.cart,
                )  # fmt: skip
            case UnparkDraft():
                gone = self.store.parked.pop(effect.transaction_id)
                self.store.draft = (effect.transaction_id, gone.cart)
            case VerifyPin() | Search() | ReadShift():
                if self.holds_answers:
                    self.asked.append(effect)
                else:
                    self._one(self.answer(effect))

    def answer(self, effect: Effect) -> Intent:
        """What the world says to a question."""
        if isinstance(effect, VerifyPin):
            return PinChecked(effect.operator_id, effect.pin_hash == f"hash of {effect.pin}")
        if isinstance(effect, Search):
            return ItemsFound(effect.text, self.catalogue.search(effect.text))
        return ShiftRead(self.store.shift)

    def answer_commit(self, trouble: Trouble | None = None) -> None:
        """Answer the oldest commit that is held back."""
        commit = self.held.pop(0)
        self._one(CommitFailed(commit.commit_id, trouble) if trouble else self.store.commit(commit))

    def restart(self) -> None:
        """The power goes off and on; answers that were on their way never come."""
        self.held.clear()
        self.asked.clear()
        self.commits = {key: commit for key, commit in self.commits.items() if key in self.store.stored}
        self.terminal = Terminal("T03", self.ports, language="zh_CN", version="1.2.3")
        self.do(self.store.recovered(self.shop))

    # --- what must never happen -------------------------------------------------------------

    def _watch(self, intent: Intent, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, KickDrawer):
                assert isinstance(intent, Committed | StartCount), f"the drawer opened at {intent}"
            if isinstance(effect, Print):
                assert isinstance(intent, Committed), f"paper at {intent}"
                assert set(effect.job_ids) <= self.store.jobs, "paper of something not stored"
            if isinstance(effect, Commit):
                before = self.commits.setdefault(effect.commit_id, effect)
                assert before == effect, "one commit with two contents"
        once = Counter(
            fact.transaction_id
            for commit in self.commits.values()
            for fact in commit.facts
            if isinstance(fact, TransactionCompleted | TransactionVoided)
        )
        assert not [key for key, count in once.items() if count > 1], "one sale in two commits"
        fresh = present(self.terminal.state, self.ports, "1.2.3")
        assert self.terminal.view() == fresh, "what a presenter kept is not what it would paint"
        for language in ("zh_CN", "en"):
            desk = replace(self.terminal.state.desk, language=language)
            view = present(replace(self.terminal.state, desk=desk), self.ports, "1.2.3")
            for text in texts_in(view):
                assert not re.search(r"\{[a-z]+\}", text), f"not filled in: {text}"

    # --- looking ------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        return self.terminal.state.phase

    @property
    def at(self) -> str:
        """Name of the phase."""
        return type(self.phase).__name__

    @property
    def desk(self) -> Any:
        return self.terminal.state.desk

    @property
    def refused(self) -> str:
        """The English sentence that stands, or ""."""
        told = self.desk.refusal
        return told.msgid if told else ""

    def lines(self) -> list[tuple[str, int, int]]:
        """SKU, quantity and amount of the open sale's lines."""
        cart = self.desk.cart
        return [(x.sku, x.quantity.value, x.amount_minor) for x in cart.lines] if cart else []

    def scans(self) -> dict[int, ScanRecord]:
        """Every scan on record by its number; fails where a number was given twice."""
        records = [scan for fact in self.store.facts for scan in scans_of(fact)]
        kept = [cart_from_bytes(parked.cart) for parked in self.store.parked.values()]
        records += [scan for cart in (self.desk.cart, *kept) if cart for scan in cart.scans]
        numbers = [scan.scan_no for scan in records]
        assert len(numbers) == len(set(numbers)), f"a scan number was given twice: {sorted(numbers)}"
        return {scan.scan_no: scan for scan in records}

    # --- short ways -----------------------------------------------------------------------------

    def key(self, text: str) -> Outcome:
        """Key digits and points."""
        return self.do(*(KeyIn(sign) for sign in text))

    def sign_on(self, who: Operator = LIN) -> Outcome:
        """Tap the name, key the right PIN."""
        self.do(SelectOperator(who.operator_id))
        self.key(who.pin_hash.removeprefix("hash of "))
        return self.do(SignOn())

    def open_shift(self, who: Operator = LIN) -> World:
        """Sign on and open a shift with the usual float."""
        self.sign_on(who)
        self.do(OpenShift())
        assert self.at == "Selling"
        return self

    def scan(self, *codes: str) -> Outcome:
        """Scan one after the other."""
        return self.do(*(ScanCode(code) for code in codes))

    def pay(self, amount: str = "") -> Outcome:
        """Open payment, key an amount where one is given, settle."""
        self.do(StartTender())
        self.key(amount)
        return self.do(Settle())


def texts_in(value: object) -> list[str]:
    """Every text in a view."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for part in value for text in texts_in(part)]
    if is_dataclass(value) and not isinstance(value, get_args(Intent)):
        return [text for each in fields(value) for text in texts_in(getattr(value, each.name))]
    return []


def intents_in(value: object) -> list[Intent]:
    """Every wish that a view offers, disabled buttons left out."""
    if isinstance(value, get_args(Intent)):
        return [value]
    if isinstance(value, tuple):
        return [intent for part in value for intent in intents_in(part)]
    if is_dataclass(value) and getattr(value, "enabled", True):
        return [intent for each in fields(value) for intent in intents_in(getattr(value, each.name))]
    return []


def labels(view: View) -> str:
    """All texts of a view in one, to look for words in."""
    return "\n".join(texts_in(view))
