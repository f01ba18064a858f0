"""What promotions took off a store's sales in a period, by promotion and by who pays.

Summed out of the sales as they were handed in, to the minor unit, and never across currencies.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, and_, func, select

from posapp.domain.money import minor_digits
from sync.hub.schema.events import PRICE_MODIFIER, PRICE_MODIFIER_FUNDING, RETAIL_TRANSACTION


class PayerSum(msgspec.Struct, frozen=True):
    """What one party pays."""

    party: str
    name: str
    amount_minor: int


class DiscountSum(msgspec.Struct, frozen=True):
    """What one promotion took off: in how many sales, how often, how much, and who pays it."""

    promotion_id: str
    names: dict[str, str]
    currency: str
    sales: int
    applications: int
    amount_minor: int
    funding: tuple[PayerSum, ...]


def discount_sums(connection: Connection, store_id: str, days: tuple[str, str]) -> tuple[DiscountSum, ...]:
    """The sums of a store's business days (first, last), the largest first."""
    m, t, f = PRICE_MODIFIER.c, RETAIL_TRANSACTION.c, PRICE_MODIFIER_FUNDING.c
    # Two comparisons: PostgreSQL takes no collation inside BETWEEN.
    in_days = (m.store_id == store_id, m.business_date >= days[0], m.business_date <= days[1])
    of_sale = [m[name] == t[name] for name in ("store_id", "business_date", "transaction_id")]
    figures = (
        func.count(func.distinct(m.transaction_id)).label("sales"),
        func.sum(m.applications).label("applications"),
        func.sum(m.amount_minor).label("amount"),
        func.max(m.names).label("names"),
    )
    sums = (
        select(m.promotion_id, t.currency, *figures)
        .select_from(PRICE_MODIFIER)
        .join(RETAIL_TRANSACTION, and_(*of_sale))
        .where(*in_days)
        .group_by(m.promotion_id, t.currency)
    )
    key = ("store_id", "business_date", "transaction_id", "modifier_no")
    of_modifier = [m[name] == f[name] for name in key]
    payers = (
        select(m.promotion_id, t.currency, f.party, f.name, func.sum(f.amount_minor).label("amount"))
        .select_from(PRICE_MODIFIER)
        .join(RETAIL_TRANSACTION, and_(*of_sale))
        .join(PRICE_MODIFIER_FUNDING, and_(*of_modifier))
        .where(*in_days)
        .group_by(m.promotion_id, t.currency, f.party, f.name)
        .order_by(f.party, f.name)
    )
    by_payer: dict[tuple[str, str], list[PayerSum]] = {}
    for row in connection.execute(payers):
        part = PayerSum(row.party, row.name, int(row.amount))
        by_payer.setdefault((row.promotion_id, row.currency), []).append(part)
    found = [
        DiscountSum(
            row.promotion_id, _names(row.names), row.currency, int(row.sales), int(row.applications),
            int(row.amount), tuple(by_payer.get((row.promotion_id, row.currency), ())),
        )
        for row in connection.execute(sums)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.currency, -one.amount_minor, one.promotion_id)))


def payer_sums(sums: tuple[DiscountSum, ...]) -> tuple[tuple[str, PayerSum], ...]:
    """What each party pays over all promotions, by currency."""
    added: dict[tuple[str, str, str], int] = {}
    for one in sums:
        for part in one.funding:
            key = (one.currency, part.party, part.name)
            added[key] = added.get(key, 0) + part.amount_minor
    return tuple((key[0], PayerSum(key[1], key[2], minor)) for key, minor in sorted(added.items()))


def in_currency(amount_minor: int, currency: str) -> str:
    """An amount as a decimal text with its currency."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(amount_minor), 10**digits)
    text = f"{whole}.{rest:0{digits}d}" if digits else str(whole)
    return f"{'-' if amount_minor < 0 else ''}{text} {currency}"


def _names(text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        return {}
