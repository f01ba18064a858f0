"""How a till comes by a million items from a real hub while it sells, and what that costs the selling.

Each round a till with another, small catalogue hears that the hub has forgotten its cursor, takes the hub's
snapshot over HTTP, cut off now and then at a random byte, puts it in place and pulls what is newer. It is
done by the till's own code, in one process with sales and scans, as in a shop.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec

from posapp.commands.bench_commit import disk_folder, file_system
from posapp.commands.bench_hub import STORE, TERMINAL, BenchHub
from posapp.commands.bench_selling import QUIET, BusyTill
from posapp.commands.bench_shop import Goods
from posapp.commands.clock import SystemClock
from posapp.commands.measuring import Aim, Result, median, quantile
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile, open_catalog_file
from posapp.store.snapshot import SnapshotFiles
from sync.engine.bootstrap import Bootstrapper, Verdict
from sync.engine.device_key import DeviceKey
from sync.engine.hub_link import HttpLink
from sync.engine.link import LinkError
from sync.engine.pull import Puller
from sync.protocol.messages import Change, Manifest
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PRICES

#: Times that the line is cut in one round.
CUTS: Final = 3
#: The link hands bytes on in pieces of this size: a cut costs one at most.
PIECE_BYTES: Final = 64 * 1024
_BOOTSTRAP: Final = "bootstrap"
_QUIET_S: Final = 1.0
_AFTER_S: Final = 0.05


class CutLink(HttpLink):
    """The till's own link, over a line that is cut after so many bytes of a snapshot."""

    cuts: list[int]
    fetched = 0

    def snapshot(self, sha256: str, *, offset: int, limit: int) -> Iterator[bytes]:
        """As the link does, until the line is cut."""
        for piece in super().snapshot(sha256, offset=offset, limit=limit):
            self.fetched += len(piece)
            if self.cuts and self.fetched >= self.cuts[0]:
                # What is on its way when a line goes down is lost.
                kept = len(piece) - (self.fetched - self.cuts.pop(0))
                yield piece[:kept]
                raise LinkError("later", "network")
            yield piece


class _TimedFiles(SnapshotFiles):
    """The till's own place for snapshots, with a stop-watch on what it does when all bytes are there."""

    local_s = 0.0
    manifest: Manifest | None = None

    def install(self, manifest: Manifest) -> Verdict:
        started = perf_counter()
        try:
            return super().install(manifest)
        finally:
            self.local_s = perf_counter() - started
            self.manifest = manifest


class _Inbox:
    """The part of the till's inbox that this is about."""

    def __init__(self, file: CatalogFile) -> None:
        self._file = file

    def cursor(self, stream: str) -> str | None:
        return self._file.cursor(stream)

    def apply(self, stream: str, changes: Sequence[Change], cursor: str | None) -> None:
        self._file.apply(stream, changes, cursor)

    def caught_up(self, stream: str) -> None:
        self._file.forget_older(stream)


@dataclass(slots=True)
class _Rounds:
    """What each round came to, and every act beside them."""

    whole_s: list[float] = field(default_factory=list)
    local_s: list[float] = field(default_factory=list)
    write_s: list[float] = field(default_factory=list)
    again_bytes: list[float] = field(default_factory=list)
    missing_items: int = 0
    missed_scans: int = 0
    cuts: int = 0
    manifest: Manifest | None = None
    sales: dict[str, list[float]] = field(default_factory=lambda: {QUIET: [], _BOOTSTRAP: []})
    scans: dict[str, list[float]] = field(default_factory=lambda: {QUIET: [], _BOOTSTRAP: []})


def bench_bootstrap(*, rounds: int, items: int, seed: int, folder: Path | None) -> Result:
    """Measure in a folder of its own below the given one, or below the first that is on a disk."""
    directory = folder or disk_folder()
    chance, done = random.Random(seed), _Rounds()
    with BenchHub(items, seed) as hub:
        goods = hub.goods()
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=directory) as name:
                _round(Path(name), hub, goods, items, chance, done)
    result = _result(done, seed)
    result.figures |= {"rounds_count": rounds, "items_count": items}
    result.baselines["file_system"] = file_system(directory)
    return result


