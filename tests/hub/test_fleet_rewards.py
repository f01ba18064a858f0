"""The fleet page's batches, gift cards and programme: put, issued once, voided, blocked, refused."""

from __future__ import annotations

import csv
import json

import pytest
from sqlalchemy import func, select

from sync.hub.loyalty.gift_cards import Source, new_card, put
from sync.hub.loyalty.member_admin import put_member
from sync.hub.loyalty.member_changes import Told
from sync.hub.loyalty.programme_rows import stored_programme
from sync.hub.schema.coupons import COUPON
from sync.hub.schema.gift_cards import GIFT_CARD
from sync.hub.schema.leases import LEASE
from sync.hub.schema.status import FLEET_RECORD
from tests.hub.conftest import NOW_MS
from tests.hub.fleet_visitor import Fleet, Visitor

PATH = "/fleet/coupons"
MINE = ("coupon", "gift", "programme")
SPRING = {
    "batch": "SPRING20", "name_zh_CN": "春季减 20", "name_en": "=20 off", "value": "20", "store": "S1",
    "until": "2026-12-31", "reissue_days": "7",
}  # fmt: skip


def coupons(fleet: Fleet) -> dict[str, int]:
    with fleet.database.reading() as connection:
        query = select(COUPON.c.state, func.count()).group_by(COUPON.c.state)
        return {state: int(count) for state, count in connection.execute(query)}


def acts(fleet: Fleet) -> list[str]:
    with fleet.database.reading() as connection:
        query = select(FLEET_RECORD.c.act).order_by(FLEET_RECORD.c.record_id)
        return sorted(act for act in connection.execute(query).scalars() if act.startswith(MINE))


@pytest.fixture
def visitor(fleet: Fleet) -> Visitor:
    return fleet.visitor()


def test_a_batch_is_put_issued_once_and_voided(fleet: Fleet, visitor: Visitor) -> None:
    with fleet.database.writing() as connection:
        member = put_member(connection, Told(phone="13800136027"), who="x", now_ms=NOW_MS).member_id
    page = visitor.act(PATH, f"{PATH}/batch", SPRING)
    assert "The batch is put" in page.text
    assert "SPRING20" in page.text
    form = [("csrf", page.hidden("csrf")), ("key", page.hidden("key")), ("batch", "SPRING20"), ("count", "2"),
            ("members", f"{member.lower()}\n")]  # fmt: skip
    first, again = visitor.post(f"{PATH}/issue", form), visitor.post(f"{PATH}/issue", form)
    assert first.headers["content-type"] == "text/csv; charset=utf-8"
    assert first.headers["cache-control"] == "no-store"
    assert first.text == again.text, "a button that is pressed twice gives once"
    assert coupons(fleet) == {"issued": 3}
    rows = list(csv.DictReader(first.text.splitlines()))
    assert [row["code"].split(".")[3] for row in rows] == [row["coupon"] for row in rows]
    other = dict(form) | {"count": "3"}
    assert "sent already" in visitor.get(visitor.post(f"{PATH}/issue", other).headers["location"]).text
    page = visitor.act(PATH, f"{PATH}/void", {"coupons": f"{rows[0]['coupon']}, {rows[1]['coupon']}"})
    assert "Voided" in page.text
    page = visitor.act(PATH, f"{PATH}/void", {"coupons": "C-UNKNOWN"})
    assert "C-UNKNOWN" in page.text
    assert coupons(fleet) == {"issued": 1, "voided": 2}
    assert acts(fleet) == ["coupon_batch", "coupon_issue", "coupon_void", "coupon_void"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"batch": "spring"}, "capitals"),
        ({"name_en": "", "name_zh_CN": ""}, "needs a name"),
        ({"value": "much"}, "no amount"),
        ({"value": "-1"}, "no amount"),
        ({"reissue_days": "9999"}, "0 to 3660"),
        ({"reissue_days": "x"}, "0 to 3660"),
        ({"until": "2026-13-40"}, "no day"),
        ({"until": "9999-12-31"}, "no day"),
        ({"store": "S9"}, "no such store"),
    ],
)
def test_a_batch_that_cannot_be_is_said_and_what_was_typed_stays(
    visitor: Visitor, wrong: dict[str, str], said: str
) -> None:
    page = visitor.act(PATH, f"{PATH}/batch", SPRING | wrong)
    assert page.status == 400
    assert said in page.text
    assert "No batch yet." in page.text
    assert ("春季减 20" in page.text) == ("name_zh_CN" not in wrong)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"count": "0"}, "Say which or how many"),
        ({"count": "2001"}, "Say which or how many"),
        ({"count": "-1"}, "Say which or how many"),
        ({"members": "M000000000000"}, "no such member"),
        ({"count": "1", "batch": "NONE"}, "no such batch"),
    ],
)
def test_what_cannot_be_issued_is_said(
    fleet: Fleet, visitor: Visitor, fields: dict[str, str], said: str
) -> None:
    visitor.act(PATH, f"{PATH}/batch", SPRING)
    page = visitor.act(PATH, f"{PATH}/issue", {"batch": "SPRING20", "key": "k", **fields})
    assert said in page.text
    assert coupons(fleet) == {}


