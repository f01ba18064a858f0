"""What each tax of a line is of its amount and pieces: rates beside or on each other, in the price or on top,
shares of the net or of the price with tax, fixed by the piece.

Exact algebra; nothing is rounded here. With N the net price each tax is slope × N + fixed × pieces, and what
is included makes amount = N + Σ included, which gives N.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm

from posapp.domain.money import round_div
from posapp.domain.pricing.goods.sharing import share as share_out
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, LineTax
from posapp.values import dataclass


class NoShares(ValueError):  # noqa: N818 - a sentence for people
    """Taxes that cannot be computed together; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Share:
    """Tax as a share of an amount and pieces: (of_amount × amount + of_pieces × pieces) / divisor."""

    of_amount: int
    of_pieces: int
    divisor: int

    def numerator(self, amount: int, pieces: int) -> int:
        """The tax, times the divisor."""
        return self.of_amount * amount + self.of_pieces * pieces


@dataclass(frozen=True, slots=True)
class _Line:
    """slope × N + fixed × pieces."""

    slope: Fraction
    fixed: Fraction


@lru_cache(maxsize=4096)
def shares_of(taxes: tuple[LineTax, ...]) -> tuple[Share, ...]:
    """The share of each tax, every one exact and with the same divisor; raises `NoShares`."""
    in_price = [place for place, tax in enumerate(taxes) if tax.included]
    if in_price and all(taxes[place].of_price and not below(taxes, place) for place in in_price):
        exact = _of_the_price(taxes, in_price)
    else:
        exact = _of_the_net(taxes, in_price)
    divisor = lcm(*(each.denominator for pair in exact for each in (pair.slope, pair.fixed)))
    return tuple(
        Share(
            pair.slope.numerator * (divisor // pair.slope.denominator),
            pair.fixed.numerator * (divisor // pair.fixed.denominator),
            divisor,
        )
        for pair in exact
    )


def spent_taxes(
    taxes: Sequence[LineTax], shares: Sequence[Share], amount: int, pieces: int
) -> list[int] | None:
    """Each tax where an amount is less than the fixed taxes that its price has in it; else None.

    No discount lowers a fixed tax, but more than is paid cannot be in what is paid: nothing is left as the
    net price, and the included taxes take the amount by what each would be of nothing.
    """
    if amount < 0 or not any(share.of_pieces for share in shares):
        return None
    divisor = shares[0].divisor
    in_price = [share for share, tax in zip(shares, taxes, strict=True) if tax.included]
    slope = divisor - sum(share.of_amount for share in in_price)
    fixed = sum(share.of_pieces for share in in_price)
    if slope * amount >= fixed * pieces:
        return None
    # Each tax (times slope and divisor) where the net price is nothing.
    of_nothing = [share.of_amount * fixed * pieces + share.of_pieces * slope * pieces for share in shares]
    weights = [max(0, each) if tax.included else 0 for each, tax in zip(of_nothing, taxes, strict=True)]
    parts = share_out(amount, weights)
    return [
        part if tax.included else round_div(each, divisor * slope) if slope else 0
        for part, each, tax in zip(parts, of_nothing, taxes, strict=True)
    ]


def below(taxes: Sequence[LineTax], place: int) -> tuple[int, ...]:
    """The taxes that a tax falls on besides the net price: those it names, or all of lower levels."""
    tax = taxes[place]
    if tax.on is not None:
        return tuple(at for at, other in enumerate(taxes) if other.rate_id in tax.on)
    return tuple(at for at, other in enumerate(taxes) if other.level < tax.level)


def _of_the_net(taxes: tuple[LineTax, ...], in_price: Sequence[int]) -> list[_Line]:
    """Each tax of (amount, pieces), where the net has to be found from what is included."""
    lines = _lines(taxes, _Line(Fraction(1), Fraction(0)))
    price_slope = 1 + sum(lines[place].slope for place in in_price)
    price_fixed = sum(lines[place].fixed for place in in_price)
    if price_slope <= 0:
        raise NoShares("what is withheld in the price is more than the price.")
    return [
        _Line(slope := Fraction(line.slope, price_slope), line.fixed - slope * price_fixed) for line in lines
    ]


def _of_the_price(taxes: tuple[LineTax, ...], in_price: Sequence[int]) -> list[_Line]:
    """The same where all that is included is a share of the price itself, which may be all of it."""
    known = {place: _Line(Fraction(taxes[place].ppm, PPM_OF_ALL), Fraction(taxes[place].per_unit_minor))
             for place in in_price}  # fmt: skip
    rest = 1 - sum(line.slope for line in known.values())
    if rest < 0:
        raise NoShares("shares of the price come to more than 100 percent.")
    net = _Line(Fraction(rest), -sum((line.fixed for line in known.values()), Fraction(0)))
    return _lines(taxes, net, known)


def _lines(taxes: tuple[LineTax, ...], net: _Line, known: dict[int, _Line] | None = None) -> list[_Line]:
    """Every tax as a line, each after those that it falls on; raises `NoShares` where they go in a circle."""
    found = dict(known or {})
    beneath = [below(taxes, place) for place in range(len(taxes))]
    while len(found) < len(taxes):
        ready = [
            place
            for place in range(len(taxes))
            if place not in found and all(other in found for other in beneath[place])
        ]
        if not ready:
            raise NoShares("two taxes fall on each other.")
        bases = {place: _sum((net, *(found[other] for other in beneath[place]))) for place in ready}
        for place in ready:
            found[place] = _one(taxes, place, ready, beneath, bases[place])
    return [found[place] for place in range(len(taxes))]


def _one(
    taxes: tuple[LineTax, ...],
    place: int,
    ready: Sequence[int],
    beneath: Sequence[tuple[int, ...]],
    base: _Line,
) -> _Line:
    tax, rate = taxes[place], Fraction(taxes[place].ppm, PPM_OF_ALL)
    if tax.of_price:
        # Shares of one price stand beside each other: price = base + all of them.
        beside = [
            taxes[other].ppm
            for other in ready
            if taxes[other].of_price
            and beneath[other] == beneath[place]
            and taxes[other].included == tax.included
        ]
        rest = PPM_OF_ALL - sum(beside)
        if rest <= 0:
            raise NoShares("shares of the price come to 100 percent or more.")
        rate = Fraction(tax.ppm, rest)
    return _Line(rate * base.slope, rate * base.fixed + tax.per_unit_minor)


def _sum(lines: Sequence[_Line]) -> _Line:
    return _Line(
        sum((line.slope for line in lines), Fraction(0)), sum((line.fixed for line in lines), Fraction(0))
    )
