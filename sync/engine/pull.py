"""Fetches what is new in each stream and hands it to the inbox, page by page, cursor and all.

The cursor is opaque and saved by the host together with the rows, so a page may come twice but
never be skipped. Where the hub no longer knows a cursor the stream starts anew.
"""

from __future__ import annotations

from sync.engine.link import Link, LinkError
from sync.engine.ports import InboxPort
from sync.protocol.versions import FEED_PAGE_MAX


class Puller:
    """Pulls one page of one stream at a time."""

    def __init__(self, link: Link, inbox: InboxPort, *, page_limit: int = FEED_PAGE_MAX) -> None:
        self._link = link
        self._inbox = inbox
        self._page_limit = page_limit

    def pull_once(self, stream: str) -> bool:
        """Fetch and apply one page; whether another one waits. Raises LinkError."""
        cursor = self._inbox.cursor(stream)
        try:
            page = self._link.feed(stream, after=cursor, limit=self._page_limit)
        except LinkError as trouble:
            if trouble.sort == "anew" and cursor is not None:
                self._inbox.apply(stream, (), None)
                return True
            raise
        if page.changes or page.next_cursor != cursor:
            self._inbox.apply(stream, page.changes, page.next_cursor)
        return page.more and page.next_cursor != cursor
