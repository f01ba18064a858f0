"""A till without a screen or a disk: the terminal, a store in memory and people who press things.

Whatever a test plays, the world watches what must never happen: paper or a drawer before its commit, two
commits of one sale that differ, a view that cannot be shown in some language.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args

from posapp.domain.cart_record import cart_from_bytes
from posapp.domain.facts import (
    ScanRecord,
    TransactionCompleted,
    TransactionVoided,
)
from posapp.domain.sale_facts import lease_spends
from posapp.domain.shop import Operator, Shop
from posapp.flows import explanation
from posapp.flows.effects import (
    Commit,
    Effect,
    ExplainPrices,
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
from posapp.flows.intents import (
    CommitFailed,
    Committed,
    Intent,
    ItemsFound,
    KeyIn,
    OpenDrawer,
    OpenShift,
    PinChecked,
    ScanCode,
    SelectOperator,
    Settle,
    ShiftRead,
    SignOn,
    StartTender,
    SuspendedCart,
)
from posapp.flows.member_answers import LeasesChanged
from posapp.flows.member_effects import FindSale
from posapp.flows.presenters import present
from posapp.flows.state import Phase
from posapp.flows.steps import Ports
from posapp.flows.terminal import Outcome, Terminal
from posapp.flows.views import View
from tests.domain.shops import LIN, SHOP
from tests.flows.fakes import (
    FakeCatalogue,
    FakeStore,
    Hands,
    Trouble,
    codes,
    scans_of,
    speech,
)


class World:
    """A terminal and all that answers it. Commits are answered at once, unless `holds_commits`."""

    def __init__(self, shop: Shop | None = SHOP, *, recover: bool = True) -> None:
        self.hands = Hands()
        self.catalogue = FakeCatalogue()
        self.store = FakeStore()
        self.ports = Ports(self.hands, self.hands, self.catalogue, speech, codes, self.store)
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
                    self._store(effect)
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
            case ExplainPrices():
                self._one(explanation.answer(effect, self.catalogue))
            case VerifyPin() | Search() | ReadShift() | FindSale():
                if self.holds_answers:
                    self.asked.append(effect)
                else:
                    self._one(self.answer(effect))

    def answer(self, effect: Effect) -> Intent:
        """What the world says to a question."""
        if isinstance(effect, VerifyPin):
            return PinChecked(effect.operator_id, effect.pin_hash == f"hash of {effect.pin}")
        if isinstance(effect, FindSale):
            return self.store.found(effect)
        if isinstance(effect, Search):
            return ItemsFound(effect.text, self.catalogue.search(effect.text))
        return ShiftRead(self.store.shift)

    def answer_commit(self, trouble: Trouble | None = None) -> None:
        """Answer the oldest commit that is held back."""
        commit = self.held.pop(0)
        if trouble == "integrity":
            # Surely not stored, and trying it again is no use: another content may follow.
            self.commits.pop(commit.commit_id, None)
        if trouble:
            self._one(CommitFailed(commit.commit_id, trouble))
        else:
            self._store(commit)

    def _store(self, commit: Commit) -> None:
        """Store a commit; as a store does, tell what leases have left before it answers."""
        is_new = commit.commit_id not in self.store.stored
        answer = self.store.commit(commit)
        spends = Counter[str]()
        for fact in commit.facts if is_new else ():
            for lease_id, amount in lease_spends(fact) if isinstance(fact, TransactionCompleted) else ():
                spends[lease_id] += amount
        if spends:
            left = tuple(replace(each, spent=each.spent + spends[each.lease_id]) for each in self.desk.leases)
            self._one(LeasesChanged(left, *self.desk.lease_worst_minor))
        self._one(answer)

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
                assert isinstance(intent, Committed | OpenDrawer), f"the drawer opened at {intent}"
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
