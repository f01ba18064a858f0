"""Several at once: one phone joining at many tills, members merged from both sides, a key used twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, select

from sync.hub.database import Database
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.asked_once import once
from sync.hub.loyalty.joining import join, merge
from sync.hub.loyalty.member_admin import put_member
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.members import MemberError, add_store, canonical
from sync.hub.loyalty.points_acts import adjust_points
from sync.hub.schema.members import ACTIVE, MEMBER
from tests.hub.conftest import NOW_MS, Enrolled
from tests.hub.test_members import body, wish

HANDS = 6


def together(database: Database, acts: list[Callable[[Connection], Any]]) -> list[Any]:
    """What each act came to, all of them begun at once; a MemberError is its word."""

    def run(act: Callable[[Connection], Any]) -> Any:
        try:
            return database.write(act, attempts=20)
        except MemberError as trouble:
            return trouble.word

    with ThreadPoolExecutor(HANDS) as hands:
        return list(hands.map(run, acts))


def test_one_phone_is_one_member_however_many_join_with_it(enrolled: Enrolled) -> None:
    database = enrolled.database

    def joining(number: int) -> Callable[[Connection], Any]:
        given = f"T{number:012}"
        place = {"store_id": f"S{number % 2 + 1}", "terminal_id": "T1"}
        return lambda connection: join(
            connection, wish(f"join-{number}", member_id=given), now_ms=NOW_MS + number, **place
        )

    joined = together(database, [joining(number) for number in range(24)])
    assert len({one.member_id for one in joined}) == 1
    assert [one.is_merged for one in joined].count(False) == 1
    with database.reading() as connection:
        there = (
            connection.execute(select(MEMBER.c.member_id).where(MEMBER.c.status == ACTIVE)).scalars().all()
        )
        assert there == [joined[0].member_id]
        for number in range(24):
            assert canonical(connection, f"T{number:012}") == there[0]
        for store_id in ("S1", "S2"):
            told = body(connection, store_id, there[0])
            assert len([kind for kind, _ in told.refs if kind == "id"]) == 24


def test_members_merged_from_both_sides_keep_every_point(enrolled: Enrolled) -> None:
    database, ids = enrolled.database, []
    with database.writing() as connection:
        for number in range(6):
            told = Told(phone=f"1380000000{number}", name=f"N{number}")
            ids.append(put_member(connection, told, who="t", now_ms=NOW_MS).member_id)
            add_store(connection, "S1", ids[-1], NOW_MS)
            adjust_points(connection, ids[-1], 100, who="t", reason="r", now_ms=NOW_MS)

    def merging(keep: str, other: str) -> Callable[[Connection], Any]:
        return lambda connection: merge(connection, keep, other, who="t", now_ms=NOW_MS + 1).member_id

    def giving(member_id: str) -> Callable[[Connection], Any]:
        return lambda connection: adjust_points(
            connection, member_id, 7, who="t", reason="r", now_ms=NOW_MS + 1
        )

    acts = [merging(one, another) for one in ids for another in ids if one != another]
    acts = [act for pair in zip(acts, [giving(ids[n % 6]) for n in range(30)], strict=True) for act in pair]
    together(database, acts)
    with database.reading() as connection:
        assert len({canonical(connection, one) for one in ids}) == 1
        last = canonical(connection, ids[0])
        assert account_of(connection, last).active == 600 + 30 * 7
        assert sum(account_of(connection, one).active for one in ids) == 600 + 30 * 7
        assert body(connection, "S1", last).points == 600 + 30 * 7


def test_a_key_is_one_wish_however_often_it_is_sent(enrolled: Enrolled) -> None:
    with enrolled.database.writing() as connection:
        member_id = put_member(connection, Told(name="A"), who="t", now_ms=NOW_MS).member_id

    def giving(connection: Connection) -> bytes:
        def work() -> bytes:
            adjust_points(connection, member_id, 5, who="t", reason="r", now_ms=NOW_MS)
            return b"done"

        return once(connection, "t", "key", b"asked", work, now_ms=NOW_MS)

    assert together(enrolled.database, [giving] * 20) == [b"done"] * 20
    with enrolled.database.reading() as connection:
        assert account_of(connection, member_id).active == 5
