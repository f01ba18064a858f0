"""What is kept of gift cards for sales that are open, and how it ends: by a fact of the till, or by silence.

A fact of the sale ends a hold at once. Time alone does not: only a till that was heard since, with nothing
left to send, has surely not used it; what a silent till holds stays, and a person may let go of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from sync.hub.database import upsert
from sync.hub.loyalty.holds import HOLDS_KEPT_MS, has_told
from sync.hub.schema.gift_cards import GIFT_CARD, GIFT_HOLD, HELD, RELEASED
from sync.hub.schema.status import TERMINAL_STATUS


def release_hold(
    connection: Connection, hold_id: str, transaction_id: str, place: tuple[str, str], *, now_ms: int
) -> bool:
    """Let go of what this till keeps under an id; one that was never asked for is refused from now on.

    Whether there was anything to let go of.
    """
    row = hold_row(connection, hold_id)
    if row is not None:
        if (row.store_id, row.terminal_id) != place:
            return False
        return row.state == HELD and end_hold(connection, row, RELEASED)
    none = {"card_id": "", "amount_minor": 0, "until_ms": 0, "state": RELEASED, "made_at_ms": now_ms}
    stone = upsert(connection, GIFT_HOLD).values(
        hold_id=hold_id, transaction_id=transaction_id, store_id=place[0], terminal_id=place[1], **none
    )
    connection.execute(stone.on_conflict_do_nothing())
    return False


def release_holds_of(connection: Connection, transaction_id: str) -> int:
    """Let go of all that is kept for a sale that is over; how many there were."""
    return sum(end_hold(connection, row, RELEASED) for row in holds_of(connection, transaction_id))


def release_overdue(connection: Connection, *, now_ms: int, limit: int = 500) -> int:
    """Let go of what is past its time and whose till has been heard since with nothing left to send.

    What a silent till holds stays: its sale may be on its disk, or here and not folded yet. How many ended.
    """
    same = (TERMINAL_STATUS.c.store_id == GIFT_HOLD.c.store_id) & (
        TERMINAL_STATUS.c.terminal_id == GIFT_HOLD.c.terminal_id
    )
    query = (
        select(GIFT_HOLD)
        .join(TERMINAL_STATUS, same)
        .where(
            GIFT_HOLD.c.state == HELD,
            GIFT_HOLD.c.until_ms <= now_ms,
            TERMINAL_STATUS.c.last_seen_ms > GIFT_HOLD.c.until_ms,
            TERMINAL_STATUS.c.queue_length == 0,
        )
        .order_by(GIFT_HOLD.c.card_id)
        .limit(limit)
    )
    over = connection.execute(query).all()
    return sum(
        end_hold(connection, row, RELEASED)
        for row in over
        if has_told(connection, (row.store_id, row.terminal_id), int(row.until_ms))
    )


def forget_gift_holds(connection: Connection, now_ms: int) -> int:
    """Let go of what was kept, or never asked for, long ago and is over; how many there were."""
    old = delete(GIFT_HOLD).where(
        GIFT_HOLD.c.state != HELD,
        GIFT_HOLD.c.made_at_ms < now_ms - HOLDS_KEPT_MS,
        GIFT_HOLD.c.until_ms < now_ms - HOLDS_KEPT_MS,
    )
    return int(connection.execute(old).rowcount)


def end_hold(connection: Connection, row: Any, state: str) -> bool:
    """Give back what a hold keeps, unless somebody did so already; whether it was done here."""
    ended = (update(GIFT_HOLD).where(GIFT_HOLD.c.hold_id == row.hold_id, GIFT_HOLD.c.state == HELD)).values(
        state=state
    )
    if not connection.execute(ended).rowcount:
        return False
    amount = int(row.amount_minor)
    freed = update(GIFT_CARD).where(GIFT_CARD.c.card_id == row.card_id, GIFT_CARD.c.held_minor >= amount)
    connection.execute(freed.values(held_minor=GIFT_CARD.c.held_minor - amount))
    return True


def hold_row(connection: Connection, hold_id: str) -> Any:
    """The row of a hold, or None."""
    return connection.execute(select(GIFT_HOLD).where(GIFT_HOLD.c.hold_id == hold_id)).first()


def holds_of(connection: Connection, transaction_id: str, card_id: str | None = None) -> Sequence[Any]:
    """What is kept for a sale now, of one card or of all, in the order in which cards are locked."""
    query = select(GIFT_HOLD).where(GIFT_HOLD.c.transaction_id == transaction_id, GIFT_HOLD.c.state == HELD)
    if card_id is not None:
        query = query.where(GIFT_HOLD.c.card_id == card_id)
    return connection.execute(query.order_by(GIFT_HOLD.c.card_id, GIFT_HOLD.c.hold_id)).all()
