"""The till's link to its hub: the sync thread with its queue, its feeds and this device's key.

Plugged together here and started after the first picture, since no cashier waits for it. Knows neither
screens nor what travels.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from posapp.config import Settings
from posapp.flows.intents import CatalogueStatus, LinkStatus
from posapp.store.catalog_writer import CatalogFile
from posapp.store.writer import LedgerWriter

if TYPE_CHECKING:
    from posapp.domain.shop import Shop
    from posapp.store.feeds import LedgerOutbox, StoreInbox
    from posapp.store.snapshot import SnapshotFiles
    from sync.engine.loop import SyncLoop
    from sync.engine.ports import Clock
    from sync.engine.ports import LinkStatus as EngineStatus


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
        on_status: Callable[[LinkStatus], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._writer = writer
        self._catalogue = catalogue
        self._on_shop = on_shop
        self._on_catalogue = on_catalogue
        self._on_documents = on_documents
        self._on_status = on_status
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
        )
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
            Host(outbox, inbox, bootstrapper=Bootstrapper(http, self._snapshots, self._clock)),
            clock=self._clock,
            random=secrets.SystemRandom().random,
            on_status=self._tell,
        )
        self._sync.start()

    def wake(self) -> None:
        """Something new waits to be sent."""
        if self._sync is not None:
            self._sync.wake()

    def stop(self) -> None:
        """End the thread; the files stay open until `close`."""
        if self._snapshots is not None:
            self._snapshots.abandon()
        if self._sync is not None:
            self._sync.stop()

    def close(self) -> None:
        """Let the files go."""
        for feed in self._feeds:
            feed.close()

    def _tell(self, status: EngineStatus) -> None:
        # The engine tells how far the hub is ahead of us, people ask how far their clock is.
        offset_ms = None if status.clock_offset_ms is None else -status.clock_offset_ms
        self._on_status(
            LinkStatus(
                status.state,
                status.to_send,
                status.oldest_ms,
                status.last_received_ms,
                offset_ms,
                status.detail,
            )
        )
