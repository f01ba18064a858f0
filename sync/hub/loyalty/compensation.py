"""Losses to work off: a right that a sale gave away and that nobody could be charged with.

The shopper's sale stands. What it cost becomes an entry with an amount and an owner, once for each right of a
transaction, and an exception on the fleet page; a person closes it with a note. Entries are never changed
otherwise and never removed. Knows neither why the right was not covered nor who decides about tills.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, and_, exists, func, select

from sync.hub.database import upsert
from sync.hub.doubts.exception_list import note_exception, stored_key
from sync.hub.doubts.settling import SETTLED_FIELDS, settle_exceptions, settled_of
from sync.hub.loyalty.lease_limits import limits_of
from sync.hub.schema.leases import COMPENSATION
from sync.hub.schema.status import SETTLED_EXCEPTION

#: What was given away: points, a coupon used before, value of a gift card, a gift card given back short.
CompensationKind = Literal["points", "coupon", "gift_spent", "gift_returned"]
EXCEPTION_KIND: Final = "compensation"
#: Who works a loss off where nobody is named for it.
STORE_MANAGER: Final = "store manager"
#: The leases by whose limits the owner of a loss is named.
_LEASE_KINDS: Final = {"points": "points", "coupon": "coupons", "gift_spent": "gift", "gift_returned": "gift"}
_ROWS_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Loss:
    """One right of a transaction that was not covered; `right_id` is the member's, coupon's or card's id.

    `amount_minor` is what it cost, `points` how many where it was points; `lease_id` "" where the sale was
    made with the hub's word.
    """

    store_id: str
    transaction_id: str
    kind: CompensationKind
    right_id: str
    amount_minor: int
    terminal_id: str = ""
    operator_id: str = ""
    points: int = 0
    lease_id: str = ""


@dataclass(frozen=True, slots=True)
class LossRow:
    """A loss as it stands: whose it is to work off; `outcome` is "" until somebody did, with who and when."""

    loss: Loss
    owner: str
    noted_at_ms: int
    outcome: str = ""
    who: str = ""
    note: str = ""
    ended_at_ms: int | None = None


def compensate(connection: Connection, loss: Loss, *, now_ms: int) -> bool:
    """Note a loss, once for each (transaction, kind, right); whether it is news."""
    limit = limits_of(connection, loss.store_id).get(_LEASE_KINDS[loss.kind])
    owner = (limit.owner if limit is not None else "") or STORE_MANAGER
    key = _key(loss)
    row = upsert(connection, COMPENSATION).values(
        store_id=loss.store_id, transaction_id=loss.transaction_id, kind=loss.kind, right_id=loss.right_id,
        terminal_id=loss.terminal_id, operator_id=loss.operator_id, lease_id=loss.lease_id, owner=owner,
        exception_key=key, amount_minor=loss.amount_minor, points=loss.points, noted_at_ms=now_ms,
    )  # fmt: skip
    noted = row.on_conflict_do_nothing().returning(COMPENSATION.c.kind)
    if connection.execute(noted).first() is None:
        return False
    detail: dict[str, str | int] = {
        "right": loss.kind,
        "right_id": loss.right_id,
        "transaction_id": loss.transaction_id,
        "amount_minor": loss.amount_minor,
        "owner": owner,
    }
    told = {"points": loss.points, "operator_id": loss.operator_id, "lease_id": loss.lease_id}
    note_exception(
        connection,
        loss.store_id,
        EXCEPTION_KIND,
        key,
        terminal_id=loss.terminal_id,
        detail=detail | {name: value for name, value in told.items() if value},
        now_ms=now_ms,
    )
    return True


def _key(loss: Loss) -> str:
    return stored_key(f"{loss.transaction_id}:{loss.kind}:{loss.right_id}")


_IS_SETTLED: Final = and_(
    SETTLED_EXCEPTION.c.store_id == COMPENSATION.c.store_id,
    SETTLED_EXCEPTION.c.kind == EXCEPTION_KIND,
    SETTLED_EXCEPTION.c.key == COMPENSATION.c.exception_key,
)


def losses(
    connection: Connection, *, store_id: str | None = None, is_open: bool | None = True
) -> list[LossRow]:
    """Losses, the newest first: those to work off, those that are, or all (`is_open` None)."""
    query = (
        select(COMPENSATION, *(SETTLED_EXCEPTION.c[name] for name in SETTLED_FIELDS))
        .select_from(COMPENSATION.outerjoin(SETTLED_EXCEPTION, _IS_SETTLED))
        .order_by(COMPENSATION.c.noted_at_ms.desc(), COMPENSATION.c.store_id, COMPENSATION.c.exception_key)
    )
    if store_id is not None:
        query = query.where(COMPENSATION.c.store_id == store_id)
    if is_open is not None:
        outcome = SETTLED_EXCEPTION.c.outcome
        query = query.where(outcome.is_(None) if is_open else outcome.is_not(None))
    return [
        LossRow(
            Loss(
                row.store_id, row.transaction_id, row.kind, row.right_id, int(row.amount_minor),
                row.terminal_id, row.operator_id, int(row.points), row.lease_id,
            ),
            row.owner, int(row.noted_at_ms), *settled_of(row),
        )
        for row in connection.execute(query.limit(_ROWS_MOST))
    ]  # fmt: skip


def open_minor(connection: Connection, store_id: str | None = None) -> int:
    """What the losses that nobody worked off come to, of all stores or of one."""
    total = select(func.coalesce(func.sum(COMPENSATION.c.amount_minor), 0)).where(
        ~exists().where(_IS_SETTLED)
    )
    if store_id is not None:
        total = total.where(COMPENSATION.c.store_id == store_id)
    return int(connection.execute(total).scalar_one())


def work_off(connection: Connection, wanted: Sequence[Loss], *, who: str, note: str, now_ms: int) -> int:
    """Close losses with a note, on record; how many were still to do.

    The fleet page does the same by settling their exceptions.
    """
    keys = [(loss.store_id, EXCEPTION_KIND, _key(loss)) for loss in wanted]
    return settle_exceptions(connection, keys, who=who, note=note, now_ms=now_ms)
