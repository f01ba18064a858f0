"""The till's reading of promotion documents: the same text means the same as at the hub, or is set aside."""

from __future__ import annotations

import pytest

from posapp.exchange.promotions import PromotionReader

HALF = b'{"id":"p","kind":{"type":"pct","pct":50.5}}'


def problems(document: bytes) -> list[str]:
    index, aside = PromotionReader().read([("p", document)], "CNY")
    assert len(index) + len(aside) == 1
    return [each.problem for each in aside]


def test_a_document_that_says_one_thing_is_read() -> None:
    assert problems(HALF) == []


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b'{"id":"p","kind":{"type":"pct","pct":5,"pct":50}}', "'pct' stands twice in one table"),
        (b'{"id":"p","id":"p","kind":{"type":"pct","pct":5}}', "'id' stands twice in one table"),
        (b'{"id":"p","kind":{"type":"pct","pct":NaN}}', "NaN is no number of JSON"),
        (b"[" * 100_000, "its lists lie too deep in each other"),
        (HALF[:-1], "is not JSON"),
    ],
)
def test_what_could_mean_two_things_is_set_aside(document: bytes, why: str) -> None:
    (problem,) = problems(document)
    assert problem.startswith("the promotion: is not JSON (")
    assert why in problem
