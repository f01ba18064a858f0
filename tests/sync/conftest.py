"""A terminal's ports in memory, a link that can be told what to answer, and a proxy that drops."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sync.engine.link import LinkClosed, LinkError
from sync.engine.ports import Batch, Beginning, Gone, Held, LinkStatus, StoreUnavailable
from sync.protocol.chain import CHAIN_START, chain_over
from sync.protocol.messages import Change, EpochMark, FeedPage, PushReply, StatusReply, StatusReport


class SystemClock:
    """Real time, for tests over real sockets."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


@dataclass
class MemoryOutbox:
    """An outbox of lines numbered from 1."""

    lines: list[bytes] = field(default_factory=list)
    acked: int = 0
    epoch: int = 1
    broken: bool = False
    backed_up: int = 0
    gone: int = 0
    lost_epochs: tuple[Gone, ...] = ()
    hub_id: str = ""
    receipt_seq: int = 0
    begun: list[Beginning] = field(default_factory=list)
    acknowledgements: list[int] = field(default_factory=list)

    def held(self) -> Held:
        marks = (EpochMark(self.epoch, self.acked, self.backed_up),)
        return Held(self.epoch, len(self.lines), self.receipt_seq, 0, self.hub_id, marks)

    def pending(self, limit: int, max_bytes: int) -> Batch | None:
        if self.broken:
            raise StoreUnavailable
        batch: list[bytes] = []
        size = 0
        for line in self.lines[max(self.acked, self.gone) :]:
            size += len(line)
            if batch and (len(batch) >= limit or size > max_bytes):
                break
            batch.append(line)
        if not batch:
            return None
        first = max(self.acked, self.gone)
        chain = chain_over(CHAIN_START, self.lines[: first + len(batch)])
        return Batch(self.epoch, first + 1, batch, chain, is_oldest=first == self.gone)

    def gone_epochs(self) -> tuple[Gone, ...]:
        return self.lost_epochs

    def chain_at(self, epoch: int, seq: int) -> bytes | None:
        known = epoch == self.epoch and self.gone < seq <= len(self.lines)
        return chain_over(CHAIN_START, self.lines[:seq]) if known else None

    def acknowledge(self, epoch: int, through: int, *, backed_up_through: int) -> None:
        if epoch != self.epoch:
            # One of which no line is left.
            self.lost_epochs = tuple(
                one for one in self.lost_epochs if (one.epoch, one.next_seq - 1) != (epoch, through)
            )
            return
        self.acknowledgements.append(through)
        self.acked = max(self.acked, through)
        self.backed_up = min(self.acked, backed_up_through)

    def take_marks(self, hub_id: str, marks: Sequence[EpochMark]) -> None:
        self.hub_id = hub_id
        said = {mark.epoch: mark for mark in marks}.get(self.epoch, EpochMark(self.epoch, 0, 0))
        self.acked = min(self.acked, said.acked_through)
        self.backed_up = min(self.acked, said.backed_up_through)

    def begin(self, beginning: Beginning) -> None:
        self.begun.append(beginning)

    def backlog(self) -> tuple[int, int | None]:
        waiting = len(self.lines) - self.acked
        return waiting, 1 if waiting else None


@dataclass
class MemoryInbox:
    """Rows by stream and key, as a till would hold them."""

    rows: dict[str, dict[str, Change]] = field(default_factory=dict)
    cursors: dict[str, str | None] = field(default_factory=dict)
    applied: list[tuple[str, int, str | None]] = field(default_factory=list)
    complete: list[str] = field(default_factory=list)

    def cursor(self, stream: str) -> str | None:
        return self.cursors.get(stream)

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        rows = self.rows.setdefault(stream, {})
        for change in changes:
            if change.kind == "delete":
                rows.pop(change.key, None)
            else:
                rows[change.key] = change
        self.cursors[stream] = cursor
        self.applied.append((stream, len(changes), cursor))

    def caught_up(self, stream: str) -> None:
        self.complete.append(stream)


