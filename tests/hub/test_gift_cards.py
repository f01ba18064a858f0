"""Gift cards at the hub: what is on them, what is kept for a sale, and what many at once cannot do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from sync.hub.database import Database
from sync.hub.jobs import enqueue
from sync.hub.loyalty import gift_cards, gift_holds
from sync.hub.loyalty.gift_cards import Source
from sync.hub.loyalty.gift_folding import GiftShortfall, fold_gifts
from sync.hub.loyalty.holds import LOYALTY_JOB
from sync.hub.schema.status import TERMINAL_STATUS
from sync.protocol.envelope import Envelope
from sync.protocol.loyalty import GiftHoldRequest, GiftReply

NOW_MS = 1_780_000_000_000
CARD = "G00000000000001A"
OTHER = "G00000000000002B"
PLACE = ("S1", "T1")


def fold(database: Database, kind: str, **body: Any) -> tuple[GiftShortfall, ...]:
    """A fact as it came up from S1/T1."""
    envelope = Envelope(
        event_id=f"event-{len(str(body))}", kind=kind, store_id="S1", terminal_id="T1", epoch=1, seq=1,
        occurred_at=NOW_MS, business_date="2026-05-28", body=msgspec.Raw(msgspec.json.encode(body)),
    )  # fmt: skip
    return database.write(lambda connection: fold_gifts(connection, envelope, now_ms=NOW_MS))


def sale(transaction_id: str, *, loads: dict[str, int] | None = None, pays: dict[str, int] | None = None,
         lease_id: str = "") -> dict[str, Any]:  # fmt: skip
    """The parts of a sale's body that gift cards care about."""
    lines = [
        {"line_no": number, "amount_minor": amount, "gift_card": card}
        for number, (card, amount) in enumerate((loads or {}).items(), 1)
    ]
    tenders = [
        {"tender_no": number, "kind": "gift", "amount_minor": amount, "reference": card, "lease_id": lease_id}
        for number, (card, amount) in enumerate((pays or {}).items(), 1)
    ]
    return {"transaction_id": transaction_id, "currency": "CNY", "operator_id": "1", "lines": lines,
            "tenders": tenders}  # fmt: skip


def keep(
    database: Database,
    hold_id: str,
    amount: int,
    *,
    sale_id: str = "sale-2",
    card: str = CARD,
    now_ms: int = 0,
) -> GiftReply:
    """Ask to keep an amount of a card."""
    asked = GiftHoldRequest(hold_id, sale_id, card, amount, "CNY")
    return database.write(
        lambda connection: gift_cards.hold(connection, asked, PLACE, now_ms=now_ms or NOW_MS)
    )


def card_of(database: Database, card_id: str = CARD) -> gift_cards.Card:
    """The card, whose entries have to come to its balance."""
    with database.reading() as connection:
        card = gift_cards.card_of(connection, card_id)
        assert card is not None
        assert gift_cards.sum_of_entries(connection, card_id) == card.balance_minor
    return card


@pytest.fixture
def loaded(hub_database: Database) -> Database:
    """A hub with 100.00 on a card."""
    fold(hub_database, "TransactionCompleted", **sale("sale-1", loads={CARD: 10_000}))
    return hub_database


def test_a_sale_activates_a_card_once_and_later_tops_it_up(hub_database: Database) -> None:
    first = sale("sale-1", loads={CARD: 10_000})
    fold(hub_database, "TransactionCompleted", **first)
    fold(hub_database, "TransactionCompleted", **first)
    fold(hub_database, "TransactionCompleted", **sale("sale-2", loads={CARD: 500}))
    fold(hub_database, "TransactionCompleted", **first)
    assert (card_of(hub_database).state, card_of(hub_database).balance_minor) == ("active", 10_500)
    with hub_database.reading() as connection:
        entries = gift_cards.entries_of(connection, CARD)
    assert [(entry.kind, entry.amount_minor, entry.balance_after) for entry in reversed(entries)] == [
        ("activated", 10_000, 10_000), ("topped_up", 500, 10_500),
    ]  # fmt: skip


