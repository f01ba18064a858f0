"""A browser without a screen: cookies, links, forms; and a hub with a fleet page whose clock a test winds."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

from sync.hub.database import Database
from sync.hub.doubts.exception_list import note_exception
from sync.hub.fleet.admins import put_admin
from sync.protocol import codec
from sync.protocol.messages import StatusReport
from tests.hub.conftest import NOW_MS

ADMIN = "ada"
PASSWORD = "correct horse battery"
PAGES = (
    "/fleet",
    "/fleet/stores",
    "/fleet/stores/S1",
    "/fleet/stores/S1/tills/T1",
    "/fleet/exceptions",
    "/fleet/exceptions?state=settled",
    "/fleet/quarantine",
    "/fleet/quarantine?state=settled",
    "/fleet/record",
    "/fleet/prices",
    "/fleet/prices/what-if",
    "/fleet/members",
    "/fleet/coupons",
    "/fleet/gift-cards",
    "/fleet/programme",
    "/fleet/points",
    "/fleet/leases",
)


@dataclass(slots=True)
class HandClock:
    """The hub's clock, wound by hand."""

    ms: int = NOW_MS

    def now_ms(self) -> int:
        return self.ms


@dataclass(frozen=True, slots=True)
class Page:
    """What came back."""

    status: int
    headers: dict[str, str]
    cookies: tuple[str, ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def hidden(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found is not None, f"no field {name} on this page:\n{self.text[:2000]}"
        return unescape(found[1])

    def handles(self) -> list[str]:
        """What the ticks of a list stand for."""
        return [unescape(one) for one in re.findall(r'type="checkbox" name="key" value="([^"]*)"', self.text)]


@dataclass(slots=True)
class Visitor:
    """One browser."""

    url: str
    language: str = "en"
    jar: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Page:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str] | list[tuple[str, str]], **headers: str) -> Page:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url, **headers}
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD) -> Page:
        door = self.get("/fleet/sign-in")
        return self.post(
            "/fleet/sign-in",
            {"door": door.hidden("door"), "name": name, "password": password, "next": "/fleet"},
        )

    def act(self, page: str, path: str, fields: dict[str, str] | list[tuple[str, str]]) -> Page:
        """Send a form of a page, with that page's own token; follows where it leads."""
        token = self.get(page).hidden("csrf")
        pairs = list(fields.items()) if isinstance(fields, dict) else fields
        answer = self.post(path, [("csrf", token), *pairs])
        return self.get(answer.headers["location"]) if answer.status == 303 else answer

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Page:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            sent.setdefault("Accept-Language", self.language)
            if self.jar:
                sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            cookies = tuple(response.headers.get_all("Set-Cookie") or ())
            for cookie in cookies:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.jar[name] = value.strip('"')
            found = {name.lower(): value for name, value in response.getheaders()}
            return Page(response.status, found, cookies, response.read())
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Fleet:
    """A hub with a fleet page, one account, and the sessions of two tills."""

    database: Database
    clock: HandClock
    url: str
    key: str
    other_key: str

    def visitor(self, language: str = "en") -> Visitor:
        """A browser that is signed in."""
        visitor = Visitor(self.url, language)
        assert visitor.sign_in().status == 303
        return visitor

    def report(self, terminal_id: str = "T1", **fields: object) -> Page:
        """A till says how it is; its clock is the hub's unless it says otherwise."""
        told = {
            "epoch": 1,
            "seq": 0,
            "queue_length": 0,
            "oldest_ms": None,
            "clock_ms": self.clock.ms,
            **fields,
        }
        key = self.key if terminal_id == "T1" else self.other_key
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            path = f"/v1/stores/S1/terminals/{terminal_id}/status"
            body = codec.encode_message(StatusReport(**told))  # type: ignore[arg-type]
            connection.request("POST", path, body, {"Authorization": f"Bearer {key}"})
            response = connection.getresponse()
            return Page(response.status, {}, (), response.read())
        finally:
            connection.close()


def note(fleet: Fleet, key: str = "k", **detail: object) -> None:
    """A person has to look at a sale of S1/T1."""
    with fleet.database.writing() as connection:
        note_exception(connection, "S1", "sale_doubtful", key, terminal_id="T1", detail=detail, now_ms=NOW_MS)


def add_account(database: Database) -> None:
    """The account that visitors use."""
    with database.writing() as connection:
        put_admin(connection, ADMIN, PASSWORD, now_ms=NOW_MS, who="test")
