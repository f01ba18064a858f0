"""What the hub holds of one terminal, as figures that the till's own can be compared with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func, select

from sync.hub.schema.events import EVENT, FORK_ALARM, PROGRESS, QUARANTINE, RETAIL_TRANSACTION
from sync.protocol.messages import TerminalSummary


def terminal_summary(connection: Connection, store_id: str, terminal_id: str) -> TerminalSummary:
    """Counts over all epochs; how far acknowledged, of the one that was heard last."""

    def one(table: Table, *columns: Any) -> Any:
        query = select(*columns).where(table.c.store_id == store_id, table.c.terminal_id == terminal_id)
        return connection.execute(query)

    sale = RETAIL_TRANSACTION.c
    count, total_minor = one(
        RETAIL_TRANSACTION, func.count(), func.coalesce(func.sum(sale.total_minor), 0)
    ).one()
    # A till's clock may have been set back between two lives: the greater epoch need not be the later.
    lives = sorted(one(PROGRESS, PROGRESS.c.received_at_ms, PROGRESS.c.epoch, PROGRESS.c.acked_through).all())
    return TerminalSummary(
        events=one(EVENT, func.count()).scalar_one(),
        sales_count=count,
        # PostgreSQL sums whole numbers to a numeric.
        sales_total_minor=int(total_minor),
        acked_through=lives[-1].acked_through if lives else 0,
        quarantined=one(QUARANTINE, func.count()).scalar_one(),
        fork_alarms=one(FORK_ALARM, func.count()).scalar_one(),
    )
