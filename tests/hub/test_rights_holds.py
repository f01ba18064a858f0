"""What is kept for open sales: just what was asked for last, and never given to another before its end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select, update

from sync.hub.database import Database
from sync.hub.jobs import enqueue
from sync.hub.loyalty import holds
from sync.hub.loyalty.clock_work import pass_time
from sync.hub.loyalty.coupons import NewCoupon, Sale
from sync.hub.loyalty.member_stream import member_body
from sync.hub.loyalty.points import Account, Cause, adjust, take_accounts
from sync.hub.loyalty.silent_tills import kept_for_sales, let_go_of_sale
from sync.hub.schema.events import PROGRESS
from sync.hub.schema.members import BLOCKED, MEMBER
from sync.hub.schema.rights import RIGHTS_HOLD
from sync.hub.schema.status import TERMINAL_STATUS
from sync.protocol.loyalty import HoldReply, RefusedRight
from tests.hub.conftest import NOW_MS
from tests.hub.rights_world import (
    ANN,
    BOB,
    DAY_MS,
    account,
    add_members,
    coupon,
    folded,
    give_coupons,
    give_points,
    goods_back,
    keep,
    released,
    sale,
)

MINUTE_MS = 60_000
OTHER_TILL = ("S2", "T1")


@pytest.fixture
def database(hub_database: Database) -> Database:
    """A hub where Ann has 500 points and a coupon of her own, and there is one of the bearer's."""
    add_members(hub_database, ANN, BOB)
    give_points(hub_database, ANN, 500)
    give_coupons(hub_database, "C1", "C2", NewCoupon("C-ann", member_id=ANN))
    return hub_database


def test_just_these_are_kept(database: Database) -> None:
    first = keep(database, "sale-1", "C1", "C-ann", member_id=ANN, points=300)
    assert first == HoldReply("hold-sale-1", NOW_MS + 15 * MINUTE_MS, ("C-ann", "C1"), (), 300, "", 300)
    assert account(database) == Account(500, 0, 300, 0)
    # The same question again is the same answer and keeps nothing more.
    assert keep(database, "sale-1", "C1", "C-ann", member_id=ANN, points=300, now_ms=NOW_MS + 9) == first
    assert (account(database).held, coupon(database, "C1").changes) == (300, 2)
    # Another hold of the same sale takes its place.
    then = keep(database, "sale-1", "C2", "C1", member_id=ANN, points=400, hold_id="second")
    assert (then.coupons, then.points) == (("C1", "C2"), 400)
    assert account(database).held == 400
    assert [coupon(database, one).state for one in ("C1", "C2", "C-ann")] == ["locked", "locked", "issued"]
    keep(database, "sale-1", member_id=ANN, hold_id="third")
    assert (account(database).held, coupon(database, "C1").state) == (0, "issued")


def test_what_another_sale_has_is_refused_with_its_words(database: Database) -> None:
    keep(database, "sale-1", "C1", member_id=ANN, points=300)
    reply = keep(database, "sale-2", "C1", "C9", member_id=ANN, points=201, place=OTHER_TILL)
    locked = RefusedRight("C1", "locked", NOW_MS + 15 * MINUTE_MS)
    assert (reply.coupons, reply.refused) == ((), (locked, RefusedRight("C9", "unknown")))
    assert (reply.points, reply.points_why, reply.points_free) == (0, "balance", 200)
    assert keep(database, "sale-2", member_id=ANN, points=200, place=OTHER_TILL).points == 200
    # Too many of one's own: what was kept before is let go of, and told as free.
    more = keep(database, "sale-1", member_id=ANN, points=301, hold_id="more")
    assert (more.points, more.points_free) == (0, 300)


