"""A till without a window: the real terminal, runner, ledger, spooler and catalogue, in a loop of its own.

The same rooms as `posapp.till` plugs together, with a queue in the place of the window's event loop; so
the campaigns play what a shop runs, thousands of times faster than a screen could follow. What a
campaign wants to watch or break is handed in: the connection, the printer's wire, the shop, the clock.
"""

from __future__ import annotations

import json
import queue
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from posapp.config import PrinterSettings, Settings
from posapp.devices.fonts import RasterFonts
from posapp.devices.printer import PrinterEvents, PrinterProfile, PrintSpooler
from posapp.devices.transports import Transport, VirtualTransport
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.domain.catalog import Item
from posapp.domain.codes import normalise
from posapp.domain.ids import uuid7
from posapp.domain.pricing.terms.basket import Traits
from posapp.domain.shop import Shop
from posapp.domain.shop_document import shop_to_document
from posapp.exchange.incoming import shop_from_bytes
from posapp.exchange.outgoing import Place
from posapp.flows.intents import Intent, KeyIn, Printed, SelectOperator, SignOn
from posapp.flows.state import Committing, Phase
from posapp.flows.steps import Ports
from posapp.flows.terminal import Terminal
from posapp.flows.views import View
from posapp.messages import load_speech
from posapp.printing import Printing
from posapp.resources import resource_path
from posapp.runner import Runner, World
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import open_catalog_file
from posapp.store.engine import Connection, open_ledger
from posapp.store.ledger import Ledger
from posapp.store.migrate import migrate
from posapp.store.promotions import PromotionFeed
from posapp.store.serials import SqliteSoldReader
from posapp.store.settings import LANGUAGE, SHOP, put_setting
from posapp.store.writer import LedgerWriter
from sync.protocol.messages import Change
from sync.protocol.versions import STREAM_PROMOTIONS
from tests.flows.fakes import codes

WITHIN_S = 60.0
QUICK_HASH = "$argon2id$of "
SPEECHES = {language: load_speech(language, resource_path("i18n")) for language in ("zh_CN", "en")}


class SystemClock:
    """The PC's clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class SystemIds:
    """Identities as a till mints them, from the PC's clock or another."""

    def __init__(self, now_ms: Callable[[], int] = SystemClock().now_ms) -> None:
        self._now_ms = now_ms

    def new_id(self) -> str:
        return uuid7(self._now_ms(), secrets.token_bytes(10))


def quick_pins(shop: Shop) -> Shop:
    """The shop with PINs that are compared at once where they are not hashed yet: a real hash is slow."""
    return replace(
        shop,
        operators=tuple(
            replace(who, pin_hash=who.pin_hash.replace("hash of ", QUICK_HASH, 1)) for who in shop.operators
        ),
    )


def item_change(item: Item, code: str, rev: int) -> Change:
    """An item as the hub sends it."""
    body = {
        "sku": item.sku,
        "names": dict(item.names),
        "pinyin": "",
        "unit": item.unit,
        "tax_category": item.tax_category,
        "codes": [normalise(code).key],
        "prices": [] if item.price_minor is None else [[0, item.price_minor]],
    }
    if item.traits != Traits():
        traits = item.traits
        body |= {"category": traits.category, "brand": traits.brand, "tags": sorted(traits.tags)}
    return Change("upsert", item.sku, rev, msgspec.Raw(json.dumps(body).encode()))


def settings_in(folder: Path, *, store_id: str, terminal_id: str = "T03", number: int = 3) -> Settings:
    """Settings of a till whose data lies in the folder."""
    printer = PrinterSettings("virtual")
    return Settings(
        store_id, terminal_id, number, folder, "http://127.0.0.1:9", folder / "device.key", printer
    )


