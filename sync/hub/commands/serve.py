"""The command that serves tills."""

from __future__ import annotations

import argparse
import errno
import logging
import math
import signal
import socket
from pathlib import Path
from typing import Any, Final

from posapp.domain.file_trouble import file_sentence
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.database import Database
from sync.hub.serving.asgi import Listening, Server, create_app
from sync.hub.serving.collecting import collect_seldom
from sync.hub.serving.embedded import system_now_ms
from sync.hub.serving.job_handlers import job_runner
from sync.hub.serving.shares import (
    DATABASE_CONNECTIONS,
    connections_needed,
    database_share,
    till_connections,
)
from sync.hub.serving.workers import serve_in_processes
from sync.hub.trust.limits import Limits
from sync.hub.upkeep.daily import wish_for_daily
from sync.hub.upkeep.logs import log_to_stderr

LOG = logging.getLogger("poshub.serve")
PORT_MOST: Final = 65_535
#: What a person does about an address that cannot be listened on.
_MENDS: Final = {
    errno.EADDRINUSE: "another program has this port; end it, or name another with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address; name one of its own, or 0.0.0.0, with --host",
    errno.EACCES: "this user may not have this port; name one from 1024 on with --port",
}
#: Each worker keeps connections to the database; more than a server's processors never helps.
WORKERS_MOST: Final = 64


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Serve tills until stopped."
    serving = add_database(commands.add_parser("serve", help=text, description=text), store=False)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8780, help="0 takes a free one (default: %(default)s)")
    serving.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes (PostgreSQL only; default: 1)"
    )
    serving.add_argument(
        "--database-connections",
        type=int,
        default=DATABASE_CONNECTIONS,
        metavar="N",
        help="connections to PostgreSQL of all processes together (default: %(default)s of its usual 100)",
    )
    serving.add_argument(
        "--metrics-token-file", type=Path, help="who has this token may ask /metrics (default: the loopback)"
    )
    _trust_options(serving)
    serving.set_defaults(run=_serve)


def _trust_options(serving: argparse.ArgumentParser) -> None:
    usual = Limits()
    serving.add_argument("--tls-cert", type=Path, help="certificate (PEM, with the chain to its CA)")
    serving.add_argument("--tls-key", type=Path, help="the certificate's private key (PEM)")
    serving.add_argument(
        "--proxies",
        default="",
        metavar="ADDRESSES",
        help="proxies whose X-Forwarded-For is believed",
    )
    serving.add_argument(
        "--connections-max",
        type=int,
        metavar="N",
        help="connections of tills to each process, more are answered 503"
        f" (default: {till_connections()}, as the system's limit of open files allows)",
    )
    for name, default, text in (
        ("device-per-s", usual.device_per_s, "requests a second of one till, 0: any"),
        ("device-burst", usual.device_burst, "requests of one till at once"),
        ("address-per-s", usual.address_per_s, "requests a second of one address without a session, 0: any"),
        ("address-burst", usual.address_burst, "requests of one address at once without a session"),
        ("rotate-after-days", usual.rotate_after_days, "tills change keys that are older"),
    ):
        serving.add_argument(
            f"--{name}",
            type=type(default),
            default=default,
            metavar="N",
            help=f"{text} (default: {default:g})",
        )


def limits_of(options: argparse.Namespace) -> Limits:
    """What tills may do, as the command line says."""
    return Limits(
        device_per_s=options.device_per_s,
        device_burst=options.device_burst,
        address_per_s=options.address_per_s,
        address_burst=options.address_burst,
        rotate_after_days=options.rotate_after_days,
    )


def _listening(options: argparse.Namespace) -> Listening:
    is_near = options.host in ("localhost", "::1") or options.host.startswith("127.")
    if options.tls_cert is None and not is_near and not options.proxies:
        LOG.warning("without --tls-cert whoever listens on the network can act as a till for an hour")
    if (options.tls_cert is None) != (options.tls_key is None):
        raise CommandError("--tls-cert and --tls-key go together")
    return Listening(
        host=options.host,
        port=options.port,
        certificate=options.tls_cert,
        key=options.tls_key,
        proxies=options.proxies,
        connections_max=options.connections_max or till_connections(),
    )


