"""A real hub in this process, with a random shop's terminal enrolled, and the link of a till to it."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from posapp.domain.shop import Shop
from posapp.domain.shop_document import shop_to_document
from posapp.store.catalog_writer import open_catalog_file
from posapp.store.feeds import LedgerOutbox, StoreInbox
from sync.engine.device_key import DeviceKey
from sync.engine.hub_link import HttpLink
from sync.engine.loop import Host, SyncLoop
from sync.engine.ports import LinkStatus
from sync.hub.fleet.summary import terminal_summary
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import EmbeddedHub
from sync.protocol.messages import TerminalSummary
from sync.protocol.versions import STREAMS
from tests.hub.devices import enrol_device
from tests.simulation.counter import Counter, SystemClock, quick_pins


@dataclass
class Hub:
    """An embedded hub over loopback HTTP."""

    folder: Path
    served: EmbeddedHub = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.served = EmbeddedHub(self.folder / "hub.db")
        self.url = self.served.start()

    def enrol(self, shop: Shop, terminal_id: str) -> DeviceKey:
        """Take the shop in and give its terminal a key."""
        with self.served.database.writing() as connection:
            put_shop(connection, shop_to_document(quick_pins(shop)), show_pins=False, now_ms=1)
        return enrol_device(self.served.database, shop.store_id, terminal_id, now_ms=1)

    def summary(self, store_id: str, terminal_id: str) -> TerminalSummary:
        """What the hub holds of a terminal."""
        with self.served.database.reading() as connection:
            return terminal_summary(connection, store_id, terminal_id)

    def rows(self, table: Table, store_id: str) -> list[dict[str, Any]]:
        """Rows of a store, in no order."""
        with self.served.database.reading() as connection:
            found = connection.execute(select(table).where(table.c.store_id == store_id)).mappings()
            return [dict(row) for row in found]

    def stop(self) -> None:
        self.served.stop()


class Link:
    """The link of one counter, over an address of the test's choice."""

    def __init__(
        self,
        counter: Counter,
        url: str,
        key: DeviceKey,
        *,
        seed: int = 0,
        streams: Sequence[str] = STREAMS,
    ) -> None:
        self._changed = threading.Condition()
        self._status: LinkStatus | None = None
        settings, clock = counter.settings, SystemClock()
        chance = random.Random(seed)
        http = HttpLink(
            url,
            store_id=settings.store_id,
            terminal_id=settings.terminal_id,
            key=key,
            clock=clock,
            read_timeout_s=1.0,
        )
        self._outbox = LedgerOutbox(settings.ledger, counter.writer)
        self._catalogue = open_catalog_file(counter.catalogue, clock)
        self._inbox = StoreInbox(
            settings.ledger,
            counter.writer,
            self._catalogue,
            on_shop=lambda _shop: None,
            on_catalogue=lambda _status: None,
        )
        self._loop = SyncLoop(
            http,
            Host(self._outbox, self._inbox),
            clock=clock,
            random=lambda: chance.random() / 50,
            on_status=self._told,
            streams=streams,
            pull_every_ms=50,
        )
        self._loop.start()

    def _told(self, status: LinkStatus) -> None:
        with self._changed:
            self._status = status
            self._changed.notify_all()

    def wake(self) -> None:
        """Something waits to be sent."""
        self._loop.wake()

    def drained(self, within_s: float = 60.0) -> None:
        """Wait until the hub has everything."""
        with self._changed:
            done = self._changed.wait_for(
                lambda: (
                    self._status is not None and self._status.state == "online" and self._outbox_is_empty()
                ),
                within_s,
            )
        assert done, f"not drained: {self._status}"

    def _outbox_is_empty(self) -> bool:
        return self._status is not None and self._status.to_send == 0

    def close(self) -> None:
        """End the link's thread and let the files go."""
        self._loop.stop()
        self._outbox.close()
        self._inbox.close()
        self._catalogue.close()
