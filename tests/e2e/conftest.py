"""A till in this process and a shop in processes of its own, made anew for every test."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from posapp.domain.shop import Shop
from posapp.flows.intents import Intent, KeyIn, OpenShift, SelectOperator, SignOn
from posapp.flows.state import Selling, ShiftClosed
from posapp.till import Till
from posapp.ui.app import create_application
from posapp.ui.keystrokes import ENTER, scan, strike
from tests.domain.shops import SHOP
from tests.e2e.screen import Screen
from tests.e2e.shopfront import Shopfront
from tests.simulation.counter import furnish, settings_in
from tests.simulation.goods import GOODS

WITHIN_MS = 60_000
FINGER_MS = 70
"""A person's key is down this long; a scanner's goes up at once."""


def demo_shop() -> Shop:
    """The small shop with PINs that can be checked, hashed as cheaply as Argon2 can."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    people = tuple(
        replace(who, pin_hash=hasher.hash(who.pin_hash.removeprefix("hash of "))) for who in SHOP.operators
    )
    return replace(SHOP, operators=people)


class Desk:
    """The real application object of one till, offscreen, with hands on its window."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        """`changes` are settings that this till has otherwise."""
        self.folder = folder
        settings = settings_in(folder, store_id="S0217")
        self.till = Till(replace(settings, sound="off", **changes))
        self._at_ms = 1_000

    def start(self) -> None:
        """Show the window, in the size of the pictures."""
        self.till.start(link=False)
        self.till.window.resize(1366, 768)
        self.until(lambda: self.till.printing.virtual is not None)

    # ------------------------------------------------------------------ looking

    @property
    def window(self) -> QWidget:
        return self.till.window

    @property
    def state(self) -> str:
        return type(self.till.terminal.state.phase).__name__

    @property
    def cart(self) -> list[tuple[str, int]]:
        """SKU and quantity of the open lines."""
        cart = self.till.terminal.state.desk.cart
        return [(line.sku, line.quantity.value) for line in cart.lines] if cart else []

    @property
    def codes(self) -> list[str]:
        """Scans on record in the open cart."""
        cart = self.till.terminal.state.desk.cart
        return [record.code for record in cart.scans] if cart else []

    def field(self) -> str:
        """What stands in the scan field."""
        return self.till.window.parts.top.scan.edit.text()

    def drawers(self) -> int:
        printer = self.till.printing.virtual
        return len(printer.drawer_opened) if printer else 0

    def slips(self) -> int:
        printer = self.till.printing.virtual
        return len(printer.slips) if printer else 0

    # ------------------------------------------------------------------ waiting

    def until(self, reached: Callable[[], bool], within_ms: int = WITHIN_MS) -> None:
        """Let the application work until something holds."""
        until_s = time.monotonic() + within_ms / 1000
        while not reached():
            assert time.monotonic() < until_s, f"not reached; at {self.till.terminal.state.phase!r}"
            QTest.qWait(2)

    def rest(self, wait_ms: int = 0) -> None:
        """Let the application do what is due."""
        QTest.qWait(wait_ms) if wait_ms else QApplication.processEvents()

    def keys_given(self) -> None:
        """Wait until no key is held any more for what might still come of a scanner's burst."""
        self.until(lambda: self.till.window._wedge._gate.due_ms is None)

    def written(self) -> None:
        """Let the picture be painted and the writer have its turn: what the beep promised is on disk."""
        QTest.qWait(20)
        assert self.till.writer.flush()

    # ------------------------------------------------------------------ hands

    def do(self, *wishes: Intent) -> None:
        """Wishes as parts of the window send them."""
        for wish in wishes:
            self.till.handle(wish)

    def later_ms(self, step_ms: int = 500) -> int:
        """A time for the next keys, some way after the last ones."""
        self._at_ms += step_ms
        return self._at_ms

    def scan(self, *codes: str, apart_ms: int = 500) -> None:
        """Bursts of a scanner, 5 ms from key to key."""
        for code in codes:
            scan(self.window, code, start_ms=self.later_ms(apart_ms))
            self._at_ms += 5 * len(code)

    def key(self, key: Qt.Key, text: str = "", *, repeat: bool = False) -> None:
        """A key as a person strikes it."""
        strike(self.window, key, text, at_ms=self.later_ms(), down_ms=FINGER_MS, repeat=repeat)

    def type(self, text: str) -> None:
        """Digits as a person keys them, each given back after the hold."""
        for sign in text:
            self.key(Qt.Key(ord(sign)), sign)
        self.keys_given()

    def press_primary(self) -> None:
        """A click on the one primary act."""
        QTest.mouseClick(self.till.window.parts.anchor.primary, Qt.MouseButton.LeftButton)

    def enter(self) -> None:
        """The Enter key."""
        self.key(ENTER, "\r")

    # ------------------------------------------------------------------ short ways

    def sign_on(self, operator_id: str = "1009", pin: str = "8642") -> Desk:
        self.do(SelectOperator(operator_id), *(KeyIn(digit) for digit in pin), SignOn())
        self.until(lambda: self.state not in ("SignedOff", "Locked"))
        return self

    def open_shift(self) -> Desk:
        self.sign_on()
        if isinstance(self.till.terminal.state.phase, ShiftClosed):
            self.do(OpenShift())
        self.until(lambda: isinstance(self.till.terminal.state.phase, Selling))
        return self

    def close(self) -> None:
        self.till.close()
        self.till.window.deleteLater()


@pytest.fixture
def application(qapp: QApplication) -> QApplication:
    """The application with the till's fonts and palette."""
    return create_application([])


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A till's folder with the small shop and its goods, to copy."""
    folder = tmp_path_factory.mktemp("furnished") / "till"
    furnish(settings_in(folder, store_id="S0217"), demo_shop(), GOODS)
    return folder


@pytest.fixture
def open_desk(application: QApplication, furnished: Path, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Opens tills, each on a folder of its own unless one is given."""
    opened: list[Desk] = []

    def make(folder: Path | None = None, **changes: Any) -> Desk:
        if folder is None:
            folder = tmp_path / f"till-{len(opened)}"
            shutil.copytree(furnished, folder)
        desk = Desk(folder, **changes)
        opened.append(desk)
        desk.start()
        return desk

    yield make
    for desk in opened:
        desk.close()
    application.sendPostedEvents()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """A till with an open shift, a manager signed on."""
    return open_desk().open_shift()


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    """A display with a window manager, keyboard and mouse."""
    made = Screen(tmp_path / "screen.log")
    yield made
    made.close()


@pytest.fixture
def shopfront(tmp_path: Path) -> Iterator[Shopfront]:
    """A hub that serves, and an enrolled terminal that is not started yet."""
    shop = Shopfront(tmp_path)
    try:
        shop.furnish()
        yield shop
    finally:
        shop.close()
