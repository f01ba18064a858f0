"""Levels by net spend: reached when lines are closed, kept for a term, told to the stores."""

from __future__ import annotations

import msgspec
import pytest

from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.jobs import waiting_jobs
from sync.hub.loyalty.level_work import look_at_levels
from sync.hub.loyalty.member_changes import Told, change_member
from sync.hub.loyalty.members import member_of
from sync.hub.loyalty.programme_admin import put_programme, read_programme
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.rights_world import ANN, BOB, DAY_MS, add_members, folded, goods_back, sale

PROGRAMME = {
    "levels": [
        {"id": "silver", "names": {"en": "Silver"}, "from_spend": "100"},
        {"id": "gold", "names": {"en": "Gold"}, "from_spend": "500"},
    ],
    "level_window_days": 100,
    "level_term_days": 200,
}


@pytest.fixture
def database(hub_database: Database) -> Database:
    """A hub with two levels, from 100.00 and 500.00 in a hundred days."""
    with hub_database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
        put_programme(connection, read_programme(msgspec.json.encode(PROGRAMME), ("CNY",)), NOW_MS)
    add_members(hub_database, ANN, BOB)
    return hub_database


def level(database: Database, day: int, member_id: str = ANN) -> str:
    """The level of a member on a day, after a look."""
    look_at_levels(database, NOW_MS + day * DAY_MS)
    with database.reading() as connection:
        member = member_of(connection, member_id)
    assert member is not None
    return member.level


def test_a_level_comes_when_lines_are_closed_and_stays_for_its_term(database: Database) -> None:
    folded(database, sale("sale-1", paid_minor=60_000))
    assert level(database, 6) == ""
    assert level(database, 7) == "gold"
    with database.reading() as connection:
        jobs = [one.job for one in waiting_jobs(connection, "") if one.job.kind == "member-row"]
    assert [job.key for job in jobs] == [ANN]
    # The window has passed it by, the term has not; then nothing was spent.
    assert level(database, 206) == "gold"
    assert level(database, 207) == ""
    assert level(database, 207, BOB) == ""


def test_what_came_back_counts_against_it(database: Database) -> None:
    folded(database, sale("sale-1", paid_minor=60_000), goods_back("back-1", "sale-1", paid_minor=45_000))
    assert level(database, 7) == "silver"


def test_a_level_that_a_person_gave_without_an_end_stays(database: Database) -> None:
    with database.writing() as connection:
        change_member(connection, ANN, Told(level="staff"), now_ms=NOW_MS)
    folded(database, sale("sale-1", paid_minor=60_000))
    assert level(database, 8) == "staff"


def test_without_levels_nobody_is_looked_at(hub_database: Database) -> None:
    add_members(hub_database, ANN)
    folded(hub_database, sale("sale-1", paid_minor=60_000))
    assert look_at_levels(hub_database, NOW_MS + 8 * DAY_MS) == 0
