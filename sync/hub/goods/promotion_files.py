"""Promotions as files: one document, a list of them, or one a line; checked as a till reads them.

Every document that cannot be read is named with its file, its place and the remedy. Numbers with a point are
kept as the decimals that were written: no program on the way makes binary fractions of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from posapp.domain.pricing.documents.reading import read_promotion
from posapp.domain.pricing.documents.strict_json import read_strictly
from posapp.domain.pricing.terms.promotion import Promotion, UnreadablePromotion
from sync.hub.goods.store_facts import StoreFacts

BODY_MAX_BYTES: Final = 256 * 1024
_PROBLEMS_MAX: Final = 50


class PromotionFileError(Exception):
    """What is wrong, one sentence for each document."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Published:
    """A promotion as it was read, and its document as it goes down."""

    promotion: Promotion
    body: bytes


def read_promotion_files(
    files: Iterable[tuple[str, bytes]], currencies: Sequence[str]
) -> tuple[Published, ...]:
    """The promotions of files (name, content), each id once; raises PromotionFileError.

    `currencies` are those of the stores that they go to: amounts must fit each of them.
    """
    problems: list[str] = []
    found: dict[str, tuple[str, Published]] = {}
    for name, data in files:
        try:
            entries = list(_documents(name, data))
        except PromotionFileError as error:
            problems += error.problems
            continue
        for place, document in entries:
            read = _read(document, currencies)
            if isinstance(read, UnreadablePromotion):
                who = f" ({read.promotion_id})" if read.promotion_id else ""
                problems.append(f"{place}{who}: {read.problem}")
                continue
            promotion_id = read.promotion.promotion_id
            if promotion_id in found:
                other = found[promotion_id][0]
                problems.append(f"{place}: id: {promotion_id!r} stands in {other} as well; keep one of them.")
            found[promotion_id] = (place, read)
    if problems:
        raise PromotionFileError(problems[:_PROBLEMS_MAX])
    return tuple(published for _place, published in found.values())


def _documents(name: str, data: bytes) -> Iterator[tuple[str, Any]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = f"{name}, line {line}: no text in UTF-8. Save the file in UTF-8."
        raise PromotionFileError((why,)) from error
    try:
        document = read_strictly(text)
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") for _number, line in lines):
            raise PromotionFileError((f"{name}: no JSON: {error}. Mend it there.",)) from error
        yield from _lines(name, lines)
        return
    if isinstance(document, dict) and isinstance(document.get("promotions"), list) and "kind" not in document:
        document = document["promotions"]
    if isinstance(document, list):
        yield from ((f"{name}, promotions[{number}]", each) for number, each in enumerate(document))
    else:
        yield name, document


def _lines(name: str, lines: Sequence[tuple[int, str]]) -> Iterator[tuple[str, Any]]:
    problems = []
    for number, line in lines:
        try:
            yield f"{name}, line {number}", read_strictly(line)
        except ValueError as error:
            problems.append(f"{name}, line {number}: no JSON: {error}. Mend it there.")
    if problems:
        raise PromotionFileError(problems)


def _read(document: Any, currencies: Sequence[str]) -> Published | UnreadablePromotion:
    first, *others = currencies or ("",)
    read = read_promotion(document, currency=first)
    if isinstance(read, UnreadablePromotion):
        return read
    for currency in others:
        again = read_promotion(document, currency=currency)
        if isinstance(again, UnreadablePromotion):
            return again
    body = json.dumps(_plain(document), ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > BODY_MAX_BYTES:
        return UnreadablePromotion(
            read.promotion_id, f"the promotion: is larger than {BODY_MAX_BYTES} bytes; name tags, not SKUs."
        )
    return Published(read, body)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # 0E-999999999 is nothing in a few bytes, and would be a gigabyte written out.
        return format(value, "f") if value else "0"
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def currencies_of(stores: Iterable[StoreFacts]) -> tuple[str, ...]:
    """Every currency of these stores."""
    return tuple(sorted({store.currency for store in stores}))
