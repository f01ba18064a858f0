"""The sync thread: push first, pull after, wait, and never stand in the way of a sale.

The host calls `start`, `wake` when something new waits, and `stop`. After `stop` has returned no port
is entered any more, even if a request still hangs somewhere in the network stack. How the link stands
is told through one callback, and only when it has changed. A fault of the program is written down and
the round tried again like after any other failure: sales must not stay here until a restart.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from sync.engine.backoff import CAP_MS, Backoff
from sync.engine.link import Link, LinkClosed, LinkError
from sync.engine.ports import (
    Clock,
    Detail,
    InboxPort,
    LinkState,
    LinkStatus,
    OutboxPort,
    StatusSink,
    StoreUnavailable,
)
from sync.engine.pull import Puller
from sync.engine.push import Pusher
from sync.protocol.messages import Change
from sync.protocol.versions import STREAMS

LOGGER = logging.getLogger(__name__)

PULL_EVERY_MS = 10_000
STOP_WITHIN_S = 1.0

Answer = TypeVar("Answer")


class _Stopped(Exception):  # noqa: N818 - an order, not an error
    """The host has stopped the loop."""


class _Gate:
    """Lets calls through to the host until it is shut; shutting waits for the call under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shut = False

    def through(self, call: Callable[[], Answer]) -> Answer:
        with self._lock:
            if self._shut:
                raise _Stopped
            return call()

    def shut(self, within_s: float) -> None:
        self._shut = True
        if self._lock.acquire(timeout=within_s):
            self._lock.release()


class _GatedOutbox:
    def __init__(self, gate: _Gate, outbox: OutboxPort) -> None:
        self._gate = gate
        self._outbox = outbox

    @property
    def epoch(self) -> int:
        return self._gate.through(lambda: self._outbox.epoch)

    def pending(self, limit: int, max_bytes: int) -> Sequence[tuple[int, bytes]]:
        return self._gate.through(lambda: self._outbox.pending(limit, max_bytes))

    def acknowledge(self, through: int) -> None:
        self._gate.through(lambda: self._outbox.acknowledge(through))

    def backlog(self) -> tuple[int, int | None]:
        return self._gate.through(self._outbox.backlog)


class _GatedInbox:
    def __init__(self, gate: _Gate, inbox: InboxPort) -> None:
        self._gate = gate
        self._inbox = inbox

    def cursor(self, stream: str) -> str | None:
        return self._gate.through(lambda: self._inbox.cursor(stream))

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        self._gate.through(lambda: self._inbox.apply(stream, changes, cursor))


