"""Chains and signatures over batches: what does not fit is shown to a person and stored all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from sync.hub.intake.ingest import Batch, Ingested, ingest
from sync.hub.intake.witness import Seal
from sync.hub.schema.events import EVENT, EXCEPTION, PROGRESS
from sync.protocol import codec, signing
from sync.protocol.chain import CHAIN_START, batch_statement, chain_over
from sync.protocol.messages import PushReply
from sync.protocol.trust import to_text
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body
from tests.hub.test_hub_routes import EVENTS, call

DAY_MS = 86_400_000
PRIVATE = bytes(range(32))
LINES = [event_line(seq) for seq in range(1, 7)]


def heads() -> list[bytes]:
    return [chain_over(CHAIN_START, LINES[:seq]) for seq in range(len(LINES) + 1)]


def seal(last_seq: int, chain: bytes, *, private: bytes = PRIVATE, epoch: int = 1) -> Seal:
    statement = batch_statement("S1", "T1", epoch=epoch, last_seq=last_seq, chain=chain)
    return Seal(chain, signing.sign(private, statement), signing.public_key_of(PRIVATE))


def push(enrolled: Enrolled, lines: list[bytes], proof: Seal, *, now_ms: int = NOW_MS) -> Ingested:
    with enrolled.database.writing() as connection:
        return ingest(connection, Batch("S1", "T1", 1, None, lines, proof), now_ms=now_ms)


def noted(enrolled: Enrolled) -> list[tuple[str, str]]:
    with enrolled.database.reading() as connection:
        query = select(EXCEPTION.c.kind, EXCEPTION.c.key).order_by(EXCEPTION.c.noted_at_ms, EXCEPTION.c.kind)
        return [(kind, key) for kind, key in connection.execute(query)]


def stored(enrolled: Enrolled) -> list[bytes]:
    with enrolled.database.reading() as connection:
        return list(connection.execute(select(EVENT.c.line).order_by(EVENT.c.seq)).scalars())


def test_batches_that_fit_leave_nothing_to_look_at(enrolled: Enrolled) -> None:
    for first, last in ((0, 2), (1, 4), (0, 2), (0, 4), (4, 6), (5, 6)):  # replays and overlaps among them
        push(enrolled, LINES[first:last], seal(last, heads()[last]))
    assert noted(enrolled) == []
    assert stored(enrolled) == LINES
    with enrolled.database.reading() as connection:
        assert bytes(connection.execute(select(PROGRESS.c.chain)).scalar_one()) == heads()[6]


def test_a_batch_with_a_gap_says_nothing_about_the_chain_yet(enrolled: Enrolled) -> None:
    push(enrolled, [LINES[0], LINES[2]], seal(3, heads()[3]))
    push(enrolled, LINES[1:3], seal(3, heads()[3]))
    assert noted(enrolled) == []


@pytest.mark.expected_logs
def test_a_chain_that_does_not_fit_is_told_once_and_the_lines_are_kept(enrolled: Enrolled) -> None:
    other = bytes(32)
    push(enrolled, LINES[:2], seal(2, other))
    push(enrolled, LINES[:2], seal(2, other))
    push(enrolled, LINES[2:4], seal(4, chain_over(other, LINES[2:4])))
    assert noted(enrolled) == [("chain_broken", "T1:1")]
    assert stored(enrolled) == LINES[:4]
    push(enrolled, LINES[4:], seal(6, heads()[6]))
    assert noted(enrolled) == [("chain_broken", "T1:1")]
    assert stored(enrolled) == LINES
    with enrolled.database.reading() as connection:
        head = bytes(connection.execute(select(PROGRESS.c.chain)).scalar_one())
    assert head == heads()[6], "of the lines that are held, whatever the device told of them"


@pytest.mark.expected_logs
@pytest.mark.parametrize(
    "proof",
    [
        seal(2, heads()[2], private=bytes(32)),
        seal(3, heads()[2]),
        seal(2, heads()[2], epoch=2),
        Seal(heads()[2], b"", signing.public_key_of(PRIVATE)),
        Seal(heads()[2], None, signing.public_key_of(PRIVATE)),
        Seal(None, None, signing.public_key_of(PRIVATE)),
        Seal(heads()[2], bytes(64), b"no key"),
    ],
)
def test_a_signature_that_is_wrong_is_told_once_a_day_and_refuses_nothing(
    enrolled: Enrolled, proof: Seal
) -> None:
    assert push(enrolled, LINES[:2], proof) == Ingested(2, stored=2)
    day = NOW_MS // DAY_MS
    assert noted(enrolled) == [("signature_wrong", f"T1:1:{day}")]
    push(enrolled, LINES[:2], proof)
    push(enrolled, LINES[:2], proof, now_ms=NOW_MS + DAY_MS)
    assert noted(enrolled) == [("signature_wrong", f"T1:1:{day}"), ("signature_wrong", f"T1:1:{day + 1}")]


@pytest.mark.expected_logs
def test_a_till_that_was_restored_forks_without_breaking_the_chain(enrolled: Enrolled) -> None:
    push(enrolled, LINES[:4], seal(4, heads()[4]))
    branch = [event_line(seq, event_id=f"again-{seq}", body=sale_body(100 + seq)) for seq in (3, 4, 5)]
    told = chain_over(heads()[2], branch)
    assert push(enrolled, branch, seal(5, told)).tells_fork
    assert noted(enrolled) == [("fork", "T1:1")]


def test_a_hub_of_before_learns_the_chain_from_the_next_batch(enrolled: Enrolled) -> None:
    with enrolled.database.writing() as connection:
        connection.execute(
            insert(PROGRESS).values(
                store_id="S1", terminal_id="T1", epoch=1, acked_through=2, received_at_ms=1
            )
        )
    push(enrolled, LINES[2:4], seal(4, heads()[4]))
    push(enrolled, LINES[4:], seal(6, heads()[6]))
    assert noted(enrolled) == []


@pytest.mark.expected_logs
def test_headers_that_cannot_be_read_refuse_nothing(enrolled: Enrolled, hub_url: str) -> None:
    right = to_text(seal(6, heads()[6]).signature or b"")
    for chain, signature in (("xyz", "!"), ("00", right), (heads()[6].hex(), "A"), (heads()[6].hex(), right)):
        headers = {"Posapp_Epoch": "1", "Posapp_Chain": chain, "Posapp_Signature": signature}
        status, _headers, body = call(
            hub_url, "POST", EVENTS, key=enrolled.key, body=codec.pack(LINES), **headers
        )
        reply = codec.decode_message(body, PushReply)
        assert (status, reply.acked_through, reply.forked) == (200, 6, False)
        assert reply.hub_id == enrolled.database.feed_id
