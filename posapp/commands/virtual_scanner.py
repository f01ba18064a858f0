"""`posapp virtual-scanner`: a simulated serial scanner, for trying a till without one.

A till whose settings say `scanners = ["serial:…/scanner"]` reads it with the very bytes a real one would
send. Each line of input is scanned; lines that begin with a colon are mishaps.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Iterable

from posapp.commands.code import unwritten
from posapp.devices.scanners.virtual_scanner import VirtualScanner

SUFFIXES = {"cr": "\r", "lf": "\n", "crlf": "\r\n", "tab": "\t", "none": ""}
HELP = r"""a line is scanned (GS as \x1d); also:
:unplug  :plug  :garbage  :half TEXT  :slow TEXT  :twice TEXT  :quit"""
_SLOW_S = 0.02


def run(options: argparse.Namespace) -> int:
    """Scan what is typed until the input ends."""
    link = options.link.absolute()
    try:
        scanner = VirtualScanner(link, suffix=SUFFIXES[options.end], encoding=options.encoding)
    except OSError as error:
        print(f"No simulated scanner can be made here: {error}.", file=sys.stderr)
        return 1
    print(f'scanners = ["serial:{link}"]', flush=True)
    if sys.stdin.isatty():
        print(HELP, flush=True)
    try:
        follow(scanner, sys.stdin)
    except KeyboardInterrupt:
        return 0
    finally:
        scanner.unplug()
    return 0


def follow(scanner: VirtualScanner, lines: Iterable[str]) -> None:
    """Do what each line says."""
    pause = threading.Event()
    for number, line in enumerate(lines):
        command, _, rest = line.rstrip("\r\n").partition(" ")
        text = unwritten(rest)
        match command:
            case ":quit":
                return
            case ":unplug":
                scanner.unplug()
            case ":plug":
                scanner.plug()
            case ":garbage":
                scanner.garbage(number)
            case ":half":
                scanner.half(text)
            case ":twice":
                scanner.send(scanner.coded(text) * 2)
            case ":slow":
                for byte in scanner.coded(text):
                    scanner.send(bytes([byte]))
                    pause.wait(_SLOW_S)
            case _ if line.strip():
                scanner.scan(unwritten(line.rstrip("\r\n")))
