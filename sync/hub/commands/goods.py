"""Commands about goods: import and remove items."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

from sync.hub.commands.shared import CommandError, add_database, opened, store_id_of
from sync.hub.goods.catalogue_import import CatalogueImport, ImportOptions, ImportReport, remove_items
from sync.hub.goods.catalogue_rows import FIELDS, CatalogueFile, RefusedRow, RowRules
from sync.hub.goods.shop_admin import store_ids, stored_shop
from sync.hub.serving.embedded import system_now_ms


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Import items from CSV or TSV."
    importing = add_database(commands.add_parser("import-items", help=text, description=text))
    _import_options(importing)
    importing.set_defaults(run=_import_items)
    text = "Take items out of the catalogue."
    removing = add_database(commands.add_parser("remove-items", help=text, description=text))
    removing.add_argument("sku", nargs="+")
    removing.set_defaults(run=_remove_items)


def _import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help=".csv, .tsv, either also .gz")
    parser.add_argument("--columns", help=f"fields in order, for a file without header: {','.join(FIELDS)}")
    parser.add_argument("--map", help="own headings by field: code=EAN,name=Title,price=RRP")
    parser.add_argument("--language", help="language of the column `name` (default: the shop's first)")
    parser.add_argument("--refused", type=Path, help="write refused rows and collisions to this TSV file")
    parser.add_argument(
        "--derive-prices",
        action="store_true",
        help="where a price is missing: 100 + CRC-32 of the SKU (UTF-8) modulo 9900, in minor units",
    )


def _import_items(options: argparse.Namespace) -> int:
    with opened(options) as database, ExitStack() as stack:
        with database.reading() as connection:
            store_id = store_id_of(options, store_ids(connection))
            shop = stored_shop(connection, store_id)
        if shop is None:
            raise CommandError(f"there is no store {store_id!r} in this hub; run `poshub init` first")
        language = options.language or shop.languages[0]
        rules = RowRules(
            currency=shop.currency,
            tax_categories=frozenset(category.category_id for category in shop.tax.categories),
            default_tax_category=shop.tax.default_category,
            time_zone=shop.time_zone,
            derive_prices=options.derive_prices,
        )
        # The monitor is a thread that outlives the bar, for nothing here.
        tqdm.monitor_interval = 0
        bar = stack.enter_context(
            # Without a terminal (disable=None looks) a bar would only fill somebody's log.
            tqdm(
                total=options.file.stat().st_size,
                unit="B",
                unit_scale=True,
                desc=options.file.name,
                disable=None,
            )
        )
        note = _refused_writer(options.refused, stack)
        work = CatalogueImport(database, store_id, rules, now_ms=system_now_ms(), on_refused=note)
        report = work.run(CatalogueFile(options.file), _reading(options, language), bar.update)
    _print_report(report)
    return 0


def _reading(options: argparse.Namespace, language: str) -> ImportOptions:
    columns = tuple(part.strip() for part in options.columns.split(",")) if options.columns else ()
    renamed = {}
    for part in options.map.split(",") if options.map else ():
        name, equals, heading = part.partition("=")
        if not equals or not heading.strip():
            raise CommandError("--map wants field=heading pairs, such as code=EAN,name=Title")
        renamed[name.strip()] = heading.strip()
    return ImportOptions(columns, renamed, language)


def _refused_writer(path: Path | None, stack: ExitStack) -> Callable[[RefusedRow], None]:
    if path is None:
        return lambda _row: None
    out = stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
    out.write("row\treason\tcontent\n")

    def note(row: RefusedRow) -> None:
        content = row.content.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        out.write(f"{row.row_no}\t{row.reason}\t{content}\n")

    return note


def _print_report(report: ImportReport) -> None:
    for name, count in asdict(report).items():
        print(f"{name.replace('_', ' '):28}{count:>12,}")


def _remove_items(options: argparse.Namespace) -> int:
    with opened(options) as database, database.writing() as connection:
        count = remove_items(
            connection, store_id_of(options, store_ids(connection)), options.sku, system_now_ms()
        )
    print(f"removed: {count}")
    return 0
