"""A till that is killed at any line while a new catalogue comes and takes the old one's place.

    python -m tests.simulation.snapshot_kills --seeds 0:10000

A run that was broken off is taken up with other seeds. A point is one line of the code at work, chosen so
that every phase gets its share. After each kill the catalogue must be the old one or the new one, whole, and
the next start must end with the new one and nothing beside it. `--mutant` plants a fault that has to be
caught.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

from posapp.commands.clock import SystemClock
from posapp.store import catalog_place, catalog_writer, snapshot, unpacking
from posapp.store.catalog import SqliteCatalogReader
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import open_catalog_file
from posapp.store.engine import open_catalog
from posapp.store.snapshot import SnapshotFiles
from posapp.store.troubles import DatabaseError
from sync.protocol.messages import Manifest
from tests.store.snapshots import STORE, item_change, make_snapshot, price_change

#: Functions whose lines belong to a phase; what they call counts with them.
PHASES: Final = ("gather", "_unpack", "_check", "_make_ready", "replace", "_clear")
MUTANTS: Final = ("keep_log", "copy")
_ROOM: Final = (catalog_place.__file__, catalog_writer.__file__, snapshot.__file__, unpacking.__file__)
_TRACED: Final = frozenset({*_ROOM, __file__})
_OLD, _NEW = 40, 120
_PIECE: Final = 700
_DIED: Final = -signal.SIGKILL


class _Lines:
    """Counts the lines at work and notes their phases; kills this process at one of them."""

    def __init__(self, die_at: int | None) -> None:
        self.phases: list[str] = []
        self._die_at = die_at
        self._stack: list[str] = []

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in _TRACED:
            return None
        if event == "call" and frame.f_code.co_name in PHASES:
            self._stack.append(frame.f_code.co_name)
        elif event == "return" and frame.f_code.co_name in PHASES and self._stack:
            self._stack.pop()
        elif event == "line":
            self.phases.append(self._stack[-1] if self._stack else "other")
            if len(self.phases) == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def furnish(folder: Path) -> tuple[Manifest, bytes]:
    """An old catalogue in `folder`, and a snapshot of a new one with the same SKUs and more."""
    clock = SystemClock()
    with closing(open_catalog_file(CatalogPlace(folder / "catalog.db"), clock)) as file:
        file.apply("catalogue", [item_change(f"{n}", n) for n in range(_OLD)], "old:1")
        file.apply("prices", [price_change(f"{n}", n, 1) for n in range(_OLD)], "old:1")
    with tempfile.TemporaryDirectory() as scratch:
        streams: Any = {
            "catalogue": ([item_change(f"{n}", n + 1) for n in range(_NEW)], "hub:121"),
            "prices": ([price_change(f"{n}", n + 1, 2) for n in range(_NEW)], "hub:121"),
        }
        return make_snapshot(Path(scratch), clock, streams)


def take_it(folder: Path, manifest: Manifest, packed: bytes) -> None:
    """What a till does from its start on until it has the new catalogue."""
    place, clock = CatalogPlace(folder / "catalog.db"), SystemClock()
    file, reader = open_catalog_file(place, clock), SqliteCatalogReader(place)
    if file.cursor("catalogue") == "old:1":
        # Something that is only in the log when the file is replaced.
        file.apply("prices", [price_change("1", 900, 1)], "old:1")
    # Whoever has read has the log open: it does not go away by itself when the writer lets go.
    reader.by_sku("1", 1)
    files = SnapshotFiles(place, STORE, clock)
    if file.cursor("catalogue") != "hub:121":
        at = files.gathered(manifest)
        while at < manifest.length:
            files.gather(manifest, at, packed[at : at + _PIECE])
            at += _PIECE
        verdict = files.install(manifest)
        if verdict != "installed":
            raise RuntimeError(verdict)
    reader.by_sku("1", 1)
    file.apply("prices", [price_change("2", 901, 2)], "hub:121")
    files.clear()
    reader.close()
    file.close()


def what_is_there(folder: Path) -> str:
    """Which catalogue a folder holds: "old" or "new", else what is wrong with it."""
    try:
        return _which(folder / "catalog.db")
    except DatabaseError as error:
        return str(error)


def _which(path: Path) -> str:
    with closing(open_catalog(path)) as held:
        answer = held.execute("PRAGMA integrity_check").fetchone()[0]
        items = held.execute("SELECT count(*) FROM item").fetchone()[0]
        prices = [row[0] for row in held.execute("SELECT DISTINCT prices FROM price").fetchall()]
        cursors = {row[0] for row in held.execute("SELECT cursor FROM stream").fetchall()}
    found = (answer, items, prices, cursors)
    if found == ("ok", _OLD, ["[[0,1]]"], {"old:1"}):
        return "old"
    return "new" if found == ("ok", _NEW, ["[[0,2]]"], {"hub:121"}) else str(found)


def _in_child(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _traced(lines: _Lines, work: Callable[[], object]) -> None:
    sys.settrace(lines)
    try:
        work()
    finally:
        sys.settrace(None)


def plant(mutant: str | None) -> None:
    """Put a fault where the campaign has to find it."""
    if mutant == "keep_log":
        catalog_place.SIDE_FILES = ()  # type: ignore[misc]
        CatalogPlace._fold_log = lambda _self, *, whole: None  # type: ignore[method-assign,assignment]
    elif mutant == "copy":
        Path.replace = _copied  # type: ignore[method-assign,assignment]


def _copied(source: Path, target: Path) -> None:
    """A file that is written over piece by piece, as if nobody could be interrupted."""
    data = source.read_bytes()
    with target.open("r+b", buffering=0) as file:
        for at in range(0, len(data), 4096):
            file.write(data[at : at + 4096])
        file.truncate(len(data))


def run(points: range, phases: Sequence[str] = PHASES, mutant: str | None = None) -> dict[str, Any]:
    """Kill at the points of these seeds; what came of it."""
    faults: list[str] = []
    found: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        clean, counted = Path(name) / "clean", _Lines(None)
        clean.mkdir()
        manifest, packed = furnish(clean)
        shutil.copytree(clean, Path(name) / "counted")
        _traced(counted, lambda: take_it(Path(name) / "counted", manifest, packed))
        plant(mutant)
        for seed in points:
            phase = phases[seed % len(phases)]
            lines = [at for at, one in enumerate(counted.phases, 1) if one == phase]
            at = random.Random(seed).choice(lines)
            folder = Path(name) / f"{seed}"
            shutil.copytree(clean, folder)
            whole = partial(take_it, folder, manifest, packed)
            status = _in_child(partial(_traced, _Lines(at), whole))
            there = what_is_there(folder)
            again = _in_child(whole)
            end = what_is_there(folder) if not again else f"exit {again}"
            left = sorted(one.name for one in folder.iterdir())
            hit[phase] += status == _DIED
            found[there if there in ("old", "new") else "broken"] += 1
            if status != _DIED or there not in ("old", "new") or end != "new" or left != ["catalog.db"]:
                faults.append(f"seed {seed} ({phase}, line {at}): {status}, {there}, {end}, {left}")
            shutil.rmtree(folder)
    return {"points": len(points), "hit": dict(hit), "found": dict(found), "faults": faults}


def main() -> int:
    """Run a campaign; exit code 1 for a fault or a phase that was never hit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="0:100", metavar="A:B")
    parser.add_argument("--phase", choices=PHASES, help="this one only")
    parser.add_argument("--mutant", choices=MUTANTS)
    options = parser.parse_args()
    first, _, end = options.seeds.partition(":")
    phases = [options.phase] if options.phase else PHASES
    outcome = run(range(int(first), int(end)), phases, options.mutant)
    print(json.dumps(outcome))
    return 1 if outcome["faults"] or any(not outcome["hit"].get(phase) for phase in phases) else 0


if __name__ == "__main__":
    sys.exit(main())
