"""How often one device, one address and one guesser may ask, and that others are not made to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.hub.goods.shop_admin import put_shop
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.trust.enrolment import new_code
from sync.hub.trust.limits import Limits, TokenBuckets, address_key
from sync.protocol import codec, signing
from sync.protocol.messages import Challenge, EnrolReply, EnrolRequest, Problem, SessionRequest
from sync.protocol.trust import CHALLENGE_PATH, ENROL_PATH, SESSION_PATH, enrol_statement, plain_code, to_text
from tests.hub.conftest import NOW_MS, shop_document
from tests.hub.devices import bearer_token, enrol_device
from tests.hub.test_hub_routes import call


class Hand:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Hand()
    buckets = TokenBuckets(per_s=2.0, burst=3, monotonic_s=clock)
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.take("b") == 0.0, "another one's bucket"
    clock.s += 0.5
    assert buckets.wait_s("a") == 0.0
    assert [buckets.take("a"), buckets.take("a")] == [0.0, 0.5]
    clock.s += 3600
    assert [buckets.take("a") > 0 for _ in range(4)] == [False, False, False, True], (
        "never more than the burst"
    )


def test_without_a_rate_there_is_no_limit() -> None:
    buckets = TokenBuckets(per_s=0.0, burst=1, monotonic_s=Hand())
    assert [buckets.take("a") for _ in range(9)] == [0.0] * 9
    assert buckets.wait_s("a") == 0.0


def test_the_number_of_buckets_is_bounded() -> None:
    buckets = TokenBuckets(per_s=1.0, burst=1, monotonic_s=Hand(), keys_max=100)
    for number in range(10_000):
        buckets.take(str(number))
    assert len(buckets) == 100
    assert buckets.take("9999") > 0, "those seen last are remembered"


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_counts_as_what_one_host_may_have(host: str, key: str) -> None:
    assert address_key(host) == key


@contextmanager
def served(path: Path, limits: Limits) -> Iterator[tuple[str, EmbeddedHub]]:
    hub = EmbeddedHub(path, now_ms=lambda: NOW_MS, limits=limits)
    with hub.database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    try:
        yield hub.start(), hub
    finally:
        hub.stop()


def answers(ask: Callable[[], tuple[int, dict[str, str], bytes]], times: int) -> list[int]:
    return [ask()[0] for _ in range(times)]


def test_a_device_gone_mad_waits_and_the_others_do_not(tmp_path: Path) -> None:
    with served(tmp_path / "hub.db", Limits(device_per_s=0.01, device_burst=3)) as (url, hub):
        mad, other = (
            bearer_token(hub.database, enrol_device(hub.database, "S1", terminal, NOW_MS), NOW_MS)
            for terminal in ("T1", "T2")
        )
        path = "/v1/stores/S1/feed/settings"
        assert answers(lambda: call(url, "GET", path, key=mad), 4) == [200, 200, 200, 429]
        status, headers, body = call(url, "GET", path, key=mad)
        assert (status, codec.decode_message(body, Problem).error) == (429, "too_many_requests")
        assert 90 <= int(headers["retry-after"]) <= 100
        assert call(url, "GET", path, key=other)[0] == 200
        assert call(url, "GET", "/healthz")[0] == 200


def test_who_has_no_session_is_counted_by_address(tmp_path: Path) -> None:
    with served(tmp_path / "hub.db", Limits(address_per_s=0.01, address_burst=4)) as (url, hub):
        good = bearer_token(hub.database, enrol_device(hub.database, "S1", "T1", NOW_MS), NOW_MS)
        path = "/v1/stores/S1/feed/settings"
        assert answers(lambda: call(url, "POST", CHALLENGE_PATH), 2) == [200, 200]
        assert answers(lambda: call(url, "GET", path, key="guessed"), 3) == [401, 401, 429]
        assert call(url, "POST", CHALLENGE_PATH)[0] == 429
        assert call(url, "GET", path, key=good)[0] == 200, "a device that is in is not counted there"


def enrol_body(code: str) -> bytes:
    private_key = signing.new_private_key()
    public_key = to_text(signing.public_key_of(private_key))
    proof = to_text(signing.sign(private_key, enrol_statement(plain_code(code) or "", public_key)))
    return codec.encode_message(EnrolRequest(code, public_key, proof))


def test_wrong_codes_cost_and_right_ones_do_not(tmp_path: Path) -> None:
    limits = Limits(wrong_codes_per_s=0.001, wrong_codes_burst=3)
    with served(tmp_path / "hub.db", limits) as (url, hub):
        for number in range(1, 5):
            with hub.database.writing() as connection:
                secret = bytes([number] * 10)
                code = new_code(connection, "S1", "T1", secret=secret, now_ms=NOW_MS) or ""
            status, _headers, body = call(url, "POST", ENROL_PATH, body=enrol_body(code))
            assert (status, codec.decode_message(body, EnrolReply).terminal_id) == (200, "T1")
        wrong = enrol_body("0000-0000-0000-0000")
        assert answers(lambda: call(url, "POST", ENROL_PATH, body=wrong), 4) == [403, 403, 403, 429]
        with hub.database.writing() as connection:
            code = new_code(connection, "S1", "T2", secret=bytes(10), now_ms=NOW_MS) or ""
        status, headers, body = call(url, "POST", ENROL_PATH, body=enrol_body(code))
        assert (status, codec.decode_message(body, Problem).error) == (429, "too_many_codes")
        assert int(headers["retry-after"]) > 100


def test_requests_that_are_none_are_told_so(tmp_path: Path) -> None:
    bodies = [b"", b"{}", b"[1]", b"\xff", b"x" * 5_000, b'{"code":1}']
    with served(tmp_path / "hub.db", Limits()) as (url, _hub):
        for path in (ENROL_PATH, SESSION_PATH):
            statuses = [call(url, "POST", path, body=body)[0] for body in bodies]
            assert statuses == [400, 400, 400, 400, 413, 400], path


def test_a_challenge_of_another_time_is_asked_for_again(tmp_path: Path) -> None:
    with served(tmp_path / "hub.db", Limits()) as (url, _hub):
        given = codec.decode_message(call(url, "POST", CHALLENGE_PATH)[2], Challenge).challenge
        spoilt = codec.encode_message(SessionRequest("k", given[:-3] + "AAA", "s"))
        status, _headers, body = call(url, "POST", SESSION_PATH, body=spoilt)
        assert (status, codec.decode_message(body, Problem).error) == (409, "challenge_over")
        unknown = codec.encode_message(SessionRequest("k", given, "s"))
        assert call(url, "POST", SESSION_PATH, body=unknown)[0] == 401
