"""Promoted sales by scans and keys in the real window, the figures read back from what it paints.

    QT_QPA_PLATFORM=offscreen python -m tests.e2e.window_sales --seeds 0:125 --sales 8        # 1,000 sales
    xvfb-run -a python -m tests.e2e.window_sales --seeds 0:125 --from-seed 60 --sales 8

A seed is a shop with promotions of its own. Every text goes to the window through one pen (`Ink.text`),
which is watched while the whole window paints itself: lines, sums, offers, tax, what is due, paid and given
back as a person sees them, cut where they are cut. They are compared with the fact, the ledger's rows, the
journal and the receipt. Prints one JSON object; exit code 1: something differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from posapp.domain.facts import TransactionCompleted
from posapp.domain.shop import Shop
from posapp.flows.intents import EnterText, SwitchLanguage
from posapp.flows.presenters import sale as sale_presenter
from posapp.flows.presenters import tender as tender_presenter
from posapp.flows.state import Done
from posapp.ui.app import create_application
from posapp.ui.widgets.ink import Align, Ink, Style
from tests.e2e.conftest import Desk, demo_shop
from tests.simulation.counter import furnish, settings_in
from tests.simulation.promoted_sales import random_shop
from tests.simulation.random_offers import COUPON, random_offers
from tests.simulation.sale_figures import Figures, in_the_ledger, minor, on_the_fact
from tests.simulation.seed_ranges import seeds_of, with_seeds

STORE: Final = "S0217"
#: What fits on the screen without scrolling.
SCANS_MAX: Final = 5
_SHOWN: Final = 20


@dataclass(slots=True)
class Outcome:
    """What a campaign found; `wrong` holds (seed, sentence)."""

    shops: int = 0
    sales: int = 0
    discounted: int = 0
    texts: int = 0
    wrong: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Painted:
    """A text, where it was painted in its part, and how it was aligned."""

    text: str
    box: tuple[int, ...]
    align: str


class Eye:
    """Sees what the window paints."""

    def __init__(self, desk: Desk, currency: str) -> None:
        self._desk = desk
        self._currency = currency
        self.texts: list[Painted] = []
        self.count = 0

    def look(self) -> None:
        """Let the window paint itself whole."""
        written = Ink.text

        def text(
            ink: Ink, painter: QPainter, box: tuple[float, float, float, float], text: str, style: Style,
            align: Align = "start", elide: bool = True,
        ) -> float:  # fmt: skip
            seen = ink.elided(text, style, box[2]) if elide else text
            self.texts.append(Painted(seen, tuple(round(part) for part in box), align))
            return written(ink, painter, box, text, style, align, elide)

        self._desk.rest(10)
        self.texts = []
        with patch.object(Ink, "text", text):
            self._desk.window.grab()
        self.count += len(self.texts)

    def sums(self) -> list[tuple[str, int]]:
        """Rows of a name and an amount, in the order in which they stand."""
        found = []
        for amount, name in zip(self.texts, self.texts[1:], strict=False):
            is_row = amount.align == "end" and name.align == "start" and amount.box[:2] == name.box[:2]
            if is_row and amount.text and amount.box[3] == name.box[3]:
                found.append((name.text, minor(amount.text, self._currency)))
        return found

    def lines(self) -> list[int]:
        """What each line of goods costs."""
        starts = [n for n, one in enumerate(self.texts) if one.align == "middle" and one.box[::2] == (8, 26)]
        found = []
        for first, end in zip(starts, [*starts[1:], len(self.texts)], strict=True):
            row = self.texts[first].box[1]
            ends = [
                one for one in self.texts[first:end] if one.align == "end" and row <= one.box[1] < row + 64
            ]
            right = max(one.box[0] for one in ends)
            found.append(minor(next(one.text for one in ends if one.box[0] == right), self._currency))
        return found

    def over(self, label: str) -> int:
        """The large figure over its label."""
        place = next(n for n, one in enumerate(self.texts) if one.text == label and one.box[1] == 57)
        return minor(self.texts[place - 1].text, self._currency)


def window_sale(desk: Desk, sold: Shop, codes: Sequence[str], chance: random.Random) -> tuple[Eye, Figures]:
    """One sale by scans and keys; what was painted on the way."""
    eye = Eye(desk, sold.currency)
    desk.scan(*(chance.choice(codes) for _ in range(chance.randint(1, SCANS_MAX))))
    if chance.random() < 0.5:
        desk.do(EnterText(COUPON))
    desk.until(lambda: desk.state == "Selling" and bool(desk.cart))
    eye.look()
    rows = eye.sums()
    goods = rows[0][1]
    added = sum(amount for name, amount in rows if name.startswith("Tax ") and not sold.tax.price_includes)
    offers = [amount for name, amount in rows[1:] if name == "Line offers" or name.startswith("Offer ")]
    on_lines = sum(amount for name, amount in rows if name == "Line offers")
    due = eye.over("Due")
    assert sum(eye.lines()) == goods + on_lines, "the lines on the screen are not the goods"
    assert due == goods + sum(offers) + added, "the column on the screen is not what is due"
    desk.key(Qt.Key.Key_F12)
    desk.until(lambda: desk.state == "Tendering")
    eye.look()
    rounding = next(
        (minor(one.text, sold.currency) for one in eye.texts if one.text.startswith("Rounding ")), 0
    )
    assert eye.over("Due") == due + rounding, "what is to be paid is not what is due"
    desk.press_primary()
    desk.until(lambda: desk.state == "Done")
    eye.look()
    told = dict(eye.sums())
    assert told["Total"] == due, "the total is not what was due"
    assert told.get("Cash rounding", 0) == rounding
    assert eye.over("Change") == told["Change"] == 0
    named = [amount for name, amount in eye.sums() if name.startswith("Offer ")]
    assert told.get("Saved", 0) == -sum(named) == -sum(offers), "other offers at the end"
    figures = Figures(
        goods, -sum(offers), added, rounding, due + rounding, told.get("Cash", 0), told["Change"]
    )
    return eye, figures


def run_window(seed: int, folder: Path, outcome: Outcome, *, sales: int) -> None:
    """One shop's window; raises AssertionError with what differs."""
    chance = random.Random(seed)
    sold, goods = random_shop(chance, STORE)
    # PINs that the till itself can check.
    sold = replace(sold, operators=demo_shop().operators)
    offers = random_offers(chance, [one.sku for one in goods.values()], sold.currency)
    furnish(settings_in(folder, store_id=STORE), sold, goods, offers=offers)
    desk = Desk(folder)
    made: list[tuple[Figures, TransactionCompleted]] = []
    try:
        desk.start()
        desk.open_shift()
        desk.do(SwitchLanguage("en"))
        desk.until(lambda: desk.till.terminal.state.desk.promotions.is_read)
        codes = [code for code in goods if not code.startswith("22")]
        for number in range(1, sales + 1):
            eye, figures = window_sale(desk, sold, codes, chance)
            phase = desk.till.terminal.state.phase
            assert isinstance(phase, Done)
            made.append((figures, phase.sale))
            outcome.texts += eye.count
            desk.until(lambda number=number: desk.slips() == number)  # type: ignore[misc]
            desk.enter()
        printer = desk.till.printing.virtual
        assert printer is not None
        slips = [[row for row in slip.text_rows if row] for slip in printer.slips]
        assert desk.till.writer.flush()
    finally:
        desk.close()
    for (figures, fact), slip in zip(made, slips, strict=True):
        on_the_fact(figures, fact)
        in_the_ledger(folder / "ledger.db", figures, fact, slip)
    outcome.shops += 1
    outcome.sales += sales
    outcome.discounted += sum(bool(fact.discounts) for _, fact in made)


