"""The hub over real HTTP on the loopback: who may do what, what is bounded, what comes back."""

from __future__ import annotations

import http.client
import json
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import pytest
import zstandard

from sync.hub.database import BusyError
from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.trust.enrolment import new_code
from sync.protocol import codec
from sync.protocol.messages import FeedPage, Problem, PushReply, TerminalSummary
from sync.protocol.versions import KNOWN_STREAMS
from tests.hub.conftest import NOW_MS, Enrolled, event_line, shop_document

EVENTS = "/v1/stores/S1/terminals/T1/events"


def call(
    url: str, method: str, path: str, *, key: str = "", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    finally:
        connection.close()


def push(url: str, key: str, lines: list[bytes], path: str = EVENTS) -> tuple[int, bytes]:
    headers = {"Posapp_Epoch": "1", "Posapp_First_Seq": "1"}
    status, _headers, body = call(url, "POST", path, key=key, body=codec.pack(lines), **headers)
    return status, body


def test_events_go_in_once_and_the_summary_tells(hub_url: str, enrolled: Enrolled) -> None:
    lines = [event_line(seq) for seq in range(1, 41)]
    for _again in range(2):
        status, body = push(hub_url, enrolled.key, lines)
        assert (status, codec.decode_message(body, PushReply).acked_through) == (200, 40)
    status, headers, body = call(hub_url, "GET", "/v1/stores/S1/terminals/T1/summary", key=enrolled.key)
    assert status == 200
    assert codec.decode_message(body, TerminalSummary) == TerminalSummary(40, 40, 40 * 1250, 40)
    assert headers["posapp-time-ms"] == str(NOW_MS)


def test_health_needs_no_key(hub_url: str) -> None:
    status, headers, body = call(hub_url, "GET", "/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert headers["posapp-time-ms"] == str(NOW_MS)


def test_a_hub_whose_database_is_away_says_so(enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = EmbeddedHub(enrolled.database.location.named, now_ms=lambda: NOW_MS)
    url = hub.start()
    try:
        monkeypatch.setattr(hub.database, "_told_apart", _away)
        assert call(url, "GET", "/healthz")[0] == 503
        monkeypatch.undo()
        assert call(url, "GET", "/healthz")[0] == 200
    finally:
        monkeypatch.undo()
        hub.stop()


def _away() -> AbstractContextManager[None]:
    raise BusyError("away")


@pytest.mark.parametrize("key", ["", "x", "S1.T1.secret", ".", "a.", "é.é.é" * 50, "a" * 700])
def test_a_wrong_key_is_401(hub_url: str, key: str) -> None:
    assert push(hub_url, key.encode().decode("latin-1"), [event_line(1)])[0] == 401


def test_a_key_is_good_for_its_own_place_only(hub_url: str, enrolled: Enrolled) -> None:
    line = [event_line(1)]
    assert push(hub_url, enrolled.other_store_key, line)[0] == 403
    assert push(hub_url, enrolled.other_key, line)[0] == 403
    assert call(hub_url, "GET", "/v1/stores/S1/feed/settings", key=enrolled.other_store_key)[0] == 403
    assert call(hub_url, "GET", "/v1/stores/S1/terminals/T1/summary", key=enrolled.other_key)[0] == 403
    assert call(hub_url, "GET", "/v1/stores/S1/feed/settings", key=enrolled.other_key)[0] == 200


def test_a_terminal_that_the_shop_file_no_longer_names_is_refused_until_it_is_named_again(
    hub_url: str, enrolled: Enrolled
) -> None:
    line = [event_line(1)]

    def bring(*terminals: str) -> None:
        document = shop_document(terminals=[{"id": one} for one in terminals])
        with enrolled.database.writing() as connection:
            put_shop(connection, document, show_pins=False, now_ms=NOW_MS)

    bring("T2")
    status, body = push(hub_url, enrolled.key, line)
    assert (status, codec.decode_message(body, Problem)) == (
        403,
        Problem("terminal_removed", "this terminal is not in the shop file"),
    )
    assert call(hub_url, "GET", "/v1/stores/S1/feed/settings", key=enrolled.key)[0] == 403
    assert call(hub_url, "GET", "/v1/stores/S1/feed/settings", key=enrolled.other_key)[0] == 200
    assert call(hub_url, "GET", "/v1/stores/S2/feed/settings", key=enrolled.other_store_key)[0] == 200
    with enrolled.database.writing() as connection:
        assert new_code(connection, "S1", "T1", secret=bytes(10), now_ms=NOW_MS) is None
    bring("T1", "T2")
    assert push(hub_url, enrolled.key, line)[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"plainly no zstd", 400),
        (b"", 400),
        (codec.compress(b"x\n" * 10)[:-3], 400),
        (codec.compress(b"a\n") * 2, 400),
        (zstandard.ZstdCompressor(level=19).compress(bytes(codec.BATCH_MAX_PLAIN_BYTES + 1)), 413),
        (codec.compress(b"x\n" * (codec.BATCH_MAX_LINES + 1)), 413),
        (bytes(codec.BATCH_MAX_BYTES + 1), 413),
    ],
)
def test_bodies_are_bounded_and_checked(hub_url: str, enrolled: Enrolled, body: bytes, status: int) -> None:
    answer = call(hub_url, "POST", EVENTS, key=enrolled.key, body=body, Posapp_Epoch="1")
    assert answer[0] == status
    assert json.loads(answer[2])["error"]
    assert push(hub_url, enrolled.key, [event_line(1)])[0] == 200, "the hub goes on"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Posapp_Epoch": "one"}, {"Posapp_Epoch": "-1"}, {"Posapp_Epoch": "9" * 40}]
    + [{"Posapp_Epoch": "1", "Posapp_First_Seq": wrong} for wrong in ("0", "x", "9" * 40)],
)
def test_wrong_headers_are_400(hub_url: str, enrolled: Enrolled, headers: dict[str, str]) -> None:
    assert call(hub_url, "POST", EVENTS, key=enrolled.key, body=codec.pack([]), **headers)[0] == 400