def test_a_gift_card_is_found_shown_and_blocked(fleet: Fleet, visitor: Visitor) -> None:
    path = "/fleet/gift-cards"
    with fleet.database.writing() as connection:
        connection.execute(
            GIFT_CARD.insert().values(**new_card("GC-1", "CNY", face_minor=10_000, now_ms=NOW_MS))
        )
        source = Source("txn-1", "line:1", "S1", "T1", NOW_MS)
        assert put(connection, "GC-1", 10_000, source, currency="CNY")
    assert "no gift card with this number" in visitor.get(f"{path}?card=GC-9").text
    page = visitor.get(f"{path}?card=GC-1")
    for said in ("100.00 CNY", "Owed on 1 cards", "Sold", "txn-1"):
        assert said in page.text
    assert (
        "Blocked:" in visitor.act(f"{path}?card=GC-1", f"{path}/block", {"card": "GC-1", "note": "lost"}).text
    )
    assert (
        "Unblocked:"
        in visitor.act(f"{path}?card=GC-1", f"{path}/unblock", {"card": "GC-1", "note": "x"}).text
    )
    assert visitor.act(f"{path}?card=GC-1", f"{path}/block", {"card": "GC-9", "note": "x"}).status == 404
    assert visitor.act(f"{path}?card=GC-1", f"{path}/sing", {"card": "GC-1", "note": "x"}).status == 404
    assert acts(fleet) == ["gift_block", "gift_unblock"]


def test_the_programme_is_seen_put_and_refused_with_its_problems(fleet: Fleet, visitor: Visitor) -> None:
    path = "/fleet/programme"
    assert "No programme was put yet" in visitor.get(path).text
    page = visitor.act(path, path, {"document": json.dumps({"points_days": -1, "<b>": 1})})
    assert page.status == 400
    assert "points_days" in page.text
    assert "&lt;b&gt;" in page.text
    assert "<b>" not in page.text
    for bad in ("{", '{"a":1,"a":2}', '"\ud800"'.encode("utf-8", "replace").decode(), "\\ud800", "[" * 5_000):
        assert visitor.act(path, path, {"document": bad}).status == 400
    page = visitor.act(path, path, {"document": json.dumps({"calling_code": "86"})})
    assert "The programme is put" in page.text
    assert "Revision 1" in page.text
    again = visitor.act(path, path, {"document": json.dumps({"calling_code": "86"})})
    assert "what holds already" in again.text
    with fleet.database.reading() as connection:
        assert stored_programme(connection).rev == 1
    assert acts(fleet) == ["programme_put"]


def test_the_worst_loss_is_told_till_by_till(fleet: Fleet, visitor: Visitor) -> None:
    columns = {one.name: "" if one.type.python_type is str else 0 for one in LEASE.columns
               if one.type.python_type in (str, int)}  # fmt: skip
    rest = {one.name: b"" for one in LEASE.columns if one.type.python_type is bytes}
    lease = (
        columns | rest | {"store_id": "S1", "kind": "coupons", "state": "open", "until_ms": NOW_MS + 9_000}
    )
    with fleet.database.writing() as connection:
        for terminal_id, amount in (("T1", 12_300), ("T2", 4_500)):
            told = lease | {"terminal_id": terminal_id, "lease_id": f"L-{terminal_id}", "amount": amount}
            connection.execute(LEASE.insert().values(**told))
    text = visitor.get("/fleet/leases").text
    worst = text[text.index('id="worst"') : text.index('id="leases"')]
    assert "168.00 CNY" in worst
    assert worst.index("123.00 CNY") < worst.index("45.00 CNY")
