"""Leases at the hub: never more out than agreed, the same answer twice, spends counted once, losses noted."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select

from sync.hub.database import Database
from sync.hub.doubts.lists import Sought, exceptions
from sync.hub.doubts.settling import settle_exceptions
from sync.hub.goods.shop_admin import put_shop
from sync.hub.loyalty.compensation import STORE_MANAGER, Loss, compensate, losses, open_minor, work_off
from sync.hub.loyalty.lease_limits import LeaseLimit, all_limits, limits_of, put_limit, remove_limit
from sync.hub.loyalty.leases import (
    END_SLACK_MS,
    HOUR_MS,
    Settled,
    answer_leases,
    close_lease,
    end_leases,
    exposure,
    give_up_leases,
    leases_out,
    settle_spend,
)
from sync.hub.schema.leases import COMPENSATION, LEASE, LEASE_LIMIT, LEASE_SPEND, LEASE_STORE
from sync.hub.schema.status import FLEET_RECORD
from sync.hub.trust.hub_keys import public_keys
from sync.protocol import codec
from sync.protocol.loyalty import LEASES, LeaseBody, LeaseHeld, LeasesReply, LeasesRequest, loyalty_path
from sync.protocol.signing import is_signed, lease_statement
from sync.protocol.trust import from_text
from tests.hub.conftest import NOW_MS, Enrolled, shop_document
from tests.hub.test_hub_routes import call

T1, T2, T3 = ("S1", "T1"), ("S1", "T2"), ("S1", "T3")


@pytest.fixture
def database(hub_database: Database) -> Database:
    """A hub with the store S1 that grants points, coupons and gift value."""
    with hub_database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
        for kind, amount in (("points", 500), ("coupons", 4_000), ("gift", 10_000)):
            put_limit(connection, LeaseLimit(kind, amount, amount * 2, 24, "Ann"), NOW_MS)  # type: ignore[arg-type]
    return hub_database


def ask(
    database: Database, place: tuple[str, str], *held: LeaseHeld, now_ms: int = NOW_MS, epoch: int = 1
) -> LeasesReply:
    """A till's question."""
    with database.writing() as connection:
        return answer_leases(connection, LeasesRequest(epoch, held), place, now_ms=now_ms)


def granted(reply: LeasesReply) -> dict[str, LeaseBody]:
    """The leases of an answer by kind."""
    bodies = [codec.decode_message(body.encode(), LeaseBody) for body, _key, _signature in reply.leases]
    return {body.kind: body for body in bodies}


def spend(
    database: Database, place: tuple[str, str], lease_id: str, amount: int, sale: str = "sale-1"
) -> Settled:
    """A fact that spent under a lease."""
    with database.writing() as connection:
        return settle_spend(
            connection, place, lease_id, amount, transaction_id=sale, part="points", now_ms=NOW_MS
        )


