"""A till and a real hub: rules and stock come down, what was sold and moved goes up and is folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from posapp.domain.facts import StockMoved
from posapp.domain.shifts import local_time
from posapp.domain.shop_document import shop_to_document
from posapp.flows.effects import Record
from posapp.flows.intents import GoTo, ScanCode, SearchText, Settle, StartTender, Tick
from posapp.flows.mains import SearchMain
from sync.engine.device_key import write_ring
from sync.engine.loop import SyncLoop
from sync.hub.goods.catalogue_import import CatalogueImport, ImportOptions
from sync.hub.goods.catalogue_rows import CatalogueFile, RowRules
from sync.hub.goods.shop_admin import put_shop
from sync.hub.goods.shop_rules import markdown_rows, put_list, recall_rows
from sync.hub.goods.stock import fold, levels
from sync.hub.goods.stock_facts import Move
from sync.hub.serving.embedded import EmbeddedHub
from tests.domain.shops import SHOP
from tests.e2e.conftest import Desk, demo_shop
from tests.flows.fakes import pack
from tests.hub.devices import enrol_device
from tests.simulation.counter import SystemClock, furnish, settings_in
from tests.simulation.goods import COLA, GOODS, MILK

pytestmark = pytest.mark.e2e
STORE = "S0217"


@dataclass
class Chain:
    """A hub with the small shop, its goods, rules and stock, and a folder for its till."""

    hub: EmbeddedHub
    url: str
    folder: Path

    def put(self, stream: str, rows: dict[str, bytes]) -> None:
        """Make a stream hold these rows."""
        with self.hub.database.writing() as connection:
            put_list(connection, STORE, stream, rows, SystemClock().now_ms())

    def count(self, **found: int) -> None:
        """Say what was counted a moment ago."""
        at_ms = SystemClock().now_ms() - 60_000
        moves = [Move(f"count-{sku}", 0, sku, n, "pcs", "count", at_ms) for sku, n in found.items()]
        with self.hub.database.writing() as connection:
            fold(connection, STORE, moves, at_ms)

    def left(self, sku: str) -> int | None:
        """What the hub thinks is left."""
        with self.hub.database.reading() as connection:
            level = levels(connection, STORE, (sku,)).get(sku)
        return None if level is None else level.sellable


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    hub = EmbeddedHub(tmp_path / "hub.db")
    document = shop_to_document(demo_shop())
    with hub.database.writing() as connection:
        put_shop(
            connection, document | {"store": document["store"] | {"id": STORE}}, show_pins=False, now_ms=1
        )
    items = tmp_path / "items.tsv"
    items.write_text(
        f"sku\tcode\tname\tprice\ncola\t{COLA}\tCola\t3.50\nmilk\t{MILK}\tMilk\t12.95\n", "utf-8"
    )
    categories = frozenset(category.category_id for category in SHOP.tax.categories)
    rules = RowRules("CNY", categories, SHOP.tax.default_category, "UTC", False)
    CatalogueImport(hub.database, STORE, rules, now_ms=1).run(CatalogueFile(items), ImportOptions())
    made = Chain(hub, hub.start(), tmp_path / "till")
    write_ring(tmp_path / "device.key", enrol_device(hub.database, STORE, "T03", 1).ring)
    furnish(settings_in(made.folder, store_id=STORE), demo_shop(), GOODS)
    yield made
    hub.stop()


@pytest.fixture
def desk(chain: Chain, application: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A till that talks to the hub, and looks for news more often than in a shop."""
    often = {**(SyncLoop.__init__.__kwdefaults__ or {}), "pull_every_ms": 200}
    monkeypatch.setattr(SyncLoop.__init__, "__kwdefaults__", often)
    key = chain.folder.parent / "device.key"
    desk = Desk(chain.folder, hub_url=chain.url, device_key_file=key)
    yield desk
    desk.close()
    application.sendPostedEvents()


def come(desk: Desk, reached: Callable[[], bool]) -> None:
    """Wait for what comes over the link; only a loop of events leaves other threads their time."""

    def looked() -> bool:
        loop = QEventLoop()
        QTimer.singleShot(20, loop.quit)
        loop.exec()
        return reached()

    desk.until(looked, 30_000)


def found(desk: Desk) -> str:
    """What the look-up says of cola."""
    desk.do(SearchText(""), SearchText("cola"))

    def answered() -> bool:
        search = desk.till.terminal.state.desk.found
        return search is not None and search.answered

    come(desk, answered)
    main = desk.till.terminal.view().main
    return main.rows[0].detail if isinstance(main, SearchMain) and main.rows else ""


def test_rules_and_stock_come_down_and_what_was_sold_goes_up(chain: Chain, desk: Desk) -> None:
    chain.count(cola=12, milk=5)
    chain.put("recalls", recall_rows(f"gtin,lot,reason\n{MILK},L1,Glass\n".encode(), "recalls.csv"))
    chain.put("markdowns", markdown_rows(b"rule,for,days_left,percent\nshort,all,2,30\n", "markdowns.csv"))
    desk.till.start()
    held = desk.till.terminal
    come(desk, lambda: bool(held.state.desk.recalls.list.count and held.state.desk.markdowns.rules.count))
    desk.open_shift()
    come(desk, lambda: "12 here" in found(desk))
    tomorrow = local_time(SystemClock().now_ms(), SHOP).date() + timedelta(days=1)
    desk.do(ScanCode(pack(COLA, ai17=f"{tomorrow:%y%m%d}"), 1_000), ScanCode(pack(MILK, ai10="L1"), 5_000))
    cart = held.state.desk.cart
    assert cart is not None
    (line,) = cart.lines
    assert (line.sku, line.unit_price_minor, line.price_reason) == ("cola", 245, "markdown")
    assert cart.scans[-1].refusal == "Recalled"
    desk.do(StartTender(), Settle())
    desk.until(lambda: desk.state == "Done")
    assert "11 here" in found(desk), "its own sale counts at once"
    move = StockMoved("m-1", "restock", "cola", 24, "pcs", "1009", SystemClock().now_ms())
    desk.till.writer.record(Record((move,)))
    come(desk, lambda: chain.left("cola") == 35)
    desk.do(GoTo("sell"))
    come(desk, lambda: "35 here" in found(desk))
    assert chain.left("milk") == 5


def test_a_recall_that_the_hub_takes_back_sells_again(chain: Chain, desk: Desk) -> None:
    chain.put("recalls", recall_rows(f"gtin,lot,reason\n{MILK},,Glass\n".encode(), "recalls.csv"))
    desk.till.start()
    held = desk.till.terminal
    come(desk, lambda: held.state.desk.recalls.list.count == 1)
    chain.put("recalls", {})
    come(desk, lambda: held.state.desk.recalls.list.count == 0)
    desk.open_shift()
    desk.do(Tick(), ScanCode(pack(MILK, ai10="L1"), 5_000))
    assert desk.cart == [("milk", 1)]
