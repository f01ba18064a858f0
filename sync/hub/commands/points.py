"""Commands about points: one member's account, the chain's by month, and putting an account right."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from sync.hub.commands.members import WHO, record
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.loyalty.accounts import account_of
from sync.hub.loyalty.level_work import chain_programme
from sync.hub.loyalty.liability import expected_ppm, worth_of_points
from sync.hub.loyalty.members import MemberError, known_member
from sync.hub.loyalty.points_acts import adjust_points
from sync.hub.loyalty.points_reading import entries_of, months, sums
from sync.hub.serving.embedded import system_now_ms


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Points: what a member has and why, and what is owed to all members."
    actions = commands.add_parser("points", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    text = "Print a member's points and the newest entries."
    showing = add_database(actions.add_parser("show", help=text, description=text), store=False)
    showing.add_argument("id", metavar="ID")
    showing.add_argument("--entries", type=int, default=20)
    showing.set_defaults(run=_show)
    text = "Print what was issued, redeemed and expired in each month, and what stood at its end."
    listing = add_database(actions.add_parser("months", help=text, description=text), store=False)
    listing.set_defaults(run=_months)
    text = "Give a member points or take some, with a reason, on record."
    adjusting = add_database(actions.add_parser("adjust", help=text, description=text), store=False)
    adjusting.add_argument("id", metavar="ID")
    adjusting.add_argument("points", type=int, help="below 0 to take some")
    adjusting.add_argument("--reason", required=True)
    adjusting.set_defaults(run=_adjust)


def _show(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        try:
            member_id = known_member(connection, options.id).member_id
        except MemberError as trouble:
            raise CommandError(str(trouble)) from trouble
        account = account_of(connection, member_id)
        entries = entries_of(connection, member_id, most=max(1, options.entries))
    for name in ("active", "pending", "held", "debt"):
        print(f"{name:8} {getattr(account, name):>12,}")
    for one in entries:
        at = datetime.fromtimestamp(one.at_ms // 1000, UTC).isoformat(sep=" ")
        change = f"{one.active:+,} active {one.pending:+,} pending {one.debt:+,} owed"
        print(f"{at}  {one.kind:10} {change:44} {one.source_id} {one.store_id} {one.note}".rstrip())
    return 0


def _months(options: argparse.Namespace) -> int:
    with opened(options) as database, database.reading() as connection:
        found, now, worth = months(connection), sums(connection), chain_programme(connection).worth
    heads = "".join(f" {name:>12}" for name in ("issued", "redeemed", "expired", "active", "pending"))
    print(f"{'month':8}{heads} {'owed':>10}")
    for one in found:
        print(
            f"{one.month:8} {one.issued:>12,} {one.redeemed:>12,} {one.expired:>12,} {one.active:>12,} "
            f"{one.pending:>12,} {one.debt:>10,}"
        )
    print(
        f"now: {now.accounts:,} accounts, {now.active:,} active, {now.pending:,} pending, {now.held:,} held"
    )
    expected = expected_ppm(sum(one.redeemed for one in found), sum(one.expired for one in found))
    worth_minor = worth_of_points(
        now.active + now.pending, worth_points=worth.points, worth_minor=worth.minor, expected_ppm=expected
    )
    print(f"expected to be used: {expected / 10_000:.2f} %; worth by themselves: {worth_minor:,} minor units")
    return 0


def _adjust(options: argparse.Namespace) -> int:
    now_ms = system_now_ms()

    def work(connection: Connection) -> str:
        try:
            member_id = adjust_points(
                connection, options.id, options.points, who=WHO, reason=options.reason, now_ms=now_ms
            )
        except MemberError as trouble:
            raise CommandError(f"{trouble}; nothing was changed") from trouble
        record(connection, "points_adjust", member_id, now_ms, note=options.reason)
        return member_id

    with opened(options) as database:
        member_id = database.write(work)
    print(f"{options.points:+,} point(s) for {member_id}")
    return 0
