"""Members' levels by what they spent net: looked at once a day for those for whom anything may have changed.

What counts, and for how long a level stays, is the programme's; nothing here decides. A level that a person
gave without an end stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, func, select, union, update

from posapp.domain.members.levels import HeldLevel, level_after, window_from_ms
from posapp.domain.members.programme import DAY_MS, Programme
from sync.hub.database import Database
from sync.hub.goods.store_facts import all_stores
from sync.hub.jobs import Effect, Handler, Job, enqueue
from sync.hub.loyalty.folding import MEMBER_ROW_JOB
from sync.hub.loyalty.members import MemberError, hold_member, note
from sync.hub.loyalty.programme_admin import programme_of
from sync.hub.schema.members import ACTIVE, MEMBER
from sync.hub.schema.points import MEMBER_SPEND

LEVELS_JOB: Final = "levels"
CLAIM_MS: Final = 600_000
#: A hub that did not run for a while looks back so far.
_LOOK_BACK_MS: Final = 8 * DAY_MS
_FOR_EVER_MS: Final = 2**53


def wish_for_levels(connection: Connection, day: str) -> None:
    """Have levels looked at, once for a day."""
    enqueue(connection, "", LEVELS_JOB, day)


def levels_handler(database: Database, now_ms: Callable[[], int]) -> Handler:
    """How the look at levels is done: each member in a transaction of their own."""

    def prepare(_job: Job) -> Effect:
        look_at_levels(database, now_ms())
        return lambda _connection: None

    return Handler(prepare, claim_ms=CLAIM_MS)


def look_at_levels(database: Database, now_ms: int) -> int:
    """Give members the levels that they have reached or kept; how many changed."""
    with database.reading() as connection:
        programme = chain_programme(connection)
        if not programme.levels:
            return 0
        whom = list(connection.execute(_maybe_changed(now_ms)).scalars())
    return sum(database.write(_looking(member_id, programme, now_ms)) for member_id in sorted(whom))


def chain_programme(connection: Connection) -> Programme:
    """The programme with amounts of the currency that the chain sells in: that of any of its stores."""
    stores = all_stores(connection)
    return programme_of(connection, stores[0].currency) if stores else programme_of(connection)


def _maybe_changed(now_ms: int) -> Any:
    """Whose lines closed of late, and whose level ended."""
    spend = MEMBER_SPEND.c
    closed = select(spend.member_id).where(
        spend.closes_ms > now_ms - _LOOK_BACK_MS, spend.closes_ms <= now_ms
    )
    ended = select(MEMBER.c.member_id).where(
        MEMBER.c.level != "", MEMBER.c.level_until_ms > 0, MEMBER.c.level_until_ms <= now_ms
    )
    return union(closed, ended)


def _looking(member_id: str, programme: Programme, now_ms: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        try:
            member = hold_member(connection, member_id)
        except MemberError:
            return 0
        if member.status != ACTIVE or (member.level and not member.level_until_ms):
            return 0
        spend = net_spend_minor(connection, member.member_id, programme, now_ms)
        held = HeldLevel(member.level, member.level_since_ms, member.level_until_ms or _FOR_EVER_MS)
        after = level_after(held, spend, programme, now_ms)
        if after == held or (not after.level_id and not member.level):
            return 0
        values = {
            "level": after.level_id,
            "level_since_ms": after.since_ms or now_ms,
            "level_until_ms": after.until_ms,
            "changed_at_ms": now_ms,
            "version": MEMBER.c.version + 1,
        }
        row = update(MEMBER).where(MEMBER.c.member_id == member.member_id)
        connection.execute(row.values(**values))
        if after.level_id != member.level:
            detail = {"from": member.level, "to": after.level_id, "spend_minor": spend}
            note(connection, member.member_id, "level", now_ms=now_ms, detail=detail)
            enqueue(connection, "", MEMBER_ROW_JOB, member.member_id)
        return int(after.level_id != member.level)

    return work


def net_spend_minor(connection: Connection, member_id: str, programme: Programme, now_ms: int) -> int:
    """What a member spent in the window, less what came back: only lines that can come back no more."""
    spend = MEMBER_SPEND.c
    query = select(func.coalesce(func.sum(spend.amount_minor), 0)).where(
        spend.member_id == member_id,
        spend.at_ms >= window_from_ms(programme, now_ms),
        spend.closes_ms <= now_ms,
    )
    return int(connection.execute(query).scalar_one())
