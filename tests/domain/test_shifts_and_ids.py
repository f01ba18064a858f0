from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posapp.domain.facts import ShiftTotals, TenderTotal
from posapp.domain.ids import uuid7
from posapp.domain.shifts import business_date, counted_minor, local_time, settle
from tests.domain.shops import SHOP, shop

MIDNIGHT_MS = 1_779_984_000_000  # 2026-05-29 00:00 in Shanghai (UTC+8)


@pytest.mark.parametrize(
    ("minutes", "day"), [(-1, "2026-05-28"), (0, "2026-05-28"), (239, "2026-05-28"), (240, "2026-05-29")]
)
def test_a_night_belongs_to_the_day_before(minutes: int, day: str) -> None:
    assert business_date(MIDNIGHT_MS + minutes * 60_000, SHOP) == day


def test_the_shop_has_its_own_midnight() -> None:
    utc = shop(time_zone="UTC", day_starts_at_minute=0)
    assert business_date(MIDNIGHT_MS, utc) == "2026-05-28"
    assert f"{local_time(MIDNIGHT_MS + 1, SHOP):%H:%M:%S.%f}" == "00:00:00.001000"


def totals(cash_minor: int) -> ShiftTotals:
    """A shift with a float of 300 and some cash sales."""
    tenders = (
        TenderTotal("cash", {}, "cash", 3, cash_minor),
        TenderTotal("card", {}, "recorded", 1, 99_999),
    )
    return ShiftTotals("s-1", 1, "2026-05-28", "1001", "林晓", 1, "CNY", 30_000, tenders=tenders)


@given(st.integers(-(10**6), 10**6), st.dictionaries(st.sampled_from([10_000, 500, 10]), st.integers(0, 999)))
def test_variance_is_counted_less_expected(cash: int, counts: dict[int, int]) -> None:
    fact = settle(totals(cash), counts, operator_id="1002", reason="Not known", at_ms=9)
    assert fact.expected_minor == 30_000 + cash
    assert fact.counted_minor == counted_minor(counts)
    assert fact.variance_minor == fact.counted_minor - fact.expected_minor
    assert sum(note * pieces for note, pieces in fact.counts) == fact.counted_minor
    assert all(pieces for _, pieces in fact.counts)
    assert list(fact.counts) == sorted(fact.counts, reverse=True)
    assert (fact.operator_id, fact.variance_reason) == ("1002", "Not known")


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_has_its_time_and_version(now_ms: int, noise: bytes) -> None:
    made = uuid.UUID(uuid7(now_ms, noise))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == now_ms


@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_a_later_uuid7_sorts_after_an_earlier_one(now_ms: int, one: bytes, other: bytes) -> None:
    assert uuid7(now_ms, one) < uuid7(now_ms + 1, other)


def test_uuid7_takes_ten_bytes() -> None:
    with pytest.raises(ValueError, match="ten"):
        uuid7(0, b"short")
