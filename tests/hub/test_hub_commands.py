"""The command poshub, as a person uses it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from posapp.domain.shop_document import parse_shop
from sync.hub.bench.sales import sale_line
from sync.hub.commands import cli
from sync.hub.database import BusyError, Database
from sync.hub.goods.shop_admin import stored_document, stored_shop
from sync.hub.intake.explode import read_sale
from sync.hub.schema.events import METADATA
from sync.protocol import codec
from tests.hub.devices import enrol_device

DEMO = Path(__file__).parents[2] / "resources" / "demo"
FIXTURE = Path(__file__).with_name("fixtures") / "dirty.tsv"
#: Tables of the hub as a whole; every other key begins with the store.
OF_THE_HUB = {
    "backup", "hub_secret", "hub", "hub_key", "fleet_admin", "fleet_session", "fleet_sign_in_tries",
    "promotion", "price_list_row", "what_if",
    # A member, a coupon and a gift card are the chain's.
    "programme", "member", "member_ref", "member_consent", "member_event", "asked_once", "member_step",
    "member_spend", "points_account", "points_bucket", "points_of_sale", "points_entry", "rights_fact",
    "coupon_batch", "coupon", "coupon_event", "gift_card", "gift_entry", "gift_hold",
}  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "hub.db"


@pytest.fixture
def small_shop(tmp_path: Path) -> Path:
    """A shop file with one PIN, since each one takes a while to hash."""
    path = tmp_path / "shop.toml"
    path.write_text(
        '[store]\nid = "S1"\nnames = "Corner"\ncurrency = "CNY"\n'
        '[[terminals]]\nid = "T1"\n'
        '[[operators]]\nid = "a"\nname = "Ann"\nrole = "manager"\npin = "7391"\n',
        "utf-8",
    )
    return path


def run(*arguments: object) -> int:
    return cli([str(argument) for argument in arguments])


def settings(path: Path) -> bytes:
    database = Database(path)
    try:
        with database.reading() as connection:
            return json.dumps(stored_document(connection, "S1")).encode()
    finally:
        database.close()


def test_init_is_idempotent_and_keeps_no_plain_pin(
    database: Path, small_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", "--database", database, "--shop", small_shop) == 0
    first = settings(database)
    assert run("init", "--database", database, "--shop", small_shop) == 0
    assert settings(database) == first, "the same PIN keeps its hash"
    assert capsys.readouterr().out == "store S1: set up\nstore S1: unchanged\n"
    assert b"$argon2id$" in first
    stored = b"".join(one.read_bytes() for one in database.parent.glob("hub.db*"))
    assert b"7391" not in stored
    small_shop.write_text(small_shop.read_text("utf-8").replace("7391", "7392"), "utf-8")
    assert run("init", "--database", database, "--shop", small_shop) == 0
    assert settings(database) != first
    assert "set up" in capsys.readouterr().out


def test_pins_are_shown_only_when_asked(database: Path, small_shop: Path) -> None:
    assert run("init", "--database", database, "--shop", small_shop, "--show-pins-on-sign-on") == 0
    assert parse_shop(json.loads(settings(database))).demo_pins == {"a": "7391"}
    assert run("init", "--database", database, "--shop", small_shop) == 0
    assert parse_shop(json.loads(settings(database))).demo_pins == {}


def test_shop_check_names_every_problem(small_shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("shop", "check", DEMO / "shop.toml") == 0
    small_shop.write_text('[store]\nid = "Ä"\nnmaes = "x"\n', "utf-8")
    assert run("shop", "check", small_shop) == 1
    shown = capsys.readouterr().err
    assert "did you mean 'names'?" in shown
    assert "store: id: may hold only" in shown
    small_shop.write_text("[store", "utf-8")
    assert run("shop", "check", small_shop) == 1
    assert run("shop", "check", small_shop.with_name("none.toml")) == 1


def test_export_shows_the_shop_without_secrets(
    database: Path, small_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", "--database", database, "--shop", small_shop, "--show-pins-on-sign-on")
    capsys.readouterr()
    assert run("shop", "export", "--database", database) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown)["store"]["id"] == "S1"
    assert "argon2" not in shown
    assert "7391" not in shown


def test_enrol_prints_a_code_that_is_nowhere_in_the_database(
    database: Path, small_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", "--database", database, "--shop", small_shop)
    capsys.readouterr()
    codes = []
    for _ in range(2):
        assert run("enrol", "--database", database, "--store", "S1", "--terminal", "T1") == 0
        codes.append(capsys.readouterr().out.strip())
    assert codes[0] != codes[1]
    assert all(re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", code) for code in codes)
    stored = b"".join(one.read_bytes() for one in database.parent.glob("hub.db*"))
    assert codes[1].encode() not in stored
    assert codes[1].replace("-", "").encode() not in stored
    assert run("enrol", "--database", database, "--terminal", "T1", "--valid-hours", "0") == 1
    assert run("enrol", "--database", database, "--terminal", "T9") == 1
    assert run("enrol", "--database", database, "--store", "S9", "--terminal", "T1") == 1
    assert "S1" in capsys.readouterr().err


def test_devices_are_listed_and_put_out(
    database: Path, small_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", "--database", database, "--shop", small_shop)
    opened = Database(database)
    key_id = enrol_device(opened, "S1", "T1", 1_780_000_000_000).key_id()
    opened.close()
    capsys.readouterr()
    assert run("devices", "--database", database) == 0
    assert f"T1          {key_id}  active    2026-05-28" in capsys.readouterr().out
    assert run("revoke", "--database", database, "--terminal", "T1", "--key", "nothing") == 1
    assert run("revoke", "--database", database, "--terminal", "T1") == 0
    assert "sells on" in capsys.readouterr().out
    assert run("devices", "--database", database) == 0
    assert key_id not in capsys.readouterr().out
    assert run("devices", "--database", database, "--all") == 0
    assert f"{key_id}  revoked" in capsys.readouterr().out
    assert run("revoke", "--database", database, "--terminal", "T1") == 1


def test_import_items_counts_and_writes_what_was_refused(
    database: Path, small_shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_shop.write_text(
        small_shop.read_text("utf-8")
        + '[[tax.rates]]\nid = "vat13"\npercent = 13\n[[tax.rates]]\nid = "vat9"\npercent = 9\n',
        "utf-8",
    )
    run("init", "--database", database, "--shop", small_shop)
    out = tmp_path / "refused.tsv"
    capsys.readouterr()
    assert run("import-items", FIXTURE, "--database", database, "--refused", out) == 0
    shown = capsys.readouterr()
    assert [line.split() for line in shown.out.splitlines() if line.startswith("imported")] == [
        ["imported", "6"]
    ]
    assert not shown.err, "a progress bar is for a terminal only"
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "row\treason\tcontent"
    assert (
        "6\tthe row is not valid UTF-8\tbytes\\t1\\t\\tBad \\\\udcff\\\\udcfe bytes\\tvat13\\tpcs\\t1\\t"
        in lines
    )
    assert all(len(line.split("\t")) == 3 for line in lines)
    assert run("import-items", FIXTURE, "--database", database, "--map", "price=RRP") == 1
    assert run("import-items", FIXTURE, "--database", database, "--map", "price") == 1
    assert run("remove-items", "--database", database, "milk", "nothing") == 0
    assert capsys.readouterr().out.endswith("removed: 1\n")


def test_import_before_init_says_what_to_do(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import-items", FIXTURE, "--database", database) == 1
    assert "run `poshub init` first" in capsys.readouterr().err
    assert not database.exists(), "a typing slip makes no hub"


def test_semicolons_are_named(
    database: Path, small_shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", "--database", database, "--shop", small_shop)
    (tmp_path / "euro.csv").write_text("code;name;price\n4006381333931;Pen;1.50\n", "utf-8")
    assert run("import-items", tmp_path / "euro.csv", "--database", database) == 1
    assert "parted by semicolons" in capsys.readouterr().err


def test_serve_answers_and_stops_at_a_signal(
    database: Path, small_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", "--database", database, "--shop", small_shop)
    command = [sys.executable, "-m", "sync.hub.commands", "serve", "--database", str(database), "--port", "0"]
    served = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert served.stdout is not None
        url = served.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{url}/healthz", timeout=120) as answer:
            assert answer.status == 200
        served.terminate()
        _out, errors = served.communicate(timeout=120)
    finally:
        served.kill()
        served.wait()
    assert served.returncode == 0
    assert not list(database.parent.glob("hub.db-wal")), "the database was closed"
    logged = [json.loads(line) for line in errors.splitlines()]
    assert {one["level"] for one in logged} == {"INFO"}
    assert {one["logger"].partition(".")[0] for one in logged} <= {"poshub", "uvicorn"}, "our own words"
    assert run("summary", "--database", database) == 0
    summary = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert summary["terminals"]["T1"]["events"] == 0


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgres)])
def test_bench_prints_one_object_with_every_figure(
    dialect: str, database: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    named: object = database
    if dialect == "postgresql":
        named = request.getfixturevalue("postgres_databases").server().url()
    assert run("bench", "ingest", "--rounds", "2", "--sales", "40", "--database", named) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result) == {"name", "machine", "seed", "figures", "baselines", "aims"}
    assert {"key", "op", "limit", "held", "gated"} == set(result["aims"][0])
    assert result["figures"][f"{dialect}_sales_per_s"] > 0
    assert result["baselines"][f"{dialect}_straight_sales_per_s"] > 0
    assert all(aim["key"].startswith(dialect) for aim in result["aims"])
    assert not database.exists(), "what is measured is a hub of its own"


def test_the_bench_s_sale_adds_up() -> None:
    import random

    sale = read_sale(codec.decode_envelope(sale_line(random.Random(1), 5)))
    assert not isinstance(sale, str)
    assert sum(line.amount_minor for line in sale.lines) == sale.total_minor
    assert sum(tender.amount_minor for tender in sale.tenders) == sale.total_minor
    assert sum(tax.taxable_minor + tax.tax_minor for tax in sale.taxes) == sale.total_minor


def test_the_steps_of_the_schema_end_at_the_tables(database: Path) -> None:
    Database(database).close()
    opened = Database(database)
    try:
        with opened.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous")
            ]
            assert pragmas == ["wal", 2]
            assert stored_shop(connection, "S1") is None
    finally:
        opened.close()
    for table in METADATA.tables.values():
        if table.name not in OF_THE_HUB:
            assert next(iter(table.primary_key.columns)).name == "store_id"


@pytest.mark.expected_logs
def test_a_taken_port_is_explained(database: Path, tmp_path: Path) -> None:
    Database(database).close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [
            sys.executable,
            "-m",
            "sync.hub.commands",
            "serve",
            "--database",
            str(database),
            "--port",
            port,
        ]
        served = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert served.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in served.stderr


def test_a_busy_database_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(*_arguments: object, **_named: object) -> None:
        raise BusyError("every connection is in use")

    monkeypatch.setattr("sync.hub.commands.operations.opened", busy)
    assert cli(["backup", "--database", str(tmp_path / "hub.db"), "--into", str(tmp_path)]) == 1
    assert "try again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--port", "65536"], "--port is from 0"),
        (["serve", "--port", "-1"], "--port is from 0"),
        (["serve", "--workers", "0"], "--workers is from 1"),
        (["serve", "--connections-max", "0"], "--connections-max counts from 1"),
        (["serve", "--workers", "2", "--database-connections", "5"], "needs --database-connections of 6"),
        (["serve", "--database-connections", "-1"], "needs --database-connections of 3"),
        (["serve", "--device-per-s", "-1"], "--device-per-s is a number"),
        (["serve", "--address-per-s", "nan"], "--address-per-s is a number"),
        (["serve", "--device-burst", "0"], "--device-burst counts from 1"),
        (["serve", "--rotate-after-days", "-1"], "--rotate-after-days counts from 0"),
        (["serve", "--metrics-token-file", "EMPTY"], "write a long random word into it"),
        (["retain", "--months", "0"], "--months is from 1"),
        (["retain", "--months", "999999"], "--months is from 1"),
    ],
)
@pytest.mark.expected_logs
def test_figures_that_mean_nothing_are_refused(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").write_text("\n")
    given = [str(tmp_path / "empty") if one == "EMPTY" else one for one in arguments]
    # There is no such database: nothing is opened, and nothing listens.
    assert cli([*given, "--database", str(tmp_path / "hub.db")]) == 1
    assert words in capsys.readouterr().err
