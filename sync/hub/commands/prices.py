"""Commands about price lists: put, check, list, remove, and why an item costs what it does."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from posapp.domain.money import minor_digits
from posapp.domain.pricing.documents.reading_values import Money
from posapp.domain.pricing.items.prices import PriceRow
from sync.hub.commands.shared import CommandError, add_database, opened, store_id_of
from sync.hub.goods.price_list_files import COLUMNS, PriceFile, PriceFileError, read_price_file
from sync.hub.goods.price_lists import list_rows, put_price_list, unknown_skus, why_price
from sync.hub.goods.store_facts import StoreFacts, all_stores, one_store
from sync.hub.serving.embedded import system_now_ms

#: SKUs without goods that are named; how many there are besides is told.
_SKUS_SHOWN = 5


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Price lists by scope: chain, region, store, channel; for all, for members, for levels."
    actions = commands.add_parser("prices", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = f"Put rows of a price list; an empty price takes a row out. CSV or JSON with {', '.join(COLUMNS)}."
    putting = add_database(actions.add_parser("put", help=text, description=text), store=False)
    putting.add_argument("file", type=Path)
    putting.set_defaults(run=_put)
    text = "Name every problem of a file of prices."
    checking = add_database(actions.add_parser("check", help=text, description=text), store=False)
    checking.add_argument("file", type=Path)
    checking.set_defaults(run=_check)
    text = "Print the rows of the lists, one JSON object a line, as `put` takes them in a list."
    listing = add_database(actions.add_parser("list", help=text, description=text), store=False)
    listing.add_argument("--sku", action="append", help="only this item; several times")
    listing.set_defaults(run=_list)
    text = "Take every row of items out of the lists; the prices of the goods file stay."
    removing = add_database(actions.add_parser("remove", help=text, description=text), store=False)
    removing.add_argument("sku", nargs="+")
    removing.set_defaults(run=_remove)
    text = "Say why an item costs what it does in a store, as its tills would."
    asking = add_database(actions.add_parser("why", help=text, description=text))
    asking.add_argument("sku")
    asking.add_argument("--level", help="for a member of this level")
    asking.add_argument("--at", help='the shop\'s own time, such as "2026-12-24T18:00" (default: now)')
    asking.set_defaults(run=_why)


def _put(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        read = _read(options.file, all_stores(connection), "nothing was put")
        changed, removed, rows = put_price_list(connection, read.rows, read.gone, system_now_ms())
        unknown = unknown_skus(connection, {row.sku for row in read.rows})
    print(
        f"put: {changed}, unchanged: {len(read.rows) - changed}, taken out: {removed}; {rows} row(s) go down"
    )
    _note_unknown(unknown)
    return 0


def _check(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        read = _read(options.file, all_stores(connection))
        unknown = unknown_skus(connection, {row.sku for row in read.rows})
    print(f"fine: {len(read.rows) + len(read.gone)} row(s)")
    _note_unknown(unknown)
    return 0


def _read(path: Path, stores: tuple[StoreFacts, ...], *after: str) -> PriceFile:
    try:
        return read_price_file(path.read_bytes(), path.name, stores)
    except PriceFileError as error:
        raise CommandError("\n".join([*error.problems, *after])) from error


def _note_unknown(skus: tuple[str, ...]) -> None:
    """Prices may come before their goods, and a typing slip looks the same: so it is told and put."""
    if skus:
        more = f" and {len(skus) - _SKUS_SHOWN} more" if len(skus) > _SKUS_SHOWN else ""
        text = f"note: no store has goods of the SKU {', '.join(map(repr, skus[:_SKUS_SHOWN]))}{more}"
        print(text, file=sys.stderr)


def _list(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        stores = all_stores(connection)
        for rows in list_rows(connection, options.sku).values():
            for row in rows:
                print(json.dumps(_document(row, stores), ensure_ascii=False))
    return 0


def _document(row: PriceRow, stores: tuple[StoreFacts, ...]) -> dict[str, Any]:
    """A row as a file would say it."""
    currency = row.currency or next(
        (
            one.currency
            for one in stores
            if row.scope not in ("store", "region") or row.place in (one.store_id, one.region)
        ),
        "",
    )
    told: dict[str, Any] = {
        "sku": row.sku,
        "price": Money(currency, minor_digits(currency)).text(row.amount_minor),
        "scope": f"{row.scope}:{row.place}" if row.place else row.scope,
    }
    for key, value in (("from", row.begins), ("to", row.ends)):
        if value is not None:
            told[key] = value.isoformat()
    if row.for_members:
        told["level"] = ";".join(sorted(row.levels)) or "*"
    if row.least_qty > 1:
        told["least_qty"] = row.least_qty
    return told | ({"currency": row.currency} if row.currency else {})


def _remove(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        held = list_rows(connection, options.sku)
        unknown = [sku for sku in options.sku if sku not in held]
        gone = [row.row_id for rows in held.values() for row in rows]
        put_price_list(connection, (), gone, system_now_ms())
    print(f"taken out: {len(gone)}")
    if unknown:
        raise CommandError(f"no list speaks of {', '.join(map(repr, unknown))}; see poshub prices list")
    return 0


def _why(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        stores = all_stores(connection)
        store = one_store(connection, store_id_of(options, [one.store_id for one in stores]))
        if store is None:
            raise CommandError("this hub has no store yet; run `poshub init` first")
        answer = why_price(connection, store, options.sku, _at(options.at, store), level=options.level)
    if answer is None:
        raise CommandError(f"{options.sku} has no price in store {store.store_id}; put one")
    money = Money(store.currency, minor_digits(store.currency))
    coming = answer.coming
    told: dict[str, Any] = {
        "sku": options.sku,
        "price": money.text(answer.amount_minor),
        "reason": answer.reason,
        "row": answer.row.row_id,
        "since": None if answer.since is None else answer.since.astimezone(store.zone).isoformat(),
        "next": None
        if coming is None
        else {
            "at": coming.at.astimezone(store.zone).isoformat(),
            "price": None if coming.amount_minor is None else money.text(coming.amount_minor),
        },
        "not_because": [
            {"row": each.row.row_id, "price": money.text(each.row.amount_minor), "reason": each.reason}
            for each in answer.passed_over
        ],
    }
    print(json.dumps(told, ensure_ascii=False, indent=2))
    return 0


def _at(text: str | None, store: StoreFacts) -> datetime:
    if text is None:
        return store.now(system_now_ms())
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f'--at wants a time such as "2026-12-24T18:00", not {text!r}') from error
    return at if at.tzinfo is not None else at.replace(tzinfo=store.zone)
