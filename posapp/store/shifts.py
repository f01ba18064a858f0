"""The open shift: its row, its running figures, and its end."""

from __future__ import annotations

from posapp.domain.facts import OverrideGiven, ShiftOpened, ShiftSettled, ShiftTotals
from posapp.store.engine import Connection
from posapp.store.state import OpenShift, TillState, totals_from_bytes, totals_to_bytes
from posapp.store.totals import opened
from posapp.store.troubles import NoSuchShiftError


def insert_shift(connection: Connection, fact: ShiftOpened, state: TillState) -> OpenShift:
    """Write a shift that begins."""
    shift_no = connection.execute(
        "INSERT INTO shift (shift_id, number, business_date, operator_id, operator_name, currency, "
        "float_minor, opened_at_ms, first_receipt_seq, first_journal_no) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            fact.shift_id,
            fact.number,
            fact.business_date,
            fact.operator_id,
            fact.operator_name,
            fact.currency,
            fact.float_minor,
            fact.at_ms,
            state.receipt_seq + 1,
            state.journal_no,
        ),
    ).lastrowid
    assert shift_no is not None
    return OpenShift(shift_no, opened(fact))


def settle_shift(connection: Connection, shift: OpenShift, fact: ShiftSettled) -> None:
    """Write the count and close the shift."""
    connection.executemany(
        "INSERT INTO shift_count VALUES (?, ?, ?)",
        [(shift.shift_no, denomination, pieces) for denomination, pieces in fact.counts],
    )
    connection.execute(
        "UPDATE shift SET settled_at_ms = ?, settled_by = ?, expected_minor = ?, counted_minor = ?, "
        "variance_minor = ?, variance_reason = ?, totals = ? WHERE shift_no = ?",
        (
            fact.at_ms,
            fact.operator_id,
            fact.expected_minor,
            fact.counted_minor,
            fact.variance_minor,
            fact.variance_reason,
            totals_to_bytes(fact.totals),
            shift.shift_no,
        ),
    )


def insert_override(connection: Connection, fact: OverrideGiven, shift_no: int | None) -> None:
    """Write that a manager agreed."""
    connection.execute(
        "INSERT INTO override_given (override_id, shift_no, permission, operator_id, approver_id, reason, "
        "amount_minor, transaction_id, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            fact.override_id,
            shift_no,
            fact.permission,
            fact.operator_id,
            fact.approver_id,
            fact.reason,
            fact.amount_minor,
            fact.transaction_id,
            fact.at_ms,
        ),
    )


def expect_open(shift: OpenShift | None, shift_id: str) -> OpenShift:
    """The open shift, which must be the named one; raises NoSuchShiftError."""
    if shift is None or shift.totals.shift_id != shift_id:
        raise NoSuchShiftError("the fact names a shift that is not open")
    return shift


def totals_of(connection: Connection, shift_id: str) -> ShiftTotals | None:
    """The figures as kept for a shift, open or settled."""
    row = connection.execute(
        "SELECT coalesce(shift.totals, till.shift_totals) FROM shift "
        "LEFT JOIN till ON till.shift_no = shift.shift_no WHERE shift_id = ?",
        (shift_id,),
    ).fetchone()
    return None if row is None or row[0] is None else totals_from_bytes(row[0])


def is_known(connection: Connection, shift_id: str, *, settled: bool) -> bool:
    """Whether a shift is in the ledger, and settled if that is asked."""
    row = connection.execute("SELECT settled_at_ms FROM shift WHERE shift_id = ?", (shift_id,)).fetchone()
    return row is not None and (not settled or row[0] is not None)


def is_override_known(connection: Connection, override_id: str) -> bool:
    """Whether an approval is in the ledger."""
    row = connection.execute("SELECT 1 FROM override_given WHERE override_id = ?", (override_id,)).fetchone()
    return row is not None
