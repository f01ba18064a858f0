"""The door of the fleet page: who gets in, for how long, and that nothing is done by others' forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from sync.hub.database import Database
from sync.hub.fleet.admins import (
    IDLE_MOST_MS,
    NAME_TRIES_MOST,
    PEER_TRIES_MOST,
    SESSION_MOST_MS,
    TRIES_WINDOW_MS,
    put_admin,
    remove_admin,
)
from sync.hub.schema.status import FLEET_SIGN_IN_TRIES
from tests.hub.conftest import NOW_MS
from tests.hub.fleet_visitor import ADMIN, PAGES, PASSWORD, Fleet, Visitor
from tests.hub.test_hub_routes import call

ACTS = (
    "/fleet/exceptions/settle",
    "/fleet/quarantine/settle",
    "/fleet/quarantine/read",
    "/fleet/stores/S1/statements",
    "/fleet/sign-out",
)


@pytest.fixture
def hub_database(tmp_path: Path) -> Iterator[Database]:
    """On SQLite only: who gets in does not depend on the database."""
    database = Database(tmp_path / "hub.db")
    yield database
    database.close()


def test_without_a_session_one_is_led_to_the_door(fleet: Fleet) -> None:
    for path in PAGES:
        page = Visitor(fleet.url).get(path)
        assert page.status == 303
        assert page.headers["location"].startswith("/fleet/sign-in")


def test_a_device_s_token_is_no_session_and_a_session_no_device_s(fleet: Fleet) -> None:
    for path in PAGES:
        assert Visitor(fleet.url).get(path, Authorization=f"Bearer {fleet.key}").status == 303
        visitor = Visitor(fleet.url, jar={"fleet_session": fleet.key})
        assert visitor.get(path).status == 303
    session = fleet.visitor().jar["fleet_session"]
    assert call(fleet.url, "GET", "/v1/stores/S1/feed/settings", key=session)[0] == 401


def test_nothing_is_done_without_a_session_or_without_the_form_s_token(fleet: Fleet) -> None:
    visitor, other = fleet.visitor(), fleet.visitor()
    token, foreign = (one.get("/fleet").hidden("csrf") for one in (visitor, other))
    for path in ACTS:
        assert Visitor(fleet.url).post(path, {"csrf": "x"}).status == 303
        for wrong in ("", "x", "é", foreign):
            assert visitor.post(path, {"csrf": wrong, "key": "x", "note": "n"}).status == 403
        for headers in (
            {"Origin": "http://elsewhere.example"},
            {"Sec_Fetch_Site": "cross-site"},
            {"Origin": "null"},
        ):
            assert visitor.post(path, {"csrf": token}, **headers).status == 403
        assert visitor.get(path).status == 405
    assert visitor.get("/fleet").status == 200, "still signed in"


def test_every_page_is_there_for_who_signed_in_in_both_languages(fleet: Fleet) -> None:
    fleet.report()
    for language, word in (("en", "Sign out"), ("zh-CN,zh;q=0.9", "退出")):
        visitor = fleet.visitor(language)
        for path in PAGES:
            page = visitor.get(path)
            assert page.status == 200, path
            assert word in page.text
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
            assert "unsafe" not in page.headers["content-security-policy"]
            assert page.headers["cache-control"] == "no-store"
            assert not re.search(r"<script(?![^>]* src=)[^>]*>|\son\w+=|style=|javascript:", page.text), path


def test_cookies_cannot_be_read_by_scripts_nor_sent_by_others(fleet: Fleet) -> None:
    visitor = Visitor(fleet.url)
    answer = visitor.sign_in()
    [cookie] = [one for one in answer.cookies if one.startswith("fleet_session=") and "Max-Age=0" not in one]
    assert {"HttpOnly", "Path=/fleet", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_after_signing_in_one_is_led_to_a_page_of_ours_only(fleet: Fleet) -> None:
    for wanted, led_to in (
        ("/fleet/stores?q=a", "/fleet/stores?q=a"),
        ("//evil.example/fleet", "/fleet"),
        ("https://evil.example/fleet", "/fleet"),
        ("/fleet\\..\\x", "/fleet"),
        ("/fleetish", "/fleet"),
        ("javascript:alert(1)", "/fleet"),
        ("/fleet/\r\nSet-Cookie: a=b", "/fleet"),
    ):
        visitor = Visitor(fleet.url)
        door = visitor.get(f"/fleet/sign-in?next={quote(wanted, safe='')}")
        fields = {"door": door.hidden("door"), "name": ADMIN, "password": PASSWORD, "next": wanted}
        assert visitor.post("/fleet/sign-in", fields).headers["location"] == led_to, wanted


def test_wrong_passwords_are_refused_and_counted(fleet: Fleet) -> None:
    visitor = Visitor(fleet.url)
    for _try in range(NAME_TRIES_MOST):
        assert visitor.sign_in(password="wrong password").status == 401
    assert visitor.sign_in(password="wrong password").status == 429
    assert visitor.sign_in().status == 429, "even the right one has to wait"
    fleet.clock.ms += TRIES_WINDOW_MS + 1
    assert visitor.sign_in().status == 303


def test_who_tries_on_and_on_writes_nothing(fleet: Fleet) -> None:
    visitor = Visitor(fleet.url)

    def subjects() -> int:
        with fleet.database.reading() as connection:
            return len(connection.execute(select(FLEET_SIGN_IN_TRIES)).all())

    for number in range(PEER_TRIES_MOST + 1):
        visitor.sign_in(name=f"name{number}", password="wrong password")
    held = subjects()
    for number in range(5):
        assert visitor.sign_in(name=f"other{number}", password="wrong password").status == 429
    assert subjects() == held == PEER_TRIES_MOST + 2


def test_strangers_are_refused_like_wrong_passwords(fleet: Fleet) -> None:
    for name in ("nobody", "", "x" * 500, "\0", "é" * 40):
        assert Visitor(fleet.url).sign_in(name=name).status == 401
    assert Visitor(fleet.url).sign_in(password="x" * 5000).status == 401
    assert Visitor(fleet.url).post("/fleet/sign-in", {"name": ADMIN, "password": PASSWORD}).status == 403


def test_a_session_ends_when_idle_old_left_or_without_its_account(fleet: Fleet) -> None:
    visitor = fleet.visitor()
    for _use in range(3):
        fleet.clock.ms += IDLE_MOST_MS - 1
        assert visitor.get("/fleet").status == 200
    fleet.clock.ms += IDLE_MOST_MS // 2
    assert visitor.get("/fleet?idle=1").status == 200
    fleet.clock.ms += IDLE_MOST_MS // 2 + 1
    assert visitor.get("/fleet?idle=1").status == 303, "a page that refreshes itself is nobody"
    visitor = fleet.visitor()
    for _use in range(SESSION_MOST_MS // IDLE_MOST_MS + 1):
        last = visitor.get("/fleet").status
        fleet.clock.ms += IDLE_MOST_MS - 1
    assert (last, visitor.get("/fleet").status) == (200, 303)
    visitor = fleet.visitor()
    kept = dict(visitor.jar)
    token = visitor.get("/fleet").hidden("csrf")
    assert visitor.post("/fleet/sign-out", {"csrf": token}).status == 303
    assert Visitor(fleet.url, jar=kept).get("/fleet").status == 303, "the cookie opens nothing any more"
    for change in (
        lambda connection: put_admin(connection, ADMIN, "another password", now_ms=NOW_MS, who="t"),
        lambda connection: remove_admin(connection, ADMIN, now_ms=NOW_MS, who="t"),
    ):
        visitor = Visitor(fleet.url)
        assert visitor.sign_in().status == 303 or visitor.sign_in(password="another password").status == 303
        with fleet.database.writing() as connection:
            change(connection)
        assert visitor.get("/fleet").status == 303


def test_forms_are_bounded(fleet: Fleet) -> None:
    visitor = fleet.visitor()
    assert visitor.post("/fleet/exceptions/settle", {"note": "x" * 300_000}).status == 413
    assert visitor.post("/fleet/exceptions/settle", [("key", "x")] * 2_000).status == 400
    assert visitor.post("/fleet/sign-in", {"note": "x" * 300_000}).status == 413
