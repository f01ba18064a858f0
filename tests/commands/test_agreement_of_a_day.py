"""The demo's last word: a day that agrees is said to agree, and every planted difference is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from posapp.commands.agreement import compare, unsent
from posapp.devices.escpos import encode
from posapp.devices.fonts import RasterFonts
from posapp.devices.virtual_paper import Slip
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.domain.paper import CodeRow, PaperDocument, TextRow
from posapp.flows.effects import Commit, PrintRequest
from posapp.flows.formatting import signed_money
from posapp.resources import resource_path
from posapp.store.engine import open_ledger
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from posapp.store.outbox import acknowledge
from posapp.store.prints import receipt_of
from tests.store.conftest import PLACE, CountedIds, committed, sale, shift_opened

FONTS = resource_path("fonts")


@dataclass
class Day:
    """A ledger of two sales, the slips of both, and what the hub says."""

    ledger: Path
    slips: list[Slip] = field(default_factory=list)
    hub: dict[str, int] = field(default_factory=dict)

    def differences(self) -> tuple[str, ...]:
        return compare(self.ledger, tuple(self.slips), self.hub, FONTS).differences

    def damage(self, *statements: str) -> None:
        """Change what nobody may change."""
        held = open_ledger(self.ledger)
        for table in ("journal", "retail_transaction"):
            held.execute(f"DROP TRIGGER {table}_no_update")
        for statement in statements:
            held.execute(statement)
        held.close()


@pytest.fixture
def day(tmp_path: Path, clock: Any) -> Day:
    path = tmp_path / "ledger.db"
    migrate(path, epoch=1)
    ledger = Ledger(lambda: open_ledger(path), place=PLACE, clock=clock, ids=CountedIds())
    committed(ledger.commit(Commit("open", (shift_opened(),))))
    made = Day(path)
    printer = VirtualPrinter(RasterFonts.bundled(FONTS))
    link = printer.connect(lambda _answer: None, lambda: None)
    letters = RasterFonts.bundled(FONTS)
    for number, amount in ((1, 500), (2, 1750)):
        fact = sale(transaction_id=f"sale-{number}", amounts=(amount,))
        total = TextRow("Total", signed_money(fact.total_minor, "CNY"), double=True)
        document = PaperDocument("receipt", (total, CodeRow("code128", "{receipt_number}")), 42)
        prints = (PrintRequest(f"print-{number}", "receipt", document),)
        committed(ledger.commit(Commit(f"commit-{number}", (fact,), prints)))
        stored = receipt_of(ledger.connection(), fact.transaction_id)
        assert stored is not None
        link.send(encode(stored, letters))
    assert ledger.write(lambda connection: acknowledge(connection, 1, 3, backed_up_through=0)) is None
    ledger.close()
    made.slips = list(printer.slips)
    made.hub = {
        "sales_count": 2, "sales_total_minor": 2250, "events": 3, "quarantined": 0, "fork_alarms": 0
    }  # fmt: skip
    return made


def test_a_day_that_agrees(day: Day) -> None:
    agreement = compare(day.ledger, tuple(day.slips), day.hub, FONTS)
    assert agreement.differences == ()
    assert [(one.receipt_number, one.total_minor, one.lines) for one in agreement.sales] == [
        ("S001-03-000001", 500, 1),
        ("S001-03-000002", 1750, 1),
    ]
    assert unsent(day.ledger) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sales_count": 1}, "the till has 2 sales, the hub 1"),
        ({"sales_total_minor": 2251}, "the till's sales are 2250, the hub's 2251"),
        ({"quarantined": 1}, "the hub set records aside"),
        ({"fork_alarms": 1}, "the hub set records aside"),
    ],
)
def test_a_hub_that_says_something_else(day: Day, change: dict[str, int], said: str) -> None:
    day.hub |= change
    assert day.differences() == (said,)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (lambda day: day.slips.pop(), "S001-03-000002: no slip that came out looks like its receipt"),
        (
            lambda day: day.damage("UPDATE till SET acked_no = 1"),
            "2 records were not acknowledged by the hub",
        ),
        (
            lambda day: day.damage(
                "UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), '\"total_minor\":500', "
                "'\"total_minor\":501') AS BLOB) WHERE journal_no = 2"
            ),
            "S001-03-000001: the journal says 501, the ledger 500",
        ),
        (
            lambda day: day.damage("UPDATE print_job SET document = x'00' WHERE job_id = 'print-1'"),
            "S001-03-000001: the ledger has no receipt",
        ),
    ],
)
def test_one_planted_difference_is_the_one_that_is_told(
    day: Day, plant: Callable[[Day], object], said: str
) -> None:
    plant(day)
    assert day.differences() == (said,)


def test_a_sale_that_was_changed_differs_from_everything(day: Day) -> None:
    day.damage(
        "UPDATE retail_transaction SET goods_minor = 700, total_minor = 700, tendered_minor = 800 "
        "WHERE receipt_seq = 1"
    )
    assert day.differences() == (
        "S001-03-000001: the journal says 500, the ledger 700",
        f"S001-03-000001: the receipt's total is {[signed_money(500, 'CNY')]}, the ledger's 700",
        "the till's sales are 2450, the hub's 2250",
    )


def test_a_receipt_of_another_sale_is_found(day: Day) -> None:
    day.damage(
        "UPDATE print_job SET document = (SELECT document FROM print_job WHERE job_id = 'print-2') "
        "WHERE job_id = 'print-1'"
    )
    assert day.differences() == (
        "S001-03-000001: the receipt carries ['S001-03-000002']",
        f"S001-03-000001: the receipt's total is {[signed_money(1750, 'CNY')]}, the ledger's 500",
    )