def noted(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """What waits for a person."""
    with database.reading() as connection:
        rows, _count = exceptions(connection, Sought(worst_first=True))
        return [(row.kind, dict(row.detail)) for row in rows]


def test_a_terminal_gets_a_signed_lease_of_each_kind_and_the_same_ones_when_it_asks_again(
    database: Database,
) -> None:
    reply = ask(database, T1)
    leases = granted(reply)
    assert {kind: lease.amount for kind, lease in leases.items()} == {
        "points": 500,
        "coupons": 4_000,
        "gift": 10_000,
    }
    assert {lease.until_ms for lease in leases.values()} == {NOW_MS + 24 * HOUR_MS}
    assert (reply.terminal_worst_minor, reply.worst_minor) == (14_500, 14_500)
    with database.reading() as connection:
        keys = public_keys(connection)
    for body, key_id, signature in reply.leases:
        key, seal = from_text(keys[key_id]) or b"", from_text(signature) or b""
        assert is_signed(key, lease_statement("S1", "T1", body), seal)
        assert not is_signed(key, lease_statement("S1", "T2", body), seal)
    assert ask(database, T1) == reply
    assert ask(database, T1, now_ms=NOW_MS + HOUR_MS).leases == reply.leases


def test_where_nothing_is_agreed_nothing_is_granted(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(delete(LEASE_LIMIT))
    assert ask(database, T1) == LeasesReply()


def test_the_store_bounds_what_its_terminals_get_together(database: Database) -> None:
    assert granted(ask(database, T1))["points"].amount == 500
    with database.writing() as connection:
        put_limit(connection, LeaseLimit("points", 500, 800, 24, store_id="S1"), NOW_MS)
    second = ask(database, T2)
    assert granted(second)["points"].amount == 300
    assert "points" not in granted(ask(database, T3))
    assert second.worst_minor == 800 + 2 * 14_000
    assert second.terminal_worst_minor == 300 + 14_000


def test_a_closed_lease_frees_only_what_was_not_spent_until_its_sales_are_heard_of(
    database: Database,
) -> None:
    first = granted(ask(database, T1))["points"]
    closed = LeaseHeld(first.lease_id, 200, is_closed=True)
    second = granted(ask(database, T1, closed))["points"]
    assert second.lease_id != first.lease_id
    assert second.amount == 300
    assert spend(database, T1, first.lease_id, 200) == Settled(is_new=True)
    again = granted(ask(database, T1, closed, LeaseHeld(second.lease_id, 0, is_closed=True)))["points"]
    assert again.amount == 500


def test_a_lost_answer_costs_no_room(database: Database) -> None:
    first = granted(ask(database, T1))["points"]
    closed = LeaseHeld(first.lease_id, 0, is_closed=True)
    assert ask(database, T1, closed) == ask(database, T1, closed)
    with database.reading() as connection:
        assert exposure(connection, "S1", NOW_MS).of("points") == 500


def test_what_was_spent_leaves_less_to_lose(database: Database) -> None:
    lease = granted(ask(database, T1))["points"]
    assert spend(database, T1, lease.lease_id, 200) == Settled(is_new=True)
    assert spend(database, T1, lease.lease_id, 200) == Settled(is_new=False)
    with database.reading() as connection:
        assert exposure(connection, "S1", NOW_MS).of("points", "T1") == 300
        row = next(each for each in leases_out(connection, NOW_MS) if each.kind == "points")
    assert (row.amount, row.settled, row.left, row.state) == (500, 200, 300, "open")
    assert noted(database) == []


def test_a_lease_counts_until_every_clock_is_past_its_end(database: Database) -> None:
    lease = granted(ask(database, T1))["points"]
    held = LeaseHeld(lease.lease_id, 0)
    just_before = lease.until_ms + END_SLACK_MS - 1
    assert granted(ask(database, T1, held, now_ms=lease.until_ms - 1))["points"] == lease
    # It is used no more, but what it may have cost leaves no room for another.
    assert granted(ask(database, T1, held, now_ms=just_before)) == {}
    after = granted(ask(database, T1, held, now_ms=just_before + 1))["points"]
    assert after.amount == 500
    with database.reading() as connection:
        assert len(leases_out(connection, just_before + 1)) == 3


def test_a_lease_of_a_silent_terminal_counts_on(database: Database) -> None:
    ask(database, T1)
    with database.writing() as connection:
        put_limit(connection, LeaseLimit("points", 500, 800, 24, store_id="S1"), NOW_MS)
    much_later = NOW_MS + 100 * 24 * HOUR_MS
    # It may have spent all of it while it was cut off, and nobody has heard of it.
    assert granted(ask(database, T2, now_ms=much_later))["points"].amount == 300
    with database.writing() as connection:
        assert give_up_leases(connection, T2, who="Ann", note="stolen", now_ms=much_later) == 0
        assert give_up_leases(connection, T1, who="Ann", note="stolen", now_ms=much_later) == 3
        assert exposure(connection, "S1", much_later).of("points") == 300
        record = connection.execute(select(FLEET_RECORD.c.act, FLEET_RECORD.c.note)).all()
    assert [tuple(row) for row in record] == [("leases_given_up", "stolen")]


def test_a_closed_lease_is_over_with_its_time(database: Database) -> None:
    lease = granted(ask(database, T1))["points"]
    with database.writing() as connection:
        close_lease(connection, T1, LeaseHeld(lease.lease_id, 200, is_closed=True), now_ms=NOW_MS)
        end_ms = lease.until_ms + END_SLACK_MS
        assert exposure(connection, "S1", end_ms - 1).of("points") == 200
        assert exposure(connection, "S1", end_ms).of("points") == 0
        assert end_leases(connection, end_ms - 1) == 0
        assert end_leases(connection, end_ms) == 1


def test_another_life_of_a_ledger_does_not_get_the_leases_of_the_first(database: Database) -> None:
    lease = granted(ask(database, T1))["points"]
    assert granted(ask(database, T1, epoch=2)) == {}
    assert granted(ask(database, T1, LeaseHeld(lease.lease_id, 500, is_closed=True), epoch=2)) == {}
    later = lease.until_ms + END_SLACK_MS
    assert granted(ask(database, T1, epoch=2, now_ms=later))["points"].amount == 500


def test_nobody_closes_a_lease_of_another(database: Database) -> None:
    lease = granted(ask(database, T1))["points"]
    with database.writing() as connection:
        held = LeaseHeld(lease.lease_id, 0, is_closed=True)
        assert not close_lease(connection, T2, held, now_ms=NOW_MS)
        assert close_lease(connection, T1, held, now_ms=NOW_MS)
        assert not close_lease(connection, T1, held, now_ms=NOW_MS)


def test_more_than_a_lease_and_no_lease_at_all_wait_for_a_person(database: Database) -> None:
    lease = granted(ask(database, T1))["points"]
    assert spend(database, T1, lease.lease_id, 450) == Settled(is_new=True)
    assert spend(database, T1, lease.lease_id, 80, "sale-2") == Settled(is_new=True, over=30)
    assert spend(database, T2, lease.lease_id, 5, "sale-3") == Settled(True, False, 5)
    assert spend(database, T1, "L-of-nobody", 7, "sale-4") == Settled(True, False, 7)
    found = noted(database)
    assert [kind for kind, _detail in found] == ["lease_overspent"] * 2
    assert {detail["over"] for _kind, detail in found} == {30, 7}
    with database.reading() as connection:
        assert exposure(connection, "S1", NOW_MS).of("points") == 0


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        (LeaseLimit("stamps", 1, 1), "The kind is one of: points, coupons, gift."),  # type: ignore[arg-type]
        (LeaseLimit("points", 2, 1), "A terminal's amount is from 0"),
        (LeaseLimit("points", -1, 1), "A terminal's amount is from 0"),
        (LeaseLimit("points", 1, 10**13), "A terminal's amount is from 0"),
        (LeaseLimit("points", 1, 1, 0), "A lease is valid for 1 to 744 hours."),
        (LeaseLimit("points", 1, 1, 1, "a\nb"), "The owner has at most 100"),
    ],
)
def test_limits_that_cannot_be_are_refused(database: Database, limit: LeaseLimit, sentence: str) -> None:
    with database.writing() as connection, pytest.raises(ValueError, match=sentence):
        put_limit(connection, limit, NOW_MS)


