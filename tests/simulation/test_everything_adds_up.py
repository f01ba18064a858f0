"""Lines, taxes, rounding and tenders add up and are the same on screen, paper, journal, ledger and hub.

Random shops (currencies with no, two and three decimals; tax in or on the price; several rates; cash
steps) sell random baskets over the real store, printer and hub. Every figure is read where a person or
another program would read it, and compared.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from posapp.domain.catalog import Item
from posapp.domain.facts import TransactionCompleted
from posapp.domain.money import minor_digits
from posapp.domain.paper import PaperDocument, TextRow
from posapp.domain.shop import CashRules, Shop, TaxRate
from posapp.flows.blocks import SavedBand, SumRows
from posapp.flows.intents import (
    ChooseTender,
    EnterText,
    KeyIn,
    NextSale,
    OpenShift,
    ScanCode,
    Settle,
    StartTender,
)
from posapp.flows.mains import CartMain
from posapp.flows.state import Done, Tendering
from posapp.store.engine import open_reader
from posapp.store.paper_record import paper_from_bytes
from sync.hub.schema.events import (
    PRICE_MODIFIER,
    PRICE_MODIFIER_FUNDING,
    RETAIL_TRANSACTION,
    SALE_LINE,
    TAX_LINE,
    TENDER_LINE,
)
from tests.domain.shops import item, shop, tax_rules
from tests.simulation.counter import Counter, Hooks, furnish, settings_in
from tests.simulation.goods import ean
from tests.simulation.hubs import Hub, Link
from tests.simulation.random_offers import COUPON, random_offers

CASES = 40
SALES = 3
#: Cash step and notes, in minor units.
CASH = {
    "CNY": (10, (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)),
    "CHF": (5, (20_000, 10_000, 5_000, 1_000, 500, 100, 50, 20, 10, 5)),
    "JPY": (1, (10_000, 5_000, 1_000, 500, 100, 50, 10, 5, 1)),
    "KWD": (5, (20_000, 10_000, 5_000, 1_000, 500, 100, 50, 20, 10, 5)),
}
AMOUNT = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")


def minor(text: str, currency: str) -> int:
    """The last amount in a text as people read it, in minor units."""
    found = AMOUNT.findall(text)[-1].replace(",", "").replace("−", "-")
    whole, _, cents = found.partition(".")
    digits = minor_digits(currency)
    assert len(cents) == digits, f"{text!r} is no amount of {currency}"
    return int(whole + cents)


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


@dataclass
class Figures:
    """What one sale comes to, as one place tells it."""

    goods_minor: int
    discount_minor: int
    added_minor: int
    rounding_minor: int
    total_minor: int
    tendered_minor: int
    change_minor: int


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

    def sell(self) -> tuple[Figures, TransactionCompleted]:
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
        return Figures(goods, discount, added, rounding, before + rounding, handed, change), fact

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


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """One hub for all shops."""
    made = Hub(tmp_path_factory.mktemp("hub"))
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def no_leaked_threads() -> None:
    """Threads that the hub makes for a first request live as long as the hub, which is longer than a test."""


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(CASES))
def test_a_sale_is_the_same_everywhere(seed: int, hub: Hub, tmp_path: Path) -> None:
    chance = random.Random(seed)
    store_id = f"S{seed:04d}"
    sold, goods = random_shop(chance, store_id)
    settings = settings_in(tmp_path, store_id=store_id)
    offers = random_offers(chance, [each.sku for each in goods.values()], sold.currency)
    furnish(settings, sold, goods, offers=offers)
    counter = Counter(settings, Hooks())
    link: Link | None = None
    try:
        counter.start()
        counter.answered(lambda: counter.terminal.state.desk.promotions.is_read)
        assert counter.terminal.state.desk.promotions.unreadable == 0
        counter.sign_on()
        counter.do(OpenShift())
        counter.stored()
        seller = Selling(counter, sold, goods, chance)
        made = [seller.sell() for _ in range(SALES)]
        printer = counter.printing.virtual
        assert printer is not None
        counter.answered(lambda: len(printer.slips) == SALES)
        link = Link(counter, hub.url, hub.enrol(sold, "T03"))
        link.drained()
    finally:
        if link is not None:
            link.close()
        counter.close()
    for number, (figures, fact) in enumerate(made):
        on_the_fact(figures, fact)
        slip = [row for row in printer.slips[number].text_rows if row]
        in_the_ledger(settings.ledger, figures, fact, slip)
        at_the_hub(hub, figures, fact)
    summary = hub.summary(store_id, "T03")
    assert summary.sales_count == SALES
    assert summary.sales_total_minor == sum(figures.total_minor for figures, _ in made)


def on_the_fact(told: Figures, fact: TransactionCompleted) -> None:
    """The fact says what the screen said, and adds up."""
    assert told == Figures(
        fact.goods_minor,
        fact.discount_minor,
        fact.tax_added_minor,
        fact.rounding_minor,
        fact.total_minor,
        fact.tendered_minor,
        fact.change_minor,
    )
    assert sum(line.amount_minor for line in fact.lines) == fact.goods_minor
    assert sum(each.amount_minor for each in fact.discounts) == fact.discount_minor
    for each in fact.discounts:
        assert sum(share for _, share in each.lines) == each.amount_minor
        assert sum(part for _, _, part in each.funding) == each.amount_minor
    paid = sum(line.paid_minor or 0 for line in fact.lines)
    assert paid == fact.goods_minor - fact.discount_minor
    included = [tax for tax in fact.taxes if tax.included]
    if included and len(included) == len(fact.taxes) == 1:
        assert included[0].taxable_minor + included[0].tax_minor == paid, "tax is of what is paid"
    added = sum(tax.tax_minor for tax in fact.taxes if not tax.included)
    assert added == fact.tax_added_minor
    assert paid + added + fact.rounding_minor == fact.total_minor
    assert sum(tender.amount_minor for tender in fact.tenders) == fact.tendered_minor
    assert fact.tendered_minor - fact.change_minor == fact.total_minor


def in_the_ledger(path: Path, told: Figures, fact: TransactionCompleted, printed: list[str]) -> None:
    """Rows, journal and paper of the sale say the same."""
    connection = open_reader(path)
    try:
        head = connection.execute(
            "SELECT receipt_seq, goods_minor, discount_minor, tax_added_minor, rounding_minor, total_minor, "
            "tendered_minor, change_minor FROM retail_transaction WHERE transaction_id = ?",
            (fact.transaction_id,),
        ).fetchone()
        parts = dict(
            connection.execute(
                "SELECT part, sum(amount_minor) FROM transaction_line WHERE receipt_seq = ? GROUP BY part",
                (head[0],),
            ).fetchall()
        )
        paid, off = connection.execute(
            "SELECT (SELECT sum(paid_minor) FROM sale_line WHERE receipt_seq = ?1), "
            "(SELECT coalesce(sum(amount_minor), 0) FROM price_modifier WHERE receipt_seq = ?1)",
            (head[0],),
        ).fetchone()
        (body,) = connection.execute(
            "SELECT body FROM journal WHERE transaction_id = ?", (fact.transaction_id,)
        ).fetchone()
        (document,) = connection.execute(
            "SELECT document FROM print_job WHERE transaction_id = ?", (fact.transaction_id,)
        ).fetchone()
    finally:
        connection.close()
    assert Figures(*head[1:]) == told
    assert (parts[1], parts[2]) == (told.goods_minor, told.tendered_minor)
    assert (paid, off) == (told.goods_minor - told.discount_minor, told.discount_minor)
    journal: dict[str, Any] = json.loads(bytes(body))["body"]
    assert Figures(*(journal[name] for name in NAMES)) == told
    assert sum(line["amount_minor"] for line in journal["lines"]) == told.goods_minor
    assert sum(line["paid_minor"] for line in journal["lines"]) == paid
    assert sum(each["amount_minor"] for each in journal["discounts"]) == told.discount_minor
    slip = paper_from_bytes(bytes(document))
    on_paper([(row.left, row.right) for row in slip.rows if isinstance(row, TextRow)], told, fact)
    on_the_roll(printed, slip, fact)


NAMES = (
    "goods_minor",
    "discount_minor",
    "tax_added_minor",
    "rounding_minor",
    "total_minor",
    "tendered_minor",
    "change_minor",
)


def on_paper(rows: list[tuple[str, str]], told: Figures, fact: TransactionCompleted) -> None:
    """The rows of the receipt, read as a customer reads them."""
    currency = fact.currency
    by_label = {left: right for left, right in rows if right}

    def said(label: str) -> int:
        return minor(by_label[label], currency) if label in by_label else 0

    assert said("Total") == told.total_minor
    assert said("Change") == told.change_minor
    assert said("Cash rounding") == told.rounding_minor
    assert sum(said(tender.names["en"]) for tender in fact.tenders) == told.tendered_minor
    goods = next(right for left, right in rows if re.match(r"\d+ lines · ", left))
    on_lines = sum(each.amount_minor for each in fact.discounts if each.layer in ("price", "item"))
    assert minor(goods, currency) == told.goods_minor - on_lines
    assert said("You save") == told.discount_minor
    first = next(n for n, (left, _) in enumerate(rows) if left == "Served by") + 1
    last = next(n for n, (left, _) in enumerate(rows) if re.match(r"\d+ lines · ", left))
    printed = sum(minor(right, currency) for _, right in rows[first:last] if right)
    assert printed == told.goods_minor - on_lines
    total = next(n for n, (left, _) in enumerate(rows) if left == "Total")
    below = sum(minor(right, currency) for _, right in rows[last + 1 : total] if right)
    assert printed + below == told.total_minor, "the column on paper adds up to the total"
    added = [tax for tax in fact.taxes if not tax.included]
    labels = [
        right for left, right in rows[last + 1 :] if re.match(r"Tax \d .*%$", left) and "/" not in right
    ]
    assert sorted(minor(right, currency) for right in labels) == sorted(tax.tax_minor for tax in added)


def on_the_roll(printed: list[str], slip: PaperDocument, fact: TransactionCompleted) -> None:
    """Typed rows of the slip that came out of the printer carry the document's amounts."""
    currency = fact.currency
    for label in ("Change", "Cash", "Card", "Total"):
        rows = [row for row in slip.rows if isinstance(row, TextRow) and row.left == label and row.right]
        typed = [text for text in printed if text.strip().startswith(label) and "rounding" not in text]
        if label in ("Change", "Cash"):
            assert len(typed) == len(rows), f"{label} is typed on the roll: {printed}"
        for row, text in zip(rows, typed, strict=False):
            assert minor(text, currency) == minor(row.right, currency)
    assert fact.receipt_number in " ".join(printed)