def test_points_that_are_told_are_the_active_ones_less_what_is_owed(database: Database) -> None:
    folded(database, sale("sale-1", member_id=ANN, earned=40, at_ms=NOW_MS - 8 * DAY_MS))
    assert keep(database, "sale-4", member_id=ANN, points=100).points == 100
    folded(database, sale("sale-2", member_id=ANN, used=340))
    with database.reading() as connection:
        body = member_body(connection, ANN, NOW_MS)
    assert account(database) == Account(200, 0, 100, 0)
    assert body is not None
    # The till that keeps some must not lose sight of them; nobody else gets them.
    assert (body.points, body.pending) == (200, 0)
    other = keep(database, "sale-5", member_id=ANN, points=101, place=OTHER_TILL)
    assert (other.points, other.points_free) == (0, 100)
    folded(database, sale("sale-3", member_id=ANN, used=100))
    folded(database, goods_back("back-1", "sale-1", taken=40))
    with database.reading() as connection:
        body = member_body(connection, ANN, NOW_MS)
    assert account(database) == Account(100, 0, 100, 40)
    assert body is not None
    assert body.points == 60


@pytest.mark.parametrize(
    ("member_id", "proof", "why", "of_coupon"),
    [
        ("MN0B0DYN0B0DY", "code", "unknown", "other_member"),
        ("", "", "unknown", "other_member"),
        (ANN, "typed", "proof", "proof"),
        (BOB, "code", "blocked", "blocked"),
    ],
)
def test_who_may_not_spend_is_told_why(
    database: Database, member_id: str, proof: str, why: str, of_coupon: str
) -> None:
    with database.writing() as connection:
        connection.execute(update(MEMBER).where(MEMBER.c.member_id == BOB).values(status=BLOCKED))
    reply = keep(database, "sale-1", "C1", "C-ann", member_id=member_id, points=1, proof=proof)
    assert (reply.points, reply.points_why) == (0, why)
    assert reply.coupons == ("C1",)
    assert reply.refused == (RefusedRight("C-ann", of_coupon),)


def test_a_code_counts_for_one_sale_in_all_stores(database: Database) -> None:
    assert keep(database, "sale-1", member_id=ANN, points=1, step=7).points == 1
    assert keep(database, "sale-1", member_id=ANN, points=2, step=7, hold_id="again").points == 2
    twice = keep(database, "sale-2", "C-ann", member_id=ANN, points=1, step=7, place=OTHER_TILL)
    assert (twice.points, twice.points_why, twice.refused[0].why) == (0, "used", "proof")
    assert keep(database, "sale-2", member_id=ANN, points=1, step=8, hold_id="new").points == 1
    with database.writing() as connection:
        assert holds.forget_steps(connection, NOW_MS + holds.STEPS_KEPT_MS) == 0
        assert holds.forget_steps(connection, NOW_MS + holds.STEPS_KEPT_MS + 1) == 2


def test_a_hold_that_is_asked_for_after_its_end_keeps_nothing(database: Database) -> None:
    folded(database, released("sale-1", "late"), sale("sale-2"))
    for sale_id, hold_id in (("sale-1", "late"), ("sale-2", "any")):
        reply = keep(database, sale_id, "C1", member_id=ANN, points=5, hold_id=hold_id)
        assert (reply.coupons, reply.points, reply.points_why) == ((), 0, "used")
        assert reply.refused == (RefusedRight("C1", "used"),)
    assert (account(database).held, coupon(database, "C1").state) == (0, "issued")
    assert keep(database, "sale-1", "C1", hold_id="another").coupons == ("C1",)


def test_a_released_hold_gives_all_back_and_only_its_own(database: Database) -> None:
    keep(database, "sale-1", "C1", member_id=ANN, points=300)
    keep(database, "sale-2", "C2", member_id=ANN, points=100, hold_id="h2")
    assert folded(database, released("sale-1")) == 1
    assert account(database).held == 100
    assert [coupon(database, one).state for one in ("C1", "C2")] == ["issued", "locked"]
    assert folded(database, released("sale-1"), released("sale-2", "another")) == 1
    assert account(database).held == 100


def test_a_question_that_was_taken_back_and_comes_late_takes_no_place(database: Database) -> None:
    """Asked, not answered, taken back, asked again: the first comes after the second."""
    second = keep(database, "sale-1", "C1", member_id=ANN, points=300, hold_id="h2", undone=("h1",))
    late = keep(database, "sale-1", "C1", "C2", member_id=ANN, points=400, hold_id="h1")
    assert (late.coupons, late.points) == ((), 0)
    assert folded(database, released("sale-1", "h1")) == 0
    assert (account(database).held, coupon(database, "C1").state) == (300, "locked")
    other = keep(database, "sale-2", "C1", place=OTHER_TILL)
    assert other.refused == (RefusedRight("C1", "locked", second.until_ms),)
    # The other way round they are in order: the second takes the place of the first.
    keep(database, "sale-3", "C2", hold_id="h3")
    keep(database, "sale-3", "C2", hold_id="h4", undone=("h3",))
    folded(database, released("sale-3", "h3"))
    assert coupon(database, "C2").state == "locked"


