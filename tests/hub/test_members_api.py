"""Members, coupons, points and the programme by HTTP: for programs of the retailer, and what tills ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from sync.hub.fleet.admins import Session, sign_in
from sync.hub.loyalty.member_codes import coupon_code
from sync.hub.schema.status import FLEET_RECORD
from tests.hub.conftest import NOW_MS
from tests.hub.fleet_visitor import ADMIN, PASSWORD, Fleet

HOME = "/v1/fleet"
TILL = "/v1/stores/S1/terminals/T1"
CHEN = {
    "phone": "13800136027",
    "name": "陈思雨",
    "level": "gold",
    "cards": ["MC00000001"],
    "external_id": "7",
}


@pytest.fixture
def token(fleet: Fleet) -> str:
    session = sign_in(fleet.database, ADMIN, PASSWORD, peer="test", now_ms=NOW_MS)
    assert isinstance(session, Session)
    return session.token


def ask(fleet: Fleet, method: str, path: str, token: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    text = None if body is None else json.dumps(body)
    answer = requests.request(method, fleet.url + path, data=text, headers=headers, timeout=60)
    return answer.status_code, answer.json()


def put(fleet: Fleet, token: str, *members: dict[str, Any], stores: tuple[str, ...] = ("S1",)) -> list[str]:
    status, told = ask(fleet, "PUT", f"{HOME}/members", token, {"members": members, "stores": stores})
    assert status == 200, told
    return [one["member_id"] for one in told["members"]]


def test_members_are_put_found_changed_and_on_record(fleet: Fleet, token: str) -> None:
    (member_id,) = put(fleet, token, CHEN)
    assert put(fleet, token, CHEN | {"name": None}) == [member_id]
    status, found = ask(fleet, "GET", f"{HOME}/members?by=tail&text=6027", token)
    assert status == 200
    assert [one["name"] for one in found["members"]] == ["陈思雨"]
    assert found["members"][0]["cards"] == ["MC00000001"]
    path = f"{HOME}/members/{member_id}"
    assert ask(fleet, "GET", path, token)[1]["phone"] == "+8613800136027"
    other = put(fleet, token, {"phone": "+34612345678", "name": "Maria"})[0]
    wrong = {"members": [{"member_id": other, "phone": CHEN["phone"]}]}
    assert ask(fleet, "PUT", f"{HOME}/members", token, wrong)[0] == 409
    assert ask(fleet, "POST", f"{path}/merge", token, {"other_id": other})[1]["member_id"] == member_id
    assert ask(fleet, "GET", f"{HOME}/members/{other}", token)[1]["member_id"] == member_id
    assert (
        ask(fleet, "POST", f"{path}/block", token, {"blocked": True, "reason": "x"})[1]["status"] == "blocked"
    )
    assert ask(fleet, "POST", f"{path}/codes", token, {})[1]["error"] == "blocked"
    assert ask(fleet, "POST", f"{path}/block", token, {"blocked": False})[1]["status"] == "active"
    strip = ask(fleet, "POST", f"{path}/codes", token, {"count": 3})[1]["codes"]
    assert len(strip) == 3
    assert strip[0]["text"].startswith("P1M.")
    revoked = ask(fleet, "POST", f"{path}/revoke-codes", token, {"reason": "lost"})[1]
    assert revoked["codes_from_ms"] == strip[-1]["until_ms"]
    assert ask(fleet, "POST", f"{path}/remove-card", token, {"card": "MC00000001"})[0] == 200
    assert ask(fleet, "POST", f"{path}/export", token, {})[1]["member"]["name"] == "陈思雨"
    assert ask(fleet, "POST", f"{path}/erase", token, {})[1]["status"] == "erased"
    assert ask(fleet, "GET", path, token)[0] == 404
    with fleet.database.reading() as connection:
        rows = connection.execute(select(FLEET_RECORD.c.act, FLEET_RECORD.c.who, FLEET_RECORD.c.note)).all()
    acts = {row.act for row in rows if row.act.startswith("member_")}
    assert acts == {
        "member_put", "member_merge", "member_block", "member_unblock", "member_revoke", "member_card_off",
        "member_export", "member_erase",
    }  # fmt: skip
    assert "陈思雨" not in str(rows)


def test_points_are_given_once_for_a_key(fleet: Fleet, token: str) -> None:
    (member_id,) = put(fleet, token, CHEN)
    path = f"{HOME}/members/{member_id}/points"
    wish = {"points": 2860, "reason": "opening balance", "idempotency_key": "k1"}
    first = ask(fleet, "POST", path, token, wish)
    assert first[0] == 200
    assert ask(fleet, "POST", path, token, wish) == first
    state = ask(fleet, "GET", path, token)[1]
    assert (state["active"], len(state["entries"]), state["entries"][0]["who"]) == (2860, 1, ADMIN)
    assert ask(fleet, "POST", path, token, wish | {"points": 1})[1]["error"] == "key_used"
    for key, points, error in (("k2", -9999, "balance"), ("k3", 0, "bad_points")):
        told = ask(fleet, "POST", path, token, wish | {"points": points, "idempotency_key": key})[1]
        assert told["error"] == error
    assert ask(fleet, "POST", path, token, wish | {"points": -60, "idempotency_key": "k2"})[0] == 200
    month = ask(fleet, "GET", f"{HOME}/points/months", token)[1]["months"][0]
    assert (month["issued"], month["redeemed"], month["active"]) == (2860, 60, 2800)
    assert ask(fleet, "GET", f"{HOME}/members/M000000000000/points", token)[0] == 404


def test_coupons_are_issued_once_for_a_key_and_voided(fleet: Fleet, token: str) -> None:
    (member_id,) = put(fleet, token, CHEN)
    batch = {"batch": "SPRING20", "names": {"en": "20 off 200"}, "value_minor": 2000}
    assert ask(fleet, "PUT", f"{HOME}/coupon-batches", token, batch)[1]["states"] == {}
    path = f"{HOME}/coupon-batches/SPRING20/issue"
    wish = {"coupons": [{"member_id": member_id}, {"coupon_id": "PAPER-1"}], "idempotency_key": "i1"}
    first = ask(fleet, "POST", path, token, wish)
    assert first[0] == 200
    assert ask(fleet, "POST", path, token, wish) == first
    mine, paper = first[1]["coupon_ids"]
    assert paper == "PAPER-1"
    told = ask(fleet, "GET", f"{HOME}/coupons/{paper}", token)[1]
    assert (told["state"], [one["kind"] for one in told["history"]]) == ("issued", ["issued"])
    with fleet.database.reading() as connection:
        assert told["code"] == coupon_code(connection, paper)
    found = requests.post(
        f"{fleet.url}{TILL}/members/find", json={"by": "id", "text": member_id},
        headers={"Authorization": f"Bearer {fleet.key}"}, timeout=60,
    ).json()  # fmt: skip
    assert [one["coupon_id"] for one in found["members"][0]["coupons"]] == [mine]
    void = ask(fleet, "POST", f"{HOME}/coupons/void", token, {"coupon_ids": [mine, "GHOST"]})[1]
    assert void == {"voided": 1, "refused": {"GHOST": "unknown"}}
    assert ask(fleet, "GET", f"{HOME}/coupon-batches", token)[1]["batches"][0]["states"] == {
        "issued": 1, "voided": 1,
    }  # fmt: skip
    taken = {"coupons": [{"coupon_id": "PAPER-1", "member_id": member_id}], "idempotency_key": "i2"}
    assert ask(fleet, "POST", path, token, taken)[0] == 409
    ghost = f"{HOME}/coupon-batches/NONE/issue"
    assert ask(fleet, "POST", ghost, token, wish | {"idempotency_key": "i3"})[0] == 404
    bad = batch | {"batch": "small letters"}
    assert ask(fleet, "PUT", f"{HOME}/coupon-batches", token, bad)[1]["error"] == "bad_batch"


def test_the_programme_is_put_as_it_is_told(fleet: Fleet, token: str) -> None:
    told = ask(fleet, "GET", f"{HOME}/programme", token)[1]
    assert (told["rev"], told["programme"]["is_on"]) == (0, False)
    demo = Path(__file__).parents[2] / "resources" / "demo" / "programme.json"
    given = {"programme": json.loads(demo.read_text("utf-8"))}
    status, told = ask(fleet, "PUT", f"{HOME}/programme", token, given)
    assert (status, told["rev"], told["programme"]["is_on"]) == (200, 1, True)
    assert "lookup_key" not in json.dumps(told)
    assert ask(fleet, "PUT", f"{HOME}/programme", token, {"programme": told["programme"]})[0] == 200
    assert (
        ask(fleet, "PUT", f"{HOME}/programme", token, {"programme": {"x": 1}})[1]["error"] == "bad_programme"
    )


# ---------------------------------------------------------------------- what tills ask
def test_a_till_finds_and_takes_in_members(fleet: Fleet, token: str) -> None:
    (member_id,) = put(fleet, token, CHEN, stores=())

    def till(path: str, body: Any, key: str = fleet.key) -> tuple[int, Any]:
        return ask(fleet, "POST", f"{TILL}/{path}", key, body)

    status, found = till("members/find", {"by": "tail", "text": "6027"})
    assert status == 200
    assert found["members"][0]["name"] == "陈**"
    assert "思雨" not in json.dumps(found, ensure_ascii=False)
    feed = "/v1/stores/S1/feed/members"
    assert ask(fleet, "GET", feed, fleet.key)[1]["changes"] == [], "only one of several is not known yet"
    assert (
        till("members/find", {"by": "card", "text": "MC00000001"})[1]["members"][0]["member_id"] == member_id
    )
    assert [one["key"] for one in ask(fleet, "GET", feed, fleet.key)[1]["changes"]] == [member_id]
    wish = {"join_id": "j1", "member_id": "T000000000001", "phone": "13900001111", "consents": {"terms": "1"}}
    status, joined = till("members/join", wish)
    assert (status, joined.get("is_merged", False)) == (200, False)
    assert till("members/join", wish)[1]["member"]["member_id"] == joined["member"]["member_id"]
    assert ["id", "T000000000001"] in joined["member"]["refs"]
    known = wish | {"join_id": "j2", "member_id": "T000000000002", "phone": "138 0013 6027"}
    assert till("members/join", known)[1]["is_merged"] is True
    assert ask(fleet, "POST", "/v1/stores/S2/terminals/T1/members/find", fleet.key, {})[0] == 403
    assert till("members/find", {"by": "tail", "text": "6027"}, token)[0] == 401
    for body in ({"by": "colour", "text": "x"}, {"by": "id", "text": "x" * 201}, {"by": "id", "text": "\0"}):
        assert till("members/find", body)[0] == 400


def test_who_collects_members_is_slowed_down(fleet: Fleet, token: str) -> None:
    put(fleet, token, CHEN)
    asked = [
        ask(fleet, "POST", f"{TILL}/members/find", fleet.key, {"by": "tail", "text": f"{number:04}"})[0]
        for number in range(40)
    ]
    assert asked[:30] == [200] * 30
    assert 429 in asked[30:]
    # Another till of the shop, and somebody with a card, are not held up.
    other = ask(
        fleet, "POST", "/v1/stores/S1/terminals/T2/members/find", fleet.other_key, {"by": "tail", "text": "1"}
    )
    assert other[0] == 200
    assert (
        ask(fleet, "POST", f"{TILL}/members/find", fleet.key, {"by": "card", "text": "MC00000001"})[0] == 200
    )


def test_a_tills_token_opens_nothing_of_the_retailer(fleet: Fleet) -> None:
    for method, path in (
        ("GET", "members"),
        ("PUT", "members"),
        ("GET", "programme"),
        ("GET", "coupon-batches"),
    ):
        assert ask(fleet, method, f"{HOME}/{path}", fleet.key, {})[0] == 401