def test_a_store_may_have_limits_of_its_own(database: Database) -> None:
    own = LeaseLimit("points", 10, 20, 2, "Bo", "S1")
    with database.writing() as connection:
        put_limit(connection, own, NOW_MS)
        assert limits_of(connection, "S1")["points"] == own
        assert limits_of(connection, "S2")["points"].terminal_amount == 500
        assert [each.store_id for each in all_limits(connection)] == ["", "", "", "S1"]
        assert remove_limit(connection, "S1", "points")
        assert not remove_limit(connection, "S1", "points")
        assert limits_of(connection, "S1")["points"].terminal_amount == 500


# ------------------------------------------------------------------ losses
LOSS = Loss("S1", "sale-1", "points", "M0123456789AB", 300, "T1", "7", 300, "L-1")


def test_a_loss_is_noted_once_with_amount_and_owner(database: Database) -> None:
    with database.writing() as connection:
        assert compensate(connection, LOSS, now_ms=NOW_MS)
        assert not compensate(connection, LOSS, now_ms=NOW_MS + 1)
        assert compensate(connection, Loss("S1", "sale-1", "coupon", "C1", 2_000), now_ms=NOW_MS + 2)
        rows = losses(connection)
        assert [(row.loss.kind, row.owner, row.outcome) for row in rows] == [
            ("coupon", "Ann", ""),
            ("points", "Ann", ""),
        ]
        assert rows[1].loss == LOSS
        assert open_minor(connection) == 2_300
        assert open_minor(connection, "S2") == 0
        assert losses(connection, store_id="S2") == []
    kinds = {detail["right"]: detail for _kind, detail in noted(database)}
    assert kinds["points"]["amount_minor"] == 300
    assert kinds["points"]["owner"] == "Ann"
    assert kinds["coupon"]["right_id"] == "C1"


