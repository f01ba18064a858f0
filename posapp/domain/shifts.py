"""Shifts of a drawer: the business date they fall on, and what a count means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from posapp.domain.facts import ShiftSettled, ShiftTotals
from posapp.domain.shop import Shop


def local_time(at_ms: int, shop: Shop) -> datetime:
    """A moment on the shop's wall clock."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(milliseconds=at_ms % 1000)
    return moment.astimezone(ZoneInfo(shop.time_zone))


def business_date(at_ms: int, shop: Shop) -> str:
    """The trading date (ISO) a shift opened at this moment belongs to: nights count to the day before."""
    return (local_time(at_ms, shop) - timedelta(minutes=shop.day_starts_at_minute)).date().isoformat()


def counted_minor(counts: Mapping[int, int]) -> int:
    """What pieces by denomination come to, in minor units."""
    return sum(denomination * pieces for denomination, pieces in counts.items())


def settle(
    totals: ShiftTotals, counts: Mapping[int, int], *, operator_id: str, reason: str, at_ms: int
) -> ShiftSettled:
    """The fact that a shift ended, with its variance (counted less expected)."""
    counted = counted_minor(counts)
    return ShiftSettled(
        shift_id=totals.shift_id,
        operator_id=operator_id,
        totals=totals,
        expected_minor=totals.expected_cash_minor,
        counted_minor=counted,
        variance_minor=counted - totals.expected_cash_minor,
        variance_reason=reason,
        counts=tuple(sorted(((d, n) for d, n in counts.items() if n), reverse=True)),
        at_ms=at_ms,
    )
