"""`poshub gift import`: cards that another system sold, once each, and lists with faults that put nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posapp.domain.members.gift_numbers import make_gift_number
from sync.hub.commands import cli
from sync.hub.database import Database
from sync.hub.loyalty.gift_cards import Card, Source, card_of, entries_of, hold, put, take
from sync.hub.loyalty.gift_issue import end_of_day_ms
from sync.hub.loyalty.programme_admin import put_programme, read_programme
from sync.protocol.loyalty import GiftHoldRequest
from tests.hub.conftest import NOW_MS

OURS = make_gift_number(b"0123456789abcd")
PROGRAMME = json.dumps({"is_on": True, "gift_patterns": ["77[0-9]{10}"]}).encode()
LIST = f"number,balance,until\n770000000001,100,2027-12-31\n77 0000 0000 02,0,\n{OURS.lower()},12.34,\n"


@pytest.fixture
def database(hub_database: Database) -> Database:
    with hub_database.writing() as connection:
        put_programme(connection, read_programme(PROGRAMME, ("CNY",)), NOW_MS)
    return hub_database


def put_list(database: Database, folder: Path, text: str, currency: str = "CNY") -> int:
    file = folder / "cards.csv"
    file.write_text(text, "utf-8")
    where = str(database.location.named)
    return cli(["gift", "import", str(file), "--currency", currency, "--database", where])


def card(database: Database, card_id: str) -> Card:
    with database.reading() as connection:
        found = card_of(connection, card_id)
    assert found is not None
    return found


def test_cards_of_another_system_count_once_and_pay(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert put_list(database, tmp_path, "\ufeff" + LIST) == 0
    assert "3 card(s) put" in capsys.readouterr().out
    first, empty, ours = (card(database, one) for one in ("770000000001", "770000000002", OURS))
    assert (first.state, first.balance_minor) == ("active", 10_000)
    assert first.until_ms == end_of_day_ms("2027-12-31")
    assert (empty.state, empty.balance_minor, ours.balance_minor) == ("active", 0, 1_234)
    request = GiftHoldRequest("H1", "sale-1", "770000000001", 4_000, "CNY")
    with database.writing() as connection:
        assert hold(connection, request, ("S1", "T1"), now_ms=NOW_MS).held_minor == 4_000
        source = Source("sale-1", "tender:1", at_ms=NOW_MS)
        assert take(connection, "770000000001", 4_000, source, currency="CNY") == 4_000
    # The same list once more, under whatever name, changes nothing.
    assert put_list(database, tmp_path, LIST) == 0
    assert "0 card(s) put, 3 known before" in capsys.readouterr().out
    with database.reading() as connection:
        assert [entry.amount_minor for entry in entries_of(connection, "770000000001")] == [-4_000, 10_000]


def test_what_was_loaded_here_before_stays_and_another_currency_is_left(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.writing() as connection:
        put(connection, "770000000001", 500, Source("sale-9", "line:1", at_ms=NOW_MS), currency="CNY")
        put(connection, "770000000002", 500, Source("sale-9", "line:2", at_ms=NOW_MS), currency="HKD")
    assert put_list(database, tmp_path, LIST) == 1
    told = capsys.readouterr()
    assert "2 card(s) put" in told.out
    assert "770000000002 counts in another currency" in told.err
    first, second = card(database, "770000000001"), card(database, "770000000002")
    assert (first.balance_minor, second.balance_minor) == (10_500, 500)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("card;balance\n", "line 1"),
        ("number,balance\n770000000001,1\n78,1\n", "line 3: is no gift card's number"),
        ("number,balance\n770000000001,-1\n", "line 2: '-1' is no amount"),
        ("number,balance,until\n770000000001,1,31.12.2027\n", "line 2: '31.12.2027' is no day"),
        ("number,balance\n770000000001,1\n770000000001,1\n", "line 3: names a card a second time"),
        ('number,balance\n77"0\n"', "line 3: unexpected end of data"),
        ("number,balance\n770000000001\n", "line 2: has not as many cells"),
    ],
)
def test_a_list_with_a_fault_puts_nothing(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    assert put_list(database, tmp_path, text) == 1
    assert told in capsys.readouterr().err
    with database.reading() as connection:
        assert card_of(connection, "770000000001") is None
