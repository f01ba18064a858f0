"""What the link to the hub needs from the store: the queue to send, and where received changes land.

Reads over a connection of its own, so that sending never waits for a sale nor a sale for it; whatever
is written goes through the ledger's thread and is waited for. Everything but the settings lands in the
catalogue's own file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from posapp.domain.members.programme import Programme
from posapp.domain.shop import Shop
from posapp.domain.shop_document import ShopDocumentError
from posapp.exchange.incoming import (
    ProgrammeReceived,
    SettingReceived,
    ShopReceived,
    Unreadable,
    read_setting,
    shop_from_bytes,
)
from posapp.flows.intents import CatalogueStatus
from posapp.store import outbox
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile
from posapp.store.engine import Connection
from posapp.store.ledger_reader import LedgerReader, wait_for
from posapp.store.members_file import MEMBERS_NAME, MembersFile
from posapp.store.programme import UNREAD, read_programme
from posapp.store.settings import SHOP, get_cursor, get_setting
from posapp.store.troubles import UNFIT, DatabaseError
from posapp.store.writer import LedgerWriter
from sync.engine.ports import Batch, Beginning, Gone, Held, StoreUnavailable
from sync.protocol.messages import Change, EpochMark
from sync.protocol.versions import (
    STREAM_CATALOGUE,
    STREAM_MEMBERS,
    STREAM_PRICES,
    STREAM_SETTINGS,
    STREAMS,
)

T = TypeVar("T")

_IN_CATALOGUE: Final = frozenset(STREAMS) - {STREAM_SETTINGS, STREAM_MEMBERS}
#: Settings that this till does not know are kept under this name, for a later version to read.
_UNKNOWN: Final = "hub:"
#: What could not be read is kept under this name, and why under this one, for people to look at.
_UNREADABLE: Final = "unreadable:"
_REASON: Final = "unreadable-reason:"


def _is_shop_readable(connection: Connection) -> bool:
    document = get_setting(connection, SHOP)
    try:
        return document is not None and bool(shop_from_bytes(document))
    except ShopDocumentError:
        return False


class LedgerOutbox:
    """The queue of exact bytes to send (an OutboxPort)."""

    def __init__(self, path: Path, writer: LedgerWriter) -> None:
        self._reader = LedgerReader(path)
        self._writer = writer

    def held(self) -> Held:
        """Where the ledger stands."""
        return self._reader.ask(outbox.held)

    def pending(self, limit: int, max_bytes: int) -> Batch | None:
        """The oldest lines of one epoch that the hub does not have; at least one if any waits."""
        return self._reader.ask(lambda held: outbox.pending(held, limit, max_bytes))

    def gone_epochs(self) -> Sequence[Gone]:
        """Epochs that the hub does not hold whole, and of which nothing is left to send."""
        return self._reader.ask(outbox.gone_epochs)

    def chain_at(self, epoch: int, seq: int) -> bytes | None:
        """The chain's head after a line, or None where that line is not there."""
        return self._reader.ask(lambda held: outbox.chain_at(held, epoch, seq))

    def acknowledge(self, epoch: int, through: int, *, backed_up_through: int) -> None:
        """Remember that the hub holds an epoch up to a seq; back when that is durable."""
        wait_for(lambda done: self._writer.acknowledge(epoch, through, backed_up_through, done))

    def take_marks(self, hub_id: str, marks: Sequence[EpochMark]) -> None:
        """Take the hub's word for what it holds; back when that is durable."""
        wait_for(lambda done: self._writer.take_marks(hub_id, marks, done))

    def begin(self, beginning: Beginning) -> None:
        """Go on with numbers that nobody has given out; back when that is durable."""
        wait_for(lambda done: self._writer.begin(beginning, done))

    def backlog(self) -> tuple[int, int | None]:
        """How many wait, and when the oldest of them happened (epoch milliseconds)."""
        return self._reader.ask(outbox.backlog)

    def close(self) -> None:
        """Let the file go; called when the sync thread has ended."""
        self._reader.close()


