"""Two hubs for the healing campaign behind one face: a few lines of memory, and the real ingest over SQLite.

Both can be saved and put back at any moment, as a backup of a hub's database is; the twin says in so many
words what the real one has to do.
"""

from __future__ import annotations

import copy
import itertools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import select, update

from sync.hub.database import Database
from sync.hub.fleet.status_board import StatusBoard
from sync.hub.goods.shop_admin import put_shop
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.schema.events import EVENT, HUB, PROGRESS, RETAIL_TRANSACTION
from sync.protocol.chain import CHAIN_START, chain_over
from sync.protocol.codec import decode_envelope
from sync.protocol.messages import EpochMark, PushReply, StatusReply, StatusReport
from tests.hub.conftest import shop_document

STORE, TERMINAL = "S001", "T03"
NOW_MS = 1_780_000_000_000


class Hub(Protocol):
    """What the campaign needs of a hub."""

    def push(self, lines: Sequence[bytes], epoch: int, first_seq: int, chain: bytes | None) -> PushReply:
        """Take a batch in."""

    def status(self, report: StatusReport) -> StatusReply:
        """Answer a report."""

    def events(self) -> list[tuple[str, bytes]]:
        """Every event that is held: its id and its line."""

    def sales(self) -> dict[str, int]:
        """Totals in minor units by transaction."""

    def save(self) -> None:
        """Keep a backup, in the place of the last one."""

    def put_back(self, *, by_hand: bool) -> None:
        """Go back to the last backup; put back by hand, the hub does not know that it was."""

    def close(self) -> None:
        """Let everything go."""


@dataclass
class _Memory:
    events: dict[str, bytes] = field(default_factory=dict)
    forks: set[str] = field(default_factory=set)
    mixed: set[int] = field(default_factory=set)
    acked: dict[int, int] = field(default_factory=dict)
    backed: dict[int, int] = field(default_factory=dict)
    appended: dict[int, list[bytes]] = field(default_factory=dict)
    receipt_seq: int = 0
    shift_number: int = 0
    hub_id: str = "hub-1"


class TwinHub:
    """The rules of the hub in a few lines."""

    def __init__(self) -> None:
        self._now = _Memory()
        self._saved = copy.deepcopy(self._now)
        self.broken_chains = 0

    def push(self, lines: Sequence[bytes], epoch: int, first_seq: int, chain: bytes | None) -> PushReply:
        now = self._now
        appended = now.appended.setdefault(epoch, [])
        forked = False
        for seq, line in enumerate(lines, first_seq):
            acked = now.acked.get(epoch, 0)
            if seq > acked + 1:
                break
            envelope = decode_envelope(line)
            assert (envelope.epoch, envelope.seq) == (epoch, seq)
            forked |= envelope.event_id in now.forks
            if envelope.event_id not in now.events:
                now.events[envelope.event_id] = line
                if seq <= acked:
                    now.forks.add(envelope.event_id)
                    forked = True
                self._count(envelope.kind, msgspec.json.decode(envelope.body))
            assert now.events[envelope.event_id] == line, "one id, two contents"
            if seq == acked + 1:
                now.acked[epoch] = seq
                appended.append(line)
        if forked:
            now.mixed.add(epoch)
        if epoch not in now.mixed and first_seq + len(lines) - 1 == now.acked.get(epoch, 0):
            # Two copies may fill one chain in turns; of one ledger it has to fit.
            self.broken_chains += chain_over(CHAIN_START, appended) != chain
        return PushReply(now.acked.get(epoch, 0), now.backed.get(epoch, 0), now.hub_id, forked)

    def _count(self, kind: str, body: dict[str, int | str]) -> None:
        now = self._now
        if kind == "TransactionCompleted":
            now.receipt_seq = max(now.receipt_seq, int(str(body["receipt_number"])[-6:]))
        elif kind == "ShiftOpened":
            now.shift_number = max(now.shift_number, int(body["number"]))
        elif kind == "EpochBegun":
            now.receipt_seq = max(now.receipt_seq, int(body["receipt_seq"]))
            now.shift_number = max(now.shift_number, int(body["shift_number"]))

    def status(self, report: StatusReport) -> StatusReply:
        now = self._now
        marks = tuple(
            EpochMark(
                epoch, acked, now.backed.get(epoch, 0), chain_over(CHAIN_START, now.appended[epoch]).hex()
            )
            for epoch, acked in now.acked.items()
        )
        return StatusReply(now.hub_id, 0, marks, now.receipt_seq, now.shift_number)

    def events(self) -> list[tuple[str, bytes]]:
        return list(self._now.events.items())

    def sales(self) -> dict[str, int]:
        found = {}
        for line in self._now.events.values():
            envelope = decode_envelope(line)
            if envelope.kind == "TransactionCompleted":
                body = msgspec.json.decode(envelope.body)
                found[body["transaction_id"]] = body["total_minor"]
        return found

    def save(self) -> None:
        self._saved = copy.deepcopy(self._now)
        self._now.backed = dict(self._now.acked)

    def put_back(self, *, by_hand: bool) -> None:
        life = self._now.hub_id
        self._now = copy.deepcopy(self._saved)
        self._now.hub_id = life if by_hand else f"hub-{int(life.partition('-')[2]) + 1}"

    def close(self) -> None:
        return


