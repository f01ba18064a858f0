"""The application as a user starts it, on a real window system: bursts, keys and clicks from outside.

Nothing here looks inside the till: what happened is read from its ledger, its paper and its hub.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pysqlite3 import dbapi2

from posapp.config import read_settings
from posapp.flows.intents import (
    GoTo,
    KeyIn,
    OpenShift,
    SelectOperator,
    SignOn,
    StartCount,
    SubmitCount,
    SwitchLanguage,
)
from posapp.flows.state import Reporting
from posapp.flows.views import PromptMain
from posapp.till import Till
from tests.e2e.conftest import Desk
from tests.e2e.places import PRIMARY, place_of
from tests.e2e.screen import Screen
from tests.e2e.shopfront import Shopfront, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.needs_x]

TEE, SOCKS, JACKET, SCARF = "6900170000012", "6900170000043", "6900170000067", "6900170000081"
MARKER = "4006381333931"
UNKNOWN = "6900170999996"


@pytest.fixture
def twin(application: QApplication, tmp_path: Path) -> Callable[[Shopfront], Desk]:
    """A till on a copy of the folder, shown nowhere: tells where things lie on the real one's screen."""
    made: list[Desk] = []

    def make(shop: Shopfront) -> Desk:
        folder = tmp_path / "twin"
        shutil.copytree(shop.data, folder, ignore=shutil.ignore_patterns("till.lock"))
        desk = Desk.__new__(Desk)
        desk.folder = folder
        settings = replace(read_settings(shop.settings), data=folder, full_screen=False)
        desk.till = Till(settings)
        made.append(desk)
        desk.start()
        return desk

    yield make  # type: ignore[misc]
    for desk in made:
        desk.close()


def start(shop: Shopfront, screen: Screen) -> None:
    """Start the till on the display and wait until it has its shop and its goods."""
    shop.open_till(**screen.environment)
    wait_for("a window with the focus", screen.window)
    wait_for("the shop is here", lambda: shop.count("SELECT count(*) FROM setting WHERE name = 'shop'"))
    wait_for("the goods are here", lambda: goods(shop) > 30)


def goods(shop: Shopfront) -> int:
    """Items in the till's catalogue."""
    path = shop.data / "catalog.db"
    if not path.exists():
        return 0
    connection = dbapi2.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        return int(connection.execute("SELECT rows FROM stream WHERE stream = 'catalogue'").fetchone()[0])
    except (dbapi2.OperationalError, TypeError):
        return 0
    finally:
        connection.close()


def is_png(data: bytes) -> bool:
    """Whether these bytes are a PNG from its first chunk to its last."""
    return data.startswith(b"\x89PNG") and data[-8:-4] == b"IEND"


def sign_on(shop: Shopfront, screen: Screen, tile: tuple[int, int], pin: str) -> None:
    """Click one's name, key the PIN, press Enter."""
    before = shop.count("SELECT count(*) FROM journal WHERE kind = 'OperatorSignedOn'")
    screen.click(tile)
    screen.key(*pin, "Return")
    wait_for(
        "signed on",
        lambda: shop.count("SELECT count(*) FROM journal WHERE kind = 'OperatorSignedOn'") > before,
    )


def scan_until_stored(shop: Shopfront, screen: Screen, *codes: str) -> None:
    """Scan, and wait until exactly these codes are on record after those before."""
    before = shop.cart_codes()
    screen.scan_all(*codes)
    wait_for(f"{codes} on record", lambda: len(shop.cart_codes()) >= len(before) + len(codes))
    assert shop.cart_codes() == [*before, *codes]


def pay(shop: Shopfront, screen: Screen) -> None:
    """Take payment by a click, the exact amount by Enter, and go on by Enter."""
    sales = shop.sales()
    screen.click(PRIMARY)
    # A terminator within 60 ms of a scan's own is the scanner's (CR LF); no hand is that fast.
    time.sleep(0.15)
    screen.key("Return")
    wait_for("a sale more", lambda: shop.sales() == sales + 1)
    screen.key("Return")


def test_a_day_with_the_hub_and_one_hour_without(
    shopfront: Shopfront, screen: Screen, twin: Callable[[Shopfront], Desk]
) -> None:
    start(shopfront, screen)
    other = twin(shopfront)
    manager, english = place_of(other.window, "周敏"), place_of(other.window, "English")
    screen.click(english)
    language = "SELECT value FROM setting WHERE name = 'language'"
    wait_for("English", lambda: shopfront.rows(language) == [(b"en",)])
    sign_on(shopfront, screen, manager, "8642")
    screen.click(PRIMARY)
    wait_for("an open shift", lambda: shopfront.count("SELECT count(*) FROM shift"))
    other.do(SelectOperator("1009"), *(KeyIn(digit) for digit in "8642"), SignOn())
    other.until(lambda: other.state == "ShiftClosed")
    other.do(OpenShift())
    other.until(lambda: other.state == "Selling")
    quick = first_quick_key(other)
    sell_with_bursts_in_any_focus(shopfront, screen)
    screen.key("Return")
    screen.click(quick)
    wait_for("a quick key's line", lambda: len(shopfront.cart().get("lines", ())) == 1)
    # A burst while the key that was clicked has the focus.
    scan_until_stored(shopfront, screen, TEE)
    sell_without_the_hub(shopfront, screen)
    # Count and close, by keys and one click.
    for key in ("alt+5", "F12", "3", "F12"):
        screen.key(key)
    close_shift(shopfront, screen, other)
    wait_for("the hub has the close", shopfront.agrees_with_hub)
    wait_for("five receipts and the report", lambda: len(shopfront.pictures()) == 6)
    assert shopfront.till_is_running()


