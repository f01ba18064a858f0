"""The walks of a day through the real application object, offscreen: keys and clicks in, ledger out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from posapp.domain.cart_record import cart_from_bytes
from posapp.flows.intents import (
    Back,
    ChooseReason,
    ChooseTender,
    CloseShift,
    GoTo,
    Lock,
    SelectOperator,
    ShowX,
    StartCount,
    StartTender,
    SubmitCount,
    SwitchLanguage,
    VoidCart,
)
from posapp.flows.shift import VARIANCE_REASONS
from posapp.flows.state import Committing, Reporting
from posapp.store.engine import open_reader
from posapp.ui.keystrokes import scan, strike
from posapp.ui.widgets.base import Pick, Press
from tests.e2e.conftest import Desk
from tests.simulation.audit import audit
from tests.simulation.goods import COLA, MILK, UNKNOWN

pytestmark = pytest.mark.e2e


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of a till's ledger as another reader sees them."""
    connection = open_reader(folder / "ledger.db")
    try:
        return list(connection.execute(sql).fetchall())
    finally:
        connection.close()


def draft_codes(folder: Path) -> list[str]:
    """Scans of the open cart as they lie on the disk."""
    found = rows(folder, "SELECT cart FROM draft WHERE state = 'open'")
    return [record["code"] for record in json.loads(bytes(found[0][0]))["scans"]] if found else []  # type: ignore[arg-type]


