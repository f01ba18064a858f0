"""Folds what tills' facts do to members' rights: exactly once each, in whatever order they come, forks too.

A sale stands as the till stored it. Coupons and points that are there are used; what is not there any more
becomes somebody's to work off. A return that comes before its sale waits for it; a sale under an id that is
another name of a member by now is that member's. Done by a job after the ingest's answer, a few facts in a
transaction; which one is done is written in the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, exists, or_, select

from sync.hub.database import Database
from sync.hub.jobs import Effect, Handler, Job, enqueue, handler_of
from sync.hub.loyalty import points
from sync.hub.loyalty.fact_folding import Folding, fold_fact
from sync.hub.loyalty.holds import LOYALTY_JOB as LOYALTY_JOB
from sync.hub.loyalty.member_stream import refresh_member
from sync.hub.loyalty.members import canonical
from sync.hub.loyalty.rights_facts import (
    RIGHTS_KINDS,
    VOIDED_KIND,
    Return,
    RightsFact,
    Sale,
    may_touch_rights,
    rights_fact,
)
from sync.hub.schema.events import EVENT
from sync.hub.schema.gift_cards import GIFT_HOLD
from sync.hub.schema.rights import HELD, RIGHTS_HOLD
from sync.protocol.codec import WireError, decode_envelope

#: Job: bring a member's rows in the stores' streams up to date.
MEMBER_ROW_JOB: Final = "member-row"
_EVENTS_AT_ONCE: Final = 40
_ENCODER: Final = msgspec.json.Encoder()
_Place = tuple[int, str]


class _Range(msgspec.Struct):
    """The body of a job: places in a terminal's order whose events are to be folded."""

    terminal_id: str
    epoch: int
    first: int
    last: int


# ------------------------------------------------------------------ from the ingest
_HOLDS: Final = select(
    or_(
        *(
            exists().where(
                table.c.store_id == bindparam("store"),
                table.c.terminal_id == bindparam("terminal"),
                table.c.state == HELD,
            )
            for table in (RIGHTS_HOLD, GIFT_HOLD)
        )
    )
)


def wish_for_loyalty(
    connection: Connection, place: tuple[str, str, int], events: Iterable[tuple[str, int, bytes]]
) -> None:
    """Have those of the events (kind, place, line) that touch rights folded soon; part of the ingest."""
    store_id, terminal_id, epoch = place
    seqs = []
    voided = []
    for kind, seq, line in events:
        if may_touch_rights(kind, line):
            seqs.append(seq)
        elif kind == VOIDED_KIND:
            voided.append(seq)
    if voided and connection.execute(_HOLDS, {"store": store_id, "terminal": terminal_id}).scalar():
        seqs += voided
    if not seqs:
        return
    first, last = min(seqs), max(seqs)
    body = _ENCODER.encode(_Range(terminal_id, epoch, first, last))
    enqueue(connection, store_id, LOYALTY_JOB, f"{terminal_id}:{epoch}:{first}-{last}", body)


# ------------------------------------------------------------------ the job
def loyalty_handler(database: Database, now_ms: Callable[[], int]) -> Handler:
    """How a loyalty job is done: page by page, so that nobody's account is kept from others for long."""

    def prepare(job: Job) -> Effect:
        wanted = msgspec.json.decode(job.body, type=_Range)
        after: _Place | None = (wanted.first - 1, "")
        while after is not None:
            with database.reading() as connection:
                lines, after = _page(connection, job.store_id, wanted, after)
            if lines:
                database.write(lambda connection, lines=lines: fold(connection, lines, now_ms()))  # type: ignore[misc]
        return lambda _connection: None

    return Handler(prepare)


def member_row_handler(now_ms: Callable[[], int]) -> Handler:
    """How a member's rows in the stores' streams are brought up to date."""
    return handler_of(lambda connection, job: _refresh(connection, job.key, now_ms()))


def _refresh(connection: Connection, member_id: str, now_ms: int) -> None:
    refresh_member(connection, member_id, now_ms)


def _page(
    connection: Connection, store_id: str, wanted: _Range, after: _Place
) -> tuple[list[bytes], _Place | None]:
    """The next events' lines, forks included, and the event to go on after (None: there is no more)."""
    seq, event_id = after
    query = (
        select(EVENT.c.seq, EVENT.c.event_id, EVENT.c.kind, EVENT.c.line)
        .where(
            EVENT.c.store_id == store_id,
            EVENT.c.terminal_id == wanted.terminal_id,
            EVENT.c.epoch == wanted.epoch,
            EVENT.c.seq.between(seq, wanted.last),
            EVENT.c.kind.in_(RIGHTS_KINDS),
            or_(EVENT.c.seq > seq, EVENT.c.event_id > event_id),
        )
        .order_by(EVENT.c.seq, EVENT.c.event_id)
        .limit(_EVENTS_AT_ONCE)
    )
    rows = connection.execute(query).all()
    lines = [
        bytes(row.line)
        for row in rows
        if row.kind == VOIDED_KIND or may_touch_rights(row.kind, bytes(row.line))
    ]
    return lines, (int(rows[-1].seq), rows[-1].event_id) if len(rows) == _EVENTS_AT_ONCE else None


def fold(connection: Connection, lines: Sequence[bytes], now_ms: int) -> int:
    """Do to rights what these events say, those that are done already not again; how many were new.

    The accounts that they name are taken first and in one order, so that two such never wait in a ring.
    """
    told = []
    for line in lines:
        try:
            envelope = decode_envelope(line)
        except WireError:
            continue
        fact = rights_fact(envelope)
        if fact is not None:
            told.append((envelope, fact))
    _take_members(connection, [fact for _envelope, fact in told])
    touched: set[str] = set()
    count = 0
    for envelope, fact in told:
        folding = Folding(connection, envelope, now_ms)
        count += fold_fact(folding, fact)
        touched |= folding.touched
    for member_id in sorted(touched - {""}):
        enqueue(connection, "", MEMBER_ROW_JOB, member_id)
    return count


def _take_members(connection: Connection, facts: Iterable[RightsFact]) -> None:
    named = set()
    for fact in facts:
        if isinstance(fact, Sale) and fact.member is not None:
            named.add(fact.member.member_id)
        elif isinstance(fact, Return) and fact.member_id:
            named.add(fact.member_id)
    taken: set[str] = set()
    while True:
        # Whoever was waited for may have made an id another name of somebody.
        wanted = {canonical(connection, one) for one in named} - taken
        if not wanted:
            return
        points.take_accounts(connection, wanted)
        taken |= wanted