# ------------------------------------------------------------------ the end
def heard(database: Database, at_ms: int, *, seq: int, acked: int) -> None:
    """Till S1/T1 reported at a time that it has given out `seq` numbers, of which so many are here."""
    texts = dict.fromkeys(("app_version", "printer", "printer_detail", "system"), "")
    figures = dict.fromkeys(("clock_offset_ms", "queue_length", "items", "quarantined"), 0)
    with database.writing() as connection:
        connection.execute(TERMINAL_STATUS.delete())
        connection.execute(PROGRESS.delete())
        status = {"store_id": "S1", "terminal_id": "T1", "epoch": 1, "seq": seq, "last_seen_ms": at_ms}
        connection.execute(insert(TERMINAL_STATUS), status | texts | figures)
        progress = {"store_id": "S1", "terminal_id": "T1", "epoch": 1, "acked_through": acked}
        connection.execute(insert(PROGRESS), progress | {"received_at_ms": at_ms, "backed_up_through": 0})


def test_a_silent_tills_hold_stays_and_a_heard_ones_ends(database: Database) -> None:
    keep(database, "sale-1", "C1", member_id=ANN, points=300)
    end_ms = NOW_MS + 15 * MINUTE_MS
    late_ms = end_ms + DAY_MS
    pass_time(database, late_ms)
    heard(database, end_ms, seq=4, acked=4)
    pass_time(database, late_ms)
    heard(database, end_ms + 1, seq=5, acked=4)
    pass_time(database, late_ms)
    assert (account(database).held, coupon(database, "C1").state) == (300, "locked")
    heard(database, end_ms + 1, seq=5, acked=5)
    with database.writing() as connection:
        enqueue(connection, "S1", holds.LOYALTY_JOB, "T1:1:5-5")
    pass_time(database, late_ms)
    assert account(database).held == 300, "what it did is not folded yet"
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM job")
    pass_time(database, end_ms - 1)
    assert account(database).held == 300, "it is not over yet"
    pass_time(database, late_ms)
    assert account(database).held == 300, "its payment may be open: it asks anew as soon as it is back"
    pass_time(database, late_ms + holds.TAKEN_ANEW_MS)
    assert account(database).held == 300, "not heard since the first look"
    heard(database, late_ms + 1, seq=5, acked=5)
    pass_time(database, late_ms + holds.TAKEN_ANEW_MS)
    assert (account(database).held, coupon(database, "C1").state) == (0, "issued")


def test_a_payment_open_over_an_outage_takes_its_hold_anew(database: Database) -> None:
    keep(database, "sale-1", "C1", member_id=ANN, points=300)
    late_ms = NOW_MS + DAY_MS
    heard(database, late_ms, seq=5, acked=5)
    pass_time(database, late_ms)
    keep(database, "sale-1", "C1", member_id=ANN, points=300, hold_id="anew", now_ms=late_ms + 1_000)
    for minutes in (1, 5, 10):
        heard(database, late_ms + minutes * MINUTE_MS, seq=5, acked=5)
        pass_time(database, late_ms + minutes * MINUTE_MS)
    assert (account(database).held, coupon(database, "C1").state) == (300, "locked")
    other = keep(database, "sale-2", "C1", member_id=ANN, points=201, place=OTHER_TILL)
    assert (other.coupons, other.points) == ((), 0)