def _check_numbers(options: argparse.Namespace) -> None:
    """Refuse what no server can be asked for; raises CommandError."""
    if not 0 <= options.port <= PORT_MOST:
        raise CommandError(f"--port is from 0 to {PORT_MOST}")
    if not 1 <= options.workers <= WORKERS_MOST:
        raise CommandError(f"--workers is from 1 to {WORKERS_MOST}; one for each processor is plenty")
    if options.connections_max is not None and options.connections_max < 1:
        raise CommandError("--connections-max counts from 1")
    if not database_share(options.database_connections, options.workers):
        least = connections_needed(options.workers)
        raise CommandError(
            f"--workers {options.workers} needs --database-connections of {least} at least, and"
            " max_connections of PostgreSQL some 20 above that"
        )
    for name in ("device_per_s", "address_per_s"):
        rate = getattr(options, name)
        if not (math.isfinite(rate) and rate >= 0):
            raise CommandError(f"--{name.replace('_', '-')} is a number from 0 on; 0 means any")
    for name, least in (("device_burst", 1), ("address_burst", 1), ("rotate_after_days", 0)):
        if getattr(options, name) < least:
            raise CommandError(f"--{name.replace('_', '-')} counts from {least}")


def _metrics_token(options: argparse.Namespace) -> str:
    """The token of the file that was named, "" where none was; raises CommandError, OSError."""
    if options.metrics_token_file is None:
        return ""
    token = str(options.metrics_token_file.read_text("utf-8")).strip()
    if not token:
        raise CommandError(f"{options.metrics_token_file} is empty: write a long random word into it")
    return token


def _serve(options: argparse.Namespace) -> int:
    _check_numbers(options)
    log_to_stderr(logging.INFO)
    listening, limits = _listening(options), limits_of(options)
    token = _metrics_token(options)
    # Opened here in any case: what is wrong with the database is said before anything listens.
    share = database_share(options.database_connections, options.workers)
    with opened(options, connections=share) as database:
        with database.writing() as connection:
            wish_for_daily(connection, system_now_ms())
        if options.workers > 1 and database.dialect == "sqlite":
            raise CommandError("several processes need PostgreSQL: SQLite takes one writer at a time")
        _check_address(options)
        try:
            if options.workers > 1:
                _serve_in_processes(options, listening, limits, token)
            else:
                _serve_here(database, listening, limits, token)
        except SystemExit as trouble:
            raise CommandError(
                f"cannot listen on {options.host}:{options.port}: the line above says why; "
                "another program may have the port, or the address is not of this machine"
            ) from trouble
        except OSError as trouble:
            raise CommandError(_unusable(options, trouble)) from trouble
    return 0


def _serve_here(database: Database, listening: Listening, limits: Limits, token: str) -> None:
    app = create_app(database, system_now_ms, limits, metrics_token=token)
    server = Server(app, listening, on_ready=_tell)
    for stop in (signal.SIGINT, signal.SIGTERM):
        # The server stops gracefully and then hands the signal on: by then there is nothing to end.
        signal.signal(stop, lambda _number, _frame: None)
    jobs = job_runner(database, system_now_ms)
    jobs.start()
    collect_seldom()
    try:
        server.run()
    finally:
        jobs.stop()


def _serve_in_processes(
    options: argparse.Namespace, listening: Listening, limits: Limits, token: str
) -> None:
    serve_in_processes(
        options.database,
        listening,
        limits,
        workers=options.workers,
        database_connections=database_share(options.database_connections, options.workers),
        metrics_token=token,
        on_ready=_tell,
    )


def _unusable(options: argparse.Namespace, trouble: OSError) -> str:
    if options.tls_cert is None:
        return f"cannot listen on {options.host}:{options.port}: {trouble}"
    for file in (options.tls_cert, options.tls_key):
        try:
            file.read_bytes()
        except OSError as unreadable:
            return file_sentence(unreadable)
    return f"{options.tls_cert} and {options.tls_key} cannot be used: both are PEM files and belong together"


def _check_address(options: argparse.Namespace) -> None:
    """Refuse an address that cannot be listened on, before anything begins; raises CommandError."""
    try:
        found = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)
        absent = [trouble for one in found if (trouble := _absence(one)) is not None]
        # "localhost" is two addresses, and one of them is none where IPv6 is switched off.
        if len(absent) == len(found):
            raise absent[0]
    except OSError as trouble:
        where = f"cannot listen on {options.host}:{options.port}"
        if isinstance(trouble, socket.gaierror):
            raise CommandError(f"{where}: this name is not known here; check --host") from trouble
        mend = _MENDS.get(trouble.errno or 0, f"{trouble.strerror}; check --host and --port")
        raise CommandError(f"{where}: {mend}") from trouble


def _absence(found: tuple[Any, ...]) -> OSError | None:
    """Why this machine has not such an address at all; raises OSError where it has and others use it."""
    family, kind, protocol, _name, address = found
    try:
        with socket.socket(family, kind, protocol) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(address)
    except OSError as trouble:
        if trouble.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise
        return trouble
    return None


def _tell(url: str) -> None:
    print(f"poshub listens on {url}", flush=True)
