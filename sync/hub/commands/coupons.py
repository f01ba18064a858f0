"""Commands about single-use coupons: batches, issuing, taking back, codes to be printed."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from posapp.domain.money import parse_amount
from sync.hub.commands.members import WHO, record
from sync.hub.commands.shared import CommandError, add_database, day, opened
from sync.hub.database import Database
from sync.hub.goods.store_facts import all_stores
from sync.hub.loyalty.coupon_issue import (
    CouponError,
    all_batches,
    issue_coupons,
    put_checked_batch,
    void_coupons,
)
from sync.hub.loyalty.coupons import Batch, coupon_of, events_of
from sync.hub.loyalty.member_codes import coupon_code
from sync.hub.loyalty.members import MemberError
from sync.hub.serving.embedded import system_now_ms


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Single-use coupons: batches of them, issue, take back, print their codes."
    actions = commands.add_parser("coupon", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    batches = actions.add_parser("batch", help="Add or list batches.").add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "Make a batch, which a promotion asks for, or change what its next coupons are issued with."
    adding = add_database(batches.add_parser("add", help=text, description=text))
    adding.add_argument("batch", metavar="NAME", help="capitals, digits and $%%*+/:-")
    adding.add_argument("--name", action="append", required=True, metavar="LANGUAGE=TEXT")
    adding.add_argument("--value", default="0", metavar="AMOUNT", help="the most that one takes off")
    adding.add_argument("--until", type=day, metavar="DAY", help="the last day one counts (UTC)")
    adding.add_argument(
        "--reissue-days", type=int, default=7, help="a full return gives it back for as long; 0: never"
    )
    adding.set_defaults(run=_batch_add)
    text = "List batches with how many of their coupons are in which state."
    listing = add_database(batches.add_parser("list", help=text, description=text), store=False)
    listing.set_defaults(run=_batch_list)
    text = "Issue coupons of a batch, to members or to bearers, and print their ids."
    issuing = add_database(actions.add_parser("issue", help=text, description=text), store=False)
    issuing.add_argument("batch", metavar="BATCH")
    issuing.add_argument(
        "--member", action="append", default=[], metavar="ID", help="one each; several times"
    )
    issuing.add_argument("--count", type=int, default=0, help="so many for bearers")
    issuing.add_argument("--codes", type=Path, metavar="FILE", help="a CSV of ids and codes, to be printed")
    issuing.set_defaults(run=_issue)
    for name, run, text in (
        ("void", _void, "Make coupons worthless that no sale has used."),
        ("show", _show, "Print what became of coupons, and their codes."),
    ):
        one = add_database(actions.add_parser(name, help=text, description=text), store=False)
        one.add_argument("id", nargs="+", metavar="ID")
        one.set_defaults(run=run)


def _written(database: Database, work: Callable[[Connection], Any]) -> Any:
    try:
        return database.write(work)
    except (CouponError, MemberError) as trouble:
        raise CommandError(f"{trouble}; nothing was changed") from trouble


def _batch_add(options: argparse.Namespace) -> int:
    names = dict(pair.partition("=")[::2] for pair in options.name)
    now_ms = system_now_ms()
    with opened(options) as database:
        with database.reading() as connection:
            currencies = {one.currency for one in all_stores(connection)}
        value_minor = parse_amount(options.value, next(iter(sorted(currencies)), "CNY"))
        if value_minor is None:
            raise CommandError(f"{options.value!r} is no amount")
        batch = Batch(
            options.batch,
            names,
            value_minor,
            options.store or "",
            _end_ms(options.until),
            options.reissue_days,
        )

        def put(connection: Connection) -> None:
            put_checked_batch(connection, batch, who=WHO, now_ms=now_ms)
            record(connection, "coupon_batch", batch.batch, now_ms)

        _written(database, put)
    print(f"batch {options.batch} is there; issue coupons of it with `poshub coupon issue {options.batch}`")
    return 0


def _end_ms(last_day: str | None) -> int:
    if not last_day:
        return 0
    after = datetime.fromisoformat(last_day).replace(tzinfo=UTC) + timedelta(days=1)
    return int(after.timestamp()) * 1000


def _batch_list(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        for batch, states in all_batches(connection):
            told = ", ".join(f"{state} {count:,}" for state, count in sorted(states.items())) or "none yet"
            print(f"{batch.batch:24} {next(iter(batch.names.values())):32} {told}")
    return 0


def _issue(options: argparse.Namespace) -> int:
    wanted = [("", member) for member in options.member] + [("", "")] * max(0, options.count)
    if not wanted:
        raise CommandError("say for whom: --member ID, or --count N for bearers")
    now_ms = system_now_ms()

    def issue(connection: Connection) -> tuple[str, ...]:
        ids = issue_coupons(connection, options.batch, wanted, who=WHO, now_ms=now_ms)
        record(connection, "coupon_issue", options.batch, now_ms, note=str(len(ids)))
        if options.codes is not None:
            # Written before the commit: coupons that nobody has a list of must not exist.
            _write_codes(options.codes, [(one, coupon_code(connection, one)) for one in ids])
        return ids

    with opened(options) as database:
        issued = _written(database, issue)
    for coupon_id in issued:
        print(coupon_id)
    print(f"issued {len(issued)} coupon(s) of {options.batch}", file=sys.stderr)
    return 0


def _write_codes(path: Path, rows: list[tuple[str, str]]) -> None:
    """Nobody else may read it: whoever has a bearer's code has the coupon."""
    private = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(private, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("coupon", "code"), *rows])
        file.flush()
        os.fsync(file.fileno())


def _void(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()

    def void(connection: Connection) -> Any:
        refused = void_coupons(connection, options.id, who=WHO, now_ms=now_ms)
        for one in dict.fromkeys(options.id):
            if one not in refused:
                record(connection, "coupon_void", one, now_ms)
        return refused

    with opened(options) as database:
        refused = _written(database, void)
    print(f"voided: {len(set(options.id)) - len(refused)}")
    if refused:
        said = ", ".join(f"{coupon_id} ({why})" for coupon_id, why in refused.items())
        raise CommandError(f"left as they are: {said}")
    return 0


def _show(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        for coupon_id in options.id:
            row = coupon_of(connection, coupon_id)
            if row is None:
                raise CommandError(f"there is no coupon {coupon_id!r}")
            whose = row.member_id or "the bearer's"
            print(f"{row.coupon_id}  {row.batch}  {row.state}  {whose}")
            for event in events_of(connection, coupon_id):
                place = f"{event.store_id} {event.terminal_id}".strip()
                at = datetime.fromtimestamp(event.at_ms // 1000, UTC).isoformat(sep=" ")
                print(f"  {at}  {event.kind:10} {event.transaction_id} {place} {event.who}".rstrip())
            if row.state in ("issued", "locked"):
                print(f"  {coupon_code(connection, coupon_id)}")
    return 0
