"""Every kind of work that a hub does in the background."""

from __future__ import annotations

from collections.abc import Callable

from sync.hub.database import Database
from sync.hub.feeds import snapshots
from sync.hub.fleet.what_if import WHAT_IF_JOB, what_if_handler
from sync.hub.goods import stock
from sync.hub.jobs import Handler, JobRunner
from sync.hub.loyalty import clock_work, folding, level_work
from sync.hub.loyalty.joining import MOVE_JOB, move_handler
from sync.hub.upkeep.daily import DAILY_JOB, STORE_JOB, daily_handler, store_handler


def all_handlers(database: Database, now_ms: Callable[[], int]) -> dict[str, Handler]:
    """The handlers by kind of job."""
    return {
        snapshots.JOB_KIND: snapshots.snapshot_handler(database, now_ms),
        DAILY_JOB: daily_handler(now_ms),
        STORE_JOB: store_handler(now_ms),
        stock.STOCK_JOB: stock.stock_handler(now_ms),
        folding.LOYALTY_JOB: folding.loyalty_handler(database, now_ms),
        folding.MEMBER_ROW_JOB: folding.member_row_handler(now_ms),
        level_work.LEVELS_JOB: level_work.levels_handler(database, now_ms),
        clock_work.CLOCK_JOB: clock_work.clock_handler(database, now_ms),
        MOVE_JOB: move_handler(database, now_ms),
        WHAT_IF_JOB: what_if_handler(database, now_ms),
    }


def job_runner(database: Database, now_ms: Callable[[], int]) -> JobRunner:
    """A runner for every kind of work, not started yet."""
    return JobRunner(database, all_handlers(database, now_ms), now_ms)
