"""The command `posapp`: reads the command line and opens what was asked for.

Without a command it opens the till of a terminal.toml. Everything it can start is imported only when
it is asked for, since a cashier waits for the window and not for the tools.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from posapp import __version__

BENCHES = ("scan", "commit", "start")


def cli(arguments: Sequence[str] | None = None) -> int:
    """Run `posapp` with the given arguments (default: the process's own); returns the exit code."""
    options = _parser().parse_args(arguments)
    match options.command:
        case "demo":
            from posapp.commands.demo import run as demo

            return demo(options)
        case "screenshots":
            from posapp.commands.screenshots import run as screenshots

            return screenshots(options)
        case "virtual-printer":
            from posapp.commands.virtual_printer import run as virtual_printer

            return virtual_printer(options)
        case "bench":
            from posapp.commands.bench import run as bench

            return bench(options)
        case _:
            return _open(options)


def _open(options: argparse.Namespace) -> int:
    from posapp.config import ConfigError, read_settings

    try:
        settings = read_settings(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    if not _has_screen():
        print("There is no display. Start the till in a desktop session, or set DISPLAY.", file=sys.stderr)
        return 2
    from posapp.running import AlreadyRunning, run

    try:
        return run(settings)
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return 3
    except OSError as error:
        print(f"The till cannot open: {error}", file=sys.stderr)
        return 4


def _has_screen() -> bool:
    """Whether Qt will find something to draw on; it would end the process itself without a word."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="posapp", description="The in-store till.")
    parser.add_argument("--version", action="version", version=f"posapp {__version__}")
    parser.add_argument(
        "--config", type=Path, default=Path("terminal.toml"), help="settings (default: %(default)s)"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo = commands.add_parser("demo", help="a hub and a till with a demo shop")
    demo.add_argument("--headless", action="store_true", help="a scripted cashier works offscreen")
    demo.add_argument("--folder", type=Path, default=Path("demo-data"), help="default: %(default)s")
    demo.add_argument("--catalogue", type=Path, help="import these goods too (CSV, TSV, also .gz)")
    demo.add_argument("--fresh", action="store_true", help="begin anew: forget what an earlier demo stored")
    demo.add_argument("--language", choices=("zh_CN", "en"), help="language of the scripted cashier")
    paper = commands.add_parser("virtual-printer", help="a simulated receipt printer on a loopback port")
    paper.add_argument("--port", type=int, default=9100, help="default: %(default)s")
    paper.add_argument(
        "--folder", type=Path, default=Path("slips"), help="pictures go here (default: %(default)s)"
    )
    shots = commands.add_parser("screenshots", help="a picture of every screen, both languages, all sizes")
    shots.add_argument("--folder", type=Path, default=Path("screenshots"), help="default: %(default)s")
    shots.add_argument("--look", type=int, default=0, help=argparse.SUPPRESS)
    bench = commands.add_parser("bench", help="measure; prints one JSON object")
    bench.add_argument("name", choices=BENCHES)
    bench.add_argument("--json", action="store_true", help="print one JSON object (it always is)")
    bench.add_argument("--check", action="store_true", help="exit 1 when a gated aim is not held")
    bench.add_argument("--rounds", type=int, default=9, help="interleaved rounds (default: %(default)s)")
    bench.add_argument("--seed", type=int, default=1)
    bench.add_argument("--codes", type=int, default=1_000_000, help="synthetic codes (default: %(default)s)")
    bench.add_argument("--catalogue", type=Path, help="real codes instead: CSV or TSV, also .gz")
    bench.add_argument("--folder", type=Path, help="where to measure")
    return parser


if __name__ == "__main__":
    sys.exit(cli())
