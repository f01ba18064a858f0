"""Commands about what is kept for open sales: listed, and let go of where a till comes back no more."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from sync.hub.commands.members import WHO
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.loyalty.coupons import Sale
from sync.hub.loyalty.silent_tills import kept_for_sales, let_go_of_sale
from sync.hub.serving.embedded import system_now_ms


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Coupons, points and gift value that are kept for open sales."
    actions = commands.add_parser("holds", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "Print what is kept, for which sale of which till, and until when."
    showing = add_database(actions.add_parser("show", help=text, description=text), store=False)
    showing.add_argument("--store", default="", help="of this store only")
    showing.set_defaults(run=_show)
    text = (
        "Let go of what is kept for a sale of a till that fell silent. Should that sale come up after all, "
        "it stands, and what somebody else got meanwhile is a loss to work off."
    )
    ending = add_database(actions.add_parser("release", help=text, description=text), store=False)
    ending.add_argument("transaction", metavar="TRANSACTION")
    ending.add_argument("--store", required=True)
    ending.add_argument("--terminal", required=True)
    ending.add_argument("--note", required=True)
    ending.set_defaults(run=_release)


def _show(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        for each in kept_for_sales(connection, options.store):
            until = datetime.fromtimestamp(each.until_ms // 1000, UTC).isoformat(sep=" ")
            what = f"{each.coupons} coupons, {each.points:,} points, {each.gift_minor:,} minor units of cards"
            print(f"{each.store_id} {each.terminal_id} {each.transaction_id}  {what}, until {until}")
    return 0


def _release(options: argparse.Namespace) -> int:
    sale = Sale(options.transaction, options.store, options.terminal)
    with opened(options) as database, database.writing() as connection:
        done = let_go_of_sale(connection, sale, who=WHO, note=options.note, now_ms=system_now_ms())
    if not done:
        raise CommandError("nothing is kept for that sale of that till; `poshub holds show` lists what is")
    print(f"let go of: {done}")
    return 0
