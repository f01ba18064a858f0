"""A hub of the version before, brought up to date with a sale in it; sales of tills of the version before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, inspect

from posapp.domain.facts import SaleLine, TenderLine, TransactionCompleted
from posapp.exchange.kept_facts import sale_of_body
from posapp.exchange.outgoing import body_bytes
from sync.hub.database import Database, migrate, open_engine, read_location
from sync.hub.database.sqlite import WRITES
from sync.hub.intake.ingest import Batch, ingest
from sync.hub.loyalty.compensation import losses
from sync.hub.loyalty.folding import fold
from sync.hub.loyalty.sale_lookup import find_sale
from sync.hub.schema.events import STORE, TERMINAL
from tests.domain.made_up_sales import a_sale, cash_rules, give_back, tax_rules, terms
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body

BEFORE = "0009"
DAY = "2026-05-28"
TERMS = terms(tax_rules(), cash_rules())
SALE = replace(
    a_sale([(2, 1_999, "standard")], tax=TERMS.tax, cash=TERMS.cash),
    business_date=DAY,
    receipt_number="S1-01-000001",
    completed_at_ms=NOW_MS,
)
#: What a sale and its parts say since members, coupons, gift cards and returns came.
NEW = ("member", "coupons", "hold_id")
NEW_OF_LINES = ("gift_card",)
NEW_OF_TENDERS = ("reference", "hold_id", "lease_id", "left_minor")


def old_body(sale: TransactionCompleted) -> dict[str, Any]:
    """The sale as a till of the version before tells it."""
    body: dict[str, Any] = msgspec.json.decode(body_bytes(sale))
    assert {*NEW} <= {*TransactionCompleted.__slots__}
    assert {*NEW_OF_LINES} <= {*SaleLine.__slots__}
    assert {*NEW_OF_TENDERS} <= {*TenderLine.__slots__}
    for name in NEW:
        body.pop(name, None)
    for line in body["lines"]:
        for name in NEW_OF_LINES:
            line.pop(name, None)
    for tender in body["tenders"]:
        for name in NEW_OF_TENDERS:
            tender.pop(name, None)
    return body


def line_of(seq: int, kind: str, body: dict[str, Any]) -> bytes:
    return event_line(seq, event_id=f"event-{seq}", kind=kind, business_date=DAY, body=body)


def push(database: Any, *lines: bytes) -> int:
    with database.writing() as connection:
        return ingest(connection, Batch("S1", "T1", 1, None, lines), now_ms=NOW_MS).stored


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_sale_of_before_is_found_and_comes_back_after_the_steps(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        _carried_over(tmp_path / "hub.db")
    else:
        with request.getfixturevalue("postgres_databases").fresh(migrated=False) as url:
            _carried_over(url)


def _carried_over(named: Path | str) -> None:
    engine = open_engine(read_location(named))
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        migrate(connection, BEFORE)
        assert not {"member", "goods_return", "gift_card", "lease"} & {*inspect(connection).get_table_names()}
        told = {"store_id": "S1", "settings_rev": 0, "settings": b"{}", "catalogue_rev": 0}
        connection.execute(insert(STORE).values(**told, changed_at_ms=0))
        connection.execute(insert(TERMINAL).values(store_id="S1", terminal_id="T1", is_set_up=1))
        sale = line_of(1, "TransactionCompleted", old_body(SALE))
        assert ingest(connection, Batch("S1", "T1", 1, None, (sale,)), now_ms=NOW_MS).stored == 1
    engine.dispose()
    database = Database(named)
    back = replace(give_back(SALE, [], {1: 1}, TERMS), business_date=DAY, receipt_number="S1-01-000002")
    assert push(database, line_of(2, "ReturnCompleted", msgspec.json.decode(body_bytes(back)))) == 1
    with database.reading() as connection:
        found = find_sale(connection, "S1", "S1-01-000001")
    assert sale_of_body(bytes(found.sale)) == SALE
    assert len(found.returns) == 1
    database.close()


@pytest.mark.parametrize("body", [old_body(SALE), sale_body(1)], ids=["before", "first"])
def test_a_sale_of_a_till_of_before_does_nothing_to_rights(enrolled: Enrolled, body: dict[str, Any]) -> None:
    line = line_of(1, "TransactionCompleted", body)
    assert push(enrolled.database, line) == 1
    enrolled.database.write(lambda connection: fold(connection, [line], NOW_MS))
    with enrolled.database.reading() as connection:
        assert list(losses(connection)) == []