def at_the_hub(hub: Hub, told: Figures, fact: TransactionCompleted) -> None:
    """What the hub read out of the sale."""

    def of_sale(table: Any) -> list[dict[str, Any]]:
        rows = hub.rows(table, fact.store_id)
        return [row for row in rows if row["transaction_id"] == fact.transaction_id]

    (head,) = of_sale(RETAIL_TRANSACTION)
    off = sum(row["amount_minor"] for row in of_sale(PRICE_MODIFIER))
    assert Figures(*((head | {"discount_minor": off})[name] for name in NAMES)) == told
    assert head["receipt_number"] == fact.receipt_number
    assert sum(row["amount_minor"] for row in of_sale(SALE_LINE)) == told.goods_minor
    assert sum(row["amount_minor"] for row in of_sale(PRICE_MODIFIER_FUNDING)) == told.discount_minor
    assert sum(row["amount_minor"] for row in of_sale(TENDER_LINE)) == told.tendered_minor
    taxes = of_sale(TAX_LINE)
    assert sum(row["tax_minor"] for row in taxes if not row["included"]) == told.added_minor
    held = {row["rate_id"]: (row["taxable_minor"], row["tax_minor"], bool(row["included"])) for row in taxes}
    said = {tax.rate_id: (tax.taxable_minor, tax.tax_minor, tax.included) for tax in fact.taxes}
    assert held == said
