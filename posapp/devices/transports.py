"""The wires to a receipt printer: in this process, over TCP, or through a device file.

Knows how to open, send, listen for a while and close, and turns every failure of a wire into one
`TransportError`. Refuses to know what the bytes mean. No call waits longer than its time-out, so
a dead printer costs its own thread a moment and nobody else anything.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # A till with a real printer need not load the drawing of a simulated one.
    from posapp.devices.virtual_printer import Link, VirtualPrinter

_PIECE_BYTES = 4096
_ANSWER_BYTES = 64


class TransportError(Exception):
    """The wire to the printer failed; what was sent may or may not have arrived."""


class Transport(Protocol):
    """A two-way wire for bytes; used by one thread, closed by any."""

    def open(self) -> None:
        """Connect; raises TransportError."""

    def write(self, data: bytes) -> None:
        """Send all of it; raises TransportError, after which nobody knows how much arrived."""

    def read_status(self, timeout_ms: int) -> bytes:
        """The next bytes that the printer sent, empty when none came in time."""

    def close(self) -> None:
        """Disconnect; harmless when not connected."""


class VirtualTransport:
    """A wire to a virtual printer in the same process."""

    def __init__(self, printer: VirtualPrinter) -> None:
        """A wire that is not plugged in yet."""
        self._printer = printer
        self._link: Link | None = None
        self._answers = bytearray()
        self._changed = threading.Condition()

    def open(self) -> None:
        """Plug in; raises TransportError while the printer is dead."""
        try:
            self._link = self._printer.connect(self._answered, self._lost)
        except ConnectionError as wrong:
            raise TransportError(str(wrong)) from wrong

    def write(self, data: bytes) -> None:
        """Send to the printer, in pieces as a real wire does."""
        for start in range(0, len(data), _PIECE_BYTES):
            link = self._link
            if link is None:
                raise TransportError("not connected")
            try:
                link.send(data[start : start + _PIECE_BYTES])
            except ConnectionError as wrong:
                raise TransportError(str(wrong)) from wrong

    def read_status(self, timeout_ms: int) -> bytes:
        """What the printer answered so far, waiting for the first byte only."""
        with self._changed:
            self._changed.wait_for(lambda: self._answers or self._link is None, timeout_ms / 1000)
            if not self._answers and self._link is None:
                raise TransportError("not connected")
            answers = bytes(self._answers)
            self._answers.clear()
            return answers

    def close(self) -> None:
        """Unplug."""
        link = self._link
        self._lost()
        if link is not None:
            link.close()
        with self._changed:
            self._answers.clear()

    def _answered(self, data: bytes) -> None:
        with self._changed:
            self._answers += data
            self._changed.notify_all()

    def _lost(self) -> None:
        with self._changed:
            self._link = None
            self._changed.notify_all()


class TcpTransport:
    """A network printer, or the print server that a printer hangs on."""

    def __init__(
        self, host: str, port: int = 9100, *, connect_ms: int = 3000, write_ms: int = 10_000
    ) -> None:
        """Where the printer is; `write_ms` is how long it may refuse to take 4 KB."""
        self._address = (host, port)
        self._connect_ms = connect_ms
        self._write_ms = write_ms
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect within `connect_ms`."""
        try:
            connected = socket.create_connection(self._address, timeout=self._connect_ms / 1000)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as wrong:
            raise TransportError(str(wrong)) from wrong
        self._socket = connected

    def write(self, data: bytes) -> None:
        """Send in pieces, each within `write_ms`."""
        connected = self._connected()
        try:
            connected.settimeout(self._write_ms / 1000)
            for start in range(0, len(data), _PIECE_BYTES):
                connected.sendall(data[start : start + _PIECE_BYTES])
        except OSError as wrong:
            raise TransportError(str(wrong)) from wrong

    def read_status(self, timeout_ms: int) -> bytes:
        """Bytes from the printer; TransportError once it has closed the connection."""
        connected = self._connected()
        try:
            # Zero would make the socket non-blocking, which raises another error.
            connected.settimeout(max(1, timeout_ms) / 1000)
            answer = connected.recv(_ANSWER_BYTES)
        except TimeoutError:
            return b""
        except OSError as wrong:
            raise TransportError(str(wrong)) from wrong
        if not answer:
            raise TransportError("the printer closed the connection")
        return answer

    def close(self) -> None:
        """Disconnect; a call that waits in another thread ends with an error."""
        connected, self._socket = self._socket, None
        if connected is not None:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            connected.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise TransportError("not connected")
        return self._socket


class FileTransport:
    """A printer behind a device file such as /dev/usb/lp0 or a serial line (POSIX only)."""

    def __init__(self, path: Path, *, write_ms: int = 10_000) -> None:
        """The device file; `write_ms` is how long it may take nothing."""
        self._path = path
        self._write_ms = write_ms
        self._handle: int | None = None

    def open(self) -> None:
        """Open for both directions, without waiting for the printer."""
        flags = os.O_RDWR | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
        try:
            self._handle = os.open(self._path, flags)
        except OSError as wrong:
            raise TransportError(str(wrong)) from wrong

    def write(self, data: bytes) -> None:
        """Send as fast as the device takes it."""
        rest = memoryview(data)
        while rest:
            handle = self._opened()
            try:
                if not select.select((), (handle,), (), self._write_ms / 1000)[1]:
                    raise TransportError(f"{self._path} takes no more")
                rest = rest[os.write(handle, rest[:_PIECE_BYTES]) :]
            except BlockingIOError:
                continue
            except (OSError, ValueError) as wrong:
                raise TransportError(str(wrong)) from wrong

    def read_status(self, timeout_ms: int) -> bytes:
        """Bytes from the device; always empty where it only goes one way."""
        handle = self._opened()
        try:
            if not select.select((handle,), (), (), timeout_ms / 1000)[0]:
                return b""
            return os.read(handle, _ANSWER_BYTES)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as wrong:
            raise TransportError(str(wrong)) from wrong

    def close(self) -> None:
        """Close the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _opened(self) -> int:
        if self._handle is None:
            raise TransportError("not connected")
        return self._handle
