"""Discounts of a sale at the hub: read out into tables with who pays them, and checked to the minor unit."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from sync.hub.intake.ingest import Batch, ingest
from sync.hub.schema.events import EXCEPTION, PRICE_MODIFIER, PRICE_MODIFIER_FUNDING, QUARANTINE
from tests.hub.conftest import NOW_MS, Enrolled, event_line, sale_body

PIECES = {"quantity": 2, "unit_price_minor": 1000, "amount_minor": 2000, "paid_minor": 1350}
WEIGHED = {"line_no": 2, "sku": "w", "unit": "g", "quantity": 350, "amount_minor": 700, "paid_minor": 630}


pytestmark = pytest.mark.expected_logs


def discounted(**changes: Any) -> dict[str, Any]:
    """Two pieces at 10.00, the second at half price, and something by weight with 10 % off the order."""
    body = sale_body(1)
    line = body["lines"][0]
    return body | {
        "lines": [
            line | PIECES | {"runs": [{"count": 2, "paid_minor": 675, "shares": [[1, 250], [2, 75]]}]},
            line | WEIGHED | {"runs": [{"count": 1, "paid_minor": 630, "shares": [[2, 70]]}]},
        ],
        "discounts": [
            modifier(1, "half", 500, [[1, 500]], [["brand", "Acme", 300], ["store", "", 200]]),
            modifier(2, "ten", 220, [[1, 150], [2, 70]], [["store", "", 220]], layer="order", code="TEN"),
        ],
        "goods_minor": 2700, "discount_minor": 720, "total_minor": 1980, "tendered_minor": 2000,
        "change_minor": 20,
        "tenders": [{"tender_no": 1, "tender_id": "cash", "kind": "cash", "amount_minor": 2000}],
        **changes,
    }  # fmt: skip


def modifier(
    number: int, promotion: str, minor: int, lines: Any, funding: Any, **more: Any
) -> dict[str, Any]:
    return {
        "modifier_no": number, "promotion_id": promotion, "version": 3, "names": {"en": promotion},
        "layer": "item", "rule": "nth", "amount_minor": minor, "lines": lines, "funding": funding,
        "applications": 1, "base_minor": 2000, **more,
    }  # fmt: skip


def take_in(enrolled: Enrolled, body: dict[str, Any], seq: int = 1) -> list[str]:
    """Take a sale in; what is doubtful about it."""
    with enrolled.database.writing() as connection:
        ingest(connection, Batch("S1", "T1", 1, seq, [event_line(seq, body=body)]), now_ms=NOW_MS)
    with enrolled.database.reading() as connection:
        found = connection.execute(
            select(EXCEPTION.c.detail).where(EXCEPTION.c.kind == "sale_doubtful")
        ).scalars()
        return [word for detail in found for word in msgspec.json.decode(detail)["doubts"]]


def rows(enrolled: Enrolled, table: Any) -> list[Any]:
    with enrolled.database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def test_discounts_and_who_pays_them_are_read_out(enrolled: Enrolled) -> None:
    assert take_in(enrolled, discounted()) == []
    at = ("S1", "2026-05-28", "txn-1")
    assert rows(enrolled, PRICE_MODIFIER) == [
        (*at, 1, "half", "item", "nth", "", "", '{"en":"half"}', "[[1,500]]", 3, 500, 2000, 1, 0),
        (*at, 2, "ten", "order", "nth", "TEN", "", '{"en":"ten"}', "[[1,150],[2,70]]", 3, 220, 2000, 1, 0),
    ]
    assert rows(enrolled, PRICE_MODIFIER_FUNDING) == [
        (*at, 1, 1, "brand", "Acme", 300), (*at, 1, 2, "store", "", 200), (*at, 2, 1, "store", "", 220),
    ]  # fmt: skip
    # Sent again nothing is doubled.
    assert take_in(enrolled, discounted()) == []
    assert len(rows(enrolled, PRICE_MODIFIER)) == 2


def test_who_says_nothing_about_funding_pays_it_alone(enrolled: Enrolled) -> None:
    body = discounted()
    body["discounts"][0]["funding"] = []
    assert take_in(enrolled, body) == []
    assert rows(enrolled, PRICE_MODIFIER_FUNDING)[0][-3:] == ("store", "", 500)


@pytest.mark.parametrize(
    ("place", "value", "doubt"),
    [
        (("discount_minor",), 721, ["discounts", "total"]),
        (("discounts", 0, "amount_minor"), 499, ["discounts", "funding", "discount_lines"]),
        (("discounts", 0, "funding"), [["brand", "Acme", 499]], ["funding"]),
        (("discounts", 1, "lines"), [[1, 149], [2, 71]], ["discount_lines", "units"]),
        (("discounts", 1, "lines"), [[1, 150], [2, 70], [9, 0]], ["discount_lines"]),
        (("lines", 0, "paid_minor"), 1349, ["discount_lines", "units"]),
        (("lines", 0, "paid_minor"), None, ["discount_lines", "units"]),
        (("lines", 0, "runs"), [{"count": 2, "paid_minor": 676}], ["units"]),
        (("lines", 0, "runs", 0, "shares"), [[1, 251], [2, 74]], ["units"]),
        (("lines", 1, "runs", 0, "count"), 2, ["units"]),
        (("total_minor",), 1981, ["total", "change"]),
    ],
)
def test_a_sale_whose_discounts_do_not_add_up_is_kept_and_doubtful(
    enrolled: Enrolled, place: tuple[Any, ...], value: Any, doubt: list[str]
) -> None:
    body: Any = discounted()
    inner = body
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert take_in(enrolled, body) == doubt
    assert len(rows(enrolled, PRICE_MODIFIER)) == 2
    assert rows(enrolled, QUARANTINE) == []


def test_a_modifier_that_cannot_be_read_puts_the_line_aside_and_refuses_nothing(enrolled: Enrolled) -> None:
    broken: list[Any] = [
        [{"modifier_no": 1}],
        [modifier(1, "a\0", 1, [], [])],
        [modifier(1, "a", 1, [], []), modifier(1, "b", 1, [], [])],
        [modifier(1, "a", 10**16, [], [])],
    ]
    for seq, discounts in enumerate(broken, 1):
        take_in(enrolled, discounted(discounts=discounts, transaction_id=f"t{seq}"), seq)
    held = rows(enrolled, QUARANTINE)
    assert len(held) == 4
    assert rows(enrolled, PRICE_MODIFIER) == []


def test_a_sale_of_a_till_of_before_is_as_it_was(enrolled: Enrolled) -> None:
    assert take_in(enrolled, sale_body(1)) == []
    assert rows(enrolled, PRICE_MODIFIER) == []
