"""The catalogue's campaign: faults and power losses while rows of the hub are written to its file.

    python -m tests.simulation.catalogue_faults --seeds 0:20

Pages of changes are applied as the link does, with one call failing, once or until the disk is mended, and
the page is applied again until it is taken. Then the catalogue is what it is without the fault. A power loss
at any place leaves a state that the file went through, with the cursor of that state, so that the link goes
on from there to the same end: never rows of two states, never a cursor ahead of its rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest import mock

import apsw
import msgspec

from posapp.store import catalog_writer
from posapp.store.catalog_place import CatalogPlace
from posapp.store.catalog_writer import CatalogFile
from posapp.store.engine import make_replaceable
from posapp.store.troubles import UNFIT, DatabaseError
from sync.protocol.messages import Change
from sync.protocol.versions import STREAM_CATALOGUE, STREAM_PRICES
from tests.simulation.apsw_connection import ApswConnection, as_driver_error, let_go
from tests.simulation.faulty_day import FaultyDisk, Point
from tests.simulation.io_faults import FAULTS_SHOWN, points_of
from tests.simulation.made_up_facts import SteppedClock
from tests.simulation.memory_disk import DiskVfs, MemoryDisk
from tests.simulation.platter import Platter
from tests.simulation.seed_ranges import in_processes, seeds_of, with_seeds

CATALOGUE: Final = "/till/catalog.db"
MUTANTS: Final = ("chunks_unframed", "synchronous_off")
_TRIES: Final = 12
_IMAGES: Final = 4
#: Small, so that a page is several transactions, and the log is put away in the middle of them.
_CHUNK_ROWS: Final = 8
_AUTOCHECKPOINT: Final = 12

#: What the catalogue says, without the numbers that it gives its rows itself.
_CONTENT: Final = (
    "SELECT sku, names, unit, tax_category, codes, life, rev, deleted FROM item ORDER BY sku",
    "SELECT code_key, sku FROM code JOIN item USING (item_no) ORDER BY code_key",
    "SELECT sku, folded FROM search JOIN item USING (item_no) ORDER BY sku",
    "SELECT * FROM price ORDER BY sku",
    "SELECT * FROM document ORDER BY stream, key",
    "SELECT stream, cursor, life, rows FROM stream ORDER BY stream",
)

Page = tuple[str, list[Change], str]


def pages_of(chance: random.Random) -> list[Page]:
    """Pages of items and prices as a hub sends them, keys coming again with newer revisions."""
    pages = []
    for number in range(1, 7):
        stream = chance.choice((STREAM_CATALOGUE, STREAM_PRICES))
        changes = []
        for place in range(chance.randrange(1, 30)):
            sku, rev = f"sku-{chance.randrange(40)}", number * 100 + place
            if chance.random() < 0.15:
                changes.append(Change("delete", sku, rev))
                continue
            body: dict[str, Any] = {"sku": sku, "prices": [[0, chance.randrange(1, 9_000)]]}
            if stream == STREAM_CATALOGUE:
                names = {"en": "x" * chance.choice((10, 900)), "zh_CN": "名"}
                body = {
                    "sku": sku, "names": names, "pinyin": "ming", "unit": "pcs", "tax_category": "std",
                    "codes": [f"69{sku[4:]:0>11}"], "prices": [],
                }  # fmt: skip
            changes.append(Change("upsert", sku, rev, msgspec.Raw(json.dumps(body).encode())))
        pages.append((stream, changes, f"life:{number}"))
    return pages


def content_of(connection: ApswConnection) -> bytes:
    """All that a catalogue says, in one number."""
    rows = [connection.execute(question).fetchall() for question in _CONTENT]
    return hashlib.blake2b(repr(rows).encode(), digest_size=16).digest()


class Delivery:
    """Pages going into one catalogue on a disk of the campaign's own."""

    def __init__(self, vfs: DiskVfs, seed: int, point: Point | None, mutant: str = "") -> None:
        self._vfs = vfs
        self._seed = seed
        self._mutant = mutant
        self._opened: list[ApswConnection] = []
        self.pages = pages_of(random.Random(seed))
        self.disk = MemoryDisk(log=[])
        self.guard = FaultyDisk(self.disk, point)
        self.states: list[bytes] = []
        self.final = b""

    def run(self) -> list[str]:
        """Apply all pages, each until it is taken; what is wrong."""
        self._vfs.disk = self.disk
        faults, tries = [], 0
        catalogue: CatalogFile | None = None
        number = 0
        while number < len(self.pages) and tries < _TRIES:
            try:
                catalogue = catalogue or CatalogFile(
                    CatalogPlace(Path(CATALOGUE)), SteppedClock(), opener=self._open
                )
                catalogue.hurry()
                catalogue.apply(*self.pages[number])
                number += 1
            except (DatabaseError, *UNFIT):
                tries += 1
                self.guard.is_mended = tries >= 3
        if number < len(self.pages):
            faults.append(f"page {number} is never taken")
        self.guard.is_calm = True
        self.final = content_of(self._opened[-1]) if self._opened and not faults else b""
        log, self.disk.log = self.disk.log, None
        self.close()
        self.disk.log = log
        return faults

    def images(self, final: bytes) -> list[str]:
        """What power losses leave, and where going on from there ends."""
        log, chance, faults = self.disk.log or [], random.Random(f"images {self._seed}"), []
        platter, taken = Platter.holding({}), 0
        for place in sorted(chance.randrange(len(log) + 1) for _ in range(_IMAGES)):
            for op in log[taken:place]:
                platter.take(op)
            taken = place
            disk, fate = platter.image(chance)
            after = Delivery(self._vfs, self._seed, None)
            after.disk.names, after.disk.contents = (
                disk.names,
                {inode: bytearray(content) for inode, content in disk.contents.items()},
            )
            where = f"a power loss at {place} of {len(log)} ({fate})"
            try:
                state = after.state()
                if state is not None and state not in self.states:
                    faults.append(f"{where} leaves a state that never was")
                faults += [f"{where}: {fault}" for fault in after.go_on(final)]
            except DatabaseError as error:
                faults.append(f"{where} leaves what cannot be read: {error}")
                after.close()
        return faults

    def state(self) -> bytes | None:
        """What is in the file now; None where there is no catalogue yet."""
        self._vfs.disk = self.disk
        if not self.disk.contents.get(self.disk.names.get(CATALOGUE, -1)):
            return None
        connection = self._open(Path(CATALOGUE))
        made = connection.execute("PRAGMA user_version").fetchone()[0] != 0
        digest = content_of(connection) if made else None
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return digest if sound else b""

    def go_on(self, final: bytes) -> list[str]:
        """Apply what the cursors say is missing, as the link does after a start."""
        catalogue = CatalogFile(CatalogPlace(Path(CATALOGUE)), SteppedClock(), opener=self._open)
        catalogue.hurry()
        held = {stream: catalogue.cursor(stream) for stream in (STREAM_CATALOGUE, STREAM_PRICES)}
        for stream, changes, cursor in self.pages:
            have = held[stream]
            if have is None or int(have.partition(":")[2]) < int(cursor.partition(":")[2]):
                catalogue.apply(stream, changes, cursor)
        ended = content_of(self._opened[-1])
        self.close()
        return [] if ended == final else ["going on ends elsewhere"]

    def close(self) -> None:
        """Let the file go."""
        for connection in self._opened:
            connection.close()

    def _open(self, _path: Path) -> ApswConnection:
        try:
            inner = apsw.Connection(CATALOGUE, vfs=self._vfs.name)
        except apsw.Error as error:
            raise as_driver_error(error) from error
        connection = ApswConnection(inner, self._rewrite)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            make_replaceable(connection)
            connection.execute(f"PRAGMA wal_autocheckpoint={_AUTOCHECKPOINT}")
        except BaseException:
            let_go(inner)
            raise
        connection.before_commit = lambda which: self.states.append(content_of(which))
        self._opened.append(connection)
        return connection

    def _rewrite(self, sql: str) -> str | None:
        if self._mutant == "chunks_unframed" and sql in ("BEGIN IMMEDIATE", "COMMIT"):
            if sql == "COMMIT":
                self.states.append(content_of(self._opened[-1]))
            return None
        if self._mutant == "synchronous_off" and sql == "PRAGMA synchronous=NORMAL":
            return "PRAGMA synchronous=OFF"
        return sql


