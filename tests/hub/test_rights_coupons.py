"""Single-use coupons at the hub: each used once, whoever is quicker, and every loser told why."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sync.hub.database import Database
from sync.hub.loyalty import coupons
from sync.hub.loyalty.coupons import Batch, NewCoupon, Sale
from sync.protocol.loyalty import RefusedRight
from tests.hub.conftest import NOW_MS
from tests.hub.rights_world import ANN, BATCH, BOB, DAY_MS, coupon, give_coupons

FIRST, SECOND = Sale("sale-1", "S1", "T1"), Sale("sale-2", "S2", "T1")


@pytest.fixture
def database(hub_database: Database) -> Database:
    """A hub with coupons: the bearer's, Ann's, one of store S1 only, one that is over."""
    give_coupons(
        hub_database,
        "C1",
        NewCoupon("C-ann", member_id=ANN),
        NewCoupon("C-s1", store_id="S1"),
        NewCoupon("C-over", until_ms=NOW_MS),
        NewCoupon("C-for-ever", until_ms=0),
    )
    return hub_database


def lock(database: Database, coupon_id: str, sale: Sale, *members: str, now_ms: int = NOW_MS) -> str:
    """Lock a coupon; the word why not."""
    until_ms = now_ms + 60_000
    with database.writing() as connection:
        why = coupons.lock(connection, coupon_id, sale, member_ids=members, until_ms=until_ms, now_ms=now_ms)
    return "" if why is None else why.why


def redeem(database: Database, coupon_id: str, sale: Sale, *, now_ms: int = NOW_MS) -> str:
    """Use a coupon up; the word why not."""
    with database.writing() as connection:
        why = coupons.redeem(connection, coupon_id, sale, sold_at_ms=NOW_MS - 1, now_ms=now_ms)
    return "" if why is None else why.why


def life(database: Database, coupon_id: str) -> list[tuple[str, str]]:
    """What became of a coupon, and for which sale; numbered without a gap."""
    with database.reading() as connection:
        rows = coupons.events_of(connection, coupon_id)
    assert [row.change_no for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1].change_no == coupon(database, coupon_id).changes
    return [(row.kind, row.transaction_id) for row in rows]


def test_a_coupon_lives_from_its_issue_to_its_use(database: Database) -> None:
    assert lock(database, "C1", FIRST) == ""
    assert lock(database, "C1", SECOND) == "locked"
    with database.writing() as connection:
        assert not coupons.release(connection, "C1", SECOND, now_ms=NOW_MS)
        assert coupons.release(connection, "C1", FIRST, now_ms=NOW_MS)
    assert lock(database, "C1", SECOND) == ""
    assert redeem(database, "C1", FIRST) == "locked"
    assert redeem(database, "C1", SECOND) == ""
    # Told again, it is the same sale's.
    assert redeem(database, "C1", SECOND) == ""
    assert redeem(database, "C1", FIRST) == "used"
    assert lock(database, "C1", FIRST) == "used"
    assert life(database, "C1") == [
        ("issued", ""), ("locked", "sale-1"), ("released", "sale-1"), ("locked", "sale-2"),
        ("redeemed", "sale-2"),
    ]  # fmt: skip


def test_every_refusal_has_its_word(database: Database) -> None:
    assert lock(database, "C-none", FIRST) == "unknown"
    assert lock(database, "C-over", FIRST) == "expired"
    assert lock(database, "C-ann", FIRST) == "other_member"
    assert lock(database, "C-ann", FIRST, BOB) == "other_member"
    assert lock(database, "C-ann", FIRST, ANN) == ""
    assert lock(database, "C-s1", SECOND) == "store"
    assert lock(database, "C-for-ever", FIRST, now_ms=NOW_MS + 10_000 * DAY_MS) == ""
    with database.writing() as connection:
        assert coupons.void(connection, "C1", who="ann", now_ms=NOW_MS + 5) is None
        assert coupons.void(connection, "C1", who="ann", now_ms=NOW_MS + 6) == RefusedRight(
            "C1", "voided", NOW_MS + 5
        )
        why = coupons.void(connection, "C-ann", who="ann", now_ms=NOW_MS)
        assert why == RefusedRight("C-ann", "locked", NOW_MS + 60_000)
    assert lock(database, "C1", FIRST) == "voided"
    assert redeem(database, "C1", FIRST) == "voided"


def test_what_ended_is_honoured_where_it_was_used_before(database: Database) -> None:
    with database.writing() as connection:
        assert coupons.expire_due(connection, NOW_MS) == ([], 1)
        assert coupons.expire_due(connection, NOW_MS) == ([], 0)
        assert coupons.expire_due(connection, NOW_MS + 40 * DAY_MS) == ([ANN], 3)
    assert lock(database, "C1", FIRST, now_ms=NOW_MS + 40 * DAY_MS) == "expired"
    # The fact came late; it was rung up one millisecond before the end.
    assert redeem(database, "C-over", FIRST) == ""
    assert life(database, "C-over") == [("issued", ""), ("expired", ""), ("redeemed", "sale-1")]


@pytest.mark.parametrize(("days", "until_ms"), [(7, NOW_MS + 37 * DAY_MS), (0, 0)])
def test_a_batch_says_whether_a_coupon_is_good_again(
    hub_database: Database, days: int, until_ms: int
) -> None:
    give_coupons(hub_database, "C1", batch=replace(BATCH, reissue_days=days))
    assert redeem(hub_database, "C1", FIRST) == ""
    with hub_database.writing() as connection:
        assert not coupons.reissue(connection, "C1", SECOND, now_ms=NOW_MS)
        later_ms = NOW_MS + 30 * DAY_MS
        assert coupons.reissue(connection, "C1", FIRST, now_ms=later_ms) == (days > 0)
        assert not coupons.reissue(connection, "C1", FIRST, now_ms=later_ms)
    if days:
        assert coupon(hub_database, "C1").until_ms == until_ms
        assert lock(hub_database, "C1", SECOND, now_ms=until_ms - 1) == ""


def test_issuing_again_changes_nothing(database: Database) -> None:
    assert lock(database, "C1", FIRST) == ""
    with database.writing() as connection:
        new = [NewCoupon("C1"), NewCoupon("C2", value_minor=5), NewCoupon("C2")]
        assert coupons.issue(connection, BATCH, new, who="x", now_ms=NOW_MS) == 1
        assert coupons.batch_of(connection, "ten-off") == BATCH
        assert coupons.batch_of(connection, "none") is None
        assert coupons.counts(connection, "ten-off") == {"issued": 5, "locked": 1}
    assert coupon(database, "C1").state == "locked"


def test_a_member_is_told_of_their_own_the_first_to_end_first(database: Database) -> None:
    soon, never = NewCoupon("C-z", ANN, until_ms=NOW_MS + 1), NewCoupon("C-a", ANN, until_ms=0)
    give_coupons(database, soon, never, NewCoupon("C-gone", ANN, until_ms=NOW_MS))
    with database.reading() as connection:
        told = coupons.coupons_of(connection, ANN, NOW_MS)
        assert coupons.coupons_of(connection, BOB, NOW_MS) == ()
    assert [one.coupon_id for one in told] == ["C-z", "C-ann", "C-a"]
    assert [one.until_ms for one in told] == [NOW_MS + 1, BATCH.until_ms, None]
    assert (told[0].value_minor, told[0].names, told[0].batch) == (1_000, {"en": "10 off"}, "ten-off")


def test_one_of_many_at_once_gets_it(hub_database: Database) -> None:
    batch = Batch("few", {"en": "few"})
    give_coupons(hub_database, *(f"F{number}" for number in range(10)), batch=batch)
    start = threading.Barrier(8)

    def race(worker: int) -> list[str]:
        start.wait(30)
        won = []
        for number in range(10):
            sale = Sale(f"sale-{worker}-{number}", "S1", f"T{worker}")

            def attempt(connection: object, number: int = number, sale: Sale = sale) -> bool:
                asked = {"member_ids": (), "until_ms": NOW_MS + 1, "now_ms": NOW_MS}
                why = coupons.lock(connection, f"F{number}", sale, **asked)  # type: ignore[arg-type]
                assert why is None or why.why == "locked"
                return why is None

            if hub_database.write(attempt):
                won.append(f"F{number}")
        return won

    with ThreadPoolExecutor(8) as pool:
        winners = [one for won in pool.map(race, range(8)) for one in won]
    assert sorted(winners) == [f"F{number}" for number in range(10)]
    for number in range(10):
        assert [kind for kind, _sale in life(hub_database, f"F{number}")] == ["issued", "locked"]
