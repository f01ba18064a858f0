"""The pages about prices in a real browser, in both languages; pictures go where FLEET_PICTURES says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from sync.hub.serving.embedded import EmbeddedHub
from tests.hub.test_fleet_browser import browser, hub, one, sign_in, text_of
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
    text = text_of(browser, "#answer")
    assert "32.70 CNY" in text
    assert saved in text
    assert who in text
    assert "<img src=x" in text
    assert browser.find_elements(By.CSS_SELECTOR, "#answer img, #answer script") == []
    picture(browser, f"try-{language}")
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
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
