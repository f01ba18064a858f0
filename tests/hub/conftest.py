"""A hub with one shop and an enrolled till, in a temporary folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete

from sync.hub.database import Database
from sync.hub.goods.shop_admin import put_shop
from sync.hub.schema.events import HUB
from sync.hub.serving.embedded import EmbeddedHub
from sync.protocol import codec
from sync.protocol.envelope import Envelope
from tests.hub.devices import bearer_token, enrol_device
from tests.hub.postgres import Databases

NOW_MS = 1_780_000_000_000
#: Well formed and of no PIN: hashing one for each test would take longer than the tests.
PIN_HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA"


def shop_document(store_id: str = "S1", **changes: Any) -> dict[str, Any]:
    """A small owner's document."""
    return {
        "store": {"id": store_id, "names": "Corner", "currency": "CNY", "languages": ["zh_CN", "en"]},
        "terminals": [{"id": "T1"}, {"id": "T2"}],
        "operators": [{"id": "1", "name": "Ann", "role": "manager", "pin_hash": PIN_HASH}],
        "tax": {"rates": [{"id": "vat13", "percent": "13"}, {"id": "vat9", "percent": "9"}]},
    } | changes


def sale_body(number: int, *, total_minor: int = 1250) -> dict[str, Any]:
    """The body of a completed sale of one line."""
    return {
        "transaction_id": f"txn-{number}",
        "shift_id": "shift-1",
        "business_date": "2026-05-28",
        "operator_id": "1",
        "opened_at_ms": NOW_MS,
        "completed_at_ms": NOW_MS + 1,
        "currency": "CNY",
        "lines": [
            {
                "line_no": 1,
                "sku": "a",
                "names": {"zh_CN": "苹果"},
                "code": "",
                "quantity": 1,
                "unit": "pcs",
                "unit_price_minor": total_minor,
                "amount_minor": total_minor,
                "tax_category": "vat13",
            }
        ],
        "taxes": [
            {"rate_id": "vat13", "ppm": 130000, "included": True, "taxable_minor": 1106, "tax_minor": 144}
        ],
        "tenders": [{"tender_no": 1, "tender_id": "cash", "kind": "cash", "amount_minor": total_minor}],
        "goods_minor": total_minor,
        "tax_added_minor": 0,
        "rounding_minor": 0,
        "total_minor": total_minor,
        "tendered_minor": total_minor,
        "change_minor": 0,
        "receipt_number": f"T1-{number:06d}",
        "a_field_of_tomorrow": 1,
    }


def event_line(seq: int, **changes: Any) -> bytes:
    """The line of a sale at a place of terminal T1's order."""
    fields: dict[str, Any] = {
        "event_id": f"event-{seq}",
        "kind": "TransactionCompleted",
        "store_id": "S1",
        "terminal_id": "T1",
        "epoch": 1,
        "seq": seq,
        "occurred_at": NOW_MS,
        "business_date": "2026-05-28",
        "body": sale_body(seq),
    } | changes
    fields["body"] = msgspec.Raw(msgspec.json.encode(fields["body"]))
    return codec.encode_envelope(Envelope(**fields))


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A database with tokens of its tills' sessions."""

    database: Database
    key: str
    other_key: str
    other_store_key: str


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[Databases]:
    """Databases of a server that runs while the session does."""
    databases = Databases()
    yield databases
    databases.stop()


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an empty schema, to be copied: each copy is a hub of its own."""
    path = tmp_path_factory.mktemp("model") / "hub.db"
    database = Database(path)
    with database.writing() as connection:
        connection.execute(delete(HUB))
    database.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgres)])
def hub_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open, empty hub on SQLite, then on PostgreSQL; `named` of its location opens it again."""
    with ExitStack() as stack:
        named: Path | str = tmp_path / "hub.db"
        if request.param == "postgresql":
            databases: Databases = request.getfixturevalue("postgres_databases")
            named = stack.enter_context(databases.fresh())
        else:
            shutil.copy(request.getfixturevalue("sqlite_model"), named)
        database = Database(named)
        stack.callback(database.close)
        yield database


@pytest.fixture
def enrolled(hub_database: Database) -> Enrolled:
    """Stores S1 and S2, and tills S1/T1, S1/T2 and S2/T1."""
    database = hub_database
    with database.writing() as connection:
        for store_id in ("S1", "S2"):
            put_shop(connection, shop_document(store_id), show_pins=False, now_ms=NOW_MS)
    keys = [
        enrol_device(database, store, terminal, NOW_MS)
        for store, terminal in (("S1", "T1"), ("S1", "T2"), ("S2", "T1"))
    ]
    return Enrolled(database, *(bearer_token(database, key, NOW_MS) for key in keys))


@pytest.fixture
def hub_url(enrolled: Enrolled) -> Iterator[str]:
    """The same database, served on the loopback."""
    hub = EmbeddedHub(enrolled.database.location.named, now_ms=lambda: NOW_MS)
    yield hub.start()
    hub.stop()


@pytest.fixture
def fleet(enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The same database, served with a fleet page and a clock that the test winds; a `Fleet`."""
    from tests.hub.fleet_visitor import Fleet, HandClock, add_account

    # Passwords are hashed weakly here: the tests are not about how long that takes.
    monkeypatch.setattr(
        "sync.hub.fleet.admins._HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    database, clock = enrolled.database, HandClock()
    add_account(database)
    keys = [enrol_device(database, "S1", terminal_id, NOW_MS) for terminal_id in ("T1", "T2")]
    tokens = [bearer_token(database, key, NOW_MS, valid_ms=365 * 86_400_000) for key in keys]
    hub = EmbeddedHub(database.location.named, now_ms=clock.now_ms)
    yield Fleet(database, clock, hub.start(), *tokens)
    hub.stop()