class ToldLink:
    """A link that answers what it was told to; by default a hub that takes everything."""

    def __init__(self) -> None:
        self.pushes: list[tuple[int, list[bytes]]] = []
        self.chains: list[bytes | None] = []
        self.oldest: list[int | None] = []
        self.reports: list[StatusReport] = []
        self.rotations = 0
        self.status_answers: deque[StatusReply | LinkError] = deque()
        self.feeds: list[tuple[str, str | None]] = []
        self.push_answers: deque[PushReply | LinkError] = deque()
        self.feed_answers: deque[FeedPage | LinkError] = deque()
        self.closed = threading.Event()
        self.hang = False

    def status(self, report: StatusReport) -> StatusReply:
        """Unless told otherwise, of a hub that knows no such question."""
        self._hang_if_told()
        self.reports.append(report)
        answer = self.status_answers.popleft() if self.status_answers else LinkError("upgrade", "upgrade")
        if isinstance(answer, LinkError):
            raise answer
        return answer

    def rotate(self) -> None:
        self.rotations += 1

    def push(
        self,
        lines: Sequence[bytes],
        *,
        epoch: int,
        first_seq: int,
        chain: bytes | None = None,
        oldest_seq: int | None = None,
    ) -> PushReply:
        self._hang_if_told()
        self.chains.append(chain)
        self.oldest.append(oldest_seq)
        self.pushes.append((first_seq, list(lines)))
        answer = self.push_answers.popleft() if self.push_answers else PushReply(first_seq + len(lines) - 1)
        if isinstance(answer, LinkError):
            raise answer
        return answer

    def feed(self, stream: str, *, after: str | None, limit: int) -> FeedPage:
        self._hang_if_told()
        self.feeds.append((stream, after))
        answer = self.feed_answers.popleft() if self.feed_answers else FeedPage((), after or "c", False)
        if isinstance(answer, LinkError):
            raise answer
        return answer

    def last_heard(self) -> tuple[int | None, int | None]:
        return None, None

    def close(self) -> None:
        self.closed.set()

    def _hang_if_told(self) -> None:
        if self.hang:
            self.closed.wait(30)
        if self.closed.is_set():
            raise LinkClosed


class Watched:
    """Collects statuses and waits for one."""

    def __init__(self) -> None:
        self.seen: list[LinkStatus] = []
        self._changed = threading.Condition()

    def __call__(self, status: LinkStatus) -> None:
        with self._changed:
            self.seen.append(status)
            self._changed.notify_all()

    def until(self, wanted: Callable[[LinkStatus], bool], within_s: float = 60) -> LinkStatus:
        """The last status once it is as wanted; fails after the given time."""
        with self._changed:
            reached = self._changed.wait_for(lambda: bool(self.seen) and wanted(self.seen[-1]), within_s)
            assert reached, f"not reached; last seen {self.seen[-1:]}"
            return self.seen[-1]


def address_of(listener: socket.socket) -> str:
    """The HTTP address of a listening socket."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def shut(one: socket.socket) -> None:
    """End a connection that may have ended already."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


class DroppingProxy:
    """Forwards TCP to an upstream, and drops connections after as many bytes as it is told."""

    def __init__(self, upstream: tuple[str, int], chance: random.Random) -> None:
        self._upstream = upstream
        self._chance = chance
        self.dropping = True
        self.swallowing = False
        self.drops = 0
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._run(self._accept)
        self.url = address_of(self._listener)

    def close(self) -> None:
        shut(self._listener)
        self._listener.close()
        # Whoever was let in last is among the open ones only when this has ended.
        self._threads[0].join(10)
        for one in self._open:
            shut(one)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _peer = self._listener.accept()
                self._open.append(client)
                server = socket.create_connection(self._upstream, 5)
                self._open.append(server)
            except OSError:
                return
            # Either way may be cut, before or after the hub has stored what it got.
            budgets = [self._chance.choice((0, 40, 300, 700, 3_000, 10**9)) for _ in range(2)]
            self._run(self._pump, client, server, budgets[0])
            self._run(self._pump, server, client, budgets[1])

    def _pump(self, source: socket.socket, target: socket.socket, budget: int) -> None:
        try:
            while piece := source.recv(512):
                if self.swallowing:
                    continue
                if self.dropping and len(piece) > budget:
                    target.sendall(piece[:budget])
                    self.drops += 1
                    break
                budget -= len(piece)
                target.sendall(piece)
        except OSError:
            pass
        for one in (source, target):
            shut(one)
