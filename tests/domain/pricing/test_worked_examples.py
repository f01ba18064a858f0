from __future__ import annotations

import json

import pytest

from tests.domain.pricing.worked_examples import Example, examples, printed, run


def test_there_are_ten() -> None:
    assert len(examples()) == 10


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.title)
def test_the_page_prints_what_happens(example: Example) -> None:
    assert run(example) == json.loads(example.answer)
    assert printed(run(example)) == example.answer
