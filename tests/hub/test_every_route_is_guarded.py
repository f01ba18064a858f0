"""Every route of the hub, walked: nobody gets in with no, a wrong, an old or another one's token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount, Route

from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.routes import all_routes
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.trust.enrolment import revoke
from sync.hub.upkeep.metrics import Metrics
from sync.protocol import codec
from sync.protocol.messages import Problem
from sync.protocol.trust import CHALLENGE_PATH, ENROL_PATH, SESSION_PATH
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.devices import bearer_token, enrol_device, new_device_key
from tests.hub.test_hub_routes import call

#: Routes for whoever asks: each has its own test of what it gives away.
OPEN = frozenset(
    {
        "/v1/fleet/session",
        "/healthz",
        "/livez",
        "/metrics",
        "/openapi.json",
        ENROL_PATH,
        CHALLENGE_PATH,
        SESSION_PATH,
    }
)
#: Pages for people have sessions and tests of their own.
PEOPLE = "/fleet"
#: What programs ask in a person's name.
PROGRAMS = "/v1/fleet"
STORE = "/v1/stores/{store_id}"
TERMINAL = STORE + "/terminals/{terminal_id}"
#: What stands for any other part of a path.
FILLED = {
    "statement_id": "x", "stream": "settings", "sha256": "00" * 32, "member_id": "M000000000000",
    "coupon_id": "C1", "batch": "B1",
}  # fmt: skip


def routes_of(table: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every (method, path) of a table of routes."""
    for route in table:
        if isinstance(route, Mount):
            yield from routes_of(list(route.routes or []), prefix + route.path)
            continue
        assert isinstance(route, Route), f"{route} is of a kind that this walk does not know"
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, prefix + route.path


@dataclass(frozen=True, slots=True)
class Doors:
    url: str
    routes: list[tuple[str, str]]
    tokens: dict[str, str]
    good: str


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    """A served hub, its routes, and tokens of which none but one is of any use at S1/T1."""
    path = tmp_path / "hub.db"
    database = Database(path)
    with database.writing() as connection:
        for store_id in ("S1", "S2"):
            document = shop_document(store_id, terminals=[{"id": "T1"}, {"id": "T2"}, {"id": "T3"}])
            put_shop(connection, document, show_pins=False, now_ms=NOW_MS)

    def token(store_id: str, terminal_id: str, *, now_ms: int = NOW_MS) -> str:
        return bearer_token(database, enrol_device(database, store_id, terminal_id, NOW_MS), now_ms)

    replaced = token("S1", "T1")
    good_key = enrol_device(database, "S1", "T1", NOW_MS)
    good = bearer_token(database, good_key, NOW_MS)
    tokens = {
        "none": "",
        "garbled": good[:-4] + "AAAA",
        "expired": bearer_token(database, good_key, NOW_MS - 3_600_000),
        "of no key": bearer_token(database, new_device_key("S1", "T1"), NOW_MS),
        "replaced": replaced,
        "of another store": token("S2", "T1"),
        "of another terminal": token("S1", "T2"),
        "revoked": token("S1", "T3"),
    }
    with database.writing() as connection:
        assert revoke(connection, "S1", "T3", now_ms=NOW_MS) == 1
    table = all_routes(database, lambda: NOW_MS, metrics=Metrics(dict))
    routes = list(routes_of(table))
    database.close()
    hub = EmbeddedHub(path, now_ms=lambda: NOW_MS)
    yield Doors(hub.start(), routes, tokens, good)
    hub.stop()


def filled(path: str) -> str:
    for name, value in ({"store_id": "S1", "terminal_id": "T1"} | FILLED).items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"say in FILLED what stands for the rest of {path}"
    return path


def test_every_route_is_open_for_a_reason_or_of_one_store(doors: Doors) -> None:
    assert len(doors.routes) >= 8
    strangers = [
        (method, path)
        for method, path in doors.routes
        if path not in OPEN and not path.startswith((STORE, PEOPLE, PROGRAMS))
    ]
    assert strangers == []


@pytest.mark.parametrize(
    ("status", "error", "tokens"),
    [
        (401, "key_refused", ["none", "garbled", "expired", "of no key"]),
        (403, "revoked", ["replaced", "revoked"]),
        (403, "store_refused", ["of another store"]),
    ],
)
def test_nobody_else_gets_through_any_door(doors: Doors, status: int, error: str, tokens: list[str]) -> None:
    for method, path in doors.routes:
        for whose in tokens if path.startswith(STORE) else ():
            answer = call(doors.url, method, filled(path), key=doors.tokens[whose], body=b"{}")
            problem = codec.decode_message(answer[2], Problem)
            assert (answer[0], problem.error) == (status, error), f"{method} {path}, {whose}"


def test_no_till_gets_through_the_doors_of_persons(doors: Doors) -> None:
    walked = 0
    for method, path in doors.routes:
        if path.startswith(PROGRAMS) and path not in OPEN:
            walked += 1
            for token in (*doors.tokens.values(), doors.good):
                answer = call(doors.url, method, filled(path), key=token, body=b"{}")
                problem = codec.decode_message(answer[2], Problem)
                assert (answer[0], problem.error) == (401, "session_refused"), f"{method} {path}"
    assert walked >= 8


def test_another_terminal_of_the_store_reaches_no_terminals_own_doors(doors: Doors) -> None:
    walked = 0
    for method, path in doors.routes:
        if path.startswith(TERMINAL):
            walked += 1
            answer = call(
                doors.url, method, filled(path), key=doors.tokens["of another terminal"], body=b"{}"
            )
            assert answer[0] == 403, f"{method} {path}"
    assert walked >= 3


def test_the_right_token_gets_through_every_door(doors: Doors) -> None:
    for method, path in doors.routes:
        if path.startswith(STORE):
            status, _headers, body = call(doors.url, method, filled(path), key=doors.good, body=b"{}")
            error = codec.decode_message(body, Problem).error if status != 200 else ""
            assert status < 500, f"{method} {path}"
            assert error not in ("key_refused", "revoked", "store_refused"), f"{method} {path}"


def test_a_walk_sees_a_route_without_guard() -> None:
    async def naked(_request: object) -> None:
        """Does nothing."""

    table: list[BaseRoute] = [Mount("/v1", routes=[Route("/everything", naked, methods=["GET"])])]
    assert list(routes_of(table)) == [("GET", "/v1/everything")]
