"""The command `posapp`: reads the command line and opens what was asked for.

Without a command it opens the till of a terminal.toml. Everything it can start is imported only when
it is asked for, since a cashier waits for the window and not for the tools.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence


def cli(arguments: Sequence[str] | None = None) -> int:
    """Run `posapp` with the given arguments (default: the process's own); returns the exit code."""
    from posapp.commands.parsers import make_parser

    options = make_parser().parse_args(arguments)
    match options.command:
        case "demo":
            from posapp.commands.demo import run as demo

            return demo(options)
        case "backup" | "restore":
            from posapp.commands.ledger_copies import backup, restore

            return backup(options) if options.command == "backup" else restore(options)
        case "wipe-members":
            from posapp.commands.wipe_members import wipe_members

            return wipe_members(options)
        case "enrol":
            from posapp.commands.enrol import run as enrol

            return enrol(options)
        case "screenshots":
            from posapp.commands.screenshots import run as screenshots

            return screenshots(options)
        case "virtual-printer":
            from posapp.commands.virtual_printer import run as virtual_printer

            return virtual_printer(options)
        case "labels":
            from posapp.commands.labels import run as labels

            return labels(options)
        case "code":
            from posapp.commands.code import run as code

            return code(options)
        case "scanners":
            from posapp.commands.scanners import run as scanners

            return scanners(options)
        case "virtual-scanner":
            from posapp.commands.virtual_scanner import run as virtual_scanner

            return virtual_scanner(options)
        case "decode":
            from posapp.commands.decode import run as decode

            return decode(options)
        case "price":
            from posapp.commands.price import run as price

            return price(options)
        case "bench":
            from posapp.commands.bench import run as bench

            return bench(options)
        case _:
            return _open(options)


def _open(options: argparse.Namespace) -> int:
    # Loading makes objects that stay: looking through them again and again costs a twentieth of the start.
    # The till goes on collecting when everything is loaded.
    gc.disable()
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
        from posapp.domain.file_trouble import file_sentence

        print(f"The till cannot open: {file_sentence(error)}.", file=sys.stderr)
        return 4


def _has_screen() -> bool:
    """Whether Qt will find something to draw on; it would end the process itself without a word."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(cli())
