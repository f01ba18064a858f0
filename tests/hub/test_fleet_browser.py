"""The fleet page in a real browser: from signing in to a signed statement, and hostile words that never run.

Pictures of it are written to the folder that FLEET_PICTURES names.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from sync.hub.database import Database
from sync.hub.doubts.exception_list import KINDS, Kind, note_exception
from sync.hub.fleet.pages.details import DETAILS
from sync.hub.fleet.status_board import StatusBoard
from sync.hub.goods.shop_admin import put_shop
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.serving.embedded import EmbeddedHub
from sync.protocol.messages import StatusReport
from tests.hub.conftest import NOW_MS, event_line, sale_body, shop_document
from tests.hub.devices import enrol_device
from tests.hub.fleet_visitor import ADMIN, PASSWORD, HandClock, add_account

pytestmark = pytest.mark.needs_browser

WITHIN_S = 60.0
STORES = {
    "S1": ("东桥店", "East Bridge", ["T1", "T2", "T3"]),
    "S2": ("河滨店", "Riverside", ["T1", "T2"]),
    "S3": ("北站店", "North Station", ["T1", "T2", "T3"]),
}
FIGURES: dict[tuple[str, str], dict[str, Any]] = {
    ("S1", "T2"): {"queue_length": 37, "oldest_ms": NOW_MS - 1_500_000, "printer": "paper_out"},
    ("S1", "T3"): {"clock_ms": NOW_MS + 260_000},
    ("S2", "T2"): {"queue_length": 4, "oldest_ms": NOW_MS - 9_000, "app_version": "0.9.7"},
    ("S3", "T1"): {"seen_ms": NOW_MS - 7_500_000, "printer": "cover_open"},
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all tests of this file, without a window."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1440,1080",
        "--lang=en",
    ):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[EmbeddedHub, str]]:
    """Three stores with eight tills, their troubles and what waits for a person."""
    monkeypatch.setattr(
        "sync.hub.fleet.admins._HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    clock = HandClock()
    hub = EmbeddedHub(tmp_path / "hub.db", now_ms=clock.now_ms)
    furnish(hub.database)
    yield hub, hub.start()
    hub.stop()


def furnish(database: Database) -> None:
    add_account(database)
    for store_id, (chinese, english, terminals) in STORES.items():
        document = shop_document(store_id, terminals=[{"id": one} for one in terminals])
        document["store"] |= {"names": {"zh_CN": chinese, "en": english}, "time_zone": "Asia/Shanghai"}
        with database.writing() as connection:
            put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
        for terminal_id in terminals:
            if (store_id, terminal_id) != ("S3", "T3"):
                enrol_device(database, store_id, terminal_id, NOW_MS)
                tell(database, store_id, terminal_id)
    broken = sale_body(3) | {"total_minor": "12.50"}
    lines = [event_line(1), event_line(2), event_line(3, body=broken), b"{not a record"]
    with database.writing() as connection:
        ingest(connection, Batch("S1", "T1", 1, 1, lines), now_ms=NOW_MS)
        detail = {"seq": 2, "transaction_id": "txn-2", "doubts": ["total"], "total_minor": 1250}
        note_exception(
            connection, "S1", "sale_doubtful", "event-2", terminal_id="T1", detail=detail, now_ms=NOW_MS
        )
        detail = {"epoch": 1, "seq": 812, "reason": "a place that is held by another event"}
        note_exception(connection, "S3", "fork", "T1:1", terminal_id="T1", detail=detail, now_ms=NOW_MS)
        others: tuple[tuple[Kind, dict[str, Any]], ...] = (
            ("tampered", {"epoch": 1, "seq": 7}),
            ("chain_broken", {"epoch": 1, "seq": 9}),
            ("signature_wrong", {"epoch": 1, "seq": 9, "is_missing": False}),
            ("lines_missing", {"epoch": 1, "first_seq": 812, "last_seq": 830}),
            (
                "duplicate_transaction",
                {"epoch": 1, "seq": 8, "transaction_id": "txn-2", "event_id": "event-8"},
            ),
            ("stock_count", {"sku": "40063813", "sellable": -3, "unit": "pcs"}),
            ("returned_twice", {"seq": 10, "sale_receipt": "S2-01-000007", "pieces": 1}),
            (
                "compensation",
                {"right": "points", "right_id": "M01", "amount_minor": 500, "owner": "store manager"},
            ),
            ("lease_overspent", {"lease_id": "L-1", "lease_kind": "points", "lease_amount": 500, "over": 3}),
        )
        for kind, detail in others:
            terminal_id = "" if kind == "stock_count" else "T1"
            note_exception(
                connection, "S2", kind, f"{kind}-1", terminal_id=terminal_id, detail=detail, now_ms=NOW_MS
            )


def tell(
    database: Database, store_id: str, terminal_id: str, *, seen_ms: int = NOW_MS - 4_000, **changes: Any
) -> None:
    fields: dict[str, Any] = {
        "epoch": 1,
        "seq": 4 if (store_id, terminal_id) == ("S1", "T1") else 0,
        "queue_length": 0,
        "oldest_ms": None,
        "app_version": "1.0.0",
        "printer": "ready",
        "printer_detail": "tcp:192.168.7.20:9100",
        "items": 48_211,
        "catalogue_updated_ms": NOW_MS - 900_000,
        "system": "Linux 6.1.0, Python 3.11.7",
        **FIGURES.get((store_id, terminal_id), {}),
        **changes,
    }
    seen_ms = fields.pop("seen_ms", seen_ms)
    fields.setdefault("clock_ms", seen_ms + 300)
    StatusBoard(database, lambda: seen_ms).take(store_id, terminal_id, StatusReport(**fields))


def wait_for(found: Callable[[], Any]) -> Any:
    """What is found within a while; the browser is asked again and again."""
    until = time.monotonic() + WITHIN_S
    while True:
        result = found()
        if result or time.monotonic() > until:
            assert result
            return result


def one(browser: Chrome, css: str) -> Any:
    return wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, css))[0]


def text_of(browser: Chrome, css: str = "main") -> str:
    def read() -> str:
        try:
            return str(one(browser, css).text) or " "
        except StaleElementReferenceException:
            return ""  # the page has just been drawn anew

    return str(wait_for(read))


def sign_in(browser: Chrome, url: str) -> None:
    browser.delete_all_cookies()
    browser.get(f"{url}/fleet?lang=en")
    browser.get(f"{url}/fleet")
    one(browser, "input[name=name]").send_keys(ADMIN)
    one(browser, "input[name=password]").send_keys(PASSWORD)
    one(browser, "button.primary").click()
    one(browser, "#tills")


def picture(browser: Chrome, name: str) -> None:
    folder = os.environ.get("FLEET_PICTURES")
    if folder:
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def in_both_languages(browser: Chrome, url: str, path: str, name: str) -> None:
    for language, suffix in (("zh_CN", "zh"), ("en", "en")):
        browser.get(f"{url}{path}{'&' if '?' in path else '?'}lang={language}")
        one(browser, "main")
        picture(browser, f"{name}-{suffix}")


def no_complaints(browser: Chrome) -> None:
    """Nothing was refused by the page's own rules, nothing failed to load."""
    complaints = [entry for entry in browser.get_log("browser") if "favicon" not in entry["message"]]
    assert not complaints, complaints


