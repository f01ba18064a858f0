"""Finding items by a part of a name in any language, of a code, or by pinyin initials.

Reads the narrow table of folded texts from end to end: a million items take about a tenth of a second
on the reports thread, for any text from one ideograph up. A trigram index would answer longer texts in
a millisecond, but it cannot answer the one and two letters that Chinese names and initials are typed
with, doubles the file and takes six seconds to build. A search that takes too long is cut short and
answers with what it has.
"""

from __future__ import annotations

from typing import Final

from posapp.domain.catalog import Item
from posapp.domain.search_text import LINE, fold_wanted, is_long_enough
from posapp.flows.ports import Clock
from posapp.store.catalog import ITEM_BY_NUMBER, MAP_BYTES, to_item, with_next_price
from posapp.store.catalog_place import CatalogPlace
from posapp.store.engine import Connection, open_reader

#: How long a search may read before it answers with what it has.
LIMIT_MS: Final = 800
#: Items read between two looks at the clock.
_STRETCH: Final = 100_000

# Whole line first, then the beginning of a line, then of a word, then anywhere; shorter texts first.
# Sorted by the database, which needs nothing of Python for the rows that are not shown.
_FIND: Final = """
    SELECT CASE
        WHEN instr(folded, ?2 || ?1 || ?2) THEN 0
        WHEN instr(folded, ?2 || ?1) THEN 1
        WHEN instr(folded, ' ' || ?1) THEN 2
        ELSE 3 END * 1000 + min(length(folded), 999) AS rank, item_no
    FROM search WHERE item_no > ?3 AND item_no <= ?4 AND instr(folded, ?1)
    ORDER BY rank, item_no LIMIT ?5
"""


class CatalogSearch:
    """Searches over a connection of its own; used by one thread that may wait."""

    def __init__(self, place: CatalogPlace, clock: Clock) -> None:
        self._hold = place.hold(lambda path: open_reader(path, mmap_bytes=MAP_BYTES), patient=True)
        self._clock = clock

    def search(self, text: str, limit: int = 30) -> tuple[Item, ...]:
        """Items that the text is a part of, best first; none for a text too short to mean anything."""
        wanted = fold_wanted(text)
        if not is_long_enough(wanted):
            return ()
        # One search is of one file: numbers of items mean nothing in the next one.
        with self._hold as connection:
            return self._items(connection, self._numbers(connection, wanted, limit))

    def _numbers(self, connection: Connection, wanted: str, limit: int) -> list[int]:
        until_ms = self._clock.monotonic_ms() + LIMIT_MS
        last = connection.execute("SELECT coalesce(max(item_no), 0) FROM search").fetchone()[0]
        best: list[tuple[int, int]] = []
        for start in range(0, last, _STRETCH):
            found = connection.execute(_FIND, (wanted, LINE, start, start + _STRETCH, limit))
            best = sorted([*best, *found])[:limit]
            if self._clock.monotonic_ms() > until_ms:
                break
        return [item_no for _, item_no in best]

    def _items(self, connection: Connection, numbers: list[int]) -> tuple[Item, ...]:
        now_ms = self._clock.now_ms()
        found = []
        for item_no in numbers:
            row = connection.execute(ITEM_BY_NUMBER, (item_no,)).fetchone()
            if row is not None:
                found.append(with_next_price(to_item(row, now_ms), row, now_ms))
        return tuple(found)

    def close(self) -> None:
        """Let the file go."""
        self._hold.close()
