"""What waits at the hub, as a handful of counts for Prometheus; read when it is asked for."""

from __future__ import annotations

from sqlalchemy import func, select

from sync.hub.database import Database
from sync.hub.schema.events import EXCEPTION, QUARANTINE
from sync.hub.schema.feeds import JOB
from sync.hub.schema.status import TERMINAL_STATUS


def waiting_rows(database: Database) -> dict[str, int]:
    """Counts by name; quarantine and exceptions with what was settled already."""
    status = TERMINAL_STATUS.c
    with database.reading() as connection:

        def count(*columns: object, of: object) -> int:
            return int(connection.execute(select(*columns).select_from(of)).scalar() or 0)  # type: ignore[call-overload]

        return {
            "quarantined_lines": count(func.count(), of=QUARANTINE),
            "exceptions": count(func.count(), of=EXCEPTION),
            "jobs": count(func.count(), of=JOB),
            "jobs_failed": int(
                connection.execute(
                    select(func.count()).select_from(JOB).where(JOB.c.attempts > 0)
                ).scalar_one()
            ),
            "terminals": count(func.count(), of=TERMINAL_STATUS),
            "events_at_tills": count(func.sum(status.queue_length), of=TERMINAL_STATUS),
            "oldest_event_at_a_till_ms": count(func.min(status.oldest_ms), of=TERMINAL_STATUS),
        }
