"""What every bench of the hub says beside its figures: the machine, the disk's mood, the aims."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pysqlite3.dbapi2

_PROBES: Final = 15
_PROBE_BYTES: Final = 8_192


def aim(key: str, limit: float, measured: float, *, gated: bool) -> dict[str, Any]:
    """An aim that is held where the figure is not below it."""
    return {"key": key, "op": ">=", "limit": limit, "held": measured >= limit, "gated": gated}


def folder_on_disk() -> str | None:
    """A folder that is on a disk: the usual place for temporary files may be memory."""
    return "/var/tmp" if Path("/var/tmp").is_dir() else None


def machine() -> dict[str, Any]:
    """What was measured on."""
    return {
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": pysqlite3.dbapi2.sqlite_version,
    }


def fdatasync_ms(folder: Path) -> float:
    """The median time of a bare write and fdatasync, in milliseconds; removed again."""
    path = folder / "probe"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _probe in range(_PROBES):
            start = time.perf_counter()
            file.write(bytes(_PROBE_BYTES))
            # Where there is no fdatasync (Windows, macOS), fsync is what a database would call.
            getattr(os, "fdatasync", os.fsync)(file.fileno())
            taken.append(time.perf_counter() - start)
    path.unlink()
    return statistics.median(taken) * 1_000


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of one figure over the other, round by round."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))
