"""Lines that are no facts, kept whole: those that cannot be read, and those that contradict what is held."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from sqlalchemy import Connection, Table, select

from sync.hub.database import upsert
from sync.hub.schema.events import FORK_ALARM, QUARANTINE
from sync.protocol.codec import SEQ_MAX


class Aside:
    """The shelf for one terminal's epoch; the same line at the same place lies there once."""

    def __init__(self, connection: Connection, place: tuple[str, str, int], now_ms: int) -> None:
        self._connection = connection
        self._place = dict(zip(("store_id", "terminal_id", "epoch"), place, strict=True))
        self._now_ms = now_ms

    def quarantine(self, seq: int, line: bytes, reason: str) -> bool:
        """Keep what cannot be read; whether it is new."""
        return self._put(QUARANTINE, seq, line, reason)

    def alarm(self, seq: int, line: bytes, reason: str) -> bool:
        """Keep what contradicts; whether it is new."""
        return self._put(FORK_ALARM, seq, line, reason)

    def is_quarantined(self, seq: int, line: bytes) -> bool:
        """Whether this line lies in quarantine at this place."""
        at = self._place | {"seq": seq, "line_sha256": hashlib.sha256(line).digest()}
        query = select(QUARANTINE.c.seq).where(*(QUARANTINE.c[name] == value for name, value in at.items()))
        return self._connection.execute(query).one_or_none() is not None

    def _put(self, table: Table, seq: int, line: bytes, reason: str) -> bool:
        put = self._connection.execute(
            upsert(self._connection, table)
            .values(
                **self._place,
                seq=seq,
                line_sha256=hashlib.sha256(line).digest(),
                reason=reason.replace("\0", "\N{REPLACEMENT CHARACTER}"),
                received_at_ms=self._now_ms,
                line=line,
            )
            .on_conflict_do_nothing()
            .returning(table.c.seq)
        )
        return put.first() is not None


class _SeqOnly(msgspec.Struct):
    seq: int


_SEQ: Final = msgspec.json.Decoder(_SeqOnly)


def readable_seq(line: bytes) -> int | None:
    """The place that a line names which is no envelope otherwise, or None."""
    try:
        seq = _SEQ.decode(line).seq
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return seq if 1 <= seq <= SEQ_MAX else None
