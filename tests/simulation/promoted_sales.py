"""Promoted sales through the real terminal, ledger, printer and hub, each figure compared everywhere.

    python -m tests.simulation.promoted_sales --seeds 0:4000 --sales 25 --jobs 2     # 100,000 sales
    python -m tests.simulation.promoted_sales --seeds 0:4000 --from-seed 700 --sales 25
    python -m tests.simulation.promoted_sales --seeds 0:20 --mutant z_without_discounts    # must be caught

A seed is a shop with promotions of its own (currency, taxes, cash steps); it sells random baskets over the
real flows, ledger, receipts and a real hub over HTTP, counts its drawer and closes the shift. Compared are
the screen, the fact, the ledger's rows, the journal, the receipt as document and as typed, the Z, the hub's
rows and what comes back when the goods are returned. Prints one JSON object; exit code 1: something differs.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from unittest.mock import patch

from posapp.domain import cart_prices
from posapp.domain.cart_prices import PricedCart, policy_of
from posapp.domain.catalog import Item
from posapp.domain.facts import ShiftSettled, TransactionCompleted
from posapp.domain.money import minor_digits
from posapp.domain.pricing.answers import refunds
from posapp.domain.shop import CashRules, Shop, TaxRate
from posapp.flows import paper
from posapp.flows.blocks import SavedBand, SumRows
from posapp.flows.intents import (
    ChooseReason,
    ChooseTender,
    CloseShift,
    EnterText,
    KeyIn,
    NextSale,
    OpenShift,
    ScanCode,
    Settle,
    StartCount,
    StartTender,
    SubmitCount,
)
from posapp.flows.mains import CartMain
from posapp.flows.shift import VARIANCE_REASONS
from posapp.flows.state import Done, Reporting, Tendering
from posapp.store import totals
from sync.hub.intake.explode import SaleRows
from tests.domain.shops import item, shop, tax_rules
from tests.simulation.counter import Counter, Hooks, furnish, settings_in
from tests.simulation.goods import ean
from tests.simulation.hubs import Hub, Link
from tests.simulation.random_offers import COUPON, random_offers
from tests.simulation.sale_figures import (
    Figures,
    HubRows,
    at_the_hub,
    comes_back,
    in_the_ledger,
    last_slip,
    minor,
    on_the_fact,
    on_the_z,
)
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds

TERMINAL: Final = "T03"
#: A hub of its own for so many shops, so that its file stays small.
SHOPS_A_HUB: Final = 200
_SHOWN: Final = 20
#: Cash step and notes, in minor units.
CASH = {
    "CNY": (10, (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)),
    "CHF": (5, (20_000, 10_000, 5_000, 1_000, 500, 100, 50, 20, 10, 5)),
    "JPY": (1, (10_000, 5_000, 1_000, 500, 100, 50, 10, 5, 1)),
    "KWD": (5, (20_000, 10_000, 5_000, 1_000, 500, 100, 50, 20, 10, 5)),
}


@dataclass(slots=True)
class Outcome:
    """What a campaign found; `wrong` holds (seed, sentence)."""

    shops: int = 0
    sales: int = 0
    discounted: int = 0
    discounts: int = 0
    by_coupon: int = 0
    wrong: list[tuple[int, str]] = field(default_factory=list)


def random_shop(chance: random.Random, store_id: str) -> tuple[Shop, dict[str, Item]]:
    """A shop under random rules, and goods by code."""
    currency = chance.choice(sorted(CASH))
    step, notes = CASH[currency]
    rounding: Literal["nearest", "down", "up"] = chance.choice(("nearest", "down", "up"))
    per: Literal["total", "line"] = chance.choice(("total", "line"))
    rates = [
        TaxRate(f"r{n}", {"en": f"Tax {n}"}, chance.choice((0, 50_000, 88_750, 130_000, 200_000)))
        for n in range(chance.randint(1, 3))
    ]
    rules = tax_rules(*rates, includes=chance.random() < 0.5, rounding=per)
    made = shop(
        store_id=store_id,
        currency=currency,
        tax=rules,
        cash=CashRules(step, rounding, notes, 0, 0),
        quick_keys=(),
    )
    goods: dict[str, Item] = {}
    for n in range(8):
        code = ean(f"4000000{n:05d}")
        category = chance.choice([one.category_id for one in rules.categories])
        goods[code] = item(
            f"i{n}", chance.randint(1, 30_000), names={"en": f"Item {n}"}, tax_category=category
        )
    goods[ean("220000100000")] = item("by-weight", chance.randint(1, 9_000), unit="g", names={"en": "Plums"})
    return made, goods


def fact_of(counter: Counter) -> TransactionCompleted:
    assert isinstance(counter.phase, Done)
    return counter.phase.sale


class Selling:
    """Sells one basket and reads every figure from the screen on the way."""

    def __init__(self, counter: Counter, sold: Shop, goods: dict[str, Item], chance: random.Random) -> None:
        self.counter = counter
        self.currency = sold.currency
        self.chance = chance
        self.codes = [*(code for code in goods if not code.startswith("22"))]

    def sell(self) -> Sold:
        """One basket, from the first scan to the next sale."""
        counter, chance = self.counter, self.chance
        for _ in range(chance.randint(1, 9)):
            counter.do(ScanCode(chance.choice(self.codes)))
        if chance.random() < 0.5:
            counter.do(ScanCode(ean(f"2200001{chance.randint(1, 9_999):05d}")))
        if chance.random() < 0.5:
            counter.do(EnterText(COUPON))
        view = counter.view()
        assert isinstance(view.main, CartMain)
        rows = [row for block in view.side if isinstance(block, SumRows) for row in block.rows]
        goods = self._minor(rows[0].amount)
        offers = {row.label: self._minor(row.amount) for row in rows[1:] if row.tone == "saving"}
        lines = sum(self._minor(line.amount) for line in view.main.lines)
        assert lines == goods + offers.get("Line offers", 0), "the lines are the goods less their own offers"
        discount = -sum(offers.values())
        saved = [self._minor(block.amount) for block in view.side if isinstance(block, SavedBand)]
        assert sum(saved) == discount, "what is saved is the sum of the offers"
        added = sum(self._minor(row.amount) for row in rows[1:] if row.tone == "quiet" and not row.detail)
        before = self._minor(view.anchor.figure)
        assert before == goods - discount + added, "what is due is goods less offers, and added tax"
        prices = counter.terminal.state.desk.prices
        counter.do(StartTender())
        handed = self._pay(before)
        counter.until(Done)
        done = counter.view()
        facts = {text.rpartition(" ")[0]: self._minor(text) for text in done.anchor.facts}
        rounding = facts.get("Rounding", 0)
        assert facts["Total"] == before
        assert facts["Paid"] == handed
        change = self._minor(done.anchor.figure)
        fact = fact_of(counter)
        counter.do(NextSale())
        figures = Figures(goods, discount, added, rounding, before + rounding, handed, change)
        return Sold(figures, fact, prices)

    def _pay(self, due: int) -> int:
        """Perhaps a part by card, the rest in cash, perhaps more than is due; what was handed over."""
        counter, chance = self.counter, self.chance
        handed = 0
        if due > 10 and chance.random() < 0.4:
            handed = chance.randint(1, due - 1)
            counter.do(ChooseTender("card"))
            self._key(handed)
            counter.do(Settle())
            assert isinstance(counter.phase, Tendering)
            counter.do(ChooseTender("cash"))
        cash = self._minor(counter.view().anchor.figure)
        if chance.random() < 0.6:
            cash += chance.randint(0, 5_000)
            self._key(cash)
        counter.do(Settle())
        return handed + cash

    def _key(self, amount_minor: int) -> None:
        digits = minor_digits(self.currency)
        text = str(amount_minor).rjust(digits + 1, "0")
        text = f"{text[:-digits]}.{text[-digits:]}" if digits else text
        self.counter.do(*(KeyIn(sign) for sign in text))

    def _minor(self, text: str) -> int:
        return minor(text, self.currency)


@dataclass(frozen=True, slots=True)
class Sold:
    """One sale: the figures on the screen, the fact, and the prices that it was paid by."""

    figures: Figures
    fact: TransactionCompleted
    prices: PricedCart | None


def run_shop(seed: int, hub: Hub, folder: Path, outcome: Outcome, *, sales: int) -> None:
    """One shop's shift; raises AssertionError with what differs."""
    chance = random.Random(seed)
    store_id = f"S{seed:06d}"
    sold, goods = random_shop(chance, store_id)
    settings = settings_in(folder, store_id=store_id)
    furnish(
        settings,
        sold,
        goods,
        offers=random_offers(chance, [one.sku for one in goods.values()], sold.currency),
    )
    counter, link = Counter(settings, Hooks()), None
    try:
        counter.start()
        counter.answered(lambda: counter.terminal.state.desk.promotions.is_read)
        assert counter.terminal.state.desk.promotions.unreadable == 0
        counter.sign_on()
        counter.do(OpenShift())
        counter.stored()
        seller = Selling(counter, sold, goods, chance)
        made = [seller.sell() for _ in range(sales)]
        settled = close_shift(counter)
        printer = counter.printing.virtual
        assert printer is not None
        counter.answered(lambda: len(printer.slips) == sales + 1)
        link = Link(counter, hub.url, hub.enrol(sold, TERMINAL))
        link.drained()
    finally:
        if link is not None:
            link.close()
        counter.close()
    rows, policy = HubRows(hub, store_id), policy_of(sold)
    for number, one in enumerate(made):
        on_the_fact(one.figures, one.fact)
        slip = [row for row in printer.slips[number].text_rows if row]
        in_the_ledger(settings.ledger, one.figures, one.fact, slip)
        at_the_hub(rows, one.figures, one.fact)
        comes_back(one.prices, policy, one.fact, chance)
    on_the_z(settled, last_slip(settings.ledger), [one.fact for one in made])
    summary = hub.summary(store_id, TERMINAL)
    assert (summary.sales_count, summary.quarantined) == (sales, 0)
    assert summary.sales_total_minor == settled.totals.sales_minor, "the hub's sum of sales"
    outcome.shops += 1
    outcome.sales += sales
    outcome.discounted += sum(bool(one.fact.discounts) for one in made)
    outcome.discounts += sum(len(one.fact.discounts) for one in made)
    outcome.by_coupon += sum(any(each.code for each in one.fact.discounts) for one in made)


