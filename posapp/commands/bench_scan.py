"""`posapp bench scan`: from the delivery of a burst's terminator to the end of the paint.

Two tills, one with the large catalogue and one with a thousand codes, take turns with a bare repaint of
the list and of the window they have on the screen. The burst's keys go to the window's handle, as a
scanner's do; what is timed begins with its last key and ends when everything posted is painted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from posapp.commands.bench_offers import offers_of
from posapp.commands.bench_shop import catalogue, codes_of
from posapp.commands.bench_till import SIZE, OpenTill, offscreen, settle
from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.domain.codes import is_known_payload, normalise
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.ui.app import create_application
from posapp.ui.bursts import BURST_TIMEOUT_MS
from posapp.ui.keystrokes import ENTER, scan, strike
from posapp.ui.wedge import Wedge

LINES = 60
FEW_CODES = 1_000
FRAME_MS = 1000 / 60


@dataclass(slots=True)
class Samples:
    """Nanoseconds of one till's scans and of bare repaints between them."""

    outside: list[int] = field(default_factory=list)
    paint: list[int] = field(default_factory=list)
    total: list[int] = field(default_factory=list)
    lookup: list[int] = field(default_factory=list)
    list_repaint: list[int] = field(default_factory=list)
    window_repaint: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured and where."""

    rounds: int
    scans: int
    codes: int
    seed: int
    given: Path | None
    folder: Path | None
    promotions: int = 0


def bench_scan(plan: Plan) -> Result:
    """Measure scans on two tills side by side."""
    offscreen()
    application = create_application(sys.argv[:1])
    many = catalogue(plan.codes, plan.seed, plan.given)
    few = catalogue(FEW_CODES, plan.seed, None)
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=plan.folder)
        folder = Path(stack.enter_context(temporary))
        sides = []
        for name, goods in (("many", many), ("few", few)):
            wanted = LINES - 1 + plan.rounds * plan.scans
            offers = offers_of(goods, plan.promotions, wanted, plan.seed) if plan.promotions else None
            codes = offers.codes if offers else codes_of(goods, wanted, plan.seed)
            open_till = OpenTill(
                folder / name, goods, codes[: LINES - 1], None if offers is None else offers.index
            )
            stack.callback(open_till.close)
            sides.append(Side(open_till, codes[LINES - 1 :] or codes, Samples()))
        for _warm in range(3):
            for side in sides:
                side.scan(side.codes[0])
        for side in sides:
            side.samples = Samples()
        for number in range(plan.rounds):
            for place in range(plan.scans):
                # Turn about, so that neither till always finds the caches as the other left them.
                for side in sides if (number + place) % 2 else reversed(sides):
                    side.scan(side.codes[(number * plan.scans + place) % len(side.codes)])
                    side.repaint()
        held_back = _hold_back(plan.scans)
        for side in sides:
            _look_up(side)
    del application
    return _result(plan, sides[0].samples, sides[1].samples, held_back)


@dataclass(slots=True)
class Side:
    """One of the two tills, the codes it scans and what was measured."""

    open_till: OpenTill
    codes: list[str]
    samples: Samples

    def scan(self, code: str) -> None:
        """Deliver one burst and time it from its last key on; the cart is put back afterwards."""
        window, samples = self.open_till.till.window, self.samples
        scan(window, code, end=False)
        press = QKeyEvent(QEvent.Type.KeyPress, ENTER, Qt.KeyboardModifier.NoModifier, "\r")
        release = QKeyEvent(QEvent.Type.KeyRelease, ENTER, Qt.KeyboardModifier.NoModifier, "\r")
        handle = window.windowHandle()
        painted = self.open_till.painted.count
        begun = perf_counter_ns()
        QCoreApplication.sendEvent(handle, press)
        # How long a key is down tells whose it is, so the burst is decided when the last one is up.
        QCoreApplication.sendEvent(handle, release)
        told = perf_counter_ns()
        done, painted_then = self.open_till.painted.wait()
        if painted_then == painted or self.open_till.line_count() != LINES:
            raise RuntimeError(f"the scan of {code} left no painted line")
        samples.outside.append(told - begun)
        samples.paint.append(done - told)
        samples.total.append(done - begun)
        self.open_till.put_back()

    def repaint(self) -> None:
        """Time a bare repaint of the list with the same number of lines, and one of the whole window."""
        viewport = self.open_till.lines().viewport()
        self.samples.list_repaint.append(_timed(viewport.repaint))
        self.samples.window_repaint.append(_timed(lambda: _whole(self.open_till.till.window)))


def _whole(window: QWidget) -> None:
    window.update()
    for part in window.findChildren(QWidget):
        QWidget.update(part)
    settle()


def _timed(act: Callable[[], object]) -> int:
    begun = perf_counter_ns()
    act()
    return perf_counter_ns() - begun


def _look_up(side: Side) -> None:
    """Time the catalogue alone, over a connection like the till's own."""
    reader = SqliteCatalogReader(CatalogPlace(side.open_till.settings.catalogue))
    try:
        for code in side.codes:
            key = normalise(code).key
            begun = perf_counter_ns()
            item = reader.by_key(key, 1 << 60)
            side.samples.lookup.append(perf_counter_ns() - begun)
            if item is None:
                raise RuntimeError(f"{code} is not in its own catalogue")
    finally:
        reader.close()