def test_a_day_by_keys_and_clicks(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    desk.do(SelectOperator("1009"))
    desk.type("8642")
    desk.enter()
    desk.until(lambda: desk.state == "ShiftClosed")
    desk.press_primary()
    desk.until(lambda: desk.state == "Selling")
    desk.scan(COLA, COLA, MILK)
    assert desk.cart == [("cola", 2), ("milk", 1)]
    desk.key(Qt.Key.Key_F12)
    assert desk.state == "Tendering"
    desk.type("50")
    desk.press_primary()
    desk.until(lambda: desk.state == "Done")
    desk.until(lambda: desk.slips() == 1 and desk.drawers() == 1)
    desk.until(lambda: len(list((desk.folder / "receipts").glob("*.png"))) == 1)
    desk.do(SwitchLanguage("en"))
    desk.enter()
    desk.scan(MILK)
    desk.press_primary()
    desk.press_primary()
    desk.until(lambda: desk.state == "Done" and desk.slips() == 2)
    printer = desk.till.printing.virtual
    assert printer is not None
    assert any("S0217-03-000002" in row for row in printer.slips[1].text_rows), (
        "the second slip is in English"
    )
    desk.enter()
    desk.do(StartCount())
    desk.until(lambda: desk.state == "Counting")
    desk.do(SubmitCount())
    desk.until(lambda: isinstance(p := desk.till.terminal.state.phase, Reporting) and not p.reading)
    desk.do(ChooseReason(VARIANCE_REASONS[3]), CloseShift())
    desk.until(lambda: isinstance(p := desk.till.terminal.state.phase, Reporting) and p.settled)
    desk.until(lambda: desk.slips() == 3)
    assert rows(desk.folder, "SELECT count(*), sum(total_minor) FROM retail_transaction") == [(2, 3300)]
    (settled,) = rows(desk.folder, "SELECT counted_minor, expected_minor FROM shift WHERE settled_at_ms > 0")
    assert settled == (0, 30_000 + 3300)
    assert audit(desk.folder / "ledger.db") == []


def test_no_scan_leaks_into_a_field_wherever_the_focus_is(desk: Desk) -> None:
    """Every part that can have the focus, on every screen of a sale, gets a burst."""
    scanned = 0

    def burst_on_every_part() -> None:
        nonlocal scanned
        parts = [part for part in desk.window.findChildren(QWidget) if isinstance(part, Press | Pick)]
        for part in [part for part in parts if part.isVisible() and part.isEnabled()]:
            if not part.isVisible():
                continue
            part.setFocus(Qt.FocusReason.TabFocusReason)
            desk.scan(COLA)
            scanned += 1
            assert desk.field() == ""

    burst_on_every_part()
    assert desk.state == "Selling"
    desk.do(StartTender())
    burst_on_every_part()
    assert desk.state == "Tendering"
    assert desk.till.terminal.state.phase.entry == ""  # type: ignore[union-attr]
    assert desk.codes == [COLA] * scanned


def test_twenty_scans_while_a_sheet_is_open_are_all_on_record(desk: Desk) -> None:
    desk.scan(MILK)
    desk.do(StartTender())
    desk.scan(*([COLA, UNKNOWN] * 10), apart_ms=80)
    assert desk.state == "Tendering"
    assert desk.codes == [MILK, *([COLA, UNKNOWN] * 10)]
    assert desk.cart == [("milk", 1)]
    assert desk.till.terminal.state.phase.entry == ""  # type: ignore[union-attr]


def test_a_scan_between_the_digits_of_a_pin_is_no_digit(desk: Desk) -> None:
    desk.scan(MILK)
    desk.do(Lock(), SelectOperator("1009"))
    desk.type("86")
    desk.scan(COLA)
    desk.type("42")
    desk.until(lambda: getattr(desk.till.terminal.state.phase, "pin", "") == "8642")
    desk.enter()
    desk.until(lambda: desk.state == "Selling")
    assert desk.cart == [("milk", 1)]


def test_scans_during_the_commit_wait_for_the_next_sale(desk: Desk) -> None:
    desk.scan(MILK)
    desk.do(StartTender())
    desk.press_primary()
    assert isinstance(desk.till.terminal.state.phase, Committing)
    desk.scan(COLA, COLA, UNKNOWN, MILK, apart_ms=60)
    assert isinstance(desk.till.terminal.state.phase, Committing), "no event loop ran in between"
    desk.until(lambda: desk.state == "Selling")
    assert desk.cart == [("cola", 2), ("milk", 1)]
    assert desk.codes == [COLA, COLA, UNKNOWN, MILK]
    assert rows(desk.folder, "SELECT total_minor FROM retail_transaction") == [(1300,)]


def test_a_cart_is_on_disk_after_the_writers_next_turn(desk: Desk) -> None:
    for number, code in enumerate((COLA, MILK, UNKNOWN, COLA), 1):
        desk.scan(code)
        desk.written()
        assert len(draft_codes(desk.folder)) == number
    assert draft_codes(desk.folder) == desk.codes


def test_power_lost_in_the_middle_of_a_sale(
    desk: Desk, open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk.scan(COLA, MILK, UNKNOWN)
    desk.written()
    shutil.copytree(desk.folder, tmp_path / "after", ignore=shutil.ignore_patterns("till.lock"))
    again = open_desk(tmp_path / "after")
    assert again.state == "SignedOff"
    again.open_shift()
    assert again.cart == [("cola", 1), ("milk", 1)]
    again.scan(MILK)
    again.do(StartTender())
    again.press_primary()
    again.until(lambda: again.state == "Done")
    assert rows(again.folder, "SELECT goods_minor FROM retail_transaction") == [(350 + 2 * 1295,)]
    assert audit(again.folder / "ledger.db") == []


def test_a_half_taken_card_payment_survives_the_loss_of_power(
    desk: Desk, open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk.scan(MILK, MILK)
    desk.do(StartTender(), ChooseTender("card"))
    desk.type("10")
    desk.press_primary()
    assert desk.state == "Tendering"
    desk.written()
    shutil.copytree(desk.folder, tmp_path / "after", ignore=shutil.ignore_patterns("till.lock"))
    again = open_desk(tmp_path / "after").sign_on()
    held = again.till.terminal.state.desk.cart
    assert held is not None
    assert [(line.tender_id, line.amount_minor) for line in held.paid] == [("card", 1000)]
    again.do(VoidCart())
    assert again.till.terminal.state.desk.cart is not None, "money taken is not forgotten"
    if again.state == "Selling":
        again.do(StartTender())
    again.do(Back())
    assert again.state == "Tendering", "money taken must be given back first"
    again.press_primary()
    again.until(lambda: again.state == "Done")
    assert rows(again.folder, "SELECT what, amount_minor FROM transaction_line WHERE part = 2") == [
        ("card", 1000),
        ("cash", 1590),
    ]
    assert audit(again.folder / "ledger.db") == []


def test_the_open_cart_on_disk_is_the_one_on_the_screen(desk: Desk) -> None:
    desk.scan(COLA, MILK)
    desk.key(Qt.Key.Key_Plus, "+")
    desk.keys_given()
    desk.do(ShowX(), GoTo("sell"))
    desk.written()
    (held,) = rows(desk.folder, "SELECT cart FROM draft WHERE state = 'open'")
    cart = cart_from_bytes(bytes(held[0]))  # type: ignore[arg-type]
    assert cart == desk.till.terminal.state.desk.cart


def test_a_burst_after_a_stall_of_the_window_is_still_one_scan(desk: Desk) -> None:
    """The keys of a person and of a scanner arrive together; their own times tell them apart."""
    at_ms = desk.later_ms(2000)
    for place, sign in enumerate("12"):
        strike(desk.window, Qt.Key(ord(sign)), sign, at_ms=at_ms + 180 * place)
    scan(desk.window, COLA, start_ms=at_ms + 900)
    desk.keys_given()
    assert desk.codes == [COLA]
    assert desk.field() == "12"
