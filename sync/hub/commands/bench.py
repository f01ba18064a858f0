"""Commands that measure the hub."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from sync.hub.bench.backlog import serve_fresh, take_in
from sync.hub.bench.feed_bench import bench_feed
from sync.hub.bench.ingest_bench import bench_ingest
from sync.hub.bench.redeem_bench import Size, bench_redeem
from sync.hub.bench.what_if_bench import bench_what_if
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
    text = "How long it takes to see what a promotion would have changed on last week's baskets."
    asking = names.add_parser("what-if", help=text, description=text)
    asking.add_argument("--baskets", type=int, default=100_000, help="default: %(default)s")
    asking.add_argument("--goods", type=int, default=20_000, help="default: %(default)s")
    asking.add_argument("--promotions", type=int, default=5_000, help="default: %(default)s")
    asking.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    asking.set_defaults(run=_what_if)
    _add_redeem(names)
    _add_backlog(names)


def _add_redeem(names: Any) -> None:
    """Rights that many want at once; the figures of a full run are the defaults."""
    whole = Size()
    text = "Whether a coupon, points or a gift card can be used twice by many clients at once, over HTTP."
    redeeming = add_common(names.add_parser("redeem", help=text, description=text))
    redeeming.add_argument("--coupons", type=int, default=whole.coupons, help="default: %(default)s")
    redeeming.add_argument("--attempts", type=int, default=whole.attempts, help="default: %(default)s")
    text = "on points, and as many on one gift card; each covers a tenth (default: %(default)s)"
    redeeming.add_argument("--points-attempts", type=int, default=whole.points_attempts, help=text)
    redeeming.add_argument(
        "--clients", type=int, default=whole.clients, help="processes (default: %(default)s)"
    )
    redeeming.add_argument(
        "--workers", type=int, default=whole.workers, help="of the hub (default: %(default)s)"
    )
    text = "go on with this part of a thousand coupons (default: %(default)s)"
    redeeming.add_argument("--first-part", type=int, default=whole.first_part, help=text)
    redeeming.add_argument("--last-part", type=int, default=0, help="and end with this one (default: all)")
    redeeming.add_argument("--quick", action="store_true", help="200 coupons, a hundredth of the attempts")
    redeeming.set_defaults(run=_redeem)


def _add_backlog(names: Any) -> None:
    """What `posapp bench backlog` runs in processes of their own."""
    text = "A fresh hub for `posapp bench backlog`, until the standard input ends."
    serving = names.add_parser("backlog-hub", help=text, description=text)
    serving.add_argument("--database", metavar="URL")
    serving.add_argument("--public-key", required=True, metavar="HEX", help="of the one device that it knows")
    serving.set_defaults(run=_backlog_hub)
    text = "How fast the lines of a till are taken in straight, for `posapp bench backlog`."
    straight = names.add_parser("backlog-straight", help=text, description=text)
    straight.add_argument("--database", metavar="URL")
    straight.add_argument("--epoch", type=int, required=True)
    straight.add_argument("--batch", type=int, default=500, help="lines at once (default: %(default)s)")
    straight.add_argument("file", type=Path, help="one line for each event")
    straight.set_defaults(run=_backlog_straight)


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


def _backlog_hub(options: argparse.Namespace) -> int:
    try:
        serve_fresh(options.database, bytes.fromhex(options.public_key), lambda url: print(url, flush=True))
    except (DatabaseError, RuntimeError) as trouble:
        raise CommandError(str(trouble)) from trouble
    return 0


def _backlog_straight(options: argparse.Namespace) -> int:
    lines = options.file.read_bytes().splitlines()
    try:
        seconds = take_in(options.database, lines, epoch=options.epoch, batch_lines=options.batch)
    except (DatabaseError, RuntimeError) as trouble:
        raise CommandError(str(trouble)) from trouble
    print(seconds)
    return 0


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


def _redeem(options: argparse.Namespace) -> int:
    told = (options.coupons, options.attempts, options.points_attempts)
    if options.quick:
        told = (200, 10_000, 1_000)
    size = Size(*told, options.clients, options.workers, options.first_part, options.last_part)
    try:
        result = bench_redeem(options.database, size, seed=options.seed)
    except (DatabaseError, RuntimeError) as trouble:
        raise CommandError(str(trouble)) from trouble
    return tell(options, result)


def _what_if(options: argparse.Namespace) -> int:
    figures = bench_what_if(
        baskets=options.baskets, goods=options.goods, promotions=options.promotions, seed=options.seed
    )
    print(json.dumps(figures, indent=2))
    return 0
