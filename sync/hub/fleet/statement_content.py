"""What the hub can say of a store's business days: what it holds, by till, and what is missing.

Complete means: every terminal was heard of after the last day ended, with nothing waiting, no shift of these
days is open, and the hub holds every number that was given out. Money is summed by currency, never across.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from sqlalchemy import Connection, Table, func, select

from posapp.domain.shop import Shop
from sync.hub.doubts.settling import open_exceptions, open_quarantine
from sync.hub.fleet.discount_sums import DiscountSum, discount_sums
from sync.hub.goods.shop_admin import stored_shop
from sync.hub.schema.events import EVENT, PROGRESS, RETAIL_TRANSACTION, TERMINAL
from sync.hub.schema.returns import GOODS_RETURN
from sync.hub.schema.status import TERMINAL_STATUS
from sync.hub.schema.trust import DEVICE_KEY
from sync.protocol.codec import WireError, decode_envelope

_EPOCHS_MOST: Final = 50

Reason = Literal[
    "never_seen",
    "not_seen_since",
    "queue_not_empty",
    "behind",
    "shift_open",
    "quarantine_open",
    "lines_missing",
    "day_not_over",
]


class SalesSum(msgspec.Struct, frozen=True):
    """How many sales of a currency there are, what they come to, and what was given back for goods."""

    currency: str
    count: int
    total_minor: int
    refunds: int = 0
    refunds_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What is left of the sales."""
        return self.total_minor - self.refunds_minor


class DaySales(msgspec.Struct, frozen=True):
    """The sales of one business day."""

    day: str
    sales: tuple[SalesSum, ...]


class EpochSaid(msgspec.Struct, frozen=True):
    """How far one epoch of a terminal is held: its last record's time, and the chain's head there in hex."""

    epoch: int
    acked_through: int
    last_event_ms: int | None
    chain: str


class TerminalSaid(msgspec.Struct, frozen=True):
    """What the hub holds of one terminal, and what is missing; `is_used` is false for one that never was."""

    terminal_id: str
    is_set_up: bool
    is_used: bool
    last_seen_ms: int | None
    queue_length: int
    epochs: tuple[EpochSaid, ...]
    days: tuple[DaySales, ...]
    sales: tuple[SalesSum, ...]
    reasons: tuple[Reason, ...]


class Statement(msgspec.Struct, frozen=True):
    """The content that is signed."""

    store_id: str
    hub_id: str
    first_day: str
    last_day: str
    ended_at_ms: int
    made_at_ms: int
    complete: bool
    reasons: tuple[Reason, ...]
    sales: tuple[SalesSum, ...]
    terminals: tuple[TerminalSaid, ...]
    #: What promotions took off, and who pays it.
    discounts: tuple[DiscountSum, ...] = ()


def compose(
    connection: Connection, store_id: str, days: tuple[str, str], *, hub_id: str, now_ms: int
) -> Statement:
    """What the hub can say of a store's business days now; raises LookupError for an unknown store."""
    shop = stored_shop(connection, store_id)
    if shop is None:
        raise LookupError(store_id)
    ended_at_ms = day_end_ms(shop, days[1])
    sales = _sales(connection, store_id, days)
    reading = _Reading(connection, store_id, ended_at_ms, _open_shifts(connection, store_id, days))
    known = connection.execute(
        select(TERMINAL.c.terminal_id, TERMINAL.c.is_set_up)
        .where(TERMINAL.c.store_id == store_id)
        .order_by(TERMINAL.c.terminal_id)
    ).all()
    terminals = tuple(
        reading.terminal(terminal_id, bool(is_set_up), sales.get(terminal_id, {}))
        for terminal_id, is_set_up in known
    )
    terminals = tuple(one for one in terminals if one.is_set_up or one.is_used)
    reasons: tuple[Reason, ...] = ("day_not_over",) if now_ms < ended_at_ms else ()
    return Statement(
        store_id=store_id,
        hub_id=hub_id,
        first_day=days[0],
        last_day=days[1],
        ended_at_ms=ended_at_ms,
        made_at_ms=now_ms,
        complete=not reasons and not any(one.reasons for one in terminals),
        reasons=reasons,
        sales=_added_up(one.sales for one in terminals),
        terminals=terminals,
        discounts=discount_sums(connection, store_id, days),
    )


