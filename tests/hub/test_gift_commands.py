"""`poshub gift`: a batch to be printed, a card shown and blocked, what is owed."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from posapp.domain.codes.own import read_own
from posapp.domain.members.gift_numbers import gift_number
from sync.hub.commands import cli
from sync.hub.database import Database
from sync.hub.loyalty.gift_cards import Source, put
from sync.hub.trust.hub_keys import public_keys
from sync.protocol.signing import is_signed
from sync.protocol.trust import from_text
from tests.hub.conftest import NOW_MS


@pytest.fixture
def where(hub_database: Database) -> str:
    """The database, as a command names it."""
    return str(hub_database.location.named)


def run(where: str, *arguments: str) -> int:
    """One command on that database."""
    return cli(["gift", *arguments, "--database", where])


def test_a_batch_is_signed_and_worth_nothing_yet(
    hub_database: Database, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cards.csv"
    issue = ("issue", "--count", "3", "--face", "100", "--currency", "CNY", "--until", "2027-12-31")
    assert run(where, *issue, "--out", str(out)) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    cards = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert len({card["number"] for card in cards}) == 3
    with hub_database.reading() as connection:
        ((key_id, public_key),) = public_keys(connection).items()
    for card in cards:
        sealed = read_own(card["code"])
        assert sealed is not None
        assert sealed.signature is not None
        assert is_signed(from_text(public_key) or b"", sealed.message, sealed.signature)
        assert sealed.code.issuer == key_id.upper()
        assert (sealed.code.kind, sealed.code.subject) == ("voucher", card["number"])
        assert (sealed.code.fields, sealed.code.valid_until) == ({"A": "10000"}, "2027-12-31")
        assert gift_number(card["number"].lower()) == card["number"]
    assert run(where, *issue, "--out", str(out)) == 1, "a list of cards is never written over"
    assert run(where, "show", cards[0]["number"]) == 0
    assert "inactive  0.00 CNY" in capsys.readouterr().out
    assert run(where, "owed") == 0
    assert "no gift card was sold yet" in capsys.readouterr().out


def test_a_card_is_shown_and_blocked(
    hub_database: Database, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(where, "issue", "--count", "1", "--face", "50.5", "--currency", "CNY") == 0
    number = capsys.readouterr().out.splitlines()[1].split(",")[0]
    with hub_database.writing() as connection:
        put(connection, number, 5_050, Source("sale-1", "line:1", "S1", "T1", NOW_MS), currency="CNY")
    assert run(where, "block", f" {number[:4]}-{number[4:]} ") == 0
    assert run(where, "show", number) == 0
    said = capsys.readouterr().out
    assert f"{number}: blocked" in said
    assert "50.50 CNY" in said
    assert "activated" in said
    assert run(where, "unblock", number) == 0
    assert run(where, "owed") == 0
    assert "1 card(s): 50.50 CNY" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "G123"), "no gift card"),
        (("block", "G123"), "no gift card"),
        (("issue", "--count", "0", "--face", "1", "--currency", "CNY"), "1 to"),
        (("issue", "--count", "1", "--face", "0", "--currency", "CNY"), "no amount"),
        (("issue", "--count", "1", "--face", "1", "--currency", "cny"), "no currency"),
    ],
)
def test_what_cannot_be_done_is_said(
    where: str, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(where, *arguments) == 1
    assert said in capsys.readouterr().err
