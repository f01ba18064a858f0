"""Finding items by a part of a name in any language, of a code, or by pinyin initials.

Reads the narrow table of folded texts from end to end: a million items take about a tenth of a second
on the reports thread, for any text from one ideograph up. A trigram index would answer longer texts in
a millisecond, but it cannot answer the one and two letters that Chinese names and initials are typed
with, doubles the file and takes six seconds to build. A search that takes too long is cut short and
answers with what it has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from posapp.domain.catalog import Item
from posapp.flows.ports import Clock
from posapp.store.catalog import to_item
from posapp.store.engine import open_reader
from posapp.store.folding import LINE, fold, is_long_enough
from posapp.store.troubles import UNFIT, DatabaseError

#: How long a search may read.
LIMIT_MS: Final = 800
#: Steps of the database's machine between two looks at the clock.
_STEPS: Final = 20_000

# Whole line first, then the beginning of a line, then of a word, then anywhere; shorter texts first.
_FIND: Final = """
    SELECT item_no, CASE
        WHEN instr(folded, ?2 || ?1 || ?2) THEN 0
        WHEN instr(folded, ?2 || ?1) THEN 1
        WHEN instr(folded, ' ' || ?1) THEN 2
        ELSE 3 END * 1000 + min(length(folded), 999) AS rank
    FROM search WHERE instr(folded, ?1)
"""


class CatalogSearch:
    """Searches over a connection of its own; used by one thread that may wait."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._connection: Any = open_reader(path, mmap_bytes=1 << 30)
        self._clock = clock
        self._until_ms = 0

    def search(self, text: str, limit: int = 30) -> tuple[Item, ...]:
        """Items that the text is a part of, best first; none for a text too short to mean anything."""
        wanted = fold(text)
        if not is_long_enough(wanted):
            return ()
        self._until_ms = self._clock.monotonic_ms() + LIMIT_MS
        self._connection.set_progress_handler(self._is_too_long, _STEPS)
        best: list[tuple[int, int]] = []
        try:
            for item_no, rank in self._connection.execute(_FIND, (wanted, LINE)):
                best.append((rank, item_no))
                if len(best) >= 64 * limit:
                    best = sorted(best)[:limit]
        except (DatabaseError, *UNFIT):
            # Cut short, or unreadable: what was found so far is better than nothing.
            pass
        finally:
            self._connection.set_progress_handler(None, _STEPS)
        return self._items([item_no for _, item_no in sorted(best)[:limit]])

    def _is_too_long(self) -> bool:
        return self._clock.monotonic_ms() > self._until_ms

    def _items(self, numbers: list[int]) -> tuple[Item, ...]:
        now_ms = self._clock.now_ms()
        found = []
        for item_no in numbers:
            row = self._connection.execute(
                "SELECT sku, names, unit, tax_category, prices FROM item WHERE item_no = ? AND deleted = 0",
                (item_no,),
            ).fetchone()
            if row is not None:
                found.append(to_item(row, now_ms))
        return tuple(found)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()
