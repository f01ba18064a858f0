"""`posapp bench decode DIR`: how many codes on a folder of pictures are read, and at what cost.

DIR holds pictures and an expected.json: file name → format and text, text null where nothing may be
read. The pipeline and the single decoders see every picture in turn; time is the thread's own processor
time. Knows what counts as wrong; refuses to know how codes are found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import thread_time_ns
from typing import Any

from posapp.commands.measuring import Aim, Result, median, quantile

OURS = "posapp"
ZXING = "zxing-cpp"
Found = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Expected:
    """One picture and what is on it; `also` are GTIN-14s of further codes that really are there."""

    path: Path
    format: str
    text: str | None
    also: tuple[str, ...]

    def accepts(self, found: tuple[str, str]) -> bool:
        """Whether a format and text are truly on the picture."""
        if self.text is None:
            return False
        return found == (self.format, self.text) or (
            found[1].isascii() and found[1].isdigit() and found[1].zfill(14) in self.also
        )


@dataclass(slots=True)
class Tally:
    """What one decoder made of the pictures."""

    read: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    phantoms: list[str] = field(default_factory=list)
    cpu_ns: list[int] = field(default_factory=list)

    def count(self, picture: Expected, found: Found) -> None:
        """Note what was found on one picture."""
        bad = [
            f"{picture.path.name}: {kind} {text}" for kind, text in found if not picture.accepts((kind, text))
        ]
        (self.phantoms if picture.text is None else self.wrong).extend(bad)
        if picture.text is not None and (picture.format, picture.text) in found:
            self.read[picture.format] = self.read.get(picture.format, 0) + 1

    def document(self) -> dict[str, Any]:
        """The figures as JSON."""
        return {
            "read": sum(self.read.values()),
            "read_by_symbology": dict(sorted(self.read.items())),
            "wrong": len(self.wrong),
            "wrong_texts": self.wrong,
            "phantoms": len(self.phantoms),
            "phantom_texts": self.phantoms,
            "cpu_ms_p50": round(median(self.cpu_ns) / 1e6, 3),
            "cpu_ms_p99": round(quantile(self.cpu_ns, 0.99) / 1e6, 3),
        }


def bench_decode(folder: Path, *, half: str | None, budget_ms: int) -> Result:
    """Decode every picture of the folder, or of one half of it, with the pipeline and single decoders."""
    pictures = [picture for picture in expected(folder) if half in (None, half_of(picture.path.name))]
    decoders = _decoders(budget_ms)
    tallies = {name: Tally() for name in decoders}
    for picture in pictures:
        _measure(picture, decoders, tallies)
    return _result(pictures, tallies, half, budget_ms)


def expected(folder: Path) -> list[Expected]:
    """The pictures that a folder's expected.json names, sorted by name."""
    entries = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return [
        Expected(folder / name, entry["format"] or "", entry["text"], tuple(entry.get("also_gtin14", ())))
        for name, entry in sorted(entries.items())
    ]


def half_of(name: str) -> str:
    """Which half a picture belongs to, "a" or "b", by its name alone."""
    return "ab"[hashlib.sha256(name.encode()).digest()[0] & 1]


def _decoders(budget_ms: int) -> dict[str, Callable[[Any], Found]]:
    from posapp.devices.decoding import families
    from posapp.devices.decoding.pipeline import decode, prepare

    prepare()

    def ours(grey: Any) -> Found:
        return [(one.format, one.text) for one in decode(grey, budget_us=budget_ms * 1000).symbols]

    def single(read: Callable[[Any], list[families.Claim]]) -> Callable[[Any], Found]:
        return lambda grey: list(dict.fromkeys((claim.format, claim.text) for claim in read(grey)))

    return {
        OURS: ours,
        ZXING: single(lambda grey: families.zxing(grey, full=True)),
        "pyzbar": single(families.zbar),
        "opencv": single(lambda grey: families.opencv(grey) + families.opencv_qr(grey)),
    }


def _measure(
    picture: Expected, decoders: dict[str, Callable[[Any], Found]], tallies: dict[str, Tally]
) -> None:
    from posapp.devices.decoding.pictures import read_grey

    grey = read_grey(picture.path)
    if isinstance(grey, str):
        raise RuntimeError(f"{picture.path}: {grey}")
    for name, read in decoders.items():
        begun = thread_time_ns()
        found = read(grey)
        tallies[name].cpu_ns.append(thread_time_ns() - begun)
        tallies[name].count(picture, found)


def _result(pictures: list[Expected], tallies: dict[str, Tally], half: str | None, budget_ms: int) -> Result:
    ours, zxing = tallies[OURS], tallies[ZXING]
    sizes: dict[str, int] = {}
    for picture in pictures:
        if picture.text is not None:
            sizes[picture.format] = sizes.get(picture.format, 0) + 1
    with_code = sum(sizes.values())
    best = {
        name: max(tally.read.get(name, 0) for key, tally in tallies.items() if key != OURS) for name in sizes
    }
    figures = {
        "half": half or "both",
        "budget_ms": budget_ms,
        "pictures": len(pictures),
        "with_code": with_code,
        "without_code": len(pictures) - with_code,
        "by_symbology": dict(sorted(sizes.items())),
        **ours.document(),
        "read_share": round(sum(ours.read.values()) / max(1, with_code), 4),
        "symbologies_below_best": sorted(name for name in sizes if ours.read.get(name, 0) < best[name]),
        "cpu_p50_of_zxing_ratio": round(median(ours.cpu_ns) / median(zxing.cpu_ns), 3),
        "cpu_p99_of_zxing_ratio": round(quantile(ours.cpu_ns, 0.99) / quantile(zxing.cpu_ns, 0.99), 3),
    }
    figures["symbologies_below_best_count"] = len(figures["symbologies_below_best"])
    aims = [
        Aim("read_share", ">=", 0.93),
        Aim("wrong", "==", 0),
        Aim("phantoms", "==", 0),
        Aim("symbologies_below_best_count", "==", 0),
        Aim("cpu_p50_of_zxing_ratio", "<=", 2.0),
        Aim("cpu_p99_of_zxing_ratio", "<=", 5.0),
    ]
    baselines = {name: tally.document() for name, tally in tallies.items() if name != OURS}
    return Result("decode", 0, figures, baselines, aims)
