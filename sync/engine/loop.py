"""The sync thread: tell and hear how things stand, push, pull, wait, and never stand in the way of a sale.

The host calls `start`, `wake` when something new waits, and `stop`. After `stop` has returned no port
is entered any more, even if a request still hangs somewhere in the network stack. How the link stands
is told through one callback, and only when it has changed. A fault of the program is written down and
the round tried again like after any other failure: sales must not stay here until a restart.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sync.engine.backoff import CAP_MS, Backoff
from sync.engine.bootstrap import Bootstrapper
from sync.engine.gate import Gate, Stopped
from sync.engine.heal import heal
from sync.engine.link import Link, LinkClosed, LinkError
from sync.engine.ports import (
    Clock,
    Detail,
    InboxPort,
    LinkState,
    LinkStatus,
    OutboxPort,
    StatusPort,
    StatusSink,
    StoreUnavailable,
)
from sync.engine.pull import Puller
from sync.engine.push import Pusher
from sync.engine.status import QueueStatus
from sync.protocol.messages import StatusReply
from sync.protocol.versions import STREAMS

LOGGER = logging.getLogger(__name__)

PULL_EVERY_MS = 10_000
STOP_WITHIN_S = 1.0
#: Batches that are sent before anything else has its turn: what comes down must not wait for a long queue.
PUSHES_A_TURN = 8


@dataclass(frozen=True, slots=True)
class Host:
    """What the terminal hands in; without a `status` only the queue's figures are told."""

    outbox: OutboxPort
    inbox: InboxPort
    status: StatusPort | None = None
    bootstrapper: Bootstrapper | None = None