@dataclass
class Result:
    """What a campaign did, and what was wrong."""

    runs: int = 0
    images: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    faulty: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: dict[str, Any]) -> None:
        """Put the figures of another process to these."""
        for name in ("runs", "images", "faulty"):
            setattr(self, name, getattr(self, name) + other[name])
        self.hit.update(other["hit"])
        self.faults = (self.faults + other["faults"])[:FAULTS_SHOWN]

    def note(self, what: str, faults: list[str]) -> None:
        """Count one run."""
        self.runs += 1
        if faults:
            self.faulty += 1
            self.faults = [*self.faults, f"{what}: {'; '.join(faults[:3])}"][:FAULTS_SHOWN]


def campaign(seeds: Sequence[int], every: int, mutant: str, result: Result) -> None:
    """Deliver with every fault, or every n-th."""
    vfs = DiskVfs()
    with mock.patch.object(catalog_writer, "CHUNK_ROWS", _CHUNK_ROWS):
        for seed in seeds:
            quiet = Delivery(vfs, seed, None, mutant)
            faults = quiet.run()
            result.note(f"seed {seed}, without a fault", faults + quiet.images(quiet.final))
            seen: Counter[str] = Counter()
            for point in points_of(seed, quiet.guard.calls):
                turn = seen[point.kind]
                seen[point.kind] += 1
                if turn and (turn + seed) % every:
                    continue
                delivery = Delivery(vfs, seed, point, mutant)
                faults = delivery.run()
                if not faults and delivery.final != quiet.final:
                    faults.append("the catalogue is not what it should be")
                result.note(str(point), faults or delivery.images(quiet.final))
                result.images += _IMAGES
                result.hit[f"{point.kind} {point.error}"] += delivery.guard.hits > 0
                if mutant and result.faulty:
                    return


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; 0 where nothing was wrong."""
    parser = argparse.ArgumentParser(prog="catalogue_faults", description=__doc__)
    with_seeds(parser, "0:4")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every n-th fault")
    parser.add_argument("--mutant", choices=MUTANTS, default="", help="plant a fault; must be caught")
    options = parser.parse_args(arguments)
    result = Result()
    if options.jobs > 1:
        for told in in_processes("catalogue_faults", options, ("every", "mutant")):
            result.add(told)
    else:
        campaign(seeds_of(options), options.every, options.mutant, result)
    if options.json:
        print(json.dumps(vars(result)))
    else:
        lines = [f"{name:40}{count:9}" for name, count in sorted(result.hit.items())]
        lines += [f"{name:40}{getattr(result, name):9}" for name in ("runs", "images", "faulty")]
        print("\n".join([*lines, *result.faults]))
    return int(bool(result.faulty))


if __name__ == "__main__":
    sys.exit(main())
