"""What one sale comes to on screen, fact, ledger rows, journal, paper and hub, each read as people read it.

Every check raises AssertionError with what differs. Also the Z report of a shift of such sales, and what
their goods give back when they are returned.
"""

from __future__ import annotations

import json
import re
from collections import Counter as Counting
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Table

from posapp.domain.cart_prices import PricedCart
from posapp.domain.facts import ShiftSettled, TransactionCompleted
from posapp.domain.money import minor_digits
from posapp.domain.paper import PaperDocument, TextRow
from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.answers.refunds import Sale, refund
from posapp.domain.pricing.terms.policy import Policy
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
from tests.simulation.hubs import Hub

AMOUNT = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")


def minor(text: str, currency: str) -> int:
    """The last amount in a text as people read it, in minor units."""
    found = AMOUNT.findall(text)[-1].replace(",", "").replace("−", "-")
    whole, _, cents = found.partition(".")
    digits = minor_digits(currency)
    assert len(cents) == digits, f"{text!r} is no amount of {currency}"
    return int(whole + cents)


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


NAMES = (
    "goods_minor",
    "discount_minor",
    "tax_added_minor",
    "rounding_minor",
    "total_minor",
    "tendered_minor",
    "change_minor",
)


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
    # Where all is free nobody hands anything over.
    assert (parts[1], parts.get(2, 0)) == (told.goods_minor, told.tendered_minor)
    assert (paid, off) == (told.goods_minor - told.discount_minor, told.discount_minor)
    journal: dict[str, Any] = json.loads(bytes(body))["body"]
    assert Figures(*(journal[name] for name in NAMES)) == told
    assert sum(line["amount_minor"] for line in journal["lines"]) == told.goods_minor
    assert sum(line["paid_minor"] for line in journal["lines"]) == paid
    assert sum(each["amount_minor"] for each in journal["discounts"]) == told.discount_minor
    slip = paper_from_bytes(bytes(document))
    on_paper([(row.left, row.right) for row in slip.rows if isinstance(row, TextRow)], told, fact)
    on_the_roll(printed, slip, fact)


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
    goods = next(right for left, right in rows if re.match(r"\d+ lines? · ", left))
    on_lines = sum(each.amount_minor for each in fact.discounts if each.layer in ("price", "item"))
    assert minor(goods, currency) == told.goods_minor - on_lines
    assert said("You save") == told.discount_minor
    first = next(n for n, (left, _) in enumerate(rows) if left == "Served by") + 1
    last = next(n for n, (left, _) in enumerate(rows) if re.match(r"\d+ lines? · ", left))
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


class HubRows:
    """What the hub read out of the sales of a store, by sale."""

    TABLES = (RETAIL_TRANSACTION, SALE_LINE, TENDER_LINE, TAX_LINE, PRICE_MODIFIER, PRICE_MODIFIER_FUNDING)

    def __init__(self, hub: Hub, store_id: str) -> None:
        self._rows: dict[tuple[Table, str], list[dict[str, Any]]] = {}
        for table in self.TABLES:
            for row in hub.rows(table, store_id):
                self._rows.setdefault((table, row["transaction_id"]), []).append(row)

    def of(self, table: Table, fact: TransactionCompleted) -> list[dict[str, Any]]:
        """The rows of a sale."""
        return self._rows.get((table, fact.transaction_id), [])


def at_the_hub(rows: HubRows, told: Figures, fact: TransactionCompleted) -> None:
    """What the hub read out of the sale."""
    (head,) = rows.of(RETAIL_TRANSACTION, fact)
    off = sum(row["amount_minor"] for row in rows.of(PRICE_MODIFIER, fact))
    assert Figures(*((head | {"discount_minor": off})[name] for name in NAMES)) == told, "the hub's head"
    assert head["receipt_number"] == fact.receipt_number
    assert sum(row["amount_minor"] for row in rows.of(SALE_LINE, fact)) == told.goods_minor
    assert sum(row["amount_minor"] for row in rows.of(PRICE_MODIFIER_FUNDING, fact)) == told.discount_minor
    assert sum(row["amount_minor"] for row in rows.of(TENDER_LINE, fact)) == told.tendered_minor
    taxes = rows.of(TAX_LINE, fact)
    assert sum(row["tax_minor"] for row in taxes if not row["included"]) == told.added_minor
    held = {row["rate_id"]: (row["taxable_minor"], row["tax_minor"], bool(row["included"])) for row in taxes}
    said = {tax.rate_id: (tax.taxable_minor, tax.tax_minor, tax.included) for tax in fact.taxes}
    assert held == said, "the hub's taxes"
    by_modifier = {row["modifier_no"]: json.loads(row["lines"]) for row in rows.of(PRICE_MODIFIER, fact)}
    assert by_modifier == {each.modifier_no: [list(part) for part in each.lines] for each in fact.discounts}


