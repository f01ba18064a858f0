"""What the way over HTTP costs above writing the same rows straight into the database.

The hub runs as a process of its own and is spoken to over the loopback; the baseline inserts the very
same rows in batches of the same size into a database of the same schema on the same file system. Rounds
are interleaved, since a virtual disk changes its mood between one minute and the next.
"""

from __future__ import annotations

import http.client
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pysqlite3.dbapi2

from sync.hub.auth import Claim, hub_secret, new_token
from sync.hub.database import Database
from sync.hub.embedded import system_now_ms
from sync.hub.enrolment import add_key
from sync.hub.ingest import Batch, ingest
from sync.hub.shop_admin import put_shop
from sync.hub.tables import EVENT, PROGRESS, RETAIL_TRANSACTION, SALE_LINE, TAX_LINE, TENDER_LINE
from sync.protocol import codec, signing
from sync.protocol.envelope import Envelope
from sync.protocol.messages import PushReply
from sync.protocol.versions import BATCH_MEDIA_TYPE, HEADER_EPOCH, HEADER_FIRST_SEQ, PATH_PREFIX

BATCH_SALES: Final = 500
LINES_A_SALE: Final = 8
STORE_ID: Final = "B1"
TERMINAL_ID: Final = "T1"
RATIO_AIM: Final = 0.25
RATE_WISHED: Final = 6_000
TOKEN_MS: Final = 3_600_000
START_MS: Final = 1_780_000_000_000
_TABLES: Final = (EVENT, RETAIL_TRANSACTION, SALE_LINE, TENDER_LINE, TAX_LINE, PROGRESS)
_SHOP: Final[dict[str, Any]] = {
    "store": {"id": STORE_ID, "names": "Bench", "currency": "CNY"},
    "terminals": [{"id": TERMINAL_ID}],
    "operators": [{"id": "1", "name": "Bench", "role": "manager", "pin": "0000"}],
}


def bench(name: str, *, rounds: int, sales: int, seed: int) -> dict[str, Any]:
    """Measure one thing and return the figures, the baselines beside them and the aims."""
    if name != "ingest":
        raise ValueError(f"there is no bench {name!r}")
    with tempfile.TemporaryDirectory(prefix="poshub-bench-", dir=_disk()) as folder:
        hub_s, direct_s, wire_bytes = _rounds(Path(folder), rounds, sales, seed)
    hub_rate = sales / statistics.median(hub_s)
    direct_rate = sales / statistics.median(direct_s)
    ratio = statistics.median(direct / hub for hub, direct in zip(hub_s, direct_s, strict=True))
    return {
        "name": name,
        "machine": _machine(),
        "seed": seed,
        "figures": {
            "ingest_sales_per_s": round(hub_rate),
            "ingest_of_direct_ratio": round(ratio, 3),
            "wire_bytes_per_sale": round(wire_bytes / (rounds * sales)),
            "lines_per_sale": LINES_A_SALE,
            "sales_per_round": sales,
            "rounds": rounds,
        },
        "baselines": {"direct_insert_sales_per_s": round(direct_rate)},
        "aims": [
            _aim("ingest_of_direct_ratio", RATIO_AIM, ratio, gated=True),
            _aim("ingest_sales_per_s", RATE_WISHED, hub_rate, gated=False),
        ],
    }


def _aim(key: str, limit: float, measured: float, *, gated: bool) -> dict[str, Any]:
    return {"key": key, "op": ">=", "limit": limit, "held": measured >= limit, "gated": gated}


def _disk() -> str | None:
    """A folder that is on a disk: the usual place for temporary files may be memory."""
    return "/var/tmp" if Path("/var/tmp").is_dir() else None


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": pysqlite3.dbapi2.sqlite_version,
    }


def _rounds(folder: Path, rounds: int, sales: int, seed: int) -> tuple[list[float], list[float], int]:
    chance = random.Random(seed)
    key = _prepare(folder / "hub.db")
    _prepare(folder / "direct.db")
    direct = Database(folder / "direct.db")
    model = Database(folder / "model.db")
    hub_s: list[float] = []
    direct_s: list[float] = []
    wire_bytes = 0
    try:
        with _Served(folder / "hub.db", key) as served:
            for round_no in range(rounds):
                first_seq = round_no * sales + 1
                lines = [sale_line(chance, first_seq + place) for place in range(sales)]
                packed = [codec.pack(lines[at : at + BATCH_SALES]) for at in range(0, sales, BATCH_SALES)]
                wire_bytes += sum(map(len, packed))
                rows = [_rows(model, lines[at : at + BATCH_SALES]) for at in range(0, sales, BATCH_SALES)]
                # Turn about, so that neither always runs into the other's leftovers.
                if round_no % 2:
                    direct_s.append(_insert(direct, rows))
                hub_s.append(served.send(packed, first_seq))
                if not round_no % 2:
                    direct_s.append(_insert(direct, rows))
    finally:
        direct.close()
        model.close()
    return hub_s, direct_s, wire_bytes


def _prepare(path: Path) -> str:
    database = Database(path)
    try:
        with database.writing() as connection:
            put_shop(connection, _SHOP, show_pins=False, now_ms=START_MS)
            public_key = signing.public_key_of(signing.new_private_key())
            claim = Claim(STORE_ID, TERMINAL_ID, signing.key_id_of(public_key))
            add_key(connection, claim, public_key, now_ms=START_MS)
            secret = hub_secret(connection)
    finally:
        database.close()
    return new_token(secret, claim, expires_at_ms=system_now_ms() + TOKEN_MS)


