"""Points of members: earned, ripening, held, used, given back, taken back, ended; never below nothing.

An account changes by conditional updates that hold whoever else is at work; every change but a hold is an
entry with it, once per (source, kind, line), and entries are never changed. Points lie in dated buckets, and
those that end first are used first. What cannot be taken back is owed, and the next earning fills it. Whoever
does more than a hold takes the account first (`take_accounts`). Knows no rules of earning and no sales.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from sync.hub.loyalty.accounts import (
    ADJUSTED,
    BACK,
    EARNED,
    ENDED,
    MOVED,
    RIPENED,
    SPEND,
    TAKEN,
    USED,
    Account,
    Cause,
    Delta,
    account_of,
    change,
    enter,
    has_account,
    hold,
    is_entered,
    keep_more,
    let_go,
    take_accounts,
)
from sync.hub.loyalty.buckets import (
    DUE,
    draw,
    due_members,
    next_due_ms,
    note_back,
    note_of_sale,
    parts_of_sale,
    put_bucket,
    take,
    take_own,
    this_bucket,
)
from sync.hub.schema.points import (
    ACTIVE,
    NEVER_MS,
    PENDING,
    POINTS_BUCKET,
    POINTS_ENTRY,
    POINTS_OF_SALE,
)

__all__ = [
    "NEVER_MS", "Account", "Cause", "account_of", "adjust", "bring_up", "due_members", "earn", "give_back",
    "has_account", "hold", "is_due", "let_go", "move_points", "next_due_ms", "take_accounts", "take_back",
    "use",
]  # fmt: skip


# ------------------------------------------------------------------ sales
def earn(
    connection: Connection,
    cause: Cause,
    member_id: str,
    points: int,
    *,
    ripens_ms: int,
    ends_ms: int,
    now_ms: int,
    kind: str = EARNED,
) -> None:
    """Give points that ripen and end at these times (`NEVER_MS`: never); what is owed is filled first."""
    if points <= 0 or is_entered(connection, cause.source_id, kind):
        return
    filled = min(points, account_of(connection, member_id).debt)
    rest = points - filled
    is_ripe = ripens_ms <= now_ms
    delta = Delta(rest if is_ripe else 0, 0 if is_ripe else rest, -filled)
    change(connection, member_id, delta, now_ms)
    enter(connection, cause, kind, member_id, delta, now_ms)
    state = ACTIVE if is_ripe else PENDING
    put_bucket(connection, (member_id, cause.source_id, 0), state, rest, (ripens_ms, ends_ms))
    if kind == EARNED:
        note_of_sale(connection, cause.source_id, 0, member_id, points, ends_ms)


def use(connection: Connection, cause: Cause, member_id: str, points: int, *, kept: int, now_ms: int) -> int:
    """Take points that a sale used, of which `kept` are held for it; how many of them were there.

    All that is kept is let go of in any case.
    """
    if points <= 0 and kept <= 0:
        return 0
    values = {"whose": member_id, "now_ms": now_ms, "points": points, "kept": kept}
    if connection.execute(SPEND, values).rowcount == 0:
        have = account_of(connection, member_id)
        kept = min(kept, have.held)
        points = max(0, min(points, have.active - have.held + kept))
        connection.execute(SPEND, values | {"points": points, "kept": kept})
    if points <= 0:
        return 0
    for part, (taken, ends_ms) in enumerate(take(connection, member_id, points), 1):
        note_of_sale(connection, cause.source_id, part, member_id, taken, ends_ms)
    enter(connection, cause, USED, member_id, Delta(active=-points), now_ms)
    return points


# ------------------------------------------------------------------ returns
def give_back(
    connection: Connection, cause: Cause, sale_id: str, points: int, *, least_ends_ms: int, now_ms: int
) -> tuple[str, int]:
    """Give points back that this sale used, with their old ends or a later one; whose, and how many."""
    parts = [row for row in parts_of_sale(connection, sale_id) if row.part]
    member_id, given = "", 0
    for row in reversed(parts):
        some = min(points - given, int(row.points) - int(row.back))
        if some <= 0:
            continue
        member_id = row.member_id
        note_back(connection, sale_id, row.part, some)
        ends_ms = max(int(row.ends_ms), least_ends_ms)
        key = (member_id, cause.source_id, int(row.part))
        put_bucket(connection, key, ACTIVE, some, (now_ms, ends_ms))
        given += some
    if given:
        change(connection, member_id, Delta(active=given), now_ms)
        enter(connection, cause, BACK, member_id, Delta(active=given), now_ms)
    return member_id, given


def take_back(
    connection: Connection, cause: Cause, sale_id: str, points: int, *, now_ms: int
) -> tuple[str, int]:
    """Take points back that this sale earned: its pending ones, then active ones, and the rest is owed.

    Whose, and how many: never more than the sale earned.
    """
    parts = parts_of_sale(connection, sale_id)
    if not parts or int(parts[0].part) != 0:
        return "", 0
    earned = parts[0]
    member_id = earned.member_id
    points = min(points, int(earned.points) - int(earned.back))
    if points <= 0:
        return member_id, 0
    take_accounts(connection, (member_id,))
    note_back(connection, sale_id, 0, points)
    pending = take_own(connection, member_id, sale_id, PENDING, points)
    have = account_of(connection, member_id)
    free = min(points - pending, have.active - have.held)
    active = take_own(connection, member_id, sale_id, ACTIVE, free)
    active += sum(taken for taken, _ends_ms in take(connection, member_id, free - active))
    delta = Delta(-active, -pending, points - pending - active)
    change(connection, member_id, delta, now_ms)
    enter(connection, cause, TAKEN, member_id, delta, now_ms)
    return member_id, points


# ------------------------------------------------------------------ time
def is_due(connection: Connection, member_id: str, now_ms: int) -> bool:
    """Whether points of this member have ripened or ended since anybody looked."""
    return connection.execute(DUE.limit(1), {"whose": member_id, "now_ms": now_ms}).first() is not None


def bring_up(connection: Connection, member_id: str, now_ms: int) -> bool:
    """Let points of a member whose account is taken ripen and end; whether any did.

    Points that are held for a sale stay until it has used them or let go of them.
    """
    changed = False
    for row in connection.execute(DUE, {"whose": member_id, "now_ms": now_ms}).all():
        left, ends_ms = int(row.left_over), int(row.ends_ms)
        cause = Cause(row.source_id)
        if row.state == PENDING:
            ripe = update(POINTS_BUCKET).where(*this_bucket(row)).values(state=ACTIVE, due_ms=ends_ms)
            connection.execute(ripe)
            delta = Delta(active=left, pending=-left)
            change(connection, member_id, delta, now_ms)
            enter(connection, cause, RIPENED, member_id, delta, now_ms, int(row.part))
            changed = True
        if ends_ms <= now_ms:
            have = account_of(connection, member_id)
            over = min(left, have.active - have.held)
            if over > 0:
                draw(connection, row, over)
                change(connection, member_id, Delta(active=-over), now_ms)
                times = _count(connection, row.source_id, ENDED)
                enter(connection, cause, ENDED, member_id, Delta(active=-over), now_ms, times)
                changed = True
    return changed


def _count(connection: Connection, source_id: str, kind: str) -> int:
    query = select(func.count()).where(POINTS_ENTRY.c.source_id == source_id, POINTS_ENTRY.c.kind == kind)
    return int(connection.execute(query).scalar_one())


# ------------------------------------------------------------------ people
def adjust(
    connection: Connection, cause: Cause, member_id: str, points: int, *, ends_ms: int, now_ms: int
) -> bool:
    """Give points at once, or take some (below 0), by a person's word; whether that could be and is new.

    What is not there, or held for a sale, cannot be taken.
    """
    if points == 0 or is_entered(connection, cause.source_id, ADJUSTED):
        return False
    if points > 0:
        times = {"ripens_ms": now_ms, "ends_ms": ends_ms, "now_ms": now_ms}
        earn(connection, cause, member_id, points, kind=ADJUSTED, **times)
        return True
    values = {"whose": member_id, "now_ms": now_ms, "points": -points, "kept": 0}
    if connection.execute(SPEND, values).rowcount == 0:
        return False
    take(connection, member_id, -points)
    enter(connection, cause, ADJUSTED, member_id, Delta(active=points), now_ms)
    return True


def move_points(connection: Connection, from_id: str, to_id: str, cause: Cause, now_ms: int) -> None:
    """Put all points of one id to another's, who are the same person; both accounts are taken here.

    What is held for open sales stays held. Holds and spends are the caller's to rename.
    """
    take_accounts(connection, (from_id, to_id))
    have = account_of(connection, from_id)
    for table in (POINTS_BUCKET, POINTS_OF_SALE):
        theirs = update(table).where(table.c.member_id == from_id)
        connection.execute(theirs.values(member_id=to_id))
    if have == Account():
        return
    if have.held:
        let_go(connection, from_id, have.held, now_ms)
    gone = Delta(-have.active, -have.pending, -have.debt)
    change(connection, from_id, gone, now_ms)
    enter(connection, cause, MOVED, from_id, gone, now_ms, 0)
    come = Delta(have.active, have.pending, have.debt)
    change(connection, to_id, come, now_ms)
    enter(connection, cause, MOVED, to_id, come, now_ms, 1)
    if have.held:
        keep_more(connection, to_id, have.held)
