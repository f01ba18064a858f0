"""Content that no database or reader likes goes in whole: acknowledged, kept, never an error of the hub."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sync.hub.intake import explode, reading
from sync.hub.schema.events import EVENT, QUARANTINE, RETAIL_TRANSACTION
from sync.protocol import codec
from sync.protocol.messages import PushReply
from tests.hub.conftest import Enrolled, event_line, sale_body
from tests.hub.test_hub_routes import EVENTS, call, push

pytestmark = pytest.mark.expected_logs


def with_line(**changes: object) -> dict[str, object]:
    body = sale_body(2)
    return body | {"lines": [body["lines"][0] | changes]}


def spliced(old: bytes, new: bytes) -> bytes:
    line = event_line(2)
    assert old in line
    return line.replace(old, new)


POISON = {
    "NUL in a code": event_line(2, body=with_line(code="a\0b")),
    "NUL in names": event_line(2, body=with_line(names={"en": "a\0b"})),
    "NUL in the sale's id": event_line(2, body=sale_body(2) | {"transaction_id": "\0"}),
    "NUL in a pack": event_line(2, body=with_line(pack={"gtin14": "1", "serial": "\0"})),
    "NUL in the event's id": event_line(2, event_id="\0"),
    "NUL in the kind": event_line(2, kind="\0"),
    "NUL in an unknown kind": event_line(2, kind="OfTomorrow", body={"\0": "\0"}),
    "a backslash before u0000": event_line(2, body=with_line(code="\\u0000")),
    "an amount of 2**62": event_line(2, body=with_line(amount_minor=2**62)),
    "a number of 2**63": event_line(2, body=sale_body(2) | {"opened_at_ms": 2**63}),
    "a number of 10**400": event_line(2, body=sale_body(2) | {"total_minor": 1}).replace(
        b'"total_minor":1,', b'"total_minor":1' + b"0" * 400 + b","
    ),
    "a fraction": spliced(b'"change_minor":0', b'"change_minor":0.0'),
    "half a surrogate pair": spliced(b'"code":""', b'"code":"\\ud800"'),
    "a surrogate in UTF-8": spliced(b'"code":""', b'"code":"\xed\xa0\x80"'),
    "no UTF-8 in names": spliced("苹果".encode(), b"\xff\xfe"),
    "no UTF-8 in what is not read": spliced(b'"a_field_of_tomorrow":1', b'"a_field_of_tomorrow":"\xff"'),
    "names that are no object": spliced('{"zh_CN":"苹果"}'.encode(), b"[1]"),
    "an unbounded tax id": event_line(
        2, body=sale_body(2) | {"taxes": [sale_body(2)["taxes"][0] | {"rate_id": "x" * 5000}]}
    ),
    "an unbounded name": event_line(2, body=with_line(names={"en": "x" * 200_000})),
    "a deep nest": spliced(b'"a_field_of_tomorrow":1', b'"a_field_of_tomorrow":' + b"[" * 3000 + b"]" * 3000),
    "an open nest": b'{"body":' + b"[" * 100_000,
    "a line too long": b"x" * (codec.LINE_MAX_BYTES + 1),
    "NUL bytes": bytes(50),
    "an event's id too long": event_line(2, event_id="x" * 65),
    "words of SQL": event_line(2, event_id="'; DROP TABLE event; --", body=with_line(code="%s ? :x $1 {}")),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_is_kept_whole_once_and_what_comes_after_it_too(
    enrolled: Enrolled, hub_url: str, name: str
) -> None:
    lines = [event_line(1), POISON[name], event_line(3)]
    for _again in range(2):
        status, body = push(hub_url, enrolled.key, lines)
        assert (status, codec.decode_message(body, PushReply).acked_through) == (200, 3)
    with enrolled.database.reading() as connection:
        events = list(connection.execute(select(EVENT.c.line).order_by(EVENT.c.seq)).scalars())
        aside = list(connection.execute(select(QUARANTINE.c.line)).scalars())
        sales = set(connection.execute(select(RETAIL_TRANSACTION.c.transaction_id)).scalars())
    assert {lines[0], lines[2]} <= set(events)
    assert POISON[name] in {*events, *aside}
    assert len(events) + len(set(aside) - set(events)) == 3
    assert {"txn-1", "txn-3"} <= sales


def test_what_the_checks_let_through_is_found_by_the_database(
    enrolled: Enrolled, hub_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if a check had been forgotten: the one thing PostgreSQL cannot hold, and a number neither can.
    monkeypatch.setattr(explode, "holds_nul", lambda _value: False)
    monkeypatch.setattr(reading, "number_of_receipt", lambda text: 2**70 if text == "huge" else 1)
    poison = event_line(2, body=sale_body(2) | {"operator_id": "\0", "receipt_number": "huge"})
    lines = [event_line(1), poison, event_line(3)]
    for _again in range(2):
        status, body = push(hub_url, enrolled.key, lines)
        assert (status, codec.decode_message(body, PushReply).acked_through) == (200, 3)
    with enrolled.database.reading() as connection:
        assert len(connection.execute(select(EVENT.c.seq)).all()) == 2
        held = connection.execute(select(QUARANTINE.c.seq, QUARANTINE.c.line)).all()
    assert [(seq, line) for seq, line in held] == [(2, poison)]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["\0", "\ufffe", "😀", "\\u0000"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(sorted(sale_body(1)))
LINE_FIELDS = st.sampled_from([*sale_body(1)["lines"][0], "pack"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(FIELDS, VALUES, max_size=3),
    inside=st.dictionaries(LINE_FIELDS, VALUES, max_size=3),
)
def test_any_body_goes_in(
    enrolled: Enrolled, hub_url: str, changes: dict[str, object], inside: dict[str, object]
) -> None:
    number = push.__dict__.setdefault("poisoned", 0) + 1
    push.__dict__["poisoned"] = number
    body = with_line(**inside) | {"transaction_id": f"any-{number}"} | changes
    line = event_line(1, event_id=f"any-{number}", epoch=number, body=body)
    headers = {"Posapp_Epoch": str(number)}
    status, _headers, reply = call(
        hub_url, "POST", EVENTS, key=enrolled.key, body=codec.pack([line]), **headers
    )
    assert (status, msgspec.json.decode(reply)["acked_through"]) == (200, 1)
    with enrolled.database.reading() as connection:
        assert connection.execute(select(EVENT.c.line).where(EVENT.c.epoch == number)).scalar() == line