class SyncLoop:
    """Owns the sync thread of one terminal; can be started once."""

    def __init__(
        self,
        link: Link,
        outbox: OutboxPort,
        inbox: InboxPort,
        *,
        clock: Clock,
        random: Callable[[], float],
        on_status: StatusSink,
        streams: Sequence[str] = STREAMS,
        pull_every_ms: int = PULL_EVERY_MS,
    ) -> None:
        self._gate = _Gate()
        self._link = link
        self._outbox = _GatedOutbox(self._gate, outbox)
        self._pusher = Pusher(link, self._outbox)
        self._puller = Puller(link, _GatedInbox(self._gate, inbox))
        self._clock = clock
        self._backoff = Backoff(random)
        self._on_status = on_status
        self._streams = tuple(streams)
        self._pull_every_ms = pull_every_ms
        self._woken = threading.Event()
        self._stopping = False
        self._told: LinkStatus | None = None
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Start the thread; the first status comes before the first request."""
        self._thread.start()

    def wake(self) -> None:
        """Something new waits to be sent; a wait after a failure goes on."""
        self._woken.set()

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """End the thread, hanging requests included; returns within the given time (seconds)."""
        self._stopping = True
        self._woken.set()
        self._link.close()
        self._gate.shut(within_s / 2)
        if self._thread.is_alive():
            self._thread.join(within_s / 2)

    # ------------------------------------------------------------------ the sync thread
    def _run(self) -> None:
        try:
            self._tell("offline", "starting")
            while not self._stopping:
                try:
                    self._wait(self._round())
                except (_Stopped, LinkClosed):
                    raise
                except Exception:
                    LOGGER.critical("a fault in the sync thread", exc_info=True)
                    self._rest(self._backoff.next_ms())
        except (_Stopped, LinkClosed):
            return
        finally:
            # Whatever ended the thread, the host must not go on showing the link as healthy.
            if not self._stopping:
                self._on_status(LinkStatus("offline", *self._figures_told(), detail="stopped"))

    def _round(self) -> tuple[int, bool]:
        """Push and pull once; how long to wait then (ms), and whether new work may cut that short."""
        self._woken.clear()
        try:
            refused = self._push_all()
            for stream in self._streams:
                while self._puller.pull_once(stream):
                    # A long bootstrap must not hold up the sales made meanwhile.
                    refused = refused or self._push_all()
                    self._tell("refused" if refused else "online", refused.detail if refused else "")
            if refused:
                return self._failed(refused), False
        except LinkError as trouble:
            return self._failed(trouble), False
        except StoreUnavailable:
            self._tell("offline", "storage")
            return self._backoff.next_ms(), False
        self._backoff.reset()
        self._tell("online", "")
        return self._pull_every_ms, True

    def _push_all(self) -> LinkError | None:
        """Push until nothing waits; a batch that a person must look at is returned, not raised.

        Prices and set-up still come down while such a batch waits.
        """
        try:
            while self._pusher.push_once().acked_through is not None:
                self._tell("online", "")
        except LinkError as trouble:
            if trouble.sort != "look":
                raise
            return trouble
        return None

    def _failed(self, trouble: LinkError) -> int:
        if trouble.sort == "later":
            self._tell("offline", trouble.detail)
            return self._backoff.next_ms(trouble.retry_after_ms)
        self._tell("refused", trouble.detail)
        return self._backoff.next_ms(CAP_MS)

    def _wait(self, pause: tuple[int, bool]) -> None:
        wait_ms, wakes = pause
        until_ms = self._clock.monotonic_ms() + wait_ms
        while not self._stopping:
            if wakes and self._woken.is_set():
                break
            left_ms = until_ms - self._clock.monotonic_ms()
            if left_ms <= 0:
                break
            self._woken.wait(left_ms / 1000)
            if not wakes:
                # A sale during an outage must not turn the wait into a busy loop.
                self._tell_backlog()
                self._woken.clear()

    def _rest(self, wait_ms: int) -> None:
        """Wait after a fault, asking nobody anything: whoever is asked may be where the fault is."""
        status = LinkStatus("offline", *self._figures_told(), detail="fault")
        if status != self._told:
            self._told = status
            self._on_status(status)
        until_ms = self._clock.monotonic_ms() + wait_ms
        while not self._stopping and (left_ms := until_ms - self._clock.monotonic_ms()) > 0:
            self._woken.wait(left_ms / 1000)
            self._woken.clear()

    # ------------------------------------------------------------------ telling the host
    def _tell(self, state: LinkState, detail: Detail) -> None:
        try:
            to_send, oldest_ms = self._outbox.backlog()
        except StoreUnavailable:
            to_send, oldest_ms, detail = (*self._figures_told()[:2], "storage")
        last_received_ms, offset_ms = self._link.last_heard()
        status = LinkStatus(state, to_send, oldest_ms, last_received_ms, offset_ms, detail)
        if status != self._told:
            self._told = status
            self._on_status(status)

    def _tell_backlog(self) -> None:
        if self._told is not None:
            self._tell(self._told.state, self._told.detail)

    def _figures_told(self) -> tuple[int, int | None, int | None, int | None]:
        told = self._told
        if told is None:
            return 0, None, None, None
        return told.to_send, told.oldest_ms, told.last_received_ms, told.clock_offset_ms
