"""The hub's routes attacked by their own description, and by bytes that nobody described: never a 5xx.

In full: POS_FUZZ_EXAMPLES=2000 python -m pytest tests/hub/test_route_fuzz.py
"""

from __future__ import annotations

import os
import resource
from typing import Any

import pytest
import requests
import schemathesis
import zstandard
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from sqlalchemy import func, select

from sync.hub.fleet.admins import Session, sign_in
from sync.hub.routes.openapi import openapi_document
from sync.hub.schema.events import EVENT
from sync.protocol import codec
from sync.protocol.versions import (
    BATCH_MEDIA_TYPE,
    HEADER_CHAIN,
    HEADER_EPOCH,
    HEADER_FIRST_SEQ,
    HEADER_SIGNATURE,
)
from tests.hub.conftest import NOW_MS, Enrolled, event_line
from tests.hub.fleet_visitor import ADMIN, PASSWORD, add_account

EXAMPLES = int(os.environ.get("POS_FUZZ_EXAMPLES", "12"))
FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 100,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@schemathesis.serializer(BATCH_MEDIA_TYPE)
def as_it_is(_context: Any, value: Any) -> bytes:
    """A body of bytes is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


SCHEMA = schemathesis.openapi.from_dict(openapi_document("1"))
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}
EVENTS = "/v1/stores/S1/terminals/T1/events"

pytestmark = [
    pytest.mark.expected_logs,
    pytest.mark.parametrize("hub_database", ["sqlite"], indirect=True),
]


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_no_request_of_the_description_breaks_the_hub(
    label: str, hub_url: str, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = enrolled.key
    if "/v1/fleet" in label:
        monkeypatch.setattr(
            "sync.hub.fleet.admins._HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        )
        add_account(enrolled.database)
        session = sign_in(enrolled.database, ADMIN, PASSWORD, peer="test", now_ms=NOW_MS)
        assert isinstance(session, Session)
        token = session.token
    with requests.Session() as session:

        @FUZZ
        @given(case=OPERATIONS[label].as_strategy())
        def attack(case: Any) -> None:
            # In the store and terminal of the token: others are refused before anything happens.
            for name, value in (("store_id", "S1"), ("terminal_id", "T1")):
                if name in case.path_parameters:
                    case.path_parameters[name] = value
            answer = case.call(
                base_url=hub_url, session=session, headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code != 401 or "session" in label
            case.validate_response(answer, checks=[not_a_server_error])

        attack()


numbers = st.one_of(st.integers(-2, 2**70), st.sampled_from([0, 1, 2**31, 2**63 - 1, 2**63]))
junk = st.one_of(
    st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace"))
)
lines = st.one_of(
    junk,
    st.builds(
        lambda seq, spoilt, at: spoilt[:at] + event_line(seq) + spoilt[at:],
        st.integers(1, 40), st.binary(max_size=4), st.integers(0, 4),
    ),
    st.builds(event_line, st.integers(1, 40)),
    st.builds(
        lambda seq, kind, day: event_line(seq, kind=kind, business_date=day, event_id=f"x{seq}"),
        st.integers(1, 40), st.text(min_size=1, max_size=70), st.text(max_size=20),
    ),
)  # fmt: skip
bodies = st.one_of(
    junk,
    st.lists(lines, max_size=12).map(
        lambda some: zstandard.ZstdCompressor(level=1).compress(b"\n".join(some))
    ),
)


def test_no_batch_breaks_the_hub(hub_url: str, enrolled: Enrolled) -> None:
    with requests.Session() as session:

        @FUZZ
        @given(
            body=bodies,
            epoch=numbers,
            first=st.none() | numbers,
            chain=st.none() | st.text("0a:é", max_size=70),
        )
        def attack(body: bytes, epoch: int, first: int | None, chain: str | None) -> None:
            headers: dict[str, Any] = {HEADER_EPOCH: str(epoch), "Authorization": f"Bearer {enrolled.key}"}
            if first is not None:
                headers[HEADER_FIRST_SEQ] = str(first)
            if chain is not None:
                headers |= {HEADER_CHAIN: chain.encode(), HEADER_SIGNATURE: chain.encode()}
            answer = session.post(hub_url + EVENTS, data=body, headers=headers, timeout=60)
            assert answer.status_code < 500, answer.text

        attack()
        # Whatever came before, a good batch in an epoch of its own is taken in.
        good = codec.pack([event_line(seq, epoch=77, event_id=f"good-{seq}") for seq in (1, 2)])
        headers = {HEADER_EPOCH: "77", "Authorization": f"Bearer {enrolled.key}"}
        answer = session.post(hub_url + EVENTS, data=good, headers=headers, timeout=60)
        assert answer.json()["acked_through"] == 2
    with enrolled.database.reading() as connection:
        query = select(func.count()).where(EVENT.c.event_id.in_(["good-1", "good-2"]))
        assert connection.execute(query).scalar_one() == 2


def test_bombs_do_not_fill_the_memory(hub_url: str, enrolled: Enrolled) -> None:
    # The hub is served by this process: what it takes shows in our own peak. A gigabyte, packed in steps.
    packing = zstandard.ZstdCompressor(level=3).compressobj()
    nothing = bytes(1 << 20)
    bomb = b"".join(packing.compress(nothing) for _ in range(1024)) + packing.flush()
    assert len(bomb) < 200_000
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    headers = {HEADER_EPOCH: "1", "Authorization": f"Bearer {enrolled.key}"}
    for body in (bomb, bomb * 2, bytes(codec.BATCH_MAX_BYTES + 1)):
        answer = requests.post(hub_url + EVENTS, data=body, headers=headers, timeout=60)
        assert answer.status_code in (400, 413)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown_kb < 300 * 1024
