"""A recall as the document that travels from the hub to the tills, and back.

Both ends share it: the hub writes what it checked, a till reads leniently. What cannot be read of a recall
never makes it narrower: it is then one that wants a look at every pack.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from posapp.domain.codes.gtin import is_gtin
from posapp.domain.recalls import (
    LOT_MAX_CHARS,
    REASON_MAX_CHARS,
    SERIAL_MAX_CHARS,
    LotSpan,
    Recall,
    is_day,
    lot_span,
)

#: Lots, or serial numbers, of one recall.
NAMED_MAX: Final = 10_000
_ID_MAX_CHARS: Final = 100


def recall_key(gtin14: str, recall: Recall) -> str:
    """The key of a recall's row in its stream: the same recall has the same key whenever it is put."""
    named = sorted((*(span.text for span in recall.lots), *recall.serials))
    days = f"{recall.expiry_from}~{recall.expiry_to}" if recall.has_days else ""
    return ":".join((recall.recall_id[:_ID_MAX_CHARS], gtin14, " ".join([*named, days]).strip() or "*"))


def recall_to_document(gtin14: str, recall: Recall) -> dict[str, Any]:
    """The document of a recall; what it does not name is left out."""
    named = {
        "lots": [span.text for span in recall.lots],
        "serials": sorted(recall.serials),
        "expiry_from": recall.expiry_from,
        "expiry_to": recall.expiry_to,
    }
    head = {"recall_id": recall.recall_id or recall_key(gtin14, recall), "gtin": gtin14}
    return head | {"reason": dict(recall.reason)} | {name: value for name, value in named.items() if value}


def recall_from_document(document: Mapping[str, Any]) -> tuple[str, Recall] | None:
    """The GTIN-14 and the recall of a document, None where it names no item.

    Fields that are not known are passed over. A list or a day that cannot be read makes it `unclear`.
    """
    gtin = document.get("gtin")
    if not isinstance(gtin, str) or not is_gtin(gtin):
        return None
    lots, odd_lots = _texts(document.get("lots"), LOT_MAX_CHARS * 2 + 2)
    serials, odd_serials = _texts(document.get("serials"), SERIAL_MAX_CHARS)
    spans = [lot_span(text) for text in lots]
    days = [_day(document.get(name)) for name in ("expiry_from", "expiry_to")]
    if all(days) and str(days[0]) > str(days[1]):
        days = [None, None]
    recall = Recall(
        reason=_words(document.get("reason")),
        lots=tuple(span for span in spans if isinstance(span, LotSpan)),
        serials=frozenset(serials),
        expiry_from=days[0] or "",
        expiry_to=days[1] or "",
        recall_id=str(document.get("recall_id", ""))[:_ID_MAX_CHARS],
        unclear=odd_lots or odd_serials or None in spans or None in days,
    )
    return gtin.zfill(14), recall


def _texts(value: Any, max_chars: int) -> tuple[list[str], bool]:
    """The texts of a list (or of one text), and whether some of it was something else."""
    if value is None:
        return [], False
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list):
        return [], True
    texts = [each for each in given[:NAMED_MAX] if isinstance(each, str) and 1 <= len(each) <= max_chars]
    return texts, len(texts) < len(given)


def _day(value: Any) -> str | None:
    """An ISO day, "" where there is none, None where it cannot be read."""
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) and is_day(value) else None


def _words(value: Any) -> dict[str, str]:
    given = {"": value} if isinstance(value, str) else value
    if not isinstance(given, dict):
        return {}
    return {
        str(language): text[:REASON_MAX_CHARS]
        for language, text in given.items()
        if isinstance(text, str) and text
    }
