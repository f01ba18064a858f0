"""Members put by the list come out as they would one by one; their rows in the stores' streams with them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from sync.hub.database import Database
from sync.hub.feeds.streams import held_bodies
from sync.hub.goods.shop_admin import put_shop
from sync.hub.loyalty.member_admin import put_member
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_import import add_stores, put_members
from sync.hub.loyalty.member_stream import refresh_members
from sync.hub.loyalty.members import MemberError
from sync.hub.schema.members import MEMBER, MEMBER_CONSENT, MEMBER_EVENT, MEMBER_REF
from tests.hub.conftest import NOW_MS, shop_document

PHONES = ("13700000001", "+86 137 0000 0001", "13700000002", "13700000003", "")
MAYBE = st.none()
TOLD = st.builds(
    Told,
    member_id=st.sampled_from(("", "", "", "M000000000001", "M000000000002")),
    external_id=MAYBE | st.sampled_from(("", "e1", "e2")),
    phone=MAYBE | st.sampled_from(PHONES),
    name=MAYBE | st.sampled_from(("", "Li Lei", "陈思雨")),
    level=MAYBE | st.sampled_from(("silver", "gold")),
    tags=MAYBE | st.sampled_from(((), ("vip",), ("vip", "staff", "vip"))),
    cards=MAYBE | st.sampled_from(((), ("MC01",), ("mc 01", "MC02"))),
    is_linked=MAYBE | st.booleans(),
    consents=MAYBE | st.sampled_from(({}, {"terms": "1"}, {"terms": ""}, {"terms": "2", "": "x"})),
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Any:
    database = Database(tmp_path_factory.mktemp("hub") / "hub.db")
    with database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    yield database
    database.close()


def one_by_one(connection: Connection, told: list[Told]) -> list[str]:
    return [put_member(connection, one, who="x", now_ms=NOW_MS).fate for one in told]


def by_the_list(connection: Connection, told: list[Told]) -> list[str]:
    return [one.fate for one in put_members(connection, told, who="x", now_ms=NOW_MS)]


class UndoneError(Exception):
    """Ends a transaction that is to leave nothing behind."""


def outcome(hub: Database, put: Any, before: list[Told], told: list[Told]) -> Any:
    """What stands in the tables afterwards, ids of the hub's making left aside; or the refusal."""
    found: list[Any] = []
    with suppress(UndoneError), hub.writing() as connection:
        for one in before:
            with suppress(MemberError), connection.begin_nested():
                put_member(connection, one, who="x", now_ms=NOW_MS)
        try:
            found.append(state(connection, put(connection, told)))
        except MemberError as refused:
            found.append(refused.word)
        raise UndoneError
    return found[0]


def state(connection: Connection, fates: list[str]) -> Any:
    names: dict[str, str] = {}
    rows = []
    for row in connection.execute(select(MEMBER)):
        fields = dict(row._mapping)
        member_id = fields.pop("member_id")
        fields.pop("version")
        is_given = member_id.startswith("M00000000000")
        names[member_id] = member_id if is_given else repr(sorted(fields.items()))
        rows.append((names[member_id], sorted(fields.items())))
    refs = [(one.kind, one.key, names[one.member_id]) for one in connection.execute(select(MEMBER_REF))]
    agreed = [
        (names[one.member_id], one.purpose, one.text_version, one.withdrawn_at_ms)
        for one in connection.execute(select(MEMBER_CONSENT))
    ]
    events = [
        (names[one.member_id], one.kind, one.detail) for one in connection.execute(select(MEMBER_EVENT))
    ]
    return fates, *(sorted(part) for part in (rows, refs, agreed, events))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(TOLD, max_size=3), told=st.lists(TOLD, max_size=6))
def test_a_list_has_the_outcome_of_one_by_one(hub: Database, before: list[Told], told: list[Told]) -> None:
    assert outcome(hub, by_the_list, before, told) == outcome(hub, one_by_one, before, told)


def test_the_wrong_one_is_named_and_nothing_was_put(hub: Database) -> None:
    told = [Told(phone="13700000001"), Told(phone="12")]
    with pytest.raises(MemberError, match="member 2: a phone number"), hub.writing() as connection:
        put_members(connection, told, who="x", now_ms=NOW_MS)
    with hub.reading() as connection:
        assert connection.execute(select(MEMBER.c.member_id)).all() == []


def test_rows_of_many_are_written_once(hub_database: Database) -> None:
    with hub_database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
        told = [Told(phone=f"137{n:08}", name=f"Li {n}", cards=(f"MC{n:08}",)) for n in range(1, 2_501)]
        ids = [one.member_id for one in put_members(connection, told, who="x", now_ms=NOW_MS)]
        add_stores(connection, ["S1"], ids, NOW_MS)
        assert refresh_members(connection, ids, NOW_MS) == len(ids)
        assert refresh_members(connection, ids, NOW_MS + 1) == 0
        assert set(held_bodies(connection, "S1", "members", ids)) == set(ids)
        again = put_members(connection, told, who="x", now_ms=NOW_MS + 2)
        assert {one.fate for one in again} == {"unchanged"}
        assert [one.member_id for one in again] == ids