def test_another_protocol_asks_for_an_upgrade(hub_url: str, enrolled: Enrolled) -> None:
    path = "/v1/stores/S1/feed/settings"
    assert call(hub_url, "GET", path, key=enrolled.key, Posapp_Protocol="2")[0] == 426


def test_the_settings_stream_gives_the_whole_shop_once(hub_url: str, enrolled: Enrolled) -> None:
    path = "/v1/stores/S1/feed/settings"
    status, headers, body = call(hub_url, "GET", path, key=enrolled.key, Accept_Encoding="zstd")
    assert (status, headers["content-encoding"]) == (200, "zstd")
    page = codec.decode_message(codec.decompress(body, max_bytes=10**6), FeedPage)
    assert [(change.kind, change.key) for change in page.changes] == [("upsert", "shop")]
    document = json.loads(bytes(page.changes[0].body))
    assert document["store"]["id"] == "S1"
    _status, headers, body = call(hub_url, "GET", f"{path}?after={page.next_cursor}", key=enrolled.key)
    assert "content-encoding" not in headers
    assert codec.decode_message(body, FeedPage) == FeedPage((), page.next_cursor, False)


@pytest.mark.parametrize(
    ("query", "status"),
    [("?after=junk", 400), ("?after=00ff:3", 410), ("?limit=x", 400), ("?limit=0", 200), ("?after=", 200)],
)
def test_cursors_of_others_are_told_apart(hub_url: str, enrolled: Enrolled, query: str, status: int) -> None:
    for stream in ("settings", "catalogue"):
        assert call(hub_url, "GET", f"/v1/stores/S1/feed/{stream}{query}", key=enrolled.key)[0] == status


def test_a_cursor_ahead_of_a_restored_hub_starts_anew(hub_url: str, enrolled: Enrolled) -> None:
    ahead = f"?after={enrolled.database.feed_id}:999"
    assert call(hub_url, "GET", f"/v1/stores/S1/feed/catalogue{ahead}", key=enrolled.key)[0] == 410


def test_an_unknown_stream_is_404(hub_url: str, enrolled: Enrolled) -> None:
    assert call(hub_url, "GET", "/v1/stores/S1/feed/nothing", key=enrolled.key)[0] == 404


@pytest.mark.parametrize("stream", KNOWN_STREAMS[2:])
def test_a_known_stream_without_rows_is_empty(hub_url: str, enrolled: Enrolled, stream: str) -> None:
    path = f"/v1/stores/S1/feed/{stream}"
    status, _headers, body = call(hub_url, "GET", path, key=enrolled.key)
    page = codec.decode_message(body, FeedPage)
    assert (status, page.changes, page.more) == (200, (), False)
    assert call(hub_url, "GET", f"{path}?after={page.next_cursor}", key=enrolled.key)[2] == body
