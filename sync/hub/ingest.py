"""Takes in a terminal's events: each is stored once, in order, and no sale is ever refused.

Duplicates are recognised in the same transaction as the write. What cannot be read is kept whole in
quarantine, and other content under a known place or id raises a fork alarm; both are acknowledged, so
that one bad line never holds up what comes after it. A gap is waited for: the acknowledgement stays
before it.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from sync.hub.database import insert_rows, upsert
from sync.hub.explode import SALE_KIND, SaleBody, SaleRows, add_sale, read_sale
from sync.hub.tables import (
    EVENT,
    FORK_ALARM,
    PROGRESS,
    QUARANTINE,
    RETAIL_TRANSACTION,
    SALE_LINE,
    TAX_LINE,
    TENDER_LINE,
)
from sync.protocol.codec import SEQ_MAX, WireError, decode_envelope
from sync.protocol.envelope import Envelope

LOG = logging.getLogger("poshub.ingest")
REASON_MAX_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one terminal and epoch as they arrived; `first_seq` is what the sender says it starts with."""

    store_id: str
    terminal_id: str
    epoch: int
    first_seq: int | None
    lines: Sequence[bytes]


@dataclass(slots=True)
class Ingested:
    """What became of a batch, in lines; `acked_through` is the contiguous end of what is held."""

    acked_through: int
    stored: int = 0
    replayed: int = 0
    quarantined: int = 0
    forked: int = 0
    after_gap: int = 0


class _SeqOnly(msgspec.Struct):
    seq: int


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line with its place in the order, and its envelope or why it has none."""

    seq: int
    line: bytes
    envelope: Envelope | str


@dataclass(slots=True)
class _Gathered:
    """Rows to insert at the end of the batch."""

    events: list[tuple[Any, ...]] = field(default_factory=list)
    quarantine: list[tuple[Any, ...]] = field(default_factory=list)
    forks: list[tuple[Any, ...]] = field(default_factory=list)
    sales: SaleRows = field(default_factory=SaleRows)


def ingest(connection: Connection, batch: Batch, *, now_ms: int) -> Ingested:
    """Store a batch inside the caller's transaction; the caller answers only after its commit."""
    return _Ingest(connection, batch, now_ms).run()