def furnish(
    settings: Settings,
    shop: Shop,
    goods: dict[str, Item],
    *,
    language: str = "en",
    offers: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Give a new till its files: the ledger with the shop in it, and a catalogue of goods by code.

    `offers` are documents of promotions.
    """
    document = json.dumps(shop_to_document(quick_pins(shop))).encode()
    shop_from_bytes(document)  # a shop that no till takes would only look like one that waits
    settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.ledger, epoch=1)
    connection = open_ledger(settings.ledger)
    put_setting(connection, LANGUAGE, language.encode())
    put_setting(connection, SHOP, document)
    connection.close()
    catalogue = open_catalog_file(CatalogPlace(settings.catalogue), SystemClock())
    catalogue.apply_catalogue(
        [item_change(item, code, rev) for rev, (code, item) in enumerate(goods.items(), 1)], "cursor"
    )
    documents = [
        Change("upsert", each["id"], rev, msgspec.Raw(json.dumps(each).encode()))
        for rev, each in enumerate(offers, 1)
    ]
    catalogue.apply(STREAM_PROMOTIONS, documents, "cursor")
    catalogue.close()


@dataclass
class Hooks:
    """What a campaign puts in the place of a real part, or listens to."""

    connect: Callable[[Path], Connection] = open_ledger
    clock: SystemClock = field(default_factory=SystemClock)
    wire: Callable[[VirtualPrinter], Transport] = VirtualTransport
    begins: Callable[[QuickPrinting, str], None] = lambda printing, job_id: printing.note_begun(job_id)
    begun: Callable[[str], None] = lambda _: None
    handled: Callable[[Intent, tuple[Any, ...]], None] = lambda _intent, _effects: None
    terminal: Callable[[str, Ports], Terminal] = Terminal
    ledger: type[Ledger] = Ledger
    wake_sync: Callable[[], None] = lambda: None


class QuickPrinting(Printing):
    """The till's way of a slip to paper, over a wire of the test's choice, without pictures on disk."""

    def __init__(self, *parts: Any, hooks: Hooks) -> None:
        super().__init__(*parts)
        self._hooks = hooks

    def note_begun(self, job_id: str) -> None:
        """What the till does before the first byte of a slip."""
        self._begun(job_id)

    def start(self) -> None:
        fonts = resource_path("fonts")
        self.virtual = VirtualPrinter(RasterFonts.bundled(fonts))

        def begun(job_id: str) -> None:
            self._hooks.begins(self, job_id)
            self._hooks.begun(job_id)

        self._spooler = PrintSpooler(
            self._hooks.wire(self.virtual),
            RasterFonts.bundled(fonts),
            on_printed=self._printed,
            on_trouble=self._trouble,
            events=PrinterEvents(on_begun=begun),
            profile=PrinterProfile(retry_ms=50),
        )


class NoNames:
    """Nobody looks for a name here."""

    def search(self, text: str, limit: int) -> tuple[Item, ...]:
        return ()

    def stock(self, skus: Sequence[str]) -> None:
        return None


@dataclass
class Counter:
    """One till at work; `do` presses, `until` waits for the world's answers, `close` ends its threads."""

    settings: Settings
    hooks: Hooks = field(default_factory=Hooks)

    def __post_init__(self) -> None:
        self._answers: queue.SimpleQueue[Intent] = queue.SimpleQueue()
        settings, clock = self.settings, self.hooks.clock
        ids = SystemIds(clock.now_ms)
        place = Place(settings.store_id, settings.terminal_id, settings.terminal_number)
        ledger = self.hooks.ledger(
            lambda: self.hooks.connect(settings.ledger), place=place, clock=clock, ids=ids
        )
        self.writer = LedgerWriter(ledger, clock, on_draft_failed=lambda _: None)
        self.catalogue = CatalogPlace(settings.catalogue)
        self.reader = SqliteCatalogReader(self.catalogue)
        self.sold = SqliteSoldReader(settings.ledger)
        self.offers = PromotionFeed(self.catalogue, self._currency)
        ports = Ports(clock, ids, self.reader, lambda language: SPEECHES[language], codes, self.sold)
        self.terminal = self.hooks.terminal(settings.terminal_id, ports)
        self.printing = QuickPrinting(settings, self.writer, lambda _: None, self._printed, hooks=self.hooks)
        self.runner = Runner(
            World(
                ledger=self.writer,
                printer=self.printing,
                names=NoNames(),
                verify_pin=lambda pin_hash, pin: pin_hash == QUICK_HASH + pin,
                play=lambda _sound: None,
                wake_sync=self.hooks.wake_sync,
                data=settings.data,
                copy_mark=lambda _language: "COPY",
                language=lambda: self.terminal.state.desk.language,
                offers=self.offers,
            ),
            self._answers.put,
        )

    def start(self) -> None:
        """Recover what the ledger holds, then start the printer and print what had not come out."""
        held, slips = self.writer.start()
        self.do(held)
        self.runner.look_at_rules()
        self.printing.start()
        self.runner.print_slips(slips)

    def close(self) -> None:
        """End everything in the till's order."""
        self.printing.close()
        self.runner.close()
        self.writer.close()
        self.reader.close()
        self.sold.close()
        self.offers.close()

    def _currency(self) -> str:
        shop = self.terminal.state.desk.shop
        return shop.currency if shop is not None else ""

    def _printed(self, job_id: str) -> None:
        self._answers.put(Printed(job_id))

    @property
    def phase(self) -> Phase:
        return self.terminal.state.phase

    def view(self) -> View:
        """What the screen would show."""
        return self.terminal.view()

    def do(self, *pressed: Intent) -> None:
        """Press one after the other."""
        for intent in pressed:
            outcome = self.terminal.handle(intent)
            self.hooks.handled(intent, outcome.effects)
            self.runner.carry_out(outcome.effects)

    def until(self, *phases: type, within_s: float = WITHIN_S) -> None:
        """Take the world's answers until one of these phases is reached."""
        self.answered(lambda: isinstance(self.phase, phases), within_s=within_s)

    def answered(self, reached: Callable[[], bool], *, within_s: float = WITHIN_S) -> None:
        """Take the world's answers until something holds."""
        until_s = time.monotonic() + within_s
        while not reached():
            try:
                answer = self._answers.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not reached; at {self.phase!r}") from None
            self.do(answer)

    def stored(self) -> None:
        """Wait until the commit under way is answered."""
        self.answered(lambda: not isinstance(self.phase, Committing))

    def sign_on(self, operator_id: str = "1009", pin: str = "8642") -> None:
        """Choose the name, key the PIN."""
        self.do(SelectOperator(operator_id), *(KeyIn(digit) for digit in pin), SignOn())
        self.answered(lambda: type(self.phase).__name__ not in ("SignedOff", "Locked"))
