"""Promotions by HTTP for programs: published, listed, taken back, in a person's name and on record."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from sqlalchemy import select

from sync.hub.schema.status import FLEET_RECORD
from tests.hub.fleet_visitor import ADMIN, PASSWORD, Fleet
from tests.hub.test_promotion_commands import HALF, TEN, held

PATH = "/v1/fleet/promotions"


@pytest.fixture
def token(fleet: Fleet) -> str:
    given = {"name": ADMIN, "password": PASSWORD}
    answer = requests.post(f"{fleet.url}/v1/fleet/session", json=given, timeout=60)
    return str(answer.json()["token"])


def ask(fleet: Fleet, method: str, path: str, token: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    text = body if isinstance(body, str | None) else json.dumps(body)
    answer = requests.request(method, fleet.url + path, data=text, headers=headers, timeout=60)
    return answer.status_code, answer.json()


def test_published_listed_and_taken_back(fleet: Fleet, token: str) -> None:
    # A number with a point stays the decimal that was written.
    off = '{"id":"off","kind":{"type":"amount","amount":1.10}}'
    text = f'{{"promotions": [{off}, {json.dumps(TEN)}]}}'
    assert ask(fleet, "PUT", PATH, token, text) == (
        200, {"changed": 2, "unchanged": 0, "rows": 4, "same_version": []}
    )  # fmt: skip
    only = {"promotions": [HALF], "stores": ["S2"]}
    assert ask(fleet, "PUT", PATH, token, only)[1]["rows"] == 1
    assert held(fleet.database, "S1")["off"]["kind"]["amount"] == "1.10"
    assert sorted(held(fleet.database, "S2")) == ["half", "off", "ten"]
    status, page = ask(fleet, "GET", PATH, token)
    assert status == 200
    assert page["promotions"][0] == {"promotion": HALF, "stores": ["S2"], "regions": []}
    assert page["next"] == ""
    gone = ask(fleet, "POST", f"{PATH}/remove", token, {"ids": ["half", "ghost"]})
    assert gone == (200, {"removed": 1, "unknown": ["ghost"]})
    assert sorted(held(fleet.database, "S2")) == ["off", "ten"]
    with fleet.database.reading() as connection:
        rows = connection.execute(
            select(FLEET_RECORD.c.who, FLEET_RECORD.c.act, FLEET_RECORD.c.subject)
        ).all()
    acts = sorted(tuple(row) for row in rows if row.act.startswith("promotion"))
    assert acts == [
        (ADMIN, "promotion_put", "half"), (ADMIN, "promotion_put", "off"), (ADMIN, "promotion_put", "ten"),
        (ADMIN, "promotion_removed", "half"),
    ]  # fmt: skip


def test_nothing_is_published_while_one_is_wrong(fleet: Fleet, token: str) -> None:
    bad = {"id": "bad", "kind": {"type": "pct", "pct": 120}}
    status, told = ask(fleet, "PUT", PATH, token, {"promotions": [TEN, bad]})
    assert (status, told["error"]) == (400, "bad_promotion")
    assert "promotions[1] (bad): kind.pct: must be a percentage" in told["detail"]
    assert held(fleet.database, "S1") == {}
    wrong: list[Any] = [{"promotions": []}, {"promotions": [TEN], "stores": ["S9"]}, "{", "[]"]
    for body in (*wrong, {"promotions": [TEN], "colour": 1}):
        assert ask(fleet, "PUT", PATH, token, body)[0] == 400
    assert ask(fleet, "POST", f"{PATH}/remove", token, {"ids": []})[0] == 400


def test_a_tills_token_opens_nothing_here(fleet: Fleet) -> None:
    for method, path in (("GET", PATH), ("PUT", PATH), ("POST", f"{PATH}/remove")):
        assert ask(fleet, method, path, fleet.key, "{}")[0] == 401


#: Bodies that no program should send: (a promotion as text, what it is told).
HOSTILE = (
    ('{"id":"p","kind":{"type":"pct","pct":1e9999999999999999999}}', "too large"),
    ('{"id":"p","id":"q","kind":{"type":"pct","pct":5}}', "stands twice"),
    ('{"id":"p","name":"a\\u202eb","kind":{"type":"pct","pct":5}}', "name"),
    ('{"id":"p","name":{"e\\u0000n":"x"},"kind":{"type":"pct","pct":5}}', "name"),
    ('{"id":"p","kind":' + '{"a":' * 900 + "1" + "}" * 901, "kind.type"),
)


def test_hostile_bodies_are_told_what_is_wrong(fleet: Fleet, token: str) -> None:
    for body, why in HOSTILE:
        status, told = ask(fleet, "PUT", PATH, token, f'{{"promotions":[{body}]}}')
        assert (status, told["error"]) == (400, "bad_promotion")
        assert why in told["detail"]
    status, told = ask(fleet, "PUT", PATH, token, '{"promotions":[' + " " * 600_000 + "]}")
    assert (status, told["error"]) == (413, "too_large")
    assert held(fleet.database, "S1") == {}
    # Nothing in a few bytes is not written out as a gigabyte of noughts.
    nothing = '{"id":"p","kind":{"type":"pct","pct":0e-999999999}}'
    assert ask(fleet, "PUT", PATH, token, f'{{"promotions":[{nothing}]}}')[0] == 200
    assert held(fleet.database, "S1")["p"]["kind"]["pct"] == "0"
