"""How far a reader of a stream has come, as the hub writes it: the life of the hub's database and a revision.

A terminal keeps a cursor as it came and gives it back; it looks inside only to guess which of two is ahead,
where a wrong guess costs time and nothing else.
"""

from __future__ import annotations

import re
from typing import Final

_CURSOR: Final = re.compile(r"([0-9a-z-]{1,64}):([0-9]{1,18})")


def position_of(cursor: str | None) -> tuple[str, int] | None:
    """The hub's life and the revision that a cursor names; None for one that is spelt otherwise."""
    match = None if cursor is None else _CURSOR.fullmatch(cursor)
    return None if match is None else (match[1], int(match[2]))


def rows_ahead(cursor: str | None, other: str | None) -> int:
    """By how many revisions a cursor is ahead of another one; 0 where they cannot be compared."""
    ours, theirs = position_of(cursor), position_of(other)
    if ours is None or theirs is None or ours[0] != theirs[0]:
        return 0
    return max(0, ours[1] - theirs[1])
