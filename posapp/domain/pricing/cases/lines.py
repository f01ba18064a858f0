"""The goods of a CASE: quantities and prices as people write them, traits, and the taxes of each line.

Says of everything that cannot be read where it is and what may stand there. What is no number of pieces at a
price in whole minor units becomes one piece of the rounded amount, and its fixed taxes go with it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from posapp.domain.money import round_div
from posapp.domain.pricing.documents.reading_values import Node, percent_text, signed_of
from posapp.domain.pricing.goods.tax_shares import NoShares, shares_of
from posapp.domain.pricing.goods.taxes import net_of, with_taxes
from posapp.domain.pricing.terms.basket import PPM_OF_ALL, BasketLine, LineTax, Traits
from posapp.domain.pricing.terms.policy import Policy
from posapp.values import dataclass

LINES_MAX: Final = 5_000
_QUANTITY_MAX: Final = 1_000_000
#: One percent in parts per million.
_PERCENT_PPM: Final = 10_000


def read_lines(
    top: Node, policy: Policy, key: str = "basket"
) -> tuple[tuple[BasketLine, ...], dict[int, str]]:
    """The lines of a case, numbered from 1, and how quantities that are no pieces were written, by number.

    A line of no pieces is read, and not there.
    """
    quantities: dict[int, str] = {}
    values = top.take(key)
    if not isinstance(values, list):
        raise top.problem(key, "must be a list of lines; an empty one is written [].")
    if len(values) > LINES_MAX:
        raise top.problem(key, f"has more than {LINES_MAX} lines.")
    is_exempt = top.flag("tax_exempt")
    lines: list[BasketLine] = []
    dearer: list[BasketLine] = []
    for number, value in enumerate(values, 1):
        node = Node(value, f"{key}[{number - 1}]", top.money)
        price, taxes = _price_and_taxes(node, policy)
        quantity, unit_minor, written = price.pieces, price.unit_minor, price.written
        if written:
            quantities[number] = written
        if is_exempt:
            unit_minor, taxes = _without_tax(unit_minor, taxes, policy), ()
        over = 0
        if policy.amounts == "with_tax":
            amount, taxes = _with_tax(quantity, unit_minor, taxes, policy)
            unit_minor, over = divmod(amount, quantity or 1)
        line = BasketLine(
            line_no=number,
            sku=node.text("sku"),
            quantity=quantity - over,
            unit_minor=unit_minor,
            traits=_traits(node),
            taxes=taxes,
            names=node.words("name"),
            is_locked=node.flag("locked") or unit_minor < 0,
            is_weighed=bool(written),
            floor_minor=node.minor_or_none("floor") or 0,
        )
        node.finish()
        if quantity:
            lines.append(line)
        if over:
            dearer.append(replace(line, quantity=over, unit_minor=unit_minor + 1))
    # Taxes are put in line by line: pieces that carry a minor unit more than the others stand behind.
    lines += [replace(line, line_no=number) for number, line in enumerate(dearer, len(values) + 1)]
    return tuple(lines), quantities


@dataclass(frozen=True, slots=True)
class _Price:
    """Pieces, the price of one, and how the quantity was written where it is no number of pieces.

    `times` is how many pieces, or how much of one, a piece here stands for, below 0 where it is taken back.
    """

    pieces: int
    unit_minor: int
    written: str = ""
    times: Fraction = Fraction(1)


def _without_tax(unit_minor: int, taxes: tuple[LineTax, ...], policy: Policy) -> int:
    """A price without what its taxes, rounded as the policy says, are in it."""
    tax = unit_minor - Fraction(*net_of(unit_minor, taxes))
    return unit_minor - round_div(tax.numerator, tax.denominator, policy.tax_round_mode)


def _with_tax(
    pieces: int, unit_minor: int, taxes: tuple[LineTax, ...], policy: Policy
) -> tuple[int, tuple[LineTax, ...]]:
    """What pieces cost with their rates; fixed amounts a piece stay beside it: no discount lowers them."""
    is_flat = all(tax.level == 0 and tax.on is None for tax in taxes)
    apart = tuple(tax for tax in taxes if is_flat and tax.per_unit_minor and not (tax.ppm or tax.included))
    rates = tuple(tax for tax in taxes if tax not in apart)
    amount, rates = with_taxes(pieces * unit_minor, rates, policy.tax_round_mode, pieces)
    return amount, (*rates, *apart)


def _price_and_taxes(node: Node, policy: Policy) -> tuple[_Price, tuple[LineTax, ...]]:
    """What a line says of quantity, price and tax, in the prices that the policy works with."""
    price = _price(node, policy)
    taxes = _taxes(node, policy, price)
    if policy.amounts != "without_tax" or not price.pieces or not any(tax.included for tax in taxes):
        return price, taxes
    # The net of the whole line is rounded once: where its pieces do not come to that they are one piece.
    net = Fraction(*net_of(price.pieces * price.unit_minor, taxes, price.pieces))
    amount = round_div(net.numerator, net.denominator, policy.tax_round_mode)
    taxes = tuple(replace(tax, included=False) for tax in taxes)
    if amount % price.pieces == 0:
        return replace(price, unit_minor=amount // price.pieces), taxes
    pieces = price.pieces
    once = tuple(replace(tax, per_unit_minor=tax.per_unit_minor * pieces) for tax in taxes)
    return _Price(1, amount, price.written or str(pieces)), once


def _price(node: Node, policy: Policy) -> _Price:
    """Quantity and price of a line.

    Goods by weight, and prices that are finer than the currency, are one piece of the rounded whole amount;
    so is what is taken back in the same basket (a quantity or a price below 0), whose amount is below 0.
    """
    value = node.take("qty") if node.has("qty") else 1
    quantity = signed_of(value)
    if quantity is None or abs(quantity) > _QUANTITY_MAX:
        ways = 'such as 2, "0.534" by weight, or -1 for a return'
        raise node.problem("qty", f"must be a number {ways}, up to {_QUANTITY_MAX}.")
    price = signed_of(node.take("unit_price"))
    if price is None:
        raise node.problem("unit_price", f'must be an amount as a text, such as "{node.money.text(1250)}".')
    scale = 10**node.money.digits
    unit = Fraction(price) * scale
    if node.has("margin"):
        unit = Fraction(_with_margin(node.table("margin"), unit, policy))
    times = Fraction(quantity)
    if not times:
        return _Price(0, 0)
    if times > 0 and times.denominator == 1 and unit >= 0 and unit.denominator == 1 and price >= 0:
        return _Price(times.numerator, unit.numerator)
    whole = unit * times
    signed = -abs(times) if (times < 0) != (unit < 0) else abs(times)
    amount = round_div(whole.numerator, whole.denominator, policy.price_mode)
    return _Price(1, amount, str(value), signed)


def _with_margin(node: Node, unit: Fraction, policy: Policy) -> int:
    """The price with what is put on it before any promotion, in minor units."""
    if node.has("pct") == node.has("amount"):
        raise node.problem("", 'must have one of "pct" and "amount".')
    if node.has("pct"):
        unit += unit * Fraction(node.percent("pct"), PPM_OF_ALL)
    else:
        unit += node.minor("amount")
    node.finish()
    return round_div(unit.numerator, unit.denominator, policy.price_mode)


def _traits(node: Node) -> Traits:
    category = node.take("category") if node.has("category") else []
    levels = [category] if isinstance(category, str) else category
    if not isinstance(levels, list) or not all(isinstance(level, str) and level for level in levels):
        raise node.problem("category", "must be a text, or a list of texts from the widest to the narrowest.")
    return Traits(tuple(levels), node.text("brand", ""), texts(node, "tags"))


def texts(node: Node, key: str) -> frozenset[str]:
    """Texts of a list that may be empty."""
    if node.has(key) and node.take(key) == []:
        return frozenset()
    return node.texts(key)


def _taxes(node: Node, policy: Policy, price: _Price) -> tuple[LineTax, ...]:
    taxes = node.items("tax", lambda value, path: _tax(Node(value, path, node.money), policy, price), least=0)
    named = [each.rate_id for each in taxes]
    if len(set(named)) < len(named):
        raise node.problem("tax", 'has two of the same rate; give each its own "id".')
    for number, tax in enumerate(taxes):
        unknown = sorted((tax.on or frozenset()) - set(named))
        if unknown:
            raise node.problem(f"tax[{number}].on", f'names "{unknown[0]}", which is no "id" of this line.')
    try:
        shares_of(taxes)
    except NoShares as error:
        raise node.problem("tax", f"cannot be computed: {error}") from None
    return taxes


def _tax(node: Node, policy: Policy, price: _Price) -> LineTax:
    has_rate = node.has("rate_pct")
    ppm = _rate(node) if has_rate else 0
    included = node.flag("price_includes", policy.tax_mode == "included")
    per_unit = node.minor_or_none("per_unit") or 0
    if not has_rate and not per_unit:
        raise node.problem("", 'must have "rate_pct", or "per_unit" for a fixed amount a piece.')
    rate_id = node.text("id", percent_text(ppm) if not per_unit else f"{percent_text(ppm)}+{per_unit}")
    level = node.whole("level", 0, most=9)
    on = texts(node, "on") if node.has("on") else None
    of_price = node.choice("of", ("net", "price"), "net") == "price"
    if of_price and per_unit:
        raise node.problem("of", "is for a percentage alone; state the fixed amount as a tax of its own.")
    node.finish()
    fixed = per_unit * price.times
    return LineTax(rate_id, ppm, included, level, round_div(fixed.numerator, fixed.denominator), on, of_price)


def _rate(node: Node) -> int:
    """A rate in parts per million; below 0 it is withheld."""
    value = signed_of(node.take("rate_pct"))
    above, below = (value or Decimal(0)).as_integer_ratio()
    if value is None or not -100 < value <= 100 or above * _PERCENT_PPM % below:
        raise node.problem(
            "rate_pct",
            'must be a percentage up to 100 such as "12.5" (four decimals at most; below 0 it is withheld).',
        )
    return above * _PERCENT_PPM // below
