"""Commands that measure the hub."""

from __future__ import annotations

import argparse
import json
from typing import Any

from sync.hub.bench.feed_bench import bench_feed
from sync.hub.bench.ingest_bench import bench_ingest
from sync.hub.commands.shared import CommandError
from sync.hub.database import DatabaseError


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Measure the hub."
    names = commands.add_parser("bench", help=text, description=text).add_subparsers(
        required=True, metavar="NAME"
    )
    text = "How fast sales are taken in, over HTTP, beside the same rows written straight."
    ingesting = add_common(names.add_parser("ingest", help=text, description=text))
    ingesting.add_argument("--rounds", type=int, default=9)
    ingesting.add_argument("--sales", type=int, default=2_000, help="sales a round (default: %(default)s)")
    ingesting.set_defaults(run=_ingest)
    text = "Whether a follower misses rows while many processes write, and how fast pages are served."
    feeding = add_common(names.add_parser("feed", help=text, description=text))
    feeding.add_argument("--rows", type=int, default=1_000_000, help="default: %(default)s")
    feeding.add_argument("--writers", type=int, default=8, help="processes (default: %(default)s)")
    feeding.set_defaults(run=_feed)


def add_common(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Give a bench the options that all of them have."""
    parser.add_argument(
        "--database",
        metavar="URL|PATH",
        help="a PostgreSQL server that databases may be made on, or a path for SQLite alone"
        " (default: SQLite, and a server of its own where PostgreSQL is installed)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object (it always is)")
    parser.add_argument("--check", action="store_true", help="exit 1 when a gated aim is not held")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def tell(options: argparse.Namespace, result: dict[str, Any]) -> int:
    """Print what a bench found; the exit code."""
    print(json.dumps(result, indent=2, ensure_ascii=False))
    missed = [aim for aim in result["aims"] if aim["held"] is False and aim["gated"]]
    return 1 if options.check and missed else 0


def _ingest(options: argparse.Namespace) -> int:
    try:
        result = bench_ingest(options.database, rounds=options.rounds, sales=options.sales, seed=options.seed)
    except (DatabaseError, RuntimeError) as trouble:
        raise CommandError(str(trouble)) from trouble
    return tell(options, result)


def _feed(options: argparse.Namespace) -> int:
    try:
        result = bench_feed(options.database, rows=options.rows, writers=options.writers, seed=options.seed)
    except (DatabaseError, RuntimeError) as trouble:
        raise CommandError(str(trouble)) from trouble
    return tell(options, result)