def test_a_loss_is_the_managers_where_nobody_is_named(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(delete(LEASE_LIMIT))
        compensate(connection, LOSS, now_ms=NOW_MS)
        assert losses(connection)[0].owner == STORE_MANAGER


def test_a_loss_is_worked_off_with_a_note_here_or_on_the_page(database: Database) -> None:
    other = Loss("S1", "sale-2", "gift_spent", "G1", 700)
    with database.writing() as connection:
        compensate(connection, LOSS, now_ms=NOW_MS)
        compensate(connection, other, now_ms=NOW_MS)
        assert work_off(connection, [LOSS, LOSS], who="Ann", note="paid back", now_ms=NOW_MS + 1) == 1
        assert work_off(connection, [LOSS], who="Bo", note="again", now_ms=NOW_MS + 2) == 0
        assert [row.loss for row in losses(connection)] == [other]
        assert open_minor(connection) == 700
        done = losses(connection, is_open=False)[0]
        assert (done.who, done.note, done.ended_at_ms) == ("Ann", "paid back", NOW_MS + 1)
        key = ("S1", "compensation", "sale-2:gift_spent:G1")
        assert settle_exceptions(connection, [key], who="Cy", note="booked", now_ms=NOW_MS + 3) == 1
        assert losses(connection) == []
        assert len(losses(connection, is_open=None)) == 2


# ------------------------------------------------------------------ many at once
def test_terminals_that_ask_at_the_same_time_never_get_more_than_the_store_has(database: Database) -> None:
    with database.writing() as connection:
        put_limit(connection, LeaseLimit("points", 500, 1_700, 24, store_id="S1"), NOW_MS)
    replies: list[LeasesReply] = []

    def till(number: int) -> None:
        asked = LeasesRequest(1)
        place = ("S1", f"T{number}")

        def answered(connection: Connection) -> LeasesReply:
            return answer_leases(connection, asked, place, now_ms=NOW_MS)

        replies.append(database.write(answered))

    threads = [threading.Thread(target=till, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    found = [granted(reply) for reply in replies]
    assert len(found) == 8
    assert sorted(each["points"].amount for each in found if "points" in each) == [200, 500, 500, 500]
    assert max(reply.worst_minor for reply in replies) <= 1_700 + 8_000 + 20_000


@pytest.mark.parametrize("hub_database", ["sqlite"], indirect=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_happens_the_limits_hold_and_every_spend_counts_once(
    database: Database, data: st.DataObject
) -> None:
    with database.writing() as connection:
        for table in (LEASE, LEASE_SPEND, LEASE_STORE, LEASE_LIMIT, COMPENSATION):
            connection.execute(delete(table))
        put_limit(connection, LeaseLimit("points", 500, 900, 24), NOW_MS)
    now_ms = NOW_MS
    #: What each till knows of its leases, and sales that the hub has not heard of.
    known: dict[str, dict[str, tuple[int, int, int]]] = {"T1": {}, "T2": {}, "T3": {}}
    closed: dict[str, set[str]] = {"T1": set(), "T2": set(), "T3": set()}
    unheard: list[tuple[str, str, int, str]] = []
    for step in range(data.draw(st.integers(1, 25))):
        till = data.draw(st.sampled_from(["T1", "T2", "T3"]))
        own = known[till]
        match data.draw(st.sampled_from(["ask", "spend", "close", "tell", "wait"])):
            case "ask":
                held = [LeaseHeld(each, own[each][1], each in closed[till]) for each in own]
                reply = ask(database, ("S1", till), *held, now_ms=now_ms)
                is_lost = data.draw(st.booleans())
                for body in granted(reply).values():
                    if not is_lost:
                        own.setdefault(body.lease_id, (body.amount, 0, body.until_ms))
                assert reply.worst_minor <= 900
                assert reply.terminal_worst_minor <= 500
            case "spend":
                open_ones = [
                    each
                    for each in own
                    if each not in closed[till] and own[each][1] < own[each][0] and now_ms < own[each][2]
                ]
                if open_ones:
                    amount, spent, until_ms = own[open_ones[0]]
                    some = data.draw(st.integers(1, amount - spent))
                    own[open_ones[0]] = (amount, spent + some, until_ms)
                    unheard.append((till, open_ones[0], some, f"sale-{step}"))
            case "close":
                closed[till] |= set(own)
            case "tell":
                for place, lease_id, amount, sale in unheard:
                    assert spend(database, ("S1", place), lease_id, amount, sale).over == 0
                if data.draw(st.booleans()):
                    unheard.clear()
            case "wait":
                now_ms += data.draw(st.integers(0, 30 * HOUR_MS))
    with database.reading() as connection:
        counted = connection.execute(select(func.coalesce(func.sum(LEASE.c.settled), 0))).scalar_one()
        told = connection.execute(select(func.coalesce(func.sum(LEASE_SPEND.c.amount), 0))).scalar_one()
    assert counted == told
    assert counted <= sum(spent for each in known.values() for _amount, spent, _until in each.values())


def test_a_till_asks_over_the_wire(enrolled: Enrolled, hub_url: str) -> None:
    with enrolled.database.writing() as connection:
        put_limit(connection, LeaseLimit("points", 500, 900, 24), NOW_MS)
    path = loyalty_path("S1", "T1", LEASES)
    status, _headers, body = call(hub_url, "POST", path, key=enrolled.key, body=b'{"epoch":1}')
    assert status == 200
    reply = codec.decode_message(body, LeasesReply)
    assert [lease.amount for lease in granted(reply).values()] == [500]
    for wrong in (
        b"[]",
        b'{"epoch":-1}',
        msgspec.json.encode(LeasesRequest(1, (LeaseHeld("", 0),))),
        msgspec.json.encode(LeasesRequest(1, (LeaseHeld("L", -1),))),
        msgspec.json.encode(LeasesRequest(1, (LeaseHeld("L" * 65, 1),))),
    ):
        assert call(hub_url, "POST", path, key=enrolled.key, body=wrong)[0] == 400
    other = loyalty_path("S1", "T2", LEASES)
    assert call(hub_url, "POST", other, key=enrolled.key, body=b'{"epoch":1}')[0] in (401, 403, 404)