class _Ingest:
    """One batch on its way in."""

    def __init__(self, connection: Connection, batch: Batch, now_ms: int) -> None:
        self._connection = connection
        self._batch = batch
        self._now_ms = now_ms
        self._place = (batch.store_id, batch.terminal_id, batch.epoch)
        self._result = Ingested(self._acked_through())
        self._rows = _Gathered()

    def run(self) -> Ingested:
        result = self._result
        placed = list(self._placed())
        held = self._held(placed)
        whole = [one.envelope for one in placed if isinstance(one.envelope, Envelope)]
        self._event_ids = self._known(EVENT.c.event_id, [envelope.event_id for envelope in whole])
        sales = [_sale_of(one) for one in placed]
        self._transaction_ids = self._known(
            RETAIL_TRANSACTION.c.transaction_id,
            [sale.transaction_id for sale in sales if isinstance(sale, SaleBody)],
        )
        for position, one in enumerate(placed):
            if one.seq <= result.acked_through:
                self._compare(one, held[one.seq])
            elif one.seq == result.acked_through + 1:
                self._take(one, sales[position])
                held[one.seq].add(one.line)
                result.acked_through = one.seq
            else:
                result.after_gap = len(placed) - position
                break
        self._write()
        return result

    # ------------------------------------------------------------------ what is known
    def _acked_through(self) -> int:
        query = select(PROGRESS.c.acked_through).where(*_at(PROGRESS, self._place))
        return int(self._connection.execute(query).scalar() or 0)

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
                seq = _readable_seq(line) or following
            following = seq + 1
            yield _Placed(seq, line, envelope)

    def _envelope(self, line: bytes) -> Envelope | str:
        try:
            envelope = decode_envelope(line)
        except WireError as trouble:
            return str(trouble)[:REASON_MAX_CHARS]
        if (envelope.store_id, envelope.terminal_id) != self._place[:2]:
            return "the envelope names another store or terminal"
        if envelope.epoch != self._batch.epoch:
            return "the envelope names another epoch"
        return envelope

    def _held(self, placed: Sequence[_Placed]) -> defaultdict[int, set[bytes]]:
        """The lines already held at the places of this batch."""
        held: defaultdict[int, set[bytes]] = defaultdict(set)
        known = {one.seq for one in placed if one.seq <= self._result.acked_through}
        if known:
            for table in (EVENT, QUARANTINE, FORK_ALARM):
                among = table.c.seq.in_(known)
                query = select(table.c.seq, table.c.line).where(*_at(table, self._place), among)
                for seq, line in self._connection.execute(query):
                    held[seq].add(line)
        return held

    def _known(self, column: Any, wanted: Sequence[str]) -> set[str]:
        query = select(column).where(column.table.c.store_id == self._batch.store_id, column.in_(wanted))
        return set(self._connection.execute(query).scalars()) if wanted else set()

    # ------------------------------------------------------------------ what is done
    def _compare(self, one: _Placed, held: set[bytes]) -> None:
        if one.line in held:
            self._result.replayed += 1
        else:
            held.add(one.line)
            self._fork(one, "other content at a place that is already held")

    def _take(self, one: _Placed, sale: SaleBody | str | None) -> None:
        envelope = one.envelope
        if not isinstance(envelope, Envelope):
            self._quarantine(one, envelope)
            return
        if envelope.event_id in self._event_ids:
            self._fork(one, "an event id that is already held elsewhere")
            return
        self._event_ids.add(envelope.event_id)
        times = (envelope.occurred_at, self._now_ms)
        words = (envelope.event_id, envelope.kind, envelope.business_date)
        self._rows.events.append((*self._place, one.seq, *words, *times, one.line))
        self._result.stored += 1
        if isinstance(sale, SaleBody) and sale.transaction_id in self._transaction_ids:
            sale = "body: a sale of this transaction id is already held"
        if isinstance(sale, SaleBody):
            self._transaction_ids.add(sale.transaction_id)
            add_sale(self._rows.sales, envelope, sale)
        elif sale is not None:
            # The event itself is kept in its place; a person has to look at what it says.
            self._quarantine(one, sale[:REASON_MAX_CHARS])

    def _quarantine(self, one: _Placed, reason: str) -> None:
        self._rows.quarantine.append((*self._place, one.seq, reason, self._now_ms, one.line))
        self._result.quarantined += 1

    def _fork(self, one: _Placed, reason: str) -> None:
        digest = hashlib.sha256(one.line).digest()
        self._rows.forks.append((*self._place, one.seq, digest, reason, self._now_ms, one.line))
        self._result.forked += 1
        LOG.warning(
            "fork alarm: %s",
            reason,
            extra={
                "fields": dict(
                    zip(("store", "terminal", "epoch", "seq"), (*self._place, one.seq), strict=True)
                )
            },
        )

    def _write(self) -> None:
        rows = self._rows
        insert_rows(self._connection, EVENT, rows.events)
        insert_rows(self._connection, QUARANTINE, rows.quarantine)
        insert_rows(self._connection, FORK_ALARM, rows.forks)
        insert_rows(self._connection, RETAIL_TRANSACTION, rows.sales.transactions)
        insert_rows(self._connection, SALE_LINE, rows.sales.lines)
        insert_rows(self._connection, TENDER_LINE, rows.sales.tenders)
        insert_rows(self._connection, TAX_LINE, rows.sales.taxes)
        progress = upsert(self._connection, PROGRESS).values(
            (*self._place, self._result.acked_through, self._now_ms)
        )
        self._connection.execute(
            progress.on_conflict_do_update(
                index_elements=["store_id", "terminal_id", "epoch"],
                set_={
                    "acked_through": progress.excluded.acked_through,
                    "received_at_ms": progress.excluded.received_at_ms,
                },
            )
        )


def _sale_of(one: _Placed) -> SaleBody | str | None:
    if isinstance(one.envelope, Envelope) and one.envelope.kind == SALE_KIND:
        return read_sale(one.envelope)
    return None


def _at(table: Any, place: tuple[str, str, int]) -> tuple[Any, Any, Any]:
    return table.c.store_id == place[0], table.c.terminal_id == place[1], table.c.epoch == place[2]


def _readable_seq(line: bytes) -> int | None:
    try:
        seq = msgspec.json.decode(line, type=_SeqOnly).seq
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return seq if 1 <= seq <= SEQ_MAX else None
