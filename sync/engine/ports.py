"""What the engine needs from the terminal that it serves, as protocols, and what it tells back.

The engine knows neither tables nor threads of its host: the host hands in objects that keep these
promises, and is told by one callback how the link stands. Every port is called from the sync thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from sync.protocol.messages import Change, EpochMark, StatusReply, StatusReport

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
    "no_key",  # this terminal has no device key that can be read
    "old_key",  # the key is of an earlier version
    "key_refused",  # 401: the hub does not know the device key
    "revoked",  # 403: the device key was revoked, or another device has the place
    "terminal_removed",  # 403: the shop file names this terminal no longer
    "store_refused",  # 403: the key belongs to another store or terminal
    "certificate",  # the hub's certificate comes from nobody that this terminal trusts
    "certificate_name",  # the hub's certificate was made for another name
    "certificate_time",  # the hub's certificate is over or not yet good, or the clock is wrong
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


@dataclass(frozen=True, slots=True)
class Batch:
    """The oldest lines that wait, in order and all of one epoch, with the chain's head after the last.

    `is_oldest`: the ledger holds nothing from before them any more.
    """

    epoch: int
    first_seq: int
    lines: Sequence[bytes]
    chain: bytes
    is_oldest: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """An epoch of which no line is left here, and the place after its last; the hub lacks some of them."""

    epoch: int
    next_seq: int


@dataclass(frozen=True, slots=True)
class Held:
    """Where a terminal's ledger stands: its epoch, the last numbers given out, and what the hub was heard
    to hold of each of its epochs; `hub_id` is the life of the hub that said so, "" before any did.
    """

    epoch: int
    seq: int
    receipt_seq: int
    shift_number: int
    hub_id: str
    marks: tuple[EpochMark, ...]


#: Numbers of a new epoch go on after the next multiple of these: nobody knows what another copy gave out.
RECEIPTS_SKIPPED: Final = 10_000
SHIFTS_SKIPPED: Final = 100

#: Why numbers go on higher: the ledger is an earlier one than the hub has heard of; another one sent other
#: content under the same numbers; it was set up anew where a terminal had sold before.
Reason = Literal["restored", "forked", "set_up"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """A wish to go on with numbers that nobody has given out: above the hub's, and, unless the ledger was
    only set up, in an epoch after `epoch` and after `hub_epoch`, the newest that the hub knows.
    """

    reason: Reason
    epoch: int
    hub_epoch: int
    receipt_seq: int
    shift_number: int


class OutboxPort(Protocol):
    """The terminal's queue of exact bytes to send, in order."""

    def held(self) -> Held:
        """Where the ledger stands."""

    def pending(self, limit: int, max_bytes: int) -> Batch | None:
        """The oldest unacknowledged lines of one epoch; at least one if any waits."""

    def gone_epochs(self) -> Sequence[Gone]:
        """Epochs that the hub said not to hold whole, and that nothing is left of to send."""

    def chain_at(self, epoch: int, seq: int) -> bytes | None:
        """The chain's head after a line, or None where that line is not there."""

    def acknowledge(self, epoch: int, through: int, *, backed_up_through: int) -> None:
        """Remember that the hub holds an epoch up to and including this seq; never goes back."""

    def take_marks(self, hub_id: str, marks: Sequence[EpochMark]) -> None:
        """Take the hub's word for what it holds of every epoch, also where that is less than it once did.

        An epoch that is not named is not held at all; nothing counts as held that it had not said before.
        """

    def begin(self, beginning: Beginning) -> None:
        """Go on with new numbers, on record; nothing happens where the epoch has changed meanwhile."""

    def backlog(self) -> tuple[int, int | None]:
        """How many wait, and the epoch milliseconds at which the oldest of them happened."""


class StatusPort(Protocol):
    """What a terminal tells of itself, and hears of itself."""

    def report(self) -> StatusReport:
        """The report as of now."""

    def heard(self, reply: StatusReply) -> None:
        """The hub's answer to a report; must return at once."""


class InboxPort(Protocol):
    """Where pulled changes land."""

    def cursor(self, stream: str) -> str | None:
        """How far a stream has been applied, or None at the very beginning."""

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        """Apply changes and remember the cursor in one transaction.

        A cursor of None (always without changes) means: the hub's stream began anew; forget the
        cursor and the revisions that were seen, keep the rows until they are replaced.
        """

    def caught_up(self, stream: str) -> None:
        """There is no more of a stream: what did not come again since it began anew is gone at the hub."""


class Clock(Protocol):
    """Time as given."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back."""
