"""The command `poshub`: puts a shop and its goods into the hub, enrols tills, serves them.

Each command does one thing and says on standard output what it did; progress and trouble go to standard
error. Exit codes: 0 done, 1 not done and why, 2 asked wrongly.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import msgspec
from tqdm import tqdm  # type: ignore[import-untyped]

from posapp.domain.shop_document import ShopDocumentError
from sync.hub.asgi import Server, create_app
from sync.hub.auth import Device, enrol
from sync.hub.bench import bench
from sync.hub.catalogue_import import CatalogueImport, ImportOptions, ImportReport, remove_items
from sync.hub.catalogue_rows import FIELDS, CatalogueFile, ColumnsError, RefusedRow, RowRules
from sync.hub.database import Database
from sync.hub.embedded import system_now_ms
from sync.hub.logs import log_to_stderr
from sync.hub.shop_admin import check_shop, put_shop, read_shop_file, store_ids, stored_document, stored_shop
from sync.hub.summary import terminal_summary

DEFAULT_DATABASE = Path("hub.db")


class CommandError(Exception):
    """What a command could not do, in a sentence for the person who asked."""


def cli(arguments: Sequence[str] | None = None) -> int:
    """Run `poshub` with the given arguments (default: the process's own); returns the exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except ShopDocumentError as trouble:
        _complain(f"{len(trouble.problems)} problem(s) in the shop file:", *trouble.problems)
    except (CommandError, ColumnsError) as trouble:
        _complain(str(trouble))
    except (OSError, EOFError) as trouble:
        _complain(f"cannot read or write: {trouble}")
    return 1


def _complain(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="poshub", description="The hub that tills report to.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    def with_database(sub: argparse.ArgumentParser, *, store: bool = True) -> argparse.ArgumentParser:
        sub.add_argument("--database", type=Path, default=DEFAULT_DATABASE, help="default: %(default)s")
        if store:
            sub.add_argument("--store", help="store id (default: the only one)")
        return sub

    init = with_database(command("init", _init, "Put a shop file into the hub, or replace it."), store=False)
    init.add_argument("--shop", type=Path, required=True, help="shop.toml")
    init.add_argument("--show-pins-on-sign-on", action="store_true", help="for demos only")
    _shop_commands(command("shop", _shop_check, "Check a shop file, or export a stored shop."), with_database)
    enrolling = with_database(command("enrol", _enrol, "Print a new device key for a till, once."))
    enrolling.add_argument("--terminal", required=True, help="terminal id of the shop file")
    _import_options(with_database(command("import-items", _import_items, "Import items from CSV or TSV.")))
    removing = with_database(command("remove-items", _remove_items, "Take items out of the catalogue."))
    removing.add_argument("sku", nargs="+")
    serving = with_database(command("serve", _serve, "Serve tills until stopped."), store=False)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8780, help="0 takes a free one (default: %(default)s)")
    summing = with_database(command("summary", _summary, "What the hub holds of each terminal, as JSON."))
    summing.add_argument("--terminal", help="only this one")
    benching = command("bench", _bench, "Measure the hub.")
    benching.add_argument("name", choices=["ingest"])
    benching.add_argument("--json", action="store_true", help="print one JSON object (it always is)")
    benching.add_argument("--check", action="store_true", help="exit 1 when a gated aim is not held")
    benching.add_argument("--rounds", type=int, default=9)
    benching.add_argument("--sales", type=int, default=2_000, help="sales a round")
    benching.add_argument("--seed", type=int, default=1)
    return parser


def _shop_commands(
    parser: argparse.ArgumentParser,
    with_database: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="name every problem of a shop file")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_shop_check)
    export = with_database(actions.add_parser("export", help="print a stored shop as JSON"))
    export.set_defaults(run=_shop_export)


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


# ---------------------------------------------------------------------- shop and tills
def _init(options: argparse.Namespace) -> int:
    document = read_shop_file(options.shop)
    with _opened(options, make=True) as database, database.writing() as connection:
        shop, changed = put_shop(
            connection, document, show_pins=options.show_pins_on_sign_on, now_ms=system_now_ms()
        )
    print(f"store {shop.store_id}: {'set up' if changed else 'unchanged'}")
    return 0


def _shop_check(options: argparse.Namespace) -> int:
    shop = check_shop(read_shop_file(options.file))
    print(f"{options.file}: fine; store {shop.store_id}, {len(shop.terminals)} terminal(s)")
    return 0


def _shop_export(options: argparse.Namespace) -> int:
    with _opened(options) as database, database.reading() as connection:
        document = stored_document(connection, _store_id(options, store_ids(connection)))
    if document is None:
        raise CommandError(f"there is no store {options.store!r} in this hub")
    # Hashes of short PINs are guessed in minutes: an export is for reading, not for keeping secrets.
    for operator in document["operators"]:
        operator.pop("pin_hash")
    document.pop("demo_pins", None)
    print(json.dumps(document, ensure_ascii=False, indent=2))
    return 0


def _enrol(options: argparse.Namespace) -> int:
    with _opened(options) as database, database.writing() as connection:
        device = Device(_store_id(options, store_ids(connection)), options.terminal)
        key = enrol(connection, device, now_ms=system_now_ms())
    if key is None:
        raise CommandError(f"terminal {options.terminal!r} is not in the shop file of this store")
    print(key)
    return 0


def _store_id(options: argparse.Namespace, known: Sequence[str]) -> str:
    if options.store is None and len(known) == 1:
        return known[0]
    if options.store not in known:
        raise CommandError(f"say which store with --store; this hub has: {', '.join(known) or 'none yet'}")
    return str(options.store)


@contextmanager
def _opened(options: argparse.Namespace, *, make: bool = False) -> Iterator[Database]:
    # A typing slip must not make an empty hub that tills then report to.
    if not make and not options.database.exists():
        raise CommandError(f"{options.database} does not exist; check --database, or run `poshub init` first")
    database = Database(options.database)
    try:
        yield database
    finally:
        database.close()


# ---------------------------------------------------------------------- goods
def _import_items(options: argparse.Namespace) -> int:
    with _opened(options) as database, ExitStack() as stack:
        with database.reading() as connection:
            store_id = _store_id(options, store_ids(connection))
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
            tqdm(total=options.file.stat().st_size, unit="B", unit_scale=True, desc=options.file.name)
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
    with _opened(options) as database, database.writing() as connection:
        count = remove_items(connection, _store_id(options, store_ids(connection)), options.sku)
    print(f"removed: {count}")
    return 0


# ---------------------------------------------------------------------- serving and figures
def _serve(options: argparse.Namespace) -> int:
    log_to_stderr(logging.INFO)
    with _opened(options) as database:
        app = create_app(database, system_now_ms)

        def ready(url: str) -> None:
            print(f"poshub listens on {url}", flush=True)

        server = Server(app, host=options.host, port=options.port, on_ready=ready)
        for stop in (signal.SIGINT, signal.SIGTERM):
            # The server stops gracefully and then hands the signal on: by then there is nothing to end.
            signal.signal(stop, lambda _number, _frame: None)
        try:
            server.run()
        except SystemExit as trouble:
            raise CommandError(f"cannot listen on {options.host}:{options.port}") from trouble
    return 0


def _summary(options: argparse.Namespace) -> int:
    with _opened(options) as database, database.reading() as connection:
        store_id = _store_id(options, store_ids(connection))
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


def _bench(options: argparse.Namespace) -> int:
    result = bench(options.name, rounds=options.rounds, sales=options.sales, seed=options.seed)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    missed = [aim for aim in result["aims"] if aim["held"] is False and aim["gated"]]
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(cli())
