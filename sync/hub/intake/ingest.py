"""Takes in a terminal's events: each is stored once, none is lost, and no sale is ever refused.

Duplicates are recognised in the same transaction as the write, behind a lock on the terminal's progress.
What cannot be read is kept whole in quarantine. A place that is held by other content forks the order:
both are facts and both are kept. Other bytes under a known event id are no fact; they are put beside. All
of it is acknowledged, so that one bad line never holds up what comes after it. A gap is waited for: the
acknowledgement stays before it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from sync.hub.database import UNSTORABLE, is_unstorable
from sync.hub.doubts.exception_list import Kind, note_exception
from sync.hub.goods.stock import wish_for_stock
from sync.hub.goods.stock_facts import MOVED_KIND, STOCK_KINDS
from sync.hub.intake.explode import SALE_KIND, SaleBody, numbers_used
from sync.hub.intake.held import HeldEvent, held_at, held_events
from sync.hub.intake.progress import Progress, lock_progress, raise_numbers, save_progress
from sync.hub.intake.put_aside import Aside, readable_seq
from sync.hub.intake.reading import (
    Arrival,
    arrival_of,
    read_body,
    read_envelope,
    write_events,
    write_sales,
)
from sync.hub.intake.return_rows import RETURN_KIND, ReturnBody, read_return, write_returns
from sync.hub.intake.sale_checks import day_of
from sync.hub.intake.witness import Seal, head_after, is_signed_by_device
from sync.hub.loyalty.folding import wish_for_loyalty
from sync.protocol.codec import SEQ_MAX
from sync.protocol.envelope import Envelope

LOG = logging.getLogger("poshub.ingest")
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one terminal and epoch as they arrived; `first_seq` is what the sender says it starts with.

    `oldest_seq`: the sender has nothing from before that number any more, so it is not to be waited for.
    """

    store_id: str
    terminal_id: str
    epoch: int
    first_seq: int | None
    lines: Sequence[bytes]
    seal: Seal = field(default_factory=Seal)
    oldest_seq: int | None = None


@dataclass(slots=True)
class Ingested:
    """What became of a batch, in lines; `acked_through` is the contiguous end of what is held.

    `tells_fork`: some of its places were another's already, now or when they came first.
    """

    acked_through: int
    backed_up_through: int = 0
    stored: int = 0
    replayed: int = 0
    quarantined: int = 0
    forked: int = 0
    tampered: int = 0
    after_gap: int = 0
    tells_fork: bool = False


class _Placed(msgspec.Struct, frozen=True, gc=False):
    """A line with its place in the order, and its envelope or why it has none."""

    seq: int
    line: bytes
    envelope: Envelope | str


def ingest(connection: Connection, batch: Batch, *, now_ms: int) -> Ingested:
    """Store a batch inside the caller's transaction; the caller answers only after its commit."""
    return _Ingest(connection, batch, now_ms).run()


def ingest_with_unstorable(connection: Connection, batch: Batch, *, now_ms: int) -> Ingested:
    """The same for a batch of which this database cannot hold something: those lines go to quarantine."""
    return _Ingest(connection, batch, now_ms, _unstorable(connection, batch, now_ms)).run()


def _unstorable(connection: Connection, batch: Batch, now_ms: int) -> frozenset[bytes]:
    """The lines that cannot be stored, found out by storing them one by one and taking it all back."""
    found = set()
    trying = connection.begin_nested()
    for offset, line in enumerate(batch.lines):
        first_seq = None if batch.first_seq is None else batch.first_seq + offset
        alone = replace(batch, first_seq=first_seq, lines=(line,), seal=Seal())
        one = connection.begin_nested()
        try:
            _Ingest(connection, alone, now_ms).run()
        except UNSTORABLE as trouble:
            one.rollback()
            if not is_unstorable(trouble):
                raise
            found.add(line)
            _Ingest(connection, alone, now_ms, frozenset((line,))).run()
        else:
            one.commit()
    trying.rollback()
    return frozenset(found)


