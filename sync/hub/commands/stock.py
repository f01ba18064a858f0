"""Commands about stock: what was counted, what came and went, what is left."""

from __future__ import annotations

import argparse
import csv
import json
import secrets
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from posapp.domain.ids import uuid7
from posapp.domain.shop import word
from sync.hub.commands.shared import CommandError, add_database, opened, store_id_of
from sync.hub.feeds.streams import held_bodies
from sync.hub.goods.shop_admin import store_ids
from sync.hub.goods.stock import Level, fold, levels
from sync.hub.goods.stock_facts import QUANTITY_MAX, Move
from sync.hub.serving.embedded import system_now_ms
from sync.protocol.messages import ItemBody
from sync.protocol.versions import STREAM_CATALOGUE

REASONS: Final = ("restock", "pick", "return", "damage", "count")
_PROBLEMS_MAX: Final = 50
_ITEMS: Final = msgspec.json.Decoder(ItemBody)


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Say what was counted or moved, and show what is left."
    actions = commands.add_parser("stock", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "put what was counted: CSV or TSV with the columns sku, quantity (pieces, or kilograms by weight)"
    setting = add_database(actions.add_parser("set", help=text, description=text))
    setting.add_argument("file", type=Path)
    setting.set_defaults(run=_set)
    text = "say that goods came, went or were counted"
    moving = add_database(actions.add_parser("move", help=text, description=text))
    moving.add_argument("--sku", required=True)
    moving.add_argument("--quantity", required=True, help="with - what was taken; of a count what was found")
    moving.add_argument("--reason", required=True, choices=REASONS)
    moving.add_argument("--reference", default="", help="paper or order that it belongs to")
    moving.add_argument("--id", help="told again under the same id it counts once")
    moving.set_defaults(run=_move)
    text = "show what is left"
    showing = add_database(actions.add_parser("show", help=text, description=text))
    showing.add_argument("sku", nargs="*", help="default: everything that was counted")
    showing.add_argument("--below", help="only what is left below this much")
    showing.add_argument("--json", action="store_true")
    showing.set_defaults(run=_show)


def _set(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()
    rows = dict(_rows(options.file))
    with opened(options) as database, database.writing() as connection:
        store_id = store_id_of(options, store_ids(connection))
        items = _items(connection, store_id, list(rows))
        moves, problems = [], []
        for sku, (line, text) in rows.items():
            quantity = _quantity(text, items[sku].unit) if sku in items else None
            if sku not in items:
                problems.append(f"{options.file.name}, line {line}: there is no item {sku!r}.")
            elif quantity is None or quantity < 0:
                problems.append(f"{options.file.name}, line {line}: {_wrong(text, items[sku].unit)}")
            else:
                told = (sku, quantity, items[sku].unit, "count")
                moves.append(Move(_new_id(now_ms), 0, *told, now_ms, reference=options.file.name))
        if problems:
            raise CommandError("\n".join([*problems[:_PROBLEMS_MAX], "nothing was put"]))
        fold(connection, store_id, moves, now_ms)
    print(f"counted: {len(moves)}")
    return 0


def _rows(path: Path) -> Iterator[tuple[str, tuple[int, str]]]:
    """SKUs with the line that names each and the text of its quantity; raises CommandError."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CommandError(f"{path.name} is no text in UTF-8. Save it as CSV in UTF-8.") from error
    mark = "\t" if lines and "\t" in lines[0] else ","
    names: list[str] = []
    seen: dict[str, int] = {}
    for line, cells in enumerate(csv.reader(lines, delimiter=mark), 1):
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        if not names:
            names = [cell.strip().lower() for cell in cells]
            if not {"sku", "quantity"} <= set(names):
                raise CommandError(f"{path.name}, line {line}: the first line must name sku and quantity.")
            continue
        if len(cells) != len(names):
            raise CommandError(f"{path.name}, line {line}: another number of columns than the first line.")
        sku, quantity = (cells[names.index(name)].strip() for name in ("sku", "quantity"))
        if sku in seen:
            raise CommandError(f"{path.name}, line {line}: {sku!r} stands in line {seen[sku]} already.")
        seen[sku] = line
        yield sku, (line, quantity)
    if not names:
        raise CommandError(f"{path.name} is empty: the first line must name sku and quantity.")


def _move(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()
    move_id = options.id or _new_id(now_ms)
    if not 1 <= len(move_id) <= 64 or not move_id.isprintable():
        raise CommandError("an id has 1 to 64 printable signs")
    with opened(options) as database, database.writing() as connection:
        store_id = store_id_of(options, store_ids(connection))
        item = _items(connection, store_id, [options.sku]).get(options.sku)
        if item is None:
            raise CommandError(f"there is no item {options.sku!r} in store {store_id}")
        quantity = _quantity(options.quantity, item.unit)
        if quantity is None or (quantity < 0 and options.reason == "count"):
            raise CommandError(_wrong(options.quantity, item.unit))
        told = (options.sku, quantity, item.unit, options.reason)
        new = fold(
            connection, store_id, [Move(move_id, 0, *told, now_ms, reference=options.reference)], now_ms
        )
        level = levels(connection, store_id, (options.sku,)).get(options.sku)
    left = "never counted" if level is None else f"{_shown(level)} left"
    print(f"{move_id}: {'noted' if new else 'known already'}; {options.sku}: {left}")
    return 0


def _show(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        store_id = store_id_of(options, store_ids(connection))
        found = levels(connection, store_id, options.sku or None)
        items = _items(connection, store_id, list(found))
    if options.below is not None:
        bounds = {unit: _quantity(options.below, unit) for unit in ("pcs", "g")}
        if bounds["g"] is None:
            raise CommandError(f"{options.below!r} is no quantity")
        found = {sku: level for sku, level in found.items() if level.sellable < (bounds[level.unit] or 0)}
    if options.json:
        rows = [{"sku": sku, "sellable": level.sellable, "unit": level.unit,
                 "counted_at_ms": level.counted_at_ms} for sku, level in found.items()]  # fmt: skip
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for sku, level in found.items():
        name = word(items[sku].names, "en") if sku in items else "no such item any more"
        print(f"{_shown(level):>14}  {sku:24} {name}")
    for sku in options.sku:
        if sku not in found:
            below = "" if options.below is None else ", or not below that"
            print(f"{'-':>14}  {sku:24} never counted{below}")
    return 0


def _items(connection: Connection, store_id: str, skus: Sequence[str]) -> dict[str, ItemBody]:
    bodies = held_bodies(connection, store_id, STREAM_CATALOGUE, skus)
    return {sku: _ITEMS.decode(body) for sku, body in bodies.items()}


def _quantity(text: str, unit: str) -> int | None:
    """Pieces, or grams of a text in kilograms with at most three decimals; None where it is neither."""
    try:
        value = Decimal(text.strip()) * (1000 if unit == "g" else 1)
    except InvalidOperation:
        return None
    is_whole = value.is_finite() and abs(value) <= QUANTITY_MAX and value == value.to_integral_value()
    return int(value) if is_whole else None


def _wrong(text: str, unit: str) -> str:
    wanted = "a number of kilograms such as 12.5" if unit == "g" else "a whole number of pieces"
    return f"{text!r} is not {wanted}."


def _shown(level: Level) -> str:
    return f"{Decimal(level.sellable) / 1000:.3f} kg" if level.unit == "g" else f"{level.sellable} pcs"


def _new_id(now_ms: int) -> str:
    return uuid7(now_ms, secrets.token_bytes(10))