def close_shift(counter: Counter) -> ShiftSettled:
    """Count nothing, say why, close: the Z."""
    counter.do(StartCount())
    counter.stored()
    counter.do(SubmitCount())
    counter.answered(lambda: isinstance(counter.phase, Reporting) and not counter.phase.reading)
    counter.do(ChooseReason(VARIANCE_REASONS[0]), CloseShift())
    counter.stored()
    assert isinstance(counter.phase, Reporting)
    assert counter.phase.fact is not None
    return counter.phase.fact


# ------------------------------------------------------------------ planted faults
_units_paid = cart_prices.units_paid
_by_table = SaleRows.by_table


def _rounded_down(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    return tuple(amount_minor * weight // max(1, sum(weights)) for weight in weights)


def _without_discounts(self: SaleRows) -> Any:
    return tuple(pair for pair in _by_table(self) if not pair[0].name.startswith("price_modifier"))


MUTANTS: Final[dict[str, Callable[[], Any]]] = {
    "cent_lost_in_a_return": lambda: patch.object(refunds, "allocate", _rounded_down),
    "offer_missing_on_paper": lambda: patch.object(paper, "_line_offers", lambda *_: []),
    "z_without_discounts": lambda: patch.object(totals, "_with_discounts", lambda before, now: before),
    "z_slip_without_offers": lambda: patch.object(paper, "_offer_rows", lambda *_: []),
    "hub_without_discounts": lambda: patch.object(SaleRows, "by_table", _without_discounts),
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
    """Run these shops, with a new hub after some."""
    outcome, hub = Outcome(), Hub(_made(folder / "hub-0"))
    try:
        for number, seed in enumerate(seeds):
            if number and number % SHOPS_A_HUB == 0:
                hub.stop()
                shutil.rmtree(folder)
                hub = Hub(_made(folder / f"hub-{number}"))
                print(
                    f"{seed}: {outcome.sales} sales, {len(outcome.wrong)} wrong", file=sys.stderr, flush=True
                )
            till = _made(folder / f"till-{seed}")
            try:
                run_shop(seed, hub, till, outcome, sales=sales)
            except Exception as error:  # noqa: BLE001 - that nothing at all is raised is the claim
                outcome.wrong.append((seed, f"{type(error).__name__}: {error}"[:500]))
            shutil.rmtree(till, ignore_errors=True)
    finally:
        hub.stop()
    return outcome


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _told(outcome: Outcome) -> dict[str, Any]:
    names = ("shops", "sales", "discounted", "discounts", "by_coupon")
    told: dict[str, Any] = {name: getattr(outcome, name) for name in names}
    return told | {"wrong": len(outcome.wrong), "first_wrong": outcome.wrong[:_SHOWN]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a range of shops and print what came of it."""
    parser = argparse.ArgumentParser(prog="promoted_sales", description=(__doc__ or "").splitlines()[0])
    with_seeds(parser, "0:40")
    parser.add_argument("--sales", type=int, default=25, help="sales of each shop (%(default)s)")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="plant a fault")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    if options.jobs > 1:
        parts = list(in_processes("promoted_sales", options, ["mutant", "sales"]))
        found = {name: sum((part[name] for part in parts[1:]), parts[0][name]) for name in _told(Outcome())}
    else:
        with tempfile.TemporaryDirectory() as folder, planted(options.mutant):
            found = _told(campaign(seeds_of(options), Path(folder) / "shops", sales=options.sales))
    found["seconds"] = max(1, round(time.monotonic() - started))
    print(json.dumps(found, indent=None if options.json else 1))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
