"""Fetches what is new in each stream and hands it to the inbox, page by page, cursor and all.

The cursor is opaque and saved by the host together with the rows, so a page may come twice but
never be skipped. Where the hub no longer knows a cursor the stream starts anew. Where very much is missing
of the catalogue, its whole file is fetched instead if the hub has one.
"""

from __future__ import annotations

from typing import Final

from sync.engine.bootstrap import Bootstrapper
from sync.engine.link import Link, LinkError
from sync.engine.ports import InboxPort
from sync.protocol.versions import FEED_PAGE_MAX, STREAM_CATALOGUE, STREAM_PRICES

_WHOLE_FILE: Final = (STREAM_CATALOGUE, STREAM_PRICES)
#: After so many full pages in a row the hub is asked whether the whole file would be quicker.
PAGES_IN_A_ROW: Final = 10


class Puller:
    """Pulls one page of one stream at a time."""

    def __init__(
        self,
        link: Link,
        inbox: InboxPort,
        *,
        bootstrapper: Bootstrapper | None = None,
        page_limit: int = FEED_PAGE_MAX,
    ) -> None:
        self._link = link
        self._inbox = inbox
        self._bootstrapper = bootstrapper
        self._page_limit = page_limit
        self._pages = 0

    def pull_once(self, stream: str) -> bool:
        """Fetch and apply one page, or one piece of the whole file; whether more waits. Raises LinkError."""
        cursor = self._inbox.cursor(stream)
        if stream in _WHOLE_FILE and self._takes_file(cursor):
            self._pages = 0
            return True
        try:
            page = self._link.feed(stream, after=cursor, limit=self._page_limit)
        except LinkError as trouble:
            if trouble.sort == "anew" and cursor is not None:
                self._inbox.apply(stream, (), None)
                return True
            raise
        if page.changes or page.next_cursor != cursor:
            self._inbox.apply(stream, page.changes, page.next_cursor)
        is_more = page.more and page.next_cursor != cursor
        self._pages = self._pages + 1 if is_more else 0
        if not is_more:
            self._inbox.caught_up(stream)
            if self._bootstrapper is not None and stream == STREAM_PRICES:
                self._bootstrapper.settle()
        return is_more

    def _takes_file(self, cursor: str | None) -> bool:
        """Whether a step towards the whole file was taken, in place of a page."""
        files = self._bootstrapper
        if files is None:
            return False
        if not files.is_under_way and cursor is not None and self._pages < PAGES_IN_A_ROW:
            return False
        # Whatever comes of it, it is not asked again for a while.
        self._pages = 0
        return files.run_once({stream: self._inbox.cursor(stream) for stream in _WHOLE_FILE})
