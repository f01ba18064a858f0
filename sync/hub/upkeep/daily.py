"""What a hub does for itself once a day: months ahead, tombstones all have seen, moves a count covers.

A job like any other: whichever process is free does it, once, and wishes for the next day's. What is done for
a store is a job of its own: nobody waits for the locks of a hundred thousand stores at once, and the time
that a job may take does not grow with them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Connection

from sync.hub.feeds.snapshots import want_snapshot
from sync.hub.feeds.streams import forget_tombstones
from sync.hub.goods.stock import forget_moves
from sync.hub.jobs import Handler, Job, enqueue, enqueue_for_stores, handler_of
from sync.hub.loyalty.clock_work import wish_for_clock
from sync.hub.loyalty.level_work import wish_for_levels
from sync.hub.loyalty.member_stream import forget_revoked
from sync.hub.upkeep.retention import prepare_months

DAILY_JOB: Final = "daily"
STORE_JOB: Final = "daily-store"
DAY_MS: Final = 86_400_000
TOMBSTONES_KEPT_MS: Final = 90 * DAY_MS


def wish_for_daily(connection: Connection, now_ms: int) -> None:
    """Have the daily work done now, and every day from then on."""
    enqueue(connection, "", DAILY_JOB, _day(now_ms).isoformat(), run_at_ms=now_ms)


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms // 1000, UTC).date()


def daily_handler(now_ms: Callable[[], int]) -> Handler:
    """The handler of the hub's own daily work."""

    def work(connection: Connection, _job: Job) -> None:
        today_ms = now_ms()
        prepare_months(connection, _day(today_ms))
        enqueue_for_stores(connection, STORE_JOB, run_at_ms=today_ms)
        wish_for_clock(connection, today_ms)
        wish_for_levels(connection, _day(today_ms).isoformat())
        # Named by its day: a wish under the name of the work under way would mean "once more, now".
        wish_for_daily(connection, today_ms + DAY_MS)

    return handler_of(work)


def store_handler(now_ms: Callable[[], int]) -> Handler:
    """The handler of one store's daily work."""

    def work(connection: Connection, job: Job) -> None:
        today_ms = now_ms()
        forget_revoked(connection, job.store_id, today_ms)
        forget_tombstones(connection, job.store_id, today_ms - TOMBSTONES_KEPT_MS)
        # A hub that was taken over has none yet, and one from before what was just forgotten is none.
        want_snapshot(connection, job.store_id, today_ms)
        forget_moves(connection, job.store_id, today_ms)

    return handler_of(work)
