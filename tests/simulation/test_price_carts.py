"""The campaign of priced carts, reduced; that it can fail; that what it draws could have been published."""

from __future__ import annotations

import pytest

from posapp.domain.pricing.documents.reading import read_promotion
from tests.domain.pricing.promotion_writing import promotion_document
from tests.simulation.cart_drawings import drawn_cart
from tests.simulation.price_carts import BLOCK, MUTANTS, campaign, digest, digest_elsewhere, planted


def test_carts_add_up_keep_limits_and_come_back() -> None:
    outcome = campaign(range(400), hashes_every=0)
    assert outcome.wrong == []
    assert outcome.carts == outcome.returned == 400
    assert len(outcome.rules) >= 15
    assert len(outcome.policies) == 4


def test_answers_do_not_depend_on_hashes() -> None:
    seeds = range(1000, 1000 + BLOCK // 4)
    assert digest(seeds) == digest_elsewhere(seeds, 4711, None)


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_planted_fault_is_caught(mutant: str) -> None:
    with planted(mutant):
        if mutant == "by_hash":
            seeds = range(100)
            assert digest(seeds) != digest_elsewhere(seeds, 4711, mutant)
            return
        for first in range(0, 600, 50):
            if campaign(range(first, first + 50), hashes_every=0).wrong:
                return
    pytest.fail("nothing was seen")


def test_what_is_drawn_could_have_been_read() -> None:
    for seed in range(150):
        for promotion in drawn_cart(seed).promotions:
            assert read_promotion(promotion_document(promotion)) == promotion
