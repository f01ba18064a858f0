"""What can go wrong on the way to the hub, sorted by what to do about it, and the link's promises.

*later* (network, 429, 5xx): try again; *look* (other 4xx): a person must look, try seldom; *stop*
(401, 403): keep selling, call a manager; *upgrade*: the two ends are of different ages; *anew*: the
cursor is not known any more. None of them ever holds up a sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from sync.engine.ports import Detail
from sync.protocol.messages import FeedPage, PushReply, StatusReply, StatusReport

Sort = Literal["later", "look", "stop", "upgrade", "anew"]


class LinkError(Exception):
    """A request that did not do its work; `too_large` says that a smaller batch may.

    `word` is the hub's own fixed word for its refusal, "" where it said none.
    """

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
        self.word = ""


class LinkClosed(Exception):  # noqa: N818 - an order, not an error
    """The link was closed from outside while it was in use."""


class Link(Protocol):
    """One terminal's way to its hub; every call is bounded in time and raises LinkError."""

    def push(
        self,
        lines: Sequence[bytes],
        *,
        epoch: int,
        first_seq: int,
        chain: bytes | None = None,
        oldest_seq: int | None = None,
    ) -> PushReply:
        """Send a batch; returns how far the hub holds this terminal's events.

        `chain` is the hash chain's head after the last line; it is sent signed with the device's key.
        `oldest_seq` tells a hub not to wait for what came before that number: it is gone.
        """

    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        """The changes of a stream after a cursor (None: from the beginning)."""

    def status(self, report: StatusReport) -> StatusReply:
        """Tell how this terminal is; returns how the hub sees it."""

    def rotate(self) -> None:
        """Change to a new device key; never raises, the hub asks again if need be."""

    def last_heard(self) -> tuple[int | None, int | None]:
        """When the hub last answered (epoch ms) and its clock minus ours (ms)."""

    def close(self) -> None:
        """End whatever is under way; may be called from any thread, any number of times."""
