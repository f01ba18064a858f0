"""The fleet as JSON: who may ask, pages by a cursor, settling on record, statements that prove themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from sync.hub.doubts.exception_list import note_exception
from sync.hub.fleet.admins import IDLE_MOST_MS
from sync.hub.fleet.statements import verified
from sync.hub.schema.status import FLEET_RECORD
from sync.hub.trust.hub_keys import public_keys
from tests.hub.conftest import NOW_MS, event_line
from tests.hub.fleet_visitor import ADMIN, PASSWORD, Fleet, note
from tests.hub.test_fleet_work import broken_sale
from tests.hub.test_hub_routes import call, push

API = "/v1/fleet"


class Program:
    """A program of the shop's IT, signed in."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.token = ""
        status, said = self.ask("POST", "/session", {"name": ADMIN, "password": PASSWORD})
        assert status == 200, said
        self.token = said["token"]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of one request."""
        data = None if body is None else json.dumps(body).encode()
        status, _headers, answer = call(self.fleet.url, method, API + path, key=self.token, body=data)
        return status, json.loads(answer)

    def get(self, path: str) -> Any:
        """What is answered, which must be well."""
        status, said = self.ask("GET", path)
        assert status == 200, said
        return said

    def all(self, path: str, name: str) -> list[Any]:
        """The rows of every page."""
        found, after = [], ""
        while True:
            said = self.get(path + (f"&after={after}" if after else ""))
            found += said[name]
            after = said["next"]
            if not after:
                return found


def test_tills_tell_their_queue_its_age_and_when_they_were_seen(fleet: Fleet) -> None:
    fleet.report("T2", queue_length=3, oldest_ms=NOW_MS - 60_000, app_version="1.2.3", clock_ms=NOW_MS + 5)
    program = Program(fleet)
    page = program.get("/tills?store=S1")
    first, second = page["tills"]
    assert (first["terminal_id"], first["last_seen_ms"], first["oldest_age_ms"]) == ("T1", None, None)
    assert page["time_ms"] == NOW_MS
    wanted = {
        "store_id": "S1", "terminal_id": "T2", "queue_length": 3, "oldest_age_ms": 60_000, "online": True,
        "app_version": "1.2.3", "last_seen_ms": NOW_MS, "clock_offset_ms": 5, "key": "active", "set_up": True,
    }  # fmt: skip
    assert wanted.items() <= second.items()
    places = [(one["store_id"], one["terminal_id"]) for one in program.all("/tills?limit=1", "tills")]
    assert places == [("S1", "T1"), ("S1", "T2"), ("S2", "T1"), ("S2", "T2")]
    assert [one["terminal_id"] for one in program.get("/tills?filter=online")["tills"]] == ["T2"]


def test_exceptions_are_paged_and_settled_on_record(fleet: Fleet) -> None:
    for number in range(7):
        note(fleet, f"k{number}", seq=number)
    with fleet.database.writing() as connection:
        note_exception(connection, "S2", "stock_count", "a:1", detail={"sku": "a"}, now_ms=NOW_MS - 1)
    program = Program(fleet)
    found = program.all("/exceptions?limit=3", "exceptions")
    assert [one["key"] for one in found] == ["a:1", *(f"k{number}" for number in range(7))]
    assert found[0]["kind"] == "stock_count"
    assert found[0]["detail"] == {"sku": "a"}
    assert len(program.all("/exceptions?limit=3&store=S1", "exceptions")) == 7
    assert len(program.all("/exceptions?kind=stock_count", "exceptions")) == 1
    wish = {"handles": [found[1]["handle"], found[2]["handle"]], "note": "seen"}
    assert program.ask("POST", "/exceptions/settle", wish) == (200, {"settled": 2})
    assert program.ask("POST", "/exceptions/settle", wish) == (200, {"settled": 0})
    assert len(program.all("/exceptions?limit=3", "exceptions")) == 6
    settled = program.all("/exceptions?state=settled", "exceptions")
    assert [(one["key"], one["settled_by"], one["note"], one["outcome"]) for one in settled] == [
        ("k0", ADMIN, "seen", "settled"),
        ("k1", ADMIN, "seen", "settled"),
    ]
    with fleet.database.reading() as connection:
        query = select(FLEET_RECORD.c.who).where(FLEET_RECORD.c.act == "exception_settled")
        assert connection.execute(query).scalars().all() == [ADMIN, ADMIN]


def test_quarantined_lines_are_paged_and_settled(fleet: Fleet) -> None:
    lines = [event_line(1), *(broken_sale(seq) for seq in range(2, 6))]
    assert push(fleet.url, fleet.key, lines)[0] == 200
    program = Program(fleet)
    found = program.all("/quarantine?limit=1", "lines")
    assert [one["seq"] for one in found] == [2, 3, 4, 5]
    assert "total_minor" in found[0]["reason"]
    wish = {"handles": [one["handle"] for one in found[:3]], "note": "booked by hand"}
    assert program.ask("POST", "/quarantine/settle", wish) == (200, {"settled": 3})
    assert [one["seq"] for one in program.all("/quarantine?store=S1", "lines")] == [5]
    assert len(program.all("/quarantine?state=settled", "lines")) == 3


def test_statements_are_made_listed_and_prove_themselves(fleet: Fleet) -> None:
    assert push(fleet.url, fleet.key, [event_line(1)])[0] == 200
    program = Program(fleet)
    days = {"first_day": "2026-05-28", "last_day": "2026-05-28"}
    status, made = program.ask("POST", "/stores/S1/statements", days)
    assert status == 200
    with fleet.database.reading() as connection:
        said = verified(json.dumps(made).encode(), public_keys(connection))
    assert not isinstance(said, str)
    assert said.store_id == "S1"
    [mark] = program.get("/stores/S1/statements")["statements"]
    assert (mark["last_day"], mark["made_by"]) == ("2026-05-28", ADMIN)
    assert program.get(f"/stores/S1/statements/{mark['statement_id']}") == made
    assert program.ask("GET", "/stores/S2/statements/" + mark["statement_id"])[0] == 404
    assert program.ask("GET", "/stores/S9/statements")[0] == 404
    assert program.ask("POST", "/stores/S9/statements", days)[0] == 404
    assert program.ask("POST", "/stores/S1/statements", days | {"first_day": "2027-01-01"})[0] == 400


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/tills?filter=nonsense", "bad_query"),
        ("/tills?stor=S1", "bad_query"),
        ("/tills?store=%00", "bad_query"),
        ("/tills?limit=0", "bad_limit"),
        ("/tills?limit=501", "bad_limit"),
        ("/tills?after=abc", "bad_cursor"),
        ("/exceptions?after=WyJhIiwiYiJd", "bad_cursor"),
        ("/exceptions?kind=new", "bad_query"),
        ("/quarantine?state=new", "bad_query"),
    ],
)
@pytest.mark.parametrize("hub_database", ["sqlite"], indirect=True)
def test_what_cannot_be_asked_is_refused(fleet: Fleet, path: str, error: str) -> None:
    status, said = Program(fleet).ask("GET", path)
    assert (status, said["error"]) == (400, error)


@pytest.mark.parametrize("hub_database", ["sqlite"], indirect=True)
def test_only_a_living_session_of_an_account_is_let_in(fleet: Fleet) -> None:
    program = Program(fleet)
    assert program.ask("POST", "/session", {"name": ADMIN, "password": "another one"})[0] == 401
    assert program.ask("POST", "/session", {"name": ADMIN})[0] == 400
    for body in ({"handles": ["junk"], "note": "n"}, {"handles": [], "note": "n"}, {"handles": ["junk"]}):
        assert program.ask("POST", "/exceptions/settle", body)[0] == 400
    # The page's cookie is no token: a form of another site could send it along.
    visitor = fleet.visitor()
    assert visitor.get(f"{API}/tills").status == 401
    # Nor does the token open a till's doors.
    status, _headers, _body = call(fleet.url, "GET", "/v1/stores/S1/terminals/T1/summary", key=program.token)
    assert status == 401
    program.get("/tills")
    fleet.clock.ms += IDLE_MOST_MS + 1
    assert program.ask("GET", "/tills")[0] == 401


@pytest.mark.parametrize("hub_database", ["sqlite"], indirect=True)
def test_guessing_passwords_ends_after_a_few_tries(fleet: Fleet) -> None:
    statuses = []
    for number in range(12):
        body = json.dumps({"name": ADMIN, "password": f"guess {number}"}).encode()
        status, headers, _body = call(fleet.url, "POST", f"{API}/session", body=body)
        statuses.append(status)
    assert statuses[:10] == [401] * 10
    assert statuses[-1] == 429
    assert headers["retry-after"] == "900"