def test_what_is_kept_is_nobody_elses_and_the_sale_takes_it(loaded: Database) -> None:
    assert keep(loaded, "h1", 4_000).held_minor == 4_000
    assert keep(loaded, "h1", 4_000) == keep(loaded, "h1", 4_000)
    other = keep(loaded, "h2", 8_000, sale_id="sale-3")
    assert (other.why, other.held_minor, other.balance_minor) == ("", 6_000, 0)
    assert keep(loaded, "h3", 1, sale_id="sale-4").why == "balance"
    assert fold(loaded, "TransactionCompleted", **sale("sale-2", pays={CARD: 4_000})) == ()
    assert (card_of(loaded).balance_minor, card_of(loaded).held_minor) == (6_000, 6_000)
    fold(loaded, "RightsReleased", transaction_id="sale-3", hold_id="h2", reason="undone", at_ms=1)
    assert card_of(loaded).free_minor == 6_000


def test_the_fact_of_a_sale_counts_whatever_became_of_the_hold(loaded: Database) -> None:
    keep(loaded, "h1", 4_000)
    keep(loaded, "h1", 0)
    for _again in range(2):
        assert fold(loaded, "TransactionCompleted", **sale("sale-2", pays={CARD: 4_000})) == ()
    assert (card_of(loaded).balance_minor, card_of(loaded).held_minor) == (6_000, 0)
    assert keep(loaded, "late", 100).why == "balance", "this sale has paid with the card already"


def test_a_new_hold_of_the_same_sale_takes_the_place_of_the_one_before(loaded: Database) -> None:
    keep(loaded, "h1", 10_000)
    assert keep(loaded, "h2", 7_000).held_minor == 7_000
    assert card_of(loaded).held_minor == 7_000
    assert keep(loaded, "h1", 10_000).held_minor == 0, "what was let go of is not kept again"


def test_a_release_that_comes_before_its_hold_ends_it_beforehand(loaded: Database) -> None:
    fold(loaded, "RightsReleased", transaction_id="sale-2", hold_id="h1", reason="no_answer", at_ms=1)
    assert keep(loaded, "h1", 1_000).held_minor == 0
    assert card_of(loaded).held_minor == 0


def test_a_question_that_was_taken_back_and_comes_late_takes_no_place(loaded: Database) -> None:
    asked = GiftHoldRequest("h2", "sale-2", CARD, 7_000, "CNY", undone=("h1",))
    assert loaded.write(lambda one: gift_cards.hold(one, asked, PLACE, now_ms=NOW_MS)).held_minor == 7_000
    assert keep(loaded, "h1", 9_000).held_minor == 0
    fold(loaded, "RightsReleased", transaction_id="sale-2", hold_id="h1", reason="no_answer", at_ms=1)
    assert card_of(loaded).held_minor == 7_000


def test_no_till_lets_go_of_what_another_holds(loaded: Database) -> None:
    keep(loaded, "h1", 1_000)
    with loaded.writing() as connection:
        assert not gift_holds.release_hold(connection, "h1", "sale-2", ("S1", "T2"), now_ms=NOW_MS)
    assert card_of(loaded).held_minor == 1_000


def test_a_sale_that_was_given_up_keeps_nothing(loaded: Database) -> None:
    keep(loaded, "h1", 1_000)
    fold(loaded, "TransactionVoided", transaction_id="sale-2")
    assert card_of(loaded).free_minor == 10_000


def test_a_spend_under_a_lease_takes_what_is_there_and_names_what_is_missing(loaded: Database) -> None:
    keep(loaded, "h1", 7_000, sale_id="sale-9")
    short = fold(loaded, "TransactionCompleted", **sale("sale-2", pays={CARD: 5_000}, lease_id="L1"))
    assert [(one.kind, one.amount_minor, one.lease_id, one.operator_id) for one in short] == [
        ("gift_spent", 2_000, "L1", "1")
    ]
    assert (card_of(loaded).balance_minor, card_of(loaded).held_minor) == (7_000, 7_000)
    unknown = fold(loaded, "TransactionCompleted", **sale("sale-3", pays={OTHER: 300}, lease_id="L1"))
    assert [(one.card_id, one.amount_minor) for one in unknown] == [(OTHER, 300)]
    assert card_of(loaded, OTHER).balance_minor == 0
    assert fold(loaded, "TransactionCompleted", **sale("sale-3", pays={OTHER: 300}, lease_id="L1")) == ()


