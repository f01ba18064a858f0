"""What people do on the fleet page: exceptions, quarantined lines, statements; all of it on record."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from sync.hub.fleet.statements import verified
from sync.hub.schema.events import EVENT, RETAIL_TRANSACTION
from sync.hub.schema.status import FLEET_RECORD
from sync.hub.trust.hub_keys import public_keys
from sync.protocol.codec import WireError
from tests.hub.conftest import NOW_MS, event_line, sale_body
from tests.hub.fleet_visitor import ADMIN, Fleet, Page, Visitor, note
from tests.hub.test_hub_routes import push


def settled_page(visitor: Visitor, what: str) -> str:
    return visitor.get(f"/fleet/{what}?state=settled").text


def test_exceptions_are_settled_with_a_note_on_record(fleet: Fleet) -> None:
    for key in ("a", "b", "c"):
        note(fleet, key)
    visitor = fleet.visitor()
    handles = visitor.get("/fleet/exceptions").handles()
    assert len(handles) == 3
    page = visitor.act("/fleet/exceptions", "/fleet/exceptions/settle", {"key": handles[0]})
    assert "Say in a note" in page.text
    page = visitor.act("/fleet/exceptions", "/fleet/exceptions/settle", {"note": "n"})
    assert "Nothing was chosen" in page.text
    chosen = [("key", handles[0]), ("key", handles[1]), ("key", "junk"), ("note", "looked at the receipts")]
    page = visitor.act("/fleet/exceptions", "/fleet/exceptions/settle", chosen)
    assert "on record" in page.text
    assert page.handles() == handles[2:]
    text = settled_page(visitor, "exceptions")
    assert text.count("looked at the receipts") == 2
    assert ADMIN in text
    page = visitor.act("/fleet/exceptions", "/fleet/exceptions/settle", chosen)
    assert "somebody else" in page.text.lower()
    with fleet.database.reading() as connection:
        record = connection.execute(
            select(FLEET_RECORD).where(FLEET_RECORD.c.act == "exception_settled")
        ).all()
    assert [(row.store_id, row.who, row.note) for row in record] == [
        ("S1", ADMIN, "looked at the receipts")
    ] * 2
    assert "looked at the receipts" in visitor.get("/fleet/record").text


def broken_sale(seq: int) -> bytes:
    body = sale_body(seq) | {"total_minor": "much"}
    return event_line(seq, body=body)


def quarantined(fleet: Fleet) -> tuple[Visitor, str]:
    """A sale whose body could not be read, and its handle."""
    assert push(fleet.url, fleet.key, [event_line(1), broken_sale(2)])[0] == 200
    visitor = fleet.visitor()
    [handle] = visitor.get("/fleet/quarantine").handles()
    return visitor, handle


def test_a_quarantined_line_is_shown_whole_and_handed_out_exactly(fleet: Fleet) -> None:
    visitor, handle = quarantined(fleet)
    text = visitor.get(f"/fleet/quarantine/line?key={handle}").text
    assert "&#34;total_minor&#34;: &#34;much&#34;" in text
    page = visitor.get(f"/fleet/quarantine/line/bytes?key={handle}")
    assert page.body == broken_sale(2)
    assert page.headers["content-disposition"] == 'attachment; filename="S1-T1-1-2.bin"'
    assert page.headers["content-type"] == "application/octet-stream"


def sales_of(fleet: Fleet) -> list[tuple[str, int]]:
    with fleet.database.reading() as connection:
        sale = RETAIL_TRANSACTION.c
        rows = connection.execute(select(sale.transaction_id, sale.total_minor).order_by(sale.seq))
        return [(row[0], row[1]) for row in rows]


def test_a_line_that_still_cannot_be_read_stays(fleet: Fleet) -> None:
    visitor, handle = quarantined(fleet)
    page = visitor.act("/fleet/quarantine", "/fleet/quarantine/read", {"key": handle})
    assert "still cannot be read" in page.text
    assert "Expected `int`" in page.text
    assert visitor.get("/fleet/quarantine").handles() == [handle]
    assert sales_of(fleet) == [("txn-1", 1250)]


def test_a_line_that_can_be_read_now_becomes_a_fact_once(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old_hub:
        old_hub.setattr("sync.hub.intake.reading.read_sale", lambda _envelope: "body: not understood yet")
        assert push(fleet.url, fleet.key, [event_line(1), event_line(2)])[0] == 200
    assert sales_of(fleet) == []
    visitor = fleet.visitor()
    handles = visitor.get("/fleet/quarantine").handles()
    assert len(handles) == 2
    for _again in range(2):
        page = visitor.act("/fleet/quarantine", "/fleet/quarantine/read", {"key": handles[0]})
    assert "somebody else" in page.text.lower()
    visitor.act("/fleet/quarantine", "/fleet/quarantine/read", {"key": handles[1]})
    assert sales_of(fleet) == [("txn-1", 1250), ("txn-2", 1250)]
    with fleet.database.reading() as connection:
        events = connection.execute(select(EVENT.c.event_id).order_by(EVENT.c.seq)).scalars().all()
    assert events == ["event-1", "event-2"]
    assert visitor.get("/fleet/quarantine").handles() == []
    assert settled_page(visitor, "quarantine").count("Read again ·") == 2


def test_a_line_whose_envelope_is_understood_now_becomes_an_event(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_line: bytes) -> Any:
        raise WireError("a version of tomorrow")

    with monkeypatch.context() as old_hub:
        old_hub.setattr("sync.hub.intake.reading.decode_envelope", refuse)
        assert push(fleet.url, fleet.key, [event_line(1)])[0] == 200
    visitor = fleet.visitor()
    [handle] = visitor.get("/fleet/quarantine").handles()
    assert (
        "it is a fact now" in visitor.act("/fleet/quarantine", "/fleet/quarantine/read", {"key": handle}).text
    )
    assert sales_of(fleet) == [("txn-1", 1250)]
    assert push(fleet.url, fleet.key, [event_line(1)])[0] == 200, "a replay changes nothing"
    assert sales_of(fleet) == [("txn-1", 1250)]


def test_a_line_of_another_store_never_becomes_a_fact(fleet: Fleet) -> None:
    assert push(fleet.url, fleet.key, [event_line(1, store_id="S2")])[0] == 200
    visitor = fleet.visitor()
    [handle] = visitor.get("/fleet/quarantine").handles()
    page = visitor.act("/fleet/quarantine", "/fleet/quarantine/read", {"key": handle})
    assert "names another store" in page.text
    assert sales_of(fleet) == []


def test_lines_are_settled_without_being_read(fleet: Fleet) -> None:
    visitor, handle = quarantined(fleet)
    page = visitor.act(
        "/fleet/quarantine", "/fleet/quarantine/settle", {"key": handle, "note": "keyed by hand"}
    )
    assert page.handles() == []
    assert "keyed by hand" in settled_page(visitor, "quarantine")
    page = visitor.act("/fleet/quarantine", "/fleet/quarantine/read", {"key": handle})
    assert "somebody else" in page.text.lower()
    assert sales_of(fleet) == [("txn-1", 1250)]


# ---------------------------------------------------------------------- statements
def make_statement(visitor: Visitor, first: str = "2026-05-28", last: str = "2026-05-28") -> Page:
    fields = {"first_day": first, "last_day": last}
    return visitor.act("/fleet/stores/S1", "/fleet/stores/S1/statements", fields)


def test_a_statement_is_made_shown_and_handed_out_signed(fleet: Fleet) -> None:
    assert push(fleet.url, fleet.key, [event_line(1), event_line(2)])[0] == 200
    fleet.clock.ms = NOW_MS + 3 * 86_400_000
    fleet.report(seq=2)
    fleet.report("T2")
    visitor = fleet.visitor()
    page = make_statement(visitor)
    assert page.status == 200
    assert '<span class="chip done" id="verdict">Complete</span>' in page.text
    assert "25.00 CNY" in page.text
    path = re.search(r'id="download" href="([^"]*)"', page.text)
    assert path is not None
    file = visitor.get(path[1]).body
    with fleet.database.reading() as connection:
        keys = public_keys(connection)
    said = verified(file, keys)
    assert not isinstance(said, str)
    assert [(one.terminal_id, one.sales[0].total_minor if one.sales else 0) for one in said.terminals] == [
        ("T1", 2500),
        ("T2", 0),
    ]
    assert isinstance(verified(file.replace(b"2500", b"2501"), keys), str)
    assert isinstance(verified(file, {}), str)


def test_days_that_are_none_make_no_statement(fleet: Fleet) -> None:
    visitor = fleet.visitor()
    for first in ("2026-05-29", "x", "0001-01-01"):
        assert make_statement(visitor, first, "2026-05-28").status == 404