def test_a_day_s_work_on_the_fleet_page(browser: Chrome, hub: tuple[EmbeddedHub, str]) -> None:
    running, url = hub
    browser.get(f"{url}/fleet")
    picture(browser, "sign-in-en")
    sign_in(browser, url)
    row = text_of(browser, 'tr[data-till="S1/T2"]')
    assert "East Bridge" in row
    assert "37" in row
    assert "Out of paper" in row
    in_both_languages(browser, url, "/fleet", "fleet")

    # A till that reports while somebody looks appears without a reload.
    browser.get(f"{url}/fleet?lang=en")
    browser.execute_script("document.title = 'not loaded again'")
    tell(running.database, "S3", "T2", queue_length=999, oldest_ms=NOW_MS - 1_000)
    # Coming back to a page refreshes it at once; waiting for the next ten seconds would only take longer.
    browser.execute_script("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for(lambda: "999" in text_of(browser, 'tr[data-till="S3/T2"]'))
    assert browser.title == "not loaded again"
    assert one(browser, "main").get_attribute("data-refresh") == "10"

    one(browser, "#language").click()
    wait_for(lambda: "收银机" in text_of(browser, "h1"))
    browser.get(f"{url}/fleet/exceptions")
    assert "销售单的金额对不上" in text_of(browser), "the language is remembered"
    in_both_languages(browser, url, "/fleet/exceptions", "exceptions")
    shown = text_of(browser, "#exceptions")
    for raw in (*KINDS, *DETAILS, "‹", "{", "_ms"):
        assert f"{raw}:" not in shown, "names of programs are not for people"
    assert "Goods, tax and rounding do not make the total." in shown
    # One tick for all of the page, and for none again.
    all_ticks = "return document.querySelectorAll('tbody input[name=key]:checked').length"
    one(browser, "input[data-all]").click()
    assert browser.execute_script(all_ticks) == len(KINDS)
    one(browser, "input[data-all]").click()
    assert browser.execute_script(all_ticks) == 0
    tick = one(browser, 'tr[data-kind="sale_doubtful"] input')
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", tick)
    tick.click()
    one(browser, "input[name=note]").send_keys("compared with the receipt <b>")
    one(browser, "#settle button.primary").click()
    assert "Settled, and on record" in text_of(browser, "#done")
    browser.get(f"{url}/fleet/exceptions?state=settled")
    assert "compared with the receipt <b>" in text_of(browser)

    browser.get(f"{url}/fleet/quarantine")
    picture(browser, "quarantine-en")
    one(browser, "#lines tbody a.name").click()
    in_both_languages(browser, url, browser.current_url.removeprefix(url), "line")
    one(browser, "#read-again").click()
    assert "still cannot be read" in text_of(browser, "#done")
    no_complaints(browser)


def test_stores_tills_and_the_statement(browser: Chrome, hub: tuple[EmbeddedHub, str]) -> None:
    _running, url = hub
    sign_in(browser, url)
    in_both_languages(browser, url, "/fleet/stores", "stores")
    in_both_languages(browser, url, "/fleet/stores/S1/tills/T1", "till")
    in_both_languages(browser, url, "/fleet/stores/S1", "store")
    for field in ("first_day", "last_day"):
        script = f"document.querySelector('input[name={field}]').value = '2026-05-28'"
        browser.execute_script(script)
    one(browser, "#statement button.primary").click()
    assert "Not complete" in text_of(browser, "#verdict")
    assert "T2: records wait at the till" in text_of(browser)
    in_both_languages(browser, url, browser.current_url.removeprefix(url), "statement")
    in_both_languages(browser, url, "/fleet/record", "record")
    no_complaints(browser)
    one(browser, "#sign-out").click()
    browser.get(f"{url}/fleet")
    one(browser, "input[name=password]")


def test_what_a_till_sends_never_runs(browser: Chrome, hub: tuple[EmbeddedHub, str]) -> None:
    running, url = hub
    evil = "\"'><img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    tell(running.database, "S1", "T1", printer=evil, printer_detail=evil, app_version=evil, system=evil)
    with running.database.writing() as connection:
        note_exception(
            connection, "S1", "sale_doubtful", evil, terminal_id="T1", detail={evil: evil}, now_ms=NOW_MS
        )
        lines = [json.dumps({"body": evil}).encode(), evil.encode()]
        ingest(connection, Batch("S1", "T1", 1, 5, lines), now_ms=NOW_MS)
    shown = 0
    sign_in(browser, url)
    for path in ("/fleet", "/fleet/stores/S1/tills/T1", "/fleet/exceptions", "/fleet/quarantine"):
        browser.get(f"{url}{path}")
        one(browser, "main")
        assert browser.title != "run", path
        assert not browser.find_elements(By.CSS_SELECTOR, "img[src=x], main script"), path
    for link in [
        one.get_attribute("href") for one in browser.find_elements(By.CSS_SELECTOR, "#lines a.name")
    ]:
        browser.get(link)
        shown += "<script>" in text_of(browser, "#content")
        assert browser.title != "run"
    assert shown == 2, "the words are there to be read"
    no_complaints(browser)
