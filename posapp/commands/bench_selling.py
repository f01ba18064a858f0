"""A till that sells and scans as fast as it can, while something else goes on that must not hold it up.

Sales and bare syncs of the same disk take turns on one thread, scans go on another, as in a till, where
only the file system and the interpreter are shared. Every act is kept with the name of what went on when it
began. What goes on is the benchmark's affair.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Final

from posapp.commands.bench_commit import BenchRefusedError, DiskProbe, SellingTill
from posapp.flows.ports import CatalogReader, CatalogueUnreadable
from posapp.store import tidying

QUIET: Final = "quiet"
_WARM_UP_SALES: Final = 40
#: Between two scans: a person is slower, and the window's thread mostly waits.
_SCAN_EVERY_S: Final = 0.002
#: Sales between two looks after the log, as the till does it in its idle moments.
_TIDY_EVERY: Final = 20
_AT_MS: Final = 1 << 50


@dataclass(slots=True)
class Acts:
    """Seconds that acts took, by what went on."""

    sales: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    probes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    scans: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missed_scans: int = 0


class BusyTill:
    """Sells and scans until it is closed; `keys` are look-up keys that the catalogue always has."""

    def __init__(self, folder: Path, reader: CatalogReader, keys: Sequence[str], *, seed: int) -> None:
        self.acts = Acts()
        self._folder = folder
        self._reader = reader
        self._keys = keys
        self._till = SellingTill(folder / "ledger.db", seed)
        self._phase = QUIET
        self._over = threading.Event()
        self._fault: Exception | None = None
        self._threads = [
            threading.Thread(target=work, name=f"bench-{work.__name__}") for work in (self._sell, self._scan)
        ]

    def __enter__(self) -> BusyTill:
        for _ in range(_WARM_UP_SALES):
            self._till.must(self._till.ledger.commit(self._till.next_sale()))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._till.ledger.close()
        if self._fault is not None:
            raise self._fault

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Name what goes on for a while."""
        self._phase = phase
        try:
            yield
        finally:
            self._phase = QUIET

    def rest(self, seconds: float) -> None:
        """Let it sell undisturbed."""
        self._over.wait(seconds)

    def _sell(self) -> None:
        try:
            with DiskProbe(self._folder / "probe") as probe:
                count = 0
                while not self._over.is_set():
                    commit, phase = self._till.next_sale(), self._phase
                    started = perf_counter()
                    answer = self._till.ledger.commit(commit)
                    self.acts.sales[phase].append(perf_counter() - started)
                    self._till.must(answer)
                    line = self._till.last_line()
                    started = perf_counter()
                    probe.sync(line)
                    self.acts.probes[phase].append(perf_counter() - started)
                    count += 1
                    if count % _TIDY_EVERY == 0:
                        tidying.checkpoint(self._till.ledger.connection())
        except (BenchRefusedError, OSError) as fault:
            # Told where the bench ends: a thread's own end would be lost.
            self._fault = fault

    def _scan(self) -> None:
        number = 0
        while not self._over.wait(_SCAN_EVERY_S):
            key, phase = self._keys[number % len(self._keys)], self._phase
            number += 1
            started = perf_counter()
            try:
                is_there = self._reader.by_key(key, _AT_MS) is not None
            except CatalogueUnreadable:
                is_there = False
            self.acts.scans[phase].append(perf_counter() - started)
            self.acts.missed_scans += not is_there
