"""Figures of a hub for Prometheus: requests, what became of events, and what waits for people.

One set of figures a process; several processes behind one address share theirs through the directory named by
PROMETHEUS_MULTIPROC_DIR, as that library wants it. What waits is read from the database when it is asked for,
so it is the same whichever process answers. Labels are routes and fixed words, never stores or terminals:
thousands of tills must not become thousands of series.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

#: From a small answer out of memory to a full batch on a busy disk.
_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
MULTIPROCESS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"

#: What waits now, by name: asked when Prometheus asks.
Waiting = Callable[[], Mapping[str, int]]


class _WholeFiles(MultiProcessCollector):
    """Reads the processes' files, but for one that a process has only just opened: it is empty yet."""

    def collect(self) -> Iterable[Metric]:
        files = [str(file) for file in Path(self._path).glob("*.db") if file.stat().st_size]
        merged: Iterable[Metric] = self.merge(files, accumulate=True)
        return merged


class _WaitingNow(Collector):
    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "poshub_waiting", "Rows that wait: for a person, for a job, for a till.", labels=["what"]
        )
        for what, count in sorted(self._waiting().items()):
            family.add_metric([what], count)
        yield family

    def describe(self) -> Iterator[GaugeMetricFamily]:
        # Told beforehand, or registering would ask the database.
        yield GaugeMetricFamily("poshub_waiting", "", labels=["what"])


class Metrics:
    """The figures of this process."""

    def __init__(self, waiting: Waiting) -> None:
        self._registry = CollectorRegistry()
        self._waiting = waiting
        self._requests = Counter(
            "poshub_requests", "Requests answered.", ["route", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "poshub_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self._events = Counter(
            "poshub_events", "Lines of batches, by what became of them.", ["fate"], registry=self._registry
        )
        self._bytes_in = Counter(
            "poshub_batch_bytes", "Bytes of batches as they came.", registry=self._registry
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def took_in(self, size: int, fates: Mapping[str, int]) -> None:
        """Count a batch: its bytes, and its lines by what became of them."""
        self._bytes_in.inc(size)
        for fate, count in fates.items():
            if count:
                self._events.labels(fate).inc(count)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        if MULTIPROCESS_FOLDER not in os.environ:
            registry = CollectorRegistry()
            registry.register(_WaitingNow(self._waiting))
            return generate_latest(self._registry) + generate_latest(registry)
        shared = CollectorRegistry()
        _WholeFiles(shared)
        shared.register(_WaitingNow(self._waiting))
        return generate_latest(shared)
