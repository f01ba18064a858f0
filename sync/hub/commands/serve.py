"""Commands that run for a while: serve, bench."""

from __future__ import annotations

import argparse
import json
import logging
import signal
from typing import Any

from sync.hub.asgi import Server, create_app
from sync.hub.bench import bench
from sync.hub.commands.shared import CommandError, add_database, opened
from sync.hub.embedded import system_now_ms
from sync.hub.logs import log_to_stderr


def add(commands: Any) -> None:
    """Add these commands to a parser's."""
    text = "Serve tills until stopped."
    serving = add_database(commands.add_parser("serve", help=text, description=text), store=False)
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8780, help="0 takes a free one (default: %(default)s)")
    serving.set_defaults(run=_serve)
    benching = commands.add_parser("bench", help="Measure the hub.", description="Measure the hub.")
    benching.add_argument("name", choices=["ingest"])
    benching.add_argument("--json", action="store_true", help="print one JSON object (it always is)")
    benching.add_argument("--check", action="store_true", help="exit 1 when a gated aim is not held")
    benching.add_argument("--rounds", type=int, default=9)
    benching.add_argument("--sales", type=int, default=2_000, help="sales a round")
    benching.add_argument("--seed", type=int, default=1)
    benching.set_defaults(run=_bench)


def _serve(options: argparse.Namespace) -> int:
    log_to_stderr(logging.INFO)
    with opened(options) as database:
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


def _bench(options: argparse.Namespace) -> int:
    result = bench(options.name, rounds=options.rounds, sales=options.sales, seed=options.seed)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    missed = [aim for aim in result["aims"] if aim["held"] is False and aim["gated"]]
    return 1 if options.check and missed else 0
