"""Gift cards that another system sold: a list of numbers with what is on them, put page by page.

What a list says of a card counts once, however often it is put, so that a list that broke off is simply put
again. A number that no till would know for a gift card's is refused with its line, and then nothing is put.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select

from posapp.domain.members.gift_numbers import known_gift_number
from posapp.domain.money import parse_amount
from sync.hub.database import upsert
from sync.hub.loyalty.gift_cards import Source, is_known, new_card, put
from sync.hub.loyalty.gift_issue import end_of_day_ms
from sync.hub.schema.gift_cards import GIFT_CARD

#: Cards that are put in one transaction.
PAGE: Final = 500
CARDS_MAX: Final = 1_000_000
_BALANCE_MAX_MINOR: Final = 10**12
_COLUMNS: Final = ("number", "balance", "until")
_PROBLEMS_TOLD: Final = 10
#: The source of what was on a card: one for all lists, since it was on it once.
_SOURCE: Final = "import"


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card of a list; `until` is the ISO day on which it still counts, "" for no end."""

    card_id: str
    balance_minor: int
    until: str = ""


def read_cards(text: str, currency: str, patterns: tuple[str, ...]) -> tuple[list[ListedCard], list[str]]:
    """The cards of a CSV text (columns number, balance and perhaps until), and what is wrong with it."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        return _cards(rows, currency, patterns)
    except csv.Error as trouble:
        return [], [f"line {rows.line_num}: {trouble}"]


def _cards(rows: Any, currency: str, patterns: tuple[str, ...]) -> tuple[list[ListedCard], list[str]]:
    head = tuple(name.strip() for name in next(rows, []))
    if head not in (_COLUMNS, _COLUMNS[:2]):
        return [], ["line 1: the columns are number,balance or number,balance,until"]
    cards: dict[str, ListedCard] = {}
    problems: list[str] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        card = _card(row, currency, patterns) if len(row) == len(head) else "has not as many cells as line 1"
        if isinstance(card, ListedCard) and card.card_id in cards:
            card = "names a card a second time"
        if isinstance(card, ListedCard):
            cards[card.card_id] = card
        elif len(problems) < _PROBLEMS_TOLD:
            problems.append(f"line {rows.line_num}: {card}")
    if len(cards) > CARDS_MAX:
        problems.append(f"a list has at most {CARDS_MAX} cards")
    return list(cards.values()), problems


def _card(row: Sequence[str], currency: str, patterns: tuple[str, ...]) -> ListedCard | str:
    number, balance, *rest = (cell.strip() for cell in row)
    card_id = known_gift_number(number, patterns)
    if card_id is None:
        return "is no gift card's number by the programme's gift_patterns"
    amount_minor = parse_amount(balance, currency)
    if amount_minor is None or not 0 <= amount_minor <= _BALANCE_MAX_MINOR:
        return f"{balance!r} is no amount of {currency}"
    until = rest[0] if rest else ""
    if until:
        try:
            until = date.fromisoformat(until).isoformat()
        except ValueError:
            return f"{until!r} is no day such as 2027-12-31"
    return ListedCard(card_id, amount_minor, until)


def import_page(
    connection: Connection, cards: Sequence[ListedCard], currency: str, *, batch: str, now_ms: int
) -> tuple[int, list[str]]:
    """Put these cards; how many are new, and the numbers of those that count in another currency."""
    new, others = 0, []
    source = Source(_SOURCE, "balance", at_ms=now_ms)
    # In one order everywhere, so that two lists with the same cards wait for each other and not in a ring.
    for card in sorted(cards, key=lambda each: each.card_id):
        until_ms = end_of_day_ms(card.until) if card.until else 0
        row = new_card(card.card_id, currency, until_ms=until_ms, batch=batch, now_ms=now_ms)
        added = upsert(connection, GIFT_CARD).values(**row).on_conflict_do_nothing()
        is_new = bool(connection.execute(added.returning(GIFT_CARD.c.card_id)).first())
        held = select(GIFT_CARD.c.currency).where(GIFT_CARD.c.card_id == card.card_id)
        if not is_new and connection.execute(held).scalar_one() != currency:
            others.append(card.card_id)
            continue
        if is_known(connection, card.card_id, source):
            continue
        # Also one with nothing on it is active: it was sold once.
        put(connection, card.card_id, card.balance_minor, source, kind="activated", currency=currency)
        new += 1
    return new, others
