"""At most so many units of a line, for the kinds that make groups."""

from __future__ import annotations

import pytest

from posapp.domain.pricing.answers.engine import price
from posapp.domain.pricing.proof.certificate import certify
from posapp.domain.pricing.proof.checker import check
from posapp.domain.pricing.terms.basket import Basket, BasketLine
from posapp.domain.pricing.terms.policy import Policy
from posapp.domain.pricing.terms.promotion import (
    Bundle,
    Every,
    Kind,
    Limits,
    NFor,
    Nth,
    Off,
    Part,
    Promotion,
    Reward,
)
from tests.domain.pricing.adversarial_baskets import AT

HALF = Off(ppm=500_000)
#: What falls off six pieces at 1.00 and two at 0.80, where a limit of one unit of a line holds.
KINDS: list[tuple[Kind, int, int]] = [
    # One of each line gets half, the dearest of those whose turn it is.
    (Nth(2, HALF), 190, 90),
    (NFor(2, HALF), 380, 90),
    (NFor(2, Off(price_minor=100)), 360, 80),
    (Bundle((Part(Every(), 2),), Off(minor=50)), 200, 50),
    (Reward((Part(Every()),), Part(Every()), HALF), 200, 90),
]


def _basket() -> Basket:
    return Basket((BasketLine(1, "A", 6, 100), BasketLine(2, "B", 2, 80)), "CNY", AT)


@pytest.mark.parametrize(("kind", "without", "limited"), KINDS)
def test_no_more_of_a_line_gets_money_off(kind: Kind, without: int, limited: int) -> None:
    promotion = Promotion("p", "item", kind)
    assert price(_basket(), [promotion]).discount_minor == without
    bounded = Promotion("p", "item", kind, limits=Limits(max_units_per_line=1))
    priced = price(_basket(), [bounded])
    assert (priced.discount_minor, priced.is_proven) == (limited, True)
    wide = Promotion("p", "item", kind, limits=Limits(max_units_per_line=6))
    assert price(_basket(), [wide]).discount_minor == without


@pytest.mark.parametrize(("kind", "_", "limited"), KINDS)
def test_its_certificate_holds(kind: Kind, _: int, limited: int) -> None:
    found = certify(_basket(), [Promotion("p", "item", kind, limits=Limits(max_units_per_line=1))])
    assert found.is_closed
    assert found.certificate["saving"] == limited
    assert not check(found.certificate)


def test_in_a_sequence_too() -> None:
    """A group that would reduce one more of a line is left out."""
    bounded = Promotion("p", "item", Nth(2, HALF), limits=Limits(max_units_per_line=1))
    priced = price(_basket(), [bounded], Policy(choose="sequence"))
    assert priced.discount_minor == 90
