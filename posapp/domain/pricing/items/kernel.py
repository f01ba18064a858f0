"""The search of a component in C, where there is a library of it: found once, asked through plain integers.

`kernel.c` does what `search` does, in the same order and with the same count of states, so that whoever has
no library gets the same answer later. The library lies beside this file or there is none; one that was built
of another source is refused. POS_PRICE_KERNEL=off does without. `installer/price_kernel.py` builds it.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from posapp.domain.pricing.items.tables import Cluster, Rank, Step, Way
from posapp.values import dataclass

SOURCE: Final = Path(__file__).with_name("kernel.c")
LIBRARY: Final = SOURCE.with_name("price_kernel.dll" if sys.platform == "win32" else "price_kernel.so")
SWITCH: Final = "POS_PRICE_KERNEL"

Unit = tuple[int, int, int, Rank]
Done = list[tuple[Step, ...] | None]
_Solve = Callable[[int, int, int, int], int]
#: Larger numbers are not handed over.
_TOP: Final = 1 << 58


@dataclass(frozen=True, slots=True)
class Kernel:
    """The library's function, or None and why."""

    solve: _Solve | None
    reason: str = ""


def source_number(source: Path = SOURCE) -> int:
    """The number that a library carries of the source that it was built of; the same with any line ends."""
    text = source.read_bytes().replace(b"\r\n", b"\n")
    return int(hashlib.sha256(text).hexdigest()[:15], 16)


def loaded(library: Path = LIBRARY, source: Path = SOURCE) -> Kernel:
    """A library, if it can be loaded and was built of this source."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return Kernel(None, f"{SWITCH} is off")
    if not library.is_file():
        return Kernel(None, f"there is no {library.name}")
    try:
        opened = ctypes.CDLL(str(library))
        of_source, solve = opened.pos_items_source, opened.pos_items_solve
        wanted = source_number(source)
    except (OSError, AttributeError) as error:
        return Kernel(None, f"{library.name} cannot be loaded: {error}")
    of_source.restype = ctypes.c_int64
    if of_source() != wanted:
        return Kernel(None, f"{library.name} was built of another source")
    solve.argtypes = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)
    solve.restype = ctypes.c_int
    return Kernel(solve)


_kernel: Kernel | None = None


def kernel() -> Kernel:
    """The library that is used, looked for at the first time only."""
    global _kernel  # noqa: PLW0603 # one library for the whole process, as its code is
    if _kernel is None:
        _kernel = loaded()
    return _kernel


def use(chosen: Kernel | None) -> Kernel:
    """Use another one from now on (None: what is found); what was used before."""
    global _kernel  # noqa: PLW0603 # see above
    before = kernel()
    _kernel = chosen
    return before


def solved(
    units: Sequence[Unit], clusters: Sequence[Cluster], states_max: int, knobs: tuple[int, int, int]
) -> tuple[Done, int, bool] | None:
    """What is done with each unit, states met and whether it is proven; None where Python has to do it."""
    solve = kernel().solve
    if solve is None:
        return None
    words = _words(units, clusters, min(states_max, _TOP), knobs)
    if words is None:
        return None
    count = len(units)
    out = array("q", bytes(8 * (2 + 3 * count)))
    if solve(words.buffer_info()[0], len(words), out.buffer_info()[0], len(out)):
        return None
    told = out.tolist()
    done: Done = [None] * count
    for place, number in enumerate(told[2::3]):
        if number >= 0:
            lot, price, _, _ = units[place]
            done[place] = clusters[number].step(lot, price, told[3 * place + 3], told[3 * place + 4])
    return done, told[0], bool(told[1])


def _words(
    units: Sequence[Unit], clusters: Sequence[Cluster], states_max: int, knobs: tuple[int, int, int]
) -> array[int] | None:
    """A component as integers, see kernel.c; None where it does not fit."""
    known = {unit[3] for unit in units}
    for cluster in clusters:
        known.update(cluster.ranks)
    ranks = {rank: n for n, rank in enumerate(sorted(known))}
    words = [len(units), len(clusters), states_max, *knobs, *[ranks[unit[3]] for unit in units]]
    directory = len(words)
    words += [0] * len(clusters)
    left = states_max
    for number, cluster in enumerate(clusters):
        plan = cluster.plan
        if plan is not None:
            count, ends = len(plan.states), plan.ends
            tables = _planned(words, units, cluster, ranks)
        else:
            # The limit is for all tables together: what is beyond it need not be worked out to be refused.
            left -= cluster.tabulate(units, max(left, 1))
            if not cluster.back:
                return None
            ends = cluster.ends
            count = len(ends)
            tables = _tabulated(words, units, cluster, ranks, count)
        at = len(words)
        words += ends
        words[directory + number] = len(words)
        words += (count, len(cluster.positions), at)
        for position in cluster.positions:
            words += (position, tables[units[position][0]])
    try:
        return array("q", words)
    except OverflowError:
        return None


def _planned(
    words: list[int], units: Sequence[Unit], cluster: Cluster, ranks: dict[Rank, int]
) -> dict[int, int]:
    """Write the tables of a cluster with a plan; where that of each lot stands."""
    plan = cluster.plan
    assert plan is not None
    weight = cluster.rules[0].weight
    rank = ranks[cluster.ranks[0]]
    moves_at: dict[tuple[int, ...], int] = {}
    tables: dict[int, int] = {}
    for position in cluster.positions:
        lot, price, base, _ = units[position]
        if lot in tables:
            continue
        gains = cluster.table(lot, price)[1]
        slots = cluster.slots(lot) if gains else ()
        at = moves_at.get(slots)
        if at is None:
            at = moves_at[slots] = len(words)
            words += plan.words(slots)
        tables[lot] = len(words)
        words += (at, len(gains))
        words += [gain * weight - base for gain in gains]
        words += [rank] * len(gains)
    return tables


def _tabulated(
    words: list[int], units: Sequence[Unit], cluster: Cluster, ranks: dict[Rank, int], count: int
) -> dict[int, int]:
    """The same for a cluster of so many states that was tabulated by itself."""
    tables: dict[int, int] = {}
    for position in cluster.positions:
        lot = units[position][0]
        if lot in tables:
            continue
        by_state = cluster.ways(lot)
        first = [0]
        found: list[Way] = []
        for state in range(count):
            found += by_state.get(state, ())
            first.append(len(found))
        at = len(words)
        words += (len(found), *first)
        words += [way[0] for way in found]
        words += range(len(found))
        tables[lot] = len(words)
        words += (at, len(found))
        words += [way[1] for way in found]
        words += [ranks[way[2]] for way in found]
    return tables
