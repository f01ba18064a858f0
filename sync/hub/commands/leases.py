"""Commands about leases: how much tills may give away without asking, what is out, what was lost by it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from posapp.domain.document import show_amount
from posapp.domain.members.leases import LEASE_KINDS
from posapp.domain.money import parse_amount
from sync.hub.commands.members import WHO
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.goods.store_facts import all_stores, one_store
from sync.hub.loyalty.compensation import losses, open_minor, work_off
from sync.hub.loyalty.lease_limits import ALL_STORES, LeaseLimit, all_limits, put_limit, remove_limit
from sync.hub.loyalty.leases import exposure, give_up_leases, leases_out
from sync.hub.serving.embedded import system_now_ms


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "What tills may give away without asking the hub, and what that cost."
    actions = commands.add_parser("leases", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "Say how much leases of a kind may come to, for all stores or for one; 0 grants nothing."
    limiting = add_database(actions.add_parser("limit", help=text, description=text), store=False)
    limiting.add_argument("kind", choices=LEASE_KINDS)
    limiting.add_argument("--terminal", required=True, help="points, or an amount, of one till")
    limiting.add_argument("--together", required=True, help="of all tills of a store")
    limiting.add_argument("--hours", type=int, default=24, help="for how long a lease is valid (%(default)s)")
    limiting.add_argument("--owner", default="", help="who works losses off (the store's manager)")
    limiting.add_argument("--store", default=ALL_STORES, help="of this store only")
    limiting.set_defaults(run=_limit)
    text = "Take a limit away: a store follows the chain again, a chain grants nothing of the kind."
    taking = add_database(actions.add_parser("unlimit", help=text, description=text), store=False)
    taking.add_argument("kind", choices=LEASE_KINDS)
    taking.add_argument("--store", default=ALL_STORES)
    taking.set_defaults(run=_unlimit)
    text = "Print the limits, the leases that are out, and what an outage can cost at most."
    showing = add_database(actions.add_parser("show", help=text, description=text), store=False)
    showing.set_defaults(run=_show)
    text = "Say that a silent till comes back no more: what it may have given away counts no more."
    giving = add_database(actions.add_parser("give-up", help=text, description=text), store=False)
    giving.add_argument("terminal", metavar="TERMINAL")
    giving.add_argument("--store", required=True)
    giving.add_argument("--note", required=True)
    giving.set_defaults(run=_give_up)
    text = "Print losses that nobody worked off yet."
    listing = add_database(actions.add_parser("losses", help=text, description=text), store=False)
    listing.add_argument("--store", help="of this store only")
    listing.add_argument("--all", action="store_true", help="those that are worked off as well")
    listing.set_defaults(run=_losses)
    text = "Say that the losses of a transaction are worked off, and how."
    ending = add_database(actions.add_parser("work-off", help=text, description=text), store=False)
    ending.add_argument("transaction", metavar="TRANSACTION")
    ending.add_argument("--note", required=True)
    ending.set_defaults(run=_work_off)


def _limit(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        currency = _currency(connection, options.store)
        terminal, together = (
            _amount(text, options.kind, currency) for text in (options.terminal, options.together)
        )
        limit = LeaseLimit(options.kind, terminal, together, options.hours, options.owner, options.store)
        try:
            put_limit(connection, limit, system_now_ms())
        except ValueError as trouble:
            raise CommandError(str(trouble)) from trouble
    print(_limit_line(limit, currency))
    return 0


def _unlimit(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        if not remove_limit(connection, options.store, options.kind):
            raise CommandError(f"there is no such limit; `poshub leases show` lists them: {options.kind}")
    print(f"{options.kind}: no limit of its own any more")
    return 0


def _show(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()
    with opened(options) as database, database.reading() as connection:
        for limit in all_limits(connection):
            print(_limit_line(limit, _currency(connection, limit.store_id)))
        for store in all_stores(connection):
            worst = exposure(connection, store.store_id, now_ms).minor()
            print(f"{store.store_id}: an outage costs {_money(worst, store.currency)} at most")
            for row in leases_out(connection, now_ms, store.store_id):
                left, amount = (_text(each, row.kind, store.currency) for each in (row.left, row.amount))
                until = datetime.fromtimestamp(row.until_ms // 1000, UTC).isoformat(sep=" ")
                print(f"  {row.terminal_id:12} {row.kind:8} {left} of {amount}, {row.state}, until {until}")
    return 0


def _give_up(options: argparse.Namespace) -> int:
    place = (options.store, options.terminal)
    with opened(options) as database, database.writing() as connection:
        done = give_up_leases(connection, place, who=WHO, note=options.note, now_ms=system_now_ms())
    if not done:
        raise CommandError("that till has no lease that is over; one that still holds cannot be given up")
    print(f"given up: {done}")
    return 0


def _losses(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        rows = losses(connection, store_id=options.store, is_open=None if options.all else True)
        for row in rows:
            loss = row.loss
            amount = _money(loss.amount_minor, _currency(connection, loss.store_id))
            done = f", {row.outcome} by {row.who}: {row.note}" if row.outcome else ""
            where = f"{loss.store_id} {loss.terminal_id} {loss.transaction_id}"
            print(f"{where}  {loss.kind} {loss.right_id}  {amount}  for {row.owner}{done}")
        print(f"open: {open_minor(connection, options.store):,} minor units")
    return 0


def _work_off(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        found = [each.loss for each in losses(connection) if each.loss.transaction_id == options.transaction]
        if not found:
            raise CommandError(f"no loss of {options.transaction} is open; `poshub leases losses` lists them")
        done = work_off(connection, found, who=WHO, note=options.note, now_ms=system_now_ms())
    print(f"worked off: {done}")
    return 0


def _currency(connection: Connection, store_id: str) -> str:
    """The currency that amounts of a store, or of all stores, are in; raises CommandError."""
    store = one_store(connection, store_id) if store_id else next(iter(all_stores(connection)), None)
    if store is None:
        raise CommandError(f"this hub has no store {store_id}".rstrip() + "; `poshub init` makes one")
    return store.currency


def _amount(text: str, kind: str, currency: str) -> int:
    if kind == "points":
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise CommandError(f"{text!r} is no number of points")
        return int(text)
    amount = parse_amount(text, currency)
    if amount is None:
        raise CommandError(f"{text!r} is no amount in {currency}")
    return amount


def _text(amount: int, kind: str, currency: str) -> str:
    return f"{amount:,} points" if kind == "points" else _money(amount, currency)


def _money(amount_minor: int, currency: str) -> str:
    return f"{show_amount(amount_minor, currency)} {currency}"


def _limit_line(limit: LeaseLimit, currency: str) -> str:
    terminal, store = (
        _text(each, limit.kind, currency) for each in (limit.terminal_amount, limit.store_amount)
    )
    where = limit.store_id or "all stores"
    owner = f", losses for {limit.owner}" if limit.owner else ""
    return f"{where}: {limit.kind}: {terminal} a till, {store} a store, {limit.valid_hours} hours{owner}"
