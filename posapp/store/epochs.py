"""A new life for a ledger that was restored, copied or set up anew: no number is ever given twice.

Receipts of a restored or copied ledger go on after the next round ten thousand, since nobody can know what
its other self has given out; a ledger that was only set up goes on right after what the hub has seen. The
open shift, its sales and what waits to be sent stay as they are.
"""

from __future__ import annotations

from typing import Final

from posapp.domain.facts import EpochBegun
from posapp.store.engine import Connection
from posapp.store.settings import get_setting, put_setting
from sync.engine.ports import RECEIPTS_SKIPPED, SHIFTS_SKIPPED, Beginning
from sync.protocol.chain import CHAIN_START

#: The setting that a restore leaves in a ledger: the next start begins a new life.
RESTORED: Final = "restored"


def round_above(number: int, step: int) -> int:
    """The next multiple of `step` above a number."""
    return (number // step + 1) * step


def begin(connection: Connection, wish: Beginning, *, now_ms: int) -> EpochBegun | None:
    """Change the till's numbers as wished; the fact to be stored with it, or None where nothing changed."""
    epoch, receipts, shifts = connection.execute(
        "SELECT epoch, receipt_seq, shift_number FROM till"
    ).fetchone()
    if epoch != wish.epoch:
        return None
    receipt_seq, shift_number = max(receipts, wish.receipt_seq), max(shifts, wish.shift_number)
    if wish.reason == "set_up":
        if (receipt_seq, shift_number) == (receipts, shifts):
            return None
        begun = epoch
    else:
        receipt_seq = round_above(receipt_seq, RECEIPTS_SKIPPED)
        shift_number = round_above(shift_number, SHIFTS_SKIPPED)
        begun = max(now_ms, epoch + 1, wish.hub_epoch + 1)
        connection.execute("INSERT INTO epoch_mark SELECT ?, journal_no + 1, 0, 0 FROM till", (begun,))
        connection.execute("UPDATE till SET epoch = ?, seq = 0, chain = ?", (begun, CHAIN_START))
    if receipt_seq > receipts:
        connection.execute("INSERT INTO numbers_skipped VALUES (?, ?)", (receipts, receipt_seq))
    connection.execute("UPDATE till SET receipt_seq = ?, shift_number = ?", (receipt_seq, shift_number))
    return EpochBegun(
        reason=wish.reason,
        epoch_before=epoch,
        epoch=begun,
        receipt_seq_before=receipts,
        receipt_seq=receipt_seq,
        shift_number_before=shifts,
        shift_number=shift_number,
        at_ms=now_ms,
    )


def mark_restored(connection: Connection) -> None:
    """Leave a note that this ledger is a copy which was put back."""
    put_setting(connection, RESTORED, b"1")


def was_restored(connection: Connection) -> bool:
    """Whether this ledger was put back and has not begun its new life yet."""
    return get_setting(connection, RESTORED) is not None


def forget_restored(connection: Connection) -> None:
    """The new life has begun."""
    connection.execute("DELETE FROM setting WHERE name = ?", (RESTORED,))