class SyncLoop:
    """Owns the sync thread of one terminal; can be started once."""

    def __init__(
        self,
        link: Link,
        host: Host,
        *,
        clock: Clock,
        random: Callable[[], float],
        on_status: StatusSink,
        streams: Sequence[str] = STREAMS,
        pull_every_ms: int = PULL_EVERY_MS,
    ) -> None:
        self._gate = Gate()
        self._link = link
        self._outbox = self._gate.guarded(host.outbox)
        self._inbox = self._gate.guarded(host.inbox)
        self._status = self._gate.guarded(host.status or QueueStatus(host.outbox, clock))
        self._pusher = Pusher(link, self._outbox)
        self._puller = Puller(link, self._inbox, bootstrapper=host.bootstrapper)
        self._clock = clock
        self._backoff = Backoff(random)
        self._on_status = on_status
        self._streams = tuple(streams)
        self._pull_every_ms = pull_every_ms
        self._due_ms = clock.monotonic_ms()
        self._is_urgent = True
        self._is_behind = False
        self._is_first = True
        self._may_doubt = True
        self._forked_epoch: int | None = None
        self._hub_id = ""
        self._refused: LinkError | None = None
        #: What the last report said of the queue.
        self._waiting_told = 0
        self._woken = threading.Event()
        self._stopping = False
        self._told: LinkStatus | None = None
        #: Streams that were pulled to their end in this run: only those can be skipped.
        self._whole: set[str] = set()
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
                    self._wait(self.run_round())
                except (Stopped, LinkClosed):
                    raise
                except Exception:
                    LOGGER.critical("a fault in the sync thread", exc_info=True)
                    self._rest(self._backoff.next_ms())
        except (Stopped, LinkClosed):
            return
        finally:
            # Whatever ended the thread, the host must not go on showing the link as healthy.
            if not self._stopping:
                self._on_status(LinkStatus("offline", *self._figures_told(), detail="stopped"))

    def run_round(self) -> tuple[int, bool]:
        """Do what is due; how long to wait then (ms), and whether new work may cut that short."""
        self._begin_round()
        is_whole = self._is_urgent or self._clock.monotonic_ms() >= self._due_ms
        self._is_urgent = False
        try:
            reply = self._report() if is_whole else None
            more = self._push()
            if is_whole:
                self._pull({} if reply is None else reply.heads)
        except LinkError as trouble:
            # A hub that was away may have been put back meanwhile, with nobody telling it.
            self._is_urgent = self._may_doubt = True
            return self._failed(trouble), False
        except StoreUnavailable:
            self._is_urgent = True
            self._tell("offline", "storage")
            return self._backoff.next_ms(), False
        if self._refused is not None:
            self._is_urgent = True
            return self._failed(self._refused), False
        self._backoff.reset()
        self._tell("online", "")
        if is_whole:
            self._due_ms = self._clock.monotonic_ms() + self._pull_every_ms
        if self._waiting_told and self._figures_told()[0] == 0:
            # Whoever closes the till now must not leave a queue behind on the page of all tills.
            self._is_urgent = True
        more = more or self._is_urgent
        return (0 if more else max(0, self._due_ms - self._clock.monotonic_ms())), True

    def _begin_round(self) -> None:
        self._woken.clear()
        self._refused = None

    def _report(self) -> StatusReply | None:
        """Tell how this terminal is, and mend what hub and terminal remember differently."""
        report = self._status.report()
        try:
            reply = self._link.status(report)
        except LinkError as trouble:
            # An older hub, or one whose page of tills is out of order, still takes sales.
            is_alone = trouble.sort in ("upgrade", "look") or (
                trouble.detail in ("hub_busy", "reply_unreadable") and trouble.retry_after_ms is None
            )
            if not is_alone:
                raise
            self._waiting_told = 0
            return None
        self._waiting_told = report.queue_length
        healing = heal(
            self._outbox.held(),
            reply,
            self._outbox.chain_at,
            is_first=self._is_first,
            forked_epoch=self._forked_epoch,
            may_doubt=self._may_doubt,
        )
        if healing.marks is not None:
            self._outbox.take_marks(reply.hub_id, healing.marks)
        if healing.beginning is not None:
            LOGGER.warning("the ledger goes on with new numbers: %s", healing.beginning.reason)
            self._outbox.begin(healing.beginning)
        self._is_first, self._forked_epoch, self._hub_id = False, None, reply.hub_id
        self._may_doubt &= not healing.is_doubt
        self._pusher.tell_gone()
        self._status.heard(reply)
        if reply.rotate_key:
            self._link.rotate()
        return reply

    def _push(self) -> bool:
        """Push some batches; whether more may wait. A batch that a person must look at is kept in mind.

        Prices and set-up still come down while such a batch waits.
        """
        if self._refused is not None:
            return False
        try:
            for _turn in range(PUSHES_A_TURN):
                pushed = self._pusher.push_once()
                if pushed.acked_through is None:
                    return False
                self._tell("online", "")
                if pushed.hub_id and self._hub_id and pushed.hub_id != self._hub_id:
                    # Another life of the hub: what it still holds is asked at once.
                    self._is_urgent = True
                if pushed.forked_epoch is not None and pushed.forked_epoch == self._outbox.held().epoch:
                    # The hub's numbers are asked for first: new ones have to be above them.
                    self._forked_epoch, self._is_urgent = pushed.forked_epoch, True
                self._is_behind = False
        except LinkError as trouble:
            if trouble.sort != "look":
                raise
            if trouble.detail == "hub_behind" and not self._is_behind:
                # What it still holds is asked first; only if that does not help it is told.
                self._is_behind = self._is_urgent = True
                return True
            self._refused = trouble
            return False
        return True

    def _pull(self, heads: Mapping[str, str]) -> None:
        """Fetch what is new; a long way down must not hold up the sales made meanwhile."""
        for stream in self._streams:
            head = heads.get(stream)
            if stream in self._whole and head is not None and self._inbox.cursor(stream) == head:
                continue
            self._whole.discard(stream)
            while self._puller.pull_once(stream):
                self._between()
            self._whole.add(stream)

    def _between(self) -> None:
        self._push()
        refused = self._refused
        self._tell("refused" if refused else "online", refused.detail if refused else "")

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
