"""The fleet page's members: looked for, looked at, put right, blocked, exported and erased, on record."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from sync.hub.loyalty.coupon_issue import issue_coupons, put_checked_batch
from sync.hub.loyalty.coupons import Batch
from sync.hub.loyalty.member_admin import put_member
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.member_stream import refresh_member
from sync.hub.loyalty.members import add_store
from sync.hub.schema.leases import LEASE
from sync.hub.schema.status import FLEET_RECORD
from tests.hub.conftest import NOW_MS
from tests.hub.fleet_visitor import Fleet


@pytest.fixture
def member_id(fleet: Fleet) -> str:
    with fleet.database.writing() as connection:
        told = Told(
            phone="13800136027", name="陈思雨", level="gold", cards=("MC00000001",), consents={"terms": "1"}
        )
        found = put_member(connection, told, who="test", now_ms=NOW_MS).member_id
        add_store(connection, "S1", found, NOW_MS)
        batch = Batch("SPRING20", {"en": "20 off 200", "zh_CN": "满 200 减 20"}, value_minor=2000)
        put_checked_batch(connection, batch, who="test", now_ms=NOW_MS)
        issue_coupons(connection, "SPRING20", [("C-1", found), ("", "")], who="test", now_ms=NOW_MS)
        refresh_member(connection, found, NOW_MS)
    return found


def acts(fleet: Fleet) -> list[str]:
    with fleet.database.reading() as connection:
        query = select(FLEET_RECORD.c.act).order_by(FLEET_RECORD.c.record_id)
        return [act for act in connection.execute(query).scalars() if act.startswith(("member", "points"))]


def test_a_member_is_found_and_shown(fleet: Fleet, member_id: str) -> None:
    visitor = fleet.visitor()
    assert "members are not listed" in visitor.get("/fleet/members").text
    page = visitor.get("/fleet/members?by=tail&q=6027")
    assert "陈思雨" in page.text
    assert f"/fleet/members/{member_id}" in page.text
    assert "Nobody is found" in visitor.get("/fleet/members?by=name&q=Zed").text
    text = visitor.get(f"/fleet/members/{member_id}").text
    for said in ("+8613800136027", "MC00000001", "terms", "C-1", "SPRING20", "Put in"):
        assert said in text
    assert visitor.get("/fleet/members/M000000000000").status == 404


def test_what_is_done_with_a_member_is_on_record(fleet: Fleet, member_id: str) -> None:
    visitor, path = fleet.visitor(), f"/fleet/members/{member_id}"
    page = visitor.act(path, f"{path}/points", {"points": "2,860", "note": "opening balance"})
    assert "Points put right" in page.text
    assert "2,860" in page.text
    assert "opening balance" in page.text
    for points, note, said in (("−9999", "x", "not there"), ("much", "x", "no number"), ("5", "", "Say why")):
        assert said in visitor.act(path, f"{path}/points", {"points": points, "note": note}).text
    assert "tills hear of it" in visitor.act(path, f"{path}/revoke", {"note": "lost"}).text
    page = visitor.act(path, f"{path}/block", {"note": "fraud"})
    assert 'id="unblock"' in page.text
    assert 'id="block"' in visitor.act(path, f"{path}/unblock", {"note": "settled"}).text
    assert visitor.act(path, f"{path}/sing", {"note": "x"}).status == 404
    page = visitor.act(path, f"{path}/export", {})
    assert page.headers["content-disposition"] == f'attachment; filename="member-{member_id}.json"'
    assert json.loads(page.body)["member"]["name"] == "陈思雨"
    assert "Nothing was erased" in visitor.act(path, f"{path}/erase", {"confirm": "yes"}).text
    assert "Erased here" in visitor.act(path, f"{path}/erase", {"confirm": member_id.lower()}).text
    assert visitor.get(path).status == 404
    assert sorted(acts(fleet)) == [
        "member_block", "member_erase", "member_export", "member_revoke", "member_unblock", "points_adjust",
    ]  # fmt: skip
    record = visitor.get("/fleet/record").text
    assert "Member erased" in record
    assert "陈思雨" not in record


def test_batches_points_and_offline_limits_are_shown(fleet: Fleet, member_id: str) -> None:
    visitor, path = fleet.visitor(), f"/fleet/members/{member_id}"
    visitor.act(path, f"{path}/points", {"points": "100", "note": "n"})
    text = visitor.get("/fleet/coupons").text
    assert "20 off 200" in text
    assert '<td class="number">2</td>' in text
    text = visitor.get("/fleet/points").text
    assert '<td class="number">100</td>' in text
    assert "Nothing is out." in visitor.get("/fleet/leases").text
    columns = {column.name: "" if column.type.python_type is str else 0 for column in LEASE.columns
               if column.type.python_type in (str, int)}  # fmt: skip
    lease = columns | {
        "store_id": "S1", "terminal_id": "T1", "lease_id": "L1", "kind": "coupons", "state": "open",
        "amount": 12_345, "until_ms": NOW_MS + 9_000_000,
    }  # fmt: skip
    rest = {one.name: b"" for one in LEASE.columns if one.type.python_type is bytes}
    with fleet.database.writing() as connection:
        connection.execute(LEASE.insert().values(**lease, **rest))
    text = visitor.get("/fleet/leases").text
    assert text.count("123.45 CNY") == 4


def test_members_are_shown_in_chinese(fleet: Fleet, member_id: str) -> None:
    visitor = fleet.visitor()
    assert "积分明细" in visitor.get(f"/fleet/members/{member_id}?lang=zh_CN").text
    assert "满 200 减 20" in visitor.get("/fleet/coupons?lang=zh_CN").text
