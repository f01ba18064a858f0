"""Whether till, paper, journal and hub say the same about a day: the demo's last word.

Paper is compared twice: what the document says with the sale, and what came out of the printer with
what the document should look like, dot by dot.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posapp.devices.escpos import encode
from posapp.devices.fonts import RasterFonts
from posapp.devices.virtual_paper import Slip as PaperSlip
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.domain.money import parse_amount
from posapp.domain.paper import CodeRow, PaperDocument, TextRow
from posapp.flows.formatting import MINUS, signed_money
from posapp.store.engine import Connection, open_reader
from posapp.store.outbox import backlog
from posapp.store.prints import receipt_of


@dataclass(frozen=True, slots=True)
class StoredSale:
    """A sale as the ledger has it."""

    transaction_id: str
    receipt_number: str
    total_minor: int
    lines: int
    document: PaperDocument | None
    journalled_minor: int
    business_date: str
    rounding_minor: int
    discounts: dict[str, int]
    journalled_discounts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What each side says, and where they differ."""

    sales: tuple[StoredSale, ...]
    hub: dict[str, Any]
    differences: tuple[str, ...]


def compare(
    ledger: Path,
    slips: tuple[PaperSlip, ...],
    hub: dict[str, Any],
    fonts: Path,
    *,
    hub_discounts: Callable[[tuple[str, ...]], dict[str, int]] | None = None,
) -> Agreement:
    """Compare all sales of a ledger with the slips that came out and the hub's summary.

    `hub_discounts` tells what the hub says that each promotion took off on business days.
    """
    connection = open_reader(ledger)
    try:
        sales = _stored_sales(connection)
    finally:
        connection.close()
    waiting = unsent(ledger)
    differences = [text for sale in sales for text in _paper_differences(sale, slips, fonts)]
    total = sum(sale.total_minor for sale in sales)
    if waiting:
        differences.append(f"{waiting} records were not acknowledged by the hub")
    if hub["sales_count"] != len(sales):
        differences.append(f"the till has {len(sales)} sales, the hub {hub['sales_count']}")
    if hub["sales_total_minor"] != total:
        differences.append(f"the till's sales are {total}, the hub's {hub['sales_total_minor']}")
    if hub_discounts is not None:
        differences += _discount_differences(sales, hub_discounts)
    if hub["quarantined"] or hub["fork_alarms"]:
        differences.append("the hub set records aside")
    return Agreement(tuple(sales), hub, tuple(differences))


def _discount_differences(
    sales: Sequence[StoredSale], hub_discounts: Callable[[tuple[str, ...]], dict[str, int]]
) -> list[str]:
    ours: Counter[str] = Counter()
    for sale in sales:
        ours.update(sale.discounts)
    theirs = hub_discounts(tuple(sorted({sale.business_date for sale in sales})))
    return [
        f"{promotion_id} took {ours[promotion_id]} off at the till, {theirs.get(promotion_id, 0)} at the hub"
        for promotion_id in sorted(ours | theirs)
        if ours[promotion_id] != theirs.get(promotion_id, 0)
    ]


def unsent(ledger: Path) -> int:
    """How many records of a ledger the hub has not acknowledged."""
    connection = open_reader(ledger)
    try:
        return backlog(connection)[0]
    finally:
        connection.close()


def _stored_sales(connection: Connection) -> list[StoredSale]:
    rows = connection.execute(
        "SELECT sale.transaction_id, receipt_number, total_minor, "
        "(SELECT count(*) FROM sale_line AS line WHERE line.receipt_seq = sale.receipt_seq), body, "
        "receipt_seq, rounding_minor "
        "FROM retail_transaction AS sale JOIN journal USING (journal_no) ORDER BY receipt_seq"
    ).fetchall()
    found = []
    for transaction_id, number, total, lines, journalled, receipt_seq, rounding in rows:
        envelope: dict[str, Any] = json.loads(bytes(journalled))
        body = envelope["body"]
        found.append(
            StoredSale(
                transaction_id,
                number,
                total,
                lines,
                receipt_of(connection, transaction_id),
                int(body["total_minor"]),
                str(envelope["business_date"]),
                rounding,
                _taken_off(connection, receipt_seq),
                _summed((each["promotion_id"], each["amount_minor"]) for each in body.get("discounts", ())),
            )
        )
    return found


def _taken_off(connection: Connection, receipt_seq: int) -> dict[str, int]:
    return _summed(
        connection.execute(
            "SELECT promotion_id, amount_minor FROM price_modifier WHERE receipt_seq = ?", (receipt_seq,)
        )
    )


def _summed(parts: Iterable[Any]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for promotion_id, amount_minor in parts:
        found[promotion_id] += amount_minor
    return dict(found)


def _paper_differences(sale: StoredSale, slips: tuple[PaperSlip, ...], fonts: Path) -> list[str]:
    number = sale.receipt_number
    found = []
    if sale.journalled_minor != sale.total_minor:
        found.append(f"{number}: the journal says {sale.journalled_minor}, the ledger {sale.total_minor}")
    if sale.journalled_discounts != sale.discounts:
        found.append(f"{number}: the journal's discounts are not the ledger's")
    if sale.document is None:
        return [*found, f"{number}: the ledger has no receipt"]
    off = sum(sale.discounts.values()) - min(0, sale.rounding_minor)
    less = [row.right for row in sale.document.rows if isinstance(row, TextRow) and row.right[:1] == MINUS]
    on_paper = sum(parse_amount(text.lstrip(MINUS).replace(",", ""), "CNY") or 0 for text in less)
    if on_paper != off:
        found.append(f"{number}: the receipt takes {on_paper} off, the ledger {off}")
    codes = [row.text for row in sale.document.rows if isinstance(row, CodeRow)]
    totals = [
        row.right for row in sale.document.rows if isinstance(row, TextRow) and row.double and row.right
    ]
    if codes != [number]:
        found.append(f"{number}: the receipt carries {codes}")
    if totals != [signed_money(sale.total_minor, "CNY")]:
        found.append(f"{number}: the receipt's total is {totals}, the ledger's {sale.total_minor}")
    wanted = _drawn(sale.document, fonts)
    if not any(slip.image.tobytes() == wanted.image.tobytes() for slip in slips):
        found.append(f"{number}: no slip that came out looks like its receipt")
    return found


def _drawn(document: PaperDocument, fonts: Path) -> PaperSlip:
    """The document as a printer of its own draws it."""
    printer = VirtualPrinter(RasterFonts.bundled(fonts))
    link = printer.connect(lambda _answer: None, lambda: None)
    link.send(encode(document, RasterFonts.bundled(fonts)))
    return printer.slips[-1]
