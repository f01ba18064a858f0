"""The hub's documents of recalls, markdowns and stock, turned into what the till acts on.

Reads leniently: unknown fields are passed over, and what cannot be read at all is counted, so that one bad
row never takes the others away. Made off the scan's way, whole, whenever one of these streams changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from posapp.domain.markdown_document import markdown_from_document
from posapp.domain.markdowns import MarkdownRules, markdown_rules
from posapp.domain.recall_document import recall_from_document
from posapp.domain.recalls import RecallList, by_gtin14
from posapp.values import dataclass

#: What a stock figure may be: beyond it somebody's counter ran over.
_STOCK_MAX = 2**53


@dataclass(frozen=True, slots=True)
class RecallsReceived:
    """All recalls of the hub, indexed for the scan, and how many rows name no item that could be stopped."""

    list: RecallList
    unreadable: int


@dataclass(frozen=True, slots=True)
class MarkdownsReceived:
    """All markdown rules of the hub, indexed for the scan, and how many rows could not be read."""

    rules: MarkdownRules
    unreadable: int


@dataclass(frozen=True, slots=True)
class StockRow:
    """What the hub says may still be sold of an item (pieces or grams, below 0 where more was), and when."""

    sellable: int
    as_of_ms: int


def read_recalls(documents: Iterable[bytes]) -> RecallsReceived:
    """The recalls of these documents."""
    all_of_them = [_object(document) for document in documents]
    found = [each for each in map(recall_from_document, all_of_them) if each is not None]
    return RecallsReceived(by_gtin14(found), len(all_of_them) - len(found))


def read_markdowns(documents: Iterable[bytes]) -> MarkdownsReceived:
    """The markdown rules of these documents."""
    all_of_them = [_object(document) for document in documents]
    rules = [rule for rule in map(markdown_from_document, all_of_them) if rule is not None]
    return MarkdownsReceived(markdown_rules(rules), len(all_of_them) - len(rules))


def read_stock(document: bytes) -> StockRow | None:
    """The figure of a document, None where it tells none."""
    body = _object(document)
    sellable, as_of_ms = body.get("sellable"), body.get("as_of_ms", 0)
    if type(sellable) is not int or type(as_of_ms) is not int or abs(sellable) > _STOCK_MAX:
        return None
    return StockRow(sellable, as_of_ms)


def _object(document: bytes) -> dict[str, Any]:
    """The JSON object, an empty one where it is none; numbers with a point stay the texts they were."""
    try:
        body = json.loads(document, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
