"""What can go wrong on the way to the hub, sorted by what to do about it, and the link's promises.

*later* (network, 429, 5xx): try again; *look* (other 4xx): a person must look, try seldom; *stop*
(401, 403): keep selling, call a manager; *upgrade*: the two ends are of different ages; *anew*: the
cursor is not known any more. None of them ever holds up a sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from sync.engine.ports import Detail
from sync.protocol.messages import FeedPage, PushReply

Sort = Literal["later", "look", "stop", "upgrade", "anew"]


class LinkError(Exception):
    """A request that did not do its work; `too_large` says that a smaller batch may."""

    def __init__(
        self,
        sort: Sort,
        detail: Detail,
        *,
        retry_after_ms: int | None = None,
        too_large: bool = False,
    ) -> None:
        super().__init__(f"{sort}: {detail}")
        self.sort = sort
        self.detail = detail
        self.retry_after_ms = retry_after_ms
        self.too_large = too_large


class LinkClosed(Exception):  # noqa: N818 - an order, not an error
    """The link was closed from outside while it was in use."""


class Link(Protocol):
    """One terminal's way to its hub; every call is bounded in time and raises LinkError."""

    def push(self, lines: Sequence[bytes], *, epoch: int, first_seq: int) -> PushReply:
        """Send a batch; returns how far the hub holds this terminal's events."""

    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        """The changes of a stream after a cursor (None: from the beginning)."""

    def last_heard(self) -> tuple[int | None, int | None]:
        """When the hub last answered (epoch ms) and its clock minus ours (ms)."""

    def close(self) -> None:
        """End whatever is under way; may be called from any thread, any number of times."""
