"""The composition root: the only file that sees every room of the till and plugs them together.

Order of starting: window, ledger, recovery, and only after the first picture the printer and the link,
since a cashier waits for the screen and not for them. Order of stopping: link, printer, workers, and
the writer last, drained.
"""

from __future__ import annotations

import gc
import logging
import threading
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot

from posapp import __version__
from posapp.clocks import SystemClock, SystemIds
from posapp.config import Settings
from posapp.domain.codes import clean, is_known_payload, normalise
from posapp.exchange.outgoing import Place
from posapp.flows.effects import Beep, Effect, SaveDraft
from posapp.flows.formatting import Speech
from posapp.flows.intents import (
    CameraChanged,
    CatalogueChanged,
    CatalogueStatus,
    DraftFailed,
    DrawerKicked,
    HubHeard,
    Intent,
    LinkChanged,
    LinkStatus,
    NumbersRaised,
    Printed,
    PrinterChanged,
    PrinterStatus,
    ScanCode,
    ShopChanged,
    Tick,
)  # fmt: skip
from posapp.flows.member_answers import MembersChanged
from posapp.flows.ports import CatalogueUnreadable, CodeReaderPort
from posapp.flows.steps import Ports
from posapp.flows.terminal import Terminal
from posapp.linking import Linking, MemberSide, Reporting, TillFigures
from posapp.membership import Membership
from posapp.messages import load_speech
from posapp.printing import Printing
from posapp.resources import resource_path
from posapp.runner import Runner, World, verify_pin
from posapp.scanning import Scanning
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import open_catalog_file
from posapp.store.item_lookup import ItemLookup
from posapp.store.ledger import Ledger
from posapp.store.migrate import claim, migrate
from posapp.store.ownership import own_ledger
from posapp.store.prints import Slip
from posapp.store.promotions import PromotionFeed
from posapp.store.serials import SqliteSoldReader
from posapp.store.shop_rules import ShopRules
from posapp.store.writer import LedgerWriter
from posapp.ui.app import show_window
from posapp.ui.customer import CustomerWindow, second_screen
from posapp.ui.inlet import Inlet
from posapp.ui.sound import Sounds
from posapp.ui.theme import Theme
from posapp.ui.window import MainWindow
from posapp.viewing import Viewing
from sync.protocol.versions import STREAM_MEMBERS

if TYPE_CHECKING:
    from posapp.code_rules import CodeReaders
    from posapp.domain.shop import Shop

LOGGER = logging.getLogger(__name__)
TICK_MS = 1000
#: How long printer and link wait for the window: a cashier can scan by then.
REST_AFTER_MS = 250

#: What may wait for the paint of its own picture: the writer's thread would only hold that up, and a
#: draft is on the disk milliseconds later all the same.
_LATE = (SaveDraft, Beep)
#: Qt asks for a paint with the priority -1.
_AFTER_PAINT = -2
LANGUAGES = ("zh_CN", "en")