def back(return_id: str, sale_id: str, **parts: Any) -> dict[str, Any]:
    """The parts of a return's body that gift cards care about."""
    return {"return_id": return_id, "sale_id": sale_id, "currency": "CNY", "lines": [], "tenders": []} | parts


def test_a_refund_goes_back_to_the_card_once(loaded: Database) -> None:
    fold(loaded, "TransactionCompleted", **sale("sale-2", pays={CARD: 4_000}))
    tender = {"tender_no": 1, "kind": "gift", "amount_minor": 1_500, "reference": CARD}
    for _again in range(2):
        fold(loaded, "ReturnCompleted", **back("back-1", "sale-2", tenders=[tender]))
    assert card_of(loaded).balance_minor == 7_500


@pytest.mark.parametrize("sale_first", [True, False])
def test_a_returned_card_loses_its_value_whichever_fact_comes_first(
    hub_database: Database, sale_first: bool
) -> None:
    bought = sale("sale-1", loads={CARD: 10_000})
    line = {"line_no": 1, "amount_minor": 10_000, "gift_card": CARD}
    given = back("back-1", "sale-1", lines=[line])
    order = [("TransactionCompleted", bought), ("ReturnCompleted", given)]
    for kind, body in order if sale_first else reversed(order):
        assert fold(hub_database, kind, **body) == ()
    assert card_of(hub_database).balance_minor == 0
    with hub_database.reading() as connection:
        assert len(gift_cards.entries_of(connection, CARD)) == 2


def test_a_returned_card_that_was_spent_is_short(loaded: Database) -> None:
    fold(loaded, "TransactionCompleted", **sale("sale-2", pays={CARD: 4_000}))
    line = {"line_no": 1, "amount_minor": 10_000, "gift_card": CARD}
    short = fold(loaded, "ReturnCompleted", **back("back-1", "sale-1", lines=[line]))
    assert [(one.kind, one.amount_minor) for one in short] == [("gift_returned", 4_000)]
    assert card_of(loaded).balance_minor == 0


def test_why_a_card_cannot_be_used(loaded: Database) -> None:
    def why(card_id: str, now_ms: int = NOW_MS) -> str:
        with loaded.reading() as connection:
            return gift_cards.tell(connection, card_id, now_ms=now_ms).why

    with loaded.writing() as connection:
        gift_cards.ensure_card(connection, OTHER, "CNY", now_ms=NOW_MS)
    assert (why(CARD), why(OTHER), why("G0")) == ("", "inactive", "unknown")
    assert keep(loaded, "x", 100, card=OTHER).why == "inactive"
    with loaded.writing() as connection:
        blocked = gift_cards.set_blocked(connection, CARD, blocked=True, now_ms=NOW_MS)
    assert blocked is not None
    assert (why(CARD), keep(loaded, "y", 100).why) == ("blocked", "blocked")
    with loaded.writing() as connection:
        gift_cards.set_blocked(connection, CARD, blocked=False, now_ms=NOW_MS)
    assert keep(loaded, "z", 100).held_minor == 100


def test_the_shops_own_web_page_takes_all_or_nothing(loaded: Database) -> None:
    def spend(order: str, amount: int) -> str:
        return loaded.write(
            lambda connection: gift_cards.spend(
                connection, CARD, amount, Source(order, "tender:1"), now_ms=NOW_MS, currency="CNY"
            )
        )

    assert [spend("o1", 6_000), spend("o1", 6_000), spend("o2", 6_000), spend("o3", 4_000)] == [
        "", "", "balance", "",
    ]  # fmt: skip
    assert card_of(loaded).balance_minor == 0


def test_what_a_silent_till_holds_stays_and_what_it_forgot_ends(loaded: Database) -> None:
    held = keep(loaded, "h1", 1_000)

    def heard(last_seen_ms: int, queue_length: int) -> int:
        row: dict[str, Any] = {column.name: "" for column in TERMINAL_STATUS.c if str(column.type) == "TEXT"}
        row |= {column.name: 0 for column in TERMINAL_STATUS.c if str(column.type) == "BIGINT"}
        row |= {
            "store_id": "S1",
            "terminal_id": "T1",
            "last_seen_ms": last_seen_ms,
            "queue_length": queue_length,
        }

        def work(connection: Any) -> int:
            connection.execute(TERMINAL_STATUS.delete())
            connection.execute(TERMINAL_STATUS.insert().values(**row))
            return gift_holds.release_overdue(connection, now_ms=held.until_ms + 60_000)

        return loaded.write(work)

    assert heard(held.until_ms - 1, 0) == 0
    assert heard(held.until_ms + 1, 3) == 0
    assert heard(held.until_ms + 1, 0) == 1
    assert card_of(loaded).held_minor == 0