def test_holds_that_ended_long_ago_go_and_their_sale_is_not_counted_again(database: Database) -> None:
    keep(database, "sale-1", "C1", member_id=ANN, points=300)
    keep(database, "sale-2", "C2", place=OTHER_TILL)
    used = sale("sale-1", "C1", used=300, hold_id="hold-sale-1")
    folded(database, used)
    day_ms = (NOW_MS // DAY_MS + 8) * DAY_MS
    with database.writing() as connection:
        assert holds.forget_holds(connection, NOW_MS + holds.HOLDS_KEPT_MS) == 0
    pass_time(database, day_ms)
    with database.reading() as connection:
        left = connection.execute(select(RIGHTS_HOLD.c.hold_id)).scalars().all()
    assert left == ["hold-sale-2"], "what is kept stays, however old"
    assert folded(database, used, now_ms=day_ms) == 0
    late = keep(database, "sale-1", "C1", member_id=ANN, points=100, now_ms=day_ms)
    assert (late.coupons, late.points, account(database)) == ((), 0, Account(200, 0, 0, 0))


def test_holds_of_silent_tills_do_not_stand_in_the_way(database: Database) -> None:
    keep(database, "sale-0", "C2", place=OTHER_TILL)
    keep(database, "sale-1", "C1", now_ms=NOW_MS + 1)
    end_ms = NOW_MS + 15 * MINUTE_MS
    heard(database, end_ms + 2, seq=5, acked=5)
    with database.writing() as connection:
        assert holds.end_overdue(connection, end_ms + 3, most=1) == 0
    late_ms = end_ms + 3 + holds.TAKEN_ANEW_MS
    heard(database, late_ms, seq=5, acked=5)
    with database.writing() as connection:
        assert holds.end_overdue(connection, late_ms, most=1) == 1
    assert [coupon(database, one).state for one in ("C1", "C2")] == ["issued", "locked"]


def test_a_person_may_let_go_and_the_sale_stands_all_the_same(database: Database) -> None:
    keep(database, "sale-1", "C1", member_id=ANN, points=300)
    with database.reading() as connection:
        assert [row.hold_id for row in holds.open_holds(connection, store_id="S1")] == ["hold-sale-1"]
        assert holds.open_holds(connection, store_id="S2") == []
    with database.reading() as connection:
        (kept,) = kept_for_sales(connection, "S1")
    assert (kept.transaction_id, kept.coupons, kept.points, kept.gift_minor) == ("sale-1", 1, 300, 0)
    for count in (1, 0):
        with database.writing() as connection:
            this = Sale("sale-1", "S1", "T1")
            assert let_go_of_sale(connection, this, who="pat", note="burnt", now_ms=NOW_MS) == count
    assert keep(database, "sale-2", "C1", member_id=ANN, points=300, place=OTHER_TILL).points == 300
    # Nothing was used by others yet: the silent till's sale is covered as far as there is anything free.
    folded(database, sale("sale-1", "C1", used=300, hold_id="hold-sale-1"))
    assert account(database) == Account(300, 0, 300, 0)
    assert coupon(database, "C1").locked_by == "sale-2"


def test_points_that_ended_are_kept_for_nobody(database: Database) -> None:
    with database.writing() as connection:
        take_accounts(connection, (BOB,))
        adjust(connection, Cause("a"), BOB, 10, ends_ms=NOW_MS + 5, now_ms=NOW_MS)
        adjust(connection, Cause("b"), BOB, 20, ends_ms=NOW_MS + 9, now_ms=NOW_MS)
    reply = keep(database, "sale-1", member_id=BOB, points=21, now_ms=NOW_MS + 5)
    assert (reply.points, reply.points_free) == (0, 20)
    assert account(database, BOB) == Account(20, 0, 0, 0)
    assert keep(database, "sale-1", member_id=BOB, points=15, now_ms=NOW_MS + 6).points == 15
    pass_time(database, NOW_MS + 9)
    assert account(database, BOB) == Account(15, 0, 15, 0), "what is held stays for its sale"
    folded(database, sale("sale-1", member_id=BOB, used=15), now_ms=NOW_MS + 10)
    assert account(database, BOB) == Account()


def test_points_that_many_want_at_once_are_kept_once(database: Database) -> None:
    start = threading.Barrier(6)

    def race(worker: int) -> int:
        start.wait(30)
        kept = 0
        for number in range(15):
            place = (f"S{worker}", "T1")
            reply = keep(database, f"sale-{worker}-{number}", member_id=ANN, points=50, place=place)
            assert reply.points == 50 or (reply.points_why == "balance" and reply.points_free < 50)
            kept += reply.points
        return kept

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(race, range(6))) == 500
    assert account(database) == Account(500, 0, 500, 0)
