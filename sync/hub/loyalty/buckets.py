"""Dated buckets of points: which of a member's points end when, and what a sale had to do with which.

Their sums are the account's figures, which the caller changes in the same transaction behind its lock.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from sync.hub.schema.points import ACTIVE, EMPTY, NEVER_MS, PENDING, POINTS_BUCKET, POINTS_OF_SALE

BucketKey = tuple[str, str, int]
_MINE: Final = POINTS_BUCKET.c.member_id == bindparam("whose")
_BY_END: Final = (
    select(POINTS_BUCKET)
    .where(_MINE, POINTS_BUCKET.c.state == ACTIVE)
    .order_by(POINTS_BUCKET.c.due_ms, POINTS_BUCKET.c.source_id, POINTS_BUCKET.c.part)
)
#: What ripened or ended of one member.
DUE: Final = (
    select(POINTS_BUCKET)
    .where(_MINE, POINTS_BUCKET.c.state != EMPTY, POINTS_BUCKET.c.due_ms <= bindparam("now_ms"))
    .order_by(POINTS_BUCKET.c.due_ms, POINTS_BUCKET.c.source_id, POINTS_BUCKET.c.part)
)


def put_bucket(
    connection: Connection, key: BucketKey, state: str, points: int, times: tuple[int, int]
) -> None:
    """Make a bucket by its key; `times` are when it ripens and when it ends."""
    ripens_ms, ends_ms = times
    bucket = dict(zip(("member_id", "source_id", "part"), key, strict=True))
    due_ms = ripens_ms if state == PENDING else ends_ms
    values = {"amount": points, "left_over": points, "due_ms": due_ms, "ends_ms": ends_ms}
    connection.execute(insert(POINTS_BUCKET), bucket | values | {"state": state if points else EMPTY})


def draw(connection: Connection, row: Any, points: int) -> None:
    """Take points out of a bucket by its row."""
    left = int(row.left_over) - points
    values: dict[str, Any] = {"left_over": left}
    if left == 0:
        values["state"] = EMPTY
    connection.execute(update(POINTS_BUCKET).where(*this_bucket(row)).values(**values))


def this_bucket(row: Any) -> tuple[Any, ...]:
    """The conditions that name a bucket by its row."""
    return tuple(POINTS_BUCKET.c[name] == getattr(row, name) for name in ("member_id", "source_id", "part"))


def take(connection: Connection, member_id: str, points: int) -> list[tuple[int, int]]:
    """Take points out of the buckets that end first: how many of each, and when it would have ended."""
    taken: list[tuple[int, int]] = []
    if points <= 0:
        return taken
    for row in connection.execute(_BY_END, {"whose": member_id}).all():
        some = min(points, int(row.left_over))
        draw(connection, row, some)
        taken.append((some, int(row.ends_ms)))
        points -= some
        if points == 0:
            break
    return taken


def take_own(connection: Connection, member_id: str, source_id: str, state: str, points: int) -> int:
    """Take points out of what one source gave, as far as they are there in this state; how many."""
    query = select(POINTS_BUCKET).where(
        POINTS_BUCKET.c.member_id == member_id,
        POINTS_BUCKET.c.source_id == source_id,
        POINTS_BUCKET.c.state == state,
    )
    taken = 0
    for row in connection.execute(query).all() if points > 0 else ():
        some = min(points - taken, int(row.left_over))
        if some:
            draw(connection, row, some)
            taken += some
    return taken


def note_of_sale(
    connection: Connection, sale_id: str, part: int, member_id: str, points: int, ends_ms: int
) -> None:
    """Write down what a sale earned (part 0) or used of one bucket (from 1)."""
    row = {"transaction_id": sale_id, "part": part, "member_id": member_id, "points": points, "back": 0}
    connection.execute(insert(POINTS_OF_SALE), row | {"ends_ms": ends_ms})


def parts_of_sale(connection: Connection, sale_id: str) -> list[Any]:
    """What the sale earned, if anything (part 0), then what it used."""
    query = select(POINTS_OF_SALE).where(POINTS_OF_SALE.c.transaction_id == sale_id)
    return list(connection.execute(query.order_by(POINTS_OF_SALE.c.part)))


def note_back(connection: Connection, sale_id: str, part: int, points: int) -> None:
    """Write down that a return undid so many points of a part."""
    which = (POINTS_OF_SALE.c.transaction_id == sale_id, POINTS_OF_SALE.c.part == part)
    more = update(POINTS_OF_SALE).where(*which).values(back=POINTS_OF_SALE.c.back + points)
    connection.execute(more)


def due_members(connection: Connection, now_ms: int, most: int) -> list[str]:
    """Members whose points ripened or ended, some of them."""
    query = (
        select(POINTS_BUCKET.c.member_id)
        .where(POINTS_BUCKET.c.state != EMPTY, POINTS_BUCKET.c.due_ms <= now_ms)
        .order_by(POINTS_BUCKET.c.due_ms)
        .limit(most)
    )
    return sorted(set(connection.execute(query).scalars()))


def next_due_ms(connection: Connection) -> int:
    """When points ripen or end next, `NEVER_MS` where none do."""
    query = select(func.min(POINTS_BUCKET.c.due_ms)).where(POINTS_BUCKET.c.state != EMPTY)
    return int(connection.execute(query).scalar() or NEVER_MS)