def _round(
    folder: Path, hub: BenchHub, goods: list[Goods], items: int, chance: random.Random, done: _Rounds
) -> None:
    place, clock = CatalogPlace(folder / "catalog.db"), SystemClock()
    link = CutLink(
        hub.url, store_id=STORE, terminal_id=TERMINAL, key=DeviceKey(path=hub.key_file), clock=clock
    )
    files = _TimedFiles(place, STORE, clock)
    with closing(open_catalog_file(place, clock)) as file, closing(link):
        file.apply(STREAM_CATALOGUE, [_known(each, rev) for rev, each in enumerate(goods, 1)], "before:1")
        file.apply(STREAM_PRICES, (), "before:1")
        puller = Puller(link, _Inbox(file), bootstrapper=Bootstrapper(link, files, clock))
        with (
            closing(SqliteCatalogReader(place)) as reader,
            BusyTill(folder, reader, [each.key for each in goods], seed=chance.randrange(1 << 30)) as till,
        ):
            till.rest(_QUIET_S)
            length = _length_of(link)
            link.cuts = sorted(chance.randrange(1, length) for _ in range(CUTS))
            with till.during(_BOOTSTRAP):
                started = perf_counter()
                done.cuts += _pull(puller)
                done.whole_s.append(perf_counter() - started)
                # However few items there are, something was sold and scanned meanwhile.
                till.rest(_AFTER_S)
            done.missing_items += abs(items - reader.status().items)
    if files.manifest is None:
        raise RuntimeError("the hub's snapshot was not taken")
    done.manifest = files.manifest
    done.local_s.append(files.local_s)
    done.again_bytes.append((link.fetched - files.manifest.length) / CUTS)
    done.write_s.append(_write_s(folder / "written", files.manifest.plain_length))
    done.missed_scans += till.acts.missed_scans
    for phase in (QUIET, _BOOTSTRAP):
        done.sales[phase] += till.acts.sales[phase]
        done.scans[phase] += till.acts.scans[phase]


def _known(goods: Goods, rev: int) -> Change:
    body: dict[str, Any] = {
        "sku": goods.key.lstrip("="),
        "names": goods.names,
        "pinyin": "",
        "unit": "pcs",
        "tax_category": "standard",
        "codes": [goods.key],
    }
    return Change("upsert", body["sku"], rev, msgspec.Raw(msgspec.json.encode(body)))


def _length_of(link: HttpLink) -> int:
    signed = link.manifest()
    if signed is None:
        raise RuntimeError("the hub has no snapshot")
    return msgspec.json.decode(signed.manifest, type=Manifest).length


def _pull(puller: Puller) -> int:
    """Pull both streams to their ends, over every cut; how many there were."""
    cuts = 0
    for stream in (STREAM_CATALOGUE, STREAM_PRICES):
        more = True
        while more:
            try:
                more = puller.pull_once(stream)
            except LinkError as trouble:
                if trouble.detail != "network":
                    raise
                cuts += 1
    return cuts


def _write_s(path: Path, length: int) -> float:
    """What the disk takes for as many bytes, synced once."""
    piece = os.urandom(1 << 20)
    started = perf_counter()
    with path.open("wb") as file:
        for at in range(0, length, len(piece)):
            file.write(piece[: length - at])
        file.flush()
        os.fsync(file.fileno())
    return perf_counter() - started


def _millis(seconds: float) -> float:
    return round(seconds * 1e3, 3)


def _result(done: _Rounds, seed: int) -> Result:
    result = Result("bootstrap", seed)
    manifest = done.manifest
    result.figures = {
        "local_work_s": round(median(done.local_s), 3),
        "local_work_of_write_ratio": round(median(done.local_s) / median(done.write_s), 2),
        "whole_s": round(median(done.whole_s), 3),
        "scan_longest_ms": _millis(max(done.scans[_BOOTSTRAP])),
        "scan_p99_ms": _millis(quantile(done.scans[_BOOTSTRAP], 0.99)),
        "sale_p99_ms": _millis(quantile(done.sales[_BOOTSTRAP], 0.99)),
        "sale_longest_ms": _millis(max(done.sales[_BOOTSTRAP])),
        "missed_scans_count": done.missed_scans,
        "missing_items_count": done.missing_items,
        "cuts_count": done.cuts,
        "fetched_again_a_cut_bytes": round(max(done.again_bytes)),
        "packed_mb": 0 if manifest is None else round(manifest.length / 1e6, 1),
        "plain_mb": 0 if manifest is None else round(manifest.plain_length / 1e6, 1),
    }
    result.baselines = {
        "write_and_sync_s": round(median(done.write_s), 3),
        "quiet_scan_longest_ms": _millis(max(done.scans[QUIET])),
        "quiet_sale_p99_ms": _millis(quantile(done.sales[QUIET], 0.99)),
        "quiet_sale_longest_ms": _millis(max(done.sales[QUIET])),
    }
    result.aims = [
        Aim("local_work_s", "<=", 1.0, gated=False),
        Aim("scan_longest_ms", "<=", 50, gated=False),
        Aim("sale_longest_ms", "<=", 50, gated=False),
        Aim("missed_scans_count", "==", 0),
        Aim("missing_items_count", "==", 0),
        Aim("fetched_again_a_cut_bytes", "<=", PIECE_BYTES),
    ]
    return result
