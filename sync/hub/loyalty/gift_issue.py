"""Printing gift cards: batches of new numbers with signed codes, inactive until a sale puts money on them.

The signed code says what the card is sold for at most (its face) and until when it counts, so that a till can
take it without asking, within what it was allowed beforehand. The number alone is enough with the network.
"""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from posapp.domain.codes.own import OwnCode, make_own
from posapp.domain.members.gift_numbers import RANDOM_BYTES, make_gift_number
from sync.hub.database import insert_rows
from sync.hub.loyalty.gift_cards import new_card
from sync.hub.schema.gift_cards import GIFT_CARD
from sync.hub.trust.hub_keys import signing_key
from sync.protocol.signing import sign

COUNT_MAX: Final = 100_000
DAY_MS: Final = 86_400_000
_ROWS_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A new card as it is printed: the number that people can key, and the code under the scratch field."""

    card_id: str
    code: str


def issue_cards(
    connection: Connection,
    count: int,
    *,
    face_minor: int,
    currency: str,
    until: str = "",
    batch: str = "",
    now_ms: int,
) -> list[IssuedCard]:
    """Make cards that nobody can guess; `until` is the ISO day on which they still count, "" for no end."""
    if not 1 <= count <= COUNT_MAX or face_minor < 0:
        raise ValueError(f"a batch has 1 to {COUNT_MAX} cards with a face of 0 or more")
    issuer, private_key = signing_key(connection)
    until_ms = end_of_day_ms(until) if until else 0
    fields = {"A": str(face_minor)} if face_minor else {}
    made: dict[str, IssuedCard] = {}
    while len(made) < count:
        card_id = make_gift_number(secrets.token_bytes(RANDOM_BYTES))
        own = OwnCode("voucher", issuer.upper(), card_id, until, fields)
        made[card_id] = IssuedCard(card_id, make_own(own, lambda message: sign(private_key, message)))
    rows = [
        new_card(
            card_id, currency, face_minor=face_minor, until_ms=until_ms, batch=batch, now_ms=now_ms
        )
        for card_id in made
    ]  # fmt: skip
    names = [column.name for column in GIFT_CARD.c]
    for start in range(0, count, _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        insert_rows(connection, GIFT_CARD, [tuple(row[name] for name in names) for row in some])
    return list(made.values())


def end_of_day_ms(day: str) -> int:
    """When a day is over everywhere, in epoch milliseconds: a card is never refused on its own last day."""
    over = datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00") + datetime.timedelta(days=1, hours=12)
    return int(over.timestamp()) * 1000


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Cards of one currency: how many are sold, and what is still owed on them, in minor units."""

    currency: str
    cards: int
    balance_minor: int
    held_minor: int


def outstanding(connection: Connection) -> list[Outstanding]:
    """What the chain owes on gift cards, by currency."""
    query = (
        select(
            GIFT_CARD.c.currency,
            func.count(),
            func.sum(GIFT_CARD.c.balance_minor),
            func.sum(GIFT_CARD.c.held_minor),
        )
        .where(GIFT_CARD.c.version > 0)
        .group_by(GIFT_CARD.c.currency)
        .order_by(GIFT_CARD.c.currency)
    )
    return [
        Outstanding(currency, int(cards), int(balance), int(held))
        for currency, cards, balance, held in connection.execute(query)
    ]
