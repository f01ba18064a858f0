"""What facts of tills do to rights: once, in any order, and what is not there is somebody's to work off."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.jobs import JobRunner, waiting_jobs
from sync.hub.loyalty import coupons
from sync.hub.loyalty.clock_work import pass_time
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.coupons import NewCoupon
from sync.hub.loyalty.folding import loyalty_handler, member_row_handler, wish_for_loyalty
from sync.hub.loyalty.joining import merge
from sync.hub.loyalty.points import Account
from sync.hub.loyalty.rights_facts import may_touch_rights
from sync.hub.schema.feeds import FEED_ROW
from sync.hub.schema.points import MEMBER_SPEND
from sync.hub.schema.status import TERMINAL_STATUS
from tests.hub.conftest import NOW_MS, event_line, sale_body, shop_document
from tests.hub.rights_world import (
    ANN,
    BATCH,
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

RIPE_MS = NOW_MS + 7 * DAY_MS
ENDS_MS = RIPE_MS + 365 * DAY_MS


@pytest.fixture
def database(hub_database: Database) -> Database:
    """A hub with the store S1, where Ann has 500 points and a coupon."""
    with hub_database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    add_members(hub_database, ANN, BOB)
    give_points(hub_database, ANN, 500)
    give_coupons(hub_database, "C1", NewCoupon("C-ann", member_id=ANN))
    return hub_database


def lost(database: Database) -> list[tuple[str, str, int, int]]:
    """What somebody has to work off: kind, right, amount, points."""
    with database.reading() as connection:
        found = [row.loss for row in losses(connection)]
    return sorted((one.kind, one.right_id, one.amount_minor, one.points) for one in found)


def spends(database: Database) -> list[int]:
    """What Ann paid and got back."""
    with database.reading() as connection:
        query = select(MEMBER_SPEND.c.amount_minor).where(MEMBER_SPEND.c.member_id == ANN)
        return sorted(connection.execute(query).scalars())


# ------------------------------------------------------------------ sales
def test_a_sale_uses_what_was_kept_for_it_and_earns(database: Database) -> None:
    keep(database, "sale-1", "C1", "C-ann", member_id=ANN, points=300)
    told = sale("sale-1", "C1", earned=90, used=200, hold_id="hold-sale-1")
    assert (folded(database, told), folded(database, told)) == (1, 0)
    assert account(database) == Account(300, 90, 0, 0)
    assert [coupon(database, one).state for one in ("C1", "C-ann")] == ["redeemed", "issued"]
    assert (lost(database), spends(database)) == ([], [10_000])


def test_what_is_not_there_is_worked_off_and_the_sale_stands(database: Database) -> None:
    folded(database, sale("sale-1", "C1", used=450))
    folded(database, sale("sale-2", "C1", "C-none", used=60, earned=5))
    assert account(database) == Account(0, 5, 0, 0)
    assert lost(database) == [
        ("coupon", "C-none", 1_000, 0),
        ("coupon", "C1", 1_000, 0),
        ("points", ANN, 10, 10),
    ]
    assert spends(database) == [10_000, 10_000]


def test_what_another_sale_has_is_not_taken_from_it(database: Database) -> None:
    keep(database, "sale-1", "C1", member_id=ANN, points=500)
    folded(database, sale("sale-2", "C1", used=100))
    assert account(database) == Account(500, 0, 500, 0)
    folded(database, sale("sale-1", "C1", used=500, hold_id="hold-sale-1"))
    assert (account(database), coupon(database, "C1").redeemed_by) == (Account(), "sale-1")
    assert lost(database) == [("coupon", "C1", 1_000, 0), ("points", ANN, 100, 100)]


def test_points_ripen_then_end_and_the_first_to_end_goes_first(database: Database) -> None:
    folded(database, sale("sale-1", member_id=BOB, earned=40))
    folded(database, sale("sale-2", member_id=BOB, earned=60, at_ms=NOW_MS - DAY_MS))
    pass_time(database, RIPE_MS - 1)
    assert account(database, BOB) == Account(60, 40, 0, 0)
    pass_time(database, RIPE_MS)
    assert account(database, BOB) == Account(100, 0, 0, 0)
    folded(database, sale("sale-3", member_id=BOB, used=50), now_ms=RIPE_MS)
    pass_time(database, ENDS_MS - DAY_MS)
    assert account(database, BOB) == Account(40, 0, 0, 0), "the ten that were left of the first ended"
    assert pass_time(database, ENDS_MS) == 1
    assert pass_time(database, ENDS_MS) == 0
    assert account(database, BOB) == Account()


def test_a_clock_that_runs_ahead_makes_nothing_ripen_later(database: Database) -> None:
    folded(database, sale("sale-1", member_id=BOB, earned=40, at_ms=NOW_MS + 900 * DAY_MS))
    pass_time(database, RIPE_MS)
    assert account(database, BOB).active == 40


@pytest.mark.parametrize(("off_days", "ripens_after_days"), [(-30, 7), (-400, 7), (30, 7), (0, 0)])
def test_a_clock_that_was_told_wrong_is_put_right(
    database: Database, off_days: int, ripens_after_days: int
) -> None:
    """A till far behind must not make points ripen at once; one that was away keeps its old day."""
    texts: dict[str, Any] = dict.fromkeys(("app_version", "printer", "printer_detail", "system"), "")
    figures: dict[str, Any] = dict.fromkeys(("queue_length", "items", "quarantined", "epoch", "seq"), 0)
    place: dict[str, Any] = {"store_id": "S1", "terminal_id": "T1", "last_seen_ms": NOW_MS}
    with database.writing() as connection:
        row = place | texts | figures | {"clock_offset_ms": off_days * DAY_MS}
        connection.execute(insert(TERMINAL_STATUS), row)
    told_ms = NOW_MS + (off_days or -8) * DAY_MS
    folded(database, sale("sale-1", member_id=BOB, earned=40, at_ms=told_ms))
    pass_time(database, NOW_MS)
    assert account(database, BOB).active == (0 if ripens_after_days else 40)
    pass_time(database, NOW_MS + ripens_after_days * DAY_MS)
    assert account(database, BOB).active == 40


# ------------------------------------------------------------------ returns
def test_a_full_return_leaves_all_as_it_was(database: Database) -> None:
    before = account(database)
    folded(database, sale("sale-1", "C1", "C-ann", earned=90, used=200))
    folded(database, goods_back("back-1", "sale-1", "C1", "C-ann", back=200, taken=90))
    assert account(database) == before
    assert [coupon(database, one).state for one in ("C1", "C-ann")] == ["issued", "issued"]
    assert spends(database) == [-10_000, 10_000]
    # More than the sale had is nobody's.
    folded(database, goods_back("back-2", "sale-1", "C1", back=200, taken=90))
    assert account(database) == before


def test_parts_come_back_by_parts(database: Database) -> None:
    folded(database, sale("sale-1", earned=90, used=201))
    folded(database, goods_back("back-1", "sale-1", back=67, taken=30, paid_minor=3_333))
    assert account(database) == Account(366, 60, 0, 0)
    folded(database, goods_back("back-2", "sale-1", back=134, taken=60, paid_minor=6_667))
    assert account(database) == Account(500, 0, 0, 0)


def test_points_back_have_their_old_end_or_a_month(database: Database) -> None:
    give_points(database, BOB, 10, ends_ms=NOW_MS + DAY_MS)
    give_points(database, BOB, 20, ends_ms=NOW_MS + 90 * DAY_MS)
    folded(database, sale("sale-1", member_id=BOB, used=30))
    folded(database, goods_back("back-1", "sale-1", back=30, member_id=BOB), now_ms=NOW_MS + 2 * DAY_MS)
    for days, left in ((31, 30), (32, 20), (89, 20), (90, 0)):
        pass_time(database, NOW_MS + days * DAY_MS)
        assert account(database, BOB).active == left, days


def test_what_was_earned_goes_pending_first_then_active_then_owed(database: Database) -> None:
    folded(database, sale("sale-1", member_id=BOB, earned=40), sale("sale-2", member_id=BOB, earned=30))
    pass_time(database, RIPE_MS)
    folded(database, sale("sale-3", member_id=BOB, earned=100, at_ms=RIPE_MS), now_ms=RIPE_MS)
    folded(database, goods_back("back-3", "sale-3", taken=60, member_id=BOB), now_ms=RIPE_MS)
    assert account(database, BOB) == Account(70, 40, 0, 0)
    folded(database, sale("sale-4", member_id=BOB, used=50), now_ms=RIPE_MS)
    folded(database, goods_back("back-1", "sale-1", taken=40, member_id=BOB), now_ms=RIPE_MS)
    assert account(database, BOB) == Account(0, 40, 0, 20)
    folded(database, sale("sale-5", member_id=BOB, earned=15, at_ms=RIPE_MS), now_ms=RIPE_MS)
    folded(database, sale("sale-6", member_id=BOB, earned=15, at_ms=RIPE_MS), now_ms=RIPE_MS)
    assert account(database, BOB) == Account(0, 50, 0, 0)


def test_what_is_held_is_not_taken_back_and_what_is_owed_is_not_free(database: Database) -> None:
    folded(database, sale("sale-1", member_id=BOB, earned=40))
    pass_time(database, RIPE_MS)
    keep(database, "sale-2", member_id=BOB, points=30, now_ms=RIPE_MS)
    folded(database, goods_back("back-1", "sale-1", taken=40, member_id=BOB), now_ms=RIPE_MS)
    assert account(database, BOB) == Account(30, 0, 30, 30)
    folded(database, released("sale-2"), now_ms=RIPE_MS)
    reply = keep(database, "sale-3", member_id=BOB, points=1, now_ms=RIPE_MS)
    assert (reply.points, reply.points_free) == (0, 0)


def test_facts_in_any_order_end_the_same(database: Database) -> None:
    lines = [
        sale("sale-1", "C1", earned=90, used=200),
        goods_back("back-1", "sale-1", back=100, taken=45, paid_minor=5_000),
        goods_back("back-2", "sale-1", "C1", back=100, taken=45, paid_minor=5_000),
    ]
    for order in itertools.permutations(range(3)):
        suffix = "".join(map(str, order))
        renamed = [
            line.replace(b"sale-1", b"sale-" + suffix.encode())
            .replace(b"back-", b"back-" + suffix.encode())
            .replace(b'"C1"', f'"X{suffix}"'.encode())
            for line in lines
        ]
        give_coupons(database, f"X{suffix}")
        for at in (*order, *order):
            folded(database, renamed[at])
        assert account(database) == Account(500, 0, 0, 0), order
        assert coupon(database, f"X{suffix}").state == "issued", order
    assert lost(database) == []


# ------------------------------------------------------------------ ids of one person
def test_a_sale_under_another_name_of_a_member_is_theirs(database: Database) -> None:
    folded(database, sale("sale-1", member_id=BOB, earned=70))
    give_points(database, BOB, 30)
    keep(database, "sale-2", member_id=BOB, points=20)
    with database.writing() as connection:
        merge(connection, ANN, BOB, who="pat", now_ms=NOW_MS)
    assert (account(database), account(database, BOB)) == (Account(530, 70, 20, 0), Account())
    folded(database, sale("sale-2", member_id=BOB, used=20, earned=5, hold_id="hold-sale-2"))
    folded(database, goods_back("back-1", "sale-1", taken=70, member_id=BOB))
    assert (account(database), account(database, BOB)) == (Account(510, 5, 0, 0), Account())
    assert keep(database, "sale-3", "C-ann", member_id=BOB, points=510).points == 510


# ------------------------------------------------------------------ the job
def rights_sale(number: int, **changes: Any) -> dict[str, Any]:
    """The body of a whole sale with rights in it."""
    member = {"member_id": ANN, "proof": "code", "points_earned": 10, "points_used": 0}
    return sale_body(number) | {"member": member, "coupons": [], "hold_id": ""} | changes


def take_in(database: Database, *lines: bytes, terminal_id: str = "T1") -> None:
    """A batch on its way in."""
    with database.writing() as connection:
        ingest(connection, Batch("S1", terminal_id, 1, None, lines), now_ms=NOW_MS)


def run_jobs(database: Database) -> int:
    """Do what there is to do about rights; how many jobs there were."""
    handlers = {
        "loyalty": loyalty_handler(database, lambda: NOW_MS),
        "member-row": member_row_handler(lambda: NOW_MS),
    }
    runner = JobRunner(database, handlers, lambda: NOW_MS)
    return sum(1 for _job in iter(runner.run_once, False))


@pytest.mark.expected_logs
def test_the_job_folds_what_came_up_once_forks_included(database: Database) -> None:
    first, second = event_line(1, body=rights_sale(1)), event_line(2, body=rights_sale(2))
    fork = event_line(2, event_id="fork", body=rights_sale(3))
    copied = event_line(3, event_id="copied", body=rights_sale(2, completed_at_ms=NOW_MS + 7))
    take_in(database, first, second)
    take_in(database, first, second)
    take_in(database, fork, copied)
    assert run_jobs(database) == 3, "two batches, one member's row"
    assert account(database).pending == 30
    with database.reading() as connection:
        query = select(FEED_ROW.c.body).where(FEED_ROW.c.stream == "members", FEED_ROW.c.key == ANN)
        body = msgspec.json.decode(bytes(connection.execute(query).scalar_one()))
    assert (body["points"], body["pending"], body["orders_before"]) == (500, 30, 3)


def test_a_sale_without_rights_makes_no_work(database: Database) -> None:
    body = sale_body(1) | {"member": None, "coupons": [], "hold_id": ""}
    body["lines"][0]["gift_card"] = ""
    take_in(database, event_line(1, body=body), event_line(2, kind="TransactionVoided", body={}))
    with database.reading() as connection:
        assert [one for one in waiting_jobs(connection, "S1") if one.job.kind == "loyalty"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"member": {"member_id": ANN}},
        {"coupons": [{"coupon_id": "C1"}]},
        {"hold_id": "h"},
        {"tenders": [{"kind": "gift"}]},
        {"lines": [{"gift_card": ""}, {"gift_card": "G"}]},
    ],
)
def test_the_cheap_look_misses_no_right(changes: dict[str, Any]) -> None:
    plain = {"member": None, "coupons": [], "hold_id": "", "lines": [{"gift_card": ""}]}
    assert not may_touch_rights("TransactionCompleted", msgspec.json.encode(plain))
    assert may_touch_rights("TransactionCompleted", msgspec.json.encode(plain | changes))
    spaced = str(msgspec.json.format(msgspec.json.encode(plain | changes)), "utf-8").encode()
    assert may_touch_rights("TransactionCompleted", spaced)


def test_a_sale_given_up_lets_go_of_what_was_kept(database: Database) -> None:
    keep(database, "txn-9", "C1", member_id=ANN, points=100)
    take_in(database, event_line(1, kind="TransactionVoided", body={"transaction_id": "txn-9"}))
    assert run_jobs(database) == 1
    assert (account(database).held, coupon(database, "C1").state) == (0, "issued")


def test_bodies_that_say_nothing_sound_change_nothing(database: Database) -> None:
    unsound: list[dict[str, Any]] = [
        {"member": {"member_id": 7}},
        {"member": {"member_id": ANN, "points_earned": -5}},
        {"member": {"member_id": ANN, "points_earned": 10**13}},
        {"member": {"member_id": "nul\0"}},
        {"coupons": [{"coupon_id": "x" * 65}]},
    ]
    for number, body in enumerate(unsound, 1):
        take_in(database, event_line(number, body=rights_sale(number) | body))
    assert run_jobs(database) == 5
    assert account(database) == Account(500, 0, 0, 0)


def test_a_wish_is_part_of_what_stored_the_events(database: Database) -> None:
    with database.writing() as connection:
        wish_for_loyalty(connection, ("S1", "T1", 1), [("MemberJoined", 4, b""), ("ShiftOpened", 9, b"")])
    with database.reading() as connection:
        (job,) = [one.job for one in waiting_jobs(connection, "S1") if one.job.kind == "loyalty"]
    assert job.key == "T1:1:4-4"


def test_a_coupon_of_a_batch_that_gives_none_back_stays_used(database: Database) -> None:
    give_coupons(database, "N1", batch=replace(BATCH, batch="once", reissue_days=0))
    folded(database, sale("sale-1", "N1"), goods_back("back-1", "sale-1", "N1"))
    assert coupon(database, "N1").state == "redeemed"
    with database.reading() as connection:
        assert coupons.counts(connection, "once") == {"redeemed": 1}
