"""What the engine needs from the terminal that it serves, as protocols, and what it tells back.

The engine knows neither tables nor threads of its host: the host hands in objects that keep these
promises, and is told by one callback how the link stands. Every port is called from the sync thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sync.protocol.messages import Change

LinkState = Literal["online", "offline", "refused"]

#: Why the link is not online, as fixed words that the host translates; "" while all is well.
Detail = Literal[
    "",
    "starting",  # nothing has been tried yet
    "network",  # no connection, or it broke
    "timeout",  # connected, but the answer did not come in time
    "hub_busy",  # 429, 5xx: the hub is there and cannot now
    "hub_behind",  # the hub holds less than it once acknowledged
    "storage",  # this terminal's own store cannot now (disk full, locked)
    "key_refused",  # 401: the device key is unknown or revoked
    "store_refused",  # 403: the key belongs to another store or terminal
    "upgrade",  # the hub speaks another version of the protocol
    "batch_refused",  # 4xx: what was sent was not taken; a person must look
    "reply_unreadable",  # an answer that is not the hub's (a portal, a proxy)
    "fault",  # a fault of the program, written to the log
    "stopped",  # the sync thread has ended
]


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How the link stands: one number and an age for people, and the reason when it is down.

    `to_send` events wait, the oldest since `oldest_ms` (epoch milliseconds); `last_received_ms` is
    when the hub last answered; `clock_offset_ms` is the hub's clock minus this terminal's.
    """

    state: LinkState
    to_send: int
    oldest_ms: int | None
    last_received_ms: int | None
    clock_offset_ms: int | None
    detail: Detail = ""


#: Called from the sync thread with every change of the link; must return at once.
StatusSink = Callable[[LinkStatus], None]


class StoreUnavailable(Exception):  # noqa: N818 - a state of the host, reported as one
    """Raised by a port when the host's store cannot now (disk full, locked): tried again later."""


class OutboxPort(Protocol):
    """The terminal's queue of exact bytes to send, in order."""

    @property
    def epoch(self) -> int:
        """Which life of this terminal's queue the sequence numbers belong to."""

    def pending(self, limit: int, max_bytes: int) -> Sequence[tuple[int, bytes]]:
        """The oldest unacknowledged (seq, line) pairs, in order; at least one if any waits."""

    def acknowledge(self, through: int) -> None:
        """Remember that the hub holds everything up to and including this seq; never goes back."""

    def backlog(self) -> tuple[int, int | None]:
        """How many wait, and the epoch milliseconds at which the oldest of them happened."""


class InboxPort(Protocol):
    """Where pulled changes land."""

    def cursor(self, stream: str) -> str | None:
        """How far a stream has been applied, or None at the very beginning."""

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        """Apply changes and remember the cursor in one transaction.

        A cursor of None (always without changes) means: the hub's stream began anew; forget the
        cursor and the revisions that were seen, keep the rows until they are replaced.
        """


class Clock(Protocol):
    """Time as given."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back."""