class RealHub:
    """The hub's own ingest and status over an SQLite file; a restore is that file put back as it was."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "hub.db"
        self._copy = folder / "hub-backup.db"
        self._lives = itertools.count(1)
        self._open()
        with self.database.writing() as connection:
            document = shop_document(STORE, terminals=[{"id": TERMINAL}])
            put_shop(connection, document, show_pins=False, now_ms=NOW_MS)
        self.save()

    def _open(self) -> None:
        self.database = Database(self._path)
        self._board = StatusBoard(self.database, lambda: NOW_MS)

    def push(self, lines: Sequence[bytes], epoch: int, first_seq: int, chain: bytes | None) -> PushReply:
        batch = Batch(STORE, TERMINAL, epoch, first_seq, lines)
        with self.database.writing() as connection:
            result = ingest(connection, batch, now_ms=NOW_MS)
        backed = result.backed_up_through
        return PushReply(result.acked_through, backed, self.database.feed_id, forked=result.tells_fork)

    def status(self, report: StatusReport) -> StatusReply:
        return self._board.take(STORE, TERMINAL, msgspec.structs.replace(report, clock_ms=NOW_MS))

    def events(self) -> list[tuple[str, bytes]]:
        with self.database.reading() as connection:
            found = connection.execute(select(EVENT.c.event_id, EVENT.c.line))
            return [(row.event_id, bytes(row.line)) for row in found]

    def sales(self) -> dict[str, int]:
        table = RETAIL_TRANSACTION
        with self.database.reading() as connection:
            rows = connection.execute(select(table.c.transaction_id, table.c.total_minor)).all()
        assert len({row.transaction_id for row in rows}) == len(rows), "a sale is counted twice"
        return {row.transaction_id: row.total_minor for row in rows}

    def save(self) -> None:
        self.database.close()
        shutil.copy(self._path, self._copy)
        self._open()
        with self.database.writing() as connection:
            connection.execute(update(PROGRESS).values(backed_up_through=PROGRESS.c.acked_through))

    def put_back(self, *, by_hand: bool) -> None:
        life = self.database.feed_id
        self.database.close()
        for beside in self._path.parent.glob("hub.db-*"):
            beside.unlink()
        shutil.copy(self._copy, self._path)
        self._open()
        with self.database.writing() as connection:
            connection.execute(update(HUB).values(feed_id=life if by_hand else f"{next(self._lives):032x}"))
        self.database.close()
        self._open()

    def close(self) -> None:
        self.database.close()