def day_end_ms(shop: Shop, day: str) -> int:
    """When a business day is over by the store's clock, in epoch milliseconds."""
    try:
        zone = ZoneInfo(shop.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    start = time(shop.day_starts_at_minute // 60, shop.day_starts_at_minute % 60)
    ended = datetime.combine(date.fromisoformat(day) + timedelta(days=1), start, zone)
    return int(ended.timestamp()) * 1000


class _Reading:
    """What terminals said of themselves and what the hub holds of them, one after the other."""

    def __init__(
        self, connection: Connection, store_id: str, ended_at_ms: int, open_shifts: frozenset[str]
    ) -> None:
        self._connection = connection
        self._store_id = store_id
        self._ended_at_ms = ended_at_ms
        self._open_shifts = open_shifts

    def terminal(
        self, terminal_id: str, is_set_up: bool, days: Mapping[str, tuple[SalesSum, ...]]
    ) -> TerminalSaid:
        status = self._connection.execute(
            select(TERMINAL_STATUS).where(*self._at(TERMINAL_STATUS, terminal_id))
        ).one_or_none()
        epochs = self._epochs(terminal_id)
        has_key = self._has(DEVICE_KEY, terminal_id)
        is_used = bool(status is not None or epochs or has_key)
        reasons = self._reasons(terminal_id, is_set_up, status, epochs) if is_used else ()
        return TerminalSaid(
            terminal_id=terminal_id,
            is_set_up=is_set_up,
            is_used=is_used,
            last_seen_ms=None if status is None else status.last_seen_ms,
            queue_length=0 if status is None else status.queue_length,
            epochs=epochs,
            days=tuple(DaySales(day, sums) for day, sums in sorted(days.items())),
            sales=_added_up(days.values()),
            reasons=reasons,
        )

    def _reasons(
        self, terminal_id: str, is_set_up: bool, status: Any, epochs: tuple[EpochSaid, ...]
    ) -> tuple[Reason, ...]:
        found: list[Reason] = []
        held = {one.epoch: one.acked_through for one in epochs}
        # A till that a person took out of the shop file will not report again; its last word has to do.
        is_expected = is_set_up or bool(epochs)
        if status is None:
            found += ["never_seen"] if is_expected else []
        else:
            if is_set_up and status.last_seen_ms < self._ended_at_ms:
                found.append("not_seen_since")
            if status.queue_length:
                found.append("queue_not_empty")
            if held.get(status.epoch, 0) < status.seq:
                found.append("behind")
        if terminal_id in self._open_shifts:
            found.append("shift_open")
        if (
            self._connection.execute(open_quarantine(self._store_id, terminal_id).limit(1)).first()
            is not None
        ):
            found.append("quarantine_open")
        missing = open_exceptions(self._store_id, terminal_id, "lines_missing")
        if self._connection.execute(missing.limit(1)).first() is not None:
            found.append("lines_missing")
        return tuple(found)

    def _epochs(self, terminal_id: str) -> tuple[EpochSaid, ...]:
        rows = self._connection.execute(
            select(PROGRESS)
            .where(*self._at(PROGRESS, terminal_id))
            .order_by(PROGRESS.c.received_at_ms.desc(), PROGRESS.c.epoch.desc())
            .limit(_EPOCHS_MOST)
        ).all()
        return tuple(
            EpochSaid(
                row.epoch,
                row.acked_through,
                self._event_ms(terminal_id, row.epoch, row.acked_through),
                bytes(row.chain or b"").hex(),
            )
            for row in rows
        )

    def _event_ms(self, terminal_id: str, epoch: int, seq: int) -> int | None:
        at_place = (*self._at(EVENT, terminal_id), EVENT.c.epoch == epoch, EVENT.c.seq == seq)
        return self._connection.execute(select(func.max(EVENT.c.occurred_at_ms)).where(*at_place)).scalar()

    def _has(self, table: Any, terminal_id: str) -> bool:
        query = select(table.c.terminal_id).where(*self._at(table, terminal_id)).limit(1)
        return self._connection.execute(query).first() is not None

    def _at(self, table: Any, terminal_id: str) -> tuple[Any, Any]:
        return table.c.store_id == self._store_id, table.c.terminal_id == terminal_id


def _sales(
    connection: Connection, store_id: str, days: tuple[str, str]
) -> dict[str, dict[str, tuple[SalesSum, ...]]]:
    """Sales and refunds by terminal and day."""
    sold = _sums(connection, RETAIL_TRANSACTION, store_id, days)
    back = _sums(connection, GOODS_RETURN, store_id, days)
    found: dict[str, dict[str, tuple[SalesSum, ...]]] = {}
    for key in sorted(sold.keys() | back.keys()):
        terminal_id, day, currency = key
        by_day = found.setdefault(terminal_id, {})
        both = SalesSum(currency, *sold.get(key, (0, 0)), *back.get(key, (0, 0)))
        by_day[day] = (*by_day.get(day, ()), both)
    return found


def _sums(
    connection: Connection, table: Table, store_id: str, days: tuple[str, str]
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """How many rows of sales or returns there are and what they come to, by terminal, day and currency."""
    of = table.c
    rows = connection.execute(
        select(of.terminal_id, of.business_date, of.currency, func.count(), func.sum(of.total_minor))
        .where(of.store_id == store_id, of.business_date >= days[0], of.business_date <= days[1])
        .group_by(of.terminal_id, of.business_date, of.currency)
    )
    return {(row[0], row[1], row[2]): (int(row[3]), int(row[4])) for row in rows}


def _added_up(many: Iterable[tuple[SalesSum, ...]]) -> tuple[SalesSum, ...]:
    sums: dict[str, tuple[int, int, int, int]] = {}
    for one in (one for sums_of_one in many for one in sums_of_one):
        count, total, refunds, given = sums.get(one.currency, (0, 0, 0, 0))
        sums[one.currency] = (
            count + one.count, total + one.total_minor, refunds + one.refunds, given + one.refunds_minor
        )  # fmt: skip
    return tuple(SalesSum(currency, *sums[currency]) for currency in sorted(sums))


class _ShiftBody(msgspec.Struct):
    shift_id: str


def _open_shifts(connection: Connection, store_id: str, days: tuple[str, str]) -> frozenset[str]:
    """Terminals with a shift of these days that was opened and not settled: more sales may come."""
    event = EVENT.c
    rows = connection.execute(
        select(event.terminal_id, event.kind, event.line).where(
            event.store_id == store_id,
            event.business_date >= days[0],
            event.business_date <= days[1],
            event.kind.in_(("ShiftOpened", "ShiftSettled")),
        )
    )
    opened: set[tuple[str, str]] = set()
    settled: set[tuple[str, str]] = set()
    for terminal_id, kind, line in rows:
        try:
            shift_id = msgspec.json.decode(decode_envelope(bytes(line)).body, type=_ShiftBody).shift_id
        except (WireError, msgspec.DecodeError):
            continue
        (opened if kind == "ShiftOpened" else settled).add((terminal_id, shift_id))
    return frozenset(terminal_id for terminal_id, _shift_id in opened - settled)
