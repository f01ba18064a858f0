"""How fast a hub takes sales in, end to end, beside the same rows written straight into its database.

Sessions, signatures and chains are checked as always. Rounds are interleaved and the order turns, since a
virtual disk changes its mood between one minute and the next; each round probes the bare disk as well.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import psycopg

from sync.hub.bench.postgres_server import PostgresServer, postgres_programs
from sync.hub.bench.report import aim, fdatasync_ms, folder_on_disk, machine, median_ratio
from sync.hub.bench.sales import (
    ALONE_ID,
    BUSINESS_DATE,
    LINES_A_SALE,
    ROWS_A_SALE,
    TERMINAL_IDS,
    TOGETHER_IDS,
    sale_line,
)
from sync.hub.bench.served import Parcel, ServedHub, Till, make_hub
from sync.hub.bench.straight import RowMaker, Rows, insert_batches, insert_values
from sync.hub.database import Database, read_location
from sync.hub.schema.partitions import ensure_partitions

#: Many rows in one statement are so slow that a part of the round shows it.
_VALUES_SALES: Final = 500
_COPY_AIM, _COPY_WISHED, _VALUES_AIM, _REPLAY_AIM = 0.6, 0.75, 10.0, 2.0
_POSTGRES_RATE_WISHED, _SQLITE_AIM, _SQLITE_RATE_WISHED = 10_000, 0.25, 6_000


@dataclass(slots=True)
class _Rates:
    """Sales a second, round by round."""

    one_till: list[float] = field(default_factory=list)
    four_tills: list[float] = field(default_factory=list)
    replays: list[float] = field(default_factory=list)
    straight: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    fdatasync_ms: list[float] = field(default_factory=list)
    wire_bytes_per_sale: float = 0.0


def bench_ingest(database: str | None, *, rounds: int, sales: int, seed: int) -> dict[str, Any]:
    """Measure SQLite, and PostgreSQL where one is given or can be started; figures, baselines, aims."""
    result: dict[str, Any] = {"name": "ingest", "machine": machine(), "seed": seed}
    result |= {"figures": {}, "baselines": {}, "aims": []}
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="poshub-bench-", dir=folder_on_disk())
        )
        places: dict[str, tuple[Path | str, Path | str]] = {}
        if database is None or read_location(database).dialect == "sqlite":
            places["sqlite"] = (Path(folder) / "hub.db", Path(folder) / "straight.db")
        if database is not None and read_location(database).dialect == "postgresql":
            places["postgresql"] = stack.enter_context(_two_databases(database))
        elif database is None and postgres_programs() is not None:
            server = stack.enter_context(PostgresServer(shared_buffers="256MB"))
            places["postgresql"] = stack.enter_context(_two_databases(server.url()))
        for dialect, (hub, straight) in places.items():
            with _Bench(Path(folder), hub, straight, sales=sales, seed=seed) as bench:
                for number in range(rounds):
                    bench.round(number)
            _tell(result, dialect, bench.rates)
    result["figures"] |= {
        "lines_per_sale": LINES_A_SALE,
        "rows_per_sale": ROWS_A_SALE,
        "sales_per_round": sales,
        "rounds": rounds,
    }
    return result


@contextmanager
def _two_databases(url: str) -> Iterator[tuple[str, str]]:
    """Two databases of a server, dropped afterwards: the hub's, and the one that is written straight into."""
    location = read_location(url)
    names = ("poshub_bench_hub", "poshub_bench_straight")
    plain = location.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        try:
            urls = [
                location.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
                for name in names
            ]
            yield urls[0], urls[1]
        finally:
            for name in names:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


