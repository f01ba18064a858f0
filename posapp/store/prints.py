"""Slips of paper: stored in the sale's commit, printed after it, kept to be printed again.

A job left in "printing" by a crash may or may not have come out: it is offered again as a copy, so
that two originals of one receipt can never exist.
"""

from __future__ import annotations

from typing import Literal

from posapp.domain.paper import PaperDocument
from posapp.flows.effects import PrintRequest
from posapp.store.engine import Blob, Connection
from posapp.store.paper_record import paper_from_bytes, paper_to_bytes
from posapp.values import dataclass

PrintState = Literal["printing", "printed"]


@dataclass(frozen=True, slots=True)
class Slip:
    """A stored slip on its way to the printer; `copy` where an original may have come out before."""

    job_id: str
    document: PaperDocument
    copy: bool = False


def insert_print(
    connection: Connection,
    request: PrintRequest,
    *,
    transaction_id: str | None,
    receipt_number: str | None,
    now_ms: int,
) -> int:
    """Queue a slip; tells the row's number."""
    job_no = connection.execute(
        "INSERT INTO print_job (job_id, kind, transaction_id, state, queued_ms, document) "
        "VALUES (?, ?, ?, 'queued', ?, ?)",
        (
            request.job_id,
            request.kind,
            transaction_id,
            now_ms,
            Blob(paper_to_bytes(request.document, receipt_number)),
        ),
    ).lastrowid
    assert job_no is not None
    return job_no


def mark_prints(connection: Connection, job_ids: tuple[str, ...], state: PrintState) -> None:
    """Note how far slips are; a printed one stays printed."""
    connection.executemany(
        "UPDATE print_job SET state = ? WHERE job_no > (SELECT printed_through FROM till) "
        "AND job_id = ? AND state <> 'printed'",
        [(state, job_id) for job_id in job_ids],
    )
    if state == "printed":
        # Everything up to here has come out: no index is needed to find what has not.
        connection.execute(
            "UPDATE till SET printed_through = coalesce("
            "(SELECT min(job_no) - 1 FROM print_job WHERE job_no > printed_through AND state <> 'printed'), "
            "(SELECT max(job_no) FROM print_job), 0)"
        )


def pending_prints(connection: Connection) -> tuple[Slip, ...]:
    """Slips not surely out yet, oldest first.

    A slip that cannot be read is left where it is: it is counted as unprinted, but not offered.
    """
    rows = connection.execute(
        "SELECT job_id, state, document FROM print_job "
        "WHERE job_no > (SELECT printed_through FROM till) AND state <> 'printed' ORDER BY job_no"
    )
    found = []
    for job_id, state, data in rows:
        document = _document(data)
        if document is not None:
            found.append(Slip(job_id, document, state == "printing"))
    return tuple(found)


def unprinted_count(connection: Connection) -> int:
    """How many slips are not surely out yet."""
    row = connection.execute(
        "SELECT count(*) FROM print_job "
        "WHERE job_no > (SELECT printed_through FROM till) AND state <> 'printed'"
    ).fetchone()
    return int(row[0])


def receipt_of(connection: Connection, transaction_id: str) -> PaperDocument | None:
    """The receipt of a stored sale, or None where there is none that can be read."""
    row = connection.execute(
        "SELECT document FROM print_job WHERE job_no = coalesce("
        "(SELECT job_no FROM retail_transaction WHERE transaction_id = ?1), "
        "(SELECT job_no FROM return_transaction WHERE return_id = ?1))",
        (transaction_id,),
    ).fetchone()
    return None if row is None else _document(row[0])


def _document(data: bytes) -> PaperDocument | None:
    try:
        return paper_from_bytes(data)
    except ValueError:
        return None
