"""Which price an item has, why, since when, and what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posapp.domain.pricing.items.prices import Asking, Coming, PassedOver, PriceAnswer, PriceRow, PriceRows

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 4, 12, 0, tzinfo=ZONE)
ASKING = Asking(NOON, ZONE, "S1", "east", "store", "CNY")
CHAIN = PriceRow("chain", "A", 1000)
CHANNEL = PriceRow("channel", "A", 900, "channel", "store")
REGION = PriceRow("region", "A", 1100, "region", "east")
STORE = PriceRow("store", "A", 1200, "store", "S1")
MEMBER = PriceRow("member", "A", 950, for_members=True)
GOLD = PriceRow("gold", "A", 930, for_members=True, levels=frozenset({"gold"}))


def answer(*rows: PriceRow, asking: Asking = ASKING) -> PriceAnswer:
    found = PriceRows(rows).why("A", asking)
    assert found is not None
    assert PriceRows(rows).price("A", asking) == found.row
    return found


@pytest.mark.parametrize(
    ("rows", "amount", "reason"),
    [
        ((CHANNEL,), 900, "channel"),
        ((CHANNEL, CHAIN), 1000, "chain"),
        ((REGION, CHANNEL, CHAIN), 1100, "region"),
        ((CHAIN, STORE, CHANNEL, REGION), 1200, "store"),
        ((CHAIN, replace(STORE, place="S2"), replace(REGION, place="west")), 1000, "chain"),
        ((CHAIN, replace(STORE, currency="EUR")), 1000, "chain"),
        ((CHAIN, replace(STORE, currency="CNY")), 1200, "store"),
    ],
)
def test_the_narrowest_scope_wins(rows: tuple[PriceRow, ...], amount: int, reason: str) -> None:
    found = answer(*rows)
    assert (found.amount_minor, found.reason, found.instead_minor) == (amount, reason, None)


@pytest.mark.parametrize(
    ("level", "amount", "reason"), [(None, 1000, "chain"), ("", 950, "member"), ("gold", 930, "member")]
)
def test_a_member_pays_the_lower_price(level: str | None, amount: int, reason: str) -> None:
    found = answer(CHAIN, MEMBER, GOLD, asking=replace(ASKING, level=level))
    assert (found.amount_minor, found.reason) == (amount, reason)
    assert found.instead_minor == (None if level is None else 1000)


def test_a_member_s_price_that_is_not_lower_is_not_named() -> None:
    found = answer(CHAIN, replace(MEMBER, amount_minor=1000), asking=replace(ASKING, level=""))
    assert (found.row, found.reason) == (CHAIN, "chain")
    assert [each.reason for each in found.passed_over] == ["not_lower"]


def test_a_price_for_members_alone_is_none_for_others() -> None:
    assert PriceRows([MEMBER]).why("A", ASKING) is None
    assert PriceRows([MEMBER]).price("A", replace(ASKING, level="")) == MEMBER
    assert PriceRows().price("A", ASKING) is None
    assert PriceRows().why("A", ASKING) is None


def test_a_price_shipped_ahead_switches_at_the_shop_s_midnight() -> None:
    new = PriceRow("new", "A", 800, begins=datetime(2026, 11, 5))  # noqa: DTZ001 - the shop's own clock
    rows = PriceRows([CHAIN, new])
    midnight = datetime(2026, 11, 5, tzinfo=ZONE)
    before = rows.why("A", replace(ASKING, at=midnight.replace(day=4, hour=23, minute=59)))
    assert before is not None
    assert (before.amount_minor, before.since, before.coming) == (1000, None, Coming(midnight, 800))
    assert before.passed_over == (PassedOver(new, "not_yet"),)
    after = rows.why("A", replace(ASKING, at=midnight))
    assert after is not None
    assert (after.amount_minor, after.since, after.coming) == (800, midnight, None)
    assert after.passed_over == (PassedOver(CHAIN, "earlier"),)
    in_utc = replace(ASKING, at=datetime(2026, 11, 4, 16, 0, tzinfo=UTC))
    assert rows.price("A", in_utc) == new


def test_what_ends_gives_way_to_what_was_before() -> None:
    sale = PriceRow(
        "sale",
        "A",
        500,
        begins=datetime(2026, 11, 4, 9, tzinfo=ZONE),
        ends=datetime(2026, 11, 4, 18, tzinfo=ZONE),
    )
    found = answer(CHAIN, sale)
    assert (found.amount_minor, found.since) == (500, sale.begins)
    assert found.coming == Coming(datetime(2026, 11, 4, 18, tzinfo=ZONE), 1000)
    evening = answer(CHAIN, sale, asking=replace(ASKING, at=NOON.replace(hour=18)))
    assert (evening.amount_minor, evening.since, evening.coming) == (1000, sale.ends, None)
    assert evening.passed_over == (PassedOver(sale, "over"),)
    assert answer(sale).coming == Coming(datetime(2026, 11, 4, 18, tzinfo=ZONE), None)


def test_a_row_that_changes_nothing_is_no_change() -> None:
    again = replace(CHAIN, row_id="again", begins=NOON.replace(hour=10))
    later = replace(CHAIN, row_id="later", begins=NOON.replace(hour=14))
    found = answer(CHAIN, again, later)
    assert (found.row, found.since, found.coming) == (again, None, None)


def test_more_pieces_may_have_a_lower_price() -> None:
    dozen = replace(CHAIN, row_id="dozen", amount_minor=900, least_qty=12)
    assert answer(CHAIN, dozen).passed_over == (PassedOver(dozen, "quantity"),)
    assert answer(CHAIN, dozen, asking=replace(ASKING, quantity=12)).amount_minor == 900


def test_every_row_that_gave_way_says_why() -> None:
    found = answer(CHAIN, STORE, MEMBER, GOLD, asking=replace(ASKING, level=""))
    assert found.row == MEMBER
    assert {each.row.row_id: each.reason for each in found.passed_over} == {
        "chain": "wider",
        "store": "not_lower",
        "gold": "level",
    }
    assert {each.row.row_id: each.reason for each in answer(CHAIN, STORE, MEMBER).passed_over} == {
        "chain": "wider",
        "member": "member",
    }


def test_rows_come_and_go_one_by_one() -> None:
    rows = PriceRows([CHAIN])
    rows.put(replace(CHAIN, amount_minor=1))
    assert rows.price("A", ASKING) == replace(CHAIN, amount_minor=1)
    rows.put(STORE)
    rows.remove(CHAIN)
    assert rows.price("A", ASKING) == STORE
    rows.remove(STORE)
    rows.remove(STORE)
    assert rows.price("A", ASKING) is None


drawn_rows = st.lists(
    st.builds(
        lambda number, amount, scope, begins, length, members: PriceRow(
            f"r{number}", "A", amount, *scope,
            begins=None if begins is None else NOON.replace(day=begins),
            ends=None if begins is None or length is None else NOON.replace(day=begins + length),
            for_members=members,
        ),
        st.integers(0, 99), st.integers(1, 4),
        st.sampled_from([("chain", ""), ("store", "S1"), ("channel", "store")]),
        st.one_of(st.none(), st.integers(1, 20)), st.one_of(st.none(), st.integers(1, 8)), st.booleans(),
    ),
    max_size=6, unique_by=lambda row: row.row_id,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(drawn_rows, st.integers(1, 27), st.sampled_from([None, ""]))
def test_since_and_next_are_what_asking_at_every_time_shows(
    rows: list[PriceRow], day: int, level: str | None
) -> None:
    book = PriceRows(rows)

    def amount(on: int) -> int | None:
        row = book.price("A", replace(ASKING, at=NOON.replace(day=on), level=level))
        return None if row is None else row.amount_minor

    found = book.why("A", replace(ASKING, at=NOON.replace(day=day), level=level))
    now = amount(day)
    assert (None if found is None else found.amount_minor) == now
    if found is None:
        return
    # Every row begins and ends at noon of some day of the month: days stand for all times.
    before = [on for on in range(1, day) if amount(on) != now]
    earliest = NOON.replace(day=before[-1] + 1) if before else None
    if earliest is not None:
        assert found.since == earliest
    else:
        assert found.since in (None, NOON.replace(day=1))
    coming = next((on for on in range(day + 1, 30) if amount(on) != now), None)
    wanted = None if coming is None else Coming(NOON.replace(day=coming), amount(coming))
    assert found.coming == wanted
