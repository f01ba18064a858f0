"""What time does to members' rights, by the hub's clock: ripening, ends, holds of tills that were heard.

A job that wishes for its next turn under the name of that turn, so that however often it is wished for there
is one. What is done for a member is a transaction of its own. Nothing here is needed for rights to be right:
whoever uses points lets them ripen and end first, and coupons are asked for their end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from sync.hub.database import Database
from sync.hub.jobs import Effect, Handler, Job, enqueue
from sync.hub.loyalty.coupons import expire_due
from sync.hub.loyalty.folding import MEMBER_ROW_JOB
from sync.hub.loyalty.gift_holds import forget_gift_holds, release_overdue
from sync.hub.loyalty.holds import end_overdue, forget_holds, forget_steps
from sync.hub.loyalty.leases import end_leases
from sync.hub.loyalty.members import canonical
from sync.hub.loyalty.points import bring_up, due_members, take_accounts

CLOCK_JOB: Final = "loyalty-clock"
TURN_MS: Final = 5 * 60_000
#: What ended long ago is looked for once a day.
_TURNS_OF_A_DAY: Final = 86_400_000 // TURN_MS
_MEMBERS_AT_ONCE: Final = 200
#: One turn ends after so many pages: the next goes on.
_PAGES_MOST: Final = 25
CLAIM_MS: Final = 300_000


def wish_for_clock(connection: Connection, now_ms: int) -> None:
    """Have done at the next turn what time does, and at every turn from then on."""
    turn = now_ms // TURN_MS + 1
    enqueue(connection, "", CLOCK_JOB, str(turn), run_at_ms=turn * TURN_MS)


def clock_handler(database: Database, now_ms: Callable[[], int]) -> Handler:
    """How a turn is done."""

    def prepare(_job: Job) -> Effect:
        pass_time(database, now_ms())
        return lambda connection: wish_for_clock(connection, now_ms())

    return Handler(prepare, claim_ms=CLAIM_MS)


def pass_time(database: Database, now_ms: int) -> int:
    """Do what time does up to now; how many members it did something to."""
    database.write(lambda connection: end_overdue(connection, now_ms))
    database.write(lambda connection: release_overdue(connection, now_ms=now_ms))
    database.write(lambda connection: end_leases(connection, now_ms))
    database.write(lambda connection: forget_steps(connection, now_ms))
    if now_ms // TURN_MS % _TURNS_OF_A_DAY == 0:
        database.write(lambda connection: forget_holds(connection, now_ms))
        database.write(lambda connection: forget_gift_holds(connection, now_ms))
    while database.write(lambda connection: _expire(connection, now_ms)):
        pass
    changed = 0
    for _page in range(_PAGES_MOST):
        with database.reading() as connection:
            due = due_members(connection, now_ms, _MEMBERS_AT_ONCE)
        done = [one for one in due if database.write(_bringing(one, now_ms))]
        changed += len(done)
        # Points that are held stay due; they are no reason to go on.
        if not done or len(due) < _MEMBERS_AT_ONCE:
            break
    return changed


def _bringing(member_id: str, now_ms: int) -> Callable[[Connection], bool]:
    def work(connection: Connection) -> bool:
        take_accounts(connection, (member_id,))
        is_changed = bring_up(connection, member_id, now_ms)
        if is_changed:
            enqueue(connection, "", MEMBER_ROW_JOB, canonical(connection, member_id))
        return is_changed

    return work


def _expire(connection: Connection, now_ms: int) -> int:
    whose, count = expire_due(connection, now_ms)
    for member_id in whose:
        enqueue(connection, "", MEMBER_ROW_JOB, member_id)
    return count
