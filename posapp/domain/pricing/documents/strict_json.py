"""JSON in which nothing is guessed: decimals stay as they are written, and no key stands twice in a table.

Promotions, price lists and cases are read through this at till, hub and command line, so that one text means
the same everywhere. It knows nothing of what the documents say.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any


def read_strictly(text: str | bytes, number: Callable[[str], Any] = Decimal) -> Any:
    """A JSON document, its numbers with a point made by `number`; raises ValueError with what is wrong."""
    try:
        return json.loads(
            text, parse_float=number, parse_constant=_no_number, object_pairs_hook=_each_key_once
        )
    except InvalidOperation as error:
        raise ValueError("a number in it is too large to be one") from error
    except RecursionError as error:
        raise ValueError("its lists lie too deep in each other") from error


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one table; nobody can say which of them is meant")
    return table