class Till(QObject):
    """One running till. `start` shows it; `close` ends every thread it has."""

    _loaded = Signal()
    _seen = Signal()

    def __init__(self, settings: Settings) -> None:
        """Open the files and make the window; nothing runs yet."""
        super().__init__()
        self.settings = settings
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.clock = SystemClock()
        ids = SystemIds(self.clock)
        self.window = MainWindow(Theme(settings.scheme), self._is_payload)
        self.window.intent.connect(self._take)
        self._inlet = Inlet(self._take, self)
        self._closing = threading.Event()
        self._linking: Linking | None = None
        self._own = own_ledger(settings.ledger)
        try:
            self._make_ready()
        except BaseException:
            self._own.release()
            raise
        place = Place(settings.store_id, settings.terminal_id, settings.terminal_number)
        ledger = Ledger(self._own.connect, place=place, clock=self.clock, ids=ids)
        self.writer = LedgerWriter(
            ledger,
            self.clock,
            on_draft_failed=lambda trouble: self.post(DraftFailed(trouble)),
            on_stored=self._wake_sync,
            on_begun=lambda begun: self.post(NumbersRaised(begun.shift_number + 1)),
        )
        self.membership = Membership(
            settings, self.clock, writer=self.writer, desk=lambda: self.terminal.state.desk, post=self.post
        )
        self._reader = SqliteCatalogReader(self._catalogue)
        self._speeches = {language: load_speech(language, resource_path("i18n")) for language in LANGUAGES}
        self._sold = SqliteSoldReader(settings.ledger)
        self._rules = ShopRules(self._catalogue, settings.recalls)
        self._promotions = PromotionFeed(self._catalogue, self._currency)
        self._lookup = ItemLookup(self._catalogue, settings.ledger, self.clock)
        self._readers: CodeReaders | None = None
        reading = (self._reader, self.speech, self._codes, self._sold)
        people = self.membership.reader
        ports = Ports(self.clock, ids, *reading, members=people, gift_used=self._sold.gift_used,
                      coupon_used=people.used_coupon)  # fmt: skip
        self.terminal = Terminal(
            settings.terminal_id, ports, number=settings.terminal_number, version=__version__
        )
        self._sounds = Sounds(self.clock.monotonic_ms, level=settings.sound)
        self.printing = Printing(settings, self.writer, self._on_printer, self._on_printed, self._on_drawer)
        self._viewing = Viewing(settings.camera, self.clock, self.post, self._seen.emit)
        self._seen.connect(self._show_frame, Qt.ConnectionType.QueuedConnection)
        self.scanning = Scanning(settings.scanners, self.clock, self._inlet.post, self.writer.set_scanners)
        self._runner = Runner(self._world(), self.post)
        self._unprinted: tuple[Slip, ...] = ()
        self._paired_scanners: tuple[str, ...] = ()
        self._late: tuple[Effect, ...] = ()
        self._customer: CustomerWindow | None = None
        self._loader: threading.Thread | None = None
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self._tick)
        self.window.render(self.terminal.view())

    def _make_ready(self) -> None:
        """Both files as this version needs them; whatever is wrong with one is raised."""
        settings = self.settings
        migrate(settings.ledger, epoch=self.clock.now_ms())
        claim(settings.ledger, settings.store_id, settings.terminal_id)
        self._catalogue = CatalogPlace(settings.catalogue)
        self._catalogue_file = open_catalog_file(self._catalogue, self.clock)
        self._catalogue_file.status()

    def _world(self) -> World:
        """What carries effects out."""
        return World(
            ledger=self.writer,
            printer=self.printing,
            names=self._lookup,
            verify_pin=verify_pin,
            play=self._sounds.play,
            wake_sync=self._wake_sync,
            data=self.settings.data,
            copy_mark=lambda language: self.speech(language).t("COPY"),
            language=lambda: self.terminal.state.desk.language,
            rules=self._rules.changed,
            offers=self._promotions,
            camera=self._viewing,
            scanners=self.scanning,
            rights=self.membership,
        )

    # --- the loop -------------------------------------------------------------------------------

    def handle(self, intent: Intent) -> None:
        """Take an intent on the window's thread: effects on their way, then the picture, then the rest."""
        if isinstance(intent, ScanCode) and self.scanning.is_echo(intent):
            self.scanning.follow(self.terminal.state.phase)
            return
        self._carry_out_late()
        outcome = self.terminal.handle(intent)
        self._late = tuple(effect for effect in outcome.effects if isinstance(effect, _LATE))
        self._runner.carry_out([effect for effect in outcome.effects if not isinstance(effect, _LATE)])
        self.window.render(outcome.view)
        if self._customer is not None:
            self._customer.show_view(self.terminal.customer_view())
        self.scanning.follow(self.terminal.state.phase)
        if self._late:
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), _AFTER_PAINT)

    def customEvent(self, event: QEvent) -> None:
        """The picture is painted: carry out what could wait for it."""
        self._carry_out_late()

    def _carry_out_late(self) -> None:
        late, self._late = self._late, ()
        self._runner.carry_out(late)

    def _take(self, intent: object) -> None:
        """An intent from the window or the inlet, which carry any object; a closed till takes none."""
        if not self._closing.is_set():
            self.handle(cast("Intent", intent))

    def _is_payload(self, text: str) -> bool:
        """Whether a text is one a scanner reads: by its form, in the catalogue, or on a badge."""
        if is_known_payload(text):
            return True
        shop = self.terminal.state.desk.shop
        badges = {who.badge for who in shop.operators if who.badge} if shop else set()
        if clean(text) in badges:
            return True
        try:
            return self._reader.by_key(normalise(text).key, 0) is not None
        except CatalogueUnreadable:
            return False

    def post(self, intent: Intent) -> None:
        """Bring an intent in from any thread; waits rather than losing one."""
        while not self._inlet.post(intent):
            if self._closing.wait(0.005):
                return

    def speech(self, language: str) -> Speech:
        """The words of a language; English where there are none."""
        return self._speeches.get(language) or self._speeches["en"]

    def _codes(self, shop: Shop) -> CodeReaderPort:
        """The reader by a shop's rules and the programme's keys, loaded with the first code."""
        from posapp.code_rules import CodeReaders

        self._readers = self._readers or CodeReaders()
        return self._readers.of(shop, self.terminal.state.desk.programme.codes.public_keys)

    def _currency(self) -> str:
        """The shop's currency, "" before there is a shop; asked from a worker, of a state that is whole."""
        shop = self.terminal.state.desk.shop
        return "" if shop is None else shop.currency

    # --- start and end ----------------------------------------------------------------------------

    def start(self, *, link: bool = True) -> None:
        """Show the window, go on where the till stopped, then start printer and link."""
        held, self._unprinted = self.writer.start()
        self.membership.load()
        self._paired_scanners = held.paired_scanners
        self.handle(held)
        self.handle(CatalogueChanged(self._reader.status()))
        self.handle(CameraChanged(self._viewing.status))
        for rules in self._rules.changed():
            # Before the first scan, so that nothing on a list slips through.
            self.handle(rules)
        self._runner.look_at_rules()
        self._customer = second_screen(Theme(self.settings.scheme))
        show_window(self.window, full_screen=self.settings.full_screen)
        told = (self.settings.scanner_layout, self.settings.scanner_separator)
        self.window.use_keyboards(*told, self.scanning.keyboards)
        self._ticker.start(TICK_MS)
        if link:
            self._linking = self._make_linking()
        self._loaded.connect(self._start_rest, Qt.ConnectionType.QueuedConnection)
        QTimer.singleShot(REST_AFTER_MS, self, self._load_rest)

    def _make_linking(self) -> Linking:
        return Linking(
            self.settings,
            self.clock,
            writer=self.writer,
            catalogue=self._catalogue_file,
            on_shop=lambda shop: self.post(ShopChanged(shop)),
            on_catalogue=self._on_catalogue,
            on_documents=self._on_documents,
            reporting=Reporting(
                on_status=self._on_link,
                figures=self._figures,
                on_hub=lambda status: self.post(HubHeard(status)),
                on_hub_time=self.membership.time.told,
                members=MemberSide(self.membership.file, self.membership.on_programme),
            ),
        )

    def _figures(self) -> TillFigures:
        # Asked from the sync thread: the state is a value, and whichever one it is, it is whole.
        desk = self.terminal.state.desk
        return TillFigures(desk.printer, desk.catalogue, desk.quarantined)

    @Slot()
    def _load_rest(self) -> None:
        """Load the code of printer and link on a thread: that takes longer than the window did."""
        if self._closing.is_set():
            return

        def load() -> None:
            try:
                self.printing.load()
                self.scanning.load()
                from posapp.code_rules import ai_table

                ai_table()
                if self._linking is not None:
                    self._linking.load()
            finally:
                # Also where some of it is broken: the till sells on without.
                gc.enable()
            self._loaded.emit()

        self._loader = threading.Thread(target=load, name="loader")
        self._loader.start()

    @Slot()
    def _start_rest(self) -> None:
        if self._closing.is_set():
            return
        self.printing.start()
        self.scanning.start(self._paired_scanners)
        self._runner.print_slips(self._unprinted)
        if self._linking is not None:
            self.membership.start()
            self._linking.start()
        # What is loaded stays: looking through it again and again would hold scans up for milliseconds.
        gc.freeze()

    def close(self) -> None:
        """End everything in order; what was asked of the store is stored."""
        self._ticker.stop()
        self._carry_out_late()
        if self._linking is not None:
            self._linking.stop()
        self.membership.stop()
        self._closing.set()
        if self._loader is not None:
            self._loader.join()
        self._viewing.close()
        self.scanning.close()
        self.printing.close()
        self._runner.close()
        self.writer.close()
        self._own.release()
        if self._linking is not None:
            self._linking.close()
        self.membership.close()
        self._inlet.close()
        for file in (self._reader, self._sold, self._rules, self._promotions, self._lookup):
            file.close()
        self._catalogue_file.close()
        self._sounds.close()
        if self._customer is not None:
            self._customer.close()
        self.window.close()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def _show_frame(self) -> None:
        frame = self._viewing.newest()
        if frame is not None:
            self.window.show_frame(frame)

    def _tick(self) -> None:
        self.handle(Tick())
        for answer in self.membership.overdue():
            self.handle(answer)

    def _wake_sync(self) -> None:
        if self._linking is not None:
            self._linking.wake()

    def _on_link(self, status: LinkStatus) -> None:
        self.post(LinkChanged(status))
        self.membership.on_link(status.state == "online")

    def _on_documents(self, stream: str) -> None:
        if stream == STREAM_MEMBERS:
            self.post(MembersChanged())
        else:
            self._runner.look_at_rules()

    def _on_catalogue(self, status: CatalogueStatus) -> None:
        self.post(CatalogueChanged(status))
        # A file that came whole brings every stream.
        self._runner.look_at_rules()

    def _on_printer(self, status: PrinterStatus) -> None:
        self.post(PrinterChanged(status))

    def _on_drawer(self, sent: bool) -> None:
        self.post(DrawerKicked(sent))

    def _on_printed(self, job_id: str) -> None:
        self.post(Printed(job_id))