# ------------------------------------------------------------------ the shift, and returns
def last_slip(path: Path) -> list[tuple[str, str]]:
    """The rows of the last slip that was sent to the printer."""
    connection = open_reader(path)
    try:
        (document,) = connection.execute(
            "SELECT document FROM print_job ORDER BY rowid DESC LIMIT 1"
        ).fetchone()
    finally:
        connection.close()
    slip = paper_from_bytes(bytes(document))
    return [(row.left, row.right) for row in slip.rows if isinstance(row, TextRow)]


def on_the_z(
    settled: ShiftSettled, slip: Sequence[tuple[str, str]], facts: Sequence[TransactionCompleted]
) -> None:
    """The shift's totals are the sums of its sales, and its slip says so."""
    totals = settled.totals
    sums = {
        "sales_count": len(facts),
        "sales_minor": sum(each.total_minor for each in facts),
        "goods_minor": sum(each.goods_minor for each in facts),
        "rounding_minor": sum(each.rounding_minor for each in facts),
        "discount_minor": sum(each.discount_minor for each in facts),
    }
    assert {name: getattr(totals, name) for name in sums} == sums, "the Z is not the sum of its sales"
    off: Counting[str] = Counting()
    for fact in facts:
        off.update({each.promotion_id: each.amount_minor for each in fact.discounts})
    assert {each.promotion_id: each.amount_minor for each in totals.discounts} == dict(off)
    taxes: Counting[str] = Counting()
    for fact in facts:
        taxes.update({tax.rate_id: tax.tax_minor for tax in fact.taxes})
    assert {tax.rate_id: tax.tax_minor for tax in totals.taxes} == dict(taxes), "taxes of the Z"
    assert sum(each.sales_minor for each in totals.tenders) == totals.sales_minor, "tenders of the Z"
    by_label = {left: right for left, right in slip if right}
    assert minor(by_label["Net sales"], totals.currency) == totals.sales_minor
    given = [minor(right, totals.currency) for left, right in slip if left == "Offers given"]
    assert given == ([-totals.discount_minor] if totals.discounts else []), "offers on the Z slip"
    first = next((n for n, (left, _) in enumerate(slip) if left == "Offers given"), len(slip))
    offers = [minor(right, totals.currency) for left, right in slip[first:] if left.startswith("  Offer ")]
    assert sum(offers) == -totals.discount_minor if totals.discounts else not offers, "offers on the Z slip"


def comes_back(prices: PricedCart | None, policy: Policy, fact: TransactionCompleted, chance: Random) -> None:
    """All goods, returned in some order and split, give back what was paid, and each line what it says."""
    if prices is None:
        assert not fact.discounts
        return
    # Where nothing falls off, the till asks nobody: tax is the sale's own affair then.
    priced = prices.priced if prices.priced.discounts else price(prices.basket, (), policy)
    sale = Sale(prices.basket, priced, policy)
    units = [(line.line_no, n) for line in priced.lines for n in range(line.quantity)]
    chance.shuffle(units)
    cut = chance.randint(0, len(units))
    steps = [step for step in (units[:cut], units[cut:]) if step]
    given = [refund(sale, step, earlier=steps[:n]) for n, step in enumerate(steps)]
    assert sum(each.total_minor for each in given) == fact.total_minor - fact.rounding_minor, (
        "a return's money"
    )
    assert sum(tax.tax_minor for each in given for tax in each.taxes) == sum(
        tax.tax_minor for tax in fact.taxes
    ), "a return's tax"
    paid = {
        line.line_no: line.amount_minor if line.paid_minor is None else line.paid_minor for line in fact.lines
    }
    back: Counting[int] = Counting()
    for each in given:
        for unit in each.units:
            back[unit.line_no] += unit.amount_minor
    added = sum(tax.tax_minor for tax in fact.taxes if not tax.included)
    if not added:
        assert {line_no: back[line_no] for line_no in paid} == paid, "lines that come back"
    off = sum(part for each in given for unit in each.units for _, part in unit.discounts)
    assert off == fact.discount_minor, "discounts that are given up"
