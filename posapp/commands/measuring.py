"""What every benchmark prints: one JSON object with figures, the baselines of the same run, and aims.

Machines are noisy, so only ratios and counts gate; absolute times are printed and never judged.
"""

from __future__ import annotations

import json
import operator
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_OPERATORS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure and its limit; `gated` where missing it fails --check."""

    key: str
    op: str
    limit: float
    gated: bool = True


@dataclass(slots=True)
class Result:
    """One benchmark's outcome."""

    name: str
    seed: int
    figures: dict[str, Any] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    aims: list[Aim] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON object; an aim whose figure is missing is not held."""
        return {
            "name": self.name,
            "machine": machine(),
            "seed": self.seed,
            "figures": self.figures,
            "baselines": self.baselines,
            "aims": [
                {
                    "key": aim.key,
                    "op": aim.op,
                    "limit": aim.limit,
                    "held": self._held(aim),
                    "gated": aim.gated,
                }
                for aim in self.aims
            ],
        }

    def _held(self, aim: Aim) -> bool:
        figure = self.figures.get(aim.key)
        return figure is not None and bool(_OPERATORS[aim.op](figure, aim.limit))


def machine() -> dict[str, Any]:
    """What this ran on."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "cpu_count": os.cpu_count(),
        "python": platform.python_version(),
        "processor": _processor(),
    }


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def report(document: Mapping[str, Any], *, check: bool) -> int:
    """Print the object; with `check`, exit code 1 when a gated aim is not held."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
    missed = [aim for aim in document["aims"] if aim.get("gated", True) and not aim["held"]]
    return 1 if check and missed else 0
