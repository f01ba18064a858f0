"""The till's link to its hub: the sync thread with its queue, its feeds and this device's key.

Plugged together here and started after the first picture, since no cashier waits for it. Knows neither
screens nor what travels.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from posapp import __version__
from posapp.config import Settings
from posapp.flows.intents import CatalogueStatus, HubStatus, LinkStatus, PrinterStatus
from posapp.store.catalog_writer import CatalogFile
from posapp.store.members_file import MembersFile
from posapp.store.writer import LedgerWriter
from posapp.values import dataclass

#: Said of the printer where the settings name none.
NO_PRINTER = "none"
#: This device is not one of the shop's any more: what it knew of members goes.
_PUT_OUT: Final = ("revoked", "terminal_removed")

if TYPE_CHECKING:
    from posapp.domain.members.programme import Programme
    from posapp.domain.shop import Shop
    from posapp.store.feeds import LedgerOutbox, StoreInbox
    from posapp.store.snapshot import SnapshotFiles
    from sync.engine.loop import SyncLoop
    from sync.engine.ports import Clock, StatusPort
    from sync.engine.ports import LinkStatus as EngineStatus
    from sync.protocol.messages import StatusReply, StatusReport


@dataclass(frozen=True, slots=True)
class TillFigures:
    """What the till knows of itself besides its queue, as of now."""

    printer: PrinterStatus = PrinterStatus()
    catalogue: CatalogueStatus = CatalogueStatus()
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class MemberSide:
    """Where members land, and who is told the rules of members; called on the sync thread."""

    file: MembersFile
    on_programme: Callable[[Programme, str], None]


@dataclass(frozen=True, slots=True)
class Reporting:
    """Where the till's figures come from, and who is told how the link stands and what the hub says.

    All are called on the sync thread. `on_hub_time` is told the hub's time (epoch ms) at each contact.
    """

    on_status: Callable[[LinkStatus], None]
    figures: Callable[[], TillFigures]
    on_hub: Callable[[HubStatus], None]
    on_hub_time: Callable[[int], None] = lambda _hub_ms: None
    members: MemberSide | None = None


class TillStatus:
    """What the hub is told of this till, and what it says of it; used on the sync thread."""

    def __init__(
        self,
        queue: StatusPort,
        *,
        figures: Callable[[], TillFigures],
        on_hub: Callable[[HubStatus], None],
        printer_line: str = "",
    ) -> None:
        self._queue = queue
        self._figures = figures
        self._on_hub = on_hub
        self._printer_line = printer_line
        self._system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
        self._told: StatusReport | None = None

    def report(self) -> StatusReport:
        """The report as of now."""
        from msgspec.structs import replace

        figures = self._figures()
        slips = figures.printer.waiting
        line = self._printer_line
        has_none = line == NO_PRINTER
        self._told = replace(
            self._queue.report(),
            app_version=__version__,
            printer=NO_PRINTER if has_none else figures.printer.state,
            printer_detail="" if has_none else f"{line} (+{slips})" if slips else line,
            items=figures.catalogue.items,
            catalogue_updated_ms=figures.catalogue.updated_ms,
            quarantined=figures.quarantined,
            system=self._system,
        )
        return self._told

    def heard(self, reply: StatusReply) -> None:
        """Tell the till what its hub says of it."""
        self._queue.heard(reply)
        told = self._told
        if told is None:
            return
        kept = [mark.backed_up_through for mark in reply.marks if mark.epoch == told.epoch]
        self._on_hub(
            HubStatus(told.clock_ms, reply.quarantined, reply.exceptions, told.seq, max(kept, default=0))
        )


class Linking:
    """One till's link; the callbacks come from other threads."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        writer: LedgerWriter,
        catalogue: CatalogFile,
        on_shop: Callable[[Shop], None],
        on_catalogue: Callable[[CatalogueStatus], None],
        on_documents: Callable[[str], None],
        reporting: Reporting,
    ) -> None:
        self._reporting = reporting
        self._members = reporting.members
        self._inbox: StoreInbox | None = None
        self._received_ms: int | None = None
        self._is_wiped = False
        self._settings = settings
        self._clock = clock
        self._writer = writer
        self._catalogue = catalogue
        self._on_shop = on_shop
        self._on_catalogue = on_catalogue
        self._on_documents = on_documents
        self._feeds: tuple[LedgerOutbox | StoreInbox, ...] = ()
        self._snapshots: SnapshotFiles | None = None
        self._sync: SyncLoop | None = None

    def load(self) -> None:
        """Load the code; takes longer than the window did, so on a thread of its own."""
        from posapp.store import feeds, snapshot  # noqa: F401
        from sync.engine import hub_link, loop  # noqa: F401

    def start(self) -> None:
        """Talk to the hub from now on."""
        from posapp.store.feeds import LedgerOutbox, StoreInbox
        from posapp.store.snapshot import SnapshotFiles
        from sync.engine.bootstrap import Bootstrapper
        from sync.engine.device_key import DeviceKey
        from sync.engine.hub_link import HttpLink
        from sync.engine.loop import Host, SyncLoop

        settings = self._settings
        http = HttpLink(
            settings.hub_url,
            store_id=settings.store_id,
            terminal_id=settings.terminal_id,
            key=DeviceKey(path=settings.device_key_file),
            clock=self._clock,
            ca_file=settings.hub_ca_file,
        )
        outbox = LedgerOutbox(settings.ledger, self._writer)
        inbox = StoreInbox(
            settings.ledger,
            self._writer,
            self._catalogue,
            on_shop=self._on_shop,
            on_catalogue=self._on_catalogue,
            on_documents=self._on_documents,
            on_programme=(lambda *_told: None) if self._members is None else self._members.on_programme,
            members=None if self._members is None else self._members.file,
        )
        self._inbox = inbox
        self._feeds = (outbox, inbox)
        self._snapshots = SnapshotFiles(
            self._catalogue.place,
            settings.store_id,
            self._clock,
            on_progress=inbox.note_loading,
            on_installed=inbox.note_replaced,
        )
        self._sync = SyncLoop(
            http,
            Host(
                outbox,
                inbox,
                status=self._status(outbox),
                bootstrapper=Bootstrapper(http, self._snapshots, self._clock),
            ),
            clock=self._clock,
            random=secrets.SystemRandom().random,
            on_status=self._tell,
        )
        self._sync.start()

    def _status(self, outbox: LedgerOutbox) -> TillStatus:
        from sync.engine.status import QueueStatus

        return TillStatus(
            QueueStatus(outbox, self._clock),
            figures=self._reporting.figures,
            on_hub=self._reporting.on_hub,
            printer_line=_printer_line(self._settings),
        )

    def wake(self) -> None:
        """Something new waits to be sent."""
        if self._sync is not None:
            self._sync.wake()

    def stop(self) -> None:
        """End the thread; the files stay open until `close`."""
        self._catalogue.hurry()
        if self._snapshots is not None:
            self._snapshots.abandon()
        if self._sync is not None:
            self._sync.stop()

    def close(self) -> None:
        """Let the files go."""
        for feed in self._feeds:
            feed.close()

    def _heed(self, status: EngineStatus) -> None:
        """Note the hub's time; and let members go where this device is not one of the shop's any more."""
        offset_ms = status.clock_offset_ms
        if offset_ms is not None and status.last_received_ms != self._received_ms:
            self._received_ms = status.last_received_ms
            self._reporting.on_hub_time(self._clock.now_ms() + offset_ms)
        if status.detail not in _PUT_OUT:
            self._is_wiped = False
        elif not self._is_wiped and self._inbox is not None:
            self._is_wiped = self._inbox.wipe_members()

    def _tell(self, status: EngineStatus) -> None:
        self._heed(status)
        # The engine tells how far the hub is ahead of us, people ask how far their clock is.
        offset_ms = None if status.clock_offset_ms is None else -status.clock_offset_ms
        self._reporting.on_status(
            LinkStatus(
                status.state,
                status.to_send,
                status.oldest_ms,
                status.last_received_ms,
                offset_ms,
                status.detail,
            )
        )


def _printer_line(settings: Settings) -> str:
    """Which printer this is, for whoever looks at the hub's page."""
    printer = settings.printer
    if printer.kind == "tcp":
        return f"tcp:{printer.host}:{printer.port}"
    return f"file:{printer.path}" if printer.kind == "file" else printer.kind
