"""`posapp bench start`: from exec to the first scanned line on the screen.

The baseline is the least that Qt for Python can do: exec to the first paint of an empty window. Both are
processes of their own and take turns; each tells the moment on the clock that processes share.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posapp.commands.bench_shop import catalogue, codes_of, prepare_till
from posapp.commands.measuring import Aim, Result, median

RSS_SPARE_MB = 80
_PATIENCE_S = 60


@dataclass(slots=True)
class Starts:
    """What the processes of one kind told."""

    taken_ms: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)


def bench_start(*, rounds: int, goods: tuple[int, int, Path | None], folder: Path | None) -> Result:
    """Measure starts in turn; `goods` are the number of codes, the seed and a list to use instead."""
    count, seed, given = goods
    path = catalogue(count, seed, given)
    codes = codes_of(path, rounds + 1, seed)
    till, empty = Starts(), Starts()
    with tempfile.TemporaryDirectory(prefix="posapp-bench-", dir=folder) as place:
        for number in range(rounds + 1):
            # A folder for each start: the till of the round before left a cart behind.
            settings = prepare_till(Path(place) / str(number), path, seed=seed)
            ways = [
                (till, ["till", str(settings.data.parent / "terminal.toml"), codes[number % len(codes)]]),
                (empty, ["empty"]),
            ]
            for starts, arguments in ways if number % 2 else reversed(ways):
                # The first round only fills the caches of the disk.
                _start(arguments, starts if number else Starts(), Path(place) / "bytecode")
    return _result(rounds, goods, till, empty)


def _start(arguments: list[str], starts: Starts, bytecode: Path) -> None:
    command = [sys.executable, "-m", "posapp.commands.start_child", *arguments]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPYCACHEPREFIX": str(bytecode)}
    # A till that is installed has its bytecode; this one has it from the first round.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun_ns = time.monotonic_ns()
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=_PATIENCE_S, env=environment
    )
    if done.returncode or not done.stdout:
        raise RuntimeError(f"{arguments[0]} did not start: {done.stderr.strip()[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    starts.taken_ms.append((told["painted_ns"] - begun_ns) / 1e6)
    if told["rss_kb"] is not None:
        starts.rss_mb.append(told["rss_kb"] / 1024)


def _result(rounds: int, goods: tuple[int, int, Path | None], till: Starts, empty: Starts) -> Result:
    count, seed, given = goods
    figures: dict[str, Any] = {
        "codes": count if given is None else 0,
        "rounds": rounds,
        "start_ms": round(median(till.taken_ms), 1),
        "start_of_empty_window_ratio": round(median(till.taken_ms) / median(empty.taken_ms), 3),
    }
    baselines: dict[str, Any] = {"empty_window_ms": round(median(empty.taken_ms), 1)}
    limit = 0.0
    if till.rss_mb and empty.rss_mb:
        figures["rss_mb"] = round(median(till.rss_mb), 1)
        baselines["empty_window_rss_mb"] = round(median(empty.rss_mb), 1)
        limit = round(2 * median(empty.rss_mb) + RSS_SPARE_MB, 1)
    aims = [Aim("start_of_empty_window_ratio", "<=", 2.0), Aim("rss_mb", "<=", limit)]
    return Result("start", seed, figures, baselines, aims)
