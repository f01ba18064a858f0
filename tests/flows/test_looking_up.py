"""An item that somebody looks up: what is left, how old that is, its next price; rules on the status page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from posapp.domain.markdowns import MarkdownRules
from posapp.domain.recalls import RecallList, parse_recalls
from posapp.flows.intents import (
    GoTo,
    ItemsFound,
    LinkChanged,
    LinkStatus,
    MarkdownsSent,
    RecallsSent,
    SearchText,
    Stock,
    SwitchLanguage,
)
from tests.domain.shops import item
from tests.flows.fakes import COLA, START_MS
from tests.flows.world import World, labels

HOUR_MS = 3_600_000


@pytest.fixture
def world() -> World:
    """A till that sells, in English, with a search under way."""
    world = World().open_shift()
    world.do(SwitchLanguage("en"), SearchText("cola"))
    return world


def detail(world: World, stock: dict[str, Stock] | None, **changes: object) -> str:
    """The second row of what was found."""
    world.do(ItemsFound("cola", (replace(item("cola", 350), **changes),), stock))
    return world.terminal.view().main.rows[0].detail


def heard(world: World, state: str, hours_ago: int) -> None:
    """How the line to the hub is."""
    world.do(LinkChanged(LinkStatus(state, last_received_ms=START_MS - hours_ago * HOUR_MS)))


def test_where_no_stock_is_kept_only_the_sku_is_told(world: World) -> None:
    assert detail(world, None) == "cola"


def test_what_is_left_by_unit(world: World) -> None:
    heard(world, "online", 0)
    assert detail(world, {}) == "cola · — here"
    assert detail(world, {"cola": Stock(12, START_MS)}) == "cola · 12 here"
    assert detail(world, {"cola": Stock(-2, START_MS)}) == "cola · −2 here"
    assert detail(world, {"cola": Stock(8250, START_MS)}, unit="g") == "cola · 8.250 kg here"


def test_a_figure_of_a_hub_that_is_not_heard_is_told_with_its_age(world: World) -> None:
    heard(world, "online", 3)
    assert detail(world, {"cola": Stock(12, 5)}) == "cola · 12 here"
    heard(world, "offline", 0)
    assert detail(world, {"cola": Stock(12, 5)}) == "cola · 12 here"
    heard(world, "offline", 3)
    assert detail(world, {"cola": Stock(12, 5)}) == "cola · 12 here, 3 h 0 min ago"
    world.do(SwitchLanguage("zh_CN"))
    assert detail(world, {"cola": Stock(12, 5)}) == "cola · 本店 12（3 小时 0 分钟前）"


def test_the_next_price_and_its_day(world: World) -> None:
    told = detail(world, None, next_price_minor=300, next_price_ms=START_MS + 48 * HOUR_MS)
    assert told == "cola · 3.00 from 05-31"


def test_an_item_that_ran_out_sells_all_the_same(world: World) -> None:
    world.do(ItemsFound("cola", (item("cola", 350),), {"cola": Stock(0, START_MS)}))
    (row,) = world.terminal.view().main.rows
    assert row.enabled
    world.do(row.intent)
    assert world.lines() == [("cola", 1, 350)]


def test_figures_stay_while_the_next_answer_is_awaited(world: World) -> None:
    detail(world, {"cola": Stock(12, START_MS)})
    world.holds_answers = True
    world.do(SearchText("cola 3"))
    assert "12 here" in labels(world.terminal.view())


def test_the_status_page_tells_of_recalls_and_rules_of_the_hub(world: World) -> None:
    world.do(GoTo("status"))
    assert "Recalls" not in labels(world.terminal.view())
    assert "Markdown rules" not in labels(world.terminal.view())
    found = parse_recalls(f"gtin,lot,reason\n{COLA},A1,Glass\n".encode())
    assert isinstance(found, RecallList)
    world.do(RecallsSent(found), MarkdownsSent(MarkdownRules(count=2)))
    shown = labels(world.terminal.view())
    assert "Recalls · 1" in shown
    assert "Markdown rules · 2" in shown
    assert shown.count("from the hub") == 2
    world.do(RecallsSent(found, 3), MarkdownsSent(MarkdownRules(), 1))
    shown = labels(world.terminal.view())
    assert "3 of the hub cannot be read" in shown
    assert "1 of the hub cannot be read" in shown
