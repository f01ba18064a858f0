"""The commands about leases: limits stated and shown, losses listed and worked off."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.hub.commands import cli
from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.loyalty.compensation import Loss, compensate
from sync.hub.loyalty.coupons import Batch, NewCoupon, issue, put_batch
from sync.hub.loyalty.holds import hold_rights
from sync.hub.loyalty.leases import answer_leases
from sync.hub.serving.embedded import system_now_ms
from sync.protocol.loyalty import HoldRequest, LeasesRequest
from tests.hub.conftest import NOW_MS, shop_document


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A hub with the store S1."""
    path = tmp_path / "hub.db"
    database = Database(path)
    with database.writing() as connection:
        put_shop(connection, shop_document(), show_pins=False, now_ms=NOW_MS)
    database.close()
    return path


def run(file: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """A command's exit code and what it printed."""
    code = cli(["leases", arguments[0], "--database", str(file), *arguments[1:]])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_limits_are_stated_shown_and_taken_away(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = ("points", "--terminal", "500", "--together", "2000")
    assert run(file, capsys, "limit", *points) == (
        0,
        "all stores: points: 500 points a till, 2,000 points a store, 24 hours\n",
    )
    gift = ("gift", "--terminal", "100.00", "--together", "250", "--hours", "8", "--store", "S1")
    said = run(file, capsys, "limit", *gift, "--owner", "Ann")[1]
    assert said == "S1: gift: 100.00 CNY a till, 250.00 CNY a store, 8 hours, losses for Ann\n"
    database = Database(file)
    with database.writing() as connection:
        answer_leases(connection, LeasesRequest(1), ("S1", "T1"), now_ms=system_now_ms())
    database.close()
    shown = run(file, capsys, "show")[1]
    assert "S1: an outage costs 105.00 CNY at most" in shown
    assert "T1           points   500 points of 500 points, open, until" in shown
    assert run(file, capsys, "unlimit", "gift", "--store", "S1")[0] == 0
    assert "gift:" not in run(file, capsys, "show")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("limit", "points", "--terminal", "1.5", "--together", "2"), "'1.5' is no number of points"),
        (("limit", "gift", "--terminal", "x", "--together", "2"), "'x' is no amount in CNY"),
        (("limit", "gift", "--terminal", "3", "--together", "2"), "A terminal's amount is from 0"),
        (("limit", "gift", "--terminal", "1", "--together", "2", "--store", "S9"), "has no store S9"),
        (("unlimit", "gift"), "there is no such limit"),
        (("give-up", "T1", "--store", "S1", "--note", "x"), "that till has no lease that is over"),
        (("work-off", "sale-9", "--note", "x"), "no loss of sale-9 is open"),
    ],
)
def test_what_cannot_be_is_told(
    file: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    code, said = run(file, capsys, *arguments)
    assert code == 1
    assert sentence in said


def test_losses_are_listed_and_worked_off(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(file)
    with database.writing() as connection:
        compensate(connection, Loss("S1", "sale-1", "coupon", "C1", 2_000, "T1"), now_ms=NOW_MS)
    database.close()
    assert "S1 T1 sale-1  coupon C1  20.00 CNY  for store manager" in run(file, capsys, "losses")[1]
    assert run(file, capsys, "work-off", "sale-1", "--note", "paid back") == (0, "worked off: 1\n")
    assert run(file, capsys, "losses")[1] == "open: 0 minor units\n"
    assert "paid back" in run(file, capsys, "losses", "--all")[1]


def test_what_is_kept_for_a_silent_till_is_shown_and_let_go_of(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(file)
    with database.writing() as connection:
        put_batch(connection, Batch("B", {"en": "B"}), who="t", now_ms=NOW_MS)
        issue(connection, Batch("B", {"en": "B"}), [NewCoupon("C1")], who="t", now_ms=NOW_MS)
        asked = HoldRequest("hold-1", "sale-1", coupons=("C1",))
        assert hold_rights(connection, asked, ("S1", "T1"), now_ms=NOW_MS).coupons == ("C1",)
    database.close()
    named = ["--database", str(file)]
    assert cli(["holds", "show", *named]) == 0
    assert capsys.readouterr().out.startswith("S1 T1 sale-1  1 coupons, 0 points")
    release = ["holds", "release", "sale-1", "--store", "S1", "--terminal", "T1", "--note", "stolen", *named]
    assert cli(release) == 0
    assert cli(release) == 1
    assert "poshub holds show" in capsys.readouterr().err
    assert cli(["holds", "show", *named]) == 0
    assert capsys.readouterr().out == ""
