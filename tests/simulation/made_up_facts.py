"""Facts as a till makes them, drawn by chance and adding up: baskets, carts, slips, shifts, sign-ons.

For campaigns against the store alone, thousands of times faster than a terminal would make them. Ids,
times and scan numbers are the maker's own, so one seed is one day.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from posapp.domain.facts import (
    DrawerCounted,
    DrawerOpened,
    Fact,
    OperatorSignedOff,
    OperatorSignedOn,
    OverrideGiven,
    PackData,
    SaleLine,
    ScanRecord,
    ScanRefused,
    ShiftOpened,
    ShiftSettled,
    ShiftTotals,
    SignOnRefused,
    TaxLine,
    TenderLine,
    TransactionCompleted,
    TransactionVoided,
    VoidedLine,
)
from posapp.domain.money import allocate
from posapp.domain.paper import CodeRow, FeedRow, PaperDocument, TextRow
from posapp.flows.effects import Commit, PrintRequest
from tests.simulation.made_up_discounts import with_discounts

STORE, TERMINAL, NUMBER = "S0217", "T03", 3
DAY_MS = 86_400_000
START_MS = 1_780_000_000_000


@dataclass
class SteppedClock:
    """A clock that a campaign winds; each look takes a little while."""

    wall_ms: int = START_MS
    steady_ms: int = 0

    def now_ms(self) -> int:
        self.wall_ms += 3
        return self.wall_ms

    def monotonic_ms(self) -> int:
        self.steady_ms += 1
        return self.steady_ms


@dataclass
class CountedNames:
    """Ids in rising order; a life begins where no other one was."""

    life: int
    count: int = 0

    def new_id(self) -> str:
        self.count += 1
        return f"01980000-0000-7{self.life % 4096:03x}-8000-{self.count:012d}"


class FactMaker:
    """Draws the next thing that happens at a till."""

    def __init__(self, chance: random.Random, clock: SteppedClock, ids: CountedNames, scan_no: int) -> None:
        self._chance = chance
        self._clock = clock
        self._ids = ids
        self._scan_no = scan_no
        self.shift: ShiftTotals | None = None
        self.next_shift_number = 1

    def new_id(self) -> str:
        """A name for a cart, a commit or a slip."""
        return self._ids.new_id()

    def let_pass(self, time_ms: int) -> None:
        """Let some time go by."""
        self._clock.wall_ms += time_ms

    def cart(self) -> bytes:
        """An open cart, of a size that takes one page or three."""
        size = self._chance.choice((200, 900, 2500, 9000))
        return json.dumps({"cart": self._chance.randbytes(size // 2).hex()}).encode()

    def slip(self, title: str) -> PaperDocument:
        """A slip with the mark that the commit replaces."""
        rows = [TextRow(f"{self._chance.random()}", "12.00") for _ in range(self._chance.randrange(3, 12))]
        head = (TextRow("No. {receipt_number}", ""), CodeRow("code128", "{receipt_number}"))
        return PaperDocument(title, (*head, *rows, FeedRow(3)), 42)

    def sale(self, transaction_id: str) -> tuple[Commit, str]:
        """The commit of a sale with its slip, sometimes with a manager's approval, and the slip's job."""
        fact = self._paid(transaction_id)
        if self._chance.random() < 0.4:
            fact = with_discounts(fact, self._chance)
        job_id = self.new_id()
        facts: tuple[Fact, ...] = (fact,)
        if self._chance.random() < 0.15:
            facts = (self._override(transaction_id), fact)
        prints = (PrintRequest(job_id, "receipt", self.slip("receipt")),)
        return Commit(self.new_id(), facts, prints, transaction_id), job_id

    def voided(self, transaction_id: str) -> Commit:
        """The commit of a cart that was given up."""
        lines, scans = self._lines()
        goods, now_ms = sum(line.amount_minor for line in lines), self._clock.now_ms()
        shift = self._shift()
        fact = TransactionVoided(
            transaction_id, shift.shift_id, shift.business_date, "1009", now_ms - 9_000, now_ms, "CNY",
            goods, lines, (), scans,
        )  # fmt: skip
        return Commit(self.new_id(), (fact,), (), transaction_id)

    def opened(self) -> Commit:
        """The commit of a shift that begins."""
        number = self.next_shift_number
        self.next_shift_number += 1
        fact = ShiftOpened(
            self.new_id(), number, STORE, TERMINAL, "2026-05-28", "1009", "Li Na", 20_000, "CNY",
            self._clock.now_ms(),
        )  # fmt: skip
        return Commit(self.new_id(), (fact,))

    def settled(self) -> Commit:
        """The commit of a shift that ends, with its count and its report."""
        totals, now_ms = self._shift(), self._clock.now_ms()
        expected = totals.expected_cash_minor
        counts = ((10_000, expected // 10_000), (1, expected % 10_000))
        facts = (
            DrawerCounted(totals.shift_id, "1009", expected, now_ms),
            ShiftSettled(totals.shift_id, "1009", totals, expected, expected, 0, "", counts, now_ms),
        )
        return Commit(self.new_id(), facts, (PrintRequest(self.new_id(), "z_report", self.slip("z")),))

    def aside(self) -> Fact:
        """Something that nobody waits for."""
        now_ms = self._clock.now_ms()
        refused = ScanRefused(self._scan("690000000000", None, "unknown"), "1009", "2026-05-28")
        return self._chance.choice((
            OperatorSignedOn("session", "1009", now_ms),
            OperatorSignedOff("session", "1009", now_ms),
            SignOnRefused("1010", now_ms, None),
            SignOnRefused("1010", now_ms, now_ms + 60_000),
            DrawerOpened(self._shift().shift_id, "1009", "count", now_ms),
            refused,
        ))  # fmt: skip

    def _shift(self) -> ShiftTotals:
        assert self.shift is not None
        return self.shift

    def _override(self, transaction_id: str) -> OverrideGiven:
        now_ms = self._clock.now_ms()
        return OverrideGiven(
            self.new_id(), "void_line", "1009", "1001", "Damaged", 350, transaction_id, now_ms
        )

    def _scan(self, code: str, line_no: int | None, refusal: str | None) -> ScanRecord:
        self._scan_no += 1
        return ScanRecord(self._scan_no, code, self._clock.now_ms(), line_no, refusal)

    def _lines(self) -> tuple[tuple[SaleLine, ...], tuple[ScanRecord, ...]]:
        lines, scans = [], []
        for line_no in range(1, self._chance.choice((2, 3, 4, 7, 13, 40))):
            code = f"690{self._chance.randrange(10**10):010d}"
            price, pieces = self._chance.randrange(5, 20_000), self._chance.randrange(1, 4)
            pack = PackData("0" + code, serial=self.new_id()) if self._chance.random() < 0.1 else None
            names = {"en": f"Item {code}", "zh_CN": f"商品{code}"}
            lines.append(
                SaleLine(
                    line_no,
                    f"sku-{code}",
                    names,
                    code,
                    pieces,
                    "pcs",
                    price,
                    price * pieces,
                    "std",
                    pack=pack,
                )
            )
            scans.append(self._scan(code, line_no, None))
        return tuple(lines), tuple(scans)

    def _paid(self, transaction_id: str) -> TransactionCompleted:
        chance, shift = self._chance, self._shift()
        lines, scans = self._lines()
        goods = sum(line.amount_minor for line in lines)
        added = chance.random() < 0.3
        taxable, tax = (goods, goods * 13 // 100) if added else allocate(goods, (100, 13))
        rounding = chance.randrange(-4, 5)
        total = goods + (tax if added else 0) + rounding
        card = chance.randrange(1, total) if total > 1 and chance.random() < 0.4 else 0
        change = chance.choice((0, 0, 50, 1234))
        paid: list[tuple[Any, int]] = [("recorded", card)] if card else []
        paid.append(("cash", total + change - card))
        now_ms = self._clock.now_ms()
        return TransactionCompleted(
            transaction_id=transaction_id, store_id=STORE, terminal_id=TERMINAL, shift_id=shift.shift_id,
            business_date=shift.business_date, operator_id="1009", operator_name="Li Na",
            opened_at_ms=now_ms - 40_000, completed_at_ms=now_ms, currency="CNY", language="zh_CN",
            lines=lines, taxes=(TaxLine("vat13", {"en": "VAT"}, 130_000, not added, taxable, tax),),
            tenders=tuple(
                TenderLine(number, kind, kind, {"en": kind}, amount)
                for number, (kind, amount) in enumerate(paid, 1)
            ),
            goods_minor=goods, tax_added_minor=tax if added else 0, rounding_minor=rounding,
            total_minor=total, tendered_minor=total + change, change_minor=change,
            voided=tuple(
                VoidedLine(90 + n, "sku-v", 1, "pcs", 5, now_ms) for n in range(chance.choice((0, 0, 1)))
            ),
            scans=scans,
        )  # fmt: skip
