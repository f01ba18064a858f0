"""Six hundred hostile double presses of Settle through the real window: each sale is made once.

Hands that strike twice in one turn of the event loop, keys that repeat, presses that fall between the
commit and its answer, and bursts of a scanner in the middle of it all; seeded, so that a failure can be
played again.
"""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import Qt

from posapp.flows.intents import NextSale, Settle, StartTender
from posapp.flows.state import Committing, Done, Selling, Tendering
from posapp.store.engine import open_reader
from posapp.ui.keystrokes import ENTER, strike
from tests.e2e.conftest import Desk
from tests.simulation.audit import audit
from tests.simulation.goods import COLA, MILK, UNKNOWN

pytestmark = [pytest.mark.e2e, pytest.mark.campaign]

ROUNDS = 600
PER_TILL = 200


class Hostile:
    """Somebody who strikes the one primary act far too often."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self.desk = desk
        self.chance = chance
        self.scanned: list[str] = []
        self.refused = 0

    @property
    def phase(self) -> object:
        return self.desk.till.terminal.state.phase

    def press(self) -> None:
        """One press, by one of the ways there are."""
        desk = self.desk
        match self.chance.randrange(5):
            case 0:
                desk.press_primary()
            case 1:
                desk.key(Qt.Key.Key_F12)
            case 2:
                desk.key(ENTER, "\r")
            case 3:
                # Held down: the first press counts, what the keyboard repeats does not.
                at_ms = desk.later_ms()
                for count in range(4):
                    key = self.chance.choice(((Qt.Key.Key_F12, ""), (ENTER, "\r")))
                    strike(desk.window, *key, at_ms=at_ms + 33 * count, repeat=count > 0)
            case 4:
                # A wish that came by another way than the button, as a second window would send it.
                desk.do(Settle())

    def scan(self) -> None:
        """A burst in the middle of it."""
        code = self.chance.choice((COLA, MILK, UNKNOWN))
        self.desk.scan(code, apart_ms=300)
        self.scanned.append(code)

    def settle(self) -> None:
        """Strike Settle twice or more around one payment; some strikes fall before the answer."""
        assert isinstance(self.phase, Tendering)
        desk, chance = self.desk, self.chance
        while isinstance(self.phase, Tendering):
            # A held key whose repeats come first is rightly nothing: so strike until something was taken.
            self.press()
        assert isinstance(self.phase, Committing)
        for _ in range(chance.randint(1, 4)):
            if chance.random() < 0.25:
                self.scan()
            if isinstance(self.phase, Committing):
                self.press()
        assert isinstance(self.phase, Committing), "no event loop ran in between"
        desk.until(lambda: not isinstance(self.phase, Committing))


@pytest.mark.parametrize("seed", range(ROUNDS // PER_TILL))
def test_double_presses_make_exactly_the_sales_they_should(desk: Desk, seed: int) -> None:
    hostile = Hostile(desk, random.Random(seed))
    for made in range(PER_TILL):
        if isinstance(hostile.phase, Done):
            desk.do(NextSale())
        while not desk.cart:
            hostile.scan()
        assert isinstance(hostile.phase, Selling)
        desk.do(StartTender())
        hostile.settle()
        assert count(desk, "SELECT count(*) FROM retail_transaction") == made + 1
        assert isinstance(hostile.phase, Done | Selling)
    desk.until(lambda: desk.slips() == PER_TILL and desk.drawers() == PER_TILL)
    desk.written()
    assert count(desk, "SELECT count(*) FROM print_job") == PER_TILL
    assert count(desk, "SELECT count(DISTINCT transaction_id) FROM retail_transaction") == PER_TILL
    assert on_record(desk) == len(hostile.scanned)
    assert audit(desk.folder / "ledger.db") == []


def count(desk: Desk, sql: str) -> int:
    """A number that another reader of the ledger sees."""
    connection = open_reader(desk.folder / "ledger.db")
    try:
        return int(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()


def on_record(desk: Desk) -> int:
    """Scans on record in sales, alone, and in the open cart."""
    stored = count(
        desk,
        "SELECT coalesce(sum(CASE kind WHEN 'ScanRefused' THEN 1 "
        "ELSE json_array_length(body, '$.body.scans') END), 0) FROM journal "
        "WHERE kind IN ('ScanRefused', 'TransactionCompleted')",
    )
    return stored + len(desk.codes)