class StoreInbox:
    """Where pulled changes land (an InboxPort); tells when the shop or the items changed."""

    def __init__(
        self,
        ledger: Path,
        writer: LedgerWriter,
        catalogue: CatalogFile,
        *,
        on_shop: Callable[[Shop], None],
        on_catalogue: Callable[[CatalogueStatus], None],
        on_documents: Callable[[str], None] = lambda _stream: None,
        on_programme: Callable[[Programme, str], None] = lambda _programme, _unreadable: None,
        members: MembersFile | None = None,
    ) -> None:
        """`on_documents` is told each stream without a table of its own that brought rows, `on_programme` the
        rules of members in force and why a newer document is not.

        `members` is closed with the inbox; without one they go into a file beside the ledger.
        """
        self._reader = LedgerReader(ledger)
        self._writer = writer
        self._catalogue = catalogue
        self._on_shop = on_shop
        self._on_catalogue = on_catalogue
        self._on_documents = on_documents
        self._on_programme = on_programme
        self._members = members or MembersFile(
            CatalogPlace(ledger.with_name(MEMBERS_NAME)), lambda: time.time_ns() // 1_000_000
        )
        self._has_shop = False
        self._set_aside: tuple[dict[str, bytes], str | None] | None = None

    def cursor(self, stream: str) -> str | None:
        """How far a stream has been applied; from the beginning where what it brought cannot be read."""
        if stream in _IN_CATALOGUE:
            return self._tried(lambda: self._catalogue.cursor(stream))
        if stream == STREAM_MEMBERS:
            return self._tried_members(self._members.cursor)
        if stream == STREAM_SETTINGS and not self._has_shop:
            # A till without its shop can do nothing but wait for the hub to send it once more.
            self._has_shop = self._reader.ask(_is_shop_readable)
            if not self._has_shop:
                return None
        return self._reader.ask(lambda held: get_cursor(held, stream))

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        """Apply changes and remember the cursor; raises StoreUnavailable where nothing can be kept now.

        A stream that this till does not know, of a hub that is newer, is let pass.
        """
        if stream == STREAM_SETTINGS:
            self._apply_settings(changes, cursor)
        elif stream == STREAM_MEMBERS:
            self._tried_members(lambda: self._members.apply(changes, cursor))
            if changes:
                self._on_documents(stream)
        elif stream in _IN_CATALOGUE:
            self._tried(lambda: self._catalogue.apply(stream, changes, cursor))
            if stream in (STREAM_CATALOGUE, STREAM_PRICES):
                self._on_catalogue(self._tried(self._catalogue.status))
            elif changes:
                self._on_documents(stream)

    def caught_up(self, stream: str) -> None:
        """There is no more of a stream: rows that did not come again since it began anew are forgotten."""
        if stream == STREAM_MEMBERS:
            if self._tried_members(self._members.tidy):
                self._on_documents(stream)
            return
        if stream not in _IN_CATALOGUE or not self._tried(lambda: self._catalogue.forget_older(stream)):
            return
        if stream in (STREAM_CATALOGUE, STREAM_PRICES):
            self._on_catalogue(self._tried(self._catalogue.status))
        else:
            self._on_documents(stream)

    def note_loading(self, percent: int) -> None:
        """Tell how much has come of a file that will take the catalogue's place."""
        status = self._tried(self._catalogue.status)
        self._on_catalogue(replace(status, loading_percent=percent))

    def note_replaced(self) -> None:
        """Tell of everything in the catalogue's file, which is another one now."""
        self._on_catalogue(self._tried(self._catalogue.status))
        for stream in STREAMS:
            if stream in _IN_CATALOGUE and stream not in (STREAM_CATALOGUE, STREAM_PRICES):
                self._on_documents(stream)

    def _apply_settings(self, changes: Sequence[Change], cursor: str | None) -> None:
        documents: dict[str, bytes] = {}
        shop: Shop | None = None
        has_programme = False
        for change in changes:
            match read_setting(change):
                case ShopReceived(received, document):
                    documents[SHOP], shop = document, received
                case ProgrammeReceived(known):
                    documents[UNREAD], has_programme = b"null" if known is None else known, True
                case SettingReceived(key, known):
                    documents[_UNKNOWN + key] = b"null" if known is None else known
                case Unreadable(key, reason, unread):
                    # The last good one stays in force.
                    documents[_UNREADABLE + key] = unread
                    documents[_REASON + key] = reason.encode("utf-8", "replace")
        if shop is None and (documents, cursor) == self._set_aside:
            return  # sent again because there is no shop: the same need not be written every time
        wait_for(lambda done: self._writer.apply_settings(documents, cursor, done))
        self._set_aside = (documents, cursor)
        if shop is not None:
            self._has_shop = True
            self._on_shop(shop)
        if self._has_shop and (has_programme or shop is not None):
            # Also with a shop that is new: amounts in it are of its currency.
            self._on_programme(*self._reader.ask(read_programme))

    def _tried(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except (DatabaseError, *UNFIT) as error:
            raise StoreUnavailable(str(error)) from error

    def _tried_members(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except (DatabaseError, *UNFIT, OSError) as error:
            # What is wrong with it is mended by the hub sending all of it again.
            self._members.drop_if_damaged(error)
            raise StoreUnavailable(str(error)) from error

    def wipe_members(self) -> bool:
        """Delete the members of this till, on the sync thread; whether that could be done now."""
        try:
            self._tried_members(self._members.wipe)
        except StoreUnavailable:
            return False
        self._on_documents(STREAM_MEMBERS)
        return True

    def close(self) -> None:
        """Let the files go; called when the sync thread has ended."""
        self._reader.close()
        self._members.close()
