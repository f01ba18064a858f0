"""Commands about promotions: put, check, list, remove, and what they took off in a period."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from sync.hub.commands.shared import CommandError, add_database, day, opened, store_id_of
from sync.hub.fleet.discount_sums import discount_sums, in_currency
from sync.hub.goods.promotion_admin import (
    dense_goods,
    published,
    put_promotions,
    remove_promotions,
)
from sync.hub.goods.promotion_files import PromotionFileError, Published, currencies_of, read_promotion_files
from sync.hub.goods.shop_admin import store_ids
from sync.hub.goods.store_facts import PlaceError, StoreFacts, all_stores, chosen
from sync.hub.serving.embedded import system_now_ms

#: Goods with many promotions that are named; how many there are besides is told.
_DENSE_SHOWN = 5


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Promotions as data: publish them, take them back, sum up what they took off."
    actions = commands.add_parser("promotions", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = (
        "Publish promotions to all stores, to regions or to named stores. Nothing is put while one is wrong."
    )
    putting = add_database(actions.add_parser("put", help=text, description=text), store=False)
    putting.add_argument("file", type=Path, nargs="+", help="JSON: one, a list, or one a line; - for stdin")
    putting.add_argument("--store", action="append", default=[], help="only this store; several times")
    putting.add_argument("--region", action="append", default=[], help="only this region; several times")
    putting.set_defaults(run=_put)
    text = "Name what is wrong with files of promotions, in one currency; no hub is needed."
    checking = actions.add_parser("check", help=text, description=text)
    checking.add_argument("file", type=Path, nargs="+", help="JSON, as for put; - for stdin")
    checking.add_argument("--currency", default="", help="for promotions that name none")
    checking.set_defaults(run=_check)
    text = "Print published promotions, one JSON object a line, with whom each goes to."
    listing = add_database(actions.add_parser("list", help=text, description=text), store=False)
    listing.add_argument("--store", help="only those that this store gets")
    listing.set_defaults(run=_list)
    text = "Take promotions back from every store."
    removing = add_database(actions.add_parser("remove", help=text, description=text), store=False)
    removing.add_argument("id", nargs="+")
    removing.set_defaults(run=_remove)
    text = "Sum up what promotions took off a store's sales, and who pays it."
    summing = add_database(actions.add_parser("sums", help=text, description=text))
    summing.add_argument("--from", dest="first", type=day, required=True, metavar="DAY")
    summing.add_argument("--through", type=day, metavar="DAY", help="default: that one day")
    summing.add_argument("--json", action="store_true")
    summing.set_defaults(run=_sums)


def _put(options: argparse.Namespace) -> int:
    wanted, regions = frozenset(options.store), frozenset(options.region)
    with opened(options) as database:
        with database.reading() as connection:
            stores = _chosen(all_stores(connection), wanted, regions)
        read = _read(options.file, stores)
        now_ms = system_now_ms()
        put = database.write(
            lambda connection: put_promotions(connection, read, stores=wanted, regions=regions, now_ms=now_ms)
        )
        with database.reading() as connection:
            dense = dense_goods(connection, stores[0], [one.promotion for one in read], now_ms)
    print(
        f"put: {put.changed}, unchanged: {put.unchanged}; {len(stores)} store(s), {put.rows} row(s) go down"
    )
    for promotion_id in put.same_version:
        _warn(f"{promotion_id} changed and is still of the same version; count its version up")
    for one in dense[:_DENSE_SHOWN]:
        _warn(f"{one.what} has {one.count} item promotions at once; pricing it takes long. Take some back.")
    if len(dense) > _DENSE_SHOWN:
        _warn(f"{len(dense) - _DENSE_SHOWN} more like that (looked at in store {stores[0].store_id})")
    return 0


def _check(options: argparse.Namespace) -> int:
    read = _files(options.file, (options.currency,) if options.currency else ())
    print(f"fine: {len(read)} promotion(s)")
    return 0


def _list(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        stores = all_stores(connection)
        wanted = _chosen(stores, frozenset({options.store}), frozenset()) if options.store else ()
        for held in published(connection).values():
            if wanted and not held.goes_to(wanted[0]):
                continue
            goes_to = {"stores": sorted(held.stores), "regions": sorted(held.regions)}
            told = {"goes_to": goes_to if held.stores or held.regions else "all"}
            print(json.dumps(told | {"promotion": msgspec.json.decode(held.body)}, ensure_ascii=False))
    return 0


def _remove(options: argparse.Namespace) -> int:
    with opened(options) as database:
        unknown = database.write(
            lambda connection: remove_promotions(connection, options.id, system_now_ms())
        )
    print(f"taken back: {len(set(options.id)) - len(set(unknown))}")
    if unknown:
        raise CommandError(f"no promotion {', '.join(map(repr, unknown))}; see poshub promotions list")
    return 0


def _sums(options: argparse.Namespace) -> int:
    days = (options.first, options.through or options.first)
    if days[0] > days[1]:
        raise CommandError(f"--from {days[0]} is after --through {days[1]}")
    with opened(options) as database, database.reading() as connection:
        store_id = store_id_of(options, store_ids(connection))
        sums = discount_sums(connection, store_id, days)
    if options.json:
        print(msgspec.json.encode(sums).decode())
        return 0
    for one in sums:
        payers = ", ".join(
            f"{part.party} {part.name}".strip() + f" {in_currency(part.amount_minor, one.currency)}"
            for part in one.funding
        )
        off = in_currency(one.amount_minor, one.currency)
        print(f"{one.promotion_id:32} {one.sales:>8,} {off:>20}  {payers}")
    return 0


# ------------------------------------------------------------------ parts
def _chosen(
    stores: tuple[StoreFacts, ...], wanted: frozenset[str], regions: frozenset[str]
) -> tuple[StoreFacts, ...]:
    try:
        found = chosen(stores, wanted, regions)
    except PlaceError as error:
        raise CommandError(str(error)) from error
    if not found:
        raise CommandError("this hub has no store yet; run `poshub init` first")
    return found


def _read(paths: list[Path], stores: tuple[StoreFacts, ...]) -> tuple[Published, ...]:
    read = _files(paths, currencies_of(stores), "nothing was put")
    known, regions = {one.store_id for one in stores}, {one.region for one in stores}
    for one in read:
        for what, named, has in (
            ("store", one.promotion.stores, known),
            ("region", one.promotion.regions, regions),
        ):
            if named and not named & has:
                _warn(f"{one.promotion.promotion_id} names no {what} that it goes to: it will do nothing")
    return read


def _files(paths: list[Path], currencies: tuple[str, ...], *after: str) -> tuple[Published, ...]:
    files = [
        ("standard input", sys.stdin.buffer.read()) if str(path) == "-" else (path.name, path.read_bytes())
        for path in paths
    ]
    try:
        return read_promotion_files(files, currencies)
    except PromotionFileError as error:
        raise CommandError("\n".join([*error.problems, *after])) from error


def _warn(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)