def sell_with_bursts_in_any_focus(shop: Shopfront, screen: Screen) -> None:
    """The first sale: bursts with nothing in focus, in the field and on the payment sheet."""
    scan_until_stored(shop, screen, TEE)
    screen.key("F2")
    scan_until_stored(shop, screen, SOCKS, UNKNOWN, JACKET)
    screen.key("Escape")
    assert len(shop.cart()["lines"]) == 3
    # While the payment is open codes are refused, on record, and no amount.
    screen.click(PRIMARY)
    scan_until_stored(shop, screen, MARKER, SCARF)
    assert len(shop.cart()["lines"]) == 3
    screen.click(PRIMARY)
    wait_for("the first sale", lambda: shop.sales() == 1)
    total = shop.count("SELECT total_minor FROM retail_transaction")
    assert total == 7900 + 3900 + 39900, "the refused codes changed no amount"
    wait_for("the receipt", lambda: len(shop.pictures()) == 1)
    wait_for("a whole picture", lambda: is_png(shop.pictures()[0].read_bytes()))
    wait_for("the hub agrees", shop.agrees_with_hub)


def sell_without_the_hub(shop: Shopfront, screen: Screen) -> None:
    """The hub is gone in the middle of a sale: selling is not touched, and the queue drains after."""
    shop.kill_hub()
    pay(shop, screen)
    for code in (SOCKS, JACKET, SCARF):
        scan_until_stored(shop, screen, code)
        pay(shop, screen)
    assert shop.sales() == 5
    waiting = "SELECT journal_no - acked_no FROM till"
    assert shop.count(waiting) >= 4
    shop.open_hub()
    wait_for("the queue is empty", lambda: shop.count(waiting) == 0, 60)
    assert shop.agrees_with_hub()


def first_quick_key(desk: Desk) -> tuple[int, int]:
    """Where the first key for goods without a code lies."""
    view = desk.till.window.view()
    assert view is not None
    assert isinstance(view.main, PromptMain)
    return place_of(desk.window, view.main.keys[0].label)


def close_shift(shop: Shopfront, screen: Screen, other: Desk) -> None:
    """Name the reason of the difference and close; the twin tells where the reasons lie."""
    other.do(GoTo("sell"), SwitchLanguage("en"), StartCount())
    other.until(lambda: other.state == "Counting")
    other.do(SubmitCount())
    other.until(lambda: isinstance(p := other.till.terminal.state.phase, Reporting) and not p.reading)
    screen.click(place_of(other.window, "Not known"))
    screen.key("F12")
    wait_for("a settled shift", lambda: shop.count("SELECT count(*) FROM shift WHERE settled_at_ms > 0"))


def test_the_plug_is_pulled_in_the_middle_of_a_sale_and_of_a_pin(
    shopfront: Shopfront, screen: Screen, twin: Callable[[Shopfront], Desk]
) -> None:
    start(shopfront, screen)
    other = twin(shopfront)
    manager = place_of(other.window, "周敏")
    sign_on(shopfront, screen, manager, "8642")
    screen.click(PRIMARY)
    wait_for("an open shift", lambda: shopfront.count("SELECT count(*) FROM shift"))
    scan_until_stored(shopfront, screen, TEE, TEE, SOCKS)
    shopfront.kill_till()
    start(shopfront, screen)
    # A burst while a PIN is half keyed is no part of it.
    screen.click(manager)
    screen.key("8", "6")
    screen.scan(MARKER)
    screen.key("4", "2", "Return")
    wait_for("signed on again", lambda: shopfront.count(
        "SELECT count(*) FROM journal WHERE kind = 'OperatorSignedOn'") == 2)  # fmt: skip
    assert shopfront.cart_codes()[:3] == [TEE, TEE, SOCKS]
    screen.click(PRIMARY)
    screen.click(PRIMARY)
    wait_for("the sale", lambda: shopfront.sales() == 1)
    assert shopfront.count("SELECT total_minor FROM retail_transaction") == 2 * 7900 + 3900
    wait_for("the hub agrees", shopfront.agrees_with_hub)
    # Two presses in one go take one sale and open no second one.
    screen.key("Return")
    scan_until_stored(shopfront, screen, SCARF)
    screen.click(PRIMARY, times=6)
    wait_for("the second sale", lambda: shopfront.sales() == 2)
    wait_for("the hub agrees", shopfront.agrees_with_hub)
    assert shopfront.sales() == 2
