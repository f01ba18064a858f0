"""The hub's documents of promotions, turned into an index that the till can ask.

Reads document by document: one that cannot be read is set aside with the reader's own sentence and takes no
other with it. What was read before and came again word for word is not read again, since a shop may have tens
of thousands. Made off the scan's way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from posapp.domain.price_facts import SetAside
from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.goods.index import PromotionIndex
from posapp.domain.pricing.terms.promotion import Promotion, UnreadablePromotion

#: The promotions that can be asked, and those that could not be read.
ReadPromotions = tuple[PromotionIndex, tuple[SetAside, ...]]


class PromotionReader:
    """Reads all promotions of a shop again and again; used by one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes, str, Promotion | SetAside]] = {}

    def read(self, documents: Iterable[tuple[str, bytes]], currency: str) -> ReadPromotions:
        """The promotions of (key, document) pairs; `currency` is the one of those that name none."""
        found: dict[str, tuple[bytes, str, Promotion | SetAside]] = {}
        for key, document in documents:
            known = self._known.get(key)
            if known is None or known[0] != document or known[1] != currency:
                known = (document, currency, _read(key, document, currency))
            found[key] = known
        self._known = found
        read = [each for _, _, each in found.values()]
        index = PromotionIndex(each for each in read if isinstance(each, Promotion))
        return index, tuple(each for each in read if isinstance(each, SetAside))


def _read(key: str, document: bytes, currency: str) -> Promotion | SetAside:
    body: Any = None
    try:
        # Amounts stay the texts they were: nothing on the way makes binary fractions of them.
        body = read_strictly(document, str)
        read = read_promotion(body, currency=currency)
    except ValueError as error:
        read = UnreadablePromotion(key, f"the promotion: is not JSON ({error}).")
    if isinstance(read, Promotion) and read.promotion_id != key:
        read = UnreadablePromotion(key, f"id: is {read.promotion_id!r}, but it was sent as {key!r}.")
    if isinstance(read, Promotion):
        return read
    version = body.get("version") if isinstance(body, dict) else None
    return SetAside(
        key,
        version if type(version) is int and 0 <= version < 2**53 else 0,
        hashlib.sha256(document).hexdigest(),
        read.problem,
    )
