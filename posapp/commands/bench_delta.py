"""What 10,000 changed prices cost a till that sells meanwhile, on the file system it is on.

The prices come as the hub sends them, in pages, and are decoded and applied by the till's own code into a
catalogue of a million items. Sales without them and sales beside them take turns, with a bare sync of the
disk after every sale; the ratio of the two tails is what counts.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from posapp.commands.bench_commit import disk_folder, file_system
from posapp.commands.bench_selling import QUIET, BusyTill
from posapp.commands.bench_shop import catalogue
from posapp.commands.clock import SystemClock
from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.engine import open_reader
from sync.protocol.codec import decode_message
from sync.protocol.messages import FeedPage
from sync.protocol.versions import FEED_PAGE_MAX, STREAM_PRICES

PRICES: Final = 10_000
_DELTA: Final = "delta"
_QUIET_S: Final = 1.0
_SCANNED: Final = 500


def bench_delta(*, rounds: int, codes: int, seed: int, folder: Path | None) -> Result:
    """Measure in a folder of its own below the given one, or below the first that is on a disk."""
    directory = folder or disk_folder()
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=directory) as name:
        path = Path(name) / "catalog.db"
        shutil.copyfile(catalogue(codes, seed, None), path)
        with closing(open_reader(path)) as connection:
            skus = [str(row[0]) for row in connection.execute("SELECT sku FROM item")]
        place = CatalogPlace(path)
        with (
            closing(open_catalog_file(place, SystemClock())) as file,
            closing(SqliteCatalogReader(place)) as reader,
            BusyTill(Path(name), reader, chance.sample(skus, _SCANNED), seed=seed) as till,
        ):
            deltas: list[float] = []
            for number in range(1, rounds + 1):
                pages = _pages(chance.sample(skus, min(PRICES, len(skus))), codes + number * PRICES, chance)
                till.rest(max(_QUIET_S, deltas[-1] if deltas else 0))
                with till.during(_DELTA):
                    deltas.append(_apply(file, pages))
    result = _result(till, deltas, seed)
    result.figures |= {"rounds_count": rounds, "items_count": len(skus)}
    result.baselines["file_system"] = file_system(directory)
    return result


def _pages(skus: list[str], rev: int, chance: random.Random) -> list[bytes]:
    """The hub's answers, as they come out of the link."""
    changes = [
        {
            "kind": "upsert",
            "key": sku,
            "rev": rev + at,
            "body": {"sku": sku, "prices": [[0, chance.randrange(100, 10_000)]]},
        }
        for at, sku in enumerate(skus)
    ]
    return [
        msgspec.json.encode(
            {"changes": changes[at : at + FEED_PAGE_MAX], "next_cursor": f"bench:{rev + at}", "more": True}
        )
        for at in range(0, len(changes), FEED_PAGE_MAX)
    ]


def _apply(file: CatalogFile, pages: list[bytes]) -> float:
    started = perf_counter()
    for body in pages:
        page = decode_message(body, FeedPage)
        file.apply(STREAM_PRICES, page.changes, page.next_cursor)
    return perf_counter() - started


def _result(till: BusyTill, deltas: list[float], seed: int) -> Result:
    acts = till.acts
    tails = {phase: quantile(acts.sales[phase], 0.99) for phase in (QUIET, _DELTA)}
    result = Result("delta", seed)
    result.figures = {
        "sale_p99_ratio": round(tails[_DELTA] / tails[QUIET], 3),
        "probe_p99_ratio": round(quantile(acts.probes[_DELTA], 0.99) / quantile(acts.probes[QUIET], 0.99), 3),
        "sale_p50_ms": round(median(acts.sales[_DELTA]) * 1e3, 3),
        "sale_p99_ms": round(tails[_DELTA] * 1e3, 3),
        "sale_longest_ms": round(max(acts.sales[_DELTA]) * 1e3, 3),
        "sales_count": len(acts.sales[_DELTA]),
        "scan_longest_ms": round(max(acts.scans[_DELTA]) * 1e3, 3),
        "missed_scans_count": acts.missed_scans,
        "delta_ms": round(median(deltas) * 1e3, 1),
        "delta_rows_per_s": round(PRICES / median(deltas)),
    }
    result.baselines = {
        "quiet_sale_p50_ms": round(median(acts.sales[QUIET]) * 1e3, 3),
        "quiet_sale_p99_ms": round(tails[QUIET] * 1e3, 3),
        "quiet_sale_longest_ms": round(max(acts.sales[QUIET]) * 1e3, 3),
        "quiet_sales_count": len(acts.sales[QUIET]),
        "quiet_scan_longest_ms": round(max(acts.scans[QUIET]) * 1e3, 3),
        "probe_p99_ms": round(quantile(acts.probes[_DELTA], 0.99) * 1e3, 3),
        "quiet_probe_p99_ms": round(quantile(acts.probes[QUIET], 0.99) * 1e3, 3),
    }
    result.aims = [Aim("sale_p99_ratio", "<=", 2.0), Aim("missed_scans_count", "==", 0)]
    return result
