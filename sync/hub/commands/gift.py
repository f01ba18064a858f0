"""Commands about gift cards: issue a batch, put those of another system, show or block one, what is owed."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from posapp.domain.members.gift_numbers import gift_number
from posapp.domain.money import minor_digits, parse_amount
from posapp.domain.pricing.documents.reading_values import Money
from sync.hub.commands.members import record
from sync.hub.commands.shared import CommandError, add_database, day, opened
from sync.hub.loyalty.gift_cards import Card, card_of, entries_of, set_blocked
from sync.hub.loyalty.gift_import import PAGE, import_page, read_cards
from sync.hub.loyalty.gift_issue import COUNT_MAX, IssuedCard, issue_cards, outstanding
from sync.hub.loyalty.programme_admin import programme_of
from sync.hub.serving.embedded import system_now_ms

_CURRENCY_CHARS = 3


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Gift cards: issue, show, block, and what is owed on them."
    actions = commands.add_parser("gift", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "Make cards to be printed, as CSV with number and code; worth nothing until a till sells them."
    issuing = add_database(actions.add_parser("issue", help=text, description=text), store=False)
    issuing.add_argument("--count", type=int, required=True, help=f"1 to {COUNT_MAX}")
    issuing.add_argument(
        "--face", required=True, metavar="AMOUNT", help='what one is sold for, such as "100"'
    )
    issuing.add_argument("--currency", required=True, help="such as CNY")
    issuing.add_argument("--until", type=day, metavar="DAY", help="the last day it counts")
    issuing.add_argument("--batch", default="", help="a name for this batch (default: the time)")
    issuing.add_argument("--out", type=Path, metavar="FILE", help="a new file (default: standard output)")
    issuing.set_defaults(run=_issue)
    text = "Put cards that another system sold, with what is on them; those put before stay as they are."
    putting = add_database(actions.add_parser("import", help=text, description=text), store=False)
    putting.add_argument("file", type=Path, metavar="FILE", help="CSV: number,balance[,until]")
    putting.add_argument("--currency", required=True, help="such as CNY")
    putting.add_argument("--batch", default="", help="a name for this list (default: the time)")
    putting.set_defaults(run=_import)
    text = "Show what is on a card, what is kept of it for open sales, and every change."
    showing = add_database(actions.add_parser("show", help=text, description=text), store=False)
    showing.add_argument("card", metavar="CARD")
    showing.set_defaults(run=_show)
    for name, blocked, text in (
        ("block", True, "Let nothing be taken of a card any more; what is on it stays."),
        ("unblock", False, "Let a blocked card be used again."),
    ):
        blocking = add_database(actions.add_parser(name, help=text, description=text), store=False)
        blocking.add_argument("card", metavar="CARD")
        blocking.set_defaults(run=_block, blocked=blocked)
    text = "Show what is owed on all cards that were sold, by currency."
    owing = add_database(actions.add_parser("owed", help=text, description=text), store=False)
    owing.set_defaults(run=_owed)


def _issue(options: argparse.Namespace) -> int:
    if not 1 <= options.count <= COUNT_MAX:
        raise CommandError(f"a batch has 1 to {COUNT_MAX} cards")
    currency = _currency(options)
    face_minor = parse_amount(options.face, currency)
    if face_minor is None or face_minor <= 0:
        raise CommandError(f"{options.face!r} is no amount of {currency}")
    now_ms = system_now_ms()
    batch = options.batch or _batch_of(now_ms)
    with opened(options) as database, database.writing() as connection:
        cards = issue_cards(
            connection, options.count, face_minor=face_minor, currency=currency, until=options.until or "",
            batch=batch, now_ms=now_ms,
        )  # fmt: skip
        record(connection, "gift_issue", batch, now_ms, note=str(len(cards)))
        # Written before the commit: cards that nobody has a list of must not exist.
        if options.out is None:
            _write(sys.stdout, cards)
        else:
            _write_file(options.out, cards)
    where = f" to {options.out}" if options.out is not None else ""
    print(f"issued {len(cards)} card(s) of {options.face} {currency}, batch {batch}{where}", file=sys.stderr)
    return 0


def _import(options: argparse.Namespace) -> int:
    currency = _currency(options)
    try:
        text = options.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        raise CommandError(f"{options.file} cannot be read: {trouble}") from trouble
    now_ms = system_now_ms()
    batch = options.batch or _batch_of(now_ms)
    new, others = 0, list[str]()
    with opened(options) as database:
        with database.reading() as connection:
            patterns = programme_of(connection).gift_patterns
        cards, problems = read_cards(text, currency, patterns)
        if problems:
            raise CommandError("\n".join([f"nothing of {options.file} was put:", *problems]))
        for start in range(0, len(cards), PAGE):
            page = cards[start : start + PAGE]
            done, foreign = database.write(
                partial(import_page, cards=page, currency=currency, batch=batch, now_ms=now_ms)
            )
            new, others = new + done, others + foreign
    print(f"{new} card(s) put, {len(cards) - new - len(others)} known before, batch {batch}")
    for card_id in others:
        print(f"{card_id} counts in another currency: left as it is", file=sys.stderr)
    return int(bool(others))


def _currency(options: argparse.Namespace) -> str:
    currency = str(options.currency)
    if len(currency) != _CURRENCY_CHARS or not (currency.isascii() and currency.isupper()):
        raise CommandError(f"{currency!r} is no currency such as CNY")
    return currency


def _batch_of(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%d-%H%M%S")


def _write_file(path: Path, cards: list[IssuedCard]) -> None:
    """Nobody else may read it: who has a code has the card."""
    opened_file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened_file, "w", encoding="utf-8", newline="") as out:
        _write(out, cards)
        out.flush()
        os.fsync(out.fileno())


def _write(out: TextIO, cards: list[IssuedCard]) -> None:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("number", "code"))
    rows.writerows((card.card_id, card.code) for card in cards)


def _show(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        card = _known(card_of(connection, _number(options.card)), options.card)
        entries = entries_of(connection, card.card_id)
    money = Money(card.currency, minor_digits(card.currency))
    print(f"{card.card_id}  {card.state}  {money.text(card.balance_minor)} {card.currency}", end="")
    print(f", {money.text(card.held_minor)} kept for open sales" if card.held_minor else "")
    if card.until_ms:
        print(f"counts until {_time(card.until_ms)}")
    for one in entries:
        where = f"{one.store_id}/{one.terminal_id}" if one.store_id else "-"
        amount, after = money.text(one.amount_minor), money.text(one.balance_after)
        print(f"{_time(one.at_ms)}  {one.kind:11} {amount:>12} {after:>12}  {where:12} {one.transaction_id}")
    return 0


def _block(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        now_ms = system_now_ms()
        card = set_blocked(connection, _number(options.card), blocked=options.blocked, now_ms=now_ms)
        card = _known(card, options.card)
        record(connection, "gift_block" if options.blocked else "gift_unblock", card.card_id, now_ms)
    print(f"{card.card_id}: {card.state}")
    return 0


def _owed(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        found = outstanding(connection)
    for each in found:
        money = Money(each.currency, minor_digits(each.currency))
        kept = f", {money.text(each.held_minor)} of it kept for open sales" if each.held_minor else ""
        print(f"{each.cards} card(s): {money.text(each.balance_minor)} {each.currency}{kept}")
    if not found:
        print("no gift card was sold yet")
    return 0


def _number(text: str) -> str:
    """As it was keyed, or as the retailer's own numbers are."""
    return gift_number(text) or text.strip()


def _known(card: Card | None, named: str) -> Card:
    if card is None:
        raise CommandError(f"there is no gift card {named}")
    return card


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
