"""Commands about the shop and its tills: init, shop check and export, summary."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from sync.hub.commands.shared import CommandError, add_database, opened, store_id_of
from sync.hub.fleet.summary import terminal_summary
from sync.hub.goods.price_lists import fit_all_prices
from sync.hub.goods.promotion_admin import fit_all_promotions
from sync.hub.goods.shop_admin import (
    check_shop,
    put_shop,
    read_shop_file,
    store_ids,
    stored_document,
    stored_shop,
)
from sync.hub.goods.store_facts import facts_of
from sync.hub.loyalty.member_stream import fit_revoked
from sync.hub.loyalty.programme_admin import fit_programme
from sync.hub.serving.embedded import system_now_ms


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Put a shop file into the hub, or replace it."
    init = add_database(commands.add_parser("init", help=text, description=text), store=False)
    init.add_argument("--shop", type=Path, required=True, help="shop.toml")
    init.add_argument("--show-pins-on-sign-on", action="store_true", help="for demos only")
    init.set_defaults(run=_init)
    text = "Check a shop file, or export a stored shop."
    actions = commands.add_parser("shop", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    check = actions.add_parser("check", help="name every problem of a shop file")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_shop_check)
    export = add_database(actions.add_parser("export", help="print a stored shop as JSON"))
    export.set_defaults(run=_shop_export)
    text = "What the hub holds of each terminal, as JSON."
    summing = add_database(commands.add_parser("summary", help=text, description=text))
    summing.add_argument("--terminal", help="only this one")
    summing.set_defaults(run=_summary)


def _init(options: argparse.Namespace) -> int:
    document = read_shop_file(options.shop)
    with opened(options, make=True) as database, database.writing() as connection:
        now_ms = system_now_ms()
        shop, changed = put_shop(connection, document, show_pins=options.show_pins_on_sign_on, now_ms=now_ms)
        if changed:
            # A store that is new, or of another region or clock now, gets the chain's prices for it.
            fit_all_prices(connection, facts_of(shop), now_ms)
            fit_all_promotions(connection, facts_of(shop), now_ms)
            fit_programme(connection, facts_of(shop), now_ms)
            fit_revoked(connection, shop.store_id, now_ms)
    print(f"store {shop.store_id}: {'set up' if changed else 'unchanged'}")
    return 0


def _shop_check(options: argparse.Namespace) -> int:
    shop = check_shop(read_shop_file(options.file))
    print(f"{options.file}: fine; store {shop.store_id}, {len(shop.terminals)} terminal(s)")
    return 0


def _shop_export(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        document = stored_document(connection, store_id_of(options, store_ids(connection)))
    if document is None:
        raise CommandError(f"there is no store {options.store!r} in this hub")
    # Hashes of short PINs are guessed in minutes: an export is for reading, not for keeping secrets.
    for operator in document["operators"]:
        operator.pop("pin_hash")
    document.pop("demo_pins", None)
    print(json.dumps(document, ensure_ascii=False, indent=2))
    return 0


def _summary(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        store_id = store_id_of(options, store_ids(connection))
        shop = stored_shop(connection, store_id)
        terminals = [place.terminal_id for place in shop.terminals] if shop else []
        if options.terminal is not None:
            terminals = [terminal_id for terminal_id in terminals if terminal_id == options.terminal]
        figures = {
            terminal_id: msgspec.to_builtins(terminal_summary(connection, store_id, terminal_id))
            for terminal_id in terminals
        }
    print(json.dumps({"store": store_id, "terminals": figures}, indent=2))
    return 0
