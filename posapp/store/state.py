"""The till's one row of state: numbers given out so far, and the open shift with its figures.

Every commit writes this row whole, once, as its last statement. Numbers are taken in memory first and
are only real when the commit is; after anything undone the row is read again. Figures that cannot be read
are added up from the shift's rows: they are only kept here to be quick.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from posapp.domain.facts import ShiftTotals
from posapp.store.engine import Blob, Connection
from posapp.store.shift_reading import read_shift
from posapp.values import dataclass

_ENCODER: Final = msgspec.json.Encoder(enc_hook=dict)
_TOTALS: Final = msgspec.json.Decoder(ShiftTotals)


@dataclass(frozen=True, slots=True)
class OpenShift:
    """The shift that sales fall into, with its figures as of now."""

    shift_no: int
    totals: ShiftTotals
    is_added_up_again: bool = False


@dataclass(slots=True)
class TillState:
    """Last numbers given out: envelopes within the epoch, journal rows, receipts, shifts, scans.

    `chain` is the hash chain's head after the last envelope of the epoch.
    """

    epoch: int
    seq: int
    journal_no: int
    receipt_seq: int
    shift_number: int
    scan_no: int
    shift: OpenShift | None
    chain: bytes

    def copy(self) -> TillState:
        """The same state, to be changed by a transaction that may be undone."""
        # Spelled out: dataclasses.replace takes five times as long, in every sale.
        return TillState(
            self.epoch,
            self.seq,
            self.journal_no,
            self.receipt_seq,
            self.shift_number,
            self.scan_no,
            self.shift,
            self.chain,
        )


def read_state(connection: Connection) -> TillState:
    """The state as stored."""
    row: Any = connection.execute(
        "SELECT epoch, seq, journal_no, receipt_seq, shift_number, scan_no, shift_no, shift_totals, chain "
        "FROM till"
    ).fetchone()
    shift = None if row[6] is None else _open_shift(connection, row[6], row[7])
    epoch, seq, journal_no, receipt_seq, shift_number, scan_no = row[:6]
    return TillState(epoch, seq, journal_no, receipt_seq, shift_number, scan_no, shift, bytes(row[8]))


def _open_shift(connection: Connection, shift_no: int, totals: Any) -> OpenShift | None:
    try:
        return OpenShift(shift_no, totals_from_bytes(totals))
    except (ValueError, TypeError):
        head = connection.execute("SELECT shift_id FROM shift WHERE shift_no = ?", (shift_no,)).fetchone()
        found = None if head is None else read_shift(connection, head[0], now_ms=None)
        return None if found is None else OpenShift(shift_no, found, is_added_up_again=True)


def write_state(connection: Connection, before: TillState, after: TillState) -> None:
    """Store the state, if it still is what the numbers were taken from; raises ValueError if not."""
    shift = after.shift
    changed = connection.execute(
        "UPDATE till SET seq = ?, journal_no = ?, receipt_seq = ?, shift_number = ?, scan_no = ?, "
        "shift_no = ?, shift_totals = ?, chain = ? WHERE one = 1 AND journal_no = ? AND epoch = ?",
        (
            after.seq,
            after.journal_no,
            after.receipt_seq,
            after.shift_number,
            after.scan_no,
            None if shift is None else shift.shift_no,
            None if shift is None else Blob(totals_to_bytes(shift.totals)),
            Blob(after.chain),
            before.journal_no,
            before.epoch,
        ),
    ).rowcount
    if changed != 1:
        raise ValueError("somebody else wrote to this ledger")


def totals_to_bytes(totals: ShiftTotals) -> bytes:
    """Figures as JSON."""
    return _ENCODER.encode(totals)


def totals_from_bytes(data: bytes) -> ShiftTotals:
    """Figures again; raises ValueError for bytes that are none."""
    return _TOTALS.decode(data)
