"""The virtual printer on a TCP port, as a network printer on port 9100 would be.

Knows sockets and one thread per connection; what the bytes mean is the virtual printer's affair.
Only ever listens on the loopback address: a printer that anybody may feed belongs on no network.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from posapp.devices.virtual_printer import Link, VirtualPrinter

_LOOPBACK = "127.0.0.1"
_TAKE_BYTES = 4096


class VirtualPrinterServer:
    """Listens until it is closed; use it in a `with` block or call `close`."""

    def __init__(self, printer: VirtualPrinter, port: int = 0) -> None:
        """Start listening; port 0 takes a free one, see `port`."""
        self._printer = printer
        self._listener = socket.create_server((_LOOPBACK, port))
        self._closing = False
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._acceptor = threading.Thread(target=self._accept, name="virtual-printer", daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        """The port that printers' clients connect to."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> VirtualPrinterServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on everybody and end all threads."""
        self._closing = True
        with contextlib.suppress(OSError):
            # Closing alone does not wake a thread that waits in accept().
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        with self._lock:
            left = dict(self._open)
        for connection, thread in left.items():
            _hang_up(connection)
            thread.join()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="virtual-printer-link", daemon=True
            )
            with self._lock:
                self._open[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        def answer(data: bytes) -> None:
            with contextlib.suppress(OSError):
                connection.sendall(data)

        try:
            link = self._printer.connect(answer, lambda: _hang_up(connection))
        except ConnectionError:
            self._forget(connection)
            return
        try:
            self._take(connection, link)
        finally:
            link.close()
            self._forget(connection)

    def _take(self, connection: socket.socket, link: Link) -> None:
        while not self._closing:
            try:
                data = connection.recv(_TAKE_BYTES)
                if not data:
                    return
                link.send(data)
            except OSError:
                return

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)
        connection.close()


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