class _Bench:
    """One hub, one database beside it, and four tills whose sales go on from round to round."""

    def __init__(self, folder: Path, hub: Path | str, straight: Path | str, *, sales: int, seed: int) -> None:
        self.rates = _Rates()
        self._folder = folder
        self._sales = sales
        self._chance = random.Random(seed)
        self._tills = {terminal_id: Till(terminal_id) for terminal_id in TERMINAL_IDS}
        self._seqs: Counter[str] = Counter()
        self._stack = ExitStack()
        make_hub(hub, list(self._tills.values()))
        self._straight = Database(straight)
        self._stack.callback(self._straight.close)
        for named in (hub, straight):
            _make_month(named)
        self._maker = RowMaker(folder / f"rows-{self._straight.dialect}.db")
        self._stack.callback(self._maker.close)
        self._served = self._stack.enter_context(ServedHub(hub))

    def __enter__(self) -> _Bench:
        return self

    def __exit__(self, *_trouble: object) -> None:
        self._stack.close()

    def round(self, number: int) -> None:
        """Every way once; the order turns, so that nothing always runs into another's leftovers."""
        lines = self._lines(ALONE_ID, self._sales)
        alone = {ALONE_ID: self._tills[ALONE_ID].parcels(lines)}
        batches = self._maker.batches(ALONE_ID, lines)
        share = self._sales // len(TOGETHER_IDS)
        together = {name: self._tills[name].parcels(self._lines(name, share)) for name in TOGETHER_IDS}
        steps = [
            lambda: self._one_till(alone),
            lambda: self._written_straight(batches),
            lambda: self._four_tills(together),
        ]
        for at in range(len(steps)):
            steps[(at + number) % len(steps)]()
        self.rates.replays.append(self._sales / self._served.send(alone))
        self.rates.fdatasync_ms.append(fdatasync_ms(self._folder))

    def _one_till(self, parcels: dict[str, list[Parcel]]) -> None:
        self.rates.one_till.append(self._sales / self._served.send(parcels))

    def _four_tills(self, parcels: dict[str, list[Parcel]]) -> None:
        sales = self._sales // len(parcels) * len(parcels)
        self.rates.four_tills.append(sales / self._served.send(parcels))
        self.rates.wire_bytes_per_sale = (
            sum(len(one.body) for some in parcels.values() for one in some) / sales
        )

    def _written_straight(self, batches: list[Rows]) -> None:
        self.rates.straight.append(self._sales / insert_batches(self._straight, batches))
        if self._straight.dialect == "postgresql":
            few = min(_VALUES_SALES, self._sales)
            rows = self._maker.batches("V1", self._lines("V1", few))
            self.rates.values.append(few / insert_values(self._straight, rows))

    def _lines(self, terminal_id: str, count: int) -> list[bytes]:
        first = self._seqs[terminal_id] + 1
        self._seqs[terminal_id] += count
        return [sale_line(self._chance, first + at, terminal_id) for at in range(count)]


def _make_month(named: Path | str) -> None:
    database = Database(named)
    day = date.fromisoformat(BUSINESS_DATE)
    with database.writing() as connection:
        ensure_partitions(connection, day, day)
    database.close()


def _tell(result: dict[str, Any], dialect: str, rates: _Rates) -> None:
    """Put medians, ratios (round by round) and aims into the result."""
    middle = statistics.median
    of_straight = median_ratio(rates.four_tills, rates.straight)
    alone_of_straight = median_ratio(rates.one_till, rates.straight)
    replay = median_ratio(rates.replays, rates.one_till)
    result["figures"] |= {
        f"{dialect}_sales_per_s": round(middle(rates.four_tills)),
        f"{dialect}_of_straight_ratio": round(of_straight, 3),
        f"{dialect}_one_till_sales_per_s": round(middle(rates.one_till)),
        f"{dialect}_one_till_of_straight_ratio": round(alone_of_straight, 3),
        f"{dialect}_replay_sales_per_s": round(middle(rates.replays)),
        f"{dialect}_replay_of_fresh_ratio": round(replay, 2),
        "wire_bytes_per_sale": round(rates.wire_bytes_per_sale),
    }
    result["baselines"] |= {
        f"{dialect}_straight_sales_per_s": round(middle(rates.straight)),
        f"{dialect}_fdatasync_ms": round(middle(rates.fdatasync_ms), 3),
    }
    replay_aim = aim(f"{dialect}_replay_of_fresh_ratio", _REPLAY_AIM, replay, gated=True)
    rate = middle(rates.four_tills)
    if dialect == "sqlite":
        result["aims"] += [
            aim("sqlite_of_straight_ratio", _SQLITE_AIM, of_straight, gated=True),
            aim("sqlite_sales_per_s", _SQLITE_RATE_WISHED, rate, gated=False),
            replay_aim,
        ]
        return
    of_values = median_ratio(rates.four_tills, rates.values)
    result["figures"]["postgresql_of_values_ratio"] = round(of_values, 1)
    result["baselines"]["postgresql_values_sales_per_s"] = round(middle(rates.values))
    result["aims"] += [
        aim("postgresql_of_straight_ratio", _COPY_AIM, of_straight, gated=True),
        aim("postgresql_of_straight_ratio", _COPY_WISHED, of_straight, gated=False),
        aim("postgresql_of_values_ratio", _VALUES_AIM, of_values, gated=True),
        aim("postgresql_sales_per_s", _POSTGRES_RATE_WISHED, rate, gated=False),
        replay_aim,
    ]