def test_whoever_asks_again_is_still_at_it(loaded: Database) -> None:
    """A payment that stays open for hours keeps what it took."""
    held = keep(loaded, "h1", 1_000)
    request = GiftHoldRequest("h1", "sale-1", CARD, 1_000)

    def again(connection: Connection) -> GiftReply:
        return gift_cards.hold(connection, request, ("S1", "T1"), now_ms=NOW_MS + 3_600_000)

    reply = loaded.write(again)
    assert (reply.held_minor, reply.until_ms) == (1_000, held.until_ms + 3_600_000)
    assert card_of(loaded).held_minor == 1_000


def test_what_came_up_and_is_not_folded_yet_keeps_its_hold(loaded: Database) -> None:
    """Its sale is here already, but nothing is taken off the card: another must not get the same money."""
    held = keep(loaded, "h1", 1_000)
    row: dict[str, Any] = {column.name: "" for column in TERMINAL_STATUS.c if str(column.type) == "TEXT"}
    row |= {column.name: 0 for column in TERMINAL_STATUS.c if str(column.type) == "BIGINT"}
    row |= {"store_id": "S1", "terminal_id": "T1", "last_seen_ms": held.until_ms + 1}

    def overdue(connection: Connection) -> int:
        return gift_holds.release_overdue(connection, now_ms=held.until_ms + 60_000)

    with loaded.writing() as connection:
        connection.execute(TERMINAL_STATUS.insert().values(**row))
        enqueue(connection, "S1", LOYALTY_JOB, "T1:1:5-5")
    assert loaded.write(overdue) == 0
    assert card_of(loaded).held_minor == 1_000
    with loaded.writing() as connection:
        connection.exec_driver_sql("DELETE FROM job")
    assert loaded.write(overdue) == 1


def test_forty_at_once_never_spend_more_than_there_is(loaded: Database) -> None:
    """40 threads: keep 300 of 100.00, then complete, give up or undo; nothing is spent twice."""
    gate = threading.Barrier(40)

    def one(number: int) -> tuple[int, int]:
        gate.wait(timeout=30)
        reply = keep(loaded, f"hold-{number}", 300, sale_id=f"many-{number}")
        if not reply.held_minor:
            assert reply.why == "balance"
            return 0, 0
        match number % 3:
            case 0:
                fold(loaded, "TransactionVoided", transaction_id=f"many-{number}")
                return 0, 0
            case 1:
                keep(loaded, f"hold-{number}", 0, sale_id=f"many-{number}")
                return 0, 0
        body = sale(f"many-{number}", pays={CARD: reply.held_minor})
        short = fold(loaded, "TransactionCompleted", **body)
        return reply.held_minor, sum(each.amount_minor for each in short)

    with ThreadPoolExecutor(40) as pool:
        done = list(pool.map(one, range(40)))
    spent, missing = sum(each[0] for each in done), sum(each[1] for each in done)
    card = card_of(loaded)
    assert missing == 0
    assert (card.balance_minor, card.held_minor) == (10_000 - spent, 0)
    assert spent > 0


def test_forty_spend_one_card_down_to_nothing(loaded: Database) -> None:
    """40 threads take 1.00 five times each of 100.00: exactly 100 get it."""
    gate = threading.Barrier(40)

    def spend(connection: Connection, source: Source) -> str:
        return gift_cards.spend(connection, CARD, 100, source, now_ms=NOW_MS, currency="CNY")

    def one(number: int) -> int:
        gate.wait(timeout=30)
        wins = 0
        for turn in range(5):
            source = Source(f"web-{number}-{turn}", "tender:1", at_ms=NOW_MS)
            why = loaded.write(lambda connection: spend(connection, source), attempts=50)  # noqa: B023
            assert why in ("", "balance")
            wins += why == ""
        return wins

    with ThreadPoolExecutor(40) as pool:
        wins = sum(pool.map(one, range(40)))
    assert wins == 100
    assert card_of(loaded).balance_minor == 0