class _Ingest:
    """One batch on its way in."""

    def __init__(
        self, connection: Connection, batch: Batch, now_ms: int, unstorable: frozenset[bytes] = frozenset()
    ) -> None:
        self._connection = connection
        self._batch = batch
        self._now_ms = now_ms
        self._unstorable = unstorable
        self._place = (batch.store_id, batch.terminal_id, batch.epoch)
        self._before: Progress = lock_progress(connection, self._place)
        self._result = Ingested(self._before.acked_through, self._before.backed_up_through)
        self._aside = Aside(connection, self._place, now_ms)
        self._fresh: list[Arrival] = []
        self._appended: list[bytes] = []
        self._receipt_seq = 0

    def run(self) -> Ingested:
        result = self._result
        placed = list(self._placed())
        first_seq = placed[0].seq if placed else self._batch.first_seq
        if first_seq is not None and first_seq == self._batch.oldest_seq:
            self._give_up_before(first_seq)
        held = self._held(placed)
        for position, one in enumerate(placed):
            if one.seq > result.acked_through + 1:
                result.after_gap = len(placed) - position
                break
            if isinstance(one.envelope, Envelope):
                self._take(one, one.envelope, held)
            else:
                self._put_aside(one, one.envelope)
            if one.seq == result.acked_through + 1:
                result.acked_through = one.seq
                self._appended.append(one.line)
        write_events(self._connection, self._fresh, now_ms=self._now_ms)
        self._write_sales()
        self._write_returns()
        self._wish_for_stock()
        self._wish_for_loyalty()
        if placed:
            self._save(placed[-1].seq)
        return result

    # ------------------------------------------------------------------ what came
    def _placed(self) -> Iterator[_Placed]:
        """The lines with their places: an envelope's own, else by position in the batch."""
        following = self._result.acked_through + 1
        for offset, line in enumerate(self._batch.lines):
            envelope = self._envelope(line)
            if isinstance(envelope, Envelope):
                seq = envelope.seq
            elif self._batch.first_seq is not None:
                seq = min(self._batch.first_seq + offset, SEQ_MAX)
            else:
                seq = readable_seq(line) or following
            following = seq + 1
            yield _Placed(seq, line, envelope)

    def _envelope(self, line: bytes) -> Envelope | str:
        if line in self._unstorable:
            return "the database cannot hold what it says"
        return read_envelope(line, self._place)

    def _held(self, placed: Sequence[_Placed]) -> dict[str, HeldEvent]:
        whole = [one.envelope for one in placed if isinstance(one.envelope, Envelope)]
        days = {day_of(envelope.business_date) for envelope in whole}
        event_ids = [envelope.event_id for envelope in whole]
        held = held_events(self._connection, self._batch.store_id, event_ids, days=days)
        # A replay says the same date, so what is not found there is new or was changed. Where its place is
        # held already, another version of it may stand there under another date.
        doubtful = [
            envelope.seq
            for envelope in whole
            if envelope.seq <= self._result.acked_through and envelope.event_id not in held
        ]
        return held_at(self._connection, self._place, doubtful) | held

    def _give_up_before(self, oldest_seq: int) -> None:
        """Go on behind a gap that nobody can fill: this hub was put back from before what the sender kept."""
        first, last = self._result.acked_through + 1, oldest_seq - 1
        if first > last:
            return
        key = f"{self._batch.terminal_id}:{self._batch.epoch}:{first}-{last}"
        self._note("lines_missing", key, first_seq=first, last_seq=last)
        self._result.acked_through = last
        # The chain goes on from a head that only the sender knows.
        self._before = Progress(last, self._before.backed_up_through, chain=None)
        save_progress(self._connection, self._place, self._before, now_ms=self._now_ms)

    # ------------------------------------------------------------------ line by line
    def _take(self, one: _Placed, envelope: Envelope, held: dict[str, HeldEvent]) -> None:
        known = held.get(envelope.event_id)
        if known is None:
            is_fork = one.seq <= self._result.acked_through
            held[envelope.event_id] = HeldEvent(one.line, is_fork)
            self._fresh.append(arrival_of(envelope, one.line, is_fork=is_fork))
            self._result.stored += 1
            if is_fork:
                self._fork(one, "a place that is held by another event")
                self._is_in_no_backup(one)
        elif known.line == one.line:
            self._result.replayed += 1
            self._result.tells_fork |= known.is_fork
        elif self._aside.alarm(one.seq, one.line, "a known event id with other content"):
            self._result.tampered += 1
            self._note("tampered", envelope.event_id, seq=one.seq)
            self._is_in_no_backup(one)
        else:
            self._result.replayed += 1

    def _put_aside(self, one: _Placed, reason: str) -> None:
        if one.seq == self._result.acked_through + 1:
            self._aside.quarantine(one.seq, one.line, reason)
            self._result.quarantined += 1
        elif self._aside.is_quarantined(one.seq, one.line):
            self._result.replayed += 1
        elif self._aside.alarm(one.seq, one.line, "a place that is held by another line"):
            self._fork(one, reason)
            self._is_in_no_backup(one)
        else:
            self._result.replayed += 1
            self._result.tells_fork = True

    def _fork(self, one: _Placed, reason: str) -> None:
        self._result.forked += 1
        if not self._result.tells_fork:
            self._note("fork", f"{self._batch.terminal_id}:{self._batch.epoch}", seq=one.seq, reason=reason)
        self._result.tells_fork = True

    def _is_in_no_backup(self, one: _Placed) -> None:
        """A backup that holds the place does not hold this line yet: its sender must not let go of it."""
        self._result.backed_up_through = min(self._result.backed_up_through, one.seq - 1)

    def _note(self, kind: Kind, key: str, **detail: Any) -> None:
        """Put something before a person; the log hears of it once."""
        is_new = note_exception(
            self._connection,
            self._batch.store_id,
            kind,
            key,
            terminal_id=self._batch.terminal_id,
            detail={"epoch": self._batch.epoch, **detail},
            now_ms=self._now_ms,
        )
        if is_new:
            # A device without a signer is told of on the list; only a signature that is wrong is alarming.
            level = logging.INFO if detail.get("is_missing") else logging.WARNING
            fields = dict(zip(("store", "terminal", "epoch"), self._place, strict=True))
            LOG.log(level, "exception: %s", kind, extra={"fields": fields | detail})

    # ------------------------------------------------------------------ rows
    def _write_sales(self) -> None:
        sales: list[tuple[Arrival, SaleBody]] = []
        for one in self._fresh:
            if one.envelope.kind == SALE_KIND:
                sale = read_body(one.envelope)
                if isinstance(sale, SaleBody):
                    sales.append((one, sale))
                else:
                    # The event itself is kept in its place; a person has to look at what it says.
                    self._aside.quarantine(one.envelope.seq, one.line, sale)
                    self._result.quarantined += 1
        self._receipt_seq = write_sales(self._connection, self._batch.store_id, sales, self._note)

    def _write_returns(self) -> None:
        returns: list[tuple[Arrival, ReturnBody]] = []
        for one in self._fresh:
            if one.envelope.kind == RETURN_KIND:
                back = read_return(one.envelope)
                if isinstance(back, ReturnBody):
                    returns.append((one, back))
                else:
                    self._aside.quarantine(one.envelope.seq, one.line, back)
                    self._result.quarantined += 1
        seq = write_returns(self._connection, self._batch.store_id, returns, self._note)
        self._receipt_seq = max(self._receipt_seq, seq)

    # ------------------------------------------------------------------ how far
    def _wish_for_stock(self) -> None:
        """Have what was sold and moved folded into stock, later and not in this transaction's way."""
        moving = [one.envelope for one in self._fresh if one.envelope.kind in STOCK_KINDS]
        only_sold = all(envelope.kind != MOVED_KIND for envelope in moving)
        seqs = [envelope.seq for envelope in moving]
        wish_for_stock(self._connection, self._place, seqs, only_sold=only_sold)

    def _wish_for_loyalty(self) -> None:
        """Have what touches members' rights folded, in the same way."""
        told = ((one.envelope.kind, one.envelope.seq, one.line) for one in self._fresh)
        wish_for_loyalty(self._connection, self._place, told)

    def _save(self, last_seq: int) -> None:
        result, seal = self._result, self._batch.seal
        head = head_after(seal, self._before.chain, self._appended, is_whole=last_seq == result.acked_through)
        who = f"{self._batch.terminal_id}:{self._batch.epoch}"
        if head.is_other and not result.tells_fork and not result.tampered:
            # Whatever follows does not fit either: told once.
            self._note("chain_broken", who, seq=last_seq)
        if not is_signed_by_device(seal, self._place, last_seq):
            key, is_missing = f"{who}:{self._now_ms // DAY_MS}", seal.signature is None
            self._note("signature_wrong", key, seq=last_seq, is_missing=is_missing)
        after = Progress(result.acked_through, result.backed_up_through, head.chain)
        save_progress(self._connection, self._place, after, now_ms=self._now_ms)
        used = [numbers_used(one.envelope) for one in self._fresh]
        raise_numbers(
            self._connection,
            *self._place[:2],
            receipt_seq=max([self._receipt_seq, *(receipts for receipts, _shifts in used)]),
            shift_number=max((shifts for _receipts, shifts in used), default=0),
        )
