"""Twenty scans a second through the real window while sheets open, names are typed and sales are stored.

Every code that was scanned must be on record once, as part of a line or as a refusal, in the order of the
scans, and no sign of a code may appear in the scan field. Keys go to the window's handle with times of
their own, a person's keys between and across them.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from posapp.commands.bench_shop import catalogue, codes_of
from posapp.commands.bench_till import OpenTill, offscreen, settle
from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.domain.facts import Fact, ScanRecord, ScanRefused, TransactionCompleted, TransactionVoided
from posapp.flows.effects import Commit, Record
from posapp.flows.intents import Back, EnterText, GoTo, NextSale, Settle, StartTender, SwitchLanguage
from posapp.flows.terminal import Outcome
from posapp.till import Till
from posapp.ui.app import create_application
from posapp.ui.keystrokes import scan

SCANS_PER_S = 20
EVERY_MS = 1000 // SCANS_PER_S
KEY_MS = 2
FINGER_MS, EARLY_MS = 45, 12
UNKNOWN = "6900170999996"
NAME = "tea"
PLAIN = Qt.KeyboardModifier.NoModifier


@dataclass(eq=False)
class Sustained:
    """Scans and acts on one till, step by step; a step is one scan and the time until the next."""

    till: Till
    codes: list[str]
    scanned: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    strayed: list[str] = field(default_factory=list)
    longest_ns: list[int] = field(default_factory=list)
    sales: int = 0
    at_ms: int = 1_000_000
    """Time of the keys, wound by the steps: the same rhythm however fast the steps are taken."""
    names: int = 0
    """How often the whole typed name stood in the scan field."""
    _down: tuple[Qt.Key, str] | None = None

    def begin(self) -> None:
        """Listen to what the terminal orders and to the scan field; the cart's first scans count, too."""
        cart = self.till.terminal.state.desk.cart
        self.scanned = [record.code for record in cart.scans] if cart is not None else []
        handle = self.till.terminal.handle

        def observed(intent: Any) -> Outcome:
            outcome = handle(intent)
            for effect in outcome.effects:
                if isinstance(effect, Commit | Record):
                    self.facts.extend(effect.facts)
            return outcome

        self.till.terminal.handle = observed  # type: ignore[method-assign]
        self.till.window.parts.top.scan.edit.textChanged.connect(self._look_at)

    def _look_at(self, text: str) -> None:
        self.names += text == NAME
        if any(sign not in NAME for sign in text):
            self.strayed.append(text)

    def step(self) -> None:
        """One scan, and what people do meanwhile."""
        number = len(self.scanned)
        code = UNKNOWN if number % 9 == 8 else self.codes[number % len(self.codes)]
        self.scanned.append(code)
        begun = perf_counter_ns()
        scan(self.till.window, code, start_ms=self.at_ms, gap_ms=KEY_MS)
        self.longest_ns.append(perf_counter_ns() - begun)
        self._let_go()
        self._act(number % 40)
        self.at_ms += EVERY_MS

    def _act(self, place: int) -> None:
        send = self.till.window.intent.emit
        match place:
            case 3 | 23:
                send(StartTender())
            case 7:
                send(Back())
            case 9 | 10 | 11:
                self._press(NAME[place - 9])
            case 13:
                send(EnterText(NAME))
            case 15:
                send(Back())
            case 17:
                send(GoTo("status"))
            case 19:
                send(GoTo("sell"))
            case 21:
                send(SwitchLanguage("en" if self.sales % 2 else "zh_CN"))
            case 26:
                send(Settle())
                self.sales += 1
            case 33:
                send(NextSale())

    def _press(self, sign: str) -> None:
        """A finger goes down just before the next scan and up after it."""
        self._down = (Qt.Key(ord(sign.upper())), sign)
        self._send(QEvent.Type.KeyPress, self.at_ms + EVERY_MS - EARLY_MS)

    def _let_go(self) -> None:
        if self._down is not None:
            self._send(QEvent.Type.KeyRelease, self.at_ms + FINGER_MS - EARLY_MS)
            self._down = None

    def _send(self, kind: QEvent.Type, at_ms: int) -> None:
        assert self._down is not None
        key, sign = self._down
        event = QKeyEvent(kind, key, PLAIN, sign)
        event.setTimestamp(at_ms)
        handle = self.till.window.windowHandle()
        assert handle is not None
        QCoreApplication.sendEvent(handle, event)

    # ------------------------------------------------------------------ the account

    def on_record(self) -> list[ScanRecord]:
        """Every scan that the till has put on record, by its number."""
        found: list[ScanRecord] = []
        for fact in self.facts:
            if isinstance(fact, TransactionCompleted | TransactionVoided):
                found += fact.scans
            elif isinstance(fact, ScanRefused):
                found.append(fact.scan)
        cart = self.till.terminal.state.desk.cart
        if cart is not None:
            found += cart.scans
        return sorted(found, key=lambda record: record.scan_no)


def play(open_till: OpenTill, codes: list[str], scans: int) -> Sustained:
    """So many scans as fast as the machine goes, in the rhythm of their own times."""
    run = Sustained(open_till.till, codes)
    run.begin()
    for _ in range(scans):
        run.step()
        settle()
    finish(run)
    return run


def finish(run: Sustained) -> None:
    """Let the writer and what waits for it come to rest."""
    for _ in range(3):
        run.till.writer.flush()
        settle()


def bench_sustained(*, seconds: int, seed: int, folder: Path | None) -> Result:
    """Twenty scans a second for so long, in real time."""
    offscreen()
    application = create_application(sys.argv[:1])
    goods = catalogue(1_000, seed, None)
    with tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=folder) as temporary:
        codes = codes_of(goods, 500, seed)
        open_till = OpenTill(Path(temporary), goods, codes[:1])
        try:
            run = Sustained(open_till.till, codes)
            run.begin()
            timer = QTimer()
            timer.setTimerType(Qt.TimerType.PreciseTimer)

            def tick() -> None:
                run.step()
                if len(run.scanned) >= seconds * SCANS_PER_S:
                    QCoreApplication.exit(0)

            timer.timeout.connect(tick)
            begun = perf_counter_ns()
            timer.start(EVERY_MS)
            application.exec()
            timer.stop()
            spent_s = (perf_counter_ns() - begun) / 1e9
            finish(run)
            result = _result(run, seed, spent_s)
        finally:
            open_till.close()
    return result


def _result(run: Sustained, seed: int, spent_s: float) -> Result:
    records = run.on_record()
    lines = sum(record.line_no is not None for record in records)
    refusals = sum(record.refusal is not None for record in records)
    figures: dict[str, Any] = {
        "scans": len(run.scanned),
        "scans_per_s": round(len(run.scanned) / spent_s, 2),
        "seconds": round(spent_s, 1),
        "sales": run.sales,
        "scans_in_lines": lines,
        "scans_refused": refusals,
        "lost_or_merged": len(run.scanned) - lines - refusals,
        "out_of_order": int([record.code for record in records] != run.scanned),
        "codes_in_field": len(run.strayed),
        "burst_p50_ms": round(median(run.longest_ns) / 1e6, 3),
        "burst_p99_ms": round(quantile(run.longest_ns, 0.99) / 1e6, 3),
    }
    aims = [
        Aim("lost_or_merged", "==", 0),
        Aim("out_of_order", "==", 0),
        Aim("codes_in_field", "==", 0),
        Aim("scans_per_s", ">=", SCANS_PER_S * 0.95, gated=False),
        Aim("burst_p99_ms", "<=", 30, gated=False),
    ]
    return Result("wedge-sustained", seed, figures, {}, aims)
