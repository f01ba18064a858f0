"""What is kept for the open sales of tills that fell silent, and how a person lets go of it.

Time alone never does: such a till's sale may lie on its disk. Whoever lets go says why, on record; should
that sale come up after all, it stands, and what somebody else got meanwhile is to be worked off.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from sync.hub.doubts.record import put_on_record
from sync.hub.loyalty.coupons import Sale
from sync.hub.loyalty.gift_holds import end_hold, holds_of
from sync.hub.loyalty.holds import let_go_of, live_holds, open_holds
from sync.hub.schema import gift_cards, rights


@dataclass(frozen=True, slots=True)
class Kept:
    """What the hub keeps for one open sale: coupons, points, an amount of gift cards (minor units)."""

    store_id: str
    terminal_id: str
    transaction_id: str
    until_ms: int
    coupons: int = 0
    points: int = 0
    gift_minor: int = 0


def kept_for_sales(connection: Connection, store_id: str = "") -> list[Kept]:
    """All that is kept, in one store or in all, the oldest first; at most 200 sales of either sort."""
    found: list[Kept] = []
    for row in open_holds(connection, store_id=store_id):
        place = (row.store_id, row.terminal_id, row.transaction_id, int(row.until_ms))
        found.append(Kept(*place, coupons=row.coupons.count('"') // 2, points=int(row.points)))
    table = gift_cards.GIFT_HOLD
    query = select(table).where(table.c.state == gift_cards.HELD)
    if store_id:
        query = query.where(table.c.store_id == store_id)
    for row in connection.execute(query.order_by(table.c.until_ms).limit(200)):
        place = (row.store_id, row.terminal_id, row.transaction_id, int(row.until_ms))
        found.append(Kept(*place, gift_minor=int(row.amount_minor)))
    return sorted(found, key=lambda each: (each.until_ms, each.store_id, each.terminal_id))


def let_go_of_sale(connection: Connection, sale: Sale, *, who: str, note: str, now_ms: int) -> int:
    """Let go of all that is kept for one sale, on record; how many holds there were."""
    count = let_go_of(connection, live_holds(connection, sale), rights.RELEASED, now_ms, who)
    for row in holds_of(connection, sale.transaction_id):
        if (row.store_id, row.terminal_id) == (sale.store_id, sale.terminal_id):
            count += end_hold(connection, row, gift_cards.RELEASED)
    if count:
        subject = f"{sale.terminal_id}: {sale.transaction_id}"
        put_on_record(
            connection, sale.store_id, who=who, act="hold_released", subject=subject, note=note, now_ms=now_ms
        )
    return count
