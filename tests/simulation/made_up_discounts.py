"""Discounts for made-up sales: as the engine leaves them in a fact, adding up to the unit and the payer."""

from __future__ import annotations

import random
from dataclasses import replace

from posapp.domain.facts import SaleLine, TransactionCompleted
from posapp.domain.money import allocate
from posapp.domain.price_facts import PriceModifier, UnitsPaid

_PROMOTIONS = ("half", "three-for-two", "order-5", "满减")


def with_discounts(fact: TransactionCompleted, chance: random.Random) -> TransactionCompleted:
    """The sale with up to three discounts, its cash less by as much; as it was where nothing may fall off."""
    room = fact.tenders[-1].amount_minor - fact.change_minor
    left = {line.line_no: line.amount_minor for line in fact.lines}
    found: list[PriceModifier] = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        lines = []
        for line_no in sorted(chance.sample(sorted(left), min(len(left), chance.randint(1, 3)))):
            share = chance.randint(0, min(left[line_no] // 2, room, 500))
            if share:
                left[line_no] -= share
                room -= share
                lines.append((line_no, share))
        if lines:
            found.append(_modifier(len(found) + 1, tuple(lines), chance))
    if not found:
        return fact
    off = sum(each.amount_minor for each in found)
    cash = fact.tenders[-1]
    return replace(
        fact,
        lines=tuple(_paid(line, found) for line in fact.lines),
        discounts=tuple(found),
        discount_minor=off,
        total_minor=fact.total_minor - off,
        tenders=(*fact.tenders[:-1], replace(cash, amount_minor=cash.amount_minor - off)),
        tendered_minor=fact.tendered_minor - off,
    )


def _modifier(number: int, lines: tuple[tuple[int, int], ...], chance: random.Random) -> PriceModifier:
    amount = sum(share for _, share in lines)
    promotion_id = chance.choice(_PROMOTIONS)
    platform, store = allocate(amount, chance.choice(((0, 100), (30, 70), (33, 67))))
    payers = (("platform", "", platform), ("store", "", store))
    return PriceModifier(
        number, f"{promotion_id}-{number}", chance.randint(1, 9), {"en": promotion_id, "zh_CN": "优惠"},
        "item", "pct", amount, lines, tuple(payer for payer in payers if payer[2]),
        code=chance.choice(("", "SAVE")), base_minor=amount * 2,
    )  # fmt: skip


def _paid(line: SaleLine, discounts: list[PriceModifier]) -> SaleLine:
    """The line with what its units paid, where a discount fell on it."""
    shares = [(each.modifier_no, dict(each.lines).get(line.line_no, 0)) for each in discounts]
    off = sum(share for _, share in shares)
    if not off:
        return line
    pieces = line.quantity if line.unit == "pcs" else 1
    by_unit = [(number, allocate(share, (1,) * pieces)) for number, share in shares if share]
    prices = allocate(line.amount_minor, (1,) * pieces)
    runs = tuple(
        UnitsPaid(
            1,
            prices[n] - sum(parts[n] for _, parts in by_unit),
            tuple((number, parts[n]) for number, parts in by_unit if parts[n]),
        )
        for n in range(pieces)
    )
    return replace(line, paid_minor=line.amount_minor - off, runs=runs)
