"""What the hub makes of goods that came back: rows, each piece once, stock, sums, and a sale found again."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from posapp.domain.facts import TransactionCompleted
from posapp.domain.return_facts import ReturnCompleted
from posapp.exchange.kept_facts import return_of_body, sale_of_body
from posapp.exchange.outgoing import body_bytes
from sync.hub.database import Database
from sync.hub.fleet.statement_content import SalesSum, compose
from sync.hub.goods.stock import fold, levels, stock_handler
from sync.hub.goods.stock_facts import Move
from sync.hub.intake.ingest import Batch, Ingested, ingest
from sync.hub.jobs import JobRunner
from sync.hub.loyalty.sale_lookup import find_sale
from sync.hub.schema.events import EXCEPTION, PROGRESS, TERMINAL_NUMBERS
from sync.hub.schema.returns import GOODS_RETURN, REFUND_TAX, REFUND_TENDER, RETURN_LINE, RETURN_UNIT
from sync.hub.serving.embedded import EmbeddedHub
from sync.hub.upkeep.retention import let_go_before
from sync.protocol.loyalty import FIND_SALE, FindSaleReply, loyalty_path
from tests.domain.made_up_sales import a_sale, cash_rules, give_back, tax_rules, terms
from tests.hub.conftest import NOW_MS, Enrolled, event_line

DAY = "2026-11-10"
TAX, CASH = tax_rules(), cash_rules()
TERMS = terms(TAX, CASH)
SALE = replace(
    a_sale([(3, 1_999, "standard"), (1, 355, "food")], [(777, (0, 1))], tax=TAX, cash=CASH, card_minor=900),
    business_date=DAY,
    receipt_number="S1-01-000001",
    completed_at_ms=NOW_MS,
)


def back(number: int, earlier: list[ReturnCompleted], wishes: dict[int, int]) -> ReturnCompleted:
    fact = give_back(SALE, earlier, wishes, TERMS)
    return replace(
        fact,
        return_id=f"return-{number}",
        business_date=DAY,
        operator_id=f"op-{number}",
        receipt_number=f"S1-01-{number:06d}",
        completed_at_ms=NOW_MS + number,
    )


def line_of(
    fact: TransactionCompleted | ReturnCompleted, seq: int, terminal_id: str = "T1", **other: Any
) -> bytes:
    return event_line(
        seq,
        event_id=f"event-{terminal_id}-{seq}",
        kind=type(fact).__name__,
        terminal_id=terminal_id,
        business_date=fact.business_date,
        body=msgspec.json.decode(body_bytes(fact)) | other,
    )


def push(database: Database, *lines: bytes, terminal_id: str = "T1") -> Ingested:
    with database.writing() as connection:
        return ingest(connection, Batch("S1", terminal_id, 1, None, lines), now_ms=NOW_MS + 60_000)


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(table)).all())


def kinds(database: Database) -> list[str]:
    # Batches of these tests are not signed, which is another matter.
    return [row.kind for row in rows(database, EXCEPTION) if row.kind != "signature_wrong"]


def test_a_return_becomes_rows_once_however_often_it_comes(enrolled: Enrolled) -> None:
    fact = back(2, [], {1: 2, 2: 1})
    lines = (line_of(SALE, 1), line_of(fact, 2))
    assert push(enrolled.database, *lines).stored == 2
    assert push(enrolled.database, *lines).replayed == 2
    (head,) = rows(enrolled.database, GOODS_RETURN)
    assert (head.sale_id, head.total_minor, head.goods_minor) == (
        "sale-1",
        fact.total_minor,
        fact.goods_minor,
    )
    assert [(row.line_no, row.amount_minor) for row in rows(enrolled.database, RETURN_LINE)] == [
        (line.line_no, line.amount_minor) for line in fact.lines
    ]
    assert sum(row.amount_minor for row in rows(enrolled.database, REFUND_TENDER)) == fact.total_minor
    assert {row.rate_id for row in rows(enrolled.database, REFUND_TAX)} == {"vat13", "vat9"}
    assert [(row.line_no, row.unit_no) for row in rows(enrolled.database, RETURN_UNIT)] == [
        (1, 0),
        (1, 1),
        (2, 0),
    ]
    assert [row.receipt_seq for row in rows(enrolled.database, TERMINAL_NUMBERS)] == [2]
    assert kinds(enrolled.database) == []


@pytest.mark.expected_logs
def test_a_piece_that_two_tills_took_back_is_told_with_both_operators(enrolled: Enrolled) -> None:
    here, there = back(2, [], {1: 1}), back(3, [], {1: 2})
    push(enrolled.database, line_of(SALE, 1), line_of(here, 2))
    push(enrolled.database, line_of(there, 1, "T2"), terminal_id="T2")
    assert len(rows(enrolled.database, GOODS_RETURN)) == 2
    assert len(rows(enrolled.database, RETURN_UNIT)) == 2
    (told,) = [row for row in rows(enrolled.database, EXCEPTION) if row.kind == "returned_twice"]
    detail = msgspec.json.decode(told.detail)
    assert (told.key, told.terminal_id) == ("return-3", "T2")
    assert (detail["operator_id"], detail["first_operator_id"]) == ("op-3", "op-2")
    assert (detail["pieces"], detail["first_terminal_id"]) == (1, "T1")
    assert detail["amount_minor"] == there.lines[0].amount_minor // 2


def test_a_return_may_come_before_its_sale(enrolled: Enrolled) -> None:
    push(enrolled.database, line_of(back(2, [], {1: 1}), 1, "T2"), terminal_id="T2")
    push(enrolled.database, line_of(SALE, 1))
    assert kinds(enrolled.database) == []
    with enrolled.database.reading() as connection:
        assert len(find_sale(connection, "S1", "S1-01-000001").returns) == 1


@pytest.mark.expected_logs
def test_figures_that_do_not_agree_are_told_and_kept(enrolled: Enrolled) -> None:
    changes: dict[str, dict[str, Any]] = {
        "goods": {"goods_minor": 1},
        "tax": {"tax_added_minor": 5},
        "total": {"total_minor": 7},
        "tenders": {"tenders": []},
        "business_date": {"business_date": "2026-11-11"},
    }
    for seq, change in enumerate(changes.values(), 1):
        fact = replace(back(2, [], {1: 1}), return_id=f"return-{seq}", sale_id=f"sale-{seq}")
        push(enrolled.database, line_of(fact, seq, **change))
    told = [row for row in rows(enrolled.database, EXCEPTION) if row.kind == "sale_doubtful"]
    found = {row.key: msgspec.json.decode(row.detail)["doubts"] for row in told}
    assert [doubt in found[f"event-T1-{seq}"] for seq, doubt in enumerate(changes, 1)] == [True] * 5
    assert len(rows(enrolled.database, GOODS_RETURN)) == 5


def test_a_body_that_cannot_be_read_is_put_aside(enrolled: Enrolled) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"lines": 3}, {"return_id": ""}, {"sale_id": "\0"}, {"total_minor": 2**63}
    )  # fmt: skip
    for seq, change in enumerate(changes, 1):
        assert push(enrolled.database, line_of(back(2, [], {1: 1}), seq, **change)).quarantined == 1
    assert rows(enrolled.database, GOODS_RETURN) == []


@pytest.mark.expected_logs
def test_the_same_return_under_another_event_counts_once(enrolled: Enrolled) -> None:
    fact = back(2, [], {1: 1})
    push(enrolled.database, line_of(fact, 1), line_of(fact, 2))
    assert len(rows(enrolled.database, GOODS_RETURN)) == 1
    assert kinds(enrolled.database) == ["duplicate_transaction"]


def test_what_can_be_sold_again_is_stock_again(enrolled: Enrolled) -> None:
    database = enrolled.database
    with database.writing() as connection:
        counts = [Move(f"c{n}", 0, f"SKU{n}", 10, "pcs", "count", NOW_MS - 5) for n in (0, 1)]
        fold(connection, "S1", counts, NOW_MS)
    fact = back(2, [], {1: 2, 2: 1})
    damaged = replace(fact.lines[1], disposition="damaged")
    push(database, line_of(SALE, 1), line_of(replace(fact, lines=(fact.lines[0], damaged)), 2))
    JobRunner(database, {"stock": stock_handler(lambda: NOW_MS)}, lambda: NOW_MS).run_once()
    with database.reading() as connection:
        left = {sku: level.sellable for sku, level in levels(connection, "S1").items()}
    assert left == {"SKU0": 10 - 3 + 2, "SKU1": 10 - 1}


@pytest.mark.expected_logs
def test_a_piece_that_two_tills_took_back_is_stock_once(enrolled: Enrolled) -> None:
    database = enrolled.database
    with database.writing() as connection:
        fold(connection, "S1", [Move("c", 0, "SKU0", 10, "pcs", "count", NOW_MS - 5)], NOW_MS)
    push(database, line_of(SALE, 1), line_of(back(2, [], {1: 1}), 2))
    # The other till knew nothing of it: the same first piece, and one more.
    push(database, line_of(back(3, [], {1: 2}), 1, "T2"), terminal_id="T2")
    runner = JobRunner(database, {"stock": stock_handler(lambda: NOW_MS)}, lambda: NOW_MS)
    while runner.run_once():
        pass
    with database.reading() as connection:
        assert levels(connection, "S1")["SKU0"].sellable == 10 - 3 + 2
    assert kinds(database) == ["returned_twice"]


def test_returns_go_with_their_month_and_others_stay(enrolled: Enrolled) -> None:
    database = enrolled.database
    late = replace(back(3, [back(2, [], {1: 2})], {1: 1}), business_date="2026-12-01")
    push(database, line_of(SALE, 1), line_of(back(2, [], {1: 2}), 2))
    push(database, line_of(late, 3))
    with database.writing() as connection:
        connection.execute(update(PROGRESS).values(backed_up_through=3))
    assert let_go_before(database, date(2026, 12, 1)) > 0
    assert [row.return_id for row in rows(database, GOODS_RETURN)] == ["return-3"]
    assert [(row.line_no, row.unit_no) for row in rows(database, RETURN_UNIT)] == [(1, 2)]
    for table in (RETURN_LINE, REFUND_TENDER, REFUND_TAX):
        assert {row.return_id for row in rows(database, table)} == {"return-3"}


def test_a_statement_says_sales_refunds_and_what_is_left(enrolled: Enrolled) -> None:
    fact = back(2, [], {1: 1})
    push(enrolled.database, line_of(SALE, 1))
    push(enrolled.database, line_of(fact, 1, "T2"), terminal_id="T2")
    with enrolled.database.reading() as connection:
        said = compose(connection, "S1", (DAY, DAY), hub_id="h", now_ms=NOW_MS)
    total = SalesSum("CNY", 1, SALE.total_minor, 1, fact.total_minor)
    assert said.sales == (total,)
    assert total.net_minor == SALE.total_minor - fact.total_minor
    assert {one.terminal_id: one.sales for one in said.terminals} == {
        "T1": (SalesSum("CNY", 1, SALE.total_minor),),
        "T2": (SalesSum("CNY", 0, 0, 1, fact.total_minor),),
    }


# ------------------------------------------------------------------ the question of a till
@pytest.fixture
def asking(enrolled: Enrolled) -> Iterator[Any]:
    """Ask a served hub for a receipt: (status, reply)."""
    hub = EmbeddedHub(enrolled.database.location.named, now_ms=lambda: NOW_MS)
    url = hub.start()

    def ask(
        body: bytes, key: str = "", place: tuple[str, str] = ("S1", "T1")
    ) -> tuple[int, FindSaleReply | None]:
        request = urllib.request.Request(
            url + loyalty_path(*place, FIND_SALE),
            data=body,
            headers={"Authorization": f"Bearer {key or enrolled.key}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, msgspec.json.decode(answer.read(), type=FindSaleReply)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, None

    yield ask
    hub.stop()


def test_a_till_finds_a_sale_of_its_own_store_with_all_its_returns(enrolled: Enrolled, asking: Any) -> None:
    first = back(2, [], {1: 1})
    second = back(3, [first], {1: 1})
    push(enrolled.database, line_of(SALE, 1), line_of(first, 2))
    push(enrolled.database, line_of(second, 1, "T2"), terminal_id="T2")
    status, reply = asking(b'{"receipt":"S1-01-000001"}')
    assert status == 200
    assert sale_of_body(bytes(reply.sale)) == SALE
    assert tuple(return_of_body(bytes(body)) for body in reply.returns) == (first, second)
    status, reply = asking(b'{"receipt":"S1-01-000009"}')
    assert (status, bytes(reply.sale), reply.returns) == (200, b"null", ())
    # Another store is told nothing of it.
    status, reply = asking(b'{"receipt":"S1-01-000001"}', enrolled.other_store_key, ("S2", "T1"))
    assert (status, bytes(reply.sale)) == (200, b"null")
    assert asking(b'{"receipt":"S1-01-000001"}', enrolled.other_store_key)[0] == 403
    for body in (b"", b"{}", b'{"receipt":""}', b'{"receipt":"a\\u0000b"}', b'{"receipt":7}'):
        assert asking(body)[0] == 400