# ---------------------------------------------------------------------- the hub's way
class _Served:
    """A hub in its own process, and one connection to it."""

    def __init__(self, path: Path, key: str) -> None:
        command = [sys.executable, "-m", "sync.hub.commands", "serve", "--database", str(path), "--port", "0"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": BATCH_MEDIA_TYPE,
            HEADER_EPOCH: "1",
        }

    def __enter__(self) -> _Served:
        if self._process.stdout is None:
            raise RuntimeError("the hub has no output to tell its address on")
        address = self._process.stdout.readline().strip().rpartition("//")[2]
        self._connection = http.client.HTTPConnection(address, timeout=60)
        return self

    def __exit__(self, *_trouble: object) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait(20)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def send(self, batches: Sequence[bytes], first_seq: int) -> float:
        """Seconds from the first byte to the last acknowledgement, one batch in flight."""
        path = f"{PATH_PREFIX}/stores/{STORE_ID}/terminals/{TERMINAL_ID}/events"
        acked = first_seq - 1
        start = time.perf_counter()
        for body in batches:
            self._connection.request("POST", path, body, self._headers | {HEADER_FIRST_SEQ: str(acked + 1)})
            response = self._connection.getresponse()
            acked = codec.decode_message(response.read(), PushReply).acked_through
        taken = time.perf_counter() - start
        if acked < first_seq + len(batches) - 1:
            raise RuntimeError("the hub did not take the batches")
        return taken


# ---------------------------------------------------------------------- the straight way
def _rows(model: Database, lines: Sequence[bytes]) -> list[tuple[Any, list[tuple[Any, ...]]]]:
    """The rows that the hub makes of these lines, table by table, made by the hub's own code."""
    batch = Batch(STORE_ID, TERMINAL_ID, 1, None, lines)
    with model.writing() as connection:
        for table in _TABLES:
            connection.execute(table.delete())
        first = msgspec.json.decode(lines[0])["seq"]
        connection.execute(PROGRESS.insert().values((STORE_ID, TERMINAL_ID, 1, first - 1, START_MS)))
        ingest(connection, batch, now_ms=START_MS)
        return [(table, [tuple(row) for row in connection.execute(table.select())]) for table in _TABLES]


def _insert(direct: Database, batches: Sequence[list[tuple[Any, list[tuple[Any, ...]]]]]) -> float:
    """Seconds to insert the batches, one transaction each, with the bare driver."""
    statements = {
        table.name: f"INSERT OR REPLACE INTO {table.name} VALUES ({','.join('?' * len(table.columns))})"  # noqa: S608
        for table in _TABLES
    }
    start = time.perf_counter()
    for batch in batches:
        with direct.writing() as connection:
            cursor = connection.connection.cursor()
            for table, rows in batch:
                cursor.executemany(statements[table.name], rows)
    return time.perf_counter() - start


# ---------------------------------------------------------------------- the sale
def sale_line(chance: random.Random, seq: int) -> bytes:
    """An envelope with a made-up sale of eight lines and two tenders, the same for the same chance."""
    lines = [_sold(chance, line_no) for line_no in range(1, LINES_A_SALE + 1)]
    total_minor = sum(line["amount_minor"] for line in lines)
    cash_minor = total_minor // 2
    body = {
        "transaction_id": f"{chance.getrandbits(128):032x}",
        "store_id": STORE_ID,
        "terminal_id": TERMINAL_ID,
        "shift_id": f"{seq // 300:032x}",
        "business_date": "2026-05-28",
        "operator_id": "1",
        "operator_name": "Bench",
        "opened_at_ms": START_MS + seq * 60_000,
        "completed_at_ms": START_MS + seq * 60_000 + 45_000,
        "currency": "CNY",
        "language": "en",
        "lines": lines,
        "taxes": [
            {
                "rate_id": "vat13",
                "names": {"en": "VAT 13%"},
                "ppm": 130_000,
                "included": True,
                "taxable_minor": total_minor * 100 // 113,
                "tax_minor": total_minor - total_minor * 100 // 113,
            }
        ],
        "tenders": [
            _tender(1, "cash", cash_minor),
            _tender(2, "card", total_minor - cash_minor),
        ],
        "goods_minor": total_minor,
        "tax_added_minor": 0,
        "rounding_minor": 0,
        "total_minor": total_minor,
        "tendered_minor": total_minor,
        "change_minor": 0,
        "receipt_number": f"T1-{seq:06d}",
    }
    return codec.encode_envelope(
        Envelope(
            event_id=f"{chance.getrandbits(128):032x}",
            kind="TransactionCompleted",
            store_id=STORE_ID,
            terminal_id=TERMINAL_ID,
            epoch=1,
            seq=seq,
            occurred_at=START_MS + seq * 60_000,
            business_date="2026-05-28",
            body=msgspec.Raw(msgspec.json.encode(body)),
        )
    )


def _sold(chance: random.Random, line_no: int) -> dict[str, Any]:
    code = f"{chance.randrange(10**12):012d}"
    price_minor = chance.randrange(100, 9_999)
    quantity = chance.choice((1, 1, 1, 2))
    return {
        "line_no": line_no,
        "sku": code,
        "names": {"en": f"Item {code[:6]}", "zh_CN": f"商品 {code[:6]}"},
        "code": code,
        "quantity": quantity,
        "unit": "pcs",
        "unit_price_minor": price_minor,
        "amount_minor": price_minor * quantity,
        "tax_category": "standard",
        "price_reason": "list",
    }


def _tender(tender_no: int, tender_id: str, amount_minor: int) -> dict[str, Any]:
    kind = "cash" if tender_id == "cash" else "recorded"
    return {
        "tender_no": tender_no,
        "tender_id": tender_id,
        "kind": kind,
        "names": {"en": tender_id.title()},
        "amount_minor": amount_minor,
        "reference": "",
    }
