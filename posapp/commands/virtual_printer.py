"""`posapp virtual-printer`: the simulated receipt printer behind a port, for trying tills without one.

A till whose settings say `printer = "tcp:127.0.0.1:9100"` prints to it with the very bytes a real printer
would get; every slip becomes a picture.
"""

from __future__ import annotations

import argparse
import sys
import threading
from typing import Final

from posapp.devices.fonts import RasterFonts
from posapp.devices.virtual_paper import Slip
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.devices.virtual_server import VirtualPrinterServer
from posapp.domain.file_trouble import file_sentence
from posapp.resources import resource_path

PORT_MOST: Final = 65_535


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    if not 0 <= options.port <= PORT_MOST:
        print(f"A port is from 0 to {PORT_MOST}: name another with --port.", file=sys.stderr)
        return 1
    try:
        return _serve(options)
    except OSError as error:
        print(f"{file_sentence(error)}.", file=sys.stderr)
    return 1


def _serve(options: argparse.Namespace) -> int:
    options.folder.mkdir(parents=True, exist_ok=True)

    def keep(slip: Slip) -> None:
        path = options.folder / f"slip-{slip.number:05d}.png"
        slip.save(path)
        print(path, flush=True)

    printer = VirtualPrinter(RasterFonts.bundled(resource_path("fonts")), on_slip=keep)
    with VirtualPrinterServer(printer, options.port) as server:
        print(f"a simulated printer listens on 127.0.0.1:{server.port}; end with Ctrl+C", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0
