"""`posapp virtual-printer`: the simulated receipt printer behind a port, for trying tills without one.

A till whose settings say `printer = "tcp:127.0.0.1:9100"` prints to it with the very bytes a real printer
would get; every slip becomes a picture.
"""

from __future__ import annotations

import argparse
import threading

from posapp.devices.fonts import RasterFonts
from posapp.devices.virtual_paper import Slip
from posapp.devices.virtual_printer import VirtualPrinter
from posapp.devices.virtual_server import VirtualPrinterServer
from posapp.resources import resource_path


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
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
