"""A gift card from the till's side of the wire: asked, kept, paid with, and what came of it at the hub."""

from __future__ import annotations

from typing import Any

import pytest

from sync.hub.jobs import JobRunner
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.folding import LOYALTY_JOB, loyalty_handler
from sync.hub.loyalty.gift_cards import Source, card_of, put
from sync.protocol import codec
from sync.protocol.loyalty import (
    GIFT_HOLD,
    GIFT_TELL,
    GiftHoldRequest,
    GiftReply,
    GiftTellRequest,
    loyalty_path,
)
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body
from tests.hub.test_hub_routes import call, push

CARD = "G0000000000007F3K"
TELL, HOLD = (loyalty_path("S1", "T1", what) for what in (GIFT_TELL, GIFT_HOLD))


def ask(url: str, enrolled: Enrolled, path: str, message: Any) -> GiftReply:
    """One question of till S1/T1."""
    status, _headers, body = call(url, "POST", path, key=enrolled.key, body=codec.encode_message(message))
    assert status == 200, body
    return codec.decode_message(body, GiftReply)


def keep(hold_id: str, amount: int, sale_id: str = "txn-1") -> GiftHoldRequest:
    """A wish to keep an amount."""
    return GiftHoldRequest(hold_id, sale_id, CARD, amount, "CNY")


def paid_by_card(number: int, **tender: Any) -> bytes:
    """The line of a sale that the card paid."""
    body = sale_body(number)
    body["tenders"] = [
        {"tender_no": 1, "tender_id": "gift", "kind": "gift", "amount_minor": body["total_minor"],
         "reference": CARD} | tender
    ]  # fmt: skip
    return event_line(number, body=body)


def fold(enrolled: Enrolled) -> None:
    """Do what the ingest wished for."""
    database = enrolled.database
    runner = JobRunner(database, {LOYALTY_JOB: loyalty_handler(database, lambda: NOW_MS)}, lambda: NOW_MS)
    while runner.run_once():
        pass


@pytest.fixture
def loaded(enrolled: Enrolled) -> Enrolled:
    """20.00 on the card."""
    with enrolled.database.writing() as connection:
        put(connection, CARD, 2_000, Source("sale-0", "line:1", at_ms=NOW_MS), currency="CNY")
    return enrolled


def balance(enrolled: Enrolled) -> tuple[int, int]:
    """(balance, held) of the card."""
    with enrolled.database.reading() as connection:
        card = card_of(connection, CARD)
    assert card is not None
    return card.balance_minor, card.held_minor


def test_asked_kept_and_paid(hub_url: str, loaded: Enrolled) -> None:
    assert ask(hub_url, loaded, TELL, GiftTellRequest(CARD)).balance_minor == 2_000
    assert ask(hub_url, loaded, TELL, GiftTellRequest("G1")).why == "unknown"
    kept = ask(hub_url, loaded, HOLD, keep("h1", 1_250))
    assert (kept.why, kept.held_minor, kept.balance_minor) == ("", 1_250, 750)
    assert kept == ask(hub_url, loaded, HOLD, keep("h1", 1_250))
    assert balance(loaded) == (2_000, 1_250)
    assert push(hub_url, loaded.key, [paid_by_card(1)])[0] == 200
    fold(loaded)
    assert balance(loaded) == (750, 0)
    with loaded.database.reading() as connection:
        assert losses(connection) == []


def test_a_spend_under_a_lease_that_no_card_covers_is_worked_off_by_somebody(
    hub_url: str, loaded: Enrolled
) -> None:
    lines = [paid_by_card(number, lease_id="L1") for number in (1, 2)]
    assert push(hub_url, loaded.key, lines)[0] == 200
    fold(loaded)
    assert balance(loaded) == (0, 0)
    with loaded.database.reading() as connection:
        (row,) = losses(connection)
    loss = row.loss
    assert (loss.kind, loss.right_id, loss.amount_minor, loss.lease_id, loss.terminal_id) == (
        "gift_spent", CARD, 500, "L1", "T1",
    )  # fmt: skip


def test_a_sale_that_was_given_up_frees_the_card(hub_url: str, loaded: Enrolled) -> None:
    ask(hub_url, loaded, HOLD, keep("h1", 1_250))
    voided = event_line(1, kind="TransactionVoided", body={"transaction_id": "txn-1"})
    assert push(hub_url, loaded.key, [voided])[0] == 200
    fold(loaded)
    assert balance(loaded) == (2_000, 0)


def test_an_amount_is_let_go_of_at_once_or_by_the_fact(hub_url: str, loaded: Enrolled) -> None:
    ask(hub_url, loaded, HOLD, keep("h1", 1_250))
    assert ask(hub_url, loaded, HOLD, keep("h1", 0)).balance_minor == 2_000
    ask(hub_url, loaded, HOLD, keep("h2", 1_250))
    body = {"transaction_id": "txn-1", "hold_id": "h2", "reason": "undone", "at_ms": NOW_MS}
    assert push(hub_url, loaded.key, [event_line(1, kind="RightsReleased", body=body)])[0] == 200
    fold(loaded)
    assert balance(loaded) == (2_000, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"card_id":""}',
        b'{"card_id":"' + b"x" * 101 + b'"}',
        b'{"card_id":"a\\u0000b"}',
        b'{"card_id":1}',
    ],
)
def test_what_is_no_question_is_refused(hub_url: str, enrolled: Enrolled, body: bytes) -> None:
    assert call(hub_url, "POST", TELL, key=enrolled.key, body=body)[0] == 400


def test_no_till_asks_in_anothers_name(hub_url: str, enrolled: Enrolled) -> None:
    body = codec.encode_message(GiftTellRequest(CARD))
    assert call(hub_url, "POST", TELL, key=enrolled.other_key, body=body)[0] == 403
    too_much = codec.encode_message(keep("h1", 10**15 + 1))
    assert call(hub_url, "POST", HOLD, key=enrolled.key, body=too_much)[0] == 400
