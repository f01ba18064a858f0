"""Commands about the hub's own certificate authority, for networks without a public one."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sync.hub.commands.shared import CommandError
from sync.hub.trust.authority import AuthorityError, init_authority, issue


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "An own certificate authority, for closed networks."
    actions = commands.add_parser("ca", help=text, description=text).add_subparsers(
        required=True, metavar="ACTION"
    )
    init = actions.add_parser("init", help="make the authority, once")
    init.add_argument("folder", type=Path, metavar="DIR", help="keep it where nobody else reads")
    init.add_argument("--name", default="Hub authority", help="default: %(default)s")
    init.set_defaults(run=_init)
    issuing = actions.add_parser("issue", help="make a certificate for the hub's server, for 13 months")
    issuing.add_argument("folder", type=Path, metavar="DIR")
    issuing.add_argument("--host", action="append", default=[], metavar="NAME", help="may be given again")
    issuing.add_argument("--ip", action="append", default=[], metavar="ADDRESS", help="may be given again")
    issuing.set_defaults(run=_issue)


def _init(options: argparse.Namespace) -> int:
    try:
        certificate = init_authority(options.folder, name=options.name, now=datetime.now(UTC))
    except AuthorityError as trouble:
        raise CommandError(str(trouble)) from trouble
    print(f"made {certificate}: copy this file, and no other, to the tills (hub_ca_file)")
    return 0


def _issue(options: argparse.Namespace) -> int:
    try:
        issued = issue(options.folder, hosts=options.host, addresses=options.ip, now=datetime.now(UTC))
    except AuthorityError as trouble:
        raise CommandError(str(trouble)) from trouble
    print(f"good until {issued.not_after:%Y-%m-%d}: serve with")
    print(f"  --tls-cert {issued.certificate} --tls-key {issued.key}")
    return 0
