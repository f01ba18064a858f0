"""The pages about prices in a real browser, in both languages; pictures go where FLEET_PICTURES says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from sync.hub.fleet.what_if import Question, ask
from sync.hub.schema.feeds import JOB
from sync.hub.serving.embedded import EmbeddedHub
from tests.hub.conftest import NOW_MS
from tests.hub.test_fleet_browser import browser, hub, one, sign_in, text_of, wait_for
from tests.hub.test_fleet_prices import HALF, furnish_prices, publish, sell

__all__ = ["browser", "hub"]

pytestmark = [pytest.mark.needs_browser, pytest.mark.expected_logs]


def picture(browser: Chrome, name: str) -> None:
    folder = os.environ.get("FLEET_PICTURES", "")
    if folder:
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def choose(browser: Chrome, name: str, value: str) -> None:
    one(browser, f"select[name={name}] option[value={value}]").click()


@pytest.mark.parametrize(
    ("language", "saved", "who"), [("en", "Saved", "Brand Leaf"), ("zh_CN", "已省", "品牌方 Leaf")]
)
def test_try_a_basket_and_ask_what_would_change(
    browser: Chrome, hub: tuple[EmbeddedHub, str], tmp_path: Path, language: str, saved: str, who: str
) -> None:
    database, url = hub[0].database, hub[1]
    furnish_prices(database, tmp_path)
    sell(database, 1, 2, 3, seq=5)
    hostile: dict[str, Any] = {"id": "<script>x</script>", "kind": {"type": "amount", "amount": "0.10"}}
    publish(database, hostile | {"name": {"en": "<img src=x onerror=alert(1)>"}, "on": {"sku": ["rice"]}})
    sign_in(browser, url)
    browser.get(f"{url}/fleet/prices?lang={language}")
    choose(browser, "store", "S1")
    one(browser, "textarea[name=goods]").send_keys("tea 2\n4011 350")
    one(browser, "#price").click()
    wait_for(lambda: "32.70 CNY" in text_of(browser, "#answer"))
    text = text_of(browser, "#answer")
    assert saved in text
    assert who in text
    assert "<img src=x" in text
    assert browser.find_elements(By.CSS_SELECTOR, "#answer img, #answer script") == []
    picture(browser, f"try-{language}")
    # A member in words: it stays in the form, and the answer is that member's.
    own = {"id": "own", "kind": {"type": "pct", "pct": 10}, "who": {"tags": ["club"], "staff": True}}
    publish(database, own)
    one(browser, "input[name=tags]").send_keys("club, student")
    one(browser, "input[name=orders]").send_keys("3")
    one(browser, "input[name=points]").send_keys("no")
    one(browser, "input[name=staff]").click()
    one(browser, "#price").click()
    assert text_of(browser, "#answer [role=alert]").startswith("no ")
    one(browser, "input[name=points]").clear()
    one(browser, "#price").click()
    assert "own" in text_of(browser, "#discounts")
    assert one(browser, "input[name=tags]").get_attribute("value") == "club, student"
    assert one(browser, "input[name=staff]").is_selected()
    picture(browser, f"member-{language}")
    browser.get(f"{url}/fleet/prices/what-if")
    changed = HALF | {"kind": {"type": "nth", "n": 2, "pct": "100"}, "version": 2}
    one(browser, "textarea[name=document]").send_keys(json.dumps(changed, ensure_ascii=False))
    choose(browser, "store", "S1")
    days = {"first_day": "2026-05-22", "last_day": "2026-05-28"}
    for name, day in days.items():
        browser.execute_script(f"document.getElementsByName('{name}')[0].value = '{day}'")
    picture(browser, f"ask-{language}")
    one(browser, "#ask-it").click()
    assert text_of(browser, "#changed") == "2"
    assert who in text_of(browser, "#parties")
    picture(browser, f"answer-{language}")
    with database.writing() as connection:
        question = Question(("S1",), "2026-05-22", "2026-05-28", (json.dumps(HALF),))
        ask(connection, "broken", question, who="ada", now_ms=NOW_MS)
        job = {"store_id": "S1", "kind": "what_if", "key": "broken", "body": b"", "run_at_ms": 1 << 50}
        more = {"wanted": 1, "attempts": 3, "claim": "", "claimed_until_ms": 0, "error": "ValueError: <b>"}
        connection.execute(JOB.insert().values(**job, **more))
    browser.get(f"{url}/fleet/prices/what-if/broken")
    assert "ValueError: <b>" in text_of(browser, "#failed")
    picture(browser, f"failed-{language}")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