# ------------------------------------------------------------------ planted faults
_rows = sale_presenter.offer_sums


def _without_the_last(*arguments: Any) -> Any:
    rows = _rows(*arguments)
    return rows if len(rows) < 2 else rows[:-1]


def _nothing_saved(*_: Any) -> list[Any]:
    return []


MUTANTS: Final[dict[str, Callable[[], Any]]] = {
    "offer_not_painted": lambda: patch.object(sale_presenter, "offer_sums", _without_the_last),
    "saved_not_painted": lambda: patch.object(tender_presenter, "_saved", _nothing_saved),
}


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """With a fault, or without."""
    if name is None:
        yield
        return
    with MUTANTS[name]():
        yield


# ------------------------------------------------------------------ the campaign
def campaign(seeds: range, folder: Path, *, sales: int) -> Outcome:
    """Run these shops; an application has to be there."""
    outcome = Outcome()
    for seed in seeds:
        till = folder / f"till-{seed}"
        till.mkdir(parents=True)
        try:
            run_window(seed, till, outcome, sales=sales)
        except Exception as error:  # noqa: BLE001 - that nothing at all is raised is the claim
            outcome.wrong.append((seed, f"{type(error).__name__}: {error}"[:500]))
        shutil.rmtree(till, ignore_errors=True)
        if seed % 10 == 9:
            print(f"{seed}: {outcome.sales} sales, {len(outcome.wrong)} wrong", file=sys.stderr, flush=True)
    return outcome


def _told(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: getattr(outcome, name) for name in ("shops", "sales", "discounted", "texts")
    }
    return told | {"wrong": len(outcome.wrong), "first_wrong": outcome.wrong[:_SHOWN]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a range of shops and print what came of it."""
    parser = argparse.ArgumentParser(prog="window_sales", description=(__doc__ or "").splitlines()[0])
    with_seeds(parser, "0:5")
    parser.add_argument("--sales", type=int, default=8, help="sales of each shop (%(default)s)")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="plant a fault")
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    create_application([])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, planted(options.mutant):
        found = _told(campaign(seeds_of(options), Path(folder), sales=options.sales))
    found["seconds"] = max(1, round(time.monotonic() - started))
    print(json.dumps(found, indent=None if options.json else 1))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
