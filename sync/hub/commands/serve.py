"""Commands that run for a while: serve, bench."""

from __future__ import annotations

import argparse
import json
import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync.hub.asgi import Listening, Server, create_app
from sync.hub.bench import bench
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.database import Database
from sync.hub.embedded import system_now_ms
from sync.hub.limits import Limits
from sync.hub.logs import log_to_stderr


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Serve tills until stopped."
    serving = add_database(commands.add_parser("serve", help=text, description=text), store=False)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8780, help="0 takes a free one (default: %(default)s)")
    _trust_options(serving)
    serving.set_defaults(run=_serve)
    benching = commands.add_parser("bench", help="Measure the hub.", description="Measure the hub.")
    benching.add_argument("name", choices=["ingest"])
    benching.add_argument("--json", action="store_true", help="print one JSON object (it always is)")
    benching.add_argument("--check", action="store_true", help="exit 1 when a gated aim is not held")
    benching.add_argument("--rounds", type=int, default=9)
    benching.add_argument("--sales", type=int, default=2_000, help="sales a round")
    benching.add_argument("--seed", type=int, default=1)
    benching.set_defaults(run=_bench)


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
    serving.add_argument("--connections-max", type=int, metavar="N", help="more are answered 503")
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


def _server(options: argparse.Namespace, database: Database, on_ready: Callable[[str], None]) -> Server:
    app = create_app(database, system_now_ms, limits_of(options))
    if (options.tls_cert is None) != (options.tls_key is None):
        raise CommandError("--tls-cert and --tls-key go together")
    listening = Listening(
        host=options.host,
        port=options.port,
        certificate=options.tls_cert,
        key=options.tls_key,
        proxies=options.proxies,
        connections_max=options.connections_max,
    )
    try:
        return Server(app, listening, on_ready=on_ready)
    except OSError as trouble:
        raise CommandError(
            f"{options.tls_cert} and {options.tls_key} cannot be used: {trouble}; "
            "both are PEM files and belong together"
        ) from trouble


def _serve(options: argparse.Namespace) -> int:
    log_to_stderr(logging.INFO)
    with opened(options) as database:

        def ready(url: str) -> None:
            print(f"poshub listens on {url}", flush=True)

        server = _server(options, database, ready)
        for stop in (signal.SIGINT, signal.SIGTERM):
            # The server stops gracefully and then hands the signal on: by then there is nothing to end.
            signal.signal(stop, lambda _number, _frame: None)
        try:
            server.run()
        except SystemExit as trouble:
            raise CommandError(f"cannot listen on {options.host}:{options.port}") from trouble
    return 0


def _bench(options: argparse.Namespace) -> int:
    result = bench(options.name, rounds=options.rounds, sales=options.sales, seed=options.seed)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    missed = [aim for aim in result["aims"] if aim["held"] is False and aim["gated"]]
    return 1 if options.check and missed else 0