def _hold_back(count: int) -> list[int]:
    """Nanoseconds that the wedge alone keeps a finished burst back after its terminator."""
    window = QWidget()
    at: list[int] = []
    wedge = Wedge(
        window,
        is_known_payload,
        on_scan=lambda _scan: at.append(perf_counter_ns()),
        on_key=lambda _event, _focus: None,
    )
    window.show()
    wedge.watch()
    kept: list[int] = []
    for _ in range(max(3, count)):
        scan(window, "4006381333931", end=False)
        begun = perf_counter_ns()
        strike(window, ENTER, "\r")
        kept.append(at[-1] - begun)
    window.close()
    return kept


def _ms(values: list[int], share: float | None = None) -> float:
    return round((median(values) if share is None else quantile(values, share)) / 1e6, 4)


def _result(plan: Plan, many: Samples, few: Samples, held_back: list[int]) -> Result:
    figures: dict[str, Any] = {
        "codes": plan.codes if plan.given is None else 0,
        "lines": LINES,
        "promotions": plan.promotions,
        "scans": len(many.total),
        "rounds": plan.rounds,
        "window": f"{SIZE[0]}x{SIZE[1]}",
        "total_of_list_repaint_ratio": round(median(many.total) / median(many.list_repaint), 3),
        "outside_paint_of_few_codes_ratio": round(median(many.outside) / median(few.outside), 3),
        "hold_back_p50_ms": _ms(held_back),
        "hold_back_without_terminator_ms": BURST_TIMEOUT_MS,
    }
    for key, values in (
        ("total", many.total),
        ("outside_paint", many.outside),
        ("paint", many.paint),
        ("look_up", many.lookup),
    ):
        figures[f"{key}_p50_ms"] = _ms(values)
        figures[f"{key}_p99_ms"] = _ms(values, 0.99)
    baselines: dict[str, Any] = {
        "list_repaint_p50_ms": _ms(many.list_repaint),
        "list_repaint_p99_ms": _ms(many.list_repaint, 0.99),
        "window_repaint_p50_ms": _ms(many.window_repaint),
        "few_codes": FEW_CODES,
        "few_codes_total_p50_ms": _ms(few.total),
        "few_codes_outside_paint_p50_ms": _ms(few.outside),
        "few_codes_look_up_p50_ms": _ms(few.lookup),
    }
    aims = [
        Aim("total_of_list_repaint_ratio", "<=", 1.5),
        Aim("outside_paint_of_few_codes_ratio", "<=", 1.2),
        Aim("outside_paint_p99_ms", "<=", round(FRAME_MS / 3, 2), gated=False),
        Aim("total_p99_ms", "<=", round(FRAME_MS, 1), gated=False),
    ]
    return Result("scan", plan.seed, figures, baselines, aims)
